//! PlantUML statements → [`Graph`].
//!
//! Component and deployment diagrams: `[A]`, `node "A b" as a`, `a --> b : label`, frames (`package P {`),
//! notes, `title`, `left to right direction`. Looks (`skinparam`, `hide`, colours, stereotypes) are left to
//! the theme and skipped.

use super::graph::{Direction, Edge, End, Graph, Group, Problem, Style};
use super::notes::{self, Place};
use super::{GROUPS_DEPTH_MAX, GROUPS_MAX};
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
    /// The braces that are open: a frame each, or none for braces that draw nothing.
    open: Vec<Option<usize>>,
    /// The names of the frames.
    frames: Vec<String>,
    /// A note of several lines.
    note: Option<(Place, Vec<String>)>,
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
        if let Some((place, mut said)) = self.note.take() {
            match matches!(line, "end note" | "endnote") {
                true => return self.put_note(place, &said.join("\\n")),
                false => said.push(line.to_owned()),
            }
            self.note = Some((place, said));
            return Ok(());
        }
        if line == "}" {
            self.open.pop();
            return Ok(());
        }
        // The inner fence of a deck made for pre-processing is not part of the diagram.
        let is_noise = line.is_empty() || line.starts_with(['@', '\'', '!', '~']);
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
            "together {" => self.open.push(None),
            _ if word == "note" => {
                let (place, said) = notes::read(rest).ok_or_else(|| texts::not_understood(line))?;
                match said {
                    Some(said) => return self.put_note(place, said),
                    None => self.note = Some((place, Vec::new())),
                }
            }
            _ if line.ends_with('{') => return self.open_frame(line, word, rest),
            _ => return self.box_or_edge(line, word, rest),
        }
        Ok(())
    }

    /// `package "Label" as name {`
    fn open_frame(&mut self, line: &str, word: &str, rest: &str) -> Result<(), String> {
        let not_understood = || texts::not_understood(line);
        let is_frame = word == "package" || BOXES.iter().any(|(name, _)| *name == word);
        let rest = rest.trim_end().trim_end_matches('{');
        let rest = rest.split(['<', '#']).next().unwrap_or(rest).trim();
        let depth = self.open.iter().flatten().count();
        if !is_frame || depth >= GROUPS_DEPTH_MAX || self.graph.groups.len() >= GROUPS_MAX {
            self.open.push(None);
            return Err(not_understood());
        }
        let (label, name) = match Operand::read(rest) {
            None => (String::new(), String::new()),
            Some((first, rest)) => match rest.trim().strip_prefix("as ") {
                Some(name) => (first.text, name.trim().to_owned()),
                None => (first.text.clone(), first.text),
            },
        };
        let label = label.replace("\\n", " ");
        let parent = self.group();
        self.graph.groups.push(Group { label, parent });
        self.frames.push(name);
        self.open.push(Some(self.graph.groups.len() - 1));
        Ok(())
    }

    /// The innermost frame that is open.
    fn group(&self) -> Option<usize> {
        self.open.iter().rev().find_map(|group| *group)
    }

    fn put_note(&mut self, place: Place, said: &str) -> Result<(), String> {
        let group = self.group();
        let whole = place.put(&mut self.graph, said, group);
        whole.ok_or_else(|| texts::not_understood(said))
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
        if [&left, &right]
            .into_iter()
            .any(|end| self.frames.contains(&end.text))
        {
            return Err(texts::frame_has_no_arrows().to_owned());
        }
        self.connect(&left, &right, arrow, label);
        Ok(())
    }

    /// `"Label" as name`, `[Label] as name`, `name as "Label"`, or only one of the two.
    fn declare(&mut self, text: &str, rounded: bool) -> Result<(), String> {
        let not_understood = || texts::not_understood(text);
        let text = text.split("<<").next().unwrap_or(text);
        let text = text.trim_end();
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
        let group = self.group();
        let node = &mut self.graph.nodes[at];
        node.group = node.group.or(group);
        Ok(())
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
        let group = self.group();
        self.graph.node(name, group)
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
        let (head_from, rest) = strip_head(text, ["<|", "<", "*", "o", "+", "x"]);
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
        let (head_to, rest) = strip_head(rest, ["|>", ">", "*", "o", "+", "x"]);
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

/// Takes an arrow's end away. A letter is an end only when no name goes on behind it.
fn strip_head<'a>(text: &'a str, ends: [&str; 6]) -> (End, &'a str) {
    for end in ends {
        if let Some(rest) = text.strip_prefix(end) {
            let is_name = matches!(end, "o" | "x") && rest.starts_with(|c: char| c.is_alphanumeric());
            let end = match end {
                "<|" | "|>" => End::Triangle,
                "*" => End::FilledDiamond,
                "o" => End::Diamond,
                "+" => End::Circle,
                "x" => End::Cross,
                _ => End::Arrow,
            };
            if !is_name {
                // `->>` is an arrow like any other.
                let rest = if end == End::Arrow {
                    rest.trim_start_matches(['>', '<'])
                } else {
                    rest
                };
                return (end, rest);
            }
        }
    }
    (End::Plain, text)
}

/// `-[#red,bold]->`: looks inside an arrow.
fn skip_brackets(text: &str) -> &str {
    match text.strip_prefix('[') {
        Some(inner) => inner.split_once(']').map_or(text, |(_, rest)| rest),
        None => text,
    }
}
