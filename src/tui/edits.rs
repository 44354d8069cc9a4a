//! Code blocks that the speaker has changed on the stage: the editor, and what stood there before. The deck's file is
//! never written; whether a deck may run code holds for what was changed as for the rest.

use std::collections::HashMap;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear};

use super::jobs::BlockId;
use super::texts;
use super::theme::Theme;
use super::widgets::field::Field;
use crate::deck::CodeBlock;

/// Blanks that a tabulator is written as in the editor.
const TAB: &str = "    ";
/// Rows that the editor has at least; on a lower screen the slide's heading gives way to it.
const ROWS_MIN: u16 = 10;

/// The blocks that were changed, as they stand in the deck.
#[derive(Default)]
pub struct Edits(HashMap<BlockId, CodeBlock>);

impl Edits {
    /// Notes how a block was before it was changed; only the first time counts.
    pub fn note(&mut self, id: BlockId, block: &CodeBlock) {
        self.0.entry(id).or_insert_with(|| block.clone());
    }

    /// The block as it stands in the deck, to take the place of the changed one.
    pub fn revert(&mut self, id: BlockId) -> Option<CodeBlock> {
        self.0.remove(&id)
    }

    /// The same, to be looked at.
    pub fn original(&self, id: BlockId) -> Option<&CodeBlock> {
        self.0.get(&id)
    }

    /// The deck was read anew: what was changed stays so where the deck still has the same there. `moved` says where a
    /// block went, and `block` what is there now. Returns the blocks that are to be changed again.
    pub fn follow<'a>(
        &mut self,
        moved: impl Fn(BlockId) -> Option<BlockId>,
        block: impl Fn(BlockId) -> Option<&'a CodeBlock>,
    ) -> Vec<(BlockId, BlockId)> {
        let mut kept = Vec::new();
        for (id, original) in std::mem::take(&mut self.0) {
            let same = moved(id).filter(|to| {
                block(*to).is_some_and(|now| (&now.info, &now.source) == (&original.info, &original.source))
            });
            if let Some(to) = same {
                self.0.insert(to, original);
                kept.push((id, to));
            }
        }
        kept
    }
}

/// A block that is being changed.
pub struct Editor {
    /// Which.
    pub id: BlockId,
    field: Field,
    /// The text as the editor began with it.
    before: String,
    /// As the deck has it.
    original: String,
    has_tabs: bool,
}

/// What became of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Edited {
    /// Still being written.
    Open,
    /// Done: the text, where it was changed, and whether it is to be run.
    Done(Option<String>, bool),
}

impl Editor {
    /// An editor of a block that stands in the deck like `original`.
    pub fn new(id: BlockId, block: &CodeBlock, original: &CodeBlock) -> Editor {
        let mut field = Field::text(block.source.trim_end_matches('\n'));
        field.move_to_top();
        Editor {
            id,
            before: field.content(),
            original: original.source.trim_end_matches('\n').to_owned(),
            has_tabs: original.source.lines().any(is_tabbed),
            field,
        }
    }

    /// Takes a key.
    pub fn on_key(&mut self, key: KeyEvent) -> Edited {
        let control = key.modifiers == KeyModifiers::CONTROL;
        match key.code {
            KeyCode::Esc => return Edited::Done(self.changed(), false),
            KeyCode::Char('e') if control => return Edited::Done(self.changed(), true),
            KeyCode::Char('c') if control => return Edited::Done(None, false),
            KeyCode::Char('r') if control => self.field.set(&self.original),
            KeyCode::Tab => self.field.on_paste(TAB),
            _ => drop(self.field.on_key(key)),
        }
        Edited::Open
    }

    /// Pasted text.
    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
    }

    fn changed(&self) -> Option<String> {
        let text = self.field.content();
        if text == self.before {
            return None;
        }
        let lines = text.lines().map(|line| match self.has_tabs {
            true => tabbed(line),
            false => line.to_owned(),
        });
        Some(lines.map(|line| line + "\n").collect())
    }

    /// Draws the editor over the slide's body, which begins at the row `body`, where there is room for it.
    pub fn draw(&mut self, frame: &mut Frame<'_>, (slide, body): (Rect, u16), theme: &Theme) {
        let top = body.saturating_sub(1).clamp(slide.y, slide.bottom());
        let y = match slide.bottom() - top >= ROWS_MIN {
            true => top,
            false => slide.y,
        };
        let area = Rect {
            y,
            height: slide.bottom() - y,
            ..slide
        };
        let block = Block::bordered()
            .border_style(theme.border_focused)
            .title_style(theme.title)
            .title(texts::edit_title())
            .title_bottom(texts::edit_keys());
        let inner = block.inner(area);
        frame.render_widget(Clear, area);
        frame.buffer_mut().set_style(area, theme.page);
        frame.render_widget(block, area);
        self.field.draw(frame, inner, theme, true);
    }
}

/// Whether a line is indented by a tabulator, behind the mark of a hidden line, too.
fn is_tabbed(line: &str) -> bool {
    line.strip_prefix("///").unwrap_or(line).starts_with('\t')
}

/// The blanks that a line begins with as tabulators.
fn tabbed(line: &str) -> String {
    let (mark, code) = match line.strip_prefix("///") {
        Some(code) => ("///", code),
        None => ("", line),
    };
    let mut rest = code;
    let mut tabs = 0;
    while let Some(shorter) = rest.strip_prefix(TAB) {
        (rest, tabs) = (shorter, tabs + 1);
    }
    format!("{mark}{}{rest}", "\t".repeat(tabs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::Deck;

    const ID: BlockId = BlockId { slide: 0, block: 0 };

    fn typed(source: &str, keys: &str) -> Editor {
        let deck = Deck::parse(source);
        let block = &deck.slides[0].code[0];
        let mut editor = Editor::new(ID, block, block);
        for letter in keys.chars() {
            editor.on_key(KeyEvent::from(KeyCode::Char(letter)));
        }
        editor
    }

    #[test]
    fn what_was_not_changed_stays_as_it_is() {
        let mut editor = typed("```go\n\tx()\n```", "");
        assert_eq!(
            editor.on_key(KeyEvent::from(KeyCode::Esc)),
            Edited::Done(None, false)
        );
    }

    #[test]
    fn indentation_and_hidden_lines_are_kept() {
        let mut editor = typed("```go\n///import x\nif a {\n\t\tb()\n}\n```", "///y\n");
        editor.on_key(KeyEvent::from(KeyCode::Enter));
        let run = KeyEvent::new(KeyCode::Char('e'), KeyModifiers::CONTROL);
        let Edited::Done(Some(text), true) = editor.on_key(run) else {
            panic!("not changed");
        };
        assert_eq!(text, "///y\n///import x\nif a {\n\t\tb()\n}\n");
    }

    #[test]
    fn a_deck_that_is_read_anew_keeps_what_was_changed_where_it_is_still_the_same() {
        let old = Deck::parse("```sh\na\n```\n\n```sh\nb\n```\n");
        let new = Deck::parse("# Ny\n---\n```sh\na\n```\n\n```sh\nannet\n```\n");
        let mut edits = Edits::default();
        for block in 0..2 {
            let id = BlockId { slide: 0, block };
            edits.note(id, &old.slides[0].code[block]);
        }
        let moved = |id: BlockId| Some(BlockId { slide: 1, ..id });
        let block = |id: BlockId| new.slides.get(id.slide)?.code.get(id.block);
        let there = BlockId { slide: 1, block: 0 };
        assert_eq!(edits.follow(moved, block), [(ID, there)]);
        assert!(edits.revert(there).is_some() && edits.revert(BlockId { slide: 1, block: 1 }).is_none());
    }
}
