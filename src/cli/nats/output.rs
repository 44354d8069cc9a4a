//! The two channels of the command: log lines on standard error, data on standard output.

use std::borrow::Cow;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};

use async_nats::HeaderMap;

use crate::client::payload::neutralise;

/// A line on standard error with the time of day before it, as natscli's. Nothing in it is obeyed by a terminal.
pub(super) fn log(message: &str) {
    let now = jiff::ZonedDateTime::now();
    let time = now.strftime("%H:%M:%S");
    // A closed standard error is no reason to stop.
    let _ = writeln!(io::stderr(), "{time} {}", visible(message.trim_end_matches('\n')));
}

/// The text with everything visible that a terminal would obey, line by line and tab by tab.
fn visible(text: &str) -> String {
    let line = |line: &str| line.split('\t').map(neutralise).collect::<Vec<_>>().join("\t");
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// True when a person sits at both ends, and may be asked.
pub(super) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Standard output with a buffer. Flush it when nothing more is at hand.
pub(super) struct Out {
    inner: BufWriter<Stdout>,
    terminal: bool,
}

impl Out {
    /// The output of this process.
    pub fn new() -> Out {
        Out {
            inner: BufWriter::new(io::stdout()),
            terminal: io::stdout().is_terminal(),
        }
    }

    /// Cells in a line: the terminal's own, or what `COLUMNS` says of the pane behind a pipe.
    pub fn width(&self) -> Option<usize> {
        let width = if self.terminal {
            crossterm::terminal::size()
                .map(|(width, _)| usize::from(width))
                .ok()
        } else {
            std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok())
        };
        width.filter(|width| *width > 0)
    }

    /// True when a person reads along.
    pub fn is_terminal(&self) -> bool {
        self.terminal
    }

    /// One line; on a terminal it is shown, never obeyed.
    pub fn line(&mut self, text: &str) -> io::Result<()> {
        let text = if self.terminal {
            Cow::Owned(visible(text))
        } else {
            Cow::Borrowed(text)
        };
        writeln!(self.inner, "{text}")
    }

    /// A payload with a line end, `nil body` when it is empty.
    pub fn body(&mut self, payload: &[u8]) -> io::Result<()> {
        if payload.is_empty() {
            return self.line("nil body");
        }
        if self.terminal {
            let text = String::from_utf8_lossy(payload);
            self.inner.write_all(visible(&text).as_bytes())?;
        } else {
            self.inner.write_all(payload)?;
        }
        if !payload.ends_with(b"\n") {
            self.inner.write_all(b"\n")?;
        }
        Ok(())
    }

    /// A payload and nothing else, not even a line end.
    pub fn bytes(&mut self, payload: &[u8]) -> io::Result<()> {
        self.inner.write_all(payload)
    }

    /// A payload with an empty line after it, as below a heading.
    pub fn block(&mut self, payload: &[u8]) -> io::Result<()> {
        self.body(payload)?;
        self.line("")?;
        if payload.ends_with(b"\n") {
            Ok(())
        } else {
            self.line("")
        }
    }

    /// Headers, one a line and sorted, with an empty line after them.
    pub fn headers(&mut self, headers: Option<&HeaderMap>) -> io::Result<()> {
        let lines = header_lines(headers);
        for line in &lines {
            self.line(line)?;
        }
        if lines.is_empty() { Ok(()) } else { self.line("") }
    }

    /// JSON as natscli indents it.
    pub fn json(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::other)?;
        self.line(&text)
    }

    /// Begins anew at the top of a terminal; a pipe gets everything one below the other.
    pub fn clear_screen(&mut self) -> io::Result<()> {
        if self.terminal {
            self.inner.write_all(b"\x1b[H\x1b[2J")?;
        }
        Ok(())
    }

    /// Hands everything to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// `Key: value` for each value; by key, since the client does not keep the order on the wire.
pub(super) fn header_lines(headers: Option<&HeaderMap>) -> Vec<String> {
    let Some(headers) = headers else {
        return Vec::new();
    };
    let mut entries: Vec<_> = headers.iter().collect();
    entries.sort_by(|a, b| AsRef::<str>::as_ref(a.0).cmp(AsRef::<str>::as_ref(b.0)));
    entries
        .into_iter()
        .flat_map(|(key, values)| values.iter().map(move |value| format!("{key}: {value}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_nothing_to_obey() {
        assert_eq!(visible("a\tb\nc"), "a\tb\nc");
        assert_eq!(visible("\x1b[2J\r\n"), "␛[2J␍\n");
    }
}
