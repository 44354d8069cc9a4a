//! Watches the deck's file and reads it anew when it changes.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::background::{Painter, blocks_to_colour, load_pictures};
use super::event::{Event, News};
use super::trust::Trust;
use crate::deck::Deck;

/// How long a file must be left alone before it is read: editors write in several steps.
const QUIET_TIME: Duration = Duration::from_millis(40);

/// What of the show is in the deck's file.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    /// The deck.
    pub deck: Deck,
    /// Whether it may run code.
    pub trust: Trust,
    /// Who speaks; empty for nobody.
    pub author: String,
    /// The date, as it is shown.
    pub date: String,
    /// How the page counter is written.
    pub paging: String,
}

/// The file, and how it is read.
pub struct Reload {
    /// The deck's file.
    pub path: PathBuf,
    /// When it had been changed last, as it was read for the first time.
    pub modified: Option<SystemTime>,
    /// Reads it; none when that fails, which a file that is being saved may do for a moment.
    pub read: Box<dyn Fn() -> Option<Edition> + Send>,
}

impl Reload {
    /// Starts watching on a thread of its own. Where the system cannot watch, the deck stays as it is.
    pub(super) fn start(self, shown: Deck, events: SyncSender<Event>, painter: Painter) {
        let (changed, changes) = channel();
        let first_look = changed.clone();
        let told = move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = changed.send(());
            }
        };
        // The folder is watched, since many editors put a new file in the place of the old one.
        let folder = folder_of(&self.path);
        let watch = move || -> notify::Result<RecommendedWatcher> {
            let mut watcher = notify::recommended_watcher(told)?;
            watcher.watch(&folder, RecursiveMode::NonRecursive)?;
            Ok(watcher)
        };
        let work = move || {
            if let Ok(_watcher) = watch() {
                // What came before anybody watched is seen now.
                if modified(&self.path) != self.modified {
                    let _ = first_look.send(());
                }
                drop(first_look);
                self.follow(shown, &changes, &events, painter);
            }
        };
        // Without a watcher the show goes on, so a thread that cannot be had is no error.
        let _ = thread::Builder::new().name("reload".to_owned()).spawn(work);
    }

    fn follow(&self, mut shown: Deck, changes: &Receiver<()>, events: &SyncSender<Event>, painter: Painter) {
        for number in 1.. {
            let Some(edition) = self.next(&shown, changes) else {
                return;
            };
            shown = edition.deck.clone();
            let code = blocks_to_colour(&shown, 0);
            if events.send(Event::News(News::Deck(Box::new(edition)))).is_err() {
                return;
            }
            painter.colour(number, code);
            load_pictures(&shown, folder_of(&self.path), events.clone());
        }
    }

    /// Waits for a deck that differs from the one shown; none when nobody watches any more.
    fn next(&self, shown: &Deck, changes: &Receiver<()>) -> Option<Edition> {
        loop {
            changes.recv().ok()?;
            loop {
                match changes.recv_timeout(QUIET_TIME) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return None,
                }
            }
            if let Some(edition) = (self.read)().filter(|edition| edition.deck != *shown) {
                return Some(edition);
            }
        }
    }
}

/// When the file was changed last, where that is known.
pub fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
