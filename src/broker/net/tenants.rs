//! Accounts that come and go while the server runs, for a program that has the broker inside.

use std::sync::PoisonError;

use super::{Handle, exchange, jetstream, system};
use crate::broker::conf::{
    AccountJetStream, AccountLimits, AccountOptions, Credential, GLOBAL_ACCOUNT, Options, User,
};

/// Who may connect without a login where a tenant's user is the only one that needs it.
const OPEN_USER: &str = "goingnats-open";

/// An account with one user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Name of the account.
    pub account: String,
    /// The user's name, unique in the server.
    pub user: String,
    /// The user's password in clear.
    pub password: String,
    /// Connections at a time.
    pub connections_max: u32,
    /// Longest message in bytes.
    pub payload_max: u32,
    /// Bytes of streams in memory, and as many in files.
    pub stream_bytes_max: u64,
    /// Streams.
    pub streams_max: u32,
    /// Consumers of one stream.
    pub consumers_max: u32,
}

/// Why there is no such account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TenantError {
    /// An account or a user of that name is there.
    #[error("there is an account or user {0:?} already")]
    Taken(String),
}

impl Handle {
    /// Opens an account. Those who needed no login before still need none.
    ///
    /// # Errors
    /// The name of the account or the user is taken.
    pub fn open_account(&self, tenant: &Tenant) -> Result<(), TenantError> {
        let server = &self.server;
        let _alone = server.tenancy.lock().unwrap_or_else(PoisonError::into_inner);
        let mut options = Options::clone(&server.settings().options);
        if options.auth.users.iter().any(|user| user.name() == tenant.user) {
            return Err(TenantError::Taken(tenant.user.clone()));
        }
        let taken = || TenantError::Taken(tenant.account.clone());
        let account = server.add_account(&tenant.account).ok_or_else(taken)?;
        system::open(server, &account);
        jetstream::open(server, &account, &tenant.jetstream());
        if is_open(&options) {
            options.auth.users.push(user(OPEN_USER, "", GLOBAL_ACCOUNT));
            options.auth.no_auth_user = Some(OPEN_USER.to_owned());
        }
        options
            .auth
            .users
            .push(user(&tenant.user, &tenant.password, &tenant.account));
        options.accounts.push(tenant.options());
        server.replace_settings(options, server.settings().tls.clone());
        Ok(())
    }

    /// Closes an account: its clients are sent away. Its streams are gone with it, except that those in files
    /// leave them behind unless they were deleted before.
    pub fn close_account(&self, name: &str) {
        let server = &self.server;
        let _alone = server.tenancy.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(account) = server.remove_account(name) else {
            return;
        };
        let mut options = Options::clone(&server.settings().options);
        options.accounts.retain(|account| account.name != name);
        options
            .auth
            .users
            .retain(|user| user.account.as_deref() != Some(name));
        if options.auth.users.iter().all(|user| user.name() == OPEN_USER) {
            options.auth.users.clear();
            options.auth.no_auth_user = None;
        }
        server.replace_settings(options, server.settings().tls.clone());
        exchange::forget(&account);
        jetstream::close(server, &account);
    }
}

impl Tenant {
    fn jetstream(&self) -> AccountJetStream {
        AccountJetStream {
            max_memory: Some(self.stream_bytes_max),
            max_file: Some(self.stream_bytes_max),
            max_streams: Some(self.streams_max),
            max_consumers: Some(self.consumers_max),
            ..AccountJetStream::default()
        }
    }

    fn options(&self) -> AccountOptions {
        AccountOptions {
            limits: AccountLimits {
                max_connections: Some(self.connections_max),
                max_payload: Some(self.payload_max),
                ..AccountLimits::default()
            },
            jetstream: Some(self.jetstream()),
            ..AccountOptions::new(&self.account)
        }
    }
}

/// Does nobody need a login?
fn is_open(options: &Options) -> bool {
    let auth = &options.auth;
    auth.users.is_empty() && auth.user.is_none() && auth.token.is_none()
}

fn user(name: &str, password: &str, account: &str) -> User {
    User {
        credential: Credential::Password {
            user: name.to_owned(),
            password: password.into(),
        },
        account: Some(account.to_owned()),
        permissions: None,
        connection_types: Vec::new(),
    }
}
