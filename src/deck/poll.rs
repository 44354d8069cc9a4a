//! A question to the audience, as it stands in a fence: the question, then the answers to choose from, one a line.
//!
//! ````text
//! ```poll 1 {live}
//! Hva er NATS først og fremst?
//! a. En database
//! b. Et meldingssystem
//! /// svar: b
//! ```
//! ````
//!
//! Any other viewer shows a list to read aloud; a hidden line makes a quiz of it.

/// Answers to choose from at most: a key each.
pub const OPTIONS_MAX: usize = 9;
/// Letters of a poll's name.
const NAME_LETTERS_MAX: usize = 32;
/// Lines of the question.
const QUESTION_LINES_MAX: usize = 6;

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Poll {
    /// What it is called on the wire; empty until its deck has numbered it.
    pub name: String,
    /// What is asked, line by line.
    pub question: Vec<String>,
    /// What can be answered.
    pub options: Vec<String>,
    /// The right one, from 0, where one is.
    pub answer: Option<usize>,
    /// Only answers with a name count.
    pub is_named: bool,
}

impl Poll {
    /// The poll of that name in these lines.
    ///
    /// # Errors
    /// The line, or the name, that is not understood.
    pub(super) fn read(name: &str, source: &str) -> Result<Poll, String> {
        if !name.is_empty() && !is_token(name) {
            return Err(name.to_owned());
        }
        let mut poll = Poll {
            name: name.to_owned(),
            question: Vec::new(),
            options: Vec::new(),
            answer: None,
            is_named: false,
        };
        let mut answer = None;
        for line in source.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(hidden) = line.strip_prefix("///") {
                answer = solution(hidden).or(answer);
                continue;
            }
            match option(line, poll.options.len()) {
                Some(text) => poll.options.push(text.to_owned()),
                None if poll.options.is_empty() && poll.question.len() < QUESTION_LINES_MAX => {
                    poll.question.push(line.to_owned());
                }
                None => return Err(line.to_owned()),
            }
        }
        if !(2..=OPTIONS_MAX).contains(&poll.options.len()) {
            return Err(source.lines().next().unwrap_or_default().trim().to_owned());
        }
        if let Some(text) = answer {
            let found = poll.choice(text).ok_or_else(|| text.to_owned())?;
            poll.answer = Some(found);
        }
        Ok(poll)
    }

    /// Where answers go.
    pub fn subject(&self) -> String {
        format!("poll.{}", self.name)
    }

    /// The answer that a text means: its letter, its number, or its words.
    pub fn choice(&self, text: &str) -> Option<usize> {
        let text = text.trim().to_lowercase();
        let nth = match text.parse::<usize>() {
            Ok(number) => number.checked_sub(1),
            Err(_) => ('a'..)
                .take(self.options.len())
                .position(|letter| text.chars().eq([letter])),
        };
        nth.filter(|nth| *nth < self.options.len()).or_else(|| {
            let mut options = self.options.iter();
            options.position(|option| option.to_lowercase() == text)
        })
    }

    /// Rows that the poll takes on a slide: a title, the question, two a possible answer, and one to end with.
    pub(super) fn rows(&self) -> usize {
        2 + self.question.len() + 2 * self.options.len()
    }
}

/// The letter of an answer.
pub fn letter(nth: usize) -> char {
    ('a'..='z').nth(nth).unwrap_or('?')
}

/// What an answer's line says; none when it is no answer. `nth` is how many there are before it.
fn option(line: &str, nth: usize) -> Option<&str> {
    let text = line
        .strip_prefix("- ")
        .or_else(|| line.strip_prefix("* "))
        .or_else(|| {
            let (mark, text) = line.split_once(char::is_whitespace)?;
            let mark = mark.strip_suffix(['.', ')', ':'])?;
            let is_next = mark.parse() == Ok(nth + 1) || mark.to_lowercase().chars().eq([letter(nth)]);
            is_next.then_some(text)
        })?;
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// What `/// svar: b` names.
fn solution(hidden: &str) -> Option<&str> {
    let (word, text) = hidden.split_once(':')?;
    matches!(word.trim(), "svar" | "answer").then(|| text.trim())
}

/// Whether a word can be a token of a subject, and of a key.
pub(super) fn is_token(word: &str) -> bool {
    let is_fit = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    (1..=NAME_LETTERS_MAX).contains(&word.len()) && word.chars().all(is_fit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polls_and_quizzes_are_read() {
        let poll = Poll::read("1", "Hva bruker du?\n\na. Kafka\nb) RabbitMQ\nC: NATS\n").unwrap();
        assert_eq!(poll.question, ["Hva bruker du?"]);
        assert_eq!(poll.options, ["Kafka", "RabbitMQ", "NATS"]);
        assert_eq!((poll.answer, poll.subject().as_str()), (None, "poll.1"));
        for (text, choice) in [
            ("b", Some(1)),
            (" C\n", Some(2)),
            ("1", Some(0)),
            ("nats", Some(2)),
            ("d", None),
            ("0", None),
            ("4", None),
            ("", None),
        ] {
            assert_eq!(poll.choice(text), choice, "{text:?}");
        }
        let quiz = Poll::read("", "1. ja\n2. nei\n/// svar: nei\n").unwrap();
        assert_eq!((quiz.answer, quiz.question.len()), (Some(1), 0));
        assert_eq!(
            Poll::read("", "- ja\n- nei\n///answer: a").unwrap().answer,
            Some(0)
        );
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (name, source, named) in [
            ("1", "Hva?\na. ja", "Hva?"),
            ("1", "a. ja\nb. nei\nhva?", "hva?"),
            ("1", "a. ja\nc. nei", "c. nei"),
            ("1", "- ja\n- nei\n/// svar: c", "c"),
            ("a.b", "- ja\n- nei", "a.b"),
            ("1", &"- x\n".repeat(10), "- x"),
        ] {
            assert_eq!(Poll::read(name, source), Err(named.to_owned()), "{source}");
        }
    }
}
