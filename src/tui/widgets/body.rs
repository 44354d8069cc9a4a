//! One message, whole, in the way that one wants to look at it: as what it is, as a tree, as text or bytes, or
//! beside the one before it.

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};

use crate::client::payload::body::{Body, View};
use crate::client::payload::diff::{Change, diff};
use crate::client::payload::value::{TreeRow, tree_rows};
use crate::client::payload::{self, LINES_MAX};
use crate::deck::big_text;
use crate::tui::theme::Theme;
use crate::tui::widgets::hex::HexCursor;
use crate::tui::widgets::message::{Scroll, pair_lines};
use crate::tui::widgets::number;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::texts;

/// How one looks at messages, kept from one to the next.
#[derive(Debug, Default)]
pub struct Look {
    /// The view of the payload.
    pub view: View,
    /// Whether it is compared with the message before it.
    pub compares: bool,
    scroll: Scroll,
    cursor: Selection,
    closed: HashSet<String>,
    /// Rows of the tree as last drawn.
    rows: Vec<TreeRow>,
    hex: HexCursor,
}

/// What is shown.
pub struct BodyView<'a> {
    /// Facts above the headers.
    pub facts: &'a [(&'static str, String)],
    /// The headers.
    pub headers: &'a [(String, String)],
    /// The payload as it came, or the first bytes of it.
    pub payload: &'a [u8],
    /// How many bytes it has in all.
    pub bytes: usize,
    /// The payload of the message before it on its subject.
    pub previous: Option<&'a [u8]>,
}

impl Look {
    /// Takes a key; false when it means nothing here.
    pub fn on_key(&mut self, key: KeyEvent) -> bool {
        let is_tree = self.view == View::Tree && !self.compares;
        match key.code {
            KeyCode::Char('v') => {
                self.view = self.view.next();
                self.scroll = Scroll::default();
            }
            KeyCode::Char('d') => {
                self.compares = !self.compares;
                self.scroll = Scroll::default();
            }
            KeyCode::Enter | KeyCode::Char(' ') if is_tree => self.toggle(),
            _ if is_tree => return self.cursor.on_key(key, self.rows.len()),
            _ if self.is_hex() => return self.hex.on_key(key),
            _ => return self.scroll.on_key(key),
        }
        true
    }

    /// To the top, for another message.
    pub fn rewind(&mut self) {
        self.scroll = Scroll::default();
    }

    fn is_hex(&self) -> bool {
        self.view == View::Hex && !self.compares
    }

    /// The bytes that are marked, in hex, where bytes are shown.
    pub fn marked(&self, payload: &[u8], headers: &[(String, String)]) -> Option<String> {
        let body = Body::of(payload, headers);
        let marked = body.bytes.get(self.hex.marked()).filter(|_| self.is_hex())?;
        Some(
            marked
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<Vec<_>>()
                .join(" "),
        )
    }

    fn toggle(&mut self) {
        let Some(row) = self.cursor.index(self.rows.len()).map(|index| &self.rows[index]) else {
            return;
        };
        if row.has_children && !self.closed.remove(&row.path) {
            self.closed.insert(row.path.clone());
        }
    }

    /// The path of the tree's row with the cursor, where a tree is shown.
    pub fn path(&self) -> Option<&str> {
        let index = self.cursor.index(self.rows.len())?;
        (self.view == View::Tree && !self.compares).then_some(self.rows[index].path.as_str())
    }
}

impl BodyView<'_> {
    /// Draws the message.
    pub fn draw(&self, frame: &mut Frame<'_>, area: Rect, theme: &Theme, look: &mut Look) {
        let width = usize::from(area.width);
        let body = Body::of(self.payload, self.headers);
        let mut head = Vec::new();
        for (name, value) in self.facts {
            pair_lines(&mut head, (name, value), width, theme.faint);
        }
        for (name, value) in self.headers {
            pair_lines(&mut head, (name, value), width, theme.accent);
        }
        let bytes = number::count(self.bytes as u64);
        let title = match self.bytes > self.payload.len() {
            true => texts::payload_head(&body.title(), &number::count(self.payload.len() as u64), &bytes),
            false => texts::payload(&body.title(), &bytes),
        };
        let view = match look.compares {
            true => texts::compared().to_owned(),
            false => texts::seen_as(look.view.name()),
        };
        pair_lines(
            &mut head,
            ("Payload", &format!("{title} · {view}")),
            width,
            theme.faint,
        );
        if look.view == View::Tree && !look.compares && body.value.is_some() {
            return draw_tree(frame, area, theme, look, (&body, head));
        }
        look.rows.clear();
        if look.is_hex() {
            let rows = u16::try_from(head.len()).unwrap_or(u16::MAX);
            let [top, bytes] =
                Layout::vertical([Constraint::Length(rows.min(area.height / 2)), Constraint::Min(0)])
                    .areas(area);
            frame.render_widget(Text::from(head), top);
            return look.hex.draw(frame, bytes, theme, &body.bytes);
        }
        let mut lines = head;
        match (look.compares, self.previous) {
            (true, Some(previous)) => {
                let old = Body::of(previous, self.headers).lines(look.view, width);
                let changes = diff(&old, &body.lines(look.view, width));
                lines.extend(changes.into_iter().map(|change| changed_line(change, theme)));
            }
            (true, None) => lines.push(Line::styled(texts::nothing_before(), theme.warn)),
            (false, _) => {
                let digits = big_number(&body, width).filter(|_| look.view == View::Auto);
                let rows = usize::from(area.height).saturating_sub(lines.len());
                if let Some(digits) = digits.filter(|digits| digits.len() < rows) {
                    // For the back row of the room.
                    lines.push(Line::default());
                    lines.extend(digits.into_iter().map(|line| Line::styled(line, theme.accent)));
                    return look.scroll.draw(frame, area, lines);
                }
                for line in body.lines(look.view, width) {
                    let parts = super::text::wrap(&line, width);
                    lines.extend(parts.into_iter().map(|part| Line::styled(part, theme.text)));
                }
            }
        }
        look.scroll.draw(frame, area, lines);
    }
}

/// A number in letters of blocks; none for anything else, or where it is too long for the width.
fn big_number(body: &Body<'_>, width: usize) -> Option<Vec<String>> {
    let text = std::str::from_utf8(&body.bytes).ok()?.trim();
    payload::number(text.as_bytes())?;
    big_text(text, width)
}

fn changed_line(change: Change, theme: &Theme) -> Line<'static> {
    let (mark, text, style) = match change {
        Change::Same(text) => ("  ", text, theme.faint),
        Change::Gone(text) => ("- ", text, theme.bad),
        Change::New(text) => ("+ ", text, theme.good),
    };
    Line::styled(format!("{mark}{text}"), style)
}

fn draw_tree(
    frame: &mut Frame<'_>,
    area: Rect,
    theme: &Theme,
    look: &mut Look,
    (body, head): (&Body<'_>, Vec<Line<'static>>),
) {
    let Some(value) = &body.value else { return };
    let closed = &look.closed;
    look.rows = tree_rows(value, &|path| closed.contains(path), LINES_MAX);
    let rows = u16::try_from(head.len()).unwrap_or(u16::MAX);
    let [top, tree, foot] = Layout::vertical([
        Constraint::Length(rows.min(area.height / 2)),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(Text::from(head), top);
    let range = look.cursor.visible(look.rows.len(), tree.height.into());
    let selected = look.cursor.index(look.rows.len());
    let lines: Vec<Line<'_>> = range
        .map(|index| {
            let line = tree_line(&look.rows[index], closed, theme);
            match selected == Some(index) {
                true => line.patch_style(theme.selected),
                false => line,
            }
        })
        .collect();
    frame.render_widget(Text::from(lines), tree);
    let path = look.path().unwrap_or_default();
    let path = if path.is_empty() { "." } else { path };
    let path = payload::neutralise(path).into_owned();
    frame.render_widget(Span::styled(path, theme.accent), foot);
}

fn tree_line(row: &TreeRow, closed: &HashSet<String>, theme: &Theme) -> Line<'static> {
    let mark = match (row.has_children, closed.contains(&row.path)) {
        (false, _) => "  ",
        (true, true) => "▸ ",
        (true, false) => "▾ ",
    };
    let indent = "  ".repeat(row.depth);
    let name = match row.name.is_empty() {
        true => String::new(),
        false => format!("{}: ", row.name),
    };
    let style = if row.has_children {
        theme.faint
    } else {
        Style::new()
    };
    Line::from(vec![
        Span::raw(format!("{indent}{mark}")),
        Span::styled(name, theme.accent),
        Span::styled(row.line.clone(), style),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::panes::testing::screen;

    fn drawn(look: &mut Look, payload: &str, previous: Option<&str>) -> String {
        let view = BodyView {
            facts: &[("Subject", "a.b".to_owned())],
            headers: &[("Kilde".to_owned(), "x\u{1b}[2J".to_owned())],
            payload: payload.as_bytes(),
            bytes: payload.len(),
            previous: previous.map(str::as_bytes),
        };
        screen((44, 12), |frame| {
            view.draw(frame, frame.area(), &Theme::dark(), look)
        })
    }

    #[test]
    fn a_tree_opens_closes_and_says_where_one_is() {
        let mut look = Look {
            view: View::Tree,
            ..Look::default()
        };
        let json = r#"{"temp": 21.5, "rom": {"navn": "Kjeller"}, "liste": [1, 2]}"#;
        drawn(&mut look, json, None);
        let press = |look: &mut Look, code| look.on_key(KeyEvent::from(code));
        for code in [KeyCode::Down, KeyCode::Down, KeyCode::Enter] {
            assert!(press(&mut look, code));
        }
        insta::assert_snapshot!("tree", drawn(&mut look, json, None));
        assert_eq!(look.path(), Some(".rom"));
        for _ in 0..2 {
            press(&mut look, KeyCode::Char('v'));
        }
        insta::assert_snapshot!("hex", drawn(&mut look, json, None));
    }

    #[test]
    fn a_number_is_as_big_as_there_is_room_for() {
        let text = drawn(&mut Look::default(), "21.5", None);
        assert!(text.contains('█') && !text.contains("21.5"), "{text}");
        let mut look = Look {
            view: View::Text,
            ..Look::default()
        };
        assert!(drawn(&mut look, "21.5", None).contains("21.5"));
        let long = "1".repeat(40);
        assert!(drawn(&mut Look::default(), &long, None).contains(&long));
    }

    #[test]
    fn a_payload_that_is_kept_in_part_says_so() {
        let view = BodyView {
            facts: &[],
            headers: &[],
            payload: b"{\"data\":\"xx",
            bytes: 880_011,
            previous: None,
        };
        let text = screen((60, 3), |frame| {
            view.draw(frame, frame.area(), &Theme::dark(), &mut Look::default())
        });
        assert!(text.contains("tekst, de første 11 av 880 011 byte"), "{text}");
    }

    #[test]
    fn two_messages_are_compared_line_by_line() {
        let mut look = Look::default();
        look.on_key(KeyEvent::from(KeyCode::Char('d')));
        let text = drawn(&mut look, r#"{"a": 1, "b": 2}"#, Some(r#"{"a": 1, "b": 3}"#));
        insta::assert_snapshot!("compared", text);
        assert!(drawn(&mut look, "{}", None).contains("Ingen melding før denne"));
    }
}
