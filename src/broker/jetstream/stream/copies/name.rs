//! What tells a source from others of the same stream, and how a stored message says which one it came from.

use super::copier::Copier;
use crate::broker::store::{Store, StoreError};
use crate::proto::api::stream::StreamSource;
use crate::proto::headers;
use crate::util::short_hash::short_hash;

/// Says where a sourced message comes from.
pub(super) const STREAM_SOURCE: &str = "Nats-Stream-Source";

pub(super) fn or_all(pattern: &str) -> &str {
    if pattern.is_empty() { ">" } else { pattern }
}

/// What tells a source from others of the same stream: its name, what it takes, what it makes of it
/// (`composeIName` of nats-server).
pub fn index_name(source: &StreamSource) -> String {
    let mut name = source.name.clone();
    if let Some(external) = &source.external {
        name += &format!(":{}", short_hash(&external.api));
    }
    if let Some(consumer) = &source.consumer {
        name += &format!(":C={}", short_hash(&consumer.name));
    }
    let transforms = &source.subject_transforms;
    if transforms.is_empty() {
        return format!("{name} {} >", or_all(&source.filter_subject));
    }
    let sources: Vec<&str> = transforms.iter().map(|t| or_all(&t.src)).collect();
    let destinations: Vec<&str> = transforms.iter().map(|t| or_all(&t.dest)).collect();
    format!("{name} {} {}", sources.join("\x0c"), destinations.join("\x0c"))
}

/// The index name and the sequence in a `Nats-Stream-Source` header.
fn read_source_header(value: &str) -> Option<(String, u64)> {
    let fields: Vec<&str> = value.split(' ').collect();
    let [name, seq, filter, destination, ..] = fields.as_slice() else {
        return None;
    };
    Some((format!("{name} {filter} {destination}"), seq.parse().ok()?))
}

/// Looks back through a store for the last message of every source.
pub(super) fn find_positions(copiers: &mut [Copier], store: &mut dyn Store) -> Result<(), StoreError> {
    let mut missing = copiers.len();
    let state = store.state();
    let mut seq = state.last_seq;
    while missing > 0 && seq >= state.first_seq && seq > 0 {
        if let Some(message) = store.load(seq)?
            && let Some((index, copied)) =
                headers::get_str(message.headers, STREAM_SOURCE).and_then(read_source_header)
            && let Some(copier) = copiers.iter_mut().find(|c| c.index == index && c.copied == 0)
        {
            copier.copied = copied;
            missing -= 1;
        }
        seq -= 1;
    }
    Ok(())
}
