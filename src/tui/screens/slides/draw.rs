//! The slide as rows: its heading, which stays, and its body, which scrolls.

use std::time::Instant;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::marks::{mark_hits, mark_more, shine};
use super::row::{Row, RowText, fill, note_pictures};
use super::{Laid, SHIFT_CELLS, SlideView};
use crate::deck::{self, Auto, Fill, LayoutOptions, Piece, Spot};
use crate::tui::jobs::{BlockId, Jobs};
use crate::tui::living::Living;
use crate::tui::pictures::Pictures;
use crate::tui::theme::Theme;
use crate::tui::{ansi, output, rows};

/// Text wider than this tires the eye; the slide is set in the middle instead.
const TEXT_CELLS_MAX: u16 = 120;
/// Cells left and right of the text; the left ones hold the mark of a block.
pub const MARGIN_CELLS: u16 = 2;
/// Rows that a job's output gets even where the slide leaves none.
const OUTPUT_ROWS_MIN: usize = 6;
/// Rows that a job's output gets on paper.
const OUTPUT_ROWS_ON_PAPER: usize = 60;
/// Rows from which on there is room for blank ones round the heading.
pub const HEIGHT_WITH_GAPS_MIN: u16 = 11;
/// Of the rows beyond those of a small screen, the part that stays free above the heading.
const AIR_PART: u16 = 6;
/// Rows of a small screen.
const SMALL_ROWS: u16 = 24;
/// Where a drawing has the slide to itself, the part of what is left of it that is above.
const ABOVE_DRAWING_PART: usize = 3;
/// Rows for a heading and the air below it, which a picture leaves.
const ROWS_BESIDE_PICTURE: u16 = 2;

/// What others put into a slide.
#[derive(Default)]
pub struct Contents<'a> {
    /// The output of code blocks.
    pub jobs: Option<&'a Jobs>,
    /// The blocks that live.
    pub living: Option<&'a Living>,
    /// The pictures.
    pub pictures: Option<&'a Pictures>,
}

impl SlideView {
    /// Draws the slide into `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, contents: &Contents<'_>, theme: &Theme) {
        self.links.clear();
        let margin = match self.deck.front.looks.margin {
            Some(margin) if !self.is_paper => margin.cells(area.width),
            _ => 0,
        };
        let area = text_area(
            area,
            margin,
            if self.is_paper { u16::MAX } else { TEXT_CELLS_MAX },
        );
        if area.is_empty() {
            return;
        }
        self.lay_out(area, contents);
        let pinned = self.pinned_lines(theme);
        let gap = if pinned.is_empty() || area.height < HEIGHT_WITH_GAPS_MIN {
            0
        } else {
            self.first_gap()
        };
        let rows = u16::try_from(pinned.len())
            .unwrap_or(u16::MAX)
            .saturating_add(gap);
        let (_, area) = split(area, self.air(area.height, rows));
        let (head, below) = split(area, rows.min(area.height));
        frame.render_widget(Paragraph::new(pinned), head);
        self.draw_body(frame, below, contents, theme);
        if let Some(pattern) = &self.hits {
            mark_hits(frame.buffer_mut(), area, pattern, theme);
        }
    }

    /// Rows to leave free above the heading: on a tall screen some, and always as many, so that headings stand still
    /// from slide to slide; but none that the slide needs.
    fn air(&self, height: u16, head_rows: u16) -> u16 {
        let pieces = self.pieces();
        if self.is_paper || pieces.iter().any(|piece| piece.middle) {
            return 0;
        }
        // The gap above the first piece of the body is one of the head's rows.
        let body = fixed_rows(pieces.iter().filter(|piece| !piece.pinned));
        let rows = cells(body).saturating_sub(self.first_gap());
        let spare = height.saturating_sub(head_rows.saturating_add(rows));
        (height.saturating_sub(SMALL_ROWS) / AIR_PART).min(spare)
    }

    fn lay_out(&mut self, area: Rect, contents: &Contents<'_>) {
        let (width, height) = (area.width, area.height);
        let is_current = |laid: &Laid| {
            (laid.page, laid.step, laid.width, laid.height) == (self.page, self.step, width, height)
        };
        if self.laid.as_ref().is_some_and(is_current) {
            return;
        }
        let options = LayoutOptions {
            highlights: &self.colours[self.page],
            step: Some(self.step),
            live: !self.is_still,
            polls: self.has_polls,
            source: self.shows_source,
            pictures: contents.pictures.map_or(&[], Pictures::sizes),
            rows: Some(height.saturating_sub(ROWS_BESIDE_PICTURE).max(1)),
            looks: Some(&self.deck.front.looks),
        };
        let pieces = deck::layout(self.slide(), width, &options);
        let clipped = pieces.iter().filter(|piece| piece.clipped && !piece.pinned);
        let widest = clipped
            .flat_map(|piece| &piece.lines)
            .map(deck::Line::width)
            .max();
        self.laid = Some(Laid {
            page: self.page,
            step: self.step,
            width,
            height,
            pieces,
            widest: widest.unwrap_or(0),
        });
    }

    /// The gap between the heading and the rest. It stays when the rest scrolls.
    fn first_gap(&self) -> u16 {
        let first = self.pieces().iter().find(|piece| !piece.pinned);
        first.map_or(0, |piece| piece.gap)
    }

    fn pinned_lines(&self, theme: &Theme) -> Vec<Line<'static>> {
        let pinned = self.pieces().iter().filter(|piece| piece.pinned);
        pinned
            .flat_map(|piece| piece.lines.iter().map(|line| rows::styled(line, theme)))
            .collect()
    }

    fn draw_body(&mut self, frame: &mut Frame<'_>, area: Rect, contents: &Contents<'_>, theme: &Theme) {
        let height = usize::from(area.height);
        let (body, follow_end) = self.body_rows(usize::from(area.width), height, contents, theme);
        let most = body.len().saturating_sub(height);
        if let Some(end) = follow_end {
            self.scroll = self.scroll.max(end.saturating_sub(height));
        }
        self.scroll = self.scroll.min(most);
        self.body = (body.len(), height);
        self.body_at = area.y;
        let widest = self.laid.as_ref().map_or(0, |laid| laid.widest);
        let shift_most = widest.saturating_sub(usize::from(area.width));
        self.shift = self.shift.min(shift_most.next_multiple_of(SHIFT_CELLS));

        let visible: Vec<Row> = body.into_iter().skip(self.scroll).take(height).collect();
        note_pictures(&visible, area, contents);
        for (row, y) in visible.into_iter().zip(area.y..) {
            self.draw_row(frame, row, Rect { y, height: 1, ..area }, theme);
        }
        mark_more(frame, area, (self.scroll > 0, self.scroll < most), theme);
        if let Some(row) = self.laser {
            shine(frame, area, row, theme);
        }
    }

    fn draw_row(&self, frame: &mut Frame<'_>, row: Row, area: Rect, theme: &Theme) {
        let line = match row.text {
            RowText::Ready(line) => line,
            RowText::OfPiece(piece, line) => {
                let line = self.pieces().get(piece).and_then(|piece| piece.lines.get(line));
                if let Some(line) = line.filter(|_| !row.clipped) {
                    self.note_links(line, area);
                }
                line.map(|line| rows::styled(line, theme)).unwrap_or_default()
            }
        };
        let shift = if row.clipped { self.shift } else { 0 };
        let line = match shift {
            0 => line,
            shift => rows::scrolled(line, shift),
        };
        let is_cut = line.width() > usize::from(area.width);
        frame.render_widget(line, area);
        for filling in &row.fills {
            filling.draw(frame, area);
        }
        for (column, style) in row.dots {
            let at = (area.x.saturating_add(column), area.y);
            if at.0 < area.right()
                && shift == 0
                && let Some(cell) = frame.buffer_mut().cell_mut(at)
            {
                cell.set_symbol("●").set_style(style);
            }
        }
        for (left, mark) in row.marks {
            let at = Rect {
                x: area.x - MARGIN_CELLS + left,
                width: MARGIN_CELLS,
                ..area
            };
            frame.render_widget(Line::from(mark), at.intersection(frame.area()));
        }
        if is_cut {
            let at = Rect {
                x: area.right() - 1,
                width: 1,
                ..area
            };
            frame.render_widget(Span::styled("›", theme.accent), at);
        }
    }

    fn note_links(&self, line: &deck::Line, area: Rect) {
        if line.spans.iter().all(|span| span.link.is_none()) {
            return;
        }
        let mut from = 0;
        for span in &line.spans {
            let wide = span.width();
            if let Some(address) = &span.link {
                let at = Rect {
                    x: area.x.saturating_add(cells(from)),
                    width: cells(wide),
                    ..area
                };
                self.links.note(at.intersection(area), address);
            }
            from += wide;
        }
    }

    /// The rows below the heading, and where the followed output ends.
    fn body_rows(
        &self,
        width: usize,
        height: usize,
        contents: &Contents<'_>,
        theme: &Theme,
    ) -> (Vec<Row>, Option<usize>) {
        let pieces = self.pieces();
        let places = pieces.iter().enumerate().filter(|(_, piece)| !piece.pinned);
        let body = || pieces.iter().filter(|piece| !piece.pinned);
        let fixed = fixed_rows(body());
        let outputs = body()
            .filter(|piece| self.shown_job(piece, contents).is_some())
            .count();
        let share = match self.is_paper {
            true => OUTPUT_ROWS_ON_PAPER,
            false => (height.saturating_sub(fixed) / outputs.max(1)).max(OUTPUT_ROWS_MIN),
        };
        let mut out: Vec<Row> = Vec::with_capacity(fixed);
        if !self.is_paper && self.is_drawing_alone() {
            let above = height.saturating_sub(fixed) / ABOVE_DRAWING_PART;
            out.extend((0..above).map(|_| Row::plain(Line::default())));
        }
        let mut follow_end = None;
        for (nth, (place, piece)) in places.enumerate() {
            if piece.middle {
                let rest = fixed_rows(body().skip(nth));
                let blank = (height.saturating_sub(rest) / 2).saturating_sub(out.len());
                out.extend((0..blank).map(|_| Row::plain(Line::default())));
            }
            // Above the first piece there is the heading, or nothing.
            let is_nothing = piece.lines.is_empty() && self.shown_job(piece, contents).is_none();
            let gap = if out.is_empty() || is_nothing {
                0
            } else {
                piece.gap
            };
            out.extend((0..gap).map(|_| Row::plain(Line::default())));
            if let Some(picture) = self.kept_picture(piece, contents, theme) {
                out.extend(picture.into_iter().map(Row::plain));
                continue;
            }
            let lines: &[deck::Line] = match self.is_replaced(piece, contents) {
                true => &[],
                false => &piece.lines,
            };
            out.extend((0..lines.len()).map(|index| Row {
                text: RowText::OfPiece(place, index),
                marks: self.marks_of(piece, index, theme),
                clipped: piece.clipped,
                fills: Vec::new(),
                dots: Vec::new(),
            }));
            let first = out.len() - lines.len();
            for spot in piece.spots.iter().filter(|_| !lines.is_empty()) {
                fill(&mut out[first..], spot, contents, theme);
            }
            self.put_dots(&mut out[first..], piece, contents, theme);
            if let Some(job) = self.shown_job(piece, contents) {
                let lines = output::under_block(&job.view(), width, share, theme);
                out.extend(lines.into_iter().map(Row::plain));
            }
            if piece.code.is_some() && piece.code == self.follow {
                follow_end = Some(out.len());
            }
        }
        (out, follow_end)
    }

    /// Messages on their way through the diagram that these rows show.
    fn put_dots(&self, rows: &mut [Row], piece: &Piece, contents: &Contents<'_>, theme: &Theme) {
        let living = contents.living.filter(|_| !piece.flows.is_empty());
        let Some((living, block)) = living.zip(piece.code) else {
            return;
        };
        for ((column, line), style) in living.dots(block, &piece.flows, Instant::now(), theme) {
            if let Some(row) = rows.get_mut(line) {
                row.dots.push((cells(column), style));
            }
        }
    }

    /// Whether a diagram or a picture is all that the slide has below its heading.
    fn is_drawing_alone(&self) -> bool {
        let body = self.pieces().iter().filter(|piece| !piece.pinned);
        let mut body = body.filter(|piece| !piece.lines.is_empty());
        let (Some(piece), None) = (body.next(), body.next()) else {
            return false;
        };
        let block = piece.code.and_then(|code| self.slide().code.get(code));
        let is_picture = |spot: &Spot| matches!(spot.fill, Fill::Picture(_));
        !piece.middle
            && (block.is_some_and(deck::CodeBlock::is_diagram) || piece.spots.iter().any(is_picture))
    }

    fn shown_job<'a>(&self, piece: &Piece, contents: &Contents<'a>) -> Option<&'a crate::runner::Job> {
        // A picture that the block has made says more than its job.
        let is_told = |spot: &Spot| matches!(spot.fill, Fill::Picture(_));
        let is_silent = piece.is_silent || (piece.marks.is_empty() && piece.spots.iter().any(is_told));
        let id = BlockId {
            slide: self.page,
            block: piece.code.filter(|_| !is_silent)?,
        };
        contents
            .jobs?
            .get(id)
            .filter(|entry| !entry.detached)
            .map(|entry| entry.job.as_ref())
    }

    /// How a living block looked when it was last seen, where nothing lives.
    fn kept_picture(
        &self,
        piece: &Piece,
        contents: &Contents<'_>,
        theme: &Theme,
    ) -> Option<Vec<Line<'static>>> {
        let block = self.slide().code.get(piece.code?)?;
        let live = block.live.as_ref().filter(|_| self.is_still && !self.has_polls)?;
        let job = self.shown_job(piece, contents)?;
        let rows = job.view().tail(live.rows.into());
        Some(
            rows.iter()
                .map(|row| ansi::parse(&row.text, theme.text))
                .collect(),
        )
    }

    /// Whether what a block writes stands in its place. A block that is to make a picture only gives way while it
    /// does.
    fn is_replaced(&self, piece: &Piece, contents: &Contents<'_>) -> bool {
        let block = piece.code.and_then(|code| self.slide().code.get(code));
        let Some((block, job)) = block.zip(self.shown_job(piece, contents)) else {
            return false;
        };
        match block.auto {
            Auto::Replace => true,
            Auto::Picture => !block.is_diagram() && job.is_running(),
            Auto::No | Auto::Run => false,
        }
    }

    /// The marks of the blocks that begin on a line of the piece.
    fn marks_of(&self, piece: &Piece, line: usize, theme: &Theme) -> Vec<(u16, Span<'static>)> {
        let alone = piece.code.filter(|_| piece.marks.is_empty() && line == 0);
        let beside = piece.marks.iter().filter(|mark| mark.line == line);
        alone
            .map(|block| (0, block))
            .into_iter()
            .chain(beside.map(|mark| (cells(mark.left), mark.code)))
            .filter_map(|(left, block)| Some((left, self.mark(block, theme)?)))
            .collect()
    }

    fn mark(&self, block: usize, theme: &Theme) -> Option<Span<'static>> {
        if self.is_still {
            None
        } else if self.chosen().is_some_and(|id| id.block == block) {
            Some(Span::styled("▶", theme.accent))
        } else if self.runnable().contains(&block) {
            Some(Span::styled("▷", theme.faint))
        } else {
            None
        }
    }
}

/// The rows of the pieces with the gaps above them.
fn fixed_rows<'a>(pieces: impl Iterator<Item = &'a Piece>) -> usize {
    pieces
        .map(|piece| piece.lines.len() + usize::from(piece.gap))
        .sum()
}

pub(super) fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// The part of `area` for text: margins at the sides, a blank row above where there is room.
fn text_area(area: Rect, margin: u16, measure: u16) -> Rect {
    let margin = margin.max(MARGIN_CELLS);
    let width = area.width.saturating_sub(2 * margin).min(measure);
    let top = u16::from(area.height >= HEIGHT_WITH_GAPS_MIN);
    Rect {
        x: area.x + (area.width.saturating_sub(width)) / 2,
        y: area.y + top,
        width,
        height: area.height - top,
    }
}

fn split(area: Rect, top: u16) -> (Rect, Rect) {
    let head = Rect { height: top, ..area };
    let below = Rect {
        y: area.y + top,
        height: area.height - top,
        ..area
    };
    (head, below)
}
