//! Where the lab that was started last is to be found.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::texts;
use crate::runner::data_folder;

/// A lab that is open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Running {
    /// Its id.
    pub lab: String,
    /// Its address, login included.
    pub url: String,
}

fn path() -> Option<PathBuf> {
    Some(data_folder()?.join("lab-running.json"))
}

/// What was written down last.
pub fn read() -> Option<Running> {
    serde_json::from_slice(&std::fs::read(path()?).ok()?).ok()
}

/// Writes it down. Without a place for it the other commands need `--server`.
pub fn write(running: &Running) {
    let written = path().map(|path| {
        let _ = path.parent().map(std::fs::create_dir_all);
        std::fs::write(path, serde_json::to_vec(running).unwrap_or_default())
    });
    if !matches!(written, Some(Ok(()))) {
        eprintln!("{}", texts::needs_address(&running.url));
    }
}
