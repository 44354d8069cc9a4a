//! Searching the slides, by the rules of `slides`.

use std::ops::Range;

use regex::Regex;

use super::document::Deck;
use super::slide::Slide;

/// How much memory a pattern may take once compiled; a pattern beyond it is refused.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A pattern to search for.
#[derive(Debug, Clone)]
pub struct Pattern {
    regex: Regex,
    /// What only the speaker sees is no hit.
    only_visible: bool,
}

impl Pattern {
    /// Compiles a regular expression; `/i` at its end ignores case, `/v` passes by hidden lines and notes, which
    /// `slides` finds, and `/iv` does both.
    ///
    /// # Errors
    /// The expression is malformed or too large.
    pub fn new(text: &str) -> Result<Pattern, regex::Error> {
        let suffix = |suffix| text.strip_suffix(suffix);
        let (text, ignore_case, only_visible) = match (suffix("/i"), suffix("/v"), suffix("/iv")) {
            (Some(text), ..) => (text, true, false),
            (_, Some(text), _) => (text, false, true),
            (.., Some(text)) => (text, true, true),
            _ => (text, false, false),
        };
        let mut builder = regex::RegexBuilder::new(text);
        builder
            .case_insensitive(ignore_case)
            .size_limit(PATTERN_BYTES_MAX);
        let regex = builder.build()?;
        Ok(Pattern { regex, only_visible })
    }

    fn fits(&self, slide: &Slide) -> bool {
        match self.only_visible {
            true => self.regex.is_match(&slide.for_audience()),
            false => self.regex.is_match(&slide.source),
        }
    }

    /// Where the pattern stands in a line of text, in bytes.
    pub fn places(&self, line: &str) -> Vec<Range<usize>> {
        let found = self.regex.find_iter(line).map(|found| found.range());
        found.filter(|range| !range.is_empty()).collect()
    }
}

/// All slides whose source matches.
pub fn hits(deck: &Deck, pattern: &Pattern) -> Vec<usize> {
    let slides = deck.slides.iter().enumerate();
    let hits = slides.filter(|(_, slide)| pattern.fits(slide));
    hits.map(|(page, _)| page).collect()
}

/// The next slide after `from` whose source matches: to the end, then from the start, and never
/// `from` itself.
pub fn search(deck: &Deck, from: usize, pattern: &Pattern) -> Option<usize> {
    let total = deck.slides.len();
    let after = (from + 1..total).chain(0..from.min(total));
    after.into_iter().find(|&at| pattern.fits(&deck.slides[at]))
}

/// The same backwards: to the start, then from the end.
pub fn search_back(deck: &Deck, from: usize, pattern: &Pattern) -> Option<usize> {
    let total = deck.slides.len();
    let before = (from + 1..total).chain(0..from.min(total)).rev();
    // Those before `from` come first, the nearest of them at once.
    before.into_iter().find(|&at| pattern.fits(&deck.slides[at]))
}

#[cfg(test)]
mod tests {
    use super::{Pattern, hits, search, search_back};
    use crate::deck::Deck;

    #[test]
    fn starts_after_the_slide_wraps_and_skips_the_slide_itself() {
        let deck = Deck::parse("# Ape\n---\n# Bjørn\n---\n# ape\n---\n```go\n///hemmelig\n```");
        let find = |from, text| search(&deck, from, &Pattern::new(text).expect("a pattern"));
        assert_eq!(find(0, "ape"), Some(2));
        assert_eq!(find(2, "ape"), None);
        assert_eq!(find(2, "ape/i"), Some(0));
        assert_eq!(find(3, "BJØRN/i"), Some(1));
        assert_eq!(find(0, "hemmelig"), Some(3));
        assert_eq!(find(0, "hemmelig/v"), None);
        assert_eq!(find(0, "BJØRN/iv"), Some(1));
        let back = |from, text| search_back(&deck, from, &Pattern::new(text).expect("a pattern"));
        assert_eq!(
            (back(3, "pe/i"), back(2, "pe/i"), back(0, "pe/i")),
            (Some(2), Some(0), Some(2))
        );
        assert_eq!(back(2, "Bj"), Some(1));
        assert_eq!(back(1, "Bj"), None);
        assert_eq!(find(99, "Ape"), Some(0));
        assert_eq!(hits(&deck, &Pattern::new("ape/i").expect("a pattern")), [0, 2]);
        let pattern = Pattern::new("[ør]*").expect("a pattern");
        assert_eq!(pattern.places("Bjørn").first(), Some(&(2..5)));
        assert!(Pattern::new("(").is_err());
        assert!(Pattern::new(r"(\pL{100}){100}").is_err());
    }
}
