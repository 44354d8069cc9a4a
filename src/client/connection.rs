//! From settings to a connected client.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::{AuthError, Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};
use tokio::net::TcpStream;

/// Where the NATS tools look when nothing else is said.
pub const DEFAULT_URL: &str = "nats://127.0.0.1:4222";

/// The longest wait before another attempt to come back.
const RETRY_TIME_MAX: Duration = Duration::from_secs(4);

/// How long dialling and requests may take unless told otherwise, as in the `nats` command.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// Everything that is needed to reach a server and be let in.
#[derive(Debug, Clone)]
pub struct ConnectSettings {
    /// Server URLs of one cluster; any of them will do.
    pub servers: Vec<String>,
    /// Who we are. A login inside the URL counts when this is [`Login::Nobody`].
    pub login: Login,
    /// Certificates, where the system's own do not suffice.
    pub tls: TlsFiles,
    /// What the server lists the connection as.
    pub name: String,
    /// Limit for dialling, and for each request.
    pub timeout: Duration,
    /// First tokens of reply subjects; `_INBOX` when absent.
    pub inbox_prefix: Option<String>,
    /// Messages that one subscription may have waiting before the library drops; its default when absent.
    pub subscription_messages: Option<usize>,
}

/// The ways to say who one is; material from files is already read.
#[derive(Clone, Default)]
pub enum Login {
    /// No login.
    #[default]
    Nobody,
    /// User and password.
    Password {
        /// The user's name.
        user: String,
        /// The password in clear.
        password: String,
    },
    /// A shared token.
    Token(String),
    /// The text of a credentials file (JWT and seed).
    Credentials(String),
    /// The seed of a user nkey.
    Nkey(String),
    /// A user JWT, with the seed that proves it unless it is a bearer token.
    Jwt {
        /// The JWT.
        jwt: String,
        /// The seed that signs the server's nonce.
        seed: Option<String>,
    },
}

impl std::fmt::Debug for Login {
    /// Names the kind only, so that no secret ends in a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Login::Nobody => "Nobody",
            Login::Password { .. } => "Password",
            Login::Token(_) => "Token",
            Login::Credentials(_) => "Credentials",
            Login::Nkey(_) => "Nkey",
            Login::Jwt { .. } => "Jwt",
        })
    }
}

/// PEM files for TLS.
#[derive(Debug, Clone, Default)]
pub struct TlsFiles {
    /// Certificate and private key that prove who the client is.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Authorities to trust besides the system's.
    pub authority: Option<PathBuf>,
    /// Shake hands before the server's greeting.
    pub first: bool,
}

/// Why there is no connection. The texts are those of the Go client where it has one.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// A URL that cannot be read, or of a kind that we do not speak.
    #[error("nats: invalid server URL {0:?}")]
    Url(String),
    /// WebSocket URLs are not built in.
    #[error("nats: WebSocket URL {0:?} is not supported; use the server's nats:// address")]
    WebSocket(String),
    /// The credentials text is malformed.
    #[error("nats: invalid credentials: {0}")]
    Credentials(io::Error),
    /// The seed is not an nkey.
    #[error("nats: invalid nkey seed: {0}")]
    Seed(nkeys::error::Error),
    /// Login refused.
    #[error("nats: Authorization Violation")]
    Authorization,
    /// No server answered in time.
    #[error("nats: timeout")]
    TimedOut,
    /// The TLS handshake failed.
    #[error("nats: TLS handshake failed: {0}")]
    Tls(async_nats::ConnectError),
    /// Nobody there.
    #[error("nats: no servers available for connection")]
    Unreachable(#[source] async_nats::ConnectError),
}

impl Default for ConnectSettings {
    fn default() -> Self {
        ConnectSettings {
            servers: vec![DEFAULT_URL.to_owned()],
            login: Login::Nobody,
            tls: TlsFiles::default(),
            name: "goingnats".to_owned(),
            timeout: DEFAULT_TIMEOUT,
            inbox_prefix: None,
            subscription_messages: None,
        }
    }
}

impl ConnectSettings {
    /// Settings for one server, everything else as by default.
    pub fn to_server(url: impl Into<String>) -> Self {
        ConnectSettings {
            servers: vec![url.into()],
            ..Self::default()
        }
    }

    /// The same settings under another connection name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}

/// Connects, and keeps reconnecting for ever once connected.
pub async fn connect(settings: &ConnectSettings) -> Result<Client, ConnectError> {
    connect_watched(settings, |_| {}).await
}

/// As [`connect`]; `on_event` is called from the client's own task for every disconnect, reconnect,
/// error from the server and slow subscription. It must not block.
pub async fn connect_watched(
    settings: &ConnectSettings,
    on_event: impl Fn(Event) + Send + Sync + 'static,
) -> Result<Client, ConnectError> {
    connect_told(settings, on_event, |_| {}).await
}

/// As [`connect_watched`]; `on_attempt` is told before each attempt to come back how many there were, and must not
/// block either.
pub async fn connect_told(
    settings: &ConnectSettings,
    on_event: impl Fn(Event) + Send + Sync + 'static,
    on_attempt: impl Fn(usize) + Send + Sync + 'static,
) -> Result<Client, ConnectError> {
    let servers = addresses(&settings.servers)?;
    let mut options = ConnectOptions::new()
        .name(&settings.name)
        .connection_timeout(settings.timeout)
        .request_timeout(Some(settings.timeout))
        .reconnect_delay_callback(move |attempts| {
            on_attempt(attempts);
            delay_before(attempts)
        })
        .event_callback(move |event| {
            on_event(event);
            std::future::ready(())
        });
    options = with_login(options, &effective_login(settings, &servers))?;
    options = with_tls(options, &settings.tls);
    if let Some(messages) = settings.subscription_messages {
        options = options.subscription_capacity(messages);
    }
    if let Some(prefix) = &settings.inbox_prefix {
        options = options.custom_inbox_prefix(prefix);
    }
    options.connect(servers).await.map_err(classify)
}

/// How long to wait before another attempt: at once, then twice as long each time.
fn delay_before(attempts: usize) -> Duration {
    match attempts {
        0 | 1 => Duration::ZERO,
        attempts => {
            let doubled = u32::try_from(attempts - 1).unwrap_or(u32::MAX);
            Duration::from_millis(2_u64.saturating_pow(doubled)).min(RETRY_TIME_MAX)
        }
    }
}

/// Whether there is anything at the first of the addresses.
///
/// # Errors
/// Why there is not.
pub async fn knock(settings: &ConnectSettings) -> io::Result<()> {
    let servers = addresses(&settings.servers).map_err(io::Error::other)?;
    let Some(server) = servers.first() else {
        return Ok(());
    };
    let host = server.host().trim_matches(['[', ']']).to_owned();
    let connect = TcpStream::connect((host, server.port()));
    match tokio::time::timeout(settings.timeout, connect).await {
        Ok(outcome) => outcome.map(drop),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

pub(super) fn addresses(urls: &[String]) -> Result<Vec<ServerAddr>, ConnectError> {
    urls.iter()
        .map(|url| {
            if url.starts_with("ws://") || url.starts_with("wss://") {
                return Err(ConnectError::WebSocket(url.clone()));
            }
            url.parse().map_err(|_| ConnectError::Url(url.clone()))
        })
        .collect()
}

/// The Go client takes a login from the URL; `async-nats` leaves that to its user.
pub(super) fn effective_login(settings: &ConnectSettings, servers: &[ServerAddr]) -> Login {
    if !matches!(settings.login, Login::Nobody) {
        return settings.login.clone();
    }
    servers
        .iter()
        .find_map(|server| {
            let user = server.username()?.to_owned();
            Some(match server.password() {
                Some(password) => Login::Password {
                    user,
                    password: password.to_owned(),
                },
                None => Login::Token(user),
            })
        })
        .unwrap_or_default()
}

fn with_login(options: ConnectOptions, login: &Login) -> Result<ConnectOptions, ConnectError> {
    Ok(match login {
        Login::Nobody => options,
        Login::Password { user, password } => options.user_and_password(user.clone(), password.clone()),
        Login::Token(token) => options.token(token.clone()),
        Login::Credentials(text) => options.credentials(text).map_err(ConnectError::Credentials)?,
        Login::Nkey(seed) => {
            key_pair(seed)?;
            options.nkey(seed.trim().to_owned())
        }
        Login::Jwt {
            jwt,
            seed: Some(seed),
        } => {
            let key = Arc::new(key_pair(seed)?);
            options.jwt(jwt.trim().to_owned(), move |nonce| {
                std::future::ready(key.sign(&nonce).map_err(AuthError::new))
            })
        }
        Login::Jwt { jwt, seed: None } => options.jwt(jwt.trim().to_owned(), |_| {
            std::future::ready(Ok::<_, AuthError>(Vec::new()))
        }),
    })
}

fn key_pair(seed: &str) -> Result<nkeys::KeyPair, ConnectError> {
    nkeys::KeyPair::from_seed(seed.trim()).map_err(ConnectError::Seed)
}

fn with_tls(mut options: ConnectOptions, tls: &TlsFiles) -> ConnectOptions {
    if let Some((certificate, key)) = &tls.certificate {
        options = options.add_client_certificate(certificate.clone(), key.clone());
    }
    if let Some(authority) = &tls.authority {
        options = options.add_root_certificates(authority.clone());
    }
    if tls.first {
        options = options.tls_first();
    }
    options
}

fn classify(error: async_nats::ConnectError) -> ConnectError {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            ConnectError::Authorization
        }
        ConnectErrorKind::TimedOut => ConnectError::TimedOut,
        ConnectErrorKind::Tls => ConnectError::Tls(error),
        _ => ConnectError::Unreachable(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_of_the_url_counts_only_without_another() {
        let with_url = |url: &str, login: Login| {
            let settings = ConnectSettings {
                login,
                ..ConnectSettings::to_server(url)
            };
            effective_login(&settings, &addresses(&settings.servers).unwrap())
        };
        assert!(matches!(with_url("localhost", Login::Nobody), Login::Nobody));
        assert!(matches!(with_url("nats://s3cret@h:1", Login::Nobody), Login::Token(t) if t == "s3cret"));
        assert!(matches!(
            with_url("nats://u:p@h", Login::Nobody),
            Login::Password { user, password } if user == "u" && password == "p"
        ));
        assert!(matches!(
            with_url("nats://u:p@h", Login::Token("t".into())),
            Login::Token(_)
        ));
    }

    #[test]
    fn urls_we_do_not_speak_are_named() {
        let error = addresses(&["ws://h:80".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("ws://h:80"));
        assert!(matches!(
            addresses(&["http://h".to_owned()]),
            Err(ConnectError::Url(_))
        ));
    }
}
