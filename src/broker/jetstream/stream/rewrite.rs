//! What a stream does to subjects: it takes messages in under another one (ADR-36), and sends what it has stored
//! on under a third (ADR-28).
//!
//! What is sent on waits for the store to be flushed, as acknowledgements do: nobody hears of a message
//! that could still be lost.

use super::Stream;
use super::check::{Bounds, refuse_if};
use crate::broker::jetstream::consumer::Random;
use crate::broker::jetstream::{Delivery, Incoming, Outlet};
use crate::broker::subjects::mapping::{Transform, TransformError, check_destination};
use crate::proto::api::ApiError;
use crate::proto::api::error::{
    PEDANTIC, STREAM_INVALID_CONFIG, STREAM_TRANSFORM_INVALID_DESTINATION, STREAM_TRANSFORM_INVALID_SOURCE,
};
use crate::proto::api::stream::StreamConfig;
use crate::proto::headers::Builder;
use crate::proto::subject;
use crate::util::time::Timestamp;

/// Every subject.
const ALL: &str = ">";

/// A stored message on its way out.
#[derive(Debug)]
struct Waiting {
    subject: Vec<u8>,
    headers: Vec<u8>,
    payload: Vec<u8>,
}

/// The transforms of one stream.
#[derive(Debug)]
pub struct Rewrite {
    incoming: Option<Transform>,
    republish: Option<Transform>,
    headers_only: bool,
    waiting: Vec<Waiting>,
    random: Random,
}

/// A transform, or none when there is nothing to make of subjects.
fn compile(source: &str, destination: &str) -> Result<Option<Transform>, TransformError> {
    if destination.is_empty() {
        return Ok(None);
    }
    Transform::new(source, destination).map(Some)
}

impl Rewrite {
    /// The transforms of a configuration.
    pub fn new(now: Timestamp, config: &StreamConfig) -> Result<Rewrite, TransformError> {
        let mut rewrite = Rewrite {
            incoming: None,
            republish: None,
            headers_only: false,
            waiting: Vec::new(),
            random: Random::seeded(&config.name, now.nanos()),
        };
        rewrite.configure(config)?;
        Ok(rewrite)
    }

    /// Takes on the transforms of another configuration. What waits, waits on.
    pub fn configure(&mut self, config: &StreamConfig) -> Result<(), TransformError> {
        let incoming = config.subject_transform.as_ref();
        let republish = config.republish.as_ref();
        self.incoming = incoming.map_or(Ok(None), |t| compile(&t.src, &t.dest))?;
        self.republish = republish.map_or(Ok(None), |r| compile(&r.src, &r.dest))?;
        self.headers_only = republish.is_some_and(|r| r.headers_only);
        Ok(())
    }

    /// The subject that a message is stored under, when it is another than that it came with.
    pub fn incoming(&mut self, subject: &[u8]) -> Option<Vec<u8>> {
        let random = &mut self.random;
        self.incoming
            .as_ref()?
            .transform(subject, &mut || random.next() as u32)
    }

    /// Does what is stored go on?
    pub fn republishes(&self) -> bool {
        self.republish.is_some()
    }

    /// How many messages wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Puts a stored message in the queue, if its subject is one that goes on. `origin` says where it comes from.
    fn push(&mut self, message: &Incoming<'_>, origin: impl FnOnce(Builder) -> Builder) {
        let random = &mut self.random;
        let Some(transform) = &self.republish else { return };
        let renamed = transform.transform(message.subject, &mut || random.next() as u32);
        let Some(renamed) = renamed.filter(|subject| subject::is_valid_literal(subject)) else {
            return;
        };
        let mut headers = origin(Builder::copy(message.headers, &[]));
        let mut payload = Vec::new();
        if self.headers_only {
            headers = headers.add("Nats-Msg-Size", message.payload.len().to_string());
        } else {
            payload.extend_from_slice(message.payload);
        }
        self.waiting.push(Waiting {
            subject: renamed,
            headers: headers.build(),
            payload,
        });
    }

    /// Sends all that waits.
    pub fn send(&mut self, outlet: &mut dyn Outlet) {
        for message in self.waiting.drain(..) {
            outlet.deliver(Delivery::open(
                &message.subject,
                &message.headers,
                &message.payload,
            ));
        }
    }

    /// Forgets all that waits.
    pub fn drop_all(&mut self) {
        self.waiting.clear();
    }
}

impl Stream {
    /// Sends a message on that was just stored; `before` is the sequence of the last one of its subject.
    pub(super) fn republish(&mut self, now: Timestamp, seq: u64, before: u64, message: &Incoming<'_>) {
        let name = &self.config.name;
        self.rewrite.push(message, |headers| {
            headers
                .add("Nats-Stream", name)
                .add("Nats-Subject", message.subject)
                .add("Nats-Sequence", seq.to_string())
                .add("Nats-Time-Stamp", now.to_string())
                .add("Nats-Last-Sequence", before.to_string())
        });
    }
}

/// Are these transforms that a stream may have? Fills in what they leave out.
pub(super) fn check(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    if let Some(transform) = &config.subject_transform {
        let source = &transform.src;
        if !source.is_empty() && !subject::is_valid_pattern(source.as_bytes()) {
            let reason = format_args!("invalid subject {source}");
            return Err(STREAM_TRANSFORM_INVALID_SOURCE.because(reason));
        }
        let invalid = |e| STREAM_TRANSFORM_INVALID_DESTINATION.because(e);
        if !transform.dest.is_empty() {
            check_destination(&transform.dest).map_err(invalid)?;
        }
        compile(source, &transform.dest).map_err(invalid)?;
    }
    check_republish(config, bounds)
}

fn check_republish(config: &mut StreamConfig, bounds: Bounds<'_>) -> Result<(), ApiError> {
    let Some(republish) = &mut config.republish else {
        return Ok(());
    };
    let pedantic = |reason: &str| {
        if bounds.pedantic {
            Err(PEDANTIC.because(reason))
        } else {
            Ok(())
        }
    };
    if republish.src.is_empty() {
        pedantic("republish source can not be empty")?;
        ALL.clone_into(&mut republish.src);
    }
    // From all to all is a circle, unless the stream renames all that it takes in.
    if let Some(transform) = &config.subject_transform
        && (republish.src.as_str(), republish.dest.as_str()) == (ALL, ALL)
        && config.subjects == [transform.src.as_str()]
    {
        pedantic("implicit republish based on subject transform")?;
        republish.src.clone_from(&transform.dest);
        republish.dest.clone_from(&transform.dest);
    }
    let dest = republish.dest.as_bytes();
    refuse_if(
        config
            .subjects
            .iter()
            .any(|own| subject::collide(dest, own.as_bytes())),
        "stream configuration for republish destination forms a cycle",
    )?;
    if compile(&republish.src, &republish.dest).is_err() {
        let (src, dest) = (&republish.src, &republish.dest);
        return Err(STREAM_INVALID_CONFIG.because(format_args!(
            "stream configuration for republish with transform from '{src}' to '{dest}' not valid"
        )));
    }
    Ok(())
}
