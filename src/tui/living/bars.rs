//! A poll as it is seen: the question, the answers, and how often each was given.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::ballot::{Ballot, Phase};
use super::{colour, texts};
use crate::deck::letter;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Eighths of a cell.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
/// Cells for a count and a share: ` 1,234 · 100 %`.
const FIGURES_CELLS: usize = 14;
/// Of a row, the part that an answer's words may take beside its bar.
const WORDS_PART: usize = 2;

/// How far the poll is, in words.
pub fn state(ballot: &Ballot) -> (String, Option<String>) {
    let total = match ballot.total() {
        1 => texts::one_answer().to_owned(),
        total => texts::answers(&number::count(total as u64)),
    };
    let state = match ballot.standing.phase {
        Phase::Open => total,
        Phase::Closed => format!("{} · {total}", texts::closed()),
        Phase::Shown => format!("{} · {total}", texts::solution()),
    };
    (state, ballot.trouble.clone())
}

/// Draws the poll.
pub fn draw(ballot: &Ballot, area: Rect, buffer: &mut Buffer, theme: &Theme) {
    let poll = &ballot.poll;
    let width = usize::from(area.width);
    let mut rows: Vec<Line<'static>> = Vec::new();
    for line in &poll.question {
        let wrapped = text::wrap(line, width);
        let style = theme.title.add_modifier(Modifier::BOLD);
        rows.extend(wrapped.into_iter().map(|row| Line::styled(row, style)));
    }
    let left = usize::from(area.height).saturating_sub(rows.len());
    let longest = poll.options.iter().map(|option| text::width(option)).max();
    let words = longest.unwrap_or(0) + 4;
    let fits_beside = words <= width / WORDS_PART;
    let options = poll.options.len();
    let (is_beside, is_airy) = match left {
        left if fits_beside => (true, left >= 2 * options),
        left => (left < 2 * options, false),
    };
    let words = words.min(width / WORDS_PART);
    let counts = ballot.counts();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    for (nth, option) in poll.options.iter().enumerate() {
        if is_airy && !(nth == 0 && rows.is_empty()) {
            rows.push(Line::default());
        }
        let style = style_of(ballot, nth, theme);
        let mark = match ballot.standing.answer {
            Some(answer) if answer == nth => "✓",
            _ => " ",
        };
        let head = Span::styled(
            format!("{mark}{} ", letter(nth)),
            style.add_modifier(Modifier::BOLD),
        );
        let cells = if is_beside { words } else { width };
        let said = Span::styled(
            match is_beside {
                true => text::pad_right(option, cells.saturating_sub(3), Keep::Head),
                false => text::fit(option, cells.saturating_sub(3), Keep::Head),
            },
            theme.text,
        );
        let bar = bar(
            counts[nth],
            most,
            ballot.total(),
            width.saturating_sub(if is_beside { cells } else { 3 }),
            style,
            theme,
        );
        match is_beside {
            true => rows.push(Line::from_iter([head, said].into_iter().chain(bar))),
            false => {
                rows.push(Line::from_iter([head, said]));
                rows.push(Line::from_iter([Span::raw("   ")].into_iter().chain(bar)));
            }
        }
    }
    for (row, y) in rows.into_iter().zip(area.top()..area.bottom()) {
        row.render(Rect { y, height: 1, ..area }, buffer);
    }
}

/// The right answer stands out once it is seen.
fn style_of(ballot: &Ballot, nth: usize, theme: &Theme) -> Style {
    match ballot.standing.answer {
        Some(answer) if answer == nth => theme.good,
        Some(_) => theme.faint,
        None => colour(theme, nth),
    }
}

/// A bar as long as its count is to the greatest, and the figures behind it.
fn bar(
    count: usize,
    most: usize,
    total: usize,
    cells: usize,
    style: Style,
    theme: &Theme,
) -> Vec<Span<'static>> {
    let room = cells.saturating_sub(FIGURES_CELLS);
    let eighths = room * 8 * count / most;
    let full = "█".repeat(eighths / 8);
    let share = (100 * count + total / 2).checked_div(total).unwrap_or(0);
    let figures = format!(" {} · {share} %", number::count(count as u64));
    vec![
        Span::styled(format!("{full}{}", EIGHTHS[eighths % 8]), style),
        Span::styled(figures, theme.faint),
    ]
}
