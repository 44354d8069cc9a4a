//! Text → pieces.

use super::{Piece, RANDOM_CHARS_MAX, TemplateError};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// Splits a text at its actions.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut trim_next = false;
    loop {
        let Some(open) = rest.find(OPEN) else {
            push_text(&mut pieces, rest, trim_next, false);
            return Ok(pieces);
        };
        let at = text.len() - rest.len() + open;
        let fail = |reason: String| TemplateError {
            line: 1 + text[..at].matches('\n').count(),
            reason,
        };
        let inside = &rest[open + OPEN.len()..];
        let close = inside
            .find(CLOSE)
            .ok_or_else(|| fail("unclosed action".to_owned()))?;
        let action = &inside[..close];
        let (action, trim_before) = match action.strip_prefix('-') {
            Some(trimmed) if trimmed.starts_with(char::is_whitespace) => (trimmed, true),
            _ => (action, false),
        };
        let (action, trim_after) = match action.strip_suffix('-') {
            Some(trimmed) if trimmed.ends_with(char::is_whitespace) => (trimmed, true),
            _ => (action, false),
        };
        push_text(&mut pieces, &rest[..open], trim_next, trim_before);
        pieces.extend(action_piece(action.trim()).map_err(fail)?);
        trim_next = trim_after;
        rest = &inside[close + CLOSE.len()..];
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str, trim_start: bool, trim_end: bool) {
    let text = if trim_start { text.trim_start() } else { text };
    let text = if trim_end { text.trim_end() } else { text };
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// The piece for what stands between the braces; a comment gives none.
fn action_piece(action: &str) -> Result<Option<Piece>, String> {
    if action.starts_with("/*") && action.ends_with("*/") {
        return Ok(None);
    }
    let mut words = action.split_whitespace();
    let name = words.next().ok_or("missing value for command")?;
    let arguments: Vec<&str> = words.collect();
    if name == "Random" {
        return random(&arguments).map(Some);
    }
    let piece = match name.strip_prefix('.') {
        Some("Request") => Piece::RequestField,
        Some(field) => {
            named(field).ok_or_else(|| format!("can't evaluate field {field} in type *util.pubData"))?
        }
        None if name == "Request" => Piece::RequestFunction,
        None => match name.parse() {
            Ok(index) => Piece::Token(index),
            Err(_) => named(name).ok_or_else(|| unknown(name))?,
        },
    };
    if arguments.is_empty() {
        Ok(Some(piece))
    } else {
        Err(format!("unexpected {:?} in command", arguments[0]))
    }
}

/// What is known both as function and as field.
fn named(name: &str) -> Option<Piece> {
    Some(match name {
        "Count" | "Cnt" => Piece::Count,
        "TimeStamp" => Piece::TimeStamp,
        "Unix" => Piece::Unix,
        "UnixNano" => Piece::UnixNano,
        "Time" => Piece::Time,
        "ID" => Piece::Id,
        _ => return None,
    })
}

fn unknown(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        format!("function {name:?} not defined")
    } else {
        format!("unexpected {name:?} in command")
    }
}

fn random(arguments: &[&str]) -> Result<Piece, String> {
    let [low, high] = arguments else {
        return Err(format!(
            "wrong number of args for Random: want 2 got {}",
            arguments.len()
        ));
    };
    let length = |text: &str| match text.parse::<usize>() {
        Ok(length) if length <= RANDOM_CHARS_MAX => Ok(length),
        _ => Err(format!(
            "expected a length up to {RANDOM_CHARS_MAX}; found {text}"
        )),
    };
    let (low, high) = (length(low)?, length(high)?);
    Ok(Piece::Random {
        shortest: low.min(high),
        longest: low.max(high),
    })
}
