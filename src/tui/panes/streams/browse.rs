//! Looking through a stream by sequence, time or subject, both ways, a page at a time.
//!
//! Messages are fetched one by one through the API and through no consumer, so that looking changes nothing.

use std::collections::VecDeque;

use futures_util::future::join_all;

use crate::proto::subject;
use crate::tui::panes::jetstream::{JetStream, Stored};
use crate::tui::panes::trouble::Trouble;
use crate::util::duration;
use crate::util::time::Timestamp;

/// Messages fetched at a time.
const PAGE: usize = 32;
/// Messages kept; those at the far end leave.
const KEPT_MAX: usize = 512;
/// Messages looked at for one page backwards, where only some are wanted.
const SCAN_MAX: u64 = 2_048;
/// Requests under way at a time.
const AT_ONCE: u64 = 32;

/// Where to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goto {
    /// To the first message.
    First,
    /// To this sequence, or the next one that is there.
    Sequence(u64),
    /// To the first message of the time since then.
    Since(Timestamp),
    /// To the first message on this subject; only such are shown from then on.
    Subject(String),
}

impl Goto {
    /// Reads a sequence (`120`), a time (`10m` ago, or as in RFC 3339), a subject, or nothing for the first.
    pub fn read(text: &str, now: Timestamp) -> Option<Goto> {
        let text = text.trim();
        if text.is_empty() {
            return Some(Goto::First);
        }
        if let Ok(sequence) = text.replace(' ', "").parse() {
            return Some(Goto::Sequence(sequence));
        }
        if let Ok(ago) = duration::parse(text) {
            let ago = i64::try_from(ago.as_nanos()).ok()?;
            return Some(Goto::Since(Timestamp::from_nanos(
                now.nanos().saturating_sub(ago),
            )));
        }
        if let Ok(at) = text.parse() {
            return Some(Goto::Since(at));
        }
        subject::is_valid_pattern(text.as_bytes()).then(|| Goto::Subject(text.to_owned()))
    }
}

/// What is to be fetched next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wants {
    /// Another place.
    Jump(Goto),
    /// What is before the first message.
    Older,
    /// What is behind the last.
    Newer,
}

/// The part of a stream that is looked through.
#[derive(Debug, Default)]
pub struct Browse {
    /// Only messages on this subject; all when absent.
    pub subject: Option<String>,
    /// The messages, oldest first.
    pub messages: VecDeque<Stored>,
    /// What is to be fetched.
    pub wants: Option<Wants>,
    /// Why it could not be.
    pub trouble: Option<Trouble>,
    /// Fetched messages that came before those which were there.
    pub prepended: usize,
}

impl Browse {
    /// Looking begins there.
    pub fn at(goto: Goto) -> Browse {
        Browse {
            wants: Some(Wants::Jump(goto)),
            ..Browse::default()
        }
    }

    /// Takes a page that lies before what is there.
    pub fn take_older(&mut self, page: Vec<Stored>) {
        self.prepended += page.len();
        for message in page.into_iter().rev() {
            self.messages.push_front(message);
        }
        self.messages.truncate(KEPT_MAX);
    }

    /// Takes a page that lies behind it.
    pub fn take_newer(&mut self, page: Vec<Stored>) {
        self.messages.extend(page);
        while self.messages.len() > KEPT_MAX {
            self.messages.pop_front();
        }
    }
}

/// Fetches a page from `from` on.
pub async fn forward(
    jetstream: &JetStream,
    stream: &str,
    from: u64,
    subject: Option<&str>,
) -> Result<Vec<Stored>, Trouble> {
    let mut page = Vec::new();
    let mut next = from.max(1);
    while page.len() < PAGE {
        let Some(message) = jetstream
            .next_message(stream, next, subject.unwrap_or(">"))
            .await?
        else {
            break;
        };
        next = message.sequence + 1;
        page.push(message);
    }
    Ok(page)
}

/// Fetches a page that ends before `before`, no further down than `first`.
pub async fn backward(
    jetstream: &JetStream,
    stream: &str,
    (first, before): (u64, u64),
    wanted: Option<&str>,
) -> Result<Vec<Stored>, Trouble> {
    let mut page: VecDeque<Stored> = VecDeque::new();
    let (mut end, bottom) = (before, first.max(before.saturating_sub(SCAN_MAX)).max(1));
    while end > bottom && page.len() < PAGE {
        let start = end.saturating_sub(AT_ONCE).max(bottom);
        let fetched = join_all((start..end).map(|sequence| jetstream.message(stream, sequence))).await;
        for message in fetched.into_iter().rev() {
            let Some(message) = message? else { continue };
            let fits =
                wanted.is_none_or(|wanted| subject::matches(wanted.as_bytes(), message.subject.as_bytes()));
            if fits && page.len() < PAGE {
                page.push_front(message);
            }
        }
        end = start;
    }
    Ok(page.into())
}

/// The first sequence stored at `at` or later: found by halving, since the API asks by sequence only.
pub async fn sequence_at(
    jetstream: &JetStream,
    stream: &str,
    (first, last): (u64, u64),
    at: Timestamp,
) -> Result<u64, Trouble> {
    let (mut low, mut high) = (first.max(1), last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        match jetstream.next_message(stream, middle, ">").await? {
            Some(message) if message.at < at => low = message.sequence + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}

/// Does what is wanted of the open stream, whose first and last sequences these are.
pub async fn fetch(
    jetstream: &JetStream,
    stream: &str,
    ends: (u64, u64),
    wants: Wants,
    now: (Option<String>, Option<u64>, Option<u64>),
) -> Result<(Option<String>, Vec<Stored>), Trouble> {
    let (subject, oldest, newest) = now;
    let filter = subject.as_deref();
    let page = match wants {
        Wants::Jump(Goto::First) => return Ok((None, forward(jetstream, stream, ends.0, None).await?)),
        Wants::Jump(Goto::Sequence(sequence)) => {
            forward(jetstream, stream, sequence.max(ends.0), filter).await?
        }
        Wants::Jump(Goto::Since(at)) => {
            let sequence = sequence_at(jetstream, stream, ends, at).await?;
            forward(jetstream, stream, sequence, filter).await?
        }
        Wants::Jump(Goto::Subject(wanted)) => {
            let page = forward(jetstream, stream, ends.0, Some(&wanted)).await?;
            return Ok((Some(wanted), page));
        }
        Wants::Older => match oldest {
            Some(oldest) => backward(jetstream, stream, (ends.0, oldest), filter).await?,
            None => Vec::new(),
        },
        Wants::Newer => match newest {
            Some(newest) => forward(jetstream, stream, newest + 1, filter).await?,
            None => Vec::new(),
        },
    };
    Ok((subject, page))
}

#[cfg(test)]
mod tests {
    use super::super::recent::tests::stored;
    use super::*;

    #[test]
    fn a_place_is_a_sequence_a_time_or_a_subject() {
        let now: Timestamp = "2026-11-24T18:00:00Z".parse().unwrap();
        let then: Timestamp = "2026-11-24T17:50:00Z".parse().unwrap();
        for (text, expected) in [
            ("", Some(Goto::First)),
            ("1 200", Some(Goto::Sequence(1_200))),
            ("10m", Some(Goto::Since(then))),
            ("2026-11-24T17:50:00Z", Some(Goto::Since(then))),
            ("sensors.>", Some(Goto::Subject("sensors.>".to_owned()))),
            ("a..b", None),
        ] {
            assert_eq!(Goto::read(text, now), expected, "{text}");
        }
    }

    #[test]
    fn pages_join_at_both_ends_within_a_bound() {
        let mut browse = Browse::at(Goto::First);
        browse.take_newer((100..132).map(stored).collect());
        browse.take_older((68..100).map(stored).collect());
        let sequences: Vec<u64> = browse.messages.iter().map(|m| m.sequence).collect();
        assert_eq!(sequences, (68..132).collect::<Vec<_>>());
        assert_eq!(browse.prepended, 32);
        browse.take_newer((132..2_000).map(stored).collect());
        assert_eq!(browse.messages.len(), KEPT_MAX);
        assert_eq!(browse.messages.back().unwrap().sequence, 1_999);
    }
}
