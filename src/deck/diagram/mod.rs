//! Diagrams as text: the PlantUML and Mermaid that talks use, drawn with title, labels, every edge and its head.
//!
//! The corridor: `plantuml` and `mermaid` read statements into a `Graph`; `layers` gives every node a layer and an
//! order in it; `place` says where in its layer each one stands, `frames` keeps frames apart from what is not in
//! them; `route` leads the edges through the channels between layers, sharing trunks; `measure` brings these together
//! into a plan, and `paint` puts it on a `canvas` of cells. Everything up to the canvas speaks of two axes, *main*
//! (the way the arrows go) and *cross*, so that a drawing from left to right is the same work as one from top to
//! bottom. Sequence diagrams of both languages are another kind of drawing and have a corridor of their own:
//! `sequence`.
//!
//! A drawing that runs to the right but is too wide runs down instead. What is not understood is
//! named with its line under the drawing; when nothing can be drawn the source is shown.

mod canvas;
mod frames;
mod graph;
mod layers;
mod measure;
mod mermaid;
mod notes;
mod paint;
mod place;
mod plantuml;
mod route;
mod sequence;

#[cfg(test)]
mod tests;

use super::code::CodeBlock;
use super::style::{Line, Role, Span};
use super::{text, texts};
use graph::{Direction, Problem};

/// More than fits on any slide; beyond it the source is shown.
const NODES_MAX: usize = 40;
/// As [`NODES_MAX`], for edges.
const EDGES_MAX: usize = 80;
/// Frames of a diagram, and how deep they may stand in each other.
const GROUPS_MAX: usize = 20;
const GROUPS_DEPTH_MAX: usize = 4;

/// A way that a message takes between two layers of boxes, the way the drawing runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Between which layers, from 0.
    pub stage: usize,
    /// Where it comes from and goes to; what it goes to in one stage it may come from in the next.
    pub from: usize,
    /// See `from`.
    pub to: usize,
    /// Its cells in their order: column and line.
    pub cells: Vec<(usize, usize)>,
}

/// A diagram as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Drawing {
    pub lines: Vec<Line>,
    pub flows: Vec<Flow>,
}

impl Drawing {
    fn of(lines: Vec<Line>) -> Drawing {
        Drawing {
            lines,
            flows: Vec::new(),
        }
    }

    /// Has the ways follow a drawing that is set so far to the right and down.
    pub(super) fn shift(&mut self, right: usize, down: usize) {
        for (column, line) in self.flows.iter_mut().flat_map(|flow| &mut flow.cells) {
            (*column, *line) = (*column + right, *line + down);
        }
    }
}

/// Draws the diagram that `source` describes, within `columns` where that is possible.
pub(super) fn draw(block: &CodeBlock, columns: usize) -> Drawing {
    let source = block.shown.as_str();
    let is_mermaid = block.language.as_deref() == Some("mermaid");
    if is_drawn(source) {
        return Drawing::of(lines_of(source, Role::DiagramText));
    }
    if sequence::is_one(source, is_mermaid) {
        return Drawing::of(sequence::lines(source, is_mermaid, columns));
    }
    let (graph, mut problems) = match is_mermaid {
        true => mermaid::parse(source),
        false => plantuml::parse(source),
    };
    let is_too_big = graph.nodes.len() > NODES_MAX || graph.edges.len() > EDGES_MAX;
    if is_too_big {
        let text = texts::diagram_too_big(NODES_MAX, EDGES_MAX);
        problems.push(Problem { line: 1, text });
    }
    let mut drawing = if is_too_big || graph.nodes.is_empty() {
        Drawing::of(source_lines(source))
    } else {
        let preferred = paint::paint(&graph, graph.direction);
        let is_too_wide = preferred
            .lines
            .iter()
            .any(|line| text::spans_width(&line.spans) > columns);
        if is_too_wide && graph.direction == Direction::Right {
            paint::paint(&graph, Direction::Down)
        } else {
            preferred
        }
    };
    drawing.lines.extend(problem_lines(&problems, columns));
    drawing
}

/// Whether the text is a drawing already, as `plantuml -utxt` leaves one.
fn is_drawn(source: &str) -> bool {
    let is_lid = |line: &str| {
        let line = line.trim();
        line.contains("┌─") || (line.starts_with(",-") && line.ends_with("-."))
    };
    source.lines().any(is_lid) && !source.contains("@start")
}

/// What was not understood, under the drawing.
fn problem_lines(problems: &[Problem], columns: usize) -> Vec<Line> {
    let lines = problems.iter().flat_map(|problem| {
        let text = texts::diagram_line(problem.line, &problem.text);
        let span = Span {
            text: text::clean(&text).into_owned(),
            role: Role::Problem,
            link: None,
        };
        text::wrap(&[span], columns)
    });
    lines.collect()
}

fn source_lines(source: &str) -> Vec<Line> {
    lines_of(source, Role::Code)
}

fn lines_of(source: &str, role: Role) -> Vec<Line> {
    let code = |line: &str| Span {
        text: line.to_owned(),
        role,
        link: None,
    };
    source
        .lines()
        .map(|line| Line {
            spans: text::clean_code(vec![code(line)]),
        })
        .collect()
}
