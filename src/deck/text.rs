//! Text on a grid of cells: how wide it is, where it breaks, and what may not reach a terminal.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::style::{Line, Role, Span};

/// How far apart tab stops are in code.
const TAB: usize = 4;
/// The least part of the columns that a last line of prose has.
const LAST_LINE_PART: usize = 5;
/// Columns from which on a broken word has a hyphen.
const HYPHEN_COLUMNS_MIN: usize = 6;
/// From so many columns on, prose is spread over its lines.
const PROSE_COLUMNS_MIN: usize = 36;

/// The columns that `text` takes.
pub(super) fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Whether a word can be broken with a hyphen: it is of letters, and of a script that has hyphens.
pub fn is_of_letters(word: &str) -> bool {
    word.chars()
        .all(|letter| letter.is_alphabetic() && letter < '\u{2e80}')
}

/// The columns that `spans` take.
pub(super) fn spans_width(spans: &[Span]) -> usize {
    spans.iter().map(|span| width(&span.text)).sum()
}

/// Makes control and bidi characters visible instead of letting a terminal obey them. A tab is a blank between words.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('�')),
            '\x7f' => out.push('␡'),
            c if is_obeyed(c) => out.push_str(&format!("<{:04X}>", u32::from(c))),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Characters that steer a terminal or the order of reading.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
}

/// Makes a line of code fit for the screen: tabs become spaces, the rest as [`clean`].
pub(super) fn clean_code(spans: Vec<Span>) -> Vec<Span> {
    let mut column = 0;
    let mut out = Vec::with_capacity(spans.len());
    for span in spans {
        let mut text = String::with_capacity(span.text.len());
        for (nth, piece) in span.text.split('\t').enumerate() {
            if nth > 0 {
                let gap = TAB - column % TAB;
                text.extend(std::iter::repeat_n(' ', gap));
                column += gap;
            }
            let piece = clean(piece);
            column += width(&piece);
            text.push_str(&piece);
        }
        out.push(Span { text, ..span });
    }
    out
}

/// Appends a span, or lengthens the last one when it looks the same.
pub(super) fn push(spans: &mut Vec<Span>, text: &str, role: Role, link: Option<&str>) {
    match spans.last_mut() {
        Some(last) if last.role == role && last.link.as_deref() == link => last.text.push_str(text),
        _ => spans.push(Span {
            text: text.to_owned(),
            role,
            link: link.map(str::to_owned),
        }),
    }
}

/// Breaks `spans` into lines of at most `columns`: between words, and inside a word only when it is
/// longer than a line. Blanks in running text count as one; in inline code every blank stays.
pub(super) fn wrap(spans: &[Span], columns: usize) -> Vec<Line> {
    let mut wrapper = Wrapper {
        columns: columns.max(1),
        ..Wrapper::default()
    };
    for span in spans {
        for cluster in span.text.graphemes(true) {
            wrapper.take(cluster, span);
        }
    }
    wrapper.finish()
}

/// As [`wrap`], for text that is read: no word or two are left alone on a last line where words of the lines above can
/// keep them company without one line more. In narrow columns there are too few words to choose from.
pub(super) fn wrap_prose(spans: &[Span], columns: usize) -> Vec<Line> {
    let lines = wrap(spans, columns);
    let least = columns / LAST_LINE_PART;
    let is_lonely = |lines: &[Line]| lines.last().is_some_and(|last| last.width() < least);
    if columns < PROSE_COLUMNS_MIN || lines.len() < 2 || !is_lonely(&lines) {
        return lines;
    }
    let mut narrower = columns;
    let mut tried = lines.clone();
    loop {
        // Until the widest line is too wide, nothing moves.
        let widest = tried.iter().map(Line::width).max().unwrap_or(0);
        narrower = widest.min(narrower).saturating_sub(1);
        if narrower < (columns * 2 / 3).max(widest_word(spans)) {
            return lines;
        }
        tried = wrap(spans, narrower);
        if tried.len() > lines.len() {
            return lines;
        }
        if !is_lonely(&tried) {
            return tried;
        }
    }
}

/// The part of `spans` that fits in `columns`; where something is cut off, a mark says so.
pub(super) fn cut(spans: &[Span], columns: usize) -> Vec<Span> {
    if spans_width(spans) <= columns {
        return spans.to_vec();
    }
    let mut left = columns.saturating_sub(1);
    let mut out = Vec::new();
    for span in spans {
        for cluster in span.text.graphemes(true) {
            if width(cluster) > left {
                push(&mut out, "›", Role::ListMarker, None);
                return out;
            }
            left -= width(cluster);
            push(&mut out, cluster, span.role, span.link.as_deref());
        }
    }
    out
}

/// The widest word, which is what a column needs so that no word is broken.
pub(super) fn widest_word(spans: &[Span]) -> usize {
    let text: String = spans.iter().map(|span| span.text.as_str()).collect();
    text.split(' ').map(width).max().unwrap_or(0)
}

#[derive(Default)]
struct Wrapper {
    columns: usize,
    lines: Vec<Line>,
    line: Row,
    /// The blanks before `word`; they vanish when a line breaks there.
    blanks: Row,
    word: Row,
}

/// Spans with their width.
#[derive(Default)]
struct Row {
    spans: Vec<Span>,
    width: usize,
}

impl Row {
    fn push(&mut self, text: &str, like: &Span) {
        self.width += width(text);
        push(&mut self.spans, text, like.role, like.link.as_deref());
    }

    fn append(&mut self, other: Row) {
        for span in other.spans {
            self.push(&span.text, &span);
        }
    }
}

impl Wrapper {
    fn take(&mut self, cluster: &str, span: &Span) {
        if cluster != " " {
            self.word.push(cluster, span);
            return;
        }
        self.end_word();
        if self.blanks.width == 0 || span.role == Role::InlineCode {
            self.blanks.push(" ", span);
        }
    }

    fn end_word(&mut self) {
        if self.word.width == 0 && self.word.spans.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let blanks = std::mem::take(&mut self.blanks);
        let starts_line = self.line.spans.is_empty();
        if !starts_line && self.line.width + blanks.width + word.width > self.columns {
            self.end_line();
        } else if !starts_line {
            self.line.append(blanks);
        }
        if self.line.width + word.width <= self.columns {
            self.line.append(word);
        } else {
            self.break_word(&word);
        }
    }

    /// A word of letters alone, such as a long compound, is broken with a hyphen; an address or a name is not, since
    /// a hyphen would be taken for a part of it.
    fn break_word(&mut self, word: &Row) {
        let is_plain = word
            .spans
            .iter()
            .all(|span| span.role != Role::InlineCode && span.link.is_none() && is_of_letters(&span.text));
        let is_hyphenated = is_plain && self.columns >= HYPHEN_COLUMNS_MIN;
        let mut left = word.width;
        for span in &word.spans {
            for cluster in span.text.graphemes(true) {
                left = left.saturating_sub(width(cluster));
                let hyphen = usize::from(is_hyphenated && left > 0);
                if self.line.width > 0 && self.line.width + width(cluster) + hyphen > self.columns {
                    if is_hyphenated {
                        self.line.push("-", span);
                    }
                    self.end_line();
                }
                self.line.push(cluster, span);
            }
        }
    }

    fn end_line(&mut self) {
        self.lines.push(Line {
            spans: std::mem::take(&mut self.line).spans,
        });
    }

    fn finish(mut self) -> Vec<Line> {
        self.end_word();
        if !self.line.spans.is_empty() {
            self.end_line();
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<Span> {
        vec![Span {
            text: text.to_owned(),
            ..Span::default()
        }]
    }

    fn wrapped(text: &str, columns: usize) -> Vec<String> {
        wrap(&plain(text), columns).iter().map(Line::text).collect()
    }

    #[test]
    fn breaks_between_words_by_their_width() {
        assert_eq!(wrapped("en to  tre", 6), ["en to", "tre"]);
        assert_eq!(wrapped("blåbær på røros", 7), ["blåbær", "på", "røros"]);
        assert_eq!(wrapped("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(
            wrapped("et distribuertsystemeksempel", 12),
            ["et", "distribuert-", "systemeksem-", "pel"]
        );
        assert_eq!(wrapped("https://nats.io/docs", 12), ["https://nats", ".io/docs"]);
        assert_eq!(wrapped("日本語 日本", 5), ["日本", "語", "日本"]);
        assert_eq!(
            wrapped("e\u{301}e\u{301}e\u{301}", 3),
            ["e\u{301}e\u{301}e\u{301}"]
        );
        assert_eq!(wrapped("", 3), Vec::<String>::new());
    }

    #[test]
    fn a_tab_in_prose_is_a_blank() {
        assert_eq!(clean("punkt\tmed tab"), "punkt med tab");
        assert_eq!(clean("a\u{7}b"), "a␇b");
    }

    #[test]
    fn no_word_of_prose_is_left_alone() {
        let prose = |text: &str, columns| -> Vec<String> {
            let lines = wrap_prose(&plain(text), columns);
            lines.iter().map(Line::text).collect()
        };
        let text = "Enkle byggeklosser som løser kompliserte utfordringer i distribuerte systemer.";
        assert_eq!(
            prose(text, 72),
            [
                "Enkle byggeklosser som løser kompliserte utfordringer i",
                "distribuerte systemer."
            ]
        );
        assert_eq!(prose(text, 78), [text]);
        // One more line is no better, and a long word has nowhere to go.
        let full = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bb";
        assert_eq!(prose(full, 40), wrapped(full, 40));
        assert_eq!(prose("en to tre", 6), wrapped("en to tre", 6));
    }

    #[test]
    fn a_word_of_several_spans_stays_together() {
        let mut spans = plain("aa ");
        spans.push(Span {
            text: "bb".to_owned(),
            role: Role::Strong,
            link: None,
        });
        spans.extend(plain("cc"));
        let lines = wrap(&spans, 6);
        assert_eq!(lines.iter().map(Line::text).collect::<Vec<_>>(), ["aa", "bbcc"]);
        assert_eq!(lines[1].spans[0].role, Role::Strong);
    }

    #[test]
    fn what_steers_a_terminal_is_shown() {
        assert_eq!(clean("a\x1b[2Jb\x7f"), "a␛[2Jb␡");
        assert_eq!(clean("a\u{202e}b\u{9b}"), "a<202E>b<009B>");
        assert_eq!(clean("æ – ’"), "æ – ’");
    }

    #[test]
    fn tabs_reach_their_stops_across_spans() {
        let spans = clean_code([plain("a\tb"), plain("c\td")].concat());
        assert_eq!(spans[0].text, "a   b");
        assert_eq!(spans[1].text, "c  d");
    }
}
