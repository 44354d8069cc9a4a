//! What a configuration file says: a tree of values, each of which knows where it stands.

use std::fmt;
use std::sync::Arc;

/// Where something stands in a file.
///
/// Line and column are nats-server's: lines count from 1, columns from 1 too, except on the first
/// line of a file, where they count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named on the command line or in an `include`.
    pub file: Arc<str>,
    /// The line.
    pub line: usize,
    /// The column in bytes.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A value. In a map its place is that of its key, since that is what a reader looks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it stands.
    pub place: Place,
    /// Some `$name` refers to it: such a key may be unknown.
    pub is_variable: bool,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// A string, whichever way it was quoted. Durations are strings too.
    Text(String),
    /// A whole number, its suffix multiplied in.
    Integer(i64),
    /// A number with a decimal point.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// A time as it was written, `2006-01-02T15:04:05Z`.
    Time(String),
    /// `[ … ]`
    Array(Vec<Value>),
    /// `{ … }`
    Map(Map),
}

impl Data {
    /// The name Go has for the type, which nats-server's messages show.
    pub fn go_type(&self) -> &'static str {
        match self {
            Data::Text(_) => "string",
            Data::Integer(_) => "int64",
            Data::Float(_) => "float64",
            Data::Bool(_) => "bool",
            Data::Time(_) => "time.Time",
            Data::Array(_) => "[]interface {}",
            Data::Map(_) => "map[string]interface {}",
        }
    }
}

impl fmt::Display for Data {
    /// As Go's `%v` prints it, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Data::Text(text) | Data::Time(text) => f.write_str(text),
            Data::Integer(n) => write!(f, "{n}"),
            Data::Float(n) => write!(f, "{n}"),
            Data::Bool(b) => write!(f, "{b}"),
            Data::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if i > 0 { " " } else { "" }, item.data)?;
                }
                f.write_str("]")
            }
            Data::Map(map) => {
                f.write_str("map[")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{key}:{}", if i > 0 { " " } else { "" }, value.data)?;
                }
                f.write_str("]")
            }
        }
    }
}

/// Keys with their values in the order of the file. A key that comes twice keeps its last value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    entries: Vec<(String, Value)>,
}

impl Map {
    /// Sets a key. Keys differ in case here; whoever reads the map ignores it.
    pub fn insert(&mut self, key: String, value: Value) {
        self.entries.retain(|(k, _)| *k != key);
        self.entries.push((key, value));
    }

    /// The value under exactly this key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entries.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// As [`Map::get`], to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.entries.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// True when there is no key.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v))
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;
    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
