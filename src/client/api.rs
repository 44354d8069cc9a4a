//! JetStream's API as JSON, exactly as the server sent it, for whoever shows it unchanged.

use std::time::Duration;

use async_nats::{Client, RequestErrorKind};
use bytes::Bytes;
use serde_json::Value;

/// Most entries asked for in one listing, as a bound on hostile answers: 1,000 pages.
const PAGES_MAX: usize = 1_000;

/// Why the API gave no result.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The server refused; the text is natscli's.
    #[error("{description} ({code})")]
    Refused {
        /// JetStream's own code, such as 10059.
        code: u64,
        /// Code in HTTP's manner, such as 404.
        status: u64,
        /// What the server says.
        description: String,
    },
    /// Nobody serves the API: JetStream is off, or the account has none.
    #[error("nats: no responders available for request")]
    NoResponders,
    /// No answer in time.
    #[error("nats: timeout")]
    TimedOut,
    /// The answer is not JSON.
    #[error("invalid answer from the JetStream API: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The listing never ended.
    #[error("the listing has no end")]
    Endless,
    /// The request could not be sent.
    #[error("nats: {0}")]
    Request(async_nats::RequestError),
}

impl ApiError {
    /// JetStream's code, when the server refused.
    pub fn code(&self) -> Option<u64> {
        match self {
            ApiError::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// The JetStream API of one account, domain or prefix.
#[derive(Debug, Clone)]
pub struct Api {
    client: Client,
    prefix: String,
    timeout: Duration,
    trace: Option<Trace>,
}

/// Told of every request and answer: the direction (`>>>` or `<<<`) with the subject, and the body.
pub type Trace = fn(&str, &[u8]);

impl Api {
    /// The API under `$JS.API`.
    pub fn new(client: Client, timeout: Duration) -> Api {
        Api::with_prefix(client, timeout, "$JS.API".to_owned())
    }

    /// The API of a domain; an empty one means [`Api::new`].
    pub fn in_domain(client: Client, timeout: Duration, domain: &str) -> Api {
        match domain {
            "" => Api::new(client, timeout),
            domain => Api::with_prefix(client, timeout, format!("$JS.{domain}.API")),
        }
    }

    /// The API under another prefix, as an import of another account has it.
    pub fn with_prefix(client: Client, timeout: Duration, prefix: String) -> Api {
        Api {
            client,
            prefix: prefix.trim_end_matches('.').to_owned(),
            timeout,
            trace: None,
        }
    }

    /// The same API, telling `trace` what is said.
    #[must_use]
    pub fn traced(mut self, trace: Trace) -> Api {
        self.trace = Some(trace);
        self
    }

    /// The client underneath.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The prefix in use, without a dot at its end.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Sends `body` (null for none) to `$JS.API.<subject>`; an `error` in the answer becomes an error.
    pub async fn request(&self, subject: &str, body: &Value) -> Result<Value, ApiError> {
        let payload = match body {
            Value::Null => Bytes::new(),
            body => serde_json::to_vec(body)?.into(),
        };
        let request = async_nats::Request::new().timeout(Some(self.timeout));
        let subject = format!("{}.{subject}", self.prefix);
        self.tell(">>>", &subject, &payload);
        let request = request.payload(payload);
        let message =
            self.client
                .send_request(subject.clone(), request)
                .await
                .map_err(|error| match error.kind() {
                    RequestErrorKind::NoResponders => ApiError::NoResponders,
                    RequestErrorKind::TimedOut => ApiError::TimedOut,
                    _ => ApiError::Request(error),
                })?;
        self.tell("<<<", &subject, &message.payload);
        accept(serde_json::from_slice(&message.payload)?)
    }

    fn tell(&self, direction: &str, subject: &str, body: &[u8]) {
        if let Some(trace) = self.trace {
            trace(&format!("{direction} {subject}"), body);
        }
    }

    /// Every entry of a paged listing; `field` is where the answer keeps them (`streams`, `consumers`).
    pub async fn list(&self, subject: &str, field: &str, filter: &Value) -> Result<Vec<Value>, ApiError> {
        let mut entries = Vec::new();
        for _ in 0..PAGES_MAX {
            let mut body = filter.clone();
            if body.is_null() {
                body = Value::Object(serde_json::Map::new());
            }
            body["offset"] = entries.len().into();
            let mut answer = self.request(subject, &body).await?;
            let total = answer["total"].as_u64().unwrap_or(0);
            let page = match answer[field].take() {
                Value::Array(page) => page,
                _ => Vec::new(),
            };
            let last = page.is_empty();
            entries.extend(page);
            if last || entries.len() as u64 >= total {
                return Ok(entries);
            }
        }
        Err(ApiError::Endless)
    }
}

/// Turns an `error` inside an answer into an error.
pub fn accept(answer: Value) -> Result<Value, ApiError> {
    match answer.get("error") {
        Some(error) => Err(ApiError::Refused {
            code: error["err_code"].as_u64().unwrap_or(0),
            status: error["code"].as_u64().unwrap_or(0),
            description: error["description"]
                .as_str()
                .unwrap_or("unknown error")
                .to_owned(),
        }),
        None => Ok(answer),
    }
}
