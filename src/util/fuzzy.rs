//! Finding a name by a few of its letters.

/// The longest text and pattern that are looked at, in characters.
const CHARS_MAX: usize = 200;

/// How well `pattern` fits `text`: every letter of it in order, whatever the case; blanks in the pattern count
/// for nothing. More is better; none means that it does not fit. Letters that follow each other, and those
/// that begin a word, count for more, and letters that are passed over count against it.
pub fn score(text: &str, pattern: &str) -> Option<i32> {
    let text: Vec<char> = text
        .chars()
        .take(CHARS_MAX)
        .flat_map(char::to_lowercase)
        .collect();
    let letters = pattern.chars().take(CHARS_MAX).flat_map(char::to_lowercase);
    // The best score of every way to end the letters so far at a place of the text.
    let mut ends: Option<Vec<Option<i32>>> = None;
    for letter in letters.filter(|letter| !letter.is_whitespace()) {
        let mut best_before: Option<i32> = None;
        let mut next = vec![None; text.len()];
        for at in 0..text.len() {
            if text[at] == letter {
                let begins = at == 0 || !text[at - 1].is_alphanumeric();
                let own = if begins { 6 } else { 1 };
                next[at] = match &ends {
                    None => Some(own - i32::try_from(at.min(5)).unwrap_or(5)),
                    Some(ends) => {
                        let follows = at
                            .checked_sub(1)
                            .and_then(|before| ends[before])
                            .map(|score| score + 8);
                        follows.max(best_before.map(|score| score + own))
                    }
                };
            }
            // What ends here is passed by with a loss for the letters after it.
            let ended = ends.as_ref().and_then(|ends| ends[at]);
            best_before = ended.max(best_before.map(|score| score - 1));
        }
        ends = Some(next);
    }
    match ends {
        None => Some(0),
        Some(ends) => ends.into_iter().flatten().max(),
    }
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_fit_and_better_fits_score_more() {
        assert!(score("Request-Reply", "rere").is_some());
        assert!(score("Request-Reply", "REQ rep").is_some());
        assert!(score("Bjørnebær", "BJØ").is_some());
        assert_eq!(score("Request-Reply", "xyz"), None);
        assert_eq!(score("ab", "ba"), None);
        assert_eq!(score("noe", ""), Some(0));
        assert!(score("Hva er NATS?", "nats") > score("no alt tar slutt", "nats"));
        assert!(score("JetStream – Consumer", "cons") > score("Coordinations", "cons"));
    }
}
