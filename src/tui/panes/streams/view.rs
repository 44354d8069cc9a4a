//! Draws the streams pane: the list, or one stream.

use crate::tui::panes::streams::texts;
use crate::tui::panes::texts as shared;
use async_nats::jetstream::stream::Info;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use crate::client::payload;
use crate::tui::panes::jetstream::SUBJECTS_MAX;
use crate::tui::panes::jetstream::{Listing, Stored};
use crate::tui::panes::streams::watch::{Detail, Order, Streams, TREND_MAX};
use crate::tui::panes::streams::{Tab, View};
use crate::tui::panes::streams::{explain, manage_view, strip_view};
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::body::BodyView;
use crate::tui::widgets::number;
use crate::tui::widgets::spark;
use crate::tui::widgets::table::{Cell, Column, Set, Table, Whole};
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;
use crate::util::time::Timestamp;

/// From this size on an open stream is shown whole.
const WHOLE_WIDTH_MIN: u16 = 90;
const WHOLE_HEIGHT_MIN: u16 = 12;
/// From this width on a message tells when it was stored.
const TIME_WIDTH_MIN: usize = 56;

fn columns() -> [Column; 8] {
    [
        Column {
            title: "Stream",
            min: 8,
            rank: 0,
            set: Set::Left,
        },
        Column {
            title: "Subjects",
            min: 12,
            rank: 6,
            set: Set::Left,
        },
        Column {
            title: texts::messages(),
            min: 5,
            rank: 1,
            set: Set::Right,
        },
        Column {
            title: "Bytes",
            min: 7,
            rank: 2,
            set: Set::Right,
        },
        Column {
            title: "/s",
            min: 2,
            rank: 4,
            set: Set::Right,
        },
        Column {
            title: texts::trend(),
            min: TREND_MAX,
            rank: 7,
            set: Set::Left,
        },
        Column {
            title: texts::last(),
            min: 5,
            rank: 3,
            set: Set::Right,
        },
        Column {
            title: "Cons.",
            min: 5,
            rank: 5,
            set: Set::Right,
        },
    ]
}

fn subject_columns() -> [Column; 2] {
    [
        Column {
            title: "Subject",
            min: 8,
            rank: 0,
            set: Set::LeftTail,
        },
        Column {
            title: texts::messages(),
            min: 5,
            rank: 1,
            set: Set::Right,
        },
    ]
}

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, look: (&Theme, bool), state: &Streams, view: &mut View) {
    let (theme, _) = look;
    if let Some(over) = &mut view.over {
        return manage_view::draw(frame, area, theme, over, view.problem.as_deref());
    }
    let (area, foot) = match &view.notice {
        Some(_) if area.height > 2 => {
            let [body, foot] = Layout::vertical([Constraint::Min(0), Constraint::Length(1)]).areas(area);
            (body, foot)
        }
        _ => (area, Rect::default()),
    };
    if let Some((notice, is_bad)) = &view.notice {
        let style = if *is_bad { theme.bad } else { theme.good };
        let notice = text::fit(&shown(notice), foot.width.into(), Keep::Head);
        frame.render_widget(Span::styled(notice, style), foot);
    }
    if let Some(message) = &view.zoom {
        let facts = [
            ("Subject", message.subject.clone()),
            (texts::sequence(), number::count(message.sequence)),
            (texts::stored(), number::clock(message.at, &view.zone)),
        ];
        let whole = BodyView {
            facts: &facts,
            headers: &message.headers,
            payload: &message.payload,
            bytes: message.payload_bytes,
            previous: None,
        };
        return whole.draw(frame, area, theme, &mut view.look);
    }
    match (&state.open, &state.list) {
        (Some(detail), _) => draw_detail(frame, area, look, detail, view),
        (None, None) => text::draw_wrapped(frame, area, shared::fetching_streams(), theme.faint),
        (None, Some(Err(trouble))) => trouble::draw(frame, area, theme, trouble),
        (None, Some(Ok(list))) => draw_list(frame, area, look, state, list, view),
    }
}

fn draw_list(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    state: &Streams,
    list: &Listing<Info>,
    view: &mut View,
) {
    if list.entries.is_empty() {
        let hint = texts::no_streams();
        return text::draw_wrapped(frame, area, hint, theme.faint);
    }
    let rows: Vec<Vec<Cell>> = list
        .entries
        .iter()
        .map(|info| {
            let name = &info.config.name;
            let rate = state.rates.get(name).map_or(0, |r| r.per_second());
            vec![
                Cell(shown(name), theme.accent),
                Cell(shown(&info.config.subjects.join(" ")), theme.faint),
                number::count(info.state.messages).into(),
                format_bytes(info.state.bytes).into(),
                number::short(rate).into(),
                Cell(trend(state, name), theme.good),
                last_seen(info, view.now).into(),
                info.state.consumer_count.to_string().into(),
            ]
        })
        .collect();
    let cut = list.total > list.entries.len();
    let says_order = state.order != Order::Name && area.height > 3;
    let [body, sorted, more] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(u16::from(says_order)),
        Constraint::Length(u16::from(cut)),
    ])
    .areas(area);
    text::draw_wrapped(
        frame,
        sorted,
        &texts::sorted_by(order_name(state.order)),
        theme.faint,
    );
    // The selection stays on its stream when others change places.
    let at = view
        .selected
        .as_ref()
        .and_then(|name| list.entries.iter().position(|info| info.config.name == *name));
    if let Some(at) = at {
        view.list.set(at);
    }
    let table = Table {
        columns: &columns(),
        rows: &rows,
    };
    table.draw(frame, body, theme, Some((&mut view.list, focused)));
    if cut {
        let line = texts::showing(list.entries.len(), list.total);
        text::draw_wrapped(frame, more, &line, theme.warn);
    }
}

/// The rates of the last seconds, in as many cells for every stream.
fn trend(state: &Streams, name: &str) -> String {
    let rates = state.trends.get(name);
    let rates: Vec<u64> = rates.into_iter().flatten().copied().collect();
    text::pad_left(&spark::bars(&rates), TREND_MAX)
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Name => texts::by_name(),
        Order::Messages => texts::by_messages(),
        Order::Bytes => texts::by_bytes(),
        Order::Rate => texts::by_rate(),
        Order::Last => texts::by_last(),
        Order::Consumers => texts::by_consumers(),
    }
}

fn shown(text: &str) -> String {
    payload::neutralise(text).into_owned()
}

/// When the last message was stored.
pub fn stored_at(info: &Info) -> Timestamp {
    // Go's zero time stands for "never" and lies before what an i64 of nanoseconds holds.
    i64::try_from(info.state.last_timestamp.unix_timestamp_nanos())
        .map_or(Timestamp::ZERO, Timestamp::from_nanos)
}

fn last_seen(info: &Info, now: Timestamp) -> String {
    let at = stored_at(info);
    match at.is_zero() || info.state.last_sequence == 0 {
        true => "–".to_owned(),
        false => number::ago(now.since(at)),
    }
}

fn draw_detail(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    detail: &Detail,
    view: &mut View,
) {
    let info = match &detail.info {
        None => return text::draw_wrapped(frame, area, texts::fetching(), theme.faint),
        Some(Err(trouble)) => return trouble::draw(frame, area, theme, trouble),
        Some(Ok(info)) => info,
    };
    let [head, body] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    frame.render_widget(state_line(info, detail, theme, head.width.into()), head);
    if area.width >= WHOLE_WIDTH_MIN && area.height >= WHOLE_HEIGHT_MIN {
        let rows = strip_view::rows_wanted(&detail.strip).min(body.height / 3).max(2);
        let [strip, _, body] = Layout::vertical([
            Constraint::Length(rows),
            Constraint::Length(1),
            Constraint::Min(0),
        ])
        .areas(body);
        strip_view::draw(frame, strip, theme, &detail.name, &detail.strip);
        let [left, _, right] = Layout::horizontal([
            Constraint::Percentage(45),
            Constraint::Length(2),
            Constraint::Min(0),
        ])
        .areas(body);
        let config = config_lines(info, theme, left.width.into(), view);
        let height = (config.len() as u16).min(left.height.saturating_sub(4));
        let [top, _, bottom] = Layout::vertical([
            Constraint::Length(height),
            Constraint::Length(1),
            Constraint::Min(0),
        ])
        .areas(left);
        frame.render_widget(Text::from(config), top);
        draw_subjects(frame, bottom, (theme, focused), (info, detail), view);
        return draw_messages(frame, right, (theme, focused), detail, view);
    }
    let [tabs, content] =
        Layout::vertical([Constraint::Length(u16::from(body.height > 2)), Constraint::Min(0)]).areas(body);
    frame.render_widget(tab_line(view.tab, theme), tabs);
    match view.tab {
        Tab::Messages => draw_messages(frame, content, (theme, focused), detail, view),
        Tab::Strip => strip_view::draw(frame, content, theme, &detail.name, &detail.strip),
        Tab::Subjects => draw_subjects(frame, content, (theme, focused), (info, detail), view),
        Tab::Config => {
            let lines = config_lines(info, theme, content.width.into(), view);
            frame.render_widget(Text::from(lines), content);
        }
    }
}

fn tab_line(tab: Tab, theme: &Theme) -> Line<'static> {
    let name = |t: Tab| match t {
        Tab::Messages => texts::last(),
        Tab::Strip => texts::strip(),
        Tab::Subjects => "Subjects",
        Tab::Config => texts::config(),
    };
    let mut spans = vec![Span::styled("◂ ", theme.faint)];
    for (n, t) in Tab::ALL.into_iter().enumerate() {
        let style = if t == tab { theme.accent } else { theme.faint };
        let gap = if n == 0 { "" } else { " · " };
        spans.push(Span::styled(gap, theme.faint));
        spans.push(Span::styled(name(t), style));
    }
    spans.push(Span::styled(" ▸", theme.faint));
    Line::from(spans)
}

fn state_line(info: &Info, detail: &Detail, theme: &Theme, width: usize) -> Line<'static> {
    let s = &info.state;
    let consumers = match s.consumer_count {
        1 => texts::one_consumer().to_owned(),
        count => texts::consumers(count),
    };
    let line = texts::state(
        &number::count(s.messages),
        &format_bytes(s.bytes),
        &number::count(s.first_sequence),
        &number::count(s.last_sequence),
        &number::short(detail.rate.per_second()),
        &consumers,
    );
    Line::styled(text::fit(&line, width, Keep::Head), theme.title)
}

fn config_lines(info: &Info, theme: &Theme, width: usize, view: &View) -> Vec<Line<'static>> {
    let mut facts = explain::config(&info.config);
    facts.push((texts::last_at(), number::clock(stored_at(info), &view.zone)));
    if let Some(deleted) = info.state.deleted_count.filter(|n| *n > 0) {
        facts.push((texts::deleted(), texts::deleted_inside(&number::count(deleted))));
    }
    let label = facts.iter().map(|(name, _)| text::width(name)).max().unwrap_or(0) + 1;
    let room = width.saturating_sub(label).max(8);
    let mut lines = Vec::new();
    for (name, value) in facts {
        for (n, part) in text::wrap(&shown(&value), room).into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            lines.push(Line::from(vec![
                Span::styled(text::pad_right(name, label.min(width), Keep::Head), theme.faint),
                Span::styled(part, theme.text),
            ]));
        }
    }
    lines
}

/// What is in the stream, as a tree; a level says how many messages are below it.
fn draw_subjects(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    (info, detail): (&Info, &Detail),
    view: &mut View,
) {
    let count = info.state.subjects_count;
    if count > SUBJECTS_MAX {
        let line = texts::too_many_subjects(&number::count(count));
        return text::draw_wrapped(frame, area, &line, theme.faint);
    }
    if detail.subjects.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_subjects(), theme.faint);
    }
    let mut subjects = subjects_of(detail);
    let rows = view.shape.rows(&mut subjects);
    let range = view.subjects.visible_below_head(rows.len(), area);
    let whole = Whole::of(&view.subjects, range.clone(), rows.len());
    let cells: Vec<Vec<Cell>> = rows[range]
        .iter()
        .map(|row| {
            let messages: u64 = subjects[row.span.clone()].iter().map(|(_, n)| n).sum();
            let style = if row.item.is_some() {
                theme.accent
            } else {
                theme.text
            };
            vec![Cell(row.name(), style), number::count(messages).into()]
        })
        .collect();
    let table = Table {
        columns: &subject_columns(),
        rows: &cells,
    };
    let has_keys = focused && view.tab == Tab::Subjects;
    table.draw_part(frame, area, theme, (whole, has_keys));
}

/// The subjects of a stream with how many messages each holds.
pub(super) fn subjects_of(detail: &Detail) -> Vec<(&str, u64)> {
    let subjects = detail.subjects.iter();
    subjects.map(|(subject, n)| (subject.as_str(), *n)).collect()
}

fn draw_messages(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    detail: &Detail,
    view: &mut View,
) {
    let messages = detail.messages();
    if let Some(browse) = &detail.browse {
        if let Some(why) = &browse.trouble {
            return trouble::draw(frame, area, theme, why);
        }
        if messages.is_empty() {
            let text = match browse.wants {
                Some(_) => texts::fetching_messages(),
                None => texts::none_there(),
            };
            return text::draw_wrapped(frame, area, text, theme.faint);
        }
    }
    if messages.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_messages(), theme.faint);
    }
    let height = usize::from(area.height);
    let (range, selected) = match &mut view.message {
        Some(selection) => (
            selection.visible_in(messages.len(), area),
            selection.index(messages.len()).filter(|_| focused),
        ),
        None => (messages.len().saturating_sub(height)..messages.len(), None),
    };
    let width = usize::from(area.width);
    let shown = messages.range(range.clone());
    let longest = |f: fn(&Stored) -> usize| shown.clone().map(f).max().unwrap_or(0);
    let sequence = longest(|m| number::count(m.sequence).len());
    let subject = longest(|m| text::width(&payload::neutralise(&m.subject))).min(width * 2 / 5);
    for (row, (i, message)) in range.zip(shown).enumerate() {
        let mut line = message_line(message, theme, (sequence, subject, width), view);
        if selected == Some(i) {
            line = line.patch_style(theme.selected);
        }
        frame.render_widget(line, Rect::new(area.x, area.y + row as u16, area.width, 1));
    }
}

fn message_line(
    message: &Stored,
    theme: &Theme,
    (sequence, subject, width): (usize, usize, usize),
    view: &View,
) -> Line<'static> {
    let mut parts: Vec<(String, Style)> = vec![(
        text::pad_left(&number::count(message.sequence), sequence),
        theme.faint,
    )];
    if width >= TIME_WIDTH_MIN {
        parts.push((number::clock(message.at, &view.zone), theme.faint));
    }
    let name = payload::neutralise(&message.subject);
    parts.push((text::pad_right(&name, subject, Keep::Tail), theme.accent));
    let used: usize = parts.iter().map(|(p, _)| text::width(p) + 1).sum();
    let left = width.saturating_sub(used);
    let body = match message.payload.is_empty() {
        true => shared::empty().to_owned(),
        false => payload::preview(&message.payload, left),
    };
    parts.push((text::pad_right(&body, left, Keep::Head), theme.text));
    let mut spans = Vec::with_capacity(parts.len() * 2);
    for (n, (part, style)) in parts.into_iter().enumerate() {
        spans.push(Span::raw(if n == 0 { "" } else { " " }));
        spans.push(Span::styled(part, style));
    }
    Line::from(spans)
}
