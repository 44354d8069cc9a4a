//! INFO: what the server says about itself.

use serde::Serialize;

use super::api::is_default;

/// The INFO line's JSON. Fields that say nothing are left out, as nats-server leaves them out.
/// Source: type `Info` in `server.go`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Info {
    /// Public server nkey, `N…`.
    pub server_id: String,
    /// The server's name.
    pub server_name: String,
    /// The version of nats-server we stand for; clients switch features on by it.
    pub version: String,
    /// Protocol level, 1.
    pub proto: u8,
    /// Version of Go. Some tools show it.
    pub go: String,
    /// Interface we listen on.
    pub host: String,
    /// Client port.
    pub port: u16,
    /// Headers are understood.
    pub headers: bool,
    /// A login is wanted.
    #[serde(skip_serializing_if = "is_default")]
    pub auth_required: bool,
    /// TLS is demanded.
    #[serde(skip_serializing_if = "is_default")]
    pub tls_required: bool,
    /// A client certificate is demanded.
    #[serde(skip_serializing_if = "is_default")]
    pub tls_verify: bool,
    /// TLS is possible.
    #[serde(skip_serializing_if = "is_default")]
    pub tls_available: bool,
    /// Longest message for this connection, in bytes.
    pub max_payload: usize,
    /// JetStream is on.
    #[serde(skip_serializing_if = "is_default")]
    pub jetstream: bool,
    /// The connection's number.
    #[serde(skip_serializing_if = "is_default")]
    pub client_id: u64,
    /// The client's address as we see it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client_ip: String,
    /// What an nkey must sign.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub nonce: String,
    /// JetStream domain.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub domain: String,
    /// Other ways to reach us.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connect_urls: Vec<String>,
    /// The server is about to go.
    #[serde(skip_serializing_if = "is_default")]
    pub ldm: bool,
    /// This INFO answers a CONNECT.
    #[serde(skip_serializing_if = "is_default")]
    pub connect_info: bool,
    /// The account the client is in.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remote_account: String,
    /// That account is the system account.
    #[serde(skip_serializing_if = "is_default")]
    pub acc_is_sys: bool,
    /// JetStream API level (ADR-44).
    #[serde(skip_serializing_if = "is_default")]
    pub api_lvl: u64,
    /// Public x25519 key of the server, for auth callout.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub xkey: String,
}

impl Info {
    /// The whole line: `INFO {…}` with its line end.
    pub fn line(&self) -> Vec<u8> {
        let mut line = b"INFO ".to_vec();
        // Strings, numbers and flags cannot fail to become JSON.
        serde_json::to_writer(&mut line, self).expect("INFO has only strings, numbers and flags");
        line.extend_from_slice(b"\r\n");
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_fields_are_absent() {
        let info = Info {
            server_id: "N1".into(),
            proto: 1,
            headers: true,
            ..Info::default()
        };
        assert_eq!(
            String::from_utf8(info.line()).unwrap(),
            "INFO {\"server_id\":\"N1\",\"server_name\":\"\",\"version\":\"\",\"proto\":1,\"go\":\"\",\
             \"host\":\"\",\"port\":0,\"headers\":true,\"max_payload\":0}\r\n"
        );
    }
}
