//! The slide on the screen: which one, how far it is scrolled, which block is chosen. `draw` puts it on the
//! screen, row by `row`, with what others fill in: the output of jobs, living blocks, pictures; `marks` lie over it.

mod draw;
mod marks;
mod row;

pub use draw::{Contents, HEIGHT_WITH_GAPS_MIN, MARGIN_CELLS};

use crate::deck::{self, CodeBlock, Deck, Pattern, Piece, Slide};
use crate::runner::{Block, is_runnable};
use crate::tui::jobs::BlockId;
use crate::tui::links::Links;
use crate::tui::output;
use crate::tui::stage::Place;

/// Cells that a step to the side goes.
const SHIFT_CELLS: usize = 8;

/// Colours of one slide's code blocks.
pub type Colours = Vec<Option<Vec<Vec<deck::Span>>>>;

/// The deck and where the talk stands in it.
pub struct SlideView {
    deck: Deck,
    page: usize,
    /// The slide that was left for one further off.
    left: Option<usize>,
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
    /// The first row of the screen that the body was drawn on.
    body_at: u16,
    links: Links,
    /// The row of the screen that is pointed at, from the top of the body.
    laser: Option<usize>,
    /// Whether blocks are shown as they are run.
    shows_source: bool,
    /// What was searched for, to stand out where it is seen.
    hits: Option<Pattern>,
    /// Nothing can be run or lives here.
    is_still: bool,
    /// What the audience takes part in lives nevertheless.
    has_polls: bool,
    /// Nothing scrolls.
    is_paper: bool,
}

/// The pieces of a slide for a width.
struct Laid {
    page: usize,
    step: usize,
    width: u16,
    height: u16,
    pieces: Vec<Piece>,
    /// Cells of the widest line that may go beyond the edge.
    widest: usize,
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
            left: None,
            chosen: 0,
            scroll: 0,
            shift: 0,
            follow: None,
            laid: None,
            body: (0, 0),
            body_at: 0,
            links: Links::default(),
            laser: None,
            shows_source: false,
            hits: None,
            is_still: false,
            has_polls: false,
            is_paper: false,
        }
    }

    /// Lets what was searched for stand out, or nothing any more.
    pub fn show_hits(&mut self, pattern: Option<Pattern>) {
        self.hits = pattern;
    }

    /// Whether something stands out.
    pub fn has_hits(&self) -> bool {
        self.hits.is_some()
    }

    /// Has slides shown where nothing can be run: without marks, and living blocks as the code that they are
    /// elsewhere.
    pub fn hold_still(&mut self) {
        self.is_still = true;
    }

    /// Has polls and questions live where nothing else does.
    pub fn let_polls_live(&mut self) {
        self.has_polls = true;
    }

    /// Has slides laid out for paper, which holds still: lines as wide as the sheet, output at length.
    pub fn lay_on_paper(&mut self) {
        (self.is_still, self.is_paper) = (true, true);
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
            if page.abs_diff(self.page) > 1 {
                self.left = Some(self.page);
            }
            self.page = page;
            (self.chosen, self.scroll, self.shift, self.step) = (0, 0, 0, 0);
            (self.follow, self.laser) = (None, None);
            if std::mem::take(&mut self.shows_source) {
                self.laid = None;
            }
            self.steps = deck::steps(self.slide());
        }
    }

    /// Goes to the slide that was left last for one further off, and from there back again; false without one.
    pub fn go_back(&mut self) -> bool {
        let Some(left) = self.left else { return false };
        let here = self.page;
        self.go_to(left);
        self.left = Some(here);
        true
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
        self.left = self.left.and_then(|left| moved.get(left).copied().flatten());
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
        code.filter(|(_, block)| !block.is_diagram() && !block.is_only_shown)
            .filter(|(_, block)| match &block.live {
                Some(live) => live.is_button(),
                None => is_runnable(Block {
                    language: block.language.as_deref().unwrap_or_default(),
                    source: &block.run,
                }),
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

    /// Shows blocks as they are run, hidden lines included, or as they are meant to be seen.
    pub fn toggle_source(&mut self) {
        self.shows_source = !self.shows_source;
        self.laid = None;
    }

    /// Points at a row of the body, or at none any more.
    pub fn toggle_laser(&mut self) {
        self.laser = match self.laser {
            Some(_) => None,
            None => Some(0),
        };
    }

    /// True while a row is pointed at.
    pub fn has_laser(&self) -> bool {
        self.laser.is_some()
    }

    /// Points at the row `by` further down, and scrolls where the screen ends.
    pub fn move_laser(&mut self, by: isize) {
        let Some(row) = self.laser else { return };
        let last = self.body.1.min(self.body.0).saturating_sub(1);
        match row.checked_add_signed(by) {
            Some(row) if row <= last => self.laser = Some(row),
            Some(_) => {
                self.laser = Some(last);
                self.scroll_rows(by);
            }
            None => {
                self.laser = Some(0);
                self.scroll_rows(by);
            }
        }
    }

    /// Points at the row of the screen that the mouse is on.
    pub fn point_at(&mut self, row: u16) {
        let first = self.body_at;
        let last = usize::from(first) + self.body.1;
        self.laser = (first..)
            .zip(0..)
            .take_while(|(y, _)| usize::from(*y) < last)
            .find(|(y, _)| *y == row)
            .map(|(_, row)| row);
    }

    /// The first row of the screen that the body was drawn on.
    pub fn body_top(&self) -> u16 {
        self.body_at
    }

    /// Keeps a block's output in view until the speaker scrolls.
    pub fn follow(&mut self, block: usize) {
        self.follow = Some(block);
    }

    /// Lays the slide out anew, since something that it shows has another size now.
    pub fn lay_out_anew(&mut self) {
        self.laid = None;
    }

    /// Has a block give way to another one.
    pub fn put_block(&mut self, id: BlockId, block: CodeBlock) {
        let slide = self.deck.slides.get_mut(id.slide);
        if let Some(place) = slide.and_then(|slide| slide.code.get_mut(id.block)) {
            *place = block;
            self.laid = None;
        }
        // Its colours are those of the one before.
        let colours = self.colours.get_mut(id.slide);
        if let Some(colours) = colours.and_then(|colours| colours.get_mut(id.block)) {
            *colours = None;
        }
    }

    /// Takes colours that the background has ready.
    pub fn set_colours(&mut self, edition: u64, page: usize, mut colours: Colours) {
        if edition != self.edition {
            return;
        }
        // What was changed meanwhile has colours of its own to come.
        let blocks = self.deck.slides.get(page).map_or(&[][..], |slide| &slide.code);
        for (block, colours) in blocks.iter().zip(&mut colours) {
            colours.take_if(|rows| block.is_edited && !are_of(rows, &block.shown));
        }
        if let Some(place) = self.colours.get_mut(page) {
            *place = colours;
            self.laid = self.laid.take().filter(|laid| laid.page != page);
        }
    }

    /// Cells in a line of output under a block, as last drawn.
    pub fn output_cells(&self) -> Option<u16> {
        let laid = self.laid.as_ref()?;
        Some(laid.width.saturating_sub(output::INDENT_CELLS))
    }

    fn pieces(&self) -> &[Piece] {
        self.laid.as_ref().map_or(&[], |laid| &laid.pieces)
    }
}

/// Whether coloured lines are those of this code; blanks may have become others.
fn are_of(rows: &[Vec<deck::Span>], code: &str) -> bool {
    let letters = |text: &str| text.split_whitespace().collect::<String>();
    let texts = rows.iter().flatten().map(|span| span.text.as_str());
    letters(&texts.collect::<String>()) == letters(code)
}
