//! A server that dies at any moment: what its disk held then is enough to go on with.
//!
//! After every step the folder may be copied, as a kill would have left it, or with the end of the newest segment cut
//! off, as a power failure would. A server on the copy must have consumers that are nowhere ahead of their
//! stream, that deliver whatever was not acknowledged, and nothing that was acknowledged 0.1 s before.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::recovery::{start, start_synced};
use super::support::Rig;
use crate::broker::jetstream::consumer::Random;
use crate::proto::subject;
use crate::util::time::Timestamp;

const SUBJECTS: [&str; 4] = ["s.a", "s.b", "s.c.x", "s.c.y"];
const CONSUMERS: [(&str, &str); 4] = [
    (">", r#""ack_policy":"explicit""#),
    ("s.a", r#""ack_policy":"explicit","max_ack_pending":4"#),
    (
        "s.c.*",
        r#""ack_policy":"explicit","deliver_policy":"last_per_subject""#,
    ),
    ("s.*", r#""ack_policy":"all""#),
];
/// How old what is on disk may be, and a moment more.
const LAG: Duration = Duration::from_millis(101);

struct World {
    folder: TempDir,
    rig: Rig,
    random: Random,
    /// Deliveries that are not answered: consumer, sequence, where to answer.
    open: Vec<(usize, u64, String)>,
    /// When a message was acknowledged, by consumer and sequence.
    acked: BTreeMap<(usize, u64), Timestamp>,
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// The newest file of messages below a folder.
fn newest_segment(folder: &Path) -> Option<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|e| e == "log") => found.push(path),
                false => {}
            }
        }
    }
    found.into_iter().max()
}

fn seq_of(reply: &str) -> u64 {
    reply.split('.').nth(5).unwrap().parse().unwrap()
}

impl World {
    fn new(retention: &str, seed: i64, start: fn(&TempDir) -> Rig) -> World {
        let folder = TempDir::new().unwrap();
        let mut rig = start(&folder);
        rig.api_ok(
            "STREAM.CREATE.S",
            &format!(r#"{{"name":"S","subjects":["s.>"],"storage":"file","retention":"{retention}"}}"#),
        );
        let mut world = World {
            folder,
            rig,
            random: Random::seeded("crash", seed),
            open: Vec::new(),
            acked: BTreeMap::new(),
        };
        for _ in 0..4 {
            world.publish();
        }
        for (n, (filter, more)) in CONSUMERS.iter().enumerate() {
            world.rig.api_ok(
                &format!("CONSUMER.CREATE.S.C{n}"),
                &format!(
                    r#"{{"stream_name":"S","config":{{"durable_name":"C{n}","ack_wait":5000000000,
                        "filter_subject":"{filter}",{more}}}}}"#
                ),
            );
        }
        world
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.random.below(n as u64)).unwrap()
    }

    fn publish(&mut self) {
        let subject = SUBJECTS[self.below(SUBJECTS.len())];
        self.rig.publish(subject, "", "x");
    }

    fn step(&mut self) {
        let n = self.below(CONSUMERS.len());
        match self.below(10) {
            0..3 => self.publish(),
            3..5 => {
                let got = pull(&mut self.rig, n, 1 + self.random.below(4));
                self.open
                    .extend(got.into_iter().map(|reply| (n, seq_of(&reply), reply)));
            }
            5..8 if !self.open.is_empty() => {
                let at = self.below(self.open.len());
                let (n, seq, reply) = self.open.swap_remove(at);
                match self.below(6) {
                    0 => self.rig.send(&reply, "_INBOX.ack", "", "-NAK"),
                    1 => self
                        .rig
                        .send(&reply, "_INBOX.ack", "", r#"-NAK {"delay":3000000000}"#),
                    _ => {
                        self.acked.entry((n, seq)).or_insert(self.rig.now);
                        self.rig.send(&reply, "_INBOX.ack", "", "+ACK")
                    }
                };
            }
            8 => {
                let seq = self.below(60);
                self.rig
                    .api("STREAM.MSG.DELETE.S", &format!(r#"{{"seq":{seq}}}"#));
            }
            _ => {
                let millis = 1 + self.random.below(150);
                self.rig.advance(Duration::from_millis(millis));
            }
        }
    }

    /// What a server finds after a kill now; after a power failure when the end of the newest segment is to be cut.
    fn image(&mut self, cut: bool) -> TempDir {
        let image = TempDir::new().unwrap();
        copy(self.folder.path(), image.path());
        if cut && let Some(segment) = newest_segment(image.path()) {
            let len = std::fs::metadata(&segment).unwrap().len();
            let keep = len - self.random.below(len.min(400)).min(len);
            let file = std::fs::File::options().write(true).open(&segment).unwrap();
            file.set_len(keep.max(16)).unwrap();
        }
        image
    }

    fn check_image(&mut self, cut: bool) {
        let image = self.image(cut);
        let mut rig = start(&image);
        rig.now = self.rig.now;
        let state = rig.state("S");
        let last = state["last_seq"].as_u64().unwrap();
        for n in 0..CONSUMERS.len() {
            let info = rig.api_ok(&format!("CONSUMER.INFO.S.C{n}"), "");
            for part in ["delivered", "ack_floor"] {
                let at = info[part]["stream_seq"].as_u64().unwrap();
                assert!(at <= last, "C{n}: {part} is {at}, and the stream ends at {last}");
            }
        }
        // What comes now is given out under sequences that a cut stream may have used before.
        for subject in SUBJECTS {
            rig.publish(subject, "", "new");
        }
        for (n, (filter, _)) in CONSUMERS.iter().enumerate() {
            let held = held(&mut rig, filter);
            let seen = drain(&mut rig, n);
            let new: BTreeSet<u64> = held.range(last + 1..).copied().collect();
            let missing: Vec<&u64> = new.difference(&seen).collect();
            assert!(missing.is_empty(), "C{n} never got {missing:?}, which are new");
            if n == 3 || n == 2 {
                // One acknowledgement is for many, or not everything is owed.
                continue;
            }
            for seq in held.range(..=last).filter(|seq| !seen.contains(seq)) {
                let acked = self.acked.contains_key(&(n, *seq));
                assert!(acked, "C{n} never got {seq}, which was not acknowledged");
            }
            for seq in seen.range(..=last) {
                let again = self
                    .acked
                    .get(&(n, *seq))
                    .is_some_and(|at| *at + LAG <= self.rig.now);
                assert!(!again, "C{n} got {seq} again");
            }
        }
    }
}

/// Asks for messages; where to answer those that came.
fn pull(rig: &mut Rig, n: usize, batch: u64) -> Vec<String> {
    let got = rig.request(
        &format!("$JS.API.CONSUMER.MSG.NEXT.S.C{n}"),
        "",
        &format!(r#"{{"batch":{batch},"no_wait":true}}"#),
    );
    got.into_iter()
        .map(|m| m.reply)
        .filter(|reply| reply.starts_with("$JS.ACK."))
        .collect()
}

/// What the stream holds of what a pattern matches.
fn held(rig: &mut Rig, pattern: &str) -> BTreeSet<u64> {
    let mut held = BTreeSet::new();
    let mut from = 1;
    loop {
        let next = rig.api(
            "STREAM.MSG.GET.S",
            &format!(r#"{{"seq":{from},"next_by_subj":">"}}"#),
        );
        let Some(seq) = next["message"]["seq"].as_u64() else {
            return held;
        };
        let on = next["message"]["subject"].as_str().unwrap();
        if subject::matches(pattern.as_bytes(), on.as_bytes()) {
            held.insert(seq);
        }
        from = seq + 1;
    }
}

/// Everything that a consumer still delivers.
fn drain(rig: &mut Rig, n: usize) -> BTreeSet<u64> {
    let mut seen = BTreeSet::new();
    let mut quiet = 0;
    while quiet < 2 {
        let request = r#"{"batch":100,"no_wait":true}"#;
        rig.send(
            &format!("$JS.API.CONSUMER.MSG.NEXT.S.C{n}"),
            "_INBOX.1",
            "",
            request,
        );
        quiet += 1;
        // An acknowledgement may let the next ones come at once.
        while let Some(message) = rig.outlet.sent.pop() {
            if message.reply.starts_with(&format!("$JS.ACK.S.C{n}.")) {
                seen.insert(seq_of(&message.reply));
                rig.send(&message.reply, "_INBOX.ack", "", "+ACK");
                quiet = 0;
            }
        }
        // Longer than every wait.
        rig.advance(Duration::from_secs(10));
    }
    seen
}

fn run(retention: &str, cut: bool, start: fn(&TempDir) -> Rig, seeds: i64) {
    for seed in 0..seeds {
        let mut world = World::new(retention, seed, start);
        for _ in 0..120 {
            world.step();
            if world.below(6) == 0 {
                world.check_image(cut);
            }
        }
    }
}

#[test]
fn after_a_kill_everybody_goes_on_where_he_was() {
    run("limits", false, start, 6);
}

#[test]
fn after_a_kill_an_interest_stream_owes_what_was_not_acknowledged() {
    run("interest", false, start, 6);
}

#[test]
fn after_a_power_failure_no_consumer_is_ahead_of_its_stream() {
    run("limits", true, start, 6);
}

#[test]
fn after_a_kill_of_a_server_that_waits_for_its_medium_everybody_goes_on_where_he_was() {
    run("limits", false, start_synced, 1);
    run("interest", false, start_synced, 1);
}
