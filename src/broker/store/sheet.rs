//! Small files beside the messages: JSON with a checksum, always whole, sealed where the stream is.
//!
//! The first line is the CRC-32 of the rest in hexadecimal. The rest is JSON, or a byte 1 and sealed JSON.
//! A file is written beside its place and renamed, so that there is always a whole one.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::StoreError;
use super::seal::Seal;

/// What a file or folder is called while it is not finished, or going. No stream or consumer can have that name.
pub const UNFINISHED: &str = ".new";
/// Bytes of the first line.
const SUM_LINE: usize = 9;
/// What sealed contents begin with; JSON never does.
const SEALED: u8 = 1;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub struct Ink<'a> {
    /// Nobody without the key may read it.
    pub seal: Option<&'a Seal>,
    /// It has to be on the medium at once.
    pub synced: bool,
}

/// The names in a folder, in order, but for what is not finished.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.ends_with(UNFINISHED))
        .collect();
    names.sort_unstable();
    names
}

/// A name as a file can have it: what could be a path or hidden is written as `%` and two digits.
pub fn file_name(name: &str) -> String {
    let mut safe = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '/' | '\\' | '%' | '.' | '\0'..='\x1f' | ':' => safe.push_str(&format!("%{:02x}", u32::from(c))),
            c => safe.push(c),
        }
    }
    safe
}

/// Makes a folder, and those above it.
pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(path).map_err(|e| StoreError::io(path, e))
}

/// Has the medium know what a folder contains.
pub fn sync_folder(path: &Path) -> Result<(), StoreError> {
    File::open(path)
        .and_then(|folder| folder.sync_all())
        .map_err(|e| StoreError::io(path, e))
}

/// A file that is written and not in its place yet. Dropped, it goes; so the one that was begun last must be the last
/// one of its place.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    unfinished: PathBuf,
    file: Arc<File>,
    is_finished: bool,
}

impl Draft {
    /// Writes a value beside the place of the file.
    pub(super) fn begin(
        path: &Path,
        value: &impl Serialize,
        seal: Option<&Seal>,
    ) -> Result<Draft, StoreError> {
        let io = |e| StoreError::io(path, e);
        let mut contents = serde_json::to_vec(value).map_err(|e| io(e.into()))?;
        if let Some(seal) = seal {
            contents = seal.seal_bytes(bound(path), &contents);
            contents.insert(0, SEALED);
        }
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(UNFINISHED);
        let mut file = File::create(&unfinished).map_err(io)?;
        writeln!(file, "{:08x}", crc32fast::hash(&contents)).map_err(io)?;
        file.write_all(&contents).map_err(io)?;
        Ok(Draft {
            path: path.to_owned(),
            unfinished: unfinished.into(),
            file: Arc::new(file),
            is_finished: false,
        })
    }

    /// The file, which has to be on the medium before it comes into its place.
    pub fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Puts it in the place of what was there.
    ///
    /// # Errors
    /// When that is not possible; then what was there is there still.
    pub fn finish(mut self) -> Result<(), StoreError> {
        std::fs::rename(&self.unfinished, &self.path).map_err(|e| StoreError::io(&self.path, e))?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_finished {
            // Left behind it would be in nobody's way: no name that ends like this is looked at.
            let _ = std::fs::remove_file(&self.unfinished);
        }
    }
}

/// Writes a value in place of what was there.
pub fn write(path: &Path, value: &impl Serialize, ink: Ink<'_>) -> Result<(), StoreError> {
    let draft = Draft::begin(path, value, ink.seal)?;
    if ink.synced {
        draft.file.sync_all().map_err(|e| StoreError::io(path, e))?;
    }
    draft.finish()?;
    match path.parent().filter(|_| ink.synced) {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Reads what [`write`] wrote.
pub fn read<T: DeserializeOwned>(path: &Path, seal: Option<&Seal>) -> Result<T, StoreError> {
    let unreadable = || StoreError::Unreadable(path.display().to_string());
    let mut contents = checked(path)?;
    if contents.first() != Some(&SEALED) {
        return serde_json::from_slice(&contents).map_err(|_| unreadable());
    }
    let json = seal.and_then(|seal| seal.open(bound(path), &mut contents[1..]));
    serde_json::from_slice(json.ok_or_else(unreadable)?).map_err(|_| unreadable())
}

/// The contents of a file behind its checksum, which holds.
pub fn checked(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = std::fs::read(path).map_err(|e| StoreError::io(path, e))?;
    let sound = bytes
        .split_at_checked(SUM_LINE)
        .is_some_and(|(sum, contents)| format!("{:08x}\n", crc32fast::hash(contents)).as_bytes() == sum);
    if !sound {
        return Err(StoreError::Unreadable(path.display().to_string()));
    }
    Ok(bytes.split_off(SUM_LINE))
}

/// What a sealed file cannot be given out for another as.
fn bound(path: &Path) -> &[u8] {
    path.file_name().unwrap_or_default().as_encoded_bytes()
}
