//! A server with JetStream, and the panes' connection to it, for living blocks.

use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use goingnats::broker::{self, Options};
use goingnats::tui::event::Waker;
use goingnats::tui::living::{Living, Shown};
use goingnats::tui::panes::PaneContext;
use goingnats::tui::still;
use goingnats::tui::theme::Theme;

/// Generous, since a loaded machine is slow; only a failing test waits this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The server and its panes.
pub struct House {
    pub runtime: tokio::runtime::Runtime,
    pub broker: broker::Handle,
    pub context: PaneContext,
    /// Something has come that may be seen.
    pub woken: Receiver<()>,
    _store: tempfile::TempDir,
}

impl House {
    pub fn new() -> House {
        let store = tempfile::tempdir().unwrap();
        let broker = broker::start(Options::local(0, store.path())).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let client = runtime.block_on(async_nats::connect(broker.url())).unwrap();
        let (wake, woken) = sync_channel(1);
        let waker = Waker::new(move || {
            let _ = wake.try_send(());
        });
        House {
            context: PaneContext::on(client, runtime.handle().clone(), waker),
            runtime,
            broker,
            woken,
            _store: store,
        }
    }

    /// Waits until a block, drawn in so many columns and rows, shows what is wanted.
    pub fn see(
        &self,
        living: &Living,
        block: usize,
        size: (u16, u16),
        what: &str,
        is_there: impl Fn(&str) -> bool,
    ) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.context.waker.take();
            let text = still::text(&living.picture(block, size, &Theme::dark()).unwrap());
            if is_there(&text) {
                return text;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "no {what} in\n{text}");
            let _ = self.woken.recv_timeout(left.min(Duration::from_millis(100)));
        }
    }
}

/// A slide of the deck as it was read first, over the first connection.
pub fn shown(page: usize) -> Shown {
    Shown {
        page,
        edition: 0,
        connection: 1,
    }
}
