//! async-nats against our broker: what a client library expects of a server.

use std::time::Duration;

use async_nats::jetstream::{self, consumer, stream};
use async_nats::{Client, ConnectOptions, HeaderMap, RequestErrorKind};
use futures_util::StreamExt;

use crate::support::raw::PATIENCE;
use crate::support::server::Server;

async fn connect(server: &Server) -> Client {
    ConnectOptions::new().connect(server.url()).await.unwrap()
}

#[track_caller]
fn soon<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        let outcome = tokio::time::timeout(PATIENCE, future).await;
        outcome.unwrap_or_else(|_| panic!("{caller} took too long"))
    }
}

/// Waits until the server has dealt with everything the client said; its flush only empties a buffer.
async fn sync(client: &Client) {
    let nobody = soon(client.request("nowhere", "".into())).await.unwrap_err();
    assert_eq!(nobody.kind(), RequestErrorKind::NoResponders);
}

#[tokio::test]
async fn publish_subscribe_and_headers() {
    let server = Server::ours("");
    let (a, b) = (connect(&server).await, connect(&server).await);
    let mut wild = b.subscribe("orders.*").await.unwrap();
    let mut once = b.subscribe("orders.>").await.unwrap();
    once.unsubscribe_after(1).await.unwrap();
    sync(&b).await;
    let mut headers = HeaderMap::new();
    headers.insert("Kind", "test");
    a.publish_with_headers("orders.eu", headers, "one".into())
        .await
        .unwrap();
    a.publish("orders.us", "two".into()).await.unwrap();
    let first = soon(wild.next()).await.unwrap();
    assert_eq!(
        (first.subject.as_str(), &first.payload[..]),
        ("orders.eu", &b"one"[..])
    );
    assert_eq!(first.headers.unwrap().get("Kind").unwrap().as_str(), "test");
    assert_eq!(soon(wild.next()).await.unwrap().payload, "two");
    assert_eq!(soon(once.next()).await.unwrap().payload, "one");
    assert!(soon(once.next()).await.is_none());
    assert!(a.server_info().server_name.starts_with("goingnats"));
}

#[tokio::test]
async fn requests_queues_and_nobody() {
    let server = Server::ours("");
    let (a, b) = (connect(&server).await, connect(&server).await);
    let mut workers: Vec<_> = Vec::new();
    for _ in 0..2 {
        workers.push(b.queue_subscribe("work", "crew".into()).await.unwrap());
    }
    sync(&b).await;
    let answering = tokio::spawn(async move {
        let mut all = futures_util::stream::select_all(workers);
        while let Some(request) = all.next().await {
            b.publish(request.reply.unwrap(), request.payload).await.unwrap();
        }
    });
    for n in 0..100 {
        let answer = soon(a.request("work", n.to_string().into())).await.unwrap();
        assert_eq!(answer.payload, n.to_string());
    }
    sync(&a).await;
    answering.abort();
}

#[tokio::test]
async fn a_login_decides_the_account() {
    let server = Server::ours(
        "accounts { X { users: [ {user: x, password: x} ] }, Y { users: [ {user: y, password: y} ] } }",
    );
    let options = |user: &str| ConnectOptions::with_user_and_password(user.into(), user.into());
    let x = options("x").connect(server.url()).await.unwrap();
    let y = options("y").connect(server.url()).await.unwrap();
    let mut hears = x.subscribe("foo").await.unwrap();
    sync(&x).await;
    y.publish("foo", "of Y".into()).await.unwrap();
    sync(&y).await;
    x.publish("foo", "of X".into()).await.unwrap();
    assert_eq!(soon(hears.next()).await.unwrap().payload, "of X");
    let wrong = ConnectOptions::with_user_and_password("x".into(), "y".into());
    assert!(wrong.connect(server.url()).await.is_err());
}

#[tokio::test]
async fn a_stream_with_all_kinds_of_consumers() {
    let server = Server::ours("jetstream { store_dir: STORE }");
    let context = jetstream::new(connect(&server).await);
    let config = stream::Config {
        name: "SENSORS".into(),
        subjects: vec!["sensors.*".into()],
        storage: stream::StorageType::Memory,
        ..stream::Config::default()
    };
    let mut sensors = context.create_stream(config).await.unwrap();
    for n in 0..100u64 {
        let ack = context
            .publish(format!("sensors.{}", n % 3), n.to_string().into())
            .await
            .unwrap();
        assert_eq!(soon(ack.into_future()).await.unwrap().sequence, n + 1);
    }
    assert_eq!(sensors.info().await.unwrap().state.messages, 100);

    let pull = consumer::pull::Config {
        durable_name: Some("pull".into()),
        filter_subject: "sensors.1".into(),
        ..Default::default()
    };
    let pull = sensors.create_consumer(pull).await.unwrap();
    let mut messages = pull.messages().await.unwrap();
    for n in (1..100).step_by(3) {
        let message = soon(messages.next()).await.unwrap().unwrap();
        assert_eq!(message.payload, n.to_string());
        soon(message.double_ack()).await.unwrap();
    }
    drop(messages);

    let ordered = consumer::push::OrderedConfig {
        deliver_subject: context.client().new_inbox(),
        ..Default::default()
    };
    let ordered = sensors.create_consumer(ordered).await.unwrap();
    let mut messages = ordered.messages().await.unwrap();
    for n in 0..100 {
        assert_eq!(
            soon(messages.next()).await.unwrap().unwrap().payload,
            n.to_string()
        );
    }
    let info = sensors.consumer_info("pull").await.unwrap();
    assert_eq!(
        (
            info.num_pending,
            info.num_ack_pending,
            info.ack_floor.stream_sequence
        ),
        (0, 0, 98)
    );
}

#[tokio::test]
async fn unacknowledged_messages_come_again_by_themselves() {
    let server = Server::ours("jetstream { store_dir: STORE }");
    let context = jetstream::new(connect(&server).await);
    let config = stream::Config {
        name: "S".into(),
        storage: stream::StorageType::Memory,
        ..stream::Config::default()
    };
    let stream = context.create_stream(config).await.unwrap();
    context.publish("S", "again".into()).await.unwrap().await.unwrap();
    let config = consumer::pull::Config {
        ack_wait: Duration::from_millis(100),
        ..Default::default()
    };
    let mut messages = stream
        .create_consumer(config)
        .await
        .unwrap()
        .messages()
        .await
        .unwrap();
    for delivered in 1..=3 {
        let message = soon(messages.next()).await.unwrap().unwrap();
        assert_eq!(message.info().unwrap().delivered, delivered);
    }
}
