//! The slide as rows: its heading, which stays, and its body, which scrolls.

use std::rc::Rc;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::{Laid, SHIFT_CELLS, SlideView};
use crate::deck::{self, Auto, Fill, LayoutOptions, Pattern, Piece, Spot};
use crate::tui::jobs::{BlockId, Jobs};
use crate::tui::living::Living;
use crate::tui::pictures::Pictures;
use crate::tui::theme::Theme;
use crate::tui::{output, rows};

/// Text wider than this tires the eye; the slide is set in the middle instead.
const TEXT_CELLS_MAX: u16 = 120;
/// Cells left and right of the text; the left ones hold the mark of a block.
const MARGIN_CELLS: u16 = 2;
/// Rows that a job's output gets even where the slide leaves none.
const OUTPUT_ROWS_MIN: usize = 6;
/// Rows that a job's output gets on paper.
const OUTPUT_ROWS_ON_PAPER: usize = 60;
/// Rows from which on there is room for blank ones round the heading.
pub const HEIGHT_WITH_GAPS_MIN: u16 = 11;
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

/// One row of the body.
struct Row {
    line: Line<'static>,
    /// Marks of blocks, each before the cell that it belongs to.
    marks: Vec<(u16, Span<'static>)>,
    clipped: bool,
    /// Cells from, cells wide, and where to.
    links: Vec<(usize, usize, String)>,
    fills: Vec<Filling>,
}

impl SlideView {
    /// Draws the slide into `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, contents: &Contents<'_>, theme: &Theme) {
        self.links.clear();
        let area = text_area(area, if self.is_paper { u16::MAX } else { TEXT_CELLS_MAX });
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
        let (head, below) = split(area, rows.min(area.height));
        frame.render_widget(Paragraph::new(pinned), head);
        self.draw_body(frame, below, contents, theme);
        if let Some(pattern) = &self.hits {
            mark_hits(frame.buffer_mut(), area, pattern, theme);
        }
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
            source: self.shows_source,
            pictures: contents.pictures.map_or(&[], Pictures::sizes),
            rows: Some(height.saturating_sub(ROWS_BESIDE_PICTURE).max(1)),
        };
        self.laid = Some(Laid {
            page: self.page,
            step: self.step,
            width,
            height,
            pieces: deck::layout(self.slide(), width, &options),
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
        let widest = body
            .iter()
            .filter(|row| row.clipped)
            .map(|row| row.line.width())
            .max();
        let shift_most = widest.unwrap_or(0).saturating_sub(usize::from(area.width));
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
        if !row.clipped {
            self.note_links(&row.links, area);
        }
        let shift = if row.clipped { self.shift } else { 0 };
        let line = match shift {
            0 => row.line,
            shift => rows::scrolled(row.line, shift),
        };
        let is_cut = line.width() > usize::from(area.width);
        frame.render_widget(line, area);
        for filling in &row.fills {
            filling.draw(frame, area);
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

    fn note_links(&self, links: &[(usize, usize, String)], area: Rect) {
        for (from, wide, address) in links {
            let at = Rect {
                x: area.x.saturating_add(u16::try_from(*from).unwrap_or(u16::MAX)),
                width: u16::try_from(*wide).unwrap_or(u16::MAX),
                ..area
            };
            self.links.note(at.intersection(area), address);
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
        let body = || pieces.iter().filter(|piece| !piece.pinned);
        let fixed: usize = body()
            .map(|piece| piece.lines.len() + usize::from(piece.gap))
            .sum();
        let outputs = body()
            .filter(|piece| self.shown_job(piece, contents).is_some())
            .count();
        let share = match self.is_paper {
            true => OUTPUT_ROWS_ON_PAPER,
            false => (height.saturating_sub(fixed) / outputs.max(1)).max(OUTPUT_ROWS_MIN),
        };
        let mut out: Vec<Row> = Vec::with_capacity(fixed);
        let mut follow_end = None;
        for (nth, piece) in body().enumerate() {
            if piece.middle {
                let rest: usize = body()
                    .skip(nth)
                    .map(|piece| piece.lines.len() + usize::from(piece.gap))
                    .sum();
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
            let lines: &[deck::Line] = match self.is_replaced(piece, contents) {
                true => &[],
                false => &piece.lines,
            };
            out.extend(lines.iter().enumerate().map(|(index, line)| Row {
                line: rows::styled(line, theme),
                marks: self.marks_of(piece, index, theme),
                clipped: piece.clipped,
                links: links_of(line),
                fills: Vec::new(),
            }));
            let first = out.len() - lines.len();
            for spot in piece.spots.iter().filter(|_| !lines.is_empty()) {
                fill(&mut out[first..], spot, contents, theme);
            }
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

impl Row {
    fn plain(line: Line<'static>) -> Row {
        Row {
            line,
            marks: Vec::new(),
            clipped: false,
            links: Vec::new(),
            fills: Vec::new(),
        }
    }
}

/// A row of what somebody else has drawn.
struct Filling {
    /// The picture that these cells are part of.
    picture: Option<String>,
    left: u16,
    row: u16,
    cells: Rc<Buffer>,
}

impl Filling {
    fn draw(&self, frame: &mut Frame<'_>, area: Rect) {
        let screen = frame.buffer_mut();
        for column in 0..self.cells.area.width {
            let at = (area.x + self.left + column, area.y);
            if at.0 >= area.right() {
                return;
            }
            if let (Some(to), Some(from)) = (screen.cell_mut(at), self.cells.cell((column, self.row))) {
                *to = from.clone();
            }
        }
    }
}

/// Has a spot of the piece with these rows filled.
fn fill(rows: &mut [Row], spot: &Spot, contents: &Contents<'_>, theme: &Theme) {
    let size = (cells(spot.columns), cells(spot.rows));
    let drawn = match &spot.fill {
        Fill::Live(block) => contents
            .living
            .and_then(|living| living.picture(*block, size, theme)),
        Fill::Picture(path) => contents.pictures.and_then(|pictures| pictures.draw(path, size)),
    };
    let Some(drawn) = drawn.map(Rc::new) else { return };
    for (row, nth) in rows.iter_mut().skip(spot.line).zip(0..size.1) {
        row.fills.push(Filling {
            left: cells(spot.left),
            row: nth,
            cells: Rc::clone(&drawn),
            picture: match &spot.fill {
                Fill::Picture(path) => Some(path.clone()),
                Fill::Live(_) => None,
            },
        });
    }
}

/// Has pictures that are seen whole shown in full, where the terminal can.
fn note_pictures(rows: &[Row], area: Rect, contents: &Contents<'_>) {
    let Some(pictures) = contents.pictures else { return };
    for (row, y) in rows.iter().zip(area.y..) {
        for filling in row.fills.iter().filter(|filling| filling.row == 0) {
            let place = Rect {
                x: area.x + filling.left,
                y,
                width: filling.cells.area.width,
                height: filling.cells.area.height,
            };
            if let Some(path) = filling
                .picture
                .as_ref()
                .filter(|_| place.intersection(area) == place)
            {
                pictures.note(path, place);
            }
        }
    }
}

fn cells(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Lets what the pattern finds on each row stand out.
fn mark_hits(cells: &mut Buffer, area: Rect, pattern: &Pattern, theme: &Theme) {
    for y in area.top()..area.bottom() {
        let mut text = String::new();
        // The byte of the text that each cell begins with.
        let mut starts = Vec::new();
        for x in area.left()..area.right() {
            starts.push(text.len());
            text.push_str(cells[(x, y)].symbol());
        }
        for place in pattern.places(text.trim_end()) {
            let found = starts
                .iter()
                .zip(area.left()..)
                .filter(|(start, _)| place.contains(start));
            for (_, x) in found {
                cells[(x, y)].set_style(theme.selected);
            }
        }
    }
}

/// Lets one row stand out and the others step back.
fn shine(frame: &mut Frame<'_>, area: Rect, row: usize, theme: &Theme) {
    let lit = area.y.saturating_add(cells(row));
    for y in area.top()..area.bottom() {
        let line = Rect { y, height: 1, ..area };
        let style = match y == lit {
            true => Style::new()
                .add_modifier(Modifier::BOLD)
                .remove_modifier(Modifier::DIM),
            false => Style::new().add_modifier(Modifier::DIM),
        };
        frame.buffer_mut().set_style(line, style);
    }
    let mark = Rect {
        x: area.x.saturating_sub(MARGIN_CELLS),
        y: lit,
        width: 1,
        height: 1,
    };
    frame.render_widget(Span::styled("➤", theme.bad), mark.intersection(frame.area()));
}

/// Where the links of a line stand.
fn links_of(line: &deck::Line) -> Vec<(usize, usize, String)> {
    let mut from = 0;
    let mut links = Vec::new();
    for span in &line.spans {
        let wide = span.width();
        if let Some(address) = &span.link {
            links.push((from, wide, address.clone()));
        }
        from += wide;
    }
    links
}

/// The part of `area` for text: margins at the sides, a blank row above where there is room.
fn text_area(area: Rect, measure: u16) -> Rect {
    let width = area.width.saturating_sub(2 * MARGIN_CELLS).min(measure);
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

/// Says in the right margin that the slide goes on above or below.
fn mark_more(frame: &mut Frame<'_>, area: Rect, (above, below): (bool, bool), theme: &Theme) {
    let mut put = |text: &'static str, y: u16| {
        let at = Rect {
            x: area.right() + 1,
            y,
            width: 1,
            height: 1,
        };
        frame.render_widget(Span::styled(text, theme.accent), at.intersection(frame.area()));
    };
    if above && !area.is_empty() {
        put("▲", area.y);
    }
    if below && !area.is_empty() {
        put("▼", area.bottom() - 1);
    }
}
