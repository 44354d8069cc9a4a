//! The three metadata keys that are the server's own (ADR-44).
//!
//! They are taken out of what clients send and put into what they are shown, never kept: tools compare
//! configurations, and a user's metadata is what the user said.

use std::collections::BTreeMap;

use crate::broker::jetstream::{API_LEVEL, SERVER_VERSION};
use crate::proto::api::Nanos;
use crate::proto::api::stream::{PersistMode, StreamConfig};

const VERSION_KEY: &str = "_nats.ver";
const LEVEL_KEY: &str = "_nats.level";
const REQUIRED_KEY: &str = "_nats.req.level";

/// Takes the server's keys out.
pub fn strip(metadata: &mut BTreeMap<String, String>) {
    for key in [VERSION_KEY, LEVEL_KEY, REQUIRED_KEY] {
        metadata.remove(key);
    }
}

/// Puts in which level the asset needs. Lists of streams show no more than that.
pub fn show_required(metadata: &mut BTreeMap<String, String>, level: u32) {
    metadata.insert(REQUIRED_KEY.to_owned(), level.to_string());
}

/// Puts in the level that the asset needs, and this server's version and level.
pub fn show(metadata: &mut BTreeMap<String, String>, level: u32) {
    show_required(metadata, level);
    metadata.insert(VERSION_KEY.to_owned(), SERVER_VERSION.to_owned());
    metadata.insert(LEVEL_KEY.to_owned(), API_LEVEL.to_string());
}

/// The API level that a server must have to run a stream like this.
pub fn required_level(config: &StreamConfig) -> u32 {
    let features = [
        (
            config.allow_msg_ttl || config.subject_delete_marker_ttl > Nanos::ZERO,
            1,
        ),
        (config.allow_msg_counter, 2),
        (config.allow_atomic, 2),
        (config.allow_msg_schedules, 2),
        (config.persist_mode == PersistMode::Async, 2),
        (config.allow_batched, 4),
    ];
    features
        .into_iter()
        .filter(|(used, _)| *used)
        .map(|(_, level)| level)
        .max()
        .unwrap_or(0)
}
