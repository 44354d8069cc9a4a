//! Tables that fit: columns shrink in proportion, cells wrap, and rows that continue the one above
//! (their first cell is empty) are drawn as one.

use pulldown_cmark::{Alignment, Event, TagEnd};

use super::inline::{self, Events, Reading};
use crate::deck::looks::Palette;
use crate::deck::style::{Line, Role, Span};
use crate::deck::text;

/// What stands between two columns.
const BETWEEN: &str = " │ ";
const BETWEEN_RULED: &str = "─┼─";

/// A column that misses no more cells than this nearly has what it wants.
const NEARLY: usize = 6;
/// Cells of a table up to which several widths are tried; a larger one takes too long for that.
const CELLS_TRIED_MAX: usize = 400;

type Cell = Vec<Span>;

struct Row {
    cells: Vec<Cell>,
}

/// Reads a table up to its end and draws it in at most `columns`, as long as each of its columns can
/// have one.
pub(super) fn lines(
    alignments: &[Alignment],
    events: &mut Events<'_>,
    palette: &Palette,
    columns: usize,
) -> Vec<Line> {
    let rows = read(alignments.len(), events, palette);
    let Some((head, body)) = rows.split_first() else {
        return Vec::new();
    };
    let count = alignments.len();
    let room = columns.saturating_sub(BETWEEN.chars().count() * count.saturating_sub(1));
    if count == 0 || room < count * 3 {
        return records(head, body, columns);
    }
    let widths = best_widths(&rows, count, room);

    let mut lines = draw_rows(head, &[], &widths, alignments);
    lines.push(ruled(&widths));
    let wraps = |row: &Row| {
        row.cells
            .iter()
            .zip(&widths)
            .any(|(cell, &w)| text::spans_width(cell) > w)
    };
    let in_groups = body.iter().any(|row| row.continues() || wraps(row));
    let mut rest = body;
    while let Some((first, behind)) = rest.split_first() {
        if in_groups && rest.len() < body.len() {
            lines.push(ruled(&widths));
        }
        let more = behind.iter().take_while(|row| row.continues()).count();
        lines.extend(draw_rows(first, &behind[..more], &widths, alignments));
        rest = &behind[more..];
    }
    lines
}

impl Row {
    fn continues(&self) -> bool {
        self.cells
            .first()
            .is_some_and(|cell| text::spans_width(cell) == 0)
    }
}

fn read(count: usize, events: &mut Events<'_>, palette: &Palette) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut cells: Vec<Cell> = Vec::new();
    let mut base = Role::TableHead;
    while let Some(event) = events.next_if(|event| *event != Event::End(TagEnd::Table)) {
        match event {
            Event::Start(pulldown_cmark::Tag::TableCell) => {
                let reading = Reading {
                    base,
                    keeps_lines: false,
                    palette,
                };
                cells.push(inline::collect(events, reading).concat());
            }
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => {
                cells.resize(count, Vec::new());
                rows.push(Row {
                    cells: std::mem::take(&mut cells),
                });
                base = Role::Text;
            }
            _ => {}
        }
    }
    rows
}

/// Gives every column what it wants, where there is room for all. Else what its longest word needs, and of the rest a
/// share in proportion to what it misses, or as much as the others unless it wants less: whichever makes the table
/// lower.
fn best_widths(rows: &[Row], count: usize, room: usize) -> Vec<usize> {
    let widest = |column: usize, measure: fn(&[Span]) -> usize| {
        let cells = rows.iter().map(|row| measure(&row.cells[column]));
        cells.max().unwrap_or(0).max(1)
    };
    let of_all = |measure: fn(&[Span]) -> usize| -> Vec<usize> {
        (0..count).map(|column| widest(column, measure)).collect()
    };
    let wanted = of_all(text::spans_width);
    if wanted.iter().sum::<usize>() <= room {
        return wanted;
    }
    let words = of_all(text::widest_word);
    if rows.len() * count > CELLS_TRIED_MAX {
        return proportional_widths(&wanted, &words, room);
    }
    let height = |widths: &Vec<usize>| -> usize {
        let row = |row: &Row| {
            let cells = row.cells.iter().zip(widths);
            cells.map(|(cell, width)| wrap_cell(cell, *width).len()).max()
        };
        rows.iter().filter_map(row).sum()
    };
    // Of two that are as low, the one that leaves more columns whole is the calmer.
    let tried = [
        even_widths(&wanted, &words, room),
        proportional_widths(&wanted, &words, room),
    ];
    let mut best = tried
        .into_iter()
        .min_by_key(height)
        .unwrap_or_else(|| wanted.clone());
    // A column that misses a few cells gets them from the widest, where that costs nothing.
    let lowest = height(&best);
    for column in 0..count {
        let missing = wanted[column] - best[column].min(wanted[column]);
        let widest = (0..count).max_by_key(|other| best[*other]).unwrap_or(column);
        if (1..=NEARLY).contains(&missing) && widest != column && best[widest] > missing + words[widest] {
            let mut moved = best.clone();
            moved[column] += missing;
            moved[widest] -= missing;
            if height(&moved) <= lowest {
                best = moved;
            }
        }
    }
    best
}

/// What each column's longest word needs, as far as that is no more than an even share.
fn least_widths(wanted: &[usize], words: &[usize], room: usize) -> Vec<usize> {
    let even = room / wanted.len().max(1);
    let columns = wanted.iter().zip(words);
    columns
        .map(|(wanted, word)| (*word).min(even).min(*wanted))
        .collect()
}

fn proportional_widths(wanted: &[usize], words: &[usize], room: usize) -> Vec<usize> {
    let mut widths = least_widths(wanted, words, room);
    let missing: Vec<usize> = wanted
        .iter()
        .zip(&widths)
        .map(|(want, have)| want - have)
        .collect();
    let missing_total: usize = missing.iter().sum();
    let spare = room - widths.iter().sum::<usize>();
    for (width, missing) in widths.iter_mut().zip(&missing) {
        *width += spare * missing / missing_total.max(1);
    }
    widths
}

/// The narrowest wishes are met first; what they leave is shared by the others.
fn even_widths(wanted: &[usize], words: &[usize], room: usize) -> Vec<usize> {
    let mut widths = least_widths(wanted, words, room);
    let mut by_wish: Vec<usize> = (0..wanted.len()).collect();
    by_wish.sort_by_key(|column| wanted[*column]);
    for (nth, column) in by_wish.iter().enumerate() {
        let spare = room - widths.iter().sum::<usize>();
        let behind = &by_wish[nth..];
        let share = (spare + behind.iter().map(|at| widths[*at]).sum::<usize>()) / behind.len();
        let most = widths[*column] + spare;
        widths[*column] = wanted[*column].min(share.max(widths[*column])).min(most);
    }
    widths
}

/// A row with those that go on with it. A cell of these begins where the cells above it end, in its own column or
/// another that its row fills.
fn draw_rows(first: &Row, more: &[Row], widths: &[usize], alignments: &[Alignment]) -> Vec<Line> {
    let wrapped = |row: &Row| -> Vec<Vec<Line>> {
        let cells = row.cells.iter().zip(widths);
        cells.map(|(cell, &width)| wrap_cell(cell, width)).collect()
    };
    let mut cells = wrapped(first);
    for row in more {
        let row = wrapped(row);
        let filled = cells.iter().zip(&row).filter(|(_, below)| !below.is_empty());
        let start = filled.map(|(above, _)| above.len()).max().unwrap_or(0);
        for (above, below) in cells.iter_mut().zip(row) {
            if !below.is_empty() {
                above.resize(start, Line::default());
                above.extend(below);
            }
        }
    }
    let height = cells.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let mut lines = Vec::with_capacity(height);
    for nth in 0..height {
        let mut spans = Vec::new();
        for (column, cell) in cells.iter().enumerate() {
            if column > 0 {
                text::push(&mut spans, BETWEEN, Role::TableBorder, None);
            }
            let content = cell
                .get(nth)
                .map(|line| line.spans.as_slice())
                .unwrap_or_default();
            let is_last = column + 1 == cells.len();
            align(&mut spans, content, widths[column], alignments[column], is_last);
        }
        lines.push(Line { spans });
    }
    lines
}

/// Wraps a cell; one that is written like a list item hangs behind its dash.
fn wrap_cell(cell: &[Span], width: usize) -> Vec<Line> {
    const DASH: &str = "- ";
    let hangs = cell.first().is_some_and(|span| span.text.starts_with(DASH)) && width > 2 * DASH.len();
    if !hangs {
        return text::wrap_prose(cell, width);
    }
    let mut item = cell.to_vec();
    item[0].text.drain(..DASH.len());
    let mut lines = text::wrap_prose(&item, width - DASH.len());
    for (nth, line) in lines.iter_mut().enumerate() {
        let (mark, role) = if nth == 0 {
            ("• ", Role::ListMarker)
        } else {
            ("  ", Role::Text)
        };
        line.spans.insert(
            0,
            Span {
                text: mark.to_owned(),
                role,
                link: None,
            },
        );
    }
    lines
}

fn align(spans: &mut Vec<Span>, content: &[Span], width: usize, alignment: Alignment, is_last: bool) {
    let free = width.saturating_sub(text::spans_width(content));
    let left = match alignment {
        Alignment::None | Alignment::Left => 0,
        Alignment::Center => free / 2,
        Alignment::Right => free,
    };
    let right = if is_last { 0 } else { free - left };
    if left > 0 {
        text::push(spans, &" ".repeat(left), Role::Text, None);
    }
    spans.extend_from_slice(content);
    if right > 0 {
        text::push(spans, &" ".repeat(right), Role::Text, None);
    }
}

fn ruled(widths: &[usize]) -> Line {
    let columns: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
    let span = Span {
        text: columns.join(BETWEEN_RULED),
        role: Role::TableBorder,
        link: None,
    };
    Line { spans: vec![span] }
}

/// A table with more columns than the screen can hold: each row as a list of head and cell.
fn records(head: &Row, body: &[Row], columns: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for (nth, row) in body.iter().enumerate() {
        if nth > 0 {
            lines.push(Line::default());
        }
        for (name, cell) in head.cells.iter().zip(&row.cells) {
            let mut spans = name.clone();
            text::push(&mut spans, ": ", Role::TableHead, None);
            spans.extend_from_slice(cell);
            lines.extend(text::wrap(&spans, columns));
        }
    }
    lines
}
