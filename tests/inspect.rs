//! `goingnats inspect` as a user meets it: the real binary in a pseudo terminal, on a server that is not its own.
//!
//! With `GOINGNATS_REFERENCE` the same is seen on the real nats-server, with a system account and without.

use std::path::Path;

use async_nats::jetstream::{self, kv};
use futures_util::StreamExt;
use tokio::runtime::Runtime;

use crate::support::pty::{Terminal, key};
use crate::support::server::Server;

const PROGRAM: &str = env!("CARGO_BIN_EXE_goingnats");
const SIZE: (u16, u16) = (110, 30);
const JETSTREAM: &str = "jetstream { store_dir: STORE }";
/// A user of an ordinary account and one of the system account.
const ACCOUNTS: &str = r#"
    accounts {
        APP: { jetstream: enabled, users: [{user: app, password: app}] }
        SYS: { users: [{user: sys, password: sys}] }
    }
    system_account: SYS
    jetstream { store_dir: STORE }
"#;

const F2: &str = "\x1bOQ";
const F3: &str = "\x1bOR";
const F8: &str = "\x1b[19~";
const DOWN: &str = "\x1b[B";
const CTRL_S: &str = "\x13";
const CTRL_R: &str = "\x12";
const CTRL_U: &str = "\x15";
const ESC: &str = "\x1b";

/// The inspector, with a home of its own.
struct Inspector {
    terminal: Terminal,
    home: tempfile::TempDir,
}

impl Inspector {
    fn start(url: &str, args: &[&str]) -> Inspector {
        Inspector::run(&[&["--server", url], args].concat())
    }

    /// With a broker of its own.
    fn with_broker(args: &[&str]) -> Inspector {
        Inspector::run(&[&["--port", "0"], args].concat())
    }

    fn run(args: &[&str]) -> Inspector {
        Inspector::at(tempfile::tempdir().unwrap(), args)
    }

    fn at(home: tempfile::TempDir, args: &[&str]) -> Inspector {
        let folder = home.path().to_str().unwrap();
        let env = [
            ("HOME", folder),
            ("XDG_CONFIG_HOME", folder),
            ("XDG_CACHE_HOME", folder),
        ];
        let args = [&["inspect"], args].concat();
        let terminal = Terminal::start(Path::new(PROGRAM), &args, &env, SIZE.0, SIZE.1);
        Inspector { terminal, home }
    }

    /// Sends keys one after the other, each as its own read.
    fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.terminal.send(key);
        }
    }

    fn wait(&self, text: &str) -> String {
        self.terminal.wait_for(text)
    }

    fn quit(mut self) {
        self.terminal.send("q");
        assert!(self.terminal.wait_exit().success());
    }
}

fn client(runtime: &Runtime, url: &str) -> async_nats::Client {
    runtime.block_on(async_nats::connect(url)).unwrap()
}

#[test]
fn publish_see_filter_and_save() {
    let server = Server::ours(JETSTREAM);
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "messages"]);
    inspector.wait("Mønster");
    inspector.keys(&[key::ENTER]);
    inspector.wait("Ingen meldinger ennå");
    for payload in ["{\"temp\": 21}", "{\"temp\": 31}"] {
        inspector.keys(&[F2]);
        inspector.wait("Payload");
        // The form keeps what was sent; another message takes the place of the last.
        let clear = "\x7f".repeat(20);
        inspector.keys(&[&clear, "sensors.a", DOWN, DOWN, &clear, payload, CTRL_S]);
        inspector.wait("Publisert 1");
        inspector.keys(&[F3]);
        inspector.wait(payload);
        inspector.keys(&[F2, "\x1b[A", "\x1b[A"]);
    }
    inspector.keys(&[F3, "f", ".temp > 30", key::ENTER]);
    inspector.terminal.wait_until("only the warm one", |screen| {
        screen.contains("filter: .temp > 30") && screen.contains("31") && !screen.contains("21}")
    });
    let file = inspector.home.path().join("varme.ndjson");
    inspector.keys(&["s", CTRL_U, file.to_str().unwrap(), key::ENTER]);
    inspector.wait("1 meldinger lagret");
    let saved = std::fs::read_to_string(file).unwrap();
    assert_eq!(saved.lines().count(), 1);
    assert!(saved.contains("sensors.a") && saved.contains("31"), "{saved}");
    inspector.quit();
}

#[test]
fn a_stream_is_made_shown_as_a_strip_and_purged() {
    let server = Server::ours(JETSTREAM);
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "streams"]);
    inspector.wait("Ingen streams ennå");
    inspector.keys(&["a", "ORDRE", DOWN, "ordre.>", CTRL_S]);
    inspector.wait("nats stream add ORDRE --subjects='ordre.>'");
    inspector.keys(&["j"]);
    inspector.wait("ORDRE er laget");
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    runtime.block_on(async {
        for n in 0..5 {
            client.publish("ordre.ny", n.to_string().into()).await.unwrap();
        }
        client.flush().await.unwrap();
    });
    inspector.keys(&[key::ENTER]);
    inspector.terminal.wait_until("five cells", |screen| {
        let is_strip = |line: &str| line.chars().filter(|c| "█▓▒░".contains(*c)).count() == 5;
        screen.contains("5 meld.") && screen.lines().any(is_strip)
    });
    inspector.keys(&["p", key::ENTER]);
    inspector.wait("Meldingene er borte for alltid");
    inspector.keys(&["j"]);
    inspector.wait("5 meldinger fjernet");
    inspector.wait("× 5 fjernet: streamen ble tømt");
    inspector.keys(&[ESC]);
    inspector.wait("velg stream");
    inspector.quit();
}

#[test]
fn a_consumer_is_driven_by_hand() {
    let server = Server::ours(JETSTREAM);
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    runtime.block_on(async {
        let js = jetstream::new(client);
        let config = jetstream::stream::Config {
            name: "ORDRE".to_owned(),
            subjects: vec!["ordre.>".to_owned()],
            ..jetstream::stream::Config::default()
        };
        js.create_stream(config).await.unwrap();
        for subject in ["ordre.en", "ordre.to"] {
            js.publish(subject, "x".into()).await.unwrap().await.unwrap();
        }
    });
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "consumers"]);
    inspector.wait("ORDRE");
    inspector.keys(&["h"]);
    inspector.wait("For hånd: ORDRE › hand-");
    inspector.keys(&["F"]);
    inspector.wait("ordre.to");
    inspector.keys(&["a"]);
    inspector.terminal.wait_until("an ack", |screen| {
        screen
            .lines()
            .any(|line| line.contains("ordre.en") && line.contains(" ack "))
    });
    inspector.keys(&[DOWN, "n"]);
    inspector.wait("nak: kommer igjen");
    inspector.keys(&["f"]);
    inspector.wait("2.");
    inspector.keys(&[ESC]);
    inspector.quit();
}

#[test]
fn a_consumer_is_paused_and_goes_on() {
    let server = Server::ours(JETSTREAM);
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    let mut consumer = runtime.block_on(async {
        let js = jetstream::new(client);
        let config = jetstream::stream::Config {
            name: "KO".to_owned(),
            retention: jetstream::stream::RetentionPolicy::WorkQueue,
            ..jetstream::stream::Config::default()
        };
        let stream = js.create_stream(config).await.unwrap();
        let config = jetstream::consumer::pull::Config {
            durable_name: Some("arbeider".to_owned()),
            ..jetstream::consumer::pull::Config::default()
        };
        stream.create_consumer(config).await.unwrap()
    });
    let mut is_paused = || runtime.block_on(consumer.info()).unwrap().paused;
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "consumers"]);
    inspector.wait("arbeider");
    inspector.keys(&["p"]);
    inspector.wait("nats consumer pause KO arbeider 1h");
    inspector.wait("arbeider pause");
    assert!(is_paused());
    inspector.keys(&["p"]);
    inspector.wait("nats consumer resume KO arbeider");
    inspector.wait("arbeider pull");
    assert!(!is_paused());
    inspector.quit();
}

#[test]
fn a_key_that_somebody_else_changed_meanwhile_is_a_conflict() {
    let server = Server::ours(JETSTREAM);
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    let store = runtime.block_on(async {
        let js = jetstream::new(client);
        let config = kv::Config {
            bucket: "hjem".to_owned(),
            history: 5,
            ..kv::Config::default()
        };
        let store = js.create_key_value(config).await.unwrap();
        store.put("lys", "av".into()).await.unwrap();
        store
    });
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "kv"]);
    inspector.wait("hjem");
    inspector.keys(&[key::ENTER]);
    inspector.wait("lys");
    inspector.keys(&["e"]);
    inspector.wait("hvis revisjon 1 fortsatt er den siste");
    runtime.block_on(store.put("lys", "blinker".into())).unwrap();
    inspector.keys(&["\x7f\x7f", "på", CTRL_S]);
    inspector.wait("Konflikt: noen andre har endret lys");
    inspector.wait("- blinker");
    inspector.keys(&["o"]);
    inspector.wait("lys er skrevet, revisjon 3");
    let value = runtime.block_on(store.get("lys")).unwrap().unwrap();
    assert_eq!(value, "på".as_bytes());
    inspector.keys(&[key::ENTER]);
    inspector.wait("+ på");
    inspector.keys(&[ESC]);
    inspector
        .terminal
        .wait_until("the keys again", |screen| !screen.contains("+ på"));
    inspector.keys(&[ESC]);
    inspector.wait("åpne bøtten");
    inspector.quit();
}

#[test]
fn another_server_is_not_changed_until_it_is_allowed() {
    let server = Server::ours(JETSTREAM);
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    let mut heard = runtime.block_on(client.subscribe("hei")).unwrap();
    runtime.block_on(client.flush()).unwrap();
    let mut inspector = Inspector::start(&server.url(), &["--tab", "publish"]);
    inspector.wait("bare lese");
    inspector.wait("Payload");
    inspector.keys(&["hei", CTRL_S]);
    inspector.wait("Skrivebeskyttet");
    inspector.keys(&[DOWN, DOWN, "lov", CTRL_R]);
    inspector.wait("Tillate endringer?");
    inspector.keys(&["j"]);
    inspector.wait("kan endre");
    inspector.keys(&[CTRL_S]);
    // The message that was refused was without a payload.
    let first = runtime.block_on(heard.next()).unwrap();
    assert_eq!(first.payload, "lov");
}

/// What the server pane shows with and without the system account.
fn server_pane(server: &Server) {
    let mut inspector = Inspector::start(
        &server.url(),
        &["--user", "sys", "--password", "sys", "--tab", "server"],
    );
    inspector.wait("goingnats inspect");
    inspector.keys(&["\x1b[C"]);
    inspector.wait("Ingen hendelser ennå");
    let runtime = Runtime::new().unwrap();
    let app = format!("nats://app:app@{}", server.address);
    let options =
        async_nats::ConnectOptions::with_user_and_password("app".into(), "app".into()).name("pizzanini");
    let guest = runtime.block_on(options.connect(&app)).unwrap();
    inspector.wait("pizzanini");
    inspector.keys(&["\x1b[C"]);
    inspector.terminal.wait_until("both accounts", |screen| {
        screen.contains("APP") && screen.contains("SYS")
    });
    inspector.keys(&["\x1b[C"]);
    inspector.wait("frisk");
    inspector.quit();

    let inspector = Inspector::start(
        &server.url(),
        &["--user", "app", "--password", "app", "--tab", "server"],
    );
    inspector.wait("pizzanini");
    inspector.wait("Du ser bare din egen konto");
    drop(guest);
    inspector.quit();
}

#[test]
fn the_server_tells_what_the_account_may_see() {
    server_pane(&Server::ours(ACCOUNTS));
    if let Some(reference) = Server::reference(ACCOUNTS) {
        server_pane(&reference);
    }
}

#[test]
fn the_clock_is_turned_from_the_palette_and_the_log_says_what_follows() {
    let mut inspector = Inspector::with_broker(&["--tab", "publish"]);
    inspector.wait("Payload");
    // An empty field is named as such; letters go into it, and the palette is reached all the same.
    inspector.keys(&[key::ENTER]);
    inspector.wait("Subject er tomt");
    inspector.keys(&["\x10", "klokke 90s", key::ENTER]);
    inspector.wait("JetStream er nå 1m30s foran");
    inspector.keys(&[F2]);
    inspector.wait(" klokka +1m30s ");
    inspector.keys(&["\x10", "skru JetStreams klokke fram 30s", key::ENTER]);
    inspector.wait(" klokka +2m");
    // What the broker says is on the server's tab.
    inspector.keys(&["\x1bOS", F8, "\x1b[D"]);
    inspector.wait("Server is ready");
    inspector.quit();

    let server = Server::ours(JETSTREAM);
    let mut inspector = Inspector::start(&server.url(), &["--write", "--tab", "wire"]);
    inspector.wait("trykk t");
    inspector.keys(&[":", "klokke 90s", key::ENTER]);
    inspector.wait("Klokka kan bare skrus på vår egen server");
    inspector.quit();
}

/// The way of one message, which every server tells.
fn follow_a_message(server: &Server) {
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    runtime.block_on(async {
        let js = jetstream::new(client.clone());
        let config = jetstream::stream::Config {
            name: "ORDRE".to_owned(),
            subjects: vec!["ordre.>".to_owned()],
            ..jetstream::stream::Config::default()
        };
        js.create_stream(config).await.unwrap();
    });
    let _heard = runtime.block_on(client.subscribe("ordre.*")).unwrap();
    runtime.block_on(client.flush()).unwrap();
    let mut inspector = Inspector::start(&server.url(), &["--tab", "wire"]);
    inspector.wait("trykk t");
    inspector.keys(&["t", "ordre.ny", key::ENTER]);
    inspector.wait("streamen ORDRE ville lagret den");
    inspector.wait("ville fått den på ordre.*");
    inspector.keys(&[ESC]);
    inspector.wait("trykk t");
    let state = runtime.block_on(async {
        let mut stream = jetstream::new(client.clone()).get_stream("ORDRE").await.unwrap();
        stream.info().await.unwrap().state.messages
    });
    assert_eq!(state, 0, "a message that is followed gets nowhere");
    inspector.quit();
}

#[test]
fn one_message_is_followed_on_any_server() {
    follow_a_message(&Server::ours(JETSTREAM));
    if let Some(reference) = Server::reference(JETSTREAM) {
        follow_a_message(&reference);
    }
}

/// What the program may take besides the tree of subjects: itself, its threads, one read of what waits.
const PROGRAM_BYTES_MAX: u64 = 64 << 20;

/// The most memory that a process ever had, in bytes; where the system tells.
fn peak_memory(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

#[test]
fn a_flood_of_subjects_is_counted_exactly_in_bounded_memory() {
    const MESSAGES: usize = 140_000;
    let server = Server::ours("");
    let mut inspector = Inspector::start(&server.url(), &["--tab", "subjects"]);
    inspector.wait("Ingen meldinger ennå");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while server.handle().unwrap().statistics().subscriptions == 0 {
        assert!(std::time::Instant::now() < deadline, "nobody listens");
        std::thread::yield_now();
    }
    let runtime = Runtime::new().unwrap();
    let client = client(&runtime, &server.url());
    // Subjects so long that the tree has no room for all of them, with payloads that it keeps a little of.
    let (long, payload) = ("x".repeat(700), bytes::Bytes::from(vec![b'7'; 600]));
    runtime.block_on(async {
        for n in 0..MESSAGES {
            client
                .publish(format!("flom.{n}{long}"), payload.clone())
                .await
                .unwrap();
        }
        client.flush().await.unwrap();
    });
    inspector.wait("140 000 meld.");
    let screen = inspector.wait("mer enn");
    assert!(!screen.contains("tapt") && !screen.contains("brutt"), "{screen}");
    if let Some(peak) = inspector.terminal.process_id().and_then(peak_memory) {
        let bound = goingnats::tui::panes::subjects::tree::BYTES_MAX as u64 + PROGRAM_BYTES_MAX;
        assert!(peak <= bound, "{} MiB of {} MiB", peak >> 20, bound >> 20);
    }
    // It still answers.
    inspector.keys(&["o"]);
    inspector.wait("▾ flom");
    inspector.quit();
}

#[test]
fn panes_beside_each_other_are_kept_from_one_day_to_the_next() {
    let server = Server::ours(JETSTREAM);
    let mut inspector = Inspector::start(&server.url(), &["--tab", "streams"]);
    inspector.wait("Ingen streams ennå");
    inspector.keys(&["\x02", "server", key::ENTER]);
    inspector.wait("Streams + Server");
    inspector.keys(&[":", "oppsett lagre drift", key::ENTER]);
    inspector.wait("Oppsettet drift er lagret");
    inspector.keys(&["q"]);
    assert!(inspector.terminal.wait_exit().success());
    let home = inspector.home;
    let mut again = Inspector::at(home, &["--server", &server.url(), "--layout", "drift"]);
    again.wait("Ingen streams ennå");
    again.wait("Tilkoblinger  Hendelser");
    again.keys(&[":", "slett oppsett drift", key::ENTER]);
    again.wait("Oppsettet drift er slettet");
    again.quit();
}

/// Somebody who may ask JetStream nothing, and listen to nothing but answers.
const LOCKED: &str = r#"
    authorization { users: [{user: kari, password: p, permissions: {
        publish: {allow: "ordre.ny"}, subscribe: {allow: "_INBOX.>"}
    }}] }
    jetstream { store_dir: STORE }
"#;

fn locked_out(server: &Server) {
    let login = ["--user", "kari", "--password", "p"];
    for (tab, missing) in [
        ("streams", "$JS.API.STREAM.LIST"),
        ("kv", "$JS.API.STREAM."),
        ("subjects", "Subscription to \">\""),
    ] {
        let inspector = Inspector::start(&server.url(), &[&login[..], &["--tab", tab]].concat());
        let screen = inspector.wait("Ingen tilgang");
        let words = screen.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(missing), "{tab}: {screen}");
        inspector.quit();
    }
}

#[test]
fn the_permission_that_is_missing_is_named() {
    locked_out(&Server::ours(LOCKED));
    if let Some(reference) = Server::reference(LOCKED) {
        locked_out(&reference);
    }
}

/// Runs a tab without a terminal until it has written a line that fits.
fn first_line(
    server: &Server,
    tab: &str,
    fits: impl Fn(&serde_json::Value) -> bool,
    mut prod: impl FnMut(),
) -> serde_json::Value {
    use std::io::BufRead;

    let home = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(PROGRAM)
        .args(["inspect", "--server", &server.url(), "--ndjson", "--tab", tab])
        .env("HOME", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let found = loop {
        prod();
        let line = told.recv_timeout(std::time::Duration::from_millis(100));
        let value = line
            .ok()
            .map(|line| serde_json::from_str(&line).expect("a line of JSON"));
        if let Some(value) = value.filter(&fits) {
            break value;
        }
        assert!(std::time::Instant::now() < deadline, "{tab} writes no such line");
    };
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn a_pane_has_a_twin_that_writes_lines() {
    for server in Server::both(JETSTREAM) {
        let runtime = Runtime::new().unwrap();
        let client = client(&runtime, &server.url());
        runtime.block_on(async {
            let js = jetstream::new(client.clone());
            let config = jetstream::stream::Config {
                name: "ORDRE".to_owned(),
                subjects: vec!["ordre.>".to_owned()],
                ..jetstream::stream::Config::default()
            };
            let stream = js.create_stream(config).await.unwrap();
            let config = jetstream::consumer::pull::Config {
                durable_name: Some("arbeider".to_owned()),
                ..Default::default()
            };
            stream.create_consumer(config).await.unwrap();
        });
        let publish = || {
            let sent = client.publish("ordre.ny", "{\"n\": 1}".into());
            runtime.block_on(async {
                sent.await.unwrap();
                client.flush().await.unwrap();
            });
        };
        let on = |subject: &'static str| move |line: &serde_json::Value| line["subject"] == subject;
        let line = first_line(&server, "messages", on("ordre.ny"), publish);
        assert_eq!(line["data"], "{\"n\": 1}");
        let line = first_line(&server, "subjects", on("ordre.ny"), publish);
        assert!(line["messages"].as_u64() > Some(0));
        let of_stream = |line: &serde_json::Value| line["stream"] == "ORDRE";
        let line = first_line(&server, "streams", of_stream, publish);
        assert!(line["state"]["messages"].as_u64() > Some(0));
        let line = first_line(&server, "consumers", of_stream, || {});
        assert!(line["num_pending"].as_u64() > Some(0));
        assert_eq!(line["consumer"], "arbeider");
    }
}
