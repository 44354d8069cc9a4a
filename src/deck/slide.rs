//! One slide: its source, its title, and the code blocks in it.

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::code::CodeBlock;
use super::command::{self, Command};
use super::fence::Fence;

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
    /// The blocks whose output stands elsewhere, by their names.
    pub(super) outputs: Vec<String>,
    /// Whether items of lists come one by one from the start.
    pub(super) incremental_lists: bool,
}

impl Slide {
    pub(super) fn parse(source: &str, first_line: usize) -> Slide {
        let visible = without_hidden_text(source);
        let Scan {
            title,
            code,
            commands,
            pictures,
        } = scan(&visible);
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
            notes: commands.into_iter().filter_map(note).collect(),
            code,
            pictures,
            visible,
            title,
            is_skipped,
            outputs,
            incremental_lists: false,
        }
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

/// Drops the lines of text that begin with `///`, with the blank lines above them, as `slides` does.
/// Lines of code keep the mark: a [`CodeBlock`] knows what to do with it.
fn without_hidden_text(source: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut fence: Option<Fence> = None;
    for line in source.lines() {
        match fence {
            Some(open) if open.is_closed_by(line) => fence = None,
            Some(_) => {}
            None => fence = Fence::opened_by(line),
        }
        if fence.is_none() && line.starts_with("///") {
            while kept.last().is_some_and(|line| line.is_empty()) {
                kept.pop();
            }
        } else {
            kept.push(line);
        }
    }
    kept.join("\n")
}

/// What is in a slide besides its text.
struct Scan {
    title: String,
    code: Vec<CodeBlock>,
    commands: Vec<Command>,
    pictures: Vec<String>,
}

fn scan(markdown: &str) -> Scan {
    let mut pictures = Vec::new();
    let mut commands = Vec::new();
    let mut html = String::new();
    let mut code = Vec::new();
    let mut title: Option<(HeadingLevel, String)> = None;
    let mut in_title = false;
    let mut block: Option<(String, String)> = None;
    let mut first_words = String::new();
    for event in events(markdown) {
        match event {
            Event::Start(Tag::Heading { level, .. }) if title.is_none() => {
                title = Some((level, String::new()));
                in_title = true;
            }
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                block = Some((info.into_string(), String::new()));
            }
            Event::Start(Tag::Image { dest_url, .. }) => pictures.push(dest_url.into_string()),
            Event::Html(text) => html.push_str(&text),
            Event::End(TagEnd::HtmlBlock) => commands.extend(command::all_in(&std::mem::take(&mut html))),
            Event::End(TagEnd::CodeBlock) => {
                code.extend(block.take().map(|(info, text)| CodeBlock::new(info, &text)));
            }
            Event::Text(text) | Event::Code(text) => match (&mut block, &mut title) {
                (Some((_, source)), _) => source.push_str(&text),
                (None, Some((_, title))) if in_title => title.push_str(&text),
                _ if first_words.is_empty() => first_words.push_str(&text),
                _ => {}
            },
            _ => {}
        }
    }
    Scan {
        title: title.map_or(first_words, |(_, text)| text),
        code,
        commands,
        pictures,
    }
}
