//! A disk that hangs, seen by clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::broker::conf::{JetStreamOptions, Options};
use crate::broker::net::{Handle, start};
use crate::broker::store::latch::Latch;

/// No answer takes as long, unless it never comes.
const PATIENCE: Duration = Duration::from_secs(30);

struct Client {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Client {
    /// A client that listens on its inbox.
    fn open(broker: &Handle, inbox: &str) -> Client {
        let stream = TcpStream::connect(broker.address()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let lines = BufReader::new(stream.try_clone().unwrap());
        let mut client = Client { stream, lines };
        client.say(&format!("CONNECT {{\"verbose\":false}}\r\nSUB {inbox} 1\r\n"));
        assert!(client.line().starts_with("INFO "));
        client
    }

    fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).unwrap();
    }

    fn publish(&mut self, subject: &str, reply: &str, payload: &str) {
        self.say(&format!(
            "PUB {subject} {reply} {}\r\n{payload}\r\n",
            payload.len()
        ));
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// The next message's payload.
    fn message(&mut self) -> String {
        let line = self.line();
        let size: usize = line.rsplit(' ').next().unwrap().parse().expect(&line);
        let mut payload = vec![0; size + 2];
        self.lines.read_exact(&mut payload).unwrap();
        payload.truncate(size);
        String::from_utf8(payload).unwrap()
    }

    /// Nothing but a PONG comes.
    fn ping(&mut self) {
        self.say("PING\r\n");
        assert_eq!(self.line(), "PONG");
    }
}

fn start_on(folder: &Path, sync_always: bool) -> Handle {
    start(Options {
        port: 0,
        jetstream: Some(JetStreamOptions {
            store_dir: Some(folder.to_owned()),
            sync_always,
            sync_interval: Duration::from_millis(1),
            ..JetStreamOptions::default()
        }),
        ..Options::default()
    })
    .unwrap()
}

fn ack(stream: &str, seq: usize) -> String {
    format!(r#"{{"stream":"{stream}","seq":{seq}}}"#)
}

/// So many acknowledgements from this sequence on, as texts are sorted.
fn acks(stream: &str, first: usize, count: usize) -> Vec<String> {
    let mut acks: Vec<String> = (first..first + count).map(|seq| ack(stream, seq)).collect();
    acks.sort_unstable();
    acks
}

/// Two clients for each worker, and two streams, the first of which is about to hang.
fn scene(folder: &TempDir, sync_always: bool) -> (Handle, Vec<Client>, Latch) {
    let broker = start_on(folder.path(), sync_always);
    let count = 2 * broker.server.workers.len();
    let mut clients: Vec<Client> = (0..count)
        .map(|n| Client::open(&broker, &format!("inbox.{n}")))
        .collect();
    for name in ["A", "B"] {
        let config = format!(
            r#"{{"name":"{name}","subjects":["{}"],"storage":"file"}}"#,
            name.to_lowercase()
        );
        clients[0].publish(&format!("$JS.API.STREAM.CREATE.{name}"), "inbox.0", &config);
        assert!(clients[0].message().contains(r#""did_create":true"#));
    }
    clients.iter_mut().for_each(Client::ping);
    let latch = Latch::hold(&folder.path().join("jetstream/$G/streams/A"));
    (broker, clients, latch)
}

#[test]
fn a_disk_that_hangs_holds_up_those_who_wait_for_it_and_nobody_else() {
    let folder = TempDir::new().unwrap();
    let (broker, mut clients, latch) = scene(&folder, true);
    clients[0].publish("a", "inbox.0", "x");
    latch.await_waiting();
    // Every worker has a client that publishes to the stream that hangs.
    for (n, client) in clients.iter_mut().enumerate() {
        client.publish("a", &format!("inbox.{n}"), "y");
    }
    for (n, client) in clients.iter_mut().enumerate() {
        client.ping();
        client.publish("b", &format!("inbox.{n}"), "z");
    }
    let mut of_b: Vec<String> = clients.iter_mut().map(Client::message).collect();
    of_b.sort_unstable();
    assert_eq!(of_b, acks("B", 1, clients.len()));
    clients.iter_mut().for_each(Client::ping);
    drop(latch);
    let mut seqs = vec![clients[0].message()];
    seqs.extend(clients.iter_mut().map(Client::message));
    assert_eq!(seqs.remove(0), ack("A", 1));
    seqs.sort_unstable();
    assert_eq!(seqs, acks("A", 2, clients.len()));
    broker.shutdown();
}

#[test]
fn a_sync_now_and_then_holds_up_nobody_at_all() {
    let folder = TempDir::new().unwrap();
    let (broker, mut clients, latch) = scene(&folder, false);
    clients[0].publish("a", "inbox.0", "x");
    assert_eq!(clients[0].message(), ack("A", 1));
    latch.await_waiting();
    for (n, client) in clients.iter_mut().enumerate() {
        client.publish("a", &format!("inbox.{n}"), "y");
        assert_eq!(client.message(), ack("A", n + 2));
        client.ping();
    }
    drop(latch);
    broker.shutdown();
}
