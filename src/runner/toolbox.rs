//! A private folder with `nats` and `nats-server`, both links to our own program, for the front of
//! a job's PATH.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The names the program answers to.
const NAMES: [&str; 2] = ["nats", "nats-server"];

/// The folder; it goes away with the value.
#[derive(Debug)]
pub struct Toolbox {
    folder: TempDir,
}

impl Toolbox {
    /// Makes the folder with links to `program`.
    pub fn create(program: &Path) -> io::Result<Toolbox> {
        let folder = tempfile::Builder::new().prefix("goingnats-bin-").tempdir()?;
        for name in NAMES {
            link(program, &folder.path().join(name))?;
        }
        Ok(Toolbox { folder })
    }

    /// Where the links lie.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }
}

#[cfg(unix)]
fn link(program: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, at)
}

#[cfg(not(unix))]
fn link(program: &Path, at: &Path) -> io::Result<()> {
    std::fs::copy(program, at.with_extension("exe")).map(drop)
}

/// PATH with `first` before everything else.
pub fn path_with(first: Option<&Path>) -> OsString {
    let old = std::env::var_os("PATH").unwrap_or_default();
    let folders = first
        .map(Path::to_owned)
        .into_iter()
        .chain(std::env::split_paths(&old));
    std::env::join_paths(folders).unwrap_or(old)
}

/// The first program of that name on `path`.
pub fn find_program(name: &str, path: &OsString) -> Option<PathBuf> {
    if Path::new(name).is_absolute() {
        return Some(PathBuf::from(name));
    }
    std::env::split_paths(path)
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.with_extension("exe").is_file()
}
