//! What a connection has done so far.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use crate::broker::monitor::ConnectionStats;

/// Figures that connz shows. Each is written by one task at a time.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages from the client.
    pub in_messages: AtomicU64,
    /// Their size without line ends.
    pub in_bytes: AtomicU64,
    /// Messages to the client.
    pub out_messages: AtomicU64,
    /// Their size without line ends.
    pub out_bytes: AtomicU64,
    /// When it last published or subscribed, in nanoseconds since the epoch.
    pub last_activity: AtomicI64,
    /// Round trip in nanoseconds; 0 when not yet known.
    pub rtt: AtomicU64,
    /// How often it was made to wait for a slow receiver.
    pub stalls: AtomicU64,
}

impl Counters {
    /// Notes a round trip, as short as it may have been.
    pub fn note_rtt(&self, rtt: Duration) {
        let nanos = u64::try_from(rtt.as_nanos()).unwrap_or(u64::MAX);
        self.rtt.store(nanos.max(1), Relaxed);
    }

    /// What went through.
    pub fn stats(&self) -> ConnectionStats {
        ConnectionStats {
            in_messages: self.in_messages.load(Relaxed),
            in_bytes: self.in_bytes.load(Relaxed),
            out_messages: self.out_messages.load(Relaxed),
            out_bytes: self.out_bytes.load(Relaxed),
            stalls: self.stalls.load(Relaxed),
        }
    }
}
