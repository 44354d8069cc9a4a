//! An account's `exports`.

use std::time::Duration;

use super::context::{Context, at, refuse, unknown};
use super::read::{array, array_or, boolean, integer, text};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{
    ExportAccess, Latency, RESPONSE_THRESHOLD, ResponseType, ServiceExport, StreamExport,
};
use crate::broker::conf::value::{Data, Map, Value};
use crate::util::duration;

/// One entry.
#[derive(Debug)]
pub(super) enum Export {
    /// Messages that others may receive.
    Stream(StreamExport),
    /// A service that others may ask; its latency too.
    Service(ServiceExport),
}

/// Reads the list. Agreements are made when all accounts are known.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<Vec<Export>, Diagnostic> {
    let items = array_or(value, |data| {
        format!("Exports should be an array, got {}", data.go_type())
    })?;
    let mut exports = Vec::new();
    for item in items {
        match entry(context, item) {
            Ok(export) => exports.extend(export),
            Err(error) => context.errors.push(error),
        }
    }
    Ok(exports)
}

/// What an entry says, key by key.
#[derive(Default)]
struct Draft<'v> {
    stream: Option<String>,
    service: Option<String>,
    access: ExportAccess,
    response: Option<(&'v Value, ResponseType)>,
    threshold: Option<Duration>,
    latency: Option<(&'v Value, Option<Latency>)>,
    trace: Option<(&'v Value, bool)>,
}

fn entry(context: &mut Context, value: &Value) -> Result<Option<Export>, Diagnostic> {
    let Data::Map(map) = &value.data else {
        let found = value.data.go_type();
        return refuse(
            value,
            format!("Export Items should be a map with type entry, got {found}"),
        );
    };
    let mut draft = Draft::default();
    for (key, value) in map.iter() {
        if let Err(error) = field(&mut draft, key, value) {
            context.errors.push(error);
        }
    }
    let Draft { access, .. } = draft;
    if let Some(subject) = draft.stream {
        return Ok(Some(Export::Stream(StreamExport { subject, access })));
    }
    Ok(draft.service.map(|subject| {
        Export::Service(ServiceExport {
            subject,
            access,
            response: draft.response.map(|(_, response)| response).unwrap_or_default(),
            threshold: draft
                .threshold
                .filter(|threshold| !threshold.is_zero())
                .unwrap_or(RESPONSE_THRESHOLD),
            latency: draft.latency.and_then(|(_, latency)| latency),
            allow_trace: draft.trace.is_some_and(|(_, allowed)| allowed),
        })
    }))
}

fn field<'v>(draft: &mut Draft<'v>, key: &str, value: &'v Value) -> Result<(), Diagnostic> {
    let on_stream = draft.stream.is_some();
    match key.to_lowercase().as_str() {
        "stream" => draft.stream = Some(stream(draft, value)?),
        "service" if on_stream => {
            let found = &value.data;
            return refuse(
                value,
                format!("Detected service \"{found}\" but already saw a stream"),
            );
        }
        "service" => draft.service = Some(named(value, "service")?),
        "response" | "response_type" => {
            if draft.response.is_some() {
                return refuse(value, "Duplicate response type definition");
            }
            draft.response = Some((value, ResponseType::Singleton));
            draft.response = Some((value, response(value)?));
            if on_stream {
                return refuse(value, "Detected response directive on non-service");
            }
        }
        "threshold" | "response_threshold" | "response_max_time" | "response_time" => {
            if draft.threshold.is_some() {
                return refuse(value, "Duplicate response threshold detected");
            }
            draft.threshold = Some(Duration::ZERO);
            draft.threshold = Some(threshold(value)?);
            if on_stream {
                return refuse(value, "Detected response directive on non-service");
            }
        }
        "accounts" => {
            for name in array(value)? {
                draft.access.accounts.push(text(name)?);
            }
        }
        "latency" => {
            draft.latency = Some((value, None));
            draft.latency = Some((value, Some(latency(value)?)));
            if on_stream {
                return refuse(value, "Detected latency directive on non-service");
            }
        }
        "account_token_position" => {
            draft.access.account_token = usize::try_from(integer(value)?).unwrap_or(usize::MAX);
        }
        "allow_trace" => {
            draft.trace = Some((value, boolean(value)?));
            if on_stream {
                return refuse(value, "Detected allow_trace directive on non-service");
            }
        }
        _ => return unknown(key, value),
    }
    Ok(())
}

fn stream(draft: &Draft<'_>, value: &Value) -> Result<String, Diagnostic> {
    if draft.service.is_some() {
        let found = &value.data;
        return refuse(
            value,
            format!("Detected stream \"{found}\" but already saw a service"),
        );
    }
    let foreign = [
        (draft.response.as_ref().map(|(value, _)| *value), "response"),
        (draft.latency.as_ref().map(|(value, _)| *value), "latency"),
        (draft.trace.as_ref().map(|(value, _)| *value), "allow_trace"),
    ];
    for (place, what) in foreign {
        if let Some(place) = place {
            return refuse(place, format!("Detected {what} directive on non-service"));
        }
    }
    named(value, "stream")
}

fn named(value: &Value, what: &str) -> Result<String, Diagnostic> {
    match &value.data {
        Data::Text(subject) => Ok(subject.clone()),
        other => {
            let found = other.go_type();
            refuse(value, format!("Expected {what} name to be string, got {found}"))
        }
    }
}

fn response(value: &Value) -> Result<ResponseType, Diagnostic> {
    let Data::Text(name) = &value.data else {
        let found = value.data.go_type();
        return refuse(value, format!("Expected response type to be string, got {found}"));
    };
    match name.to_lowercase().as_str() {
        "single" | "singleton" => Ok(ResponseType::Singleton),
        "stream" => Ok(ResponseType::Streamed),
        "chunk" | "chunked" => Ok(ResponseType::Chunked),
        _ => refuse(value, format!("Unknown response type: {name:?}")),
    }
}

fn threshold(value: &Value) -> Result<Duration, Diagnostic> {
    let expected = "Expected response threshold to be a parseable time duration, got";
    match &value.data {
        Data::Text(text) => duration::parse(text).map_err(|_| at(value, format!("{expected} {text:?}"))),
        other => refuse(value, format!("{expected} {}", other.go_type())),
    }
}

fn latency(value: &Value) -> Result<Latency, Diagnostic> {
    match &value.data {
        Data::Text(subject) => Ok(Latency {
            subject: subject.clone(),
            sampling: 100,
        }),
        Data::Map(map) => latency_of(value, map),
        other => {
            let found = other.go_type();
            refuse(
                value,
                format!("Expected latency entry to be a map/struct or string, got {found}"),
            )
        }
    }
}

/// Other keys are passed over, as the original does.
fn latency_of(value: &Value, map: &Map) -> Result<Latency, Diagnostic> {
    let sampling = map.get("sampling").map_or(Ok(100), sampling)?;
    let subject = map
        .get("subject")
        .ok_or_else(|| at(value, "Latency subject required, but missing"))?;
    match &subject.data {
        Data::Text(text) => Ok(Latency {
            subject: text.clone(),
            sampling,
        }),
        // The original prints the type that it wanted.
        _ => refuse(subject, "Expected latency subject to be a string, got string"),
    }
}

fn sampling(value: &Value) -> Result<u8, Diagnostic> {
    let number = match &value.data {
        Data::Integer(n) => *n,
        Data::Text(text) if text.trim().eq_ignore_ascii_case("headers") => return Ok(0),
        Data::Text(text) => {
            let digits = text.strip_suffix('%').unwrap_or(text);
            let invalid =
                format!("Failed to parse latency sample: strconv.Atoi: parsing {digits:?}: invalid syntax");
            digits.parse().map_err(|_| at(value, invalid))?
        }
        other => {
            let found = other.go_type();
            return refuse(
                value,
                format!("Expected latency sample to be a string or map/struct, got {found}"),
            );
        }
    };
    match u8::try_from(number) {
        Ok(n @ 1..=100) => Ok(n),
        _ => refuse(value, "bad sampling percentage, should be 1-100"),
    }
}
