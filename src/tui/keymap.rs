//! Keys → actions, as data and without a screen.
//!
//! The deck's keys are those of `slides`, counts included, and what a clicker sends. No key needs
//! AltGr, Alt or a dead key. Start with [`KeyReader::read`].

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::panes::PaneKind;

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// So many slides on.
    Next(usize),
    /// So many slides back.
    Previous(usize),
    /// To the slide of that number, from 1.
    GoTo(usize),
    /// To the first slide.
    First,
    /// To the last slide.
    Last,
    /// Down in a slide taller than the screen.
    ScrollDown,
    /// Up in it.
    ScrollUp,
    /// Right in code wider than the screen.
    ScrollRight,
    /// Left in it.
    ScrollLeft,
    /// Ask for a pattern.
    Search,
    /// To the next slide that has the pattern.
    SearchNext,
    /// To the one before.
    SearchPrevious,
    /// The chosen block to the clipboard.
    Yank,
    /// Run the chosen block.
    Run,
    /// Run all of the slide's blocks.
    RunAll,
    /// Back to the slide that was left for one further off.
    Back,
    /// Choose the next block.
    ChooseNext,
    /// Choose the block before.
    ChoosePrevious,
    /// The chosen block's output to a pane of its own.
    Detach,
    /// Stop what runs; with nothing running, quit.
    Interrupt,
    /// Quit.
    Quit,
    /// To the shell and back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// The keys of this view.
    Help,
    /// A black screen and back.
    Black,
    /// The command palette.
    Palette,
    /// All slides at once.
    Overview,
    /// Point at a line, and no longer.
    Laser,
    /// Blocks as they are run, and back.
    Source,
    /// Open, focus or close a pane.
    Pane(PaneKind),
    /// The lab of the slide.
    SlideLab,
    /// The slide alone, and back.
    Alone,
    /// The next pane.
    FocusNext,
    /// The pane before.
    FocusPrevious,
    /// Back to the deck.
    FocusDeck,
    /// Edit the chosen block.
    Edit,
    /// The chosen block as the deck has it.
    Revert,
    /// Take the control of the talk, or hand it over.
    Control,
    /// The remote control on or off.
    Remote,
    /// Begin the slide's poll anew.
    PollAnew,
    /// Our own broker off, and on again.
    ServerSwitch,
    /// A client that reads nothing, and none any more.
    SlowClient,
    /// Close what is in the way.
    Escape,
    /// Panic, so that a test sees the terminal given back. Only debug builds have a key for it.
    Panic,
}

impl Action {
    /// Whether it leads to another slide, or to more of this one.
    pub fn moves(self) -> bool {
        matches!(
            self,
            Action::Next(_)
                | Action::Previous(_)
                | Action::GoTo(_)
                | Action::First
                | Action::Last
                | Action::Back
                | Action::Search
                | Action::SearchNext
                | Action::SearchPrevious
                | Action::Overview
        )
    }
}

/// Steps beyond which a count means no more than "to the end".
const COUNT_MAX: usize = 99_999;

/// What was typed before the key that counts.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Pending {
    #[default]
    Nothing,
    Count(usize),
    G,
}

/// Reads the deck's keys one by one and remembers a count.
#[derive(Debug, Default)]
pub struct KeyReader {
    pending: Pending,
    /// True while hits of a search stand out: `N` leads back among them.
    has_hits: bool,
}

impl KeyReader {
    /// The action of a key while the slide has the focus; none while a count or `gg` is half
    /// typed, and for keys without a meaning, which forget the count.
    pub fn read(&mut self, key: KeyEvent) -> Option<Action> {
        if let Some(action) = global(key) {
            if action != Action::SearchNext {
                self.pending = Pending::Nothing;
            }
            return Some(action);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let shift = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Char(letter) if control => self.with_control(letter),
            KeyCode::Char(letter) => self.letter(letter),
            code => self.other(code, shift),
        }
    }

    /// Says whether hits of a search stand out.
    pub fn set_has_hits(&mut self, has_hits: bool) {
        self.has_hits = has_hits;
    }

    /// What is half typed, to be shown.
    pub fn pending(&self) -> Option<String> {
        match self.pending {
            Pending::Nothing => None,
            Pending::Count(n) => Some(n.to_string()),
            Pending::G => Some("g".to_owned()),
        }
    }

    fn with_control(&mut self, letter: char) -> Option<Action> {
        // As in `slides`, these two leave a count standing.
        match letter {
            'e' => return Some(Action::Run),
            'n' => return Some(Action::SearchNext),
            _ => self.pending = Pending::Nothing,
        }
        match letter {
            'd' => Some(Action::ScrollDown),
            'u' => Some(Action::ScrollUp),
            'l' => Some(Action::Redraw),
            'o' => Some(Action::Back),
            'p' => Some(Action::Overview),
            _ => None,
        }
    }

    fn letter(&mut self, letter: char) -> Option<Action> {
        if let Some(digit) = letter.to_digit(10) {
            let before = match self.pending {
                Pending::Count(n) => n,
                _ => 0,
            };
            self.pending = Pending::Count((before * 10 + digit as usize).min(COUNT_MAX));
            return None;
        }
        if letter == '/' {
            return Some(Action::Search);
        }
        let pending = std::mem::take(&mut self.pending);
        match letter {
            ' ' | 'j' | 'l' | 'n' => Some(Action::Next(pending.steps())),
            'N' if self.has_hits => Some(Action::SearchPrevious),
            'k' | 'h' | 'p' | 'N' => Some(Action::Previous(pending.steps())),
            'g' if pending == Pending::G => Some(Action::First),
            'g' => {
                self.pending = Pending::G;
                None
            }
            'G' => Some(match pending {
                Pending::Count(n) => Action::GoTo(n.max(1)),
                _ => Action::Last,
            }),
            _ => LETTERS
                .iter()
                .find(|(key, _)| *key == letter)
                .map(|(_, action)| *action),
        }
    }

    fn other(&mut self, code: KeyCode, shift: bool) -> Option<Action> {
        let pending = std::mem::take(&mut self.pending);
        match code {
            KeyCode::Down if shift => Some(Action::ScrollDown),
            KeyCode::Up if shift => Some(Action::ScrollUp),
            KeyCode::Right if shift => Some(Action::ScrollRight),
            KeyCode::Left if shift => Some(Action::ScrollLeft),
            KeyCode::Down | KeyCode::Right | KeyCode::Enter | KeyCode::PageDown => {
                Some(Action::Next(pending.steps()))
            }
            KeyCode::Up | KeyCode::Left | KeyCode::PageUp => Some(Action::Previous(pending.steps())),
            KeyCode::Home => Some(Action::First),
            KeyCode::End => Some(Action::Last),
            KeyCode::Esc => Some(Action::Escape),
            _ => None,
        }
    }
}

impl Pending {
    /// A count of zero is one step.
    fn steps(self) -> usize {
        match self {
            Pending::Count(n) => n.max(1),
            _ => 1,
        }
    }
}

/// Letters that are one action each.
const LETTERS: &[(char, Action)] = &[
    ('q', Action::Quit),
    ('y', Action::Yank),
    ('c', Action::ChooseNext),
    ('C', Action::ChoosePrevious),
    ('E', Action::RunAll),
    ('o', Action::Detach),
    ('L', Action::SlideLab),
    ('?', Action::Help),
    (':', Action::Palette),
    ('.', Action::Black),
    ('b', Action::Black),
    ('O', Action::Overview),
    ('m', Action::Laser),
    ('H', Action::Source),
    ('T', Action::Control),
    ('e', Action::Edit),
    ('R', Action::Revert),
];

/// Keys that mean the same wherever the focus is.
pub fn global(key: KeyEvent) -> Option<Action> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::F(n) => function_key(n),
        KeyCode::Tab => Some(Action::FocusNext),
        KeyCode::BackTab => Some(Action::FocusPrevious),
        KeyCode::Char('g') if control => Some(Action::FocusDeck),
        KeyCode::Char('c') if control => Some(Action::Interrupt),
        KeyCode::Char('z') if control => Some(Action::Suspend),
        _ => None,
    }
}

/// The key that a line of help names first: `ctrl+s`, `Enter`, `w`; none for what is no single key.
pub fn of_label(label: &str) -> Option<KeyEvent> {
    let first = label.split(' ').next()?;
    let (rest, modifiers) = match first.strip_prefix("ctrl+") {
        Some(rest) => (rest, KeyModifiers::CONTROL),
        None => (first, KeyModifiers::NONE),
    };
    let mut letters = rest.chars();
    let code = match (rest, letters.next(), letters.next()) {
        ("Enter", ..) => KeyCode::Enter,
        ("End", ..) => KeyCode::End,
        ("mellomrom" | "space", ..) => KeyCode::Char(' '),
        ("↑" | "↓" | "←" | "→", ..) => return None,
        (_, Some(letter), None) => KeyCode::Char(letter),
        _ => return None,
    };
    Some(KeyEvent::new(code, modifiers))
}

fn function_key(n: u8) -> Option<Action> {
    match n {
        1 => Some(Action::Help),
        2 => Some(Action::Pane(PaneKind::Publish)),
        3 => Some(Action::Pane(PaneKind::Subscribe)),
        4 => Some(Action::Pane(PaneKind::Request)),
        5 => Some(Action::Alone),
        6 => Some(Action::Pane(PaneKind::Streams)),
        7 => Some(Action::Pane(PaneKind::Consumers)),
        8 => Some(Action::Pane(PaneKind::Server)),
        9 => Some(Action::Pane(PaneKind::Labs)),
        12 if cfg!(debug_assertions) => Some(Action::Panic),
        _ => None,
    }
}

#[cfg(test)]
#[path = "keymap_tests.rs"]
mod tests;
