//! What a stream's configuration means, in plain words.

use crate::tui::panes::streams::texts;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};

use crate::tui::widgets::number;
use crate::util::duration;
use crate::util::size::format_bytes;

/// The configuration, a name and an explanation a line, the most telling first.
pub fn config(config: &Config) -> Vec<(&'static str, String)> {
    let mut lines = vec![
        ("Retention", retention(config.retention).to_owned()),
        (texts::limits_name(), limits(config)),
        (texts::storage(), storage(config)),
        ("Subjects", config.subjects.join(", ")),
        (texts::when_full(), discard(config.discard).to_owned()),
    ];
    if !config.duplicate_window.is_zero() {
        let window = duration::format(config.duplicate_window);
        lines.push((texts::duplicates(), texts::duplicates_mean(&window)));
    }
    if let Some(mirror) = &config.mirror {
        lines.push((texts::mirror_of(), mirror.name.clone()));
    }
    if let Some(sources) = config.sources.as_ref().filter(|s| !s.is_empty()) {
        let names: Vec<&str> = sources.iter().map(|s| s.name.as_str()).collect();
        lines.push((texts::sources(), names.join(", ")));
    }
    if let Some(description) = config.description.as_ref().filter(|d| !d.is_empty()) {
        lines.push((texts::about(), description.clone()));
    }
    lines
}

/// What the retention policy means.
pub fn retention(policy: RetentionPolicy) -> &'static str {
    match policy {
        RetentionPolicy::Limits => texts::limits(),
        RetentionPolicy::Interest => texts::interest(),
        RetentionPolicy::WorkQueue => texts::work_queue(),
    }
}

fn limits(config: &Config) -> String {
    let mut parts = Vec::new();
    let positive = |n: i64| u64::try_from(n).ok().filter(|n| *n > 0);
    if let Some(n) = positive(config.max_messages) {
        parts.push(texts::max_messages(&number::count(n)));
    }
    if let Some(n) = positive(config.max_messages_per_subject) {
        parts.push(texts::per_subject(&number::count(n)));
    }
    if let Some(n) = positive(config.max_bytes) {
        parts.push(format_bytes(n));
    }
    if !config.max_age.is_zero() {
        parts.push(texts::age(&duration::format(config.max_age)));
    }
    if let Some(n) = positive(config.max_message_size.into()) {
        parts.push(texts::per_message(&format_bytes(n)));
    }
    match parts.is_empty() {
        true => texts::none().to_owned(),
        false => parts.join(", "),
    }
}

fn storage(config: &Config) -> String {
    let kind = match config.storage {
        StorageType::File => texts::on_disk(),
        StorageType::Memory => texts::in_memory(),
    };
    match config.num_replicas {
        0 | 1 => kind.to_owned(),
        n => format!("{kind}, {n} replicas"),
    }
}

fn discard(policy: DiscardPolicy) -> &'static str {
    match policy {
        DiscardPolicy::Old => texts::discard_old(),
        DiscardPolicy::New => texts::discard_new(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn limits_that_are_off_are_not_named() {
        let unlimited = Config {
            max_messages: -1,
            max_bytes: -1,
            ..Config::default()
        };
        assert_eq!(limits(&unlimited), "ingen");
        let limited = Config {
            max_messages: 1_000,
            max_bytes: 1 << 20,
            max_age: Duration::from_secs(3_600),
            ..Config::default()
        };
        assert_eq!(limits(&limited), "1 000 meldinger, 1 MiB, alder 1h0m0s");
    }
}
