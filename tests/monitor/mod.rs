//! Those who watch: HTTP, and the system account, by the names and rules that nats-server's tools
//! rely on.

pub mod http;
mod keys;
mod parity;
mod system;

use std::collections::BTreeSet;

use serde_json::Value;

/// Every key in a JSON value, with dots for nesting.
fn keys(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, "", &mut found);
    found
}

fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}.{name}");
                collect(value, &path, found);
                found.insert(path.trim_start_matches('.').to_owned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, path, found)),
        _ => {}
    }
}
