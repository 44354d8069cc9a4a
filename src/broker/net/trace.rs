//! The protocol in the log as it passes, for `-V`: `<<- [PUB a 2]` from a client, `->> [MSG a 1 2]` to one.
//! Costs a look at one flag when nobody wants it.

use tracing::Level;

use super::connection::Connection;
use crate::broker::tap::{Event, LINE_MAX, Taps};
use crate::proto::errors::Quoted;
use crate::proto::parser::{Op, Publish};
use crate::proto::writer::Message;

/// From a client, in the log.
const FROM_CLIENT: &str = "<<-";
/// To a client.
const TO_CLIENT: &str = "->>";

/// Is the protocol wanted, in the log or by a tap?
#[inline]
pub fn is_on(taps: &Taps) -> bool {
    taps.is_open() || tracing::enabled!(Level::TRACE)
}

/// Puts a line from a client (`<<-`) or to one (`->>`) where it is wanted.
fn show(taps: &Taps, connection: &Connection, arrow: &str, text: String) {
    tracing::trace!("{connection} - {arrow} [{text}]");
    if taps.is_open() {
        let text = shortened(text);
        let event = match arrow {
            FROM_CLIENT => Event::Heard(text),
            _ => Event::Told(text),
        };
        taps.note(connection.id, &event);
    }
}

/// A line as a tap keeps it.
fn shortened(mut text: String) -> String {
    if text.len() > LINE_MAX {
        text.truncate(text.floor_char_boundary(LINE_MAX));
        text.push('…');
    }
    text
}

/// What a client said.
#[cold]
pub fn heard(taps: &Taps, connection: &Connection, op: &Op<'_>) {
    let text = match op {
        Op::Publish(message) => {
            published(taps, connection, message);
            return;
        }
        Op::Subscribe { subject, queue, sid } => {
            words(&["SUB".as_bytes(), subject, queue.unwrap_or_default(), sid])
        }
        Op::Unsubscribe { sid, max } => {
            let max = max.map_or_else(String::new, |max| max.to_string());
            words(&["UNSUB".as_bytes(), sid, max.as_bytes()])
        }
        Op::Ping => "PING".to_owned(),
        Op::Pong => "PONG".to_owned(),
        Op::Connect(json) => format!("CONNECT {}", without_secrets(json)),
        Op::Info(json) => format!("INFO {}", String::from_utf8_lossy(json)),
        Op::Ok => "+OK".to_owned(),
        Op::Err(text) => format!("-ERR {}", String::from_utf8_lossy(text)),
    };
    show(taps, connection, FROM_CLIENT, text);
}

fn published(taps: &Taps, connection: &Connection, message: &Publish<'_>) {
    let size = message.size().to_string();
    let headers = message.headers.len().to_string();
    let text = match message.headers {
        [] => words(&[b"PUB", message.subject, message.reply, size.as_bytes()]),
        _ => words(&[
            b"HPUB",
            message.subject,
            message.reply,
            headers.as_bytes(),
            size.as_bytes(),
        ]),
    };
    show(taps, connection, FROM_CLIENT, text);
    payload(taps, connection, FROM_CLIENT, message.headers, message.payload);
}

/// A message that was delivered.
#[cold]
pub fn delivered(taps: &Taps, connection: &Connection, message: &Message<'_>, with_headers: bool) {
    let headers = if with_headers { message.headers } else { &[] };
    let size = (headers.len() + message.payload.len()).to_string();
    let head = headers.len().to_string();
    let text = match headers {
        [] => words(&[
            b"MSG",
            message.subject,
            message.sid,
            message.reply,
            size.as_bytes(),
        ]),
        _ => words(&[
            b"HMSG",
            message.subject,
            message.sid,
            message.reply,
            head.as_bytes(),
            size.as_bytes(),
        ]),
    };
    show(taps, connection, TO_CLIENT, text);
    payload(taps, connection, TO_CLIENT, headers, message.payload);
}

/// A line of the server's own.
#[cold]
pub fn said(taps: &Taps, connection: &Connection, line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    let (line, message) = text.split_once("\r\n").unwrap_or((&text, ""));
    let error = line
        .strip_prefix("-ERR '")
        .and_then(|rest| rest.strip_suffix('\''));
    match error {
        Some(error) => show(taps, connection, TO_CLIENT, format!("-ERR {error}")),
        None => show(taps, connection, TO_CLIENT, line.to_owned()),
    }
    // A message of the server's own, such as that nobody answers, goes on after its line.
    let message = message.strip_suffix("\r\n").unwrap_or(message);
    payload(taps, connection, TO_CLIENT, message.as_bytes(), &[]);
}

fn payload(taps: &Taps, connection: &Connection, arrow: &str, headers: &[u8], payload: &[u8]) {
    let mut bytes = [headers, payload].concat();
    if bytes.is_empty() {
        return;
    }
    let whole = bytes.len();
    let longest = match connection.traced_max {
        0 => LINE_MAX,
        longest => longest.min(LINE_MAX),
    };
    if taps.is_open() {
        let shown = bytes.get(..longest).unwrap_or(&bytes);
        let more = if whole > shown.len() { "…" } else { "" };
        let event = format!("{}{more}", Quoted(shown));
        taps.note(
            connection.id,
            &match arrow {
                FROM_CLIENT => Event::Heard(event),
                _ => Event::Told(event),
            },
        );
    }
    if connection.traced_max > 0 && whole > connection.traced_max {
        bytes.truncate(connection.traced_max);
        let text = Quoted(&bytes).to_string();
        tracing::trace!(
            "{connection} - {arrow} MSG_PAYLOAD: [{}...\"]",
            &text[..text.len() - 1]
        );
    } else {
        tracing::trace!("{connection} - {arrow} MSG_PAYLOAD: [{}]", Quoted(&bytes));
    }
}

/// Those words that are not empty, in a row.
fn words(words: &[&[u8]]) -> String {
    let words = words.iter().filter(|word| !word.is_empty());
    let words: Vec<_> = words.map(|word| String::from_utf8_lossy(word)).collect();
    words.join(" ")
}

/// A CONNECT as it may be shown to who reads logs.
fn without_secrets(json: &[u8]) -> String {
    const SECRETS: [&str; 4] = ["pass", "auth_token", "sig", "jwt"];
    let Ok(serde_json::Value::Object(mut fields)) = serde_json::from_slice(json) else {
        return "[NOT JSON]".to_owned();
    };
    for (name, value) in &mut fields {
        if SECRETS.iter().any(|secret| name.eq_ignore_ascii_case(secret)) {
            *value = "[REDACTED]".into();
        }
    }
    serde_json::Value::Object(fields).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_out_of_the_log() {
        let text = without_secrets(br#"{"user":"u","PASS":"geheim","auth_token":"t","lang":"x"}"#);
        assert!(
            !text.contains("geheim") && text.contains("\"lang\":\"x\""),
            "{text}"
        );
        assert!(text.contains("\"auth_token\":\"[REDACTED]\""), "{text}");
        assert!(!without_secrets(b"{\"pass\":\"geheim\"").contains("geheim"));
    }
}
