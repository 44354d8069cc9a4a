//! What this broker has beyond the original: dead letters, a clock to turn, and reasons.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::{self, stream};
use futures_util::{StreamExt, TryStreamExt};
use goingnats::broker::{Decision, Hold};

use super::with_server;

const HOUR: Duration = Duration::from_secs(3600);

async fn work(js: &jetstream::Context, metadata: &[(&str, &str)]) -> (stream::Stream, PullConsumer) {
    for (name, retention) in [
        ("WORK", stream::RetentionPolicy::WorkQueue),
        ("DEAD", stream::RetentionPolicy::Limits),
    ] {
        let config = stream::Config {
            name: name.to_owned(),
            subjects: vec![format!("{}.>", name.to_lowercase())],
            retention,
            ..Default::default()
        };
        js.create_stream(config).await.unwrap();
    }
    let stream = js.get_stream("WORK").await.unwrap();
    let config = pull::Config {
        durable_name: Some("worker".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: HOUR,
        max_deliver: 2,
        metadata: metadata
            .iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect(),
        ..Default::default()
    };
    let consumer = stream.create_consumer(config).await.unwrap();
    js.publish("work.one", "task".into())
        .await
        .unwrap()
        .await
        .unwrap();
    (stream, consumer)
}

async fn fetch(consumer: &PullConsumer) -> Vec<jetstream::Message> {
    let batch = consumer.batch().max_messages(1).expires(Duration::from_secs(20));
    batch.messages().await.unwrap().try_collect().await.unwrap()
}

#[test]
fn a_message_nobody_acknowledges_becomes_a_dead_letter_within_two_turns_of_the_clock() {
    with_server(|server, client| async move {
        let broker = server.handle().unwrap();
        let js = jetstream::new(client.clone());
        let mut letters = client.subscribe("dead.>").await.unwrap();
        let (mut stream, consumer) = work(&js, &[("dead_letter_stream", "DEAD")]).await;
        let explain = || broker.explain_delivery("$G", "WORK", "worker", 1).unwrap();

        let hold = Some(Hold::NoPull);
        assert_eq!(explain(), Decision::Waits { ahead: 0, hold });
        for deliveries in 1..=2 {
            let message = fetch(&consumer).await.remove(0);
            assert_eq!(message.info().unwrap().delivered, deliveries);
            assert!(matches!(explain(), Decision::AwaitsAck { deliveries: n, .. } if n == deliveries as u64));
            broker.turn_clock(HOUR);
        }
        let letter = letters.next().await.unwrap();
        assert_eq!(
            (letter.subject.as_str(), &letter.payload[..]),
            ("dead.WORK.worker", &b"task"[..])
        );
        let headers = letter.headers.unwrap();
        for (key, value) in [
            ("Subject", "work.one"),
            ("Sequence", "1"),
            ("Reason", "max_deliver"),
            ("Deliveries", "2"),
        ] {
            let said = headers.get(format!("Nats-Dead-Letter-{key}").as_str());
            assert_eq!(said.unwrap().as_str(), value, "{key}");
        }
        let dead = js.get_stream("DEAD").await.unwrap();
        assert_eq!(dead.get_info().await.unwrap().state.messages, 1);
        while stream.info().await.unwrap().state.messages > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(explain(), Decision::Gone);
    });
}
