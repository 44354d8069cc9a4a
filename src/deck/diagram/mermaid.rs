//! Mermaid's flowcharts → [`Graph`].
//!
//! `flowchart LR`, boxes of every shape, chains of arrows with labels in both ways of writing them, `&`,
//! frames (`subgraph`).
//! Looks (`classDef`, `style`, `click`) are left to the theme and skipped.

use super::graph::{Direction, Edge, End, Graph, Group, Problem, Style};
use super::{GROUPS_DEPTH_MAX, GROUPS_MAX};
use crate::deck::texts;

/// Brackets round a label, the longer before the shorter, and whether the box is drawn round.
const SHAPES: [(&str, &str, bool); 10] = [
    ("([", "])", true),
    ("[[", "]]", false),
    ("[(", ")]", true),
    ("((", "))", true),
    ("{{", "}}", false),
    ("[/", "/]", false),
    ("[", "]", false),
    ("(", ")", true),
    ("{", "}", true),
    (">", "]", false),
];

/// Statements that only concern looks.
const SKIPPED: [&str; 6] = ["classDef", "class", "style", "linkStyle", "click", "direction"];

/// Reads the statements; whatever is not understood is a problem and skipped.
pub(super) fn parse(source: &str) -> (Graph, Vec<Problem>) {
    let mut reader = Reader::default();
    let mut problems = Vec::new();
    for (at, line) in source.lines().enumerate() {
        for statement in line.split(';') {
            if let Err(text) = reader.read(statement.trim()) {
                problems.push(Problem { line: at + 1, text });
            }
        }
    }
    (reader.graph, problems)
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    /// The frames that are open; none for one too many.
    open: Vec<Option<usize>>,
}

impl Reader {
    fn read(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let is_noise = line.is_empty() || line.starts_with("%%") || line.starts_with("---");
        match word {
            _ if is_noise || SKIPPED.contains(&word) => {}
            "flowchart" | "graph" => {
                let is_right = matches!(rest.trim(), "LR" | "RL");
                self.graph.direction = if is_right {
                    Direction::Right
                } else {
                    Direction::Down
                };
            }
            "title:" => self.graph.title = Some(rest.trim().to_owned()),
            "subgraph" => return self.open_frame(rest.trim()),
            "end" => drop(self.open.pop()),
            _ => {
                let group = self.open.iter().rev().find_map(|group| *group);
                return chain(line, &mut self.graph, group).ok_or_else(|| texts::not_understood(line));
            }
        }
        Ok(())
    }

    /// `subgraph name [Label]`
    fn open_frame(&mut self, text: &str) -> Result<(), String> {
        let parent = self.open.iter().rev().find_map(|group| *group);
        let depth = self.open.iter().flatten().count();
        if depth >= GROUPS_DEPTH_MAX || self.graph.groups.len() >= GROUPS_MAX {
            self.open.push(None);
            return Err(texts::not_understood(text));
        }
        let label = match text.split_once('[') {
            Some((_, label)) => label.trim_end_matches(']'),
            None => text,
        };
        self.graph.groups.push(Group {
            label: clean(label),
            parent,
        });
        self.open.push(Some(self.graph.groups.len() - 1));
        Ok(())
    }
}

/// `A & B -->|label| C --> D`.
fn chain(line: &str, graph: &mut Graph, frame: Option<usize>) -> Option<()> {
    let (mut left, mut rest) = group(line, graph, frame)?;
    while !rest.is_empty() {
        let (arrow, after) = Arrow::read(rest)?;
        let (right, after) = group(after, graph, frame)?;
        for from in &left {
            for to in &right {
                connect(graph, *from, *to, &arrow);
            }
        }
        (left, rest) = (right, after);
    }
    Some(())
}

fn connect(graph: &mut Graph, from: usize, to: usize, arrow: &Arrow) {
    if from == to {
        let label = format!("↺ {}", arrow.label);
        graph.nodes[from].label.push(label.trim_end().to_owned());
        return;
    }
    graph.edges.push(Edge {
        from,
        to,
        label: arrow.label.clone(),
        style: arrow.style,
    });
}

/// One box or several with `&` between them, and what follows.
fn group<'a>(text: &'a str, graph: &mut Graph, frame: Option<usize>) -> Option<(Vec<usize>, &'a str)> {
    let mut members = Vec::new();
    let mut rest = text;
    loop {
        let (member, after) = operand(rest.trim_start(), graph, frame)?;
        members.push(member);
        rest = after.trim_start();
        match rest.strip_prefix('&') {
            Some(after) => rest = after,
            None => return Some((members, rest)),
        }
    }
}

/// `name`, `name[label]`, `name[label]:::class`.
fn operand<'a>(text: &'a str, graph: &mut Graph, frame: Option<usize>) -> Option<(usize, &'a str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
    let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        return None;
    }
    let at = graph.node(name, frame);
    graph.nodes[at].group = graph.nodes[at].group.or(frame);
    for (open, close, rounded) in SHAPES {
        let Some(inner) = rest.strip_prefix(open) else {
            continue;
        };
        let (label, after) = inner.split_once(close)?;
        let label = label
            .trim()
            .trim_matches('"')
            .replace("<br/>", "\n")
            .replace("<br>", "\n");
        graph.nodes[at].label = label.lines().map(|line| line.trim().to_owned()).collect();
        graph.nodes[at].rounded = rounded;
        rest = after;
        break;
    }
    if let Some(class) = rest.strip_prefix(":::") {
        rest = class.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    }
    Some((at, rest))
}

/// What stands between two boxes.
struct Arrow {
    style: Style,
    label: String,
}

impl Arrow {
    fn read(text: &str) -> Option<(Arrow, &str)> {
        let (head_from, body) = match text.strip_prefix(['<', 'x', 'o']) {
            Some(body) if body.starts_with(['-', '=']) => (end_of(text), body),
            _ => (End::Plain, text),
        };
        let end = body.find(|c: char| !is_line(c)).unwrap_or(body.len());
        let (line, rest) = body.split_at(end);
        if line.len() < 2 {
            return None;
        }
        let (head_to, rest) = strip_head(rest);
        let mut arrow = Arrow {
            style: Style {
                head_from,
                head_to,
                dashed: line.contains('.'),
            },
            label: String::new(),
        };
        if let Some(labelled) = rest.trim_start().strip_prefix('|') {
            let (label, after) = labelled.split_once('|')?;
            arrow.label = clean(label);
            return Some((arrow, after));
        }
        // `-- label -->`: the first half of an arrow has no head, and another half follows.
        if head_to == End::Plain && line.len() == 2 {
            let second = ["--", "==", "-.", ".-"]
                .iter()
                .filter_map(|half| rest.find(half))
                .min();
            if let Some(at) = second {
                let (label, half) = rest.split_at(at);
                let after = half.trim_start_matches(is_line);
                let (head_to, after) = strip_head(after);
                arrow.label = clean(label);
                arrow.style.head_to = head_to;
                return Some((arrow, after));
            }
        }
        Some((arrow, rest))
    }
}

fn is_line(c: char) -> bool {
    matches!(c, '-' | '=' | '.')
}

fn strip_head(text: &str) -> (End, &str) {
    if let Some(rest) = text.strip_prefix('>') {
        return (End::Arrow, rest);
    }
    let rest = text
        .strip_prefix(['x', 'o'])
        .filter(|rest| rest.starts_with([' ', '|']));
    match rest {
        Some(rest) => (end_of(text), rest),
        None => (End::Plain, text),
    }
}

/// The end that a sign stands for.
fn end_of(text: &str) -> End {
    match text.chars().next() {
        Some('<' | '>') => End::Arrow,
        Some('o') => End::Circle,
        Some('x') => End::Cross,
        _ => End::Plain,
    }
}

fn clean(label: &str) -> String {
    label.trim().trim_matches('"').to_owned()
}
