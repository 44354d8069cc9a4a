//! What many, large or unread messages do.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;

/// Waits until the connection is gone, and says why.
pub fn reason(server: &Server, id: &serde_json::Value) -> &'static str {
    let handle = server.handle().unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let closed = handle.closed_connections();
        if let Some(gone) = closed.iter().find(|c| Some(c.id) == id.as_u64()) {
            return gone.ended.unwrap().1.text();
        }
        assert!(Instant::now() < deadline, "connection {id} is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn publish(subject: &str, size: usize) -> Vec<u8> {
    let mut bytes = format!("PUB {subject} {size}\r\n").into_bytes();
    bytes.resize(bytes.len() + size, b'x');
    bytes.extend_from_slice(b"\r\n");
    bytes
}

#[test]
fn a_client_that_does_not_read_is_cut_off_and_hurts_nobody() {
    const COUNT: u64 = 1500;
    const SIZE: usize = 30_000;
    let server = Server::ours("max_pending: 1MB, max_payload: 100KB");
    let mut deaf = Raw::connect(server.address, "");
    deaf.send("SUB foo 1\r\n");
    deaf.sync();
    let mut good = Raw::connect(server.address, "");
    good.send("SUB foo 1\r\n");
    good.sync();
    let mut publisher = Raw::connect(server.address, "");
    let reader = std::thread::spawn(move || {
        good.skip(COUNT * (format!("MSG foo 1 {SIZE}\r\n").len() + SIZE + 2) as u64);
    });
    let message = publish("foo", SIZE);
    for _ in 0..COUNT {
        publisher.send(&message);
    }
    publisher.sync();
    reader.join().unwrap();
    assert_eq!(
        reason(&server, &deaf.info["client_id"]),
        "Slow Consumer (Pending Bytes)"
    );
    assert_eq!(server.handle().unwrap().statistics().slow_consumers, 1);
    // It is told nothing: what it still gets is messages, and then the end.
    let mut rest = Vec::new();
    let _ = deaf.reader.read_to_end(&mut rest);
    assert!(!rest.windows(4).any(|w| w == b"-ERR"));
}

#[test]
fn a_write_that_takes_too_long_ends_the_connection() {
    let server = Server::ours("write_deadline: \"200ms\"");
    let mut deaf = Raw::connect(server.address, "");
    deaf.send("SUB foo 1\r\n");
    deaf.sync();
    let mut publisher = Raw::connect(server.address, "");
    // More than the system buffers, less than may be pending.
    for _ in 0..40 {
        publisher.send(publish("foo", 1_000_000));
    }
    publisher.sync();
    assert_eq!(
        reason(&server, &deaf.info["client_id"]),
        "Slow Consumer (Write Deadline)"
    );
}

#[test]
fn messages_of_all_sizes_arrive_whole_and_in_order() {
    const COUNT: usize = 400;
    let server = Server::ours("");
    let size = |n: usize| (n * 7919) % 60_000 * usize::from(!n.is_multiple_of(3)) + n % 50;
    let mut subscribers: Vec<Raw> = ["", "\"headers\":true"]
        .map(|fields| Raw::connect(server.address, fields))
        .into();
    for subscriber in &mut subscribers {
        subscriber.send("SUB foo 1\r\nUNSUB 1 350\r\n");
        subscriber.sync();
    }
    let mut publisher = Raw::connect(server.address, "\"headers\":true");
    let sender = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        for n in 0..COUNT {
            let body = vec![n as u8; size(n)];
            let block = format!("NATS/1.0\r\nN: {n}\r\n\r\n");
            let total = block.len() + body.len();
            bytes.extend_from_slice(format!("HPUB foo {} {total}\r\n{block}", block.len()).as_bytes());
            bytes.extend_from_slice(&body);
            bytes.extend_from_slice(b"\r\n");
        }
        // In pieces that end anywhere.
        for piece in bytes.chunks(77_777) {
            publisher.send(piece);
        }
        publisher.sync();
    });
    for (with_headers, subscriber) in subscribers.iter_mut().enumerate() {
        for n in 0..350 {
            let line = subscriber.line();
            let block = format!("NATS/1.0\r\nN: {n}\r\n\r\n");
            let block = if with_headers == 1 { block } else { String::new() };
            let verb = if with_headers == 1 { "HMSG" } else { "MSG" };
            assert!(line.starts_with(&format!("{verb} foo 1 ")), "{n}: {line}");
            let mut got = vec![0; block.len() + size(n) + 2];
            subscriber.reader.read_exact(&mut got).unwrap();
            let body = vec![n as u8; size(n)];
            assert!(got == [block.as_bytes(), &body, b"\r\n"].concat(), "{n}: {line}");
        }
        subscriber.sync();
    }
    sender.join().unwrap();
}

#[test]
fn a_queue_is_shared_fairly_and_the_dead_are_passed_over() {
    let server = Server::ours("");
    let mut members: Vec<Raw> = (0..3).map(|_| Raw::connect(server.address, "")).collect();
    for member in &mut members {
        member.send("SUB foo q 1\r\n");
        member.sync();
    }
    let mut publisher = Raw::connect(server.address, "");
    publisher.send("PUB foo 0\r\n\r\n".repeat(300));
    publisher.sync();
    let counts: Vec<usize> = members
        .iter_mut()
        .map(|member| {
            member.send("PING\r\n");
            let lines = std::iter::repeat_with(|| member.line());
            lines
                .take_while(|line| line != "PONG")
                .filter(|line| line.starts_with("MSG"))
                .count()
        })
        .collect();
    assert_eq!(counts.iter().sum::<usize>(), 300);
    // Far outside what chance does: each expects 100, with a deviation of 8.
    assert!(counts.iter().all(|count| (50..150).contains(count)), "{counts:?}");
    members.truncate(1);
    publisher.send("PUB foo 0\r\n\r\n".repeat(50));
    publisher.sync();
    // Those that left may have been sent something before the server knew.
    publisher.send("PUB foo 1\r\nx\r\n".repeat(50));
    publisher.sync();
    members[0].send("PING\r\n");
    let lines = std::iter::repeat_with(|| members[0].line());
    assert!(
        lines
            .take_while(|line| line != "PONG")
            .filter(|line| line == "x")
            .count()
            > 0
    );
}
