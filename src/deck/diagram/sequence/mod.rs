//! Sequence diagrams of PlantUML and Mermaid: who says what to whom, from top to bottom.
//!
//! `read` turns the statements of either language into a [`Sequence`], `draw` puts it on lines.

mod draw;
mod read;
#[cfg(test)]
mod tests;

use super::graph::Problem;
use super::{problem_lines, source_lines};
use crate::deck::style::Line;

pub(super) use read::is_one;

/// Participants and statements beyond which the source is shown.
const PARTICIPANTS_MAX: usize = 16;
const EVENTS_MAX: usize = 200;

/// A diagram of messages.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sequence {
    title: Option<String>,
    participants: Vec<Participant>,
    events: Vec<Event>,
}

#[derive(Debug, PartialEq, Eq)]
struct Participant {
    name: String,
    label: String,
}

/// What happens, one below the other.
#[derive(Debug, PartialEq, Eq)]
enum Event {
    Message {
        from: usize,
        to: usize,
        label: String,
        dashed: bool,
    },
    /// A remark beside or over participants.
    Note {
        first: usize,
        last: usize,
        text: String,
    },
    /// A heading across all lifelines.
    Divider(String),
    /// A frame begins: `loop`, `alt` …, with its condition.
    Open(String),
    /// The frame's next part.
    Else(String),
    Close,
}

/// Draws the diagram that `source` describes.
pub(super) fn lines(source: &str, is_mermaid: bool, columns: usize) -> Vec<Line> {
    let (sequence, problems): (Sequence, Vec<Problem>) = read::read(source, is_mermaid);
    let fits = sequence.participants.len() <= PARTICIPANTS_MAX && sequence.events.len() <= EVENTS_MAX;
    let mut lines = match fits && !sequence.participants.is_empty() {
        true => draw::draw(&sequence),
        false => source_lines(source),
    };
    lines.extend(problem_lines(&problems, columns));
    lines
}
