//! What is stored: streams, consumers, keys, objects.

use base64::Engine;
use serde_json::{Value, json};

use super::Eye;
use super::seen::{Seen, fields_of, listed, trouble};
use crate::client::api::ApiError;
use crate::lab::check::Field;
use crate::lab::compare::show;
use crate::lab::numbers;

impl Eye {
    pub(super) async fn stream(&self, name: &str, exists: bool, fields: &[Field]) -> Seen {
        let expected = match exists {
            true => format!("streamen {name}{}", listed(fields)),
            false => format!("ingen stream {name}"),
        };
        match self
            .api
            .request(&format!("STREAM.INFO.{name}"), &Value::Null)
            .await
        {
            Ok(info) if exists => fields_of(&info, fields, expected),
            Ok(_) => Seen::of(false, expected, format!("streamen {name} finnes")),
            Err(ApiError::Refused { status: 404, .. }) => {
                Seen::of(!exists, expected, format!("ingen stream {name}"))
            }
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }

    pub(super) async fn consumer(&self, stream: &str, name: Option<&str>, fields: &[Field]) -> Seen {
        let which = name.map_or("en consumer".to_owned(), |name| format!("consumeren {name}"));
        let expected = format!("{which} på {stream}{}", listed(fields));
        let listed = self
            .api
            .list(&format!("CONSUMER.LIST.{stream}"), "consumers", &Value::Null)
            .await;
        let all = match listed {
            Ok(all) => all,
            Err(error) => return Seen::of(false, expected, trouble(&error)),
        };
        let mut looks = all
            .iter()
            .filter(|info| name.is_none_or(|name| info["name"] == *name))
            .map(|info| fields_of(info, fields, expected.clone()));
        let Some(first) = looks.next() else {
            return Seen::of(false, expected, format!("ingen slik consumer på {stream}"));
        };
        match first.passed {
            true => first,
            false => looks.find(|seen| seen.passed).unwrap_or(first),
        }
    }

    pub(super) async fn key(&self, bucket: &str, key: &str, fields: &[Field]) -> Seen {
        let expected = format!("nøkkelen {key} i {bucket}{}", listed(fields));
        match self.key_now(bucket, key).await {
            Ok(Some(found)) => fields_of(&found, fields, expected),
            Ok(None) => Seen::of(false, expected, format!("ingen nøkkel {key}")),
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
        let expected = format!("det som står under {to}. er likt det under {from}.");
        let ask = json!({"subjects_filter": format!("$KV.{bucket}.{from}.>")});
        let info = match self.api.request(&format!("STREAM.INFO.KV_{bucket}"), &ask).await {
            Ok(info) => info,
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
                let seen = format!(
                    "{from}.{name} = {}, men {to}.{name} = {}",
                    show(&wanted),
                    show(&actual)
                );
                return Seen::of(false, expected, seen);
            }
        }
        Seen::of(
            !subjects.is_empty(),
            expected,
            format!("{} nøkler er like", subjects.len()),
        )
    }

    pub(super) async fn object(&self, bucket: &str, name: &str, fields: &[Field]) -> Seen {
        let expected = format!("objektet {name} i {bucket}{}", listed(fields));
        let encoded = base64::engine::general_purpose::URL_SAFE.encode(name);
        let ask = json!({"last_by_subj": format!("$O.{bucket}.M.{encoded}")});
        match self
            .api
            .request(&format!("STREAM.MSG.GET.OBJ_{bucket}"), &ask)
            .await
        {
            Ok(answer) => {
                let meta = serde_json::from_str(&numbers::text(&answer["message"]["data"]));
                fields_of(&meta.unwrap_or_default(), fields, expected)
            }
            Err(error) => Seen::of(false, expected, trouble(&error)),
        }
    }
}
