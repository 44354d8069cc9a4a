//! The command palette: an action by its name, a slide by its number or title, or a whole `nats …` line, whose words
//! are completed ([`super::completion`]). What an entry leads to is up to whoever opens it.

use std::time::Duration;

use crate::tui::texts;
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::clock;
use super::commands::commands;
use super::completion::{Completer, Completions};
use super::keymap::{self, Action};
use super::layouts::Place;
use super::panes::KeyHelp;
use super::theme::Theme;
use super::widgets::field::Field;
use super::widgets::text::{Keep, fit, pad_right, width};
use crate::client::payload;
use crate::util::fuzzy;

/// Suggestions on the screen at a time.
const ROWS_MAX: usize = 8;
/// Cells for the keys of a suggestion.
const KEYS_CELLS: usize = 16;
/// The most cells for a word of a line, before what it does.
const WORD_CELLS_MAX: usize = 32;

/// What was chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// An action.
    Action(Action),
    /// A slide, from 0.
    Slide(usize),
    /// JetStream's clock turned forward by so much.
    Clock(Duration),
    /// These panes beside the slide.
    Layout(Vec<Place>),
    /// The mouse to the terminal, or back.
    Mouse,
    /// A key of the window with the focus.
    Key(KeyEvent),
}

/// What became of a key.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<C> {
    /// Still being typed.
    Open,
    /// Enter, on something that means something.
    Chosen(C),
    /// Enter, on a line for the shell.
    Line(String),
    /// Enter, on nothing known.
    Unknown(String),
}

/// Something that can be chosen.
pub struct Entry<C> {
    /// The keys that do the same, or the slide's number.
    pub keys: String,
    /// What it is called.
    pub name: String,
    /// What it leads to.
    pub choice: C,
}

/// The palette while it is open.
pub struct Palette<C> {
    field: Field,
    entries: Vec<Entry<C>>,
    completer: Completer,
    selected: usize,
}

impl Palette<Choice> {
    /// A palette over all actions, these layouts and these slides.
    pub fn new<'a>(
        titles: impl Iterator<Item = &'a str>,
        layouts: Vec<(String, Vec<Place>)>,
        window: &[KeyHelp],
    ) -> Palette<Choice> {
        let actions = commands().into_iter().filter_map(|command| {
            Some(Entry {
                keys: command.keys.to_owned(),
                name: command.name.to_owned(),
                choice: Choice::Action(command.action?),
            })
        });
        let slides = titles.enumerate().map(|(index, title)| Entry {
            keys: (index + 1).to_string(),
            name: title.to_owned(),
            choice: Choice::Slide(index),
        });
        let clock = clock::STEPS.iter().map(|by| Entry {
            keys: String::new(),
            name: clock::entry(*by),
            choice: Choice::Clock(*by),
        });
        let layouts = layouts.into_iter().map(|(name, places)| Entry {
            keys: String::new(),
            name,
            choice: Choice::Layout(places),
        });
        let mouse = Entry {
            keys: String::new(),
            name: texts::toggle_mouse().to_owned(),
            choice: Choice::Mouse,
        };
        let keys = window.iter().filter_map(|(keys, name)| {
            Some(Entry {
                keys: (*keys).to_owned(),
                name: (*name).to_owned(),
                choice: Choice::Key(keymap::of_label(keys)?),
            })
        });
        let entries = keys
            .chain(actions)
            .chain([mouse])
            .chain(clock)
            .chain(layouts)
            .chain(slides);
        Palette::of(entries.collect())
    }
}

impl<C: Clone> Palette<C> {
    /// A palette over these entries.
    pub fn of(entries: Vec<Entry<C>>) -> Palette<C> {
        Palette {
            field: Field::line("").placeholder(texts::palette_hint()),
            entries,
            completer: Completer::default(),
            selected: 0,
        }
    }

    /// With what completes lines.
    #[must_use]
    pub fn completing(mut self, completer: Completer) -> Palette<C> {
        self.completer = completer;
        self
    }

    /// With these words in the empty field.
    #[must_use]
    pub fn hint(mut self, text: &str) -> Palette<C> {
        self.field = Field::line("").placeholder(text);
        self
    }

    /// Takes a key; Esc is the caller's.
    pub fn on_key(&mut self, key: KeyEvent) -> Outcome<C> {
        match key.code {
            KeyCode::Enter => return self.choose(),
            KeyCode::Up => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down => {
                let last = self.matches().len().max(self.completions().words.len());
                self.selected = (self.selected + 1).min(last.saturating_sub(1));
            }
            KeyCode::Tab if self.is_line() => {
                if let Some(found) = self.completions().words.into_iter().nth(self.selected) {
                    let text = self.field.content();
                    let before = text.rsplit_once(' ').map_or("", |(before, _)| before);
                    let end = if found.is_whole { " " } else { "" };
                    self.field.set(&format!("{before} {}{end}", found.word));
                    self.selected = 0;
                }
            }
            KeyCode::Tab => {
                if let Some(name) = self.matches().get(self.selected).map(|entry| entry.name.clone()) {
                    self.field.set(&name);
                    self.selected = 0;
                }
            }
            _ => {
                self.field.on_key(key);
                self.selected = 0;
            }
        }
        Outcome::Open
    }

    /// Pasted text.
    pub fn on_paste(&mut self, text: &str) {
        self.field.on_paste(text);
        self.selected = 0;
    }

    /// True while a line for the shell is written.
    fn is_line(&self) -> bool {
        let text = self.field.content();
        text.starts_with("nats ") || text.starts_with("nats-server ")
    }

    /// What the last word of a line may become.
    fn completions(&mut self) -> Completions {
        match self.is_line() {
            true => self.completer.complete(&self.field.content()),
            false => Completions::default(),
        }
    }

    fn choose(&self) -> Outcome<C> {
        let text = self.field.content();
        let text = text.trim();
        if self.is_line() {
            return Outcome::Line(text.to_owned());
        }
        match self.matches().get(self.selected) {
            Some(entry) => Outcome::Chosen(entry.choice.clone()),
            None => Outcome::Unknown(text.to_owned()),
        }
    }

    /// Entries with every typed word in them; a number is the slide of that number.
    fn matches(&self) -> Vec<&Entry<C>> {
        if self.is_line() {
            return Vec::new();
        }
        let text = self.field.content().to_lowercase();
        if text.trim().parse::<usize>().is_ok() {
            let is_slide = |entry: &&Entry<C>| entry.keys == text.trim();
            return self.entries.iter().filter(is_slide).collect();
        }
        let words = |entry: &&Entry<C>| {
            let name = entry.name.to_lowercase();
            text.split_whitespace().all(|word| name.contains(word))
        };
        let found: Vec<&Entry<C>> = self.entries.iter().filter(words).collect();
        if !found.is_empty() {
            return found;
        }
        // A slide, whose key is its number, is found by a few letters of its title as well.
        let mut scored: Vec<(i32, &Entry<C>)> = self
            .entries
            .iter()
            .filter(|entry| entry.keys.parse::<usize>().is_ok())
            .filter_map(|entry| Some((fuzzy::score(&entry.name, &text)?, entry)))
            .collect();
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The rows of a line's words: what each is stands beside it.
    fn word_rows(&mut self, cells: usize, theme: &Theme) -> Vec<Line<'static>> {
        let Completions { words, hint } = self.completions();
        if words.is_empty() && !hint.is_empty() {
            let hint = fit(&payload::neutralise(&hint), cells, Keep::Head);
            return vec![Line::styled(hint, theme.faint)];
        }
        let first = (self.selected + 1).saturating_sub(ROWS_MAX);
        let shown = words.iter().enumerate().skip(first).take(ROWS_MAX);
        let widest = shown.clone().map(|(_, found)| width(&found.word)).max();
        let word_cells = widest.unwrap_or(0).min(WORD_CELLS_MAX.min(cells / 2));
        shown
            .map(|(index, found)| {
                let is_selected = index == self.selected;
                let style = if is_selected { theme.selected } else { theme.text };
                let mark = if is_selected { "Tab " } else { "    " };
                let word = pad_right(&payload::neutralise(&found.word), word_cells, Keep::Tail);
                let left = cells.saturating_sub(word_cells + mark.len() + 2);
                let about = fit(&payload::neutralise(&found.about), left, Keep::Head);
                Line::from_iter([
                    Span::styled(mark, theme.faint),
                    Span::styled(word, style),
                    Span::styled(format!("  {about}"), theme.faint),
                ])
            })
            .collect()
    }

    /// Draws the palette at the foot of `area`.
    pub fn draw(&mut self, frame: &mut Frame<'_>, area: Rect, theme: &Theme) {
        let matches = self.matches();
        let first = (self.selected + 1).saturating_sub(ROWS_MAX);
        let cells = usize::from(area.width.saturating_sub(2));
        let mut rows: Vec<Line<'_>> = matches
            .iter()
            .enumerate()
            .skip(first)
            .take(ROWS_MAX)
            .map(|(index, entry)| {
                let style = if index == self.selected {
                    theme.selected
                } else {
                    theme.text
                };
                let keys = pad_right(&entry.keys, KEYS_CELLS, Keep::Head);
                let name = fit(&entry.name, cells.saturating_sub(width(&keys) + 1), Keep::Head);
                Line::from_iter([
                    Span::styled(keys, theme.faint),
                    Span::styled(format!(" {name}"), style),
                ])
            })
            .collect();
        rows.extend(self.word_rows(cells, theme));
        let height = u16::try_from(rows.len()).unwrap_or(0) + 3;
        let height = height.min(area.height);
        let at = Rect {
            y: area.bottom() - height,
            height,
            ..area
        };
        let block = Block::bordered()
            .border_style(theme.border_focused)
            .title(texts::palette_title());
        let inner = block.inner(at);
        frame.render_widget(Clear, at);
        frame.render_widget(block, at);
        let list = Rect {
            height: inner.height.saturating_sub(1),
            ..inner
        };
        frame.render_widget(Paragraph::new(rows), list);
        let prompt = Rect {
            y: inner.bottom().saturating_sub(1),
            height: inner.height.min(1),
            ..inner
        };
        draw_prompt(frame, prompt, ":", &mut self.field, theme);
    }
}

/// A mark and a field behind it.
pub fn draw_prompt(frame: &mut Frame<'_>, area: Rect, mark: &'static str, field: &mut Field, theme: &Theme) {
    frame.render_widget(Span::styled(mark, theme.accent), area);
    let rest = Rect {
        x: area.x + 1,
        width: area.width.saturating_sub(1),
        ..area
    };
    field.draw(frame, rest.intersection(area), theme, true);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::completion::{Next, Suggestion};
    use crate::tui::panes::testing::screen;

    fn typed(text: &str) -> Outcome<Choice> {
        let mut palette = Palette::new(
            ["Let's go NATS!", "Request-Reply"].into_iter(),
            Vec::new(),
            &[("w", "hvorfor")],
        );
        for letter in text.chars() {
            palette.on_key(KeyEvent::from(KeyCode::Char(letter)));
        }
        palette.on_key(KeyEvent::from(KeyCode::Enter))
    }

    #[test]
    fn the_words_of_a_line_are_completed() {
        let grammar = |words: &[String]| {
            let mut next = Next::default();
            match words {
                [_] => {
                    next.words = vec![
                        Suggestion::new("sub", "listens"),
                        Suggestion::new("str", "streams"),
                    ]
                }
                [_, written] if !written.contains('.') => {
                    next.words = vec![Suggestion {
                        is_whole: false,
                        ..Suggestion::new("sensors.", "seen")
                    }];
                }
                _ => next.hint = "<BODY>: what to send".to_owned(),
            }
            next
        };
        let completer = Completer::new(grammar, None, &[]);
        let mut palette = Palette::new([].into_iter(), Vec::new(), &[]).completing(completer);
        let press = |palette: &mut Palette<Choice>, code| palette.on_key(KeyEvent::from(code));
        for letter in "nats ".chars() {
            press(&mut palette, KeyCode::Char(letter));
        }
        let shown = |palette: &mut Palette<Choice>| {
            screen((50, 8), |frame| palette.draw(frame, frame.area(), &Theme::dark()))
        };
        let text = shown(&mut palette);
        assert!(
            text.contains("Tab sub  listens") && text.contains("    str  streams"),
            "{text}"
        );
        press(&mut palette, KeyCode::Tab);
        press(&mut palette, KeyCode::Tab);
        press(&mut palette, KeyCode::Char('x'));
        assert!(shown(&mut palette).contains(":nats sub sensors.x"));
        press(&mut palette, KeyCode::Char(' '));
        assert!(shown(&mut palette).contains("<BODY>: what to send"));
        let line = press(&mut palette, KeyCode::Enter);
        assert_eq!(line, Outcome::Line("nats sub sensors.x".to_owned()));
    }

    #[test]
    fn actions_slides_and_commands_are_understood() {
        for (text, choice) in [
            ("første", Choice::Action(Action::First)),
            ("kjør alle", Choice::Action(Action::RunAll)),
            ("2", Choice::Slide(1)),
            ("reply", Choice::Slide(1)),
            ("hvorfor", Choice::Key(KeyEvent::from(KeyCode::Char('w')))),
            ("rqrp", Choice::Slide(1)),
        ] {
            assert_eq!(typed(text), Outcome::Chosen(choice), "{text}");
        }
        assert_eq!(
            typed("nats stream ls"),
            Outcome::Line("nats stream ls".to_owned())
        );
        assert_eq!(typed("blabla"), Outcome::Unknown("blabla".to_owned()));
        assert_eq!(typed("99"), Outcome::Unknown("99".to_owned()));
    }
}
