//! A message as it came, wherever it lies.

use std::borrow::Cow;

use async_nats::{HeaderMap, Message};

use crate::proto::headers;
use crate::proto::server_op::Delivery;

/// A message that came on a subscription, in the buffer of whoever read it.
#[derive(Debug, Clone)]
pub struct Received<'a> {
    /// Where it was published.
    pub subject: Cow<'a, str>,
    /// Where an answer is expected.
    pub reply: Option<Cow<'a, str>>,
    /// Its payload.
    pub payload: &'a [u8],
    headers: Headers<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Headers<'a> {
    None,
    Block(&'a [u8]),
    Map(&'a HeaderMap),
}

impl<'a> Received<'a> {
    /// A message without headers.
    pub fn new(subject: &'a str, reply: Option<&'a str>, payload: &'a [u8]) -> Received<'a> {
        Received {
            subject: subject.into(),
            reply: reply.map(Cow::from),
            payload,
            headers: Headers::None,
        }
    }

    /// All headers by name: in their order, or, where the client library read them, sorted by name and repeated ones
    /// in their order.
    pub fn header_pairs(&self) -> Vec<(String, String)> {
        match self.headers {
            Headers::None => Vec::new(),
            Headers::Block(block) => headers::iter(block)
                .map(|(name, value)| (text(name).into_owned(), text(value).into_owned()))
                .collect(),
            Headers::Map(map) => header_pairs(map),
        }
    }
}

impl<'a> From<Delivery<'a>> for Received<'a> {
    fn from(delivery: Delivery<'a>) -> Self {
        Received {
            subject: text(delivery.subject),
            reply: Some(delivery.reply).filter(|reply| !reply.is_empty()).map(text),
            payload: delivery.payload,
            headers: match delivery.headers {
                [] => Headers::None,
                block => Headers::Block(block),
            },
        }
    }
}

impl<'a> From<&'a Message> for Received<'a> {
    fn from(message: &'a Message) -> Self {
        Received {
            subject: message.subject.as_str().into(),
            reply: message.reply.as_ref().map(|reply| reply.as_str().into()),
            payload: &message.payload,
            headers: message.headers.as_ref().map_or(Headers::None, Headers::Map),
        }
    }
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The headers that the client library read, sorted by name, repeated ones in their order. It keeps no order among
/// different names.
pub fn header_pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = headers
        .iter()
        .flat_map(|(name, values)| {
            values
                .iter()
                .map(move |value| (name.to_string(), value.as_str().to_owned()))
        })
        .collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}
