//! A small language for exchanges. `== name` begins one, with a server of its own; lines behind `: ` are
//! that server's configuration, where `STORE` is a fresh folder. Every other line names a connection,
//! which is opened on first use:
//!
//! ```text
//! A = "headers":true        CONNECT with these fields, verbose and pedantic off, and PING / PONG
//! A> PUB a 2\r\nhi          send, with a line end behind
//! A>> PIN                   send as it is
//! A< PONG                   exactly this comes next
//! A<* INFO {                a line that begins so comes next
//! A<~ {"id":"…","seq":1}    a line like this comes next; … stands for any text
//! A> PUB GAP 2\r\nhi         send what the first … of the last such line stood for
//! A<& MSG a 1 0\r\n || …    these come next, in any order
//! A<info "jetstream":true   the INFO it was greeted with has this field
//! A! Stale Connection       the connection ends, for this reason (which only our broker can be asked)
//! A!                        the connection ends
//! ```

use std::collections::BTreeMap;

use crate::support::raw::Raw;
use crate::support::server::Server;

/// One exchange of a table.
pub struct Exchange {
    pub name: String,
    pub settings: String,
    pub script: String,
}

/// The exchanges of a table.
pub fn exchanges(table: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in table.lines().filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("== ") {
            exchanges.push(Exchange {
                name: name.to_owned(),
                settings: String::new(),
                script: String::new(),
            });
            continue;
        }
        let exchange = exchanges.last_mut().expect("a table begins with a name");
        match line.strip_prefix(": ") {
            Some(setting) => exchange.settings += &format!("{setting}\n"),
            None => exchange.script += &format!("{line}\n"),
        }
    }
    exchanges
}

/// Runs a script, and says where it went another way.
pub fn run(server: &Server, script: &str) -> Result<(), String> {
    let mut connections = BTreeMap::new();
    let mut gap = String::new();
    for line in script
        .lines()
        .map(str::trim_start)
        .filter(|line| !line.is_empty())
    {
        step(server, &mut connections, &mut gap, line)
            .map_err(|difference| format!("{line}\n    {difference}"))?;
    }
    Ok(())
}

fn step(
    server: &Server,
    connections: &mut BTreeMap<char, Raw>,
    gap: &mut String,
    line: &str,
) -> Result<(), String> {
    let name = line.chars().next().expect("the line is not empty");
    let rest = &line[1..];
    if let Some(fields) = rest.strip_prefix(" =") {
        connections.insert(name, Raw::connect(server.address, fields.trim()));
        return Ok(());
    }
    let raw = connections
        .entry(name)
        .or_insert_with(|| Raw::open(server.address));
    let (verb, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let text = unescape(text);
    match verb {
        ">" => raw.send(text.replace("GAP", gap) + "\r\n"),
        ">>" => raw.send(text),
        "<" => same(&lines(raw, &text), &text)?,
        "<*" => {
            let got = next(raw, &text);
            if !got.starts_with(&text) {
                return Err(format!("got {got:?}"));
            }
        }
        "<~" => {
            let got = next(raw, &text);
            if !is_like(&got, &text) {
                return Err(format!("got {got:?}"));
            }
            *gap = first_gap(&got, &text);
        }
        "<info" => {
            let (field, value) = text.split_once(':').expect("a field has a value");
            same(&raw.info[field.trim_matches('"')].to_string(), value)?;
        }
        "<&" => {
            let parts: Vec<&str> = text.split(" || ").collect();
            let got = lines(raw, &parts.join("\r\n"));
            if !orders(&parts).contains(&got) {
                return Err(format!("got {got:?}"));
            }
        }
        "!" => {
            same(&raw.line(), "")?;
            if !text.is_empty() {
                ended(server, raw, &text)?;
            }
        }
        other => panic!("no such step: {other}"),
    }
    Ok(())
}

fn same(got: &str, expected: &str) -> Result<(), String> {
    if got == expected {
        Ok(())
    } else {
        Err(format!("got {got:?}"))
    }
}

/// Does a line look like the pattern, in which `…` stands for any text?
pub fn is_like(line: &str, pattern: &str) -> bool {
    let mut parts: Vec<&str> = pattern.split('…').collect();
    let last = parts.pop().expect("a split has a part");
    let mut rest = line;
    for (number, part) in parts.iter().enumerate() {
        let Some(at) = rest.find(part) else { return false };
        if number == 0 && at > 0 {
            return false;
        }
        rest = &rest[at + part.len()..];
    }
    match parts.is_empty() {
        true => line == last,
        false => rest.ends_with(last),
    }
}

/// What the first `…` of a pattern stands for in a line that it fits.
fn first_gap(line: &str, pattern: &str) -> String {
    let mut parts = pattern.split('…');
    let rest = line.strip_prefix(parts.next().unwrap_or_default());
    let rest = rest.unwrap_or_default();
    let end = match parts.next() {
        Some("") | None => rest.len(),
        Some(next) => rest.find(next).unwrap_or(rest.len()),
    };
    rest[..end].to_owned()
}

/// The next line. A server's first PING comes whenever a machine is slow; it is answered, unless it is what is
/// expected.
fn next(raw: &mut Raw, expected: &str) -> String {
    loop {
        let line = raw.line();
        if line != "PING" || expected == "PING" {
            return line;
        }
        raw.send("PONG\r\n");
    }
}

/// As many lines as `expected` has.
fn lines(raw: &mut Raw, expected: &str) -> String {
    let lines: Vec<String> = expected.split("\r\n").map(|line| next(raw, line)).collect();
    lines.join("\r\n")
}

/// Every order of the parts, joined.
fn orders(parts: &[&str]) -> Vec<String> {
    if parts.len() == 1 {
        return vec![parts[0].to_owned()];
    }
    let with_first = |first: usize| {
        let mut rest = parts.to_vec();
        let part = rest.remove(first);
        orders(&rest)
            .into_iter()
            .map(move |order| format!("{part}\r\n{order}"))
    };
    (0..parts.len()).flat_map(with_first).collect()
}

/// Our broker must have recorded that the connection ended for this reason.
fn ended(server: &Server, raw: &Raw, reason: &str) -> Result<(), String> {
    let Some(handle) = server.handle() else {
        return Ok(());
    };
    let id = raw.info["client_id"].as_u64();
    let closed = handle.closed_connections();
    let ended = closed
        .iter()
        .find(|connection| Some(connection.id) == id)
        .and_then(|c| c.ended);
    same(ended.map_or("no record", |(_, reason)| reason.text()), reason)
}

fn unescape(text: &str) -> String {
    text.replace("\\r", "\r")
        .replace("\\n", "\n")
        .replace("\\t", "\t")
}
