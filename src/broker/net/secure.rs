//! What happens between the first INFO and the client's first words: a proxy may introduce the client, and the
//! connection may become an encrypted one, before INFO or behind it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::session::Session;
use super::tls::{Secured, Tls};
use crate::broker::conf::HANDSHAKE_FIRST_FALLBACK;
use crate::proto::errors::{ClientError, CloseReason};

/// What a handshake of TLS begins with.
const HANDSHAKE: u8 = 0x16;
/// What an alert begins with, which may come in its place.
const ALERT: u8 = 0x15;

/// What Go says of bytes that are no handshake.
fn no_record() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "tls: first record does not look like a TLS handshake",
    )
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "tls: handshake timed out")
}

impl Session {
    /// Gets the connection to where the client speaks. What goes wrong ends the connection.
    pub(super) async fn begin(&mut self, tls: Option<&Arc<Tls>>) {
        if let Some(tls) = tls {
            self.secure(tls).await;
        } else if self.settings.options.proxy_protocol
            && let Some(own) = self.hear_proxy().await
        {
            self.take_in(&own);
        }
    }

    /// Makes the handshake, where the client wants it or must. What goes wrong ends the connection.
    async fn secure(&mut self, tls: &Arc<Tls>) {
        let mut first = tls.first;
        let in_process = self.connection.is_in_process();
        let optional = tls.optional || in_process;
        let fallback = tls.fallback.or(in_process.then_some(HANDSHAKE_FIRST_FALLBACK));
        if let Some(delay) = fallback.filter(|_| first)
            && self.first_byte(delay).await.is_none()
        {
            first = false;
            self.say(&self.greeting());
        }
        // A socket that was just accepted may not take INFO at once.
        if timeout(tls.timeout, self.all_sent()).await.is_err() {
            return self.connection.close(CloseReason::TlsHandshakeFailure);
        }
        if self.settings.options.proxy_protocol {
            match self.hear_proxy().await {
                None => return,
                // No handshake begins as a proxy's header does.
                Some(own) if !own.is_empty() && optional && !first => return self.take_in(&own),
                Some(own) if !own.is_empty() => return self.no_handshake(&no_record()),
                Some(_) => {}
            }
        }
        if !first && optional && self.first_byte(tls.timeout).await != Some(HANDSHAKE) {
            return;
        }
        if !tls.has_room() {
            return self.refuse(ClientError::Throttled, CloseReason::ConnectionsExceeded);
        }
        tracing::debug!("{} - Starting TLS client connection handshake", self.connection);
        match self.shake_hands(tls).await {
            Ok(secured) => {
                let secured = Secured { first, ..secured };
                tracing::debug!("{} - TLS handshake complete", self.connection);
                self.connection.note_secured(secured);
                if first {
                    self.say(&self.info().line());
                }
            }
            Err(error) => self.no_handshake(&error),
        }
    }

    fn no_handshake(&self, error: &io::Error) {
        match error.kind() {
            // Whoever only knocks is no matter for the log.
            io::ErrorKind::UnexpectedEof => {
                tracing::debug!("{} - TLS handshake error: EOF", self.connection);
            }
            io::ErrorKind::TimedOut | io::ErrorKind::Unsupported => {
                tracing::debug!("{} - TLS handshake error: {error}", self.connection);
            }
            _ => tracing::error!("{} - TLS handshake error: {error}", self.connection),
        }
        self.connection.close(CloseReason::TlsHandshakeFailure);
    }

    async fn shake_hands(&self, tls: &Arc<Tls>) -> io::Result<Secured> {
        let Some(wire) = self.connection.wire() else {
            return Err(io::Error::other("the connection was made without TLS"));
        };
        let handshake = async {
            // Who speaks something else is not answered in a language that it does not know.
            let mut byte = [0];
            let peeked = self.connection.line().peek(&mut byte).await?;
            if peeked == 1 && !matches!(byte[0], HANDSHAKE | ALERT) {
                return Err(no_record());
            }
            wire.shake_hands(self.connection.line(), tls).await
        };
        match timeout(tls.timeout, handshake).await {
            Ok(done) => done,
            Err(_) => Err(timed_out()),
        }
    }

    /// What the client says first, if it says anything within this time. It is not taken from the socket.
    async fn first_byte(&self, patience: Duration) -> Option<u8> {
        let mut byte = [0];
        let peeked = timeout(patience, self.connection.line().peek(&mut byte)).await;
        matches!(peeked, Ok(Ok(1))).then_some(byte[0])
    }
}
