//! The digest by which two files can be told apart without showing them.
//!
//! nats-server hashes the parsed tree as Go's `encoding/json` writes it, with a newline at the end;
//! the same file has the same digest here and there.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::value::{Data, Map, Value};

/// `sha256:` and the hash in hexadecimal.
pub(super) fn digest(map: &Map) -> String {
    let mut json = String::new();
    write_map(&mut json, map);
    json.push('\n');
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(json.as_bytes()) {
        push(&mut text, format_args!("{byte:02x}"));
    }
    text
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text)
        .expect("a string takes whatever is written to it");
}

fn write_value(out: &mut String, value: &Value) {
    match &value.data {
        Data::Text(text) | Data::Time(text) => write_text(out, text),
        Data::Integer(n) => push(out, format_args!("{n}")),
        Data::Float(n) => write_float(out, *n),
        Data::Bool(b) => push(out, format_args!("{b}")),
        Data::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Data::Map(map) => write_map(out, map),
    }
}

fn write_map(out: &mut String, map: &Map) {
    let mut entries: Vec<(&str, &Value)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    out.push('{');
    for (i, (key, value)) in entries.into_iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write_text(out, key);
        out.push(':');
        write_value(out, value);
    }
    out.push('}');
}

/// Go escapes what could end a script element, and the two line separators of JavaScript.
fn write_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                push(out, format_args!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Plain digits, except for very large and very small numbers, which get an exponent.
fn write_float(out: &mut String, n: f64) {
    let size = n.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        let text = format!("{n:e}");
        match text.split_once('e') {
            Some((digits, exponent)) if !exponent.starts_with('-') => {
                push(out, format_args!("{digits}e+{exponent}"));
            }
            _ => out.push_str(&text),
        }
    } else {
        push(out, format_args!("{n}"));
    }
}
