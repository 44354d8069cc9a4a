//! What an account is told that has no JetStream on a server that has.

use serde::Serialize;

use crate::proto::api::ApiError;
use crate::proto::api::error::NOT_ENABLED_FOR_ACCOUNT;

/// The subjects on which such an account is answered.
pub const API_SUBJECTS: &str = "$JS.API.>";

#[derive(Serialize)]
struct Answer {
    r#type: String,
    error: ApiError,
}

/// The answer to a request of the API; none where nobody answers, as for pulls and direct gets.
pub fn answer(subject: &str) -> Option<Vec<u8>> {
    let tokens: Vec<&str> = subject.strip_prefix("$JS.API.")?.split('.').collect();
    let name = match tokens[..] {
        ["INFO"] => "account_info".to_owned(),
        ["CONSUMER", "MSG", ..] => return None,
        ["CONSUMER", "DURABLE", "CREATE", ..] => "consumer_create".to_owned(),
        ["STREAM", "MSG", verb, _] => format!("stream_msg_{}", verb.to_ascii_lowercase()),
        ["STREAM" | "CONSUMER", _, ..] => format!("{}_{}", tokens[0], tokens[1]).to_ascii_lowercase(),
        _ => return None,
    };
    let answer = Answer {
        r#type: format!("io.nats.jetstream.api.v1.{name}_response"),
        error: NOT_ENABLED_FOR_ACCOUNT.err(),
    };
    serde_json::to_vec(&answer).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_named_after_their_requests() {
        let name = |subject: &str| {
            let answer: serde_json::Value = serde_json::from_slice(&answer(subject)?).ok()?;
            Some(answer["type"].as_str()?.rsplit('.').next()?.to_owned())
        };
        for (subject, expected) in [
            ("$JS.API.INFO", Some("account_info_response")),
            ("$JS.API.STREAM.CREATE.S", Some("stream_create_response")),
            ("$JS.API.STREAM.MSG.GET.S", Some("stream_msg_get_response")),
            ("$JS.API.CONSUMER.CREATE.S.C", Some("consumer_create_response")),
            ("$JS.API.CONSUMER.MSG.NEXT.S.C", None),
            ("$JS.API.DIRECT.GET.S", None),
        ] {
            assert_eq!(name(subject).as_deref(), expected, "{subject}");
        }
    }
}
