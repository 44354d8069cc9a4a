//! What an account exports and imports, as `/accountz` tells it.
//!
//! With the agreements of the settings stand those that every account has with the system account: in nats-server
//! they are made at the start, here the server answers on the same subjects itself.

use std::collections::BTreeMap;

use serde::Serialize;

use super::source::AnswerSnapshot;
use crate::broker::conf::{self, AccountOptions, Options};

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Stream,
    Service,
}

#[derive(Debug, Serialize)]
struct Latency {
    sampling: u8,
    results: String,
}

/// Something exported.
#[derive(Debug, Serialize)]
pub struct Export {
    subject: String,
    r#type: Kind,
    #[serde(skip_serializing_if = "str::is_empty")]
    response_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_latency: Option<Latency>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    approved_accounts: Vec<String>,
}

/// Something imported, or an answer that is expected.
#[derive(Debug, Serialize)]
pub struct Import {
    subject: String,
    account: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    to: String,
    local_subject: String,
    r#type: Kind,
    invalid: bool,
    share: bool,
    tracking: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency: Option<Latency>,
}

fn latency(latency: &conf::Latency) -> Latency {
    Latency {
        sampling: latency.sampling,
        results: latency.subject.clone(),
    }
}

impl Export {
    fn service(subject: &str, response_type: &'static str) -> Export {
        Export {
            subject: subject.to_owned(),
            r#type: Kind::Service,
            response_type,
            service_latency: None,
            approved_accounts: Vec::new(),
        }
    }
}

impl Import {
    fn service(account: &str, subject: &str, local: &str, share: bool) -> Import {
        Import {
            subject: subject.to_owned(),
            account: account.to_owned(),
            to: local.to_owned(),
            local_subject: local.to_owned(),
            r#type: Kind::Service,
            invalid: false,
            share,
            tracking: false,
            latency: None,
        }
    }
}

/// What an account exports, services first.
pub fn exports(options: &Options, account: Option<&AccountOptions>, name: &str) -> Vec<Export> {
    let own = account.into_iter().flat_map(|account| {
        let services = account.exports.services.iter().map(|export| Export {
            service_latency: export.latency.as_ref().map(latency),
            approved_accounts: export.access.accounts.clone(),
            ..Export::service(&export.subject, export.response.name())
        });
        let streams = account.exports.streams.iter().map(|export| Export {
            subject: export.subject.clone(),
            r#type: Kind::Stream,
            response_type: "",
            service_latency: None,
            approved_accounts: export.access.accounts.clone(),
        });
        services.chain(streams)
    });
    let mut all: Vec<Export> = own.collect();
    if options.system_account.as_deref() == Some(name) {
        let (one, many) = ("Singleton", "Streamed");
        for (subject, response) in [
            ("$SYS.REQ.USER.*.INFO", one),
            ("$SYS.REQ.ACCOUNT.*.CONNZ", many),
            ("$SYS.REQ.ACCOUNT.*.STATZ", many),
            ("$SYS.DEBUG.SUBSCRIBERS", one),
        ] {
            all.push(Export::service(subject, response));
        }
        if options.jetstream.is_some() {
            all.push(Export::service("$JS.API.>", one));
        }
    }
    all
}

/// What an account imports, streams first.
pub fn imports(options: &Options, account: Option<&AccountOptions>, name: &str) -> Vec<Import> {
    let own = account.into_iter().flat_map(|account| {
        let streams = account.imports.streams.iter().map(|import| Import {
            to: String::new(),
            r#type: Kind::Stream,
            ..Import::service(&import.account, &import.subject, &import.local, false)
        });
        let services = account.imports.services.iter().map(|import| {
            let exporter = options.accounts.iter().find(|known| known.name == import.account);
            let export = exporter.and_then(|exporter| exporter.service_export(&import.subject));
            Import {
                latency: export.and_then(|export| export.latency.as_ref().map(latency)),
                ..Import::service(&import.account, &import.subject, &import.local, import.share)
            }
        });
        streams.chain(services)
    });
    let mut all: Vec<Import> = own.collect();
    let Some(system) = options.system_account.as_deref() else {
        return all;
    };
    let user = format!("$SYS.REQ.USER.{name}.INFO");
    all.push(Import::service(system, &user, "$SYS.REQ.USER.INFO", true));
    if system == name {
        return all;
    }
    for (value, local) in [
        ("CONNZ", "$SYS.REQ.SERVER.PING.CONNZ"),
        ("CONNZ", "$SYS.REQ.ACCOUNT.PING.CONNZ"),
        ("STATZ", "$SYS.REQ.ACCOUNT.PING.STATZ"),
    ] {
        let subject = format!("$SYS.REQ.ACCOUNT.{name}.{value}");
        all.push(Import::service(system, &subject, local, false));
    }
    if options.jetstream.is_some() {
        all.push(Import::service(system, "$JS.API.>", "$JS.API.>", true));
    }
    all
}

/// The answers that an account is expected to give, by the subjects they come on.
pub fn responses(answers: &[AnswerSnapshot]) -> BTreeMap<String, Import> {
    let import = |answer: &AnswerSnapshot| Import {
        tracking: answer.tracking,
        ..Import::service(&answer.account, &answer.reply, &answer.subject, answer.share)
    };
    answers
        .iter()
        .map(|answer| (answer.subject.clone(), import(answer)))
        .collect()
}
