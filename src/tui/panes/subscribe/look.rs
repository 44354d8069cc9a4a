//! What is looked for and looked at among the messages: filter, search, the one that is shown whole.

use std::sync::Arc;

use super::file::is_servers;
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

/// The next hit from `at` on (or back), round the end.
pub fn find(entries: &[Arc<Entry>], at: usize, search: &Filter, on: bool) -> Option<usize> {
    let len = entries.len();
    let step = |n: usize| {
        if on {
            (at + n) % len
        } else {
            (at + len - n % len) % len
        }
    };
    (1..=len)
        .map(step)
        .find(|index| search.matches(entries[*index].to_filter()))
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
        assert_eq!(find(&list, 3, &search, true), Some(0));
        assert_eq!(find(&list, 0, &search, true), Some(2));
        assert_eq!(find(&list, 0, &search, false), Some(2));
        assert_eq!(find(&list, 0, &Filter::parse("borte").unwrap(), true), None);
        assert_eq!(find(&[], 0, &search, true), None);
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
