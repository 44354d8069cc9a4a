//! `nats schema`: what the messages of JetStream and of services hold, as JSON Schema.
//!
//! The schemas are in `schemas.txt`: a heading with the ID, then a field a line with its type, `!` where it must be
//! there, and what it is for.

use std::io::Read as _;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow, bail};
use regex::Regex;
use serde_json::{Map, Value, json};

use super::output::Out;

const SCHEMAS: &str = include_str!("schemas.txt");
/// Largest file that is validated, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Schemas of the messages that JetStream and services exchange, for example:
///
///   nats schema search stream
///   nats schema info io.nats.jetstream.api.v1.stream_configuration
///   nats schema validate io.nats.jetstream.api.v1.stream_configuration stream.json
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Search schemas using a pattern
    #[command(visible_aliases = ["find", "list", "ls"])]
    Search {
        /// Regular expression to search for
        #[arg(default_value = ".")]
        pattern: String,
        /// Produce JSON format output
        #[arg(long)]
        json: bool,
    },
    /// Display schema contents
    #[command(visible_aliases = ["show", "view"])]
    Info {
        /// Schema ID to show
        schema: String,
    },
    /// Validates a JSON file against a schema
    #[command(visible_alias = "check")]
    Validate {
        /// Schema ID to validate against
        schema: String,
        /// JSON data to validate (- for stdin)
        file: PathBuf,
        /// Produce JSON format output
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let mut out = Out::new();
    match args.command {
        Command::Search { pattern, json } => search(&pattern, json, &mut out)?,
        Command::Info { schema } => out.json(&known(&schema)?)?,
        Command::Validate { schema, file, json } => validate(&schema, &file, json, &mut out)?,
    }
    Ok(out.flush()?)
}

fn search(pattern: &str, json: bool, out: &mut Out) -> anyhow::Result<()> {
    let pattern = Regex::new(pattern).map_err(|e| anyhow!("search failed: {e}"))?;
    let mut found: Vec<&str> = sections()
        .map(|(id, _, _)| id)
        .filter(|id| pattern.is_match(id))
        .collect();
    found.sort_unstable();
    if json {
        out.json(&found)?;
    } else if found.is_empty() {
        out.line(&format!("No schemas matched {:?}", pattern.as_str()))?;
    } else {
        out.line(&format!("Matched Schemas:\n\n  {}\n", found.join("\n  ")))?;
    }
    Ok(())
}

fn validate(schema: &str, file: &std::path::Path, json: bool, out: &mut Out) -> anyhow::Result<()> {
    let schema_of = known(schema)?;
    let mut text = String::new();
    let name = file.display().to_string();
    if name == "-" {
        std::io::stdin()
            .lock()
            .take(FILE_BYTES_MAX)
            .read_to_string(&mut text)?;
    } else {
        std::fs::File::open(file)
            .and_then(|file| file.take(FILE_BYTES_MAX).read_to_string(&mut text))
            .with_context(|| name.clone())?;
    }
    let data =
        serde_json::from_str(&text).map_err(|e| anyhow!("could not parse JSON data in {name:?}: {e}"))?;
    let faults = faults(&schema_of, &data);
    if json {
        out.json(&faults)?;
    } else if faults.is_empty() {
        out.line(&format!("{name} validates against {schema}"))?;
    } else {
        out.line(&format!(
            "Validation errors in {name}:\n\n  {}\n",
            faults.join("\n  ")
        ))?;
    }
    Ok(())
}

/// Every schema: ID, description, and its lines.
fn sections() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    SCHEMAS.split("\n\n").filter_map(|section| {
        let (heading, lines) = section.trim().split_once('\n')?;
        let (id, about) = heading.split_once(" | ")?;
        Some((id, about, lines))
    })
}

fn known(id: &str) -> anyhow::Result<Value> {
    let Some((_, about, lines)) = sections().find(|(known, _, _)| *known == id) else {
        bail!("could not load schema {id:?}: unsupported schema type {id:?}");
    };
    let lines = match lines.strip_prefix('@') {
        Some(other) => sections()
            .find(|(known, _, _)| *known == other.trim())
            .map_or("", |(_, _, lines)| lines),
        None => lines,
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for line in lines.lines() {
        let mut words = line.splitn(3, ' ');
        let (name, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (kind, must) = match kind.strip_suffix('!') {
            Some(kind) => (kind, true),
            None => (kind, false),
        };
        if must {
            required.push(name);
        }
        let mut property = typed(kind);
        property["description"] = words.next().unwrap_or_default().into();
        properties.insert(name.to_owned(), property);
    }
    let path = id.trim_start_matches("io.nats.").replace('.', "/");
    Ok(json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": format!("https://nats.io/schemas/{path}.json"),
        "title": id, "description": about, "type": "object",
        "required": required, "properties": properties,
    }))
}

fn typed(kind: &str) -> Value {
    let list = |item: &str| json!({ "type": "array", "items": { "type": item } });
    match kind {
        "text" => json!({ "type": "string" }),
        "time" => json!({ "type": "string", "format": "date-time" }),
        "number" => json!({ "type": "integer" }),
        "nanos" => json!({ "type": "integer", "$comment": "nanoseconds" }),
        "flag" => json!({ "type": "boolean" }),
        "texts" => list("string"),
        "numbers" => list("integer"),
        "objects" => list("object"),
        "map" => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        "object" => json!({ "type": "object" }),
        words => json!({ "type": "string", "enum": words.split('|').collect::<Vec<_>>() }),
    }
}

/// What of the data is not as the schema wants it.
fn faults(schema: &Value, data: &Value) -> Vec<String> {
    let Some(fields) = data.as_object() else {
        return vec!["not an object".to_owned()];
    };
    let mut faults = Vec::new();
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            faults.push(format!("missing property {name:?}"));
        }
    }
    for (name, value) in fields {
        match schema["properties"].get(name) {
            None => faults.push(format!("additional property {name:?} not allowed")),
            Some(property) => faults.extend(fault(name, property, value)),
        }
    }
    faults
}

fn fault(name: &str, property: &Value, value: &Value) -> Option<String> {
    let is = |kind: &Value, value: &Value| match kind.as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        _ => value.is_object(),
    };
    // What is not set is often written as null.
    if value.is_null() {
        return None;
    }
    if !is(&property["type"], value) {
        return Some(format!("{name}: expected {}", property["type"]));
    }
    if let Some(items) = value.as_array()
        && let Some(bad) = items.iter().find(|item| !is(&property["items"]["type"], item))
    {
        return Some(format!("{name}: {bad} is not {}", property["items"]["type"]));
    }
    let words = property["enum"].as_array()?;
    (!words.contains(value)).then(|| format!("{name}: {value} is not one of {}", property["enum"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::api::consumer::ConsumerConfig;
    use crate::proto::api::stream::StreamConfig;

    #[test]
    fn every_schema_is_sound() {
        assert!(sections().count() > 20);
        for (id, _, _) in sections() {
            let schema = known(id).unwrap();
            let properties = schema["properties"].as_object().unwrap();
            assert!(!properties.is_empty(), "{id}");
            for (name, property) in properties {
                assert!(
                    !property["description"].as_str().unwrap().is_empty(),
                    "{id} {name}"
                );
                if let Some(words) = property["enum"].as_array() {
                    assert!(words.len() > 1, "{id} {name}: no such type");
                }
            }
        }
    }

    #[test]
    fn what_the_server_writes_is_valid() {
        let stream = StreamConfig {
            name: "S".to_owned(),
            ..StreamConfig::default()
        };
        let consumer = ConsumerConfig::default();
        for (id, config) in [
            ("stream_configuration", serde_json::to_value(stream).unwrap()),
            ("consumer_configuration", serde_json::to_value(consumer).unwrap()),
        ] {
            let schema = known(&format!("io.nats.jetstream.api.v1.{id}")).unwrap();
            assert_eq!(faults(&schema, &config), Vec::<String>::new(), "{config}");
        }
        let schema = known("io.nats.jetstream.api.v1.stream_create_request").unwrap();
        let found = faults(
            &schema,
            &json!({"storage": "tape", "max_msgs": "many", "subjects": [1], "x": 1}),
        );
        assert_eq!(found.len(), 5, "{found:?}");
    }
}
