//! The user's own folders, where the XDG rules put them.

use std::env;
use std::path::PathBuf;

/// Where things lie that can be made again: the prepared Go module.
pub fn cache_folder() -> Option<PathBuf> {
    under("XDG_CACHE_HOME", ".cache")
}

/// Where things lie that should stay: which decks may run code.
pub fn data_folder() -> Option<PathBuf> {
    under("XDG_DATA_HOME", ".local/share")
}

fn under(variable: &str, in_home: &str) -> Option<PathBuf> {
    let base = match env::var_os(variable) {
        Some(folder) if PathBuf::from(&folder).is_absolute() => PathBuf::from(folder),
        _ => env::home_dir().filter(|home| home.is_absolute())?.join(in_home),
    };
    Some(base.join("goingnats"))
}
