//! The official client in an account that has the streams and services of another one.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, pull, push};
use async_nats::jetstream::{self, AckKind, stream};
use async_nats::{Client, ConnectOptions};
use futures_util::{StreamExt, TryStreamExt};

use super::{PATIENCE, numbers};
use crate::support::server::Server;

/// B asks for the streams of A by way of `$JS.A.API`, hears what A's consumers deliver for it, and has two of A's
/// services.
const SETTINGS: &str = r#"
jetstream: enabled
http: "127.0.0.1:-1"
accounts {
  A {
    jetstream: enabled
    users: [{user: a, password: a}]
    exports: [
      {service: "$JS.API.>", response: stream}
      {service: "$JS.ACK.>"}
      {service: "$JS.FC.>"}
      {stream: "deliver.b.>"}
      {service: "sensors.>"}
      {service: "list", response: chunked}
    ]
  }
  B {
    jetstream: enabled
    users: [{user: b, password: b}]
    imports: [
      {service: {account: A, subject: "$JS.API.>"}, to: "$JS.A.API.>"}
      {service: {account: A, subject: "$JS.ACK.>"}}
      {service: {account: A, subject: "$JS.FC.>"}}
      {stream: {account: A, subject: "deliver.b.>"}}
      {service: {account: A, subject: "sensors.>"}, to: "a.sensors.>"}
      {service: {account: A, subject: "list"}}
    ]
  }
}
"#;

async fn login(server: &Server, user: &str) -> Client {
    ConnectOptions::with_user_and_password(user.to_owned(), user.to_owned())
        .connect(server.url())
        .await
        .unwrap()
}

fn with_accounts<F: Future<Output = ()>>(talk: impl FnOnce(Arc<Server>, Client, Client) -> F) {
    let server = Arc::new(Server::ours(SETTINGS));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (a, b) = (login(&server, "a").await, login(&server, "b").await);
        tokio::time::timeout(PATIENCE, talk(server.clone(), a, b))
            .await
            .unwrap();
    });
}

/// Waits until the server has dealt with everything that the client said so far.
async fn settled(client: &Client) {
    let answer = client.request("nobody.is.here", "".into()).await;
    assert_eq!(
        answer.unwrap_err().kind(),
        async_nats::RequestErrorKind::NoResponders
    );
}

/// A stream in A with ten messages, made and filled from B.
async fn sensors(b: &Client) -> (jetstream::Context, stream::Stream) {
    let js = jetstream::with_prefix(b.clone(), "$JS.A.API");
    let config = stream::Config {
        name: "SENSORS".to_owned(),
        subjects: vec!["sensors.>".to_owned()],
        storage: stream::StorageType::Memory,
        ..Default::default()
    };
    let stream = js.create_stream(config).await.unwrap();
    for n in 1..=10u64 {
        let ack = js.publish("a.sensors.temp", n.to_string().into()).await.unwrap();
        assert_eq!(ack.await.unwrap().sequence, n);
    }
    (js, stream)
}

#[test]
fn pulls_and_acknowledgements_cross_the_border() {
    with_accounts(|_, a, b| async move {
        let (_, mut stream) = sensors(&b).await;
        assert_eq!(stream.info().await.unwrap().state.messages, 10);
        let own = jetstream::new(b.clone());
        assert!(
            own.get_stream("SENSORS").await.is_err(),
            "B has a stream of its own"
        );
        let theirs = jetstream::new(a).get_stream("SENSORS").await.unwrap();
        let config = pull::Config {
            durable_name: Some("AVG".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ..Default::default()
        };
        let mut consumer = stream.create_consumer(config).await.unwrap();
        let batch = consumer.fetch().max_messages(4).messages().await.unwrap();
        let first: Vec<_> = batch.map(Result::unwrap).collect().await;
        assert_eq!(numbers(&first), [1, 2, 3, 4]);
        assert_eq!(first[0].subject.as_str(), "sensors.temp");
        for message in &first[..3] {
            message.double_ack().await.unwrap();
        }
        first[3].ack_with(AckKind::Term).await.unwrap();
        // Waits at the server, and is given the rest and no more.
        let batch = consumer
            .batch()
            .max_messages(20)
            .expires(Duration::from_millis(300))
            .messages()
            .await
            .unwrap();
        let rest: Vec<_> = batch.map(Result::unwrap).collect().await;
        assert_eq!(numbers(&rest), [5, 6, 7, 8, 9, 10]);
        for message in &rest {
            message.double_ack().await.unwrap();
        }
        let none = consumer.fetch().max_messages(5).messages().await.unwrap();
        assert_eq!(none.count().await, 0);
        let info = consumer.info().await.unwrap();
        assert_eq!(
            (
                info.num_pending,
                info.num_ack_pending,
                info.ack_floor.stream_sequence
            ),
            (0, 0, 10)
        );
        let known = theirs.get_consumer::<pull::Config>("AVG").await.unwrap();
        assert_eq!(known.cached_info().ack_floor.stream_sequence, 10);
    });
}

#[test]
fn an_endless_pull_goes_on_across_the_border() {
    with_accounts(|_, a, b| async move {
        let (_, stream) = sensors(&b).await;
        let config = pull::Config {
            durable_name: Some("ALL".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ..Default::default()
        };
        let consumer = stream.create_consumer(config).await.unwrap();
        let mut messages = consumer.messages().await.unwrap();
        for n in 1..=10u64 {
            let message = messages.try_next().await.unwrap().unwrap();
            assert_eq!(numbers(std::slice::from_ref(&message)), [n]);
            message.ack().await.unwrap();
        }
        // What A stores later comes as well: the request that waits is answered there.
        a.publish("sensors.co2", "11".into()).await.unwrap();
        let message = messages.try_next().await.unwrap().unwrap();
        assert_eq!(
            (message.subject.as_str(), numbers(std::slice::from_ref(&message))),
            ("sensors.co2", vec![11])
        );
    });
}

#[test]
fn a_push_consumer_delivers_where_it_is_exported_to() {
    with_accounts(|_, _, b| async move {
        let (_, stream) = sensors(&b).await;
        let config = push::Config {
            deliver_subject: "deliver.b.sensors".to_owned(),
            durable_name: Some("PUSH".to_owned()),
            ack_policy: AckPolicy::Explicit,
            flow_control: true,
            idle_heartbeat: Duration::from_secs(5),
            ..Default::default()
        };
        let mut consumer = stream.create_consumer(config).await.unwrap();
        assert!(!consumer.info().await.unwrap().push_bound);
        let mut messages = consumer.messages().await.unwrap();
        for n in 1..=10u64 {
            let message = messages.try_next().await.unwrap().unwrap();
            assert_eq!(message.subject.as_str(), "sensors.temp");
            assert_eq!(numbers(std::slice::from_ref(&message)), [n]);
            message.double_ack().await.unwrap();
        }
        let info = consumer.info().await.unwrap();
        assert_eq!((info.push_bound, info.ack_floor.stream_sequence), (true, 10));
    });
}

#[test]
fn services_answer_across_the_border_with_one_answer_or_many() {
    with_accounts(|_, a, b| async move {
        let nobody = b.request("list", "".into()).await.unwrap_err();
        assert_eq!(nobody.kind(), async_nats::RequestErrorKind::NoResponders);
        let mut requests = a.subscribe("list").await.unwrap();
        settled(&a).await;
        let inbox = b.new_inbox();
        let mut answers = b.subscribe(inbox.clone()).await.unwrap();
        b.publish_with_reply("list", inbox.clone(), "all".into())
            .await
            .unwrap();
        let request = requests.next().await.unwrap();
        let who = request.headers.unwrap();
        let who: serde_json::Value =
            serde_json::from_str(who.get("Nats-Request-Info").unwrap().as_str()).unwrap();
        assert_eq!((who["acc"].as_str(), who.get("user")), (Some("B"), None));
        let reply = request.reply.unwrap();
        assert!(reply.starts_with("_R_."), "{reply}");
        for part in ["1", "2", ""] {
            a.publish(reply.clone(), part.into()).await.unwrap();
        }
        a.publish(reply, "too late".into()).await.unwrap();
        settled(&a).await;
        b.publish(inbox, "end".into()).await.unwrap();
        for part in ["1", "2", "", "end"] {
            assert_eq!(answers.next().await.unwrap().payload, part);
        }
    });
}

#[test]
fn a_stream_copies_one_of_another_account() {
    with_accounts(|_, a, b| async move {
        sensors(&b).await;
        let external = |deliver: &str| {
            Some(stream::External {
                api_prefix: "$JS.A.API".to_owned(),
                delivery_prefix: Some(deliver.to_owned()),
            })
        };
        let source = stream::Source {
            name: "SENSORS".to_owned(),
            external: external("deliver.b"),
            ..Default::default()
        };
        let own = jetstream::new(b);
        let config = stream::Config {
            name: "COPY".to_owned(),
            storage: stream::StorageType::Memory,
            sources: Some(vec![source]),
            ..Default::default()
        };
        let mut copy = own.create_stream(config).await.unwrap();
        while copy.info().await.unwrap().state.messages < 10 {}
        a.publish("sensors.co2", "11".into()).await.unwrap();
        while copy.info().await.unwrap().state.messages < 11 {}
        let last = copy.get_raw_message(11).await.unwrap();
        assert_eq!(
            (last.subject.as_str(), &last.payload[..]),
            ("sensors.co2", &b"11"[..])
        );
        let origin = last.headers.get("Nats-Stream-Source").unwrap().as_str();
        assert!(origin.starts_with("SENSORS:"), "{origin}");
    });
}
