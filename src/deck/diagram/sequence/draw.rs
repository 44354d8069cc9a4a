//! [`Sequence`] → lines: a box for each participant, a lifeline below it, an arrow for each message.

use unicode_segmentation::UnicodeSegmentation;

use super::{Event, Sequence};
use crate::deck::style::{Line, Role};
use crate::deck::text;

/// Blank columns between two boxes, at least.
const BETWEEN: usize = 3;
/// Columns on both sides of a label on its arrow.
const ROUND_LABEL: usize = 2;
/// Columns that a frame takes on each side.
const FRAME: usize = 2;
/// How far a message to oneself goes out.
const LOOP: usize = 4;

pub(super) fn draw(sequence: &Sequence) -> Vec<Line> {
    let plan = Plan::of(sequence);
    let mut grid = Grid::default();
    if let Some(title) = &sequence.title {
        let left = plan.width.saturating_sub(text::width(title)) / 2;
        grid.row();
        grid.put(left, title, Role::DiagramTitle);
        grid.row();
    }
    plan.heads(&mut grid, sequence);
    let mut frames = 0;
    for event in &sequence.events {
        plan.event(&mut grid, event, &mut frames);
    }
    plan.lifelines(&mut grid, frames);
    grid.lines()
}

/// Where everything stands.
struct Plan {
    /// The column of each lifeline.
    centres: Vec<usize>,
    width: usize,
}

impl Plan {
    fn of(sequence: &Sequence) -> Plan {
        let boxes: Vec<usize> = sequence
            .participants
            .iter()
            .map(|p| text::width(&p.label) + 4)
            .collect();
        let frames = deepest(&sequence.events);
        let mut gaps: Vec<usize> = boxes
            .windows(2)
            .map(|pair| pair[0] - pair[0] / 2 + pair[1] / 2 + BETWEEN)
            .collect();
        let mut last_room = boxes.last().map_or(0, |last| last - last / 2);
        for event in &sequence.events {
            let (first, last, wanted) = match event {
                Event::Message { from, to, label, .. } if from == to => {
                    (*from, from + 1, text::width(label) + LOOP + 4)
                }
                Event::Message { from, to, label, .. } => (
                    *from.min(to),
                    *from.max(to),
                    text::width(label) + 2 * ROUND_LABEL + 1,
                ),
                Event::Note {
                    first,
                    last,
                    text: said,
                } if first == last => {
                    let half = text::width(said) / 2 + ROUND_LABEL + 1;
                    widen(&mut gaps, (first.saturating_sub(1), *first), half);
                    (*first, first + 1, half + 1)
                }
                Event::Note {
                    first,
                    last,
                    text: said,
                } => (*first, *last, text::width(said) + 1),
                _ => continue,
            };
            match last < boxes.len() {
                true => widen(&mut gaps, (first, last), wanted),
                false => last_room = last_room.max(wanted),
            }
        }
        let left_notes = sequence.events.iter().filter_map(|event| match event {
            Event::Note {
                first: 0,
                last: 0,
                text: said,
            } => Some(text::width(said) / 2 + ROUND_LABEL + 1),
            _ => None,
        });
        let first = left_notes
            .chain(boxes.first().map(|first| first / 2))
            .max()
            .unwrap_or(0);
        let mut centres = vec![first + frames * FRAME];
        for gap in gaps {
            centres.push(centres[centres.len() - 1] + gap);
        }
        let width = centres[centres.len() - 1] + last_room + frames * FRAME;
        Plan { centres, width }
    }

    fn heads(&self, grid: &mut Grid, sequence: &Sequence) {
        for _ in 0..3 {
            grid.row();
        }
        for (participant, centre) in sequence.participants.iter().zip(&self.centres) {
            let inner = text::width(&participant.label) + 2;
            let left = centre - (inner + 2) / 2;
            let line = "─".repeat(inner);
            let top = grid.height() - 3;
            grid.put_at(top, left, &format!("┌{line}┐"), Role::DiagramBox);
            grid.put_at(
                top + 1,
                left,
                &format!("│ {} │", participant.label),
                Role::DiagramBox,
            );
            grid.put_at(top + 1, left + 2, &participant.label, Role::DiagramText);
            grid.put_at(top + 2, left, &format!("└{line}┘"), Role::DiagramBox);
            grid.put_at(top + 2, *centre, "┬", Role::DiagramBox);
        }
    }

    /// A row with nothing but lifelines and the sides of the open frames.
    fn lifelines(&self, grid: &mut Grid, frames: usize) {
        grid.row();
        for centre in &self.centres {
            grid.put(*centre, "│", Role::DiagramBox);
        }
        for depth in 0..frames {
            grid.put(depth * FRAME, "│", Role::CodeFrame);
            grid.put(self.width - depth * FRAME, "│", Role::CodeFrame);
        }
    }

    fn event(&self, grid: &mut Grid, event: &Event, frames: &mut usize) {
        match event {
            Event::Message {
                from,
                to,
                label,
                dashed,
            } if from == to => {
                self.to_oneself(grid, self.centres[*from], label, *dashed, *frames);
            }
            Event::Message {
                from,
                to,
                label,
                dashed,
            } => {
                self.message(
                    grid,
                    (self.centres[*from], self.centres[*to]),
                    label,
                    *dashed,
                    *frames,
                );
            }
            Event::Note {
                first,
                last,
                text: said,
            } => {
                self.note(grid, (self.centres[*first], self.centres[*last]), said, *frames);
            }
            Event::Divider(said) => {
                self.lifelines(grid, *frames);
                let said = if said.is_empty() {
                    " … ".to_owned()
                } else {
                    format!("══ {said} ══")
                };
                let left = self.width.saturating_sub(text::width(&said)) / 2;
                grid.put(left, &said, Role::DiagramTitle);
            }
            Event::Open(said) => {
                self.edge(grid, ("╭", "╮"), said, *frames);
                *frames += 1;
            }
            Event::Else(said) => self.edge(grid, ("├", "┤"), said, frames.saturating_sub(1)),
            Event::Close => {
                *frames = frames.saturating_sub(1);
                self.edge(grid, ("╰", "╯"), "", *frames);
            }
        }
    }

    fn message(&self, grid: &mut Grid, (from, to): (usize, usize), label: &str, dashed: bool, frames: usize) {
        let (left, right) = (from.min(to), from.max(to));
        let room = right - left - 1;
        if !label.is_empty() {
            self.lifelines(grid, frames);
            let at = left + 1 + room.saturating_sub(text::width(label)) / 2;
            grid.put(at, label, Role::DiagramText);
        }
        self.lifelines(grid, frames);
        grid.put(left + 1, &stroke(dashed).repeat(room), Role::DiagramEdge);
        let (at, head) = if to > from {
            (right - 1, "►")
        } else {
            (left + 1, "◄")
        };
        grid.put(at, head, Role::DiagramEdge);
    }

    fn to_oneself(&self, grid: &mut Grid, centre: usize, label: &str, dashed: bool, frames: usize) {
        let line = stroke(dashed).repeat(LOOP - 2);
        self.lifelines(grid, frames);
        grid.put(centre + 1, &format!("{line}─╮ "), Role::DiagramEdge);
        grid.put(centre + 2 + LOOP, label, Role::DiagramText);
        self.lifelines(grid, frames);
        grid.put(centre + 1, &format!("◄{line}╯"), Role::DiagramEdge);
    }

    fn note(&self, grid: &mut Grid, (first, last): (usize, usize), said: &str, frames: usize) {
        let wide = text::width(said);
        let middle = (first + last) / 2;
        let left = middle.saturating_sub(wide / 2 + 1);
        self.lifelines(grid, frames);
        grid.put(left, &format!("▏{said}▕"), Role::Quote);
    }

    /// The upper, inner or lower edge of a frame.
    fn edge(&self, grid: &mut Grid, (left, right): (&str, &str), said: &str, depth: usize) {
        self.lifelines(grid, depth);
        let from = depth * FRAME;
        let to = self.width - depth * FRAME;
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(" {said} ")
        };
        grid.put(
            from,
            &format!("{left}{}{right}", "─".repeat(to.saturating_sub(from + 1))),
            Role::CodeFrame,
        );
        grid.put(from + 2, &said, Role::DiagramText);
    }
}

fn stroke(dashed: bool) -> &'static str {
    if dashed { "╌" } else { "─" }
}

/// Makes room between two lifelines, shared among the gaps between them.
fn widen(gaps: &mut [usize], (first, last): (usize, usize), wanted: usize) {
    if first >= last {
        return;
    }
    let between = &mut gaps[first..last];
    let missing = wanted.saturating_sub(between.iter().sum());
    let count = between.len();
    for (nth, gap) in between.iter_mut().enumerate() {
        *gap += missing / count + usize::from(nth < missing % count);
    }
}

/// How many frames are open at a time, at most.
fn deepest(events: &[Event]) -> usize {
    let mut open = 0_usize;
    let depths = events.iter().map(|event| {
        match event {
            Event::Open(_) => open += 1,
            Event::Close => open = open.saturating_sub(1),
            _ => {}
        }
        open
    });
    depths.max().unwrap_or(0)
}

/// Cells, a row at a time; what is put later lies over what was there.
#[derive(Default)]
struct Grid {
    rows: Vec<Vec<(String, Role)>>,
}

impl Grid {
    fn row(&mut self) {
        self.rows.push(Vec::new());
    }

    fn height(&self) -> usize {
        self.rows.len()
    }

    /// Puts text into the last row.
    fn put(&mut self, column: usize, said: &str, role: Role) {
        self.put_at(self.rows.len() - 1, column, said, role);
    }

    fn put_at(&mut self, row: usize, column: usize, said: &str, role: Role) {
        let row = &mut self.rows[row];
        let mut at = column;
        for cluster in text::clean(said).graphemes(true) {
            let wide = text::width(cluster);
            let end = at + wide;
            if row.len() < end {
                row.resize(end, (" ".to_owned(), Role::Text));
            }
            if wide > 0 {
                row[at] = (cluster.to_owned(), role);
                // The second cell of a wide character holds nothing of its own.
                row[at + 1..end].fill((String::new(), role));
            }
            at = end;
        }
    }

    fn lines(&self) -> Vec<Line> {
        let line = |row: &Vec<(String, Role)>| {
            let mut spans = Vec::new();
            for (cluster, role) in row {
                text::push(&mut spans, cluster, *role, None);
            }
            Line { spans }
        };
        self.rows.iter().map(line).collect()
    }
}
