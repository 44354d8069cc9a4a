//! CONNECT: what a client says about itself and what it wants.

use serde_json::{Map, Value};

/// The options of a CONNECT. [`Connect::default`] is what holds for a client that has said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Wants `+OK` for everything.
    pub verbose: bool,
    /// Wants subjects it publishes to checked.
    pub pedantic: bool,
    /// Wants its own messages back.
    pub echo: bool,
    /// Insists on TLS.
    pub tls_required: bool,
    /// Understands headers.
    pub headers: bool,
    /// Wants to be told when nobody can answer.
    pub no_responders: bool,
    /// 0, or 1 for a client that reads INFO at any time.
    pub protocol: i64,
    /// Public user nkey.
    pub nkey: String,
    /// User JWT.
    pub jwt: String,
    /// Signature of the nonce.
    pub signature: String,
    /// Token.
    pub auth_token: String,
    /// User name.
    pub user: String,
    /// Password.
    pub pass: String,
    /// Connection name.
    pub name: String,
    /// Language of the library.
    pub lang: String,
    /// Version of the library.
    pub version: String,
    /// Account asked for; refused nowadays.
    pub account: String,
    /// New account asked for; refused nowadays.
    pub new_account: bool,
    /// Signature of a trusted proxy.
    pub proxy_signature: String,
}

impl Default for Connect {
    fn default() -> Connect {
        Connect {
            verbose: true,
            pedantic: true,
            echo: true,
            tls_required: false,
            headers: false,
            no_responders: false,
            protocol: 0,
            nkey: String::new(),
            jwt: String::new(),
            signature: String::new(),
            auth_token: String::new(),
            user: String::new(),
            pass: String::new(),
            name: String::new(),
            lang: String::new(),
            version: String::new(),
            account: String::new(),
            new_account: false,
            proxy_signature: String::new(),
        }
    }
}

/// A CONNECT whose JSON does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not a JSON object.
    #[error("CONNECT is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A field with a value of the wrong type.
    #[error("CONNECT field {0:?} has the wrong type")]
    Type(String),
}

impl Connect {
    /// Takes over the fields of a CONNECT line; what it leaves out keeps its value. As Go does it:
    /// names in any case, unknown fields ignored, null changes nothing.
    pub fn apply(&mut self, json: &[u8]) -> Result<(), ConnectError> {
        let fields: Map<String, Value> = serde_json::from_slice(json)?;
        for (name, value) in fields {
            if !value.is_null() && !self.set(&name.to_ascii_lowercase(), value) {
                return Err(ConnectError::Type(name));
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: Value) -> bool {
        let flag = match name {
            "verbose" => &mut self.verbose,
            "pedantic" => &mut self.pedantic,
            "echo" => &mut self.echo,
            "tls_required" => &mut self.tls_required,
            "headers" => &mut self.headers,
            "no_responders" => &mut self.no_responders,
            "new_account" => &mut self.new_account,
            "protocol" => return value.as_i64().map(|n| self.protocol = n).is_some(),
            _ => return self.set_text(name, value),
        };
        value.as_bool().map(|b| *flag = b).is_some()
    }

    fn set_text(&mut self, name: &str, value: Value) -> bool {
        let text = match name {
            "nkey" => &mut self.nkey,
            "jwt" => &mut self.jwt,
            "sig" => &mut self.signature,
            "auth_token" => &mut self.auth_token,
            "user" => &mut self.user,
            "pass" => &mut self.pass,
            "name" => &mut self.name,
            "lang" => &mut self.lang,
            "version" => &mut self.version,
            "account" => &mut self.account,
            "proxy_sig" => &mut self.proxy_signature,
            _ => return true,
        };
        match value {
            Value::String(value) => *text = value,
            _ => return false,
        }
        true
    }
}

/// A size on the wire: one to nine digits. Anything longer is refused unread, as nats-server does.
#[inline]
pub fn parse_size(text: &[u8]) -> Option<usize> {
    const DIGITS_MAX: usize = 9;
    if text.is_empty() || text.len() > DIGITS_MAX {
        return None;
    }
    text.iter().try_fold(0, |n, byte| {
        byte.is_ascii_digit().then(|| n * 10 + usize::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_as_go_reads_it() {
        let mut connect = Connect::default();
        connect
            .apply(br#"{"Verbose":false,"HEADERS":true,"user":"u","x":[1],"pass":null}"#)
            .unwrap();
        assert_eq!(
            connect,
            Connect {
                verbose: false,
                headers: true,
                user: "u".into(),
                ..Connect::default()
            }
        );
        connect.apply(br#"{"verbose":true}"#).unwrap();
        assert!(connect.verbose && connect.headers && connect.echo);
        for bad in [&b""[..], b"[]", b"{", br#"{"verbose":"yes"}"#, br#"{"user":1}"#] {
            assert!(connect.clone().apply(bad).is_err());
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size(b"0042"), Some(42));
        assert_eq!(parse_size(b"999999999"), Some(999_999_999));
        for bad in [&b""[..], b"1234567890", b"-1", b"1k"] {
            assert_eq!(parse_size(bad), None);
        }
    }
}
