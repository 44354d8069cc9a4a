//! An account's streams come back when the server starts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::account::JetStream;
use super::cell::{StreamCell, StreamRef};
use super::stream::Stream;
use super::{Outlet, Sink, SinkKind};
use crate::broker::store::{Meta, Stores};
use crate::proto::api::ApiError;
use crate::util::duration;
use crate::util::time::Timestamp;

impl JetStream {
    /// Opens every file stream that is there. One that cannot be read is left alone and reported.
    pub(super) fn recover(&self, now: Timestamp, outlet: &mut dyn Outlet) {
        let stores = self.stores();
        for (folder, meta) in stores.streams() {
            let recovered = meta
                .map_err(|error| (folder, error.to_string()))
                .and_then(|meta| {
                    let name = meta.config.name.clone();
                    let recovered = self.recover_stream(now, meta, &stores, outlet);
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

    /// Says in the log what nats-server says, which people watch while it takes its time.
    fn recover_stream(
        &self,
        now: Timestamp,
        meta: Meta,
        stores: &Stores,
        outlet: &mut dyn Outlet,
    ) -> Result<Stream, ApiError> {
        let name = format!("{} > {}", self.home.account(), meta.config.name);
        tracing::info!("  Starting restore for stream '{name}'");
        let began = Instant::now();
        let stream = Stream::recover(now, meta, &self.home, stores, outlet)?;
        let messages = with_commas(stream.state().messages);
        let took = duration::format(to_millis(began.elapsed()));
        tracing::info!("  Restored {messages} messages for stream '{name}' in {took}");
        let consumers = stream.consumer_count();
        if consumers > 0 {
            tracing::info!("  Recovering {consumers} consumers for stream - '{name}'");
        }
        Ok(stream)
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
        self.with_cell(&cell, |stream| stream.count(&self.usage));
        self.follow(now, &cell, outlet);
        let sink = Sink(SinkKind::Publish(StreamRef(cell)));
        for subject in &subjects {
            outlet.bind(subject.as_bytes(), sink.clone());
        }
    }
}

/// To the nearest millisecond, as nats-server shows it.
fn to_millis(duration: Duration) -> Duration {
    let millis = (duration.as_micros() + 500) / 1000;
    Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

/// A number with its thousands apart.
fn with_commas(n: u64) -> String {
    let digits = n.to_string();
    let groups = digits.as_bytes().rchunks(3).rev();
    let groups: Vec<_> = groups.map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_a_restore_are_written_as_nats_server_writes_them() {
        for (n, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(with_commas(n), text);
        }
        for (micros, text) in [(400, "0s"), (1_600, "2ms"), (1_234_567, "1.235s")] {
            let millis = to_millis(Duration::from_micros(micros));
            assert_eq!(duration::format(millis), text);
        }
    }
}
