//! What a reload replaces as a whole. A connection holds the settings it has seen last, so that nothing is
//! looked up or locked for a message.

use std::collections::HashMap;
use std::sync::Arc;

use super::tls::{Tls, TlsError};
use crate::broker::auth::Authenticator;
use crate::broker::conf::{AccountLimits, AccountOptions, Options, TraceDestination};
use crate::broker::subjects::mapping::Mappings;
use crate::util::time::Timestamp;

/// Settings, and what is made of them once.
#[derive(Debug)]
pub struct Settings {
    /// As they were written.
    pub options: Arc<Options>,
    /// Since when they hold.
    pub loaded: Timestamp,
    /// TLS for clients, when the settings want it.
    pub tls: Option<Arc<Tls>>,
    /// Who may connect.
    pub authenticator: Authenticator,
    rules: HashMap<String, Arc<AccountRules>>,
    /// Those of accounts that the settings say nothing of.
    no_rules: Arc<AccountRules>,
}

/// What holds for the clients of an account.
#[derive(Debug, Default)]
pub struct AccountRules {
    /// What it may have at most.
    pub limits: AccountLimits,
    /// What becomes of the subjects they publish to.
    pub mappings: Mappings,
    /// Where reports on messages with a sampled `traceparent` go.
    pub trace: Option<TraceDestination>,
}

impl Settings {
    /// Makes of options what connections need.
    pub fn new(options: Options, tls: Option<Arc<Tls>>) -> Settings {
        let rules = |account: &AccountOptions| (account.name.clone(), Arc::new(AccountRules::new(account)));
        Settings {
            authenticator: Authenticator::from_options(&options),
            rules: options.accounts.iter().map(rules).collect(),
            no_rules: Arc::default(),
            options: Arc::new(options),
            tls,
            loaded: Timestamp::now(),
        }
    }

    /// Reads the files that options name for TLS.
    pub fn load_tls(options: &Options) -> Result<Option<Arc<Tls>>, TlsError> {
        let tls = options.tls.as_ref();
        let loaded = tls.map(|tls| Tls::load(tls, options.allow_non_tls).map(Arc::new));
        loaded.transpose()
    }

    /// What holds in the account of this name.
    pub fn rules(&self, account: &str) -> Arc<AccountRules> {
        self.rules.get(account).unwrap_or(&self.no_rules).clone()
    }
}

impl AccountRules {
    fn new(account: &AccountOptions) -> AccountRules {
        let mappings = Mappings::new(&account.mappings).unwrap_or_else(|error| {
            // Who reads a file has checked them; who writes options by hand finds it in the log.
            tracing::error!("Account {:?} goes without its mappings: {error}", account.name);
            Mappings::default()
        });
        AccountRules {
            limits: account.limits,
            mappings,
            trace: account.trace.clone(),
        }
    }

    /// May an account with so many clients take one more?
    pub fn has_room(&self, clients: usize) -> bool {
        self.limits
            .max_connections
            .is_none_or(|max| clients < max as usize)
    }
}
