//! PlantUML statements → [`Graph`].
//!
//! Component and deployment diagrams without frames: `[A]`, `node "A b" as a`, `a --> b : label`,
//! `title`, `left to right direction`. Looks (`skinparam`, `hide`, colours, stereotypes) are left to
//! the theme and skipped.

use super::graph::{Direction, Edge, Graph, Node, Problem, Style};
use crate::deck::texts;

/// Words that begin a box, and whether it is drawn round.
const BOXES: [(&str, bool); 20] = [
    ("actor", false),
    ("agent", false),
    ("artifact", false),
    ("boundary", false),
    ("card", false),
    ("cloud", true),
    ("collections", false),
    ("component", false),
    ("control", false),
    ("database", true),
    ("entity", false),
    ("file", false),
    ("folder", false),
    ("frame", false),
    ("interface", true),
    ("node", false),
    ("queue", true),
    ("rectangle", false),
    ("storage", true),
    ("usecase", true),
];

/// Statements that only concern looks.
const SKIPPED: [&str; 7] = [
    "skinparam",
    "hide",
    "show",
    "scale",
    "allowmixing",
    "header",
    "footer",
];

/// Reads the statements; whatever is not understood is a problem and skipped.
pub(super) fn parse(source: &str) -> (Graph, Vec<Problem>) {
    let mut reader = Reader::default();
    for (at, line) in source.lines().enumerate() {
        let line = line.trim();
        if let Err(text) = reader.statement(line) {
            reader.problems.push(Problem { line: at + 1, text });
        }
    }
    (reader.graph, reader.problems)
}

#[derive(Default)]
struct Reader {
    graph: Graph,
    problems: Vec<Problem>,
    /// The text that ends what is being skipped: a comment or a block of looks.
    skips_until: Option<&'static str>,
}

impl Reader {
    fn statement(&mut self, line: &str) -> Result<(), String> {
        if let Some(end) = self.skips_until {
            if line.ends_with(end) {
                self.skips_until = None;
            }
            return Ok(());
        }
        if line.starts_with("/'") {
            self.skips_until = (!line.ends_with("'/")).then_some("'/");
            return Ok(());
        }
        // The inner fence of a deck made for pre-processing is not part of the diagram.
        let is_noise = line.is_empty() || line == "}" || line.starts_with(['@', '\'', '!', '~']);
        if is_noise {
            return Ok(());
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        if SKIPPED.contains(&word) {
            self.skips_until = line.ends_with('{').then_some("}");
            return Ok(());
        }
        match line {
            "left to right direction" => self.graph.direction = Direction::Right,
            "top to bottom direction" => self.graph.direction = Direction::Down,
            _ if word == "title" && !rest.is_empty() => {
                self.graph.title = Some(rest.trim_matches('"').replace("\\n", " "));
            }
            _ => return self.box_or_edge(line, word, rest),
        }
        Ok(())
    }

    fn box_or_edge(&mut self, line: &str, word: &str, rest: &str) -> Result<(), String> {
        if let Some((_, rounded)) = BOXES.iter().find(|(name, _)| *name == word)
            && Arrow::read(rest).is_none()
            && !rest.is_empty()
        {
            return self.declare(rest, *rounded);
        }
        let not_understood = || texts::not_understood(line);
        let (left, after) = Operand::read(line).ok_or_else(not_understood)?;
        let Some((arrow, after)) = Arrow::read(after) else {
            return if left.is_bare {
                Err(not_understood())
            } else {
                self.declare(line, false)
            };
        };
        let (right, after) = Operand::read(after).ok_or_else(not_understood)?;
        let label = match after.trim().strip_prefix(':') {
            Some(label) => label.trim(),
            None if after.trim().is_empty() => "",
            None => return Err(not_understood()),
        };
        self.connect(&left, &right, arrow, label);
        Ok(())
    }

    /// `"Label" as name`, `[Label] as name`, `name as "Label"`, or only one of the two.
    fn declare(&mut self, text: &str, rounded: bool) -> Result<(), String> {
        let not_understood = || texts::not_understood(text);
        let text = text.split("<<").next().unwrap_or(text);
        let opens_frame = text.trim_end().ends_with('{');
        let text = text.trim_end().trim_end_matches('{').trim_end();
        let (first, rest) = Operand::read(text).ok_or_else(not_understood)?;
        let (name, label) = match rest.trim().strip_prefix("as ") {
            None if rest.trim().is_empty() || rest.trim().starts_with('#') => {
                (first.text.clone(), first.text)
            }
            None => return Err(not_understood()),
            Some(rest) => {
                let (second, _) = Operand::read(rest).ok_or_else(not_understood)?;
                if second.is_bare {
                    (second.text, first.text)
                } else {
                    (first.text, second.text)
                }
            }
        };
        let at = self.node(&name);
        self.graph.nodes[at].label = label.split("\\n").map(str::to_owned).collect();
        self.graph.nodes[at].rounded = rounded;
        if opens_frame {
            Err(texts::frames_not_drawn().to_owned())
        } else {
            Ok(())
        }
    }

    fn connect(&mut self, left: &Operand, right: &Operand, arrow: Arrow, label: &str) {
        let (mut from, mut to) = (self.node(&left.text), self.node(&right.text));
        let mut style = arrow.style;
        let label = label.replace("\\n", " ");
        if from == to {
            self.graph.nodes[from]
                .label
                .push(format!("↺ {label}").trim_end().to_owned());
            return;
        }
        if arrow.runs_back {
            std::mem::swap(&mut from, &mut to);
            style = style.reversed();
        }
        self.graph.edges.push(Edge {
            from,
            to,
            label,
            style,
        });
    }

    fn node(&mut self, name: &str) -> usize {
        let known = self.graph.nodes.iter().position(|node| node.name == name);
        known.unwrap_or_else(|| {
            let label = name.split("\\n").map(str::to_owned).collect();
            self.graph.nodes.push(Node {
                name: name.to_owned(),
                label,
                rounded: false,
            });
            self.graph.nodes.len() - 1
        })
    }
}

/// What stands at an end of an arrow.
struct Operand {
    text: String,
    /// Neither quoted nor in brackets.
    is_bare: bool,
}

impl Operand {
    fn read(text: &str) -> Option<(Operand, &str)> {
        let text = text.trim_start();
        let closing = match text.chars().next()? {
            '[' => Some(']'),
            '"' => Some('"'),
            '(' => Some(')'),
            ':' => Some(':'),
            _ => None,
        };
        let (name, rest) = match closing {
            Some(closing) => {
                let inner = &text[1..];
                inner
                    .split_at_checked(inner.find(closing)?)
                    .map(|(name, rest)| (name, &rest[1..]))?
            }
            None => {
                let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
                // A dotted arrow may touch the name before it.
                let name = text[..end.unwrap_or(text.len())].trim_end_matches('.');
                (name, &text[name.len()..])
            }
        };
        let name = name.trim();
        let operand = Operand {
            text: name.to_owned(),
            is_bare: closing.is_none(),
        };
        (!name.is_empty()).then_some((operand, rest))
    }
}

/// The sign between two operands.
#[derive(Clone, Copy)]
struct Arrow {
    style: Style,
    /// `-up->` and `-left->`: the second operand stands before the first.
    runs_back: bool,
}

impl Arrow {
    fn read(text: &str) -> Option<(Arrow, &str)> {
        let text = text.trim_start();
        let (head_from, rest) = strip_head(text, ["<|", "<", "*", "o"]);
        let line = |c: char| matches!(c, '-' | '.' | '=' | '~');
        let body = rest.trim_start_matches(line);
        let first_run = &rest[..rest.len() - body.len()];
        if first_run.is_empty() {
            return None;
        }
        let body = skip_brackets(body);
        let after_word = body.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let after_line = after_word.trim_start_matches(line);
        let has_word = after_line.len() < after_word.len() && after_word.len() < body.len();
        let (word, rest) = match has_word {
            true => (&body[..body.len() - after_word.len()], after_line),
            false => ("", body.trim_start_matches(line)),
        };
        let (head_to, rest) = strip_head(rest, ["|>", ">", "*", "o"]);
        let style = Style {
            head_from,
            head_to,
            dashed: first_run.starts_with(['.', '~']),
        };
        Some((
            Arrow {
                style,
                runs_back: word.starts_with(['u', 'l']),
            },
            rest,
        ))
    }
}

/// Takes an arrow's end away; only the pointed ones are heads. A letter is an end only when no name
/// goes on behind it.
fn strip_head<'a>(text: &'a str, ends: [&str; 4]) -> (bool, &'a str) {
    for end in ends {
        if let Some(rest) = text.strip_prefix(end) {
            let is_name = end == "o" && rest.starts_with(|c: char| c.is_alphanumeric());
            if !is_name {
                return (end.contains(['<', '>']), rest);
            }
        }
    }
    (false, text)
}

/// `-[#red,bold]->`: looks inside an arrow.
fn skip_brackets(text: &str) -> &str {
    match text.strip_prefix('[') {
        Some(inner) => inner.split_once(']').map_or(text, |(_, rest)| rest),
        None => text,
    }
}
