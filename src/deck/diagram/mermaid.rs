//! Mermaid's flowcharts → [`Graph`].
//!
//! `flowchart LR`, boxes of every shape, chains of arrows with labels in both ways of writing them, `&`.
//! Looks (`classDef`, `style`, `click`) are left to the theme and skipped.

use super::graph::{Direction, Edge, Graph, Node, Problem, Style};
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
const SKIPPED: [&str; 7] = [
    "classDef",
    "class",
    "style",
    "linkStyle",
    "click",
    "direction",
    "end",
];

/// Reads the statements; whatever is not understood is a problem and skipped.
pub(super) fn parse(source: &str) -> (Graph, Vec<Problem>) {
    let mut graph = Graph::default();
    let mut problems = Vec::new();
    for (at, line) in source.lines().enumerate() {
        for statement in line.split(';') {
            if let Err(text) = read(statement.trim(), &mut graph) {
                problems.push(Problem { line: at + 1, text });
            }
        }
    }
    (graph, problems)
}

fn read(line: &str, graph: &mut Graph) -> Result<(), String> {
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let is_noise = line.is_empty() || line.starts_with("%%") || line.starts_with("---");
    match word {
        _ if is_noise || SKIPPED.contains(&word) => Ok(()),
        "flowchart" | "graph" => {
            let is_right = matches!(rest.trim(), "LR" | "RL");
            graph.direction = if is_right {
                Direction::Right
            } else {
                Direction::Down
            };
            Ok(())
        }
        "title:" => {
            graph.title = Some(rest.trim().to_owned());
            Ok(())
        }
        "subgraph" => Err(texts::frames_not_drawn().to_owned()),
        _ => chain(line, graph).ok_or_else(|| texts::not_understood(line)),
    }
}

/// `A & B -->|label| C --> D`.
fn chain(line: &str, graph: &mut Graph) -> Option<()> {
    let (mut left, mut rest) = group(line, graph)?;
    while !rest.is_empty() {
        let (arrow, after) = Arrow::read(rest)?;
        let (right, after) = group(after, graph)?;
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
fn group<'a>(text: &'a str, graph: &mut Graph) -> Option<(Vec<usize>, &'a str)> {
    let mut members = Vec::new();
    let mut rest = text;
    loop {
        let (member, after) = operand(rest.trim_start(), graph)?;
        members.push(member);
        rest = after.trim_start();
        match rest.strip_prefix('&') {
            Some(after) => rest = after,
            None => return Some((members, rest)),
        }
    }
}

/// `name`, `name[label]`, `name[label]:::class`.
fn operand<'a>(text: &'a str, graph: &mut Graph) -> Option<(usize, &'a str)> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
    let (name, mut rest) = text.split_at(end.unwrap_or(text.len()));
    if name.is_empty() {
        return None;
    }
    let at = node(graph, name);
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

fn node(graph: &mut Graph, name: &str) -> usize {
    let known = graph.nodes.iter().position(|node| node.name == name);
    known.unwrap_or_else(|| {
        graph.nodes.push(Node {
            name: name.to_owned(),
            label: vec![name.to_owned()],
            rounded: false,
        });
        graph.nodes.len() - 1
    })
}

/// What stands between two boxes.
struct Arrow {
    style: Style,
    label: String,
}

impl Arrow {
    fn read(text: &str) -> Option<(Arrow, &str)> {
        let (head_from, body) = match text.strip_prefix(['<', 'x', 'o']) {
            Some(body) if body.starts_with(['-', '=']) => (text.starts_with('<'), body),
            _ => (false, text),
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
        if !head_to && line.len() == 2 {
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

fn strip_head(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix('>') {
        return (true, rest);
    }
    let rest = text
        .strip_prefix(['x', 'o'])
        .filter(|rest| rest.starts_with([' ', '|']));
    (false, rest.unwrap_or(text))
}

fn clean(label: &str) -> String {
    label.trim().trim_matches('"').to_owned()
}
