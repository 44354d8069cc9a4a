//! Certificates of a test authority, and a client that speaks bytes over TLS.
//!
//! The files in `fixtures/tls` were made once and hold for a hundred years: `server` for localhost and 127.0.0.1,
//! `other` for other.test, `client` for a client; `person`, by another authority, names somebody in every way there is.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::raw::PATIENCE;

/// One of the files.
pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

/// A `tls` block with the server's certificate and more settings.
pub fn block(more: &str) -> String {
    format!(
        "tls {{ cert_file: \"{}\", key_file: \"{}\", {more} }}\n",
        file("server.pem").display(),
        file("server-key.pem").display()
    )
}

/// A connection over TLS.
pub struct Secure {
    reader: BufReader<StreamOwned<ClientConnection, TcpStream>>,
}

/// How to knock.
#[derive(Default)]
pub struct Knock<'a> {
    /// Bring this certificate.
    pub certificate: Option<&'a str>,
    /// The name that is asked for; that of the loopback when empty.
    pub name: &'a str,
}

/// A client's side, which trusts the test authority.
pub fn client_config(knock: &Knock<'_>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(file("ca.pem")).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = if let Some(name) = knock.certificate {
        let chain = vec![CertificateDer::from_pem_file(file(&format!("{name}.pem"))).unwrap()];
        let key = PrivateKeyDer::from_pem_file(file(&format!("{name}-key.pem"))).unwrap();
        builder.with_client_auth_cert(chain, key).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    Arc::new(config)
}

impl Secure {
    /// Makes the handshake over a connection that may have been used already.
    pub fn over(stream: TcpStream, knock: &Knock<'_>) -> io::Result<Secure> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let config = client_config(knock);
        let name = if knock.name.is_empty() {
            "127.0.0.1"
        } else {
            knock.name
        };
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut stream = StreamOwned::new(tls, stream);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(Secure {
            reader: BufReader::new(stream),
        })
    }

    /// Dials, and begins with the handshake.
    pub fn dial(address: SocketAddr, knock: &Knock<'_>) -> io::Result<Secure> {
        Secure::over(TcpStream::connect(address)?, knock)
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())?;
        self.reader.get_mut().flush()
    }

    /// The next line without its line end; empty at the end.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        Ok(line.trim_end_matches("\r\n").to_owned())
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// Everything until the end.
    pub fn rest(&mut self) -> io::Result<String> {
        let mut text = String::new();
        self.reader.read_to_string(&mut text)?;
        Ok(text)
    }

    /// Waits until the server has dealt with everything.
    pub fn sync(&mut self) -> io::Result<()> {
        self.send("PING\r\n")?;
        loop {
            match self.line()?.as_str() {
                "PONG" => return Ok(()),
                // The server asks as well, once it has been a while.
                "PING" => self.send("PONG\r\n")?,
                other => return Err(io::Error::other(other.to_owned())),
            }
        }
    }
}
