//! A fenced code block: what the audience sees of it and what is run.

use super::attributes::{Attributes, Highlight};
use super::live::Live;
use super::texts;

/// What a line begins with that is run but not shown.
const HIDDEN: &str = "///";

/// A fenced code block of a slide.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeBlock {
    /// The first word of the info string; none for a bare fence.
    pub language: Option<String>,
    /// The info string, as it stands after the fence.
    pub info: String,
    /// The code as it stands in the fence, hidden lines with their mark.
    pub source: String,
    /// The code that is shown, without a last line end.
    pub shown: String,
    /// The code that is run: hidden lines too, without their mark.
    pub run: String,
    /// Whether it was changed on the stage and differs from the deck.
    pub is_edited: bool,
    /// Whether lines are numbered (`+line_numbers`).
    pub line_numbers: bool,
    /// What happens without a key.
    pub auto: Auto,
    /// Whether it runs on a terminal of its own (`+pty`), and the columns and rows of that, where it says them.
    pub terminal: Option<Option<(u16, u16)>>,
    /// The name that `snippet_output` calls it by (`+id:NAME`).
    pub id: Option<String>,
    /// Lines that stand out, a step a group: `{1-3|5}`. Without any, all lines look alike.
    pub highlights: Vec<Highlight>,
    /// What it does while its slide is shown.
    pub live: Option<Live>,
    /// The line of the file where it begins, from 1; of the slide, in a deck that was not read from a file.
    pub line: usize,
    /// Whether its author marked it to be run (`+exec`).
    pub is_marked: bool,
    /// Whether it is only to be shown, since its deck marks what is to be run.
    pub is_only_shown: bool,
    /// Whether it is to be tried with the others although nobody can run it (`+validate`).
    pub validates: bool,
    /// Whether it is meant to fail (`+expect:failure`).
    pub expects_failure: bool,
    /// The share of the width that a picture made by it is to have, in per cent (`+width:50%`).
    pub share: Option<usize>,
    /// What is not understood of it, or not done.
    pub(super) odd: Vec<String>,
}

/// Whether a block is run as soon as its slide is shown, where the deck may run code at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Auto {
    /// It waits for a key.
    #[default]
    No,
    /// `+auto_exec`: it is run.
    Run,
    /// `+exec_replace`: it is run, and what it writes takes its place.
    Replace,
    /// `+image`: it is run, and the picture that it writes takes its place.
    Picture,
}

impl CodeBlock {
    pub(super) fn new(info: String, source: &str) -> CodeBlock {
        let end = info.find(|c: char| c.is_whitespace() || c == '{');
        let (language, attributes) = info.split_at(end.unwrap_or(info.len()));
        let (live, command, mut odd) = match Live::read(&info, source) {
            Some(Ok((live, command))) => (Some(live), command, Vec::new()),
            Some(Err(why)) => (None, String::new(), vec![why]),
            None => (None, String::new(), Vec::new()),
        };
        let is_living = live.is_some() || !odd.is_empty();
        let read = match is_living {
            true => Attributes::default(),
            false => Attributes::read(attributes),
        };
        if matches!(language, "d2" | "latex" | "typst") && attributes.contains("+render") {
            odd.push(texts::source_is_shown(language));
        }
        odd.extend(read.odd);
        // A block that consists of its info string shows and copies the command in it.
        let source = match live.is_some() && source.trim().is_empty() {
            true => command.as_str(),
            false => source,
        };
        CodeBlock {
            language: Some(language.to_owned()).filter(|language| !language.is_empty()),
            id: read.id,
            line_numbers: read.line_numbers,
            auto: read.auto,
            terminal: read.terminal,
            highlights: read.highlights,
            line: 1,
            is_marked: read.is_marked,
            is_only_shown: false,
            validates: read.validates,
            expects_failure: read.expects_failure,
            share: read.share,
            odd,
            shown: shown(source, language),
            run: run(source, language),
            live,
            info,
            is_edited: false,
            source: source.to_owned(),
        }
    }

    /// The block with other code in it.
    #[must_use]
    pub fn edited(&self, source: &str) -> CodeBlock {
        CodeBlock {
            line: self.line,
            is_edited: true,
            is_only_shown: self.is_only_shown,
            ..CodeBlock::new(self.info.clone(), source)
        }
    }

    /// The block with everything in it shown: hidden lines, and the source of a diagram.
    pub(super) fn whole(&self) -> CodeBlock {
        CodeBlock {
            shown: self.run.trim_end().to_owned(),
            ..self.clone()
        }
    }

    /// The command of a block that lives: what stands behind its fence, or its first line.
    pub fn command(&self) -> &str {
        let before = self.info.split('{').next().unwrap_or_default().trim();
        match before {
            "nats" => self
                .run
                .lines()
                .map(str::trim)
                .find(|line| !line.is_empty())
                .unwrap_or_default(),
            command => command,
        }
    }

    /// The name of the picture that the block makes, when it makes one: what no file can be called.
    pub fn picture(&self) -> Option<String> {
        (self.auto == Auto::Picture).then(|| format!("+image\n{}", self.run))
    }

    /// Whether the block is drawn as a diagram instead of being shown as code.
    pub fn is_diagram(&self) -> bool {
        matches!(self.language.as_deref(), Some("plantuml" | "mermaid"))
    }
}

/// The code of a line that is run but not shown. In Rust presenterm hides lines that begin with `# `, as
/// its documentation tests do.
fn hidden<'a>(line: &'a str, language: &str) -> Option<&'a str> {
    let rust = || line.strip_prefix("# ").filter(|_| language == "rust");
    line.strip_prefix(HIDDEN).or_else(rust)
}

/// Hidden lines go, and with them the blank lines above, so that nothing tells where they were.
fn shown(source: &str, language: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut hides = false;
    for line in source.lines() {
        if hidden(line, language).is_some() {
            hides = true;
            while kept.last().is_some_and(|line| line.trim().is_empty()) {
                kept.pop();
            }
        } else if !(hides && kept.is_empty() && line.trim().is_empty()) {
            kept.push(line);
        }
    }
    kept.join("\n").trim_end().to_owned()
}

/// Only a mark at the start of a line is taken away, so that `file:///etc` stays what it is. Where a blank
/// stands behind every mark, as in decks for presenterm, it belongs to the mark.
fn run(source: &str, language: &str) -> String {
    let mut codes = source.lines().filter_map(|line| line.strip_prefix(HIDDEN));
    let has_blank = codes.all(|code| code.is_empty() || code.starts_with(' '));
    let unmarked = |line: &str| match hidden(line, language) {
        Some(code) if has_blank => code.strip_prefix(' ').unwrap_or(code).to_owned(),
        Some(code) => code.to_owned(),
        None => line.to_owned(),
    };
    source.lines().map(|line| unmarked(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_lines_are_run_but_not_shown() {
        let source = "///package main\n///\n\nfunc main() {\n\n///\tx := 1\n\n    a(\"file:///etc\")\n    /// b\n}\n///}\n";
        let block = CodeBlock::new("go {1}".to_owned(), source);
        assert_eq!(block.language.as_deref(), Some("go"));
        assert_eq!(
            block.shown,
            "func main() {\n\n    a(\"file:///etc\")\n    /// b\n}"
        );
        assert_eq!(
            block.run,
            "package main\n\n\nfunc main() {\n\n\tx := 1\n\n    a(\"file:///etc\")\n    /// b\n}\n}\n"
        );
        let presenterm = CodeBlock::new("python +exec".to_owned(), "/// import os\n///\nprint()\n");
        assert_eq!(presenterm.run, "import os\n\nprint()\n");
        let rust = CodeBlock::new("rust +exec".to_owned(), "# use std::fs;\n#[x]\nfn f() {}\n");
        assert_eq!(
            (rust.shown.as_str(), rust.run.as_str()),
            ("#[x]\nfn f() {}", "use std::fs;\n#[x]\nfn f() {}\n")
        );
    }

    #[test]
    fn a_block_that_hides_nothing_keeps_its_blank_lines() {
        let block = CodeBlock::new(String::new(), "\na\n\n\nb\n");
        assert_eq!(block.language, None);
        assert_eq!(block.shown, "\na\n\n\nb");
    }
}
