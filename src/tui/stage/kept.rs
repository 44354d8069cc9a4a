//! The code of a talk that runs, kept where only its user can read it, so that a second screen on the same
//! machine needs no telling.

use std::io;
use std::path::{Path, PathBuf};

use super::seal::Code;
use crate::util::whole_file;

/// A code on the disk, gone with the talk.
pub struct Kept(PathBuf);

/// Keeps the code of the talk on the server of that address in `folder`.
///
/// # Errors
/// The file cannot be written.
pub fn keep(code: &Code, folder: &Path, address: &str) -> io::Result<Kept> {
    let path = folder.join(name(address));
    whole_file::write(&path, format!("{}\n", code.text()).as_bytes())?;
    Ok(Kept(path))
}

/// The code that is kept for that address.
pub fn find(folder: &Path, address: &str) -> Option<Code> {
    let text = std::fs::read_to_string(folder.join(name(address))).ok()?;
    Code::chosen(&text).ok()
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// `nats://user:secret@host:4222` is kept as `host-4222`.
fn name(address: &str) -> String {
    let bare = address.split_once("://").map_or(address, |(_, bare)| bare);
    let host = bare.rsplit_once('@').map_or(bare, |(_, host)| host);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    host.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_code_is_its_owners_alone_and_goes_with_the_talk() {
        let folder = tempfile::tempdir().unwrap();
        let code = Code::random().unwrap();
        let kept = keep(&code, folder.path(), "nats://a:b@127.0.0.1:4222").unwrap();
        let found = |address: &str| find(folder.path(), address);
        assert_eq!(found("nats://127.0.0.1:4222"), Some(code));
        assert_eq!(found("127.0.0.1:4223"), None);
        let file = folder.path().join("127.0.0.1-4222");
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o077, 0);
        drop(kept);
        assert_eq!(found("nats://127.0.0.1:4222"), None);
    }
}
