//! The templates of the `nats` command in bodies, subjects and header values: `order {{Count}} {{ Random 5 10 }}`.
//!
//! natscli hands such texts to Go's template language; what people write in them is a name, with or
//! without a dot, and that subset is here: `Count`, `Cnt`, `TimeStamp`, `Unix`, `UnixNano`, `Time`,
//! `ID`, `Request`, `Random min max`, a number, comments, and trimming with `{{-` and `-}}`. A text that does not
//! parse is sent as it stands ([`Template::lenient`]). Nothing here asks a clock or the system's
//! randomness: both are handed in, so that a rendering can be repeated. Start with [`Template`].

mod parse;
mod random;

pub use random::Random;

use jiff::ZonedDateTime;

/// Most characters that one `Random` may give; more than any server lets through.
pub const RANDOM_CHARS_MAX: usize = 64 << 20;

/// A parsed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    source: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Count,
    TimeStamp,
    Unix,
    UnixNano,
    Time,
    Id,
    Random {
        shortest: usize,
        longest: usize,
    },
    /// `.Request`, which is always there.
    RequestField,
    /// `Request`, which natscli defines only for a request with a body.
    RequestFunction,
    /// `{{0}}`: a token of the subject where there is one, else the number.
    Token(usize),
}

/// Why a text is not a template. The texts follow Go's, since natscli shows those.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("template: body:{line}: {reason}")]
pub struct TemplateError {
    /// Line in the text, from 1.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

/// What a rendering is about.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// Number of the message; publishing counts from 1, replying from 0.
    pub count: u64,
    /// The time to show, in the zone to show it in.
    pub now: &'a ZonedDateTime,
    /// Body of the request that is answered; empty outside replies.
    pub request: &'a [u8],
    /// Tokens of the subject that is answered; empty outside replies.
    pub tokens: &'a [&'a str],
}

impl<'a> Moment<'a> {
    /// The moment of publishing message number `count`.
    pub fn of_message(count: u64, now: &'a ZonedDateTime) -> Moment<'a> {
        Moment {
            count,
            now,
            request: &[],
            tokens: &[],
        }
    }
}

impl Template {
    /// Parses a text; an error names the first thing that is not understood.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        Ok(Template {
            source: text.to_owned(),
            pieces: parse::pieces(text)?,
        })
    }

    /// A text that is never looked into.
    pub fn literal(text: &str) -> Template {
        Template {
            source: text.to_owned(),
            pieces: vec![Piece::Text(text.to_owned())],
        }
    }

    /// Parses a text, or takes it as it stands and says why.
    pub fn lenient(text: &str) -> (Template, Option<TemplateError>) {
        match Template::parse(text) {
            Ok(template) => (template, None),
            Err(error) => (Template::literal(text), Some(error)),
        }
    }

    /// True when every rendering gives the same.
    pub fn is_constant(&self) -> bool {
        self.pieces.iter().all(|piece| matches!(piece, Piece::Text(_)))
    }

    /// The text for one message. A request's bytes are passed on unchanged.
    pub fn render(&self, moment: &Moment<'_>, random: &mut Random) -> Vec<u8> {
        // Go knows no function of that name while there is no request, so natscli sends the source.
        if moment.request.is_empty() && self.pieces.contains(&Piece::RequestFunction) {
            return self.source.clone().into_bytes();
        }
        let mut out = Vec::with_capacity(self.source.len());
        for piece in &self.pieces {
            piece.render(moment, random, &mut out);
        }
        out
    }

    /// As [`Template::render`], as text; bytes that are not UTF-8 become replacement characters.
    pub fn render_text(&self, moment: &Moment<'_>, random: &mut Random) -> String {
        match String::from_utf8(self.render(moment, random)) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

impl Piece {
    fn render(&self, moment: &Moment<'_>, random: &mut Random, out: &mut Vec<u8>) {
        let now = moment.now;
        let text = match self {
            Piece::Text(text) => return out.extend_from_slice(text.as_bytes()),
            Piece::RequestField | Piece::RequestFunction => return out.extend_from_slice(moment.request),
            Piece::Count => moment.count.to_string(),
            Piece::TimeStamp => rfc3339(now),
            Piece::Unix => now.timestamp().as_second().to_string(),
            Piece::UnixNano => now.timestamp().as_nanosecond().to_string(),
            Piece::Time => now.strftime("%-I:%M%p").to_string(),
            Piece::Id => random.id(),
            Piece::Random { shortest, longest } => random.text(*shortest, *longest),
            Piece::Token(index) => match moment.tokens.get(*index) {
                Some(token) => (*token).to_owned(),
                None => index.to_string(),
            },
        };
        out.extend_from_slice(text.as_bytes());
    }
}

/// Go's `time.RFC3339`: whole seconds, and `Z` for UTC.
fn rfc3339(now: &ZonedDateTime) -> String {
    let text = now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    match text.strip_suffix("+00:00") {
        Some(utc) => format!("{utc}Z"),
        None => text,
    }
}

#[cfg(test)]
mod tests;
