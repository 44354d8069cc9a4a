//! Draws the list of labs, and the step of the one that is open.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::pane::Entry;
use super::texts;
use crate::lab::progress::Progress;
use crate::lab::{Broker, CheckReport, CheckState, Lab, Report};
use crate::tui::rows;
use crate::tui::theme::Theme;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::text::{self, Keep, fit, pad_left, pad_right, wrap};

/// Cells of a lab's title in the list.
const TITLE_CELLS: usize = 36;

/// Rows that the text keeps, however much the checks say.
const TEXT_ROWS_MIN: u16 = 5;
/// Cells of a name on the board.
const NAME_CELLS: usize = 24;
/// The longest bar on the board, in cells.
const BAR_CELLS_MAX: usize = 40;
/// Names on the board.
const BOARD_ROWS_MAX: usize = 8;

/// An open lab.
pub struct Work<'a> {
    /// The lab.
    pub lab: &'a Lab,
    /// How it stands.
    pub report: &'a Report,
    /// The address of its account.
    pub url: &'a str,
    /// Clients on other machines may take part.
    pub is_open_to_others: bool,
    /// Ask whether to begin again.
    pub asks_reset: bool,
    /// Say that the step has not passed yet.
    pub is_early: bool,
}

/// Draws the list with progress.
pub fn draw_list(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    labs: &[Arc<Lab>],
    progress: &Progress,
    open: Option<&str>,
    selection: &mut Selection,
) {
    let [list, foot] = Layout::vertical([Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let visible = selection.visible(labs.len(), list.height.into());
    let chosen = selection.index(labs.len());
    for (index, y) in visible.zip(list.y..) {
        let lab = &labs[index];
        let (passed, total) = (progress.passed(lab), lab.steps.len());
        let (mark, style) = match passed {
            _ if open == Some(lab.id.as_str()) => ("▶", theme.accent),
            0 => ("·", theme.text),
            n if n == total => ("✓", theme.good),
            _ => ("…", theme.warn),
        };
        let style = if chosen == Some(index) {
            theme.selected
        } else {
            style
        };
        let title = pad_right(
            &format!("{:>2} {}", index + 1, lab.title),
            TITLE_CELLS,
            Keep::Head,
        );
        // Labs that build on others can be opened all the same.
        let undone: Vec<String> = (1..)
            .zip(labs)
            .filter(|(_, other)| lab.after.contains(&other.id) && progress.passed(other) < other.steps.len())
            .map(|(number, _)| number.to_string())
            .collect();
        let mut text = format!("{mark} {title} {passed}/{total} {:>3} min", lab.minutes);
        let after = format!("  {}", texts::best_after(&undone.join(", ")));
        let has_room = text::width(&text) + text::width(&after) <= usize::from(list.width);
        if !undone.is_empty() && passed < total && has_room {
            text += &after;
        }
        let row = Rect { y, height: 1, ..list };
        frame.render_widget(
            Line::styled(fit(&text, list.width.into(), Keep::Head), style),
            row,
        );
    }
    let points: u32 = labs.iter().map(|lab| progress.points(lab)).sum();
    let done = labs
        .iter()
        .filter(|lab| progress.passed(lab) == lab.steps.len())
        .count();
    let text = texts::total(done, labs.len(), points);
    frame.render_widget(
        Line::styled(fit(&text, foot.width.into(), Keep::Head), theme.faint),
        foot,
    );
}

/// Draws the step: what to do above, how it stands below.
pub fn draw_work(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    work: &Work<'_>,
    scroll: &mut usize,
    answering: Option<&mut Entry>,
) {
    let below = standing(work, usize::from(area.width), theme);
    let field = u16::from(answering.is_some());
    // What is asked comes first: some of the text can be scrolled to.
    let most = area
        .height
        .saturating_sub(TEXT_ROWS_MIN + 2)
        .max(area.height / 2)
        .max(1);
    let height = u16::try_from(below.len()).unwrap_or(u16::MAX).min(most);
    let [head, above, rule, stands, entry] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(height),
        Constraint::Length(field),
    ])
    .areas(area);
    frame.render_widget(heading(work, head.width.into(), theme), head);
    let lines = text_of(work, above.width, theme);
    *scroll = (*scroll).min(lines.len().saturating_sub(usize::from(above.height)));
    let below_it = lines.len().saturating_sub(*scroll + usize::from(above.height));
    let mark = match (*scroll > 0, below_it > 0) {
        (_, true) => texts::more_below(below_it),
        (true, false) => texts::more_above().to_owned(),
        (false, false) => String::new(),
    };
    draw_lines(frame, above, lines.into_iter().skip(*scroll));
    frame.render_widget(Line::styled("─".repeat(rule.width.into()), theme.border), rule);
    frame.render_widget(Line::styled(mark, theme.accent).right_aligned(), rule);
    draw_lines(frame, stands, below.into_iter());
    if let Some(entering) = answering {
        let label = fit(&entering.prompt, usize::from(entry.width) / 2, Keep::Head) + " ▸ ";
        let cells = u16::try_from(text::width(&label)).unwrap_or(0);
        let [before, input] =
            Layout::horizontal([Constraint::Length(cells), Constraint::Fill(1)]).areas(entry);
        frame.render_widget(Span::styled(label, theme.accent), before);
        entering.field.draw(frame, input, theme, focused);
    }
}

fn draw_lines(frame: &mut Frame<'_>, area: Rect, lines: impl Iterator<Item = Line<'static>>) {
    for (line, y) in lines.zip(area.y..area.bottom()) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

fn heading(work: &Work<'_>, width: usize, theme: &Theme) -> Line<'static> {
    let marks: String = work
        .report
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| match step.passed {
            _ if index == work.report.step => '●',
            true => '✓',
            false => '○',
        })
        .collect();
    let title = work
        .report
        .steps
        .get(work.report.step)
        .map_or("", |step| step.title.as_str());
    let room = width.saturating_sub(marks.chars().count() + 1);
    Line::from_iter([
        Span::styled(pad_right(title, room, Keep::Head), theme.title),
        Span::styled(pad_left(&marks, width - room.min(width)), theme.accent),
    ])
}

/// What to do: introduction, the step's text, hints, the solution.
fn text_of(work: &Work<'_>, width: u16, theme: &Theme) -> Vec<Line<'static>> {
    let Some(step) = work.lab.steps.get(work.report.step) else {
        return Vec::new();
    };
    let mut markdown = String::new();
    if work.report.step == 0 {
        markdown += &format!("{}\n\n", work.lab.intro);
    }
    markdown += &step.text;
    let report = work.report;
    if report.caught_up {
        markdown += &format!("\n\n{}", texts::caught_up());
    }
    for (number, hint) in (1..).zip(&report.hints) {
        markdown += &format!("\n\n{}", texts::hint_of(number, report.hints_total, hint));
    }
    if let Some(solution) = &report.solution {
        markdown += &format!("\n\n{}\n\n```sh\n{solution}\n```\n", texts::the_solution());
    }
    markdown += &format!("\n\n{}", texts::own_terminal(work.url));
    if work.lab.broker == Broker::Shared {
        let words = match work.is_open_to_others {
            true => texts::for_others(),
            false => texts::only_here(),
        };
        markdown += &format!("\n\n{words}");
    }
    rows::markdown(&markdown, width, theme)
}

/// How the checks stand, and what comes next.
fn standing(work: &Work<'_>, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let report = work.report;
    let mut lines: Vec<Line<'static>> = Vec::new();
    for check in &report.checks {
        lines.extend(check_lines(check, width, theme));
    }
    if let Some(trouble) = &report.trouble {
        lines.extend(
            wrap(trouble, width)
                .into_iter()
                .map(|line| Line::styled(line, theme.bad)),
        );
    }
    let (text, style) = match report.has_passed() {
        _ if work.asks_reset => (texts::ask_reset().to_owned(), theme.warn),
        true if report.goes_on => (texts::goes_on().to_owned(), theme.good),
        true if report.is_finished() => (texts::finished(report.points), theme.good),
        true => (texts::passed().to_owned(), theme.good),
        false if work.is_early => (texts::not_yet().to_owned(), theme.warn),
        false => return lines,
    };
    // The news first: below a long list nobody would see them.
    lines.insert(0, Line::styled(fit(&text, width, Keep::Head), style));
    lines
}

fn check_lines(check: &CheckReport, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let (mark, style) = match check.state {
        CheckState::Passed => ("✓", theme.good),
        CheckState::Waiting if check.asks => ("?", theme.accent),
        CheckState::Waiting => ("·", theme.text),
        CheckState::Slipped => ("~", theme.warn),
        CheckState::Unable => ("–", theme.faint),
    };
    let share = check.share.filter(|_| check.state != CheckState::Passed);
    let share = share.map_or(String::new(), |(now, goal)| format!(" {now}/{goal}"));
    // Code is told from words by its place here; marks of markdown would only be in the way.
    let wrapped = |text: &str, style| {
        wrap(&text.replace('`', ""), width.saturating_sub(2))
            .into_iter()
            .map(move |line| Line::styled(format!("  {line}"), style))
    };
    let mut lines: Vec<Line<'static>> = wrapped(&format!("{}{share}", check.say), style).collect();
    if let Some(first) = lines.first_mut() {
        let text: String = first.spans.iter().map(|span| span.content.as_ref()).collect();
        *first = Line::styled(format!("{mark}{}", &text[1..]), style);
    }
    if check.asks {
        for (number, choice) in (1..).zip(&check.choices) {
            lines.extend(wrapped(&format!("{number}. {choice}"), theme.text));
        }
    }
    let is_answered = !check.asks || check.answered;
    if check.state != CheckState::Passed && is_answered {
        lines.extend(wrapped(
            &texts::expects(&check.expected, &check.seen),
            theme.faint,
        ));
    }
    if let Some(tip) = &check.tip {
        lines.extend(wrapped(tip, theme.faint));
    }
    lines.extend(board_lines(check, width, theme));
    lines
}

/// Who did how much, as bars.
fn board_lines(check: &CheckReport, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    if check.board.len() < 2 {
        return Vec::new();
    }
    let most = check.board.first().map_or(1, |(_, count)| (*count).max(1));
    let bar_cells = width.saturating_sub(NAME_CELLS + 10).min(BAR_CELLS_MAX);
    let mut lines: Vec<Line<'static>> = check
        .board
        .iter()
        .take(BOARD_ROWS_MAX)
        .map(|(name, count)| {
            let name = if name.is_empty() { "–" } else { name };
            let cells = (*count as usize * bar_cells).div_ceil(most as usize);
            Line::from_iter([
                Span::styled(
                    format!("  {} ", pad_right(name, NAME_CELLS, Keep::Head)),
                    theme.text,
                ),
                Span::styled("█".repeat(cells), theme.accent),
                Span::styled(format!(" {count}"), theme.faint),
            ])
        })
        .collect();
    if check.board.len() > BOARD_ROWS_MAX {
        let more = texts::and_more(check.board.len() - BOARD_ROWS_MAX);
        lines.push(Line::styled(format!("  {more}"), theme.faint));
    }
    lines
}
