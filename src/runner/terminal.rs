//! Blocks with a terminal of their own: the program believes that it has a screen, and what stands on it is what the
//! job has to show. Keys go to it while whoever shows it sends them.

use std::fmt;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use rustix::process::Signal;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::job::{Recorder, Status};
use super::process::{CANCEL_GRACE, Launcher, Step, signal_group, status_of};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 16 * 1024;
/// Keys that wait for a program that does not read; what is typed then is lost.
const KEYS_MAX: usize = 256;
/// From its end until what it wrote last is given up, should a process that left the group hold the terminal.
const LAST_WORDS_GRACE: Duration = Duration::from_millis(300);

/// Columns and rows of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalSize {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// What stands on the terminal.
pub struct Screen {
    parser: vt100::Parser,
    keys: SyncSender<Vec<u8>>,
    is_open: bool,
}

impl Screen {
    fn new(size: TerminalSize) -> (Screen, Receiver<Vec<u8>>) {
        let (keys, typed) = sync_channel(KEYS_MAX);
        let screen = Screen {
            parser: vt100::Parser::new(size.rows, size.columns, 0),
            keys,
            is_open: true,
        };
        (screen, typed)
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
    }

    /// The program is gone, and with it its cursor.
    pub(super) fn close(&mut self) {
        self.is_open = false;
    }

    /// Sends what was typed; false where the program is gone, or does not read.
    pub fn send(&self, keys: Vec<u8>) -> bool {
        match self.keys.try_send(keys) {
            Ok(()) => self.is_open,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// Whether the program wants the arrows as an application has them (DECCKM).
    pub fn wants_application_arrows(&self) -> bool {
        self.parser.screen().application_cursor()
    }

    /// How many rows it has.
    pub fn height(&self) -> usize {
        self.parser.screen().size().0.into()
    }

    /// The rows with the escape sequences for their colours, the cursor reversed; blank ones at the end are left out.
    pub fn rows(&self) -> Vec<String> {
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        let cursor = (self.is_open && !screen.hide_cursor()).then(|| screen.cursor_position());
        let mut written: Vec<String> = (0..rows)
            .map(|row| row_of(screen, row, columns, cursor))
            .collect();
        let filled = written
            .iter()
            .rposition(|row| !row.is_empty())
            .map_or(0, |at| at + 1);
        written.truncate(filled);
        written
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (rows, columns) = self.parser.screen().size();
        write!(f, "Screen({columns}x{rows})")
    }
}

fn row_of(screen: &vt100::Screen, row: u16, columns: u16, cursor: Option<(u16, u16)>) -> String {
    let is_seen = |column: &u16| {
        let cell = screen.cell(row, *column);
        cursor == Some((row, *column))
            || cell.is_some_and(|cell| {
                !cell.contents().trim().is_empty()
                    || cell.inverse()
                    || cell.bgcolor() != vt100::Color::Default
            })
    };
    let end = (0..columns).rev().find(is_seen).map_or(0, |last| last + 1);
    let mut out = String::new();
    let mut before = String::new();
    for column in 0..end {
        let Some(cell) = screen.cell(row, column) else {
            continue;
        };
        if cell.is_wide_continuation() {
            continue;
        }
        let look = look_of(cell, cursor == Some((row, column)));
        if look != before {
            out.push_str(&format!("\x1b[0{look}m"));
            before = look;
        }
        out.push_str(if cell.has_contents() { cell.contents() } else { " " });
    }
    if !before.is_empty() {
        out.push_str("\x1b[0m");
    }
    out
}

/// ECMA-48's numbers for the look of a cell, each behind a semicolon.
fn look_of(cell: &vt100::Cell, is_cursor: bool) -> String {
    let mut look = String::new();
    for (is_on, number) in [
        (cell.bold(), 1),
        (cell.dim(), 2),
        (cell.italic(), 3),
        (cell.underline(), 4),
        (cell.inverse() != is_cursor, 7),
    ] {
        if is_on {
            look.push_str(&format!(";{number}"));
        }
    }
    for (colour, base) in [(cell.fgcolor(), 38), (cell.bgcolor(), 48)] {
        match colour {
            vt100::Color::Default => {}
            vt100::Color::Idx(index) => look.push_str(&format!(";{base};5;{index}")),
            vt100::Color::Rgb(r, g, b) => look.push_str(&format!(";{base};2;{r};{g};{b}")),
        }
    }
    look
}

impl Launcher {
    /// Runs one process on a terminal of that size until it has ended.
    pub(super) async fn step_on_terminal(&self, step: &Step, size: TerminalSize) -> io::Result<Status> {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: size.rows,
                cols: size.columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .map_err(io::Error::other)?;
        let mut command = CommandBuilder::new(&step.program);
        command.args(&step.arguments);
        command.cwd(&step.folder);
        for (name, value) in self.variables(step) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            }
        }
        command.env("TERM", "xterm-256color");
        // The terminal says itself how large it is.
        command.env_remove("COLUMNS");
        let mut child = pair.slave.spawn_command(command).map_err(io::Error::other)?;
        drop(pair.slave);
        let group = child.process_id();
        self.recorder.set_group(group);
        let reader = pair.master.try_clone_reader().map_err(io::Error::other)?;
        let writer = pair.master.take_writer().map_err(io::Error::other)?;
        let (screen, typed) = Screen::new(size);
        self.recorder.open_screen(screen);
        let read = read_along(reader, self.recorder.clone());
        thread::spawn(move || write_along(writer, &typed));
        let (ended, end) = oneshot::channel();
        thread::spawn(move || {
            // The process as the system has it knows by which signal it ended.
            let any: &mut dyn portable_pty::Child = &mut *child;
            let exit = match any.downcast_mut::<std::process::Child>() {
                Some(child) => child.wait().map(status_of),
                None => any.wait().map(|exit| Status::Done {
                    code: i32::try_from(exit.exit_code()).unwrap_or(-1),
                }),
            };
            drop(ended.send(exit));
        });
        let (exit, is_cancelled) = self.wait_for(end, group).await;
        let _ = timeout(LAST_WORDS_GRACE, read).await;
        self.recorder.close_screen();
        self.recorder.set_group(None);
        drop(pair.master);
        Ok(match exit {
            _ if is_cancelled => Status::Cancelled,
            Some(exit) => exit?,
            None => Status::Failed,
        })
    }

    /// Waits for the process, asks it to end when that is wished, and then makes it.
    async fn wait_for(
        &self,
        mut end: oneshot::Receiver<io::Result<Status>>,
        group: Option<u32>,
    ) -> (Option<io::Result<Status>>, bool) {
        tokio::select! {
            exit = &mut end => return (exit.ok(), false),
            () = self.recorder.cancelled() => {}
        }
        signal_group(group, Signal::HUP);
        signal_group(group, Signal::TERM);
        if let Ok(exit) = timeout(CANCEL_GRACE, &mut end).await {
            return (exit.ok(), true);
        }
        signal_group(group, Signal::KILL);
        (end.await.ok(), true)
    }
}

/// Takes what the program writes, on a thread of its own, until nobody holds the terminal any more.
fn read_along(mut reader: Box<dyn Read + Send>, recorder: Recorder) -> oneshot::Receiver<()> {
    let (done, all) = oneshot::channel();
    thread::spawn(move || {
        let mut bytes = vec![0; CHUNK_BYTES];
        while let Ok(count @ 1..) = reader.read(&mut bytes) {
            recorder.screen_bytes(&bytes[..count]);
        }
        let _ = done.send(());
    });
    all
}

/// Gives the program what is typed, until its screen is gone.
fn write_along(mut writer: Box<dyn Write + Send>, typed: &Receiver<Vec<u8>>) {
    while let Ok(keys) = typed.recv() {
        if writer.write_all(&keys).and_then(|()| writer.flush()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &str, columns: u16, rows: u16) -> Vec<String> {
        let (mut screen, _typed) = Screen::new(TerminalSize { columns, rows });
        screen.take(bytes.as_bytes());
        screen.close();
        screen.rows()
    }

    #[test]
    fn a_screen_is_what_stands_on_it() {
        assert_eq!(shown("a\r\nb\x1b[1;1Hc\x1b[4;3H", 8, 4), ["c", "b"]);
        assert_eq!(shown("abcdefgh", 4, 2), ["abcd", "efgh"]);
        assert_eq!(
            shown("\x1b[1;31mrød\x1b[0m ", 8, 2),
            ["\x1b[0;1;38;5;1mrød\x1b[0m"]
        );
        assert_eq!(shown("日本", 8, 1), ["日本"]);
        assert_eq!(shown("a\x1b[2J", 8, 2), Vec::<String>::new());
        assert_eq!(shown("\x1b[44m \x1b[0m", 8, 1), ["\x1b[0;48;5;4m \x1b[0m"]);
    }

    #[test]
    fn the_cursor_is_seen_while_the_program_lives() {
        let (mut screen, typed) = Screen::new(TerminalSize { columns: 8, rows: 2 });
        screen.take(b"$ ");
        assert_eq!(screen.rows(), ["$ \x1b[0;7m \x1b[0m"]);
        assert!(screen.send(b"x".to_vec()));
        assert_eq!(typed.recv().unwrap(), b"x");
        screen.take(b"\x1b[?25l");
        assert_eq!(screen.rows(), ["$"]);
        drop(typed);
        assert!(!screen.send(b"x".to_vec()));
    }
}
