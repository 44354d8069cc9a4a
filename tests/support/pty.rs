//! The real binary in a pseudo terminal: keys in, the screen as text out.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// How long a test waits for something to appear before it fails. Generous, since the machine may
/// be busy; nothing ever waits this long when all is well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Keys by the bytes a terminal sends for them.
pub mod key {
    pub const ENTER: &str = "\r";
    pub const CTRL_E: &str = "\x05";
    pub const CTRL_G: &str = "\x07";
    pub const CTRL_Z: &str = "\x1a";
    pub const F6: &str = "\x1b[17~";
    pub const F7: &str = "\x1b[18~";
    pub const F12: &str = "\x1b[24~";
}

struct Shared {
    screen: vt100::Parser,
    raw: Vec<u8>,
    closed: bool,
}

/// A program in a terminal of its own.
pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<(Mutex<Shared>, Condvar)>,
}

impl Terminal {
    /// Starts `program` with `args` in a terminal of `cols` × `rows`.
    pub fn start(program: &Path, args: &[&str], env: &[(&str, &str)], cols: u16, rows: u16) -> Terminal {
        let mut command = CommandBuilder::new(program);
        command.args(args);
        command.cwd(std::env::temp_dir());
        command.env("TERM", "xterm-256color");
        for name in ["NATS_URL", "NATS_CONTEXT", "NO_COLOR", "GOINGNATS_DECK"] {
            command.env_remove(name);
        }
        for (name, value) in env {
            command.env(name, value);
        }
        let size = PtySize {
            rows,
            cols,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let state = Shared {
            screen: vt100::Parser::new(rows, cols, 0),
            raw: Vec::new(),
            closed: false,
        };
        let shared = Arc::new((Mutex::new(state), Condvar::new()));
        let reading = Arc::clone(&shared);
        std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            loop {
                let n = reader.read(&mut chunk).unwrap_or(0);
                let (state, changed) = &*reading;
                let mut state = state.lock().unwrap();
                if n == 0 {
                    state.closed = true;
                } else {
                    state.screen.process(&chunk[..n]);
                    state.raw.extend_from_slice(&chunk[..n]);
                }
                changed.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        Terminal {
            master: pair.master,
            writer,
            child,
            shared,
        }
    }

    /// The program's number.
    pub fn process_id(&self) -> Option<u32> {
        self.child.process_id()
    }

    /// Types `keys` as they are.
    pub fn send(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// What stands on the screen now, a line a row, without trailing blanks.
    pub fn screen(&self) -> String {
        contents(&self.shared.0.lock().unwrap())
    }

    /// Everything the program ever wrote.
    pub fn raw(&self) -> Vec<u8> {
        self.shared.0.lock().unwrap().raw.clone()
    }

    /// Is the alternate screen on?
    pub fn alternate_screen(&self) -> bool {
        self.shared.0.lock().unwrap().screen.screen().alternate_screen()
    }

    /// Is the cursor invisible?
    pub fn cursor_hidden(&self) -> bool {
        self.shared.0.lock().unwrap().screen.screen().hide_cursor()
    }

    /// Waits until the screen satisfies `wanted`, and returns it.
    pub fn wait_until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        let (state, changed) = &*self.shared;
        let mut state: MutexGuard<'_, Shared> = state.lock().unwrap();
        loop {
            let screen = contents(&state);
            if wanted(&screen) {
                return screen;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || state.closed {
                drop(state);
                panic!("waited for {what}; the screen was:\n{screen}");
            }
            state = changed.wait_timeout(state, left).unwrap().0;
        }
    }

    /// Waits until `text` stands on the screen.
    pub fn wait_for(&self, text: &str) -> String {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text))
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.shared
            .0
            .lock()
            .unwrap()
            .screen
            .screen_mut()
            .set_size(rows, cols);
        self.master
            .resize(PtySize {
                rows,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Waits for the program to end and its last output to arrive.
    pub fn wait_exit(&mut self) -> ExitStatus {
        let status = self.child.wait().unwrap();
        let (state, changed) = &*self.shared;
        let state = state.lock().unwrap();
        let (state, result) = changed
            .wait_timeout_while(state, PATIENCE, |s| !s.closed)
            .unwrap();
        assert!(
            !result.timed_out(),
            "the terminal never closed; the screen was:\n{}",
            contents(&state)
        );
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn contents(state: &Shared) -> String {
    state.screen.screen().contents()
}
