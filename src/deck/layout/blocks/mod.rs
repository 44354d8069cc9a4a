//! The blocks of a slide, top to bottom.
//!
//! This file walks the markdown and says what each block consists of; `obey` does what comments ask for, `put`
//! sets lines behind the prefixes of lists and quotes, with the air between blocks.

mod obey;
mod put;

use std::sync::LazyLock;

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd, TextMergeStream,
};

use put::{Container, Kind};

use super::columns::Columns;
use super::inline::{self, Events, Reading, Rows};
use super::{Fill, LayoutOptions, Piece, Spot, code, picture, table};
use crate::deck::command;
use crate::deck::diagram::{self, Drawing};
use crate::deck::looks::Looks;
use crate::deck::slide::Slide;
use crate::deck::style::{Alert, Line, Role, Span};
use crate::deck::{text, texts};

/// The bullets of nested lists; the last one serves every deeper level.
const BULLETS: [&str; 4] = ["•", "◦", "▪", "·"];
/// What stands beside quotes and alerts.
const QUOTE_BAR: &str = "┃ ";
/// Of a deck that says nothing of looks.
static PLAIN: LazyLock<Looks> = LazyLock::new(Looks::default);

/// The walk over one slide.
pub(super) struct Blocks<'a> {
    slide: &'a Slide,
    width: usize,
    options: &'a LayoutOptions<'a>,
    looks: &'a Looks,
    containers: Vec<Container>,
    pieces: Vec<Piece>,
    piece: Piece,
    /// How many fenced code blocks have been met, and how many headings.
    fenced: usize,
    headings: usize,
    /// The width of the slide, where `width` may be that of a column.
    slide_width: usize,
    columns: Option<Columns>,
    /// The step that has been reached.
    step: usize,
    incremental_lists: bool,
    /// Lines from one item of a list to the next; 0 where nothing is said.
    item_newlines: u16,
    alignment: command::Alignment,
    /// The next running text is drawn big.
    is_big: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(slide: &'a Slide, width: usize, options: &'a LayoutOptions<'a>) -> Self {
        let is_cover = slide.is_cover();
        Blocks {
            slide,
            width,
            options,
            looks: options.looks.unwrap_or(&PLAIN),
            containers: Vec::new(),
            pieces: Vec::new(),
            piece: Piece {
                middle: is_cover,
                ..Piece::default()
            },
            fenced: 0,
            headings: 0,
            slide_width: width,
            columns: None,
            step: 0,
            incremental_lists: slide.manner.incremental_lists,
            item_newlines: slide.manner.list_item_newlines,
            alignment: match is_cover {
                true => command::Alignment::Center,
                false => options
                    .looks
                    .and_then(|looks| looks.alignment)
                    .unwrap_or_default(),
            },
            is_big: is_cover,
        }
    }

    /// The pieces, and the last step.
    pub(super) fn run(mut self) -> (Vec<Piece>, usize) {
        let mut events = TextMergeStream::new(self.slide.events()).peekable();
        while let Some(event) = events.next() {
            match event {
                Event::Start(tag) => self.start(tag, &mut events),
                Event::End(tag) => self.end(tag),
                Event::Rule => self.rule(),
                Event::TaskListMarker(done) => self.task(done, &mut events),
                _ => {}
            }
            // A tight item holds its text without a paragraph around it.
            self.running_text(&mut events);
        }
        self.end_columns();
        (self.pieces, self.step)
    }

    fn start(&mut self, tag: Tag<'_>, events: &mut Events<'_>) {
        match tag {
            Tag::Paragraph => self.separate(),
            Tag::Heading { level, .. } => self.heading(level, events),
            Tag::BlockQuote(kind) => self.quote(kind),
            Tag::List(number) => self.list(number),
            Tag::Item => self.item(matches!(events.peek(), Some(Event::Start(Tag::Paragraph)))),
            Tag::FootnoteDefinition(label) => {
                self.separate();
                let mark = format!("[{}] ", text::clean(&label));
                let rest = " ".repeat(text::width(&mark));
                self.open(Kind::Footnote, Some(&mark), Role::Link, &rest);
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(_)) => self.fenced(events),
            Tag::CodeBlock(CodeBlockKind::Indented) => self.indented(events),
            Tag::Table(alignments) => self.table(&alignments, events),
            Tag::HtmlBlock => self.html(events),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::Item | TagEnd::FootnoteDefinition => {
                self.containers.pop();
            }
            _ => {}
        }
    }

    fn running_text(&mut self, events: &mut Events<'_>) {
        let in_quote = self.containers.last().is_some_and(|c| c.quotes > 0);
        let base = if in_quote { Role::Quote } else { Role::Text };
        let rows = inline::collect(events, self.reading(base, in_quote));
        match picture::of(&rows, self.options.pictures) {
            Some(picture) => self.picture(&picture),
            None => self.put_rows(&rows),
        }
    }

    /// A picture that stands alone in its paragraph.
    fn picture(&mut self, picture: &picture::Picture<'_>) {
        let (columns, rows) = picture.cells(self.columns(), self.options.rows);
        let left = match self.alignment {
            command::Alignment::Left => 0,
            command::Alignment::Center => (self.columns() - columns) / 2,
            command::Alignment::Right => self.columns() - columns,
        };
        self.reserve(Fill::Picture(picture.path.to_owned()), rows);
        if let Some(spot) = self.piece.spots.last_mut() {
            spot.left += left;
            spot.columns = columns;
        }
        (0..rows).for_each(|_| self.put(Line::default()));
    }

    /// Leaves the rows that follow to whoever fills them.
    fn reserve(&mut self, fill: Fill, rows: usize) {
        self.piece.spots.push(Spot {
            line: self.piece.lines.len(),
            left: self.width - self.columns(),
            columns: self.columns(),
            rows,
            fill,
        });
    }

    fn heading(&mut self, level: HeadingLevel, events: &mut Events<'_>) {
        self.separate();
        self.flush();
        let is_first = self.pieces.is_empty() && self.containers.is_empty() && self.columns.is_none();
        self.piece.pinned = is_first && !self.piece.middle && !self.is_big && self.step == 0;
        let is_title = self.slide.is_title(self.headings);
        self.headings += 1;
        let level = level as u8;
        let role = if is_title {
            Role::SlideTitle
        } else {
            Role::Heading(level)
        };
        let mut rows = inline::collect(events, self.reading(role, false));
        if !is_title {
            let at = usize::from(level) - 1;
            let prefix = self.looks.heading_prefixes.get(at).and_then(Option::as_ref);
            if let Some(prefix) = prefix.filter(|_| !self.is_big) {
                rows[0].insert(0, span(&format!("{prefix} "), role));
            }
            let own = self.looks.heading_alignments.get(at).copied().flatten();
            let Some(own) = own.filter(|_| !self.is_big) else {
                return self.put_rows(&rows);
            };
            let alignment = std::mem::replace(&mut self.alignment, own);
            self.put_rows(&rows);
            // Where a piece stands is settled when it ends.
            self.flush();
            self.alignment = alignment;
            return;
        }
        if let Some(prefix) = &self.looks.title_prefix {
            rows[0].insert(0, span(&format!("{prefix} "), role));
        }
        let alignment = self.looks.title_alignment.unwrap_or(command::Alignment::Center);
        let alignment = std::mem::replace(&mut self.alignment, alignment);
        self.put_rows(&rows);
        if self.looks.title_rule == Some(true) {
            let line = "─".repeat(self.columns());
            self.put(Line {
                spans: vec![span(&line, Role::Rule)],
            });
        }
        let gap = self.looks.title_gap.unwrap_or(0);
        (0..gap).for_each(|_| self.put(Line::default()));
        self.flush();
        self.alignment = alignment;
    }

    fn reading(&self, base: Role, keeps_lines: bool) -> Reading<'a> {
        Reading {
            base,
            keeps_lines,
            palette: &self.looks.palette,
        }
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.separate();
        let looks = self.looks;
        let (kind, title) = match kind {
            None => {
                let bar = looks.quote_prefix.as_deref().unwrap_or(QUOTE_BAR);
                return self.open(Kind::Quote, None, Role::QuoteMark, bar);
            }
            Some(BlockQuoteKind::Note) => (Alert::Note, texts::note()),
            Some(BlockQuoteKind::Tip) => (Alert::Tip, texts::tip()),
            Some(BlockQuoteKind::Important) => (Alert::Important, texts::important()),
            Some(BlockQuoteKind::Warning) => (Alert::Warning, texts::warning()),
            Some(BlockQuoteKind::Caution) => (Alert::Caution, texts::caution()),
        };
        let bar = looks.alert_prefix.as_deref().unwrap_or(QUOTE_BAR);
        self.open(Kind::Quote, None, Role::Alert(kind), bar);
        let (own, icon) = looks.alert_title(kind);
        let title = own.unwrap_or(title);
        let title = icon.map_or(title.to_owned(), |icon| format!("{icon} {title}"));
        self.put(Line {
            spans: vec![span(&title, Role::Alert(kind))],
        });
        // The text follows its title without a blank line.
        if let Some(quote) = self.containers.last_mut() {
            quote.filled = false;
        }
    }

    fn list(&mut self, number: Option<u64>) {
        if !self.containers.last().is_some_and(|c| c.kind == Kind::Item) {
            self.separate();
        }
        self.open(Kind::List(number), None, Role::ListMarker, "");
    }

    fn item(&mut self, loose: bool) {
        let depth = self
            .containers
            .iter()
            .filter(|c| matches!(c.kind, Kind::List(_)))
            .count();
        let bullet = BULLETS[depth.clamp(1, BULLETS.len()) - 1];
        let Some(Container {
            kind: Kind::List(number),
            filled,
            ..
        }) = self.containers.last_mut()
        else {
            return;
        };
        let marker = match number {
            Some(n) => {
                let marker = format!("{n}. ");
                *number = Some(n.saturating_add(1));
                marker
            }
            None => format!("{bullet} "),
        };
        let blank = match (*filled, loose, self.item_newlines) {
            (false, ..) | (true, false, 0) => 0,
            (true, true, 0) => 1,
            (true, _, lines) => lines - 1,
        };
        if self.incremental_lists {
            self.pause();
        }
        self.gap_of(blank);
        let rest = " ".repeat(text::width(&marker));
        self.open(Kind::Item, Some(&marker), Role::ListMarker, &rest);
    }

    /// A task's box takes the place of its bullet.
    fn task(&mut self, done: bool, events: &mut Events<'_>) {
        if let Some(item) = self.containers.last_mut() {
            let mark = if done { "☑ " } else { "☐ " };
            item.first = item.first.take().map(|_| span(mark, Role::ListMarker));
        }
        self.running_text(events);
    }

    fn rule(&mut self) {
        self.separate();
        let line = "─".repeat(self.columns());
        self.put(Line {
            spans: vec![span(&line, Role::Rule)],
        });
    }

    fn fenced(&mut self, events: &mut Events<'_>) {
        skip_to_end(events, TagEnd::CodeBlock);
        let at = self.fenced;
        self.fenced += 1;
        let slide = self.slide;
        let Some(block) = slide.code.get(at) else { return };
        self.separate();
        self.flush();
        let made = block.picture().filter(|_| !self.options.source);
        if let Some(picture) =
            made.and_then(|name| picture::of_block(&name, block.share, self.options.pictures))
        {
            self.picture(&picture);
            self.piece.code = Some(at);
            self.flush();
            return;
        }
        let lines = if self.options.source {
            code::lines(&block.whole(), None, None, self.looks)
        } else if block.is_diagram() {
            let mut drawing = diagram::draw(block, self.columns());
            if self.containers.is_empty() && self.columns.is_none() {
                set_in_the_middle(&mut drawing, self.columns());
                self.piece.flows = drawing.flows;
            }
            drawing.lines
        } else if let Some(live) = block
            .live
            .as_ref()
            .filter(|live| self.options.live || (self.options.polls && live.is_for_audience()))
        {
            let rows = usize::from(live.rows);
            self.reserve(Fill::Live(at), rows);
            let plain = code::lines(block, None, None, self.looks);
            let cut = |line: Line| Line {
                spans: text::cut(&line.spans, self.columns()),
            };
            let mut lines: Vec<Line> = plain.into_iter().map(cut).collect();
            lines.resize(rows, Line::default());
            lines
        } else {
            let colours = self.options.highlights.get(at).and_then(Option::as_deref);
            let nth = self.shown_step().saturating_sub(self.step);
            let last = block.highlights.len().saturating_sub(1);
            let highlight = block.highlights.get(nth.min(last));
            code::lines(block, colours, highlight, self.looks)
        };
        self.piece.code = Some(at);
        self.piece.is_silent = block.id.as_ref().is_some_and(|id| slide.outputs.contains(id));
        for line in lines {
            self.put(line);
        }
        self.flush();
        self.step += block.highlights.len().saturating_sub(1);
    }

    fn indented(&mut self, events: &mut Events<'_>) {
        let source = text_to_end(events, TagEnd::CodeBlock);
        self.separate();
        for line in source.lines() {
            let spans = text::clean_code(vec![span(line, Role::Code)]);
            self.put(Line { spans });
        }
    }

    fn table(&mut self, alignments: &[Alignment], events: &mut Events<'_>) {
        self.separate();
        for line in table::lines(alignments, events, &self.looks.palette, self.columns()) {
            self.put(line);
        }
    }

    /// Comments are for tools; any other markup is shown as it stands.
    fn html(&mut self, events: &mut Events<'_>) {
        let mut html = text_to_end(events, TagEnd::HtmlBlock);
        for command in command::all_in(&html) {
            self.obey(command);
        }
        while let Some(start) = html.find("<!--") {
            let end = html[start..]
                .find("-->")
                .map_or(html.len(), |end| start + end + 3);
            html.replace_range(start..end, "");
        }
        if html.trim().is_empty() {
            return;
        }
        self.separate();
        let rows: Rows = html
            .trim()
            .lines()
            .map(|line| vec![span(&text::clean(line), Role::Text)])
            .collect();
        self.put_rows(&rows);
    }

    /// Where finished pieces go.
    fn finished(&mut self) -> &mut Vec<Piece> {
        match self.columns.as_mut().and_then(Columns::pieces) {
            Some(pieces) => pieces,
            None => &mut self.pieces,
        }
    }
}

/// A drawing in the middle of the slide, as it is what the slide is about. What could not be drawn stays at the
/// left.
fn set_in_the_middle(drawing: &mut Drawing, columns: usize) {
    let is_drawn = |line: &Line| {
        let mut roles = line.spans.iter().map(|span| span.role);
        roles.any(|role| {
            matches!(
                role,
                Role::DiagramBox | Role::DiagramEdge | Role::DiagramTitle | Role::DiagramText
            )
        })
    };
    let is_problem = |line: &Line| line.spans.iter().any(|span| span.role == Role::Problem);
    let of_drawing = drawing.lines.iter().filter(|line| !is_problem(line));
    let widest = of_drawing.map(Line::width).max();
    let left = columns.saturating_sub(widest.unwrap_or(columns)) / 2;
    if left > 0 && drawing.lines.iter().any(is_drawn) {
        drawing.shift(left, 0);
        let lines = drawing.lines.iter_mut();
        let drawn = lines.filter(|line| !is_problem(line) && !line.spans.is_empty());
        drawn.for_each(|line| line.spans.insert(0, span(&" ".repeat(left), Role::Text)));
    }
}

fn span(text: &str, role: Role) -> Span {
    Span {
        text: text.to_owned(),
        role,
        link: None,
    }
}

fn skip_to_end(events: &mut Events<'_>, end: TagEnd) {
    while events.next_if(|event| *event != Event::End(end)).is_some() {}
}

fn text_to_end(events: &mut Events<'_>, end: TagEnd) -> String {
    let mut out = String::new();
    while let Some(event) = events.next_if(|event| *event != Event::End(end)) {
        if let Event::Text(text) | Event::Html(text) = event {
            out.push_str(&text);
        }
    }
    out
}
