//! What presenterm's comments ask for.

use super::Blocks;
use crate::deck::command::Command;
use crate::deck::layout::Piece;
use crate::deck::layout::columns::Columns;

impl Blocks<'_> {
    pub(super) fn obey(&mut self, command: Command) {
        match command {
            Command::Pause => self.pause(),
            Command::NewLines(count) => {
                self.flush();
                self.piece.gap += count;
            }
            Command::JumpToMiddle => {
                self.flush();
                self.piece.middle = true;
            }
            Command::ColumnLayout(shares) => {
                self.end_columns();
                self.columns = Some(Columns::new(&shares, self.slide_width));
            }
            Command::Column(number) => self.go_to_column(number),
            Command::ResetLayout => self.end_columns(),
            Command::IncrementalLists(on) => self.incremental_lists = on,
            Command::ListItemNewlines(lines) => self.item_newlines = lines,
            Command::FontSize(size) => self.is_big = size > 1,
            Command::Alignment(alignment) => {
                self.flush();
                self.alignment = alignment;
            }
            Command::SnippetOutput(name) => self.output_of(&name),
            // These were obeyed when the deck was read.
            Command::EndSlide
            | Command::SkipSlide
            | Command::NoFooter
            | Command::SpeakerNote(_)
            | Command::Include(_) => {}
        }
    }

    /// A place for what a block writes.
    fn output_of(&mut self, name: &str) {
        self.flush();
        let code = &self.slide.code;
        let block = code.iter().position(|block| block.id.as_deref() == Some(name));
        if block.is_some() && self.step <= self.shown_step() {
            let place = Piece {
                gap: 1,
                code: block,
                ..Piece::default()
            };
            self.finished().push(place);
        }
    }

    /// What follows is a step later.
    pub(super) fn pause(&mut self) {
        self.flush();
        self.step += 1;
    }

    /// The step to show.
    pub(super) fn shown_step(&self) -> usize {
        self.options.step.unwrap_or(usize::MAX)
    }

    fn go_to_column(&mut self, number: usize) {
        self.flush();
        if let Some(columns) = &mut self.columns {
            columns.go_to(number);
            self.width = columns.width().unwrap_or(self.slide_width);
        }
    }

    pub(super) fn end_columns(&mut self) {
        self.flush();
        self.width = self.slide_width;
        if let Some(columns) = self.columns.take() {
            self.pieces.extend(columns.merge(self.slide_width));
        }
    }
}
