//! Code blocks: a label, a gutter, and every line whole.

use crate::deck::code::CodeBlock;
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// The lines of `block`, with `colours` when they are ready and belong to this code.
pub(super) fn lines(block: &CodeBlock, colours: Option<&[Vec<Span>]>) -> Vec<Line> {
    let mut lines = Vec::new();
    if let Some(language) = &block.language {
        lines.push(Line {
            spans: vec![frame(&format!("╭─ {}", text::clean(language)))],
        });
    }
    let colours = colours.filter(|rows| rows.len() == block.shown.lines().count());
    for (at, line) in block.shown.lines().enumerate() {
        let mut spans = vec![frame("│ ")];
        match colours {
            Some(rows) => spans.extend_from_slice(&rows[at]),
            None => {
                let span = Span {
                    text: line.to_owned(),
                    role: Role::Code,
                    link: None,
                };
                spans.extend(text::clean_code(vec![span]));
            }
        }
        lines.push(Line { spans });
    }
    lines
}

fn frame(text: &str) -> Span {
    Span {
        text: text.to_owned(),
        role: Role::CodeFrame,
        link: None,
    }
}
