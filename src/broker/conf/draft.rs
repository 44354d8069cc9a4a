//! Settings while they are being read: what the file and the flags say, before it is known which
//! of it counts.

use std::path::PathBuf;
use std::time::Duration;

use super::options::{JetStreamOptions, Options};

/// [`Options`] in the making.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// What is settled already.
    pub options: Options,
    /// What a setting goes back to when it is set to 0 or to nothing.
    pub defaults: Options,
    /// JetStream's settings count only when it is switched on, which may come after them.
    pub jetstream: JetStreamOptions,
    pub jetstream_enabled: bool,
    /// May stand outside the `jetstream` block.
    pub store_dir: Option<PathBuf>,
    /// The default depends on TLS.
    pub auth_timeout: Option<Duration>,
}

impl Draft {
    pub fn new(defaults: Options) -> Draft {
        Draft {
            jetstream: defaults.jetstream.clone().unwrap_or_default(),
            jetstream_enabled: defaults.jetstream.is_some(),
            store_dir: None,
            auth_timeout: None,
            options: defaults.clone(),
            defaults,
        }
    }

    pub fn finish(mut self) -> Options {
        if self.jetstream_enabled {
            if self.store_dir.is_some() {
                self.jetstream.store_dir = self.store_dir;
            }
            self.options.jetstream = Some(self.jetstream);
        } else {
            self.options.jetstream = None;
        }
        if let Some(timeout) = self.auth_timeout {
            self.options.auth_timeout = timeout;
        } else if let Some(tls) = &self.options.tls {
            let handshake = tls.timeout.unwrap_or(Duration::from_secs(2));
            self.options.auth_timeout = handshake + Duration::from_secs(1);
        }
        self.options
    }
}
