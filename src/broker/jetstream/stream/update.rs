//! A stream's configuration changes.

use super::Stream;
use super::check_update::check_update;
use crate::broker::jetstream::usage::Usage;
use crate::proto::api::ApiError;
use crate::proto::api::error::STREAM_UPDATE;
use crate::proto::api::stream::StreamConfig;
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
    pub fn apply_update(&mut self, now: Timestamp, new: StreamConfig, usage: &Usage) -> Result<(), ApiError> {
        self.config = new;
        self.dirty = true;
        self.enforce_all(now).map_err(|e| self.update_failed(&e))?;
        self.count(usage);
        Ok(())
    }

    fn update_failed(&mut self, error: &crate::broker::store::StoreError) -> ApiError {
        self.freeze(error);
        STREAM_UPDATE.because(error)
    }
}
