//! Messages to a file and back: the task that saves what is shown, and the one that publishes it again.

use std::fs::OpenOptions;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use async_nats::header::{HeaderName, HeaderValue};

use super::texts;
use super::window::Entry;
use crate::client::record::{CSV_HEAD, Record};
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::Shared;
use crate::tui::widgets::number;

/// The longest wait between two messages that are played again.
const GAP_MAX: Duration = Duration::from_secs(60);
/// Between two looks at the screen, in messages.
const REPORT_EVERY: u64 = 256;
/// The longest line that is read, in bytes.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What became of it, and whether that is bad news.
pub type Notice = Option<(String, bool)>;

/// Writes messages to a new file: CSV when its name ends so, NDJSON otherwise. An existing file stays.
///
/// # Errors
/// The file is there already, or cannot be written.
pub fn save(path: &Path, entries: &[Arc<Entry>]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let mut file = BufWriter::new(file);
    let is_csv = path
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    if is_csv {
        file.write_all(CSV_HEAD.as_bytes())?;
    }
    for entry in entries {
        let record = entry.record();
        let line = if is_csv { record.csv() } else { record.ndjson() };
        file.write_all(line.as_bytes())?;
    }
    file.flush()
}

/// How fast messages are played again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// So many times as fast as they came.
    Times(f64),
    /// Without a pause.
    Full,
}

impl Speed {
    /// Reads `×2`, `x0.5`, `100` or `maks`, `max`.
    pub fn read(text: &str) -> Option<Speed> {
        if matches!(text, "maks" | "max") {
            return Some(Speed::Full);
        }
        let times: f64 = text.trim_start_matches(['x', '×']).parse().ok()?;
        (0.01..=1_000.0).contains(&times).then_some(Speed::Times(times))
    }

    /// How long to wait where so much time passed.
    pub fn gap(self, passed: Duration) -> Duration {
        match self {
            Speed::Full => Duration::ZERO,
            Speed::Times(times) => passed.div_f64(times).min(GAP_MAX),
        }
    }
}

/// Reads what is to be played: a file, and perhaps a speed behind it.
pub fn read_order(text: &str) -> Option<(&str, Speed)> {
    let text = text.trim();
    match text.rsplit_once(' ') {
        Some((file, speed)) if Speed::read(speed).is_some() => Some((file.trim(), Speed::read(speed)?)),
        _ if text.is_empty() => None,
        _ => Some((text, Speed::Times(1.0))),
    }
}

/// Publishes the messages of a file again, with the time between them that passed when they came.
pub async fn replay(context: PaneContext, path: String, speed: Speed, notice: Shared<Notice>) {
    let outcome = play(&context, &path, speed, &notice).await;
    *notice.lock() = Some(match outcome {
        Ok(count) => (texts::replayed(&number::count(count)), false),
        Err(why) => (format!("{path}: {why}"), true),
    });
    context.waker.wake();
}

async fn play(
    context: &PaneContext,
    path: &str,
    speed: Speed,
    notice: &Shared<Notice>,
) -> Result<u64, String> {
    let (lines, mut records) = tokio::sync::mpsc::channel(64);
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let reading = tokio::task::spawn_blocking(move || {
        for line in limited_lines(BufReader::new(file)) {
            let is_end = line.is_err();
            if lines.blocking_send(line).is_err() || is_end {
                return;
            }
        }
    });
    let mut before = None;
    let mut next = tokio::time::Instant::now();
    let mut count = 0;
    while let Some(line) = records.recv().await {
        let line = line.map_err(|error| error.to_string())?;
        let numbered = |why: &dyn std::fmt::Display| texts::bad_line(count + 1, &why.to_string());
        let record = Record::read(&line).map_err(|e| numbered(&e))?;
        let payload = record.payload().map_err(|e| numbered(&e))?;
        if let Some(before) = before.replace(record.time) {
            next += speed.gap(record.time.since(before));
            tokio::time::sleep_until(next).await;
        }
        let client = &context.client;
        let sent = match headers(&record).ok_or_else(|| numbered(&texts::bad_headers()))? {
            headers if headers.is_empty() => client.publish(record.subject, payload.into()).await,
            headers => {
                client
                    .publish_with_headers(record.subject, headers, payload.into())
                    .await
            }
        };
        sent.map_err(|e| e.to_string())?;
        count += 1;
        if count % REPORT_EVERY == 1 {
            *notice.lock() = Some((texts::replaying(&number::count(count)), false));
            context.waker.wake();
        }
    }
    // The reader has sent its last line, or the error that ended it.
    let _ = reading.await;
    context.client.flush().await.map_err(|e| e.to_string())?;
    Ok(count)
}

/// The lines that are not blank; one that is too long ends them.
fn limited_lines(mut reader: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            let limited = &mut io::Read::take(&mut reader, LINE_BYTES_MAX as u64);
            match limited.read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Ok(_) if line.len() >= LINE_BYTES_MAX => {
                    return Some(Err(io::Error::from(io::ErrorKind::FileTooLarge)));
                }
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => {
                    let text = String::from_utf8(line).map_err(|_| io::ErrorKind::InvalidData.into());
                    return Some(text);
                }
                Err(error) => return Some(Err(error)),
            }
        }
    })
}

/// Headers for the wire; what the server set itself is not sent again.
fn headers(record: &Record) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in record.headers.iter().filter(|(name, _)| !is_servers(name)) {
        let name: HeaderName = name.parse().ok()?;
        let value: HeaderValue = value.parse().ok()?;
        headers.append(name, value);
    }
    Some(headers)
}

/// Headers that a server or a client library sets for a message, and that mean nothing on a copy of it.
pub fn is_servers(name: &str) -> bool {
    name.to_ascii_lowercase().starts_with("nats-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::time::Timestamp;

    fn entry(subject: &str, payload: &[u8]) -> Arc<Entry> {
        Arc::new(Entry {
            pattern: 1,
            at: Timestamp::ZERO,
            subject: subject.into(),
            reply: None,
            headers: vec![("A".to_owned(), "1".to_owned())],
            payload: payload.into(),
            answers: None,
        })
    }

    #[test]
    fn files_are_written_once_in_the_form_their_name_says() {
        let folder = tempfile::tempdir().unwrap();
        let entries = [entry("a", b"x,y"), entry("b", b"\xff")];
        let path = folder.path().join("m.ndjson");
        save(&path, &entries).unwrap();
        let read: Vec<Record> = std::fs::read_to_string(&path)
            .unwrap()
            .lines()
            .map(|line| Record::read(line).unwrap())
            .collect();
        assert_eq!(read[1].payload().unwrap(), b"\xff");
        assert_eq!(
            save(&path, &entries).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        let path = folder.path().join("m.CSV");
        save(&path, &entries).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(CSV_HEAD) && text.contains("\"x,y\""), "{text}");
    }

    #[test]
    fn a_speed_stands_behind_the_file() {
        assert_eq!(
            read_order("en fil.ndjson ×2"),
            Some(("en fil.ndjson", Speed::Times(2.0)))
        );
        assert_eq!(read_order("f maks"), Some(("f", Speed::Full)));
        assert_eq!(read_order("en fil"), Some(("en fil", Speed::Times(1.0))));
        assert_eq!(read_order(" "), None);
        assert_eq!(Speed::read("x0"), None);
        let second = Duration::from_secs(1);
        assert_eq!(Speed::Times(4.0).gap(second), second / 4);
        assert_eq!(Speed::Times(0.01).gap(second), GAP_MAX);
        assert_eq!(Speed::Full.gap(second), Duration::ZERO);
    }
}
