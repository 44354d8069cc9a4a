//! TLS settings as written; nobody has opened the files yet.

use std::path::PathBuf;
use std::time::Duration;

use super::super::value::Place;

/// How long a client may be silent before it is sent INFO, where a handshake may come first but need not.
pub const HANDSHAKE_FIRST_FALLBACK: Duration = Duration::from_millis(50);

/// One `tls` block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    /// Certificates with their keys; the first one counts when a client names no host.
    pub certificates: Vec<CertificatePair>,
    /// Authorities that the other side's certificate is checked against.
    pub ca_file: Option<PathBuf>,
    /// Clients must bring a certificate.
    pub verify: bool,
    /// The certificate's names are looked up among the users.
    pub verify_and_map: bool,
    /// The other side's certificate is not checked.
    pub insecure: bool,
    /// Names of cipher suites as Go writes them; the library's choice when empty.
    pub cipher_suites: Vec<String>,
    /// Weak suites may stand among them.
    pub allow_insecure_cipher_suites: bool,
    /// Names of curves as Go writes them.
    pub curve_preferences: Vec<String>,
    /// `1.2` or `1.3`; 1.2 when absent.
    pub min_version: Option<String>,
    /// How long the handshake may take; two seconds when absent.
    pub timeout: Option<Duration>,
    /// Handshakes a second; no limit when absent.
    pub connection_rate_limit: Option<u32>,
    /// SHA-256 of the public keys that are let in, in hexadecimal; all when empty.
    pub pinned_certs: Vec<String>,
    /// The handshake comes before INFO.
    pub handshake_first: bool,
    /// A client that is silent for this long is sent INFO all the same.
    pub handshake_first_fallback: Option<Duration>,
    /// Where the block stands, if it stands in a file.
    pub place: Option<Place>,
}

/// A certificate and its private key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificatePair {
    /// PEM file with the chain.
    pub cert_file: PathBuf,
    /// PEM file with the key.
    pub key_file: PathBuf,
}
