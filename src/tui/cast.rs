//! A recording of the screen as an asciicast, version 2: a line of JSON with the size, then a line for each frame
//! with its time and the bytes that the terminal got. What asciinema records, its players play.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufWriter, Stdout, Write, stdout};
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ratatui::crossterm::terminal;
use serde_json::json;

/// The largest recording, in bytes; the show goes on without one behind it.
pub const CAST_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Bytes of a frame that are held back until it is whole.
const FRAME_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A recording.
pub struct Cast {
    to: Box<dyn Write>,
    began: Instant,
    size: (u16, u16),
    written: u64,
}

impl Cast {
    /// Begins one in that file, for a terminal of that size.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn begin(file: &Path, size: (u16, u16)) -> io::Result<Cast> {
        let file = BufWriter::new(File::create(file)?);
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Cast::new(Box::new(file), size, since.unwrap_or_default())
    }

    fn new(to: Box<dyn Write>, size: (u16, u16), at: Duration) -> io::Result<Cast> {
        let mut cast = Cast {
            to,
            began: Instant::now(),
            size,
            written: 0,
        };
        let head = json!({
            "version": 2,
            "width": size.0,
            "height": size.1,
            "timestamp": at.as_secs(),
            "env": { "TERM": "xterm-256color" },
        });
        cast.line(&head)?;
        // What was on the terminal before is no part of it.
        cast.event("o", "\x1b[0m\x1b[2J\x1b[H\x1b[?25l")?;
        Ok(cast)
    }

    /// A frame.
    fn frame(&mut self, bytes: &[u8], size: Option<(u16, u16)>) -> io::Result<()> {
        if let Some(size) = size.filter(|size| *size != self.size) {
            self.size = size;
            self.event("r", &format!("{}x{}", size.0, size.1))?;
        }
        self.event("o", &String::from_utf8_lossy(bytes))
    }

    fn event(&mut self, kind: &str, text: &str) -> io::Result<()> {
        let seconds = self.began.elapsed().as_secs_f64();
        self.line(&json!([seconds, kind, text]))
    }

    fn line(&mut self, value: &serde_json::Value) -> io::Result<()> {
        let mut line = value.to_string();
        line.push('\n');
        self.written += line.len() as u64;
        if self.written > CAST_BYTES_MAX {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.to.write_all(line.as_bytes())?;
        self.to.flush()
    }
}

/// A recording that whoever writes to the terminal shares.
pub type Recording = Rc<RefCell<Option<Cast>>>;

/// The terminal's standard output, and the recording of it.
pub struct Output {
    stdout: Stdout,
    recording: Recording,
    /// What belongs to the frame that is being written.
    frame: Vec<u8>,
}

impl Output {
    /// Standard output, recorded as long as there is a recording.
    pub fn new(recording: Recording) -> Output {
        Output {
            stdout: stdout(),
            recording,
            frame: Vec::new(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stdout.write(bytes)?;
        if self.recording.borrow().is_some() && self.frame.len() < FRAME_BYTES_MAX {
            self.frame.extend_from_slice(&bytes[..written]);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()?;
        if self.frame.is_empty() {
            return Ok(());
        }
        let frame = std::mem::take(&mut self.frame);
        let mut recording = self.recording.borrow_mut();
        let kept = match recording.as_mut() {
            Some(cast) => cast.frame(&frame, terminal::size().ok()),
            None => Ok(()),
        };
        // A full disk must not end the show; what was recorded until then stays.
        if kept.is_err() {
            *recording = None;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_recording_is_a_head_and_a_line_for_each_frame() {
        let written = Written::default();
        let at = Duration::from_secs(1_700_000_000);
        let mut cast = Cast::new(Box::new(written.clone()), (80, 24), at).unwrap();
        cast.frame("æ\x1b[1m".as_bytes(), Some((80, 24))).unwrap();
        cast.frame(b"b", Some((100, 30))).unwrap();
        let bytes = written.0.borrow();
        let lines: Vec<serde_json::Value> = String::from_utf8_lossy(&bytes)
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["version"], 2);
        assert_eq!(
            (&lines[0]["width"], &lines[0]["height"]),
            (&json!(80), &json!(24))
        );
        let events: Vec<(&str, &str)> = lines[1..]
            .iter()
            .map(|line| (line[1].as_str().unwrap(), line[2].as_str().unwrap()))
            .collect();
        assert_eq!(events[1..], [("o", "æ\x1b[1m"), ("r", "100x30"), ("o", "b")]);
        let times: Vec<f64> = lines[1..].iter().map(|line| line[0].as_f64().unwrap()).collect();
        assert!(times.windows(2).all(|pair| pair[0] <= pair[1]), "{times:?}");
    }

    #[test]
    fn a_recording_that_is_full_ends() {
        let mut cast = Cast::new(Box::new(io::sink()), (80, 24), Duration::ZERO).unwrap();
        cast.written = CAST_BYTES_MAX;
        assert!(cast.frame(b"a", None).is_err());
    }
}
