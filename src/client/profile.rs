//! A connection in words: what flags, `NATS_*` variables or a context file say about it.
//!
//! The fields are those of natscli's context files, and as there an empty text means "not said".
//! Profiles are laid over one another ([`Profile::over`]) and then become [`ConnectSettings`] once.

use serde::{Deserialize, Serialize};

use super::connection::{ConnectSettings, DEFAULT_TIMEOUT, DEFAULT_URL, Login, TlsFiles};
use super::environment::Environment;
use super::reference::{self, ReferenceError};

/// The settings of a context as written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// The context's name; empty outside contexts.
    #[serde(skip)]
    pub name: String,
    /// What the context is for.
    pub description: String,
    /// Server URLs with commas between.
    pub url: String,
    /// A SOCKS5 proxy, which we do not support.
    pub socks_proxy: String,
    /// Token, or a reference to one.
    pub token: String,
    /// User name.
    pub user: String,
    /// Password, or a reference to one.
    pub password: String,
    /// Credentials file, or another reference.
    pub creds: String,
    /// File with a user seed, or another reference.
    pub nkey: String,
    /// TLS certificate file.
    pub cert: String,
    /// TLS key file.
    pub key: String,
    /// TLS authorities file.
    pub ca: String,
    /// JetStream domain.
    pub jetstream_domain: String,
    /// Prefix of the JetStream API in place of `$JS.API`.
    pub jetstream_api_prefix: String,
    /// Prefix of JetStream's advisories.
    pub jetstream_event_prefix: String,
    /// First tokens of reply subjects.
    pub inbox_prefix: String,
    /// User JWT, or a reference to one.
    pub user_jwt: String,
    /// Seed for the JWT, or a reference to one.
    pub user_seed: String,
    /// Colour of tables.
    pub color_scheme: String,
    /// TLS handshake before the server's greeting.
    pub tls_first: bool,
}

/// A profile that cannot become settings.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A value points at something that cannot be read.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// A setting that this program does not have.
    #[error("socks_proxy: connecting through a SOCKS proxy is not supported")]
    SocksProxy,
    /// A certificate without key, or the other way round.
    #[error("cert and key must be given together")]
    HalfCertificate,
}

impl Profile {
    /// Sets user and password; a user alone is a token, as in natscli.
    #[must_use]
    pub fn with_user(mut self, user: &str, password: &str) -> Profile {
        if !user.is_empty() && password.is_empty() {
            if self.token.is_empty() {
                self.token = user.to_owned();
            }
        } else {
            self.user = user.to_owned();
            self.password = password.to_owned();
        }
        self
    }

    fn has_login(&self) -> bool {
        [&self.user, &self.token, &self.creds, &self.nkey, &self.user_jwt]
            .iter()
            .any(|field| !field.is_empty())
    }

    /// This profile's words where it has any, `base`'s for the rest. A login is taken whole from one
    /// of the two, so that a token on the command line does not meet a context's password.
    #[must_use]
    pub fn over(self, base: Profile) -> Profile {
        let first = |mine: String, other: String| if mine.is_empty() { other } else { mine };
        let login_owner = if self.has_login() {
            self.clone()
        } else {
            base.clone()
        };
        Profile {
            name: first(self.name, base.name),
            description: first(self.description, base.description),
            url: first(self.url, base.url),
            socks_proxy: first(self.socks_proxy, base.socks_proxy),
            cert: first(self.cert, base.cert),
            key: first(self.key, base.key),
            ca: first(self.ca, base.ca),
            jetstream_domain: first(self.jetstream_domain, base.jetstream_domain),
            jetstream_api_prefix: first(self.jetstream_api_prefix, base.jetstream_api_prefix),
            jetstream_event_prefix: first(self.jetstream_event_prefix, base.jetstream_event_prefix),
            inbox_prefix: first(self.inbox_prefix, base.inbox_prefix),
            color_scheme: first(self.color_scheme, base.color_scheme),
            tls_first: self.tls_first || base.tls_first,
            token: login_owner.token,
            user: login_owner.user,
            password: login_owner.password,
            creds: login_owner.creds,
            nkey: login_owner.nkey,
            user_jwt: login_owner.user_jwt,
            user_seed: login_owner.user_seed,
        }
    }

    /// The same profile with the contents of its credential files inside.
    pub fn embedded(mut self, env: &Environment) -> Result<Profile, ProfileError> {
        for (field, value, start) in [
            ("creds", &mut self.creds, None),
            ("nkey", &mut self.nkey, None),
            ("user_jwt", &mut self.user_jwt, Some(JWT_START)),
            ("user_seed", &mut self.user_seed, Some(SEED_START)),
        ] {
            if value.is_empty() {
                continue;
            }
            let text = match start {
                Some(start) => secret(field, value, start, env)?,
                None => reference::read(field, value, env)?,
            };
            *value = reference::embed(&text);
        }
        Ok(self)
    }

    /// Reads what the words point at. Blocks on small files.
    pub fn settings(&self, env: &Environment) -> Result<ConnectSettings, ProfileError> {
        if !self.socks_proxy.is_empty() {
            return Err(ProfileError::SocksProxy);
        }
        Ok(ConnectSettings {
            servers: self.servers(),
            login: self.login(env)?,
            tls: self.tls(env)?,
            timeout: DEFAULT_TIMEOUT,
            inbox_prefix: Some(self.inbox_prefix.clone()).filter(|prefix| !prefix.is_empty()),
            ..ConnectSettings::default()
        })
    }

    /// The server URLs; the default one when none is named.
    pub fn servers(&self) -> Vec<String> {
        let named: Vec<String> = self
            .url
            .split(',')
            .map(str::trim)
            .filter(|url| !url.is_empty())
            .map(str::to_owned)
            .collect();
        if named.is_empty() {
            vec![DEFAULT_URL.to_owned()]
        } else {
            named
        }
    }

    /// The first kind of login that is named, in natscli's order.
    fn login(&self, env: &Environment) -> Result<Login, ProfileError> {
        Ok(if !self.user.is_empty() {
            Login::Password {
                user: self.user.clone(),
                password: reference::literal("password", &self.password, env)?,
            }
        } else if !self.creds.is_empty() {
            Login::Credentials(reference::read("creds", &self.creds, env)?)
        } else if !self.nkey.is_empty() {
            Login::Nkey(seed_line(&reference::read("nkey", &self.nkey, env)?).to_owned())
        } else if !self.user_jwt.is_empty() {
            let seed = Some(&self.user_seed).filter(|seed| !seed.is_empty());
            let jwt = secret("user_jwt", &self.user_jwt, JWT_START, env)?;
            let seed = seed
                .map(|seed| secret("user_seed", seed, SEED_START, env))
                .transpose()?;
            Login::Jwt {
                jwt: line_starting(&jwt, JWT_START).to_owned(),
                seed: seed.map(|seed| seed_line(&seed).to_owned()),
            }
        } else if !self.token.is_empty() {
            Login::Token(reference::literal("token", &self.token, env)?)
        } else {
            Login::Nobody
        })
    }

    fn tls(&self, env: &Environment) -> Result<TlsFiles, ProfileError> {
        let certificate = match (self.cert.is_empty(), self.key.is_empty()) {
            (true, true) => None,
            (false, false) => Some((
                reference::path("cert", &self.cert, env)?,
                reference::path("key", &self.key, env)?,
            )),
            _ => return Err(ProfileError::HalfCertificate),
        };
        let authority = Some(&self.ca)
            .filter(|ca| !ca.is_empty())
            .map(|ca| reference::path("ca", ca, env))
            .transpose()?;
        Ok(TlsFiles {
            certificate,
            authority,
            first: self.tls_first,
        })
    }
}

/// What every JWT and every seed begins with.
const JWT_START: &str = "eyJ";
const SEED_START: &str = "S";

/// A JWT or a seed: itself, a reference to it, or else the path of a file that holds it.
fn secret(
    field: &'static str,
    value: &str,
    start: &str,
    env: &Environment,
) -> Result<String, ReferenceError> {
    let is_itself = value.starts_with(start) && !value.contains(['/', '\\']);
    if is_itself {
        Ok(value.to_owned())
    } else {
        reference::read(field, value, env)
    }
}

/// The line of an nkey file that is the seed; such files may hold comments and the public key too.
fn seed_line(text: &str) -> &str {
    line_starting(text, SEED_START)
}

fn line_starting<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .map(str::trim)
        .find(|line| line.starts_with(start))
        .unwrap_or_else(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(json: &str) -> Profile {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_upper_profile_wins_field_by_field() {
        let context = profile(
            r#"{"url":"nats://a,nats://b","user":"u","password":"p","inbox_prefix":"_X","new_field":1}"#,
        );
        let flags = profile(r#"{"url":"nats://c"}"#);
        let both = flags.over(context.clone());
        assert_eq!(both.servers(), ["nats://c"]);
        assert_eq!((both.user.as_str(), both.inbox_prefix.as_str()), ("u", "_X"));
        assert_eq!(
            Profile::default().over(context).servers(),
            ["nats://a", "nats://b"]
        );
        assert_eq!(Profile::default().servers(), [DEFAULT_URL]);
    }

    #[test]
    fn a_login_is_never_mixed() {
        let context = profile(r#"{"user":"u","password":"p"}"#);
        let both = profile(r#"{"token":"t"}"#).over(context);
        let settings = both.settings(&Environment::default()).unwrap();
        assert!(matches!(settings.login, Login::Token(t) if t == "t"));
    }

    #[test]
    fn what_cannot_be_honoured_is_an_error() {
        let env = Environment::default();
        assert!(profile(r#"{"socks_proxy":"socks5://h"}"#).settings(&env).is_err());
        assert!(profile(r#"{"cert":"/c.pem"}"#).settings(&env).is_err());
        assert!(profile(r#"{"creds":"nsc://o/a/u"}"#).settings(&env).is_err());
    }

    #[test]
    fn a_jwt_is_itself_or_in_a_file_and_files_can_be_embedded() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("user.jwt");
        std::fs::write(&path, "-----BEGIN NATS USER JWT-----\neyJabc\n").unwrap();
        let env = Environment::default();
        let jwt = |user_jwt: &str| {
            let profile = Profile {
                user_jwt: user_jwt.to_owned(),
                user_seed: "SUABC".to_owned(),
                ..Profile::default()
            };
            match profile.settings(&env).unwrap().login {
                Login::Jwt { jwt, seed } => (jwt, seed.unwrap()),
                other => panic!("{other:?}"),
            }
        };
        let expected = ("eyJabc".to_owned(), "SUABC".to_owned());
        assert_eq!(jwt("eyJabc"), expected);
        assert_eq!(jwt(path.to_str().unwrap()), expected);
        let embedded = Profile {
            user_jwt: path.to_str().unwrap().to_owned(),
            ..Profile::default()
        }
        .embedded(&env)
        .unwrap();
        assert!(embedded.user_jwt.starts_with("data:;base64,"));
        assert_eq!(jwt(&embedded.user_jwt), expected);
    }

    #[test]
    fn the_seed_is_found_in_a_decorated_file() {
        assert_eq!(seed_line("# mine\nUABC\nSUXYZ\n"), "SUXYZ");
        assert_eq!(seed_line(" SUXYZ \n"), "SUXYZ");
    }
}
