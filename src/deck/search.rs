//! Searching the slides, by the rules of `slides`.

use std::ops::Range;

use regex::Regex;

use super::document::Deck;

/// How much memory a pattern may take once compiled; a pattern beyond it is refused.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// A pattern to search for.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles a regular expression; `/i` at its end ignores case.
    ///
    /// # Errors
    /// The expression is malformed or too large.
    pub fn new(text: &str) -> Result<Pattern, regex::Error> {
        let (text, ignore_case) = match text.strip_suffix("/i") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut builder = regex::RegexBuilder::new(text);
        builder
            .case_insensitive(ignore_case)
            .size_limit(PATTERN_BYTES_MAX);
        builder.build().map(Pattern)
    }

    /// Where the pattern stands in a line of text, in bytes.
    pub fn places(&self, line: &str) -> Vec<Range<usize>> {
        let found = self.0.find_iter(line).map(|found| found.range());
        found.filter(|range| !range.is_empty()).collect()
    }
}

/// All slides whose source matches.
pub fn hits(deck: &Deck, pattern: &Pattern) -> Vec<usize> {
    let slides = deck.slides.iter().enumerate();
    let hits = slides.filter(|(_, slide)| pattern.0.is_match(&slide.source));
    hits.map(|(page, _)| page).collect()
}

/// The next slide after `from` whose source matches: to the end, then from the start, and never
/// `from` itself.
pub fn search(deck: &Deck, from: usize, pattern: &Pattern) -> Option<usize> {
    let total = deck.slides.len();
    let after = (from + 1..total).chain(0..from.min(total));
    after
        .into_iter()
        .find(|&at| pattern.0.is_match(&deck.slides[at].source))
}

#[cfg(test)]
mod tests {
    use super::{Pattern, hits, search};
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
        assert_eq!(find(99, "Ape"), Some(0));
        assert_eq!(hits(&deck, &Pattern::new("ape/i").expect("a pattern")), [0, 2]);
        let pattern = Pattern::new("[ør]*").expect("a pattern");
        assert_eq!(pattern.places("Bjørn"), [2..5]);
        assert!(Pattern::new("(").is_err());
        assert!(Pattern::new(r"(\pL{100}){100}").is_err());
    }
}
