//! The handshake of a connection that only listens, where the settings name whom to trust.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::client::TlsFiles;

/// Why there can be no handshake.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is no PEM.
    #[error("cannot read certificates: {0}")]
    Pem(#[from] pem::Error),
    /// The certificates cannot be used.
    #[error(transparent)]
    Rustls(#[from] rustls::Error),
    /// A server that no certificate can name.
    #[error("no certificate can name {0:?}")]
    Name(String),
}

/// Whom to trust, and who we are.
#[derive(Clone)]
pub struct Tls {
    connector: TlsConnector,
    /// The handshake comes before the greeting.
    pub is_first: bool,
}

impl Tls {
    /// Reads the files; none where no authority is named, since the system's are not read here.
    pub fn of(files: &TlsFiles) -> Result<Option<Tls>, TlsError> {
        let Some(authority) = &files.authority else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_file_iter(authority)? {
            roots.add(certificate?)?;
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let config = match &files.certificate {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain: Vec<CertificateDer<'static>> =
                    CertificateDer::pem_file_iter(certificate)?.collect::<Result<_, _>>()?;
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(key)?)?
            }
        };
        Ok(Some(Tls {
            connector: TlsConnector::from(Arc::new(config)),
            is_first: files.first,
        }))
    }

    /// Shakes hands with the server of this name.
    pub async fn over(
        &self,
        socket: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, super::IntakeError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::Name(host.to_owned()))?;
        Ok(self.connector.connect(name, socket).await?)
    }
}
