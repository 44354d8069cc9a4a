//! Draws the server pane.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use serde_json::Value;

use super::events::{Event, Weight};
use super::facts::{Connection, Facts, Order};
use super::source::Sight;
use super::watch::State;
use super::{Over, Part, View, texts};
use crate::client::payload;
use crate::tui::overlay::Question;
use crate::tui::panes::trouble;
use crate::tui::server_log::ServerLog;
use crate::tui::theme::Theme;
use crate::tui::widgets::message::{MessageView, pair_lines};
use crate::tui::widgets::number;
use crate::tui::widgets::table::{Cell, Column, Set, Table, Whole};
use crate::tui::widgets::tabs::{self, Name};
use crate::tui::widgets::text::{self, Keep};
use crate::util::duration;
use crate::util::size::format_bytes;

/// Cells of the short name of a part.
const SHORT_CELLS: usize = 5;
/// The foot takes this many rows at most, and one only up to this height of the pane.
const FOOT_ROWS_MAX: usize = 3;
const FOOT_WRAPS_FROM: u16 = 11;
/// Cells of a name in a list of facts.
const FACT_CELLS: usize = 22;

/// Draws the pane.
pub fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    (state, log): (&mut State, Option<&ServerLog>),
    view: &mut View,
) {
    let (said, style) = foot_text(state, view, theme);
    let said = payload::neutralise(&said).into_owned();
    let foot_rows = match area.height {
        0..=3 => 0,
        4..=FOOT_WRAPS_FROM => 1,
        _ => text::wrap(&said, area.width.into()).len().clamp(1, FOOT_ROWS_MAX) as u16,
    };
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(u16::from(area.height > 2)),
        Constraint::Min(0),
        Constraint::Length(foot_rows),
    ])
    .areas(area);
    frame.render_widget(parts_line(state.part, theme, head.width.into()), head);
    match &mut view.over {
        Some(Over::Connection(connection, scroll)) => {
            let lines = connection_lines(connection, theme, body.width.into());
            return scroll.draw(frame, body, lines);
        }
        Some(Over::Event(event, scroll)) => {
            let facts = [
                ("", number::clock(event.at, &view.zone)),
                ("", event.sentence.clone()),
            ];
            return MessageView {
                facts: &facts,
                headers: &[],
                payload: event.raw.as_bytes(),
            }
            .draw(frame, body, theme, scroll);
        }
        Some(Over::Kick(_)) | None => {}
    }
    let why = state.trouble.as_ref().or(state.part_trouble.as_ref());
    match (state.part, why) {
        (Part::Log, _) => match log {
            Some(log) => view.log.draw(frame, body, theme, log, &view.zone),
            None => text::draw_wrapped(frame, body, texts::log_elsewhere(), theme.warn),
        },
        (Part::Events, _) => draw_events(frame, body, (theme, focused), state, view),
        (_, Some(why)) => trouble::draw(frame, body, theme, why),
        (_, None) if !state.asked => text::draw_wrapped(frame, body, texts::asking(), theme.faint),
        (Part::Connections, None) => draw_connections(frame, body, (theme, focused), state, view),
        (Part::Accounts, None) => draw_accounts(frame, body, (theme, focused), &state.facts, view),
        (Part::Server, None) => draw_server(frame, body, theme, &state.facts),
    }
    match foot.height {
        1 => {
            let line = text::fit(&said, foot.width.into(), Keep::Head);
            frame.render_widget(Line::styled(line, style), foot);
        }
        _ => text::draw_wrapped(frame, foot, &said, style),
    }
    if let Some(Over::Kick(connection)) = &view.over {
        Question {
            title: texts::kick_title(),
            text: &texts::kick_question(connection.cid, &payload::neutralise(&connection.label())),
            yes: texts::kick_yes(),
            no: texts::kick_no(),
        }
        .draw(frame, area, theme);
    }
}

fn parts_line(shown: Part, theme: &Theme, width: usize) -> Line<'static> {
    let names: Vec<Name> = Part::ALL
        .into_iter()
        .map(|part| Name {
            full: part.name().to_owned(),
            short: text::fit(part.name(), SHORT_CELLS, Keep::Head),
        })
        .collect();
    let at = Part::ALL.iter().position(|part| *part == shown).unwrap_or(0);
    let row = tabs::lay_out(&names, at, width);
    let mut spans = Vec::new();
    if row.before > 0 {
        spans.push(Span::styled(format!("‹{} ", row.before), theme.faint));
    }
    spans.extend(row.shown.into_iter().map(|(index, name)| {
        let style = if index == at { theme.accent } else { theme.faint };
        Span::styled(name, style)
    }));
    if row.after > 0 {
        spans.push(Span::styled(format!(" {}›", row.after), theme.faint));
    }
    Line::from(spans)
}

fn foot_text(state: &State, view: &View, theme: &Theme) -> (String, Style) {
    match (&state.notice, state.sight) {
        (Some((text, is_bad)), _) => (text.clone(), if *is_bad { theme.bad } else { theme.good }),
        (None, Sight::Account) if state.trouble.is_none() && state.asked => (
            match state.part {
                Part::Events => texts::events_partly().to_owned(),
                _ => texts::only_account().to_owned(),
            },
            theme.warn,
        ),
        (None, _) => {
            let facts = &state.facts;
            let shown = facts.connections.len() as u64;
            let count = match facts.total > shown {
                true => texts::count_of(&number::count(shown), &number::count(facts.total)),
                false if shown == 1 => texts::count_one().to_owned(),
                false => texts::count_all(&number::count(shown)),
            };
            let text = match state.part {
                Part::Connections => format!("{count}, {}", texts::sorted_by(order_name(view.order))),
                _ => String::new(),
            };
            (text, theme.faint)
        }
    }
}

fn order_name(order: Order) -> &'static str {
    match order {
        Order::Cid => texts::by_cid(),
        Order::Name => texts::by_name(),
        Order::Subscriptions => texts::by_subscriptions(),
        Order::Rate => texts::by_rate(),
        Order::In => texts::by_in(),
        Order::Out => texts::by_out(),
        Order::Pending => texts::by_pending(),
        Order::Account => texts::by_account(),
    }
}

fn draw_connections(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    state: &mut State,
    view: &mut View,
) {
    state.facts.sort(view.order, view.reversed);
    let columns = [
        Column::new("CID", 3, 1, Set::Right),
        Column::new(texts::name(), 14, 0, Set::Left),
        Column::new(texts::from(), 15, 8, Set::Left),
        Column::new(texts::account(), 5, 9, Set::Left),
        Column::new(texts::subs(), 4, 4, Set::Right),
        Column::new(texts::in_rate(), 5, 2, Set::Right),
        Column::new(texts::out_rate(), 5, 3, Set::Right),
        Column::new(texts::incoming(), 5, 5, Set::Right),
        Column::new(texts::outgoing(), 5, 6, Set::Right),
        Column::new(texts::pending(), 6, 7, Set::Right),
        Column::new("RTT", 4, 10, Set::Right),
        Column::new(texts::uptime(), 4, 11, Set::Right),
        Column::new(texts::library(), 9, 12, Set::Left),
    ];
    let list = &state.facts.connections;
    let range = view.connections.visible_below_head(list.len(), area);
    let whole = Whole::of(&view.connections, range.clone(), list.len());
    let rows: Vec<Vec<Cell>> = list[range]
        .iter()
        .map(|connection| connection_cells(connection, &state.facts, theme))
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw_part(frame, area, theme, (whole, focused));
}

fn connection_cells(c: &Connection, facts: &Facts, theme: &Theme) -> Vec<Cell> {
    let (from, to) = facts.rates(c);
    let rate = |rate: u64| {
        Cell(
            number::short(rate),
            if rate > 0 { theme.good } else { theme.faint },
        )
    };
    let shown = |text: &str| payload::neutralise(text).into_owned();
    let pending = match c.pending_bytes {
        0 => theme.faint,
        _ => theme.warn,
    };
    vec![
        c.cid.to_string().into(),
        Cell(shown(&c.label()), theme.accent),
        Cell(format!("{}:{}", c.ip, c.port), theme.faint),
        Cell(shown(&c.account), theme.faint),
        c.subscriptions.to_string().into(),
        rate(from),
        rate(to),
        number::short(c.in_msgs).into(),
        number::short(c.out_msgs).into(),
        Cell(format_bytes(c.pending_bytes), pending),
        Cell(round_trip(c), theme.faint),
        Cell(c.uptime.clone(), theme.faint),
        Cell(shown(&format!("{} {}", c.lang, c.version)), theme.faint),
    ]
}

/// Servers write it with all the digits that they have.
fn round_trip(c: &Connection) -> String {
    match duration::parse(&c.rtt) {
        Ok(rtt) => number::latency(rtt),
        Err(_) => c.rtt.clone(),
    }
}

fn connection_facts(c: &Connection) -> Vec<(&'static str, String)> {
    let both = |messages: u64, bytes: u64| format!("{} ({})", number::count(messages), format_bytes(bytes));
    vec![
        ("CID", c.cid.to_string()),
        (texts::name(), c.name.clone()),
        (texts::from(), format!("{}:{}", c.ip, c.port)),
        (texts::account(), c.account.clone()),
        (texts::user(), c.authorized_user.clone()),
        (texts::library(), format!("{} {} ({})", c.lang, c.version, c.kind)),
        (texts::incoming(), both(c.in_msgs, c.in_bytes)),
        (texts::outgoing(), both(c.out_msgs, c.out_bytes)),
        (texts::pending(), format_bytes(c.pending_bytes)),
        ("RTT", round_trip(c)),
        (texts::uptime(), c.uptime.clone()),
        (texts::subscriptions(), c.subscriptions.to_string()),
    ]
}

/// A connection's facts, and what it subscribes to.
fn connection_lines(connection: &Connection, theme: &Theme, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (name, value) in connection_facts(connection) {
        pair_lines(&mut lines, (name, &value), width, theme.faint);
    }
    for subject in &connection.subscriptions_list {
        let subject = payload::neutralise(subject);
        let parts = text::wrap(&subject, width.saturating_sub(2));
        lines.extend(
            parts
                .into_iter()
                .map(|part| Line::styled(format!("  {part}"), theme.accent)),
        );
    }
    lines
}

fn draw_events(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    state: &State,
    view: &mut View,
) {
    let events = view.events_of(state);
    if let Some(why) = state.events_trouble.as_ref().filter(|_| events.is_empty()) {
        return trouble::draw(frame, area, theme, why);
    }
    if events.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_events(), theme.faint);
    }
    let range = view.events.visible_in(events.len(), area);
    let selected = view.events.index(events.len());
    let lines: Vec<Line<'_>> = range
        .map(|index| {
            let line = event_line(&events[index], view, theme, area.width.into());
            match selected == Some(index) && focused {
                true => line.patch_style(theme.selected),
                false => line,
            }
        })
        .collect();
    frame.render_widget(Text::from(lines), area);
}

fn event_line(event: &Arc<Event>, view: &View, theme: &Theme, width: usize) -> Line<'static> {
    let style = match event.weight {
        Weight::Light => theme.faint,
        Weight::Plain => theme.text,
        Weight::Heavy => theme.bad,
    };
    let clock = number::clock(event.at, &view.zone) + " ";
    let room = width.saturating_sub(text::width(&clock));
    let sentence = payload::neutralise(&event.sentence);
    Line::from(vec![
        Span::styled(clock, theme.faint),
        Span::styled(text::pad_right(&sentence, room, Keep::Head), style),
    ])
}

fn draw_accounts(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    facts: &Facts,
    view: &mut View,
) {
    if facts.accounts.is_empty() {
        return text::draw_wrapped(frame, area, texts::asking(), theme.faint);
    }
    let columns = [
        Column::new(texts::account(), 8, 0, Set::Left),
        Column::new(texts::connections(), 4, 1, Set::Right),
        Column::new(texts::subs(), 4, 2, Set::Right),
        Column::new(texts::incoming(), 5, 3, Set::Right),
        Column::new(texts::outgoing(), 5, 4, Set::Right),
        Column::new("Bytes", 6, 6, Set::Right),
        Column::new(texts::slow(), 4, 5, Set::Right),
    ];
    let rows: Vec<Vec<Cell>> = facts
        .accounts
        .iter()
        .map(|account| {
            let slow = if account.slow_consumers > 0 {
                theme.bad
            } else {
                theme.faint
            };
            vec![
                Cell(payload::neutralise(&account.acc).into_owned(), theme.accent),
                account.conns.to_string().into(),
                account.num_subscriptions.to_string().into(),
                number::short(account.received.msgs).into(),
                number::short(account.sent.msgs).into(),
                Cell(
                    format_bytes(account.received.bytes + account.sent.bytes),
                    theme.faint,
                ),
                Cell(account.slow_consumers.to_string(), slow),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((&mut view.accounts, focused)));
}

fn draw_server(frame: &mut Frame<'_>, area: Rect, theme: &Theme, facts: &Facts) {
    if facts.servers.is_empty() {
        return text::draw_wrapped(frame, area, texts::asking(), theme.faint);
    }
    let mut lines = Vec::new();
    for (_, varz) in &facts.servers {
        for (name, value, style) in server_facts(varz, facts.health.as_ref(), theme) {
            let room = usize::from(area.width).saturating_sub(FACT_CELLS);
            let value = payload::neutralise(&value);
            for (n, part) in text::wrap(&value, room).into_iter().enumerate() {
                let name = if n == 0 { name } else { "" };
                lines.push(Line::from(vec![
                    Span::styled(text::pad_right(name, FACT_CELLS, Keep::Head), theme.faint),
                    Span::styled(part, style),
                ]));
            }
        }
        lines.push(Line::default());
    }
    lines.truncate(area.height.into());
    frame.render_widget(Text::from(lines), area);
}

fn server_facts(varz: &Value, health: Option<&Value>, theme: &Theme) -> Vec<(&'static str, String, Style)> {
    let text_of = |name: &str| varz[name].as_str().unwrap_or_default().to_owned();
    let count = |name: &str| number::count(varz[name].as_u64().unwrap_or(0));
    let size = |value: &Value| match value.as_u64() {
        Some(bytes) => format_bytes(bytes),
        None => "–".to_owned(),
    };
    let (health, health_style) = match health {
        Some(health) if health["status"] == "ok" => (texts::healthy().to_owned(), theme.good),
        Some(health) => {
            let why = health["error"].as_str().unwrap_or_default();
            (texts::unhealthy(why), theme.bad)
        }
        None => ("–".to_owned(), theme.faint),
    };
    let slow = varz["slow_consumers"].as_u64().unwrap_or(0);
    let slow_style = if slow > 0 { theme.bad } else { theme.text };
    let jetstream = &varz["jetstream"];
    let (stats, config) = (&jetstream["stats"], &jetstream["config"]);
    let jetstream = match config.is_object() {
        true => texts::jetstream_of(
            &size(&stats["memory"]),
            &size(&stats["storage"]),
            &size(&config["max_memory"]),
            &size(&config["max_storage"]),
        ),
        false => texts::off().to_owned(),
    };
    vec![
        (texts::server(), text_of("server_name"), theme.accent),
        (texts::health(), health, health_style),
        (texts::version(), text_of("version"), theme.text),
        (
            texts::started(),
            format!("{} ({})", text_of("start"), text_of("uptime")),
            theme.text,
        ),
        (
            texts::cpu_memory(),
            format!("{} %, {}", varz["cpu"], size(&varz["mem"])),
            theme.text,
        ),
        (
            texts::connections(),
            format!("{} / {}", count("connections"), count("max_connections")),
            theme.text,
        ),
        (
            texts::traffic(),
            format!("{} / {}", count("in_msgs"), count("out_msgs")),
            theme.text,
        ),
        (
            texts::bytes(),
            format!("{} / {}", size(&varz["in_bytes"]), size(&varz["out_bytes"])),
            theme.text,
        ),
        (
            texts::limits(),
            texts::limits_of(
                &count("max_connections"),
                &size(&varz["max_payload"]),
                &size(&varz["max_pending"]),
            ),
            theme.text,
        ),
        (
            texts::slow_consumers(),
            texts::slow_consumers_mean(&number::count(slow)),
            slow_style,
        ),
        (texts::jetstream(), jetstream, theme.text),
    ]
}
