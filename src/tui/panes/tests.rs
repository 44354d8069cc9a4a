//! What holds for every pane, whatever it shows.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::tui::panes::testing::{disconnected, shown};
use crate::tui::panes::{Handled, PaneKind, open};

const ALL: [PaneKind; 11] = [
    PaneKind::Objects,
    PaneKind::Services,
    PaneKind::Wire,
    PaneKind::KeyValue,
    PaneKind::Server,
    PaneKind::Subjects,
    PaneKind::Publish,
    PaneKind::Subscribe,
    PaneKind::Request,
    PaneKind::Streams,
    PaneKind::Consumers,
];

#[test]
fn every_pane_opens_says_that_it_is_disconnected_and_draws_at_any_size() {
    let (_runtime, context) = disconnected();
    for kind in ALL {
        let mut pane = open(kind, &context);
        assert_eq!(pane.kind(), kind);
        assert!(!pane.keys().is_empty() && !pane.title().is_empty());
        let text = shown(pane.as_mut(), (60, 8));
        assert!(text.contains("Frakoblet"), "{kind:?}:\n{text}");
        for size in [(1, 1), (3, 2), (20, 3), (36, 6), (200, 60)] {
            shown(pane.as_mut(), size);
        }
    }
}

#[test]
fn no_pane_takes_the_keys_of_the_app() {
    let (_runtime, context) = disconnected();
    for kind in ALL {
        let mut pane = open(kind, &context);
        for c in ['c', 'd', 'e', 'g', 'n', 'p', 'q', 'z'] {
            let key = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL);
            assert_eq!(pane.on_key(key), Handled::No, "{kind:?} ctrl+{c}");
        }
        assert_eq!(pane.on_key(KeyEvent::from(KeyCode::F(5))), Handled::No);
    }
}
