//! What was sent before, to send it again.

use crate::tui::keep::HISTORY_MAX;
use crate::tui::panes::publish::order::Draft;

/// Earlier drafts, and where among them one is.
#[derive(Debug, Default)]
pub struct History {
    drafts: Vec<Draft>,
    /// While looking back: the place, and what stood in the form before.
    at: Option<(usize, Draft)>,
}

impl History {
    /// What was sent before, the oldest first.
    pub fn of(drafts: Vec<Draft>) -> History {
        History { drafts, at: None }
    }

    /// Remembers a draft that was sent, once if it was sent twice in a row.
    pub fn push(&mut self, draft: Draft) {
        self.at = None;
        if self.drafts.last() != Some(&draft) {
            self.drafts.push(draft);
        }
        if self.drafts.len() > HISTORY_MAX {
            self.drafts.remove(0);
        }
    }

    /// The draft before the one shown; `now` is what stands in the form.
    pub fn back(&mut self, now: Draft) -> Option<Draft> {
        let (place, kept) = match self.at.take() {
            Some((place, kept)) => (place.saturating_sub(1), kept),
            None => (self.drafts.len().checked_sub(1)?, now),
        };
        self.at = Some((place, kept));
        self.drafts.get(place).cloned()
    }

    /// The draft after the one shown; at the end, what stood in the form before looking back. None
    /// when nobody looks back.
    pub fn forward(&mut self) -> Option<Draft> {
        let (place, kept) = self.at.take()?;
        match self.drafts.get(place + 1) {
            Some(draft) => {
                self.at = Some((place + 1, kept));
                Some(draft.clone())
            }
            None => Some(kept),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_and_forward_return_to_what_was_being_written() {
        let mut history = History::default();
        assert_eq!(history.back(Draft::to("x")), None);
        for subject in ["a", "b", "b"] {
            history.push(Draft::to(subject));
        }
        assert_eq!(history.back(Draft::to("new")), Some(Draft::to("b")));
        assert_eq!(history.back(Draft::to("b")), Some(Draft::to("a")));
        assert_eq!(history.back(Draft::to("a")), Some(Draft::to("a")));
        assert_eq!(history.forward(), Some(Draft::to("b")));
        assert_eq!(history.forward(), Some(Draft::to("new")));
        assert_eq!(history.forward(), None);
    }
}
