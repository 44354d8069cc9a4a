//! A key-value bucket that is there, or is made by whoever needs it first.

use async_nats::jetstream::Context;
use async_nats::jetstream::context::CreateKeyValueError;
use async_nats::jetstream::kv::{Config, Store};

/// Opens the bucket that `config` names, and makes it where there is none and that is allowed. None where it is not.
///
/// # Errors
/// It cannot be made: there is no JetStream, or no room or permission for a bucket.
pub async fn open(
    jetstream: &Context,
    config: Config,
    may_make: bool,
) -> Result<Option<Store>, CreateKeyValueError> {
    if let Ok(store) = jetstream.get_key_value(config.bucket.as_str()).await {
        return Ok(Some(store));
    }
    match may_make {
        true => jetstream.create_key_value(config).await.map(Some),
        false => Ok(None),
    }
}
