//! Notes of PlantUML: a remark is a box of its own, tied to what it is about.

use super::graph::{Edge, Graph, Style};
use crate::deck::style::{Line, Span};
use crate::deck::text;

/// Columns of a note, at most.
const COLUMNS_MAX: usize = 32;

/// Where a note stands.
pub(super) enum Place {
    /// Before this box: left of it, or above.
    Before(String),
    /// Behind it.
    Behind(String),
    /// Alone, under this name.
    Named(String),
}

/// `left of A : text`, `right of A`, `"text" as N`, `as N`; without its text, that follows on the next lines.
pub(super) fn read(statement: &str) -> Option<(Place, Option<&str>)> {
    if let Some(name) = statement.strip_prefix("as ") {
        return Some((Place::Named(bare(name)?), None));
    }
    if let Some(quoted) = statement.strip_prefix('"') {
        let (said, name) = quoted.split_once('"')?;
        let name = bare(name.trim().strip_prefix("as ")?)?;
        return Some((Place::Named(name), Some(said)));
    }
    let (place, said) = match statement.split_once(':') {
        Some((place, said)) => (place, Some(said.trim())),
        None => (statement, None),
    };
    let (side, name) = place.split_once(" of ")?;
    let name = bare(name)?;
    let place = match side.trim() {
        "left" | "top" => Place::Before(name),
        "right" | "bottom" => Place::Behind(name),
        _ => return None,
    };
    Some((place, said))
}

fn bare(name: &str) -> Option<String> {
    let name = name.trim().trim_matches(['[', ']', '"', '(', ')']).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

impl Place {
    /// Adds the note; none when it says nothing.
    pub(super) fn put(self, graph: &mut Graph, said: &str, group: Option<usize>) -> Option<()> {
        let label: Vec<String> = said.split("\\n").flat_map(wrapped).collect();
        if label.is_empty() {
            return None;
        }
        let name = match &self {
            Place::Named(name) => name.clone(),
            // A name that no statement can write.
            Place::Before(_) | Place::Behind(_) => format!("\u{1}{}", graph.nodes.len()),
        };
        let note = graph.node(&name, group);
        graph.nodes[note].label = label;
        graph.nodes[note].is_note = true;
        let (from, to) = match self {
            Place::Named(_) => return Some(()),
            Place::Before(of) => (note, graph.node(&of, group)),
            Place::Behind(of) => (graph.node(&of, group), note),
        };
        graph.edges.push(Edge {
            from,
            to,
            label: String::new(),
            style: Style {
                dashed: true,
                ..Style::default()
            },
        });
        Some(())
    }
}

fn wrapped(line: &str) -> Vec<String> {
    let span = Span {
        text: line.trim().to_owned(),
        ..Span::default()
    };
    text::wrap(&[span], COLUMNS_MAX).iter().map(Line::text).collect()
}
