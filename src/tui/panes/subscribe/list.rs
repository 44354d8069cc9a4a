//! Draws the list of messages, each in as many lines as was asked for.

use std::sync::Arc;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::look::{self, Rows, Times};
use super::view::{Screen, colour, refusal};
use super::window::{Entry, Window};
use super::{View, texts};
use crate::client::payload;
use crate::client::payload::body::{Body, View as BodyView};
use crate::tui::markings;
use crate::tui::panes::texts as shared;
use crate::tui::theme::Depth;
use crate::tui::widgets::number;
use crate::tui::widgets::text::{self, Keep};
use crate::util::size::format_bytes;

/// From this width on a row begins with its time.
const TIME_WIDTH_MIN: usize = 60;
/// Cells of the time since the message before.
const SINCE_CELLS: usize = 10;
/// From this width on a row tells its size, and the name of its colour.
const SIZE_WIDTH_MIN: usize = 100;
/// Lines of a whole message in the list; the rest is seen by opening it.
const FULL_LINES_MAX: usize = 60;
/// What lines below the first begin with.
const INDENT: &str = "  ";

/// Draws the list, the newest at the bottom.
pub fn draw(frame: &mut Frame<'_>, area: Rect, screen: &Screen<'_>, window: &Window, view: &mut View) {
    let height = usize::from(area.height);
    view.drawn.clear();
    let mut held = view.held.take();
    let followed = match &held {
        // One more than there is room for, to tell how long after it the first row came.
        None => look::newest(window.heard(), view.filter.as_ref(), height + 1),
        Some(_) => Vec::new(),
    };
    let entries = held.as_ref().map_or(&followed, |held| &held.entries);
    if entries.is_empty() {
        view.held = held;
        return draw_nothing(frame, area, screen, window, view);
    }
    let selected = held.as_ref().and_then(|held| held.selection.index(entries.len()));
    let set = Setter::new(entries, screen, window, view, area.width);
    let top = held.as_ref().map_or(0, |held| held.top);
    let shown = match selected {
        Some(selected) => set.around(selected, top, height),
        None => set.up_from(entries.len() - 1, height),
    };
    let (first, count) = (shown.first().map_or(0, |(at, _)| *at), shown.len());
    let used: usize = shown.iter().map(|(_, lines)| lines.len()).sum();
    // Few messages lie at the bottom too, where the next one will come.
    let mut y = area.y + u16::try_from(height.saturating_sub(used)).unwrap_or(0);
    let mut drawn = Vec::new();
    for (at, lines) in shown {
        for mut line in lines {
            if y >= area.bottom() {
                break;
            }
            if selected == Some(at) {
                line = line.patch_style(screen.theme.selected);
            }
            frame.render_widget(line, Rect::new(area.x, y, area.width, 1));
            drawn.push((y, Arc::clone(&entries[at])));
            y += 1;
        }
    }
    view.drawn = drawn;
    if let Some(held) = &mut held {
        held.top = first;
        // For Page Up and Down.
        held.selection.visible(held.entries.len(), count);
    }
    view.held = held;
}

fn draw_nothing(frame: &mut Frame<'_>, area: Rect, screen: &Screen<'_>, window: &Window, view: &View) {
    // Nothing can come where every pattern was refused.
    let heard = window.patterns.iter().filter(|pattern| !pattern.ignores);
    let refusals: Option<Vec<String>> = heard.map(refusal).collect();
    if let Some(refusals) = refusals.filter(|refusals| !refusals.is_empty()) {
        let refusals = payload::neutralise(&refusals.join("\n")).into_owned();
        return text::draw_wrapped(frame, area, &refusals, screen.theme.bad);
    }
    let hint = match window.patterns.as_slice() {
        [] => texts::first_hint(),
        _ if view.filter.is_some() && window.entries().len() > 0 => texts::none_fits(),
        _ => texts::no_messages(),
    };
    text::draw_wrapped(frame, area, hint, screen.theme.faint);
}

/// Sets messages as lines.
struct Setter<'a> {
    entries: &'a [Arc<Entry>],
    screen: &'a Screen<'a>,
    window: &'a Window,
    rows: Rows,
    times: Times,
    zone: jiff::tz::TimeZone,
    subject_cells: usize,
    width: usize,
}

/// Messages by their place, with their lines.
type Shown = Vec<(usize, Vec<Line<'static>>)>;

impl<'a> Setter<'a> {
    fn new(
        entries: &'a [Arc<Entry>],
        screen: &'a Screen<'a>,
        window: &'a Window,
        view: &View,
        width: u16,
    ) -> Setter<'a> {
        Setter {
            entries,
            screen,
            window,
            rows: view.rows,
            times: view.times,
            zone: view.zone.clone(),
            subject_cells: 0,
            width: width.into(),
        }
    }

    /// Subjects are as wide as the longest of those that may be shown.
    fn with_subjects_of(mut self, range: std::ops::Range<usize>) -> Setter<'a> {
        let shown = self.entries[range].iter();
        let longest = shown
            .map(|entry| text::width(&payload::neutralise(&entry.subject)))
            .max();
        let room = match self.rows {
            Rows::One => self.width * 2 / 5,
            _ => self.width,
        };
        self.subject_cells = longest.unwrap_or(0).min(room).max(8).min(self.width);
        self
    }

    /// As many as fit from this one upwards, at least this one.
    fn up_from(self, last: usize, height: usize) -> Shown {
        let first = (last + 1).saturating_sub(height.max(1));
        let set = self.with_subjects_of(first..last + 1);
        let mut shown = Vec::new();
        let mut left = height;
        for at in (first..=last).rev() {
            let mut lines = set.lines(at);
            if lines.len() > left && !shown.is_empty() {
                break;
            }
            lines.truncate(left);
            left -= lines.len();
            shown.push((at, lines));
            if left == 0 {
                break;
            }
        }
        shown.reverse();
        shown
    }

    /// Those around the selected one, moved no further from `top` than needed to have it whole.
    fn around(self, selected: usize, top: usize, height: usize) -> Shown {
        let len = self.entries.len();
        let set = self.with_subjects_of(selected.saturating_sub(height)..(selected + height + 1).min(len));
        let mut lines = set.lines(selected);
        lines.truncate(height);
        let mut left = height - lines.len();
        let mut shown = vec![(selected, lines)];
        let add = |at: usize, left: &mut usize| {
            let lines = set.lines(at);
            (lines.len() <= *left).then(|| {
                *left -= lines.len();
                (at, lines)
            })
        };
        let mut first = selected;
        while first > top.min(selected) {
            let Some(row) = add(first - 1, &mut left) else {
                break;
            };
            shown.insert(0, row);
            first -= 1;
        }
        for next in selected + 1..len {
            if let Some(row) = add(next, &mut left) {
                shown.push(row);
                continue;
            }
            if left > 0 {
                // What does not fit whole is seen in part below the last.
                let mut lines = set.lines(next);
                lines.truncate(left);
                left = 0;
                shown.push((next, lines));
            }
            break;
        }
        while first > 0 {
            let Some(row) = add(first - 1, &mut left) else {
                break;
            };
            shown.insert(0, row);
            first -= 1;
        }
        shown
    }

    fn lines(&self, at: usize) -> Vec<Line<'static>> {
        let entry = &self.entries[at];
        let before = at.checked_sub(1).map(|before| &self.entries[before]);
        let time = self.time_of(entry, before);
        let marking = markings::first(&self.screen.markings, entry.to_filter());
        let style = marking.map(|marking| marking.style(self.screen.theme));
        let tag = marking.filter(|_| self.width >= SIZE_WIDTH_MIN || self.screen.theme.depth == Depth::None);
        let tag = tag.map(|marking| format!("[{}] ", payload::neutralise(&marking.name)));
        let mut lines = vec![self.head(entry, &time, tag.as_deref().unwrap_or_default())];
        lines.extend(self.below(entry));
        if let Some(style) = style {
            // The parts have colours of their own, which give way.
            let spans = lines.iter_mut().flat_map(|line| &mut line.spans);
            spans.for_each(|span| span.style = span.style.patch(style));
        }
        lines
    }

    /// What a row tells of when its message came.
    fn time_of(&self, entry: &Entry, before: Option<&Arc<Entry>>) -> String {
        match (self.times, before) {
            (Times::Clock, _) => number::clock(entry.at, &self.zone),
            (Times::Since, Some(before)) => {
                let since = number::latency(entry.at.since(before.at));
                text::pad_left(&format!("+{since}"), SINCE_CELLS)
            }
            (Times::Since, None) => " ".repeat(SINCE_CELLS),
            (Times::None, _) => String::new(),
        }
    }

    /// The first line of a message; where it has but one, its payload stands on it.
    fn head(&self, entry: &Entry, time: &str, tag: &str) -> Line<'static> {
        let theme = self.screen.theme;
        let mut spans = Vec::with_capacity(6);
        let mut left = self.width;
        let mut add = |text: String, style: Style| {
            let text = text::fit(&text, left, Keep::Head);
            left = left.saturating_sub(text::width(&text));
            spans.push(Span::styled(text, style));
            left
        };
        if self.width >= TIME_WIDTH_MIN && !time.is_empty() {
            add(format!("{time} "), theme.faint);
        }
        let subject = payload::neutralise(&entry.subject);
        let subject = text::pad_right(&subject, self.subject_cells, Keep::Tail);
        add(subject + " ", colour(theme, self.window.place(entry.pattern)));
        if self.rows != Rows::Subjects {
            if self.width >= SIZE_WIDTH_MIN || self.rows != Rows::One {
                let size = format_bytes(entry.payload.len() as u64);
                add(text::pad_left(&size, 9) + " ", theme.faint);
            }
            let marks = [
                (!entry.headers.is_empty()).then_some('H'),
                entry.reply.is_some().then_some('?'),
            ];
            let marks: String = marks.into_iter().flatten().collect();
            if !marks.is_empty() {
                add(marks + " ", theme.faint);
            }
            if let Some(answered) = &entry.answers {
                let latency = number::latency(answered.latency);
                let subject = payload::neutralise(&answered.subject);
                add(format!("↩ {latency} {subject} "), theme.good);
            }
        }
        let mut left = add(tag.to_owned(), theme.text);
        if self.rows == Rows::One {
            let body = text::fit(&preview(entry, left), left, Keep::Head);
            left -= text::width(&body).min(left);
            spans.push(Span::styled(body, theme.text));
        }
        // Blanks to the edge, so that the mark of a selected row goes all the way.
        spans.push(Span::raw(" ".repeat(left)));
        Line::from(spans)
    }

    /// The lines below the first.
    fn below(&self, entry: &Entry) -> Vec<Line<'static>> {
        let theme = self.screen.theme;
        let room = self.width.saturating_sub(INDENT.len());
        let line = |text: &str, style: Style| {
            let text = text::pad_right(&payload::neutralise(text), room, Keep::Head);
            Line::from_iter([Span::raw(INDENT), Span::styled(text, style)])
        };
        let headers = || {
            entry
                .headers
                .iter()
                .map(|(name, value)| format!("{name}: {value}"))
        };
        match self.rows {
            Rows::One | Rows::Subjects => Vec::new(),
            Rows::Headers => headers().map(|header| line(&header, theme.faint)).collect(),
            Rows::Three => {
                // Without headers there is a line more for the payload.
                let body = preview(entry, 2 * room);
                let headers: Vec<String> = headers().collect();
                let (first, second) = match headers.is_empty() {
                    false => (line(&headers.join("  "), theme.faint), body),
                    true => {
                        let mut lines = text::wrap(&body, room).into_iter();
                        let first = lines.next().unwrap_or_default();
                        (line(&first, theme.text), lines.collect::<Vec<_>>().join(" "))
                    }
                };
                vec![first, line(&second, theme.text)]
            }
            Rows::Full => {
                let mut lines: Vec<Line<'static>> =
                    headers().map(|header| line(&header, theme.faint)).collect();
                let body = match entry.payload.is_empty() {
                    true => vec![shared::empty().to_owned()],
                    false => Body::of(&entry.payload, &entry.headers).lines(BodyView::Auto, room),
                };
                lines.extend(body.iter().map(|text| line(text, theme.text)));
                if lines.len() > FULL_LINES_MAX {
                    let left = lines.len() + 1 - FULL_LINES_MAX;
                    lines.truncate(FULL_LINES_MAX - 1);
                    lines.push(line(&texts::lines_left(left), theme.faint));
                }
                // A line apart, so that one sees where the next one begins.
                lines.push(Line::raw(" ".repeat(self.width)));
                lines
            }
        }
    }
}

fn preview(entry: &Entry, chars: usize) -> String {
    match entry.payload.is_empty() {
        true => shared::empty().to_owned(),
        false => payload::preview(&entry.payload, chars),
    }
}
