//! Draws the consumers pane: the stream, its consumers, and the averages with their charts.

use crate::tui::panes::consumers::texts;
use crate::tui::panes::follow::is_ours;
use crate::tui::panes::texts as shared;
use async_nats::jetstream::consumer;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use crate::client::payload;
use crate::tui::panes::consumers::averages::Series;
use crate::tui::panes::consumers::chart;
use crate::tui::panes::consumers::watch::{Reading, State};
use crate::tui::panes::consumers::{Part, View};
use crate::tui::panes::trouble;
use crate::tui::theme::Theme;
use crate::tui::widgets::table::{Cell, Column, Set, Table};
use crate::tui::widgets::text::{self, Keep};
use crate::tui::widgets::{number, spark};

/// From this height on both tables are shown.
const BOTH_HEIGHT_MIN: u16 = 12;
/// The chart of the selected subject takes what is left, from one line up to this many.
const CHART_HEIGHT_MAX: u16 = 8;
/// Cells of the charts inside the table.
const SMALL_CHART_CELLS: usize = 20;

fn consumer_columns(by_lag: bool) -> [Column; 9] {
    [
        Column {
            title: "Consumer",
            min: 10,
            rank: 0,
            set: Set::Left,
        },
        Column {
            title: "Type",
            min: 4,
            rank: 5,
            set: Set::Left,
        },
        Column {
            title: if by_lag { "▾ Pending" } else { "Pending" },
            min: 7,
            rank: 1,
            set: Set::Right,
        },
        Column {
            title: "Ack pending",
            min: 11,
            rank: 2,
            set: Set::Right,
        },
        Column {
            title: "Redelivered",
            min: 11,
            rank: 4,
            set: Set::Right,
        },
        Column {
            title: "Waiting",
            min: 7,
            rank: 6,
            set: Set::Right,
        },
        Column {
            title: "Delivered",
            min: 9,
            rank: 7,
            set: Set::Right,
        },
        Column {
            title: "Ack floor",
            min: 9,
            rank: 3,
            set: Set::Right,
        },
        Column {
            title: texts::lag(),
            min: 6,
            rank: 8,
            set: Set::LeftTail,
        },
    ]
}

fn average_columns() -> [Column; 9] {
    [
        Column {
            title: "Subject",
            min: 8,
            rank: 0,
            set: Set::LeftTail,
        },
        Column {
            title: texts::count(),
            min: 6,
            rank: 2,
            set: Set::Right,
        },
        Column {
            title: "Min",
            min: 5,
            rank: 3,
            set: Set::Right,
        },
        Column {
            title: texts::mean(),
            min: 5,
            rank: 1,
            set: Set::Right,
        },
        Column {
            title: texts::max(),
            min: 5,
            rank: 4,
            set: Set::Right,
        },
        Column {
            title: "p95",
            min: 5,
            rank: 6,
            set: Set::Right,
        },
        Column {
            title: texts::last(),
            min: 5,
            rank: 7,
            set: Set::Right,
        },
        Column {
            title: texts::no_number(),
            min: 9,
            rank: 8,
            set: Set::Right,
        },
        Column {
            title: texts::curve(),
            min: 8,
            rank: 5,
            set: Set::Left,
        },
    ]
}

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, look: (&Theme, bool), state: &State, view: &mut View) {
    let (theme, _) = look;
    match (&state.names, &state.stream) {
        (None, _) => return text::draw_wrapped(frame, area, shared::fetching_streams(), theme.faint),
        (Some(Err(trouble)), _) => return trouble::draw(frame, area, theme, trouble),
        (Some(Ok(_)), None) => {
            let hint = texts::no_streams();
            return text::draw_wrapped(frame, area, hint, theme.faint);
        }
        (Some(Ok(_)), Some(_)) => {}
    }
    let [head, body] =
        Layout::vertical([Constraint::Length(u16::from(area.height > 1)), Constraint::Min(0)]).areas(area);
    frame.render_widget(head_line(state, theme, head.width.into()), head);
    if let Some(Err(trouble)) = &state.info {
        return trouble::draw(frame, body, theme, trouble);
    }
    if body.height >= BOTH_HEIGHT_MIN {
        let listed = state.consumers.as_ref().map_or(1, |c| c.entries.len().max(1)) as u16;
        let [top, _, bottom] = Layout::vertical([
            Constraint::Length((listed + 1).min(body.height / 3)),
            Constraint::Length(1),
            Constraint::Min(0),
        ])
        .areas(body);
        draw_consumers(frame, top, look, state, view);
        return draw_averages(frame, bottom, look, state, view);
    }
    match view.part {
        Part::Averages => draw_averages(frame, body, look, state, view),
        Part::Consumers => draw_consumers(frame, body, look, state, view),
    }
}

fn head_line(state: &State, theme: &Theme, width: usize) -> Line<'static> {
    let stream = payload::neutralise(state.stream.as_deref().unwrap_or_default()).into_owned();
    let name = format!("◂ {} ▸ ", text::fit(&stream, width.saturating_sub(5), Keep::Tail));
    let total = match &state.info {
        Some(Ok(info)) => info.state.messages,
        _ => 0,
    };
    let (said, style) = match &state.reading {
        Reading::Starting if total == 0 => (texts::nothing_there().to_owned(), theme.faint),
        Reading::Starting => (texts::reading().to_owned(), theme.faint),
        Reading::WouldDisturb => (texts::messages(&number::count(total)), theme.faint),
        Reading::Failed(why) => (texts::cannot_read(&payload::neutralise(why)), theme.bad),
        Reading::Following => {
            let mut said = texts::messages_read(&number::count(state.averages.messages));
            if state.averages.others() > 0 {
                said += &texts::others(&number::count(state.averages.others()));
            }
            (said, theme.text)
        }
    };
    let left = width.saturating_sub(text::width(&name));
    Line::from(vec![
        Span::styled(name, theme.accent),
        Span::styled(text::fit(&said, left, Keep::Head), style),
    ])
}

fn draw_consumers(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    state: &State,
    view: &mut View,
) {
    let list = match &state.consumers {
        Ok(list) => list,
        Err(trouble) => return trouble::draw(frame, area, theme, trouble),
    };
    if list.entries.is_empty() {
        let hint = texts::no_consumers();
        return text::draw_wrapped(frame, area, hint, theme.faint);
    }
    view.follow_chosen(&list.entries);
    let rows: Vec<Vec<Cell>> = list
        .entries
        .iter()
        .map(|info| consumer_row(info, state, theme))
        .collect();
    let table = Table {
        columns: &consumer_columns(state.by_lag),
        rows: &rows,
    };
    let active = focused && view.part == Part::Consumers;
    table.draw(frame, area, theme, Some((&mut view.consumers, active)));
}

fn consumer_row(info: &consumer::Info, state: &State, theme: &Theme) -> Vec<Cell> {
    let ours = is_ours(&info.name);
    let (name, style) = match ours {
        true => (texts::ours().to_owned(), theme.faint),
        false => (payload::neutralise(&info.name).into_owned(), theme.accent),
    };
    let kind = if info.config.deliver_subject.is_some() {
        "push"
    } else {
        "pull"
    };
    let lag = state
        .lags
        .get(&info.name)
        .map(|lag| spark::line(lag.iter().copied(), SMALL_CHART_CELLS));
    let warn = |n: usize| if n > 0 { theme.warn } else { theme.text };
    vec![
        Cell(name, style),
        match info.paused {
            true => Cell(texts::on_pause().to_owned(), theme.warn),
            false => kind.into(),
        },
        number::count(info.num_pending).into(),
        Cell(
            number::count(info.num_ack_pending as u64),
            warn(info.num_ack_pending),
        ),
        Cell(
            number::count(info.num_redelivered as u64),
            warn(info.num_redelivered),
        ),
        number::count(info.num_waiting as u64).into(),
        number::count(info.delivered.stream_sequence).into(),
        number::count(info.ack_floor.stream_sequence).into(),
        Cell(lag.unwrap_or_default(), theme.accent),
    ]
}

fn draw_averages(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    state: &State,
    view: &mut View,
) {
    if state.reading == Reading::WouldDisturb {
        let why = texts::would_disturb();
        return text::draw_wrapped(frame, area, why, theme.faint);
    }
    let subjects: Vec<(&str, &Series)> = state.averages.subjects().collect();
    if subjects.is_empty() {
        let hint = texts::no_numbers_yet();
        return text::draw_wrapped(frame, area, hint, theme.faint);
    }
    let mut rows: Vec<Vec<Cell>> = subjects
        .iter()
        .enumerate()
        .map(|(n, (subject, series))| average_row(subject, series, n, theme))
        .collect();
    if state.averages.beyond != Series::default() {
        rows.push(average_row(
            texts::other_subjects(),
            &state.averages.beyond,
            rows.len(),
            theme,
        ));
    }
    let wanted = rows.len() as u16 + 1;
    let chart_height = area.height.saturating_sub(wanted + 1).min(CHART_HEIGHT_MAX);
    let [table_area, _, chart_area] = Layout::vertical([
        Constraint::Min(0),
        Constraint::Length(u16::from(chart_height > 1)),
        Constraint::Length(chart_height),
    ])
    .areas(area);
    let table = Table {
        columns: &average_columns(),
        rows: &rows,
    };
    let active = focused && view.part == Part::Averages;
    table.draw(frame, table_area, theme, Some((&mut view.averages, active)));
    let selected = view.averages.index(subjects.len()).unwrap_or(0);
    let (subject, series) = subjects[selected];
    chart::draw(frame, chart_area, theme, subject, series, colour(theme, selected));
}

fn average_row(subject: &str, series: &Series, place: usize, theme: &Theme) -> Vec<Cell> {
    let dash = || "–".to_owned();
    let (min, mean, max) = match series.spread() {
        Some((min, mean, max)) => (number::value(min), number::value(mean), number::value(max)),
        None => (dash(), dash(), dash()),
    };
    let last = series.newest().next_back().map_or_else(dash, number::value);
    let style = colour(theme, place);
    vec![
        Cell(payload::neutralise(subject).into_owned(), style),
        number::count(series.numbers).into(),
        min.into(),
        Cell(mean, theme.title),
        max.into(),
        series.p95().map_or_else(dash, number::value).into(),
        last.into(),
        number::count(series.others).into(),
        Cell(spark::line(series.newest(), SMALL_CHART_CELLS), style),
    ]
}

fn colour(theme: &Theme, place: usize) -> ratatui::style::Style {
    match theme.series.len() {
        0 => theme.text,
        n => ratatui::style::Style::new().fg(theme.series[place % n]),
    }
}
