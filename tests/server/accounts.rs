//! Accounts on the wire: kept apart, limited, with mappings and permissions of their own.

use crate::support::raw::Raw;
use crate::support::server::Server;

const SETTINGS: &str = r#"
accounts {
  A {
    users: [{user: a, password: a}]
    mappings: { old: new, "order.*": "orders.{{wildcard(1)}}", half: [{destination: half, weight: 0}] }
    limits { max_connections: 2, max_subscriptions: 1, max_payload: 8 }
  }
  B { users: [
    {user: b, password: b}
    {user: s, password: s, permissions: {
      publish: "q"
      subscribe: {allow: ["foo.*", "in"], deny: "foo.secret"}
      allow_responses: {max: 2}
    }}
  ] }
}
no_auth_user: b
"#;

fn login(server: &Server, user: &str) -> Raw {
    Raw::connect(
        server.address,
        &format!("\"user\":\"{user}\",\"pass\":\"{user}\""),
    )
}

fn lines(raw: &mut Raw, send: &str) -> Vec<String> {
    raw.send(send);
    raw.send("PING\r\n");
    let mut lines = Vec::new();
    loop {
        match raw.line() {
            line if line == "PONG" => return lines,
            line => lines.push(line),
        }
    }
}

#[test]
fn accounts_hear_nothing_of_each_other() {
    for server in Server::both(SETTINGS) {
        let (mut a, mut b) = (login(&server, "a"), login(&server, "b"));
        lines(&mut a, "SUB > 1\r\n");
        lines(&mut b, "PUB x 1\r\nb\r\n");
        assert_eq!(lines(&mut a, "PUB x 1\r\na\r\n"), ["MSG x 1 1", "a"]);
        // Who says nothing of itself comes in as the user that is named for that.
        let mut anonymous = Raw::open(server.address);
        assert!(anonymous.info.get("auth_required").is_none());
        lines(&mut anonymous, "CONNECT {\"verbose\":false}\r\nSUB x 1\r\n");
        lines(&mut b, "PUB x 1\r\nb\r\n");
        assert_eq!(lines(&mut anonymous, ""), ["MSG x 1 1", "b"]);
    }
}

#[test]
fn an_account_has_limits() {
    for server in Server::both(SETTINGS) {
        let mut first = login(&server, "a");
        assert_eq!(
            lines(&mut first, "SUB x 1\r\nSUB y 2\r\n"),
            ["-ERR 'maximum subscriptions exceeded'"]
        );
        let _second = login(&server, "a");
        let mut third = Raw::open(server.address);
        third.send("CONNECT {\"verbose\":false,\"user\":\"a\",\"pass\":\"a\"}\r\n");
        assert_eq!(third.line(), "-ERR 'maximum account active connections exceeded'");
        assert_eq!(third.line(), "");
        first.send("PUB x 9\r\n");
        assert_eq!(first.line(), "-ERR 'Maximum Payload Violation'");
    }
}

#[test]
fn published_subjects_are_mapped() {
    for server in Server::both(SETTINGS) {
        let mut a = login(&server, "a");
        lines(&mut a, "SUB > 1\r\n");
        let found = lines(
            &mut a,
            "PUB old 1\r\nx\r\nPUB order.7 re 0\r\n\r\nPUB half 1\r\ny\r\nPUB same 1\r\nz\r\n",
        );
        assert_eq!(
            found,
            ["MSG new 1 1", "x", "MSG orders.7 1 re 0", "", "MSG same 1 1", "z"]
        );
    }
}

#[test]
fn permissions_hold_on_both_ways() {
    for server in Server::both(SETTINGS) {
        let (mut s, mut b) = (login(&server, "s"), login(&server, "b"));
        assert_eq!(
            lines(
                &mut s,
                "SUB bar 1\r\nPUB nope 0\r\n\r\nPUB nope 0\r\n\r\nSUB foo.secret q 3\r\n"
            ),
            [
                "-ERR 'Permissions Violation for Subscription to \"bar\"'",
                "-ERR 'Permissions Violation for Publish to \"nope\"'",
                "-ERR 'Permissions Violation for Publish to \"nope\"'",
                "-ERR 'Permissions Violation for Subscription to \"foo.secret\" using queue \"q\"'",
            ]
        );
        // As nats-server has it, a wider subscription passes; what is denied is kept from it.
        assert_eq!(lines(&mut s, "SUB foo.> 4\r\nSUB in 5\r\n"), [""; 0]);
        lines(
            &mut b,
            "SUB re.* 1\r\nPUB foo.secret 0\r\n\r\nPUB foo.a.b 0\r\n\r\nPUB in re.1 0\r\n\r\n",
        );
        assert_eq!(lines(&mut s, ""), ["MSG foo.a.b 4 0", "", "MSG in 5 re.1 0", ""]);
        // Two answers are allowed, to that reply alone.
        assert_eq!(
            lines(
                &mut s,
                "PUB re.2 0\r\n\r\nPUB re.1 0\r\n\r\nPUB re.1 0\r\n\r\nPUB re.1 0\r\n\r\n"
            ),
            [
                "-ERR 'Permissions Violation for Publish to \"re.2\"'",
                "-ERR 'Permissions Violation for Publish to \"re.1\"'",
            ]
        );
        assert_eq!(lines(&mut b, ""), ["MSG re.1 1 0", "", "MSG re.1 1 0", ""]);
    }
}
