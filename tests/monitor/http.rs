//! The HTTP door, as curl, Docker and Prometheus knock at it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::keys;
use super::keys::{CONNZ, JSZ, VARZ};
use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;

const SETTINGS: &str = "http_port: -1\njetstream { store_dir: STORE }";

/// A broker that can be watched, and where.
fn watched(settings: &str) -> (Server, SocketAddr) {
    let server = Server::ours(settings);
    let address = server.handle().unwrap().monitor_address().unwrap();
    (server, address)
}

/// Sends a request as it is; the head and the body of what comes back.
pub fn exchange(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

/// A GET; its status and body.
pub fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let request = format!("GET {path} HTTP/1.0\r\nHost: x\r\n\r\n");
    let (head, body) = exchange(address, &request);
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body)
}

fn json(address: SocketAddr, path: &str) -> Value {
    let (status, body) = get(address, path);
    assert_eq!(status, 200, "{path}: {body}");
    serde_json::from_str(&body).unwrap()
}

#[test]
fn values_have_the_keys_that_tools_read() {
    let (server, http) = watched(SETTINGS);
    let mut client = Raw::connect(server.address, r#""name":"n","lang":"l","version":"v""#);
    client.send("SUB a q 1\r\n");
    client.sync();
    let connz = json(http, "/connz?subs=detail&auth=1");
    let varz = json(http, "/varz");
    for (value, wanted) in [
        (&varz, VARZ),
        (&connz, CONNZ),
        (&json(http, "/jsz?accounts=1"), JSZ),
    ] {
        let found = keys(value);
        let missing: Vec<_> = wanted
            .split_whitespace()
            .filter(|key| !found.contains(*key))
            .collect();
        assert!(missing.is_empty(), "{missing:?} are missing in {value:#}");
    }
    assert_eq!(varz["connections"], 1);
    assert_eq!(varz["http_req_stats"]["/connz"], 1);
    assert_eq!(varz["http_port"], http.port());
    assert_eq!(
        connz["connections"][0]["subscriptions_list_detail"][0]["qgroup"],
        "q"
    );
    for path in [
        "/routez",
        "/gatewayz",
        "/leafz",
        "/subsz",
        "/accountz",
        "/accstatz",
    ] {
        assert_eq!(json(http, path)["server_id"], varz["server_id"], "{path}");
    }
}

#[test]
fn connz_sorts_pages_and_filters() {
    let (server, http) = watched(SETTINGS);
    let mut clients: Vec<Raw> = (0..5).map(|_| Raw::connect(server.address, "")).collect();
    for (n, client) in clients.iter_mut().enumerate() {
        for sid in 0..n {
            client.send(format!("SUB s.{n} {sid}\r\n"));
        }
        client.sync();
    }
    let cids = |path: &str| -> Vec<u64> {
        let list = json(http, path);
        let list = list["connections"].as_array().unwrap();
        list.iter().map(|c| c["cid"].as_u64().unwrap()).collect()
    };
    assert_eq!(cids("/connz"), [1, 2, 3, 4, 5]);
    assert_eq!(cids("/connz?sort=subs"), [5, 4, 3, 2, 1]);
    assert_eq!(cids("/connz?sort=subs&offset=1&limit=2"), [4, 3]);
    assert_eq!(cids("/connz?offset=7"), [0u64; 0]);
    assert_eq!(cids("/connz?cid=3"), [3]);
    assert_eq!(cids("/connz?acc=$G"), cids("/connz"));
    assert_eq!(json(http, "/connz?acc=other")["connections"], Value::Null);
    let page = json(http, "/connz?offset=1&limit=2");
    assert_eq!((&page["total"], &page["num_connections"]), (&5.into(), &2.into()));
    for refused in [
        "sort=stop",
        "sort=odd",
        "auth=maybe",
        "limit=x",
        "state=odd",
        "cid=-1",
    ] {
        assert_eq!(get(http, &format!("/connz?{refused}")).0, 400, "{refused}");
    }
}

#[test]
fn a_login_shows_only_when_asked_for_and_an_end_with_its_reason() {
    let settings = "http_port: -1\naccounts { A { users [{user: u, password: p}] } }";
    let (server, http) = watched(settings);
    let mut client = Raw::connect(server.address, r#""user":"u","pass":"p""#);
    let open = json(http, "/connz");
    assert!(open["connections"][0].get("authorized_user").is_none());
    assert!(open["connections"][0].get("account").is_none());
    let open = json(http, "/connz?auth=1&user=u");
    assert_eq!(open["connections"][0]["authorized_user"], "u");
    assert_eq!(open["connections"][0]["account"], "A");
    client.send("SUB a 1\r\nNONSENSE\r\n");
    while !client.line().is_empty() {}
    let closed = loop {
        let closed = json(http, "/connz?state=closed&subs=1&sort=reason");
        if closed["total"] == 1 {
            break closed;
        }
    };
    assert_eq!(closed["connections"][0]["reason"], "Protocol Violation");
    assert_eq!(closed["connections"][0]["subscriptions_list"][0], "a");
    // Whose subscriptions they were is said of who is gone alone.
    let mut client = Raw::connect(server.address, r#""user":"u","pass":"p""#);
    client.send("SUB b 1\r\n");
    client.sync();
    let detail = |state: &str| {
        let mut list = json(http, &format!("/connz?state={state}&subs=detail"));
        list["connections"][0]["subscriptions_list_detail"][0].take()
    };
    let (open, closed) = (detail("open"), detail("closed"));
    assert_eq!(
        (&closed["subject"], &closed["account"]),
        (&"a".into(), &"A".into())
    );
    assert_eq!(closed["account_tag"], "A");
    assert_eq!((&open["subject"], open.get("account")), (&"b".into(), None));
}

#[test]
fn subsz_counts_what_was_looked_for_and_found() {
    for (more, remembers) in [("", true), ("disable_sublist_cache: true", false)] {
        for server in Server::both(&format!("http: \"127.0.0.1:-1\"\n{more}\n")) {
            let figures = || {
                let subsz = json(server.monitor.unwrap(), "/subsz?acc=$G");
                let of = |name: &str| subsz[name].as_f64().unwrap();
                let changes = ["num_subscriptions", "num_inserts", "num_removes"].map(of);
                let cache = [
                    "num_cache",
                    "num_matches",
                    "cache_hit_rate",
                    "max_fanout",
                    "avg_fanout",
                ];
                (changes, cache.map(of))
            };
            let ([subscriptions, inserts, removes], _) = figures();
            assert_eq!(subscriptions, inserts - removes);
            let mut subscriber = Raw::connect(server.address, "");
            subscriber
                .send("SUB foo 1\r\nSUB foo 2\r\nSUB f*.> 3\r\nSUB * q 4\r\nSUB foo q 5\r\nUNSUB 3\r\n");
            subscriber.sync();
            let publishers: Vec<Raw> = (0..3)
                .map(|_| {
                    let mut publisher = Raw::connect(server.address, "");
                    publisher.send("PUB foo 0\r\n\r\nPUB none.here 0\r\n\r\n".repeat(3));
                    publisher.sync();
                    publisher
                })
                .collect();
            let (changes, [cached, matches, hit_rate, fanout_max, fanout]) = figures();
            assert_eq!(changes, [subscriptions + 4.0, inserts + 5.0, removes + 1.0]);
            assert!(matches >= 4.0, "{matches}");
            // Two and the group.
            let expected = if remembers { 3.0 } else { 0.0 };
            assert_eq!(fanout_max, expected);
            assert_eq!(cached > 1.0, remembers, "{cached}");
            assert_eq!(hit_rate > 0.0 && hit_rate < 1.0, remembers, "{hit_rate}");
            assert_eq!(fanout > 0.0 && fanout < 3.0, remembers, "{fanout}");
            let detail = json(server.monitor.unwrap(), "/accountz?acc=$G");
            assert_eq!(detail["account_detail"]["sublist_stats"]["max_fanout"], expected);
            drop(publishers);
        }
    }
}

#[test]
fn healthz_says_what_is_missing() {
    let (_server, http) = watched(SETTINGS);
    assert_eq!(get(http, "/healthz"), (200, r#"{"status":"ok"}"#.to_owned()));
    for well in ["js-enabled-only=true", "js-server-only=1", "account=$G"] {
        assert_eq!(get(http, &format!("/healthz?{well}")).0, 200, "{well}");
    }
    assert_eq!(get(http, "/healthz?stream=S").0, 400);
    let (status, body) = get(http, "/healthz?account=$G&stream=S");
    assert_eq!(status, 404);
    assert!(
        body.contains(r#"JetStream stream \"S\" not found on account \"$G\""#),
        "{body}"
    );
    let (status, body) = get(http, "/healthz?account=$G&stream=S&details=1");
    assert_eq!(status, 404);
    assert!(
        body.contains(r#""errors":[{"type":"STREAM","account":"$G","stream":"S""#),
        "{body}"
    );
}

#[test]
fn every_value_can_be_had_as_a_script() {
    let (_server, http) = watched(SETTINGS);
    for path in [
        "varz",
        "connz",
        "subsz",
        "subscriptionsz",
        "routez",
        "gatewayz",
        "leafz",
        "jsz",
        "accountz",
        "accstatz",
        "healthz",
        "ipqueuesz",
        "debug/vars",
    ] {
        let (head, body) = exchange(
            http,
            &format!("GET /{path}?callback=show.it HTTP/1.0\r\nHost: x\r\n\r\n"),
        );
        assert!(
            head.starts_with("http/1.0 200") && head.contains("content-type: application/javascript\r\n"),
            "{path}: {head}"
        );
        let value = body
            .strip_prefix("/**/show.it(")
            .and_then(|rest| rest.strip_suffix(')'));
        let value: Value = serde_json::from_str(value.unwrap_or_else(|| panic!("{path}: {body}"))).unwrap();
        assert!(value.is_object(), "{path}");
    }
    // What went wrong is said in the same way.
    let (status, body) = get(http, "/healthz?account=none&callback=f");
    assert_eq!(status, 404);
    assert!(body.starts_with("/**/f({"), "{body}");
}

/// One sample: its name, its labels as they stand there, and its value.
fn sample(line: &str) -> (&str, &str, f64) {
    let end = line.find(['{', ' ']).unwrap();
    let (name, rest) = line.split_at(end);
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => rest.rsplit_once("} ").unwrap(),
        None => ("", &rest[1..]),
    };
    (name, labels, value.parse().unwrap())
}

/// Label values with their escapes undone.
fn labels(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while chars.peek().is_some() {
        let name: String = chars.by_ref().take_while(|c| *c != '=').collect();
        assert_eq!(chars.next(), Some('"'), "{text}");
        let mut value = String::new();
        loop {
            match chars.next().unwrap() {
                '"' => break,
                '\\' => value.push(match chars.next().unwrap() {
                    'n' => '\n',
                    other => other,
                }),
                other => value.push(other),
            }
        }
        assert!(matches!(chars.next(), None | Some(',')), "{text}");
        found.push((name, value));
    }
    found
}

#[test]
fn metrics_keep_to_the_text_format_of_prometheus() {
    let settings = r#"
        http_port: -1
        jetstream { store_dir: STORE }
        accounts { 'a"b\c': { jetstream: enabled, users [{user: u, password: p}] } }"#;
    let (server, http) = watched(settings);
    let mut client = Raw::asking(server.address, r#""user":"u","pass":"p""#);
    client.ask("$JS.API.STREAM.CREATE.S", r#"{"name":"S","subjects":["s"]}"#);
    client.ask(
        "$JS.API.CONSUMER.DURABLE.CREATE.S.C",
        r#"{"stream_name":"S","config":{"durable_name":"C","ack_policy":"explicit"}}"#,
    );
    client.ask("s", "");
    let (status, text) = get(http, "/metrics");
    assert_eq!(status, 200);
    assert!(text.ends_with('\n'));
    let is_name = |name: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty()
    };
    let (mut family, mut families, mut series) = (String::new(), Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            family = help.split(' ').next().unwrap().to_owned();
            assert!(!families.contains(&family), "{family} comes twice");
            families.push(family.clone());
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, family);
            assert!(matches!(kind, "counter" | "gauge"), "{line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (name, of, value) = sample(line);
            assert_eq!(name, family, "a sample stands with its family");
            assert!(is_name(name) && value >= 0.0, "{line}");
            assert!(labels(of).iter().all(|(name, _)| is_name(name)), "{line}");
            assert!(!series.contains(&(name, of)), "{line} comes twice");
            series.push((name, of));
        }
    }
    let pending = series
        .iter()
        .find(|(name, _)| *name == "nats_consumer_pending")
        .unwrap();
    let wanted = [("account", "a\"b\\c"), ("stream", "S"), ("consumer", "C")];
    assert_eq!(
        labels(pending.1),
        wanted.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[test]
fn the_rest_of_http_is_as_usual() {
    let (_server, http) = watched("http_port: -1\nhttp_base_path: /base");
    assert_eq!(get(http, "/varz").0, 404);
    assert_eq!(get(http, "/base/nothing").0, 404);
    assert_eq!(get(http, "/base/").0, 404);
    assert!(get(http, "/base").1.contains("href=\"./base/connz\""));
    let (status, metrics) = get(http, "/base/metrics");
    assert_eq!(status, 200);
    assert!(metrics.contains("\nnats_connections 0\n"), "{metrics}");
    let (_, script) = get(http, "/base/routez?callback=got.it");
    assert!(
        script.starts_with("/**/got.it({") && script.ends_with("})"),
        "{script}"
    );
    assert_eq!(get(http, "/base/routez?callback=alert(1)").0, 400);
    let (head, body) = exchange(
        http,
        "HEAD /base/varz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(
        head.contains("content-length: ") && head.contains("access-control-allow-origin: *"),
        "{head}"
    );
    assert_eq!(body, "");
    let (head, _) = exchange(
        http,
        "POST /base/varz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    );
    assert!(head.starts_with("http/1.1 405"), "{head}");
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(100_000));
    let (head, _) = exchange(http, &long[..20_000]);
    assert!(head.starts_with("http/1.1 4"), "{head}");
    let two = "GET /base/healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /base/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let (_, rest) = exchange(http, two);
    assert_eq!(
        rest.matches("{\"status\":\"ok\"}").count(),
        2,
        "one connection takes several requests"
    );
}
