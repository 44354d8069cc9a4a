//! `num_pending` is exact at every moment, whatever deletes, purges, limits and changes do to the stream: it is
//! checked against counting by hand.

use std::time::Duration;

use proptest::prelude::*;

use super::support::Rig;
use crate::proto::subject::Filter;

const SUBJECTS: [&str; 5] = ["s.a", "s.b", "s.c.x", "s.c.y", "t.a"];
const FILTERS: [&str; 6] = [
    "",
    r#","filter_subject":"s.a""#,
    r#","filter_subject":"s.*""#,
    r#","filter_subject":"s.c.>""#,
    r#","filter_subjects":["s.a","t.*"]"#,
    r#","filter_subjects":["s.c.x","s.b","t.>"]"#,
];
/// What of a stream may make its messages go.
const LIMITS: [&str; 6] = [
    "",
    r#""max_msgs":6"#,
    r#""max_msgs_per_subject":2"#,
    r#""max_bytes":150"#,
    r#""max_age":3000000000"#,
    r#""max_msgs":7,"max_msgs_per_subject":1,"max_age":5000000000"#,
];
const CONSUMERS: usize = 5;

#[derive(Debug, Clone)]
enum Step {
    Publish(usize),
    Pull(usize, u8),
    Answer(usize, &'static str),
    Delete(u64),
    Purge(usize, u64, u64),
    Limit(usize),
    Refilter(usize, usize),
    Reset(usize, u64),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..SUBJECTS.len()).prop_map(Step::Publish),
        6 => (0..CONSUMERS, 1..4u8).prop_map(|(n, batch)| Step::Pull(n, batch)),
        4 => (0..60usize, prop::sample::select(&["+ACK", "-NAK", "+TERM", "+NXT"][..]))
            .prop_map(|(n, what)| Step::Answer(n, what)),
        2 => (1..40u64).prop_map(Step::Delete),
        1 => (0..FILTERS.len(), 0..30u64, 0..3u64).prop_map(|(f, seq, keep)| Step::Purge(f, seq, keep)),
        1 => (0..LIMITS.len()).prop_map(Step::Limit),
        1 => (0..CONSUMERS, 0..FILTERS.len()).prop_map(|(n, f)| Step::Refilter(n, f)),
        1 => (0..CONSUMERS, 0..30u64).prop_map(|(n, seq)| Step::Reset(n, seq)),
        2 => (1..4000u64).prop_map(Step::Wait),
    ]
}

/// A consumer, and what is known of it without asking it.
struct Watched {
    config: String,
    filter: Filter,
    /// With `last_per_subject`: the messages that it began with, and the last sequence then.
    began: Option<(Vec<u64>, u64)>,
}

struct Run {
    rig: Rig,
    /// What the stream began with.
    limits: &'static str,
    consumers: Vec<Watched>,
    /// Where to answer what was delivered.
    replies: Vec<String>,
}

fn filter_of(part: &str) -> Filter {
    let json: serde_json::Value = serde_json::from_str(&format!("{{\"x\":0{part}}}")).unwrap();
    let one = json["filter_subject"].as_str().map(str::to_owned);
    let several = json["filter_subjects"].as_array().cloned().unwrap_or_default();
    let several = several.iter().map(|f| f.as_str().unwrap().to_owned());
    Filter::any(one.into_iter().chain(several))
}

/// The last message of each subject at or behind a sequence.
fn newest(held: &[(u64, String)], filter: &Filter, from: u64) -> Vec<u64> {
    let is_newest = |(seq, subject): &&(u64, String)| {
        *seq >= from
            && filter.matches(subject.as_bytes())
            && !held.iter().any(|(other, of)| of == subject && other > seq)
    };
    held.iter().filter(is_newest).map(|(seq, _)| *seq).collect()
}

impl Run {
    fn new(retention: &str, limits: usize, before: &[usize], kinds: &[(usize, usize)]) -> Run {
        let mut rig = Rig::new();
        let limits = LIMITS[limits];
        let comma = if limits.is_empty() { "" } else { "," };
        rig.stream(
            "S",
            &format!(r#""subjects":["s.>","t.>"],"retention":"{retention}"{comma}{limits}"#),
        );
        let mut run = Run {
            rig,
            limits,
            consumers: Vec::new(),
            replies: Vec::new(),
        };
        for subject in before {
            run.publish(*subject);
        }
        for (policy, filter) in kinds {
            run.add(retention, *policy, *filter);
        }
        run
    }

    fn add(&mut self, retention: &str, policy: usize, filter: usize) {
        let name = self.consumers.len();
        // The consumers of a work queue share nothing, and begin with the first message.
        let (policy, filter) = match retention {
            "workqueue" => (0, [1, 3, 0, 0, 0][name]),
            _ => (policy, filter),
        };
        if retention == "workqueue" && name > 1 {
            return;
        }
        let filter = match (policy, FILTERS[filter]) {
            (3, "") => r#","filter_subject":">""#,
            (_, filter) => filter,
        };
        let policy = match policy {
            0 => "",
            1 => r#","deliver_policy":"new""#,
            2 => r#","deliver_policy":"by_start_sequence","opt_start_seq":4"#,
            3 => r#","deliver_policy":"last_per_subject""#,
            _ => r#","deliver_policy":"last""#,
        };
        let config = format!(
            r#""durable_name":"C{name}","ack_policy":"explicit","ack_wait":2000000000,"max_deliver":2{policy}"#
        );
        let watched_filter = filter_of(filter);
        let held = self.held();
        let last = self.rig.state("S")["last_seq"].as_u64().unwrap();
        // With one message per subject the last ones are all there are, and nothing is left out.
        let one_each = self.limits.contains(r#""max_msgs_per_subject":1,"#);
        let began =
            (policy.contains("last_per") && !one_each).then(|| (newest(&held, &watched_filter, 0), last));
        self.rig.api_ok(
            &format!("CONSUMER.CREATE.S.C{name}"),
            &format!(r#"{{"stream_name":"S","config":{{{config}{filter}}}}}"#),
        );
        self.consumers.push(Watched {
            config,
            filter: watched_filter,
            began,
        });
    }

    fn publish(&mut self, subject: usize) {
        self.rig.send(SUBJECTS[subject], "_INBOX.pub", "", "x");
    }

    /// Everything that the stream holds.
    fn held(&mut self) -> Vec<(u64, String)> {
        let mut held = Vec::new();
        loop {
            let from = held.last().map_or(1, |(seq, _)| seq + 1);
            let next = self.rig.api(
                "STREAM.MSG.GET.S",
                &format!(r#"{{"seq":{from},"next_by_subj":">"}}"#),
            );
            let Some(seq) = next["message"]["seq"].as_u64() else {
                return held;
            };
            held.push((seq, next["message"]["subject"].as_str().unwrap().to_owned()));
        }
    }

    fn reached(&self, n: usize) -> u64 {
        let name = format!("C{n}");
        let reached = |stream: &mut crate::broker::jetstream::stream::Stream| {
            Ok(stream.consumers().get(&name).unwrap().reached())
        };
        self.rig.js.with_stream("S", reached).unwrap()
    }

    fn apply(&mut self, step: &Step) {
        match step {
            Step::Publish(subject) => self.publish(*subject),
            Step::Pull(n, batch) => self.pull(*n, *batch),
            Step::Answer(n, what) => {
                if let Some(reply) = self.replies.get(*n).cloned() {
                    self.rig.send(&reply, "_INBOX.ack", "", what);
                }
            }
            Step::Delete(seq) => drop(
                self.rig
                    .api("STREAM.MSG.DELETE.S", &format!(r#"{{"seq":{seq}}}"#)),
            ),
            Step::Purge(filter, seq, keep) => {
                let filter = filter_of(FILTERS[*filter]);
                let filter = filter
                    .patterns()
                    .next()
                    .map(|f| String::from_utf8_lossy(f).into_owned());
                let mut parts: Vec<String> = filter.iter().map(|f| format!(r#""filter":"{f}""#)).collect();
                match (seq, keep) {
                    (0..10, 1..) => parts.push(format!(r#""keep":{keep}"#)),
                    (10.., _) => parts.push(format!(r#""seq":{seq}"#)),
                    _ => {}
                }
                self.rig
                    .api_ok("STREAM.PURGE.S", &format!("{{{}}}", parts.join(",")));
            }
            Step::Limit(limits) => {
                let info = self.rig.api_ok("STREAM.INFO.S", "");
                let mut config = info["config"].clone();
                let limits: serde_json::Value =
                    serde_json::from_str(&format!("{{{}}}", LIMITS[*limits])).unwrap();
                for (key, value) in limits.as_object().unwrap() {
                    config[key] = value.clone();
                }
                self.rig.api("STREAM.UPDATE.S", &config.to_string());
            }
            Step::Refilter(n, filter) => self.refilter(*n, *filter),
            Step::Reset(n, seq) => self.reset(*n, *seq),
            Step::Wait(millis) => self.rig.advance(Duration::from_millis(*millis)),
        }
    }

    fn pull(&mut self, n: usize, batch: u8) {
        if n >= self.consumers.len() {
            return;
        }
        let got = self.rig.request(
            &format!("$JS.API.CONSUMER.MSG.NEXT.S.C{n}"),
            "",
            &format!(r#"{{"batch":{batch},"no_wait":true}}"#),
        );
        let replies = got.into_iter().map(|m| m.reply).filter(|reply| !reply.is_empty());
        let replies: Vec<String> = replies.collect();
        if let Some(last) = replies.last() {
            let info = self.rig.api_ok(&format!("CONSUMER.INFO.S.C{n}"), "");
            let told: u64 = last.rsplit('.').next().unwrap().parse().unwrap();
            assert_eq!(info["num_pending"], told, "what the last delivery said");
        }
        self.replies.extend(replies);
    }

    fn reset(&mut self, n: usize, seq: u64) {
        // One that is not there says nothing.
        let subject = format!("$JS.API.CONSUMER.RESET.S.C{n}");
        self.rig.request(&subject, "", &format!(r#"{{"seq":{seq}}}"#));
        let starts_anew = seq == 0 && self.consumers.get(n).is_some_and(|c| c.began.is_some());
        if starts_anew {
            let (held, next) = (self.held(), self.reached(n));
            let last = self.rig.state("S")["last_seq"].as_u64().unwrap();
            let watched = &mut self.consumers[n];
            watched.began = Some((newest(&held, &watched.filter, next), last));
        }
    }

    fn refilter(&mut self, n: usize, filter: usize) {
        let held = self.held();
        let Some(watched) = self.consumers.get_mut(n) else {
            return;
        };
        let answer = self.rig.api(
            &format!("CONSUMER.CREATE.S.C{n}"),
            &format!(
                r#"{{"stream_name":"S","config":{{{}{}}}}}"#,
                watched.config, FILTERS[filter]
            ),
        );
        if answer.get("error").is_some() {
            return;
        }
        let filter = filter_of(FILTERS[filter]);
        if let Some((first, _)) = &mut watched.began {
            // What it began with and does not want now is gone for good.
            let wanted = |seq: &u64| {
                let mut held = held.iter();
                held.any(|(s, subject)| s == seq && filter.matches(subject.as_bytes()))
            };
            first.retain(wanted);
        }
        watched.filter = filter;
    }

    /// What `num_pending` has to be.
    fn count(&self, n: usize, held: &[(u64, String)]) -> u64 {
        let (next, watched) = (self.reached(n), &self.consumers[n]);
        let counted = |(seq, subject): &&(u64, String)| {
            let fresh = watched
                .began
                .as_ref()
                .is_none_or(|(first, last)| seq > last || first.contains(seq));
            *seq >= next && fresh && watched.filter.matches(subject.as_bytes())
        };
        held.iter().filter(counted).count() as u64
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let held = self.held();
        for n in 0..self.consumers.len() {
            let info = self.rig.api_ok(&format!("CONSUMER.INFO.S.C{n}"), "");
            prop_assert_eq!(&info["num_pending"], self.count(n, &held), "C{}", n);
            let floor = &info["ack_floor"];
            prop_assert!(floor["stream_seq"].as_u64() <= info["delivered"]["stream_seq"].as_u64());
            prop_assert!(floor["consumer_seq"].as_u64() <= info["delivered"]["consumer_seq"].as_u64());
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn num_pending_is_what_counting_by_hand_gives(
        retention in prop::sample::select(&["limits", "limits", "interest", "workqueue"][..]),
        limits in 0..LIMITS.len(),
        before in prop::collection::vec(0..SUBJECTS.len(), 0..12),
        kinds in prop::collection::vec((0..5usize, 0..FILTERS.len()), CONSUMERS),
        steps in prop::collection::vec(step(), 0..50),
    ) {
        let mut run = Run::new(retention, limits, &before, &kinds);
        for step in &steps {
            run.apply(step);
            run.check()?;
        }
    }
}

#[test]
fn a_reset_counts_the_last_of_each_subject_again() {
    let mut run = Run::new("limits", 0, &[4, 0, 0], &[(3, 4)]);
    for step in [
        Step::Reset(0, 0),
        Step::Pull(0, 1),
        Step::Publish(0),
        Step::Reset(0, 0),
    ] {
        run.apply(&step);
        run.check().unwrap();
    }
}
