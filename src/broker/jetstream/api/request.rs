//! What every API handler works with.

use std::sync::atomic::Ordering::Relaxed;

use serde::de::DeserializeOwned;

use crate::broker::jetstream::advisory::{Audit, tell_audit};
use crate::broker::jetstream::{Delivery, Incoming, JetStream, Outlet, wants_higher_level};
use crate::proto::api::error::{BAD_REQUEST, INVALID_JSON, NOT_EMPTY_REQUEST, REQUIRED_API_LEVEL};
use crate::proto::api::{ApiError, Response, ResponseBody, Unknown, decode, refusal};
use crate::util::time::Timestamp;

/// A request, and where its answer goes.
pub struct Request<'a, 'm> {
    pub js: &'a JetStream,
    pub now: Timestamp,
    pub outlet: &'a mut dyn Outlet,
    /// A stream whose consumers may have something to deliver once the request is answered.
    pub goes_on: Option<String>,
    /// A stream that has to be safe before a success is answered.
    pub waits_for: Option<String>,
    message: &'a Incoming<'m>,
}

impl<'a, 'm> Request<'a, 'm> {
    /// A request that came as this message.
    pub fn new(
        js: &'a JetStream,
        now: Timestamp,
        message: &'a Incoming<'m>,
        outlet: &'a mut dyn Outlet,
    ) -> Request<'a, 'm> {
        Request {
            js,
            now,
            outlet,
            goes_on: None,
            waits_for: None,
            message,
        }
    }

    /// Runs a handler, sends its answer, and tells who listens of both.
    pub fn answer<T: ResponseBody>(
        &mut self,
        handler: impl FnOnce(&mut Request<'_, '_>) -> Result<T, ApiError>,
    ) {
        let answer = self.run(handler);
        self.audit(&answer);
    }

    /// As [`Request::answer`], for what nobody is told of.
    pub fn answer_unaudited<T: ResponseBody>(
        &mut self,
        handler: impl FnOnce(&mut Request<'_, '_>) -> Result<T, ApiError>,
    ) {
        self.run(handler);
    }

    fn run<T: ResponseBody>(
        &mut self,
        handler: impl FnOnce(&mut Request<'_, '_>) -> Result<T, ApiError>,
    ) -> Vec<u8> {
        let result = if wants_higher_level(self.message.headers) {
            Err(REQUIRED_API_LEVEL.err())
        } else {
            handler(self)
        };
        let failed = result.is_err();
        let answer = Response::new(result).to_json();
        self.send(&answer, failed);
        if let Some(cell) = self.goes_on.take().and_then(|name| self.js.cell(&name)) {
            let (now, outlet) = (self.now, &mut *self.outlet);
            self.js.with_cell(&cell, |stream| stream.go_on(now, outlet));
        }
        answer
    }

    /// Answers with an error, whatever the request says.
    pub fn refuse(&mut self, name: &str, error: ApiError) {
        let answer = refusal(name, error);
        self.send(&answer, true);
        self.audit(&answer);
    }

    fn audit(&mut self, answer: &[u8]) {
        let audit = Audit {
            server: &self.js.config.server_name,
            domain: self.js.config.domain.as_deref(),
            subject: self.message.subject,
            request: self.message.payload,
            response: answer,
        };
        tell_audit(self.now, audit, self.outlet);
    }

    fn send(&mut self, payload: &[u8], failed: bool) {
        self.js.requests.fetch_add(1, Relaxed);
        self.js.failures.fetch_add(u64::from(failed), Relaxed);
        let reply = self.message.reply;
        let waits_for = self.waits_for.take().filter(|_| !failed && !reply.is_empty());
        let cell = waits_for.and_then(|name| self.js.cell(&name));
        let waits = cell.and_then(|cell| {
            self.js
                .with_cell(&cell, |stream| stream.answer_when_safe(reply, payload))
        });
        if !reply.is_empty() && waits != Some(true) {
            self.outlet.deliver(Delivery::open(reply, b"", payload));
        }
    }

    /// The request's JSON as a value. Nothing at all is all defaults.
    pub fn json<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.message.payload.trim_ascii().is_empty() {
            return Ok(T::default());
        }
        decode(self.message.payload, Unknown::Refuse).map_err(|e| INVALID_JSON.because(e))
    }

    /// As [`Request::json`], for requests that need not be JSON: whatever does not look like an object
    /// counts as nothing.
    pub fn optional_json<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        match self.message.payload.trim_ascii_start().first() {
            Some(b'{' | b'[') => self.json(),
            _ => Ok(T::default()),
        }
    }

    /// As [`Request::json`], for the requests that Go reads as it reads messages: unknown keys do not matter.
    pub fn lenient_json<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        decode(self.message.payload, Unknown::Ignore).map_err(|e| INVALID_JSON.because(e))
    }

    /// As [`Request::json`], for requests that must say something.
    pub fn required_json<T: DeserializeOwned + Default>(&self) -> Result<T, ApiError> {
        if self.is_empty() {
            Err(BAD_REQUEST.err())
        } else {
            self.json()
        }
    }

    /// For requests that must say nothing.
    pub fn expect_empty(&self) -> Result<(), ApiError> {
        if self.is_empty() {
            Ok(())
        } else {
            Err(NOT_EMPTY_REQUEST.err())
        }
    }

    /// Does it say nothing, not even JSON?
    pub fn is_silent(&self) -> bool {
        self.message.payload.is_empty()
    }

    /// Nothing, or an empty object.
    pub fn is_empty(&self) -> bool {
        let payload = self.message.payload;
        payload.is_empty()
            || serde_json::from_slice(payload)
                .is_ok_and(|value: serde_json::Map<String, serde_json::Value>| value.is_empty())
    }
}
