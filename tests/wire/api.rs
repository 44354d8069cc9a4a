//! The JetStream API, request by request, as nats-server answers it.
//!
//! The tables in `api/` are read by line. What stands under one `== name` is asked of one fresh server; lines behind
//! `: ` are its configuration, as in [`script`](super::script).
//!
//! ```text
//! = "user":"a"                 a new connection, with these fields in its CONNECT
//! > STREAM.INFO.S {…}          a request; STREAM, CONSUMER, DIRECT and INFO stand under $JS.API
//! > s.a (A: 1; B: 2) hi        a request with headers
//! >= INFO                      the same, whose answer is told in full
//! ? STREAM.INFO.S              asked again until this is the answer
//! < {"type":…}                 an answer; a request has as many as follow it, perhaps none
//! + $JS.EVENT.>                from here on what is said on these subjects is told, too
//! % $JS.EVENT.a {"type":…}     and this was said; lines behind one another in any order
//! ```
//!
//! An answer is told with its keys in order, without `io.nats.jetstream.api.v1.`, and without what a `config` or a
//! `state` has in common with [`STREAM`], [`CONSUMER`] or [`STATE`]; a field that these have and it has not is
//! `null`. JSON within JSON, as audits have it, is told as JSON. Headers stand in parentheses, a subject and a reply
//! (`^`) where they are not the expected ones. `…` stands for any text, `⟨x×9⟩` for nine times x.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, ErrorKind, Read};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::script::{self, Exchange, is_like};
use crate::support::raw::Raw;
use crate::support::server::Server;

const TABLES: &[(&str, &str)] = &[
    ("streams", include_str!("api/streams.txt")),
    ("updates", include_str!("api/updates.txt")),
    ("messages", include_str!("api/messages.txt")),
    ("publish", include_str!("api/publish.txt")),
    ("consumers", include_str!("api/consumers.txt")),
    ("copies", include_str!("api/copies.txt")),
    ("account", include_str!("api/account.txt")),
    ("advisories", include_str!("api/advisories.txt")),
];

/// The configuration of a stream in memory that was asked for nothing.
const STREAM: &str = r#"{"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,
    "max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"memory","num_replicas":1,
    "duplicate_window":120000000000,"sealed":false,"deny_delete":false,"deny_purge":false,
    "allow_rollup_hdrs":false,"compression":"none","allow_direct":false,"mirror_direct":false,
    "consumer_limits":{},"allow_msg_ttl":false,
    "metadata":{"_nats.level":"4","_nats.req.level":"0","_nats.ver":"2.14.5"}}"#;

/// The configuration of a consumer that was asked for acknowledgements of each message and nothing else.
const CONSUMER: &str = r#"{"deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,
    "replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":0,
    "metadata":{"_nats.level":"4","_nats.req.level":"0","_nats.ver":"2.14.5"}}"#;

/// The state of a stream that has never had a message.
const STATE: &str = r#"{"messages":0,"bytes":0,"first_seq":0,"first_ts":"0001-01-01T00:00:00Z","last_seq":0,
    "last_ts":"0001-01-01T00:00:00Z","consumer_count":0}"#;

/// What is not told of an answer's type.
const TYPE: &str = "io.nats.jetstream.api.v1.";
/// How long to wait for what must come. Generous, since the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
fn the_api_answers_like_nats_server() {
    let mut failures = Vec::new();
    for (table, text) in TABLES {
        for exchange in script::exchanges(text) {
            if let Some(reference) = Server::reference(&exchange.settings) {
                failures.extend(failures_of("nats-server", table, &exchange, &reference));
            }
            let ours = Server::ours(&exchange.settings);
            failures.extend(failures_of("ours", table, &exchange, &ours));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

fn failures_of(who: &str, table: &str, exchange: &Exchange, server: &Server) -> Vec<String> {
    let failures = run(server, &exchange.script).into_iter();
    failures
        .map(|failure| format!("{who}, {table}: {}\n{failure}", exchange.name))
        .collect()
}

/// Asks everything of a script, and says where the answers are others.
fn run(server: &Server, script: &str) -> Vec<String> {
    let first = script.lines().next().and_then(|line| line.strip_prefix("= "));
    let mut caller = Caller::new(server, first.unwrap_or_default());
    let mut failures = Vec::new();
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        match verb {
            "=" => caller = Caller::new(server, rest),
            "+" => {
                let sid = caller.subscribe(rest);
                caller.listening.push(sid);
            }
            ">" | ">=" | "?" => {
                let mut answers = Vec::new();
                while let Some(answer) = lines.next_if(|line| line.starts_with("< ")) {
                    answers.push(&answer["< ".len()..]);
                }
                if let Err(failure) = caller.ask(verb, rest, &answers) {
                    failures.push(format!("{line}\n{failure}"));
                }
            }
            "%" => {
                let mut expected = vec![repeat(rest)];
                while let Some(more) = lines.next_if(|line| line.starts_with("% ")) {
                    expected.push(repeat(&more["% ".len()..]));
                }
                failures.extend(caller.overhear(expected));
            }
            other => panic!("no such step: {other}"),
        }
    }
    failures.extend(caller.leftovers());
    failures
}

/// A message that arrived.
struct Heard {
    subject: String,
    reply: Option<String>,
    headers: Option<String>,
    payload: Vec<u8>,
}

impl Heard {
    /// As the tables tell it.
    fn told(&self, inbox: &str, whole: bool) -> String {
        let mut parts = Vec::new();
        if self.subject != inbox {
            parts.push(self.subject.clone());
        }
        parts.extend(self.reply.iter().map(|reply| format!("^{reply}")));
        parts.extend(self.headers.iter().map(|headers| {
            let lines = headers.trim_end().lines().map(|line| match line.split_once(':') {
                Some((key, value)) => format!("{key}: {}", value.trim_start()),
                None => line.trim_start_matches("NATS/1.0").trim_start().to_owned(),
            });
            let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
            format!("({})", lines.join("; "))
        }));
        parts.push(told(&self.payload, whole));
        parts.join(" ").trim_end().to_owned()
    }
}

/// A payload as the tables tell it.
fn told(payload: &[u8], whole: bool) -> String {
    let Ok(text) = std::str::from_utf8(payload) else {
        return "binary".to_owned();
    };
    if text.starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str::<Value>(text)
    {
        return if whole { value } else { fold("", value) }.to_string();
    }
    text.replace('\r', "\\r")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
}

/// Leaves out what goes without saying.
fn fold(key: &str, value: Value) -> Value {
    match value {
        Value::Object(mut fields) => {
            let usual = match key {
                "config" if fields.contains_key("deliver_policy") => CONSUMER,
                "config" => STREAM,
                "state" => STATE,
                _ => "{}",
            };
            let usual: Map<String, Value> = serde_json::from_str(usual).unwrap();
            for (key, value) in usual {
                match fields.get(&key) {
                    Some(field) if *field == value => drop(fields.remove(&key)),
                    Some(_) => {}
                    None => drop(fields.insert(key, Value::Null)),
                }
            }
            let fields = fields
                .into_iter()
                .map(|(key, value)| (key.clone(), fold(&key, value)));
            Value::Object(fields.collect())
        }
        Value::Array(items) => items.into_iter().map(|item| fold(key, item)).collect(),
        Value::String(text) if matches!(key, "request" | "response") && text.starts_with('{') => {
            serde_json::from_str(&text).map_or(Value::String(text), |told| fold("", told))
        }
        Value::String(text) if key == "type" => text.strip_prefix(TYPE).unwrap_or(&text).into(),
        other => other,
    }
}

/// A connection that sorts what arrives by what it was asked for.
struct Caller {
    raw: Raw,
    last_sid: u64,
    arrived: BTreeMap<u64, VecDeque<Heard>>,
    listening: Vec<u64>,
}

impl Caller {
    fn new(server: &Server, fields: &str) -> Caller {
        let comma = if fields.is_empty() { "" } else { "," };
        let always = r#""headers":true,"no_responders":true,"lang":"table","version":"1""#;
        let raw = Raw::connect(server.address, &format!("{always}{comma}{fields}"));
        raw.reader.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        Caller {
            raw,
            last_sid: 0,
            arrived: BTreeMap::new(),
            listening: Vec::new(),
        }
    }

    fn subscribe(&mut self, subject: &str) -> u64 {
        self.last_sid += 1;
        self.raw.send(format!("SUB {subject} {}\r\n", self.last_sid));
        self.last_sid
    }

    /// Sends a request. Returns where its answers arrive.
    fn send(&mut self, request: &str) -> (String, u64) {
        let (subject, rest) = request.split_once(' ').unwrap_or((request, ""));
        let (headers, payload) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((headers, payload)) => (Some(headers), payload.strip_prefix(' ').unwrap_or(payload)),
            None => (None, rest),
        };
        let of_api = ["STREAM.", "CONSUMER.", "DIRECT.", "META.", "SERVER.", "ACCOUNT."];
        let prefix = match subject == "INFO" || of_api.iter().any(|root| subject.starts_with(root)) {
            true => "$JS.API.",
            false => "",
        };
        let (subject, payload) = (unfold(&format!("{prefix}{subject}")), unfold(payload));
        let inbox = format!("inbox.{}", self.last_sid + 1);
        let sid = self.subscribe(&inbox);
        match headers {
            None => self.raw.send(format!(
                "PUB {subject} {inbox} {}\r\n{payload}\r\n",
                payload.len()
            )),
            Some(headers) => {
                let lines = unfold(headers).replace("; ", "\r\n");
                let block = format!("NATS/1.0\r\n{lines}\r\n\r\n");
                let (of_headers, total) = (block.len(), block.len() + payload.len());
                let line = format!("HPUB {subject} {inbox} {of_headers} {total}\r\n");
                self.raw.send(format!("{line}{block}{payload}\r\n"));
            }
        }
        (inbox, sid)
    }

    /// Asks, and compares the answers.
    fn ask(&mut self, verb: &str, request: &str, answers: &[&str]) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let (inbox, sid) = self.send(request);
            let mut wrong = None;
            for expected in answers {
                let got = match self.next(&[sid]) {
                    Some(heard) => heard.told(&inbox, verb == ">="),
                    None => "nothing".to_owned(),
                };
                if !is_like(&got, &repeat(expected)) {
                    wrong.get_or_insert(format!("  expected < {expected}\n  got      < {got}"));
                }
            }
            match wrong {
                None => return Ok(()),
                Some(_) if verb == "?" && started.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Some(difference) => return Err(difference),
            }
        }
    }

    /// Compares what is said next on the subjects that are listened to. What one request brings about is said in no
    /// fixed order.
    fn overhear(&mut self, mut expected: Vec<String>) -> Vec<String> {
        let listening = self.listening.clone();
        let mut failures = Vec::new();
        for _ in 0..expected.len() {
            let heard = self.next(&listening);
            let told = heard.map_or_else(|| "nothing".to_owned(), |heard| heard.told("", false));
            match expected.iter().position(|pattern| is_like(&told, pattern)) {
                Some(at) => drop(expected.remove(at)),
                None => failures.push(format!(
                    "  expected % {}\n  got      % {told}",
                    expected.join(" or ")
                )),
            }
        }
        failures
    }

    /// The next message for one of these subscriptions. None when nothing comes.
    fn next(&mut self, sids: &[u64]) -> Option<Heard> {
        loop {
            let mut queues = sids.iter();
            if let Some(heard) = queues.find_map(|sid| self.arrived.get_mut(sid)?.pop_front()) {
                return Some(heard);
            }
            self.read()?;
        }
    }

    /// Reads until the server has answered a ping. None when it does not.
    fn settle(&mut self) -> Option<()> {
        self.raw.send("PING\r\n");
        while self.read()? != "PONG" {}
        Some(())
    }

    /// Reads one operation. None when nothing comes.
    fn read(&mut self) -> Option<String> {
        let mut line = Vec::new();
        match self.raw.reader.read_until(b'\n', &mut line) {
            Ok(0) => panic!("the server closed the connection"),
            Ok(_) => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return None,
            Err(e) => panic!("{e}"),
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let fields: Vec<&str> = line.split(' ').collect();
        let (with_headers, sizes) = match fields[0] {
            "PING" => {
                self.raw.send("PONG\r\n");
                return Some(line);
            }
            "MSG" => (false, 1),
            "HMSG" => (true, 2),
            _ => return Some(line),
        };
        let size = |at: usize| fields[fields.len() - at].parse::<usize>().unwrap();
        let mut payload = vec![0; size(1) + "\r\n".len()];
        self.raw.reader.read_exact(&mut payload).unwrap();
        payload.truncate(size(1));
        let headers = with_headers.then(|| {
            let rest = payload.split_off(size(2));
            String::from_utf8_lossy(&std::mem::replace(&mut payload, rest)).into_owned()
        });
        let heard = Heard {
            subject: fields[1].to_owned(),
            // nats-server itself writes a reply that is empty where it has none.
            reply: (fields.len() == 4 + sizes && !fields[3].is_empty()).then(|| fields[3].to_owned()),
            headers,
            payload,
        };
        let sid = fields[2].parse().unwrap();
        self.arrived.entry(sid).or_default().push_back(heard);
        Some(line)
    }

    /// What was said that the table does not have.
    fn leftovers(mut self) -> Vec<String> {
        // Requests are answered in their order: after this one's answer, nothing is under way.
        let (_, sid) = self.send("INFO");
        if self.next(&[sid]).is_none() || self.settle().is_none() {
            return vec!["  the server does not answer any more".to_owned()];
        }
        let listening = &self.listening;
        let about_this = |heard: &Heard| heard.subject == "$JS.EVENT.ADVISORY.API";
        let queues = self.arrived.iter();
        queues
            .flat_map(|(sid, queue)| queue.iter().map(move |heard| (sid, heard)))
            .filter(|(sid, heard)| !(listening.contains(sid) && about_this(heard)))
            .map(|(_, heard)| format!("  not expected: {}", heard.told("", false)))
            .collect()
    }
}

/// Line ends and repetitions written out.
fn unfold(text: &str) -> String {
    repeat(&text.replace("\\r", "\r").replace("\\n", "\n"))
}

/// Repetitions written out.
fn repeat(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some((before, rest)) = text.split_once('⟨') {
        let (repetition, after) = rest.split_once('⟩').expect("a repetition ends");
        let (part, times) = repetition.split_once('×').expect("a repetition has a number");
        text = format!("{before}{}{after}", part.repeat(times.parse().unwrap()));
    }
    text
}
