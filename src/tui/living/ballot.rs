//! Who answered what in a poll, and how far the poll is: what is known of it, without a wire.
//!
//! An answer is somebody's. Who gives a name, in the header `Name` or behind the answer, has one vote, and so has each
//! connection that asks with `nats request` as long as it stands; what is only published says nothing of whom it is
//! from, and counts each time. A later answer of the same takes the place of the earlier.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;

use super::texts;
use crate::deck::{Poll, letter};

/// Answers kept of a round; further ones are refused.
pub const VOTERS_MAX: usize = 20_000;
/// Bytes of an answer.
pub const ANSWER_BYTES_MAX: usize = 512;
/// Letters of a name that can be read in a key; others are known by their digest.
const NAME_LETTERS_MAX: usize = 40;

/// How far a poll is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Answers are taken.
    #[default]
    Open,
    /// No more.
    Closed,
    /// No more, and the right one is seen.
    Shown,
}

/// What everybody who shows the poll is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Grows when the poll begins anew.
    pub round: u64,
    /// How far it is.
    pub phase: Phase,
    /// The right answer, from 0, once it may be seen.
    #[serde(default)]
    pub answer: Option<usize>,
}

impl Default for Standing {
    fn default() -> Self {
        Standing {
            round: 1,
            phase: Phase::Open,
            answer: None,
        }
    }
}

/// What is known of a poll.
pub struct Ballot {
    /// The poll.
    pub poll: Poll,
    /// How far it is.
    pub standing: Standing,
    /// Who answered what, by the round.
    votes: BTreeMap<u64, HashMap<String, usize>>,
    /// Why nothing comes, where nothing can.
    pub trouble: Option<String>,
    /// Told when the bucket was made that answers are kept in.
    pub made: Arc<Notify>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// Whose.
    pub voter: String,
    /// Which, from 0.
    pub option: usize,
}

/// Why an answer does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// It is none of those that can be given.
    NoSuchAnswer,
    /// The poll wants a name.
    NoName,
    /// The poll takes no more.
    Closed,
    /// There is no room for more.
    Full,
    /// It could not be kept.
    NotKept(String),
}

impl Ballot {
    /// A poll that nobody has answered.
    pub fn new(poll: Poll) -> Ballot {
        Ballot {
            poll,
            standing: Standing::default(),
            votes: BTreeMap::new(),
            trouble: None,
            made: Arc::default(),
        }
    }

    /// Reads an answer. `name` is what the header says, `reply` where an answer is awaited, and `number` what tells an
    /// answer that says nothing of whom it is from apart from all others.
    ///
    /// # Errors
    /// It does not count.
    pub fn read(
        &self,
        payload: &[u8],
        name: Option<&str>,
        reply: Option<&str>,
        number: u64,
    ) -> Result<Vote, Refused> {
        if self.standing.phase != Phase::Open {
            return Err(Refused::Closed);
        }
        let payload = Some(payload).filter(|payload| payload.len() <= ANSWER_BYTES_MAX);
        let text = String::from_utf8_lossy(payload.ok_or(Refused::NoSuchAnswer)?);
        let whole = self.poll.choice(&text).map(|option| (option, ""));
        let with_name = || {
            // Words behind an answer in words may belong to it.
            let (answer, name) = text.trim().split_once(char::is_whitespace)?;
            let is_short = answer.chars().count() == 1;
            Some((self.poll.choice(answer).filter(|_| is_short)?, name))
        };
        let (option, behind) = whole.or_else(with_name).ok_or(Refused::NoSuchAnswer)?;
        let name = name.unwrap_or(behind).trim();
        let voter = match (name.is_empty(), inbox_of(reply)) {
            (false, _) => voter_of_name(name),
            (true, _) if self.poll.is_named => return Err(Refused::NoName),
            (true, Some(inbox)) => format!("c-{}", digest(inbox)),
            (true, None) => format!("x-{number:016x}"),
        };
        if self.total() >= VOTERS_MAX && self.of(&voter).is_none() {
            return Err(Refused::Full);
        }
        Ok(Vote { voter, option })
    }

    /// Counts an answer of a round, and forgets rounds that are over.
    pub fn count(&mut self, round: u64, vote: Vote) {
        if round < self.standing.round {
            return;
        }
        let votes = self.votes.entry(round).or_default();
        if votes.len() < VOTERS_MAX || votes.contains_key(&vote.voter) {
            votes.insert(vote.voter, vote.option);
        }
    }

    /// What somebody has answered in this round.
    pub fn of(&self, voter: &str) -> Option<usize> {
        self.votes.get(&self.standing.round)?.get(voter).copied()
    }

    /// Takes what everybody is told.
    pub fn stand(&mut self, standing: Standing) {
        self.standing = standing;
        self.votes = self.votes.split_off(&standing.round);
    }

    /// How many have answered.
    pub fn total(&self) -> usize {
        self.votes.get(&self.standing.round).map_or(0, HashMap::len)
    }

    /// How many have given each answer.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.poll.options.len()];
        let votes = self.votes.get(&self.standing.round);
        for option in votes.into_iter().flat_map(HashMap::values) {
            if let Some(count) = counts.get_mut(*option) {
                *count += 1;
            }
        }
        counts
    }

    /// How far the poll is after a key: a quiz shows its answer, any other takes no more; and both go on.
    pub fn pressed(&self) -> Standing {
        let (phase, answer) = match (self.standing.phase, self.poll.answer) {
            (Phase::Open, Some(answer)) => (Phase::Shown, Some(answer)),
            (Phase::Open, None) => (Phase::Closed, None),
            (Phase::Closed | Phase::Shown, _) => (Phase::Open, None),
        };
        Standing {
            phase,
            answer,
            ..self.standing
        }
    }

    /// The poll from its beginning.
    pub fn anew(&self) -> Standing {
        Standing {
            round: self.standing.round + 1,
            ..Standing::default()
        }
    }

    /// What whoever answered is told. `before` is what they had answered.
    pub fn told(&self, vote: &Vote, before: Option<usize>) -> String {
        let text = &self.poll.options[vote.option];
        let letter = letter(vote.option);
        match before.filter(|before| *before != vote.option) {
            Some(_) => texts::vote_changed(letter, text),
            None => texts::vote_taken(letter, text),
        }
    }

    /// What whoever is refused is told.
    pub fn refusal(&self, refused: &Refused) -> String {
        match refused {
            Refused::NoSuchAnswer => {
                let last = letter(self.poll.options.len().saturating_sub(1));
                texts::no_such_answer(last, &self.poll.subject())
            }
            Refused::NoName => texts::name_wanted(&self.poll.subject()),
            Refused::Closed => texts::poll_closed().to_owned(),
            Refused::Full => texts::poll_full(VOTERS_MAX),
            Refused::NotKept(why) => texts::not_kept(why),
        }
    }
}

/// What of a reply subject tells one connection of a client from another: all but its last token.
fn inbox_of(reply: Option<&str>) -> Option<&str> {
    let (inbox, _) = reply?.rsplit_once('.')?;
    Some(inbox).filter(|inbox| inbox.contains('.'))
}

/// A name as part of a key. Upper and lower case are the same person.
fn voter_of_name(name: &str) -> String {
    let name = name.to_lowercase();
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
    match name.len() <= NAME_LETTERS_MAX && name.chars().all(is_plain) {
        true => format!("n-{name}"),
        false => format!("h-{}", digest(&name)),
    }
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::{Deck, Source};

    fn ballot(info: &str, source: &str) -> Ballot {
        let deck = Deck::parse(&format!("```{info}\n{source}\n```"));
        let live = deck.slides[0].code[0].live.clone().unwrap();
        match live.source {
            Source::Poll(poll) => Ballot::new(poll),
            other => panic!("no poll: {other:?}"),
        }
    }

    fn vote(ballot: &mut Ballot, payload: &str, name: Option<&str>, reply: Option<&str>, number: u64) {
        let vote = ballot.read(payload.as_bytes(), name, reply, number).unwrap();
        ballot.count(1, vote);
    }

    #[test]
    fn everybody_has_one_vote_where_it_can_be_told() {
        let mut ballot = ballot("poll {live}", "Hva?\na. ja\nb. nei\nc. kanskje");
        vote(&mut ballot, "a Kari", None, None, 1);
        vote(&mut ballot, "b", Some("kari"), None, 2);
        assert_eq!(ballot.counts(), [0, 1, 0], "the later answer holds");
        vote(&mut ballot, "2", None, Some("_INBOX.abc.1"), 3);
        vote(&mut ballot, "3", None, Some("_INBOX.abc.2"), 4);
        assert_eq!(ballot.counts(), [0, 1, 1], "a connection is one");
        vote(&mut ballot, "JA", None, None, 5);
        vote(&mut ballot, "ja", None, Some("answers"), 6);
        assert_eq!(ballot.counts(), [2, 1, 1]);
        vote(&mut ballot, "a Kåre på raden bak", None, None, 7);
        assert_eq!((ballot.total(), ballot.counts()[0]), (5, 3));
        for bad in ["d", "", "ja takk, gjerne", &"a".repeat(600)] {
            let read = ballot.read(bad.as_bytes(), None, None, 8);
            assert_eq!(read, Err(Refused::NoSuchAnswer), "{bad}");
        }
    }

    #[test]
    fn a_quiz_shows_its_answer_and_begins_anew() {
        let mut ballot = ballot("poll {live named}", "- ja\n- nei\n/// svar: nei");
        assert_eq!(
            ballot.read(b"a", None, Some("_INBOX.a.b"), 1),
            Err(Refused::NoName)
        );
        vote(&mut ballot, "a kari", None, None, 1);
        ballot.stand(ballot.pressed());
        assert_eq!(
            (ballot.standing.phase, ballot.standing.answer),
            (Phase::Shown, Some(1))
        );
        assert_eq!(ballot.read(b"b ola", None, None, 2), Err(Refused::Closed));
        ballot.stand(ballot.pressed());
        assert_eq!((ballot.standing.phase, ballot.total()), (Phase::Open, 1));
        // An answer of the next round may come before the word that it has begun.
        let next = ballot.anew();
        let early = Vote {
            voter: "n-ola".to_owned(),
            option: 0,
        };
        ballot.count(next.round, early.clone());
        assert_eq!(ballot.total(), 1);
        ballot.stand(next);
        assert_eq!(ballot.counts(), [1, 0]);
        ballot.count(1, early);
        assert_eq!(
            ballot.total(),
            1,
            "what comes late belongs to a round that is over"
        );
    }
}
