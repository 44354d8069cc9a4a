//! The way of one message, read from what servers tell to `Nats-Trace-Dest` (ADR-41). Pure.

use std::time::Duration;

use serde_json::Value;

use super::texts;
use crate::util::time::Timestamp;

/// The header that ties an event to the hop that led to it.
pub const HOP: &str = "Nats-Trace-Hop";
/// Steps that are shown; a message that goes farther is shown in part.
const STEPS_MAX: usize = 500;
/// nats-server's numbers for what a connection leads to.
const CLIENT: u64 = 0;
const ROUTER: u64 = 1;
const GATEWAY: u64 = 2;
const LEAF: u64 = 4;

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
pub fn steps(events: &[Value]) -> Vec<Step> {
    let Some(first) = events.iter().find(|event| hop(event).is_empty()) else {
        return Vec::new();
    };
    let mut way = Way {
        events,
        begun: time(of(first, "in").next().unwrap_or(&Value::Null)),
        steps: Vec::new(),
    };
    way.follow(first, 0);
    way.steps
}

/// The hop that led to an event; empty for the first.
pub fn hop(event: &Value) -> &str {
    event["request"]["header"][HOP][0].as_str().unwrap_or_default()
}

/// The hops that an event tells of.
pub fn onward(event: &Value) -> impl Iterator<Item = &str> {
    of(event, "eg").filter_map(|step| step["hop"].as_str().filter(|hop| !hop.is_empty()))
}

/// The steps of one kind: `in`, `sm`, `si`, `se`, `js` or `eg`.
fn of<'a>(event: &'a Value, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    let steps = event["events"].as_array().into_iter().flatten();
    steps.filter(move |step| step["type"] == kind)
}

fn time(step: &Value) -> Option<Timestamp> {
    step["ts"].as_str()?.parse().ok()
}

struct Way<'a> {
    events: &'a [Value],
    begun: Option<Timestamp>,
    steps: Vec<Step>,
}

impl Way<'_> {
    fn follow(&mut self, event: &Value, depth: usize) {
        let text = |step: &Value, field: &str| step[field].as_str().unwrap_or_default().to_owned();
        let server = text(&event["server"], "name");
        let mut came = false;
        for step in of(event, "in") {
            self.say(depth, Kind::Came, step, texts::came(&who(step), &server));
            came = self.complain(depth, step);
        }
        for step in of(event, "sm") {
            self.say(depth, Kind::Changed, step, texts::mapped(&text(step, "to")));
        }
        for step in of(event, "si") {
            let words = texts::imported(&text(step, "from"), &text(step, "to"), &text(step, "acc"));
            self.say(depth, Kind::Changed, step, words);
        }
        for step in of(event, "se") {
            let words = texts::exported(&text(step, "to"), &text(step, "acc"));
            self.say(depth, Kind::Changed, step, words);
        }
        for step in of(event, "js") {
            let stream = text(step, "stream");
            match step["nointerest"].as_bool() {
                Some(true) => self.say(depth, Kind::Lost, step, texts::no_interest(&stream)),
                _ => self.say(depth, Kind::Stored, step, texts::would_store(&stream)),
            }
            self.complain(depth, step);
        }
        let out: Vec<&Value> = of(event, "eg").collect();
        if out.is_empty() && came && of(event, "js").next().is_none() {
            self.say(
                depth,
                Kind::Lost,
                &Value::Null,
                texts::nobody_listens().to_owned(),
            );
        }
        for step in out {
            let kind = match step["kind"].as_u64() {
                Some(ROUTER | GATEWAY | LEAF) => Kind::Onward,
                _ => Kind::Delivered,
            };
            let mut words = match kind {
                Kind::Onward => texts::goes_on(&who(step)),
                _ => texts::gets_it(&who(step)),
            };
            for (field, say) in [
                ("sub", texts::through as fn(&str) -> String),
                ("queue", texts::in_queue),
                ("acc", texts::in_account),
            ] {
                let value = text(step, field);
                if !value.is_empty() {
                    words += &say(&value);
                }
            }
            self.say(depth, kind, step, words);
            self.complain(depth, step);
            let hop = text(step, "hop");
            let events = self.events;
            let next = events
                .iter()
                .find(|event| !hop.is_empty() && self::hop(event) == hop);
            if let Some(next) = next {
                self.follow(next, depth + 1);
            }
        }
    }

    /// Tells what went wrong with a step. True when nothing did.
    fn complain(&mut self, depth: usize, step: &Value) -> bool {
        let Some(error) = step["error"].as_str().filter(|error| !error.is_empty()) else {
            return true;
        };
        self.say(depth, Kind::Lost, step, texts::step_failed(error));
        false
    }

    fn say(&mut self, depth: usize, kind: Kind, step: &Value, words: String) {
        if self.steps.len() == STEPS_MAX {
            return;
        }
        let after = match (self.begun, time(step)) {
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
fn who(step: &Value) -> String {
    let number = step["cid"].as_u64().unwrap_or(0);
    let kind = match step["kind"].as_u64() {
        Some(CLIENT) => texts::a_client(),
        Some(ROUTER) => texts::a_route(),
        Some(GATEWAY) => texts::a_gateway(),
        Some(LEAF) => texts::a_leaf(),
        _ => texts::the_server_itself(),
    };
    match step["name"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => format!("{kind} {number} «{name}»"),
        None => format!("{kind} {number}"),
    }
}

#[cfg(test)]
pub mod tests {
    use serde_json::json;

    use super::*;

    /// A message that goes from one server to a stream, a client and another server, where a client has it too.
    pub fn events() -> Vec<Value> {
        vec![
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
                "request": {"header": {HOP: ["1"]}},
                "events": [
                    {"type": "in", "kind": 1, "cid": 3, "name": "oslo", "ts": "2026-11-24T18:00:00.000900Z"},
                    {"type": "eg", "kind": 0, "cid": 4, "sub": "ordre.v2.*", "error": "slow", "ts": "2026-11-24T18:00:00.001000Z"},
                ],
            }),
        ]
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
        assert_eq!(onward(&events()[0]).collect::<Vec<_>>(), ["1"]);
    }

    #[test]
    fn a_message_that_nobody_wants_and_one_that_is_refused_say_so() {
        let one = |step: Value| vec![json!({"server": {"name": "s"}, "events": [step]})];
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
