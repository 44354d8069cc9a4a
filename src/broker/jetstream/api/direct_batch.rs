//! Direct gets of several messages: a batch in order, or the last message of each of many subjects (ADR-31).
//!
//! Each message says how many are still to come and which one was before it; a status `204 EOB` ends the
//! answer, and says the same of what the request left behind.

use super::direct::{Status, not_found, origin, send, status};
use crate::broker::jetstream::Outlet;
use crate::broker::jetstream::stream::Stream;
use crate::broker::store::Stored;
use crate::proto::api::stream_request::MsgGetRequest;
use crate::proto::headers::Builder;
use crate::proto::subject::Filter;

/// The most subjects whose last messages one request gets.
const SUBJECTS_MAX: usize = 1024;
/// The most bytes of one answer when the request names no bound: what a client may be behind by default.
const BYTES_MAX: i64 = 64 * 1024 * 1024;

/// An answer as it goes out.
struct Answer<'a> {
    stream: String,
    reply: &'a [u8],
    no_hdr: bool,
    /// Messages still to come.
    pending: u64,
    /// Sequence of the last one sent.
    last: u64,
    room: i64,
}

impl<'a> Answer<'a> {
    fn new(stream: &Stream, request: &MsgGetRequest, reply: &'a [u8], pending: u64) -> Answer<'a> {
        Answer {
            stream: stream.config().name.clone(),
            reply,
            no_hdr: request.no_hdr && request.multi_last.is_empty(),
            pending,
            last: 0,
            room: match request.max_bytes {
                0 => BYTES_MAX,
                bytes => bytes,
            },
        }
    }

    /// Sends one message. False when nothing more fits.
    fn push(&mut self, found: &Stored<'_>, outlet: &mut dyn Outlet) -> bool {
        let mut headers = Vec::new();
        if !self.no_hdr {
            self.pending = self.pending.saturating_sub(1);
            headers = self.place(origin(&self.stream, found)).build();
        }
        self.last = found.seq;
        send(self.reply, &headers, found.payload, outlet);
        let size = found.subject.len() + found.headers.len() + found.payload.len();
        self.room = self.room.saturating_sub_unsigned(size as u64);
        self.room > 0
    }

    /// Where in the answer this is.
    fn place(&self, headers: Builder) -> Builder {
        headers
            .add("Nats-Num-Pending", self.pending.to_string())
            .add("Nats-Last-Sequence", self.last.to_string())
    }

    fn end(&self) -> Builder {
        self.place(Builder::status(204, "EOB"))
    }
}

/// Sends up to `batch` messages in order from where the request begins.
pub(super) fn send_batch(
    stream: &mut Stream,
    request: &MsgGetRequest,
    reply: &[u8],
    outlet: &mut dyn Outlet,
) -> Result<(), Status> {
    let mut from = stream.start_of(request);
    let filter = match request.next_by_subj.as_str() {
        "" => Filter::all(),
        pattern => Filter::any([pattern]),
    };
    let pending = stream.count_from(from, &filter);
    let mut answer = Answer::new(stream, request, reply, pending);
    for sent in 0..request.batch {
        let Some(found) = stream.next_from(from, &filter).ok().flatten() else {
            if sent == 0 {
                return Err(not_found());
            }
            break;
        };
        from = found.seq + 1;
        if !answer.push(&found, outlet) {
            break;
        }
    }
    send(reply, &answer.end().build(), b"", outlet);
    Ok(())
}

/// Sends the last message of each subject that one of the patterns matches, in the order of their sequences.
pub(super) fn send_last_of_each(
    stream: &mut Stream,
    request: &MsgGetRequest,
    reply: &[u8],
    outlet: &mut dyn Outlet,
) -> Result<(), Status> {
    let no_results = || status(404, "No Results");
    let up_to = stream.end_of(request).ok_or_else(no_results)?;
    let filter = Filter::any(&request.multi_last);
    let seqs = stream
        .last_of_each(&filter, up_to, SUBJECTS_MAX)
        .map_err(|e| status(500, &e.to_string()))?
        .ok_or_else(|| status(413, "Too Many Results"))?;
    if seqs.is_empty() {
        return Err(no_results());
    }
    let skipped = seqs.partition_point(|seq| *seq < request.seq);
    let wanted = &seqs[skipped..];
    let mut answer = Answer::new(stream, request, reply, wanted.len() as u64);
    for (sent, seq) in (1..).zip(wanted) {
        let found = stream.load(*seq).ok().flatten().ok_or_else(not_found)?;
        if !answer.push(&found, outlet) || sent == request.batch {
            break;
        }
    }
    let end = answer.end().add("Nats-UpTo-Sequence", up_to.to_string());
    send(reply, &end.build(), b"", outlet);
    Ok(())
}
