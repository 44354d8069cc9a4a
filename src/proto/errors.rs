//! What the server says when it refuses, and why a connection ended.
//!
//! Clients tell errors apart by these texts, so they are nats-server's to the letter.

use std::fmt;

/// An error that a client is told with `-ERR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientError<'a> {
    /// No such operation.
    UnknownOperation,
    /// Login refused, for whatever reason.
    AuthorizationViolation,
    /// No login in time.
    AuthenticationTimeout,
    /// The login has run out.
    AuthenticationExpired,
    /// The server's pings were not answered.
    StaleConnection,
    /// The message is larger than allowed.
    PayloadViolation,
    /// The line is longer than allowed.
    ControlLine,
    /// No room for another connection.
    ConnectionsExceeded,
    /// Too many TLS handshakes within this second.
    Throttled,
    /// No room for another connection in this account.
    AccountConnectionsExceeded,
    /// `protocol` is neither 0 nor 1.
    InvalidProtocol,
    /// `no_responders` without `headers`.
    NoRespondersNeedsHeaders,
    /// No room for another subscription.
    SubscriptionsExceeded,
    /// A SUB with a subject that is none.
    InvalidSubject,
    /// A PUB with a subject that is none, to a pedantic client.
    InvalidPublishSubject,
    /// Not allowed to publish there.
    Publish(&'a [u8]),
    /// Not allowed to ask for answers there.
    PublishReply(&'a [u8]),
    /// Not allowed to subscribe there.
    Subscribe(&'a [u8]),
    /// Not allowed to subscribe there in that queue group.
    SubscribeQueue(&'a [u8], &'a [u8]),
    /// The subject has too many tokens.
    SubscribeTokens(&'a [u8]),
}

impl fmt::Display for ClientError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            ClientError::UnknownOperation => "Unknown Protocol Operation",
            ClientError::AuthorizationViolation => "Authorization Violation",
            ClientError::AuthenticationTimeout => "Authentication Timeout",
            ClientError::AuthenticationExpired => "User Authentication Expired",
            ClientError::StaleConnection => "Stale Connection",
            ClientError::PayloadViolation => "Maximum Payload Violation",
            ClientError::ControlLine => "maximum control line exceeded",
            ClientError::ConnectionsExceeded => "maximum connections exceeded",
            ClientError::Throttled => "Connection throttling is active. Please try again later.",
            ClientError::AccountConnectionsExceeded => "maximum account active connections exceeded",
            ClientError::InvalidProtocol => "invalid client protocol",
            ClientError::NoRespondersNeedsHeaders => "no responders requires headers support",
            ClientError::SubscriptionsExceeded => "maximum subscriptions exceeded",
            ClientError::InvalidSubject => "Invalid Subject",
            ClientError::InvalidPublishSubject => "Invalid Publish Subject",
            ClientError::Publish(subject) => {
                return write!(f, "Permissions Violation for Publish to {}", Quoted(subject));
            }
            ClientError::PublishReply(reply) => {
                return write!(
                    f,
                    "Permissions Violation for Publish with Reply of {}",
                    Quoted(reply)
                );
            }
            ClientError::Subscribe(subject) => {
                return write!(f, "Permissions Violation for Subscription to {}", Quoted(subject));
            }
            ClientError::SubscribeQueue(subject, queue) => {
                return write!(
                    f,
                    "Permissions Violation for Subscription to {} using queue {}",
                    Quoted(subject),
                    Quoted(queue)
                );
            }
            ClientError::SubscribeTokens(subject) => {
                return write!(
                    f,
                    "Permissions Violation for Subscription to {}, too many tokens",
                    Quoted(subject)
                );
            }
        };
        f.write_str(text)
    }
}

impl ClientError<'_> {
    /// The whole line with its line end.
    pub fn line(&self) -> Vec<u8> {
        format!("-ERR '{self}'\r\n").into_bytes()
    }
}

/// Bytes in double quotes as Go's `%q` writes them.
pub struct Quoted<'a>(pub &'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                match c {
                    '"' => f.write_str("\\\"")?,
                    '\\' => f.write_str("\\\\")?,
                    '\x07' => f.write_str("\\a")?,
                    '\x08' => f.write_str("\\b")?,
                    '\x0c' => f.write_str("\\f")?,
                    '\n' => f.write_str("\\n")?,
                    '\r' => f.write_str("\\r")?,
                    '\t' => f.write_str("\\t")?,
                    '\x0b' => f.write_str("\\v")?,
                    c if u32::from(c) < 0x20 || c == '\x7f' => write!(f, "\\x{:02x}", u32::from(c))?,
                    c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
                    c => write!(f, "{c}")?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        f.write_str("\"")
    }
}

/// Why a connection ended, as connz and the disconnect events tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[expect(missing_docs, reason = "the texts in `text` say it")]
pub enum CloseReason {
    ClientClosed = 1,
    AuthenticationTimeout,
    AuthenticationFailure,
    SlowConsumerPendingBytes,
    SlowConsumerWriteDeadline,
    WriteError,
    ReadError,
    ParseError,
    StaleConnection,
    ProtocolViolation,
    BadClientProtocolVersion,
    ConnectionsExceeded,
    AccountConnectionsExceeded,
    PayloadExceeded,
    ControlLineExceeded,
    ServerShutdown,
    AuthenticationExpired,
    NoRespondersNeedsHeaders,
    Kicked,
    TlsHandshakeFailure,
}

impl CloseReason {
    const ALL: [(CloseReason, &'static str); 20] = [
        (CloseReason::ClientClosed, "Client Closed"),
        (CloseReason::AuthenticationTimeout, "Authentication Timeout"),
        (CloseReason::AuthenticationFailure, "Authentication Failure"),
        (
            CloseReason::SlowConsumerPendingBytes,
            "Slow Consumer (Pending Bytes)",
        ),
        (
            CloseReason::SlowConsumerWriteDeadline,
            "Slow Consumer (Write Deadline)",
        ),
        (CloseReason::WriteError, "Write Error"),
        (CloseReason::ReadError, "Read Error"),
        (CloseReason::ParseError, "Parse Error"),
        (CloseReason::StaleConnection, "Stale Connection"),
        (CloseReason::ProtocolViolation, "Protocol Violation"),
        (
            CloseReason::BadClientProtocolVersion,
            "Bad Client Protocol Version",
        ),
        (CloseReason::ConnectionsExceeded, "Maximum Connections Exceeded"),
        (
            CloseReason::AccountConnectionsExceeded,
            "Maximum Account Connections Exceeded",
        ),
        (CloseReason::PayloadExceeded, "Maximum Message Payload Exceeded"),
        (CloseReason::ControlLineExceeded, "Maximum Control Line Exceeded"),
        (CloseReason::ServerShutdown, "Server Shutdown"),
        (CloseReason::AuthenticationExpired, "Authentication Expired"),
        (
            CloseReason::NoRespondersNeedsHeaders,
            "No Responders Requires Headers",
        ),
        (CloseReason::Kicked, "Kicked"),
        (CloseReason::TlsHandshakeFailure, "TLS Handshake Failure"),
    ];

    /// The text that connz shows.
    pub fn text(self) -> &'static str {
        Self::ALL[self as usize - 1].1
    }

    /// The reason whose number (`reason as u8`) this is; 0 is none.
    pub fn from_number(number: u8) -> Option<CloseReason> {
        Self::ALL
            .get(usize::from(number).checked_sub(1)?)
            .map(|(reason, _)| *reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_quoted_as_go_quotes() {
        assert_eq!(
            ClientError::SubscribeQueue(b"a.\"b\\", b"q\xff\t\x01").line(),
            b"-ERR 'Permissions Violation for Subscription to \"a.\\\"b\\\\\" using queue \"q\\xff\\t\\x01\"'\r\n"
        );
        assert_eq!(
            ClientError::ControlLine.line(),
            b"-ERR 'maximum control line exceeded'\r\n"
        );
    }

    #[test]
    fn reasons_have_their_own_number_and_text() {
        for (at, (reason, text)) in CloseReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, at + 1);
            assert_eq!(CloseReason::from_number(reason as u8), Some(reason));
            assert_eq!(reason.text(), text);
        }
        assert_eq!(CloseReason::from_number(0), None);
        assert_eq!(CloseReason::from_number(200), None);
    }
}
