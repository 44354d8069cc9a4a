//! Exports and imports while the server runs: what monitoring tells of them, answers that do not come, and reloads.

use serde_json::Value;

use super::process::Process;
use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;

const SETTINGS: &str = r#"
http: "127.0.0.1:-1"
accounts {
  A { users: [{user: a, password: a}], exports: [
    {service: slow, threshold: "50ms"}
    {service: q, accounts: [B], latency: {subject: lat, sampling: 40}}
    {stream: "ev.>"}
  ] }
  B { users: [{user: b, password: b}], imports: [
    {service: {account: A, subject: slow}}
    {service: {account: A, subject: q}, to: ask, share: true}
    {stream: {account: A, subject: "ev.>"}, prefix: from}
  ] }
}
"#;

fn login(server: &Server, user: &str) -> Raw {
    let login = format!("\"headers\":true,\"user\":\"{user}\",\"pass\":\"{user}\"");
    Raw::connect(server.address, &login)
}

fn account(server: &Server, name: &str) -> Value {
    let (_, body) = crate::monitor::http::get(server.monitor.unwrap(), &format!("/accountz?acc={name}"));
    serde_json::from_str::<Value>(&body).unwrap()["account_detail"].take()
}

/// Asks from B on `subject`, and says which reply A got.
fn ask(a: &mut Raw, b: &mut Raw, subject: &str) -> String {
    b.send(format!("PUB {subject} in.b 0\r\n\r\n"));
    b.sync();
    let line = a.line_but_ping();
    let reply = line
        .split(' ')
        .nth(3)
        .unwrap_or_else(|| panic!("{line:?}"))
        .to_owned();
    while !a.line().is_empty() {}
    a.line();
    reply
}

#[test]
fn monitoring_tells_what_is_agreed_on_and_what_is_awaited() {
    for server in Server::both(SETTINGS) {
        let (mut a, mut b) = (login(&server, "a"), login(&server, "b"));
        let (of_a, of_b) = (account(&server, "A"), account(&server, "B"));
        let find = |list: &Value, subject: &str| {
            let all = list.as_array().unwrap();
            let found = all.iter().find(|entry| entry["subject"] == subject);
            found.unwrap_or_else(|| panic!("no {subject} in {list}")).clone()
        };
        assert_eq!(
            find(&of_a["exports"], "q"),
            serde_json::json!({
                "subject": "q", "type": "service", "response_type": "Singleton",
                "service_latency": {"sampling": 40, "results": "lat"}, "approved_accounts": ["B"],
            })
        );
        assert_eq!(
            find(&of_a["exports"], "ev.>"),
            serde_json::json!({"subject": "ev.>", "type": "stream"})
        );
        assert_eq!(
            find(&of_b["imports"], "q"),
            serde_json::json!({
                "subject": "q", "account": "A", "to": "ask", "local_subject": "ask", "type": "service",
                "invalid": false, "share": true, "tracking": false,
                "latency": {"sampling": 40, "results": "lat"},
            })
        );
        assert_eq!(
            find(&of_b["imports"], "ev.>"),
            serde_json::json!({
                "subject": "ev.>", "account": "A", "local_subject": "from.ev.>", "type": "stream",
                "invalid": false, "share": false, "tracking": false,
            })
        );
        find(&of_b["imports"], "$SYS.REQ.USER.B.INFO");

        assert!(of_a.get("responses").is_none());
        a.send("SUB slow 1\r\n");
        a.sync();
        b.send("SUB in.b 1\r\n");
        b.sync();
        let reply = ask(&mut a, &mut b, "slow");
        let began = std::time::Instant::now();
        let awaited = account(&server, "A")["responses"][&reply].clone();
        if !awaited.is_null() {
            assert_eq!(
                (&awaited["subject"], &awaited["account"]),
                (&"in.b".into(), &"B".into())
            );
        }
        // It does not come: after the threshold nobody waits any more, and what comes then is lost.
        while account(&server, "A").get("responses").is_some() {
            assert!(began.elapsed() < PATIENCE);
        }
        a.send(format!("PUB {reply} 4\r\nlate\r\n"));
        a.sync();
        b.sync();
    }
}

#[test]
fn nobody_waits_for_an_answer_when_nobody_listens() {
    for server in Server::both(SETTINGS) {
        let (mut a, mut b) = (login(&server, "a"), login(&server, "b"));
        a.send("SUB q 1\r\n");
        a.sync();
        b.send("SUB in.b 1\r\nSUB in.* 2\r\n");
        b.sync();
        ask(&mut a, &mut b, "ask");
        b.send("UNSUB 1\r\n");
        b.sync();
        assert!(
            account(&server, "A").get("responses").is_some(),
            "the pattern still listens"
        );
        b.send("UNSUB 2\r\n");
        b.sync();
        assert!(account(&server, "A").get("responses").is_none());
        // The same when the one who asked is gone.
        b.send("SUB in.b 1\r\n");
        ask(&mut a, &mut b, "ask");
        drop(b);
        let began = std::time::Instant::now();
        while account(&server, "A").get("responses").is_some() {
            assert!(began.elapsed() < PATIENCE);
        }
    }
}

fn settings(exports: &str, imports: &str) -> String {
    format!(
        "accounts {{
           A {{ users: [{{user: a, password: a}}], exports: [{exports}] }}
           B {{ users: [{{user: b, password: b}}], imports: [{imports}] }}
         }}\n"
    )
}

#[test]
fn a_reload_makes_and_ends_agreements_under_running_clients() {
    let exports = r#"{stream: "ev.>"}, {service: q}"#;
    let process = Process::start(&settings(exports, ""), &[]);
    let connect = |user: &str| {
        let login =
            format!("\"headers\":true,\"no_responders\":true,\"user\":\"{user}\",\"pass\":\"{user}\"");
        Raw::connect(process.address, &login)
    };
    let (mut a, mut b) = (connect("a"), connect("b"));
    a.send("SUB q 1\r\n");
    a.sync();
    b.send("SUB from.ev.* 1\r\nSUB in 2\r\n");
    b.sync();
    let nobody = |b: &mut Raw| {
        b.send("PUB q in 0\r\n\r\n");
        b.line().starts_with("HMSG in 2 ") && b.line() == "NATS/1.0 503" && b.line() == "Nats-Subject: q" && {
            b.line();
            b.line().is_empty()
        }
    };
    assert!(nobody(&mut b));
    a.send("PUB ev.1 0\r\n\r\n");
    a.sync();

    let imports =
        r#"{stream: {account: A, subject: "ev.>"}, prefix: from}, {service: {account: A, subject: q}}"#;
    process.reload_well(&settings(exports, imports));
    a.send("PUB ev.2 0\r\n\r\n");
    assert_eq!([b.line(), b.line()], ["MSG from.ev.2 1 0", ""]);
    b.send("PUB q in 2\r\nhi\r\n");
    assert!(a.line().starts_with("HMSG q 1 _R_."));
    while !a.line().is_empty() {}
    assert_eq!(a.line(), "hi");

    // What is wrong changes nothing.
    process.reload(&settings("", imports));
    process.wait_for_log("Error adding stream import \"ev.>\": stream import not authorized");
    a.send("PUB ev.3 0\r\n\r\n");
    assert_eq!([b.line(), b.line()], ["MSG from.ev.3 1 0", ""]);

    process.reload_well(&settings(exports, ""));
    assert!(nobody(&mut b));
    a.send("PUB ev.4 0\r\n\r\n");
    a.sync();
    b.sync();
}
