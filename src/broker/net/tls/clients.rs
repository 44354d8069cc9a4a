//! Who vouches for clients: the authorities in a file, or those that the system trusts.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;

use super::TlsError;
use crate::broker::conf::TlsOptions;

/// Where systems keep the authorities that they trust, in one file; the first that is there counts (Go,
/// `crypto/x509/root_linux.go` and `root_bsd.go`).
const FILES: [&str; 8] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
];
/// The same in folders, which are read besides.
const FOLDERS: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

/// Checks clients' certificates as the settings want it.
///
/// # Errors
/// There is nobody to vouch for them.
pub fn verifier(
    options: &TlsOptions,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let roots = match &options.ca_file {
        Some(path) => in_file(path)?,
        None => of_system(&|name| std::env::var_os(name).map(PathBuf::from))?,
    };
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    if options.ca_file.is_none() {
        // Clients are not told whom the system trusts, as in the original: it is nobody's business, and long.
        builder = builder.clear_root_hint_subjects();
    }
    builder
        .build()
        .map_err(|error| TlsError::Unfit(error.to_string()))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, pem::Error> {
    CertificateDer::pem_file_iter(path).and_then(Iterator::collect)
}

fn in_file(path: &Path) -> Result<RootCertStore, TlsError> {
    let certificates = certificates(path).map_err(|error| match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => TlsError::Authorities {
            path: path.to_owned(),
            error: "no such file or directory".to_owned(),
        },
        _ => TlsError::NoAuthority,
    })?;
    store(certificates).ok_or(TlsError::NoAuthority)
}

/// A store of those that can be read. None when there is none.
fn store(certificates: Vec<CertificateDer<'static>>) -> Option<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    (added > 0).then_some(roots)
}

/// The authorities that the system trusts. `SSL_CERT_FILE` and `SSL_CERT_DIR` (folders with colons between them) of its
/// environment stand in for the usual places, as in Go.
fn of_system(variable: &dyn Fn(&str) -> Option<PathBuf>) -> Result<RootCertStore, TlsError> {
    let named = |name| variable(name).filter(|value| !value.as_os_str().is_empty());
    let usual = |places: &[&str]| places.iter().map(PathBuf::from).collect::<Vec<_>>();
    let files = named("SSL_CERT_FILE").map_or_else(|| usual(&FILES), |file| vec![file]);
    let folders = named("SSL_CERT_DIR").map_or_else(
        || usual(&FOLDERS),
        |folders| std::env::split_paths(&folders).collect(),
    );
    let mut found: Vec<_> = files
        .iter()
        .find_map(|file| certificates(file).ok())
        .unwrap_or_default();
    for folder in folders {
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        // Whatever else lies there is passed over.
        found.extend(
            entries
                .flatten()
                .flat_map(|entry| certificates(&entry.path()).unwrap_or_default()),
        );
    }
    found.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
    found.dedup();
    store(found).ok_or(TlsError::NoSystemRoots)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roots(file: &Path, folder: &Path) -> Result<usize, TlsError> {
        let variable = |name: &str| match name {
            "SSL_CERT_FILE" => Some(file.to_owned()),
            _ => Some(folder.to_owned()),
        };
        of_system(&variable).map(|roots| roots.len())
    }

    #[test]
    fn the_system_trusts_what_lies_in_its_file_and_folders() {
        let folder = tempfile::tempdir().unwrap();
        let known = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls/ca.pem");
        let nowhere = folder.path().join("nowhere");
        assert_eq!(roots(&nowhere, &nowhere), Err(TlsError::NoSystemRoots));
        assert_eq!(roots(&known, &nowhere), Ok(1));
        std::fs::copy(&known, folder.path().join("one.pem")).unwrap();
        std::fs::write(folder.path().join("readme"), "no certificate").unwrap();
        assert_eq!(roots(&nowhere, folder.path()), Ok(1));
        assert_eq!(roots(&known, folder.path()), Ok(1), "nobody counts twice");
    }
}
