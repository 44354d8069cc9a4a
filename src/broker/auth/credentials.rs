//! What a client brings to its login, and why that may not do.

use std::fmt;
use std::sync::Arc;

use super::certificate::Certificate;

/// What CONNECT carried. Empty means that the client did not say it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// `user`
    pub user: String,
    /// `pass`
    pub password: String,
    /// `auth_token`
    pub token: String,
    /// `nkey`: the public key of a user.
    pub nkey: String,
    /// `sig`: the nonce signed with that key, in base64.
    pub signature: String,
    /// `jwt`: for servers with an operator.
    pub jwt: String,
    /// The certificate of its handshake, which was verified.
    pub certificate: Option<Arc<Certificate>>,
}

impl Credentials {
    /// True without user, password and token. A JWT does not count where there is no operator: the
    /// original throws it away.
    pub fn names_nobody(&self) -> bool {
        self.user.is_empty() && self.password.is_empty() && self.token.is_empty()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("nkey", &self.nkey)
            .finish_non_exhaustive()
    }
}

/// Why a client is not let in. For the log: the client is told `Authorization Violation` and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It brought nothing that this server asks for.
    #[error("no login")]
    Missing,
    /// There is no such user or key.
    #[error("unknown user")]
    UnknownUser,
    /// The password or the token is another one.
    #[error("wrong password")]
    WrongPassword,
    /// No user is named by the client's certificate, or it has none.
    #[error("no user in the certificate")]
    NotInCertificate,
    /// The user may not come through this door.
    #[error("connection type not allowed")]
    WrongDoor,
    /// The key came without a signature.
    #[error("signature missing")]
    NoSignature,
    /// The signature is not base64.
    #[error("signature not valid base64")]
    MalformedSignature,
    /// The signature is not that key's for our nonce.
    #[error("signature not verified")]
    WrongSignature,
}
