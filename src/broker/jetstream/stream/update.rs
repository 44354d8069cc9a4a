//! A stream's configuration changes.

use super::Stream;
use super::check_update::check_update;
use super::expiry::Expiries;
use super::schedule::Schedules;
use crate::broker::jetstream::Outlet;
use crate::broker::jetstream::usage::Usage;
use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_UPDATE;
use crate::proto::api::stream::{Retention, StreamConfig};
use crate::util::time::Timestamp;

impl Stream {
    /// The configuration that would come of a change to `new`, which has been checked by itself.
    pub fn plan_update(&self, new: StreamConfig) -> Result<StreamConfig, ApiError> {
        self.check_frozen(&STREAM_UPDATE)?;
        let new = check_update(&self.config, new)?;
        self.check_consumers_fit(&new)?;
        Ok(new)
    }

    /// Takes on a planned configuration. What no longer fits goes at once.
    pub fn apply_update(
        &mut self,
        now: Timestamp,
        new: StreamConfig,
        usage: &Usage,
        outlet: &mut dyn Outlet,
    ) -> Result<(), ApiError> {
        let turns_to_interest =
            new.retention == Retention::Interest && self.config.retention != Retention::Interest;
        let allows_schedules = new.allow_msg_schedules && !self.config.allow_msg_schedules;
        let copies_change = new.mirror != self.config.mirror || new.sources != self.config.sources;
        let allows_ttl = new.allow_msg_ttl && !self.config.allow_msg_ttl;
        self.rewrite
            .configure(&new)
            .map_err(|e| STREAM_UPDATE.because(e))?;
        self.config = new;
        self.store.set_compression(self.config.compression);
        self.save_config().map_err(|e| self.update_failed(&e))?;
        if copies_change {
            self.configure_copies().map_err(|e| STREAM_UPDATE.because(e))?;
        }
        self.dirty = true;
        if allows_ttl {
            self.expiries = Expiries::rebuild(self.store.as_mut()).map_err(|e| self.update_failed(&e))?;
        }
        if allows_schedules {
            let rebuilt = Schedules::rebuild(self.store.as_mut(), now);
            self.schedules = rebuilt.map_err(|e| self.update_failed(&e))?;
        }
        self.drop_batches(!self.config.allow_atomic, !self.config.allow_batched, usage);
        if turns_to_interest {
            // As nats-server: what nobody has ever wanted stays.
            self.let_go_of_leftovers(now, outlet);
        }
        self.enforce_all(now, usage, outlet)
            .map_err(|e| self.update_failed(&e))?;
        self.count(usage);
        Ok(())
    }

    /// What was restored may be more than the configuration allows.
    pub fn enforce_restored(&mut self, now: Timestamp, usage: &Usage, outlet: &mut dyn Outlet) {
        if let Err(e) = self.enforce_all(now, usage, outlet) {
            self.freeze(&e);
        }
        self.commit(now, usage, outlet);
    }

    fn update_failed(&mut self, error: &crate::broker::store::StoreError) -> ApiError {
        self.freeze(error);
        STREAM_UPDATE.because(error)
    }
}
