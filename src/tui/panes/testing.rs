//! What the tests of the panes share: a connection that never comes about, keys, and screens as text.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::runtime::Runtime;

use crate::broker::Options;
use crate::client::{ConnectSettings, connect_watched};

use crate::tui::event::Waker;
use crate::tui::panes::flood::Flood;
use crate::tui::panes::incidents::Incidents;
use crate::tui::panes::{Handled, Pane, PaneContext, SUBSCRIPTION_MESSAGES_WANTED};
use crate::tui::theme::Theme;

/// How long something that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a missed call for a frame delays.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// The two sizes of every picture: half of an 80×24 terminal without its border, and a large one.
pub const SMALL: (u16, u16) = (36, 6);
pub const LARGE: (u16, u16) = (110, 24);

/// A context whose server is not there, and the runtime that carries it.
pub fn disconnected() -> (Runtime, PaneContext) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    // Nothing listens on the discard port of the loopback; the client goes on trying in the background.
    let connect = async_nats::ConnectOptions::new()
        .retry_on_initial_connect()
        .connect("nats://127.0.0.1:9");
    let client = runtime.block_on(connect).unwrap();
    let context = PaneContext::on(client, runtime.handle().clone(), Waker::new(|| {}));
    (runtime, context)
}

/// A broker of our own, and a context of a user of it. The receiver learns of every frame that is asked for.
pub fn on_broker(options: Options) -> (Runtime, PaneContext, Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let handle = crate::broker::start(options).unwrap();
    let settings = ConnectSettings {
        subscription_messages: Some(SUBSCRIPTION_MESSAGES_WANTED),
        ..ConnectSettings::to_server(handle.url())
    };
    let incidents = Incidents::new();
    let noted = incidents.clone();
    let connect = connect_watched(&settings, move |event| noted.note(&event));
    let client = runtime.block_on(connect).unwrap();
    let (sender, frames) = std::sync::mpsc::sync_channel(1);
    let waker = Waker::new(move || {
        // One that waits already is enough.
        let _ = sender.try_send(());
    });
    let context = PaneContext {
        flood: Flood::to(settings),
        account: "$G".into(),
        incidents,
        broker: Arc::new(Mutex::new(Some(handle))),
        ..PaneContext::on(client, runtime.handle().clone(), waker)
    };
    (runtime, context, frames)
}

/// Waits until it holds, looking again whenever a frame is asked for.
pub fn until(frames: &Receiver<()>, context: &PaneContext, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        let left = deadline.saturating_duration_since(Instant::now());
        assert!(!left.is_zero(), "not in {PATIENCE:?}");
        // A frame that was asked for before the last look is asked for no more.
        context.waker.take();
        let _ = frames.recv_timeout(left.min(LOOK_AGAIN));
    }
}

/// Draws and gives what stands on the screen, without blanks at line ends.
pub fn screen((width, height): (u16, u16), draw: impl FnOnce(&mut ratatui::Frame<'_>)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(draw).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(width.into());
    let lines: Vec<String> = rows
        .map(|row| {
            let line: String = row.iter().map(|cell| cell.symbol()).collect();
            line.trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

/// A pane as it stands.
pub fn shown(pane: &mut dyn Pane, size: (u16, u16)) -> String {
    screen(size, |frame| pane.draw(frame, frame.area(), &Theme::dark(), true))
}

/// Types a text.
pub fn write(pane: &mut dyn Pane, text: &str) {
    for c in text.chars() {
        assert_eq!(pane.on_key(KeyEvent::from(KeyCode::Char(c))), Handled::Yes);
    }
}

/// Presses a key.
pub fn press(pane: &mut dyn Pane, code: KeyCode) -> Handled {
    pane.on_key(KeyEvent::from(code))
}

/// Presses a key with Control.
pub fn control(pane: &mut dyn Pane, c: char) -> Handled {
    pane.on_key(KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL))
}
