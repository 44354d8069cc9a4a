//! What servers tell of connections, streams and consumers, each in a plain sentence. Pure.

mod texts;

use std::time::Duration;

use serde_json::Value;

use super::facts::Change;
use crate::tui::widgets::number;
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
    /// A message on one of the subjects that servers tell of events on; none for what is no event.
    pub fn of_message(at: Timestamp, subject: &str, payload: &[u8]) -> Option<Event> {
        let told: Value = serde_json::from_slice(payload).ok()?;
        let (weight, sentence) = of_subject(subject, &told).or_else(|| sentence(&told))?;
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

/// Events that only their subject tells apart: a server that goes, and a client that was not let in, which has the
/// type of one that left.
fn of_subject(subject: &str, told: &Value) -> Option<(Weight, String)> {
    let tokens: Vec<&str> = subject.split('.').collect();
    let server = || name_of(told, &["name", "host", "id"]);
    match tokens.as_slice() {
        ["$SYS", "SERVER", _, "SHUTDOWN"] => Some((Weight::Heavy, texts::shuts_down(&server()))),
        ["$SYS", "SERVER", _, "LAMEDUCK"] => Some((Weight::Heavy, texts::lame_duck(&server()))),
        ["$SYS", .., "CLIENT", "AUTH", "ERR"] => {
            let who = who(&told["client"]);
            let why = reason(told["reason"].as_str().unwrap_or_default());
            Some((Weight::Heavy, texts::not_let_in(&who, &why)))
        }
        _ => None,
    }
}

/// The first of these fields that says anything.
fn name_of(value: &Value, fields: &[&str]) -> String {
    let mut said = fields.iter().filter_map(|field| value[*field].as_str());
    said.find(|text| !text.is_empty()).unwrap_or("–").to_owned()
}

/// What a client is called, by what it says itself or by its user or address.
fn who(client: &Value) -> String {
    name_of(client, &["name", "user", "host"])
}

/// Why a connection ended, in plain words where they are known (`ClosedState` in nats-server's `monitor.go`).
fn reason(told: &str) -> String {
    let words = match told {
        "" => texts::no_reason(),
        "Client Closed" => texts::closed_itself(),
        "Authentication Failure" => texts::wrong_login(),
        "Authentication Timeout" => texts::no_login_in_time(),
        "Authentication Expired" => texts::login_expired(),
        "Credentials Revoked" => texts::login_revoked(),
        "Slow Consumer (Pending Bytes)" | "Slow Consumer (Write Deadline)" => texts::read_too_slowly(),
        "Stale Connection" => texts::answered_no_more(),
        "Kicked" => texts::was_kicked(),
        "Server Shutdown" => texts::server_stopped(),
        "Maximum Connections Exceeded" | "Maximum Account Connections Exceeded" => {
            texts::too_many_connections()
        }
        "Maximum Message Payload Exceeded" => texts::message_too_large(),
        "Maximum Subscriptions Exceeded" => texts::too_many_subscriptions(),
        "TLS Handshake Failure" => texts::tls_failed(),
        "Read Error" | "Write Error" => texts::network_failed(),
        "Parse Error" | "Protocol Violation" => texts::spoke_wrong(),
        _ => told,
    };
    words.to_owned()
}

/// Why a batch was abandoned (`BatchAbandonReason` in nats-server's `jetstream_events.go`).
fn batch_reason(told: &str) -> &str {
    match told {
        "timeout" => texts::batch_timeout(),
        "large" => texts::batch_large(),
        "incomplete" => texts::batch_incomplete(),
        "unsupported" => texts::batch_unsupported(),
        other => other,
    }
}

fn sentence(told: &Value) -> Option<(Weight, String)> {
    use Weight::{Heavy, Light, Plain};
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
    let count = |name: &str| told[name].as_u64().unwrap_or(0);
    let kind = told["type"].as_str()?.rsplit('.').next()?.to_owned();
    let (stream, consumer) = (text("stream"), text("consumer"));
    let client = who(&told["client"]);
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
            Some(true) => (
                Plain,
                texts::paused(&consumer, &stream, &to_the_second(&text("pause_until"))),
            ),
            _ => (Plain, texts::resumed(&consumer, &stream)),
        },
        "max_deliver" => (
            Heavy,
            texts::max_deliver(count("stream_seq"), &stream, count("deliveries"), &consumer),
        ),
        "nak" => (Plain, texts::nak(&consumer, count("stream_seq"), &stream)),
        "terminated" => {
            let reason = match text("reason") {
                reason if reason.is_empty() => texts::no_reason().to_owned(),
                reason => reason,
            };
            (
                Heavy,
                texts::terminated(&consumer, count("stream_seq"), &stream, &reason),
            )
        }
        "consumer_ack" => (
            Light,
            texts::acked(
                &consumer,
                count("stream_seq"),
                &stream,
                &number::latency(Duration::from_nanos(count("ack_time"))),
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
        "stream_batch_abandoned" => (
            Heavy,
            texts::batch_abandoned(&stream, batch_reason(&text("reason"))),
        ),
        "consumer_group_pinned" => (Plain, texts::pinned(&consumer, &stream, &text("group"))),
        "consumer_group_unpinned" => (Plain, texts::unpinned(&consumer, &stream, &text("group"))),
        "server_out_of_space" => (Heavy, texts::out_of_space(&text("server"))),
        "server_removed" => (Heavy, texts::server_removed(&text("server"))),
        "api_limit_reached" => (Heavy, texts::api_limit(count("dropped"))),
        "client_connect" => (Plain, texts::connected(&client, client_account(told))),
        "client_disconnect" => {
            let why = text("reason");
            let is_odd = !matches!(why.as_str(), "Client Closed" | "Server Shutdown" | "");
            (
                if is_odd { Heavy } else { Plain },
                texts::disconnected(&client, client_account(told), &reason(&why)),
            )
        }
        "ocsp_peer_reject" => {
            let whose = name_of(&told["peer"], &["subject"]);
            (Heavy, texts::ocsp_reject(&whose, &text("reason")))
        }
        "ocsp_peer_link_invalid" => {
            let whose = name_of(&told["link"], &["subject"]);
            (Heavy, texts::ocsp_link(&whose, &text("reason")))
        }
        "service_latency" => {
            let (asker, responder) = (who(&told["requestor"]), who(&told["responder"]));
            let total = number::latency(Duration::from_nanos(count("total")));
            match told["status"].as_u64() {
                Some(200) | None => (Light, texts::service_latency(&responder, &asker, &total)),
                Some(status) => (
                    Heavy,
                    texts::service_failed(&asker, status, &text("description"), &total),
                ),
            }
        }
        "account_connections" => (Light, texts::account_connections(&text("acc"), count("conns"))),
        _ => (Plain, texts::other(&kind)),
    })
}

/// A time as servers write it, without the parts of a second.
fn to_the_second(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => time.to_owned(),
    }
}

fn client_account(told: &Value) -> &str {
    told["client"]["acc"].as_str().unwrap_or("–")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::util::language::tests::in_english;

    fn said(kind: &str, mut fields: Value) -> Option<(Weight, String)> {
        fields["type"] = kind.into();
        let event = Event::of_message(Timestamp::ZERO, "$JS.EVENT", fields.to_string().as_bytes())?;
        Some((event.weight, event.sentence))
    }

    /// Every type that nats-server 2.14.5 has, and what is said of it; the fields are those that it sends.
    const KINDS: [(&str, Weight, &str); 29] = {
        use Weight::{Heavy, Light, Plain};
        [
            (
                "io.nats.jetstream.advisory.v1.api_audit",
                Light,
                "app spurte JetStream: $JS.API.INFO.",
            ),
            (
                "io.nats.jetstream.advisory.v1.stream_action",
                Plain,
                "Streamen ORDRE ble laget.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_action",
                Plain,
                "Consumeren lager på ORDRE ble laget.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_pause",
                Plain,
                "Consumeren lager på ORDRE har pause til 2026-11-24T19:00:00Z.",
            ),
            (
                "io.nats.jetstream.advisory.v1.max_deliver",
                Heavy,
                "Melding 7 i ORDRE er levert 5 ganger uten kvittering. Consumeren lager gir den opp.",
            ),
            (
                "io.nats.jetstream.advisory.v1.nak",
                Plain,
                "Consumeren lager avviste melding 7 i ORDRE (nak). Den leveres på nytt.",
            ),
            (
                "io.nats.jetstream.advisory.v1.terminated",
                Heavy,
                "Consumeren lager avsluttet melding 7 i ORDRE (term): ødelagt.",
            ),
            (
                "io.nats.jetstream.metric.v1.consumer_ack",
                Light,
                "Consumeren lager kvitterte melding 7 i ORDRE etter 1.50 ms.",
            ),
            (
                "io.nats.jetstream.advisory.v1.snapshot_create",
                Plain,
                "Sikkerhetskopiering av ORDRE er begynt.",
            ),
            (
                "io.nats.jetstream.advisory.v1.snapshot_complete",
                Plain,
                "Sikkerhetskopien av ORDRE er ferdig.",
            ),
            (
                "io.nats.jetstream.advisory.v1.restore_create",
                Plain,
                "Gjenoppretting av ORDRE er begynt.",
            ),
            (
                "io.nats.jetstream.advisory.v1.restore_complete",
                Plain,
                "ORDRE er gjenopprettet.",
            ),
            (
                "io.nats.jetstream.advisory.v1.domain_leader_elected",
                Plain,
                "oslo leder nå JetStream.",
            ),
            (
                "io.nats.jetstream.advisory.v1.stream_leader_elected",
                Plain,
                "oslo leder nå streamen ORDRE.",
            ),
            (
                "io.nats.jetstream.advisory.v1.stream_quorum_lost",
                Heavy,
                "Streamen ORDRE har mistet flertallet og tar ikke imot meldinger.",
            ),
            (
                "io.nats.jetstream.advisory.v1.stream_batch_abandoned",
                Heavy,
                "En bunke til ORDRE ble oppgitt (ødelagt): ingenting av den er lagret.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_leader_elected",
                Plain,
                "oslo leder nå consumeren lager på ORDRE.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_quorum_lost",
                Heavy,
                "Consumeren lager på ORDRE har mistet flertallet.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_group_pinned",
                Plain,
                "Én klient har fått gruppen q på lager (ORDRE) for seg selv.",
            ),
            (
                "io.nats.jetstream.advisory.v1.consumer_group_unpinned",
                Plain,
                "Gruppen q på lager (ORDRE) er ledig igjen.",
            ),
            (
                "io.nats.jetstream.advisory.v1.server_out_of_space",
                Heavy,
                "oslo har ikke mer plass: JetStream slås av der.",
            ),
            (
                "io.nats.jetstream.advisory.v1.server_removed",
                Heavy,
                "oslo er tatt ut av klyngen.",
            ),
            (
                "io.nats.jetstream.advisory.v1.api_limit_reached",
                Heavy,
                "JetStream får for mange forespørsler: 12 ble kastet.",
            ),
            (
                "io.nats.server.advisory.v1.client_connect",
                Plain,
                "app koblet til (konto A).",
            ),
            (
                "io.nats.server.advisory.v1.client_disconnect",
                Heavy,
                "app koblet fra (konto A): ødelagt.",
            ),
            (
                "io.nats.server.advisory.v1.account_connections",
                Light,
                "Kontoen A har 3 tilkoblinger.",
            ),
            (
                "io.nats.server.advisory.v1.ocsp_peer_reject",
                Heavy,
                "Sertifikatet til CN=a ble avvist (OCSP): ødelagt.",
            ),
            (
                "io.nats.server.advisory.v1.ocsp_peer_link_invalid",
                Heavy,
                "Sertifikatet CN=b i en kjede er ugyldig (OCSP): ødelagt.",
            ),
            (
                "io.nats.server.metric.v1.service_latency",
                Light,
                "lagertjeneste svarte app på 3.00 ms.",
            ),
        ]
    };

    fn everything() -> Value {
        json!({
            "stream": "ORDRE", "consumer": "lager", "group": "q", "stream_seq": 7, "deliveries": 5, "action": "create",
            "leader": "oslo", "server": "oslo", "dropped": 12, "reason": "ødelagt", "subject": "$JS.API.INFO",
            "ack_time": 1_500_000, "paused": true, "pause_until": "2026-11-24T19:00:00.123456789Z", "acc": "A", "conns": 3,
            "client": {"name": "app", "acc": "A", "host": "10.0.0.1"}, "peer": {"subject": "CN=a"},
            "link": {"subject": "CN=b"}, "status": 200, "total": 3_000_000, "requestor": {"name": "app"},
            "responder": {"name": "lagertjeneste"},
        })
    }

    #[test]
    fn every_kind_that_the_server_has_is_a_plain_sentence() {
        for (kind, weight, expected) in KINDS {
            assert_eq!(
                said(kind, everything()),
                Some((weight, expected.to_owned())),
                "{kind}"
            );
            let (_, english) = in_english(|| said(kind, everything())).unwrap();
            assert!(english != expected && english.ends_with('.'), "{english}");
        }
        let (_, unknown) = said("io.nats.jetstream.advisory.v9.noe_nytt", everything()).unwrap();
        assert_eq!(unknown, "Serveren sier fra om «noe_nytt».");
        assert_eq!(Event::of_message(Timestamp::ZERO, "$SYS.x", b"hei"), None);
        assert_eq!(Event::of_message(Timestamp::ZERO, "$SYS.x", b"{}"), None);
    }

    #[test]
    fn what_happened_decides_the_words() {
        let words = |kind: &str, fields: Value| said(&format!("io.nats.x.{kind}"), fields).unwrap().1;
        let deleted = json!({"stream": "ORDRE", "action": "delete"});
        assert_eq!(words("stream_action", deleted), "Streamen ORDRE ble slettet.");
        let changed = json!({"stream": "ORDRE", "consumer": "c", "action": "modify"});
        assert_eq!(
            words("consumer_action", changed),
            "Consumeren c på ORDRE ble endret."
        );
        let resumed = json!({"stream": "ORDRE", "consumer": "c", "paused": false});
        assert_eq!(
            words("consumer_pause", resumed),
            "Consumeren c på ORDRE leverer igjen."
        );
        let silent = json!({"stream": "ORDRE", "consumer": "c", "stream_seq": 1});
        assert!(words("terminated", silent).ends_with("ingen grunn oppgitt."));
        let late = json!({"stream": "ORDRE", "reason": "timeout"});
        assert!(words("stream_batch_abandoned", late).contains("tiden gikk ut"));
        let none = json!({"status": 503, "description": "No Responders", "requestor": {"name": "app"}});
        assert!(words("service_latency", none).starts_with("app fikk ikke noe svar"));
        let slow = json!({"reason": "Slow Consumer (Pending Bytes)", "client": {"user": "kari", "acc": "A"}});
        assert_eq!(
            words("client_disconnect", slow),
            "kari koblet fra (konto A): leste for sakte."
        );
    }

    #[test]
    fn what_only_the_subject_tells_apart() {
        let of = |subject: &str, fields: Value| {
            Event::of_message(Timestamp::ZERO, subject, fields.to_string().as_bytes())
                .unwrap()
                .sentence
        };
        let server = json!({"name": "oslo", "id": "NABC"});
        assert_eq!(
            of("$SYS.SERVER.NABC.SHUTDOWN", server.clone()),
            "Serveren oslo stopper."
        );
        assert!(of("$SYS.SERVER.NABC.LAMEDUCK", server).starts_with("Serveren oslo skal stoppe"));
        let refused = json!({
            "type": "io.nats.server.advisory.v1.client_disconnect", "reason": "Authentication Failure",
            "client": {"user": "kari", "host": "127.0.0.1"}
        });
        for subject in ["$SYS.SERVER.NABC.CLIENT.AUTH.ERR", "$SYS.ACCOUNT.CLIENT.AUTH.ERR"] {
            assert_eq!(
                of(subject, refused.clone()),
                "kari slapp ikke inn: feil innlogging."
            );
        }
    }
}
