//! Where JetStream is on: at the start, after a reload, and in accounts that come and go.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::Host;
use crate::broker::conf::{AccountJetStream, JetStreamOptions, Options};
use crate::broker::jetstream::{
    BatchLimits, JetStream, JetStreamConfig, PendingSync, Rooms, ServerLimits, account_bytes_max, disabled,
};
use crate::broker::net::account::Account;
use crate::broker::net::server::Server;
use crate::broker::net::worker::Worker;
use crate::broker::net::{announce, system};
use crate::broker::store::{Keys, StoreError, Stores, SyncPolicy};
use crate::proto::api::ApiError;
use crate::proto::api::account::AccountLimits;
use crate::proto::api::error::{MEMORY_RESOURCES_EXCEEDED, STORAGE_RESOURCES_EXCEEDED};
use crate::proto::api::stream::Storage;
use crate::util::time::Timestamp;

/// Ticks the account's JetStream whenever something is due, for as long as the account is there.
async fn run_timer(account: Arc<Account>, keeper: Arc<Worker>) {
    let Some(host) = account.host.get() else {
        return;
    };
    loop {
        let deadline = host.deadline();
        host.armed.store(deadline, Ordering::SeqCst);
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
            let mut desk = keeper.desk();
            let syncs = desk.with_jetstream(&account, |jetstream, now, outlet| jetstream.tick(now, outlet));
            desk.settle();
            desk.flush();
            drop(desk);
            for sync in syncs.into_iter().flatten() {
                let (account, keeper) = (account.clone(), keeper.clone());
                tokio::task::spawn_blocking(move || sync_and_go_on(&account, &keeper, sync));
            }
        }
    }
}

/// Waits for the medium, and lets the stream go on.
fn sync_and_go_on(account: &Arc<Account>, keeper: &Worker, sync: PendingSync) {
    let ended = sync.run();
    let mut desk = keeper.desk();
    desk.with_jetstream(account, |jetstream, now, outlet| {
        jetstream.end_sync(now, ended, outlet);
    });
    desk.settle();
    desk.flush();
}

/// Why there is no JetStream.
#[derive(Debug, thiserror::Error)]
pub enum JetStreamError {
    /// The folder of the streams is not to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Accounts are promised more than the server has.
    #[error("Can't start JetStream: Error enabling jetstream on configured accounts: {} ({})", .0.description, .0.err_code)]
    Promised(ApiError),
}

/// Starts JetStream, when the settings want it, in the accounts that they give it to.
///
/// # Errors
/// When another server has the folder, it cannot be made, or accounts are promised more than there is.
pub fn start(server: &Arc<Server>) -> Result<(), JetStreamError> {
    let settings = server.settings();
    let Some(options) = &settings.options.jetstream else {
        return Ok(());
    };
    let began = std::time::Instant::now();
    let (memory, file) = (announce::memory_max(options), announce::disk_max(options));
    server.rooms.set_max(Storage::Memory, Some(memory));
    server.rooms.set_max(Storage::File, Some(file));
    announce::jetstream(options, memory, file);
    let stores = stores(options)?;
    *server.stores.write().unwrap_or_else(PoisonError::into_inner) = Some(stores);
    distribute(server, &settings.options)?;
    announce::jetstream_started(began.elapsed());
    Ok(())
}

/// Gives JetStream to the accounts that the settings give it to, or, when there are no accounts but the two that
/// always exist, to the global one; and takes it from the others.
///
/// # Errors
/// When accounts are promised more than there is; then nothing is changed.
pub fn distribute(server: &Server, options: &Options) -> Result<(), JetStreamError> {
    let only_global = server.all_accounts().len() == 2;
    let given = |account: &Account| {
        let configured = options.accounts.iter().find(|known| known.name == account.name);
        let is_global = account.number == server.global.number;
        let as_before = is_global && (only_global || account.jetstream().is_some());
        let granted = configured.and_then(|known| known.jetstream);
        granted.or_else(|| as_before.then(AccountJetStream::default))
    };
    let accounts = server.all_accounts();
    let wanted: HashMap<u32, AccountJetStream> = accounts
        .iter()
        .filter(|account| account.number != server.system.number)
        .filter_map(|account| Some((account.number, given(account)?)))
        .collect();
    check_promises(&server.rooms, wanted.values()).map_err(JetStreamError::Promised)?;
    for account in &accounts {
        match (wanted.get(&account.number), account.jetstream()) {
            (Some(limits), Some(host)) => host.set_limits(limits),
            (Some(limits), None) => open(server, account, limits),
            (None, Some(_)) => shut(server, account),
            (None, None) => {}
        }
        if !wanted.contains_key(&account.number) {
            system::unbind(account, disabled::API_SUBJECTS);
            // Who asks another account for its streams under the same subjects wants no refusal of ours.
            if !account.exchange.takes(disabled::API_SUBJECTS.as_bytes()) {
                system::bind(account, disabled::API_SUBJECTS);
            }
        }
    }
    for account in &accounts {
        // Streams of others that were not there yet may be now.
        if let Some(host) = account.jetstream() {
            host.look_around();
        }
    }
    Ok(())
}

/// Is everything that accounts are promised there?
fn check_promises<'a>(
    rooms: &Rooms,
    promises: impl Iterator<Item = &'a AccountJetStream>,
) -> Result<(), ApiError> {
    let (mut memory, mut file) = (0_u64, 0_u64);
    for limits in promises.map(account_limits) {
        let promised = |storage| account_bytes_max(&limits, storage).unwrap_or_default();
        memory = memory.saturating_add(promised(Storage::Memory));
        file = file.saturating_add(promised(Storage::File));
    }
    let exceeds = |storage, promised: u64| rooms.max(storage).is_some_and(|max| promised > max);
    if exceeds(Storage::Memory, memory) {
        return Err(MEMORY_RESOURCES_EXCEEDED.err());
    }
    if exceeds(Storage::File, file) {
        return Err(STORAGE_RESOURCES_EXCEEDED.err());
    }
    Ok(())
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
    let settings = server.settings();
    let stores = server
        .stores
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let (Some(options), Some(stores)) = (&settings.options.jetstream, stores) else {
        return;
    };
    let stores = stores.of_account(&account.name);
    let keeper = &server.keeper;
    let mut is_new = false;
    let host = account.host.get_or_init(|| {
        is_new = true;
        let config = JetStreamConfig {
            account: account.name.clone(),
            long_replies: settings.options.feature_flags.get("js_ack_fc_v2") == Some(&true),
            server: server.rooms.clone(),
            ..config(options, &server.info().server_name, limits)
        };
        Host::new(JetStream::new(config))
    });
    host.jetstream.set_stores(stores);
    host.set_limits(limits);
    system::unbind(account, disabled::API_SUBJECTS);
    // Not at a worker's desk: what there is may take a while to read, and clients need not wait for it.
    let mut desk = server.watcher.desk();
    desk.start_jetstream(account);
    desk.settle();
    desk.flush();
    drop(desk);
    if is_new {
        keeper.spawn(run_timer(account.clone(), keeper.clone()));
    }
}

fn config(options: &JetStreamOptions, server_name: &str, limits: &AccountJetStream) -> JetStreamConfig {
    let count = |limit: Option<u32>| limit.map_or(0, i64::from);
    let of_server = &options.limits;
    JetStreamConfig {
        server_name: server_name.to_owned(),
        domain: options.domain.clone(),
        limits: account_limits(limits),
        server_limits: ServerLimits {
            max_ack_pending: count(of_server.max_ack_pending),
            max_request_batch: count(of_server.max_request_batch),
            batches: BatchLimits {
                per_stream: of_server.batch_max_inflight_per_stream,
                total: of_server.batch_max_inflight_total,
                size: of_server.batch_max_msgs,
                timeout: of_server.batch_timeout,
            },
            buffered_messages: options.max_buffered_msgs,
            buffered_bytes: options.max_buffered_size,
        },
        duplicates_max: of_server.duplicate_window.unwrap_or_default(),
        ..JetStreamConfig::default()
    }
}

/// The limits in the settings, as the API says them.
pub(super) fn account_limits(limits: &AccountJetStream) -> AccountLimits {
    let bytes = |limit: Option<u64>| limit.map_or(-1, |n| i64::try_from(n).unwrap_or(i64::MAX));
    let count = |limit: Option<u32>| limit.map_or(-1, i64::from);
    AccountLimits {
        max_memory: bytes(limits.max_memory),
        max_storage: bytes(limits.max_file),
        max_streams: count(limits.max_streams),
        max_consumers: count(limits.max_consumers),
        max_ack_pending: count(limits.max_ack_pending),
        memory_max_stream_bytes: bytes(limits.memory_max_stream_bytes),
        storage_max_stream_bytes: bytes(limits.file_max_stream_bytes),
        max_bytes_required: limits.max_bytes_required,
    }
}

/// Takes JetStream from an account. What it has in files stays there.
fn shut(server: &Server, account: &Arc<Account>) {
    server.watcher.desk().shut_jetstream(account);
    if let Some(host) = account.host.get() {
        host.jetstream.set_stores(Stores::default());
    }
}

/// Ends what serves an account that is removed.
pub fn close(server: &Server, account: &Arc<Account>) {
    shut(server, account);
    account.gone.store(true, Ordering::Release);
    if let Some(host) = account.host.get() {
        host.earlier.notify_one();
    }
}

/// Takes JetStream from every account, and leaves the folder to whoever wants it.
pub fn switch_off(server: &Server) {
    tracing::info!("Initiating JetStream Shutdown...");
    for account in server.all_accounts() {
        system::unbind(&account, disabled::API_SUBJECTS);
        shut(server, &account);
    }
    *server.stores.write().unwrap_or_else(PoisonError::into_inner) = None;
    tracing::info!("JetStream Shutdown");
}

/// Tells everybody who waits for a message of a stream that the server stops.
pub fn stop(server: &Server) {
    let is_on = server.settings().options.jetstream.is_some();
    if is_on {
        tracing::info!("Initiating JetStream Shutdown...");
    }
    for account in server.all_accounts() {
        server.watcher.desk().stop_jetstream(&account);
    }
    if is_on {
        tracing::info!("JetStream Shutdown");
    }
}
