//! The wire, byte for byte: exchanges that hold for our broker and for nats-server alike.
//!
//! `GOINGNATS_REFERENCE=<nats-server>` runs every exchange against the real one first, so that the
//! tables themselves are proven.

mod api;
mod load;
mod robust;
mod script;
mod tap;

use crate::support::raw::Raw;
use crate::support::server::Server;

/// The tables, by topic. Where a line is odd, nats-server 2.14.5 is just as odd.
const TABLES: &[(&str, &str)] = &[
    ("introduction", include_str!("exchanges/introduction.txt")),
    ("lines", include_str!("exchanges/lines.txt")),
    ("limits", include_str!("exchanges/limits.txt")),
    ("subscriptions", include_str!("exchanges/subscriptions.txt")),
    ("delivery", include_str!("exchanges/delivery.txt")),
    ("runs", include_str!("exchanges/runs.txt")),
    ("no_responders", include_str!("exchanges/no_responders.txt")),
    ("timers", include_str!("exchanges/timers.txt")),
    ("login", include_str!("exchanges/login.txt")),
    ("permissions", include_str!("exchanges/permissions.txt")),
    ("mappings", include_str!("exchanges/mappings.txt")),
    ("exports", include_str!("exchanges/exports.txt")),
    ("services", include_str!("exchanges/services.txt")),
    ("system", include_str!("exchanges/system.txt")),
    ("message_trace", include_str!("exchanges/message_trace.txt")),
    ("traces abroad", include_str!("exchanges/traces_abroad.txt")),
    ("jetstream", include_str!("exchanges/jetstream.txt")),
    ("consumers", include_str!("exchanges/consumers.txt")),
    ("acknowledgements", include_str!("exchanges/acks.txt")),
    ("priority groups", include_str!("exchanges/priority_groups.txt")),
    ("life of consumers", include_str!("exchanges/consumer_life.txt")),
    ("atomic batches", include_str!("exchanges/atomic_batches.txt")),
    ("fast batches", include_str!("exchanges/fast_batches.txt")),
    ("schedules", include_str!("exchanges/schedules.txt")),
];

#[test]
fn exchanges_hold() {
    let mut failures = Vec::new();
    for (table, text) in TABLES {
        for exchange in script::exchanges(text) {
            // Seen when a line that never comes ends the test.
            println!("{table}: {}", exchange.name);
            let mut run = |who: &str, server: &Server| {
                if let Err(difference) = script::run(server, &exchange.script) {
                    failures.push(format!("{who}, {table}: {}\n    {difference}", exchange.name));
                }
            };
            if let Some(reference) = Server::reference(&exchange.settings) {
                run("nats-server", &reference);
            }
            run("ours", &Server::ours(&exchange.settings));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn info_names_a_key_that_can_be_sealed_for() {
    for server in Server::both("") {
        let key = |raw: Raw| raw.info["xkey"].as_str().unwrap().to_owned();
        let (one, two) = (Raw::open(server.address), Raw::open(server.address));
        let text = key(one);
        // The sign of x25519 keys, and a checksum that holds.
        let (sign, _) = nkeys::from_public_key(&text).unwrap();
        assert!(text.starts_with('X') && sign == 23 << 3, "{text}");
        assert_eq!(text, key(two), "it is the server's");
    }
}
