//! What a connection reads from and writes to: a socket, or memory for a client in this process.
//!
//! Which of the two it is is asked once a batch, never for a message.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::{Shutdown, SocketAddr};
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::pipe::Pipe;

/// The side that everybody writes to.
#[derive(Debug)]
pub enum Socket {
    /// A socket.
    Tcp(OwnedWriteHalf),
    /// A client in this process.
    Memory(Arc<Pipe>),
}

/// The side that the connection's own task reads from.
#[derive(Debug)]
pub enum Reader {
    /// A socket.
    Tcp(OwnedReadHalf),
    /// A client in this process.
    Memory(ServerEnd),
}

/// The server's end of a pipe. The client sees the end when this goes, whatever became of the task.
#[derive(Debug)]
pub struct ServerEnd(Arc<Pipe>);

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Both sides of a socket.
pub fn tcp(stream: TcpStream) -> (Reader, Socket) {
    let (reader, writer) = stream.into_split();
    (Reader::Tcp(reader), Socket::Tcp(writer))
}

/// The server's sides of a pipe.
pub fn memory(pipe: &Arc<Pipe>) -> (Reader, Socket) {
    let end = ServerEnd(pipe.clone());
    (Reader::Memory(end), Socket::Memory(pipe.clone()))
}

impl AsyncRead for Reader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Reader::Tcp(half) => Pin::new(half).poll_read(cx, buffer),
            Reader::Memory(end) => end.0.to_server.poll_read(cx, buffer),
        }
    }
}

impl Socket {
    /// What can be done without owning it.
    pub fn line(&self) -> Line<'_> {
        match self {
            Socket::Tcp(half) => Line::Tcp(half.as_ref()),
            Socket::Memory(pipe) => Line::Memory(pipe),
        }
    }
}

/// A look at a connection's socket, which never waits unless it is told to.
#[derive(Debug, Clone, Copy)]
pub enum Line<'a> {
    /// A socket.
    Tcp(&'a TcpStream),
    /// A client in this process.
    Memory(&'a Pipe),
}

impl Line<'_> {
    /// Reads what is there.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is, and what the system says.
    pub fn try_read(self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Line::Tcp(stream) => stream.try_read(into),
            Line::Memory(pipe) => pipe.to_server.read(into),
        }
    }

    /// Writes as much as is taken.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is, and what the system says.
    pub fn try_write(self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        match self {
            Line::Tcp(stream) => stream.try_write_vectored(slices),
            Line::Memory(pipe) => pipe.to_client.write(slices),
        }
    }

    /// Waits until there is something to read.
    pub fn poll_readable(self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Line::Tcp(stream) => stream.poll_read_ready(cx),
            Line::Memory(pipe) => pipe.to_server.poll_readable(cx).map(Ok),
        }
    }

    /// Waits until something can be written.
    pub fn poll_writable(self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self {
            Line::Tcp(stream) => stream.poll_write_ready(cx),
            Line::Memory(pipe) => pipe.to_client.poll_writable(cx).map(Ok),
        }
    }

    /// Waits for bytes, and leaves them where they are.
    ///
    /// # Errors
    /// What the system says.
    pub async fn peek(self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Line::Tcp(stream) => stream.peek(into).await,
            Line::Memory(pipe) => {
                poll_fn(|cx| pipe.to_server.poll_readable(cx)).await;
                pipe.to_server.peek(into)
            }
        }
    }

    /// How Go names a read from it. `peer` is the address at its other end.
    ///
    /// # Errors
    /// What the system says.
    pub fn name(self, peer: Option<SocketAddr>) -> io::Result<String> {
        match (self, peer) {
            (Line::Tcp(stream), Some(peer)) => Ok(format!("tcp {}->{peer}", stream.local_addr()?)),
            (Line::Tcp(_), None) => Ok("tcp".to_owned()),
            (Line::Memory(_), _) => Ok("pipe".to_owned()),
        }
    }

    /// Lets the client see the end, whoever still holds the socket.
    pub fn hang_up(self) {
        match self {
            Line::Tcp(stream) => {
                let socket = stream.as_fd().try_clone_to_owned();
                // When that fails the socket ends together with the connection.
                if let Ok(socket) = socket.map(std::net::TcpStream::from) {
                    let _ = socket.shutdown(Shutdown::Both);
                }
            }
            Line::Memory(pipe) => pipe.end(),
        }
    }
}
