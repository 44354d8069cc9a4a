//! Messages to send: subject, body and header templates filled in for one number after another.

use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use async_nats::{HeaderMap, HeaderName, HeaderValue, PublishErrorKind};
use bytes::Bytes;
use jiff::ZonedDateTime;

use crate::client::templates::{Moment, Random, Template};

use super::output::log;

/// What every message of a run is made from.
pub(super) struct Draft {
    subject: Template,
    body: Body,
    headers: Headers,
}

/// A body that is looked into, or one that is passed on as it is.
enum Body {
    Template(Template),
    Bytes(Bytes),
}

/// One message, ready to go.
pub(super) struct Outgoing {
    pub subject: String,
    pub headers: Option<HeaderMap>,
    pub payload: Bytes,
}

/// `-H Key:Value` flags, values still templates.
#[derive(Default)]
pub(super) struct Headers(Vec<(HeaderName, Template)>);

impl Draft {
    /// Parses the templates. What does not parse is sent as it stands, after a log line.
    pub fn new(subject: &str, body: Vec<u8>, headers: &[String], templates: bool) -> anyhow::Result<Draft> {
        let headers = Headers::parse(headers)?;
        if !templates {
            let (subject, body) = (Template::literal(subject), Body::Bytes(body.into()));
            return Ok(Draft {
                subject,
                body,
                headers,
            });
        }
        let body = match String::from_utf8(body) {
            Ok(text) => match lenient(&text, "body") {
                constant if constant.is_constant() => Body::Bytes(text.into()),
                template => Body::Template(template),
            },
            Err(binary) => Body::Bytes(binary.into_bytes().into()),
        };
        Ok(Draft {
            subject: lenient(subject, "subject"),
            body,
            headers,
        })
    }

    /// Message number `count`.
    pub fn message(&self, count: u64, random: &mut Random) -> anyhow::Result<Outgoing> {
        let now = ZonedDateTime::now();
        let moment = Moment::of_message(count, &now);
        Ok(Outgoing {
            payload: match &self.body {
                Body::Template(template) => template.render(&moment, random).into(),
                Body::Bytes(bytes) => bytes.clone(),
            },
            subject: self.subject.render_text(&moment, random),
            headers: self.headers.render(&moment, random)?,
        })
    }
}

/// Parses a template; `what` names it in the log line that says why it is taken literally.
pub(super) fn lenient(text: &str, what: &str) -> Template {
    let (template, error) = Template::lenient(text);
    if let Some(error) = error {
        log(&format!("Could not parse {what} template: {error}"));
    }
    template
}

impl Headers {
    /// Parses the flags; unlike bodies, a header that does not parse is an error.
    pub fn parse(flags: &[String]) -> anyhow::Result<Headers> {
        flags
            .iter()
            .map(|flag| header(flag))
            .collect::<Result<_, _>>()
            .map(Headers)
    }

    /// The headers of one message; none when there are no flags.
    pub fn render(&self, moment: &Moment<'_>, random: &mut Random) -> anyhow::Result<Option<HeaderMap>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let mut headers = HeaderMap::new();
        for (name, template) in &self.0 {
            let value = template.render_text(moment, random);
            let value = HeaderValue::from_str(&value).map_err(|_| {
                anyhow!(
                    "invalid value for header {:?}: line ends are not allowed",
                    name.to_string()
                )
            })?;
            headers.append(name.clone(), value);
        }
        Ok(Some(headers))
    }
}

fn header(flag: &str) -> anyhow::Result<(HeaderName, Template)> {
    let (name, value) = flag
        .split_once(':')
        .with_context(|| format!("invalid header {flag:?}"))?;
    let template = Template::parse(value.trim())
        .map_err(|e| anyhow!("failed to parse Header template for {name}: {e}"))?;
    let name = HeaderName::from_str(name.trim()).map_err(|_| anyhow!("invalid header {flag:?}"))?;
    Ok((name, template))
}

/// The Go client's words for a publish that never left.
pub(super) fn publish_error(error: async_nats::PublishError) -> anyhow::Error {
    match error.kind() {
        PublishErrorKind::InvalidSubject => anyhow!("nats: invalid subject"),
        PublishErrorKind::MaxPayloadExceeded => anyhow!("nats: maximum payload exceeded"),
        _ => anyhow!("nats: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_reach_subject_body_and_headers() {
        let flags = ["N: {{Count}}".to_owned(), "N:again".to_owned()];
        let draft = Draft::new("a.{{Count}}.{{nope}}", b"x{{Count}}".to_vec(), &flags, true).unwrap();
        let message = draft.message(3, &mut Random::seeded(1)).unwrap();
        assert_eq!(message.subject, "a.{{Count}}.{{nope}}");
        assert_eq!(message.payload, "x3");
        let headers = message.headers.unwrap();
        let values: Vec<String> = headers.get_all("N").map(ToString::to_string).collect();
        assert_eq!(values, ["3", "again"]);
    }

    #[test]
    fn without_templates_only_headers_are_filled_in() {
        let draft = Draft::new("a.{{Count}}", b"{{Count}}".to_vec(), &[], false).unwrap();
        let message = draft.message(3, &mut Random::seeded(1)).unwrap();
        assert_eq!(
            (message.subject.as_str(), message.payload),
            ("a.{{Count}}", "{{Count}}".into())
        );
        assert!(message.headers.is_none());
    }

    #[test]
    fn bad_headers_are_refused() {
        for flag in ["novalue", "A:{{nope}}", "bad name:x"] {
            assert!(Headers::parse(&[flag.to_owned()]).is_err(), "{flag}");
        }
    }
}
