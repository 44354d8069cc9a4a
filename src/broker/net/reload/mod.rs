//! Taking over other settings while the server runs: what can be changed, and how it is said in the log. Start with
//! [`reload`]; `fixed` refuses what cannot be changed, `changes` names what was.

mod changes;
mod fixed;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError};

use super::account::Account;
use super::server::Server;
use super::settings::Settings;
use super::tls::{Tls, TlsError};
use super::{exchange, jetstream, system};
use crate::broker::conf::Options;
use crate::proto::api::stream::Storage;
use crate::proto::errors::{ClientError, CloseReason};

/// Why the settings stay as they are, in nats-server's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// A setting that a running server cannot change.
    #[error("config reload not supported for {setting}: old={old}, new={new}")]
    Fixed {
        /// What was changed, under nats-server's name.
        setting: &'static str,
        /// Its value.
        old: String,
        /// What it was to become.
        new: String,
    },
    /// Something of JetStream that a running server cannot change.
    #[error("config reload not supported for {0}")]
    JetStream(&'static str),
    /// TLS cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Takes over settings.
pub type Apply<'a> = &'a dyn Fn(Options) -> Result<(), ReloadError>;

/// How the program around the broker reads its settings again and has them taken over. An error says why
/// they stay as they are.
pub struct Reread(pub RereadFn);

/// See [`Reread`].
pub type RereadFn = Box<dyn Fn(Apply<'_>) -> Result<(), String> + Send + Sync>;

impl fmt::Debug for Reread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reread")
    }
}

/// Takes over other settings, or none of them.
pub fn reload(server: &Arc<Server>, new: Options) -> Result<(), ReloadError> {
    let _alone = server.tenancy.lock().unwrap_or_else(PoisonError::into_inner);
    let current = server.settings();
    let old = &current.options;
    fixed::check(old, &new, server.port)?;
    let tls = Settings::load_tls(&new)?;
    for change in changes::changes(old, &new) {
        tracing::info!("{change}");
    }
    let digest = new.config_digest.clone().unwrap_or_default();
    take_over(server, old, new, tls);
    tracing::info!("Reloaded server configuration ({digest})");
    Ok(())
}

fn take_over(server: &Arc<Server>, old: &Options, new: Options, tls: Option<Arc<Tls>>) {
    let removed = change_accounts(server, old, &new);
    server.replace_settings(new, tls);
    exchange::install(server);
    let settings = server.settings();
    let new = &settings.options;
    match (&old.jetstream, &new.jetstream) {
        (Some(_), None) => jetstream::switch_off(server),
        (None, Some(_)) => {
            tracing::info!("Restarting JetStream");
            if let Err(error) = jetstream::start(server) {
                tracing::warn!("Can't start JetStream: {error}");
            }
        }
        (Some(_), Some(js)) => {
            for (storage, max) in [(Storage::Memory, js.max_memory), (Storage::File, js.max_file)] {
                if max.is_some() {
                    server.rooms.set_max(storage, max);
                }
            }
            if let Err(error) = jetstream::distribute(server, new) {
                tracing::error!("{error}");
            }
        }
        (None, None) => {}
    }
    for account in removed {
        exchange::forget(&account);
        jetstream::close(server, &account);
    }
    keep_to_connections_max(server, new.max_connections);
}

/// Makes the accounts that are new, and forgets those that are gone, which come back. Their clients see
/// themselves to it that they go.
fn change_accounts(server: &Server, old: &Options, new: &Options) -> Vec<Arc<Account>> {
    let names = |options: &Options| -> BTreeSet<String> {
        let names = options.accounts.iter().map(|account| account.name.clone());
        let always = [&server.global.name, &server.system.name];
        names.filter(|name| !always.contains(&name)).collect()
    };
    let (old, new) = (names(old), names(new));
    for account in new.difference(&old).filter_map(|name| server.add_account(name)) {
        system::open(server, &account);
    }
    let gone = old.difference(&new);
    gone.filter_map(|name| server.remove_account(name)).collect()
}

/// Sends clients away until there are no more than may be.
fn keep_to_connections_max(server: &Server, max: usize) {
    let open = server.connections();
    let too_many = open.len().saturating_sub(max);
    if too_many == 0 {
        return;
    }
    let chosen: Vec<_> = open.values().take(too_many).cloned().collect();
    drop(open);
    let mut desk = server.watcher.desk();
    for connection in chosen {
        desk.say(&connection, &ClientError::ConnectionsExceeded.line());
        desk.flush();
        connection.close(CloseReason::ConnectionsExceeded);
    }
    tracing::info!("Closed {too_many} connections to fall within max_connections");
}
