//! Draws the subscribe pane: patterns, counters, and the list or one message.

use crate::tui::panes::subscribe::file::Notice;
use crate::tui::panes::subscribe::{list, texts};
use crate::tui::panes::texts as shared;
use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::markings::{self, Marking};
use crate::tui::panes::incidents::Losses;
use crate::tui::panes::subscribe::window::{Pattern, Standing, Window};
use crate::tui::panes::subscribe::{Mode, View, pattern_text};
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::body::BodyView;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;

/// From this height on the colours of messages are explained.
const LEGEND_ROWS_MIN: u16 = 5;

/// What surrounds the content.
pub struct Screen<'a> {
    pub theme: &'a Theme,
    pub focused: bool,
    pub link: trouble::Link,
    pub losses: Losses,
    /// What became of a file, and whether that is bad news.
    pub notice: Notice,
    /// Which messages have a colour of their own.
    pub markings: Arc<[Marking]>,
}

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &Screen<'_>, window: &Window, view: &mut View) {
    let theme = screen.theme;
    let area = trouble::banner(frame, area, theme, &screen.link);
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
        if let Some(marking) = markings::first(&screen.markings, entry.to_filter()) {
            facts.push((texts::marking(), marking.name.clone()));
        }
        let before = view.before_selected();
        let message = BodyView {
            facts: &facts,
            headers: &entry.headers,
            payload: &entry.payload,
            bytes: entry.payload.len(),
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
    let explains = !screen.markings.is_empty() && area.height >= LEGEND_ROWS_MIN;
    let [patterns, legend, list, status] = Layout::vertical([
        Constraint::Length(u16::from(spare)),
        Constraint::Length(u16::from(explains)),
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
    frame.render_widget(legend_line(screen, legend.width.into()), legend);
    if spare || !asks {
        list::draw(frame, list, screen, window, view);
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

pub(super) fn colour(theme: &Theme, place: Option<usize>) -> Style {
    match place {
        Some(n) if !theme.series.is_empty() => Style::new().fg(theme.series[n % theme.series.len()]),
        _ => theme.faint,
    }
}

/// Which colour means what.
fn legend_line(screen: &Screen<'_>, width: usize) -> Line<'static> {
    let parts = screen.markings.iter().map(|marking| {
        let name = payload::neutralise(&marking.name);
        (format!("■ {name}"), marking.style(screen.theme))
    });
    joined(parts.collect(), width)
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
        if pattern.is_muted || pattern.ignores {
            style = screen.theme.faint.add_modifier(Modifier::CROSSED_OUT);
        }
        if choosing && place == chosen {
            style = style.add_modifier(Modifier::REVERSED);
        }
        spans.extend(with_wildcards(&label, style));
        spans.push(Span::raw("  "));
    }
    if spans.is_empty() {
        return Line::styled(texts::no_patterns(), theme.faint);
    }
    Line::from(spans)
}

/// A pattern in which one sees what stands for anything.
fn with_wildcards(label: &str, style: Style) -> Vec<Span<'static>> {
    let wild = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
    let mut spans: Vec<Span<'static>> = Vec::new();
    for letter in label.chars() {
        let style = if matches!(letter, '*' | '>') { wild } else { style };
        match spans.last_mut().filter(|last| last.style == style) {
            Some(last) => last.content.to_mut().push(letter),
            None => spans.push(Span::styled(letter.to_string(), style)),
        }
    }
    spans
}

fn pattern_label(pattern: &Pattern) -> String {
    let count = match &pattern.standing {
        Standing::Active => number::short(pattern.messages),
        Standing::Refused(_) => texts::refused().to_owned(),
        Standing::Ended => texts::ended().to_owned(),
    };
    format!("{} {count}", payload::neutralise(&pattern_text(pattern)))
}

/// Why nothing comes through a pattern, where the server refused it.
pub(super) fn refusal(pattern: &Pattern) -> Option<String> {
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
    if !view.rows.name().is_empty() {
        parts.push((view.rows.name().to_owned(), theme.accent));
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
