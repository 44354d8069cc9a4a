//! What stands behind a fence's language: presenterm's words that begin with a plus, and lines in braces.

use std::ops::RangeInclusive;

use super::code::Auto;
use super::texts;

/// Steps of highlighted lines in one block; what is behind them is not a step.
const HIGHLIGHTS_MAX: usize = 64;

/// How large the terminal of a block may be.
const TERMINAL_COLUMNS: RangeInclusive<u16> = 10..=400;
const TERMINAL_ROWS: RangeInclusive<u16> = 2..=100;

/// The lines that stand out, counted from 1; an empty list means all.
pub type Highlight = Vec<RangeInclusive<usize>>;

/// All of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Attributes {
    /// Marked to be run: `+exec` and its kin.
    pub is_marked: bool,
    pub auto: Auto,
    pub validates: bool,
    pub expects_failure: bool,
    pub id: Option<String>,
    pub line_numbers: bool,
    /// Whether it runs on a terminal of its own, and the columns and rows of that, where they are said.
    pub terminal: Option<Option<(u16, u16)>>,
    /// The share of the width that a picture made by the block is to have, in per cent.
    pub share: Option<usize>,
    pub highlights: Vec<Highlight>,
    /// What is not understood, or not done, in the language of the interface.
    pub odd: Vec<String>,
}

impl Attributes {
    /// Reads what is behind the language. Words without a plus belong to somebody else.
    pub(super) fn read(text: &str) -> Attributes {
        let mut attributes = Attributes::default();
        let words = text.split_whitespace().filter_map(|word| word.strip_prefix('+'));
        for word in words {
            attributes.take(word);
        }
        let braces = text.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        if let Some((inner, _)) = braces {
            match highlights(inner) {
                Some(highlights) => attributes.highlights = highlights,
                None => attributes.odd.push(texts::no_lines(inner)),
            }
        }
        attributes
    }

    fn take(&mut self, word: &str) {
        let (name, value) = word.split_once(':').unwrap_or((word, ""));
        let run = |auto: Auto| (true, auto);
        let (is_marked, auto) = match name {
            "exec" => run(Auto::No),
            "auto_exec" => run(Auto::Run),
            "exec_replace" => run(Auto::Replace),
            "image" => run(Auto::Picture),
            "acquire_terminal" => {
                self.terminal = self.terminal.or(Some(None));
                run(Auto::No)
            }
            "pty" => {
                match terminal_size(value) {
                    Some(size) => self.terminal = Some(size),
                    None => self.odd.push(texts::unknown_attribute(word)),
                }
                run(Auto::No)
            }
            _ => (false, Auto::No),
        };
        if is_marked {
            self.is_marked = true;
            self.auto = self.auto.max(auto);
            if !value.is_empty() && name.contains("exec") {
                self.odd.push(texts::no_such_runner(value));
            }
            return;
        }
        match name {
            "id" if !value.is_empty() => self.id = Some(value.to_owned()),
            "line_numbers" => self.line_numbers = true,
            "validate" => self.validates = true,
            "expect" if value == "failure" => self.expects_failure = true,
            "width" if percent(value).is_some() => self.share = percent(value),
            // Blocks stand on the slide's own ground, and diagrams are always drawn.
            "no_background" | "render" => {}
            _ => self.odd.push(texts::unknown_attribute(word)),
        }
    }
}

/// `standby`, which blocks do anyway, and `COLUMNS:ROWS`; none where it is neither.
fn terminal_size(value: &str) -> Option<Option<(u16, u16)>> {
    let value = value
        .strip_prefix("standby")
        .map_or(value, |rest| rest.trim_start_matches(':'));
    if value.is_empty() {
        return Some(None);
    }
    let (columns, rows) = value.split_once(':')?;
    let (columns, rows) = (columns.parse().ok()?, rows.parse().ok()?);
    let is_usable = TERMINAL_COLUMNS.contains(&columns) && TERMINAL_ROWS.contains(&rows);
    is_usable.then_some(Some((columns, rows)))
}

fn percent(text: &str) -> Option<usize> {
    let share = text.strip_suffix('%')?.parse().ok();
    share.filter(|share| (1..=100).contains(share))
}

/// The groups of lines, a step each.
fn highlights(braces: &str) -> Option<Vec<Highlight>> {
    braces.split('|').take(HIGHLIGHTS_MAX).map(group).collect()
}

fn group(text: &str) -> Option<Highlight> {
    if text.trim() == "all" {
        return Some(Vec::new());
    }
    text.split(',').map(|range| line_range(range.trim())).collect()
}

fn line_range(text: &str) -> Option<RangeInclusive<usize>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read() {
        let read = Attributes::read;
        let stepped = read(" +line_numbers {1-3|5,7|all} +exec");
        assert!(stepped.line_numbers && stepped.is_marked && stepped.auto == Auto::No);
        assert_eq!(stepped.highlights, [vec![1..=3], vec![5..=5, 7..=7], vec![]]);
        assert_eq!(read("{2}").highlights, [vec![2..=2]]);
        assert_eq!(read(" +exec_replace").auto, Auto::Replace);
        assert_eq!(read(" +auto_exec").auto, Auto::Run);
        assert_eq!(read(" +exec +image").auto, Auto::Picture);
        assert_eq!(read(" +exec +pty").terminal, Some(None));
        assert_eq!(read(" +pty:80:30").terminal, Some(Some((80, 30))));
        assert_eq!(
            read(" +pty:standby:80:30 +acquire_terminal").terminal,
            Some(Some((80, 30)))
        );
        assert!(read(" +acquire_terminal").is_marked);
        assert_eq!(read(" +exec +id:a").id.as_deref(), Some("a"));
        let validated = read(" +validate +expect:failure +no_background +render +width:50%");
        assert!(validated.validates && validated.expects_failure && !validated.is_marked);
        assert_eq!((validated.share, validated.odd.len()), (Some(50), 0));
        assert_eq!(read(" sub hello.>"), Attributes::default());
    }

    #[test]
    fn what_is_not_done_is_named() {
        for (text, named) in [
            (" +exek", "+exek"),
            (" +width:0%", "+width:0%"),
            (" +expect:success", "+expect:success"),
            (" +id:", "+id:"),
            (" +exec:rust-script", "rust-script"),
            (" +pty:80:1", "+pty:80:1"),
            (" +pty:x", "+pty:x"),
            (" {1-x}", "1-x"),
        ] {
            let odd = Attributes::read(text).odd;
            assert!(odd.len() == 1 && odd[0].contains(named), "{text}: {odd:?}");
        }
    }
}
