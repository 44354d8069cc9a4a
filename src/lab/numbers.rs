//! What the messages of a stream come to: counts, sums, averages.

use base64::Engine;
use serde_json::{Value, json};

use crate::client::api::{Api, ApiError};

/// Most messages that are read for one value.
const MESSAGES_MAX: usize = 2_000;

/// Reduces the messages on `filter` to one value: `count`, `sum`, `avg`, `min`, `max`, `distinct` (subjects).
/// Messages that are no numbers count, but add nothing.
pub async fn reduce(api: &Api, how: &str, stream: &str, filter: &str) -> Result<f64, ApiError> {
    if matches!(how, "count" | "distinct") {
        let info = api
            .request(
                &format!("STREAM.INFO.{stream}"),
                &json!({"subjects_filter": filter}),
            )
            .await?;
        let counts = info["state"]["subjects"].as_object().cloned().unwrap_or_default();
        return Ok(match how {
            "count" => counts.values().filter_map(Value::as_f64).sum(),
            _ => counts.len() as f64,
        });
    }
    let numbers = numbers(api, stream, filter).await?;
    let sum: f64 = numbers.iter().sum();
    Ok(match how {
        "avg" if numbers.is_empty() => 0.0,
        "avg" => sum / numbers.len() as f64,
        "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        _ => sum,
    })
}

async fn numbers(api: &Api, stream: &str, filter: &str) -> Result<Vec<f64>, ApiError> {
    let mut numbers = Vec::new();
    let mut next = 1;
    for _ in 0..MESSAGES_MAX {
        let ask = json!({"seq": next, "next_by_subj": filter});
        let message = match api.request(&format!("STREAM.MSG.GET.{stream}"), &ask).await {
            Ok(answer) => answer,
            Err(ApiError::Refused { status: 404, .. }) => break,
            Err(error) => return Err(error),
        };
        next = message["message"]["seq"].as_u64().unwrap_or(next) + 1;
        numbers.extend(text(&message["message"]["data"]).trim().parse::<f64>());
    }
    Ok(numbers)
}

/// The text of what the API gives in base64.
pub fn text(data: &Value) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(data.as_str().unwrap_or_default());
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}
