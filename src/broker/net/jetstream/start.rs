//! JetStream begins and ends with the server, and in each account; its timer runs in between.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::Host;
use crate::broker::conf::{AccountJetStream, JetStreamOptions};
use crate::broker::jetstream::{BatchLimits, JetStream, JetStreamConfig, ServerLimits, disabled};
use crate::broker::net::account::Account;
use crate::broker::net::server::Server;
use crate::broker::net::worker::Worker;
use crate::broker::net::{announce, system};
use crate::broker::store::{Keys, StoreError, Stores, SyncPolicy};
use crate::proto::api::account::AccountLimits;
use crate::util::time::Timestamp;

/// Ticks the account's JetStream whenever something is due, for as long as the account is there.
async fn run_timer(account: Arc<Account>, worker: Arc<Worker>) {
    let Some(host) = account.jetstream.get() else {
        return;
    };
    loop {
        let deadline = host.deadline();
        host.armed.store(deadline, Ordering::Relaxed);
        // Something may have become due between the two lines above.
        if host.deadline() < deadline {
            continue;
        }
        let wait = Timestamp::from_nanos(deadline).since(host.now());
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = host.earlier.notified() => {}
        }
        if account.gone.load(Ordering::Acquire) {
            return;
        }
        if host.now().nanos() >= deadline.min(host.deadline()) {
            let mut desk = worker.desk();
            desk.with_jetstream(&account, |jetstream, now, outlet| jetstream.tick(now, outlet));
            desk.settle();
            desk.flush();
        }
    }
}

/// Ends what serves an account that is removed.
pub fn close(server: &Server, account: &Arc<Account>) {
    server.workers[0].desk().stop_jetstream(account);
    account.gone.store(true, Ordering::Release);
    if let Some(host) = account.jetstream.get() {
        host.earlier.notify_one();
    }
}

/// Starts JetStream where the settings want it: in the accounts that they give it to, or, when there are
/// no accounts but the two that always exist, in the global one.
///
/// # Errors
/// When another server has the folder, or it cannot be made.
pub fn start(server: &Arc<Server>) -> Result<(), StoreError> {
    let Some(options) = &server.options.jetstream else {
        return Ok(());
    };
    let began = std::time::Instant::now();
    announce::jetstream(options);
    let stores = stores(options)?;
    server.stores.get_or_init(|| stores);
    let given = server
        .options
        .accounts
        .iter()
        .filter_map(|account| Some((&account.name, account.jetstream?)));
    for (account, limits) in given {
        if let Some(account) = server.account(account) {
            open(server, &account, &limits);
        }
    }
    let only_global = server.all_accounts().len() == 2;
    if only_global && server.global.jetstream.get().is_none() {
        open(server, &server.global, &AccountJetStream::default());
    }
    refuse_others(server);
    announce::jetstream_started(began.elapsed());
    Ok(())
}

/// Lets the server itself answer in accounts without JetStream.
fn refuse_others(server: &Server) {
    let is_without =
        |account: &&Arc<Account>| account.jetstream.get().is_none() && account.number != server.system.number;
    for account in server.all_accounts().iter().filter(is_without) {
        system::bind(account, disabled::API_SUBJECTS);
    }
}

/// The stores in the folder of the settings. In the temporary one, which servers without settings share,
/// only one has file streams.
fn stores(options: &JetStreamOptions) -> Result<Stores, StoreError> {
    let sync = SyncPolicy {
        always: options.sync_always,
        interval: options.sync_interval,
    };
    let keys = options.encryption_key.clone().map(|current| Keys {
        current,
        previous: options.previous_encryption_key.clone(),
        cipher: options.cipher,
    });
    match Stores::in_folder(&announce::store_dir(options), sync, keys) {
        Err(error) if options.store_dir.is_none() => {
            tracing::warn!(%error, "no file streams without a store_dir");
            Ok(Stores::default())
        }
        stores => stores,
    }
}

/// Gives an account JetStream, if the server has it.
pub fn open(server: &Server, account: &Arc<Account>, limits: &AccountJetStream) {
    let (Some(options), Some(stores)) = (&server.options.jetstream, server.stores.get()) else {
        return;
    };
    let config = JetStreamConfig {
        stores: stores.of_account(&account.name),
        account: account.name.to_string(),
        reserved: server.reserved.clone(),
        long_replies: server.options.feature_flags.get("js_ack_fc_v2") == Some(&true),
        ..config(options, &server.info().server_name, limits)
    };
    let worker = &server.workers[0];
    account
        .jetstream
        .get_or_init(|| Host::new(JetStream::new(config)));
    let mut desk = worker.desk();
    desk.start_jetstream(account);
    desk.settle();
    desk.flush();
    drop(desk);
    worker.spawn(run_timer(account.clone(), worker.clone()));
}

fn config(options: &JetStreamOptions, server_name: &str, limits: &AccountJetStream) -> JetStreamConfig {
    let bytes = |limit: Option<u64>| limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
    let count = |limit: Option<u32>| limit.map_or(-1, i64::from);
    JetStreamConfig {
        server_name: server_name.to_owned(),
        domain: options.domain.clone(),
        limits: AccountLimits {
            max_memory: bytes(limits.max_memory),
            max_storage: bytes(limits.max_file),
            max_streams: count(limits.max_streams),
            max_consumers: count(limits.max_consumers),
            max_ack_pending: count(limits.max_ack_pending),
            memory_max_stream_bytes: bytes(limits.memory_max_stream_bytes),
            storage_max_stream_bytes: bytes(limits.file_max_stream_bytes),
            max_bytes_required: limits.max_bytes_required,
        },
        server_limits: ServerLimits {
            memory_bytes_max: Some(announce::memory_max(options)),
            file_bytes_max: Some(announce::disk_max(options)),
            batches: BatchLimits {
                per_stream: options.limits.batch_max_inflight_per_stream,
                total: options.limits.batch_max_inflight_total,
                size: options.limits.batch_max_msgs,
                timeout: options.limits.batch_timeout,
            },
        },
        max_ack_pending: count(options.limits.max_ack_pending),
        max_request_batch: count(options.limits.max_request_batch),
        duplicates_max: options.limits.duplicate_window.unwrap_or_default(),
        ..JetStreamConfig::default()
    }
}

/// Tells everybody who waits for a message of a stream that the server stops.
pub fn stop(server: &Server) {
    if server.options.jetstream.is_some() {
        tracing::info!("Initiating JetStream Shutdown...");
    }
    for account in server.all_accounts() {
        server.workers[0].desk().stop_jetstream(&account);
    }
    if server.options.jetstream.is_some() {
        tracing::info!("JetStream Shutdown");
    }
}
