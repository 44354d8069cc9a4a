//! Who we are, as a CONNECT says it.

use std::time::Duration;

use async_nats::ServerAddr;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

use super::IntakeError;
use super::tls::Tls;
use crate::client::connection::{addresses, effective_login};
use crate::client::{ConnectSettings, Login};

/// From a failed attempt to the next.
const RETRY_TIME: Duration = Duration::from_secs(2);

/// What every server is told.
pub struct Hello {
    /// The servers to try, in order.
    pub servers: Vec<ServerAddr>,
    /// How long each may take.
    pub timeout: Duration,
    /// From a failed attempt to the next.
    pub retry_time: Duration,
    /// Every connection is encrypted with it, where there is one.
    pub tls: Option<Tls>,
    name: String,
    login: Login,
}

impl Hello {
    /// Reads the settings.
    pub fn of(settings: &ConnectSettings) -> Result<Hello, IntakeError> {
        let servers = addresses(&settings.servers)?;
        let files = &settings.tls;
        let wants_tls = files.first || files.certificate.is_some() || files.authority.is_some();
        let wants_tls = wants_tls || servers.iter().any(ServerAddr::tls_required);
        let tls = Tls::of(files)?;
        if wants_tls && tls.is_none() {
            return Err(IntakeError::NeedsTls);
        }
        Ok(Hello {
            tls,
            login: effective_login(settings, &servers),
            name: settings.name.clone(),
            timeout: settings.timeout,
            retry_time: RETRY_TIME,
            servers,
        })
    }

    /// The CONNECT line with a PING behind it, for a server that wants `nonce` signed.
    pub fn lines(&self, nonce: &str) -> Result<Vec<u8>, IntakeError> {
        let mut connect = json!({
            "verbose": false,
            "pedantic": false,
            "tls_required": self.tls.is_some(),
            "name": self.name,
            "lang": "rust",
            "version": env!("CARGO_PKG_VERSION"),
            "protocol": 1,
            "echo": true,
            "headers": true,
            "no_responders": true,
        });
        let mut say = |field: &str, value: String| connect[field] = Value::String(value);
        match &self.login {
            Login::Nobody => {}
            Login::Password { user, password } => {
                say("user", user.clone());
                say("pass", password.clone());
            }
            Login::Token(token) => say("auth_token", token.clone()),
            Login::Credentials(text) => {
                say("jwt", section(text, "USER JWT").to_owned());
                say("sig", signature(section(text, "USER NKEY SEED"), nonce)?);
            }
            Login::Nkey(seed) => {
                say("nkey", KeyPair::from_seed(seed.trim())?.public_key());
                say("sig", signature(seed, nonce)?);
            }
            Login::Jwt { jwt, seed } => {
                say("jwt", jwt.trim().to_owned());
                if let Some(seed) = seed {
                    say("sig", signature(seed, nonce)?);
                }
            }
        }
        Ok(format!("CONNECT {connect}\r\nPING\r\n").into_bytes())
    }
}

fn signature(seed: &str, nonce: &str) -> Result<String, nkeys::error::Error> {
    let signed = KeyPair::from_seed(seed.trim())?.sign(nonce.as_bytes())?;
    Ok(URL_SAFE_NO_PAD.encode(signed))
}

/// What stands between the lines that name `kind` in a credentials file; empty where it does not stand there.
fn section<'a>(text: &'a str, kind: &str) -> &'a str {
    let mut lines = text.lines().skip_while(|line| {
        let line = line.trim_matches('-').trim();
        line.strip_prefix("BEGIN").map(str::trim) != Some(kind)
            && line.strip_prefix("BEGIN NATS").map(str::trim) != Some(kind)
    });
    lines.nth(1).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(login: Login, nonce: &str) -> Value {
        let settings = ConnectSettings {
            login,
            ..ConnectSettings::to_server("nats://127.0.0.1:4222").named("feed")
        };
        let lines = Hello::of(&settings).unwrap().lines(nonce).unwrap();
        let text = String::from_utf8(lines).unwrap();
        let json = text
            .strip_prefix("CONNECT ")
            .unwrap()
            .strip_suffix("\r\nPING\r\n")
            .unwrap();
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn every_login_says_who_it_is() {
        let password = Login::Password {
            user: "kari".to_owned(),
            password: "p".to_owned(),
        };
        let told = said(password, "");
        assert_eq!(
            (told["user"].as_str(), told["pass"].as_str()),
            (Some("kari"), Some("p"))
        );
        assert_eq!(said(Login::Token("t".to_owned()), "")["auth_token"], "t");
        assert_eq!(said(Login::Nobody, "")["name"], "feed");

        let pair = KeyPair::new_user();
        let seed = pair.seed().unwrap();
        let is_signed = |told: &Value| {
            let signature = URL_SAFE_NO_PAD.decode(told["sig"].as_str().unwrap()).unwrap();
            pair.verify(b"nonce", &signature).is_ok()
        };
        let told = said(Login::Nkey(seed.clone()), "nonce");
        assert_eq!(told["nkey"], pair.public_key());
        assert!(is_signed(&told));
        let file = format!(
            "-----BEGIN NATS USER JWT-----\neyJ0.x.y\n------END NATS USER JWT------\n\nKeep it secret.\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        );
        let told = said(Login::Credentials(file), "nonce");
        assert_eq!(told["jwt"], "eyJ0.x.y");
        assert!(is_signed(&told));
    }

    #[test]
    fn tls_without_a_named_authority_is_left_to_others() {
        let needs = |settings: &ConnectSettings| matches!(Hello::of(settings), Err(IntakeError::NeedsTls));
        assert!(needs(&ConnectSettings::to_server("tls://127.0.0.1:4222")));
        let mut settings = ConnectSettings::to_server("nats://127.0.0.1:4222");
        assert!(!needs(&settings));
        settings.tls.first = true;
        assert!(needs(&settings));
        settings.tls.authority = Some("borte.pem".into());
        assert!(
            matches!(Hello::of(&settings), Err(IntakeError::Tls(_))),
            "it cannot be read"
        );
    }
}
