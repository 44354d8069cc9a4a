//! Agreements between accounts: what an import demands of the export, and that none of them forms a circle.
//!
//! Source: `accounts.go` of nats-server. Exports are put in before any import, since an import is checked
//! against them.

use std::collections::BTreeSet;

use super::options::{
    AccountOptions, ExportAccess, Latency, ResponseType, ServiceExport, ServiceImport, StreamExport,
    StreamImport,
};
use crate::broker::subjects::mapping::{Transform, TransformError, tokenized, untokenized};
use crate::proto::subject::{collide, is_literal, is_subset, is_valid_literal, is_valid_pattern};

/// Accounts that the search for a circle passes at most.
const CYCLE_DEPTH_MAX: usize = 1024;

/// Why an export or import cannot be, in nats-server's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// No subject, or not a `*` where the importer's name is to stand.
    #[error("sublist: invalid subject")]
    BadSubject,
    /// The stream is not exported to this account.
    #[error("stream import not authorized")]
    StreamNotAuthorized,
    /// The service is not exported to this account.
    #[error("service import not authorized")]
    ServiceNotAuthorized,
    /// A prefix must be literal.
    #[error("stream import prefix can not contain wildcard tokens")]
    BadPrefix,
    /// The same stream twice.
    #[error("stream import already exists")]
    StreamDuplicate,
    /// The same service under the same subject twice.
    #[error(
        "duplicate service import subject {from:?}, previously used in import for account {account:?}, subject {to:?}"
    )]
    ServiceDuplicate {
        /// The subject here.
        from: String,
        /// Whose it is.
        account: String,
        /// The subject there.
        to: String,
    },
    /// It would come back to where it began.
    #[error("import forms a cycle")]
    Cycle,
    /// Too many accounts one behind the other.
    #[error("search cycle depth exhausted")]
    CycleDepth,
    /// Subject and local subject do not fit.
    #[error("failed to create mapping transform for {what} import subject from {from:?} to {to:?}: {error}")]
    Transform {
        /// `stream` or `service`.
        what: &'static str,
        /// Where from.
        from: String,
        /// Where to.
        to: String,
        /// Why.
        error: TransformError,
    },
    /// Latency is told on a literal subject that is no service itself.
    #[error("invalid publish subject")]
    BadLatencySubject,
    /// Latency is measured where there is one answer.
    #[error("bad service response type")]
    BadServiceType,
}

/// Does `subject` end or contain a wildcard?
fn has_wildcard(subject: &str) -> bool {
    !is_literal(subject.as_bytes())
}

fn covers(outer: &str, inner: &str) -> bool {
    is_subset(inner.as_bytes(), outer.as_bytes())
}

fn check_token(subject: &str, access: &ExportAccess) -> Result<(), ExchangeError> {
    match access.account_token.checked_sub(1) {
        Some(at) if subject.split('.').nth(at) != Some("*") => Err(ExchangeError::BadSubject),
        _ => Ok(()),
    }
}

impl ExportAccess {
    fn is_public(&self) -> bool {
        self.accounts.is_empty() && self.account_token == 0
    }

    /// What a second export of the same subject adds.
    fn add(&mut self, other: ExportAccess) {
        if !other.is_public() {
            self.account_token = other.account_token;
            self.accounts.extend(other.accounts);
        }
    }

    /// May this account import `subject`? One that is exported word for word names no account in a token.
    fn admits(&self, account: &str, subject: &str, is_exact: bool) -> bool {
        if self.is_public() {
            return true;
        }
        match self.account_token.checked_sub(1) {
            Some(at) => !is_exact && subject.split('.').nth(at) == Some(account),
            None => self.accounts.iter().any(|name| name == account),
        }
    }
}

/// The export that a subject falls under: the one that is worded so, or else one that covers it.
fn export_of<'e, E>(exports: &'e [E], of: impl Fn(&E) -> &str, subject: &str) -> Option<(&'e E, bool)> {
    let exact = exports.iter().find(|export| of(export) == subject);
    let covering = || exports.iter().find(|export| covers(of(export), subject));
    exact
        .map(|export| (export, true))
        .or_else(|| covering().map(|export| (export, false)))
}

impl AccountOptions {
    /// Puts in a stream export.
    ///
    /// # Errors
    /// No `*` stands where the importer's name is to stand.
    pub fn export_stream(&mut self, export: StreamExport) -> Result<(), ExchangeError> {
        check_token(&export.subject, &export.access)?;
        let streams = &mut self.exports.streams;
        match streams.iter_mut().find(|known| known.subject == export.subject) {
            Some(known) => known.access.add(export.access),
            None => streams.push(export),
        }
        Ok(())
    }

    /// Puts in a service export, without its latency.
    ///
    /// # Errors
    /// No `*` stands where the importer's name is to stand.
    pub fn export_service(&mut self, export: ServiceExport) -> Result<(), ExchangeError> {
        check_token(&export.subject, &export.access)?;
        let services = &mut self.exports.services;
        let Some(known) = services.iter_mut().find(|known| known.subject == export.subject) else {
            services.push(export);
            return Ok(());
        };
        known.access.add(export.access);
        if export.response != ResponseType::Singleton {
            known.response = export.response;
        }
        known.threshold = export.threshold;
        known.allow_trace |= export.allow_trace;
        Ok(())
    }

    /// Has the time of answers told.
    ///
    /// # Errors
    /// The subject cannot be published to, or there is more than one answer.
    pub fn track_service(&mut self, service: &str, latency: Latency) -> Result<(), ExchangeError> {
        let is_service = self.service_export(&latency.subject).is_some();
        if !is_valid_literal(latency.subject.as_bytes()) || is_service {
            return Err(ExchangeError::BadLatencySubject);
        }
        let services = &mut self.exports.services;
        let Some(export) = services.iter_mut().find(|export| export.subject == service) else {
            return Ok(());
        };
        if export.response != ResponseType::Singleton {
            return Err(ExchangeError::BadServiceType);
        }
        export.latency = Some(latency);
        Ok(())
    }

    /// The service export that a subject falls under.
    pub fn service_export(&self, subject: &str) -> Option<&ServiceExport> {
        export_of(&self.exports.services, |export| &export.subject, subject).map(|(export, _)| export)
    }

    fn may_have_stream(&self, importer: &str, subject: &str) -> bool {
        is_valid_pattern(subject.as_bytes())
            && export_of(&self.exports.streams, |export| &export.subject, subject)
                .is_some_and(|(export, exact)| export.access.admits(importer, subject, exact))
    }

    fn may_have_service(&self, importer: &str, subject: &str) -> bool {
        export_of(&self.exports.services, |export| &export.subject, subject)
            .is_some_and(|(export, exact)| export.access.admits(importer, subject, exact))
    }
}

/// All accounts with what they have agreed on so far.
pub struct Agreements<'a>(pub &'a mut [AccountOptions]);

/// Where a stream import is put here.
pub enum Local {
    /// Behind a prefix.
    Prefix(String),
    /// Under a subject; as it is there when it is empty.
    Subject(String),
}

impl Agreements<'_> {
    fn account(&self, name: &str) -> Option<&AccountOptions> {
        self.0.iter().find(|account| account.name == name)
    }

    fn account_mut(&mut self, name: &str) -> Option<&mut AccountOptions> {
        self.0.iter_mut().find(|account| account.name == name)
    }

    /// Is there an account of this name?
    pub fn has(&self, name: &str) -> bool {
        self.account(name).is_some()
    }

    /// As [`AccountOptions::export_stream`], in the account of this name.
    ///
    /// # Errors
    /// The same.
    pub fn export_stream(&mut self, account: &str, export: StreamExport) -> Result<(), ExchangeError> {
        self.account_mut(account)
            .map_or(Ok(()), |account| account.export_stream(export))
    }

    /// As [`AccountOptions::export_service`], in the account of this name.
    ///
    /// # Errors
    /// The same.
    pub fn export_service(&mut self, account: &str, export: ServiceExport) -> Result<(), ExchangeError> {
        self.account_mut(account)
            .map_or(Ok(()), |account| account.export_service(export))
    }

    /// As [`AccountOptions::track_service`], in the account of this name.
    ///
    /// # Errors
    /// The same.
    pub fn track_service(
        &mut self,
        account: &str,
        service: &str,
        latency: Latency,
    ) -> Result<(), ExchangeError> {
        self.account_mut(account)
            .map_or(Ok(()), |account| account.track_service(service, latency))
    }

    /// Lets `importer` have a stream of another account.
    ///
    /// # Errors
    /// It is not exported to it, cannot be called so, is there already, or comes back to where it began.
    pub fn import_stream(
        &mut self,
        importer: &str,
        exporter: &str,
        subject: &str,
        local: &Local,
        allow_trace: bool,
    ) -> Result<(), ExchangeError> {
        let exports = self.account(exporter);
        if !exports.is_some_and(|exports| exports.may_have_stream(importer, subject)) {
            return Err(ExchangeError::StreamNotAuthorized);
        }
        let to = match local {
            Local::Prefix(prefix) if has_wildcard(prefix) => return Err(ExchangeError::BadPrefix),
            Local::Prefix(prefix) => format!("{}.{subject}", prefix.strip_suffix('.').unwrap_or(prefix)),
            Local::Subject(to) if to.is_empty() => subject.to_owned(),
            Local::Subject(to) => to.clone(),
        };
        for arriving in [to.as_str(), subject] {
            let mut visited = BTreeSet::from([importer]);
            self.check_streams(exporter, arriving, &mut visited)?;
        }
        let mut import = StreamImport {
            account: exporter.to_owned(),
            subject: subject.to_owned(),
            local: to.clone(),
            transform: None,
            allow_trace,
        };
        if has_wildcard(subject) && to != subject {
            let transform = Transform::new_strict(subject, &tokenized(&to));
            import.transform = Some(transform.map_err(|error| ExchangeError::Transform {
                what: "stream",
                from: subject.to_owned(),
                to: to.clone(),
                error,
            })?);
            import.local = untokenized(&to);
        }
        let Some(account) = self.account_mut(importer) else {
            return Ok(());
        };
        let streams = &mut account.imports.streams;
        if streams
            .iter()
            .any(|known| known.account == exporter && known.subject == subject)
        {
            return Err(ExchangeError::StreamDuplicate);
        }
        streams.push(import);
        Ok(())
    }

    /// Lets `importer` ask a service of another account under the subject `local`.
    ///
    /// # Errors
    /// It is not exported to it, cannot be called so, is there already, or comes back to where it began.
    pub fn import_service(
        &mut self,
        importer: &str,
        exporter: &str,
        subject: &str,
        local: &str,
        share: bool,
    ) -> Result<(), ExchangeError> {
        if !is_valid_pattern(subject.as_bytes()) || !is_valid_pattern(local.as_bytes()) {
            return Err(ExchangeError::BadSubject);
        }
        let exports = self.account(exporter);
        if !exports.is_some_and(|exports| exports.may_have_service(importer, subject)) {
            return Err(ExchangeError::ServiceNotAuthorized);
        }
        let arriving = match has_wildcard(subject) {
            true => untokenized(local),
            false => local.to_owned(),
        };
        let mut visited = BTreeSet::from([importer]);
        self.check_services(exporter, &arriving, &mut visited)?;
        let mut import = ServiceImport {
            account: exporter.to_owned(),
            subject: subject.to_owned(),
            local: local.to_owned(),
            transform: None,
            share,
        };
        let Some(account) = self.account_mut(importer) else {
            return Ok(());
        };
        let services = &mut account.imports.services;
        if let Some(known) = services
            .iter()
            .find(|known| known.account == exporter && known.local == local)
        {
            return Err(ExchangeError::ServiceDuplicate {
                from: local.to_owned(),
                account: known.account.clone(),
                to: known.subject.clone(),
            });
        }
        if has_wildcard(subject) && subject != local {
            import.subject = untokenized(subject);
            // Written the other way round, since only a destination has dollar signs.
            let back = Transform::new_strict(&import.subject, &tokenized(local));
            let there = back.and_then(|back| back.reverse());
            import.transform = Some(there.map_err(|error| ExchangeError::Transform {
                what: "service",
                from: local.to_owned(),
                to: import.subject.clone(),
                error,
            })?);
            import.local = untokenized(local);
        }
        services.push(import);
        Ok(())
    }

    fn check_streams<'v>(
        &'v self,
        name: &'v str,
        to: &str,
        visited: &mut BTreeSet<&'v str>,
    ) -> Result<(), ExchangeError> {
        if visited.len() >= CYCLE_DEPTH_MAX {
            return Err(ExchangeError::CycleDepth);
        }
        let Some(account) = self.account(name) else {
            return Ok(());
        };
        let exports = &account.exports.streams;
        if !exports.iter().any(|export| covers(&export.subject, to)) {
            return Ok(());
        }
        for import in &account.imports.streams {
            if collide(to.as_bytes(), import.local.as_bytes()) {
                if visited.contains(import.account.as_str()) {
                    return Err(ExchangeError::Cycle);
                }
                visited.insert(name);
                let narrower = if covers(to, &import.local) {
                    &import.local
                } else {
                    to
                };
                self.check_streams(&import.account, narrower, visited)?;
            }
        }
        Ok(())
    }

    fn check_services<'v>(
        &'v self,
        name: &'v str,
        from: &str,
        visited: &mut BTreeSet<&'v str>,
    ) -> Result<(), ExchangeError> {
        if visited.len() >= CYCLE_DEPTH_MAX {
            return Err(ExchangeError::CycleDepth);
        }
        let imports = self.account(name).map(|account| &account.imports.services);
        for import in imports.into_iter().flatten() {
            if collide(from.as_bytes(), import.subject.as_bytes()) {
                if visited.contains(import.account.as_str()) {
                    return Err(ExchangeError::Cycle);
                }
                visited.insert(name);
                let narrower = if covers(from, &import.local) {
                    &import.local
                } else {
                    from
                };
                self.check_services(&import.account, narrower, visited)?;
            }
        }
        Ok(())
    }
}
