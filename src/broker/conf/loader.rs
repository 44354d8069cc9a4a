//! Where files and environment variables come from.

use std::io;
use std::path::{Component, Path, PathBuf};

/// What reading a configuration needs of the world outside. The caller passes it in.
pub trait Loader {
    /// The contents of a file. A relative path counts from where the process was started.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// An environment variable.
    fn variable(&self, name: &str) -> Option<String>;
}

/// Reads a file as text, or says why not as Go does.
pub(super) fn read_text(loader: &dyn Loader, path: &Path) -> Result<String, String> {
    match loader.read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(e) => Err(format!("open {}: {}", path.display(), go_error(&e))),
    }
}

/// An error of the system as Go writes it: without its number, beginning in lower case.
fn go_error(e: &io::Error) -> String {
    let text = e.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The path that `include name` means in `file`: always below or beside that file, even where the
/// name begins with a slash.
pub(super) fn beside(file: &str, name: &str) -> PathBuf {
    let folder = Path::new(file).parent().unwrap_or(Path::new(""));
    let mut path = PathBuf::new();
    let inside = Path::new(name)
        .components()
        .filter(|c| !matches!(c, Component::RootDir));
    for part in folder.components().chain(inside) {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(path.components().next_back(), Some(Component::Normal(_))) => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    path
}
