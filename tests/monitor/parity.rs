//! Every value with every parameter: its status and its keys. `GOINGNATS_REFERENCE=<nats-server>` holds ours
//! against the real one under the same small load.

use std::collections::BTreeSet;
use std::time::Instant;

use serde_json::Value;

use super::http::get;
use super::keys;
use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;

const SETTINGS: &str = "server_name: s
http: \"127.0.0.1:-1\"
jetstream { store_dir: STORE, max_mem: 100MB, max_file: 1GB }
accounts {
  A { jetstream: enabled, users: [{user: a, password: a}] }
  SYS { users: [{user: s, password: s}] }
}
system_account: SYS
";

const PATHS: &[(&str, u16)] = &[
    ("varz", 200),
    ("connz", 200),
    ("connz?auth=1&subs=detail", 200),
    ("connz?subs=1&auth=1", 200),
    ("connz?state=closed&auth=1", 200),
    ("connz?state=all", 200),
    ("connz?state=odd", 400),
    ("connz?sort=odd", 400),
    ("connz?sort=stop", 400),
    ("connz?sort=reason&state=closed", 200),
    ("connz?sort=idle", 200),
    ("connz?sort=rtt", 200),
    ("connz?sort=uptime", 200),
    ("connz?limit=x", 400),
    ("connz?offset=1&limit=1", 200),
    ("connz?cid=99", 200),
    ("connz?user=a&auth=1", 200),
    ("connz?mqtt_client=x", 200),
    ("subsz", 200),
    ("subsz?subs=1", 200),
    ("subsz?subs=1&test=foo&acc=A", 200),
    ("subscriptionsz", 200),
    ("routez", 200),
    ("routez?subs=x", 400),
    ("gatewayz", 200),
    ("gatewayz?accs=1", 200),
    ("leafz", 200),
    ("leafz?subs=x", 400),
    ("accountz", 200),
    ("accountz?acc=A", 200),
    ("accountz?acc=X", 400),
    ("accstatz", 200),
    ("accstatz?unused=1", 200),
    ("accstatz?unused=x", 400),
    ("jsz", 200),
    ("jsz?accounts=1", 200),
    ("jsz?accounts=1&streams=1&consumers=1&config=1", 200),
    ("jsz?acc=A&consumers=1", 200),
    ("jsz?acc=X", 200),
    ("jsz?raft=1&acc=A&consumers=1", 200),
    ("jsz?limit=x", 400),
    ("healthz", 200),
    ("healthz?js-enabled-only=1", 200),
    ("healthz?js-server-only=1", 200),
    ("healthz?js-meta-only=1", 200),
    ("healthz?js-enabled=x", 400),
    ("healthz?account=A&stream=S", 200),
    ("healthz?account=A&stream=S&consumer=C", 200),
    ("healthz?account=A&stream=N", 404),
    ("healthz?account=A&stream=S&consumer=N", 404),
    ("healthz?account=X", 404),
    ("healthz?stream=S", 400),
    ("healthz?account=A&consumer=C", 400),
    ("healthz?account=A&stream=N&details=1", 404),
    ("ipqueuesz", 200),
    ("raftz", 404),
    ("stacksz", 200),
    ("debug/vars", 200),
    ("", 200),
    ("nothing", 404),
];

/// What ours does not say: what Go's collector does.
const MISSING: &[&str] = &["memstats"];

/// A stream with a consumer, a client with a subscription, and one that has gone.
fn load(server: &Server) -> [Raw; 2] {
    let login = r#""user":"a","pass":"a","name":"n","lang":"l","version":"v""#;
    let mut client = Raw::asking(server.address, login);
    for (subject, config) in [
        (
            "$JS.API.STREAM.CREATE.S",
            r#"{"name":"S","subjects":["s"],"retention":"limits","storage":"file","num_replicas":1}"#,
        ),
        (
            "$JS.API.CONSUMER.DURABLE.CREATE.S.C",
            r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
        ),
    ] {
        let answer = client.ask(subject, config);
        assert!(answer.get("error").is_none(), "{answer}");
    }
    client.send("PUB s 2\r\nhi\r\n");
    client.sync();
    let mut subscriber = Raw::connect(server.address, login);
    subscriber.send("SUB foo q 1\r\nSUB foo 2\r\nUNSUB 2 9\r\n");
    subscriber.sync();
    drop(Raw::connect(server.address, login));
    let began = Instant::now();
    loop {
        let (_, closed) = get(server.monitor.unwrap(), "/connz?state=closed");
        let closed: Value = serde_json::from_str(&closed).unwrap();
        if closed["total"].as_u64() > Some(0) {
            return [client, subscriber];
        }
        assert!(began.elapsed() < PATIENCE, "{closed}");
    }
}

/// The keys of a JSON answer; nothing for other text.
fn keys_at(server: &Server, path: &str) -> BTreeSet<String> {
    let (_, body) = get(server.monitor.unwrap(), &format!("/{path}"));
    let value = serde_json::from_str(&body).unwrap_or(Value::Null);
    // What was asked for before is counted under its own name.
    let counted = |key: &String| !key.starts_with("http_req_stats.");
    keys(&value).into_iter().filter(counted).collect()
}

#[test]
fn every_value_has_its_status_and_its_keys() {
    let ours = Server::ours(SETTINGS);
    let _clients = load(&ours);
    for (path, status) in PATHS {
        let (found, body) = get(ours.monitor.unwrap(), &format!("/{path}"));
        assert_eq!(found, *status, "{path}: {body}");
    }
    let Some(reference) = Server::reference(SETTINGS) else {
        return;
    };
    let _others = load(&reference);
    let mut differences = Vec::new();
    for (path, status) in PATHS {
        let (found, _) = get(reference.monitor.unwrap(), &format!("/{path}"));
        if found != *status {
            differences.push(format!("{path}: nats-server answers {found}"));
        }
        let (own, real) = (keys_at(&ours, path), keys_at(&reference, path));
        let known = |key: &&String| !MISSING.iter().any(|missing| key.starts_with(missing));
        let missing: Vec<_> = real.difference(&own).filter(known).collect();
        let surplus: Vec<_> = own.difference(&real).collect();
        if !missing.is_empty() || !surplus.is_empty() {
            differences.push(format!("{path}: without {missing:?}, with {surplus:?}"));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}
