//! An account's streams come back when the server starts.

use std::sync::Arc;

use super::account::JetStream;
use super::cell::{StreamCell, StreamRef};
use super::stream::Stream;
use super::{Outlet, Sink, SinkKind};
use crate::util::time::Timestamp;

impl JetStream {
    /// Opens every file stream that is there. One that cannot be read is left alone and reported.
    pub(super) fn recover(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        for (folder, meta) in self.config.stores.streams() {
            let recovered = meta
                .map_err(|error| (folder, error.to_string()))
                .and_then(|meta| {
                    let name = meta.config.name.clone();
                    let recovered = Stream::recover(now, meta, &self.home, &self.config.stores, outlet);
                    recovered.map_err(|error| (name, error.to_string()))
                });
            match recovered {
                Ok(stream) => self.readmit(now, stream, outlet),
                Err((stream, error)) => {
                    tracing::error!(stream, error, "stream is left alone");
                    self.note_unrecovered(stream, error);
                }
            }
        }
        self.let_go_of_leftovers(now, outlet);
    }

    fn let_go_of_leftovers(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        for cell in self.cells() {
            self.with_cell(&cell, |stream| stream.let_go_of_leftovers(now, outlet));
        }
    }

    fn readmit(&self, now: Timestamp, stream: Stream, outlet: &mut dyn Outlet) {
        let subjects = stream.config().subjects.clone();
        let cell = Arc::new(StreamCell::new(stream));
        self.change_registry(|registry| registry.insert(cell.name().to_owned(), Arc::clone(&cell)));
        self.with_cell(&cell, |stream| {
            stream.count(&self.usage);
            self.reserve(None, Some(stream.config()));
        });
        self.follow(now, &cell, outlet);
        let sink = Sink(SinkKind::Publish(StreamRef(cell)));
        for subject in &subjects {
            outlet.bind(subject.as_bytes(), sink.clone());
        }
    }
}
