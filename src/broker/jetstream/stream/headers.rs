//! The headers of a published message that tell the stream something.

use crate::proto::headers;

/// What a publisher asks of the stream. An empty value counts as absent, and of a repeated header the
/// first one counts, as in nats-server.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PublishHeaders<'a> {
    /// `Nats-Msg-Id`: store once within the window.
    pub msg_id: Option<&'a [u8]>,
    /// `Nats-Expected-Stream`.
    pub expected_stream: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Sequence`.
    pub expected_last_seq: Option<u64>,
    /// `Nats-Expected-Last-Subject-Sequence`.
    pub expected_subject_seq: Option<u64>,
    /// `Nats-Expected-Last-Subject-Sequence-Subject`: the pattern to ask that of.
    pub expected_subject: Option<&'a [u8]>,
    /// `Nats-Expected-Last-Msg-Id`.
    pub expected_msg_id: Option<&'a [u8]>,
    /// `Nats-Rollup`.
    pub rollup: Option<&'a [u8]>,
    /// `Nats-TTL`.
    pub ttl: Option<&'a [u8]>,
    /// `Nats-Incr`.
    pub increment: Option<&'a [u8]>,
    /// `Nats-Batch-Id`.
    pub batch_id: Option<&'a [u8]>,
    /// Something about schedules: `Nats-Schedule`, `Nats-Schedule-…` or `Nats-Scheduler`, even when empty.
    pub schedules: bool,
}

impl<'a> PublishHeaders<'a> {
    /// Reads a block; an empty one costs nothing.
    #[inline]
    pub fn read(block: &'a [u8]) -> PublishHeaders<'a> {
        match block {
            [] => PublishHeaders::default(),
            block => PublishHeaders::parse(block),
        }
    }

    fn parse(block: &'a [u8]) -> PublishHeaders<'a> {
        let mut found = PublishHeaders::default();
        for (key, value) in headers::iter(block) {
            let Some(name) = key.strip_prefix(b"Nats-") else {
                continue;
            };
            found.schedules |= name.starts_with(b"Schedule");
            if !value.is_empty() {
                found.take(name, value);
            }
        }
        found
    }

    fn take(&mut self, name: &[u8], value: &'a [u8]) {
        let text = match name {
            b"Msg-Id" => &mut self.msg_id,
            b"Expected-Stream" => &mut self.expected_stream,
            b"Expected-Last-Subject-Sequence-Subject" => &mut self.expected_subject,
            b"Expected-Last-Msg-Id" => &mut self.expected_msg_id,
            b"Rollup" => &mut self.rollup,
            b"TTL" => &mut self.ttl,
            b"Incr" => &mut self.increment,
            b"Batch-Id" => &mut self.batch_id,
            b"Expected-Last-Sequence" => return keep_first(&mut self.expected_last_seq, number(value)),
            b"Expected-Last-Subject-Sequence" => {
                return keep_first(&mut self.expected_subject_seq, number(value));
            }
            _ => return,
        };
        keep_first(text, value);
    }
}

fn keep_first<T>(place: &mut Option<T>, value: T) {
    if place.is_none() {
        *place = Some(value);
    }
}

/// A sequence; what is no number is one that no stream ever reaches, so that the check fails.
fn number(value: &[u8]) -> u64 {
    std::str::from_utf8(value)
        .ok()
        .and_then(|v| v.parse().ok())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_one_counts_and_empty_is_absent() {
        let block = b"NATS/1.0\r\nNats-Msg-Id: a\r\nNats-Msg-Id: b\r\nNats-Rollup:\r\n\
            Nats-Expected-Last-Sequence: x\r\nnats-ttl: 5\r\n\r\n";
        let wanted = PublishHeaders {
            msg_id: Some(b"a"),
            expected_last_seq: Some(u64::MAX),
            ..PublishHeaders::default()
        };
        assert_eq!(PublishHeaders::read(block), wanted);
        assert_eq!(PublishHeaders::read(b""), PublishHeaders::default());
    }
}
