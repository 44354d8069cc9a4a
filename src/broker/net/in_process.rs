//! Clients in the server's own process, which come in without a socket and are clients like all others.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Handle;
use super::listener;
use super::pipe::Pipe;
use super::socket;

/// The server takes no more clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("failed to create connection")]
pub struct NotServing;

/// A client's end of a connection without a socket. It says and hears what it would on a socket, beginning with
/// INFO; dropping it hangs up.
#[derive(Debug)]
pub struct InProcess(Arc<Pipe>);

impl Handle {
    /// Connects a client in this process, whether the server listens on a port or not (`InProcessConn` of
    /// nats-server's `server.go`). It counts as any other, may be restricted to the connection type
    /// `IN_PROCESS`, and need not speak TLS, even where others must.
    ///
    /// # Errors
    /// The server is about to go.
    pub fn connect_in_process(&self) -> Result<InProcess, NotServing> {
        if *self.server.door_closed().borrow() {
            return Err(NotServing);
        }
        let pipe = Arc::<Pipe>::default();
        let ends = socket::memory(&pipe);
        listener::take_in(&self.server, None, move || Ok(ends));
        Ok(InProcess(pipe))
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl AsyncRead for InProcess {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.to_client.poll_read(cx, buffer)
    }
}

impl AsyncWrite for InProcess {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let lane = &self.0.to_server;
        ready!(lane.poll_writable(cx));
        Poll::Ready(lane.write(slices))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // What is written is there.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.to_server.end();
        Poll::Ready(Ok(()))
    }
}
