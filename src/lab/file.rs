//! Lab files: YAML in front, a `##` heading with an id for each step, fenced `lab-*` blocks for the machine.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::action::Action;
use super::check::Check;
use super::command::Command;

/// The format that is read here.
const FORMAT: u32 = 1;
/// The longest lab file, in bytes.
const FILE_BYTES_MAX: usize = 256 * 1024;
/// The longest id.
const ID_CHARS_MAX: usize = 32;
/// What a hint costs unless it says so.
const HINT_COST: u32 = 10;

/// Panes that a lab may have beside it.
const PANES: [&str; 5] = ["publish", "subscribe", "request", "streams", "consumers"];

/// What is wrong with a lab file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}:{line}: {text}", file.display())]
pub struct Error {
    /// The file as it was named.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, in English for the author.
    pub text: String,
}

/// A lab.
#[derive(Debug, Clone)]
pub struct Lab {
    /// Unique; progress is kept under it.
    pub id: String,
    /// In its language.
    pub title: String,
    /// The language of its texts, such as `nb`.
    pub lang: String,
    /// Titles of the slides that it belongs to, for decks that do not name their labs.
    pub slides: Vec<String>,
    /// Panes that are opened beside it.
    pub layout: Vec<String>,
    /// When the next step begins.
    pub advance: Advance,
    /// Labs that should come before it.
    pub after: Vec<String>,
    /// How long it takes.
    pub minutes: u32,
    /// What it is worth.
    pub points: u32,
    /// What it runs on.
    pub broker: Broker,
    /// What its account may use.
    pub limits: Limits,
    /// What comes before the first step, as markdown.
    pub intro: String,
    /// The steps in their order; never empty.
    pub steps: Vec<Step>,
    /// What is done before everything that the lab has made is removed.
    pub teardown: Vec<Action>,
    /// Fingerprint of the file.
    pub hash: String,
    file: PathBuf,
    source: String,
}

/// What a lab runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Broker {
    /// An account of its own.
    #[default]
    Fresh,
    /// An account that several work in at once. It is led from where it was started.
    Shared,
    /// The learner starts a server.
    External,
}

/// When the next step begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Advance {
    /// When the learner presses a key.
    #[default]
    Key,
    /// By itself, a moment after the step was passed; never in front of an audience.
    Auto,
}

/// What a lab's account may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Mebibytes of streams.
    pub mib: u64,
    /// Streams.
    pub streams: u32,
    /// Connections.
    pub connections: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            mib: 32,
            streams: 10,
            connections: 100,
        }
    }
}

/// A step.
#[derive(Debug, Clone, Default)]
pub struct Step {
    /// Unique in the lab.
    pub id: String,
    /// The heading.
    pub title: String,
    /// What the learner reads, as markdown.
    pub text: String,
    /// What is done before.
    pub setup: Vec<Action>,
    /// What must hold.
    pub checks: Vec<Check>,
    /// Shown one at a time.
    pub hints: Vec<Hint>,
    /// Commands that the learner can run with one key, in the order they stand in the text.
    pub runs: Vec<String>,
    /// For whoever gives the lab: only the second screen of a talk shows them.
    pub notes: Vec<String>,
    /// What solves it.
    pub solution: Vec<Command>,
    /// What must not.
    pub wrong: Vec<Command>,
}

/// A hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Points that it costs.
    pub cost: u32,
    /// The text.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Front {
    format: u32,
    id: String,
    title: String,
    #[serde(default = "bokmal")]
    lang: String,
    #[serde(default)]
    slides: Vec<String>,
    #[serde(default)]
    layout: Vec<String>,
    #[serde(default)]
    advance: Advance,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default = "five")]
    minutes: u32,
    #[serde(default = "hundred")]
    points: u32,
    #[serde(default)]
    broker: Broker,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    vars: std::collections::BTreeMap<String, String>,
}

fn bokmal() -> String {
    "nb".to_owned()
}

fn five() -> u32 {
    5
}

fn hundred() -> u32 {
    100
}

impl Lab {
    /// Reads a lab; `file` is for the errors.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(file: &Path, source: &str) -> Result<Lab, Error> {
        Lab::parse_with(file, source, &[])
    }

    /// The same lab, with other values for some of its `vars`.
    ///
    /// # Errors
    /// As [`Lab::parse`]: a value may not fit where it stands.
    pub fn with_vars(&self, vars: &[(&str, String)]) -> Result<Lab, Error> {
        Lab::parse_with(&self.file, &self.source, vars)
    }

    fn parse_with(file: &Path, source: &str, vars: &[(&str, String)]) -> Result<Lab, Error> {
        let error = |line: usize, text: String| Error {
            file: file.to_owned(),
            line,
            text,
        };
        if source.len() > FILE_BYTES_MAX {
            return Err(error(1, format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        let body = source
            .strip_prefix("---\n")
            .ok_or_else(|| error(1, "no front matter".to_owned()))?;
        let (yaml, body) = body
            .split_once("\n---\n")
            .ok_or_else(|| error(1, "the front matter has no end".to_owned()))?;
        let front: Front = serde_saphyr::from_str(yaml).map_err(|e| yaml_error(file, 1, &e))?;
        if front.format != FORMAT {
            return Err(error(2, format!("format {} is not known", front.format)));
        }
        if !is_id(&front.id) {
            return Err(error(2, format!("{:?} is no id", front.id)));
        }
        let mut body = body.to_owned();
        for (name, value) in &front.vars {
            let other = vars.iter().find(|(known, _)| known == name);
            let value = other.map_or(value, |(_, value)| value);
            body = body.replace(&format!("{{{{{name}}}}}"), value);
        }
        let mut reader = Reader {
            file,
            first_line: yaml.lines().count() + 3,
            intro: String::new(),
            steps: Vec::new(),
            teardown: Vec::new(),
        };
        for pane in &front.layout {
            if !PANES.contains(&pane.as_str()) {
                return Err(error(2, format!("layout has {}, not {pane:?}", PANES.join(", "))));
            }
        }
        reader.read(&body)?;
        reader.judge()?;
        Ok(Lab {
            id: front.id,
            title: front.title,
            lang: front.lang,
            slides: front.slides,
            layout: front.layout,
            advance: front.advance,
            after: front.after,
            minutes: front.minutes,
            points: front.points,
            broker: front.broker,
            limits: front.limits,
            intro: reader.intro.trim().to_owned(),
            steps: reader.steps,
            teardown: reader.teardown,
            hash: format!("{:x}", Sha256::digest(source))[..16].to_owned(),
            file: file.to_owned(),
            source: source.to_owned(),
        })
    }
}

struct Reader<'a> {
    file: &'a Path,
    first_line: usize,
    intro: String,
    steps: Vec<Step>,
    teardown: Vec<Action>,
}

impl Reader<'_> {
    fn error(&self, line: usize, text: impl Into<String>) -> Error {
        Error {
            file: self.file.to_owned(),
            line,
            text: text.into(),
        }
    }

    fn read(&mut self, body: &str) -> Result<(), Error> {
        let mut lines = body.lines().zip(self.first_line..);
        while let Some((line, at)) = lines.next() {
            if let Some(heading) = line.strip_prefix("## ") {
                self.begin_step(heading, at)?;
            } else if let Some(info) = line.strip_prefix("```") {
                let mut block = Vec::new();
                loop {
                    match lines.next() {
                        Some(("```", _)) => break,
                        Some((text, _)) => block.push(text),
                        None => return Err(self.error(at, "the block has no end")),
                    }
                }
                self.block(info, &block.join("\n"), at)?;
            } else {
                self.prose(line);
            }
        }
        Ok(())
    }

    fn prose(&mut self, line: &str) {
        let text = match self.steps.last_mut() {
            Some(step) => &mut step.text,
            None => &mut self.intro,
        };
        text.push_str(line);
        text.push('\n');
    }

    fn begin_step(&mut self, heading: &str, at: usize) -> Result<(), Error> {
        let parts = heading.trim().strip_suffix('}').and_then(|h| h.rsplit_once("{#"));
        let (title, id) = parts.ok_or_else(|| self.error(at, "a step's heading ends with {#id}"))?;
        if !is_id(id) || self.steps.iter().any(|step| step.id == id) {
            return Err(self.error(at, format!("{id:?} is no id, or there twice")));
        }
        self.steps.push(Step {
            id: id.to_owned(),
            title: title.trim().to_owned(),
            ..Step::default()
        });
        Ok(())
    }

    fn block(&mut self, info: &str, text: &str, at: usize) -> Result<(), Error> {
        let (kind, rest) = info.split_once(' ').unwrap_or((info, ""));
        if !kind.starts_with("lab-") {
            for line in [&format!("```{info}"), text, "```"] {
                self.prose(line);
            }
            return Ok(());
        }
        let Some(mut step) = self.steps.pop() else {
            return Err(self.error(at, "a block before the first step"));
        };
        match kind {
            "lab-teardown" => self.teardown.extend(self.yaml::<Vec<Action>>(text, at)?),
            "lab-run" => {
                let lines = format!("```sh\n{text}\n```\n");
                step.text.push_str(&lines);
                step.runs.push(text.trim().to_owned());
            }
            "lab-note" if rest.trim() == "presenter" => step.notes.push(text.trim().to_owned()),
            "lab-note" => return Err(self.error(at, "a lab-note is for the presenter")),
            "lab-setup" => step.setup.extend(self.yaml::<Vec<Action>>(text, at)?),
            "lab-check" => {
                for value in self.yaml::<Vec<Value>>(text, at)? {
                    step.checks
                        .push(Check::parse(value).map_err(|text| self.error(at, text))?);
                }
            }
            "lab-quiz" => {
                for mut value in self.yaml::<Vec<Value>>(text, at)? {
                    // A quiz is a check that asks.
                    let prompt = value.as_object_mut().and_then(|map| map.remove("prompt"));
                    value["answer"] = prompt.unwrap_or_default();
                    step.checks
                        .push(Check::parse(value).map_err(|text| self.error(at, text))?);
                }
            }
            "lab-hint" => step.hints.push(Hint {
                cost: match rest.trim().strip_prefix("cost=") {
                    Some(cost) => cost.parse().map_err(|_| self.error(at, "cost is no number"))?,
                    None => HINT_COST,
                },
                text: text.trim().to_owned(),
            }),
            "lab-solution" => step.solution.extend(Command::read_all(text)),
            "lab-wrong" => step.wrong.extend(Command::read_all(text)),
            unknown => return Err(self.error(at, format!("unknown block {unknown}"))),
        }
        self.steps.push(step);
        Ok(())
    }

    fn yaml<T: serde::de::DeserializeOwned>(&self, text: &str, at: usize) -> Result<T, Error> {
        serde_saphyr::from_str(text).map_err(|error| yaml_error(self.file, at, &error))
    }

    /// What every lab must have.
    fn judge(&self) -> Result<(), Error> {
        if self.steps.is_empty() {
            return Err(self.error(1, "no steps"));
        }
        for step in &self.steps {
            let lacks = |what: &str| Err(self.error(1, format!("step {}: {what}", step.id)));
            if step.checks.is_empty() {
                return lacks("no lab-check");
            }
            if step.hints.is_empty() || step.hints.iter().any(|hint| hint.text.is_empty()) {
                return lacks("no lab-hint, or an empty one");
            }
            if step.solution.is_empty() {
                return lacks("no lab-solution");
            }
            let mut ids: Vec<&str> = step.checks.iter().map(|check| check.id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            if ids.len() != step.checks.len() {
                return lacks("two checks have one id");
            }
        }
        if self.steps.iter().all(|step| step.wrong.is_empty()) {
            return Err(self.error(1, "no lab-wrong in any step"));
        }
        Ok(())
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && text.len() <= ID_CHARS_MAX && text.chars().all(is_plain)
}

fn yaml_error(file: &Path, before: usize, error: &serde_saphyr::Error) -> Error {
    let line = error.location().map_or(0, |at| at.line() as usize);
    let text = error.to_string();
    Error {
        file: file.to_owned(),
        line: before + line,
        text: text.lines().next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: &str = "---\nformat: 1\nid: prove\ntitle: Prøve\nminutes: 5\nvars: {sted: oslo}\n---\nHei\n\n## Først {#en}\nTil {{sted}}.\n\n```sh\nnats pub x\n```\n```lab-check\n- id: a\n  say: En melding\n  published: x.{{sted}}\n```\n```lab-hint cost=5\nhint\n```\n```lab-solution\nnats sub x &\nnats pub x.oslo hei\nstop\nanswer a 3\n```\n```lab-wrong\nnats pub y hei\n```\n";

    fn refused(source: &str) -> String {
        Lab::parse(Path::new("l.md"), source).unwrap_err().to_string()
    }

    #[test]
    fn a_lab_is_read_whole() {
        let lab = Lab::parse(Path::new("l.md"), LAB).unwrap();
        assert_eq!((lab.id.as_str(), lab.intro.as_str()), ("prove", "Hei"));
        let step = &lab.steps[0];
        assert_eq!((step.id.as_str(), step.title.as_str()), ("en", "Først"));
        assert!(step.text.contains("Til oslo.") && step.text.contains("nats pub x\n"));
        assert_eq!(
            step.hints,
            [Hint {
                cost: 5,
                text: "hint".to_owned()
            }]
        );
        assert_eq!(
            step.solution,
            [
                Command::Start("nats sub x".to_owned()),
                Command::Run("nats pub x.oslo hei".to_owned()),
                Command::Stop,
                Command::Answer("a".to_owned(), "3".to_owned()),
            ]
        );
    }

    #[test]
    fn errors_name_file_and_line() {
        for (from, to, said) in [
            ("format: 1", "format: 2", "l.md:2: format 2"),
            ("id: prove", "id: Prøve", "l.md:2:"),
            ("title: Prøve", "tittel: x", "l.md:"),
            ("## Først {#en}", "## Først", "l.md:10: a step's heading"),
            ("lab-hint", "lab-hnt", "l.md:21: unknown block lab-hnt"),
            ("lab-hint", "lab-note", "l.md:21: a lab-note is for"),
            ("minutes: 5", "layout: [kjøkken]", "layout has publish"),
            ("published: x", "publisert: x", "l.md:16: check a:"),
            ("```lab-wrong\nnats pub y hei\n```", "", "no lab-wrong"),
        ] {
            let text = refused(&LAB.replace(from, to));
            assert!(text.contains(said), "{text} should say {said}");
        }
        assert!(refused("hei").starts_with("l.md:1:"));
    }
}
