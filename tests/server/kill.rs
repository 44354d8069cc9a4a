//! A server that is killed in the middle of its work: what it acknowledged is there after a restart, at its
//! place, once, and what a worker acknowledged stays done.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;
use super::process::Process;

/// Restarts in a usual run; the variable asks for more.
const ROUNDS: usize = 5;
const ROUNDS_VARIABLE: &str = "GOINGNATS_KILL_ROUNDS";
/// Publishers to the stream, beside the one that fills the work queue.
const PUBLISHERS: usize = 4;
/// Messages a publisher has on their way at a time.
const WINDOW: usize = 16;
/// A worker's acknowledgements are written down 0.1 s later at the latest; this leaves time for a busy machine.
const ACKS_SAFE_AFTER: Duration = Duration::from_secs(2);

/// What the threads of a round tell.
enum Event {
    /// A publish was acknowledged: stream, sequence, content.
    Stored(&'static str, u64, String),
    /// A worker got this sequence of the work queue.
    Delivered(u64),
    /// Its acknowledgement was confirmed.
    Done(u64, Instant),
}

/// What must be there, and what must not.
#[derive(Default)]
struct Ledger {
    stored: BTreeMap<(&'static str, u64), String>,
    delivered: BTreeSet<u64>,
    done: Vec<(u64, Instant)>,
}

impl Ledger {
    fn note(&mut self, event: Event) {
        match event {
            Event::Stored(stream, seq, content) => {
                let before = self.stored.insert((stream, seq), content);
                assert_eq!(before, None, "{stream} gave out sequence {seq} twice");
            }
            Event::Delivered(seq) => drop(self.delivered.insert(seq)),
            Event::Done(seq, when) => self.done.push((seq, when)),
        }
    }

    fn of(&self, stream: &str) -> impl Iterator<Item = (u64, &String)> {
        let mine = self.stored.iter().filter(move |((of, _), _)| *of == stream);
        mine.map(|((_, seq), content)| (*seq, content))
    }
}

impl Client {
    /// Publishes numbered messages, [`WINDOW`] at a time, until the server is gone.
    fn publish(
        &mut self,
        stream: &'static str,
        subject: &str,
        round: usize,
        events: &mpsc::Sender<Event>,
    ) -> Option<()> {
        for batch in 0.. {
            let content = |i: usize| format!("{subject} {round:02} {:08}", batch * WINDOW + i);
            let all = (0..WINDOW).map(|i| self.ask(subject, &i.to_string(), &content(i)));
            let all = all.collect::<String>();
            self.send(&all)?;
            for _ in 0..WINDOW {
                let (inbox, _, ack) = self.message()?;
                let seq = serde_json::from_str::<Value>(&ack).ok()?["seq"].as_u64().unwrap();
                let i = inbox.rsplit('.').next()?.parse().ok()?;
                events.send(Event::Stored(stream, seq, content(i))).ok()?;
            }
        }
        None
    }

    /// Takes from the work queue and acknowledges, each time waiting for the confirmation.
    fn work(&mut self, events: &mpsc::Sender<Event>) -> Option<()> {
        loop {
            self.send(&self.ask("$JS.API.CONSUMER.MSG.NEXT.Q.W", "next", r#"{"batch":1}"#))?;
            let (_, ack, _) = self.message()?;
            let seq = ack.split('.').nth(5)?.parse().ok()?;
            events.send(Event::Delivered(seq)).ok()?;
            self.send(&self.ask(&ack, "done", "+ACK"))?;
            self.message()?;
            events.send(Event::Done(seq, Instant::now())).ok()?;
        }
    }
}

fn make_streams(address: SocketAddr) {
    let mut client = Client::open(address);
    client.api(
        "STREAM.CREATE.S",
        &json!({"name": "S", "subjects": ["load.*"], "allow_direct": true}),
    );
    client.api(
        "STREAM.CREATE.Q",
        &json!({"name": "Q", "subjects": ["work"], "retention": "workqueue", "allow_direct": true}),
    );
    client.api(
        "CONSUMER.DURABLE.CREATE.Q.W",
        &json!({"stream_name": "Q", "config": {"durable_name": "W", "ack_policy": "explicit"}}),
    );
}

/// Publishes and works until so many messages are acknowledged, kills the server, and tells when.
fn load_and_kill(mut server: Process, round: usize, messages: usize, ledger: &mut Ledger) -> Instant {
    let address = server.address;
    let (events, told) = mpsc::channel();
    let mut threads = Vec::new();
    for publisher in 0..=PUBLISHERS {
        let (events, mut client) = (events.clone(), Client::open(address));
        threads.push(std::thread::spawn(move || match publisher {
            PUBLISHERS => client.publish("Q", "work", round, &events),
            n => client.publish("S", &format!("load.{n}"), round, &events),
        }));
    }
    let mut worker = Client::open(address);
    threads.push(std::thread::spawn(move || worker.work(&events)));
    told.iter().take(messages).for_each(|event| ledger.note(event));
    let killed = Instant::now();
    server.child.kill().unwrap();
    server.child.wait().unwrap();
    // What was on its way when the server died counts as well.
    told.iter().for_each(|event| ledger.note(event));
    for thread in threads {
        thread.join().unwrap();
    }
    killed
}

fn check_contents(contents: &[(u64, String)], stream: &str) {
    assert!(
        contents.is_sorted_by(|a, b| a.0 < b.0),
        "{stream} is out of order"
    );
    let mut newest: BTreeMap<&str, &str> = BTreeMap::new();
    for (seq, content) in contents {
        let (publisher, number) = content.split_once(' ').unwrap();
        let before = newest.insert(publisher, number);
        assert!(
            before < Some(number),
            "{stream} {seq}: {content} after {before:?}"
        );
    }
}

fn check(server: &Process, ledger: &mut Ledger, killed: Instant) {
    let mut client = Client::open(server.address);
    let stream = client.contents("S");
    check_contents(&stream, "S");
    let held: BTreeMap<u64, &String> = stream.iter().map(|(seq, content)| (*seq, content)).collect();
    for (seq, content) in ledger.of("S") {
        assert_eq!(held.get(&seq), Some(&content), "S {seq}");
    }

    let queue = client.contents("Q");
    check_contents(&queue, "Q");
    let held: BTreeMap<u64, &String> = queue.iter().map(|(seq, content)| (*seq, content)).collect();
    for (seq, content) in ledger.of("Q").filter(|(seq, _)| !ledger.delivered.contains(seq)) {
        assert_eq!(held.get(&seq), Some(&content), "Q {seq}");
    }
    let safe = ledger
        .done
        .iter()
        .filter(|(_, when)| killed.duration_since(*when) > ACKS_SAFE_AFTER);
    for (seq, _) in safe {
        assert_eq!(held.get(seq), None, "Q {seq} came back though it was done");
    }
    // What was done a moment before the kill may have come back, and what did not never may.
    ledger.done.retain(|(seq, _)| !held.contains_key(seq));
}

#[test]
fn what_was_acknowledged_outlives_a_kill() {
    let rounds = std::env::var(ROUNDS_VARIABLE).map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let store = tempfile::tempdir().unwrap();
    let args = ["-js", "-sd", store.path().to_str().unwrap()];
    let mut ledger = Ledger::default();
    let mut server = Process::start("", &args);
    make_streams(server.address);
    for round in 0..rounds {
        let random = u64::from_le_bytes(*nuid::next().as_bytes().last_chunk().unwrap());
        let messages = 200 + usize::try_from(random % 8_000).unwrap();
        let killed = load_and_kill(server, round, messages, &mut ledger);
        // Every other server waits for its disk before it acknowledges.
        let settings = match round % 2 {
            0 => "jetstream { sync_interval: always }",
            _ => "",
        };
        server = Process::start(settings, &args);
        check(&server, &mut ledger, killed);
    }
    assert!(ledger.stored.len() > rounds * 100);
}
