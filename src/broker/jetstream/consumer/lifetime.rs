//! How long a consumer lives that nobody uses.
//!
//! A push consumer is used while its deliver subject has interest. A pull consumer is used by requests and
//! acknowledgements, while a request waits, and while somebody may still be at work on a delivery.

use std::time::Duration;

use super::defaults::INACTIVE_THRESHOLD;
use super::pending::NEVER;
use super::random::Random;
use super::{Consumer, Fate, Mode};
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::ConsumerConfig;
use crate::util::time::Timestamp;

/// Pull consumers live at least this much longer than they were told to …
const EXTRA_MS: u64 = 100;
/// … and at most this much longer than that, so that many made at once do not end at once.
const JITTER_MS: u64 = 900;

/// When to delete a consumer.
#[derive(Debug)]
pub(super) struct Lifetime {
    /// How long it may be unused; `None` for ever.
    threshold: Option<Duration>,
    pull: bool,
    /// The last use of a pull consumer.
    last_use: Timestamp,
    /// When to look whether it was used.
    check_at: Option<Timestamp>,
}

impl Lifetime {
    /// Reads the threshold, and writes the default of an ephemeral consumer into its configuration.
    pub(super) fn new(config: &mut ConsumerConfig, random: &mut Random) -> Lifetime {
        let pull = !config.is_push();
        let asked = config.inactive_threshold.positive();
        let jitter = pull || asked.is_none();
        let threshold = match asked {
            None if config.is_durable() => None,
            asked => {
                let threshold = asked.unwrap_or(INACTIVE_THRESHOLD);
                config.inactive_threshold = threshold.into();
                let extra = if jitter {
                    EXTRA_MS + random.below(JITTER_MS)
                } else {
                    0
                };
                Some(threshold + Duration::from_millis(extra))
            }
        };
        Lifetime {
            threshold,
            pull,
            last_use: Timestamp::ZERO,
            check_at: None,
        }
    }

    fn from(&self, moment: Timestamp) -> Option<Timestamp> {
        self.threshold.map(|threshold| moment + threshold)
    }

    /// The consumer begins to live.
    pub(super) fn start(&mut self, now: Timestamp) {
        if self.pull {
            self.check_at = self.from(now);
        }
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.check_at
    }

    /// An acknowledgement came.
    pub(super) fn touch(&mut self, now: Timestamp) {
        self.last_use = now;
        if self.pull || self.check_at.is_some() {
            self.check_at = self.from(now);
        }
    }

    /// A message went out, or a request came in.
    pub(super) fn used(&mut self, now: Timestamp) {
        self.last_use = now;
    }

    /// The deliver subject of a push consumer has interest, or none.
    pub(super) fn interest(&mut self, now: Timestamp, active: bool) {
        self.check_at = match active {
            true => None,
            false => self.check_at.or(self.from(now)),
        };
    }
}

impl Consumer {
    /// Subscriptions to the deliver subject came or went.
    pub fn on_interest(&mut self, now: Timestamp, store: &mut dyn Store, outlet: &mut dyn Outlet) {
        let Mode::Push(push) = &mut self.mode else { return };
        let woken = push.look_for_interest(&self.config, outlet);
        self.lifetime.interest(now, push.is_active());
        if woken {
            self.pump(now, store, outlet);
        }
    }

    pub(super) fn check_lifetime(&mut self, now: Timestamp, outlet: &mut dyn Outlet) -> Fate {
        let due = self.lifetime.check_at.is_some_and(|at| at <= now);
        let Some(threshold) = self.lifetime.threshold.filter(|_| due) else {
            return Fate::Keep;
        };
        let check_at = match &mut self.mode {
            Mode::Push(_) => None,
            Mode::Pull(pull) => {
                let quiet_until = self.lifetime.last_use + threshold;
                if quiet_until > now {
                    Some(quiet_until)
                } else {
                    pull.sweep(
                        now,
                        true,
                        (self.delivered.consumer_seq, self.cursor.next() - 1),
                        outlet,
                    );
                    let busy_until = match pull.is_idle() {
                        true => self
                            .pending
                            .iter()
                            .map(|e| e.due)
                            .filter(|due| *due != NEVER)
                            .max(),
                        false => Some(now),
                    };
                    busy_until.map(|busy| busy + threshold).filter(|at| *at > now)
                }
            }
        };
        self.lifetime.check_at = check_at;
        if check_at.is_some() {
            Fate::Keep
        } else {
            Fate::Delete
        }
    }
}
