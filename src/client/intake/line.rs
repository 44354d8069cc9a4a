//! The socket of a connection that only listens.

use std::io;
use std::time::Duration;

use async_nats::ServerAddr;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior};

use super::login::Hello;
use super::{Incident, IntakeError, Received};
use crate::proto::server_op::{Parsed, ServerOp, parse};

/// Bytes that are read at once at most, and that the buffer has unless one message is larger.
pub const READ_BYTES: usize = 256 * 1024;
/// The longest greeting before a handshake.
const GREETING_BYTES_MAX: usize = 64 * 1024;
/// How often the server is asked whether it is still there.
const PING_EVERY: Duration = Duration::from_secs(60);
/// Questions that may be without an answer.
const UNANSWERED_MAX: u32 = 2;

/// A socket, encrypted or not.
trait Socket: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Socket for T {}

/// A connection with a server.
pub struct Line {
    /// The server's number for it.
    pub client_id: u64,
    /// Other servers of the cluster.
    pub others: Vec<String>,
    socket: Box<dyn Socket>,
    buffer: Vec<u8>,
    filled: usize,
    /// The server asked whether we are there.
    is_asked: bool,
    unanswered: u32,
    /// Messages that came at once last, and for which room is made the next time.
    usual: usize,
}

/// The time to ask for the first time, and from then on.
pub fn pings() -> Interval {
    let mut pings = tokio::time::interval_at(tokio::time::Instant::now() + PING_EVERY, PING_EVERY);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings
}

/// Reads the greeting before a handshake. Whatever else was said in the clear by then is not trusted.
async fn greet(socket: &mut TcpStream) -> Result<Value, IntakeError> {
    let mut said = Vec::new();
    let mut read = [0; 4096];
    loop {
        match parse(&said)? {
            Parsed::Whole(ServerOp::Info(json), taken) if taken == said.len() => {
                return Ok(serde_json::from_slice(json).map_err(io::Error::other)?);
            }
            Parsed::Need(_) if said.len() <= GREETING_BYTES_MAX => {}
            _ => return Err(io::Error::from(io::ErrorKind::InvalidData).into()),
        }
        match socket.read(&mut read).await? {
            0 => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
            n => said.extend_from_slice(&read[..n]),
        }
    }
}

impl Line {
    /// Connects, and says who we are.
    pub async fn open(server: &ServerAddr, hello: &Hello) -> Result<Line, IntakeError> {
        let host = server.host().trim_matches(['[', ']']);
        let mut socket = TcpStream::connect((host, server.port())).await?;
        socket.set_nodelay(true)?;
        let mut greeting = None;
        let socket: Box<dyn Socket> = match &hello.tls {
            None => Box::new(socket),
            Some(tls) if tls.is_first => Box::new(tls.over(socket, host).await?),
            Some(tls) => {
                let info = greet(&mut socket).await?;
                let wants_tls = info["tls_required"].as_bool() == Some(true) || server.tls_required();
                greeting = Some(info);
                match wants_tls {
                    true => Box::new(tls.over(socket, host).await?),
                    false => Box::new(socket),
                }
            }
        };
        let mut line = Line {
            client_id: 0,
            others: Vec::new(),
            socket,
            buffer: vec![0; READ_BYTES],
            filled: 0,
            is_asked: false,
            unanswered: 0,
            usual: 0,
        };
        let mut is_greeted = false;
        if let Some(info) = greeting {
            line.say_hello(&info, hello).await?;
            is_greeted = true;
        }
        loop {
            match parse(&line.buffer[..line.filled])? {
                Parsed::Whole(op, taken) => {
                    match op {
                        ServerOp::Info(json) => {
                            let info: Value = serde_json::from_slice(json).map_err(io::Error::other)?;
                            if info["tls_required"].as_bool() == Some(true) && hello.tls.is_none() {
                                return Err(IntakeError::NeedsTls);
                            }
                            match std::mem::replace(&mut is_greeted, true) {
                                false => line.say_hello(&info, hello).await?,
                                true => line.note(&info),
                            }
                        }
                        ServerOp::Err(text) => {
                            return Err(IntakeError::Refused(String::from_utf8_lossy(text).into_owned()));
                        }
                        ServerOp::Ping => line.is_asked = true,
                        ServerOp::Pong => {
                            line.consume(taken, 0);
                            return Ok(line);
                        }
                        ServerOp::Ok | ServerOp::Deliver(_) => {}
                    }
                    line.consume(taken, 0);
                }
                Parsed::Need(_) => line.read().await?,
            }
        }
    }

    /// Answers the greeting.
    async fn say_hello(&mut self, info: &Value, hello: &Hello) -> Result<(), IntakeError> {
        self.note(info);
        let nonce = info["nonce"].as_str().unwrap_or_default();
        Ok(self.socket.write_all(&hello.lines(nonce)?).await?)
    }

    fn note(&mut self, info: &Value) {
        if let Some(id) = info["client_id"].as_u64() {
            self.client_id = id;
        }
        let urls = info["connect_urls"].as_array().into_iter().flatten();
        let urls: Vec<String> = urls.filter_map(|url| url.as_str().map(str::to_owned)).collect();
        if !urls.is_empty() {
            self.others = urls;
        }
    }

    /// Reads what is there, or waits for something.
    pub async fn read(&mut self) -> io::Result<()> {
        let read = self.socket.read(&mut self.buffer[self.filled..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.filled += read;
        Ok(())
    }

    /// Says something.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await
    }

    /// Answers the server's question, if it asked.
    pub async fn answer(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.is_asked) {
            true => self.write(b"PONG\r\n").await,
            false => Ok(()),
        }
    }

    /// Asks whether the server is there, and gives up where it did not answer before.
    pub async fn ping(&mut self) -> io::Result<()> {
        if self.unanswered == UNANSWERED_MAX {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.unanswered += 1;
        self.write(b"PING\r\n").await
    }

    /// Takes everything that has come whole, what came on each subscription together.
    pub fn take_whole(
        &mut self,
        mut take: impl FnMut(u64, &[Received<'_>]),
        report: &impl Fn(Incident),
    ) -> Result<(), IntakeError> {
        let mut came: Vec<(u64, Vec<Received<'_>>)> = Vec::new();
        let mut at = 0;
        let need = loop {
            match parse(&self.buffer[at..self.filled])? {
                Parsed::Need(need) => break need,
                Parsed::Whole(op, taken) => {
                    at += taken;
                    match op {
                        ServerOp::Deliver(delivery) => {
                            let place = came.iter().rposition(|(sid, _)| *sid == delivery.sid);
                            let place = place.unwrap_or_else(|| {
                                came.push((delivery.sid, Vec::with_capacity(self.usual)));
                                came.len() - 1
                            });
                            came[place].1.push(delivery.into());
                        }
                        ServerOp::Err(text) => {
                            report(Incident::Complaint(String::from_utf8_lossy(text).into_owned()));
                        }
                        ServerOp::Ping => self.is_asked = true,
                        ServerOp::Pong => self.unanswered = 0,
                        // Which servers there are may change; the next greeting says so again.
                        ServerOp::Info(_) | ServerOp::Ok => {}
                    }
                }
            }
        };
        for (sid, messages) in &came {
            self.usual = messages.len();
            take(*sid, messages);
        }
        drop(came);
        self.consume(at, need);
        Ok(())
    }

    /// Forgets what was taken, and has room for what is `needed` next: more for a large message, and no more
    /// than usual once it was taken.
    fn consume(&mut self, taken: usize, needed: usize) {
        self.buffer.copy_within(taken..self.filled, 0);
        self.filled -= taken;
        let size = needed.max(READ_BYTES);
        if size > self.buffer.len() {
            self.buffer.resize(size, 0);
        } else if size < self.buffer.len() && self.filled <= size {
            self.buffer.truncate(size);
            self.buffer.shrink_to_fit();
        }
    }

    #[cfg(test)]
    pub fn buffer_bytes(&self) -> usize {
        self.buffer.capacity()
    }
}
