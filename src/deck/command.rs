//! Commands in comments, as presenterm writes them: `<!-- pause -->`, `<!-- column: 1 -->`. Any other
//! markdown viewer passes over them.

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

/// The commands in `html`, in their order; ordinary comments are none.
pub(super) fn all_in(html: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("<!--") {
        let (comment, behind) = after.split_once("-->").unwrap_or((after, ""));
        found.extend(read(comment));
        rest = behind;
    }
    found
}

/// The command that a line consists of.
pub(super) fn of_line(line: &str) -> Option<Command> {
    read(line.trim().strip_prefix("<!--")?.strip_suffix("-->")?)
}

fn read(comment: &str) -> Option<Command> {
    let comment = comment.trim();
    let (name, value) = comment.split_once(':').unwrap_or((comment, ""));
    let value = value.trim();
    let command = match name.trim() {
        "end_slide" => Command::EndSlide,
        "skip_slide" => Command::SkipSlide,
        "pause" => Command::Pause,
        "new_line" | "newline" => Command::NewLines(1),
        "new_lines" | "newlines" => Command::NewLines(value.parse::<u16>().ok()?.min(NEW_LINES_MAX)),
        "jump_to_middle" => Command::JumpToMiddle,
        "column_layout" => Command::ColumnLayout(shares(value)?),
        "column" => Command::Column(value.parse().ok()?),
        "reset_layout" => Command::ResetLayout,
        "incremental_lists" => Command::IncrementalLists(value.parse().ok()?),
        "font_size" => Command::FontSize(value.parse().ok().filter(|size| (1..=7).contains(size))?),
        "alignment" => Command::Alignment(match value {
            "left" => Alignment::Left,
            "center" => Alignment::Center,
            "right" => Alignment::Right,
            _ => return None,
        }),
        "speaker_note" => Command::SpeakerNote(note(value)),
        "snippet_output" if !value.is_empty() => Command::SnippetOutput(value.to_owned()),
        "include" if !value.is_empty() => Command::Include(value.to_owned()),
        _ => return None,
    };
    Some(command)
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
                "<!-- // en kommentar --><!-- TODO: noe --><!-- pause",
                vec![Command::Pause],
            ),
        ];
        for (html, expected) in cases {
            assert_eq!(all_in(html), expected, "{html}");
        }
        assert_eq!(of_line("  <!-- end_slide -->  "), Some(Command::EndSlide));
        assert_eq!(of_line("a <!-- end_slide -->"), None);
    }
}
