//! Ten minutes with random consumers, crashes and restarts, on a clock that runs as fast as it can.
//!
//! What is checked is what a client relies on: every message comes at least once, and one that was
//! acknowledged with an answer never comes again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tempfile::TempDir;

use super::recovery::start;
use super::support::{Rig, Sent};
use crate::broker::jetstream::consumer::Random;

const MINUTES: u64 = 10;
const CONSUMERS: usize = 6;
const SUBJECTS: [&str; 4] = ["s.a", "s.b", "s.c.x", "s.c.y"];
const FILTERS: [&str; 5] = ["s.>", "s.a", "s.*", "s.c.*", "s.c.y"];

/// What one consumer's client knows.
#[derive(Default)]
struct Client {
    filter: &'static str,
    /// Messages that are owed to it.
    owed: BTreeSet<u64>,
    /// Answered acknowledgements, and when the server may still have forgotten them.
    acked: BTreeMap<u64, Duration>,
    seen: BTreeSet<u64>,
    /// Deliveries it has not answered, as the subject to answer on.
    open: Vec<(u64, String)>,
}

struct Soak {
    folder: TempDir,
    rig: Rig,
    random: Random,
    time: Duration,
    clients: Vec<Client>,
    last_seq: u64,
}

fn seq_of(message: &Sent) -> Option<u64> {
    let mut tokens = message.reply.strip_prefix("$JS.ACK.")?.split('.');
    tokens.nth(3)?.parse().ok()
}

impl Soak {
    fn new(seed: i64) -> Soak {
        let folder = TempDir::new().unwrap();
        let mut rig = start(&folder);
        rig.api_ok(
            "STREAM.CREATE.S",
            r#"{"name":"S","subjects":["s.>"],"storage":"file"}"#,
        );
        let mut soak = Soak {
            folder,
            rig,
            random: Random::seeded("soak", seed),
            time: Duration::ZERO,
            clients: Vec::new(),
            last_seq: 0,
        };
        for n in 0..CONSUMERS {
            let filter = FILTERS[n % FILTERS.len()];
            let config = format!(
                r#"{{"stream_name":"S","config":{{"durable_name":"C{n}","ack_policy":"explicit",
                    "ack_wait":{},"max_ack_pending":{},"filter_subject":"{filter}"}}}}"#,
                (1 + soak.random.below(19)) * 500_000_000,
                3 + soak.random.below(47),
            );
            soak.rig.api_ok(&format!("CONSUMER.CREATE.S.C{n}"), &config);
            soak.clients.push(Client {
                filter,
                ..Client::default()
            });
        }
        soak
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.random.below(n as u64)).unwrap()
    }

    fn advance(&mut self, millis: u64) {
        self.rig.advance(Duration::from_millis(millis));
        self.take_in("");
        self.time += Duration::from_millis(millis);
    }

    fn publish(&mut self) {
        let subject = SUBJECTS[self.below(SUBJECTS.len())];
        self.last_seq += 1;
        for client in &mut self.clients {
            if crate::proto::subject::matches(client.filter.as_bytes(), subject.as_bytes()) {
                client.owed.insert(self.last_seq);
            }
        }
        assert_eq!(self.ask(subject, "_INBOX.pub", "x"), 1);
    }

    /// Sends a request, and takes in whatever comes; returns how many answers came.
    fn ask(&mut self, subject: &str, inbox: &str, payload: &str) -> usize {
        self.rig.send(subject, inbox, "", payload);
        self.take_in(inbox)
    }

    /// Takes in what came to the clients; returns how many messages came to `inbox`.
    fn take_in(&mut self, inbox: &str) -> usize {
        let mut count = 0;
        for message in std::mem::take(&mut self.rig.outlet.sent) {
            count += usize::from(message.route == inbox);
            let Some(n) = message.route.strip_prefix("_INBOX.pull.") else {
                continue;
            };
            let client = &mut self.clients[n.parse::<usize>().unwrap()];
            let Some(seq) = seq_of(&message) else { continue };
            assert!(
                client.owed.contains(&seq),
                "C{n} got {seq}, which it does not want"
            );
            assert!(
                !client.acked.contains_key(&seq),
                "C{n} got {seq} again, acknowledged"
            );
            client.seen.insert(seq);
            client.open.push((seq, message.reply));
        }
        count
    }

    fn pull(&mut self, n: usize) -> usize {
        let batch = 1 + self.below(11);
        let request = format!(r#"{{"batch":{batch},"no_wait":true}}"#);
        let before = self.clients[n].open.len();
        self.ask(
            &format!("$JS.API.CONSUMER.MSG.NEXT.S.C{n}"),
            &format!("_INBOX.pull.{n}"),
            &request,
        );
        self.clients[n].open.len() - before
    }

    fn answer(&mut self, n: usize) {
        if self.clients[n].open.is_empty() {
            return;
        }
        let at = self.below(self.clients[n].open.len());
        let (seq, reply) = self.clients[n].open.swap_remove(at);
        match self.below(10) {
            0 => {}
            1 => drop(self.ask(&reply, "_INBOX.ack", "-NAK")),
            2 => drop(self.ask(&reply, "_INBOX.ack", r#"-NAK {"delay":700000000}"#)),
            3 => drop(self.ask(&reply, "_INBOX.ack", "+WPI")),
            _ => {
                // The next message may come before the answer.
                self.clients[n].acked.insert(seq, self.time);
                assert_eq!(self.ask(&reply, "_INBOX.ack", "+ACK"), 1, "an answer");
            }
        }
    }

    /// Stops the server as `kill -9` does: what was not written is gone. Acknowledgements of the last tenth of
    /// a second may be forgotten.
    fn crash(&mut self) {
        let dead = std::mem::replace(&mut self.rig, Rig::new());
        let now = dead.now;
        drop(dead);
        self.rig = start(&self.folder);
        self.rig.now = now;
        let time = self.time;
        for client in &mut self.clients {
            client.open.clear();
            client
                .acked
                .retain(|_, at| *at + Duration::from_millis(101) <= time);
        }
    }

    fn step(&mut self) {
        let n = self.below(CONSUMERS);
        match self.below(1000) {
            0 => self.crash(),
            1..=250 => self.publish(),
            251..=500 => drop(self.pull(n)),
            501..=850 => self.answer(n),
            _ => {
                let millis = 1 + self.random.below(400);
                self.advance(millis);
            }
        }
    }

    /// Takes everything that is left, and acknowledges it.
    fn finish(&mut self) {
        let mut quiet_rounds = 0;
        while quiet_rounds < 3 {
            // Longer than every ack_wait: what is under way comes again.
            self.advance(10_000);
            let mut taken = 0;
            for n in 0..CONSUMERS {
                while self.pull(n) + self.clients[n].open.len() > 0 {
                    taken += 1;
                    self.acknowledge_all(n);
                }
            }
            quiet_rounds = if taken == 0 { quiet_rounds + 1 } else { 0 };
        }
        for n in 0..CONSUMERS {
            let client = &self.clients[n];
            let missing: Vec<&u64> = client.owed.difference(&client.seen).collect();
            assert!(missing.is_empty(), "C{n} never got {missing:?}");
            let info = self.rig.api_ok(&format!("CONSUMER.INFO.S.C{n}"), "");
            assert_eq!(
                (&info["num_pending"], &info["num_ack_pending"]),
                (&0.into(), &0.into()),
                "C{n}"
            );
        }
    }

    fn acknowledge_all(&mut self, n: usize) {
        for (seq, reply) in std::mem::take(&mut self.clients[n].open) {
            self.clients[n].acked.insert(seq, self.time);
            assert_eq!(self.ask(&reply, "_INBOX.ack", "+ACK"), 1);
        }
    }
}

#[test]
fn everything_comes_at_least_once_and_nothing_again_that_was_acknowledged() {
    let mut soak = Soak::new(1);
    while soak.time < Duration::from_secs(60 * MINUTES) {
        soak.step();
    }
    soak.finish();
}
