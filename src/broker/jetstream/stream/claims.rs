//! What other streams have still to copy from this one: interest, as a consumer's is.
//!
//! nats-server's hidden consumers keep a message in an interest stream until it is copied. Here the copies say
//! what they want and how far they are ([`Stream::set_claims`]), and let go of what they hold safely
//! ([`Stream::let_go_of_copied`]). A workqueue keeps everything anyway, and lets go of a message with
//! whoever is done with it first.

use super::Stream;
use super::copies::{Batch, Wanted};
use crate::broker::jetstream::Outlet;
use crate::proto::api::stream::Retention;
use crate::proto::subject::Filter;
use crate::util::time::Timestamp;

/// The claims of all streams that copy from this one.
#[derive(Debug, Default)]
pub struct Claims(Vec<Claim>);

#[derive(Debug)]
struct Claim {
    follower: String,
    /// Which of the follower's origins this is.
    at: usize,
    filter: Filter,
    /// What is up to here is copied, or was never wanted.
    after: u64,
}

impl Claims {
    /// Must this message stay?
    pub fn need(&self, seq: u64, subject: &[u8]) -> bool {
        let mut claims = self.0.iter();
        claims.any(|claim| seq > claim.after && claim.filter.matches(subject))
    }

    /// Has somebody claimed this message, and copied it by now?
    pub fn have_had(&self, seq: u64, subject: &[u8]) -> bool {
        let mut claims = self.0.iter();
        claims.any(|claim| seq <= claim.after && claim.filter.matches(subject))
    }

    /// The first sequence that no claim has come to.
    pub fn reached(&self) -> Option<u64> {
        self.0.iter().map(|claim| claim.after + 1).max()
    }
}

impl Stream {
    /// Takes on what a stream copies from this one from now on, nothing for nothing. What it wanted before
    /// and nobody wants any more goes, if the retention says so.
    pub fn set_claims(
        &mut self,
        now: Timestamp,
        follower: &str,
        wanted: &[(usize, &Wanted)],
        outlet: &mut dyn Outlet,
    ) {
        let (left, kept) = std::mem::take(&mut self.claims.0)
            .into_iter()
            .partition(|claim| claim.follower == follower);
        self.claims.0 = kept;
        let created = self.created;
        self.claims.0.extend(wanted.iter().map(|(at, wanted)| Claim {
            follower: follower.to_owned(),
            at: *at,
            filter: wanted.filter().clone(),
            after: wanted.reached_in(created),
        }));
        if self.config.retention == Retention::Interest {
            for claim in left {
                self.let_go_of_unneeded(now, &claim.filter, outlet);
            }
        }
    }

    /// Lets go of what a copy holds safely: of those messages of the batch whose sequence is below `end`, and of
    /// no others.
    pub fn let_go_of_copied(
        &mut self,
        now: Timestamp,
        (follower, at): (&str, usize),
        batch: &Batch,
        end: u64,
        outlet: &mut dyn Outlet,
    ) {
        if !batch.is_of(self.created) {
            return;
        }
        let mut claims = self.claims.0.iter_mut();
        if let Some(claim) = claims.find(|claim| claim.at == at && claim.follower == follower) {
            claim.after = claim.after.max(batch.looked().min(end - 1));
        }
        if self.config.retention == Retention::Limits {
            return;
        }
        for message in batch.messages.iter().filter(|message| message.seq < end) {
            if let Err(e) = self.let_go(now, message.seq, outlet) {
                return self.freeze(&e);
            }
        }
    }
}
