//! When the averages must be read again from the stream's beginning.

use async_nats::jetstream::stream::{Info, RetentionPolicy};

/// What a stream looked like at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    /// When it was created: tells it from one of the same name before.
    pub created: i128,
    /// Messages in it.
    pub messages: u64,
    /// Lowest sequence in it.
    pub first: u64,
    /// Last sequence given out.
    pub last: u64,
    /// True when nothing but deleting and purging takes messages out.
    pub keeps_all: bool,
}

impl Snapshot {
    /// Of a stream's info.
    pub fn of(info: &Info) -> Snapshot {
        let (config, state) = (&info.config, &info.state);
        Snapshot {
            created: info.created.unix_timestamp_nanos(),
            messages: state.messages,
            first: state.first_sequence,
            last: state.last_sequence,
            keeps_all: config.retention == RetentionPolicy::Limits
                && config.max_age.is_zero()
                && config.max_messages <= 0
                && config.max_bytes <= 0
                && config.max_messages_per_subject <= 0
                && !config.allow_message_ttl
                && !config.allow_rollup,
        }
    }

    /// True when the stream was replaced or purged since `before`, so that what was read of it no longer
    /// stands for what is in it.
    ///
    /// A purge leaves no other trace than missing messages. Where limits take messages out too, only an
    /// emptied stream counts as purged; what the limits removed stays in the averages.
    pub fn is_fresh_start(&self, before: &Snapshot) -> bool {
        let replaced = self.created != before.created || self.last < before.last;
        let emptied = self.messages == 0 && before.messages > 0;
        let shrunk = self.messages < before.messages || self.first > before.last + 1;
        let published = self.last.saturating_sub(before.last);
        let fewer = self.messages < before.messages.saturating_add(published);
        replaced || emptied || (self.keeps_all && (shrunk || fewer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Snapshot = Snapshot {
        created: 1,
        messages: 30,
        first: 1,
        last: 30,
        keeps_all: true,
    };

    #[test]
    fn purges_and_replacements_are_told_from_ordinary_life() {
        for (name, now, expected) in [
            ("nothing happened", BEFORE, false),
            (
                "published",
                Snapshot {
                    messages: 40,
                    last: 40,
                    ..BEFORE
                },
                false,
            ),
            (
                "purged",
                Snapshot {
                    messages: 0,
                    first: 31,
                    ..BEFORE
                },
                true,
            ),
            (
                "purged, then more",
                Snapshot {
                    messages: 50,
                    first: 31,
                    last: 80,
                    ..BEFORE
                },
                true,
            ),
            (
                "one subject purged, then more",
                Snapshot {
                    messages: 35,
                    last: 45,
                    ..BEFORE
                },
                true,
            ),
            ("recreated", Snapshot { created: 2, ..BEFORE }, true),
            (
                "restored",
                Snapshot {
                    messages: 3,
                    last: 3,
                    ..BEFORE
                },
                true,
            ),
            (
                "limits removed the oldest",
                Snapshot {
                    messages: 30,
                    first: 11,
                    last: 40,
                    keeps_all: false,
                    ..BEFORE
                },
                false,
            ),
            (
                "aged away",
                Snapshot {
                    messages: 0,
                    first: 31,
                    keeps_all: false,
                    ..BEFORE
                },
                true,
            ),
        ] {
            assert_eq!(now.is_fresh_start(&BEFORE), expected, "{name}");
        }
    }
}
