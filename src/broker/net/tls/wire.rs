//! The encrypted side of one connection.
//!
//! Whoever has something for a client writes to its socket, from whatever thread; so the state of the encryption
//! has a lock of its own, which is held for one read or write and never while something is waited for.

use std::future::poll_fn;
use std::io::{self, IoSlice, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::ReadBuf;
use tokio_rustls::rustls::server::ServerConnection;
use tokio_rustls::rustls::{CipherSuite, ProtocolVersion};

use super::Tls;
use crate::broker::auth::Certificate;
use crate::broker::net::socket::Line;

/// A connection's encryption; in the clear until the handshake is over.
#[derive(Debug, Default)]
pub struct Wire(Mutex<Option<ServerConnection>>);

/// What a handshake agreed on, as connz shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secured {
    /// `1.2` or `1.3`.
    pub version: &'static str,
    /// Name of the cipher suite as Go writes it.
    pub suite: String,
    /// The handshake came before INFO.
    pub first: bool,
    /// The client's certificate and those that vouch for it.
    pub certificates: Vec<Arc<Certificate>>,
}

/// A socket that never waits.
struct Now<'a>(Line<'a>);

impl Read for Now<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.0.try_read(into)
    }
}

impl Write for Now<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.try_write(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.try_write(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Wire {
    fn lock(&self) -> MutexGuard<'_, Option<ServerConnection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the handshake. From then on everything is encrypted.
    ///
    /// # Errors
    /// The client hangs up, or says what is no handshake or none that we accept.
    pub async fn shake_hands(&self, socket: Line<'_>, settings: &Tls) -> io::Result<Secured> {
        let config = settings.clients.clone();
        let mut tls = ServerConnection::new(config).map_err(io::Error::other)?;
        while tls.is_handshaking() || tls.wants_write() {
            if tls.wants_write() {
                match push(&mut tls, socket) {
                    Err(error) if is_patience(&error) => poll_fn(|cx| socket.poll_writable(cx)).await?,
                    pushed => pushed?,
                }
                continue;
            }
            poll_fn(|cx| socket.poll_readable(cx)).await?;
            match tls.read_tls(&mut Now(socket)) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) => {}
                Err(error) if is_patience(&error) => continue,
                Err(error) => return Err(error),
            }
            if let Err(error) = tls.process_new_packets() {
                // The client is told why, if it still listens.
                let _ = push(&mut tls, socket);
                return Err(io::Error::other(error));
            }
        }
        let certificate = tls.peer_certificates().and_then(<[_]>::first);
        if !settings.is_pinned(certificate) {
            return Err(io::Error::other("certificate not pinned"));
        }
        let version = match tls.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "1.2",
            _ => "1.3",
        };
        let suite = tls.negotiated_cipher_suite();
        let chain = tls.peer_certificates().unwrap_or_default();
        let agreed = Secured {
            version,
            suite: suite.map(|suite| suite_name(suite.suite())).unwrap_or_default(),
            first: false,
            certificates: chain
                .iter()
                .filter_map(|der| Some(Arc::new(Certificate::read(der)?)))
                .collect(),
        };
        *self.lock() = Some(tls);
        Ok(agreed)
    }

    /// Reads what the client said.
    pub fn poll_read(
        &self,
        socket: Line<'_>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut state = self.lock();
            if let Some(tls) = &mut *state {
                match tls.reader().read(buffer.initialize_unfilled()) {
                    Ok(read) => {
                        buffer.advance(read);
                        return Poll::Ready(Ok(()));
                    }
                    Err(error) if is_patience(&error) => {}
                    // It hung up without a word, as many do.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Poll::Ready(Ok(())),
                    Err(error) => return Poll::Ready(Err(error)),
                }
                match tls.read_tls(&mut Now(socket)) {
                    Ok(_) => {
                        let processed = tls.process_new_packets();
                        // What the other side must be told has time until something else is written.
                        let _ = push(tls, socket);
                        processed.map_err(io::Error::other)?;
                        continue;
                    }
                    Err(error) if is_patience(&error) => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            } else {
                match socket.try_read(buffer.initialize_unfilled()) {
                    Ok(read) => {
                        buffer.advance(read);
                        return Poll::Ready(Ok(()));
                    }
                    Err(error) if is_patience(&error) => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            drop(state);
            ready!(socket.poll_readable(cx))?;
        }
    }

    /// Writes as much as is taken, without waiting. What is taken may still have to be [pushed](Wire::push).
    pub fn write(&self, socket: Line<'_>, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.lock();
        let Some(tls) = &mut *state else {
            return socket.try_write(slices);
        };
        push(tls, socket)?;
        let taken = tls.writer().write_vectored(slices)?;
        match push(tls, socket) {
            Err(error) if !is_patience(&error) => Err(error),
            _ if taken == 0 => Err(io::ErrorKind::WouldBlock.into()),
            _ => Ok(taken),
        }
    }

    /// Writes what is encrypted already. False when some of it is left.
    pub fn push(&self, socket: Line<'_>) -> io::Result<bool> {
        match &mut *self.lock() {
            None => Ok(true),
            Some(tls) => match push(tls, socket) {
                Err(error) if is_patience(&error) => Ok(false),
                pushed => pushed.map(|()| true),
            },
        }
    }

    /// Says goodbye in the manner of TLS.
    pub fn say_goodbye(&self, socket: Line<'_>) {
        if let Some(tls) = &mut *self.lock() {
            tls.send_close_notify();
            // Who does not take it finds out without.
            let _ = push(tls, socket);
        }
    }
}

fn push(tls: &mut ServerConnection, socket: Line<'_>) -> io::Result<()> {
    while tls.wants_write() {
        if tls.write_tls(&mut Now(socket))? == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
    }
    Ok(())
}

fn is_patience(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// The suite's name as Go writes it.
pub fn suite_name(suite: CipherSuite) -> String {
    let name = suite.as_str().unwrap_or_default();
    match name.strip_prefix("TLS13_") {
        Some(rest) => format!("TLS_{rest}"),
        None => name.to_owned(),
    }
}
