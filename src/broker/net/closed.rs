//! Taking a picture of a connection.

use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use super::connection::{About, Connection};
use super::subscription::Subscription;
use crate::broker::monitor::{ConnectionSnapshot, SubscriptionSnapshot, TlsSnapshot};
use crate::util::time::Timestamp;

impl Connection {
    /// The connection as it is now, without its subscriptions' list.
    pub fn snapshot(&self) -> ConnectionSnapshot {
        let about: About = self.about.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let counters = &self.counters;
        let rtt = counters.rtt.load(Relaxed);
        ConnectionSnapshot {
            id: self.id,
            peer: self.client_address(),
            name: about.name,
            lang: about.lang,
            version: about.version,
            account: about.account,
            user: about.user,
            started: self.started,
            last_activity: Timestamp::from_nanos(counters.last_activity.load(Relaxed)),
            ended: None,
            rtt: (rtt > 0).then_some(Duration::from_nanos(rtt)),
            subscriptions: self.subscriptions().len(),
            subscription_list: Vec::new(),
            pending: self.pending(),
            stats: counters.stats(),
            tls: self.secured().map(|secured| TlsSnapshot {
                version: secured.version,
                suite: secured.suite.clone(),
                first: secured.first,
                certificates: secured.certificates.clone(),
            }),
        }
    }

    /// The connection with its subscriptions, the oldest first.
    pub fn full_snapshot(&self) -> ConnectionSnapshot {
        let mut subscriptions: Vec<_> = self.subscriptions().values().cloned().collect();
        subscriptions.sort_by_key(|subscription| subscription.id);
        ConnectionSnapshot {
            subscription_list: subscriptions.iter().map(|s| s.snapshot()).collect(),
            ..self.snapshot()
        }
    }

    /// Is it in the account of this name?
    pub fn is_in(&self, account: &str) -> bool {
        self.about.lock().unwrap_or_else(PoisonError::into_inner).account == account
    }
}

impl Subscription {
    /// The subscription as it is now.
    fn snapshot(&self) -> SubscriptionSnapshot {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        SubscriptionSnapshot {
            subject: text(&self.subject),
            queue: self.queue.as_deref().map(text),
            sid: text(&self.sid),
            delivered: self.delivered(),
            max: self.max(),
        }
    }
}
