//! Bodies that come on standard input.

use std::io::{self, BufRead, IsTerminal, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

use super::output::{is_interactive, log};

/// Largest body that is read, in bytes; NATS servers take far less.
const BODY_BYTES_MAX: u64 = 64 << 20;

/// Bytes of standard input that are read at once by [`Input`].
const PIECE_BYTES: usize = 64 << 10;
/// Pieces that may wait to be used; the reading thread waits for room.
const PIECES_WAITING_MAX: usize = 4;

/// When a body from standard input is complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum SendOn {
    /// At the end of the input
    #[default]
    Eof,
    /// At each line end
    Newline,
}

/// Where bodies come from.
pub(super) enum Bodies {
    /// One body, from the command line.
    Typed(Option<String>),
    /// From standard input.
    Stdin(SendOn),
}

impl Bodies {
    /// As natscli decides: standard input when there is no body and the input is a pipe, or a person is
    /// there to type it, or it was asked for.
    pub fn choose(body: Option<String>, force_stdin: bool, send_on: SendOn, quiet: bool) -> Bodies {
        let piped = !io::stdin().is_terminal();
        if body.is_none() && (piped || force_stdin || is_interactive()) {
            if !quiet {
                log("Reading payload from STDIN");
            }
            Bodies::Stdin(send_on)
        } else {
            Bodies::Typed(Some(body.unwrap_or_default()))
        }
    }

    /// The next body; none at the end. Reading blocks a thread of its own.
    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        match self {
            Bodies::Typed(body) => Ok(body.take().map(String::into_bytes)),
            Bodies::Stdin(SendOn::Eof) => {
                *self = Bodies::Typed(None);
                blocking(read_all).await.map(Some)
            }
            Bodies::Stdin(SendOn::Newline) => blocking(read_line).await,
        }
    }
}

/// All of standard input, of any length, as it comes.
pub(super) struct Input {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    current: Bytes,
}

impl Input {
    /// Begins to read, on a thread of its own.
    pub fn open() -> Input {
        let (sender, pieces) = mpsc::channel(PIECES_WAITING_MAX);
        tokio::task::spawn_blocking(move || {
            loop {
                let mut piece = vec![0; PIECE_BYTES];
                let read = io::stdin().lock().read(&mut piece).map(|length| {
                    piece.truncate(length);
                    Bytes::from(piece)
                });
                let last = read.as_ref().map_or(true, Bytes::is_empty);
                if sender.blocking_send(read).is_err() || last {
                    return;
                }
            }
        });
        Input {
            pieces,
            current: Bytes::new(),
        }
    }
}

impl AsyncRead for Input {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.current.is_empty() {
            match ready!(self.pieces.poll_recv(cx)) {
                Some(piece) => self.current = piece?,
                None => return Poll::Ready(Ok(())),
            }
        }
        let length = self.current.len().min(buf.remaining());
        buf.put_slice(&self.current[..length]);
        self.current.advance(length);
        Poll::Ready(Ok(()))
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

fn read_all() -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    io::stdin()
        .lock()
        .take(BODY_BYTES_MAX + 1)
        .read_to_end(&mut body)?;
    within_limit(body)
}

fn read_line() -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    io::stdin()
        .lock()
        .take(BODY_BYTES_MAX + 1)
        .read_until(b'\n', &mut line)?;
    if line.is_empty() {
        return Ok(None);
    }
    for end in [b'\n', b'\r'] {
        if line.last() == Some(&end) {
            line.pop();
        }
    }
    within_limit(line).map(Some)
}

fn within_limit(body: Vec<u8>) -> io::Result<Vec<u8>> {
    if body.len() as u64 > BODY_BYTES_MAX {
        return Err(io::Error::other(
            "the body on standard input is larger than 64 MiB",
        ));
    }
    Ok(body)
}
