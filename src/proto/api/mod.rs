//! The JSON of the JetStream API: requests, answers, configurations, errors.
//!
//! Types only, with Go's rules of reading ([`decode`]) and of leaving things out when writing; what
//! a value means and which ones are refused is `broker::jetstream`'s business. Times are
//! RFC 3339, durations whole nanoseconds ([`Nanos`]). Start with [`Response`] and [`stream`].

pub mod account;
pub mod consumer;
pub mod consumer_info;
mod decode;
mod encode;
pub mod error;
mod mismatch;
mod nanos;
pub mod snapshot;
pub mod stream;
pub mod stream_request;

use serde::Serialize;

pub use decode::{DecodeError, Unknown, decode, decode_value};
pub use encode::to_json;
pub use error::{ApiError, ErrorKind};
pub use nanos::Nanos;

/// What stands before every answer's name in its `type`.
pub const TYPE_PREFIX: &str = "io.nats.jetstream.api.v1.";

/// The part of an answer that depends on the request.
pub trait ResponseBody: Serialize {
    /// The answer's name, such as `stream_create_response`.
    const NAME: &'static str;

    /// What goes along with an error. Go's answers carry the zero value of their plain fields there,
    /// and nothing of those behind a pointer.
    fn beside_error() -> Option<Self>
    where
        Self: Sized,
    {
        None
    }
}

/// An answer: `type`, then `error` or the body's own fields.
#[derive(Debug, Serialize)]
pub struct Response<T> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ApiError>,
    #[serde(flatten)]
    body: Option<T>,
}

impl<T: ResponseBody> Response<T> {
    /// An answer that says what went wrong, or else has the body.
    pub fn new(result: Result<T, ApiError>) -> Response<T> {
        let kind = format!("{TYPE_PREFIX}{}", T::NAME);
        match result {
            Ok(body) => Response {
                kind,
                error: None,
                body: Some(body),
            },
            Err(error) => Response {
                kind,
                error: Some(error),
                body: T::beside_error(),
            },
        }
    }

    /// The answer as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        to_json(self)
    }
}

/// The answer called `name` to a request that this server never does.
pub fn refusal(name: &str, error: ApiError) -> Vec<u8> {
    let response: Response<()> = Response {
        kind: format!("{TYPE_PREFIX}{name}"),
        error: Some(error),
        body: None,
    };
    to_json(&response)
}

/// `total`, `offset` and `limit` of an answer that comes in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Paged {
    /// How many there are in all.
    pub total: usize,
    /// The first one in this page.
    pub offset: usize,
    /// The most that one page holds.
    pub limit: usize,
}

/// For `skip_serializing_if`: Go's `omitempty`.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
