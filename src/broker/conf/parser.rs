//! Words into a tree: blocks, arrays, includes and variables.
//!
//! A descent over [`Lexer`]. Where the original accepts more than it documents (a `}` too many at
//! the top level, a file that ends in the middle), so do we: its users' files must load.

use std::path::PathBuf;
use std::sync::Arc;

use super::lexer::{Lexer, Scalar, Stop, error, is_blank, is_newline, is_separator, refuse, shown};
use super::loader::{Loader, beside, read_text};
use super::number;
use super::value::{Data, Map, Place, Value};

/// Brackets within brackets; deeper files are refused.
const NESTING_MAX: usize = 100;

/// The key under which a variable of the environment is parsed.
const VARIABLE_KEY: &str = "pk";

/// Reads a file with everything it includes. The message of a failure is the original's.
pub(super) fn parse_file(file: &str, loader: &dyn Loader) -> Result<Map, String> {
    let text = read_text(loader, file.as_ref())?;
    let mut context = Context {
        loader,
        files: vec![PathBuf::from(file)],
        variables: Vec::new(),
    };
    parse(&text, file, &mut context)
}

fn parse(text: &str, file: &str, context: &mut Context<'_>) -> Result<Map, String> {
    let mut parser = Parser {
        lexer: Lexer::new(text),
        file: file.into(),
        context,
        scopes: vec![Map::default()],
        nesting: 0,
        pending_key: None,
    };
    match parser.top_level() {
        Ok(()) | Err(Stop::End) => parser.finish(),
        Err(Stop::Error(message)) => Err(format!(
            "Parse error on line {}: '{message}'",
            parser.lexer.line()
        )),
        Err(Stop::Refused(message)) => Err(message),
    }
}

/// What a file shares with those it includes.
struct Context<'a> {
    loader: &'a dyn Loader,
    /// Files being read, the outermost first.
    files: Vec<PathBuf>,
    /// Environment variables being read.
    variables: Vec<String>,
}

struct Parser<'a, 'c> {
    lexer: Lexer<'a>,
    file: Arc<str>,
    context: &'a mut Context<'c>,
    /// The maps we are in, the file's own first: where variables are looked up.
    scopes: Vec<Map>,
    nesting: usize,
    /// The key whose value has not come yet.
    pending_key: Option<String>,
}

/// Where an entry stands, for the rules that differ.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// The file itself.
    Top,
    /// The braces around a whole file.
    Block,
    /// A map that is a value.
    Map,
}

impl Parser<'_, '_> {
    fn finish(mut self) -> Result<Map, String> {
        // A lone brace too many ends a file like JSON does, and is no key.
        if self.pending_key.as_deref().is_some_and(|key| key != "}") {
            return Err(format!("config is invalid ({})", self.place()));
        }
        Ok(self.scopes.swap_remove(0))
    }

    fn place(&self) -> Place {
        Place {
            file: self.file.clone(),
            line: self.lexer.line(),
            column: self.lexer.column(),
        }
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.nesting == NESTING_MAX {
            return error(format!("more than {NESTING_MAX} brackets within each other"));
        }
        self.nesting += 1;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    fn top_level(&mut self) -> Result<(), Stop> {
        loop {
            self.lexer.skip_while(char::is_whitespace);
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.peek() {
                None => return self.end(),
                Some('/') => return error("Unexpected EOF."),
                Some('{') => {
                    self.lexer.next();
                    self.deeper(Self::outer_block)?;
                }
                Some(_) => {
                    self.entry(Level::Top)?;
                    self.top_value_end()?;
                }
            }
        }
    }

    fn end<T>(&self) -> Result<T, Stop> {
        if self.lexer.is_at_end() {
            Err(Stop::End)
        } else {
            error("Unexpected EOF.")
        }
    }

    fn top_value_end(&mut self) -> Result<(), Stop> {
        loop {
            if self.lexer.skip_comment() {
                return Ok(());
            }
            match self.lexer.next() {
                Some(c) if is_blank(c) || c == '/' => {}
                Some(c) if is_newline(c) || matches!(c, ';' | ',' | '}') => return Ok(()),
                None => return Ok(()),
                other => {
                    return error(format!(
                        "Expected a top-level value to end with a new line, comment or EOF, \
                         but got '{}' instead.",
                        shown(other)
                    ));
                }
            }
        }
    }

    /// Braces around a whole file: they make no map of their own, and may be left open.
    fn outer_block(&mut self) -> Result<(), Stop> {
        loop {
            self.lexer.skip_while(char::is_whitespace);
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.peek() {
                None => return self.end(),
                Some('/') => return error("Unexpected EOF."),
                Some('}') => {
                    self.lexer.next();
                    return Ok(());
                }
                Some('{') => {
                    self.lexer.next();
                    self.deeper(Self::outer_block)?;
                    if self.outer_block_end()? {
                        return Ok(());
                    }
                }
                Some(_) => {
                    self.entry(Level::Block)?;
                    if self.outer_value_end()? {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// True when the block ends, too.
    fn outer_value_end(&mut self) -> Result<bool, Stop> {
        loop {
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.next() {
                Some(c) if is_blank(c) || c == '/' => {}
                Some(c) if is_newline(c) || matches!(c, ';' | ',') => return Ok(false),
                Some('}') => return Ok(true),
                other => {
                    return error(format!(
                        "Expected a block-level value to end with a new line, comment or EOF, \
                         but got '{}' instead.",
                        shown(other)
                    ));
                }
            }
        }
    }

    /// After a block within the outer block. True when that one ends, too.
    fn outer_block_end(&mut self) -> Result<bool, Stop> {
        loop {
            if self.lexer.skip_comment() {
                return Ok(false);
            }
            match self.lexer.next() {
                Some(c) if is_blank(c) || is_newline(c) || c == '/' => {}
                Some(';' | ',') => return Ok(false),
                Some('}') => return Ok(true),
                other => {
                    return error(format!(
                        "Expected a block-level to end with a '}}', but got '{}' instead.",
                        shown(other)
                    ));
                }
            }
        }
    }

    /// A key with its value, or an `include`, into the innermost map.
    fn entry(&mut self, level: Level) -> Result<(), Stop> {
        if let Some(c) = self.lexer.peek().filter(|c| is_separator(*c)) {
            let stop = if level == Level::Map { "." } else { "" };
            return error(format!("Unexpected key separator '{c}'{stop}"));
        }
        let (key, place) = match self.lexer.peek() {
            Some(quote @ ('"' | '\'')) => self.quoted_key(quote, level)?,
            _ => {
                let place = self.place();
                let key = self.lexer.bare_key();
                let followed_by_blank = self.lexer.peek().is_some_and(char::is_whitespace);
                if followed_by_blank && key.eq_ignore_ascii_case("include") {
                    return self.include();
                }
                if level == Level::Map && self.lexer.peek().is_none() {
                    return error("Unexpected EOF processing map key.");
                }
                (key.to_owned(), place)
            }
        };
        self.pending_key = Some(key.clone());
        self.between_key_and_value(level)?;
        let mut value = self.value()?;
        value.place = place;
        self.innermost().insert(key, value);
        Ok(())
    }

    fn quoted_key(&mut self, quote: char, level: Level) -> Result<(String, Place), Stop> {
        self.lexer.next();
        let place = self.place();
        if let Some(key) = self.lexer.quoted_key(quote) {
            return Ok((key.to_owned(), place));
        }
        match (level, quote) {
            (Level::Map, '"') => error("Unexpected EOF processing double quoted map key."),
            (Level::Map, _) => error("Unexpected EOF processing quoted map key."),
            _ if self.place() == place => Err(Stop::End),
            _ => error("Unexpected EOF."),
        }
    }

    fn between_key_and_value(&mut self, level: Level) -> Result<(), Stop> {
        self.lexer.skip_while(char::is_whitespace);
        let separated = self.lexer.peek().is_some_and(is_separator);
        if separated {
            self.lexer.next();
        }
        match level {
            Level::Map => {
                self.lexer.skip_while(char::is_whitespace);
                match self.lexer.peek() {
                    Some(',') => error("Unexpected map value terminator \",\"."),
                    Some('}') => error("Expected a value but found the end of the map"),
                    _ => Ok(()),
                }
            }
            Level::Top | Level::Block if !separated && self.lexer.peek().is_none() => self.end(),
            Level::Top | Level::Block => Ok(()),
        }
    }

    fn innermost(&mut self) -> &mut Map {
        let last = self.scopes.len() - 1;
        &mut self.scopes[last]
    }

    fn include(&mut self) -> Result<(), Stop> {
        let name = self.lexer.include()?;
        let path = beside(&self.file, name);
        let failed = |why: String| format!("error parsing include file '{name}', {why}");
        if self.context.files.contains(&path) {
            return refuse(failed(format!("{} includes itself", path.display())));
        }
        let text = read_text(self.context.loader, &path).map_err(|e| Stop::Refused(failed(e)))?;
        let file = path.display().to_string();
        self.context.files.push(path);
        let included = parse(&text, &file, self.context).map_err(|e| Stop::Refused(failed(e)))?;
        self.context.files.pop();
        for (key, value) in included {
            self.innermost().insert(key, value);
        }
        Ok(())
    }

    fn value(&mut self) -> Result<Value, Stop> {
        self.lexer.skip_while(is_blank);
        match self.lexer.peek() {
            Some('[') => {
                self.lexer.next();
                self.pending_key = None;
                let items = self.deeper(Self::array)?;
                Ok(self.made(Data::Array(items), self.place()))
            }
            Some('{') => {
                self.lexer.next();
                self.pending_key = None;
                self.scopes.push(Map::default());
                self.deeper(Self::map)?;
                let map = self.scopes.pop().unwrap_or_default();
                Ok(self.made(Data::Map(map), self.place()))
            }
            first => {
                let mut place = self.place();
                place.column += usize::from(matches!(first, Some('"' | '\'' | '(' | '$')));
                let scalar = self.lexer.scalar()?;
                self.pending_key = None;
                self.scalar_value(scalar, place)
            }
        }
    }

    fn made(&self, data: Data, place: Place) -> Value {
        Value {
            data,
            place,
            is_variable: false,
        }
    }

    fn scalar_value(&mut self, scalar: Scalar, place: Place) -> Result<Value, Stop> {
        let data = match scalar {
            Scalar::Text(text) => Data::Text(text),
            Scalar::Bool(b) => Data::Bool(b),
            Scalar::Integer(text) => Data::Integer(number::integer(&text).map_err(Stop::Refused)?),
            Scalar::Float(text) => Data::Float(number::float(&text).map_err(Stop::Refused)?),
            Scalar::Time(text) => match text.trim_end_matches('Z').parse::<jiff::civil::DateTime>() {
                Ok(_) => Data::Time(text),
                Err(_) => return refuse(format!("expected Zulu formatted DateTime, but got '{text}'")),
            },
            Scalar::Variable(name) => return self.variable(&name, place),
        };
        Ok(self.made(data, place))
    }

    /// What `$name` stands for: the nearest key of that name around, else the environment. A
    /// bcrypt hash begins like a variable, but is a string.
    fn variable(&mut self, name: &str, place: Place) -> Result<Value, Stop> {
        if name.starts_with("2a$") {
            return Ok(self.made(Data::Text(format!("${name}")), place));
        }
        for scope in self.scopes.iter_mut().rev() {
            if let Some(found) = scope.get_mut(name) {
                found.is_variable = true;
                let data = found.data.clone();
                return Ok(self.made(data, place));
            }
        }
        let reference = format!("variable reference for '{name}' on line {}", place.line);
        let missing = || Stop::Refused(format!("{reference} can not be found"));
        if self.context.variables.iter().any(|v| v == name) {
            return refuse(format!(
                "{reference} could not be parsed: variable reference cycle for '{name}'"
            ));
        }
        let text = self.context.loader.variable(name).ok_or_else(missing)?;
        self.context.variables.push(name.to_owned());
        let parsed = parse(&format!("{VARIABLE_KEY}={text}"), "", self.context);
        self.context.variables.pop();
        let map = parsed.map_err(|e| Stop::Refused(format!("{reference} could not be parsed: {e}")))?;
        let value = map.get(VARIABLE_KEY).ok_or_else(missing)?;
        Ok(self.made(value.data.clone(), place))
    }

    fn array(&mut self) -> Result<Vec<Value>, Stop> {
        let mut items = Vec::new();
        loop {
            self.lexer.skip_while(char::is_whitespace);
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.peek() {
                Some(']') => {
                    self.lexer.next();
                    return Ok(items);
                }
                Some(',' | '/') => return error("Unexpected array value terminator ','."),
                _ => items.push(self.value()?),
            }
            if self.array_value_end()? {
                return Ok(items);
            }
        }
    }

    /// True when the array ends, too.
    fn array_value_end(&mut self) -> Result<bool, Stop> {
        loop {
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.next() {
                Some(c) if is_blank(c) => {}
                Some(c) if is_newline(c) || matches!(c, ',' | '/') => return Ok(false),
                Some(']') => return Ok(true),
                other => {
                    return error(format!(
                        "Expected an array value terminator \",\" or an array terminator \"]\", \
                         but got '{}' instead.",
                        shown(other)
                    ));
                }
            }
        }
    }

    /// Fills the innermost scope up to and with the closing brace.
    fn map(&mut self) -> Result<(), Stop> {
        loop {
            self.lexer.skip_while(char::is_whitespace);
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.peek() {
                None => return error("Unexpected EOF processing map."),
                Some(']') => return error("Unexpected array end ']' processing map."),
                Some('}') => {
                    self.lexer.next();
                    return Ok(());
                }
                Some('/') => {
                    self.lexer.next();
                    continue;
                }
                Some(_) => self.entry(Level::Map)?,
            }
            if self.map_value_end()? {
                return Ok(());
            }
        }
    }

    /// True when the map ends, too.
    fn map_value_end(&mut self) -> Result<bool, Stop> {
        loop {
            if self.lexer.skip_comment() {
                continue;
            }
            match self.lexer.next() {
                Some(c) if is_blank(c) => {}
                Some(c) if is_newline(c) || matches!(c, ';' | ',' | '/') => return Ok(false),
                Some('}') => return Ok(true),
                other => {
                    return error(format!(
                        "Expected a map value terminator \",\" or a map terminator \"}}\", \
                         but got '{}' instead.",
                        shown(other)
                    ));
                }
            }
        }
    }
}
