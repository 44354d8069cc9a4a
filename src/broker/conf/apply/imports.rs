//! An account's `imports`.

use super::context::{Context, refuse, unknown};
use super::read::{array_or, boolean, text};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::value::{Data, Value};

/// One entry, as it was written.
#[derive(Debug)]
pub(super) struct Import {
    /// Messages, or a service.
    pub kind: Kind,
    /// Whose.
    pub account: String,
    /// The subject there.
    pub subject: String,
    /// What the subject here begins with.
    pub prefix: String,
    /// The subject here; empty for the same.
    pub to: String,
    /// The exporter may know who asks.
    pub share: bool,
    /// A message trace may go on beyond the border.
    pub allow_trace: bool,
}

/// What is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stream,
    Service,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Stream => "stream",
            Kind::Service => "service",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Kind::Stream => "Stream",
            Kind::Service => "Service",
        }
    }
}

impl Import {
    /// The subject it has here, as far as it was named.
    pub(super) fn local(&self) -> &str {
        if self.to.is_empty() {
            &self.subject
        } else {
            &self.to
        }
    }
}

/// Reads the list. Agreements are made when all accounts are known.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<Vec<Import>, Diagnostic> {
    let items = array_or(value, |data| {
        format!("Imports should be an array, got {}", data.go_type())
    })?;
    let mut imports: Vec<Import> = Vec::new();
    for item in items {
        match entry(context, item) {
            Ok(Some(import)) => match twin(&imports, &import) {
                Some(message) => context.errors.push(super::context::at(item, message)),
                None => imports.push(import),
            },
            Ok(None) => {}
            Err(error) => context.errors.push(error),
        }
    }
    Ok(imports)
}

/// What is wrong when another import takes the same subject for a service of the same account.
fn twin(imports: &[Import], import: &Import) -> Option<String> {
    let is_twin = |other: &&Import| {
        [other.kind, import.kind] == [Kind::Service; 2]
            && other.local() == import.local()
            && other.account == import.account
    };
    let twin = imports.iter().find(is_twin)?;
    Some(format!(
        "Duplicate service import subject {:?}, previously used in import for account {:?}, subject {:?}",
        import.local(),
        twin.account,
        twin.subject
    ))
}

/// What an entry says, key by key.
#[derive(Default)]
struct Draft<'v> {
    source: Option<(Kind, String, String)>,
    prefix: String,
    to: String,
    share: bool,
    trace: Option<(&'v Value, bool)>,
}

fn entry(context: &mut Context, value: &Value) -> Result<Option<Import>, Diagnostic> {
    let Data::Map(map) = &value.data else {
        let found = value.data.go_type();
        return refuse(
            value,
            format!("Import Items should be a map with type entry, got {found}"),
        );
    };
    let mut draft = Draft::default();
    for (key, value) in map.iter() {
        if let Err(error) = field(context, &mut draft, key, value) {
            context.errors.push(error);
        }
    }
    Ok(draft.source.map(|(kind, account, subject)| Import {
        kind,
        account,
        subject,
        prefix: draft.prefix,
        to: draft.to,
        share: draft.share,
        allow_trace: draft.trace.is_some_and(|(_, allowed)| allowed),
    }))
}

fn field<'v>(
    context: &mut Context,
    draft: &mut Draft<'v>,
    key: &str,
    value: &'v Value,
) -> Result<(), Diagnostic> {
    let seen = draft.source.as_ref().map(|(kind, ..)| *kind);
    match key.to_lowercase().as_str() {
        "stream" => {
            if seen == Some(Kind::Service) {
                return refuse(value, "Detected stream but already saw a service");
            }
            draft.source = Some(source(context, Kind::Stream, value)?);
        }
        "service" => {
            if seen == Some(Kind::Stream) {
                return refuse(value, "Detected service but already saw a stream");
            }
            if let Some((place, _)) = draft.trace {
                return refuse(place, "Detected allow_trace directive on a non-stream");
            }
            draft.source = Some(source(context, Kind::Service, value)?);
        }
        "prefix" => draft.prefix = text(value)?,
        "to" => {
            draft.to = text(value)?;
            if seen == Some(Kind::Stream) && !draft.prefix.is_empty() {
                return refuse(value, "Stream import can not have a 'prefix' and a 'to' property");
            }
        }
        "share" => draft.share = boolean(value)?,
        "allow_trace" => {
            if seen == Some(Kind::Service) {
                return refuse(value, "Detected allow_trace directive on a non-stream");
            }
            draft.trace = Some((value, boolean(value)?));
        }
        _ => return unknown(key, value),
    }
    Ok(())
}

/// Reads `{account: …, subject: …}`.
fn source(context: &mut Context, kind: Kind, value: &Value) -> Result<(Kind, String, String), Diagnostic> {
    let Data::Map(map) = &value.data else {
        let (title, found) = (kind.title(), value.data.go_type());
        return refuse(
            value,
            format!("{title} entry should be an account map, got {found}"),
        );
    };
    let (mut account, mut subject) = (String::new(), String::new());
    context.each(map, |_, key, value| {
        match key.to_lowercase().as_str() {
            "account" => account = text(value)?,
            "subject" => subject = text(value)?,
            _ => return unknown(key, value),
        }
        Ok(())
    });
    if account.is_empty() || subject.is_empty() {
        return refuse(value, "Expect an account name and a subject");
    }
    Ok((kind, account, subject))
}
