//! The slide on the screen: which one, how far it is scrolled, which block is chosen, and its rows
//! with the output of jobs under their blocks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::deck::{self, Auto, Deck, LayoutOptions, Piece, Slide};
use crate::runner::{Block, is_runnable};
use crate::tui::jobs::{BlockId, Jobs};
use crate::tui::links::Links;
use crate::tui::stage::Place;
use crate::tui::theme::Theme;
use crate::tui::{output, rows};

/// Text wider than this tires the eye; the slide is set in the middle instead.
const TEXT_CELLS_MAX: u16 = 120;
/// Cells left and right of the text; the left ones hold the mark of a block.
const MARGIN_CELLS: u16 = 2;
/// Rows that a job's output gets even where the slide leaves none.
const OUTPUT_ROWS_MIN: usize = 6;
/// Rows from which on there is room for blank ones round the heading.
const HEIGHT_WITH_GAPS_MIN: u16 = 11;
/// Cells that a step to the side goes.
const SHIFT_CELLS: usize = 8;

/// Colours of one slide's code blocks.
pub type Colours = Vec<Option<Vec<Vec<deck::Span>>>>;

/// The deck and where the talk stands in it.
pub struct SlideView {
    deck: Deck,
    page: usize,
    /// How much of the slide is shown, and the step that shows all of it.
    step: usize,
    steps: usize,
    /// How often the deck was read anew.
    edition: u64,
    /// The chosen block, as an index into the runnable ones.
    chosen: usize,
    scroll: usize,
    shift: usize,
    /// The block whose output is to be kept in view.
    follow: Option<usize>,
    colours: Vec<Colours>,
    laid: Option<Laid>,
    /// Rows of the body and of the room for it, as last drawn.
    body: (usize, usize),
    links: Links,
}

/// The pieces of a slide for a width.
struct Laid {
    page: usize,
    step: usize,
    width: u16,
    pieces: Vec<Piece>,
}

/// One row of the body.
struct Row {
    line: Line<'static>,
    mark: Option<Span<'static>>,
    clipped: bool,
    /// Cells from, cells wide, and where to.
    links: Vec<(usize, usize, String)>,
}

impl SlideView {
    /// The deck at its slide `page`, from 0.
    pub fn new(deck: Deck, page: usize) -> SlideView {
        let page = page.min(deck.slides.len().saturating_sub(1));
        let steps = deck::steps(&deck.slides[page]);
        SlideView {
            step: 0,
            steps,
            edition: 0,
            colours: vec![Colours::new(); deck.slides.len()],
            deck,
            page,
            chosen: 0,
            scroll: 0,
            shift: 0,
            follow: None,
            laid: None,
            body: (0, 0),
            links: Links::default(),
        }
    }

    /// The deck.
    pub fn deck(&self) -> &Deck {
        &self.deck
    }

    /// The slide shown, from 0.
    pub fn page(&self) -> usize {
        self.page
    }

    /// The slide shown.
    pub fn slide(&self) -> &Slide {
        &self.deck.slides[self.page]
    }

    /// Shows the slide `page`, or the last when there are not so many.
    pub fn go_to(&mut self, page: usize) {
        let page = page.min(self.deck.slides.len() - 1);
        if page != self.page {
            self.page = page;
            (self.chosen, self.scroll, self.shift, self.step) = (0, 0, 0, 0);
            self.follow = None;
            self.steps = deck::steps(self.slide());
        }
    }

    /// So many slides on; negative goes back. A single step first shows what the slide still hides, or
    /// hides what was shown last.
    pub fn step(&mut self, by: isize) {
        match by {
            1 if self.step < self.steps => self.step += 1,
            -1 if self.step > 0 => self.step -= 1,
            _ => {
                let before = self.page;
                self.go_to(self.page.saturating_add_signed(by));
                if by == -1 && self.page != before {
                    self.step = self.steps;
                }
            }
        }
    }

    /// Takes a deck that was read anew and stays at the slide shown, or goes to the first one that
    /// changed. Returns where each slide went, none where it is gone.
    pub fn replace(&mut self, deck: Deck, jump: bool) -> Vec<Option<usize>> {
        let old = std::mem::replace(&mut self.deck, deck);
        let new = &self.deck.slides;
        let source = |slides: &[Slide], page: usize| slides.get(page).map(|slide| slide.source.clone());
        let mut moved: Vec<Option<usize>> = (0..old.slides.len())
            .map(|page| {
                let text = source(&old.slides, page);
                match source(new, page) == text {
                    true => Some(page),
                    false => new.iter().position(|slide| Some(&slide.source) == text.as_ref()),
                }
            })
            .collect();
        // The slide that is being written on is still the same one, as long as it has its title.
        let title = old.slides[self.page].title();
        let here = moved[self.page].or_else(|| {
            let named = (0..new.len()).filter(|page| new[*page].title() == title);
            named.min_by_key(|page| page.abs_diff(self.page))
        });
        let here = here.unwrap_or_else(|| self.page.min(new.len() - 1));
        moved[self.page] = Some(here);
        let changed = (0..new.len()).find(|page| source(&old.slides, *page) != source(new, *page));
        self.colours = vec![Colours::new(); new.len()];
        self.edition += 1;
        self.laid = None;
        self.page = here;
        self.steps = deck::steps(self.slide());
        self.step = self.step.min(self.steps);
        if let Some(changed) = changed.filter(|_| jump) {
            self.go_to(changed);
            self.step = self.steps;
        }
        moved
    }

    /// Has links noted where the terminal finds them.
    pub fn set_links(&mut self, links: Links) {
        self.links = links;
    }

    /// Where the talk stands.
    pub fn place(&self) -> Place {
        Place {
            page: self.page,
            step: self.step,
            edition: self.edition,
            elapsed: None,
        }
    }

    /// Shows a slide as far as a step.
    pub fn show_step(&mut self, page: usize, step: usize) {
        self.go_to(page);
        self.step = step.min(self.steps);
    }

    /// Shows all steps of the slide.
    pub fn show_all(&mut self) {
        self.step = self.steps;
    }

    /// Rows of the body and cells of the widest line that the screen had no room for, as last drawn.
    pub fn hidden(&self) -> (usize, usize) {
        let width = self.laid.as_ref().map_or(0, |laid| usize::from(laid.width));
        let lines = self.pieces().iter().flat_map(|piece| &piece.lines);
        let widest = lines.map(deck::Line::width).max().unwrap_or(0);
        (
            self.body.0.saturating_sub(self.body.1),
            widest.saturating_sub(width),
        )
    }

    /// Half a screen down or up.
    pub fn scroll_half(&mut self, down: bool) {
        self.scroll_rows(if down { 1 } else { -1 } * (self.body.1 as isize / 2).max(1));
    }

    /// So many rows down; negative goes up.
    pub fn scroll_rows(&mut self, by: isize) {
        self.follow = None;
        let most = self.body.0.saturating_sub(self.body.1);
        self.scroll = self.scroll.saturating_add_signed(by).min(most);
    }

    /// True while the slide goes on below the screen.
    pub fn has_more(&self) -> bool {
        self.scroll + self.body.1 < self.body.0
    }

    /// To the side, where code is wider than the screen.
    pub fn shift(&mut self, right: bool) {
        self.shift = if right {
            self.shift + SHIFT_CELLS
        } else {
            self.shift.saturating_sub(SHIFT_CELLS)
        };
    }

    /// The slide's blocks that can be run, as indices into its code.
    pub fn runnable(&self) -> Vec<usize> {
        let code = self.slide().code.iter().enumerate();
        code.filter(|(_, block)| !block.is_diagram())
            .filter(|(_, block)| {
                is_runnable(Block {
                    language: block.language.as_deref().unwrap_or_default(),
                    source: &block.run,
                })
            })
            .map(|(index, _)| index)
            .collect()
    }

    /// The chosen block.
    pub fn chosen(&self) -> Option<BlockId> {
        let runnable = self.runnable();
        let block = *runnable.get(self.chosen.min(runnable.len().saturating_sub(1)))?;
        Some(BlockId {
            slide: self.page,
            block,
        })
    }

    /// Moves the choice round the runnable blocks.
    pub fn choose(&mut self, on: bool) {
        let count = self.runnable().len();
        if count > 0 {
            let step = if on { 1 } else { count - 1 };
            self.chosen = (self.chosen + step) % count;
            self.follow = self.chosen().map(|id| id.block);
        }
    }

    /// Keeps a block's output in view until the speaker scrolls.
    pub fn follow(&mut self, block: usize) {
        self.follow = Some(block);
    }

    /// Takes colours that the background has ready.
    pub fn set_colours(&mut self, edition: u64, page: usize, colours: Colours) {
        if edition != self.edition {
            return;
        }
        if let Some(place) = self.colours.get_mut(page) {
            *place = colours;
            self.laid = self.laid.take().filter(|laid| laid.page != page);
        }
    }

    /// Draws the slide into `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, jobs: &Jobs, theme: &Theme) {
        self.links.clear();
        let area = text_area(area);
        if area.is_empty() {
            return;
        }
        self.lay_out(area.width);
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
        self.draw_body(frame, below, jobs, theme);
    }

    fn lay_out(&mut self, width: u16) {
        if self
            .laid
            .as_ref()
            .is_some_and(|laid| (laid.page, laid.step, laid.width) == (self.page, self.step, width))
        {
            return;
        }
        let options = LayoutOptions {
            highlights: &self.colours[self.page],
            step: Some(self.step),
        };
        self.laid = Some(Laid {
            page: self.page,
            step: self.step,
            width,
            pieces: deck::layout(self.slide(), width, &options),
        });
    }

    /// Cells in a line of output under a block, as last drawn.
    pub fn output_cells(&self) -> Option<u16> {
        let laid = self.laid.as_ref()?;
        Some(laid.width.saturating_sub(output::INDENT_CELLS))
    }

    fn pieces(&self) -> &[Piece] {
        self.laid.as_ref().map_or(&[], |laid| &laid.pieces)
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

    fn draw_body(&mut self, frame: &mut Frame<'_>, area: Rect, jobs: &Jobs, theme: &Theme) {
        let height = usize::from(area.height);
        let (body, follow_end) = self.body_rows(usize::from(area.width), height, jobs, theme);
        let most = body.len().saturating_sub(height);
        if let Some(end) = follow_end {
            self.scroll = self.scroll.max(end.saturating_sub(height));
        }
        self.scroll = self.scroll.min(most);
        self.body = (body.len(), height);
        let widest = body
            .iter()
            .filter(|row| row.clipped)
            .map(|row| row.line.width())
            .max();
        let shift_most = widest.unwrap_or(0).saturating_sub(usize::from(area.width));
        self.shift = self.shift.min(shift_most.next_multiple_of(SHIFT_CELLS));

        let visible = body.into_iter().skip(self.scroll).take(height);
        for (row, y) in visible.zip(area.y..) {
            self.draw_row(frame, row, Rect { y, height: 1, ..area }, theme);
        }
        mark_more(frame, area, (self.scroll > 0, self.scroll < most), theme);
    }

    fn draw_row(&self, frame: &mut Frame<'_>, row: Row, area: Rect, theme: &Theme) {
        if let Some(mark) = row.mark {
            let at = Rect {
                x: area.x - MARGIN_CELLS,
                width: MARGIN_CELLS,
                ..area
            };
            frame.render_widget(Line::from(mark), at);
        }
        if !row.clipped {
            self.note_links(&row.links, area);
        }
        let shift = if row.clipped { self.shift } else { 0 };
        let line = rows::scrolled(row.line, shift);
        let is_cut = line.width() > usize::from(area.width);
        frame.render_widget(line, area);
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
        jobs: &Jobs,
        theme: &Theme,
    ) -> (Vec<Row>, Option<usize>) {
        let pieces = self.pieces();
        let body = || pieces.iter().filter(|piece| !piece.pinned);
        let fixed: usize = body()
            .map(|piece| piece.lines.len() + usize::from(piece.gap))
            .sum();
        let outputs = body()
            .filter(|piece| self.shown_job(piece, jobs).is_some())
            .count();
        let share = (height.saturating_sub(fixed) / outputs.max(1)).max(OUTPUT_ROWS_MIN);
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
            let gap = if out.is_empty() { 0 } else { piece.gap };
            out.extend((0..gap).map(|_| Row::plain(Line::default())));
            let mark = piece.code.and_then(|block| self.mark(block, theme));
            let lines: &[deck::Line] = match self.is_replaced(piece, jobs) {
                true => &[],
                false => &piece.lines,
            };
            out.extend(lines.iter().enumerate().map(|(index, line)| Row {
                line: rows::styled(line, theme),
                mark: mark.clone().filter(|_| index == 0),
                clipped: piece.clipped,
                links: links_of(line),
            }));
            if let Some(job) = self.shown_job(piece, jobs) {
                let lines = output::under_block(&job.view(), width, share, theme);
                out.extend(lines.into_iter().map(Row::plain));
            }
            if piece.code.is_some() && piece.code == self.follow {
                follow_end = Some(out.len());
            }
        }
        (out, follow_end)
    }

    fn shown_job<'a>(&self, piece: &Piece, jobs: &'a Jobs) -> Option<&'a crate::runner::Job> {
        let id = BlockId {
            slide: self.page,
            block: piece.code?,
        };
        jobs.get(id)
            .filter(|entry| !entry.detached)
            .map(|entry| entry.job.as_ref())
    }

    /// Whether what a block writes stands in its place.
    fn is_replaced(&self, piece: &Piece, jobs: &Jobs) -> bool {
        let block = piece.code.and_then(|code| self.slide().code.get(code));
        block.is_some_and(|block| block.auto == Auto::Replace) && self.shown_job(piece, jobs).is_some()
    }

    fn mark(&self, block: usize, theme: &Theme) -> Option<Span<'static>> {
        if self.chosen().is_some_and(|id| id.block == block) {
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
            mark: None,
            clipped: false,
            links: Vec::new(),
        }
    }
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
fn text_area(area: Rect) -> Rect {
    let width = area.width.saturating_sub(2 * MARGIN_CELLS).min(TEXT_CELLS_MAX);
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
