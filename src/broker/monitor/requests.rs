//! Requests in the system account: which value is asked for, and the answer around it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use super::accountz::{self, AccountStatzOptions};
use super::connz::ConnzOptions;
use super::events::{ServerInfo, encode};
use super::jsz::JszOptions;
use super::query::BadRequest;
use super::source::{ConnectionSnapshot, Source};
use super::subsz::SubszOptions;
use super::{connz, healthz, jsz, others, statsz, subsz, varz};
use crate::broker::conf::{Permissions, SubjectPermission};
use crate::proto::api::{Unknown, decode};
use crate::proto::subject;

/// What can be asked of a server, behind `$SYS.REQ.SERVER.PING.` or `$SYS.REQ.SERVER.<id>.`.
pub const OF_SERVER: [&str; 15] = [
    "IDZ",
    "STATSZ",
    "VARZ",
    "SUBSZ",
    "CONNZ",
    "ROUTEZ",
    "GATEWAYZ",
    "LEAFZ",
    "ACCOUNTZ",
    "JSZ",
    "HEALTHZ",
    "IPQUEUESZ",
    "RAFTZ",
    "PROFILEZ",
    "EXPVARZ",
];

/// What can be asked about an account, behind `$SYS.REQ.ACCOUNT.<account>.`.
pub const OF_ACCOUNT: [&str; 7] = ["SUBSZ", "CONNZ", "LEAFZ", "JSZ", "INFO", "STATZ", "CONNS"];

/// A value that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// One of [`OF_SERVER`].
    Server(&'a str),
    /// One of [`OF_ACCOUNT`], for the account named first.
    Account(&'a str, &'a str),
    /// What goes through every account.
    AllAccounts,
}

/// Which servers are meant; the others keep silent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Filter {
    server_name: String,
    cluster: String,
    host: String,
    exact_match: bool,
    tags: Vec<String>,
    domain: String,
}

impl Filter {
    fn meets(&self, source: &dyn Source) -> bool {
        let info = source.info();
        let one = |wanted: &str, own: &str| match self.exact_match {
            _ if wanted.is_empty() => true,
            true => own == wanted,
            false => own.contains(wanted),
        };
        let options = source.options();
        let tags = &options.server_tags;
        one(&self.server_name, &info.server_name)
            && one(&self.host, &info.host)
            && one(&self.cluster, "")
            && self
                .tags
                .iter()
                .all(|tag| tags.iter().any(|own| own.eq_ignore_ascii_case(tag)))
            && (self.domain.is_empty() || self.domain == info.domain)
    }
}

/// The answer, or none when other servers are meant or nothing is to be said.
#[derive(Serialize)]
struct Answer<'a, T> {
    server: &'a ServerInfo,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Error>,
}

#[derive(Serialize)]
struct Error {
    code: u16,
    description: String,
}

#[derive(Serialize)]
struct StatszAnswer<'a> {
    server: &'a ServerInfo,
    statsz: statsz::Statsz,
}

#[derive(Serialize)]
struct Identity<'a> {
    name: &'a str,
    host: &'a str,
    id: &'a str,
}

/// A request on its way to its value.
struct Asked<'a> {
    source: &'a dyn Source,
    server: &'a ServerInfo,
    payload: &'a [u8],
}

impl Asked<'_> {
    /// Reads the options and answers with what `value` makes of them.
    fn with<O: DeserializeOwned + Default, T: Serialize>(
        &self,
        value: impl FnOnce(O) -> Result<T, BadRequest>,
    ) -> Option<Vec<u8>> {
        let options = match read(self.payload) {
            Ok(options) => options,
            Err(error) => return Some(refuse(self.server, 400, error)),
        };
        Some(match value(options) {
            Ok(data) => encode(&Answer {
                server: self.server,
                data: Some(data),
                error: None,
            }),
            Err(BadRequest(description)) => encode(&Answer {
                server: self.server,
                // Go sends a pointer to nothing here.
                data: Some(()),
                error: Some(Error {
                    code: 500,
                    description,
                }),
            }),
        })
    }

    fn plain<T: Serialize>(&self, value: T) -> Option<Vec<u8>> {
        self.with(|_: IgnoredAny| Ok(value))
    }
}

fn read<O: DeserializeOwned + Default>(payload: &[u8]) -> Result<O, String> {
    if payload.is_empty() {
        return Ok(O::default());
    }
    decode(payload, Unknown::Ignore).map_err(|error| error.to_string())
}

fn refuse(server: &ServerInfo, code: u16, description: String) -> Vec<u8> {
    let error = Some(Error { code, description });
    encode(&Answer::<()> {
        server,
        data: None,
        error,
    })
}

/// Does the payload say that this server is not meant?
pub fn is_for_others(source: &dyn Source, payload: &[u8]) -> bool {
    read::<Filter>(payload).is_ok_and(|filter| !filter.meets(source))
}

/// Answers a question. `None` says nothing at all.
pub fn answer(
    source: &dyn Source,
    server: &ServerInfo,
    question: Question<'_>,
    payload: &[u8],
) -> Option<Vec<u8>> {
    if is_for_others(source, payload) {
        return None;
    }
    let asked = Asked {
        source,
        server,
        payload,
    };
    match question {
        Question::Server(value) => asked.of_server(value),
        Question::Account(account, value) => asked.of_account(account, value),
        Question::AllAccounts => asked.traffic(None),
    }
}

impl Asked<'_> {
    fn of_server(&self, value: &str) -> Option<Vec<u8>> {
        let source = self.source;
        match value {
            "IDZ" => {
                let info = source.info();
                Some(encode(&Identity {
                    name: &info.server_name,
                    host: &info.host,
                    id: &info.server_id,
                }))
            }
            "STATSZ" => Some(stats(source, self.server)),
            "VARZ" => self.plain(varz::varz(source)),
            "SUBSZ" => self.with(|options: SubszOptions| subsz::subsz(source, &options)),
            "CONNZ" => self.with(|options: ConnzOptions| connz::connz(source, &options)),
            "ROUTEZ" => self.plain(others::routez(source)),
            "GATEWAYZ" => self.plain(others::gatewayz(source)),
            "LEAFZ" => self.plain(others::leafz(source)),
            "ACCOUNTZ" => self.with(|options| accountz::accountz(source, &options)),
            "JSZ" => self.with(|options| Ok(jsz::jsz(source, &options))),
            "HEALTHZ" => self.with(|options| Ok(healthz::healthz(source, &options))),
            "PROFILEZ" => self.with(|options| Ok(others::profilez(&options))),
            "EXPVARZ" => self.plain(others::expvars(source)),
            // We have neither the one nor the other.
            "IPQUEUESZ" | "RAFTZ" => self.plain(serde_json::Map::new()),
            _ => None,
        }
    }

    fn of_account(&self, account: &str, value: &str) -> Option<Vec<u8>> {
        let source = self.source;
        match value {
            "SUBSZ" => self.with(|options: SubszOptions| subsz::subsz(source, &options.of_account(account))),
            "CONNZ" => self.with(|options: ConnzOptions| connz::connz(source, &options.of_account(account))),
            "LEAFZ" => self.plain(others::leafz(source)),
            "JSZ" => self.with(|options: JszOptions| jsz::jsz_account(source, &options.of_account(account))),
            "INFO" => self.with(|_: IgnoredAny| accountz::account_info(source, account)),
            "STATZ" => self.traffic(Some(account)),
            _ => None,
        }
    }

    /// What goes through one account or all; no answer where there is nothing to tell.
    fn traffic(&self, account: Option<&str>) -> Option<Vec<u8>> {
        let mut options: AccountStatzOptions = match read(self.payload) {
            Ok(options) => options,
            Err(error) => return Some(refuse(self.server, 400, error)),
        };
        if let Some(account) = account {
            options.accounts = vec![account.to_owned()];
        }
        let stats = accountz::accstatz(self.source, &options);
        if stats.account_statz.is_empty() && !options.include_unused {
            return None;
        }
        self.plain(stats)
    }
}

/// Whose subscriptions to count, and which.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counted {
    #[serde(rename = "acc")]
    account: String,
    subject: String,
    /// Base64, as Go writes bytes.
    queue: String,
}

/// The answer to `$SYS.REQ.ACCOUNT.NSUBS`: a plain number. None for an account that nobody is in.
pub fn count_subscribers(source: &dyn Source, payload: &[u8]) -> Option<Vec<u8>> {
    let counted: Counted = read(payload).ok().filter(|_| !payload.is_empty())?;
    let accounts = source.accounts();
    let account = accounts.iter().find(|known| known.name == counted.account)?;
    if account.clients == 0 {
        return None;
    }
    let queue = BASE64_STANDARD.decode(&counted.queue).ok()?;
    let queue = String::from_utf8_lossy(&queue);
    let queue = Some(queue.as_ref()).filter(|queue| !queue.is_empty());
    Some(subscribers(source, &counted.account, &counted.subject, queue))
}

/// The answer to `$SYS.DEBUG.SUBSCRIBERS`, which everybody may ask for their own account: a subject, and behind
/// a space perhaps a queue group.
pub fn debug_subscribers(source: &dyn Source, account: &str, payload: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(payload);
    let mut words = text.trim().split(' ');
    let subject = words.next().unwrap_or_default();
    subscribers(source, account, subject, words.next())
}

/// How many of an account's clients' subscriptions match a subject, or lie within a pattern.
fn subscribers(source: &dyn Source, account: &str, subject: &str, queue: Option<&str>) -> Vec<u8> {
    let subject = subject.as_bytes();
    let connections = source.open_connections(true);
    let counted = connections
        .iter()
        .filter(|connection| connection.account == account)
        .flat_map(|connection| &connection.subscription_list)
        .filter(|subscription| queue.is_none_or(|queue| subscription.queue.as_deref() == Some(queue)))
        .filter(|subscription| match subject::is_literal(subject) {
            true => subject::matches(subscription.subject.as_bytes(), subject),
            false => subject::is_subset(subscription.subject.as_bytes(), subject),
        });
    counted.count().to_string().into_bytes()
}

/// The answer to STATSZ and the body of the heartbeat. Its value is called `statsz`, not `data`.
pub fn stats(source: &dyn Source, server: &ServerInfo) -> Vec<u8> {
    encode(&StatszAnswer {
        server,
        statsz: statsz::statsz(source),
    })
}

/// The answer to a request to do something.
pub fn done(server: &ServerInfo, outcome: Result<(), String>) -> Vec<u8> {
    match outcome {
        Ok(()) => encode(&Answer::<()> {
            server,
            data: None,
            error: None,
        }),
        Err(description) => refuse(server, 500, description),
    }
}

#[derive(Serialize)]
struct UserInfo<'a> {
    user: &'a str,
    account: &'a str,
    account_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Rights<'a>>,
}

#[derive(Serialize)]
struct Rights<'a> {
    publish: Subjects<'a>,
    subscribe: Subjects<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    responses: Option<Responses>,
}

#[derive(Default, Serialize)]
struct Subjects<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'a [String]>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    deny: &'a [String],
}

#[derive(Serialize)]
struct Responses {
    max: i64,
    ttl: i64,
}

impl<'a> Subjects<'a> {
    fn new(permission: Option<&'a SubjectPermission>) -> Subjects<'a> {
        permission.map_or_else(Subjects::default, |permission| Subjects {
            allow: permission.allow.as_deref(),
            deny: &permission.deny,
        })
    }
}

impl<'a> Rights<'a> {
    fn new(permissions: &'a Permissions) -> Rights<'a> {
        Rights {
            publish: Subjects::new(permissions.publish.as_ref()),
            subscribe: Subjects::new(permissions.subscribe.as_ref()),
            responses: permissions.responses.map(|responses| Responses {
                max: responses.max.map_or(-1, i64::from),
                ttl: responses.expires.map_or(-1, |time| time.as_nanos() as i64),
            }),
        }
    }
}

/// The answer to `$SYS.REQ.USER.INFO`: who the asking client is, and what it may do.
pub fn user_info(source: &dyn Source, server: &ServerInfo, client: &ConnectionSnapshot) -> Vec<u8> {
    let user = client.user.as_deref().unwrap_or_default();
    let options = source.options();
    let known = options.auth.users.iter().find(|known| known.name() == user);
    let data = UserInfo {
        user,
        account: &client.account,
        account_name: &client.account,
        permissions: known
            .and_then(|known| known.permissions.as_ref())
            .map(Rights::new),
    };
    encode(&Answer {
        server,
        data: Some(data),
        error: None,
    })
}
