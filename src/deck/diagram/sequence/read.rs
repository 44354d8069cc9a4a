//! Statements of PlantUML and Mermaid → [`Sequence`].

use super::super::graph::Problem;
use super::{Event, Participant, Sequence};
use crate::deck::texts;

/// Words that only a sequence diagram of PlantUML has at the beginning of a line.
const TELLTALES: [&str; 10] = [
    "participant",
    "activate",
    "deactivate",
    "autonumber",
    "alt",
    "loop",
    "opt",
    "par",
    "return",
    "==",
];
/// Words that declare who takes part.
const PARTICIPANTS: [&str; 8] = [
    "participant",
    "actor",
    "boundary",
    "control",
    "entity",
    "database",
    "collections",
    "queue",
];
/// Words that open a frame.
const FRAMES: [&str; 8] = ["alt", "loop", "opt", "par", "group", "break", "critical", "rect"];
/// Statements that change nothing that is drawn.
const SKIPPED: [&str; 11] = [
    "autonumber",
    "skinparam",
    "hide",
    "show",
    "create",
    "destroy",
    "sequenceDiagram",
    "!theme",
    "newpage",
    "accTitle",
    "box",
];
/// Arrows, the longer before the shorter: the text, whether it is dashed, whether it runs to the left.
const ARROWS: [(&str, bool, bool); 20] = [
    ("<<--", true, true),
    ("-->>", true, false),
    ("<<-", false, true),
    ("->>", false, false),
    ("<--", true, true),
    ("-->", true, false),
    ("--)", true, false),
    ("--x", true, false),
    ("<-", false, true),
    ("->", false, false),
    ("-)", false, false),
    ("-x", false, false),
    ("<~~", true, true),
    ("~~>", true, false),
    ("-\\\\", false, false),
    ("-//", false, false),
    ("-\\", false, false),
    ("-/", false, false),
    ("=>", false, false),
    ("→", false, false),
];

/// Whether `source` is a sequence diagram. PlantUML names no kind: it is one when it has a word that only
/// those have, or nothing but labelled arrows with a single dash among them.
pub(in super::super) fn is_one(source: &str, is_mermaid: bool) -> bool {
    let mut statements = source.lines().map(str::trim).filter(|line| !is_noise(line));
    if is_mermaid {
        return statements.next() == Some("sequenceDiagram");
    }
    let word = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    if source
        .lines()
        .any(|line| TELLTALES.contains(&word(line.trim()).as_str()))
    {
        return true;
    }
    let mut has_single_dash = false;
    let others = |line: &str| PARTICIPANTS.contains(&word(line).as_str()) || word(line) == "title";
    let is_plain = statements.all(|line| match message(line) {
        Some(message) => {
            has_single_dash |= !message.dashed;
            !message.label.is_empty() && !line.contains(['[', '('])
        }
        None => others(line),
    });
    is_plain && has_single_dash
}

fn is_noise(line: &str) -> bool {
    line.is_empty() || line.starts_with(['@', '\'', '~']) || line.starts_with("%%") || line.starts_with("---")
}

pub(super) fn read(source: &str, is_mermaid: bool) -> (Sequence, Vec<Problem>) {
    let mut reader = Reader {
        is_mermaid,
        ..Reader::default()
    };
    for (at, line) in source.lines().enumerate() {
        let line = line.trim();
        if !is_noise(line) && reader.statement(line).is_none() {
            let text = texts::not_understood(line);
            reader.problems.push(Problem { line: at + 1, text });
        }
    }
    let open = std::mem::take(&mut reader.open);
    reader.sequence.events.extend((0..open).map(|_| Event::Close));
    (reader.sequence, reader.problems)
}

#[derive(Default)]
struct Reader {
    is_mermaid: bool,
    sequence: Sequence,
    problems: Vec<Problem>,
    /// Frames that are open.
    open: usize,
    /// A note of several lines: where it stands, and what it says so far.
    note: Option<((usize, usize), Vec<String>)>,
    /// The last message, for notes and `activate`.
    last: Option<(usize, usize)>,
    /// Who is at work, and for whom: where `return` comes from and goes to.
    active: Vec<(usize, usize)>,
}

impl Reader {
    /// None when the statement is not understood.
    fn statement(&mut self, line: &str) -> Option<()> {
        if let Some(((first, last), mut said)) = self.note.take() {
            match matches!(line, "end note" | "endnote" | "end hnote" | "end rnote") {
                true => self.push_note((first, last), &said.join(" ")),
                false => {
                    said.push(line.to_owned());
                    self.note = Some(((first, last), said));
                }
            }
            return Some(());
        }
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "activate" => self.active.extend(self.last),
            "deactivate" => drop(self.active.pop()),
            _ if SKIPPED.contains(&word) => {}
            "title" | "title:" => self.sequence.title = Some(rest.trim_matches('"').to_owned()),
            "end" if rest == "box" => {}
            "end" | "}" => self.close()?,
            "else" | "and" | "option" => self.push(Event::Else(rest.to_owned())),
            "note" | "Note" | "hnote" | "rnote" => return self.read_note(rest),
            "return" => {
                let (to, from) = self.active.pop().or(self.last)?;
                self.push(Event::Message {
                    from,
                    to,
                    label: rest.to_owned(),
                    dashed: true,
                });
            }
            _ if line.starts_with("==") => {
                self.push(Event::Divider(line.trim_matches('=').trim().to_owned()))
            }
            _ if line.starts_with("...") || line.starts_with("||") => {
                self.push(Event::Divider(line.trim_matches(['.', '|']).trim().to_owned()));
            }
            _ if FRAMES.contains(&word) && message(line).is_none() => {
                self.open += 1;
                let name = if word == "group" { "" } else { word };
                self.push(Event::Open(format!("{name} {rest}").trim().to_owned()));
            }
            _ if PARTICIPANTS.contains(&word) && message(line).is_none() => return self.declare(rest),
            _ => self.message(message(line)?),
        }
        Some(())
    }

    fn push(&mut self, event: Event) {
        self.sequence.events.push(event);
    }

    fn close(&mut self) -> Option<()> {
        self.open = self.open.checked_sub(1)?;
        self.push(Event::Close);
        Some(())
    }

    /// `A as "Label"` in Mermaid, `"Label" as A` in PlantUML, or one name.
    fn declare(&mut self, text: &str) -> Option<()> {
        let text = text.split(" #").next()?.split("<<").next()?.trim();
        let (first, second) = match text.split_once(" as ") {
            Some((first, second)) => (first.trim(), second.trim()),
            None => (text, text),
        };
        let name_is_first = self.is_mermaid || second.starts_with('"');
        let (name, label) = if name_is_first {
            (first, second)
        } else {
            (second, first)
        };
        let at = self.participant(name.trim_matches('"'));
        self.sequence.participants[at].label = clean(label);
        Some(())
    }

    fn participant(&mut self, name: &str) -> usize {
        let participants = &mut self.sequence.participants;
        let known = participants.iter().position(|known| known.name == name);
        known.unwrap_or_else(|| {
            participants.push(Participant {
                name: name.to_owned(),
                label: clean(name),
            });
            participants.len() - 1
        })
    }

    fn message(&mut self, message: Message<'_>) {
        let left = self.participant(message.left);
        let right = self.participant(message.right);
        let (from, to) = if message.runs_left {
            (right, left)
        } else {
            (left, right)
        };
        self.last = Some((from, to));
        self.push(Event::Message {
            from,
            to,
            label: clean(message.label),
            dashed: message.dashed,
        });
    }

    /// `left of A : text`, `over A,B: text`; without the text it follows on the next lines.
    fn read_note(&mut self, rest: &str) -> Option<()> {
        let (place, text) = rest
            .split_once(':')
            .map_or((rest, None), |(place, text)| (place, Some(text)));
        let names = match place.trim().split_once(" of ") {
            Some((_, name)) => name,
            None => place.trim().strip_prefix("over ").unwrap_or_default(),
        };
        let at: Vec<usize> = names
            .split(',')
            .map(|name| name.trim().trim_matches('"'))
            .filter(|name| !name.is_empty())
            .map(|name| self.participant(name))
            .collect();
        // Without a name it belongs to whom the last message went to.
        let first = at.iter().min().copied().or(self.last.map(|(_, to)| to))?;
        let last = at.iter().max().copied().unwrap_or(first);
        match text {
            Some(text) => self.push_note((first, last), text),
            None => self.note = Some(((first, last), Vec::new())),
        }
        Some(())
    }

    fn push_note(&mut self, (first, last): (usize, usize), text: &str) {
        self.push(Event::Note {
            first,
            last,
            text: clean(text),
        });
    }
}

/// `A -> B : label`, as it stands there.
struct Message<'a> {
    left: &'a str,
    right: &'a str,
    label: &'a str,
    dashed: bool,
    runs_left: bool,
}

fn message(line: &str) -> Option<Message<'_>> {
    let (arrow, label) = line
        .split_once(':')
        .map_or((line, ""), |(arrow, label)| (arrow, label));
    let found = ARROWS
        .iter()
        .filter_map(|arrow_kind| Some((arrow.find(arrow_kind.0)?, arrow_kind)));
    let (at, (sign, dashed, runs_left)) =
        found.min_by_key(|(at, (sign, ..))| (*at, usize::MAX - sign.len()))?;
    let (left, right) = (&arrow[..at], &arrow[at + sign.len()..]);
    let name = |text: &'_ str| -> Option<()> {
        let bare = text.trim().trim_matches('"');
        (!bare.is_empty() && !bare.contains(['-', '<', '>'])).then_some(())
    };
    let right = right.trim_start_matches(['+', '-']);
    name(left).and_then(|()| name(right))?;
    Some(Message {
        left: left.trim().trim_matches('"'),
        right: right.trim().trim_matches('"'),
        label: label.trim(),
        dashed: *dashed,
        runs_left: *runs_left,
    })
}

fn clean(text: &str) -> String {
    let text = text
        .replace("\\n", " ")
        .replace("<br/>", " ")
        .replace("<br>", " ");
    text.trim().trim_matches('"').to_owned()
}
