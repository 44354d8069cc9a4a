//! What a check expects of a value, as a lab file writes it.
//!
//! ```text
//! 10  "tekst"  true      that value            ">=10"  "<1h"  "!=0"    compared
//! "2..4"                 from 2 to 4           "~^re"                  a regular expression finds it
//! [a, b]                 these, in any order   {has: a}                a list with that in it
//! {like: re, as: text}   found, and put so to the learner
//! ```
//!
//! Where the server gives a number, `1h` are nanoseconds and `4KiB` bytes.

use std::fmt;

use regex::Regex;
use serde_json::Value;

use super::texts;
use crate::util::duration;

/// The longest text of a value that is shown.
const SHOWN_CHARS_MAX: usize = 60;

/// An expectation.
#[derive(Debug, Clone)]
pub struct Expected {
    rule: Rule,
    text: String,
}

#[derive(Debug, Clone)]
enum Rule {
    Is(Value),
    Not(Value),
    Compared(Order, f64),
    Between(f64, f64),
    Found(Regex),
    Set(Vec<Value>),
    Has(Value),
}

#[derive(Debug, Clone, Copy)]
enum Order {
    AtLeast,
    AtMost,
    More,
    Less,
}

/// A sign, what it means, and how it is said.
type Sign = (&'static str, Order, fn() -> &'static str);

/// The longer signs first, since `>` begins `>=`.
const ORDERS: [Sign; 4] = [
    (">=", Order::AtLeast, texts::at_least),
    ("<=", Order::AtMost, texts::at_most),
    (">", Order::More, texts::more),
    ("<", Order::Less, texts::less),
];

impl Expected {
    /// Reads an expectation.
    ///
    /// # Errors
    /// A regular expression that is none, in English for the author.
    pub fn parse(value: &Value) -> Result<Expected, String> {
        let (rule, text) = match value {
            Value::Array(list) => (Rule::Set(list.clone()), list_text(list)),
            Value::Object(map) => match (map.get("has"), map.get("like"), map.get("as")) {
                (Some(has), None, None) => (Rule::Has(has.clone()), texts::having(&show(has))),
                (None, Some(Value::String(like)), Some(Value::String(shown))) => {
                    (Rule::Found(regex(like)?), shown.clone())
                }
                _ => return Err("expected a value, a list, {has: value} or {like: …, as: …}".to_owned()),
            },
            Value::String(text) => of_text(text)?,
            plain => (Rule::Is(plain.clone()), show(plain)),
        };
        Ok(Expected { rule, text })
    }

    /// Is `value` as expected?
    pub fn accepts(&self, value: &Value) -> bool {
        match &self.rule {
            Rule::Is(wanted) => is_same(wanted, value),
            Rule::Not(unwanted) => !is_same(unwanted, value),
            Rule::Compared(order, bound) => number(value).is_some_and(|n| match order {
                Order::AtLeast => n >= *bound,
                Order::AtMost => n <= *bound,
                Order::More => n > *bound,
                Order::Less => n < *bound,
            }),
            Rule::Between(low, high) => number(value).is_some_and(|n| (*low..=*high).contains(&n)),
            Rule::Found(regex) => regex.is_match(&plain(value)),
            Rule::Set(wanted) => value.as_array().is_some_and(|list| {
                list.len() == wanted.len() && wanted.iter().all(|w| list.iter().any(|v| is_same(w, v)))
            }),
            Rule::Has(wanted) => value
                .as_array()
                .is_some_and(|list| list.iter().any(|v| is_same(wanted, v))),
        }
    }

    /// Is any text accepted that is not empty?
    pub fn is_anything(&self) -> bool {
        matches!(&self.rule, Rule::Found(regex) if regex.as_str() == ".")
    }

    /// The least of many that will do.
    pub fn least(&self) -> Option<f64> {
        match &self.rule {
            Rule::Compared(Order::AtLeast, bound) => Some(*bound),
            _ => None,
        }
    }

    /// The lowest number that is accepted, for a share of the way.
    pub fn goal(&self) -> Option<f64> {
        match &self.rule {
            Rule::Is(value) => value.as_f64(),
            Rule::Compared(Order::AtLeast, bound) => Some(*bound),
            Rule::Between(low, _) => Some(*low),
            _ => None,
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn of_text(text: &str) -> Result<(Rule, String), String> {
    if let Some(pattern) = text.strip_prefix('~') {
        return Ok((Rule::Found(regex(pattern)?), texts::like(pattern)));
    }
    if let Some(rest) = text.strip_prefix("!=") {
        let value = Value::from(rest.trim());
        return Ok((Rule::Not(value), texts::not(rest.trim())));
    }
    for (sign, order, word) in ORDERS {
        if let Some(bound) = text.strip_prefix(sign).and_then(|rest| quantity(rest.trim())) {
            return Ok((
                Rule::Compared(order, bound),
                format!("{} {}", word(), text[sign.len()..].trim()),
            ));
        }
    }
    if let Some((low, high)) = text.split_once("..")
        && let (Some(from), Some(to)) = (quantity(low.trim()), quantity(high.trim()))
    {
        return Ok((Rule::Between(from, to), texts::between(low, high)));
    }
    Ok((Rule::Is(text.into()), text.to_owned()))
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern).map_err(|error| format!("{pattern:?} is no regular expression: {error}"))
}

/// A number, a duration in nanoseconds or a size in bytes.
fn quantity(text: &str) -> Option<f64> {
    let plain = text.parse::<f64>().ok().filter(|n| n.is_finite());
    plain
        .or_else(|| duration::parse(text).ok().map(|d| d.as_nanos() as f64))
        .or_else(|| size_bytes(text))
}

fn size_bytes(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "KiB" => 1u64 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "B" => 1,
        _ => return None,
    };
    Some(digits.trim().parse::<f64>().ok()? * unit as f64)
}

fn number(value: &Value) -> Option<f64> {
    match value {
        Value::String(text) => text.trim().replace(',', ".").parse().ok(),
        value => value.as_f64(),
    }
}

fn is_same(wanted: &Value, value: &Value) -> bool {
    match (wanted, value) {
        (Value::String(text), Value::Number(n)) => quantity(text).is_some_and(|q| Some(q) == n.as_f64()),
        (Value::Number(_), _) => number(value).is_some_and(|n| Some(n) == wanted.as_f64()),
        _ => wanted == value,
    }
}

/// A value's text without quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A value for a learner: short, durations and sizes left as the server gives them.
pub fn show(value: &Value) -> String {
    let text = match value {
        Value::Null => texts::nothing().to_owned(),
        Value::Array(list) => list_text(list),
        Value::Bool(true) => texts::yes().to_owned(),
        Value::Bool(false) => texts::no().to_owned(),
        value => plain(value),
    };
    shorten(&text)
}

fn list_text(list: &[Value]) -> String {
    match list {
        [] => texts::none().to_owned(),
        list => list.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

/// At most [`SHOWN_CHARS_MAX`] characters on one line.
pub fn shorten(text: &str) -> String {
    let line = text.replace(char::is_control, " ");
    match line.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_accepted_by_every_form_that_means_it() {
        for (expected, value, accepted) in [
            (json!(10), json!(10), true),
            (json!(10), json!("10"), true),
            (json!(">=10"), json!(9), false),
            (json!(">=10"), json!(10), true),
            (json!(">"), json!(">"), true),
            (json!("<1h"), json!(59u64 * 60 * 1_000_000_000), true),
            (json!("1h"), json!(3_600_000_000_000u64), true),
            (json!("4KiB"), json!(4096), true),
            (json!("2..4"), json!(5), false),
            (json!("2..4"), json!("3,5"), true),
            (json!("~(?i)reboot"), json!("REBOOT ok"), true),
            (json!("!=work"), json!("limits"), true),
            (json!(["b", "a"]), json!(["a", "b"]), true),
            (json!(["a"]), json!(["a", "b"]), false),
            (json!({"has": "a"}), json!(["a", "b"]), true),
            (json!({"like": "^.TERM", "as": "+TERM"}), json!("+TERM"), true),
            (json!(true), json!(null), false),
        ] {
            let read = Expected::parse(&expected).unwrap();
            assert_eq!(read.accepts(&value), accepted, "{expected} {value}");
        }
        assert!(Expected::parse(&json!("~(")).is_err());
        assert!(Expected::parse(&json!({"a": 1})).is_err());
    }
}
