//! Exports and imports of all accounts, put together when the whole block is read.

use super::context::{Context, at};
use super::exports::Export;
use super::imports::{Import, Kind};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::exchange::{Agreements, ExchangeError, Local};
use crate::broker::conf::options::{ExportAccess, ServiceExport};
use crate::broker::conf::value::Value;

/// What accounts want of each other, in the order of the file, with the account it stands in.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    /// What is let out.
    pub exports: Vec<(String, Export)>,
    /// What is let in.
    pub imports: Vec<(String, Import)>,
}

/// Makes the agreements. What is wrong with one is said at the place of the whole block, as in the original.
pub(super) fn settle(context: &mut Context, draft: &mut Draft, place: &Value, wishes: Wishes) {
    if !context.errors.is_empty() {
        return;
    }
    let has_system = draft.options.system_account.is_some();
    let mut agreements = Agreements(&mut draft.options.accounts);
    let mut errors = Vec::new();
    let (mut streams, mut services) = (Vec::new(), Vec::new());
    for (account, export) in wishes.exports {
        match export {
            Export::Stream(export) => streams.push((account, export)),
            Export::Service(export) => services.push((account, export)),
        }
    }
    for (account, mut export) in streams {
        check_accounts(&mut errors, &agreements, "stream", &mut export.access);
        let subject = export.subject.clone();
        if let Err(error) = agreements.export_stream(&account, export) {
            errors.push(format!("Error adding stream export {subject:?}: {error}"));
        }
    }
    for (account, mut export) in services {
        check_accounts(&mut errors, &agreements, "service", &mut export.access);
        errors.extend(export_service(&mut agreements, &account, export, has_system).err());
    }
    for kind in [Kind::Stream, Kind::Service] {
        let of_kind = wishes.imports.iter().filter(|(_, import)| import.kind == kind);
        for (account, import) in of_kind {
            if !agreements.has(&import.account) {
                let (name, kind) = (&import.account, kind.name());
                errors.push(format!("{name:?} account not defined for {kind} import"));
                continue;
            }
            if let Err(error) = take_in(&mut agreements, account, import) {
                let (kind, subject) = (kind.name(), &import.subject);
                errors.push(format!("Error adding {kind} import {subject:?}: {error}"));
            }
        }
    }
    let errors = errors.into_iter().map(|message| at(place, message));
    context.errors.extend(errors);
}

/// Those that are not there are said, and go without.
fn check_accounts(
    errors: &mut Vec<String>,
    agreements: &Agreements<'_>,
    kind: &str,
    access: &mut ExportAccess,
) {
    access.accounts.retain(|name| {
        let known = agreements.has(name);
        if !known {
            errors.push(format!("{name:?} account not defined for {kind} export"));
        }
        known
    });
}

fn export_service(
    agreements: &mut Agreements<'_>,
    account: &str,
    mut export: ServiceExport,
    has_system: bool,
) -> Result<(), String> {
    let (subject, latency) = (export.subject.clone(), export.latency.take());
    agreements
        .export_service(account, export)
        .map_err(|error| format!("Error adding service export {subject:?}: {error}"))?;
    let Some(latency) = latency else { return Ok(()) };
    if !has_system {
        return Err(format!(
            "Error adding service latency sampling for {subject:?}: system account not setup"
        ));
    }
    let on = latency.subject.clone();
    agreements
        .track_service(account, &subject, latency)
        .map_err(|error| {
            format!("Error adding service latency sampling for {subject:?} on subject {on:?}: {error}")
        })
}

fn take_in(agreements: &mut Agreements<'_>, account: &str, import: &Import) -> Result<(), ExchangeError> {
    let (exporter, subject) = (import.account.as_str(), import.subject.as_str());
    match import.kind {
        Kind::Stream => {
            let local = match import.prefix.is_empty() {
                true => Local::Subject(import.to.clone()),
                false => Local::Prefix(import.prefix.clone()),
            };
            agreements.import_stream(account, exporter, subject, &local, import.allow_trace)
        }
        Kind::Service => agreements.import_service(account, exporter, subject, import.local(), import.share),
    }
}
