//! Random consumers on a server that is killed and restarted: every message is delivered at least once, and what was
//! acknowledged never again.
//!
//! A usual run takes some seconds; `GOINGNATS_SOAK_SECONDS` asks for more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::sync::mpsc::{self, Sender};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;
use super::process::Process;

const SECONDS: u64 = 4;
const SECONDS_VARIABLE: &str = "GOINGNATS_SOAK_SECONDS";
/// Streams with their retention and the subjects that are published to.
const STREAMS: [(&str, &str, &[&str]); 3] = [
    ("L", "limits", &["l.a", "l.b", "l.c.x", "l.c.y"]),
    ("Q", "workqueue", &["q.1", "q.2"]),
    ("I", "interest", &["i.a", "i.b"]),
];
const FILTERS: [&str; 5] = ["l.>", "l.a", "l.*", "l.c.*", "l.c.y"];
/// Consumers of the first stream, which come and go.
const MANY: usize = 7;
/// What is on disk is at most 0.1 s old; this leaves time for a busy machine.
const LAG_MAX: Duration = Duration::from_secs(1);
/// Consumers have nothing left when this much time passes without a message. Longer than every `ack_wait`.
const QUIET: Duration = Duration::from_secs(4);

/// Numbers that are others in every run.
struct Dice;

impl Dice {
    fn below(n: usize) -> usize {
        let bytes = *nuid::next().as_bytes().last_chunk().unwrap();
        usize::try_from(u64::from_le_bytes(bytes) % n as u64).unwrap()
    }

    fn one_of<T: Copy>(of: &[T]) -> T {
        of[Dice::below(of.len())]
    }
}

/// A consumer, and what its client knows.
#[derive(Default)]
struct Known {
    stream: &'static str,
    filter: String,
    push: bool,
    group: bool,
    /// Messages up to this one are not for it.
    start: u64,
    seen: BTreeSet<u64>,
    /// When an acknowledgement was confirmed.
    done: BTreeMap<u64, Instant>,
    /// How long before the last kill the acknowledgement was confirmed, of messages that may come again.
    excused: BTreeMap<u64, Duration>,
}

enum Event {
    Stored(&'static str, u64, &'static str),
    Seen(String, u64),
    Done(String, u64, Instant),
}

#[derive(Default)]
struct Soak {
    consumers: BTreeMap<String, Known>,
    stored: Vec<(&'static str, u64, &'static str)>,
    made: usize,
    kills: usize,
    stops: usize,
    deliveries: usize,
    /// Messages that came again since a kill made the server forget their acknowledgements …
    forgotten: usize,
    /// … and the oldest of those acknowledgements at that moment.
    lag: Duration,
}

/// Publishes messages, each acknowledged, until the server is gone.
fn publish(mut client: Client, events: &Sender<Event>) -> Option<()> {
    loop {
        let (stream, _, subjects) = Dice::one_of(&STREAMS);
        let subject = Dice::one_of(subjects);
        client.send(&client.ask(subject, "pub", "x"))?;
        let ack: Value = serde_json::from_str(&client.message()?.2).ok()?;
        // An interest stream may have no taker, and then no sequence to speak of.
        events
            .send(Event::Stored(stream, ack["seq"].as_u64()?, subject))
            .ok()?;
    }
}

/// A consumer's client: takes messages and answers them, until the server is gone or nothing comes.
struct Worker {
    client: Client,
    name: String,
    stream: &'static str,
    push: bool,
    group: bool,
    /// Deliveries that came while something else was awaited: sequence, where to answer.
    waiting: VecDeque<(u64, String)>,
    /// Messages that the open pull request still wants.
    open: usize,
    events: Sender<Event>,
    /// Every message is acknowledged, and the worker ends when all is quiet.
    last: bool,
}

/// What a message from the server was.
enum Came {
    Delivery,
    Confirmation,
    Status,
}

impl Worker {
    fn run(mut self) -> Option<()> {
        if self.push {
            self.client.send(&format!("SUB push.{} 2\r\n", self.name))?;
        }
        let mut quiet_since = Instant::now();
        loop {
            if self.open == 0 && !self.push {
                self.pull()?;
            }
            if self.waiting.is_empty() {
                let came = self.take()?;
                if matches!(came, Came::Status) && self.last && quiet_since.elapsed() > QUIET {
                    return Some(());
                }
            }
            while let Some((seq, reply)) = self.waiting.pop_front() {
                self.answer(seq, &reply)?;
                quiet_since = Instant::now();
            }
        }
    }

    fn pull(&mut self) -> Option<()> {
        self.open = 1 + Dice::below(20);
        let mut request = json!({"batch": self.open, "expires": 200_000_000});
        if self.group {
            request["group"] = json!("A");
        }
        if Dice::below(4) == 0 {
            request["no_wait"] = json!(true);
        }
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", self.stream, self.name);
        self.client
            .send(&self.client.ask(&subject, "next", &request.to_string()))
    }

    fn take(&mut self) -> Option<Came> {
        let (subject, reply, text) = self.client.message()?;
        if reply.starts_with("$JS.ACK.") {
            let seq = reply.split('.').nth(5)?.parse().ok()?;
            self.events.send(Event::Seen(self.name.clone(), seq)).ok()?;
            self.waiting.push_back((seq, reply));
            self.open = self.open.saturating_sub(1);
            return Some(Came::Delivery);
        }
        if subject.ends_with(".done") {
            return Some(Came::Confirmation);
        }
        self.open = 0;
        if reply.starts_with("$JS.FC.") {
            self.client.send(&format!("PUB {reply} 0\r\n\r\n"))?;
        } else if let Some(stalled) = text
            .split("\r\n")
            .find_map(|l| l.strip_prefix("Nats-Consumer-Stalled: "))
        {
            self.client.send(&format!("PUB {stalled} 0\r\n\r\n"))?;
        }
        Some(Came::Status)
    }

    fn answer(&mut self, seq: u64, reply: &str) -> Option<()> {
        let what = if self.last { 9 } else { Dice::below(20) };
        match what {
            0 => return Some(()),
            1 => return self.client.send(&format!("PUB {reply} 4\r\n-NAK\r\n")),
            2 => {
                let nak = r#"-NAK {"delay":300000000}"#;
                return self
                    .client
                    .send(&format!("PUB {reply} {}\r\n{nak}\r\n", nak.len()));
            }
            3 => self.client.send(&format!("PUB {reply} 4\r\n+WPI\r\n"))?,
            _ => {}
        }
        let word = if what == 4 { "+TERM enough" } else { "+ACK" };
        self.client.send(&self.client.ask(reply, "done", word))?;
        while !matches!(self.take()?, Came::Confirmation) {}
        self.events
            .send(Event::Done(self.name.clone(), seq, Instant::now()))
            .ok()
    }
}

impl Soak {
    fn make_streams(&mut self, client: &mut Client) {
        for (name, retention, subjects) in STREAMS {
            let all = format!("{}.>", subjects[0].split('.').next().unwrap());
            client.api(
                &format!("STREAM.CREATE.{name}"),
                &json!({"name": name, "subjects": [all], "retention": retention}),
            );
        }
        for (stream, filter) in [("Q", "q.1"), ("Q", "q.2"), ("I", "i.>"), ("I", "i.a")] {
            let config = json!({"ack_policy": "explicit", "ack_wait": 1_000_000_000});
            self.make_consumer(client, stream, filter, config);
        }
        for _ in 0..MANY {
            self.make_random(client);
        }
    }

    fn make_random(&mut self, client: &mut Client) {
        let mut config = json!({
            "ack_policy": "explicit",
            "ack_wait": (1 + Dice::below(4)) * 500_000_000,
            "deliver_policy": Dice::one_of(&["all", "new"]),
            "max_ack_pending": Dice::one_of(&[0, 5, 100]),
            "headers_only": Dice::below(5) == 0,
        });
        match Dice::below(6) {
            0 => {
                config["priority_policy"] = json!(Dice::one_of(&["overflow", "prioritized"]));
                config["priority_groups"] = json!(["A"]);
            }
            1 => config["backoff"] = json!([300_000_000, 900_000_000]),
            2 | 3 => {
                config["deliver_subject"] = json!(format!("push.C{}", self.made));
                config["flow_control"] = json!(Dice::below(2) == 0);
                config["idle_heartbeat"] = json!(300_000_000);
            }
            _ => {}
        }
        self.make_consumer(client, "L", Dice::one_of(&FILTERS), config);
    }

    fn make_consumer(&mut self, client: &mut Client, stream: &'static str, filter: &str, mut config: Value) {
        let name = format!("C{}", self.made);
        self.made += 1;
        config["durable_name"] = json!(name);
        config["filter_subject"] = json!(filter);
        let info = client.api(
            &format!("CONSUMER.CREATE.{stream}.{name}"),
            &json!({"stream_name": stream, "config": config}),
        );
        let new = config["deliver_policy"] == "new";
        let known = Known {
            stream,
            filter: filter.to_owned(),
            push: config.get("deliver_subject").is_some(),
            group: config.get("priority_groups").is_some(),
            start: if new {
                info["delivered"]["stream_seq"].as_u64().unwrap()
            } else {
                0
            },
            ..Known::default()
        };
        self.consumers.insert(name, known);
    }

    /// One consumer comes, another one goes.
    fn change_consumers(&mut self, client: &mut Client) {
        let many: Vec<&String> = self
            .consumers
            .iter()
            .filter(|(_, c)| c.stream == "L")
            .map(|(n, _)| n)
            .collect();
        if many.len() >= MANY {
            let name = many[Dice::below(many.len())].clone();
            client.api(&format!("CONSUMER.DELETE.L.{name}"), &json!({}));
            self.consumers.remove(&name);
        }
        self.make_random(client);
    }

    fn note(&mut self, event: Event) {
        match event {
            Event::Stored(stream, seq, subject) => self.stored.push((stream, seq, subject)),
            Event::Seen(name, seq) => {
                self.deliveries += 1;
                let known = self.consumers.get_mut(&name).unwrap();
                let done = known.done.get(&seq);
                assert!(
                    done.is_none(),
                    "{name} got {seq} again, done {:?} ago",
                    done.map(Instant::elapsed)
                );
                known.seen.insert(seq);
                if let Some(lag) = known.excused.remove(&seq) {
                    self.forgotten += 1;
                    self.lag = self.lag.max(lag);
                }
            }
            Event::Done(name, seq, at) => drop(self.consumers.get_mut(&name).unwrap().done.insert(seq, at)),
        }
    }

    fn workers(
        &self,
        address: SocketAddr,
        events: &Sender<Event>,
        last: bool,
    ) -> Vec<std::thread::JoinHandle<()>> {
        let worker = |(name, known): (&String, &Known)| {
            let worker = Worker {
                client: Client::open(address),
                name: name.clone(),
                stream: known.stream,
                push: known.push,
                group: known.group,
                waiting: VecDeque::new(),
                open: 0,
                events: events.clone(),
                last,
            };
            std::thread::spawn(move || worker.run().unwrap_or_default())
        };
        self.consumers.iter().map(worker).collect()
    }

    /// Publishes and consumes for a while, and then ends the server one way or the other.
    fn round(&mut self, mut server: Process) {
        let (events, told) = mpsc::channel();
        let mut threads = self.workers(server.address, &events, false);
        let client = Client::open(server.address);
        threads.push(std::thread::spawn(move || {
            publish(client, &events).unwrap_or_default();
        }));
        let length = 500 + Dice::below(2500);
        told.iter().take(length).for_each(|event| self.note(event));
        let killed = Dice::below(3) > 0;
        let at = Instant::now();
        if killed {
            self.kills += 1;
            server.child.kill().unwrap();
        } else {
            self.stops += 1;
            server.signal("quit");
        }
        server.ended();
        told.iter().for_each(|event| self.note(event));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        if killed {
            self.forget_last(at);
        }
    }

    /// What was confirmed a moment before a kill may come again. How long that moment was is seen by what does.
    fn forget_last(&mut self, killed: Instant) {
        for known in self.consumers.values_mut() {
            known.excused.clear();
            known.done.retain(|seq, at| {
                let lag = killed.saturating_duration_since(*at);
                if lag <= LAG_MAX {
                    known.excused.insert(*seq, lag);
                }
                lag > LAG_MAX
            });
        }
    }

    /// Lets everybody take what is left.
    fn finish(&mut self, address: SocketAddr) {
        let (events, told) = mpsc::channel();
        let threads = self.workers(address, &events, true);
        drop(events);
        told.iter().for_each(|event| self.note(event));
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        for (name, known) in &self.consumers {
            let owed = self.stored.iter().filter(|(stream, seq, subject)| {
                *stream == known.stream && *seq > known.start && matches(&known.filter, subject)
            });
            let missing: Vec<u64> = owed
                .map(|(_, seq, _)| *seq)
                .filter(|seq| !known.seen.contains(seq))
                .collect();
            assert!(
                missing.is_empty(),
                "{name} on {} never got {missing:?}",
                known.filter
            );
        }
    }
}

fn matches(filter: &str, subject: &str) -> bool {
    goingnats::proto::subject::matches(filter.as_bytes(), subject.as_bytes())
}

#[test]
fn every_message_comes_and_none_that_was_acknowledged_comes_again() {
    let seconds = std::env::var(SECONDS_VARIABLE).map_or(SECONDS, |seconds| seconds.parse().unwrap());
    let store = tempfile::tempdir().unwrap();
    let args = ["-js", "-sd", store.path().to_str().unwrap()];
    let mut soak = Soak::default();
    let mut server = Process::start("", &args);
    soak.make_streams(&mut Client::open(server.address));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(seconds) {
        soak.round(server);
        server = Process::start("", &args);
        soak.change_consumers(&mut Client::open(server.address));
    }
    soak.finish(server.address);
    println!(
        "{} stored, {} delivered to {} consumers, {} kills, {} stops; {} acknowledgements were forgotten, {:?} old at most",
        soak.stored.len(),
        soak.deliveries,
        soak.made,
        soak.kills,
        soak.stops,
        soak.forgotten,
        soak.lag
    );
}
