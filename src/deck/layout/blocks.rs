//! The blocks of a slide, top to bottom: who stands where, with which prefix and how much air.

use pulldown_cmark::{
    Alignment, BlockQuoteKind, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd, TextMergeStream,
};

use super::columns::Columns;
use super::inline::{self, Events, Rows};
use super::{LayoutOptions, Piece, big, code, table};
use crate::deck::command::{self, Command};
use crate::deck::diagram;
use crate::deck::slide::Slide;
use crate::deck::style::{Line, Role, Span};
use crate::deck::{text, texts};

/// The bullets of nested lists; the last one serves every deeper level.
const BULLETS: [&str; 4] = ["•", "◦", "▪", "·"];

/// Something that holds other blocks.
struct Container {
    kind: Kind,
    /// What the next line begins with, when that differs from the others: an item's marker.
    first: Option<Span>,
    /// What every other line begins with.
    rest: Span,
    /// Whether it holds a line already.
    filled: bool,
    /// What this container and those around it come to: columns of prefixes, lists, quotes.
    indent: usize,
    lists: usize,
    quotes: usize,
}

#[derive(PartialEq, Eq)]
enum Kind {
    Quote,
    /// A list, with the number of its next item when it counts.
    List(Option<u64>),
    Item,
    Footnote,
}

/// The walk over one slide.
pub(super) struct Blocks<'a> {
    slide: &'a Slide,
    width: usize,
    options: &'a LayoutOptions<'a>,
    containers: Vec<Container>,
    pieces: Vec<Piece>,
    piece: Piece,
    /// How many fenced code blocks have been met.
    fenced: usize,
    /// The width of the slide, where `width` may be that of a column.
    slide_width: usize,
    columns: Option<Columns>,
    /// The step that has been reached.
    step: usize,
    incremental_lists: bool,
    alignment: command::Alignment,
    /// The next running text is drawn big.
    is_big: bool,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(slide: &'a Slide, width: usize, options: &'a LayoutOptions<'a>) -> Self {
        Blocks {
            slide,
            width,
            options,
            containers: Vec::new(),
            pieces: Vec::new(),
            piece: Piece::default(),
            fenced: 0,
            slide_width: width,
            columns: None,
            step: 0,
            incremental_lists: slide.incremental_lists,
            alignment: command::Alignment::default(),
            is_big: false,
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
        let rows = inline::collect(events, base, in_quote);
        self.put_rows(&rows);
    }

    fn heading(&mut self, level: HeadingLevel, events: &mut Events<'_>) {
        self.separate();
        self.flush();
        let is_first = self.pieces.is_empty() && self.containers.is_empty() && self.columns.is_none();
        self.piece.pinned = is_first && !self.piece.middle && !self.is_big && self.step == 0;
        let rows = inline::collect(events, Role::Heading(level as u8), false);
        self.put_rows(&rows);
    }

    fn quote(&mut self, kind: Option<BlockQuoteKind>) {
        self.separate();
        self.open(Kind::Quote, None, Role::QuoteMark, "┃ ");
        let title = match kind {
            None => return,
            Some(BlockQuoteKind::Note) => texts::note(),
            Some(BlockQuoteKind::Tip) => texts::tip(),
            Some(BlockQuoteKind::Important) => texts::important(),
            Some(BlockQuoteKind::Warning) => texts::warning(),
            Some(BlockQuoteKind::Caution) => texts::caution(),
        };
        self.put(Line {
            spans: vec![span(title, Role::Strong)],
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
        let parts = loose && *filled;
        if self.incremental_lists {
            self.pause();
        }
        if parts {
            self.gap();
        }
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
        let lines = if block.is_diagram() {
            diagram::lines(block, self.columns())
        } else {
            let colours = self.options.highlights.get(at).and_then(Option::as_deref);
            let nth = self.shown_step().saturating_sub(self.step);
            let last = block.highlights.len().saturating_sub(1);
            code::lines(block, colours, block.highlights.get(nth.min(last)))
        };
        self.piece.code = Some(at);
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
        for line in table::lines(alignments, events, self.columns()) {
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

    fn obey(&mut self, command: Command) {
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
            Command::FontSize(size) => self.is_big = size > 1,
            Command::Alignment(alignment) => {
                self.flush();
                self.alignment = alignment;
            }
            // These were obeyed when the deck was read.
            Command::EndSlide | Command::SkipSlide | Command::SpeakerNote(_) | Command::Include(_) => {}
        }
    }

    /// What follows is a step later.
    fn pause(&mut self) {
        self.flush();
        self.step += 1;
    }

    /// The step to show.
    fn shown_step(&self) -> usize {
        self.options.step.unwrap_or(usize::MAX)
    }

    fn go_to_column(&mut self, number: usize) {
        self.flush();
        if let Some(columns) = &mut self.columns {
            columns.go_to(number);
            self.width = columns.width().unwrap_or(self.slide_width);
        }
    }

    fn end_columns(&mut self) {
        self.flush();
        self.width = self.slide_width;
        if let Some(columns) = self.columns.take() {
            self.pieces.extend(columns.merge(self.slide_width));
        }
    }

    /// Where finished pieces go.
    fn finished(&mut self) -> &mut Vec<Piece> {
        match self.columns.as_mut().and_then(Columns::pieces) {
            Some(pieces) => pieces,
            None => &mut self.pieces,
        }
    }

    /// Opens a container, without a prefix where it would leave less than half of the width.
    fn open(&mut self, kind: Kind, first: Option<&str>, role: Role, rest: &str) {
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
    fn columns(&self) -> usize {
        self.width - self.containers.last().map_or(0, |container| container.indent)
    }

    /// Begins a block: air above it unless its container is still empty, and a piece of its own when
    /// it stands on the slide itself.
    fn separate(&mut self) {
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

    fn gap(&mut self) {
        if self.piece.lines.is_empty() {
            self.piece.gap = self.piece.gap.max(1);
        } else {
            self.put(Line::default());
        }
    }

    fn put_rows(&mut self, rows: &Rows) {
        let columns = self.columns();
        if self.is_big && rows.iter().any(|row| !row.is_empty()) {
            self.is_big = false;
            if let Some(lines) = big::lines(rows, columns) {
                lines.into_iter().for_each(|line| self.put(line));
                return;
            }
        }
        for row in rows {
            for line in text::wrap(row, columns) {
                self.put(line);
            }
        }
    }

    /// Adds a line behind the prefixes of all containers.
    fn put(&mut self, line: Line) {
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

    fn flush(&mut self) {
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
