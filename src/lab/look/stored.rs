//! What is stored: streams, consumers, keys, objects.

use base64::Engine;
use serde_json::{Value, json};

use super::Eye;
use super::seen::{Seen, fields_of, listed, trouble};
use crate::client::api::ApiError;
use crate::lab::check::Field;
use crate::lab::compare::show;
use crate::lab::{numbers, texts};
use crate::proto::subject;

impl Eye {
    pub(super) async fn stream(
        &self,
        name: &str,
        exists: bool,
        (catches, misses): (&[String], &[String]),
        fields: &[Field],
    ) -> Seen {
        let expected = match exists {
            true => texts::stream(name, &listed(fields)),
            false => texts::no_stream(name),
        };
        match self
            .api
            .request(&format!("STREAM.INFO.{name}"), &Value::Null)
            .await
        {
            Ok(info) if exists => {
                misfit(&info, name, catches, misses).unwrap_or_else(|| fields_of(&info, fields, expected))
            }
            Ok(_) => Seen::of(false, expected, texts::is_stream(name)),
            Err(ApiError::Refused { status: 404, .. }) => Seen::of(!exists, expected, texts::no_stream(name)),
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    pub(super) async fn consumer(&self, stream: &str, name: Option<&str>, fields: &[Field]) -> Seen {
        let which = name.map_or_else(|| texts::any_consumer().to_owned(), texts::consumer);
        let expected = texts::on_stream(&which, stream, &listed(fields));
        let listed = self
            .api
            .list(&format!("CONSUMER.LIST.{stream}"), "consumers", &Value::Null)
            .await;
        let all = match listed {
            Ok(all) => all,
            Err(ApiError::Refused { code: 10059, .. }) => {
                return Seen::of(false, expected, texts::no_stream(stream));
            }
            Err(error) => return Seen::of(false, expected, trouble(&error)),
        };
        let mut looks = all
            .iter()
            .filter(|info| name.is_none_or(|name| info["name"] == *name))
            .map(|info| fields_of(info, fields, expected.clone()));
        let Some(first) = looks.next() else {
            return Seen::of(false, expected, texts::no_consumer(stream));
        };
        match first.passed {
            true => first,
            false => looks.find(|seen| seen.passed).unwrap_or(first),
        }
    }

    pub(super) async fn key(&self, bucket: &str, key: &str, fields: &[Field]) -> Seen {
        let expected = texts::key(key, bucket, &listed(fields));
        match self.key_now(bucket, key).await {
            Ok(Some(found)) => fields_of(&found, fields, expected),
            Ok(None) => Seen::of(false, expected, texts::no_key(key)),
            Err(ApiError::Refused { code: 10059, .. }) => Seen::of(false, expected, texts::no_bucket(bucket)),
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    async fn key_now(&self, bucket: &str, key: &str) -> Result<Option<Value>, ApiError> {
        let stream = format!("KV_{bucket}");
        let subject = format!("$KV.{bucket}.{key}");
        let ask = json!({"last_by_subj": subject});
        let answer = match self.api.request(&format!("STREAM.MSG.GET.{stream}"), &ask).await {
            Ok(answer) => answer,
            Err(ApiError::Refused { code: 10037, .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let message = &answer["message"];
        let headers = numbers::text(&message["hdrs"]);
        let operation = headers
            .lines()
            .find_map(|line| line.strip_prefix("KV-Operation: "))
            .unwrap_or("PUT");
        Ok(Some(json!({
            "value": numbers::text(&message["data"]),
            "revision": message["seq"],
            "operation": operation,
            "history": numbers::reduce(&self.api, "count", &stream, &subject).await?,
        })))
    }

    pub(super) async fn same_keys(&self, bucket: &str, from: &str, to: &str) -> Seen {
        let expected = texts::same_keys(to, from);
        let ask = json!({"subjects_filter": format!("$KV.{bucket}.{from}.>")});
        let info = match self.api.request(&format!("STREAM.INFO.KV_{bucket}"), &ask).await {
            Ok(info) => info,
            Err(ApiError::Refused { code: 10059, .. }) => {
                return Seen::of(false, expected, texts::no_bucket(bucket));
            }
            Err(error) => return Seen::of(false, expected, trouble(&error)),
        };
        let subjects = info["state"]["subjects"].as_object().cloned().unwrap_or_default();
        let prefix = format!("$KV.{bucket}.{from}.");
        for subject in subjects.keys() {
            let name = subject.strip_prefix(&prefix).unwrap_or(subject);
            let value = |found: Result<Option<Value>, ApiError>| {
                found
                    .ok()
                    .flatten()
                    .map_or(Value::Null, |found| found["value"].clone())
            };
            let wanted = value(self.key_now(bucket, &format!("{from}.{name}")).await);
            let actual = value(self.key_now(bucket, &format!("{to}.{name}")).await);
            if wanted != actual {
                let (from, to) = (format!("{from}.{name}"), format!("{to}.{name}"));
                let seen = texts::other_key(&from, &show(&wanted), &to, &show(&actual));
                return Seen::of(false, expected, seen);
            }
        }
        Seen::of(!subjects.is_empty(), expected, texts::equal_keys(subjects.len()))
    }

    pub(super) async fn object(&self, bucket: &str, name: &str, fields: &[Field]) -> Seen {
        let expected = texts::object(name, bucket, &listed(fields));
        match self.object_meta(bucket, name).await {
            Ok(Some(meta)) => fields_of(&meta, fields, expected),
            Ok(None) => Seen::of(false, expected, texts::no_object(name)),
            Err(ApiError::Refused { code: 10059, .. }) => Seen::of(false, expected, texts::no_bucket(bucket)),
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    /// What a bucket says of an object; none when it has none of that name.
    pub(super) async fn object_meta(&self, bucket: &str, name: &str) -> Result<Option<Value>, ApiError> {
        let encoded = base64::engine::general_purpose::URL_SAFE.encode(name);
        let ask = json!({"last_by_subj": format!("$O.{bucket}.M.{encoded}")});
        let stream = format!("STREAM.MSG.GET.OBJ_{bucket}");
        match self.api.request(&stream, &ask).await {
            Ok(answer) => {
                let meta: Value =
                    serde_json::from_str(&numbers::text(&answer["message"]["data"])).unwrap_or_default();
                Ok(Some(meta).filter(|meta| meta["deleted"] != true))
            }
            Err(ApiError::Refused { code: 10037, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// What the stream catches or misses against the wish.
fn misfit(info: &Value, name: &str, catches: &[String], misses: &[String]) -> Option<Seen> {
    let patterns: Vec<&str> = info["config"]["subjects"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let hits = |wanted: &&String| {
        patterns
            .iter()
            .any(|pattern| subject::matches(pattern.as_bytes(), wanted.as_bytes()))
    };
    let seen = || texts::has_subjects(&show(&info["config"]["subjects"]));
    if !catches.iter().all(|wanted| hits(&wanted)) {
        return Some(Seen::of(
            false,
            texts::stream_catching(name, &catches.join(", ")),
            seen(),
        ));
    }
    let caught = misses.iter().find(hits)?;
    Some(Seen::of(false, texts::stream_missing(name, caught), seen()))
}
