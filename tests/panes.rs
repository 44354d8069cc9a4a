//! Each pane as it looks on a server in five states, at two sizes: with nothing there, with something, flooded, cut
//! off, and where the user may do nothing; with `GOINGNATS_REFERENCE` the same on the real nats-server. What differs
//! from run to run (figures, times) is left out of the pictures; those with figures stand beside the panes' own code.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use async_nats::jetstream::{self, kv, object_store, stream};
use goingnats::tui::event::Waker;
use goingnats::tui::panes::{self, Pane, PaneContext, PaneKind};
use goingnats::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode;
use tokio::runtime::Runtime;

use crate::support::server::Server;

/// Generous, since a loaded machine is slow; only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a missed call for a frame delays.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
const SMALL: (u16, u16) = (40, 8);
const LARGE: (u16, u16) = (110, 24);
const SUBJECTS: usize = 3_000;
const MESSAGES: usize = 9_000;

/// One account for each state, so that what fills one is not seen in another.
const SETTINGS: &str = r#"
    accounts {
        EMPTY: { jetstream: enabled, users: [{user: empty, password: p}] }
        NORMAL: { jetstream: enabled, users: [{user: normal, password: p}] }
        FLOODED: { jetstream: enabled, users: [{user: flooded, password: p}] }
        FORBIDDEN: { jetstream: enabled, users: [{user: forbidden, password: p, permissions: {
            publish: {allow: "nothing"}, subscribe: {allow: "_INBOX.>"}
        }}] }
    }
    jetstream { store_dir: STORE }
"#;

/// The panes, with what each says once it knows how things stand, for each of the states in [`STATES`]; what stands
/// between bars is all said.
const STATES: [&str; 4] = ["empty", "normal", "flooded", "forbidden"];
const PANES: [(PaneKind, [&str; 4]); 11] = [
    (
        PaneKind::Subjects,
        ["Ingen meldinger", "hei", "3 002 subjects", "Ingen tilgang"],
    ),
    (
        PaneKind::Subscribe,
        ["Ingen meldinger", "hei", "slutt", "Permissions"],
    ),
    (PaneKind::Publish, ["", "ordre.s1", "flom.", ""]),
    (PaneKind::Request, ["", "", "", ""]),
    (
        PaneKind::Streams,
        ["Ingen streams", "ORDRE", "FLOM", "Ingen tilgang"],
    ),
    (
        PaneKind::Consumers,
        [
            "Ingen streams",
            "4 meld. lest|(snitt)",
            "9 000 meld. lest|(snitt)",
            "Ingen tilgang",
        ],
    ),
    (
        PaneKind::KeyValue,
        ["Ingen bøtter", "hjem", "flom", "Ingen tilgang"],
    ),
    (
        PaneKind::Objects,
        ["Ingen objektlagre", "filer", "Ingen objektlagre", "Ingen tilgang"],
    ),
    (
        PaneKind::Services,
        [
            "Ingen tjenester",
            "Ingen tjenester",
            "Ingen tjenester",
            "Ingen tilgang",
        ],
    ),
    (
        PaneKind::Server,
        ["Du ser bare", "Du ser bare", "Du ser bare", "Ingen tilgang"],
    ),
    (
        PaneKind::Wire,
        [
            "vår egen server",
            "vår egen server",
            "vår egen server",
            "vår egen server",
        ],
    ),
];

struct Stand {
    runtime: Runtime,
    context: PaneContext,
    frames: Receiver<()>,
}

impl Stand {
    fn of(server: &Server, user: &str) -> Stand {
        let runtime = Runtime::new().unwrap();
        let (wake, frames) = sync_channel(1);
        let incidents = panes::incidents::Incidents::new();
        let noted = incidents.clone();
        let options = async_nats::ConnectOptions::with_user_and_password(user.into(), "p".into())
            .subscription_capacity(panes::SUBSCRIPTION_MESSAGES_WANTED)
            .event_callback(move |event| {
                noted.note(&event);
                std::future::ready(())
            });
        let client = runtime.block_on(options.connect(server.url())).unwrap();
        let waker = Waker::new(move || {
            let _ = wake.try_send(());
        });
        let context = PaneContext {
            incidents,
            ..PaneContext::on(client, runtime.handle().clone(), waker)
        };
        Stand {
            runtime,
            context,
            frames,
        }
    }

    fn open(&self, kind: PaneKind) -> Box<dyn Pane> {
        let mut pane = panes::open(kind, &self.context);
        if kind == PaneKind::Subscribe {
            pane.on_key(KeyCode::Enter.into());
        }
        pane
    }

    /// The pane once it says what is wanted.
    fn wait(&self, pane: &mut dyn Pane, size: (u16, u16), wanted: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.context.waker.take();
            let text = screen(pane, size).join("\n");
            if wanted.split('|').all(|part| text.contains(part)) {
                return picture(pane, size);
            }
            assert!(
                Instant::now() < deadline,
                "{:?} never says {wanted:?}:\n{text}",
                pane.kind()
            );
            let _ = self.frames.recv_timeout(LOOK_AGAIN);
        }
    }

    fn publish(&self, subject: &str, payload: &str) {
        let client = &self.context.client;
        let sent = client.publish(subject.to_owned(), payload.to_owned().into());
        self.runtime.block_on(sent).unwrap();
    }
}

/// What stands on the screen.
fn screen(pane: &mut dyn Pane, (width, height): (u16, u16)) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal
        .draw(|frame| pane.draw(frame, frame.area(), &Theme::dark(), true))
        .map(|_| ())
        .unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(width.into());
    rows.map(|row| row.iter().map(|cell| cell.symbol()).collect())
        .collect()
}

/// What stands on the screen without what differs from run to run: figures with their units are `#`, charts are one
/// bar, and lines that then say the same are one.
fn picture(pane: &mut dyn Pane, size: (u16, u16)) -> String {
    // Which columns there is room for, and how much of a line that begins with figures, depends on the figures.
    let varying: &[&str] = match pane.kind() {
        PaneKind::Server => &["#", "CID"],
        PaneKind::Subjects => &["#", "Subject"],
        _ => &[],
    };
    let mut lines: Vec<String> = screen(pane, size)
        .iter()
        .map(|line| without_figures(line))
        .collect();
    if pane.kind() == PaneKind::Streams {
        // Whether a stream had messages in the last seconds depends on when one looks.
        for line in &mut lines {
            *line = line.replace(" ▅", "");
        }
    }
    lines.retain(|line| !varying.iter().any(|start| line.starts_with(start)));
    lines.dedup();
    lines.join("\n").trim_end().to_owned()
}

fn without_figures(line: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in line.split_whitespace() {
        let is_chart = word.chars().all(|c| "▁▂▃▄▅▆▇█▓▒░".contains(c));
        let is_figure = word.starts_with(|c: char| c.is_ascii_digit());
        let is_unit = matches!(word, "B" | "KiB" | "MiB" | "s" | "ms" | "min");
        let last_is_figure = words.last().is_some_and(|last| last == "#");
        if (is_figure || is_unit) && last_is_figure {
            continue;
        }
        let mut shown = String::new();
        for c in word.chars() {
            match c.is_ascii_digit() {
                true if shown.ends_with('#') => {}
                true => shown.push('#'),
                false => shown.push(c),
            }
        }
        words.push(match () {
            () if is_chart => "▅".to_owned(),
            () if is_figure => "#".to_owned(),
            () => shown,
        });
    }
    words.join(" ")
}

async fn fill(client: &async_nats::Client, name: &str, bucket: &str, subjects: usize, messages: usize) {
    let js = jetstream::new(client.clone());
    let token = name.to_lowercase();
    let config = stream::Config {
        name: name.to_owned(),
        subjects: vec![format!("{token}.>")],
        ..stream::Config::default()
    };
    let stream = js.create_stream(config).await.unwrap();
    let config = jetstream::consumer::pull::Config {
        durable_name: Some("arbeider".to_owned()),
        ..Default::default()
    };
    stream.create_consumer(config).await.unwrap();
    let config = kv::Config {
        bucket: bucket.to_owned(),
        ..kv::Config::default()
    };
    let store = js.create_key_value(config).await.unwrap();
    store.put("lys", "av".into()).await.unwrap();
    for n in 0..messages {
        let subject = format!("{token}.s{}", n % subjects);
        client.publish(subject, n.to_string().into()).await.unwrap();
    }
    client.flush().await.unwrap();
}

#[test]
fn every_pane_in_every_state_at_two_sizes() {
    // The pictures are the same ones on the real server.
    for server in Server::both(SETTINGS) {
        in_every_state(&server);
    }
}

fn in_every_state(server: &Server) {
    let normal = Stand::of(server, "normal");
    normal.runtime.block_on(async {
        fill(&normal.context.client, "ORDRE", "hjem", 2, 4).await;
        let js = jetstream::new(normal.context.client.clone());
        let config = object_store::Config {
            bucket: "filer".to_owned(),
            ..object_store::Config::default()
        };
        let store = js.create_object_store(config).await.unwrap();
        store.put("a.txt", &mut &b"innhold"[..]).await.unwrap();
    });
    let flooded = Stand::of(server, "flooded");
    flooded
        .runtime
        .block_on(fill(&flooded.context.client, "FLOM", "flom", SUBJECTS, MESSAGES));
    let stands = [
        Stand::of(server, "empty"),
        normal,
        flooded,
        Stand::of(server, "forbidden"),
    ];
    for (at, (state, stand)) in STATES.iter().zip(&stands).enumerate() {
        for (kind, wanted) in PANES {
            let mut pane = stand.open(kind);
            let is_live = matches!(kind, PaneKind::Subjects | PaneKind::Subscribe);
            if is_live && *state == "normal" {
                // The subscription is there once something was seen.
                live(stand, pane.as_mut(), "hei", "hei");
            }
            if is_live && *state == "flooded" {
                live(stand, pane.as_mut(), "live.s", "live");
                for n in 0..MESSAGES {
                    stand.publish(&format!("live.s{}", n % SUBJECTS), "x");
                }
                stand.publish("live.end", "slutt");
            }
            let large = stand.wait(pane.as_mut(), LARGE, wanted[at]);
            insta::assert_snapshot!(format!("{}_{state}_large", kind.word()), large);
            let small = picture(pane.as_mut(), SMALL);
            insta::assert_snapshot!(format!("{}_{state}_small", kind.word()), small);
        }
    }
}

/// What the system account's user sees, who has no JetStream and all of the server.
const SYSTEM: [(PaneKind, &str); 11] = [
    (PaneKind::Subjects, "Ingen meldinger"),
    (PaneKind::Subscribe, "Ingen meldinger"),
    (PaneKind::Publish, "Subject"),
    (PaneKind::Request, "Subject"),
    (PaneKind::Streams, "JetStream er ikke slått på"),
    (PaneKind::Consumers, "JetStream er ikke slått på"),
    (PaneKind::KeyValue, "JetStream er ikke slått på"),
    (PaneKind::Objects, "JetStream er ikke slått på"),
    (PaneKind::Services, "Ingen tjenester"),
    (PaneKind::Server, "CID"),
    (PaneKind::Wire, "vår egen server"),
];

#[test]
fn the_same_panes_for_a_user_of_the_system_account() {
    let settings = format!("{SETTINGS}\nsystem_account: SYS\n").replace(
        "EMPTY: {",
        "SYS: { users: [{user: sys, password: p}] }\n EMPTY: {",
    );
    for server in Server::both(&settings) {
        let (system, other) = (Stand::of(&server, "sys"), Stand::of(&server, "empty"));
        for (kind, wanted) in SYSTEM {
            let mut pane = system.open(kind);
            system.wait(pane.as_mut(), LARGE, wanted);
        }
        // Connections of every account, where an ordinary user sees those of its own.
        let mut pane = system.open(PaneKind::Server);
        system.wait(pane.as_mut(), LARGE, "SYS|EMPTY");
        let mut pane = other.open(PaneKind::Server);
        other.wait(pane.as_mut(), LARGE, "Du ser bare");
    }
}

/// Publishes until the pane shows it.
fn live(stand: &Stand, pane: &mut dyn Pane, subject: &str, seen: &str) {
    let deadline = Instant::now() + PATIENCE;
    while !picture(pane, LARGE).contains(seen) {
        assert!(Instant::now() < deadline, "{subject} is never seen");
        stand.publish(subject, "hei");
        stand.context.waker.take();
        let _ = stand.frames.recv_timeout(LOOK_AGAIN);
    }
}

#[test]
fn a_server_that_goes_is_named_on_every_pane_and_what_was_known_stays() {
    for server in Server::both(SETTINGS) {
        cut_off(server);
    }
}

fn cut_off(server: Server) {
    let (empty, full) = (Stand::of(&server, "empty"), Stand::of(&server, "normal"));
    full.runtime
        .block_on(fill(&full.context.client, "ORDRE", "hjem", 2, 4));
    let mut panes: Vec<(&Stand, Box<dyn Pane>)> = Vec::new();
    for (kind, wanted) in PANES {
        let is_full = matches!(kind, PaneKind::Streams | PaneKind::Consumers | PaneKind::KeyValue);
        let stand = if is_full { &full } else { &empty };
        let mut pane = stand.open(kind);
        stand.wait(pane.as_mut(), LARGE, wanted[usize::from(is_full)]);
        panes.push((stand, pane));
    }
    drop(server);
    for (stand, pane) in &mut panes {
        let text = stand.wait(pane.as_mut(), LARGE, "Frakoblet");
        let kind = pane.kind();
        insta::assert_snapshot!(format!("{}_disconnected_large", kind.word()), text);
        let small = picture(pane.as_mut(), SMALL);
        insta::assert_snapshot!(format!("{}_disconnected_small", kind.word()), small);
    }
}
