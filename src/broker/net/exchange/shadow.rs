//! Stream imports: what a subscription of the importer casts into the exporter's tree.

use std::sync::Arc;

use super::next_binding;
use crate::broker::conf;
use crate::broker::jetstream::Sink;
use crate::broker::net::account::Account;
use crate::broker::net::desk::Desk;
use crate::broker::net::subscription::{Endpoint, Subscription};
use crate::broker::subjects::mapping::Transform;
use crate::proto::subject::{is_literal, is_subset, tokens};

/// A stream of another account that comes to this one.
#[derive(Debug)]
pub struct StreamImport {
    /// Whose.
    pub exporter: Arc<Account>,
    /// What was agreed on.
    pub options: conf::StreamImport,
    /// From the subject here to the one there.
    back: Option<Transform>,
}

/// Somebody of the importing account, standing in the exporter's tree.
#[derive(Debug)]
pub struct Shadow {
    /// What it came by.
    pub import: Arc<StreamImport>,
    /// The subject or pattern that it stands under there.
    pub pattern: Box<[u8]>,
    /// Who it is.
    pub receiver: Receiver,
}

/// Who casts a shadow.
#[derive(Debug, Clone)]
pub enum Receiver {
    /// A client's subscription.
    Client(Arc<Subscription>),
    /// A stream of the importing account.
    Sink(Arc<Account>, Sink),
}

/// A shadow, for who cast it: where to take it away.
#[derive(Debug)]
pub struct Cast {
    /// The account it stands in.
    pub exporter: Arc<Account>,
    /// Under what.
    pub pattern: Box<[u8]>,
    id: u64,
}

impl StreamImport {
    /// An import. Nobody receives it yet.
    pub fn new(exporter: Arc<Account>, options: conf::StreamImport) -> StreamImport {
        let back = options.transform.as_ref().map(Transform::reverse);
        StreamImport {
            exporter,
            // It was checked that it goes both ways.
            back: back.and_then(Result::ok),
            options,
        }
    }

    /// What a message of the exporter is called here.
    pub fn local(&self, subject: &[u8]) -> Box<[u8]> {
        match &self.options.transform {
            Some(transform) => transform.apply(subject, &mut || 0).into(),
            None if self.keeps_subjects() => subject.into(),
            None => self.options.local.as_bytes().into(),
        }
    }

    fn keeps_subjects(&self) -> bool {
        self.options.local == self.options.subject && !is_literal(self.options.subject.as_bytes())
    }

    /// What a subscription to `pattern` here must subscribe to there; nothing when the two never meet.
    fn there(&self, pattern: &[u8]) -> Option<Vec<u8>> {
        let local = self.options.local.as_bytes();
        let whole = || Some(self.options.subject.as_bytes().to_vec());
        if pattern == local {
            return whole();
        }
        if is_subset(pattern, local) {
            return Some(self.turned_back(pattern));
        }
        if is_literal(pattern) {
            return None;
        }
        if is_subset(local, pattern) {
            return whole();
        }
        let narrowed = narrow(pattern, local);
        is_subset(&narrowed, local).then(|| self.turned_back(&narrowed))
    }

    fn turned_back(&self, pattern: &[u8]) -> Vec<u8> {
        match &self.back {
            Some(back) => back.apply(pattern, &mut || 0),
            None => pattern.to_vec(),
        }
    }
}

/// A pattern, made narrower where the other one is.
fn narrow(pattern: &[u8], other: &[u8]) -> Vec<u8> {
    let other: Vec<&[u8]> = tokens(other).collect();
    let mut narrowed: Vec<&[u8]> = tokens(pattern).collect();
    for (token, other) in narrowed.iter_mut().zip(&other) {
        if *token == b"*" && *other != b">" {
            *token = other;
        }
    }
    let last = narrowed.len() - 1;
    if narrowed[last] == b">" && other.len() > last {
        narrowed.truncate(last);
        narrowed.extend_from_slice(&other[last..]);
    }
    narrowed.join(&b'.')
}

impl Receiver {
    fn queue(&self) -> Option<&[u8]> {
        match self {
            Receiver::Client(subscription) => subscription.queue.as_deref(),
            Receiver::Sink(..) => None,
        }
    }
}

/// Casts the shadows of somebody who subscribes to `pattern` in an account.
pub fn cast(account: &Account, pattern: &[u8], receiver: &Receiver) -> Vec<Cast> {
    let mut casts = Vec::new();
    for import in account.exchange.streams().iter() {
        let Some(there) = import.there(pattern) else {
            continue;
        };
        let shadow = Shadow {
            import: import.clone(),
            pattern: there.as_slice().into(),
            receiver: receiver.clone(),
        };
        let id = next_binding();
        let endpoint = Endpoint::Shadow(Arc::new(shadow));
        let exporter = &import.exporter;
        if exporter
            .subjects
            .insert(&there, receiver.queue(), id, endpoint)
            .is_ok()
        {
            casts.push(Cast {
                exporter: exporter.clone(),
                pattern: there.into(),
                id,
            });
        }
    }
    casts
}

/// Takes shadows away.
pub fn withdraw(casts: &[Cast], queue: Option<&[u8]>) {
    for cast in casts {
        cast.exporter.subjects.remove(&cast.pattern, queue, cast.id);
    }
}

impl Subscription {
    /// Casts its shadows anew. Returns those that it had, which are taken away.
    fn recast(self: &Arc<Subscription>) -> Vec<Cast> {
        let mut casts = self.casts();
        // Whoever ends it marks it as closed before looking at its shadows.
        let new = match self.is_closed() {
            true => Vec::new(),
            false => cast(&self.account, &self.subject, &Receiver::Client(self.clone())),
        };
        let old = std::mem::replace(&mut *casts, new);
        withdraw(&old, self.queue.as_deref());
        old
    }
}

impl Desk {
    /// Lets a new subscription, or one whose account imports something else now, receive what other accounts
    /// export.
    pub fn cast_shadows(&mut self, subscription: &Arc<Subscription>) {
        let imports = subscription.account.exchange.streams();
        if imports.is_empty() && subscription.casts().is_empty() {
            return;
        }
        let place = |cast: &Cast| (cast.exporter.clone(), cast.pattern.clone());
        let old = subscription.recast();
        let new: Vec<_> = subscription.casts().iter().map(place).collect();
        for (exporter, pattern) in old.iter().map(place).chain(new) {
            self.interest_changed(&exporter, &pattern);
        }
    }

    /// Ends a subscription, and lets those know who may have waited for that. False when somebody else did already.
    pub fn end(&mut self, subscription: &Subscription) -> bool {
        if !subscription.remove() {
            return false;
        }
        self.interest_changed(&subscription.account, &subscription.subject);
        let casts = std::mem::take(&mut *subscription.casts());
        for cast in casts {
            self.interest_changed(&cast.exporter, &cast.pattern);
        }
        self.nobody_hears(&subscription.account, &subscription.subject);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::conf::StreamImport as Agreed;

    fn import(subject: &str, local: &str) -> StreamImport {
        use crate::broker::subjects::mapping::{tokenized, untokenized};
        let transform = (local != subject && subject.contains(['*', '>']))
            .then(|| Transform::new_strict(subject, &tokenized(local)).unwrap());
        let exporter = Arc::new(Account::new(1, "X"));
        StreamImport::new(
            exporter,
            Agreed {
                account: "X".to_owned(),
                subject: subject.to_owned(),
                local: untokenized(local),
                transform,
                allow_trace: false,
            },
        )
    }

    #[test]
    fn a_subscription_here_is_one_there() {
        for (subject, local, here, there) in [
            ("a", "a", "a", Some("a")),
            ("a", "b", "b", Some("a")),
            ("a", "b", ">", Some("a")),
            ("a", "b", "a", None),
            ("a.*", "a.*", "a.*", Some("a.*")),
            ("a.*", "a.*", "a.x", Some("a.x")),
            ("a.*", "a.*", "*.x", Some("a.x")),
            ("a.*", "a.*", "a.>", Some("a.*")),
            ("a.*", "b.$1", "b.x", Some("a.x")),
            ("a.*", "b.$1", "*.x", Some("a.x")),
            ("a.*", "b.$1", "b.*", Some("a.*")),
            ("a.*", "b.$1", "c.*", None),
            ("a.*.*", "b.$2.$1", "b.x.*", Some("a.*.x")),
            ("ev.>", "p.ev.>", "p.ev.x.>", Some("ev.x.>")),
            ("ev.>", "p.ev.>", "p.>", Some("ev.>")),
            ("ev.>", "p.ev.>", "*.ev.x", Some("ev.x")),
            ("ev.>", "p.ev.>", "p.*.x.*", Some("ev.x.*")),
            ("ev.>", "p.ev.>", "q.>", None),
        ] {
            let found = import(subject, local).there(here.as_bytes());
            let found = found.map(|found| String::from_utf8(found).unwrap());
            assert_eq!(found.as_deref(), there, "{subject} as {local}, {here}");
        }
    }

    #[test]
    fn a_message_there_has_a_name_here() {
        for (subject, local, message, here) in [
            ("a", "b", "a", "b"),
            ("a.*", "a.*", "a.x", "a.x"),
            ("a.*.*", "b.$2.$1", "a.x.y", "b.y.x"),
            ("ev.>", "p.ev.>", "ev.x.y", "p.ev.x.y"),
        ] {
            let found = import(subject, local).local(message.as_bytes());
            assert_eq!(&*found, here.as_bytes(), "{subject} as {local}");
        }
    }
}
