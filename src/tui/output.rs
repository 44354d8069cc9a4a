//! What a job wrote, as rows: under its block, or in a pane of its own.

use crate::tui::texts;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{ansi, rows};
use crate::runner::{JobView, OutputLine, Status, Stream};
use crate::tui::theme::Theme;
use crate::tui::widgets::number;

/// Cells of the mark before each row under a block.
pub const INDENT_CELLS: u16 = 2;

/// Blank lines at the end that are looked past.
const BLANK_LINES_MAX: usize = 4;

/// The newest output in at most `rows_max` rows of `width` cells, and a last row that says how the
/// job stands.
pub fn under_block(view: &JobView, width: usize, rows_max: usize, theme: &Theme) -> Vec<Line<'static>> {
    let text_width = width.saturating_sub(usize::from(INDENT_CELLS));
    // A terminal is shown whole: its program knows how large it is.
    let of_screen = view.screen.as_ref().map_or(0, |screen| screen.height() + 1);
    let room = rows_max.max(of_screen).saturating_sub(1).max(1);
    let mut shown = tail(view, text_width, room, theme);
    let lines_hidden = view.line_count() as u64 + view.dropped() - shown.lines as u64;
    if lines_hidden > 0 && shown.rows.len() >= room {
        let text = texts::more_lines(&number::count(lines_hidden + 1));
        shown.rows[0] = (Stream::Note, Line::styled(text, theme.faint));
    }
    shown.rows.push((Stream::Note, status(view, theme)));
    let rows = shown.rows.into_iter();
    rows.map(|(stream, mut row)| {
        // Many programs tell of their work on standard error, which is no reason to be loud.
        let mark = if stream == Stream::Err {
            theme.warn
        } else {
            theme.faint
        };
        row.spans.insert(0, Span::styled("┆ ", mark));
        row
    })
    .collect()
}

/// Rows of a job's newest output.
struct Tail {
    /// The rows, oldest first, and where each came from.
    rows: Vec<(Stream, Line<'static>)>,
    /// How many lines they show, wholly or in part, and how many blank ones they leave out.
    lines: usize,
}

/// The newest output in at most `rows_max` rows. Blank lines at its end tell nothing and are left out.
fn tail(view: &JobView, width: usize, rows_max: usize, theme: &Theme) -> Tail {
    let mut rows: Vec<(Stream, Line<'static>)> = Vec::new();
    let mut newest = view.tail(rows_max + BLANK_LINES_MAX);
    let mut lines = 0;
    while lines < BLANK_LINES_MAX && newest.last().is_some_and(|line| line.text.trim().is_empty()) {
        newest.pop();
        lines += 1;
    }
    for line in newest.iter().rev() {
        if rows.len() >= rows_max {
            break;
        }
        lines += 1;
        let style = match line.stream {
            Stream::Out | Stream::Err => theme.text,
            Stream::Note => theme.faint,
        };
        let wrapped = rows::wrap(ansi::parse(&line.text, style), width);
        rows.extend(wrapped.into_iter().rev().map(|row| (line.stream, row)));
    }
    rows.truncate(rows_max);
    rows.reverse();
    Tail { rows, lines }
}

/// One line of output, cut to the width.
pub fn line_rows(line: &OutputLine, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    rows::wrap(ansi::parse(&line.text, base(line.stream, theme)), width)
}

fn base(stream: Stream, theme: &Theme) -> Style {
    match stream {
        Stream::Out => theme.text,
        Stream::Err => theme.warn,
        Stream::Note => theme.faint,
    }
}

/// How the job stands: the exit code and the time.
pub fn status(view: &JobView, theme: &Theme) -> Line<'static> {
    let (text, style) = match view.status {
        Status::Running => return Line::styled(running_text(view), theme.accent),
        Status::Done { code: 0 } => (texts::done_well().to_owned(), theme.good),
        Status::Done { code } => (texts::done_badly(code), theme.bad),
        Status::Killed { signal } => (texts::killed(signal), theme.bad),
        Status::Cancelled => (texts::stopped().to_owned(), theme.warn),
        Status::Failed => (texts::could_not_run().to_owned(), theme.bad),
    };
    Line::from_iter([
        Span::styled(text, style),
        Span::styled(format!(" · {}", number::latency(view.elapsed())), theme.faint),
    ])
}

/// Whole seconds, since the screen is not drawn more often for a clock.
fn running_text(view: &JobView) -> String {
    match view.elapsed().as_secs() {
        0 => texts::running().to_owned(),
        seconds => texts::running_for(seconds),
    }
}
