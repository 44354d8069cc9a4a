//! An account with an outlet that writes down what it is given.

use std::time::Duration;

use serde_json::Value;

use crate::broker::jetstream::{Delivery, Incoming, JetStream, JetStreamConfig, Outlet, Received, Sink};
use crate::proto::subject;
use crate::util::time::Timestamp;

/// A delivery, kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub route: String,
    pub subject: String,
    pub reply: String,
    pub headers: String,
    pub payload: String,
    /// The payload when it is no text.
    pub bytes: Vec<u8>,
}

/// Keeps everything; answers that somebody listens on the patterns it was told.
#[derive(Debug, Default)]
pub struct Recorder {
    pub sent: Vec<Sent>,
    pub interest: Vec<String>,
    bound: Vec<(String, Sink)>,
}

impl Outlet for Recorder {
    fn deliver(&mut self, message: Delivery<'_>) -> bool {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.sent.push(Sent {
            route: text(message.route),
            subject: text(message.subject),
            reply: text(message.reply),
            headers: text(message.headers),
            payload: text(message.payload),
            bytes: message.payload.to_vec(),
        });
        true
    }

    fn has_interest(&self, subject: &[u8], _queue: Option<&[u8]>) -> bool {
        let copies = self.bound.iter().filter(|(_, sink)| sink.takes_copies());
        let mut patterns = self.interest.iter().chain(copies.map(|(pattern, _)| pattern));
        patterns.any(|pattern| subject::matches(pattern.as_bytes(), subject))
    }

    fn is_subscribed(&self, subject: &[u8]) -> bool {
        self.interest.iter().any(|pattern| pattern.as_bytes() == subject)
    }

    fn is_awaited(&self, subject: &[u8], _group: Option<&[u8]>) -> bool {
        let mut copies = self.bound.iter().filter(|(_, sink)| sink.takes_copies());
        self.is_subscribed(subject)
            || copies.any(|(pattern, _)| subject::matches(pattern.as_bytes(), subject))
    }

    fn is_heard(&self, subject: &[u8]) -> bool {
        let mut bound = self.bound.iter();
        bound.any(|(pattern, _)| subject::matches(pattern.as_bytes(), subject))
            || self.has_interest(subject, None)
    }

    fn bind(&mut self, subject: &[u8], sink: Sink) {
        let binding = (String::from_utf8_lossy(subject).into_owned(), sink);
        if !self.bound.contains(&binding) {
            self.bound.push(binding);
        }
    }

    fn unbind(&mut self, subject: &[u8], sink: &Sink) {
        let before = self.bound.len();
        self.bound.retain(|(s, k)| s.as_bytes() != subject || k != sink);
        assert_eq!(self.bound.len(), before - 1, "unbound what was not bound");
    }
}

/// The account and everything around it.
pub struct Rig {
    pub js: JetStream,
    pub outlet: Recorder,
    pub now: Timestamp,
}

impl Rig {
    pub fn new() -> Rig {
        Rig::with(JetStreamConfig {
            server_name: "test".to_owned(),
            ..JetStreamConfig::default()
        })
    }

    pub fn with(config: JetStreamConfig) -> Rig {
        let mut rig = Rig {
            js: JetStream::new(config),
            outlet: Recorder::default(),
            now: "2026-11-24T18:00:00Z".parse().unwrap(),
        };
        rig.outlet.interest.push("_INBOX.>".to_owned());
        rig.js.start(rig.now, &mut rig.outlet);
        rig
    }

    /// Publishes as a client does, and commits. False when nobody was behind the subject.
    pub fn send(&mut self, subject: &str, reply: &str, headers: &str, payload: &str) -> bool {
        self.send_whole(subject, reply, headers, payload.as_bytes())
    }

    /// As [`Rig::send`], without headers, of what need not be text.
    pub fn send_bytes(&mut self, subject: &str, reply: &str, payload: &[u8]) -> bool {
        self.send_whole(subject, reply, "", payload)
    }

    fn send_whole(&mut self, subject: &str, reply: &str, headers: &str, payload: &[u8]) -> bool {
        let bound = self.outlet.bound.clone();
        let sinks = bound
            .iter()
            .filter(|(p, _)| subject::matches(p.as_bytes(), subject.as_bytes()));
        let mut taken = false;
        for (_, sink) in sinks {
            let message = Incoming {
                subject: subject.as_bytes(),
                reply: reply.as_bytes(),
                headers: headers.as_bytes(),
                payload,
            };
            match self.js.receive(self.now, sink, message, &mut self.outlet) {
                Received::Nobody => continue,
                Received::Done => {}
                Received::CommitDue => self.js.commit(self.now, sink, &mut self.outlet),
            }
            taken = true;
        }
        taken
    }

    /// Hands on what JetStream has sent to itself, and what follows from that, as the broker does.
    pub fn settle(&mut self) {
        let mut at = 0;
        while let Some(sent) = self.outlet.sent.get(at).cloned() {
            at += 1;
            let is_it =
                |(pattern, _): &&(String, Sink)| subject::matches(pattern.as_bytes(), sent.route.as_bytes());
            let sinks: Vec<Sink> = self
                .outlet
                .bound
                .iter()
                .filter(is_it)
                .map(|(_, sink)| sink.clone())
                .collect();
            for sink in sinks {
                let subject = if sink.takes_copies() {
                    &sent.subject
                } else {
                    &sent.route
                };
                let message = Incoming {
                    subject: subject.as_bytes(),
                    reply: sent.reply.as_bytes(),
                    headers: sent.headers.as_bytes(),
                    payload: &sent.bytes,
                };
                if self.js.receive(self.now, &sink, message, &mut self.outlet) == Received::CommitDue {
                    self.js.commit(self.now, &sink, &mut self.outlet);
                }
            }
        }
        self.outlet.sent.clear();
    }

    /// Sends a request and returns what came to its inbox.
    pub fn request(&mut self, subject: &str, headers: &str, payload: &str) -> Vec<Sent> {
        self.outlet.sent.clear();
        self.send(subject, "_INBOX.1", headers, payload);
        self.await_answer();
        self.outlet
            .sent
            .iter()
            .filter(|sent| sent.route == "_INBOX.1")
            .cloned()
            .collect()
    }

    /// Waits for the medium as long as an answer does.
    fn await_answer(&mut self) {
        let is_answer = |sent: &Sent| sent.route == "_INBOX.1";
        let at_once = |due: Timestamp| due <= Timestamp::from_nanos(0);
        while !self.outlet.sent.iter().any(is_answer) && self.js.next_deadline().is_some_and(at_once) {
            self.tick();
        }
    }

    /// An API request's answer.
    pub fn api(&mut self, subject: &str, payload: &str) -> Value {
        let answers = self.request(&format!("$JS.API.{subject}"), "", payload);
        assert_eq!(answers.len(), 1, "{subject} {payload}");
        serde_json::from_str(&answers[0].payload).unwrap()
    }

    /// An API request that must succeed.
    pub fn api_ok(&mut self, subject: &str, payload: &str) -> Value {
        let answer = self.api(subject, payload);
        assert_eq!(answer.get("error"), None, "{subject} {payload}");
        answer
    }

    /// Makes a memory stream; `more` is further fields, such as `"max_msgs":3`.
    pub fn stream(&mut self, name: &str, more: &str) {
        let comma = if more.is_empty() { "" } else { "," };
        let config = format!(r#"{{"name":"{name}","storage":"memory"{comma}{more}}}"#);
        self.api_ok(&format!("STREAM.CREATE.{name}"), &config);
    }

    /// Publishes and returns the acknowledgement.
    pub fn publish(&mut self, subject: &str, headers: &str, payload: &str) -> String {
        let block = if headers.is_empty() {
            String::new()
        } else {
            format!("NATS/1.0\r\n{headers}\r\n\r\n")
        };
        let answers = self.request(subject, &block, payload);
        assert_eq!(answers.len(), 1, "{subject} {headers}");
        answers[0].payload.clone()
    }

    /// A stream's state.
    pub fn state(&mut self, name: &str) -> Value {
        self.api_ok(&format!("STREAM.INFO.{name}"), "")["state"].take()
    }

    /// The payloads of all messages of a stream, in order.
    pub fn contents(&mut self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut seq = 1;
        loop {
            let request = format!(r#"{{"seq":{seq},"next_by_subj":">"}}"#);
            let message = self.api(&format!("STREAM.MSG.GET.{name}"), &request)["message"].take();
            let Some(next) = message["seq"].as_u64() else {
                return found;
            };
            seq = next + 1;
            let data = message["data"].as_str().unwrap_or_default();
            let data = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, data).unwrap();
            found.push(String::from_utf8(data).unwrap());
        }
    }

    /// Does what is due, and waits for the medium where that must be.
    pub fn tick(&mut self) {
        for sync in self.js.tick(self.now, &mut self.outlet) {
            self.js.end_sync(self.now, sync.run(), &mut self.outlet);
        }
    }

    /// Lets time pass, deadline by deadline.
    pub fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.js.next_deadline().filter(|due| *due <= end) {
            self.now = due.max(self.now);
            self.tick();
        }
        self.now = end;
    }
}
