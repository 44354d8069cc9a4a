//! What the settings say, put into the accounts' trees: at the start, and again after every reload.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use super::next_binding;
use super::service::{Service, ServiceImport};
use super::shadow::StreamImport;
use crate::broker::conf::AccountOptions;
use crate::broker::net::account::Account;
use crate::broker::net::server::Server;
use crate::broker::net::subscription::{Endpoint, Subscription};
use crate::util::time::Timestamp;

/// Gives every account what the settings say it imports, and takes the rest away. What has not changed is not
/// touched.
pub fn install(server: &Server) {
    let settings = server.settings();
    let accounts: HashMap<String, Arc<Account>> = server
        .all_accounts()
        .into_iter()
        .map(|account| (account.name.clone(), account))
        .collect();
    let server_name: Arc<str> = server.info().server_name.into();
    let known = &settings.options.accounts;
    for account in accounts.values() {
        let options = known.iter().find(|options| options.name == account.name);
        let services = options.map_or(&[][..], |options| &options.imports.services);
        let wanted = services.iter().filter_map(|import| {
            let exporter = accounts.get(&import.account)?;
            let exports: &AccountOptions = known.iter().find(|known| known.name == import.account)?;
            let export = exports.service_export(&import.subject)?;
            Some(ServiceImport {
                exporter: exporter.clone(),
                export: Arc::new(Service {
                    account: exporter.number,
                    options: export.clone(),
                    alarm: server.alarm.clone(),
                }),
                options: import.clone(),
                rules: settings.rules(&exporter.name),
                server: server_name.clone(),
            })
        });
        set_services(account, wanted.collect());
        let streams = options.map_or(&[][..], |options| &options.imports.streams);
        let wanted = streams.iter().filter_map(|import| {
            let exporter = accounts.get(&import.account)?;
            Some(Arc::new(StreamImport::new(exporter.clone(), import.clone())))
        });
        set_streams(server, account, wanted.collect());
    }
}

/// Takes everything away, so that accounts do not keep each other for ever.
pub fn remove(server: &Server) {
    for account in server.all_accounts() {
        forget(&account);
    }
}

/// As [`remove`], of one account that is gone.
pub fn forget(account: &Account) {
    set_services(account, Vec::new());
    *account
        .exchange
        .streams
        .write()
        .unwrap_or_else(PoisonError::into_inner) = Arc::default();
}

fn is_same(a: &ServiceImport, b: &ServiceImport) -> bool {
    a.options == b.options
        && Arc::ptr_eq(&a.exporter, &b.exporter)
        && a.export.options == b.export.options
        && a.rules.mappings == b.rules.mappings
}

fn set_services(account: &Account, wanted: Vec<ServiceImport>) {
    let mut services = account.exchange.services();
    let mut old = std::mem::take(&mut *services);
    for import in wanted {
        if let Some(at) = old.iter().position(|(_, known)| is_same(known, &import)) {
            services.push(old.swap_remove(at));
            continue;
        }
        let (id, import) = (next_binding(), Arc::new(import));
        let local = import.options.local.as_bytes();
        let endpoint = Endpoint::Service(import.clone());
        if account.subjects.insert(local, None, id, endpoint).is_ok() {
            services.push((id, import));
        }
    }
    for (id, import) in old {
        account.subjects.remove(import.options.local.as_bytes(), None, id);
    }
}

fn set_streams(server: &Server, account: &Arc<Account>, wanted: Vec<Arc<StreamImport>>) {
    let same = |(a, b): (&Arc<StreamImport>, &Arc<StreamImport>)| {
        a.options == b.options && Arc::ptr_eq(&a.exporter, &b.exporter)
    };
    let mut streams = account
        .exchange
        .streams
        .write()
        .unwrap_or_else(PoisonError::into_inner);
    if streams.len() == wanted.len() && streams.iter().zip(&wanted).all(same) {
        return;
    }
    *streams = Arc::new(wanted);
    drop(streams);
    let connections: Vec<_> = server.connections().values().cloned().collect();
    let mut desk = server.watcher.desk();
    for connection in connections {
        let own = |subscription: &&Arc<Subscription>| Arc::ptr_eq(&subscription.account, account);
        let subscriptions: Vec<_> = connection.subscriptions().values().filter(own).cloned().collect();
        for subscription in subscriptions {
            desk.cast_shadows(&subscription);
        }
    }
    if let Some(host) = account.host.get() {
        host.recast(account);
    }
    desk.settle();
    desk.flush();
}

/// Gives up answers that have not come in time, for as long as the server runs.
pub async fn sweep(server: Arc<Server>) {
    loop {
        let now = Timestamp::now();
        // Before the search, so that a deadline that comes up during it is heard of.
        server.alarm.rearm(None);
        let mut next: Option<Timestamp> = None;
        for account in server.all_accounts() {
            let (overdue, first) = account.overdue(now);
            next = next.into_iter().chain(first).min();
            if !overdue.is_empty() {
                let mut desk = server.watcher.desk();
                desk.give_up(overdue);
                desk.settle();
                desk.flush();
            }
        }
        match next {
            None => server.alarm.earlier().await,
            Some(next) => {
                server.alarm.rearm(Some(next));
                tokio::select! {
                    () = tokio::time::sleep(next.since(Timestamp::now())) => {}
                    () = server.alarm.earlier() => {}
                }
            }
        }
    }
}
