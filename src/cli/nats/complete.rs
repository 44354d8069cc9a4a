//! What a line may go on with, read from the very definitions that the command is parsed by.

use std::sync::LazyLock;

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::Nats;
use crate::tui::completion::{Name, Next, Suggestion};

/// The commands with what holds for all of them spelled out at each.
static COMMANDS: LazyLock<Command> = LazyLock::new(|| {
    let mut commands = Nats::command();
    commands.build();
    commands
});

/// What the words of a line, without `nats`, may go on with; the last is the one that is being written.
pub(in crate::cli) fn next(words: &[String]) -> Next {
    let Some((written, before)) = words.split_last() else {
        return Next::default();
    };
    let mut place = Place::at(&COMMANDS);
    for word in before {
        place.take(word);
    }
    place.next(written)
}

/// How far a line has come.
struct Place<'a> {
    command: &'a Command,
    /// The first sub-command, which says what a bucket is one of.
    topic: &'a str,
    /// A flag that waits for its value.
    waits: Option<&'a Arg>,
    /// Words that are neither flags nor sub-commands, so far.
    taken: usize,
    /// Flags that were given.
    flags: Vec<&'a str>,
    stream: String,
    /// `--` was given: what follows are no flags.
    is_literal: bool,
}

impl<'a> Place<'a> {
    fn at(command: &'a Command) -> Place<'a> {
        Place {
            command,
            topic: "",
            waits: None,
            taken: 0,
            flags: Vec::new(),
            stream: String::new(),
            is_literal: false,
        }
    }

    /// Goes on by a whole word.
    fn take(&mut self, word: &str) {
        if let Some(flag) = self.waits.take() {
            return self.note(flag, word);
        }
        if self.is_literal || !word.starts_with('-') || word == "-" {
            return self.take_name(word);
        }
        if word == "--" {
            self.is_literal = true;
            return;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word, None),
        };
        let Some(flag) = self.flag(name) else { return };
        self.flags.push(flag.get_id().as_str());
        match value {
            Some(value) => self.note(flag, value),
            None if takes_value(flag) && !flag.is_require_equals_set() => self.waits = Some(flag),
            None => {}
        }
    }

    fn take_name(&mut self, word: &str) {
        let command = self.command.find_subcommand(word).filter(|_| self.taken == 0);
        if let Some(command) = command {
            if self.topic.is_empty() {
                self.topic = command.get_name();
            }
            self.command = command;
            return;
        }
        if let Some(argument) = self.argument() {
            self.note(argument, word);
        }
        self.taken += 1;
    }

    fn note(&mut self, argument: &Arg, word: &str) {
        if argument.get_id() == "stream" {
            word.clone_into(&mut self.stream);
        }
    }

    /// The flag of that name, dashes included.
    fn flag(&self, name: &str) -> Option<&'a Arg> {
        let long = name.strip_prefix("--");
        let short = name.chars().next_back();
        self.command.get_arguments().find(|argument| match long {
            Some(long) => {
                let others = argument.get_all_aliases().unwrap_or_default();
                argument.get_long() == Some(long) || others.contains(&long)
            }
            None => argument.get_short().is_some() && argument.get_short() == short,
        })
    }

    /// The argument that the next word is for, where it is no flag.
    fn argument(&self) -> Option<&'a Arg> {
        let mut arguments = self.command.get_positionals();
        let last = self.command.get_positionals().last();
        let takes_more = |argument: &&Arg| matches!(argument.get_action(), ArgAction::Append);
        arguments.nth(self.taken).or(last.filter(takes_more))
    }

    fn next(&self, written: &str) -> Next {
        if let Some(flag) = self.waits {
            return self.values(flag, written, "");
        }
        if !self.is_literal && written.starts_with('-') {
            let named = written
                .split_once('=')
                .and_then(|(name, value)| Some((self.flag(name)?, name, value)));
            return match named {
                Some((flag, name, value)) => self.values(flag, value, &format!("{name}=")),
                None => Next {
                    words: self.flags_from(written),
                    ..Next::default()
                },
            };
        }
        let mut next = match self.argument() {
            Some(argument) => self.values(argument, written, ""),
            None => Next::default(),
        };
        if self.taken == 0 {
            next.words.extend(self.commands_from(written));
        }
        // What else there is, where nothing has been begun.
        if written.is_empty() && !self.command.has_subcommands() && !self.is_literal {
            next.words.extend(self.flags_from("--"));
        }
        next
    }

    /// The sub-commands that go on from what is written. One that is written out is no news, but what it does is.
    fn commands_from(&self, written: &str) -> impl Iterator<Item = Suggestion> {
        let commands = self.command.get_subcommands();
        commands
            .filter(|command| !command.is_hide_set() && command.get_name() != "help")
            .filter_map(move |command| {
                let names = std::iter::once(command.get_name()).chain(command.get_visible_aliases());
                let name = names
                    .filter(|name| name.starts_with(written))
                    .min_by_key(|name| {
                        // The full name, unless only another one fits.
                        usize::from(*name != command.get_name())
                    })?;
                let about = command.get_about().map(ToString::to_string);
                Some(Suggestion::new(name, first_line(&about.unwrap_or_default())))
            })
    }

    /// The flags that go on from what is written, the command's own first.
    fn flags_from(&self, written: &str) -> Vec<Suggestion> {
        let is_wanted = |argument: &&Arg| {
            let is_given = self.flags.contains(&argument.get_id().as_str())
                && !matches!(argument.get_action(), ArgAction::Append | ArgAction::Count);
            !argument.is_hide_set() && !is_given && argument.get_id() != "help"
        };
        let mut flags: Vec<(bool, Suggestion)> = self
            .command
            .get_opts()
            .chain(
                self.command
                    .get_arguments()
                    .filter(|argument| !takes_value(argument)),
            )
            .filter(is_wanted)
            .filter_map(|argument| {
                let long = argument.get_long()?;
                let needs_sign = argument.is_require_equals_set();
                let word = match needs_sign && argument.get_num_args().is_some_and(|n| n.min_values() > 0) {
                    true => format!("--{long}="),
                    false => format!("--{long}"),
                };
                let flag = Suggestion {
                    is_whole: !word.ends_with('='),
                    ..Suggestion::new(word, about(argument))
                };
                flag.word
                    .starts_with(written)
                    .then_some((argument.is_global_set(), flag))
            })
            .collect();
        flags.sort_by_key(|(is_global, _)| *is_global);
        flags.into_iter().map(|(_, flag)| flag).collect()
    }

    /// What an argument or a flag may be.
    fn values(&self, argument: &Arg, written: &str, lead: &str) -> Next {
        let values = argument.get_possible_values();
        let value = |value: &clap::builder::PossibleValue| {
            let help = value.get_help().map(ToString::to_string).unwrap_or_default();
            Suggestion::new(format!("{lead}{}", value.get_name()), help)
        };
        let fits = |value: &&clap::builder::PossibleValue| {
            !value.is_hide_set() && value.get_name().starts_with(written)
        };
        Next {
            words: values.iter().filter(fits).map(value).collect(),
            name: self.name(argument),
            lead: lead.to_owned(),
            hint: format!("{}: {}", shown(argument), about(argument)),
        }
    }

    /// What an argument names on the server.
    fn name(&self, argument: &Arg) -> Option<Name> {
        let id = argument.get_id().as_str();
        let value = argument
            .get_value_names()
            .and_then(|names| names.first())
            .map(|name| name.to_lowercase())
            .unwrap_or_default();
        let is = |names: &[&str]| names.contains(&id) || names.contains(&value.as_str());
        if is(&["stream", "streams"]) {
            return Some(Name::Stream);
        }
        if is(&["consumer", "consumers", "durable"]) && !self.stream.is_empty() {
            return Some(Name::Consumer(self.stream.clone()));
        }
        if is(&["bucket", "buckets"]) {
            return Some(match self.topic {
                "object" => Name::Objects,
                _ => Name::Bucket,
            });
        }
        if is(&["subject", "subjects", "filter", "filter_subject"]) {
            return Some(Name::Subject);
        }
        (id == "context" || (self.topic == "context" && id == "name")).then_some(Name::Context)
    }
}

fn takes_value(argument: &Arg) -> bool {
    argument.get_action().takes_values()
}

fn about(argument: &Arg) -> String {
    let help = argument.get_help().or(argument.get_long_help());
    first_line(&help.map(ToString::to_string).unwrap_or_default())
}

/// An argument as it stands in a usage line.
fn shown(argument: &Arg) -> String {
    let names = argument.get_value_names().and_then(|names| names.first());
    match names {
        Some(name) => format!("<{name}>"),
        None => argument.get_id().to_string(),
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next_of(line: &str) -> Next {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        next(&words)
    }

    fn words(line: &str) -> Vec<String> {
        next_of(line).words.into_iter().map(|found| found.word).collect()
    }

    #[test]
    fn commands_come_with_what_they_do() {
        let found = next_of("str");
        assert_eq!(found.words.len(), 1);
        assert_eq!(
            found.words[0],
            Suggestion::new("stream", "JetStream stream management")
        );
        assert!(words("").contains(&"publish".to_owned()));
        assert_eq!(words("pu"), ["publish"]);
        let below = words("stream ");
        for command in ["add", "ls", "info", "purge", "rm"] {
            assert!(below.iter().any(|own| own == command), "{command}: {below:?}");
        }
        assert_eq!(words("blabla x"), Vec::<String>::new());
    }

    #[test]
    fn flags_are_the_commands_own_first_and_are_given_once() {
        let flags = next_of("sub orders.> --co");
        let names: Vec<&str> = flags.words.iter().map(|flag| flag.word.as_str()).collect();
        assert_eq!(names[0], "--count");
        assert!(names.contains(&"--context"), "{names:?}");
        assert_eq!(flags.words[0].about, "Quit after receiving this many messages");
        assert_eq!(words("sub orders.> --count 5 --coun"), Vec::<String>::new());
        assert_eq!(words("stream add X --storage m"), ["memory", "m"]);
        assert_eq!(words("stream add X --storage=me"), ["--storage=memory"]);
    }

    #[test]
    fn names_are_asked_for_where_the_commands_take_them() {
        for (line, name) in [
            ("stream info ", Some(Name::Stream)),
            ("stream purge O", Some(Name::Stream)),
            ("consumer info ", Some(Name::Stream)),
            ("consumer info ORDRE ", Some(Name::Consumer("ORDRE".to_owned()))),
            ("con next ORDRE a", Some(Name::Consumer("ORDRE".to_owned()))),
            ("sub --stream ", Some(Name::Stream)),
            ("sub --stream=", Some(Name::Stream)),
            (
                "sub --stream ORDRE --durable ",
                Some(Name::Consumer("ORDRE".to_owned())),
            ),
            ("sub ", Some(Name::Subject)),
            ("pub ", Some(Name::Subject)),
            ("req ", Some(Name::Subject)),
            ("pub a.b ", None),
            ("kv get ", Some(Name::Bucket)),
            ("object ls ", Some(Name::Objects)),
            ("context select ", Some(Name::Context)),
            ("--context ", Some(Name::Context)),
            ("stream ls --subject ", Some(Name::Subject)),
        ] {
            assert_eq!(next_of(line).name, name, "{line}");
        }
        assert!(
            next_of("pub a.b ").hint.contains("body"),
            "{}",
            next_of("pub a.b ").hint
        );
    }

    /// Every argument that says by its name that it is a stream, consumer or bucket is completed as one.
    #[test]
    fn no_command_forgets_its_names() {
        fn walk(command: &Command, line: &mut Vec<String>) {
            for argument in command.get_positionals() {
                let id = argument.get_id().as_str();
                if matches!(id, "stream" | "bucket" | "subject" | "subjects") {
                    let mut place = Place::at(command);
                    place.topic = line.first().map_or("", String::as_str);
                    assert!(place.name(argument).is_some(), "{line:?} {id}");
                }
            }
            for below in command.get_subcommands() {
                line.push(below.get_name().to_owned());
                walk(below, line);
                line.pop();
            }
        }
        walk(&COMMANDS, &mut Vec::new());
    }
}
