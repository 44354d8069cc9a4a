//! What is looked for and looked at among the messages: filter, search, the one that is shown whole.

use std::sync::Arc;

use super::file::is_servers;
use super::texts;
use super::window::Entry;
use crate::client::filter::Filter;
use crate::tui::panes::publish::Draft;

/// Messages that are asked about for one frame while the newest are followed; what is older shows once the view
/// is held.
const SCAN_MAX: usize = 2_000;

/// What a row tells of when its message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Times {
    /// The time of day.
    #[default]
    Clock,
    /// How long after the one before.
    Since,
    /// Nothing.
    None,
}

impl Times {
    /// The next form.
    pub fn next(self) -> Times {
        match self {
            Times::Clock => Times::Since,
            Times::Since => Times::None,
            Times::None => Times::Clock,
        }
    }
}

/// How much of a message the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rows {
    /// One line.
    #[default]
    One,
    /// Three: where and when, headers, payload.
    Three,
    /// All of it.
    Full,
    /// Its headers, and not its payload.
    Headers,
    /// Its subject alone.
    Subjects,
}

impl Rows {
    const ALL: [Rows; 5] = [Rows::One, Rows::Three, Rows::Full, Rows::Headers, Rows::Subjects];

    /// The next form.
    pub fn next(self) -> Rows {
        let at = Rows::ALL.iter().position(|rows| *rows == self).unwrap_or(0);
        Rows::ALL[(at + 1) % Rows::ALL.len()]
    }

    /// What a layout calls it.
    pub fn word(self) -> &'static str {
        match self {
            Rows::One => "1",
            Rows::Three => "3",
            Rows::Full => "full",
            Rows::Headers => "headers",
            Rows::Subjects => "subjects",
        }
    }

    /// The form of that word.
    pub fn of_word(word: &str) -> Option<Rows> {
        Rows::ALL.into_iter().find(|rows| rows.word() == word)
    }

    /// What the status line calls it; nothing for what is usual.
    pub fn name(self) -> &'static str {
        match self {
            Rows::One => "",
            Rows::Three => texts::rows_three(),
            Rows::Full => texts::rows_full(),
            Rows::Headers => texts::rows_headers(),
            Rows::Subjects => texts::rows_subjects(),
        }
    }
}

/// Those that a filter lets through.
pub fn filtered(entries: impl Iterator<Item = Arc<Entry>>, filter: Option<&Filter>) -> Vec<Arc<Entry>> {
    match filter {
        None => entries.collect(),
        Some(filter) => entries
            .filter(|entry| filter.matches(entry.to_filter()))
            .collect(),
    }
}

/// The newest `height` of them, oldest first.
pub fn newest<'a>(
    entries: impl DoubleEndedIterator<Item = &'a Arc<Entry>>,
    filter: Option<&Filter>,
    height: usize,
) -> Vec<Arc<Entry>> {
    let fits = |entry: &&Arc<Entry>| filter.is_none_or(|filter| filter.matches(entry.to_filter()));
    let limit = if filter.is_some() { SCAN_MAX } else { height };
    let mut rows: Vec<Arc<Entry>> = entries
        .rev()
        .take(limit)
        .filter(fits)
        .take(height)
        .cloned()
        .collect();
    rows.reverse();
    rows
}

/// A search that is under way: from one message to the next hit, round the end.
#[derive(Debug, Clone)]
pub struct Looking {
    search: Filter,
    /// The message that it began at, and how many were looked at since.
    from: usize,
    looked_at: usize,
    /// Towards the newer ones.
    on: bool,
}

/// How far a search has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// There is more to look at.
    NotYet,
    /// This one.
    Hit(usize),
    /// None of all.
    Nothing,
}

impl Looking {
    /// A search that begins beside `from`.
    pub fn begin(search: Filter, from: usize, on: bool) -> Looking {
        Looking {
            search,
            from,
            looked_at: 0,
            on,
        }
    }

    /// So many came before all others.
    pub fn shift(&mut self, added: usize) {
        self.from += added;
    }

    /// What is looked for.
    pub fn text(&self) -> &str {
        self.search.text()
    }

    /// Looks at the next `most`.
    pub fn look_at(&mut self, entries: &[Arc<Entry>], most: usize) -> Found {
        let len = entries.len();
        for n in (self.looked_at + 1..=len).take(most) {
            self.looked_at = n;
            let index = match self.on {
                true => (self.from + n) % len,
                false => (self.from + len - n % len) % len,
            };
            if self.search.matches(entries[index].to_filter()) {
                return Found::Hit(index);
            }
        }
        match self.looked_at < len {
            true => Found::NotYet,
            false => Found::Nothing,
        }
    }
}

/// The message before (or after) on the same subject.
pub fn neighbour(entries: &[Arc<Entry>], at: usize, after: bool) -> Option<usize> {
    let subject = &entries.get(at)?.subject;
    let is_same = |index: &usize| entries[*index].subject == *subject;
    match after {
        true => (at + 1..entries.len()).find(is_same),
        false => (0..at).rev().find(is_same),
    }
}

/// A message to be edited and sent again; none when its payload is no text. What the server set stays behind.
pub fn draft(entry: &Entry) -> Option<Draft> {
    let payload = std::str::from_utf8(&entry.payload).ok()?;
    let headers: Vec<String> = entry
        .headers
        .iter()
        .filter(|(name, _)| !is_servers(name))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    Some(Draft {
        subject: entry.subject.to_string(),
        headers: headers.join("\n"),
        payload: payload.to_owned(),
        ..Draft::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::util::time::Timestamp;

    fn entries(subjects: &[&str]) -> Vec<Arc<Entry>> {
        let entry = |subject: &&str| {
            Arc::new(Entry {
                pattern: 1,
                at: Timestamp::ZERO,
                subject: (*subject).into(),
                reply: None,
                headers: vec![
                    ("Nats-Sequence".to_owned(), "7".to_owned()),
                    ("A".to_owned(), "1".to_owned()),
                ],
                payload: b"hei".as_slice().into(),
                answers: None,
            })
        };
        subjects.iter().map(entry).collect()
    }

    #[test]
    fn hits_are_found_round_the_end_and_neighbours_are_not() {
        let list = entries(&["a", "b", "a", "c"]);
        let search = Filter::parse("subject = a").unwrap();
        let find = |list: &[Arc<Entry>], from, text: &str, on| {
            // One message at a time comes to the same as all at once.
            let mut looking = Looking::begin(Filter::parse(text).unwrap(), from, on);
            loop {
                match looking.look_at(list, 1) {
                    Found::NotYet => {}
                    Found::Hit(at) => return Some(at),
                    Found::Nothing => return None,
                }
            }
        };
        assert_eq!(find(&list, 3, "subject = a", true), Some(0));
        assert_eq!(find(&list, 0, "subject = a", true), Some(2));
        assert_eq!(find(&list, 0, "subject = a", false), Some(2));
        assert_eq!(find(&list, 0, "borte", true), None);
        assert_eq!(find(&[], 0, "subject = a", true), None);
        assert_eq!(
            (neighbour(&list, 0, true), neighbour(&list, 2, false)),
            (Some(2), Some(0))
        );
        assert_eq!(
            (neighbour(&list, 2, true), neighbour(&list, 1, false)),
            (None, None)
        );
        let shown = newest(list.iter(), Some(&search), 1);
        assert!(Arc::ptr_eq(&shown[0], &list[2]));
    }

    #[test]
    fn what_is_sent_again_leaves_the_servers_headers_behind() {
        let entry = &entries(&["a.b"])[0];
        let draft = draft(entry).unwrap();
        assert_eq!((draft.subject.as_str(), draft.headers.as_str()), ("a.b", "A: 1"));
    }
}
