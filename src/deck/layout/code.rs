//! Code blocks: a label, a gutter, and every line whole.

use crate::deck::attributes::Highlight;
use crate::deck::code::CodeBlock;
use crate::deck::looks::Looks;
use crate::deck::style::{Line, Role, Span};
use crate::deck::{text, texts};

/// The lines of `block`, with `colours` when they are ready and belong to this code. Lines that do not
/// belong to `highlight` step back. `looks` says how much air there is round it.
pub(super) fn lines(
    block: &CodeBlock,
    colours: Option<&[Vec<Span>]>,
    highlight: Option<&Highlight>,
    looks: &Looks,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let (beside, between) = looks.code_padding;
    let beside = " ".repeat(beside.unwrap_or(0).into());
    let blank = || Line {
        spans: vec![frame("│")],
    };
    let between = usize::from(between.unwrap_or(0));
    let is_numbered = block.line_numbers || looks.code_numbers == Some(true);
    if let Some(language) = &block.language {
        let language = text::clean(language);
        let label = match block.live {
            Some(_) => format!("╭─ {language} · {}", texts::shown_live()),
            None if block.is_edited => format!("╭─ {language} · {}", texts::shown_edited()),
            None => format!("╭─ {language}"),
        };
        lines.push(Line {
            spans: vec![frame(&label)],
        });
    }
    lines.extend((0..between).map(|_| blank()));
    let count = block.shown.lines().count();
    let digits = count.to_string().len();
    let colours = colours.filter(|rows| rows.len() == count);
    for (at, line) in block.shown.lines().enumerate() {
        let number = match is_numbered {
            true => format!("{:>digits$} ", at + 1),
            false => String::new(),
        };
        let mut spans = vec![frame(&format!("│ {beside}{number}"))];
        let is_dimmed = highlight.is_some_and(|ranges| {
            !ranges.is_empty() && !ranges.iter().any(|range| range.contains(&(at + 1)))
        });
        match colours.filter(|_| !is_dimmed) {
            Some(rows) => spans.extend_from_slice(&rows[at]),
            None => {
                let span = Span {
                    text: line.to_owned(),
                    role: if is_dimmed { Role::Dimmed } else { Role::Code },
                    link: None,
                };
                spans.extend(text::clean_code(vec![span]));
            }
        }
        lines.push(Line { spans });
    }
    lines.extend((0..between).map(|_| blank()));
    lines
}

fn frame(text: &str) -> Span {
    Span {
        text: text.to_owned(),
        role: Role::CodeFrame,
        link: None,
    }
}
