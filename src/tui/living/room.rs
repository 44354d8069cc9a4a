//! The bucket that answers and questions of the audience are kept in, so that a screen that comes late, or a talk that
//! broke off, finds them.

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::kv::{Config, Store};
use tokio::sync::Notify;

use super::poll::Role;
use crate::client::bucket;
use crate::tui::panes::PaneContext;

/// The bucket.
pub const BUCKET: &str = "goingnats_audience";
/// Bytes in it at most; what goes beyond is refused.
const BUCKET_BYTES_MAX: i64 = 16 * 1024 * 1024;
/// Bytes of one value.
const VALUE_BYTES_MAX: i32 = 8 * 1024;
/// How long answers are kept on a server that goes on after the talk.
const AGE_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// From a bucket that was lost to the next look.
pub const RETRY_TIME: Duration = Duration::from_secs(1);
/// From a bucket that nobody has made yet to the next look.
const ABSENT_TIME: Duration = Duration::from_secs(3);

/// The bucket, as soon as there is one. The stage makes it itself, and is told by `made`; others look now and then.
pub async fn await_bucket(context: &PaneContext, role: Role, made: &Notify) -> Store {
    loop {
        if let Some(store) = bucket(context, false).await {
            return store;
        }
        match role {
            Role::Collects => made.notified().await,
            Role::Shows => tokio::time::sleep(ABSENT_TIME).await,
        }
    }
}

/// The bucket, made by whoever collects; none without JetStream, or where nobody has made it yet.
pub async fn bucket(context: &PaneContext, may_make: bool) -> Option<Store> {
    let config = Config {
        bucket: BUCKET.to_owned(),
        description: "goingnats: what the audience answers and asks".to_owned(),
        history: 1,
        max_age: AGE_MAX,
        max_bytes: BUCKET_BYTES_MAX,
        max_value_size: VALUE_BYTES_MAX,
        ..Config::default()
    };
    let may_make = may_make && context.access.check().is_ok();
    let opened = bucket::open(&jetstream::new(context.client.clone()), config, may_make).await;
    opened.ok().flatten()
}
