//! Blocks that live while their slide is shown: a fence whose braces begin with `live`, such as
//! `nats sub hello.> {live counter}`.
//!
//! The command is one that the `nats` command understands, so that any other viewer shows something true:
//! it stands behind the fence, or is the block's first line. What is behind `live` chooses the view and its
//! bounds: `{live chart rows=9 min=0 max=100 field=temp}`. A diagram lives by the subjects that are named there,
//! `plantuml {live hello.>}`: their messages are seen to run through it. `poll` and `questions` are answered and
//! asked by the audience.

use super::poll::{self, Poll};
use super::texts;

/// Rows that a block may ask for.
const ROWS_MAX: u16 = 40;
/// Subjects in one block; more could not be told apart.
const SUBJECTS_MAX: usize = 16;
/// Where questions come in, unless the deck names another subject.
const QUESTIONS: &str = "questions";

/// What a block does while its slide is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// What it is fed by, or what it does.
    pub source: Source,
    /// How that looks.
    pub view: View,
    /// Rows on the slide, title included.
    pub rows: u16,
    /// The least value of a gauge or chart; the least that came unless it is given.
    pub min: Option<f64>,
    /// The greatest value.
    pub max: Option<f64>,
    /// The field of a JSON payload that holds the value; the whole payload unless it is given.
    pub field: Option<String>,
}

/// What a living block is fed by, or does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// `nats sub SUBJECT…`: messages as they come.
    Subjects {
        /// The patterns.
        subjects: Vec<String>,
        /// The queue group.
        queue: Option<String>,
    },
    /// `nats sub SUBJECT… --stream NAME`: messages that a stream has taken.
    Stored {
        /// The stream.
        stream: String,
        /// The patterns; without any, everything.
        subjects: Vec<String>,
        /// From the stream's beginning (`--all`), or only what comes from now on.
        from_start: bool,
    },
    /// `nats stream info NAME`: the stream itself.
    Stream(String),
    /// `nats request SUBJECT [BODY]`, sent with a key.
    Request {
        /// Where to.
        subject: String,
        /// What.
        body: String,
    },
    /// `nats pub SUBJECT [BODY]`, sent with a key.
    Publish {
        /// Where to.
        subject: String,
        /// What.
        body: String,
    },
    /// A question to the audience.
    Poll(Poll),
    /// Questions of the audience, on this subject.
    Questions(String),
}

/// How a living block looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The newest messages, one a row.
    Messages,
    /// How many came, in big digits.
    Counter,
    /// The mean of the values on each subject, on a scale.
    Average,
    /// The newest values as curves.
    Chart,
    /// A stream: what it holds, message by message.
    Strip,
    /// A button and the answers.
    Button,
    /// Messages on their way through a diagram.
    Flow,
    /// A question, and how often each answer was given.
    Poll,
    /// Questions, the newest last.
    Questions,
}

impl View {
    fn named(name: &str) -> Option<View> {
        Some(match name {
            "messages" => View::Messages,
            "counter" => View::Counter,
            "average" => View::Average,
            "chart" => View::Chart,
            _ => return None,
        })
    }

    fn rows(self) -> u16 {
        match self {
            View::Messages => 8,
            View::Counter => 8,
            View::Average => 5,
            View::Chart => 10,
            View::Strip => 4,
            View::Button => 4,
            View::Questions => 8,
            // One that is not even a question.
            View::Poll => 2,
            // The diagram has rows of its own.
            View::Flow => 1,
        }
    }
}

impl Live {
    /// The block behind an info string and its first line, with the command as it is shown; none when its
    /// braces do not begin with `live`.
    ///
    /// # Errors
    /// What of it is not understood, in the language of the interface.
    pub(super) fn read(info: &str, source: &str) -> Option<Result<(Live, String), String>> {
        let (before, rest) = info.split_once('{')?;
        let (braces, _) = rest.split_once('}')?;
        let mut options = braces.split_whitespace();
        if options.next() != Some("live") {
            return None;
        }
        if matches!(before.trim(), "plantuml" | "mermaid") {
            let subjects: Vec<String> = options.map(str::to_owned).collect();
            let command = format!("nats sub {}", subjects.join(" "));
            let live = match subjects.len() {
                1..=SUBJECTS_MAX => Ok((Live::flow(subjects), command)),
                _ => Err(texts::not_living(&command)),
            };
            return Some(live);
        }
        let kin = before.split_whitespace().collect::<Vec<_>>();
        if let ["poll" | "questions", name @ ..] = kin.as_slice() {
            let read = match (kin[0], name) {
                ("poll", []) => Live::poll("", source, options),
                ("poll", [name]) => Live::poll(name, source, options),
                ("questions", []) => Live::questions(QUESTIONS, options),
                ("questions", [subject]) => Live::questions(subject, options),
                _ => Err(before.trim().to_owned()),
            };
            let command = before.trim().to_owned();
            return Some(match read {
                Ok(live) => Ok((live, command)),
                Err(what) => Err(texts::not_living(&what)),
            });
        }
        let first_line = source.lines().map(str::trim).find(|line| !line.is_empty());
        let command = match before.trim() {
            "nats" => first_line.unwrap_or_default(),
            command => command,
        };
        let words = words(command);
        let live = source_of(&words)
            .ok_or_else(|| texts::not_living(command))
            .and_then(|source| with_options(source, options));
        Some(live.map(|live| (live, command.to_owned())))
    }

    fn flow(subjects: Vec<String>) -> Live {
        let queue = None;
        Live::plain(Source::Subjects { subjects, queue }, View::Flow)
    }

    fn plain(source: Source, view: View) -> Live {
        Live {
            source,
            view,
            rows: view.rows(),
            min: None,
            max: None,
            field: None,
        }
    }

    /// A poll, or what of it is not understood.
    fn poll<'a>(name: &str, source: &str, options: impl Iterator<Item = &'a str>) -> Result<Live, String> {
        let mut poll = Poll::read(name, source)?;
        let mut rows = u16::try_from(poll.rows()).map_or(ROWS_MAX, |rows| rows.min(ROWS_MAX));
        for option in options {
            match (option, rows_of(option)) {
                ("named", _) => poll.is_named = true,
                (_, Some(wanted)) => rows = wanted,
                _ => return Err(option.to_owned()),
            }
        }
        let live = Live::plain(Source::Poll(poll), View::Poll);
        Ok(Live { rows, ..live })
    }

    /// A list of questions, or what of it is not understood.
    fn questions<'a>(subject: &str, options: impl Iterator<Item = &'a str>) -> Result<Live, String> {
        if !subject.split('.').all(poll::is_token) {
            return Err(subject.to_owned());
        }
        let mut live = Live::plain(Source::Questions(subject.to_owned()), View::Questions);
        for option in options {
            live.rows = rows_of(option).ok_or_else(|| option.to_owned())?;
        }
        Ok(live)
    }

    /// Whether it waits for a key to do something.
    pub fn is_button(&self) -> bool {
        matches!(self.view, View::Button | View::Poll)
    }

    /// Whether it is there for the audience to take part in.
    pub fn is_for_audience(&self) -> bool {
        matches!(self.view, View::Poll | View::Questions)
    }
}

/// What `rows=8` says.
fn rows_of(option: &str) -> Option<u16> {
    let rows = option.strip_prefix("rows=")?.parse().ok()?;
    (1..=ROWS_MAX).contains(&rows).then_some(rows)
}

fn with_options<'a>(source: Source, options: impl Iterator<Item = &'a str>) -> Result<Live, String> {
    let view = match source {
        Source::Stream(_) => View::Strip,
        Source::Request { .. } | Source::Publish { .. } => View::Button,
        Source::Subjects { .. } | Source::Stored { .. } | Source::Poll(_) | Source::Questions(_) => {
            View::Messages
        }
    };
    let takes_view = view == View::Messages;
    let mut live = Live {
        rows: 0,
        min: None,
        max: None,
        field: None,
        source,
        view,
    };
    for option in options {
        let number = |text: &str| text.parse().ok().filter(|value: &f64| value.is_finite());
        let understood = match option.split_once('=') {
            None => View::named(option)
                .filter(|_| takes_view)
                .map(|view| live.view = view),
            Some(("rows", _)) => rows_of(option).map(|rows| live.rows = rows),
            Some(("min", value)) => number(value).map(|value| live.min = Some(value)),
            Some(("max", value)) => number(value).map(|value| live.max = Some(value)),
            Some(("field", name)) => {
                live.field = Some(name.to_owned());
                Some(())
            }
            Some(_) => None,
        };
        understood.ok_or_else(|| texts::not_living(option))?;
    }
    if live.rows == 0 {
        live.rows = live.view.rows();
    }
    Ok(live)
}

/// The command's meaning; none for one that has no life of its own.
fn source_of(words: &[String]) -> Option<Source> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["nats", "sub" | "subscribe", rest @ ..] => subscription(rest),
        ["nats", "stream" | "str", "info" | "view" | "state" | "nfo", name] => {
            Some(Source::Stream((*name).to_owned()))
        }
        ["nats", "request" | "req", subject, rest @ ..] => Some(Source::Request {
            subject: (*subject).to_owned(),
            body: body(rest)?,
        }),
        ["nats", "pub" | "publish", subject, rest @ ..] => Some(Source::Publish {
            subject: (*subject).to_owned(),
            body: body(rest)?,
        }),
        _ => None,
    }
}

fn body(words: &[&str]) -> Option<String> {
    match words {
        [] => Some(String::new()),
        [body] => Some((*body).to_owned()),
        _ => None,
    }
}

fn subscription(words: &[&str]) -> Option<Source> {
    let mut subjects = Vec::new();
    let (mut queue, mut stream, mut from_start) = (None, None, false);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "-q" | "--queue" => queue = Some((*words.next()?).to_owned()),
            "--stream" => stream = Some((*words.next()?).to_owned()),
            "--all" => from_start = true,
            "--new" => from_start = false,
            word if word.starts_with('-') => match word.split_once('=') {
                Some(("--queue", name)) => queue = Some(name.to_owned()),
                Some(("--stream", name)) => stream = Some(name.to_owned()),
                _ => return None,
            },
            word => subjects.push(word.to_owned()),
        }
    }
    if subjects.len() > SUBJECTS_MAX {
        return None;
    }
    match stream {
        Some(stream) if queue.is_none() => Some(Source::Stored {
            stream,
            subjects,
            from_start,
        }),
        None if !subjects.is_empty() && !from_start => Some(Source::Subjects { subjects, queue }),
        _ => None,
    }
}

/// The words of a command line; quotes of both kinds hold one together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(info: &str, source: &str) -> Live {
        Live::read(info, source).unwrap().unwrap().0
    }

    #[test]
    fn commands_behind_the_fence_or_in_the_block_are_understood() {
        let hello = Source::Subjects {
            subjects: vec!["hello.>".to_owned()],
            queue: None,
        };
        let live = read("nats sub hello.> {live}", "hva som helst");
        assert_eq!((&live.source, live.view, live.rows), (&hello, View::Messages, 8));
        let live = read("nats {live counter rows=3}", "\nnats sub 'hello.>'\n");
        assert_eq!((&live.source, live.view, live.rows), (&hello, View::Counter, 3));
        let live = read(
            "nats {live chart min=0 max=1e2 field=temp}",
            "nats sub --stream SENSORS --all sensors.*",
        );
        assert_eq!(
            live.source,
            Source::Stored {
                stream: "SENSORS".to_owned(),
                subjects: vec!["sensors.*".to_owned()],
                from_start: true
            }
        );
        assert_eq!(
            (live.min, live.max, live.field.as_deref()),
            (Some(0.0), Some(100.0), Some("temp"))
        );
        assert_eq!(
            read("nats request commands \"start på nytt\" {live}", "").source,
            Source::Request {
                subject: "commands".to_owned(),
                body: "start på nytt".to_owned()
            }
        );
        assert!(read("nats pub a {live}", "").is_button());
        assert_eq!(read("nats stream info S {live}", "").view, View::Strip);
        let flow = read("plantuml {live hello.>}", "[A] --> [B]");
        assert_eq!((&flow.source, flow.view), (&hello, View::Flow));
    }

    #[test]
    fn polls_and_questions_are_for_the_audience() {
        let poll = read("poll {live named}", "Hva?\n- ja\n- nei");
        assert!(poll.is_button() && poll.is_for_audience());
        assert_eq!(poll.rows, 7);
        let Source::Poll(of) = &poll.source else {
            panic!("no poll: {poll:?}");
        };
        assert!(of.is_named && of.name.is_empty());
        assert_eq!(read("poll 2 {live rows=5}", "- ja\n- nei").rows, 5);
        let questions = read("questions {live}", "");
        assert_eq!(questions.source, Source::Questions("questions".to_owned()));
        let own = read("questions spor.meg {live rows=4}", "");
        assert_eq!(
            (own.source, own.rows),
            (Source::Questions("spor.meg".to_owned()), 4)
        );
        for (info, source, named) in [
            ("poll 1 2 {live}", "- ja\n- nei", "poll 1 2"),
            ("poll {live}", "", ""),
            ("poll {live chart}", "- ja\n- nei", "chart"),
            ("questions a.> {live}", "", "a.>"),
            ("questions {live named}", "", "named"),
        ] {
            let error = Live::read(info, source).unwrap().unwrap_err();
            assert!(error.contains(named), "{info}: {error}");
        }
    }

    #[test]
    fn other_braces_are_none_and_what_is_not_understood_is_named() {
        assert_eq!(Live::read("bash {1-3|5}", ""), None);
        assert_eq!(Live::read("nats sub a", ""), None);
        for (info, named) in [
            ("nats rm a {live}", "nats rm a"),
            ("nats {live}", ""),
            ("nats sub a {live pie}", "pie"),
            ("nats sub a {live rows=0}", "rows=0"),
            ("nats sub a {live max=inf}", "max=inf"),
            ("nats stream info S {live chart}", "chart"),
            ("nats sub a --count 5 {live}", "--count"),
            ("mermaid {live}", "nats sub"),
        ] {
            let error = Live::read(info, "").unwrap().unwrap_err();
            assert!(error.contains(named), "{info}: {error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn no_block_panics_or_grows(
            info in r"(nats|sub|stream|info|request|pub|poll|questions|named|--stream|-q|--all| |>|\{live|\}|rows=[0-9]{1,4}|max=|min=-1e9|field=|chart|counter|['\x22=a日]){0,20}",
            source in r"(nats | sub |- |a\\. |b\\. |/// svar: |\x22|'|a|\n|日){0,12}",
        ) {
            if let Some(Ok((live, _))) = Live::read(&info, &source) {
                prop_assert!((1..=ROWS_MAX).contains(&live.rows));
            }
        }
    }
}
