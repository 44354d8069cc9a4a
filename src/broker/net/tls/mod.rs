//! TLS: what the settings' files hold, made ready for connections. The encrypted side of one connection is in
//! [`wire`].
//!
//! Files are read at the start and with every reload; a connection keeps what it began with.

mod clients;
mod wire;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem};
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, ServerConfig};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{SupportedProtocolVersion, version};

use crate::broker::conf::{Place, TlsOptions};

pub use wire::{Secured, Wire};

/// How long a handshake may take, when the settings do not say.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(2);

/// Why the settings give no TLS. The texts are nats-server's where it has one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// A certificate or its key cannot be read, or the two do not belong together.
    #[error("error parsing X509 certificate/key pair: {0}")]
    Pair(String),
    /// The authorities cannot be read.
    #[error("open {}: {error}", path.display())]
    Authorities {
        /// Their file.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// There is no authority in the file.
    #[error("failed to parse root ca certificate")]
    NoAuthority,
    /// A cipher suite, curve or the like that nobody here knows.
    #[error("unrecognized {what} {name}")]
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// Clients are to be checked, the settings name nobody to vouch for them, and the system trusts nobody either.
    #[error("no root certificates of the system were found; name those that count in ca_file")]
    NoSystemRoots,
    /// What does not fit together.
    #[error("{0}")]
    Unfit(String),
    /// One of these, of a block in a file.
    #[error("{place}: {error}")]
    At {
        /// Where the block stands.
        place: Place,
        /// What is the matter with it.
        error: Box<TlsError>,
    },
}

/// Are the files of these settings there, and what they should be? A block that names none is fine until a server is
/// to be started with it.
///
/// # Errors
/// As [`Tls::load`].
pub fn check(options: &TlsOptions) -> Result<(), TlsError> {
    if options.certificates.is_empty() {
        return Ok(());
    }
    Tls::load(options, false).map(drop)
}

/// TLS as clients meet it.
pub struct Tls {
    /// For clients.
    pub clients: Arc<ServerConfig>,
    /// For those who watch, who need no certificate.
    pub monitor: Arc<ServerConfig>,
    /// How long a handshake may take.
    pub timeout: Duration,
    /// The handshake comes before INFO.
    pub first: bool,
    /// A client that is silent for this long gets INFO first all the same.
    pub fallback: Option<Duration>,
    /// Clients without TLS are let in too.
    pub optional: bool,
    /// Clients must bring a certificate.
    pub verify: bool,
    /// Digests of the keys that are let in, in hexadecimal; all when empty.
    pinned: Vec<String>,
    rate: Option<Rate>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the files that the settings name.
    ///
    /// # Errors
    /// A file is not there or not what it should be, or the settings want what cannot be had.
    pub fn load(options: &TlsOptions, optional: bool) -> Result<Tls, TlsError> {
        Tls::build(options, optional).map_err(|error| match &options.place {
            Some(place) => TlsError::At {
                place: place.clone(),
                error: Box::new(error),
            },
            None => error,
        })
    }

    fn build(options: &TlsOptions, optional: bool) -> Result<Tls, TlsError> {
        let provider = Arc::new(provider(options)?);
        let keys: Vec<Arc<CertifiedKey>> = options
            .certificates
            .iter()
            .map(|pair| key(&pair.cert_file, &pair.key_file, &provider).map(Arc::new))
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(TlsError::Pair("no certificate is configured".to_owned()));
        }
        let keys: Arc<dyn ResolvesServerCert> = Arc::new(ByName(keys));
        let verifier = options
            .verify
            .then(|| clients::verifier(options, &provider))
            .transpose()?;
        let config = |verifier: Option<Arc<dyn ClientCertVerifier>>| {
            let builder = ServerConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(versions(options))
                .map_err(|error| TlsError::Unfit(error.to_string()))?;
            let builder = match verifier {
                Some(verifier) => builder.with_client_cert_verifier(verifier),
                None => builder.with_no_client_auth(),
            };
            Ok(Arc::new(builder.with_cert_resolver(keys.clone())))
        };
        Ok(Tls {
            clients: config(verifier)?,
            monitor: config(None)?,
            timeout: options.timeout.unwrap_or(HANDSHAKE_TIMEOUT),
            first: options.handshake_first,
            fallback: options.handshake_first_fallback,
            optional,
            verify: options.verify,
            pinned: options.pinned_certs.clone(),
            rate: options.connection_rate_limit.map(Rate::new),
        })
    }

    /// May one more handshake begin within this second?
    pub fn has_room(&self) -> bool {
        self.rate.as_ref().is_none_or(|rate| rate.take(Instant::now()))
    }

    /// Is this a certificate that the settings name, if they name any?
    pub fn is_pinned(&self, certificate: Option<&CertificateDer<'_>>) -> bool {
        if self.pinned.is_empty() {
            return true;
        }
        let Some(parsed) = certificate.and_then(|der| ParsedCertificate::try_from(der).ok()) else {
            return false;
        };
        let digest = Sha256::digest(parsed.subject_public_key_info());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        self.pinned.contains(&digest)
    }
}

/// Counts handshakes, second by second.
#[derive(Debug)]
struct Rate {
    max: u32,
    window: Mutex<(Option<Instant>, u32)>,
}

impl Rate {
    fn new(max: u32) -> Rate {
        Rate {
            max,
            window: Mutex::default(),
        }
    }

    fn take(&self, now: Instant) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        match window.0 {
            Some(began) if now.saturating_duration_since(began) < Duration::from_secs(1) => {}
            _ => *window = (Some(now), 0),
        }
        window.1 += 1;
        window.1 <= self.max
    }
}

/// A certificate for each name; the first one for clients that name none of them.
#[derive(Debug)]
struct ByName(Vec<Arc<CertifiedKey>>);

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let name = hello
            .server_name()
            .and_then(|name| ServerName::try_from(name).ok());
        let is_named = |key: &&Arc<CertifiedKey>| {
            let parsed = key
                .end_entity_cert()
                .ok()
                .and_then(|der| ParsedCertificate::try_from(der).ok());
            let fits = |name| parsed.is_some_and(|cert| verify_server_name(&cert, name).is_ok());
            name.as_ref().is_some_and(fits)
        };
        self.0.iter().find(is_named).or_else(|| self.0.first()).cloned()
    }
}

fn provider(options: &TlsOptions) -> Result<CryptoProvider, TlsError> {
    let mut provider = ring::default_provider();
    if !options.cipher_suites.is_empty() {
        let mut chosen = Vec::new();
        for name in &options.cipher_suites {
            let known = provider
                .cipher_suites
                .iter()
                .find(|suite| wire::suite_name(suite.suite()) == *name);
            chosen.push(*known.ok_or_else(|| unknown("cipher suite", name))?);
        }
        // As in Go, the list says nothing about TLS 1.3.
        let modern = provider
            .cipher_suites
            .iter()
            .filter(|suite| suite.version() == &version::TLS13 && !chosen.contains(suite));
        chosen.extend(modern.copied().collect::<Vec<_>>());
        provider.cipher_suites = chosen;
    }
    if !options.curve_preferences.is_empty() {
        let groups = options.curve_preferences.iter().map(|name| curve(name));
        provider.kx_groups = groups.collect::<Result<_, _>>()?;
    }
    Ok(provider)
}

fn curve(name: &str) -> Result<&'static dyn SupportedKxGroup, TlsError> {
    match name {
        "X25519" => Ok(ring::kx_group::X25519),
        "CurveP256" => Ok(ring::kx_group::SECP256R1),
        "CurveP384" => Ok(ring::kx_group::SECP384R1),
        _ => Err(unknown("curve preference", name)),
    }
}

fn unknown(what: &'static str, name: &str) -> TlsError {
    TlsError::Unknown {
        what,
        name: name.to_owned(),
    }
}

fn versions(options: &TlsOptions) -> &'static [&'static SupportedProtocolVersion] {
    static MODERN: [&SupportedProtocolVersion; 1] = [&version::TLS13];
    static ALL: [&SupportedProtocolVersion; 2] = [&version::TLS13, &version::TLS12];
    match options.min_version.as_deref() {
        Some("1.3") => &MODERN,
        _ => &ALL,
    }
}

fn key(cert_file: &Path, key_file: &Path, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
    let wrong = |path: &Path, error: pem::Error| TlsError::Pair(why(path, &error));
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert_file)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(cert_file, error))?;
    if chain.is_empty() {
        return Err(TlsError::Pair(format!(
            "no certificate in {}",
            cert_file.display()
        )));
    }
    let key = PrivateKeyDer::from_pem_file(key_file).map_err(|error| wrong(key_file, error))?;
    CertifiedKey::from_der(chain, key, provider).map_err(|error| TlsError::Pair(error.to_string()))
}

/// What is wrong with a file, as Go says it where it says it.
fn why(path: &Path, error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("open {}: no such file or directory", path.display())
        }
        error => format!("{}: {error}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handshakes_are_counted_by_the_second() {
        let rate = Rate::new(2);
        let start = Instant::now();
        let taken = |millis: u64| rate.take(start + Duration::from_millis(millis));
        assert_eq!([0, 10, 900].map(taken), [true, true, false]);
        assert_eq!([1000, 1500, 1999].map(taken), [true, true, false]);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        let options = TlsOptions {
            certificates: vec![crate::broker::conf::CertificatePair {
                cert_file: cert.clone(),
                key_file: key,
            }],
            ..TlsOptions::default()
        };
        let error = Tls::load(&options, false).unwrap_err().to_string();
        assert_eq!(
            error,
            format!(
                "error parsing X509 certificate/key pair: open {}: no such file or directory",
                cert.display()
            )
        );
        std::fs::write(&cert, "nothing").unwrap();
        let error = Tls::load(&options, false).unwrap_err().to_string();
        assert!(error.contains("no certificate in"), "{error}");
        let options = TlsOptions {
            curve_preferences: vec!["CurveP1".to_owned()],
            ..options
        };
        let error = Tls::load(&options, false).unwrap_err().to_string();
        assert_eq!(error, "unrecognized curve preference CurveP1");
    }
}
