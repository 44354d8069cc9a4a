//! Draws the key-value pane.

use bytes::Bytes;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use super::model::{Bucket, Entry, Operation, Standing, compare};
use super::watch::{Conflict, Listed, State, Write};
use super::{Over, View, texts};
use crate::client::payload;
use crate::client::payload::body::{Body, View as BodyView};
use crate::client::payload::diff::{Change, diff};
use crate::tui::overlay::Question;
use crate::tui::panes::key_tree::Row;
use crate::tui::panes::{texts as shared, trouble};
use crate::tui::theme::Theme;
use crate::tui::widgets::number;
use crate::tui::widgets::table::{Cell, Column, Set, Table, Whole};
use crate::tui::widgets::text::{self, Keep};
use crate::util::{duration, size::format_bytes};

/// Characters of a value in a row.
const VALUE_CHARS_MAX: usize = 80;

/// Draws the pane.
pub fn draw(frame: &mut Frame<'_>, area: Rect, look: (&Theme, bool), state: &State, view: &mut View) {
    let (theme, focused) = look;
    if let Some(conflict) = &state.conflict {
        return draw_conflict(frame, area, theme, conflict);
    }
    let [body, foot] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(u16::from(area.height > 2))]).areas(area);
    match &mut view.over {
        Some(Over::Edit { form, revision }) => {
            let [head, fields] =
                Layout::vertical([Constraint::Length(u16::from(area.height > 3)), Constraint::Min(0)])
                    .areas(area);
            let title = match revision {
                Some(revision) => texts::edit_of(*revision),
                None => texts::edit_new().to_owned(),
            };
            frame.render_widget(
                Span::styled(text::fit(&title, head.width.into(), Keep::Head), theme.title),
                head,
            );
            return form.draw(frame, fields, theme, focused);
        }
        Some(Over::Against(field)) => {
            let label = texts::against();
            let cells = text::width(label) as u16 + 1;
            let [left, right] =
                Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(foot);
            frame.render_widget(Span::styled(label, theme.accent), left);
            field.draw(frame, right, theme, focused);
        }
        Some(Over::Remove(_)) | None => {
            let line = foot_line(state, view, theme, foot.width.into());
            frame.render_widget(line, foot);
        }
    }
    match (&state.history, &state.open, &state.actual) {
        (Some((_, revisions)), _, _) => draw_history(frame, body, look, revisions, view),
        (None, Some(_), _) if state.trouble.is_some() => {
            let why = state.trouble.as_deref().unwrap_or_default();
            text::draw_wrapped(frame, body, &payload::neutralise(why), theme.bad);
        }
        (None, Some(desired), Some(actual)) => draw_compared(frame, body, look, (desired, actual), view),
        (None, Some(bucket), None) => draw_keys(frame, body, look, bucket, view),
        (None, None, _) => match &state.list {
            None => text::draw_wrapped(frame, body, texts::fetching(), theme.faint),
            Some(Err(why)) => trouble::draw(frame, body, theme, why),
            Some(Ok(list)) => draw_list(frame, body, look, list, view),
        },
    }
    if let Some(Over::Remove(write)) = &view.over {
        let text = match write {
            Write::Purge(key) => texts::remove_purge(&payload::neutralise(key)),
            Write::Delete(key) | Write::Create { key, .. } | Write::Update { key, .. } => {
                texts::remove_delete(&payload::neutralise(key))
            }
        };
        Question {
            title: texts::remove_title(),
            text: &text,
            yes: texts::yes(),
            no: texts::no(),
        }
        .draw(frame, area, theme);
    }
}

fn foot_line(state: &State, view: &View, theme: &Theme, width: usize) -> Line<'static> {
    let (line, style) = match (&view.problem, &state.notice) {
        (Some(problem), _) => (problem.clone(), theme.bad),
        (None, Some((text, true))) => (text.clone(), theme.bad),
        (None, Some((text, false))) => (text.clone(), theme.good),
        (None, None) => match (&state.open, &state.actual) {
            (Some(desired), Some(actual)) => {
                let rows = compare(desired, actual);
                let off = rows.iter().filter(|row| row.standing != Standing::Same).count();
                match off {
                    0 => (texts::all_as_desired(rows.len()), theme.good),
                    off => (texts::not_as_desired(off, rows.len()), theme.warn),
                }
            }
            (Some(open), None) => {
                let keys = match open.rows(false).len() {
                    1 => texts::one_key().to_owned(),
                    keys => texts::keys_below(&number::count(keys as u64)),
                };
                let changes = match open.changes {
                    1 => texts::one_change().to_owned(),
                    changes => texts::changes(&number::count(changes)),
                };
                let mut line = texts::counts(&keys, &changes);
                if open.left_out > 0 {
                    line += &format!(" · {}", texts::left_out(&number::count(open.left_out)));
                }
                (line, theme.faint)
            }
            (None, _) => (String::new(), theme.faint),
        },
    };
    Line::styled(text::fit(&payload::neutralise(&line), width, Keep::Head), style)
}

fn draw_list(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    list: &[Listed],
    view: &mut View,
) {
    if list.is_empty() {
        return text::draw_wrapped(frame, area, texts::no_buckets(), theme.faint);
    }
    let columns = [
        Column::new(texts::bucket(), 8, 0, Set::Left),
        Column::new(texts::values(), 5, 1, Set::Right),
        Column::new("Bytes", 6, 3, Set::Right),
        Column::new(texts::history(), 5, 2, Set::Right),
        Column::new(texts::ttl(), 5, 4, Set::Right),
    ];
    let rows: Vec<Vec<Cell>> = list
        .iter()
        .map(|bucket| {
            let ttl = match bucket.ttl.is_zero() {
                true => "–".to_owned(),
                false => duration::format(bucket.ttl),
            };
            vec![
                Cell(payload::neutralise(&bucket.name).into_owned(), theme.accent),
                number::count(bucket.values).into(),
                Cell(format_bytes(bucket.bytes), theme.faint),
                bucket.history.to_string().into(),
                Cell(ttl, theme.faint),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((&mut view.buckets, focused)));
}

fn value_cell(entry: &Entry, theme: &Theme) -> Cell {
    typed_cells(entry, theme).0
}

/// The value, and what type it is of.
fn typed_cells(entry: &Entry, theme: &Theme) -> (Cell, Cell) {
    let gone = |text: &str| (Cell(text.to_owned(), theme.bad), "".into());
    match entry.operation {
        Operation::Put => {
            let body = Body::of(&entry.value, &[]);
            let kind = Cell(body.title(), theme.faint);
            (looked_into(&body), kind)
        }
        Operation::Delete => gone(texts::deleted()),
        Operation::Purge => gone(texts::purged()),
    }
}

fn shown_value(value: Option<&Bytes>) -> Cell {
    match value {
        None => Cell(texts::missing().to_owned(), Style::new()),
        Some(value) => looked_into(&Body::of(value, &[])),
    }
}

/// A value on one line: what is packed away is unpacked, and what is not text is told in words.
fn looked_into(body: &Body<'_>) -> Cell {
    match &body.value {
        _ if body.bytes.is_empty() => shared::empty().into(),
        Some(value) if std::str::from_utf8(&body.bytes).is_err() => {
            let line: String = value.line().chars().take(VALUE_CHARS_MAX).collect();
            payload::neutralise(&line).into_owned().into()
        }
        _ => payload::preview(&body.bytes, VALUE_CHARS_MAX).into(),
    }
}

/// A row's name, and how many keys are below it.
fn name_cell(row: &Row<'_, &Entry>, theme: &Theme) -> Cell {
    let mut text = row.name();
    match row.below {
        0 => {}
        1 => text += &format!("  ({})", texts::key_below()),
        below => text += &format!("  ({})", texts::keys_below(&number::count(below as u64))),
    }
    Cell(
        text,
        if row.item.is_some() {
            theme.accent
        } else {
            theme.text
        },
    )
}

fn draw_keys(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    bucket: &Bucket,
    view: &mut View,
) {
    let keys = view.rows(bucket);
    if keys.is_empty() {
        let text = match bucket.is_current {
            true => texts::no_keys(),
            false => texts::fetching(),
        };
        return text::draw_wrapped(frame, area, text, theme.faint);
    }
    let columns = [
        // In a tree the beginning says where the row stands, in a list the end tells keys apart.
        Column::new(
            texts::key(),
            8,
            0,
            if view.shape.is_flat {
                Set::LeftTail
            } else {
                Set::Left
            },
        ),
        Column::new(texts::value(), 8, 1, Set::Left),
        Column::new(texts::kind(), 4, 4, Set::Left),
        Column::new(texts::revision(), 4, 2, Set::Right),
        Column::new(texts::when(), 8, 3, Set::Right),
    ];
    let range = view.keys.visible_below_head(keys.len(), area);
    let whole = Whole::of(&view.keys, range.clone(), keys.len());
    let rows: Vec<Vec<Cell>> = keys[range]
        .iter()
        .map(|row| {
            let mut cells = vec![name_cell(row, theme)];
            match row.item {
                Some(entry) => {
                    let (value, kind) = typed_cells(entry, theme);
                    cells.extend([
                        value,
                        kind,
                        Cell(entry.revision.to_string(), theme.faint),
                        Cell(number::clock(entry.at, &view.zone), theme.faint),
                    ]);
                }
                None => cells.extend(["", "", "", ""].map(Cell::from)),
            }
            cells
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw_part(frame, area, theme, (whole, focused));
}

fn draw_compared(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    (desired, actual): (&Bucket, &Bucket),
    view: &mut View,
) {
    let columns = [
        Column::new(texts::key(), 8, 0, Set::LeftTail),
        Column::new(texts::desired(), 8, 1, Set::Left),
        Column::new(texts::actual(), 8, 2, Set::Left),
        Column::new("", 5, 3, Set::Left),
    ];
    let rows: Vec<Vec<Cell>> = compare(desired, actual)
        .into_iter()
        .map(|row| {
            let (word, style) = match row.standing {
                Standing::Same => (texts::same(), theme.good),
                Standing::Differs => (texts::differs(), theme.bad),
                Standing::Missing => (texts::is_missing(), theme.warn),
                Standing::Extra => (texts::extra(), theme.warn),
            };
            let value = |value: Option<&Bytes>| {
                let style = if row.standing == Standing::Same {
                    theme.text
                } else {
                    style
                };
                Cell(shown_value(value).0, style)
            };
            vec![
                Cell(payload::neutralise(&row.key).into_owned(), theme.accent),
                value(row.desired.as_ref()),
                value(row.actual.as_ref()),
                Cell(word.to_owned(), style),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, area, theme, Some((&mut view.keys, focused)));
}

/// The revisions, newest last, and how the selected one differs from the one before.
fn draw_history(
    frame: &mut Frame<'_>,
    area: Rect,
    (theme, focused): (&Theme, bool),
    revisions: &[Entry],
    view: &mut View,
) {
    let list_rows = u16::try_from(revisions.len() + 1).unwrap_or(u16::MAX);
    let [list, _, below] = Layout::vertical([
        Constraint::Length(list_rows.min(area.height / 2).max(2)),
        Constraint::Length(u16::from(area.height > 5)),
        Constraint::Min(0),
    ])
    .areas(area);
    let columns = [
        Column::new(texts::revision(), 4, 1, Set::Right),
        Column::new(texts::when(), 8, 2, Set::Right),
        Column::new(texts::value(), 8, 0, Set::Left),
    ];
    let rows: Vec<Vec<Cell>> = revisions
        .iter()
        .map(|entry| {
            vec![
                entry.revision.to_string().into(),
                Cell(number::clock(entry.at, &view.zone), theme.faint),
                value_cell(entry, theme),
            ]
        })
        .collect();
    let table = Table {
        columns: &columns,
        rows: &rows,
    };
    table.draw(frame, list, theme, Some((&mut view.revisions, focused)));
    let Some(at) = view.revisions.index(revisions.len()) else {
        return;
    };
    let old = at
        .checked_sub(1)
        .map(|before| value_lines(&revisions[before].value, below.width));
    let new = value_lines(&revisions[at].value, below.width);
    let lines = changed_lines(&old.unwrap_or_default(), &new, theme);
    frame.render_widget(Text::from(lines), below);
}

fn value_lines(value: &[u8], width: u16) -> Vec<String> {
    Body::of(value, &[]).lines(BodyView::Auto, usize::from(width).saturating_sub(2))
}

fn changed_lines(old: &[String], new: &[String], theme: &Theme) -> Vec<Line<'static>> {
    diff(old, new)
        .into_iter()
        .map(|change| match change {
            Change::Same(line) => Line::styled(format!("  {line}"), theme.faint),
            Change::Gone(line) => Line::styled(format!("- {line}"), theme.bad),
            Change::New(line) => Line::styled(format!("+ {line}"), theme.good),
        })
        .collect()
}

fn draw_conflict(frame: &mut Frame<'_>, area: Rect, theme: &Theme, conflict: &Conflict) {
    let width = usize::from(area.width);
    let key = payload::neutralise(&conflict.key);
    let theirs = conflict
        .theirs
        .as_ref()
        .filter(|theirs| theirs.operation == Operation::Put);
    let title = match theirs {
        Some(_) => texts::conflict(&key),
        None => texts::conflict_deleted(&key),
    };
    let styled = |text: &str, style| {
        let lines = text::wrap(text, width).into_iter();
        lines
            .map(move |line| Line::styled(line, style))
            .collect::<Vec<_>>()
    };
    let mut lines = styled(&title, theme.bad);
    if let Some(theirs) = theirs {
        lines.push(Line::styled(texts::theirs(theirs.revision), theme.bad));
        lines.push(Line::styled(texts::mine(), theme.good));
        lines.extend(changed_lines(
            &value_lines(&theirs.value, area.width),
            &value_lines(conflict.mine.as_bytes(), area.width),
            theme,
        ));
    }
    let keys = styled(texts::conflict_keys(), theme.accent);
    lines.truncate(usize::from(area.height).saturating_sub(keys.len()));
    lines.extend(keys);
    frame.render_widget(Text::from(lines), area);
}
