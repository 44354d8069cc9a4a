//! Draws the subscribe pane: patterns, counters, and the list or one message.

use crate::tui::panes::subscribe::file::Notice;
use crate::tui::panes::subscribe::{look, texts};
use crate::tui::panes::texts as shared;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::panes::incidents::Losses;
use crate::tui::panes::subscribe::look::Times;
use crate::tui::panes::subscribe::window::{Entry, Pattern, Standing, Window};
use crate::tui::panes::subscribe::{Mode, View, pattern_text};
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::body::BodyView;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;

/// From this width on a row begins with its time.
const TIME_WIDTH_MIN: usize = 60;
/// Cells of the time since the message before.
const SINCE_CELLS: usize = 10;
/// From this width on a row tells its size.
const SIZE_WIDTH_MIN: usize = 100;

/// What surrounds the content.
pub struct Screen<'a> {
    pub theme: &'a Theme,
    pub focused: bool,
    pub connected: bool,
    pub losses: Losses,
    /// What became of a file, and whether that is bad news.
    pub notice: Notice,
}

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &Screen<'_>, window: &Window, view: &mut View) {
    let theme = screen.theme;
    let area = trouble::banner(frame, area, theme, screen.connected);
    if let (Mode::Zoom, Some(entry)) = (&view.mode, view.selected()) {
        let mut facts = vec![
            ("Subject", entry.subject.to_string()),
            (
                texts::reply_to(),
                entry.reply.as_deref().unwrap_or("–").to_owned(),
            ),
            (texts::received(), number::clock(entry.at, &view.zone)),
        ];
        if let Some(answered) = &entry.answers {
            let latency = number::latency(answered.latency);
            facts.push((texts::answers(), format!("{} ({latency})", answered.subject)));
        }
        let before = view.before_selected();
        let message = BodyView {
            facts: &facts,
            headers: &entry.headers,
            payload: &entry.payload,
            previous: before.as_ref().map(|before| &*before.payload),
        };
        let [body, foot] = Layout::vertical([
            Constraint::Min(1),
            Constraint::Length(u16::from(view.problem.is_some() && area.height > 3)),
        ])
        .areas(area);
        message.draw(frame, body, theme, &mut view.look);
        frame.render_widget(status_line(window, view, screen, foot.width.into()), foot);
        return;
    }
    let spare = area.height > 2;
    let [patterns, list, status] = Layout::vertical([
        Constraint::Length(u16::from(spare)),
        Constraint::Min(1),
        Constraint::Length(u16::from(area.height > 1)),
    ])
    .areas(area);
    let asks = matches!(view.mode, Mode::Edit { .. } | Mode::Ask { .. });
    let at = if spare { patterns } else { list };
    if let Mode::Edit { field, .. } = &mut view.mode {
        draw_edit(frame, at, screen, texts::pattern(), field);
    } else if let Mode::Ask { what, field } = &mut view.mode {
        draw_edit(frame, at, screen, what.label(), field);
    } else {
        frame.render_widget(
            pattern_line(window, view, screen, patterns.width.into()),
            patterns,
        );
    }
    if spare || !asks {
        draw_list(frame, list, screen, window, view);
    }
    frame.render_widget(status_line(window, view, screen, status.width.into()), status);
}

fn draw_edit(
    frame: &mut Frame<'_>,
    area: Rect,
    screen: &Screen<'_>,
    name: &'static str,
    field: &mut crate::tui::widgets::field::Field,
) {
    let cells = u16::try_from(text::width(name) + 1).unwrap_or(8);
    let [label, rest] = Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(area);
    frame.render_widget(Span::styled(name, screen.theme.accent), label);
    field.draw(frame, rest, screen.theme, screen.focused);
}

fn colour(theme: &Theme, place: Option<usize>) -> Style {
    match place {
        Some(n) if !theme.series.is_empty() => Style::new().fg(theme.series[n % theme.series.len()]),
        _ => theme.faint,
    }
}

fn pattern_line(window: &Window, view: &View, screen: &Screen<'_>, width: usize) -> Line<'static> {
    let theme = screen.theme;
    let choosing = matches!(view.mode, Mode::Patterns);
    let chosen = view.pattern.min(window.patterns.len().saturating_sub(1));
    // While choosing, the line begins with the chosen one, so that it is never out of sight.
    let first = if choosing { chosen } else { 0 };
    let mut spans = Vec::new();
    let mut used = 0;
    for (place, pattern) in window.patterns.iter().enumerate().skip(first) {
        let label = pattern_label(pattern);
        let room = width.saturating_sub(used);
        if room < 4 {
            break;
        }
        let label = text::fit(&label, room, Keep::Head);
        used += text::width(&label) + 2;
        let mut style = match pattern.standing {
            Standing::Active => colour(theme, Some(place)),
            _ => theme.bad,
        };
        if pattern.is_muted {
            style = screen.theme.faint.add_modifier(Modifier::CROSSED_OUT);
        }
        if choosing && place == chosen {
            style = style.add_modifier(Modifier::REVERSED);
        }
        spans.push(Span::styled(label, style));
        spans.push(Span::raw("  "));
    }
    if spans.is_empty() {
        return Line::styled(texts::no_patterns(), theme.faint);
    }
    Line::from(spans)
}

fn pattern_label(pattern: &Pattern) -> String {
    let count = match &pattern.standing {
        Standing::Active => number::short(pattern.messages),
        Standing::Refused(_) => texts::refused().to_owned(),
        Standing::Ended => texts::ended().to_owned(),
    };
    format!("{} {count}", payload::neutralise(&pattern_text(pattern)))
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, screen: &Screen<'_>, window: &Window, view: &mut View) {
    let height = usize::from(area.height);
    // One more than there is room for, to tell how long after it the first row came.
    let (mut rows, first, selected): (Vec<Arc<Entry>>, usize, Option<usize>) = match &mut view.held {
        Some(held) => {
            let range = held.selection.visible(held.entries.len(), height);
            let selected = held.selection.index(held.entries.len()).map(|i| i - range.start);
            let from = range.start.saturating_sub(1);
            (
                held.entries[from..range.end].to_vec(),
                range.start - from,
                selected,
            )
        }
        None => {
            let rows = look::newest(window.heard(), view.filter.as_ref(), height + 1);
            let first = rows.len().saturating_sub(height);
            (rows, first, None)
        }
    };
    let times: Vec<String> = (first..rows.len())
        .map(|at| {
            let before = at.checked_sub(1).map(|before| &rows[before]);
            time_of(&rows[at], before, view)
        })
        .collect();
    rows.drain(..first);
    if rows.is_empty() {
        // Nothing can come where every pattern was refused.
        let refusals: Option<Vec<String>> = window.patterns.iter().map(refusal).collect();
        if let Some(refusals) = refusals.filter(|refusals| !refusals.is_empty()) {
            let refusals = payload::neutralise(&refusals.join("\n")).into_owned();
            return text::draw_wrapped(frame, area, &refusals, screen.theme.bad);
        }
        let hint = match window.patterns.as_slice() {
            [] => texts::first_hint(),
            _ if view.filter.is_some() && window.entries().len() > 0 => texts::none_fits(),
            _ => texts::no_messages(),
        };
        return text::draw_wrapped(frame, area, hint, screen.theme.faint);
    }
    let width = usize::from(area.width);
    let longest = rows
        .iter()
        .map(|e| text::width(&payload::neutralise(&e.subject)))
        .max();
    let subject_width = longest.unwrap_or(0).min(width * 2 / 5).max(8).min(width);
    // Few messages lie at the bottom too, where the next one will come.
    let top = height.saturating_sub(rows.len()) as u16;
    for (n, entry) in rows.iter().enumerate() {
        let place = window.place(entry.pattern);
        let mut line = row(entry, place, screen.theme, (subject_width, width), &times[n]);
        if selected == Some(n) {
            line = line.patch_style(screen.theme.selected);
        }
        let at = Rect::new(area.x, area.y + top + n as u16, area.width, 1);
        frame.render_widget(line, at);
    }
}

/// What a row tells of when its message came.
fn time_of(entry: &Entry, before: Option<&Arc<Entry>>, view: &View) -> String {
    match (view.times, before) {
        (Times::Clock, _) => number::clock(entry.at, &view.zone),
        (Times::Since, Some(before)) => {
            let since = number::latency(entry.at.since(before.at));
            text::pad_left(&format!("+{since}"), SINCE_CELLS)
        }
        (Times::Since, None) => " ".repeat(SINCE_CELLS),
        (Times::None, _) => String::new(),
    }
}

fn row(
    entry: &Entry,
    place: Option<usize>,
    theme: &Theme,
    (subject_width, width): (usize, usize),
    time: &str,
) -> Line<'static> {
    let mut spans = Vec::with_capacity(5);
    let mut left = width;
    let mut add = |text: String, style: Style| {
        left = left.saturating_sub(text::width(&text));
        spans.push(Span::styled(text, style));
        left
    };
    if width >= TIME_WIDTH_MIN && !time.is_empty() {
        add(format!("{time} "), theme.faint);
    }
    let subject = payload::neutralise(&entry.subject);
    let subject = text::pad_right(&subject, subject_width, Keep::Tail);
    add(subject + " ", colour(theme, place));
    if width >= SIZE_WIDTH_MIN {
        let size = format_bytes(entry.payload.len() as u64);
        add(text::pad_left(&size, 9) + " ", theme.faint);
    }
    let marks = [
        (!entry.headers.is_empty()).then_some('H'),
        entry.reply.is_some().then_some('?'),
    ];
    let marks: String = marks.into_iter().flatten().collect();
    let mut left = match marks.is_empty() {
        true => add(String::new(), theme.faint),
        false => add(marks + " ", theme.faint),
    };
    if let Some(answered) = &entry.answers {
        let latency = number::latency(answered.latency);
        left = add(
            format!("↩ {latency} {} ", payload::neutralise(&answered.subject)),
            theme.good,
        );
    }
    let body = match entry.payload.is_empty() {
        true => shared::empty().to_owned(),
        false => payload::preview(&entry.payload, left),
    };
    let body = text::fit(&body, left, Keep::Head);
    left -= text::width(&body).min(left);
    spans.push(Span::styled(body, theme.text));
    // Blanks to the edge, so that the mark of a selected row goes all the way.
    spans.push(Span::raw(" ".repeat(left)));
    Line::from(spans)
}

/// Why nothing comes through a pattern, where the server refused it.
fn refusal(pattern: &Pattern) -> Option<String> {
    match &pattern.standing {
        Standing::Refused(why) => Some(texts::refused_because(&pattern.subject, why)),
        _ => None,
    }
}

fn status_line(window: &Window, view: &View, screen: &Screen<'_>, width: usize) -> Line<'static> {
    let theme = screen.theme;
    let refused = window.patterns.iter().find_map(refusal);
    if let Some(problem) = view.problem.clone().or(refused) {
        let problem = payload::neutralise(&problem).into_owned();
        return Line::styled(text::fit(&problem, width, Keep::Head), theme.bad);
    }
    if let Some((notice, is_bad)) = &screen.notice {
        let style = if *is_bad { theme.bad } else { theme.good };
        let notice = payload::neutralise(notice);
        return Line::styled(text::fit(&notice, width, Keep::Head), style);
    }
    // The most important first: what is behind is cut in a narrow pane.
    let mut parts: Vec<(String, Style)> = Vec::new();
    if let Some(held) = &view.held {
        let new = window.shown().saturating_sub(held.shown_then);
        parts.push((texts::paused(&number::count(new)), theme.warn));
    }
    if let Some(filter) = &view.filter {
        let filter = payload::neutralise(filter.text());
        let text = match &view.held {
            Some(held) => texts::filtered_of(&filter, &number::count(held.entries.len() as u64)),
            None => texts::filtered(&filter),
        };
        parts.push((text, theme.warn));
    }
    parts.push((texts::messages(&number::count(window.messages)), theme.text));
    parts.push((format!("{}/s", number::count(window.per_second())), theme.text));
    if screen.losses.dropped > 0 {
        let lost = number::count(screen.losses.dropped);
        parts.push((shared::lost(&lost), theme.bad));
    }
    if screen.losses.disconnects > 0 {
        let times = screen.losses.disconnects;
        parts.push((shared::broken(times), theme.warn));
    }
    parts.push((format_bytes(window.bytes), theme.faint));
    if window.hidden > 0 {
        parts.push((texts::hidden(&number::count(window.hidden)), theme.faint));
    }
    let kept = window.entries().len() as u64;
    if kept < window.shown() {
        parts.push((texts::showing_last(&number::count(kept)), theme.faint));
    }
    joined(parts, width)
}

/// The parts that fit, with blanks between them; the first one is cut if it must be.
fn joined(parts: Vec<(String, Style)>, width: usize) -> Line<'static> {
    let mut spans = Vec::new();
    let mut used = 0;
    for (part, style) in parts {
        let gap = if used == 0 { 0 } else { 2 };
        if used > 0 && used + gap + text::width(&part) > width {
            break;
        }
        spans.push(Span::raw(" ".repeat(gap)));
        let part = text::fit(&part, width, Keep::Head);
        used += gap + text::width(&part);
        spans.push(Span::styled(part, style));
    }
    Line::from(spans)
}
