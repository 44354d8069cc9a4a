//! What servers tell of connections, streams and consumers, each in a plain sentence. Pure.

use serde_json::Value;

use super::facts::Change;
use super::texts;
use crate::util::time::Timestamp;

/// How much it should catch the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It happens all the time.
    Light,
    /// Worth knowing.
    Plain,
    /// Somebody should look.
    Heavy,
}

/// An event in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// When it was told.
    pub at: Timestamp,
    /// How much it should catch the eye.
    pub weight: Weight,
    /// What happened.
    pub sentence: String,
    /// As it was told; empty for what was only seen.
    pub raw: String,
}

impl Event {
    /// A message of `$JS.EVENT.>` or `$SYS.>`; none for what is no event.
    pub fn of_message(at: Timestamp, payload: &[u8]) -> Option<Event> {
        let told: Value = serde_json::from_slice(payload).ok()?;
        let (weight, sentence) = sentence(&told)?;
        Some(Event {
            at,
            weight,
            sentence,
            raw: serde_json::to_string_pretty(&told).unwrap_or_default(),
        })
    }

    /// A connection that came or went.
    pub fn of_change(at: Timestamp, change: &Change) -> Event {
        let sentence = match change {
            Change::Came(c) => texts::came(c.cid, &c.label(), &c.account),
            Change::Went(c) => texts::went(c.cid, &c.label()),
        };
        Event {
            at,
            weight: Weight::Plain,
            sentence,
            raw: String::new(),
        }
    }
}

fn sentence(told: &Value) -> Option<(Weight, String)> {
    use Weight::{Heavy, Light, Plain};
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| told[name].as_u64().unwrap_or(0);
    let kind = told["type"].as_str()?.rsplit('.').next()?.to_owned();
    let (stream, consumer) = (text("stream"), text("consumer"));
    let client = {
        let client = &told["client"];
        let field = |name: &str| client[name].as_str().filter(|text| !text.is_empty());
        let who = field("name").or(field("user")).or(field("host"));
        who.unwrap_or("–").to_owned()
    };
    let action = |created, deleted, changed| match told["action"].as_str() {
        Some("create") => created,
        Some("delete") => deleted,
        _ => changed,
    };
    Some(match kind.as_str() {
        "api_audit" => (Light, texts::audit(&client, &text("subject"))),
        "stream_action" => {
            let verb = action(texts::created(), texts::deleted(), texts::changed());
            (Plain, texts::stream_action(&stream, verb))
        }
        "consumer_action" => {
            let verb = action(texts::created(), texts::deleted(), texts::changed());
            (Plain, texts::consumer_action(&consumer, &stream, verb))
        }
        "consumer_pause" => match told["paused"].as_bool() {
            Some(true) => (Plain, texts::paused(&consumer, &stream, &text("pause_until"))),
            _ => (Plain, texts::resumed(&consumer, &stream)),
        },
        "max_deliver" => (
            Heavy,
            texts::max_deliver(number("stream_seq"), &stream, number("deliveries"), &consumer),
        ),
        "nak" => (Plain, texts::nak(&consumer, number("stream_seq"), &stream)),
        "terminated" => {
            let reason = match text("reason") {
                reason if reason.is_empty() => texts::no_reason().to_owned(),
                reason => reason,
            };
            (
                Heavy,
                texts::terminated(&consumer, number("stream_seq"), &stream, &reason),
            )
        }
        "consumer_ack" => (
            Light,
            texts::acked(
                &consumer,
                number("stream_seq"),
                &stream,
                number("ack_time") / 1_000,
            ),
        ),
        "snapshot_create" => (Plain, texts::snapshot_begun(&stream)),
        "snapshot_complete" => (Plain, texts::snapshot_done(&stream)),
        "restore_create" => (Plain, texts::restore_begun(&stream)),
        "restore_complete" => (Plain, texts::restore_done(&stream)),
        "stream_leader_elected" => (Plain, texts::stream_leader(&stream, &text("leader"))),
        "consumer_leader_elected" => (Plain, texts::consumer_leader(&consumer, &stream, &text("leader"))),
        "domain_leader_elected" => (Plain, texts::domain_leader(&text("leader"))),
        "stream_quorum_lost" => (Heavy, texts::stream_quorum(&stream)),
        "consumer_quorum_lost" => (Heavy, texts::consumer_quorum(&consumer, &stream)),
        "stream_batch_abandoned" => (Heavy, texts::batch_abandoned(&stream, &text("reason"))),
        "consumer_group_pinned" => (Plain, texts::pinned(&consumer, &stream, &text("group"))),
        "consumer_group_unpinned" => (Plain, texts::unpinned(&consumer, &stream, &text("group"))),
        "server_out_of_space" => (Heavy, texts::out_of_space(&text("server"))),
        "server_removed" => (Heavy, texts::server_removed(&text("server"))),
        "api_limit_reached" => (Heavy, texts::api_limit(number("dropped"))),
        "client_connect" => (Plain, texts::connected(&client, client_account(told))),
        "client_disconnect" => {
            let reason = text("reason");
            let is_odd = !matches!(reason.as_str(), "Client Closed" | "");
            (
                if is_odd { Heavy } else { Plain },
                texts::disconnected(&client, client_account(told), &reason),
            )
        }
        "ocsp_peer_reject" | "ocsp_peer_link_invalid" => (Heavy, texts::ocsp_text().to_owned()),
        "account_connections" => (Light, texts::account_connections(&text("acc"), number("conns"))),
        _ => (Plain, texts::other(&kind)),
    })
}

fn client_account(told: &Value) -> &str {
    told["client"]["acc"].as_str().unwrap_or("–")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::util::language::tests::in_english;

    fn said(kind: &str, mut fields: Value) -> Option<String> {
        fields["type"] = format!("io.nats.jetstream.advisory.v1.{kind}").into();
        let event = Event::of_message(Timestamp::ZERO, fields.to_string().as_bytes())?;
        Some(event.sentence)
    }

    #[test]
    fn each_kind_has_a_sentence() {
        let fields = json!({"stream": "ORDERS", "consumer": "lager", "stream_seq": 7, "deliveries": 5, "action": "create"});
        for (kind, expected) in [
            ("stream_action", "Streamen ORDERS ble laget."),
            ("consumer_action", "Consumeren lager på ORDERS ble laget."),
            (
                "max_deliver",
                "Melding 7 i ORDERS er levert 5 ganger uten kvittering. Consumeren lager gir den opp.",
            ),
            (
                "terminated",
                "Consumeren lager avsluttet melding 7 i ORDERS (term): ingen grunn oppgitt.",
            ),
            ("noe_nytt", "Serveren sier fra om «noe_nytt»."),
        ] {
            assert_eq!(said(kind, fields.clone()).as_deref(), Some(expected));
        }
        let english = in_english(|| said("stream_action", fields.clone()));
        assert_eq!(english.as_deref(), Some("The stream ORDERS was made."));
        assert_eq!(Event::of_message(Timestamp::ZERO, b"hei"), None);
        assert_eq!(Event::of_message(Timestamp::ZERO, b"{}"), None);
    }
}
