//! Blocks that a command fills in before the deck is read, as `slides` has them: a line of three tildes
//! with a command, text for its standard input, and a line of three tildes. What it writes takes the place
//! of the block.
//!
//! Only for decks that may run code. The command line is split at single blanks, without a shell. What
//! `slides` leaves out without a word is named here: a command that fails keeps its block and gives a reason.

use std::io::{Read, Write};
use std::ops::Range;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

/// What opens and closes a block.
const FENCE: &str = "~~~";
/// How long one command may take.
const COMMAND_TIME_MAX: Duration = Duration::from_secs(10);
/// What one command may write, in bytes.
const OUTPUT_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// Commands in one deck; what follows stays as it is.
const COMMANDS_MAX: usize = 200;
/// What opens a diagram that is not pre-processed, and what draws it.
const DIAGRAM_FENCE: &str = "```plantuml";
const DIAGRAM_COMMAND: &str = "plantuml -utxt -pipe";

/// A block that could not be filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfilled {
    /// The line of the block's beginning, from 1.
    pub line: usize,
    /// The command and what went wrong with it.
    pub reason: String,
}

/// A block among the lines, and what becomes of it.
struct Place {
    /// What is run; none where the block stays as it is.
    command: Option<String>,
    /// The lines that the command reads.
    text: Range<usize>,
    /// The lines that what it writes takes the place of.
    replaced: Range<usize>,
}

/// Has an installed `plantuml` draw the fenced blocks of that language, which stay fenced. Where that fails the block
/// stays as it is.
pub fn draw(source: &str, folder: &Path) -> (String, Vec<Unfilled>) {
    fill(source, folder, |lines, at| {
        let text = text_below(lines, at, "```").filter(|_| lines[at].trim_end() == DIAGRAM_FENCE)?;
        // A drawing is not drawn again.
        let is_source = lines[text.clone()].iter().any(|line| line.contains("@start"));
        Some(Place {
            command: is_source.then(|| DIAGRAM_COMMAND.to_owned()),
            replaced: text.clone(),
            text,
        })
    })
}

/// Runs the blocks' commands in `folder`, one after another. Commands for which `is_ours` holds are left
/// alone, as the player draws those blocks itself.
pub fn preprocess(source: &str, folder: &Path, is_ours: &dyn Fn(&str) -> bool) -> (String, Vec<Unfilled>) {
    fill(source, folder, |lines, at| {
        let command = lines[at]
            .strip_prefix(FENCE)
            .filter(|command| !command.is_empty())?;
        let text = text_below(lines, at, FENCE)?;
        Some(Place {
            command: (!is_ours(command)).then(|| command.to_owned()),
            replaced: at..text.end + 1,
            text,
        })
    })
}

/// The lines between the one at `at` and the next that begins with `fence`.
fn text_below(lines: &[&str], at: usize, fence: &str) -> Option<Range<usize>> {
    let length = lines[at + 1..].iter().position(|line| line.starts_with(fence))?;
    Some(at + 1..at + 1 + length)
}

/// Fills in the blocks that `find` sees on the lines they begin on.
fn fill(
    source: &str,
    folder: &Path,
    find: impl Fn(&[&str], usize) -> Option<Place>,
) -> (String, Vec<Unfilled>) {
    let source = source.replace('\r', "");
    let lines: Vec<&str> = source.lines().collect();
    let mut out = String::with_capacity(source.len());
    let keep = |out: &mut String, lines: &[&str]| lines.iter().for_each(|line| push_line(out, line));
    let mut unfilled = Vec::new();
    let mut count = 0;
    let mut at = 0;
    while at < lines.len() {
        let Some(place) = find(&lines, at) else {
            keep(&mut out, &lines[at..=at]);
            at += 1;
            continue;
        };
        let command = place.command.filter(|_| count < COMMANDS_MAX);
        let end = place.replaced.end;
        match command {
            None => keep(&mut out, &lines[at..end]),
            Some(command) => {
                count += 1;
                match fill_in(&command, &lines[place.text].join("\n"), folder) {
                    Ok(text) => {
                        keep(&mut out, &lines[at..place.replaced.start]);
                        text.lines().for_each(|line| push_line(&mut out, line));
                    }
                    Err(reason) => {
                        let reason = format!("{command}: {reason}");
                        unfilled.push(Unfilled { line: at + 1, reason });
                        keep(&mut out, &lines[at..end]);
                    }
                }
            }
        }
        at = end;
    }
    (out, unfilled)
}

fn push_line(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn fill_in(command: &str, input: &str, folder: &Path) -> Result<String, String> {
    let mut words = command.split(' ');
    let mut child = Command::new(words.next().unwrap_or_default())
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let output = exchange(&mut child, input);
    let text = match output {
        Some(text) => text,
        None => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("no end after {} s", COMMAND_TIME_MAX.as_secs()));
        }
    };
    match child.wait().map_err(|error| error.to_string())? {
        status if status.success() => Ok(text),
        status => Err(status.to_string()),
    }
}

/// Gives the command its input and takes what it writes; none when that takes too long.
fn exchange(child: &mut Child, input: &str) -> Option<String> {
    let (mut stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
    let input = input.to_owned();
    // A command that reads nothing closes its end, which is no failure.
    thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stdout.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver.recv_timeout(COMMAND_TIME_MAX).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_drawn_stays_and_a_drawing_is_left_alone() {
        let source = "a\n```plantuml\n@startuml\nA --> B\n@enduml\n```\n```plantuml\n┌─┐\n```\n```plantuml +x\n@startuml\n```\n";
        let (drawn, unfilled) = draw(source, Path::new("/finnes/ikke"));
        assert_eq!(drawn, source);
        assert_eq!(unfilled.len(), 1);
        assert!(unfilled[0].line == 2 && unfilled[0].reason.starts_with(DIAGRAM_COMMAND));
    }

    #[test]
    fn commands_fill_in_their_blocks() {
        let source = "# A\n~~~cat\nen\nto\n~~~\n\n~~~finnes-ikke -x\nb\n~~~\n~~~plantuml -utxt\n@startuml\n~~~\n~~~\nc\n~~~\n~~~false\n~~~\n~~~aldri";
        let (filled, unfilled) =
            preprocess(source, Path::new("/"), &|command| command.starts_with("plantuml"));
        let expected = "# A\nen\nto\n\n~~~finnes-ikke -x\nb\n~~~\n~~~plantuml -utxt\n@startuml\n~~~\n~~~\nc\n~~~\n~~~false\n~~~\n~~~aldri\n";
        assert_eq!(filled, expected);
        let lines: Vec<usize> = unfilled.iter().map(|unfilled| unfilled.line).collect();
        assert_eq!(lines, [7, 16]);
        assert!(unfilled[0].reason.starts_with("finnes-ikke -x: "));
    }
}
