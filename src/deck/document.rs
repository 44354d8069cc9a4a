//! From a file to slides: where one ends and the next begins, and what precedes the first.
//!
//! The rules are those of maaslalani/slides, mended where its users stumble: a separator inside a
//! code block does not cut, line ends may be CRLF, the last line needs no line end, and a first slide
//! that happens to be YAML is not taken for front matter. A deck that ends its slides with presenterm's
//! comment is cut there instead.

use super::code::CodeBlock;
use super::command::{self, Command};
use super::fence::{Fence, Fences};
use super::front::{self, FrontMatter};
use super::include::{Lines, ReadFile};
use super::slide::{Manner, Slide};
use super::texts;

/// Slides from which on a deck is a talk; a few notes have no title page.
const TALK_SLIDES_MIN: usize = 3;

/// A presentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Deck {
    /// The settings before the first slide.
    pub front: FrontMatter,
    /// The slides; never empty.
    pub slides: Vec<Slide>,
    /// What the author may not have meant.
    pub warnings: Vec<Warning>,
    /// What holds for all slides.
    pub manner: Manner,
}

/// Something in a deck that is probably a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The line in the file, from 1.
    pub line: usize,
    /// What is wrong, in the language of the interface.
    pub text: String,
    /// Whether it is told where the deck is shown, too: the settings are not what was meant, or nothing is there.
    pub is_loud: bool,
}

impl Warning {
    /// One for who checks the deck.
    pub fn new(line: usize, text: impl Into<String>) -> Warning {
        let text = text.into();
        Warning {
            line,
            text,
            is_loud: false,
        }
    }

    /// One that the speaker is told when the deck is shown, too.
    pub fn loud(line: usize, text: impl Into<String>) -> Warning {
        Warning {
            is_loud: true,
            ..Warning::new(line, text)
        }
    }
}

/// The lines of one slide and the number of the first, from 1.
struct Part<'a> {
    first_line: usize,
    lines: Vec<&'a str>,
}

impl Deck {
    /// What of the warnings a speaker wonders about who only sees the slides.
    pub fn troubles(&self) -> impl Iterator<Item = &Warning> {
        self.warnings.iter().filter(|warning| warning.is_loud)
    }

    /// Reads a deck that includes no other files; every text is one.
    pub fn parse(source: &str) -> Deck {
        Deck::parse_with(source, &|_| Err(texts::no_files().to_owned()))
    }

    /// Reads a deck, and the files that it includes through `read`.
    pub fn parse_with(source: &str, read: ReadFile<'_>) -> Deck {
        let mut warnings = Vec::new();
        let prefix = command_prefix(source);
        let source = Lines::of(source, &prefix, read, &mut warnings);
        let of_includes = warnings.len();
        let lines: Vec<&str> = source.text.iter().map(String::as_str).collect();

        let (front, start) = front_matter(&lines, &mut warnings);
        let cuts = Cuts::of(&lines[start..], &front.options);
        let manner = Manner::of(&front, cuts.by_comment);
        warn_of_comments(&lines, start, cuts, &mut warnings);
        let mut parts = split(&lines, start, cuts, &mut warnings);
        let ends_empty = parts.last().is_some_and(Part::is_blank);
        if ends_empty && parts.len() > 1 {
            parts.pop();
        }

        let number = |line: usize| {
            source
                .numbers
                .get(line.saturating_sub(1))
                .copied()
                .unwrap_or(line)
        };
        let slide = |part: &Part<'_>| {
            let mut slide = Slide::parse(&part.lines.join("\n"), number(part.first_line));
            for block in &mut slide.code {
                block.line = number(part.first_line + block.line - 1);
            }
            slide
        };
        let mut slides: Vec<Slide> = parts
            .iter()
            .map(slide)
            .filter(|slide| !slide.is_skipped)
            .collect();
        let mut warnings_of_blocks = Vec::new();
        let has_title = front.title.is_some() || front.sub_title.is_some();
        if has_title || slides.is_empty() {
            slides.insert(0, Slide::parse(&title_slide(&front), 1));
        }
        if slides.iter().all(|slide| slide.source.trim().is_empty()) {
            warnings.push(Warning::loud(1, texts::empty_deck()));
        }
        open(&mut slides, manner);
        for slide in &mut slides {
            slide.take_manner(manner);
            warnings_of_blocks.extend(slide.code.iter().flat_map(|block| {
                let line = block.line;
                let texts = block.odd.iter().cloned();
                texts.map(move |text| Warning::new(line, text))
            }));
        }
        for warning in &mut warnings[of_includes..] {
            warning.line = number(warning.line);
        }
        warnings.extend(warnings_of_blocks);
        warnings.sort_by_key(|warning| warning.line);
        Deck {
            front,
            slides,
            warnings,
            manner,
        }
    }

    /// A deck of slides that were cut before.
    pub fn of_slides(sources: &[String], manner: Manner) -> Deck {
        let mut slides: Vec<Slide> = sources.iter().map(|source| Slide::parse(source, 1)).collect();
        if slides.is_empty() {
            slides.push(Slide::parse("", 1));
        }
        slides.iter_mut().for_each(|slide| slide.take_manner(manner));
        open(&mut slides, manner);
        Deck {
            front: FrontMatter::default(),
            slides,
            warnings: Vec::new(),
            manner,
        }
    }

    /// The pictures that the slides show, each once, as the deck names them.
    pub fn pictures(&self) -> Vec<String> {
        let mut pictures: Vec<String> = Vec::new();
        for picture in self.slides.iter().flat_map(|slide| &slide.pictures) {
            if !pictures.contains(picture) {
                pictures.push(picture.clone());
            }
        }
        pictures
    }

    /// All code blocks: the slide's index, the block's index in it, and the block.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize, &CodeBlock)> {
        self.slides.iter().enumerate().flat_map(|(page, slide)| {
            let blocks = slide.code.iter().enumerate();
            blocks.map(move |(nth, block)| (page, nth, block))
        })
    }

    /// The project's own talk.
    pub fn builtin() -> Deck {
        Deck::parse(include_str!("../../slides/goingnats.md"))
    }
}

/// Sets the first slide as a talk's opening, where there is a talk: presenterm's decks say themselves what they open
/// with. Numbers the polls.
fn open(slides: &mut [Slide], manner: Manner) {
    let mut polls = 0;
    slides.iter_mut().for_each(|slide| slide.number_polls(&mut polls));
    if let (true, [first, ..]) = (slides.len() >= TALK_SLIDES_MIN && !manner.is_presenterm, slides) {
        first.open_talk();
    }
}

/// The settings, where the file begins with `---` and a mapping, and the line at which the slides begin.
fn front_matter(lines: &[&str], warnings: &mut Vec<Warning>) -> (FrontMatter, usize) {
    let blank = lines.iter().take_while(|line| line.trim().is_empty()).count();
    if !lines.get(blank).is_some_and(|line| is_separator(line)) {
        return (FrontMatter::default(), 0);
    }
    let start = blank + 1;
    let Some(length) = lines[start..].iter().position(|line| is_separator(line)) else {
        return (FrontMatter::default(), start);
    };
    let yaml = lines[start..start + length].join("\n");
    match front::read(&yaml, start + 1, warnings) {
        Some(front) => (front, start + length + 1),
        None => (FrontMatter::default(), start),
    }
}

/// What the deck's commands begin with. It is needed before anything else is read.
fn command_prefix(source: &str) -> String {
    if !source.contains("command_prefix") {
        return String::new();
    }
    let lines: Vec<&str> = source.trim_start_matches('\u{feff}').lines().collect();
    front_matter(&lines, &mut Vec::new()).0.options.command_prefix
}

fn warn_of_comments(lines: &[&str], start: usize, cuts: Cuts, warnings: &mut Vec<Warning>) {
    let mut fences = Fences::default();
    for (at, line) in lines.iter().enumerate().skip(start) {
        if fences.hold(line) {
            continue;
        }
        if let Some(text) = command::complaint(line, cuts.by_comment) {
            warnings.push(Warning::new(at + 1, text));
        }
    }
}

/// The slide that presenterm makes of a deck's title.
fn title_slide(front: &FrontMatter) -> String {
    let mut parts =
        vec!["<!-- jump_to_middle -->\n<!-- alignment: center -->\n<!-- font_size: 2 -->".to_owned()];
    parts.extend(front.title.as_ref().map(|title| format!("# {title}")));
    parts.extend(front.sub_title.as_ref().map(|title| format!("**{title}**")));
    let place: Vec<&str> = [&front.event, &front.location]
        .into_iter()
        .filter_map(|text| text.as_deref())
        .collect();
    parts.extend([place.join(" · "), front.author.clone().unwrap_or_default()]);
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

impl Part<'_> {
    fn is_blank(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }
}

fn is_separator(line: &str) -> bool {
    line == "---"
}

/// What ends a slide.
#[derive(Clone, Copy)]
struct Cuts {
    by_dashes: bool,
    by_comment: bool,
    by_titles: bool,
}

impl Cuts {
    /// In a deck with presenterm's `end_slide` a line of dashes is a rule, or makes a title of the line
    /// above, unless its settings say otherwise.
    fn of(lines: &[&str], options: &front::Options) -> Cuts {
        let mut fences = Fences::default();
        let has_comment = lines
            .iter()
            .any(|line| !fences.hold(line) && command::of_line(line) == Some(Command::EndSlide));
        let is_presenterm = has_comment || options.implicit_slide_ends;
        Cuts {
            by_dashes: options.end_slide_shorthand || !is_presenterm,
            by_comment: is_presenterm,
            by_titles: options.implicit_slide_ends,
        }
    }

    fn is_end(self, line: &str) -> bool {
        (self.by_dashes && is_separator(line))
            || (self.by_comment && command::of_line(line) == Some(Command::EndSlide))
    }

    /// True on a line that the one below makes a title, and with it the beginning of a slide.
    fn is_title(self, lines: &[&str], at: usize) -> bool {
        let is_underline = |line: &&str| {
            let line = line.trim_end();
            line.len() >= 3 && (line.bytes().all(|b| b == b'=') || line.bytes().all(|b| b == b'-'))
        };
        self.by_titles && !lines[at].trim().is_empty() && lines.get(at + 1).is_some_and(is_underline)
    }
}

/// Cuts the lines from `start`. There is always at least one part.
fn split<'a>(lines: &[&'a str], start: usize, cuts: Cuts, warnings: &mut Vec<Warning>) -> Vec<Part<'a>> {
    let part = |first_line: usize| Part {
        first_line,
        lines: Vec::new(),
    };
    let mut parts = Vec::new();
    let mut now = part(start + 1);
    let mut fence: Option<FenceAt> = None;
    for at in start..lines.len() {
        let line = lines[at];
        match fence {
            Some(open) if at < open.end => {}
            _ => fence = FenceAt::opened_at(lines, at, cuts, warnings),
        }
        let inside = fence.is_some_and(|open| at < open.end);
        if !inside && cuts.is_end(line) {
            parts.push(std::mem::replace(&mut now, part(at + 2)));
            continue;
        }
        if !inside && cuts.is_title(lines, at) && !now.is_blank() {
            parts.push(std::mem::replace(&mut now, part(at + 1)));
        }
        if !inside && cuts.by_dashes {
            warn_of_near_separator(line, at, warnings);
        }
        now.lines.push(line);
    }
    parts.push(now);
    parts
}

/// A fenced block in the file.
#[derive(Clone, Copy)]
struct FenceAt {
    /// The line that ends it, or the separator that must end it because it is never closed.
    end: usize,
}

impl FenceAt {
    /// The block that begins on line `at`. One that is never closed ends at the next separator, as
    /// otherwise a forgotten fence would swallow the rest of the talk.
    fn opened_at(lines: &[&str], at: usize, cuts: Cuts, warnings: &mut Vec<Warning>) -> Option<FenceAt> {
        let fence = Fence::opened_by(lines[at])?;
        let mut separator = None;
        for (number, line) in lines.iter().enumerate().skip(at + 1) {
            if fence.is_closed_by(line) {
                return Some(FenceAt { end: number + 1 });
            }
            if separator.is_some() && fence.is_reopened_by(line) {
                break;
            }
            if separator.is_none() && cuts.is_end(line) {
                separator = Some(number);
            }
        }
        warnings.push(Warning::new(at + 1, texts::fence_never_closed()));
        Some(FenceAt {
            end: separator.unwrap_or(lines.len()),
        })
    }
}

fn warn_of_near_separator(line: &str, at: usize, warnings: &mut Vec<Warning>) {
    let trimmed = line.trim_end();
    let only_dashes = trimmed.len() >= 3 && trimmed.bytes().all(|b| b == b'-');
    if only_dashes {
        warnings.push(Warning::new(at + 1, texts::near_separator()));
    }
}

#[cfg(test)]
#[path = "document_tests.rs"]
mod tests;
