//! Files on their way to the medium, apart from the store they belong to: who waits for the medium needs no store.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::StoreError;

/// What [`Store::begin_sync`](super::Store::begin_sync) found to be done. Dropped, nothing of it is.
#[derive(Debug, Default)]
pub struct Syncing {
    /// Where the files lie, for whoever reads of an error.
    folder: PathBuf,
    data: Vec<Arc<File>>,
    whole: Vec<Arc<File>>,
}

impl Syncing {
    /// Nothing yet, of a stream's folder.
    pub fn of(folder: &Path) -> Syncing {
        Syncing {
            folder: folder.to_owned(),
            ..Syncing::default()
        }
    }

    /// The contents of a file that is there. Files come to the medium in the order in which they are added here.
    pub fn add_data(&mut self, file: Arc<File>) {
        self.data.push(file);
    }

    /// A file or a folder with all that is known of it. These come after all contents.
    pub fn add_whole(&mut self, file: Arc<File>) {
        self.whole.push(file);
    }

    /// As [`Syncing::add_whole`], for what is opened first.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn add_path(&mut self, path: &Path) -> Result<(), StoreError> {
        let file = File::open(path).map_err(|e| StoreError::io(path, e))?;
        self.whole.push(Arc::new(file));
        Ok(())
    }

    /// Waits until all of it is on the medium.
    ///
    /// # Errors
    /// When the system says that something of it may not be.
    pub fn run(&self) -> Result<(), StoreError> {
        #[cfg(test)]
        super::latch::pass(&self.folder);
        let mut data = self.data.iter();
        let mut whole = self.whole.iter();
        data.try_for_each(|file| file.sync_data())
            .and_then(|()| whole.try_for_each(|file| file.sync_all()))
            .map_err(|e| StoreError::io(&self.folder, e))
    }
}
