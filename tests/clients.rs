//! The official Rust client against the broker: what it does in the talk, and what people do next.

mod imports;
mod kv;
mod objects;
mod stage;

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull, push};
use async_nats::jetstream::{self, AckKind, stream};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};

use crate::support::server::Server;

const WITH_JETSTREAM: &str = "jetstream: enabled";
/// Longer than anything takes; only a failure waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

fn with_client<F: Future<Output = ()>>(talk: impl FnOnce(Client) -> F) {
    with_server(|_, client| talk(client));
}

fn with_server<F: Future<Output = ()>>(talk: impl FnOnce(Arc<Server>, Client) -> F) {
    let server = Arc::new(Server::ours(WITH_JETSTREAM));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let client = async_nats::connect(server.url()).await.unwrap();
        tokio::time::timeout(PATIENCE, talk(server.clone(), client))
            .await
            .unwrap();
    });
}

async fn sensors(client: &Client) -> (jetstream::Context, stream::Stream) {
    let js = jetstream::new(client.clone());
    let config = stream::Config {
        name: "SENSORS".to_owned(),
        subjects: vec!["sensors.>".to_owned()],
        storage: stream::StorageType::Memory,
        ..Default::default()
    };
    let stream = js.create_stream(config).await.unwrap();
    for n in 1..=30 {
        let subject = format!("sensors.{}", ["temp", "co2", "humidity"][n % 3]);
        let ack = js
            .publish(subject, n.to_string().into())
            .await
            .unwrap()
            .await
            .unwrap();
        assert_eq!((ack.sequence, ack.duplicate), (n as u64, false));
    }
    (js, stream)
}

fn numbers(messages: &[jetstream::Message]) -> Vec<u64> {
    messages
        .iter()
        .map(|m| std::str::from_utf8(&m.payload).unwrap().parse().unwrap())
        .collect()
}

#[test]
fn core_messages_requests_and_groups() {
    with_client(|client| async move {
        let mut all = client.subscribe("hello.>").await.unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("Sted", "Hamar");
        client
            .publish_with_headers("hello.meetup.hamar", headers, "Tjenare!".into())
            .await
            .unwrap();
        let message = all.next().await.unwrap();
        assert_eq!(message.subject.as_str(), "hello.meetup.hamar");
        assert_eq!(message.headers.unwrap().get("Sted").unwrap().as_str(), "Hamar");

        let nobody = client.request("nobody", Bytes::new()).await.unwrap_err();
        assert_eq!(nobody.kind(), async_nats::RequestErrorKind::NoResponders);

        let mut members = Vec::new();
        for member in 0..3 {
            let subscriber = client.queue_subscribe("work", "group".to_owned()).await.unwrap();
            members.push(subscriber.map(move |_| member));
        }
        for n in 0..300 {
            client.publish("work", n.to_string().into()).await.unwrap();
        }
        let mut shares = [0; 3];
        let mut work = futures_util::stream::select_all(members).take(300);
        while let Some(member) = work.next().await {
            shares[member] += 1;
        }
        assert!(shares.iter().all(|share| *share > 50), "{shares:?}");
    });
}

#[test]
fn a_durable_pull_consumer_gets_back_what_it_does_not_acknowledge() {
    with_client(|client| async move {
        let (_, stream) = sensors(&client).await;
        let config = pull::Config {
            durable_name: Some("worker".to_owned()),
            filter_subject: "sensors.temp".to_owned(),
            ack_policy: AckPolicy::Explicit,
            ..Default::default()
        };
        let mut consumer = stream.create_consumer(config).await.unwrap();
        let batch: Vec<_> = consumer
            .fetch()
            .max_messages(4)
            .messages()
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(numbers(&batch), [3, 6, 9, 12]);
        batch[0].double_ack().await.unwrap();
        batch[1].ack_with(AckKind::Nak(None)).await.unwrap();
        batch[2].ack_with(AckKind::Term).await.unwrap();
        batch[3].double_ack().await.unwrap();

        let rest: Vec<_> = consumer
            .fetch()
            .max_messages(20)
            .messages()
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert_eq!(numbers(&rest), [6, 15, 18, 21, 24, 27, 30]);
        assert_eq!(rest[0].info().unwrap().delivered, 2);
        for message in &rest {
            message.double_ack().await.unwrap();
        }
        let info = consumer.info().await.unwrap();
        assert_eq!(
            (info.num_pending, info.num_ack_pending, info.num_redelivered),
            (0, 0, 0)
        );
        assert_eq!(info.ack_floor.stream_sequence, 30);
    });
}

#[test]
fn a_push_consumer_delivers_to_its_subject() {
    with_client(|client| async move {
        let (js, stream) = sensors(&client).await;
        let config = push::Config {
            deliver_subject: client.new_inbox(),
            filter_subject: "sensors.co2".to_owned(),
            ack_policy: AckPolicy::Explicit,
            ..Default::default()
        };
        let consumer = stream.create_consumer(config).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        let mut received = Vec::new();
        while received.len() < 10 {
            let message = messages.next().await.unwrap().unwrap();
            message.ack().await.unwrap();
            received.push(message);
        }
        assert_eq!(numbers(&received), (1..=28).step_by(3).collect::<Vec<_>>());
        js.publish("sensors.co2", "31".into())
            .await
            .unwrap()
            .await
            .unwrap();
        assert_eq!(numbers(&[messages.next().await.unwrap().unwrap()]), [31]);
    });
}

#[test]
fn an_ordered_consumer_starts_over_when_its_own_vanishes() {
    with_client(|client| async move {
        let (js, stream) = sensors(&client).await;
        let config = pull::OrderedConfig {
            deliver_policy: DeliverPolicy::All,
            ..Default::default()
        };
        let mut messages = stream
            .create_consumer(config)
            .await
            .unwrap()
            .messages()
            .await
            .unwrap();
        for wanted in 1..=30 {
            assert_eq!(numbers(&[messages.next().await.unwrap().unwrap()]), [wanted]);
        }
        let names: Vec<String> = stream.consumer_names().try_collect().await.unwrap();
        stream.delete_consumer(&names[0]).await.unwrap();
        js.publish("sensors.temp", "31".into())
            .await
            .unwrap()
            .await
            .unwrap();
        assert_eq!(numbers(&[messages.next().await.unwrap().unwrap()]), [31]);
    });
}

#[test]
fn a_stream_keeps_what_its_limits_allow() {
    with_client(|client| async move {
        let (js, mut stream) = sensors(&client).await;
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", "once");
        for duplicate in [false, true] {
            let ack = js
                .publish_with_headers("sensors.temp", headers.clone(), "31".into())
                .await
                .unwrap()
                .await
                .unwrap();
            assert_eq!((ack.sequence, ack.duplicate), (31, duplicate));
        }
        stream.purge().filter("sensors.temp").await.unwrap();
        assert!(stream.delete_message(1).await.unwrap());
        let info = stream.info().await.unwrap();
        assert_eq!(
            (
                info.state.messages,
                info.state.first_sequence,
                info.state.last_sequence
            ),
            (19, 2, 31)
        );

        let config = stream::Config {
            max_messages: 5,
            ..info.config.clone()
        };
        js.update_stream(config).await.unwrap();
        assert_eq!(stream.info().await.unwrap().state.messages, 5);
        js.delete_stream("SENSORS").await.unwrap();
        assert!(js.get_stream("SENSORS").await.is_err());
    });
}
