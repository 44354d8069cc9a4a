//! Asking the person at the terminal, and saying plainly what is missing when there is none.

use std::io::{self, BufRead as _, Write as _};

use anyhow::bail;
use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use crossterm::terminal;

use super::output::is_interactive;

/// Asks a yes-or-no question; the answer is no unless it begins with `y`.
pub(super) fn confirm(question: &str) -> anyhow::Result<bool> {
    if !is_interactive() {
        bail!("could not obtain confirmation: cannot ask for confirmation without a terminal");
    }
    Ok(read_answer(&format!("? {question} (y/N) "))?
        .to_lowercase()
        .starts_with('y'))
}

/// Lets the person pick one of `names`, by number or by name.
pub(super) fn pick(what: &str, names: &[String]) -> anyhow::Result<String> {
    if !is_interactive() {
        bail!("cannot pick a {what} without a terminal and no {what} name supplied");
    }
    if names.is_empty() {
        bail!("no {what}s are defined");
    }
    for (index, name) in names.iter().enumerate() {
        println!("  {:>3}  {name}", index + 1);
    }
    loop {
        let answer = read_answer(&format!("? Select a {what} "))?;
        let by_number = answer
            .parse::<usize>()
            .ok()
            .and_then(|n| names.get(n.checked_sub(1)?));
        if let Some(name) = names.iter().find(|name| **name == answer).or(by_number) {
            return Ok(name.clone());
        }
    }
}

/// A question of a form.
pub(super) struct Question<'a> {
    /// What to ask.
    pub prompt: &'a str,
    /// Where the answer can be given beforehand, such as `--storage`.
    pub flag: &'a str,
    /// What an empty answer means, and what `--defaults` takes.
    pub default: Option<&'a str>,
    /// The only answers, when there are few.
    pub choices: &'a [&'a str],
}

/// Settings that are given, asked for, or missing.
pub(super) struct Form {
    defaults: bool,
    interactive: bool,
    missing: Vec<String>,
}

impl Form {
    /// A form that asks, takes defaults, or collects what is missing.
    pub fn new(defaults: bool) -> Form {
        Form {
            defaults,
            interactive: is_interactive(),
            missing: Vec::new(),
        }
    }

    /// The given answer, or one from the person or the defaults. Without any of them the flag is noted as missing,
    /// and what is returned does not matter.
    pub fn answer(&mut self, given: Option<String>, question: &Question<'_>) -> anyhow::Result<String> {
        match (given, question.default) {
            (Some(given), _) => Ok(given),
            (None, Some(default)) if self.defaults => Ok(default.to_owned()),
            (None, _) if self.interactive => ask(question),
            (None, _) => {
                self.missing.push(question.flag.to_owned());
                Ok(String::new())
            }
        }
    }

    /// Fails when something is missing, and says what.
    pub fn finish(self) -> anyhow::Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        let hint = if self.defaults {
            ""
        } else {
            ", or --defaults for what has a default"
        };
        bail!(
            "cannot prompt for user input without a terminal; missing: {}{hint}",
            self.missing.join(", ")
        );
    }
}

fn ask(question: &Question<'_>) -> anyhow::Result<String> {
    let choices = if question.choices.is_empty() {
        String::new()
    } else {
        format!(" [{}]", question.choices.join("|"))
    };
    let default = question
        .default
        .map(|text| format!(" ({text})"))
        .unwrap_or_default();
    loop {
        let answer = read_answer(&format!("? {}{choices}{default} ", question.prompt))?;
        let answer = match (answer.as_str(), question.default) {
            ("", Some(default)) => default.to_owned(),
            ("", None) => continue,
            _ => answer,
        };
        if question.choices.is_empty() || question.choices.contains(&answer.as_str()) {
            return Ok(answer);
        }
    }
}

/// Reads one line, which may be empty.
pub(super) fn line(prompt: &str) -> anyhow::Result<String> {
    read_answer(prompt)
}

/// Reads what nobody else should see: nothing of it stands on the screen.
pub(super) fn secret(prompt: &str) -> anyhow::Result<String> {
    print!("{prompt}");
    io::stdout().flush()?;
    terminal::enable_raw_mode()?;
    let read = typed_unseen();
    terminal::disable_raw_mode()?;
    println!();
    read
}

fn typed_unseen() -> anyhow::Result<String> {
    let mut text = String::new();
    loop {
        let Event::Key(key) = event::read()? else {
            continue;
        };
        match key.code {
            _ if key.kind == KeyEventKind::Release => {}
            KeyCode::Enter => return Ok(text),
            KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => bail!("interrupted"),
            KeyCode::Char(letter) => text.push(letter),
            KeyCode::Backspace => {
                text.pop();
            }
            _ => {}
        }
    }
}

fn read_answer(prompt: &str) -> anyhow::Result<String> {
    print!("{prompt}");
    io::stdout().flush()?;
    let mut answer = String::new();
    if io::stdin().lock().read_line(&mut answer)? == 0 {
        bail!("interrupted");
    }
    Ok(answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_takes_what_it_can_and_names_the_rest() {
        let storage = Question {
            prompt: "Storage",
            flag: "--storage",
            default: Some("file"),
            choices: &["file", "memory"],
        };
        let subjects = Question {
            prompt: "Subjects",
            flag: "--subjects",
            default: None,
            choices: &[],
        };
        let mut form = Form {
            defaults: true,
            interactive: false,
            missing: Vec::new(),
        };
        assert_eq!(form.answer(None, &storage).unwrap(), "file");
        assert_eq!(form.answer(Some("memory".into()), &storage).unwrap(), "memory");
        form.answer(None, &subjects).unwrap();
        let said = form.finish().unwrap_err().to_string();
        assert!(said.ends_with("missing: --subjects"), "{said}");
    }
}
