//! Requests over HTTP: a path and a query in, a status and a body out.

use serde::Serialize;

use super::accountz::{self, AccountStatzOptions, AccountzOptions};
use super::connz::ConnzOptions;
use super::healthz::HealthzOptions;
use super::jsz::JszOptions;
use super::query::{BadRequest, Query};
use super::source::Source;
use super::subsz::SubszOptions;
use super::{connz, healthz, index, jsz, metrics, others, subsz, varz};

/// What to send back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP's status code.
    pub status: u16,
    /// What the body is.
    pub content_type: &'static str,
    /// May pages of other origins read it? As nats-server, every JSON says yes.
    pub any_origin: bool,
    /// The body.
    pub body: String,
}

const JSON: &str = "application/json";
/// Of what Go serves by itself.
const GO_JSON: &str = "application/json; charset=utf-8";
const JAVASCRIPT: &str = "application/javascript";
const TEXT: &str = "text/plain; charset=utf-8";
const HTML: &str = "text/html; charset=utf-8";
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Longest name of a JSONP callback.
const CALLBACK_MAX: usize = 128;

impl Response {
    fn plain(status: u16, content_type: &'static str, body: String) -> Response {
        Response {
            status,
            content_type,
            any_origin: false,
            body,
        }
    }

    fn json(status: u16, body: String) -> Response {
        Response {
            status,
            content_type: JSON,
            any_origin: true,
            body,
        }
    }
}

/// The path below the base, as it is counted in varz, when there is something at it.
pub fn endpoint<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let below = path.strip_prefix(base.trim_end_matches('/'))?;
    match below {
        "" if base.len() > 1 => Some("/"),
        "/" if base.len() <= 1 => Some("/"),
        "/varz" | "/connz" | "/subsz" | "/routez" | "/gatewayz" | "/leafz" | "/jsz" | "/accountz"
        | "/accstatz" | "/healthz" | "/ipqueuesz" | "/raftz" | "/metrics" | "/stacksz" | "/debug/vars" => {
            Some(below)
        }
        "/subscriptionsz" => Some("/subsz"),
        _ => None,
    }
}

/// What to say where there is nothing.
pub fn not_found() -> Response {
    Response::plain(404, TEXT, "404 page not found\n".to_owned())
}

/// Answers a GET of an [`endpoint`].
pub fn answer(source: &dyn Source, endpoint: &str, query: &str) -> Response {
    let query = Query::parse(query);
    let response =
        value(source, endpoint, &query).unwrap_or_else(|BadRequest(text)| Response::plain(400, TEXT, text));
    for_script(response, query.text("callback"))
}

fn value(source: &dyn Source, endpoint: &str, query: &Query<'_>) -> Result<Response, BadRequest> {
    Ok(match endpoint {
        "/" => {
            let options = source.options();
            let base = options.monitor.base_path.trim_end_matches('/');
            Response::plain(200, HTML, index::page(&source.info(), base))
        }
        "/varz" => pretty(&varz::varz(source)),
        "/connz" => pretty(&connz::connz(source, &ConnzOptions::from_query(query)?)?),
        "/subsz" => pretty(&subsz::subsz(source, &SubszOptions::from_query(query)?)?),
        "/routez" => {
            query.subs()?;
            pretty(&others::routez(source))
        }
        "/gatewayz" => pretty(&others::gatewayz(source)),
        "/leafz" => {
            query.flag("subs")?;
            pretty(&others::leafz(source))
        }
        "/jsz" => pretty(&jsz::jsz(source, &JszOptions::from_query(query)?)),
        "/accountz" => pretty(&accountz::accountz(source, &AccountzOptions::from_query(query))?),
        "/accstatz" => pretty(&accountz::accstatz(
            source,
            &AccountStatzOptions::from_query(query)?,
        )),
        "/healthz" => health(source, &HealthzOptions::from_query(query)?),
        "/ipqueuesz" => Response::json(200, "{}".to_owned()),
        "/stacksz" => Response::json(200, source.threads()),
        "/debug/vars" => Response {
            content_type: GO_JSON,
            any_origin: false,
            ..pretty(&others::expvars(source))
        },
        "/raftz" => Response::plain(404, TEXT, "No Raft nodes registered".to_owned()),
        "/metrics" => Response::plain(200, METRICS, metrics::text(source)),
        _ => not_found(),
    })
}

fn pretty<T: Serialize>(value: &T) -> Response {
    let body = serde_json::to_string_pretty(value).expect("values with string keys become JSON");
    Response::json(200, body)
}

fn health(source: &dyn Source, options: &HealthzOptions) -> Response {
    let mut health = healthz::healthz(source, options);
    let status = health.status_code.take().unwrap_or(200);
    let body = serde_json::to_string(&health).expect("values with string keys become JSON");
    Response::json(status, body)
}

/// JSONP: wraps JSON in a call of the function that the page named, if that is a plain name. The
/// comment in front keeps the answer from being taken for anything but a script.
fn for_script(response: Response, callback: &str) -> Response {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.');
    if callback.is_empty() || !matches!(response.content_type, JSON | GO_JSON) {
        return response;
    }
    if callback.len() > CALLBACK_MAX || !callback.chars().all(plain) {
        return Response::plain(400, TEXT, "Error decoding callback: not a name".to_owned());
    }
    Response {
        content_type: JAVASCRIPT,
        body: format!("/**/{callback}({})", response.body),
        ..response
    }
}
