//! How much of a file has gone, on one line of the terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, ReadBuf};

use crate::util::size;

/// Smaller files are done before anybody has read the line.
const WORTH_SHOWING: u64 = 20_480;
/// Between two drawings.
const REFRESH: Duration = Duration::from_millis(200);

/// A reader that shows how far it is.
pub(super) struct Shown<R> {
    inner: R,
    done: u64,
    total: u64,
    shows: bool,
    drawn: Instant,
}

impl<R> Shown<R> {
    /// Shows progress where somebody wants to see it and there is a terminal.
    pub fn new(inner: R, total: u64, wanted: bool) -> Shown<R> {
        Shown {
            inner,
            done: 0,
            total,
            shows: wanted && total > WORTH_SHOWING && io::stderr().is_terminal(),
            drawn: Instant::now(),
        }
    }

    fn draw(&mut self) {
        let percent = self.done.saturating_mul(100) / self.total.max(1);
        let (done, total) = (size::format_bytes(self.done), size::format_bytes(self.total));
        // A closed standard error is no reason to stop.
        let _ = write!(io::stderr(), "\r{percent:>3}% {done} / {total} ");
        self.drawn = Instant::now();
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Shown<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(cx, buf);
        if let (true, Poll::Ready(Ok(()))) = (self.shows, &polled) {
            let read = (buf.filled().len() - before) as u64;
            self.done += read;
            if read == 0 {
                self.draw();
                let _ = writeln!(io::stderr());
                self.shows = false;
            } else if self.drawn.elapsed() >= REFRESH {
                self.draw();
            }
        }
        polled
    }
}
