//! Flags that every command takes, before or after its name.

use std::time::Duration;

use crate::client::contexts::Choice;
use crate::client::environment::Environment;
use crate::client::profile::Profile;

use super::typed::parse_duration;

/// The flags as typed; what is not typed may come from `NATS_*` variables or a context.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Global flags")]
pub struct Globals {
    /// NATS server urls [env: NATS_URL]
    #[arg(short, long, global = true, value_name = "URL")]
    pub server: Option<String>,
    /// Username or Token [env: NATS_USER]
    #[arg(long, global = true)]
    pub user: Option<String>,
    /// Password [env: NATS_PASSWORD]
    #[arg(long, global = true)]
    pub password: Option<String>,
    /// Token [env: NATS_TOKEN]
    #[arg(long, global = true)]
    pub token: Option<String>,
    /// User credentials [env: NATS_CREDS]
    #[arg(long, global = true, value_name = "LOCATION")]
    pub creds: Option<String>,
    /// User NKEY [env: NATS_NKEY]
    #[arg(long, global = true, value_name = "LOCATION")]
    pub nkey: Option<String>,
    /// User JWT [env: NATS_JWT]
    #[arg(long, global = true, value_name = "LOCATION")]
    pub jwt: Option<String>,
    /// User seed [env: NATS_SEED]
    #[arg(long, global = true, value_name = "LOCATION")]
    pub seed: Option<String>,
    /// TLS public certificate [env: NATS_CERT]
    #[arg(long, global = true, value_name = "FILE")]
    pub tlscert: Option<String>,
    /// TLS private key [env: NATS_KEY]
    #[arg(long, global = true, value_name = "FILE")]
    pub tlskey: Option<String>,
    /// TLS certificate authority chain [env: NATS_CA]
    #[arg(long, global = true, value_name = "FILE")]
    pub tlsca: Option<String>,
    /// Perform TLS handshake before expecting the server greeting
    #[arg(long, alias = "tls-first", global = true)]
    pub tlsfirst: bool,
    /// Time to wait on responses from NATS [default: 5s] [env: NATS_TIMEOUT]
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Nickname to use for the underlying NATS Connection
    #[arg(long, global = true, value_name = "NAME")]
    pub connection_name: Option<String>,
    /// Subject prefix for access to JetStream API
    #[arg(long, global = true, value_name = "PREFIX")]
    pub js_api_prefix: Option<String>,
    /// Subject prefix for access to JetStream Advisories
    #[arg(long, global = true, value_name = "PREFIX")]
    pub js_event_prefix: Option<String>,
    /// JetStream domain to access
    #[arg(long, alias = "domain", global = true, value_name = "DOMAIN")]
    pub js_domain: Option<String>,
    /// Custom inbox prefix to use for inboxes
    #[arg(long, global = true, value_name = "PREFIX")]
    pub inbox_prefix: Option<String>,
    /// Configuration context [env: NATS_CONTEXT]
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Disable the selected context
    #[arg(long, global = true)]
    pub no_context: bool,
    /// Trace API interactions
    #[arg(long, global = true)]
    pub trace: bool,
}

impl Globals {
    /// Which context to start from.
    pub fn choice(&self, env: &Environment) -> Choice {
        if self.no_context {
            return Choice::None;
        }
        match self.context.clone().or_else(|| env.context()) {
            Some(name) => Choice::Named(name),
            None => Choice::Selected,
        }
    }

    /// What the flags say.
    pub fn typed_profile(&self) -> Profile {
        self.profile_with(self.password.clone())
    }

    /// What the flags say, and the variables where they are silent.
    pub fn profile(&self, env: &Environment) -> Profile {
        // A password may stand in the environment while the user is typed.
        let password = self.password.clone().or_else(|| env.get("NATS_PASSWORD"));
        self.profile_with(password).over(env.profile())
    }

    fn profile_with(&self, password: Option<String>) -> Profile {
        let text = |flag: &Option<String>| flag.clone().unwrap_or_default();
        let typed = Profile {
            url: text(&self.server),
            token: text(&self.token),
            creds: text(&self.creds),
            nkey: text(&self.nkey),
            user_jwt: text(&self.jwt),
            user_seed: text(&self.seed),
            cert: text(&self.tlscert),
            key: text(&self.tlskey),
            ca: text(&self.tlsca),
            tls_first: self.tlsfirst,
            jetstream_domain: text(&self.js_domain),
            jetstream_api_prefix: text(&self.js_api_prefix),
            jetstream_event_prefix: text(&self.js_event_prefix),
            inbox_prefix: text(&self.inbox_prefix),
            ..Profile::default()
        };
        typed.with_user(
            &text(&self.user),
            &password.filter(|_| self.user.is_some()).unwrap_or_default(),
        )
    }
}
