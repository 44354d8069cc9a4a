//! Where one subject leads: the receivers with the beginnings of their lines ready written.

use std::ops::Range;
use std::sync::Arc;

use super::account::Account;
use super::desk::Desk;
use super::exchange::{Abroad, Receiver, Shadow};
use super::subscription::{Endpoint, Subscription};
use crate::broker::jetstream::Sink;
use crate::broker::subjects::{Shard, Visit};
use crate::proto::writer;

/// One receiver.
#[derive(Debug)]
pub struct Target {
    /// The subscription.
    pub subscription: Arc<Subscription>,
    /// How the message gets to its account, when that is another one.
    pub mapped: Option<Box<Mapped>>,
    /// Where its prefix is in the route's text.
    prefix: Range<u32>,
}

impl Target {
    /// What a message's subject is called there, where that is something else.
    #[inline]
    pub fn subject(&self) -> Option<&[u8]> {
        self.mapped.as_ref().map(|mapped| &*mapped.subject)
    }

    fn connection(&self) -> u64 {
        self.subscription.connection.id
    }
}

/// A message that another account imports.
#[derive(Debug)]
pub struct Mapped {
    /// What its subject is called there.
    pub subject: Box<[u8]>,
    /// What it was imported by.
    pub shadow: Arc<Shadow>,
}

/// A queue group: one of its members gets each message.
#[derive(Debug)]
pub struct Group {
    name: Box<[u8]>,
    /// Its members, whatever pattern they used.
    pub members: Vec<Target>,
}

/// Everything that a subject reaches.
#[derive(Debug, Default)]
pub struct Route {
    subject: Vec<u8>,
    /// `HMSG subject sid ` for each receiver; without its first byte it is the prefix of a MSG.
    text: Vec<u8>,
    /// Each gets the message.
    pub plain: Vec<Target>,
    /// One of each group gets the message.
    pub groups: Vec<Group>,
    /// JetStream gets the message once for each.
    pub sinks: Vec<Sink>,
    /// The server itself is asked.
    pub server: bool,
    /// What it reaches in other accounts, where it reaches anything there.
    pub abroad: Option<Box<Abroad>>,
    /// No two of its receivers, who are in no group, are of one connection, as far as that was looked at.
    distinct: bool,
}

impl Route {
    /// So many receivers are compared with each other for every route, more only for one that is worth remembering.
    const COMPARED_MAX: usize = 8;

    /// Finds out anew where `subject` leads.
    pub fn rebuild(&mut self, subject: &[u8], account: &Account) {
        self.clear();
        self.subject.extend_from_slice(subject);
        account.subjects.visit(subject, self);
        self.distinct = self.plain.len() <= Route::COMPARED_MAX && self.compare();
    }

    /// Takes a closer look, for a route that will be used again.
    pub fn look_closer(&mut self) {
        self.distinct = self.distinct || self.compare();
    }

    fn compare(&self) -> bool {
        if self.plain.len() < 2 || !self.groups.is_empty() {
            return self.groups.is_empty();
        }
        let mut connections: Vec<u64> = self.plain.iter().map(Target::connection).collect();
        connections.sort_unstable();
        connections.windows(2).all(|two| two[0] != two[1])
    }

    /// Does it lead to clients alone? Then messages to it may be taken together.
    #[inline]
    pub fn takes_runs(&self) -> bool {
        self.sinks.is_empty() && !self.server && self.abroad.is_none()
    }

    /// Can no receiver tell whether it gets a message before or after another one does?
    #[inline]
    pub fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// Forgets everything but keeps its memory.
    pub fn clear(&mut self) {
        self.subject.clear();
        self.text.clear();
        self.plain.clear();
        self.groups.clear();
        self.sinks.clear();
        self.server = false;
        self.abroad = None;
        self.distinct = false;
    }

    /// What it costs to remember this route, in receivers.
    #[inline]
    pub fn weight(&self) -> usize {
        1 + self.plain.len() + self.groups.iter().map(|group| group.members.len()).sum::<usize>()
    }

    /// How many a message goes to: each receiver by itself, and each group.
    pub fn fanout(&self) -> usize {
        let abroad = self.abroad.as_deref().map_or(0, Abroad::fanout);
        self.plain.len() + self.groups.len() + self.sinks.len() + usize::from(self.server) + abroad
    }

    /// The beginning of the receiver's line up to the blank behind the sid.
    #[inline]
    pub fn prefix(&self, target: &Target, with_headers: bool) -> &[u8] {
        let start = target.prefix.start as usize + usize::from(!with_headers);
        &self.text[start..target.prefix.end as usize]
    }

    fn target(&mut self, subscription: &Arc<Subscription>) -> Target {
        let start = self.text.len() as u32;
        writer::write_prefix(&mut self.text, true, &self.subject, &subscription.sid);
        Target {
            subscription: subscription.clone(),
            mapped: None,
            prefix: start..self.text.len() as u32,
        }
    }

    /// A subscription of another account, under the subject that the message has there.
    fn mapped_target(&mut self, shadow: &Arc<Shadow>, subscription: &Arc<Subscription>) -> Target {
        let subject = shadow.import.local(&self.subject);
        let start = self.text.len() as u32;
        writer::write_prefix(&mut self.text, true, &subject, &subscription.sid);
        Target {
            subscription: subscription.clone(),
            mapped: Some(Box::new(Mapped {
                subject,
                shadow: shadow.clone(),
            })),
            prefix: start..self.text.len() as u32,
        }
    }

    fn abroad(&mut self) -> &mut Abroad {
        self.abroad.get_or_insert_default()
    }

    fn shadow(&mut self, shadow: &Arc<Shadow>) {
        match &shadow.receiver {
            Receiver::Client(subscription) => {
                let target = self.mapped_target(shadow, subscription);
                self.plain.push(target);
            }
            Receiver::Sink(account, sink) => {
                let subject = shadow.import.local(&self.subject);
                self.abroad().sinks.push((account.clone(), sink.clone(), subject));
            }
        }
    }
}

impl Visit<Endpoint> for Route {
    fn plain(&mut self, members: &[(u64, Endpoint)]) {
        for (_, endpoint) in members {
            match endpoint {
                Endpoint::Client(subscription) => {
                    let target = self.target(subscription);
                    self.plain.push(target);
                }
                Endpoint::Sink(sink) => self.sinks.push(sink.clone()),
                Endpoint::Server => self.server = true,
                Endpoint::Shadow(shadow) => self.shadow(shadow),
                Endpoint::Service(import) => self.abroad().services.push(import.clone()),
                Endpoint::Answers => self.abroad().answers = true,
            }
        }
    }

    fn group(&mut self, name: &[u8], members: &[(u64, Endpoint)]) {
        let at = self
            .groups
            .iter()
            .position(|group| *group.name == *name)
            .unwrap_or_else(|| {
                self.groups.push(Group {
                    name: name.into(),
                    members: Vec::new(),
                });
                self.groups.len() - 1
            });
        for (_, endpoint) in members {
            let target = match endpoint {
                Endpoint::Client(subscription) => self.target(subscription),
                Endpoint::Shadow(shadow) => match &shadow.receiver {
                    Receiver::Client(subscription) => self.mapped_target(shadow, subscription),
                    Receiver::Sink(..) => continue,
                },
                _ => continue,
            };
            self.groups[at].members.push(target);
        }
    }
}

/// The route of the subject a connection published to last, which is mostly the next one too.
#[derive(Debug, Default)]
pub struct LastRoute {
    /// Whose route it is; none yet in the beginning.
    subject: Option<Vec<u8>>,
    shard: Shard,
    generation: u64,
    /// The route, when the worker's cache has it too.
    shared: Option<Arc<Route>>,
    /// The route otherwise, built for this once.
    own: Route,
}

impl LastRoute {
    /// Routes heavier than this are not kept with a connection, unless they are shared.
    const OWN_WEIGHT_MAX: usize = 16;

    /// Where `subject` leads now.
    #[inline]
    pub fn find(&mut self, subject: &[u8], account: &Account, desk: &mut Desk) -> &Route {
        let holds = self.subject.as_deref() == Some(subject)
            && account.subjects.generation(self.shard) == self.generation;
        if !holds {
            self.look_up(subject, account, desk);
        }
        self.shared.as_deref().unwrap_or(&self.own)
    }

    fn look_up(&mut self, subject: &[u8], account: &Account, desk: &mut Desk) {
        let text = self.subject.get_or_insert_default();
        text.clear();
        text.extend_from_slice(subject);
        self.shard = Shard::of(subject);
        // Before the search, so that a change during it makes the result stale.
        self.generation = account.subjects.generation(self.shard);
        self.shared = desk.find_route(subject, account, self.generation, &mut self.own);
    }

    /// Lets go of a route that is too much for one connection to keep.
    #[inline]
    pub fn trim(&mut self) {
        if self.own.weight() > Self::OWN_WEIGHT_MAX {
            *self = LastRoute::default();
        }
    }
}
