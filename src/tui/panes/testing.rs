//! What the tests of the panes share: a connection that never comes about, keys, and screens as text.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tokio::runtime::Runtime;

use crate::tui::event::Waker;
use crate::tui::labs::room::{BrokerSlot, Room};
use crate::tui::panes::access::Access;
use crate::tui::panes::incidents::Incidents;
use crate::tui::panes::{Handled, Pane, PaneContext};
use crate::tui::theme::Theme;

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
    let context = PaneContext {
        client: runtime.block_on(connect).unwrap(),
        incidents: Incidents::new(),
        runtime: runtime.handle().clone(),
        waker: Waker::new(|| {}),
        labs: Room::default(),
        broker: BrokerSlot::default(),
        access: Access::full(),
        monitor: None,
    };
    (runtime, context)
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
