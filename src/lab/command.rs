//! Lines of a solution: a shell's, with three additions: `&` at the end, `stop`, and `answer ID TEXT`.

use std::fmt;

use super::texts;
use crate::util::shell_words;

/// A line of a solution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// For the shell, until it ends.
    Run(String),
    /// For the shell, going on beside what follows.
    Start(String),
    /// The newest that goes on is stopped.
    Stop,
    /// An answer to a check.
    Answer(String, String),
}

impl Command {
    /// Reads lines; empty ones and comments are left out.
    pub fn read_all(text: &str) -> Vec<Command> {
        let mut commands = Vec::new();
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            let mut line = line.to_owned();
            if line.ends_with("<<'EOF'") {
                for more in lines.by_ref() {
                    line = line + "\n" + more;
                    if more == "EOF" {
                        break;
                    }
                }
            }
            let trimmed = line.trim();
            let answer = trimmed
                .strip_prefix("answer ")
                .and_then(|rest| rest.split_once(' '));
            commands.push(match (answer, trimmed.strip_suffix('&')) {
                _ if trimmed.is_empty() || trimmed.starts_with('#') => continue,
                (Some((id, text)), _) => Command::Answer(id.to_owned(), text.trim().to_owned()),
                _ if trimmed == "stop" => Command::Stop,
                (None, Some(start)) => Command::Start(start.trim().to_owned()),
                (None, None) => Command::Run(trimmed.to_owned()),
            });
        }
        commands
    }

    /// The words after `nats` of a line that runs `nats` and ends. A shell is not needed for it.
    pub fn nats_words(&self) -> Option<Vec<String>> {
        let Command::Run(line) = self else { return None };
        let line = line.strip_suffix("|| true").unwrap_or(line);
        let mut words = shell_words::split(line).ok()?;
        (words.first().map(String::as_str) == Some("nats")).then(|| words.split_off(1))
    }
}

impl fmt::Display for Command {
    /// For the learner.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Command::Run(line) => f.write_str(line.strip_suffix("|| true").unwrap_or(line).trim_end()),
            Command::Start(line) => f.write_str(&texts::leave_running(line)),
            Command::Stop => f.write_str(texts::stop_newest()),
            Command::Answer(id, text) => f.write_str(&texts::answer_with(id, text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_nats_that_end_are_words() {
        let text = "nats kv put ting a \"b c\" || true\nnats sub x &\nhead -c 10 /dev/zero\nstop\n";
        let commands = Command::read_all(text);
        let words = |n: usize| commands[n].nats_words();
        assert_eq!(words(0).unwrap(), ["kv", "put", "ting", "a", "b c"]);
        assert!((1..4).all(|n| words(n).is_none()));
        assert_eq!(commands[0].to_string(), "nats kv put ting a \"b c\"");
    }
}
