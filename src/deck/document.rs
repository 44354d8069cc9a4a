//! From a file to slides: where one ends and the next begins, and what precedes the first.
//!
//! The rules are those of maaslalani/slides, mended where its users stumble: a separator inside a
//! code block does not cut, line ends may be CRLF, the last line needs no line end, and a first slide
//! that happens to be YAML is not taken for front matter. A deck that ends its slides with presenterm's
//! comment is cut there instead.

use super::command::{self, Command};
use super::fence::Fence;
use super::front::{self, FrontMatter};
use super::include::{Lines, ReadFile};
use super::slide::Slide;
use super::texts;

/// A presentation.
#[derive(Debug, Clone, PartialEq)]
pub struct Deck {
    /// The settings before the first slide.
    pub front: FrontMatter,
    /// The slides; never empty.
    pub slides: Vec<Slide>,
    /// What the author may not have meant.
    pub warnings: Vec<Warning>,
}

/// Something in a deck that is probably a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The line in the file, from 1.
    pub line: usize,
    /// What is wrong, in the language of the interface.
    pub text: String,
}

/// The lines of one slide and the number of the first, from 1.
struct Part<'a> {
    first_line: usize,
    lines: Vec<&'a str>,
}

impl Deck {
    /// Reads a deck that includes no other files; every text is one.
    pub fn parse(source: &str) -> Deck {
        Deck::parse_with(source, &|_| Err(texts::no_files().to_owned()))
    }

    /// Reads a deck, and the files that it includes through `read`.
    pub fn parse_with(source: &str, read: ReadFile<'_>) -> Deck {
        let mut warnings = Vec::new();
        let source = Lines::of(source, read, &mut warnings);
        let of_includes = warnings.len();
        let lines: Vec<&str> = source.text.iter().map(String::as_str).collect();

        let (front, start) = front_matter(&lines, &mut warnings);
        let cuts = Cuts::of(&lines[start..], &front.options);
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
        let mut slides: Vec<Slide> = parts
            .iter()
            .map(|p| Slide::parse(&p.lines.join("\n"), number(p.first_line)))
            .filter(|slide| !slide.is_skipped)
            .collect();
        let has_title = front.title.is_some() || front.sub_title.is_some();
        if has_title || slides.is_empty() {
            slides.insert(0, Slide::parse(&title_slide(&front), 1));
        }
        if slides.iter().all(|slide| slide.source.trim().is_empty()) {
            warnings.push(Warning {
                line: 1,
                text: texts::empty_deck().to_owned(),
            });
        }
        for slide in &mut slides {
            slide.incremental_lists = front.options.incremental_lists;
        }
        for warning in &mut warnings[of_includes..] {
            warning.line = number(warning.line);
        }
        warnings.sort_by_key(|warning| warning.line);
        Deck {
            front,
            slides,
            warnings,
        }
    }

    /// A deck of slides that were cut before.
    pub fn of_slides(sources: &[String]) -> Deck {
        let mut slides: Vec<Slide> = sources.iter().map(|source| Slide::parse(source, 1)).collect();
        if slides.is_empty() {
            slides.push(Slide::parse("", 1));
        }
        Deck {
            front: FrontMatter::default(),
            slides,
            warnings: Vec::new(),
        }
    }

    /// The project's own talk.
    pub fn builtin() -> Deck {
        Deck::parse(include_str!("../../slides/goingnats.md"))
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

/// The slide that presenterm makes of a deck's title.
fn title_slide(front: &FrontMatter) -> String {
    let mut parts = vec!["<!-- jump_to_middle -->\n<!-- alignment: center -->".to_owned()];
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
        let mut fence: Option<Fence> = None;
        let has_comment = lines.iter().any(|line| {
            match fence {
                Some(open) if open.is_closed_by(line) => fence = None,
                Some(_) => {}
                None => fence = Fence::opened_by(line),
            }
            fence.is_none() && command::of_line(line) == Some(Command::EndSlide)
        });
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
        warnings.push(Warning {
            line: at + 1,
            text: texts::fence_never_closed().to_owned(),
        });
        Some(FenceAt {
            end: separator.unwrap_or(lines.len()),
        })
    }
}

fn warn_of_near_separator(line: &str, at: usize, warnings: &mut Vec<Warning>) {
    let trimmed = line.trim_end();
    let only_dashes = trimmed.len() >= 3 && trimmed.bytes().all(|b| b == b'-');
    if only_dashes {
        warnings.push(Warning {
            line: at + 1,
            text: texts::near_separator().to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    fn sources(deck: &str) -> Vec<String> {
        Deck::parse(deck)
            .slides
            .into_iter()
            .map(|slide| slide.source)
            .collect()
    }

    #[test]
    fn cuts_as_slides_does() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("no blank lines needed", "a\n---\nb", &["a", "b"]),
            ("trailing blank is no separator", "a\n--- \nb", &["a\n--- \nb"]),
            ("four dashes are none", "a\n----\nb", &["a\n----\nb"]),
            ("setext loses to the separator", "Title\n---\nb", &["Title", "b"]),
            ("last line without a line end", "a\n---\nb\n---", &["a", "b"]),
            ("empty last slide", "a\n---\nb\n---\n\n", &["a", "b"]),
            (
                "an empty slide in the middle stays",
                "a\n---\n---\nb",
                &["a", "", "b"],
            ),
            ("CRLF", "a\r\n---\r\nb\r\n", &["a", "b"]),
            (
                "a leading separator is no slide",
                "---\n# a\n---\nb",
                &["# a", "b"],
            ),
            ("title-only first slide", "# a\n---\nb", &["# a", "b"]),
            ("a first slide that is YAML", "x: 1\n---\nb", &["x: 1", "b"]),
            (
                "fence",
                "```yaml\n---\na: 1\n---\n```\n---\nb",
                &["```yaml\n---\na: 1\n---\n```", "b"],
            ),
            (
                "fence closed right before",
                "```\na\n```\n---\nb",
                &["```\na\n```", "b"],
            ),
            (
                "tildes in backticks",
                "```x\n~~~x\n```\n---\nb",
                &["```x\n~~~x\n```", "b"],
            ),
            (
                "fence never closed",
                "```go\na\n---\nb\n---\nc",
                &["```go\na", "b", "c"],
            ),
            (
                "fence closed by another slide's",
                "```go\na\n---\n```sh\nb\n```",
                &["```go\na", "```sh\nb\n```"],
            ),
            ("empty", "", &[""]),
        ];
        for (name, deck, expected) in cases {
            assert_eq!(sources(deck), *expected, "{name}");
        }
    }

    #[test]
    fn front_matter_needs_its_leading_line_and_a_mapping() {
        let cases = [
            "---\nauthor: Ola\n---\n# a",
            "\u{feff}---\nauthor: Ola\n---\n# a",
            "\n\n---\r\nauthor: Ola\r\n---\r\n# a",
            "---\ntheme: dark # comment\nauthor: \"Ola\"\ndate: null\n---\n# a",
        ];
        for source in cases {
            let deck = Deck::parse(source);
            assert_eq!(deck.front.author.as_deref(), Some("Ola"), "{source:?}");
            assert_eq!(deck.front.date, None);
            assert_eq!(deck.slides.len(), 1, "{source:?}");
            assert_eq!(deck.slides[0].title(), "a");
        }
        let deck = Deck::parse("---\nauthor: \"\"\ndate: 2024\npaging: Side %d av %d\n---\na");
        assert_eq!(deck.front.author.as_deref(), Some(""));
        assert_eq!(deck.front.date.as_deref(), Some("2024"));
        assert_eq!(deck.front.paging.as_deref(), Some("Side %d av %d"));
        assert_eq!(Deck::parse("---\n---\n# a").slides.len(), 1);
        assert_eq!(Deck::parse("---\n# a\n---\nb").front, FrontMatter::default());
        assert_eq!(sources("---\npaging: %d / %d\n---\na").len(), 2);
    }

    #[test]
    fn decks_for_presenterm_are_cut_by_their_comment() {
        let cases: &[(&str, &[&str])] = &[
            ("a\n\n---\n\nb\n<!-- end_slide -->\nc", &["a\n\n---\n\nb", "c"]),
            (
                "```\n<!-- end_slide -->\n```\n---\nb",
                &["```\n<!-- end_slide -->\n```", "b"],
            ),
            (
                "---\noptions:\n  end_slide_shorthand: true\n---\na\n---\nb\n<!-- end_slide -->\nc",
                &["a", "b", "c"],
            ),
            (
                "---\noptions: {implicit_slide_ends: true}\n---\nEn\n===\na\n\nTo\n---\nb",
                &["En\n===\na\n", "To\n---\nb"],
            ),
            ("a\n---\n<!-- skip_slide -->\nb\n---\nc", &["a", "c"]),
        ];
        for (deck, expected) in cases {
            assert_eq!(sources(deck), *expected, "{deck}");
        }
        let deck = Deck::parse("---\ntitle: Let's go\nauthors: [Kari, Ola]\nlocation: Hamar\n---\n# a");
        assert_eq!(deck.slides.len(), 2);
        assert_eq!(deck.slides[0].title(), "Let's go");
        assert!(deck.slides[0].source.ends_with("Hamar\n\nKari, Ola"));
        assert_eq!(deck.warnings, []);
    }

    #[test]
    fn included_files_stand_in_the_place_of_their_line() {
        let read = |path: &Path| match path.to_str() {
            Some("del/en.md") => Ok("b\n---\n<!-- include: to.md -->".to_owned()),
            Some("del/to.md") => Ok("c\n--- ".to_owned()),
            Some("rundt.md") => Ok("<!-- include: rundt.md -->".to_owned()),
            _ => Err("finnes ikke".to_owned()),
        };
        let deck = Deck::parse_with("a\n<!-- include: del/en.md -->\nd\n<!-- include: x -->", &read);
        let sources: Vec<&str> = deck.slides.iter().map(|slide| slide.source.as_str()).collect();
        assert_eq!(sources, ["a\nb", "c\n--- \nd"]);
        let lines: Vec<usize> = deck.warnings.iter().map(|warning| warning.line).collect();
        assert_eq!(lines, [2, 4]);
        assert_eq!(
            Deck::parse_with("<!-- include: rundt.md -->", &read)
                .warnings
                .len(),
            2
        );
    }

    #[test]
    fn warnings_name_their_line() {
        let cases = [
            ("---\na: 1\ntheme: [x]\n---\nb", vec![2, 3]),
            ("a\n\n--- \n\n----", vec![3, 5]),
            ("a\n```go\nb", vec![2]),
            ("```\n----\n```", vec![]),
            ("---\npaging: %d\n---\na", vec![2]),
            (" \n", vec![1]),
        ];
        for (deck, expected) in cases {
            let lines: Vec<usize> = Deck::parse(deck)
                .warnings
                .iter()
                .map(|warning| warning.line)
                .collect();
            assert_eq!(lines, expected, "{deck:?}");
        }
    }

    #[test]
    fn slides_know_their_title_and_line() {
        let deck = Deck::parse("---\nauthor: x\n---\n\n# A *b* `c`\n---\ntekst\n---\n## D");
        let titles: Vec<(&str, usize)> = deck.slides.iter().map(|s| (s.title(), s.first_line)).collect();
        assert_eq!(titles, [("A b c", 4), ("tekst", 7), ("D", 9)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn no_deck_panics_or_loses_text(source in r"(---\n|```|~~~|[a:{}\[\]&*!|>%@ \-\n\r\u{feff}]|///|author: ){0,60}") {
            let deck = Deck::parse(&source);
            prop_assert!(!deck.slides.is_empty());
            let kept: usize = deck.slides.iter().map(|slide| slide.source.len()).sum();
            prop_assert!(kept <= source.len());
        }
    }

    #[test]
    fn a_deck_of_fences_is_read_in_time() {
        for line in ["```a\n", "~~~\n---\n", "```a\n---\n", "---\n"] {
            let deck = Deck::parse(&line.repeat(2_000));
            assert!(!deck.slides.is_empty());
        }
    }
}
