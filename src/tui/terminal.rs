//! The terminal: taken over on entry, given back on every way out.
//!
//! [`TerminalGuard`] gives it back on drop; the panic hook does so before the message of a panic on
//! the screen's thread is printed. Panics elsewhere (a pane's task, a connection) end nothing and
//! are kept until the screen is free: see [`take_background_panics`].

use crate::tui::cast::{Cast, Output, Recording};
use crate::tui::links::{LinkedBackend, Links};
use crate::tui::pictures::{Full, Placements, Protocol};
use crate::tui::texts;
use std::io::{self, IsTerminal, Write, stdout};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crossterm::clipboard::CopyToClipboard;
use ratatui::crossterm::cursor::{Hide, Show};
use ratatui::crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode, size,
    window_size,
};

/// The screen that the app draws on.
pub type Screen = ratatui::Terminal<LinkedBackend<Output>>;

/// Panics of other threads that are kept; more only say the same again.
const BACKGROUND_PANICS_MAX: usize = 20;

static TAKEN: AtomicBool = AtomicBool::new(false);
static BACKGROUND_PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Holds the terminal; dropping it gives the terminal back.
pub struct TerminalGuard {
    screen: Screen,
    links: Links,
    placements: Placements,
    protocol: Protocol,
    recording: Recording,
}

impl TerminalGuard {
    /// Takes the terminal over: raw mode, alternate screen, pasted text as one event, mouse. Asks
    /// the terminal nothing, so that one which never answers delays nothing.
    ///
    /// # Errors
    /// Standard output is not a terminal, or the terminal fails.
    pub fn enter() -> io::Result<TerminalGuard> {
        require()?;
        install_panic_hook();
        take()?;
        let links = Links::default();
        let recording = Recording::default();
        let output = Output::new(Recording::clone(&recording));
        let screen = fresh_screen(LinkedBackend::new(output, links.clone())).inspect_err(|_| give_back())?;
        Ok(TerminalGuard {
            recording,
            screen,
            links,
            placements: Placements::default(),
            protocol: Protocol::HalfBlocks,
        })
    }

    /// Where whoever draws notes the links of the frame.
    pub fn links(&self) -> Links {
        self.links.clone()
    }

    /// Has pictures shown that way from now on: what whoever draws needs for it.
    pub fn full(&mut self, protocol: Protocol) -> Full {
        self.protocol = protocol;
        self.screen
            .backend_mut()
            .show_pictures(self.placements.clone(), protocol);
        Full::new(protocol, cell_pixels(), self.placements.clone())
    }

    /// Has what is drawn from now on recorded in that file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn record(&mut self, file: &Path) -> io::Result<()> {
        let cast = Cast::begin(file, size()?)?;
        *self.recording.borrow_mut() = Some(cast);
        Ok(())
    }

    /// What to draw on.
    pub fn screen(&mut self) -> &mut Screen {
        &mut self.screen
    }

    /// Gives the terminal to the shell, stops this process, and comes back when it is continued.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // Not caught by us, so the default holds: stop. In a session without a shell that could
        // continue it, the system ignores the signal and the show goes on.
        signal_hook::low_level::raise(signal_hook::consts::SIGTSTP)?;
        self.retake()
    }

    /// Takes the terminal over anew, for when someone else may have changed it.
    pub fn retake(&mut self) -> io::Result<()> {
        give_back();
        take()?;
        self.redraw()
    }

    /// Draws everything anew with the next frame.
    pub fn redraw(&mut self) -> io::Result<()> {
        let output = Output::new(Recording::clone(&self.recording));
        let mut backend = LinkedBackend::new(output, self.links.clone());
        backend.show_pictures(self.placements.clone(), self.protocol);
        self.screen = fresh_screen(backend)?;
        Ok(())
    }

    /// Listens to the mouse, or leaves it to the terminal, which then selects text with it.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        match on {
            true => execute!(stdout(), EnableMouseCapture),
            false => execute!(stdout(), DisableMouseCapture),
        }
    }

    /// Puts `text` on the clipboard of the terminal, wherever that runs, and on the system's.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        super::clipboard::copy_by_tool(text);
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        give_back();
    }
}

/// A screen that knows nothing of what the terminal shows and so draws everything. Not the
/// `clear` of an old one, which asks the terminal for its cursor and waits for an answer.
fn fresh_screen(backend: LinkedBackend<Output>) -> io::Result<Screen> {
    execute!(stdout(), Clear(ClearType::All))?;
    Screen::new(backend)
}

/// The pixels of a cell, as the system knows them; the terminal is not asked.
fn cell_pixels() -> Option<(u32, u32)> {
    let size = window_size().ok()?;
    let side = |pixels: u16, cells: u16| u32::from(pixels).checked_div(u32::from(cells));
    let cell = (side(size.width, size.columns)?, side(size.height, size.rows)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

/// Fails where there is no terminal to show slides on.
pub fn require() -> io::Result<()> {
    match stdout().is_terminal() {
        true => Ok(()),
        false => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            texts::needs_terminal(),
        )),
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::Release);
    let entered = execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableMouseCapture,
        Hide
    );
    if entered.is_err() {
        give_back();
    }
    entered
}

/// Idempotent, and silent about errors: a terminal that is gone needs nothing back.
pub fn give_back() {
    if !TAKEN.swap(false, Ordering::AcqRel) {
        return;
    }
    let _ = execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    let _ = disable_raw_mode();
    let _ = stdout().flush();
}

fn install_panic_hook() {
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if INSTALLED.swap(true, Ordering::AcqRel) {
        return;
    }
    let screen_thread = thread::current().id();
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if thread::current().id() == screen_thread || !TAKEN.load(Ordering::Acquire) {
            give_back();
            print(info);
            return;
        }
        let mut kept = BACKGROUND_PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < BACKGROUND_PANICS_MAX {
            kept.push(info.to_string());
        }
    }));
}

/// What went wrong in other threads while the screen was taken.
pub fn take_background_panics() -> Vec<String> {
    let mut kept = BACKGROUND_PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut kept)
}
