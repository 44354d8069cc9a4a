//! A medium that tests can hold up.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// The folders that are held, and how many wait there.
static HELD: Mutex<BTreeMap<PathBuf, usize>> = Mutex::new(BTreeMap::new());
static CHANGED: Condvar = Condvar::new();

fn held() -> MutexGuard<'static, BTreeMap<PathBuf, usize>> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nothing below a folder comes to the medium for as long as this lives.
#[derive(Debug)]
pub struct Latch(PathBuf);

impl Latch {
    pub fn hold(folder: &Path) -> Latch {
        held().insert(folder.to_owned(), 0);
        Latch(folder.to_owned())
    }

    /// Returns when somebody waits.
    pub fn await_waiting(&self) {
        let mut held = held();
        while held.get(&self.0) == Some(&0) {
            held = CHANGED.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Latch {
    fn drop(&mut self) {
        held().remove(&self.0);
        CHANGED.notify_all();
    }
}

/// Waits while a folder above is held.
pub fn pass(folder: &Path) {
    let mut held = held();
    if let Some((_, waiting)) = held.iter_mut().find(|(above, _)| folder.starts_with(above)) {
        *waiting += 1;
        CHANGED.notify_all();
    }
    while held.keys().any(|above| folder.starts_with(above)) {
        held = CHANGED.wait(held).unwrap_or_else(PoisonError::into_inner);
    }
}
