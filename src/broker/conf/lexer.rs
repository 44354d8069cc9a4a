//! Characters into words: comments, keys and scalar values of the configuration language.
//!
//! What a word means among its neighbours is the parser's business. The rules are those of
//! nats-server's `conf/lex.go`; where they are odd, it is said.

/// A word that stands for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scalar {
    /// A string of any kind.
    Text(String),
    /// A bare `true`, `yes`, `on` or their opposites.
    Bool(bool),
    /// Digits with an optional sign and suffix.
    Integer(String),
    /// Digits around a point.
    Float(String),
    /// `2006-01-02T15:04:05Z`
    Time(String),
    /// A bare `$name`, without the dollar sign.
    Variable(String),
}

/// Why reading stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    /// The text ended where the original takes that for the end of the file.
    End,
    /// It cannot be read on; the message without its line.
    Error(String),
    /// It cannot be read on; the whole message.
    Refused(String),
}

pub(super) fn error<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(message.into()))
}

/// A character as the original's messages show it. The end of the text is its NUL.
pub(super) fn shown(c: Option<char>) -> String {
    match c {
        Some('\n') => "\\n".to_owned(),
        Some(c) => c.to_string(),
        None => "\0".to_owned(),
    }
}

pub(super) fn refuse<T>(message: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(message.into()))
}

pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

pub(super) fn is_newline(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

pub(super) fn is_separator(c: char) -> bool {
    matches!(c, '=' | ':')
}

/// A cursor over one file's text.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    input: &'a str,
    position: usize,
    line: usize,
    /// Where the newline before this line stands; columns count from there.
    line_start: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(input: &'a str) -> Lexer<'a> {
        Lexer {
            input,
            position: 0,
            line: 1,
            line_start: 0,
        }
    }

    pub fn line(&self) -> usize {
        self.line
    }

    pub fn column(&self) -> usize {
        self.position - self.line_start
    }

    /// The next character. A NUL ends the text, as it does for the original.
    pub fn peek(&self) -> Option<char> {
        self.input[self.position..].chars().next().filter(|c| *c != '\0')
    }

    pub fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        if c == '\n' {
            self.line += 1;
            self.line_start = self.position;
        }
        self.position += c.len_utf8();
        Some(c)
    }

    pub fn skip_while(&mut self, accept: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&accept) {
            self.next();
        }
    }

    /// True when all is read, and not only up to a stray NUL.
    pub fn is_at_end(&self) -> bool {
        self.position == self.input.len()
    }

    /// Skips a comment if one begins here.
    pub fn skip_comment(&mut self) -> bool {
        let rest = &self.input[self.position..];
        let begins = rest.starts_with('#') || rest.starts_with("//");
        if begins {
            self.skip_while(|c| !is_newline(c));
        }
        begins
    }

    fn since(&self, start: usize) -> &'a str {
        &self.input[start..self.position]
    }

    /// A key without quotes, up to a blank, a newline or a separator.
    pub fn bare_key(&mut self) -> &'a str {
        let start = self.position;
        self.next();
        self.skip_while(|c| !c.is_whitespace() && !is_separator(c));
        self.since(start)
    }

    /// A key's text up to its closing quote, which is skipped. `None` when it never closes.
    pub fn quoted_key(&mut self, quote: char) -> Option<&'a str> {
        let start = self.position;
        self.skip_while(|c| c != quote);
        let key = self.since(start);
        self.next().map(|_| key)
    }

    /// The file name after `include`.
    pub fn include(&mut self) -> Result<&'a str, Stop> {
        self.skip_while(is_blank);
        let found = match self.peek() {
            Some(quote @ ('\'' | '"')) => {
                self.next();
                let double = if quote == '"' { "double " } else { "" };
                return self
                    .quoted_key(quote)
                    .map_or_else(|| error(format!("Unexpected EOF in {double}quoted include")), Ok);
            }
            Some('[') => "start of an array",
            Some('{') => "start of a map",
            Some('(') => "start of a block",
            Some(c) if c.is_ascii_digit() || c == '-' => "start of a number",
            Some('\\') => return error("Expected include value but found escape sequence"),
            Some(c) if is_newline(c) => {
                self.next();
                return error("Expected include value but found new line");
            }
            _ => {
                let start = self.position;
                self.skip_while(|c| !is_newline(c) && !is_blank(c) && !matches!(c, ';' | '}' | '\''));
                let name = self.since(start);
                self.skip_closing_quote();
                return Ok(name);
            }
        };
        error(format!("Expected include value but found {found}"))
    }

    /// A bare word may end with a single quote, which is no part of it.
    fn skip_closing_quote(&mut self) {
        if self.peek() == Some('\'') {
            self.next();
        }
    }

    /// The scalar that begins here.
    pub fn scalar(&mut self) -> Result<Scalar, Stop> {
        match self.peek() {
            Some('\'') => {
                self.next();
                self.single_quoted()
            }
            Some('"') => {
                self.next();
                self.double_quoted()
            }
            Some('(') => {
                self.next();
                self.block()
            }
            Some('-') => self.negative(),
            Some('.') => {
                self.next();
                error("Floats must start with a digit")
            }
            Some(c) if is_newline(c) => {
                self.next();
                error("Expected value but found new line")
            }
            Some(c) if c.is_ascii_digit() => self.begins_with_digit(),
            _ => self.bare(self.position),
        }
    }

    /// A string that is cut off by the end of the text. If there was nothing in it yet, the
    /// original takes that for the end of the file.
    fn cut_off<T>(&self, start: usize) -> Result<T, Stop> {
        if self.position > start {
            error("Unexpected EOF.")
        } else {
            Err(Stop::End)
        }
    }

    fn single_quoted(&mut self) -> Result<Scalar, Stop> {
        let start = self.position;
        self.skip_while(|c| c != '\'');
        let text = self.since(start).to_owned();
        match self.next() {
            Some(_) => Ok(Scalar::Text(text)),
            None => self.cut_off(start),
        }
    }

    fn double_quoted(&mut self) -> Result<Scalar, Stop> {
        let mut text = Vec::new();
        let mut start = self.position;
        loop {
            self.skip_while(|c| c != '"' && c != '\\');
            text.extend_from_slice(self.since(start).as_bytes());
            match self.next() {
                Some('"') => return Ok(Scalar::Text(into_text(text))),
                Some(_) => self.escape(&mut text)?,
                None => return self.cut_off(start),
            }
            start = self.position;
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        let byte = match self.next() {
            Some('x') => return self.hexadecimal(text),
            Some('t') => b'\t',
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('"') => b'"',
            Some('\\') => b'\\',
            other => {
                return error(format!(
                    "Invalid escape character '{}'. Only the following escape characters are allowed: \
                     \\xXX, \\t, \\n, \\r, \\\", \\\\.",
                    shown(other)
                ));
            }
        };
        text.push(byte);
        Ok(())
    }

    fn hexadecimal(&mut self, text: &mut Vec<u8>) -> Result<(), Stop> {
        let start = self.position;
        for _ in 0..2 {
            if self.next().is_none_or(is_newline) {
                return error("Expected two hexadecimal digits after '\\x', but hit end of line");
            }
        }
        let digits = self.since(start);
        match u8::from_str_radix(digits, 16) {
            Ok(byte) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => text.push(byte),
            _ => {
                return error(format!(
                    "Expected two hexadecimal digits after '\\x', but got '{digits}'"
                ));
            }
        }
        Ok(())
    }

    /// A raw block. It ends at a `)` that stands alone on its line; when that is the last of the
    /// text, the original counts the `)` in, and so do we, for the digest's sake.
    fn block(&mut self) -> Result<Scalar, Stop> {
        let start = self.position;
        loop {
            self.skip_while(|c| c != ')');
            let alone = self.since(start).ends_with('\n');
            let end = self.position;
            if self.next().is_none() {
                return error("Unexpected EOF processing block.");
            }
            match self.peek() {
                Some('\n') if alone => return Ok(Scalar::Text(self.input[start..end].to_owned())),
                None if alone => return Ok(Scalar::Text(self.since(start).to_owned())),
                _ => {}
            }
        }
    }

    /// A string without quotes that began at `start`. Backslashes escape in it, too.
    fn bare(&mut self, start: usize) -> Result<Scalar, Stop> {
        let mut text = Vec::new();
        let mut part = start;
        let mut escaped = false;
        loop {
            self.skip_while(|c| {
                !is_newline(c) && !is_blank(c) && !matches!(c, ';' | ',' | ']' | '}' | '\'' | '\\')
            });
            text.extend_from_slice(self.since(part).as_bytes());
            if self.peek() != Some('\\') {
                break;
            }
            self.next();
            self.escape(&mut text)?;
            escaped = true;
            part = self.position;
        }
        let text = into_text(text);
        if self.peek() == Some('\'') {
            self.skip_closing_quote();
            return Ok(Scalar::Text(text));
        }
        Ok(if escaped {
            Scalar::Text(text)
        } else {
            classify(text)
        })
    }

    fn negative(&mut self) -> Result<Scalar, Stop> {
        let start = self.position;
        self.next();
        match self.next() {
            Some(c) if c.is_ascii_digit() => {}
            Some('.') => return error("Floats must start with a digit, not '.'."),
            other => return error(format!("Expected a digit but got '{}'.", shown(other))),
        }
        self.skip_while(|c| c.is_ascii_digit());
        match self.peek() {
            Some('.') => self.fraction(start),
            Some(c) if is_suffix(c) => self.suffix(start),
            _ => Ok(Scalar::Integer(self.since(start).to_owned())),
        }
    }

    /// A number, a time, an address, or a string like `10s`.
    fn begins_with_digit(&mut self) -> Result<Scalar, Stop> {
        let start = self.position;
        self.skip_while(|c| c.is_ascii_digit());
        match self.peek() {
            Some('-') => {
                self.next();
                self.time(start)
            }
            Some('.') => self.fraction(start),
            Some(c) if is_suffix(c) => self.suffix(start),
            c if ends_number(c) => Ok(Scalar::Integer(self.since(start).to_owned())),
            _ => {
                self.next();
                self.bare(start)
            }
        }
    }

    fn suffix(&mut self, start: usize) -> Result<Scalar, Stop> {
        self.next();
        self.skip_while(|c| matches!(c, 'b' | 'B' | 'i' | 'I'));
        if ends_number(self.peek()) || self.peek().is_some_and(|c| c.is_ascii_digit()) {
            Ok(Scalar::Integer(self.since(start).to_owned()))
        } else {
            self.bare(start)
        }
    }

    fn fraction(&mut self, start: usize) -> Result<Scalar, Stop> {
        self.next();
        match self.next() {
            Some(c) if c.is_ascii_digit() => {}
            other => {
                return error(format!(
                    "Floats must have a digit after the '.', but got '{}' instead.",
                    shown(other)
                ));
            }
        }
        self.skip_while(|c| c.is_ascii_digit());
        if self.peek() == Some('.') {
            self.skip_while(|c| c.is_ascii_digit() || matches!(c, '.' | ':' | '-'));
            return Ok(Scalar::Text(self.since(start).to_owned()));
        }
        Ok(Scalar::Float(self.since(start).to_owned()))
    }

    fn time(&mut self, start: usize) -> Result<Scalar, Stop> {
        if self.position - start != 5 {
            return error("All ISO8601 dates must be in full Zulu form.");
        }
        for expected in "00-00T00:00:00Z".chars() {
            let found = self.next();
            match found {
                Some(c) if expected == '0' && c.is_ascii_digit() => {}
                Some(c) if expected != '0' && c == expected => {}
                _ if expected == '0' => {
                    return error(format!(
                        "Expected digit in ISO8601 datetime, but found '{}' instead.",
                        shown(found)
                    ));
                }
                _ => {
                    return error(format!(
                        "Expected '{expected}' in ISO8601 datetime, but found '{}' instead.",
                        shown(found)
                    ));
                }
            }
        }
        Ok(Scalar::Time(self.since(start).to_owned()))
    }
}

/// Escapes can make bytes that are no UTF-8; nothing in NATS takes them, and Go's JSON shows them so.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

fn classify(text: String) -> Scalar {
    if let Some(name) = text.strip_prefix('$') {
        return Scalar::Variable(name.to_owned());
    }
    match text.to_ascii_lowercase().as_str() {
        "true" | "on" | "yes" => Scalar::Bool(true),
        "false" | "off" | "no" => Scalar::Bool(false),
        _ => Scalar::Text(text),
    }
}

fn is_suffix(c: char) -> bool {
    matches!(c.to_ascii_lowercase(), 'k' | 'm' | 'g' | 't' | 'p' | 'e')
}

/// The original forgets `]` here and trips over `[1]`; we do not.
fn ends_number(c: Option<char>) -> bool {
    c.is_none_or(|c| is_newline(c) || is_blank(c) || matches!(c, '}' | ']' | ';' | ','))
}
