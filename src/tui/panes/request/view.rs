//! Draws the request pane: form, outcome, answers, and the responder.

use crate::tui::panes::access::ReadOnly;
use crate::tui::panes::request::texts;
use crate::tui::panes::texts as shared;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::panes::request::asker::{Exchange, Outcome, Reply};
use crate::tui::panes::request::responder::{ANSWERED_BY, Served};
use crate::tui::panes::request::{Part, View};
use crate::tui::theme::Theme;
use crate::tui::widgets::message::MessageView;
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::{number, spark};

/// From this height on both parts are shown.
const BOTH_HEIGHT_MIN: u16 = 13;
/// From this width on the latencies are told whole.
const LATENCIES_WIDTH_MIN: u16 = 64;
/// Rows for answers below which the histogram gives way to them.
const HISTOGRAM_SPARE_MIN: u16 = 3;
/// Cells of the charts of latencies.
const CHART_CELLS: usize = 24;
/// Cells of who answered.
const BY_CELLS_MAX: usize = 12;
/// Cells of a member's bar.
const BAR_CELLS: usize = 20;

/// Draws the pane.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    exchange: &Exchange,
    served: &Served,
    view: &mut View,
) {
    if let Some((reply, scroll)) = &mut view.zoom {
        let facts = [
            (texts::answer(), number::count(reply.number)),
            (texts::time(), number::latency(reply.latency)),
        ];
        let message = MessageView {
            facts: &facts,
            headers: &reply.headers,
            payload: &reply.payload,
        };
        return message.draw(frame, area, theme, scroll);
    }
    let summary = u16::from(area.height > 2);
    if area.height >= BOTH_HEIGHT_MIN {
        let members = u16::try_from(served.members.len()).unwrap_or(u16::MAX);
        let serving = (view.serving.height_wanted() + 1 + members).min(area.height - 7);
        let [top, gap, bottom] = Layout::vertical([
            Constraint::Min(6),
            Constraint::Length(1),
            Constraint::Length(serving),
        ])
        .areas(area);
        draw_asking(frame, top, (theme, focused), exchange, view);
        let rule = "─".repeat(gap.width.into());
        frame.render_widget(Span::styled(rule, theme.border), gap);
        draw_serving(frame, bottom, (theme, focused), served, view);
    } else if view.part == Part::Serving {
        draw_serving(frame, area, (theme, focused), served, view);
    } else {
        let [top, last] = Layout::vertical([Constraint::Min(1), Constraint::Length(summary)]).areas(area);
        draw_asking(frame, top, (theme, focused), exchange, view);
        draw_line(frame, last, served_text(served, theme));
    }
}

fn draw_asking(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    exchange: &Exchange,
    view: &mut View,
) {
    let outcome = u16::from(area.height > 1);
    let rest = area.height.saturating_sub(outcome);
    // While the answers have the focus, the form gives way to them.
    let form_height = match view.part {
        Part::Replies => rest.saturating_sub(3).min(1),
        _ => view.asking.height_wanted().min(rest),
    };
    let spare = rest.saturating_sub(form_height);
    let shape = u16::from(spare >= HISTOGRAM_SPARE_MIN && exchange.latencies.seconds().len() > 1);
    let [form, outcome, shape, replies] = Layout::vertical([
        Constraint::Length(form_height),
        Constraint::Length(outcome),
        Constraint::Length(shape),
        Constraint::Min(0),
    ])
    .areas(area);
    frame.render_widget(histogram_line(exchange, theme), shape);
    view.asking
        .draw(frame, form, theme, focused && view.part == Part::Asking);
    let narrow = area.width < LATENCIES_WIDTH_MIN;
    let said = match (&exchange.outcome, &view.problem, view.is_read_only) {
        (Outcome::Idle, None, true) => (ReadOnly.to_string(), theme.warn),
        _ => outcome_text(exchange, view.problem.as_deref(), theme, narrow),
    };
    draw_line(frame, outcome, said);
    draw_replies(frame, replies, (theme, focused), exchange, view);
}

fn draw_line(frame: &mut Frame<'_>, area: Rect, (content, style): (String, Style)) {
    let content = payload::neutralise(&content);
    let line = Line::styled(text::fit(&content, area.width.into(), Keep::Head), style);
    frame.render_widget(line, area);
}

fn outcome_text(exchange: &Exchange, problem: Option<&str>, theme: &Theme, narrow: bool) -> (String, Style) {
    if let Some(problem) = problem {
        return (problem.to_owned(), theme.bad);
    }
    let wait = crate::util::duration::format(exchange.wait);
    match (&exchange.outcome, exchange.answers) {
        (Outcome::Idle, _) => (texts::how_to_send().to_owned(), theme.faint),
        (Outcome::Failed(why), _) => (why.clone(), theme.bad),
        (Outcome::NoResponders, _) => (texts::no_responders().to_owned(), theme.warn),
        (Outcome::Waiting, 0) => (texts::waiting(&wait), theme.faint),
        (Outcome::Over, 0) => (texts::no_answer(&wait), theme.warn),
        (Outcome::Stopped, 0) => (texts::stopped_early().to_owned(), theme.warn),
        (outcome, n) => {
            let more = if *outcome == Outcome::Waiting { " …" } else { "" };
            (
                texts::answers(&number::count(n), more, &latency_text(exchange, narrow)),
                theme.good,
            )
        }
    }
}

fn latency_text(exchange: &Exchange, narrow: bool) -> String {
    let Some(summary) = exchange.latencies.summary() else {
        return String::new();
    };
    if narrow {
        return texts::median(&number::latency(summary.median));
    }
    let chart = spark::line(exchange.latencies.seconds(), CHART_CELLS);
    texts::latencies(
        &number::latency(summary.median),
        &number::latency(summary.p90),
        &number::latency(summary.p99),
        &chart,
    )
}

/// How the latencies are spread, from the least to the greatest.
fn histogram_line(exchange: &Exchange, theme: &Theme) -> Line<'static> {
    let Some(summary) = exchange.latencies.summary() else {
        return Line::default();
    };
    let chart = spark::bars(&exchange.latencies.histogram(CHART_CELLS));
    let (min, max) = (number::latency(summary.min), number::latency(summary.max));
    Line::styled(texts::histogram(summary.count, &min, &chart, &max), theme.accent)
}

fn draw_replies(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    exchange: &Exchange,
    view: &mut View,
) {
    let len = exchange.replies.len();
    let height = usize::from(area.height);
    let selecting = view.part == Part::Replies;
    let range = match selecting {
        true => view.selection.visible(len, height),
        false => len.saturating_sub(height)..len,
    };
    let selected = view.selection.index(len).filter(|_| selecting && focused);
    for (row, i) in range.enumerate() {
        let Some(reply) = exchange.replies.get(i) else {
            continue;
        };
        let mut line = reply_line(reply, theme, area.width.into());
        if selected == Some(i) {
            line = line.patch_style(theme.selected);
        }
        frame.render_widget(line, Rect::new(area.x, area.y + row as u16, area.width, 1));
    }
}

fn reply_line(reply: &Reply, theme: &Theme, width: usize) -> Line<'static> {
    let mut latency = text::pad_left(&number::latency(reply.latency), 9) + " ";
    // Whoever answered may say so.
    let by = reply.headers.iter().find(|(name, _)| name == ANSWERED_BY);
    if let Some((_, by)) = by {
        latency += &format!(
            "#{} ",
            text::fit(&payload::neutralise(by), BY_CELLS_MAX, Keep::Head)
        );
    }
    let left = width.saturating_sub(text::width(&latency));
    let error = reply.headers.iter().find(|(k, _)| k == "Nats-Service-Error");
    let (body, style) = match error {
        Some((_, why)) => (texts::error(&payload::neutralise(why)), theme.bad),
        None if reply.payload.is_empty() => (shared::empty().to_owned(), theme.faint),
        None => (payload::preview(&reply.payload, left), theme.text),
    };
    Line::from(vec![
        Span::styled(latency, theme.accent),
        Span::styled(text::pad_right(&body, left, Keep::Head), style),
    ])
}

fn draw_serving(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    served: &Served,
    view: &mut View,
) {
    let members = u16::try_from(served.members.len()).unwrap_or(u16::MAX);
    // Who got what gives way to the form, but not to all of it.
    let members = members.min(area.height.saturating_sub(3));
    let [form, last, group] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(1),
        Constraint::Length(members),
    ])
    .areas(area);
    view.serving
        .draw(frame, form, theme, focused && view.part == Part::Serving);
    draw_line(frame, last, served_text(served, theme));
    draw_group(frame, group, theme, served);
}

/// Who of the queue group got how much, and what last.
fn draw_group(frame: &mut Frame<'_>, area: Rect, theme: &Theme, served: &Served) {
    let most = served
        .members
        .iter()
        .map(|member| member.answered)
        .max()
        .unwrap_or(0);
    let counts = number::count(most).len();
    for (n, (member, row)) in served.members.iter().zip(area.rows()).enumerate() {
        let cells = usize::try_from(member.answered * BAR_CELLS as u64 / most.max(1)).unwrap_or(0);
        let bar = "█".repeat(cells) + &"·".repeat(BAR_CELLS - cells);
        let style = match theme.series.len() {
            0 => theme.accent,
            series => Style::new().fg(theme.series[n % series]),
        };
        let count = text::pad_left(&number::count(member.answered), counts);
        let head = format!("{} ", texts::member(n + 1));
        let used = text::width(&head) + BAR_CELLS + counts + 3;
        let last = payload::neutralise(&member.last).into_owned();
        let line = Line::from(vec![
            Span::styled(head, theme.faint),
            Span::styled(bar, style),
            Span::styled(format!(" {count}  "), theme.title),
            Span::styled(
                text::fit(&last, usize::from(row.width).saturating_sub(used), Keep::Head),
                theme.text,
            ),
        ]);
        frame.render_widget(line, row);
    }
}

fn served_text(served: &Served, theme: &Theme) -> (String, Style) {
    if let Some(problem) = &served.problem {
        return (texts::responder_problem(problem), theme.bad);
    }
    let mut text = match served.on {
        true => texts::responder_on(&number::count(served.answered)),
        false if served.answered == 0 => texts::responder_off().to_owned(),
        false => texts::responder_was_on(&number::count(served.answered)),
    };
    if served.failed > 0 {
        text += &texts::and_failed(&number::count(served.failed));
    }
    if served.unanswerable > 0 {
        text += &texts::unanswerable(&number::count(served.unanswerable));
    }
    (text, if served.on { theme.good } else { theme.faint })
}
