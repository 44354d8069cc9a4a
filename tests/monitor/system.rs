//! The system account, as the `nats server` commands use it.

use serde_json::{Value, json};

use crate::support::raw::Raw;
use crate::support::server::Server;

const SETTINGS: &str = "accounts {
    A { users [{user: a, password: p}] }
    SYS { users [{user: s, password: p}] }
}
system_account: SYS";

const SYSTEM: &str = r#""user":"s","pass":"p","headers":true,"no_responders":true"#;
const ORDINARY: &str = r#""user":"a","pass":"p","headers":true,"no_responders":true"#;

fn asking(server: &Server, login: &str) -> Raw {
    Raw::asking(server.address, login)
}

#[test]
fn answers_stand_in_their_envelopes() {
    let server = Server::ours(SETTINGS);
    let mut client = asking(&server, SYSTEM);
    let id = client.info["server_id"].as_str().unwrap().to_owned();
    for value in [
        "VARZ", "CONNZ", "SUBSZ", "ROUTEZ", "GATEWAYZ", "LEAFZ", "ACCOUNTZ", "JSZ",
    ] {
        for target in ["PING", &id] {
            let answer = client.ask(&format!("$SYS.REQ.SERVER.{target}.{value}"), "{}");
            assert_eq!(answer["server"]["id"], id, "{value}");
            assert_eq!(answer["data"]["server_id"], id, "{value}");
        }
    }
    assert_eq!(client.ask("$SYS.REQ.SERVER.PING.IDZ", "")["id"], id);
    for subject in ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.STATSZ"] {
        assert_eq!(client.ask(subject, "")["statsz"]["connections"], 1);
    }
    let health = client.ask("$SYS.REQ.SERVER.PING.HEALTHZ", "");
    assert_eq!(health["data"], json!({"status": "ok", "status_code": 200}));
    let answer = client.ask("$SYS.REQ.SERVER.PING.CONNZ", r#"{"auth":true,"limit":1}"#);
    assert_eq!(answer["data"]["connections"][0]["authorized_user"], "s");
    assert_eq!(client.ask("$SYS.REQ.SERVER.PING.VARZ", "{")["error"]["code"], 400);
    let answer = client.ask("$SYS.REQ.ACCOUNT.nobody.INFO", "");
    assert_eq!(
        answer["error"],
        json!({"code": 500, "description": "Account nobody does not exist"})
    );
    assert_eq!(
        client.ask("$SYS.REQ.ACCOUNT.SYS.STATZ", "")["data"]["account_statz"][0]["conns"],
        1
    );
    assert_eq!(client.ask("$SYS.REQ.ACCOUNT.SYS.CONNS", "")["conns"], 1);
    // Another server is meant, so there is no answer, and the next one is the first to come.
    client.send("PUB $SYS.REQ.SERVER.PING.VARZ other 25\r\n{\"server_name\":\"another\"}\r\n");
    assert_eq!(client.ask("$SYS.REQ.SERVER.PING.IDZ", "")["id"], id);
}

#[test]
fn others_see_themselves_alone() {
    let server = Server::ours(SETTINGS);
    let _other = asking(&server, SYSTEM);
    let mut client = asking(&server, ORDINARY);
    let who = client.ask("$SYS.REQ.USER.INFO", "");
    assert_eq!(
        who["data"],
        json!({"user": "a", "account": "A", "account_name": "A"})
    );
    for subject in ["$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"] {
        assert_eq!(client.ask(subject, "")["data"]["total"], 1);
        assert_eq!(client.ask(subject, r#"{"acc":"SYS"}"#)["data"]["total"], 1);
    }
    let stats = client.ask("$SYS.REQ.ACCOUNT.PING.STATZ", r#"{"accounts":["SYS"]}"#);
    assert_eq!(stats["data"]["account_statz"][0]["acc"], "A");
    client.send("PUB $SYS.REQ.SERVER.PING.VARZ answer 0\r\n\r\n");
    assert!(
        client.line().starts_with("HMSG answer 1 "),
        "nobody answers that here"
    );
}

#[test]
fn clients_are_seen_to_come_to_be_refused_and_to_go() {
    let server = Server::ours(SETTINGS);
    let mut watcher = asking(&server, SYSTEM);
    let id = watcher.info["server_id"].as_str().unwrap().to_owned();
    for subject in [
        "$SYS.ACCOUNT.A.>",
        "$SYS.ACCOUNT.$G.>",
        "$SYS.SERVER.ACCOUNT.A.CONNS",
        "$SYS.SERVER.*.CLIENT.AUTH.ERR",
    ] {
        watcher.send(format!("SUB {subject} {}\r\n", subject.len()));
    }
    watcher.sync();
    let mut next = 0;
    // How many there are is said on the old subject and on the new one, each time in a message of its own.
    let mut count = |watcher: &mut Raw, there: u64| {
        for expected in ["$SYS.SERVER.ACCOUNT.A.CONNS", "$SYS.ACCOUNT.A.SERVER.CONNS"] {
            let (subject, body) = watcher.message();
            let event: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((subject.as_str(), &event["conns"]), (expected, &there.into()));
            let seq = event["server"]["seq"].as_u64().unwrap();
            assert!(seq > std::mem::replace(&mut next, seq));
        }
    };
    let mut client = asking(&server, &format!(r#"{ORDINARY},"name":"me","lang":"x""#));
    count(&mut watcher, 1);
    let (subject, body) = watcher.message();
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(subject, "$SYS.ACCOUNT.A.CONNECT");
    assert_eq!(event["type"], "io.nats.server.advisory.v1.client_connect");
    assert_eq!(
        (&event["client"]["name"], &event["client"]["user"]),
        (&"me".into(), &"a".into())
    );

    let cid = event["client"]["id"].as_u64().unwrap();
    let kicked = format!("{{\"cid\":{cid}}}");
    watcher.send(format!(
        "PUB $SYS.REQ.SERVER.{id}.KICK answer {}\r\n{kicked}\r\n",
        kicked.len()
    ));
    let (subject, body) = watcher.message();
    assert!(subject == "answer" && !body.contains("error"), "{body}");
    count(&mut watcher, 0);
    let (subject, body) = watcher.message();
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(subject, "$SYS.ACCOUNT.A.DISCONNECT");
    assert_eq!(event["reason"], "Kicked");
    assert_eq!(client.line(), "");

    let mut refused = Raw::open(server.address);
    refused.send("CONNECT {\"user\":\"a\",\"pass\":\"wrong\"}\r\n");
    let (subject, body) = watcher.message();
    assert_eq!(subject, format!("$SYS.SERVER.{id}.CLIENT.AUTH.ERR"));
    assert!(body.contains("Authentication Failure"), "{body}");
    // Until it logs in a client is in the global account, of which no numbers are told.
    let (subject, body) = watcher.message();
    assert_eq!(subject, "$SYS.ACCOUNT.$G.DISCONNECT");
    assert!(body.contains("Authentication Failure"), "{body}");
    drop(Raw::open(server.address));
    let (subject, body) = watcher.message();
    assert_eq!(subject, "$SYS.ACCOUNT.$G.DISCONNECT");
    assert!(body.contains("Client Closed"), "{body}");
}

#[test]
fn the_system_account_deletes_all_streams_of_another() {
    let server = Server::ours(
        "jetstream { store_dir: STORE }
        accounts {
            A { users [{user: a, password: p}], jetstream: enabled }
            B { users [{user: b, password: p}], jetstream: enabled }
            SYS { users [{user: s, password: p}] }
        }
        system_account: SYS",
    );
    let mut system = asking(&server, SYSTEM);
    let mut users = ["a", "b"].map(|name| {
        let login = format!(r#""user":"{name}","pass":"p","headers":true,"no_responders":true"#);
        asking(&server, &login)
    });
    for user in &mut users {
        for (name, storage) in [("F", "file"), ("M", "memory")] {
            let config = json!({"name": name, "subjects": [name], "storage": storage}).to_string();
            let made = user.ask(&format!("$JS.API.STREAM.CREATE.{name}"), &config);
            assert_eq!(made["did_create"], true, "{made}");
        }
    }
    let purge = "$JS.API.ACCOUNT.PURGE.A";
    // Nobody else may.
    users[1].send(format!("PUB {purge} answer 0\r\n\r\n"));
    users[1].sync();
    assert_eq!(users[0].ask("$JS.API.INFO", "")["streams"], 2);
    let done = json!({"type": "io.nats.jetstream.api.v1.account_purge_response", "initiated": true});
    assert_eq!(system.ask(purge, ""), done);
    assert_eq!(users[0].ask("$JS.API.INFO", "")["streams"], 0);
    assert_eq!(users[1].ask("$JS.API.INFO", "")["streams"], 2);
    let made = users[0].ask("$JS.API.STREAM.CREATE.F", r#"{"name":"F","subjects":["F"]}"#);
    assert_eq!(made["did_create"], true, "{made}");
    assert_eq!(system.ask("$JS.API.ACCOUNT.PURGE.nobody", ""), done);
}

#[test]
fn a_client_is_asked_to_look_elsewhere() {
    let server = Server::ours(SETTINGS);
    let mut system = asking(&server, SYSTEM);
    let id = system.info["server_id"].as_str().unwrap().to_owned();
    let mut client = asking(&server, ORDINARY);
    let cid = client.info["client_id"].as_u64().unwrap();
    let done = system.ask(
        &format!("$SYS.REQ.SERVER.{id}.LDM"),
        &format!("{{\"cid\":{cid}}}"),
    );
    assert!(done.get("error").is_none(), "{done}");
    assert!(client.line().contains("\"ldm\":true"));
    let missing = system.ask(&format!("$SYS.REQ.SERVER.{id}.LDM"), "{\"cid\":999}");
    assert_eq!(missing["error"]["description"], "no such client id");
}

#[test]
fn subscribers_are_counted_for_debugging() {
    let server = Server::ours(SETTINGS);
    let mut system = asking(&server, SYSTEM);
    let mut client = asking(&server, ORDINARY);
    client.send("SUB foo.bar 2\r\nSUB foo.* q 3\r\nSUB other 4\r\n");
    client.sync();
    for (payload, count) in [("foo.bar", 2), ("foo.bar q", 1), ("foo.>", 2), ("nobody", 0)] {
        assert_eq!(client.ask("$SYS.DEBUG.SUBSCRIBERS", payload), count, "{payload}");
    }
    for (payload, count) in [
        (r#"{"acc":"A","subject":"foo.bar"}"#, 2),
        (r#"{"acc":"A","subject":"foo.>","queue":"cQ=="}"#, 1),
    ] {
        assert_eq!(system.ask("$SYS.REQ.ACCOUNT.NSUBS", payload), count, "{payload}");
    }
}

#[test]
fn a_refused_login_is_told_with_what_it_claimed() {
    let server = Server::ours(SETTINGS);
    let mut watcher = asking(&server, SYSTEM);
    watcher.send("SUB $SYS.SERVER.*.CLIENT.AUTH.ERR 2\r\n");
    watcher.sync();
    for (claim, user) in [
        (r#""user":"a","pass":"wrong""#, "a"),
        (r#""auth_token":"secret""#, "[REDACTED]"),
    ] {
        let mut refused = Raw::open(server.address);
        refused.send(format!(
            "CONNECT {{{claim},\"name\":\"n\",\"lang\":\"l\",\"version\":\"v\"}}\r\n"
        ));
        let event: Value = serde_json::from_str(&watcher.message().1).unwrap();
        let client = &event["client"];
        assert_eq!(client["user"], user);
        assert_eq!(
            (&client["name"], &client["lang"], &client["ver"]),
            (&"n".into(), &"l".into(), &"v".into())
        );
    }
}
