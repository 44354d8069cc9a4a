//! What watches have heard.

use std::time::Duration;

use super::seen::Seen;
use crate::lab::check::Kind;
use crate::lab::texts;
use crate::lab::watch::{Heard, Watch};
use crate::util::duration;

pub(super) fn heard(kind: &Kind, watch: Option<&Watch>) -> Seen {
    let expected = expected(kind);
    let Some(heard) = watch.map(Watch::heard) else {
        return match kind {
            Kind::NoResponders { .. } => Seen::unable(expected, texts::needs_our_broker().to_owned()),
            _ => Seen::of(false, expected, texts::cannot_listen().to_owned()),
        };
    };
    match kind {
        Kind::Published { count, within, .. } => {
            let fitting = within.map_or(heard.fitting, |within| heard.most_within(within));
            let seen = with_other(fitting, *count, &heard);
            Seen::of(fitting >= *count, expected, seen).share(fitting as f64, Some(*count as f64))
        }
        Kind::Tempo { tolerance, .. } => {
            let tempo = heard.tempo;
            let seen = match tempo.gaps {
                0 => texts::no_tempo_yet().to_owned(),
                _ => texts::tempo_seen(&tenths(tempo.delivered), &tenths(tempo.stored)),
            };
            let passed = tempo
                .share()
                .is_some_and(|share| (share - 1.0).abs() <= *tolerance);
            Seen::of(passed, expected, seen)
        }
        Kind::Silence { quiet, .. } => {
            let since = heard.last.elapsed();
            let shown = tenths(since);
            let seen = match &heard.other {
                Some(line) => texts::quiet_since(&shown, line),
                None => texts::quiet_for(&shown),
            };
            Seen::of(since >= *quiet, expected, seen)
        }
        Kind::Replied { .. } => {
            let seen = match (heard.fitting, &heard.other) {
                (0, None) => texts::no_reply_yet().to_owned(),
                (0, Some(other)) => texts::late_reply(other),
                (count, _) => texts::replies(count),
            };
            Seen::of(heard.fitting > 0, expected, seen)
        }
        Kind::NoResponders { .. } => {
            let seen = match heard.fitting {
                0 => texts::unanswered_yet().to_owned(),
                count => texts::unanswered_count(count),
            };
            Seen::of(heard.fitting > 0, expected, seen)
        }
        Kind::Orders {
            times, responders, ..
        } => {
            let cooks = heard.by.len();
            let seen = texts::served(heard.fitting.min(*times), *times, cooks, heard.again);
            let passed = heard.fitting >= *times && responders.accepts(&cooks.into());
            let mut board: Vec<(String, u64)> = heard.by.into_iter().collect();
            board.sort_by(|(a, m), (b, n)| n.cmp(m).then(a.cmp(b)));
            Seen {
                board,
                ..Seen::of(passed, expected, seen).share(heard.fitting as f64, Some(*times as f64))
            }
        }
        _ => Seen::default(),
    }
}

/// Tenths of a second are enough to be seen passing.
fn tenths(time: Duration) -> String {
    duration::format(Duration::from_millis(time.as_millis() as u64 / 100 * 100))
}

fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Published {
            subject,
            count,
            within,
            payload,
            header,
        } => {
            let mut expected = texts::published(*count, subject);
            if let Some(payload) = payload {
                expected += &texts::containing(payload);
            }
            if let Some((name, value)) = header {
                expected += &texts::having_header(name, value);
            }
            if let Some(within) = within {
                expected += &texts::inside(&duration::format(*within));
            }
            expected
        }
        Kind::Tempo {
            consumer, tolerance, ..
        } => texts::tempo(consumer, (tolerance * 100.0).round() as u64),
        Kind::Silence { subject, quiet } => texts::silence(subject, &duration::format(*quiet)),
        Kind::Replied {
            subject,
            payload,
            latency,
        } => {
            let mut expected = texts::replied(subject);
            if let Some(payload) = payload {
                expected += &texts::containing(payload);
            }
            if let Some(latency) = latency {
                expected += &texts::inside(&duration::format(*latency));
            }
            expected
        }
        Kind::NoResponders { subject } => texts::unanswered(subject),
        Kind::Orders {
            subject,
            times,
            responders,
            ..
        } => texts::orders(*times, subject, responders),
        _ => String::new(),
    }
}

fn with_other(fitting: u64, wanted: u64, heard: &Heard) -> String {
    match &heard.other {
        Some(other) if fitting < wanted => texts::and_other(fitting, other),
        _ => fitting.to_string(),
    }
}
