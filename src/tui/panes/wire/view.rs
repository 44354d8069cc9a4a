//! Draws the wire pane.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use super::seen::{Fate, Seen, WireLine, counts, reason};
use super::{Part, View, texts};
use crate::broker::Missed;
use crate::client::payload;
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};

/// Cells of a connection's number.
const ID_CELLS: usize = 4;

/// Draws the pane.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    seen: &Seen,
    view: &mut View,
) {
    if !seen.is_ours && seen.lines.is_empty() {
        return text::draw_wrapped(frame, area, texts::not_ours(), theme.warn);
    }
    let [body, foot] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(u16::from(area.height > 1))]).areas(area);
    frame.render_widget(foot_line(seen, view, theme, foot.width.into()), foot);
    if let Some((fate, scroll)) = &mut view.open {
        let lines = fate_lines(fate, view.shows_all, theme, body.width.into(), &view.zone);
        *scroll = (*scroll).min(lines.len().saturating_sub(body.height.into()));
        let shown: Vec<Line<'_>> = lines.into_iter().skip(*scroll).take(body.height.into()).collect();
        return frame.render_widget(Text::from(shown), body);
    }
    let (lines, fates) = match &view.held {
        Some(held) => (held.lines.clone(), held.fates.clone()),
        None => (view.lines(seen), view.fates(seen)),
    };
    let len = if view.part == Part::Wire {
        lines.len()
    } else {
        fates.len()
    };
    if len == 0 {
        return text::draw_wrapped(frame, body, texts::nothing(), theme.faint);
    }
    let height = usize::from(body.height);
    let (range, selected) = match &mut view.held {
        Some(held) => (held.selection.visible_in(len, body), held.selection.index(len)),
        None => (len.saturating_sub(height)..len, None),
    };
    let width = usize::from(body.width);
    let rows: Vec<Line<'_>> = range
        .map(|index| {
            let line = match view.part {
                Part::Wire => wire_line(&lines[index], theme, width, &view.zone),
                Part::Why => why_line(&fates[index], theme, width, &view.zone),
            };
            match selected == Some(index) && focused {
                true => line.patch_style(theme.selected),
                false => line,
            }
        })
        .collect();
    frame.render_widget(Text::from(rows), body);
}

fn foot_line(seen: &Seen, view: &View, theme: &Theme, width: usize) -> Line<'static> {
    let mut parts = Vec::new();
    if view.held.is_some() {
        parts.push(texts::paused().to_owned());
    }
    parts.push(match view.connection {
        Some(id) => {
            let lines = seen.connections.get(&id).copied().unwrap_or(0);
            texts::one_connection(id, &number::count(lines))
        }
        None => texts::all_connections(seen.connections.len()),
    });
    if seen.lost > 0 {
        parts.push(texts::lost(&number::count(seen.lost)));
    }
    Line::styled(text::fit(&parts.join("  "), width, Keep::Head), theme.faint)
}

fn wire_line(line: &Arc<WireLine>, theme: &Theme, width: usize, zone: &jiff::tz::TimeZone) -> Line<'static> {
    let clock = number::clock(line.at, zone) + " ";
    let (arrow, style) = match line.is_from_client {
        true => ("→ ", theme.accent),
        false => ("← ", theme.good),
    };
    let id = text::pad_left(&line.connection.to_string(), ID_CELLS) + " ";
    let room = width.saturating_sub(text::width(&clock) + ID_CELLS + 3);
    let shown = payload::neutralise(&line.text);
    Line::from(vec![
        Span::styled(clock, theme.faint),
        Span::styled(id, theme.faint),
        Span::styled(arrow, style),
        Span::styled(
            text::pad_right(&shown, room, Keep::Head),
            style_of(&line.text, theme),
        ),
    ])
}

/// Pings are the wire's breath; what carries messages stands out.
fn style_of(line: &str, theme: &Theme) -> Style {
    let verb = line.split([' ', '\r']).next().unwrap_or_default();
    match verb {
        "PING" | "PONG" | "+OK" => theme.faint,
        "-ERR" => theme.bad,
        _ => theme.text,
    }
}

fn why_line(fate: &Arc<Fate>, theme: &Theme, width: usize, zone: &jiff::tz::TimeZone) -> Line<'static> {
    let published = &fate.published;
    let clock = number::clock(fate.at, zone) + " ";
    let (got, missed) = counts(published);
    let mut words = Vec::new();
    let style = if published.refused.is_some() {
        words.push(texts::refused(published.refused.as_deref().unwrap_or_default()));
        theme.bad
    } else {
        words.push(match got {
            0 => texts::nobody().to_owned(),
            got => texts::got(got),
        });
        if missed > 0 {
            words.push(texts::missed(missed));
        }
        let takes = published.streams.iter().map(|(stream, refused)| match refused {
            None => texts::stored_in(stream),
            Some(_) => texts::refused_by(stream),
        });
        words.extend(takes);
        match (got, missed) {
            (_, 1..) => theme.warn,
            (0, 0) if published.streams.is_empty() => theme.faint,
            _ => theme.good,
        }
    };
    let room = width.saturating_sub(text::width(&clock));
    let subject_cells = (room / 2).min(40);
    let subject = payload::neutralise(&published.subject);
    let subject = text::pad_right(&subject, subject_cells.saturating_sub(1), Keep::Tail) + " ";
    let words = payload::neutralise(&words.join(" · ")).into_owned();
    Line::from(vec![
        Span::styled(clock, theme.faint),
        Span::styled(subject, theme.accent),
        Span::styled(text::pad_right(&words, room - subject_cells, Keep::Head), style),
    ])
}

/// One message: where it came from, who got it, and why others did not.
fn fate_lines(
    fate: &Arc<Fate>,
    shows_all: bool,
    theme: &Theme,
    width: usize,
    zone: &jiff::tz::TimeZone,
) -> Vec<Line<'static>> {
    let published = &fate.published;
    let mut lines = Vec::new();
    let mut say = |text: &str, style: Style| {
        let text = payload::neutralise(text);
        let parts = text::wrap(&text, width).into_iter();
        lines.extend(parts.map(|part| Line::styled(part, style)));
    };
    say(&published.subject, theme.accent);
    say(
        &texts::published_by(fate.connection, &number::clock(fate.at, zone)),
        theme.faint,
    );
    if let Some(why) = &published.refused {
        say(&texts::refused(why), theme.bad);
    }
    for (stream, refused) in &published.streams {
        match refused {
            None => say(&texts::stream_took(stream), theme.good),
            Some(why) => say(&texts::stream_refused(stream, why), theme.bad),
        }
    }
    if published.streams.is_empty() {
        say(texts::no_stream(), theme.faint);
    }
    let mut others = 0;
    for receiver in &published.receivers {
        if receiver.missed == Some(Missed::NoMatch) && !shows_all {
            others += 1;
            continue;
        }
        let queue = match &receiver.queue {
            Some(queue) => format!(" ({})", texts::queue(queue)),
            None => String::new(),
        };
        let (mark, why, style) = match receiver.missed {
            None => ("✓", texts::delivered(), theme.good),
            Some(Missed::NoMatch) => ("·", reason(Missed::NoMatch), theme.faint),
            Some(missed) => ("✗", reason(missed), theme.warn),
        };
        say(
            &format!(
                "{mark} {} {}{queue}: {why}",
                receiver.connection, receiver.pattern
            ),
            style,
        );
    }
    if others > 0 {
        say(&texts::hidden_others(others), theme.faint);
    }
    lines
}
