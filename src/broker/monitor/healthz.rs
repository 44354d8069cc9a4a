//! Is the server well?

use serde::{Deserialize, Serialize};

use super::query::{BadRequest, Query};
use super::source::{Depth, JetStreamSnapshot, Source};
use crate::broker::jetstream::Ailment;

/// What to look at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct HealthzOptions {
    js_enabled: bool,
    js_enabled_only: bool,
    js_server_only: bool,
    account: String,
    stream: String,
    consumer: String,
    details: bool,
}

impl HealthzOptions {
    /// Reads the parameters of `/healthz`.
    pub fn from_query(query: &Query<'_>) -> Result<HealthzOptions, BadRequest> {
        query.flag("js-meta-only")?;
        Ok(HealthzOptions {
            js_enabled: query.flag("js-enabled")?,
            js_enabled_only: query.flag("js-enabled-only")?,
            js_server_only: query.flag("js-server-only")?,
            account: query.text("account").to_owned(),
            stream: query.text("stream").to_owned(),
            consumer: query.text("consumer").to_owned(),
            details: query.flag("details")?,
        })
    }
}

/// The answer. Over HTTP the code is the response's status, and not in its body.
#[derive(Debug, Serialize)]
pub struct Healthz {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    r#type: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    account: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    stream: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    consumer: String,
    error: String,
}

/// Something amiss: a code, how bad it is, what it is about, and a text.
struct Finding(u16, &'static str, &'static str, String);

/// Looks whether all is well. A server that can answer takes connections; so what is left is whether what
/// was asked for exists, and whether every stream was recovered and still takes messages.
pub fn healthz(source: &dyn Source, options: &HealthzOptions) -> Healthz {
    let mut about = options.clone();
    match look(source, options, &mut about) {
        Ok(()) => Healthz {
            status: "ok",
            status_code: Some(200),
            error: None,
            errors: Vec::new(),
        },
        Err(Finding(code, status, kind, error)) if options.details => Healthz {
            status: if status == "ok" { "ok" } else { "error" },
            status_code: Some(code),
            error: None,
            errors: vec![about.problem(kind, error)],
        },
        Err(Finding(code, status, _, error)) => Healthz {
            status,
            status_code: Some(code),
            error: Some(error),
            errors: Vec::new(),
        },
    }
}

/// Looks at what was asked for. `about` becomes the account and stream that something is amiss with.
fn look(source: &dyn Source, options: &HealthzOptions, about: &mut HealthzOptions) -> Result<(), Finding> {
    let HealthzOptions {
        account,
        stream,
        consumer,
        ..
    } = options;
    let missing = |what: &str, when: &str| {
        let text = format!("\"{what}\" must not be empty when checking {when} health");
        Err(Finding(400, "error", "BAD_REQUEST", text))
    };
    if account.is_empty() && !stream.is_empty() {
        return missing("account", "stream");
    }
    if stream.is_empty() && !consumer.is_empty() {
        return missing("stream", "consumer");
    }
    if options.js_server_only || source.options().jetstream.is_none() {
        return Ok(());
    }
    let depth = if consumer.is_empty() {
        Depth::Streams
    } else {
        Depth::Consumers
    };
    let accounts = source.jetstream(depth);
    if accounts.is_empty() {
        let text = "JetStream not enabled".to_owned();
        return Err(Finding(503, UNAVAILABLE, "JETSTREAM", text));
    }
    if options.js_enabled_only || options.js_enabled {
        return Ok(());
    }
    check_streams(&accounts, about)?;
    if account.is_empty() {
        return Ok(());
    }
    let absent = |about, text| Err(Finding(404, UNAVAILABLE, about, text));
    let Some(found) = accounts.iter().find(|known| known.account == *account) else {
        return absent("ACCOUNT", format!("JetStream account \"{account}\" not found"));
    };
    if stream.is_empty() {
        return Ok(());
    }
    let Some(found) = found
        .streams
        .iter()
        .find(|known| known.info.config.name == *stream)
    else {
        let text = format!("JetStream stream \"{stream}\" not found on account \"{account}\"");
        return absent("STREAM", text);
    };
    if !consumer.is_empty() && !found.consumers.iter().any(|known| known.name == *consumer) {
        let text = format!(
            "JetStream consumer \"{consumer}\" not found for stream \"{stream}\" on account \"{account}\""
        );
        return absent("CONSUMER", text);
    }
    Ok(())
}

/// Finds the first stream, among those that were asked for, that is not well.
fn check_streams(accounts: &[JetStreamSnapshot], about: &mut HealthzOptions) -> Result<(), Finding> {
    let is_asked = |asked: &str, name: &str| asked.is_empty() || asked == name;
    let asked_for = accounts
        .iter()
        .filter(|known| is_asked(&about.account, &known.account));
    let ailments = asked_for.flat_map(|known| known.ailments.iter().map(|ailment| (&known.account, ailment)));
    for (account, ailment) in ailments {
        let (stream, trouble) = match ailment {
            // As nats-server says it.
            Ailment::Unrecovered { stream, .. } => (stream, "could not be recovered".to_owned()),
            Ailment::Frozen { stream, reason } => (stream, format!("takes no more messages: {reason}")),
        };
        if is_asked(&about.stream, stream) {
            let text = format!("JetStream stream '{account} > {stream}' {trouble}");
            (about.account, about.stream) = (account.clone(), stream.clone());
            return Err(Finding(503, UNAVAILABLE, "STREAM", text));
        }
    }
    Ok(())
}

const UNAVAILABLE: &str = "unavailable";

impl HealthzOptions {
    /// A problem with as much of the question as it is about.
    fn problem(&self, about: &'static str, error: String) -> Problem {
        let rank = ["ACCOUNT", "STREAM", "CONSUMER"]
            .iter()
            .position(|known| *known == about);
        let up_to = |least: usize, text: &String| match rank {
            Some(rank) if rank >= least => text.clone(),
            _ => String::new(),
        };
        Problem {
            r#type: about,
            account: up_to(0, &self.account),
            stream: up_to(1, &self.stream),
            consumer: up_to(2, &self.consumer),
            error,
        }
    }
}
