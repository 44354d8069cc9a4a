//! Diagrams as text: the PlantUML and Mermaid that talks use, drawn with title, labels, every edge and its head.
//!
//! The corridor: `plantuml` and `mermaid` read statements into a `Graph`; `layers` gives every node a layer and an
//! order in it; `place` says where in its layer each one stands, `frames` keeps frames apart from what is not in them; `route` leads the edges through the
//! channels between layers, sharing trunks; `measure` brings these together into a plan, and `paint`
//! puts it on a `canvas` of cells. Everything up to the canvas speaks of two axes, *main* (the way the arrows go) and *cross*, so that a drawing from
//! left to right is the same work as one from top to bottom. Sequence diagrams of both languages are
//! another kind of drawing and have a corridor of their own: `sequence`.
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

/// Draws the diagram that `source` describes, within `columns` where that is possible.
pub(super) fn lines(block: &CodeBlock, columns: usize) -> Vec<Line> {
    let source = block.shown.as_str();
    let is_mermaid = block.language.as_deref() == Some("mermaid");
    if is_drawn(source) {
        return source_lines(source);
    }
    if sequence::is_one(source, is_mermaid) {
        return sequence::lines(source, is_mermaid, columns);
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
    let mut lines = if is_too_big || graph.nodes.is_empty() {
        source_lines(source)
    } else {
        let preferred = paint::paint(&graph, graph.direction);
        let is_too_wide = preferred
            .iter()
            .any(|line| text::spans_width(&line.spans) > columns);
        if is_too_wide && graph.direction == Direction::Right {
            paint::paint(&graph, Direction::Down)
        } else {
            preferred
        }
    };
    lines.extend(problem_lines(&problems, columns));
    lines
}

/// Whether the text is a drawing already, as `plantuml -utxt` leaves one.
fn is_drawn(source: &str) -> bool {
    let has_box = ["┌─", ",--", "`--"].iter().any(|corner| source.contains(corner));
    has_box && !source.contains("@start")
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
    let code = |line: &str| Span {
        text: line.to_owned(),
        role: Role::Code,
        link: None,
    };
    source
        .lines()
        .map(|line| Line {
            spans: text::clean_code(vec![code(line)]),
        })
        .collect()
}
