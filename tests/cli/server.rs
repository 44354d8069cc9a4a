//! What a server tells the system account.

use std::process::Command;

use serde_json::Value;

use super::text;
use crate::support::server::Server;

const SETTINGS: &str = "\
jetstream: { store_dir: STORE }
server_name: tjener
accounts: {
  $SYS: { users: [ { user: admin, password: admin } ] }
  APP: { jetstream: enabled, users: [ { user: app, password: app } ] }
}
no_auth_user: app
";

fn said(server: &Server, login: &[&str], line: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_goingnats"))
        .arg("nats")
        .args(["--no-context", "-s", &server.url()])
        .args(login)
        .args(line.split(' '))
        .output()
        .unwrap();
    (
        output.status.success(),
        text(&output.stdout) + &text(&output.stderr),
    )
}

#[test]
fn only_the_system_account_is_told() {
    let server = Server::ours(SETTINGS);
    for line in ["server list", "server info"] {
        let (success, text) = said(&server, &["--timeout", "300ms"], line);
        assert!(!success && text.contains("system privileges"), "{line}: {text}");
    }
    let (success, text) = said(&server, &["--timeout", "300ms"], "server ping");
    assert!(success && text.contains("no responses received"), "{text}");
    // Its own connections are every account's to see.
    let (success, text) = said(&server, &["--timeout", "300ms"], "server report connections");
    assert!(
        success && text.contains("APP") && !text.contains("$SYS"),
        "{text}"
    );
}

#[test]
fn a_server_tells_of_itself() {
    tells_of_itself(&Server::ours(SETTINGS));
    if let Some(reference) = Server::reference(SETTINGS) {
        tells_of_itself(&reference);
    }
}

fn tells_of_itself(server: &Server) {
    let admin = ["--user", "admin", "--password", "admin"];
    let ask = |line: &str| {
        let (success, text) = said(server, &admin, line);
        assert!(success, "{line}: {text}");
        text
    };
    let json = |line: &str| -> Value { serde_json::from_str(&ask(line)).unwrap() };
    let ping = ask("server ping");
    assert!(
        ping.contains("tjener") && ping.contains("1 replies max: "),
        "{ping}"
    );
    assert_eq!(json("server list -j")[0]["server"]["name"], "tjener");
    assert!(ask("server ls --sort name").contains("tjener"));
    assert_eq!(json("server info tjener -j")["server_name"], "tjener");
    let info = ask("server info");
    assert!(
        info.contains("Server information for tjener") && info.contains("Storage Directory"),
        "{info}"
    );
    let connections = json("server report connections -j");
    assert_eq!(connections[0]["account"], "$SYS");
    assert_eq!(connections[0]["server"]["name"], "tjener");
    assert!(ask("server report connz --sort cid").contains("Connections per server"));
}
