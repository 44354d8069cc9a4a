//! A small language that says which messages one wants to see.
//!
//! ```text
//! temp                      the subject, a header or the payload has this text (in any case)
//! "to ord"                  the same, with blanks in it
//! ~ "^2[0-9]"               a regular expression on the payload
//! subject ~ "pizz"          or on the subject; also = and !=
//! h:Nats-Msg-Id = 7         a header; h:Name alone asks whether it is there
//! size > 1024               bytes of the payload
//! delivered > 1             how often a consumer has delivered it, of messages that one delivers
//! .temp > 30                a field of JSON, MessagePack or CBOR; .list[0].x and .x alone work too
//! a && b   a b   a || b   !a   (a || b) c
//! ```
//!
//! Pure: [`Filter::parse`] reads it once, [`Filter::matches`] asks of one message.

use std::cell::OnceCell;

use regex::{Regex, RegexBuilder};

use super::payload::body::Body;
use super::payload::value::Value;
use super::texts;
use crate::proto::ack_token::AckToken;

/// The longest filter, in bytes.
pub const FILTER_BYTES_MAX: usize = 1_024;
/// How deep brackets and negations may go.
const DEPTH_MAX: usize = 32;
/// What a compiled expression may take, in bytes.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// What is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its subject.
    pub subject: &'a str,
    /// Where an answer is expected; a consumer's delivery says by it how often it came.
    pub reply: Option<&'a str>,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its payload.
    pub payload: &'a [u8],
}

/// A filter.
#[derive(Debug, Clone)]
pub struct Filter {
    text: String,
    root: Node,
}

/// Why a text is no filter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing was asked.
    #[error("{}", texts::filter_empty())]
    Empty,
    /// Longer than [`FILTER_BYTES_MAX`], or nested too deep.
    #[error("{}", texts::filter_long())]
    Long,
    /// Something is missing at the end.
    #[error("{}", texts::filter_short())]
    Short,
    /// Something that has no meaning there.
    #[error("{}", texts::filter_unexpected(.0))]
    Unexpected(String),
    /// Not a regular expression.
    #[error("{}", texts::filter_regex(.0))]
    Regex(String),
}

#[derive(Debug, Clone)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Has(String),
    Test(What, Test),
}

/// What of a message is looked at.
#[derive(Debug, Clone)]
enum What {
    Subject,
    Payload,
    Size,
    Delivered,
    Header(String),
    Field(Vec<String>),
}

#[derive(Debug, Clone)]
enum Test {
    Exists,
    Matches(Regex, bool),
    Compare(Op, String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Op {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Sign(&'static str),
}

/// Longer signs before their beginnings.
const SIGNS: [&str; 15] = [
    "&&", "||", "==", "!=", "!~", ">=", "<=", "=", ">", "<", "~", "!", "(", ")", "|",
];

fn tokens(text: &str) -> Result<Vec<Token>, FilterError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let end = rest[1..].find('"').ok_or(FilterError::Short)? + 1;
            tokens.push(Token::Quoted(rest[1..end].to_owned()));
            rest = &rest[end + 1..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let ends =
                |c: char| c.is_whitespace() || matches!(c, '"' | '(' | ')' | '=' | '!' | '<' | '>' | '~');
            let end = rest.find(ends).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// It is none; the error says where.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        if text.len() > FILTER_BYTES_MAX {
            return Err(FilterError::Long);
        }
        let mut parser = Parser {
            tokens: tokens(text)?.into_iter().peekable(),
            depth: 0,
        };
        if parser.tokens.peek().is_none() {
            return Err(FilterError::Empty);
        }
        let root = parser.any()?;
        match parser.tokens.next() {
            None => Ok(Filter {
                text: text.trim().to_owned(),
                root,
            }),
            Some(token) => Err(token.unexpected()),
        }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Is this message wanted?
    pub fn matches(&self, message: Message<'_>) -> bool {
        let seen = Seen {
            message,
            value: OnceCell::new(),
        };
        seen.fits(&self.root)
    }
}

impl Token {
    fn unexpected(self) -> FilterError {
        FilterError::Unexpected(match self {
            Token::Word(text) | Token::Quoted(text) => text,
            Token::Sign(sign) => sign.to_owned(),
        })
    }
}

impl Parser {
    fn takes(&mut self, sign: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Sign(own) if *own == sign))
            .is_some()
    }

    fn any(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.all()?];
        while self.takes("||") {
            nodes.push(self.all()?);
        }
        Ok(match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::Any(nodes),
        })
    }

    fn all(&mut self) -> Result<Node, FilterError> {
        let mut nodes = vec![self.one()?];
        loop {
            let goes_on = match self.tokens.peek() {
                None | Some(Token::Sign("||" | ")")) => false,
                Some(Token::Sign("&&")) => self.takes("&&"),
                Some(_) => true,
            };
            if !goes_on {
                break;
            }
            nodes.push(self.one()?);
        }
        Ok(match nodes.len() {
            1 => nodes.remove(0),
            _ => Node::All(nodes),
        })
    }

    fn one(&mut self) -> Result<Node, FilterError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(FilterError::Long);
        }
        let node = match self.tokens.next().ok_or(FilterError::Short)? {
            Token::Sign("!") => Node::Not(Box::new(self.one()?)),
            Token::Sign("(") => {
                let node = self.any()?;
                if !self.takes(")") {
                    return Err(FilterError::Short);
                }
                node
            }
            Token::Sign("~") => Node::Test(What::Payload, Test::Matches(self.regex()?, true)),
            Token::Quoted(text) => Node::Has(text.to_lowercase()),
            Token::Word(word) => self.word(&word)?,
            sign @ Token::Sign(_) => return Err(sign.unexpected()),
        };
        self.depth -= 1;
        Ok(node)
    }

    fn word(&mut self, word: &str) -> Result<Node, FilterError> {
        let what = if let Some(name) = word.strip_prefix("h:").filter(|name| !name.is_empty()) {
            What::Header(name.to_owned())
        } else if let Some(path) = word.strip_prefix('.').filter(|path| !path.is_empty()) {
            let steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
            What::Field(steps.map(str::to_owned).collect())
        } else {
            let is_tested = matches!(
                self.tokens.peek(),
                Some(Token::Sign(
                    "=" | "==" | "!=" | "~" | "!~" | ">" | ">=" | "<" | "<="
                ))
            );
            match word {
                "subject" if is_tested => What::Subject,
                "size" if is_tested => What::Size,
                "delivered" if is_tested => What::Delivered,
                "payload" if is_tested => What::Payload,
                _ if is_tested => return Err(FilterError::Unexpected(word.to_owned())),
                text => return Ok(Node::Has(text.to_lowercase())),
            }
        };
        let test = self.test()?;
        Ok(Node::Test(what, test))
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        let op = match self.tokens.peek() {
            Some(Token::Sign("=" | "==")) => Op::Equal,
            Some(Token::Sign("!=")) => Op::Unequal,
            Some(Token::Sign("<")) => Op::Less,
            Some(Token::Sign("<=")) => Op::LessOrEqual,
            Some(Token::Sign(">")) => Op::Greater,
            Some(Token::Sign(">=")) => Op::GreaterOrEqual,
            Some(Token::Sign(sign @ ("~" | "!~"))) => {
                let wanted = *sign == "~";
                self.tokens.next();
                return Ok(Test::Matches(self.regex()?, wanted));
            }
            _ => return Ok(Test::Exists),
        };
        self.tokens.next();
        Ok(Test::Compare(op, self.operand()?))
    }

    fn operand(&mut self) -> Result<String, FilterError> {
        match self.tokens.next() {
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(text),
            Some(sign) => Err(sign.unexpected()),
            None => Err(FilterError::Short),
        }
    }

    fn regex(&mut self) -> Result<Regex, FilterError> {
        let pattern = self.operand()?;
        RegexBuilder::new(&pattern)
            .size_limit(REGEX_BYTES_MAX)
            .build()
            .map_err(|error| {
                FilterError::Regex(error.to_string().lines().last().unwrap_or_default().to_owned())
            })
    }
}

/// A message while it is asked about; its payload is decoded once, if at all.
struct Seen<'a> {
    message: Message<'a>,
    value: OnceCell<Option<Value>>,
}

impl Seen<'_> {
    fn fits(&self, node: &Node) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.fits(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.fits(node)),
            Node::Not(node) => !self.fits(node),
            Node::Has(text) => self.has(text),
            Node::Test(what, test) => self.passes(what, test),
        }
    }

    fn has(&self, text: &str) -> bool {
        let Message {
            subject,
            headers,
            payload,
            ..
        } = self.message;
        let in_text = |own: &str| own.to_lowercase().contains(text);
        in_text(subject)
            || headers
                .iter()
                .any(|(name, value)| in_text(name) || in_text(value))
            || in_text(&String::from_utf8_lossy(payload))
    }

    fn passes(&self, what: &What, test: &Test) -> bool {
        let Message {
            subject,
            reply,
            headers,
            payload,
        } = self.message;
        match what {
            What::Subject => test.passes(subject),
            What::Payload => test.passes(&String::from_utf8_lossy(payload)),
            What::Size => test.passes(&payload.len().to_string()),
            What::Delivered => {
                let token = reply.and_then(|reply| AckToken::parse(reply.as_bytes()));
                token.is_some_and(|token| test.passes(&token.delivered.to_string()))
            }
            What::Header(name) => {
                let mut values = headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
                values.any(|(_, value)| test.passes(value))
            }
            What::Field(path) => {
                let value = self.value.get_or_init(|| {
                    let body = Body::of(payload, headers);
                    body.value.or_else(|| Value::of_json(&body.bytes))
                });
                let field = value
                    .as_ref()
                    .and_then(|value| value.at(path.iter().map(String::as_str)));
                field.is_some_and(|field| match field {
                    Value::Text(text) => test.passes(text),
                    other => test.passes(&other.line()),
                })
            }
        }
    }
}

impl Test {
    fn passes(&self, text: &str) -> bool {
        match self {
            Test::Exists => true,
            Test::Matches(regex, wanted) => regex.is_match(text) == *wanted,
            Test::Compare(op, other) => op.holds(text, other),
        }
    }
}

impl Op {
    /// Numbers are compared as numbers, anything else as text.
    fn holds(self, left: &str, right: &str) -> bool {
        let number = |text: &str| super::payload::number(text.as_bytes());
        let order = match (number(left), number(right)) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            (None, Some(_)) if !matches!(self, Op::Equal | Op::Unequal) => None,
            _ => Some(left.cmp(right)),
        };
        let Some(order) = order else { return false };
        match self {
            Op::Equal => order.is_eq(),
            Op::Unequal => order.is_ne(),
            Op::Less => order.is_lt(),
            Op::LessOrEqual => order.is_le(),
            Op::Greater => order.is_gt(),
            Op::GreaterOrEqual => order.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fits(filter: &str) -> bool {
        let headers = [
            ("Nats-Msg-Id".to_owned(), "7".to_owned()),
            ("Kilde".to_owned(), "pizzanini".to_owned()),
        ];
        let message = Message {
            subject: "sensors.pizzanini.temp",
            reply: Some("$JS.ACK.SENSORS.arbeider.3.7.9.1700000000000000000.0"),
            headers: &headers,
            payload: br#"{"temp": 31.5, "ok": true, "rom": {"navn": "Kjeller"}, "siste": [1, 22]}"#,
        };
        Filter::parse(filter).unwrap().matches(message)
    }

    #[test]
    fn what_is_asked_is_what_is_meant() {
        for (filter, expected) in [
            ("temp", true),
            ("TEMP", true),
            ("kjeller", true),
            ("orders", false),
            ("\"navn ukjent\"", false),
            (".temp > 30", true),
            (".temp > 31.5", false),
            (".temp>=31.5", true),
            (".temp > abc", false),
            (".rom.navn = Kjeller", true),
            (".rom.navn > 5", false),
            (".siste[1] = 22", true),
            (".borte", false),
            ("!.borte", true),
            (".ok = true", true),
            ("h:nats-msg-id = 7", true),
            ("h:Kilde ~ \"^pizz\"", true),
            ("h:Nats-TTL", false),
            ("subject ~ pizz", true),
            ("subject !~ pizz", false),
            ("subject = sensors.pizzanini.temp", true),
            ("size < 1000 && size > 10", true),
            ("delivered > 1", true),
            ("delivered = 1", false),
            ("delivered", false),
            ("~ \"3[0-9]\"", true),
            (".temp > 30 && subject ~ \"pizz\"", true),
            (".temp > 40 || kjeller", true),
            (".temp > 40 || kjeller orders", false),
            ("(.temp > 40 || kjeller) temp", true),
            ("!(orders || temp)", false),
        ] {
            assert_eq!(fits(filter), expected, "{filter}");
        }
    }

    #[test]
    fn what_is_no_filter_says_why() {
        for (filter, expected) in [
            ("  ", "filteret er tomt"),
            (".a >", "filteret slutter for tidlig"),
            ("(a", "filteret slutter for tidlig"),
            ("a)", "«)» betyr ingenting der"),
            ("temp > 30", "«temp» betyr ingenting der"),
            ("~ \"(\"", "ikke et regulært uttrykk: error: unclosed group"),
            (&"!".repeat(500), "filteret er for langt"),
        ] {
            assert_eq!(
                Filter::parse(filter).unwrap_err().to_string(),
                expected,
                "{filter}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_does_harm(text in any::<String>(), payload in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Ok(filter) = Filter::parse(&text) {
                filter.matches(Message { subject: "a", reply: Some(&text), headers: &[], payload: &payload });
            }
        }
    }
}
