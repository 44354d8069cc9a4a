//! A client whose server may be killed: everything fails softly.

use std::io::{Read, Write};
use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::raw::Raw;

/// One connection.
pub struct Client {
    raw: Raw,
    /// Where its answers come to.
    inbox: String,
}

impl Client {
    pub fn open(address: SocketAddr) -> Client {
        let mut raw = Raw::connect(address, r#""headers":true"#);
        let inbox = nuid::next().to_string();
        raw.send(format!("SUB {inbox}.> 1\r\n"));
        raw.sync();
        Client { raw, inbox }
    }

    pub fn send(&mut self, bytes: &str) -> Option<()> {
        self.raw.reader.get_mut().write_all(bytes.as_bytes()).ok()
    }

    /// One of this client's inboxes.
    pub fn inbox(&self, name: &str) -> String {
        format!("{}.{name}", self.inbox)
    }

    /// A message that asks for an answer to one of this client's inboxes.
    pub fn ask(&self, subject: &str, inbox: &str, payload: &str) -> String {
        format!(
            "PUB {subject} {}.{inbox} {}\r\n{payload}\r\n",
            self.inbox,
            payload.len()
        )
    }

    /// The next message: subject, reply and payload, which headers begin.
    pub fn message(&mut self) -> Option<(String, String, String)> {
        loop {
            let line = self.raw.line();
            let parts: Vec<&str> = line.split(' ').collect();
            let (subject, reply) = match parts[..] {
                ["PING"] => continue,
                ["MSG", subject, _, _] | ["HMSG", subject, _, _, _] => (subject, ""),
                ["MSG", subject, _, reply, _] | ["HMSG", subject, _, reply, _, _] => (subject, reply),
                _ => return None,
            };
            let mut body = vec![0; parts.last()?.parse::<usize>().ok()? + 2];
            self.raw.reader.read_exact(&mut body).ok()?;
            body.truncate(body.len() - 2);
            return Some((subject.into(), reply.into(), String::from_utf8(body).ok()?));
        }
    }

    pub fn request(&mut self, subject: &str, body: &Value) -> Option<Value> {
        self.send(&self.ask(subject, "api", &body.to_string()))?;
        serde_json::from_str(&self.message()?.2).ok()
    }

    pub fn api(&mut self, what: &str, body: &Value) -> Value {
        let answer = self.request(&format!("$JS.API.{what}"), body).unwrap();
        assert_eq!(answer["error"], Value::Null, "{what}: {answer}");
        answer
    }

    /// Everything that a stream holds, in order.
    pub fn contents(&mut self, stream: &str) -> Vec<(u64, String)> {
        let last = self.api(&format!("STREAM.INFO.{stream}"), &json!({}))["state"]["last_seq"]
            .as_u64()
            .unwrap();
        let mut found = Vec::new();
        let mut from = 1;
        while from <= last {
            let body = json!({"seq": from, "next_by_subj": ">", "batch": 1000}).to_string();
            let request = self.ask(&format!("$JS.API.DIRECT.GET.{stream}"), "all", &body);
            self.send(&request).unwrap();
            loop {
                let (_, _, text) = self.message().unwrap();
                let (headers, payload) = text.split_once("\r\n\r\n").unwrap();
                let Some(seq) = headers
                    .split("\r\n")
                    .find_map(|line| line.strip_prefix("Nats-Sequence: "))
                else {
                    // 204 is the end of a batch, 404 that there is nothing.
                    from = if headers.starts_with("NATS/1.0 404") {
                        last + 1
                    } else {
                        from
                    };
                    break;
                };
                from = seq.parse::<u64>().unwrap() + 1;
                found.push((from - 1, payload.to_owned()));
            }
        }
        found
    }
}
