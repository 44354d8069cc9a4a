//! Deliveries that are slower than they could be: `replay_policy: original` and `rate_limit_bps`.

use std::time::Duration;

use crate::broker::store::Stored;
use crate::proto::api::consumer::{ConsumerConfig, ReplayPolicy};
use crate::proto::api::stream::StreamConfig;
use crate::util::time::Timestamp;

/// Pauses up to this long are not replayed.
const PAUSE_MIN: Duration = Duration::from_millis(1);
/// What may be sent at once when the stream has no `max_msg_size`, in bytes.
const BURST: i32 = 1 << 20;

/// When the next message may go out.
#[derive(Debug)]
pub(super) struct Pace {
    /// Up to this sequence messages keep the pauses between them; 0 for none.
    replay_through: u64,
    /// The last message: when it was stored, and when it was sent.
    last: Option<(Timestamp, Timestamp)>,
    limit: Option<Bucket>,
    hold: Option<Timestamp>,
}

/// Bytes that may be sent; it fills with time. A message larger than it can hold waits until it is full.
#[derive(Debug)]
struct Bucket {
    bytes_per_sec: f64,
    burst: f64,
    level: f64,
    at: Timestamp,
}

impl Bucket {
    fn level(&self, now: Timestamp) -> f64 {
        let filled = now.since(self.at).as_secs_f64() * self.bytes_per_sec;
        (self.level + filled).min(self.burst)
    }
}

impl Pace {
    pub(super) fn new(config: &ConsumerConfig, stream: &StreamConfig, last_seq: u64) -> Pace {
        let replay_through = match config.replay_policy {
            ReplayPolicy::Instant => 0,
            ReplayPolicy::Original => last_seq,
        };
        let mut pace = Pace {
            replay_through,
            last: None,
            limit: None,
            hold: None,
        };
        pace.set_limit(config.rate_limit_bps, stream);
        pace
    }

    /// Sets another rate, in bits per second.
    pub(super) fn set_limit(&mut self, bits_per_sec: u64, stream: &StreamConfig) {
        let burst = f64::from(if stream.max_msg_size > 0 {
            stream.max_msg_size
        } else {
            BURST
        });
        self.limit = (bits_per_sec > 0).then(|| Bucket {
            bytes_per_sec: bits_per_sec as f64 / 8.0,
            burst,
            level: burst,
            at: Timestamp::ZERO,
        });
    }

    /// When to try again, if a message was held back.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.hold
    }

    /// Forgets what was held back; [`Pace::allows`] decides anew.
    pub(super) fn look_again(&mut self) {
        self.hold = None;
    }

    /// May this message go out now, with so many bytes?
    pub(super) fn allows(&mut self, now: Timestamp, message: &Stored<'_>, bytes: usize) -> bool {
        self.hold = [self.replay(message), self.refill(now, bytes)]
            .into_iter()
            .flatten()
            .max()
            .filter(|at| *at > now);
        self.hold.is_none()
    }

    fn replay(&self, message: &Stored<'_>) -> Option<Timestamp> {
        let (stored, sent) = self.last.filter(|_| message.seq <= self.replay_through)?;
        let pause = message.time.since(stored);
        (pause > PAUSE_MIN).then(|| sent + pause)
    }

    fn refill(&self, now: Timestamp, bytes: usize) -> Option<Timestamp> {
        let bucket = self.limit.as_ref()?;
        let missing = (bytes as f64).min(bucket.burst) - bucket.level(now);
        (missing > 0.0).then(|| now + Duration::from_secs_f64(missing / bucket.bytes_per_sec))
    }

    /// It went out, with so many bytes.
    pub(super) fn sent(&mut self, now: Timestamp, message: &Stored<'_>, bytes: usize) {
        if self.replay_through > 0 {
            self.last = Some((message.time, now));
        }
        if let Some(bucket) = &mut self.limit {
            bucket.level = bucket.level(now) - bytes as f64;
            bucket.at = now;
        }
    }
}
