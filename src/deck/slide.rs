//! One slide: its source, its title, and the code blocks in it.

use std::time::Duration;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use serde::{Deserialize, Serialize};

use super::code::{Auto, CodeBlock};
use super::command::{self, Command};
use super::fence::Fences;
use super::front;
use super::live::Source;

/// Letters in the title of a slide that opens a talk, and below it; paragraphs there. What says more is a slide like
/// any other.
const COVER_TITLE_MAX: usize = 60;
const COVER_WORDS_MAX: usize = 120;
const COVER_PARAGRAPHS_MAX: usize = 3;

/// What holds for all slides of a deck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Manner {
    /// The deck is written for presenterm: a heading of two lines is the title of its slide, and only blocks that
    /// are marked are run.
    pub is_presenterm: bool,
    /// The first heading of a slide is its title when it is of level 1.
    pub h1_titles: bool,
    /// The items of lists come one by one.
    pub incremental_lists: bool,
    /// Lines from one item of a list to the next; 0 where nothing is said.
    pub list_item_newlines: u16,
    /// Diagrams are drawn by an installed program, where there is one.
    pub system_diagrams: bool,
}

impl Manner {
    pub(super) fn of(front: &front::FrontMatter, is_presenterm: bool) -> Manner {
        let options = &front.options;
        Manner {
            is_presenterm,
            system_diagrams: front.diagrams.as_deref() == Some("system"),
            h1_titles: options.h1_slide_titles,
            incremental_lists: options.incremental_lists,
            list_item_newlines: options.list_item_newlines,
        }
    }
}

/// A slide as it stands in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Slide {
    /// The markdown, without separators.
    pub source: String,
    /// The line of the file where the slide begins, from 1.
    pub first_line: usize,
    /// What only the speaker sees, in its order.
    pub notes: Vec<String>,
    /// The fenced code blocks in their order; [`super::Piece::code`] is an index into this list.
    pub code: Vec<CodeBlock>,
    /// The pictures, as the deck names them.
    pub pictures: Vec<String>,
    /// The markdown without the text lines that the author hid.
    visible: String,
    title: String,
    pub(super) is_skipped: bool,
    /// The slide that a talk opens with: what is on it stands big in the middle.
    is_cover: bool,
    /// The blocks whose output stands elsewhere, by their names.
    pub(super) outputs: Vec<String>,
    headings: Vec<Heading>,
    /// Whether the foot of the screen says something.
    pub has_footer: bool,
    pub(super) manner: Manner,
}

/// A heading, as far as looks need to know.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Heading {
    level: HeadingLevel,
    /// Underlined in the source.
    is_setext: bool,
}

impl Slide {
    pub(super) fn parse(source: &str, first_line: usize) -> Slide {
        let visible = without_hidden_text(source);
        let Scan {
            title,
            code,
            commands,
            pictures,
            headings,
        } = scan(&visible.text);
        let code = code.into_iter().map(|(offset, block)| CodeBlock {
            line: visible.line(offset) + 1,
            ..block
        });
        let is_skipped = commands.contains(&Command::SkipSlide);
        let output = |command: &Command| match command {
            Command::SnippetOutput(name) => Some(name.clone()),
            _ => None,
        };
        let outputs = commands.iter().filter_map(output).collect();
        let note = |command| match command {
            Command::SpeakerNote(note) => Some(note),
            _ => None,
        };
        Slide {
            source: source.to_owned(),
            first_line,
            has_footer: !commands.contains(&Command::NoFooter),
            notes: commands.into_iter().filter_map(note).collect(),
            code: code.collect(),
            pictures,
            visible: visible.text,
            title,
            is_skipped,
            is_cover: false,
            outputs,
            headings,
            manner: Manner::default(),
        }
    }

    /// Has the slide behave as its deck wants.
    pub(super) fn take_manner(&mut self, manner: Manner) {
        self.manner = manner;
        for block in &mut self.code {
            block.is_only_shown = manner.is_presenterm && !block.is_marked && block.live.is_none();
            if manner.system_diagrams && block.language.as_deref() == Some("mermaid") {
                block.auto = Auto::Picture;
            }
        }
    }

    /// Gives polls without a name the next number as one.
    pub(super) fn number_polls(&mut self, count: &mut usize) {
        let lives = self.code.iter_mut().filter_map(|block| block.live.as_mut());
        for live in lives {
            if let Source::Poll(poll) = &mut live.source {
                *count += 1;
                if poll.name.is_empty() {
                    poll.name = count.to_string();
                }
            }
        }
    }

    /// Makes it the slide that the talk opens with, if it has no more on it than a title and a few words.
    pub(super) fn open_talk(&mut self) {
        self.is_cover = self.is_title_alone();
    }

    /// Whether it is the slide that the talk opens with.
    pub(super) fn is_cover(&self) -> bool {
        self.is_cover
    }

    fn is_title_alone(&self) -> bool {
        let mut words = [0, 0];
        let mut paragraphs = 0;
        for event in self.events() {
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    let is_first = paragraphs == 0 && words == [0, 0];
                    if !is_first || level != HeadingLevel::H1 {
                        return false;
                    }
                }
                Event::Start(Tag::Paragraph) => paragraphs += 1,
                Event::Text(text) | Event::Code(text) => words[paragraphs.min(1)] += text.chars().count(),
                Event::Start(Tag::Emphasis | Tag::Strong | Tag::Link { .. })
                | Event::End(_)
                | Event::SoftBreak
                | Event::HardBreak => {}
                _ => return false,
            }
        }
        let [title, rest] = words;
        (1..=COVER_TITLE_MAX).contains(&title)
            && rest <= COVER_WORDS_MAX
            && paragraphs <= COVER_PARAGRAPHS_MAX
    }

    /// Whether the heading of that number, from 0, is the slide's title and set as one.
    pub(super) fn is_title(&self, number: usize) -> bool {
        self.headings.get(number).is_some_and(|heading| {
            let by_level = self.manner.h1_titles && number == 0 && heading.level == HeadingLevel::H1;
            by_level || (self.manner.is_presenterm && heading.is_setext)
        })
    }

    /// The first heading, else the first words; empty for an empty slide.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The labs that the slide names in a hidden line, `/// lab: ID` or `/// lab: ID, ID`.
    pub fn labs(&self) -> impl Iterator<Item = &str> {
        let named = |line: &'_ str| -> Option<usize> {
            let ids = line.strip_prefix("///")?.trim_start().strip_prefix("lab:")?;
            Some(line.len() - ids.len())
        };
        let mut lines = self.source.lines();
        let ids = lines.find_map(|line| Some(&line[named(line)?..]));
        ids.unwrap_or_default()
            .split(',')
            .map(str::trim)
            .filter(|id| !id.is_empty())
    }

    /// How long the slide is meant to be shown, as it says in a hidden line, `/// minutes: 1.5`.
    pub fn planned(&self) -> Option<Duration> {
        let named = |line: &str| -> Option<f64> {
            let minutes = line.strip_prefix("///")?.trim_start().strip_prefix("minutes:")?;
            minutes.trim().parse().ok()
        };
        let minutes = self.source.lines().find_map(named)?;
        Duration::try_from_secs_f64(minutes * 60.0).ok()
    }

    /// The markdown without what is not for everybody: hidden lines, and comments that are no more than notes.
    pub fn for_audience(&self) -> String {
        let told = self.told(true);
        // Where markup makes text of what looks like a block of code, notes could hide in it.
        match Slide::parse(&told, 1).notes.is_empty() {
            true => told,
            false => self.told(false),
        }
    }

    fn told(&self, keeps_code: bool) -> String {
        let shown = without_lines(&self.source, |line, _| line.starts_with("///")).text;
        let mut fences = Fences::default();
        let mut in_comment = false;
        let mut told = Vec::new();
        for line in shown.lines() {
            told.push(match keeps_code && !in_comment && fences.hold(line) {
                true => line.to_owned(),
                false => without_notes(line, &mut in_comment),
            });
        }
        told.join("\n")
    }

    /// The markdown's events, the same for every reader of a slide.
    pub(super) fn events(&self) -> Parser<'_> {
        events(&self.visible)
    }
}

fn events(markdown: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    Parser::new_ext(markdown, options)
}

/// A line of text without comments that are no commands. `in_comment` says whether it begins inside of one, and then
/// whether the next line does.
fn without_notes(line: &str, in_comment: &mut bool) -> String {
    let mut told = String::with_capacity(line.len());
    let mut rest = line;
    loop {
        if *in_comment {
            let Some((_, behind)) = rest.split_once("-->") else {
                return told;
            };
            (rest, *in_comment) = (behind, false);
        }
        let Some((text, comment)) = rest.split_once("<!--") else {
            return told + rest;
        };
        told.push_str(text);
        *in_comment = true;
        let Some((comment, _)) = comment.split_once("-->") else {
            return told;
        };
        let comment = format!("<!--{comment}-->");
        let command = command::of_line(&comment);
        if command.is_some_and(|command| !matches!(command, Command::SpeakerNote(_))) {
            told.push_str(&comment);
        }
        rest = &rest[text.len()..];
    }
}

/// What is left of a slide's source.
struct Visible {
    text: String,
    /// Where each line stood in the source, from 0.
    lines: Vec<usize>,
}

impl Visible {
    /// The line of the source, from 0, that the byte `offset` of the text stands on.
    fn line(&self, offset: usize) -> usize {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        self.lines.get(line).copied().unwrap_or(line)
    }
}

/// Drops the lines of text that begin with `///`. Lines of code keep the mark: a [`CodeBlock`] knows what to do
/// with it.
fn without_hidden_text(source: &str) -> Visible {
    without_lines(source, |line, is_code| !is_code && line.starts_with("///"))
}

/// Drops lines, with the blank lines above them, as `slides` does. Each is judged with whether it is code.
fn without_lines(source: &str, is_dropped: impl Fn(&str, bool) -> bool) -> Visible {
    let mut kept: Vec<(usize, &str)> = Vec::new();
    let mut fences = Fences::default();
    for (at, line) in source.lines().enumerate() {
        if is_dropped(line, fences.hold(line)) {
            while kept.last().is_some_and(|(_, line)| line.is_empty()) {
                kept.pop();
            }
        } else {
            kept.push((at, line));
        }
    }
    let (lines, texts): (Vec<usize>, Vec<&str>) = kept.into_iter().unzip();
    Visible {
        text: texts.join("\n"),
        lines,
    }
}

/// What is in a slide besides its text.
struct Scan {
    title: String,
    /// The blocks, and where in the text they begin.
    code: Vec<(usize, CodeBlock)>,
    commands: Vec<Command>,
    pictures: Vec<String>,
    headings: Vec<Heading>,
}

fn scan(markdown: &str) -> Scan {
    let mut pictures = Vec::new();
    let mut commands = Vec::new();
    let mut html = String::new();
    let mut code = Vec::new();
    let mut title: Option<String> = None;
    let mut in_title = false;
    let mut headings = Vec::new();
    let mut block: Option<(usize, String, String)> = None;
    let mut first_words = String::new();
    for (event, range) in events(markdown).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                let source = markdown.get(range).unwrap_or_default();
                headings.push(Heading {
                    level,
                    is_setext: !source.trim_start().starts_with('#'),
                });
                in_title = title.is_none();
                title.get_or_insert_default();
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = Some((range.start, info.into_string(), String::new()));
            }
            Event::Start(Tag::Image { dest_url, .. }) => pictures.push(dest_url.into_string()),
            Event::Html(text) => html.push_str(&text),
            Event::End(TagEnd::HtmlBlock) => commands.extend(command::all_in(&std::mem::take(&mut html))),
            Event::End(TagEnd::CodeBlock) => {
                let done = block.take();
                code.extend(done.map(|(start, info, text)| (start, CodeBlock::new(info, &text))));
            }
            Event::Text(text) | Event::Code(text) => match (&mut block, &mut title) {
                (Some((_, _, source)), _) => source.push_str(&text),
                (None, Some(title)) if in_title => title.push_str(&text),
                _ if first_words.is_empty() => first_words.push_str(&text),
                _ => {}
            },
            _ => {}
        }
    }
    Scan {
        title: title.unwrap_or(first_words),
        code,
        commands,
        pictures,
        headings,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_audience_gets_no_notes_and_no_hidden_lines() {
        let source = "# A\n\n<!-- speaker_note: hemmelig -->\n<!--\nspeaker_note: |\n  to\n-->\n<!-- pause -->\n/// lab: x\n\n```go\n///package main\nx()\n```\n<!-- // husk --> b\n\n```html\n<!-- vises -->\n```\n<!-- uten slutt\n```";
        let told = Slide::parse(source, 1).for_audience();
        for gone in ["hemmelig", "speaker_note", "lab", "package", "husk", "slutt"] {
            assert!(!told.contains(gone), "{gone} in {told}");
        }
        for kept in [
            "# A",
            "<!-- pause -->",
            "```go\nx()\n```",
            " b\n",
            "<!-- vises -->",
        ] {
            assert!(told.contains(kept), "{kept} in {told}");
        }
    }

    #[test]
    fn a_talk_opens_with_a_title_and_a_few_words() {
        let is_cover = |source: &str| {
            let mut slide = Slide::parse(source, 1);
            slide.open_talk();
            slide.is_cover()
        };
        for cover in ["# A", "# Let's go NATS!\n\n...", "# A *b*\n\nKari\n\nHamar, 2026"] {
            assert!(is_cover(cover), "{cover}");
        }
        let long = "# A\n\n".to_owned() + &"ord ".repeat(40);
        for other in [
            "",
            "a",
            "## A",
            "# A\n\n- b",
            "# A\n\n```\nb\n```",
            "a\n\n# B",
            "# A\n# B",
            "# A\n\n<!-- pause -->",
            &long,
        ] {
            assert!(!is_cover(other), "{other}");
        }
    }

    #[test]
    fn a_slide_may_say_how_long_it_takes() {
        let planned = |source: &str| Slide::parse(source, 1).planned();
        assert_eq!(planned("# A\n/// minutes: 1.5\n"), Some(Duration::from_secs(90)));
        for none in ["# A", "/// minutes: -1", "/// minutes: x", "/// minutes: 1e300"] {
            assert_eq!(planned(none), None, "{none}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn no_slide_panics_or_tells_its_notes(
            source in r"(<!-- |-->|speaker_note: x|pause|```(sh|)( \+(image|exec|width:|id:)| \{1\||)|\n|///|# |===|a|日|<span style=.color: #[0-9a-f]{5,7}.>|</span>|> ){0,60}",
        ) {
            let slide = Slide::parse(&source, 1);
            let told = Slide::parse(&slide.for_audience(), 1);
            prop_assert!(told.notes.is_empty(), "{:?}", told.source);
            prop_assert!(slide.code.iter().all(|block| block.line <= source.lines().count().max(1)));
        }
    }
}
