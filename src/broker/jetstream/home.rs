//! Where streams and consumers live, as far as they tell others of it.

use std::sync::Arc;

use sha2::{Digest, Sha256};

/// What all streams of an account know of it and of their server.
#[derive(Debug, Clone, Default)]
pub struct Home(Arc<Place>);

#[derive(Debug, Default)]
struct Place {
    domain: Option<String>,
    account: String,
    ack_prefix: String,
}

impl Home {
    /// The domain, if there is one, and the account. With `long_replies` the subjects that clients answer on name
    /// both (ADR-15), so that answers find their way through other accounts.
    pub fn new(domain: Option<&str>, account: &str, long_replies: bool) -> Home {
        let ack_prefix = match long_replies {
            true => format!("{}.{}.", domain.unwrap_or("_"), account_hash(account)),
            false => String::new(),
        };
        Home(Arc::new(Place {
            domain: domain.map(str::to_owned),
            account: account.to_owned(),
            ack_prefix,
        }))
    }

    /// The JetStream domain.
    pub fn domain(&self) -> Option<&str> {
        self.0.domain.as_deref()
    }

    /// The account's name.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// What stands between `$JS.ACK.` or `$JS.FC.` and the stream, with a dot behind it, or nothing.
    pub fn reply_prefix(&self) -> &str {
        &self.0.ack_prefix
    }
}

/// Eight characters that stand for an account's name (nats-server `getHash`).
fn account_hash(account: &str) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    Sha256::digest(account.as_bytes())
        .iter()
        .take(8)
        .map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_replies_name_domain_and_account() {
        assert_eq!(Home::new(None, "$G", true).reply_prefix(), "_.szMpdrwD.");
        assert_eq!(Home::new(Some("hub"), "$G", true).reply_prefix(), "hub.szMpdrwD.");
        assert_eq!(Home::new(Some("hub"), "$G", false).reply_prefix(), "");
    }
}
