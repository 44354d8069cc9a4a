//! Completing a `nats …` line: its sub-commands and flags as the commands themselves define them, and the names of
//! what is on the server.
//!
//! The commands stand beside this layer, so the [`Grammar`] is handed in. Start with [`Completer::complete`]; [`names`]
//! asks the server.

mod names;
mod texts;

use super::panes::PaneContext;
use super::panes::heard::Heard;
use crate::util::shell_words;
use names::Names;

/// The most suggestions that are given.
const SUGGESTIONS_MAX: usize = 200;
/// The most subjects among them.
const SUBJECTS_MAX: usize = 40;
/// What begins another command, or leads a line elsewhere; behind it nothing is completed.
const OPERATORS: [char; 6] = ['|', ';', '&', '<', '>', '`'];

/// What the words of a line, without `nats`, may go on with. The last is the one that is being written.
pub type Grammar = fn(&[String]) -> Next;

/// What the commands say of the next word.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Next {
    /// Sub-commands, flags and fixed values that go on from what is written.
    pub words: Vec<Suggestion>,
    /// What is named there, where it is a name.
    pub name: Option<Name>,
    /// What stands before the name in the same word: `--stream=`.
    pub lead: String,
    /// What is wanted there, in the commands' words.
    pub hint: String,
}

/// A word that a line may go on with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The word.
    pub word: String,
    /// What it is, or does.
    pub about: String,
    /// Another word may follow; else more of the same one does.
    pub is_whole: bool,
}

impl Suggestion {
    /// A whole word.
    pub fn new(word: impl Into<String>, about: impl Into<String>) -> Suggestion {
        Suggestion {
            word: word.into(),
            about: about.into(),
            is_whole: true,
        }
    }
}

/// What can be named on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// A stream.
    Stream,
    /// A consumer of this stream.
    Consumer(String),
    /// A key-value bucket.
    Bucket,
    /// A bucket of the object store.
    Objects,
    /// A subject that was seen.
    Subject,
    /// A context of the `nats` command.
    Context,
}

/// What a line may go on with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Completions {
    /// The words, in order.
    pub words: Vec<Suggestion>,
    /// What is wanted where no word is known, or why none is.
    pub hint: String,
}

/// Completes lines. Without a grammar there is nothing to complete.
#[derive(Default)]
pub struct Completer {
    grammar: Option<Grammar>,
    heard: Heard,
    names: Names,
    contexts: Vec<String>,
}

impl Completer {
    /// One that knows the commands, these contexts, and, once there is a connection, what is on its server.
    pub fn new(grammar: Grammar, context: Option<&PaneContext>, contexts: &[String]) -> Completer {
        Completer {
            grammar: Some(grammar),
            heard: context.map(|context| context.heard.clone()).unwrap_or_default(),
            names: context.map(Names::of).unwrap_or_default(),
            contexts: contexts.to_vec(),
        }
    }

    /// What may follow on a line that begins with `nats `.
    pub fn complete(&mut self, line: &str) -> Completions {
        let (Some(grammar), Some(line)) = (self.grammar, line.strip_prefix("nats ")) else {
            return Completions::default();
        };
        let (before, written) = line.rsplit_once(' ').unwrap_or(("", line));
        let Ok(mut words) = shell_words::split(before) else {
            return Completions::default();
        };
        if line.contains(OPERATORS) {
            return Completions::default();
        }
        words.push(written.to_owned());
        let Next {
            words: mut found,
            name,
            lead,
            mut hint,
        } = grammar(&words);
        if let Some(name) = name {
            let begun = written.strip_prefix(lead.as_str()).unwrap_or_default();
            let (names, trouble) = self.named(&name, begun);
            let named = names.into_iter().map(|named| Suggestion {
                word: format!("{lead}{}", named.word),
                ..named
            });
            // Names first: they are what one does not know by heart.
            found.splice(0..0, named);
            if let (true, Some(trouble)) = (found.is_empty(), trouble) {
                hint = trouble;
            }
        }
        found.truncate(SUGGESTIONS_MAX);
        Completions { words: found, hint }
    }

    /// The names that go on from what is written, and why there are none.
    fn named(&mut self, name: &Name, begun: &str) -> (Vec<Suggestion>, Option<String>) {
        let known = match name {
            Name::Subject => {
                let subjects = self.heard.complete(begun, SUBJECTS_MAX).into_iter();
                let subject = |subject: String| Suggestion {
                    is_whole: !subject.ends_with('.'),
                    ..Suggestion::new(subject, texts::seen_subject())
                };
                return (subjects.map(subject).collect(), None);
            }
            Name::Context => {
                let contexts = self.contexts.iter();
                Ok(contexts.map(|name| Suggestion::new(name, "")).collect())
            }
            Name::Stream | Name::Bucket | Name::Objects | Name::Consumer(_) => self.names.of_kind(name),
        };
        match known {
            Ok(names) => {
                let goes_on = |named: &Suggestion| named.word.starts_with(begun) && named.word != begun;
                (names.into_iter().filter(goes_on).collect(), None)
            }
            Err(trouble) => (Vec::new(), Some(trouble)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::Options;
    use crate::tui::panes::testing::{on_broker, until};

    fn grammar(words: &[String]) -> Next {
        match words {
            [_] => Next {
                words: vec![Suggestion::new("sub", "listens")],
                ..Next::default()
            },
            [verb, _] if verb == "stream" => Next {
                name: Some(Name::Stream),
                hint: "Stream name".to_owned(),
                ..Next::default()
            },
            [verb, _] if verb == "sub" => Next {
                name: Some(Name::Subject),
                ..Next::default()
            },
            [verb, stream, _] if verb == "consumer" => Next {
                name: Some(Name::Consumer(stream.clone())),
                lead: "--consumer=".to_owned(),
                ..Next::default()
            },
            _ => Next::default(),
        }
    }

    fn words(completions: &Completions) -> Vec<&str> {
        completions
            .words
            .iter()
            .map(|found| found.word.as_str())
            .collect()
    }

    #[test]
    fn a_line_goes_on_with_what_the_grammar_says_until_another_command_begins() {
        let mut completer = Completer::new(grammar, None, &[]);
        assert_eq!(words(&completer.complete("nats s")), ["sub"]);
        for line in [
            "nats 's ",
            "nats stream ls | s",
            "echo s",
            "nats",
            "nats stream x y ",
        ] {
            assert_eq!(completer.complete(line), Completions::default(), "{line}");
        }
        assert_eq!(completer.complete("nats stream ").hint, "Stream name");
    }

    #[test]
    fn names_are_those_on_the_server() {
        let store = tempfile::tempdir().unwrap();
        let (runtime, context, frames) = on_broker(Options::local(0, store.path()));
        runtime.block_on(async {
            let js = async_nats::jetstream::new(context.client.clone());
            let config = async_nats::jetstream::stream::Config {
                name: "ORDRE".to_owned(),
                subjects: vec!["ordre.>".to_owned()],
                ..Default::default()
            };
            let stream = js.create_stream(config).await.unwrap();
            let config = async_nats::jetstream::consumer::pull::Config {
                durable_name: Some("arbeider".to_owned()),
                ..Default::default()
            };
            stream.create_consumer(config).await.unwrap();
        });
        let mut completer = Completer::new(grammar, Some(&context), &[]);
        until(&frames, &context, || {
            words(&completer.complete("nats stream O")) == ["ORDRE"]
        });
        until(&frames, &context, || {
            words(&completer.complete("nats consumer ORDRE --consumer=a")) == ["--consumer=arbeider"]
        });
        let subjects = completer.complete("nats sub or");
        assert_eq!(
            (words(&subjects), subjects.words[0].is_whole),
            (vec!["ordre."], false)
        );
    }
}
