//! Commands in comments, as presenterm writes them: `<!-- pause -->`, `<!-- column: 1 -->`. Any other
//! markdown viewer passes over them.

use std::borrow::Cow;

use super::texts;

/// What a comment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// The slide ends here.
    EndSlide,
    /// This slide is left out.
    SkipSlide,
    /// What follows waits for the next key.
    Pause,
    /// So many blank lines.
    NewLines(u16),
    /// What follows stands in the middle of the screen.
    JumpToMiddle,
    /// Columns with these shares of the width.
    ColumnLayout(Vec<u16>),
    /// What follows stands in that column, from 0.
    Column(usize),
    /// No columns any more.
    ResetLayout,
    /// Whether each item of the lists that follow waits for a key.
    IncrementalLists(bool),
    /// Blank lines between the items of lists, and one more.
    ListItemNewlines(u16),
    /// The line at the foot of the screen stays empty.
    NoFooter,
    /// The size of the next heading or paragraph, 1 to 7; from 2 on it is big.
    FontSize(u8),
    /// How the lines that follow are set.
    Alignment(Alignment),
    /// What the block of that name writes, in this place.
    SnippetOutput(String),
    /// A word for the speaker alone.
    SpeakerNote(String),
    /// Another file in this place.
    Include(String),
}

/// How lines are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Alignment {
    #[default]
    Left,
    Center,
    Right,
}

/// Most columns of a slide; a layout with more is not one.
const COLUMNS_COUNT_MAX: usize = 8;
/// Most blank lines that one command makes.
const NEW_LINES_MAX: u16 = 50;
/// Most lines from one item of a list to the next.
pub(super) const ITEM_LINES_MAX: u16 = 10;

/// The commands in `html`, in their order; ordinary comments are none.
pub(super) fn all_in(html: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<!--") {
        let (comment, behind) = after.split_once("-->").unwrap_or((after, ""));
        found.extend(command(comment));
        rest = behind;
    }
    found
}

/// The command that a line consists of.
pub(super) fn of_line(line: &str) -> Option<Command> {
    command(comment_of(line)?)
}

/// What is wrong with the comment that a line consists of. In a deck that is `strict` every word that stands
/// alone or before a colon is meant as a command.
pub(super) fn complaint(line: &str, strict: bool) -> Option<String> {
    let comment = comment_of(line)?.trim();
    match read(comment) {
        Reading::Bad => Some(texts::bad_command(comment)),
        Reading::Unknown if strict => {
            let name = comment.split(':').next().unwrap_or(comment).trim();
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            is_name.then(|| texts::unknown_command(name))
        }
        Reading::Command(_) | Reading::Remark | Reading::Unknown => None,
    }
}

/// The line as it would be without the prefix that a deck's commands have; comments without it are remarks.
pub(super) fn without_prefix<'a>(line: &'a str, prefix: &str) -> Cow<'a, str> {
    match comment_of(line).map(str::trim) {
        Some(comment) if !prefix.is_empty() => match comment.strip_prefix(prefix) {
            Some(command) => format!("<!-- {} -->", command.trim()).into(),
            None => format!("<!-- // {comment} -->").into(),
        },
        _ => line.into(),
    }
}

fn comment_of(line: &str) -> Option<&str> {
    line.trim().strip_prefix("<!--")?.strip_suffix("-->")
}

/// What a comment was read as.
enum Reading {
    Command(Command),
    /// A word to whoever reads the file.
    Remark,
    /// A command with a value that it cannot have.
    Bad,
    Unknown,
}

fn command(comment: &str) -> Option<Command> {
    match read(comment) {
        Reading::Command(command) => Some(command),
        Reading::Remark | Reading::Bad | Reading::Unknown => None,
    }
}

fn read(comment: &str) -> Reading {
    let comment = comment.trim();
    let (name, value) = comment.split_once(':').unwrap_or((comment, ""));
    let (name, value) = (name.trim(), value.trim());
    // Rows of tables always come all at once.
    if matches!(name, "comment" | "incremental_tables") || comment.starts_with("//") {
        return Reading::Remark;
    }
    match valued(name, value) {
        Some(Some(command)) => Reading::Command(command),
        Some(None) => Reading::Bad,
        None => Reading::Unknown,
    }
}

/// The command of that name, if its value can be; none when there is no such command.
fn valued(name: &str, value: &str) -> Option<Option<Command>> {
    let count = |most: u16| value.parse::<u16>().ok().map(|count| count.min(most));
    let text = || Some(value.to_owned()).filter(|text| !text.is_empty());
    Some(match name {
        "end_slide" => Some(Command::EndSlide),
        "skip_slide" => Some(Command::SkipSlide),
        "pause" => Some(Command::Pause),
        "new_line" | "newline" => Some(Command::NewLines(1)),
        "new_lines" | "newlines" => count(NEW_LINES_MAX).map(Command::NewLines),
        "jump_to_middle" => Some(Command::JumpToMiddle),
        "column_layout" => shares(value).map(Command::ColumnLayout),
        "column" => value.parse().ok().map(Command::Column),
        "reset_layout" => Some(Command::ResetLayout),
        "incremental_lists" => value.parse().ok().map(Command::IncrementalLists),
        "list_item_newlines" => count(ITEM_LINES_MAX)
            .filter(|count| *count > 0)
            .map(Command::ListItemNewlines),
        "no_footer" => Some(Command::NoFooter),
        "font_size" => {
            let size = value.parse().ok().filter(|size| (1..=7).contains(size));
            size.map(Command::FontSize)
        }
        "alignment" => match value {
            "left" => Some(Command::Alignment(Alignment::Left)),
            "center" => Some(Command::Alignment(Alignment::Center)),
            "right" => Some(Command::Alignment(Alignment::Right)),
            _ => None,
        },
        "speaker_note" => Some(Command::SpeakerNote(note(value))),
        "snippet_output" => text().map(Command::SnippetOutput),
        "include" => text().map(Command::Include),
        _ => return None,
    })
}

fn shares(list: &str) -> Option<Vec<u16>> {
    let inner = list.strip_prefix('[')?.strip_suffix(']')?;
    let shares: Option<Vec<u16>> = inner
        .split(',')
        .map(|share| share.trim().parse().ok().filter(|share| *share > 0))
        .collect();
    shares.filter(|shares| shares.len() <= COLUMNS_COUNT_MAX)
}

/// A note in one line, or YAML's block of several.
fn note(value: &str) -> String {
    let text = value.strip_prefix(['|', '>']).unwrap_or(value);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_comments_are_none() {
        let cases = [
            ("<!-- pause -->", vec![Command::Pause]),
            ("<!--end_slide-->", vec![Command::EndSlide]),
            (
                "<!-- column_layout: [2, 1] -->",
                vec![Command::ColumnLayout(vec![2, 1])],
            ),
            (
                "<!-- column: 1 --><!-- new_lines: 3 -->",
                vec![Command::Column(1), Command::NewLines(3)],
            ),
            ("<!-- newlines: 9999 -->", vec![Command::NewLines(NEW_LINES_MAX)]),
            (
                "<!-- incremental_lists: true -->",
                vec![Command::IncrementalLists(true)],
            ),
            (
                "<!--\nspeaker_note: |\n  en\n  to\n-->",
                vec![Command::SpeakerNote("en\nto".to_owned())],
            ),
            (
                "<!-- speaker_note: se kl. 12:30 -->",
                vec![Command::SpeakerNote("se kl. 12:30".to_owned())],
            ),
            (
                "<!-- snippet_output: navn -->",
                vec![Command::SnippetOutput("navn".to_owned())],
            ),
            (
                "<!-- include: a/b.md -->",
                vec![Command::Include("a/b.md".to_owned())],
            ),
            (
                "<!-- font_size: 9 --><!-- column_layout: [0] --><!-- column_layout: 1 -->",
                vec![],
            ),
            (
                "<!-- // en kommentar --><!-- merk: noe --><!-- pause",
                vec![Command::Pause],
            ),
        ];
        for (html, expected) in cases {
            assert_eq!(all_in(html), expected, "{html}");
        }
        assert_eq!(of_line("  <!-- end_slide -->  "), Some(Command::EndSlide));
        assert_eq!(of_line("a <!-- end_slide -->"), None);
    }

    #[test]
    fn what_is_meant_as_a_command_and_is_none_is_named() {
        for (line, loose, strict) in [
            ("<!-- pause -->", None, None),
            ("<!-- // husk -->", None, None),
            ("<!-- comment: pause -->", None, None),
            ("<!-- si noe om poteter -->", None, None),
            ("tekst", None, None),
            (
                "<!-- column_layout: [1, 0] -->",
                Some("column_layout: [1, 0]"),
                Some("column_layout: [1, 0]"),
            ),
            (
                "<!-- font_size: 9 -->",
                Some("font_size: 9"),
                Some("font_size: 9"),
            ),
            ("<!-- pase -->", None, Some("pase")),
            ("<!-- speaker_notes: x -->", None, Some("speaker_notes")),
        ] {
            for (is_strict, named) in [(false, loose), (true, strict)] {
                let said = complaint(line, is_strict);
                assert_eq!(said.is_some(), named.is_some(), "{line}");
                assert!(
                    said.unwrap_or_default().contains(named.unwrap_or_default()),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn with_a_prefix_only_comments_that_have_it_are_commands() {
        for (line, expected) in [
            ("<!-- cmd:pause -->", "<!-- pause -->"),
            ("<!-- cmd: column: 1 -->", "<!-- column: 1 -->"),
            ("<!-- pause -->", "<!-- // pause -->"),
            ("tekst", "tekst"),
        ] {
            assert_eq!(without_prefix(line, "cmd:"), expected);
            assert_eq!(without_prefix(line, ""), line);
        }
    }
}
