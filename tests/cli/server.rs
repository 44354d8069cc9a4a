//! What a server tells the system account.

use std::process::Command;

use serde_json::Value;

use super::table::{Done, Ends, Fails, Gives, Json, Says, prove_as};
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

/// A system account, and one with streams.
const SYSTEM: &[&str] = &["--user", "admin", "--password", "admin"];
const APP: &[&str] = &["--user", "app", "--password", "app"];

#[test]
fn the_system_account_reports_and_requests() {
    prove_as(
        SETTINGS,
        SYSTEM,
        &[
            ("server list --json", Says("tjener")),
            ("server request variables", Says("\"server_name\":\"tjener\"")),
            ("server request varz --name tjener", Says("\"max_payload\"")),
            (
                "server request connections --sort cid",
                Says("\"num_connections\""),
            ),
            (
                "server request connz --filter-account APP --filter-empty",
                Gives(""),
            ),
            (
                "server request subscriptions --detail",
                Says("\"num_subscriptions\""),
            ),
            ("server request jetstream --all", Says("\"account_details\"")),
            ("server request healthz", Says("\"status\":\"ok\"")),
            ("server request accounts", Says("\"APP\"")),
            (
                "server request accounts --account APP",
                Says("\"account_detail\""),
            ),
            ("server request leafnodes", Says("\"server\"")),
            ("server request routes", Says("\"server\"")),
            ("server request gateways", Says("\"server\"")),
            ("server report connections", Says("Connections per server")),
            ("server report accounts", Says("Accounts Overview")),
            ("server report accounts --json", Says(r#""account": "$SYS""#)),
            ("server report jetstream", Says("JetStream Summary")),
            (
                "server report jetstream --account APP",
                Says("JetStream Summary for Account APP"),
            ),
            ("server report health", Says("Health Report")),
            ("server report cpu --json", Says("tjener")),
            ("server report mem --json", Says("tjener")),
            (
                "server account info APP --json",
                Json("/account_name", r#""APP""#),
            ),
            (
                "server account info APP",
                Says("Account information for account APP"),
            ),
            (
                "server check server --name tjener --js-required",
                Says("OK tjener OK:JetStream enabled"),
            ),
            (
                "server check server --name tjener --tls-required",
                Ends(2, "CRITICAL tjener Crit:TLS not required"),
            ),
            (
                "server check server --name tjener --conn-warn 500 --conn-critical 900",
                Says("OK:Connections 1.00"),
            ),
            (
                "server check server --name tjener --uptime-warn 2h --uptime-critical 1h",
                Ends(2, "Crit:Up "),
            ),
            (
                "server check meta --expect 1 --lag-critical 5 --seen-critical 1s",
                Ends(2, "CRITICAL JetStream Meta Cluster Crit:"),
            ),
            ("server report connections --account NOPE", Fails("")),
        ],
    );
}

#[test]
fn an_account_reports_on_itself() {
    prove_as(
        SETTINGS,
        APP,
        &[
            ("account info", Says("Account Information")),
            ("account report connections", Says("Connections out of")),
            ("account report statistics", Says("Server Statistics")),
            (
                "stream add LAGER --subjects lager.> --storage memory --defaults",
                Done,
            ),
            (
                "trace lager.a hei",
                Says(r#"--J JetStream action:"stored" stream:"LAGER" subject:"lager.a""#),
            ),
            ("stream state LAGER --json", Json("/state/messages", "0")),
            (
                "trace lager.a hei --deliver --timestamp",
                Says("with delivery to the final destination"),
            ),
            ("stream state LAGER --json", Says("\"messages\": 1")),
            ("trace ingen.der", Says("--X No active interest")),
            ("errors lookup 10059", Says("stream not found")),
            ("errors ls consumer.*exist", Says("JSConsumerNameExistErr")),
            ("errors lookup 9", Fails("no error matches code 9")),
        ],
    );
}

#[test]
fn top_shows_who_is_connected() {
    let server = Server::ours(SETTINGS);
    let (success, told) = said(&server, SYSTEM, "top tjener --sort msgs_from");
    assert!(
        success && told.contains("Server: tjener") && told.contains("MSGS_FROM"),
        "{told}"
    );
    let (success, told) = said(&server, SYSTEM, "top tjener -r 2 --delimiter ;");
    assert!(success && told.matches("HOST;CID").count() == 2, "{told}");
    let (success, told) = said(&server, &["--timeout", "300ms"], "top tjener");
    assert!(!success && told.contains("system privileges"), "{told}");
}
