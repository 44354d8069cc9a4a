//! Running text: emphasis, inline code, links, breaks → spans.

use std::iter::Peekable;

use pulldown_cmark::{Event, Parser, Tag, TagEnd, TextMergeStream};

use crate::deck::looks::Palette;
use crate::deck::style::{Rgb, Role, Span};
use crate::deck::text;

/// The markdown of a slide, one event at a time.
pub(super) type Events<'a> = Peekable<TextMergeStream<'a, Parser<'a>>>;

/// Running text: one list of spans for each line that the author ends by hand.
pub(super) type Rows = Vec<Vec<Span>>;

/// How running text is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    /// Its role where nothing else is said.
    pub base: Role,
    /// Whether a line end in the source is one on the screen.
    pub keeps_lines: bool,
    /// The colours that it may name.
    pub palette: &'a Palette,
}

/// The colours of letters and of the ground.
type Tint = (Option<Rgb>, Option<Rgb>);

/// Reads running text up to the next block.
pub(super) fn collect(events: &mut Events<'_>, reading: Reading<'_>) -> Rows {
    let keep_lines = reading.keeps_lines;
    let mut inline = Inline {
        reading,
        strong: 0,
        emphasis: 0,
        strike: 0,
        targets: Vec::new(),
        tints: Vec::new(),
        tints_beyond: 0,
        rows: vec![Vec::new()],
    };
    while let Some(event) = events.next_if(is_inline) {
        match event {
            Event::SoftBreak if !keep_lines => inline.push(" ", inline.role()),
            Event::SoftBreak | Event::HardBreak => inline.rows.push(Vec::new()),
            event => inline.take(event),
        }
    }
    inline.rows
}

fn is_inline(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Code(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Start(
                Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. }
            )
            | Event::End(
                TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image
            )
    )
}

struct Inline<'a> {
    reading: Reading<'a>,
    strong: u32,
    emphasis: u32,
    strike: u32,
    /// Links and images that are open, the innermost last, and whether they have any text.
    targets: Vec<(String, bool)>,
    /// The colours of tags that are open, the innermost last.
    tints: Vec<Tint>,
    /// Tags that are open beyond [`TINTS_MAX`], without a say.
    tints_beyond: usize,
    rows: Rows,
}

/// Coloured tags inside each other; what is deeper keeps the colours around it.
const TINTS_MAX: usize = 16;

impl Inline<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Text(text) => self.text(&text),
            Event::Code(code) => self.push(&code, Role::InlineCode),
            Event::InlineHtml(html) if is_break(&html) => self.rows.push(Vec::new()),
            Event::InlineHtml(html) if html.starts_with("<!--") => {}
            Event::InlineHtml(html) if html.starts_with("<span") => match self.tints.len() {
                TINTS_MAX => self.tints_beyond += 1,
                _ => self.tints.push(self.reading.palette.of_tag(&html)),
            },
            Event::InlineHtml(html) if html.starts_with("</span") => match self.tints_beyond {
                0 => drop(self.tints.pop()),
                _ => self.tints_beyond -= 1,
            },
            Event::InlineHtml(html) if is_look(&html) => {}
            Event::InlineHtml(html) => self.push(&html, self.role()),
            Event::FootnoteReference(label) => self.push(&format!("[{label}]"), Role::Link),
            Event::Start(Tag::Strong) => self.strong += 1,
            Event::End(TagEnd::Strong) => self.strong -= 1,
            Event::Start(Tag::Emphasis) => self.emphasis += 1,
            Event::End(TagEnd::Emphasis) => self.emphasis -= 1,
            Event::Start(Tag::Strikethrough) => self.strike += 1,
            Event::End(TagEnd::Strikethrough) => self.strike -= 1,
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.targets.push((dest_url.into_string(), false));
            }
            Event::End(_) => {
                // A link or picture without a text is named by its address.
                if let Some((address, false)) = self.targets.last().cloned() {
                    self.push(&address, self.role());
                }
                self.targets.pop();
            }
            _ => {}
        }
    }

    /// A heading and a table's head are one look throughout; elsewhere the innermost mark decides.
    fn role(&self) -> Role {
        match self.reading.base {
            base @ (Role::Heading(_) | Role::SlideTitle | Role::TableHead) => base,
            _ if !self.targets.is_empty() => Role::Link,
            _ if !self.tints.is_empty() => self.tint(),
            _ if self.strike > 0 => Role::Strike,
            base => match (self.strong > 0, self.emphasis > 0) {
                (true, true) => Role::StrongEmphasis,
                (true, false) => Role::Strong,
                (false, true) => Role::Emphasis,
                (false, false) => base,
            },
        }
    }

    /// The innermost colours of letters and of ground.
    fn tint(&self) -> Role {
        let innermost = |part: fn(&Tint) -> Option<Rgb>| self.tints.iter().rev().find_map(part);
        let (letters, ground) = (innermost(|tint| tint.0), innermost(|tint| tint.1));
        match (letters, ground) {
            (None, None) => self.reading.base,
            _ => Role::Tinted(letters, ground),
        }
    }

    /// Text with its bare addresses made into links.
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some((start, end)) = find_address(rest).filter(|_| self.targets.is_empty()) {
            self.push(&rest[..start], self.role());
            self.targets.push((rest[start..end].to_owned(), false));
            self.push(&rest[start..end], self.role());
            self.targets.pop();
            rest = &rest[end..];
        }
        self.push(rest, self.role());
    }

    fn push(&mut self, text: &str, role: Role) {
        if text.is_empty() {
            return;
        }
        self.targets.iter_mut().for_each(|(_, has_text)| *has_text = true);
        let link = self
            .targets
            .last()
            .map(|(target, _)| text::clean(target).into_owned());
        let row = self.rows.last_mut().expect("there is always a row");
        text::push(row, &text::clean(&text.replace('\n', " ")), role, link.as_deref());
    }
}

fn is_break(html: &str) -> bool {
    matches!(html, "<br>" | "<br/>" | "<br />")
}

/// Whether a tag only concerns looks that a terminal has no way to show; its text is shown all the same.
fn is_look(html: &str) -> bool {
    let name = html.trim_start_matches(['<', '/']);
    let end = name
        .find(|c: char| !c.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    ["span", "sup", "sub", "u", "kbd", "small", "mark"].contains(&&name[..end])
}

/// Where the first bare web address in `text` begins and ends; punctuation behind it is not its own.
fn find_address(text: &str) -> Option<(usize, usize)> {
    let start = ["https://", "http://"]
        .iter()
        .filter_map(|scheme| text.find(scheme))
        .min()?;
    let rest = &text[start..];
    let end = rest
        .find(|c: char| c.is_whitespace() || "<>\"".contains(c))
        .unwrap_or(rest.len());
    let address = rest[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '\'']);
    Some((start, start + address.len()))
}
