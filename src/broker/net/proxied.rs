//! What a proxy in front of the server says of a client, before the client itself says anything.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout, timeout_at};

use super::session::Session;
use crate::proto::errors::CloseReason;
use crate::proto::proxy::{self, Beginning, Part, ProxyError};

/// How long the first bytes may take to come, and from then on the rest of the header. Who has begun with less than
/// tells the versions apart has both.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why nothing is known of the client.
#[derive(Debug, thiserror::Error)]
enum HeaderError {
    #[error(transparent)]
    Wrong(#[from] ProxyError),
    #[error("{}: EOF", .0.failure())]
    Ended(Part),
    #[error("{}: unexpected EOF", .0.failure())]
    BrokenOff(Part),
    #[error("{}: read {from}: i/o timeout", .part.failure())]
    Late { part: Part, from: String },
    #[error("{}: {error}", .part.failure())]
    Failed { part: Part, error: io::Error },
}

impl Session {
    /// Reads what a proxy says of the client, if one does. What was read and is the client's own is given back. None
    /// when the connection is over.
    pub(super) async fn hear_proxy(&mut self) -> Option<Vec<u8>> {
        let connection = self.connection.clone();
        // A socket that was just accepted may not take INFO at once.
        if timeout(PATIENCE, self.all_sent()).await.is_err() {
            connection.close(CloseReason::SlowConsumerWriteDeadline);
            return None;
        }
        let heard = tokio::select! {
            biased;
            () = connection.closing() => return None,
            heard = self.read_header() => heard,
        };
        match heard {
            Ok(own) => {
                self.restart_timers();
                Some(own)
            }
            Err(error) => {
                let peer = connection
                    .peer()
                    .map_or_else(|| "pipe".to_owned(), |peer| peer.to_string());
                tracing::warn!("Error reading PROXY protocol header from {peer}: {error}");
                connection.close(CloseReason::ProtocolViolation);
                None
            }
        }
    }

    async fn read_header(&mut self) -> Result<Vec<u8>, HeaderError> {
        let accepted = Instant::now();
        let mut deadline = accepted + PATIENCE;
        let mut missing = Part::Version;
        // All of it is part of the header, unless the header turns out to be none.
        let mut taken = Vec::new();
        let mut ahead = [0; proxy::SEEN_MAX];
        loop {
            let room = &mut ahead[..proxy::SEEN_MAX - taken.len()];
            let peeked = match timeout_at(deadline, self.connection.line().peek(room)).await {
                Ok(Ok(peeked)) => peeked,
                Ok(Err(error)) => return Err(HeaderError::Failed { part: missing, error }),
                // As the original calls silence.
                Err(_) if taken.is_empty() => return Err(HeaderError::Ended(missing)),
                Err(_) if deadline == accepted + PATIENCE && missing == Part::Version => {
                    deadline += PATIENCE;
                    continue;
                }
                Err(_) => return Err(self.is_late(missing)),
            };
            if peeked == 0 {
                return Err(ended(missing, taken.len()));
            }
            let seen = [&taken, &ahead[..peeked]].concat();
            match proxy::read(&seen)? {
                Beginning::None => return Ok(taken),
                Beginning::More(part) => {
                    self.take(peeked, part, deadline).await?;
                    if missing == Part::Version && part != Part::Version {
                        deadline = Instant::now().min(accepted + PATIENCE) + PATIENCE;
                    }
                    (missing, taken) = (part, seen);
                }
                Beginning::Header { source, length, last } => {
                    self.take(length - taken.len(), last, deadline).await?;
                    if let Some(client) = source {
                        self.connection.note_proxied(client);
                    }
                    return Ok(Vec::new());
                }
            }
        }
    }

    /// Takes so many bytes from the socket and forgets them.
    async fn take(&mut self, mut count: usize, part: Part, deadline: Instant) -> Result<(), HeaderError> {
        let mut sink = [0; 512];
        while count > 0 {
            let room = count.min(sink.len());
            match timeout_at(deadline, self.reader.read(&mut sink[..room])).await {
                Ok(Ok(0)) => return Err(ended(part, part.begin() + 1)),
                Ok(Ok(read)) => count -= read,
                Ok(Err(error)) => return Err(HeaderError::Failed { part, error }),
                Err(_) => return Err(self.is_late(part)),
            }
        }
        Ok(())
    }

    fn is_late(&self, part: Part) -> HeaderError {
        match self.connection.line().name(self.connection.peer()) {
            Ok(from) => HeaderError::Late { part, from },
            Err(error) => HeaderError::Failed { part, error },
        }
    }
}

/// As Go says it: who reads a part as a whole and gets something of it is disappointed.
fn ended(part: Part, seen: usize) -> HeaderError {
    let as_a_whole = !matches!(part, Part::Line | Part::Local | Part::Unspecified);
    if as_a_whole && seen > part.begin() {
        HeaderError::BrokenOff(part)
    } else {
        HeaderError::Ended(part)
    }
}
