//! A server that is killed in the middle of batches: an atomic one is there whole or not at all, and of a fast one
//! everything that flow control acknowledged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Sender};

use serde_json::{Value, json};

use super::client::Client;
use super::process::Process;

const ROUNDS: usize = 3;
/// Messages of an atomic batch.
const ATOMIC: usize = 20;
/// Messages of a fast batch between two acknowledgements, at most.
const FLOW: usize = 25;

enum Event {
    /// An atomic batch was committed.
    Committed(String),
    /// So many messages of a fast batch are acknowledged.
    Acknowledged(String, usize),
}

/// Publishes atomic batches, one after the other, until the server is gone.
fn publish_atomic(client: &mut Client, round: usize, publisher: usize, events: &Sender<Event>) -> Option<()> {
    for number in 0.. {
        let batch = format!("{round}-{publisher}-{number}");
        for seq in 1..=ATOMIC {
            let commit = if seq == ATOMIC {
                "Nats-Batch-Commit: 1\r\n"
            } else {
                ""
            };
            let headers =
                format!("NATS/1.0\r\nNats-Batch-Id: {batch}\r\nNats-Batch-Sequence: {seq}\r\n{commit}\r\n");
            let payload = format!("{batch} {seq}");
            let reply = if seq == ATOMIC {
                format!("{} ", client.inbox("commit"))
            } else {
                String::new()
            };
            let (head, total) = (headers.len(), headers.len() + payload.len());
            client.send(&format!(
                "HPUB atomic.{publisher} {reply}{head} {total}\r\n{headers}{payload}\r\n"
            ))?;
        }
        let (_, _, ack) = client.message()?;
        let ack: Value = serde_json::from_str(&ack).ok()?;
        assert_eq!(ack["count"], ATOMIC, "{ack}");
        events.send(Event::Committed(batch)).ok()?;
    }
    None
}

/// Publishes one fast batch without end, until the server is gone.
fn publish_fast(client: &mut Client, round: usize, events: &Sender<Event>) -> Option<()> {
    let batch = format!("fast{round}");
    let mut awaited = 1;
    for number in 1.. {
        let op = u8::from(number > 1);
        let inbox = format!("f.{batch}.{FLOW}.fail.{number}.{op}.$FI");
        client.send(&client.ask("fast", &inbox, &format!("{batch} {number}")))?;
        if number < awaited {
            continue;
        }
        // Each acknowledgement says how many messages the next one is for.
        let (_, _, ack) = client.message()?;
        let ack: Value = serde_json::from_str(&ack).ok()?;
        assert_eq!(ack["type"], "ack", "{ack}");
        let acknowledged = usize::try_from(ack["seq"].as_u64()?).ok()?;
        awaited = acknowledged + usize::try_from(ack["msgs"].as_u64()?).ok()?;
        events
            .send(Event::Acknowledged(batch.clone(), acknowledged))
            .ok()?;
    }
    None
}

#[test]
fn batches_outlive_a_kill_whole_or_as_far_as_they_were_acknowledged() {
    let store = tempfile::tempdir().unwrap();
    let args = ["-js", "-sd", store.path().to_str().unwrap()];
    let mut server = Process::start("", &args);
    Client::open(server.address).api(
        "STREAM.CREATE.A",
        &json!({"name": "A", "subjects": ["atomic.*"], "allow_direct": true, "allow_atomic": true}),
    );
    Client::open(server.address).api(
        "STREAM.CREATE.F",
        &json!({"name": "F", "subjects": ["fast"], "allow_direct": true, "allow_batched": true}),
    );
    let mut committed = BTreeSet::new();
    let mut acknowledged: BTreeMap<String, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let (events, told) = mpsc::channel();
        let mut threads = Vec::new();
        for publisher in 0..3 {
            let (events, mut client) = (events.clone(), Client::open(server.address));
            threads.push(std::thread::spawn(move || match publisher {
                0 => publish_fast(&mut client, round, &events),
                n => publish_atomic(&mut client, round, n, &events),
            }));
        }
        drop(events);
        let random = u64::from_le_bytes(*nuid::next().as_bytes().last_chunk().unwrap());
        let before_the_kill = 50 + usize::try_from(random % 200).unwrap();
        let mut note = |event| match event {
            Event::Committed(batch) => drop(committed.insert(batch)),
            Event::Acknowledged(batch, count) => drop(acknowledged.insert(batch, count)),
        };
        told.iter().take(before_the_kill).for_each(&mut note);
        server.child.kill().unwrap();
        server.child.wait().unwrap();
        told.iter().for_each(&mut note);
        for thread in threads {
            thread.join().unwrap();
        }

        server = Process::start("", &args);
        let mut client = Client::open(server.address);
        let mut held: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (_, content) in [client.contents("A"), client.contents("F")].concat() {
            let (batch, number) = content.split_once(' ').unwrap();
            held.entry(batch.to_owned())
                .or_default()
                .push(number.parse().unwrap());
        }
        for (batch, numbers) in &held {
            let whole: Vec<usize> = (1..=numbers.len()).collect();
            assert_eq!(*numbers, whole, "{batch} is out of order or has gaps");
            assert!(
                batch.starts_with("fast") || numbers.len() == ATOMIC,
                "half of {batch} is there"
            );
        }
        for batch in &committed {
            assert!(held.contains_key(batch), "{batch} was committed");
        }
        for (batch, count) in &acknowledged {
            let there = held.get(batch).map_or(0, Vec::len);
            assert!(there >= *count, "{batch}: {there} of {count}");
        }
    }
    assert!(committed.len() > ROUNDS && acknowledged.len() == ROUNDS);
}
