//! A copy of a store folder, while a server may be running on it.
//!
//! Every stream is copied as it was at some moment between begin and end. Consumers go first, so that none of them
//! knows of a message that the copy lacks.

use std::path::Path;

use super::StoreError;
use super::file::inspect::{copy_file, copy_segments};
use super::folder::{accounts, streams};
use super::sheet::{self, make_folder, sync_folder};

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// Streams.
    pub streams: usize,
    /// Bytes of their messages as they lie on the medium.
    pub bytes: u64,
}

/// Copies every stream of a `store_dir`, or of the `jetstream` folder in it, to a new `store_dir`.
///
/// # Errors
/// [`StoreError::NotEmpty`], or when something cannot be read or written; then the copy is not whole.
pub fn copy(store_dir: &Path, to: &Path) -> Result<Copied, StoreError> {
    if std::fs::read_dir(to).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(StoreError::NotEmpty(to.display().to_string()));
    }
    let mut copied = Copied::default();
    for account in accounts(store_dir)? {
        for stream in streams(&account) {
            let place = [account.file_name(), Some("streams".as_ref()), stream.file_name()];
            let target = to
                .join("jetstream")
                .join(place.into_iter().flatten().collect::<std::path::PathBuf>());
            copied.bytes += copy_stream(&stream, &target)?;
            copied.streams += 1;
        }
    }
    Ok(copied)
}

fn copy_stream(from: &Path, to: &Path) -> Result<u64, StoreError> {
    for folder in ["obs", "msgs"] {
        make_folder(&to.join(folder))?;
    }
    copy_file(&from.join("meta"), &to.join("meta"))?;
    let consumers = from.join("obs");
    for name in sheet::names(&consumers) {
        copy_file(&consumers.join(&name), &to.join("obs").join(&name))?;
    }
    let bytes = copy_segments(&from.join("msgs"), &to.join("msgs"))?;
    for folder in ["obs", "msgs", ""] {
        sync_folder(&to.join(folder))?;
    }
    Ok(bytes)
}
