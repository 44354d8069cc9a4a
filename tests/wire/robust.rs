//! Clients that mean harm, or behave as if they did: nobody else is hurt, and connz says why they went.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::load::{publish, reason};
use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;

/// Waits until something holds.
fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const SIZE: usize = 60_000;

/// Publishes so many large messages from a thread of its own.
fn flood(server: &Server, count: usize) -> (u64, std::thread::JoinHandle<Raw>) {
    let mut publisher = Raw::connect(server.address, "");
    let id = publisher.info["client_id"].as_u64().unwrap();
    let sending = std::thread::spawn(move || {
        let message = publish("foo", SIZE);
        for _ in 0..count {
            publisher.send(&message);
        }
        publisher.sync();
        publisher
    });
    (id, sending)
}

fn stalls(server: &Server, id: u64) -> u64 {
    let connections = server.handle().unwrap().connections();
    let found = connections.iter().find(|connection| connection.id == id);
    found.map_or(0, |connection| connection.stats.stalls)
}

#[test]
fn a_fast_publisher_waits_for_a_slow_receiver_and_nothing_is_lost() {
    // 63 MB: more than three quarters of the 64 MiB that may be pending, whatever the system keeps, and less than all.
    const COUNT: usize = 1050;
    let server = Server::ours("max_payload: 100KB");
    let mut slow = Raw::connect(server.address, "");
    slow.send("SUB foo 1\r\n");
    slow.sync();
    let (id, sending) = flood(&server, COUNT);
    wait_for("the publisher to be held back", || stalls(&server, id) > 0);
    slow.skip((COUNT * (format!("MSG foo 1 {SIZE}\r\n").len() + SIZE + 2)) as u64);
    sending.join().unwrap();
    slow.sync();
    assert_eq!(server.handle().unwrap().statistics().slow_consumers, 0);
}

#[test]
fn without_stalling_the_slow_go_without_and_stay() {
    let server = Server::ours("max_pending: 2MB, max_payload: 100KB, no_fast_producer_stall: true");
    let mut slow = Raw::connect(server.address, "");
    slow.send("SUB foo 1\r\nSUB end 2\r\n");
    slow.sync();
    let (id, sending) = flood(&server, 500);
    let mut publisher = sending.join().unwrap();
    assert_eq!(stalls(&server, id), 0);
    assert_eq!(server.handle().unwrap().statistics().slow_consumers, 0);
    // It reads up, and then hears what comes next.
    let mut messages = 0;
    let mut asked = false;
    loop {
        match slow.line().as_str() {
            line if line.starts_with("MSG foo ") => {
                slow.skip(SIZE as u64 + 2);
                messages += 1;
            }
            line if line.starts_with("MSG end ") => break,
            "PONG" => {
                publisher.send("PUB end 0\r\n\r\n");
                publisher.sync();
            }
            line => panic!("{line:?}"),
        }
        if !asked {
            // The answer comes behind everything that is pending.
            slow.send("PING\r\n");
            asked = true;
        }
    }
    assert!((1..500).contains(&messages), "{messages}");
}

#[test]
fn a_byte_at_a_time_is_fine_and_holds_up_nobody() {
    let server = Server::ours("");
    let mut dripping = Raw::open(server.address);
    let mut other = Raw::connect(server.address, "");
    other.send("SUB a 1\r\n");
    other.sync();
    let beginning =
        "CONNECT {\"verbose\":false,\"headers\":true}\r\nSUB b 1\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\n";
    for byte in beginning.as_bytes() {
        dripping.send([*byte]);
        // Somebody else is served between any two of them.
        other.sync();
    }
    for byte in b"hi\r\nPING\r\n" {
        dripping.send([*byte]);
    }
    assert_eq!(dripping.line(), "PONG");
    assert_eq!([other.line(), other.line()], ["MSG a 1 2", "hi"]);
}

#[test]
fn who_never_logs_in_is_sent_away_and_can_fill_no_memory() {
    let server = Server::ours("authorization { user: a, password: b, timeout: 0.3 }");
    let mut silent = Raw::open(server.address);
    assert_eq!(silent.line(), "-ERR 'Authentication Timeout'");
    assert_eq!(
        reason(&server, &silent.info["client_id"]),
        "Authentication Timeout"
    );
    // A line that never ends is cut at its limit, and a message is not even begun.
    let server = Server::ours("authorization { user: a, password: b, timeout: 60 }");
    let mut endless = Raw::open(server.address);
    endless.send("CONNECT {\"name\":\"");
    let mut sent = 0;
    while endless.reader.get_mut().write_all(&[b'x'; 1024]).is_ok() {
        sent += 1024;
        assert!(sent < 100_000_000, "this goes on for ever");
    }
    assert_eq!(
        reason(&server, &endless.info["client_id"]),
        "Maximum Control Line Exceeded"
    );
    let mut large = Raw::open(server.address);
    large.send("PUB a 1000000\r\n");
    assert_eq!(large.line(), "-ERR 'Authorization Violation'");
    let server = Server::ours("");
    let mut huge = Raw::connect(server.address, "");
    huge.send("PUB a 999999999\r\n");
    assert_eq!(huge.line(), "-ERR 'Maximum Payload Violation'");
    assert_eq!(
        reason(&server, &huge.info["client_id"]),
        "Maximum Message Payload Exceeded"
    );
    // A size of more than nine digits is none at all, as with nats-server.
    let mut beyond = Raw::connect(server.address, "");
    beyond.send("PUB a 4294967295\r\n");
    assert_eq!(beyond.line(), "");
    assert_eq!(reason(&server, &beyond.info["client_id"]), "Protocol Violation");
}

#[test]
fn garbage_ends_its_own_connection_alone() {
    let server = Server::ours("");
    let mut good = Raw::connect(server.address, "");
    let mut number = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..200 {
        let mut garbage = Vec::new();
        for _ in 0..64 {
            number ^= number << 13;
            number ^= number >> 7;
            number ^= number << 17;
            garbage.extend_from_slice(&number.to_le_bytes());
        }
        let mut bad = TcpStream::connect(server.address).unwrap();
        bad.set_read_timeout(Some(PATIENCE)).unwrap();
        // The server may have hung up before all was said.
        let _ = bad
            .write_all(&garbage)
            .and_then(|()| bad.write_all(b"\r\nXX\r\n"));
        let _ = bad.shutdown(Shutdown::Write);
        let _ = bad.read_to_end(&mut Vec::new());
    }
    good.sync();
    let handle = server.handle().unwrap();
    wait_for("them to go", || handle.statistics().connections == 1);
    for gone in handle.closed_connections() {
        let reason = gone.ended.unwrap().1.text();
        let known = ["Protocol Violation", "Parse Error", "Client Closed", "Read Error"];
        assert!(known.contains(&reason), "{reason}");
    }
}

#[test]
fn ten_thousand_come_and_go() {
    let server = Server::ours("");
    let mut good = Raw::connect(server.address, "");
    for n in 0..10_000 {
        let mut visitor = TcpStream::connect(server.address).unwrap();
        // Whoever was greeted was let in.
        visitor.read_exact(&mut [0]).unwrap();
        if n % 3 == 0 {
            // Whether that is read before the end is the server's luck.
            let _ = visitor.write_all(b"CONNECT {}\r\nSUB a 1\r\nPUB b 100\r\nhalf");
        }
        if n % 1000 == 0 {
            good.sync();
        }
    }
    let handle = server.handle().unwrap();
    wait_for("them to go", || handle.statistics().connections == 1);
    good.sync();
    let statistics = handle.statistics();
    assert_eq!(
        (statistics.connections_total, statistics.subscriptions),
        (10_001, 0)
    );
    assert_eq!(handle.closed_connections().len(), 10_000);
}
