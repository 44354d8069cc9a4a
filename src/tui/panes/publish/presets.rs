//! Messages by name: those of the deck's front matter, and those that were saved for it. A list over the form to take
//! one from, or to save what stands there.

use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span, Text};

use super::texts;
use crate::client::payload;
use crate::tui::keep::{Keep, Preset};
use crate::tui::panes::KeyHelp;
use crate::tui::panes::publish::Draft;
use crate::tui::panes::texts as shared;
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;
use crate::tui::widgets::text::{self, Keep as Side};

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 60;
/// Cells of a name in the list.
const NAME_CELLS: usize = 20;

/// The list while it is open.
pub struct Presets {
    keep: Keep,
    selection: Selection,
    naming: Option<Field>,
    problem: Option<String>,
}

/// What a key led to.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The list stays.
    Open,
    /// The list goes.
    Closed,
    /// This message into the form.
    Chosen(Draft),
}

impl Presets {
    /// The messages saved for this deck.
    pub fn open(keep: &Keep) -> Presets {
        Presets {
            keep: keep.clone(),
            selection: Selection::default(),
            naming: None,
            problem: None,
        }
    }

    /// Takes a key; `now` is what stands in the form.
    pub fn on_key(&mut self, key: KeyEvent, now: &Draft) -> Outcome {
        if let Some(field) = self.naming.take() {
            return self.naming_key(field, key, now);
        }
        self.problem = None;
        let presets = self.keep.presets();
        let selected = self.selection.index(presets.len()).map(|index| &presets[index]);
        match (key.code, selected) {
            (KeyCode::Esc, _) => return Outcome::Closed,
            (KeyCode::Enter, Some(preset)) => return Outcome::Chosen(preset.draft.clone()),
            (KeyCode::Char('n'), _) => {
                let name = Field::line(&now.subject).selected();
                self.naming = Some(name);
            }
            (KeyCode::Char('x') | KeyCode::Delete, Some(preset)) => {
                self.problem = match preset.is_of_deck {
                    true => Some(texts::preset_of_deck().to_owned()),
                    false => self
                        .keep
                        .set_preset(&preset.name, None)
                        .err()
                        .map(|e| e.to_string()),
                };
            }
            _ => drop(self.selection.on_key(key, presets.len())),
        }
        Outcome::Open
    }

    fn naming_key(&mut self, mut field: Field, key: KeyEvent, now: &Draft) -> Outcome {
        match key.code {
            KeyCode::Esc => {}
            KeyCode::Enter => {
                let name: String = field.content().trim().chars().take(NAME_CHARS_MAX).collect();
                if !name.is_empty() {
                    let kept = self.keep.set_preset(&name, Some(now.clone()));
                    self.problem = kept.err().map(|error| error.to_string());
                    let at = self.keep.presets().iter().position(|own| own.name == name);
                    self.selection.set(at.unwrap_or(0));
                }
            }
            _ => {
                field.on_key(key);
                self.naming = Some(field);
            }
        }
        Outcome::Open
    }

    /// Pasted text, for a name.
    pub fn on_paste(&mut self, text: &str) {
        if let Some(field) = &mut self.naming {
            field.on_paste(text);
        }
    }

    /// True while a name is written.
    pub fn takes_text(&self) -> bool {
        self.naming.is_some()
    }

    /// The keys, the most useful first.
    pub fn keys(&self) -> Vec<KeyHelp> {
        match self.naming {
            Some(_) => vec![("Enter", texts::key_save_as()), ("Esc", shared::back())],
            None => vec![
                ("Enter", texts::key_use()),
                ("n", texts::key_name()),
                ("x", texts::key_forget()),
                ("Esc", shared::back()),
            ],
        }
    }

    /// Draws the list.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let presets = self.keep.presets();
        let has_foot = self.naming.is_some() || self.problem.is_some();
        let [head, body, foot] = Layout::vertical([
            Constraint::Length(u16::from(area.height > 2)),
            Constraint::Min(0),
            Constraint::Length(u16::from(has_foot)),
        ])
        .areas(area);
        frame.render_widget(Span::styled(texts::presets(), theme.title), head);
        if let Some(field) = &mut self.naming {
            let cells = u16::try_from(text::width(texts::name()) + 1).unwrap_or(u16::MAX);
            let [label, rest] =
                Layout::horizontal([Constraint::Length(cells), Constraint::Min(0)]).areas(foot);
            frame.render_widget(Span::styled(texts::name(), theme.accent), label);
            field.draw(frame, rest, theme, true);
        } else if let Some(problem) = &self.problem {
            let problem = text::fit(problem, foot.width.into(), Side::Head);
            frame.render_widget(Span::styled(problem, theme.bad), foot);
        }
        if presets.is_empty() {
            return text::draw_wrapped(frame, body, texts::no_presets(), theme.faint);
        }
        let width = usize::from(body.width);
        let range = self.selection.visible(presets.len(), body.height.into());
        let selected = self.selection.index(presets.len());
        let rows: Vec<Line<'_>> = range
            .map(|index| {
                let Preset {
                    name,
                    draft,
                    is_of_deck,
                } = &presets[index];
                let name = text::pad_right(&payload::neutralise(name), NAME_CELLS, Side::Head);
                let said = format!("{}  {}", draft.subject, draft.payload.replace('\n', " "));
                let mark = if *is_of_deck { texts::mark_of_deck() } else { "" };
                let room = width.saturating_sub(NAME_CELLS + 1 + text::width(mark));
                let said = text::pad_right(&payload::neutralise(&said), room, Side::Head);
                let line = Line::from(vec![
                    Span::styled(name, theme.accent),
                    Span::styled(format!(" {said}"), theme.text),
                    Span::styled(mark, theme.faint),
                ]);
                match selected == Some(index) {
                    true => line.patch_style(theme.selected),
                    false => line,
                }
            })
            .collect();
        frame.render_widget(Text::from(rows), body);
    }
}
