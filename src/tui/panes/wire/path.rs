//! The way of one message in words, from what servers tell ([`trace`]). Pure.

use std::time::Duration;

use super::texts;
use crate::client::trace::{self, Peer, PeerKind, TraceEvent, TraceStep};
use crate::util::time::Timestamp;

/// Steps that are shown; a message that goes farther is shown in part.
const STEPS_MAX: usize = 500;

/// What a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The message came to a server.
    Came,
    /// Something was done with it there.
    Changed,
    /// A stream has it.
    Stored,
    /// A client gets it.
    Delivered,
    /// It goes on to another server.
    Onward,
    /// It ends here without having got anywhere.
    Lost,
}

/// A step of the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How many servers lie before this one.
    pub depth: usize,
    /// What it is.
    pub kind: Kind,
    /// In words.
    pub words: String,
    /// How long after the first; none where two servers' clocks disagree.
    pub after: Option<Duration>,
}

/// The steps in the order in which the message took them.
pub fn steps(events: &[TraceEvent]) -> Vec<Step> {
    let Some(first) = trace::first(events) else {
        return Vec::new();
    };
    let mut way = Way {
        events,
        begun: first.ingress().and_then(|(_, step)| step.at),
        steps: Vec::new(),
    };
    way.follow(first, 0);
    way.steps
}

struct Way<'a> {
    events: &'a [TraceEvent],
    begun: Option<Timestamp>,
    steps: Vec<Step>,
}

impl Way<'_> {
    fn follow(&mut self, event: &TraceEvent, depth: usize) {
        for step in &event.steps {
            match &step.what {
                trace::Step::Ingress(from) => {
                    self.say(depth, Kind::Came, step.at, texts::came(&who(from), &event.server));
                }
                trace::Step::Mapped { to } => self.say(depth, Kind::Changed, step.at, texts::mapped(to)),
                trace::Step::ServiceImport { from, to, account } => {
                    self.say(depth, Kind::Changed, step.at, texts::imported(from, to, account));
                }
                trace::Step::StreamExport { to, account } => {
                    self.say(depth, Kind::Changed, step.at, texts::exported(to, account));
                }
                trace::Step::JetStream {
                    stream, no_interest, ..
                } => match no_interest {
                    true => self.say(depth, Kind::Lost, step.at, texts::no_interest(stream)),
                    false => self.say(depth, Kind::Stored, step.at, texts::would_store(stream)),
                },
                // What went out is told last, each with what it led to.
                trace::Step::Egress { .. } => continue,
            }
            self.complain(depth, step);
        }
        let is_stored = |step: &TraceStep| matches!(step.what, trace::Step::JetStream { .. });
        if event.is_unheard() && !event.steps.iter().any(is_stored) {
            self.say(depth, Kind::Lost, None, texts::nobody_listens().to_owned());
        }
        for step in &event.steps {
            self.egress(step, depth);
        }
    }

    fn egress(&mut self, step: &TraceStep, depth: usize) {
        let trace::Step::Egress {
            to,
            account,
            subject,
            queue,
            hop,
        } = &step.what
        else {
            return;
        };
        let (kind, mut words) = match to.kind.leads_on() {
            true => (Kind::Onward, texts::goes_on(&who(to))),
            false => (Kind::Delivered, texts::gets_it(&who(to))),
        };
        for (value, say) in [
            (subject, texts::through as fn(&str) -> String),
            (queue, texts::in_queue),
            (account, texts::in_account),
        ] {
            if !value.is_empty() {
                words += &say(value);
            }
        }
        self.say(depth, kind, step.at, words);
        self.complain(depth, step);
        if let Some(next) = trace::behind(self.events, hop) {
            self.follow(next, depth + 1);
        }
    }

    /// Tells what went wrong with a step.
    fn complain(&mut self, depth: usize, step: &TraceStep) {
        if !step.error.is_empty() {
            self.say(depth, Kind::Lost, step.at, texts::step_failed(&step.error));
        }
    }

    fn say(&mut self, depth: usize, kind: Kind, at: Option<Timestamp>, words: String) {
        if self.steps.len() == STEPS_MAX {
            return;
        }
        let after = match (self.begun, at) {
            (Some(begun), Some(at)) if at >= begun => Some(at.since(begun)),
            _ => None,
        };
        self.steps.push(Step {
            depth,
            kind,
            words,
            after,
        });
    }
}

/// The other end of a step: what it is called, or its number.
fn who(peer: &Peer) -> String {
    let kind = match peer.kind {
        PeerKind::Client => texts::a_client(),
        PeerKind::Router => texts::a_route(),
        PeerKind::Gateway => texts::a_gateway(),
        PeerKind::Leaf => texts::a_leaf(),
        PeerKind::JetStream | PeerKind::Internal => texts::the_server_itself(),
    };
    match peer.name.as_str() {
        "" => format!("{kind} {}", peer.id),
        name => format!("{kind} {} «{name}»", peer.id),
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A message that goes from one server to a stream, a client and another server, where a client has it too.
    pub fn events() -> Vec<TraceEvent> {
        let told = [
            json!({
                "server": {"name": "oslo"},
                "request": {"header": {}},
                "events": [
                    {"type": "in", "kind": 0, "cid": 5, "name": "app", "acc": "$G", "subj": "ordre.ny",
                     "ts": "2026-11-24T18:00:00.000100Z"},
                    {"type": "sm", "to": "ordre.v2.ny", "ts": "2026-11-24T18:00:00.000120Z"},
                    {"type": "js", "stream": "ORDRE", "subject": "ordre.v2.ny", "ts": "2026-11-24T18:00:00.000150Z"},
                    {"type": "eg", "kind": 0, "cid": 7, "name": "lager", "sub": "ordre.>", "queue": "q",
                     "ts": "2026-11-24T18:00:00.000200Z"},
                    {"type": "eg", "kind": 1, "cid": 9, "name": "hamar", "hop": "1", "ts": "2026-11-24T18:00:00.000210Z"},
                ],
            }),
            json!({
                "server": {"name": "hamar"},
                "request": {"header": {"Nats-Trace-Hop": ["1"]}},
                "events": [
                    {"type": "in", "kind": 1, "cid": 3, "name": "oslo", "ts": "2026-11-24T18:00:00.000900Z"},
                    {"type": "eg", "kind": 0, "cid": 4, "sub": "ordre.v2.*", "error": "slow", "ts": "2026-11-24T18:00:00.001000Z"},
                ],
            }),
        ];
        told.iter().map(TraceEvent::read).collect()
    }

    #[test]
    fn the_way_is_told_from_server_to_server() {
        let steps = steps(&events());
        let told: Vec<(usize, Kind)> = steps.iter().map(|step| (step.depth, step.kind)).collect();
        assert_eq!(
            told,
            [
                (0, Kind::Came),
                (0, Kind::Changed),
                (0, Kind::Stored),
                (0, Kind::Delivered),
                (0, Kind::Onward),
                (1, Kind::Came),
                (1, Kind::Delivered),
                (1, Kind::Lost),
            ]
        );
        assert!(steps[3].words.contains("«lager»") && steps[3].words.contains("køgruppe q"));
        assert_eq!(steps[6].after, Some(Duration::from_micros(900)));
    }

    #[test]
    fn a_message_that_nobody_wants_and_one_that_is_refused_say_so() {
        let one = |step: Value| {
            [TraceEvent::read(
                &json!({"server": {"name": "s"}, "events": [step]}),
            )]
        };
        let unheard = steps(&one(json!({"type": "in", "kind": 0, "cid": 1})));
        assert_eq!(unheard.last().map(|step| step.kind), Some(Kind::Lost));
        assert!(unheard[1].words.contains("Ingen lytter"), "{unheard:?}");
        let refused = steps(&one(
            json!({"type": "in", "kind": 0, "cid": 1, "error": "Permissions Violation"}),
        ));
        assert_eq!(refused.len(), 2);
        assert!(refused[1].words.contains("Permissions Violation"));
        assert!(steps(&[]).is_empty());
    }
}
