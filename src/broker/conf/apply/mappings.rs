//! Subject mappings, of the global account and of others.

use super::context::{Context, at, refuse};
use super::read::{map, text};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{AccountOptions, GLOBAL_ACCOUNT, Mapping, MappingDestination};
use crate::broker::conf::value::{Data, Value};
use crate::broker::subjects::mapping::Mappings;
use crate::proto::subject::is_valid_pattern;

/// Reads top-level mappings, which are the global account's.
pub(super) fn apply_global(
    context: &mut Context,
    draft: &mut Draft,
    value: &Value,
) -> Result<(), Diagnostic> {
    let mut account = AccountOptions::new(GLOBAL_ACCOUNT);
    account.mappings = read(context, value)?;
    draft.options.accounts.retain(|a| a.name != GLOBAL_ACCOUNT);
    draft.options.accounts.push(account);
    Ok(())
}

/// Reads a map of subjects to one or several destinations.
pub(super) fn read(context: &mut Context, value: &Value) -> Result<Vec<Mapping>, Diagnostic> {
    let mut mappings = Vec::new();
    context.each(map(value)?, |context, source, entry| {
        if !is_valid_pattern(source.as_bytes()) {
            return refuse(value, format!("Subject {source:?} is not a valid subject"));
        }
        let mut message = format!("Error adding mapping for {source:?}");
        let destinations = match &entry.data {
            Data::Text(subject) => {
                message = format!("{message} to {subject:?}");
                vec![MappingDestination {
                    subject: subject.clone(),
                    weight: 100,
                    cluster: None,
                }]
            }
            Data::Array(items) => {
                let mut list = Vec::new();
                for item in items {
                    match destination(item) {
                        Ok(destination) => list.push(destination),
                        Err(error) => context.errors.push(error),
                    }
                }
                list
            }
            _ => vec![destination(entry)?],
        };
        mappings.push(Mapping {
            source: source.to_owned(),
            destinations,
        });
        let last = &mappings[mappings.len() - 1..];
        Mappings::new(last)
            .map(drop)
            .map_err(|e| at(entry, format!("{message} : {e}")))
    });
    Ok(mappings)
}

fn destination(value: &Value) -> Result<MappingDestination, Diagnostic> {
    let Data::Map(map) = &value.data else {
        return refuse(value, "Expected an entry for the mapping destination");
    };
    let (mut subject, mut weight, mut cluster) = (String::new(), None, None);
    for (key, value) in map.iter() {
        match key.to_lowercase().as_str() {
            "dest" | "destination" => subject = text(value)?,
            "weight" => weight = Some(per_cent(value)?),
            "cluster" => cluster = Some(text(value)?),
            _ => return refuse(value, format!("Unknown field {key:?} for mapping destination")),
        }
    }
    let weight = weight.ok_or_else(|| {
        at(
            value,
            format!("Missing weight for mapping destination {subject:?}"),
        )
    })?;
    Ok(MappingDestination {
        subject,
        weight,
        cluster,
    })
}

fn per_cent(value: &Value) -> Result<u8, Diagnostic> {
    let number = match &value.data {
        Data::Integer(n) => *n,
        Data::Text(text) => {
            let digits = text.strip_suffix('%').unwrap_or(text);
            let invalid = || {
                at(
                    value,
                    format!("Invalid weight {digits:?} for mapping destination"),
                )
            };
            digits.parse().map_err(|_| invalid())?
        }
        other => {
            return refuse(value, format!("Unknown entry type for weight of {other}\n"));
        }
    };
    match u8::try_from(number) {
        Ok(n @ 0..=100) => Ok(n),
        _ => refuse(value, format!("Invalid weight {number} for mapping destination")),
    }
}
