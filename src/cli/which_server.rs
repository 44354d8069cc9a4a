//! Which server a show or the panes use: one of our own, or one that is there.

use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::texts;
use crate::broker::Options;
use crate::client::contexts::Contexts;
use crate::client::{self, ConnectSettings};

/// The server of the show.
pub struct Server {
    /// Its address.
    pub url: String,
    /// How to reach it.
    pub connection: ConnectSettings,
    /// Ours, to be started.
    pub broker: Option<Box<Options>>,
    /// Holds the streams' folder as long as the server runs.
    _store: Option<TempDir>,
}

impl Server {
    /// One that is there.
    pub fn foreign(connection: ConnectSettings) -> Server {
        Server {
            url: connection.servers.first().cloned().unwrap_or_default(),
            connection,
            broker: None,
            _store: None,
        }
    }

    /// One of our own; without a folder for its streams it keeps them in a private one.
    pub fn own(listen: &str, port: u16, store_dir: Option<PathBuf>) -> Result<Server> {
        let (folder, private) = match store_dir {
            Some(folder) => (folder, None),
            None => {
                let private = tempfile::Builder::new().prefix("goingnats-store-").tempdir();
                let private = private.context(texts::no_store())?;
                (private.path().to_owned(), Some(private))
            }
        };
        let options = Options {
            host: listen.to_owned(),
            ..Options::local(port, folder)
        };
        let url = format!("nats://{listen}:{port}");
        Ok(Server {
            connection: ConnectSettings::to_server(&url),
            url,
            broker: Some(Box::new(options)),
            _store: private,
        })
    }
}

/// The server of a context of the `nats` command.
///
/// # Errors
/// There is no such context, or its files cannot be read.
pub fn of_context(name: &str) -> Result<ConnectSettings> {
    let variables = client::environment::Environment::of_process();
    Ok(Contexts::of_user(&variables)?.read(name)?.settings(&variables)?)
}
