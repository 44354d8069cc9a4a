//! From a file to slides: where one ends and the next begins, and what precedes the first.
//!
//! The rules are those of maaslalani/slides, mended where its users stumble: a separator inside a
//! code block does not cut, line ends may be CRLF, the last line needs no line end, and a first slide
//! that happens to be YAML is not taken for front matter.

use super::fence::Fence;
use super::front::{self, FrontMatter};
use super::slide::Slide;

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
    /// What is wrong, in bokmål.
    pub text: String,
}

/// The lines of one slide and the number of the first, from 1.
struct Part<'a> {
    first_line: usize,
    lines: Vec<&'a str>,
}

impl Deck {
    /// Reads a deck; every text is one.
    pub fn parse(source: &str) -> Deck {
        let source = source.trim_start_matches('\u{feff}').replace('\r', "");
        let mut warnings = Vec::new();
        let lines: Vec<&str> = source.lines().collect();

        let blank = lines.iter().take_while(|line| line.trim().is_empty()).count();
        let has_leading_separator = lines.get(blank).is_some_and(|line| is_separator(line));
        let start = if has_leading_separator { blank + 1 } else { 0 };
        let mut parts = split(&lines, start, &mut warnings);

        let front = if has_leading_separator && parts.len() > 1 {
            let yaml = parts[0].lines.join("\n");
            let found = front::read(&yaml, parts[0].first_line, &mut warnings);
            if found.is_some() {
                parts.remove(0);
            }
            found.unwrap_or_default()
        } else {
            FrontMatter::default()
        };

        let ends_empty = parts.last().is_some_and(Part::is_blank);
        if ends_empty && parts.len() > 1 {
            parts.pop();
        }
        let slides: Vec<Slide> = parts
            .iter()
            .map(|p| Slide::parse(&p.lines.join("\n"), p.first_line))
            .collect();
        if slides.iter().all(|slide| slide.source.trim().is_empty()) {
            warnings.push(Warning {
                line: 1,
                text: "presentasjonen er tom".to_owned(),
            });
        }
        Deck {
            front,
            slides,
            warnings,
        }
    }

    /// The project's own talk.
    pub fn builtin() -> Deck {
        Deck::parse(include_str!("../../slides/goingnats.md"))
    }
}

impl Part<'_> {
    fn is_blank(&self) -> bool {
        self.lines.iter().all(|line| line.trim().is_empty())
    }
}

fn is_separator(line: &str) -> bool {
    line == "---"
}

/// Cuts the lines from `start` at separators. There is always at least one part.
fn split<'a>(lines: &[&'a str], start: usize, warnings: &mut Vec<Warning>) -> Vec<Part<'a>> {
    let mut parts = vec![Part {
        first_line: start + 1,
        lines: Vec::new(),
    }];
    let mut fence: Option<FenceAt> = None;
    let mut at = start;
    while at < lines.len() {
        let line = lines[at];
        match fence {
            Some(open) if at < open.end => {}
            _ => fence = FenceAt::opened_at(lines, at, warnings),
        }
        let inside = fence.is_some_and(|open| at < open.end);
        if !inside && is_separator(line) {
            parts.push(Part {
                first_line: at + 2,
                lines: Vec::new(),
            });
        } else {
            if !inside {
                warn_of_near_separator(line, at, warnings);
            }
            parts
                .last_mut()
                .expect("a part was pushed before the loop")
                .lines
                .push(line);
        }
        at += 1;
    }
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
    fn opened_at(lines: &[&str], at: usize, warnings: &mut Vec<Warning>) -> Option<FenceAt> {
        let fence = Fence::opened_by(lines[at])?;
        let mut separator = None;
        for (number, line) in lines.iter().enumerate().skip(at + 1) {
            if fence.is_closed_by(line) {
                return Some(FenceAt { end: number + 1 });
            }
            if separator.is_some() && fence.is_reopened_by(line) {
                break;
            }
            if separator.is_none() && is_separator(line) {
                separator = Some(number);
            }
        }
        warnings.push(Warning {
            line: at + 1,
            text: "kodeblokken blir aldri lukket".to_owned(),
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
        let text = "ligner et lysbildeskille, men er det ikke: det må være nøyaktig tre bindestreker";
        warnings.push(Warning {
            line: at + 1,
            text: text.to_owned(),
        });
    }
}

#[cfg(test)]
mod tests {
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
