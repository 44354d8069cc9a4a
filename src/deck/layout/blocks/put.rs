//! Lines behind the prefixes of what they stand in, and the air between blocks.

use super::{Blocks, span};
use crate::deck::command;
use crate::deck::layout::big;
use crate::deck::layout::inline::Rows;
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// Something that holds other blocks.
pub(super) struct Container {
    pub(super) kind: Kind,
    /// What the next line begins with, when that differs from the others: an item's marker.
    pub(super) first: Option<Span>,
    /// What every other line begins with.
    pub(super) rest: Span,
    /// Whether it holds a line already.
    pub(super) filled: bool,
    /// What this container and those around it come to: columns of prefixes, lists, quotes.
    pub(super) indent: usize,
    pub(super) lists: usize,
    pub(super) quotes: usize,
}

#[derive(PartialEq, Eq)]
pub(super) enum Kind {
    Quote,
    /// A list, with the number of its next item when it counts.
    List(Option<u64>),
    Item,
    Footnote,
}

impl Blocks<'_> {
    /// Opens a container, without a prefix where it would leave less than half of the width.
    pub(super) fn open(&mut self, kind: Kind, first: Option<&str>, role: Role, rest: &str) {
        let outer = self.containers.last();
        let (indent, lists, quotes) = outer.map_or((0, 0, 0), |c| (c.indent, c.lists, c.quotes));
        let fits = indent + text::width(rest) <= self.width / 2;
        let (first, rest) = if fits { (first, rest) } else { (None, "") };
        self.containers.push(Container {
            first: first.map(|first| span(first, role)),
            rest: span(rest, role),
            filled: false,
            indent: indent + text::width(rest),
            lists: lists + usize::from(matches!(kind, Kind::List(_))),
            quotes: quotes + usize::from(kind == Kind::Quote),
            kind,
        });
    }

    /// The columns between the prefixes and the right edge.
    pub(super) fn columns(&self) -> usize {
        self.width - self.containers.last().map_or(0, |container| container.indent)
    }

    /// Begins a block: air above it unless its container is still empty, and a piece of its own when
    /// it stands on the slide itself.
    pub(super) fn separate(&mut self) {
        match self.containers.last() {
            Some(container) if container.filled => self.gap(),
            Some(_) => {}
            None => {
                self.flush();
                let least = u16::from(!self.finished().is_empty());
                self.piece.gap = self.piece.gap.max(least);
            }
        }
    }

    pub(super) fn gap(&mut self) {
        self.gap_of(1);
    }

    /// So many blank lines.
    pub(super) fn gap_of(&mut self, lines: u16) {
        match self.piece.lines.is_empty() {
            true => self.piece.gap = self.piece.gap.max(lines),
            false => (0..lines).for_each(|_| self.put(Line::default())),
        }
    }

    pub(super) fn put_rows(&mut self, rows: &Rows) {
        let columns = self.columns();
        if self.is_big && rows.iter().any(|row| !row.is_empty()) {
            self.is_big = false;
            if let Some(lines) = big::lines(rows, columns, self.options.rows) {
                lines.into_iter().for_each(|line| self.put(line));
                return;
            }
        }
        for row in rows {
            for line in text::wrap_prose(row, columns) {
                self.put(line);
            }
        }
    }

    /// Adds a line behind the prefixes of all containers.
    pub(super) fn put(&mut self, line: Line) {
        let mut spans = Vec::new();
        for container in &mut self.containers {
            let blank = line.spans.is_empty();
            let prefix = container
                .first
                .take_if(|_| !blank)
                .unwrap_or_else(|| container.rest.clone());
            container.filled |= !blank;
            if !prefix.text.is_empty() {
                spans.push(prefix);
            }
        }
        spans.extend(line.spans);
        self.piece.clipped |= text::spans_width(&spans) > self.width;
        self.piece.lines.push(Line { spans });
    }

    pub(super) fn flush(&mut self) {
        let piece = &mut self.piece;
        if piece.lines.is_empty() {
            piece.pinned = false;
            return;
        }
        piece.step = self.step;
        let alignment = self.alignment;
        let width = self.width;
        if piece.code.is_none() && alignment != command::Alignment::Left {
            piece
                .lines
                .iter_mut()
                .for_each(|line| align(line, alignment, width));
        }
        if piece.step > self.options.step.unwrap_or(usize::MAX) {
            piece.lines.iter_mut().for_each(|line| line.spans.clear());
            piece.code = None;
            piece.spots.clear();
            piece.flows.clear();
            piece.marks.clear();
        }
        let piece = std::mem::take(piece);
        self.finished().push(piece);
    }
}

fn align(line: &mut Line, alignment: command::Alignment, width: usize) {
    let free = width.saturating_sub(text::spans_width(&line.spans));
    let left = match alignment {
        command::Alignment::Left => 0,
        command::Alignment::Center => free / 2,
        command::Alignment::Right => free,
    };
    if left > 0 && !line.spans.is_empty() {
        line.spans.insert(0, span(&" ".repeat(left), Role::Text));
    }
}
