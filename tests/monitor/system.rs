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

/// The next message: its subject and body.
fn message(client: &mut Raw) -> (String, String) {
    let line = client.line();
    let subject = line
        .split(' ')
        .nth(1)
        .unwrap_or_else(|| panic!("no message: {line:?}"));
    (subject.to_owned(), client.line())
}

fn ask(client: &mut Raw, subject: &str, payload: &str) -> Value {
    client.send(format!("PUB {subject} answer {}\r\n{payload}\r\n", payload.len()));
    let (to, body) = message(client);
    assert_eq!(to, "answer");
    serde_json::from_str(&body).unwrap_or_else(|_| panic!("{subject} is not answered: {body}"))
}

fn asking(server: &Server, login: &str) -> Raw {
    let mut client = Raw::connect(server.address, login);
    client.send("SUB answer 1\r\n");
    client.sync();
    client
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
            let answer = ask(&mut client, &format!("$SYS.REQ.SERVER.{target}.{value}"), "{}");
            assert_eq!(answer["server"]["id"], id, "{value}");
            assert_eq!(answer["data"]["server_id"], id, "{value}");
        }
    }
    assert_eq!(ask(&mut client, "$SYS.REQ.SERVER.PING.IDZ", "")["id"], id);
    for subject in ["$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.STATSZ"] {
        assert_eq!(ask(&mut client, subject, "")["statsz"]["connections"], 1);
    }
    let health = ask(&mut client, "$SYS.REQ.SERVER.PING.HEALTHZ", "");
    assert_eq!(health["data"], json!({"status": "ok", "status_code": 200}));
    let answer = ask(
        &mut client,
        "$SYS.REQ.SERVER.PING.CONNZ",
        r#"{"auth":true,"limit":1}"#,
    );
    assert_eq!(answer["data"]["connections"][0]["authorized_user"], "s");
    assert_eq!(
        ask(&mut client, "$SYS.REQ.SERVER.PING.VARZ", "{")["error"]["code"],
        400
    );
    let answer = ask(&mut client, "$SYS.REQ.ACCOUNT.nobody.INFO", "");
    assert_eq!(
        answer["error"],
        json!({"code": 500, "description": "Account nobody does not exist"})
    );
    assert_eq!(
        ask(&mut client, "$SYS.REQ.ACCOUNT.SYS.STATZ", "")["data"]["account_statz"][0]["conns"],
        1
    );
    assert_eq!(ask(&mut client, "$SYS.REQ.ACCOUNT.SYS.CONNS", "")["conns"], 1);
    // Another server is meant, so there is no answer, and the next one is the first to come.
    client.send("PUB $SYS.REQ.SERVER.PING.VARZ other 25\r\n{\"server_name\":\"another\"}\r\n");
    assert_eq!(ask(&mut client, "$SYS.REQ.SERVER.PING.IDZ", "")["id"], id);
}

#[test]
fn others_see_themselves_alone() {
    let server = Server::ours(SETTINGS);
    let _other = asking(&server, SYSTEM);
    let mut client = asking(&server, ORDINARY);
    let who = ask(&mut client, "$SYS.REQ.USER.INFO", "");
    assert_eq!(
        who["data"],
        json!({"user": "a", "account": "A", "account_name": "A"})
    );
    for subject in ["$SYS.REQ.SERVER.PING.CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"] {
        assert_eq!(ask(&mut client, subject, "")["data"]["total"], 1);
        assert_eq!(ask(&mut client, subject, r#"{"acc":"SYS"}"#)["data"]["total"], 1);
    }
    let stats = ask(
        &mut client,
        "$SYS.REQ.ACCOUNT.PING.STATZ",
        r#"{"accounts":["SYS"]}"#,
    );
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
    watcher.send("SUB $SYS.ACCOUNT.A.> 2\r\nSUB $SYS.SERVER.*.CLIENT.AUTH.ERR 3\r\n");
    watcher.sync();
    let mut client = asking(&server, &format!(r#"{ORDINARY},"name":"me","lang":"x""#));
    let (subject, body) = message(&mut watcher);
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(subject, "$SYS.ACCOUNT.A.CONNECT");
    assert_eq!(event["type"], "io.nats.server.advisory.v1.client_connect");
    assert_eq!(
        (&event["client"]["name"], &event["client"]["user"]),
        (&"me".into(), &"a".into())
    );
    assert_eq!(message(&mut watcher).0, "$SYS.ACCOUNT.A.SERVER.CONNS");

    let cid = event["client"]["id"].as_u64().unwrap();
    let kicked = format!("{{\"cid\":{cid}}}");
    watcher.send(format!(
        "PUB $SYS.REQ.SERVER.{id}.KICK answer {}\r\n{kicked}\r\n",
        kicked.len()
    ));
    let (subject, body) = message(&mut watcher);
    assert!(subject == "answer" && !body.contains("error"), "{body}");
    let (subject, body) = message(&mut watcher);
    let event: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(subject, "$SYS.ACCOUNT.A.DISCONNECT");
    assert_eq!(event["reason"], "Kicked");
    assert_eq!(message(&mut watcher).0, "$SYS.ACCOUNT.A.SERVER.CONNS");
    assert_eq!(client.line(), "");

    let mut refused = Raw::open(server.address);
    refused.send("CONNECT {\"user\":\"a\",\"pass\":\"wrong\"}\r\n");
    let (subject, body) = message(&mut watcher);
    assert_eq!(subject, format!("$SYS.SERVER.{id}.CLIENT.AUTH.ERR"));
    assert!(body.contains("Authentication Failure"), "{body}");
}

#[test]
fn a_client_is_asked_to_look_elsewhere() {
    let server = Server::ours(SETTINGS);
    let mut system = asking(&server, SYSTEM);
    let id = system.info["server_id"].as_str().unwrap().to_owned();
    let mut client = asking(&server, ORDINARY);
    let cid = client.info["client_id"].as_u64().unwrap();
    let done = ask(
        &mut system,
        &format!("$SYS.REQ.SERVER.{id}.LDM"),
        &format!("{{\"cid\":{cid}}}"),
    );
    assert!(done.get("error").is_none(), "{done}");
    assert!(client.line().contains("\"ldm\":true"));
    let missing = ask(&mut system, &format!("$SYS.REQ.SERVER.{id}.LDM"), "{\"cid\":999}");
    assert_eq!(missing["error"]["description"], "no such client id");
}
