//! Object stores (ADR-20) and services (ADR-32).

use async_nats::jetstream::{self, object_store, stream::StorageType};
use async_nats::service::ServiceExt;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use tokio::io::AsyncReadExt;

use super::with_client;

const SIZE: usize = 3 * 1024 * 1024 + 17;

#[test]
fn objects_are_put_read_linked_listed_and_sealed() {
    with_client(|client| async move {
        let js = jetstream::new(client);
        let config = object_store::Config {
            bucket: "files".to_owned(),
            storage: StorageType::File,
            ..Default::default()
        };
        let mut store = js.create_object_store(config).await.unwrap();
        let body: Vec<u8> = (0..SIZE).map(|n| (n * 31 % 251) as u8).collect();
        let mut watch = store.watch().await.unwrap();
        let info = store.put("big", &mut body.as_slice()).await.unwrap();
        assert_eq!((info.size, info.chunks), (SIZE, SIZE.div_ceil(128 * 1024)));

        let mut read = Vec::new();
        // Reading to the end checks the digest.
        store
            .get("big")
            .await
            .unwrap()
            .read_to_end(&mut read)
            .await
            .unwrap();
        assert!(read == body);
        assert_eq!(watch.next().await.unwrap().unwrap().name, "big");

        store.add_link("same", &info).await.unwrap();
        let mut linked = Vec::new();
        store
            .get("same")
            .await
            .unwrap()
            .read_to_end(&mut linked)
            .await
            .unwrap();
        assert_eq!(linked.len(), SIZE);
        let mut names: Vec<String> = store
            .list()
            .await
            .unwrap()
            .map_ok(|o| o.name)
            .try_collect()
            .await
            .unwrap();
        names.sort();
        assert_eq!(names, ["big", "same"]);

        store.put("big", &mut &b"small"[..]).await.unwrap();
        let stream = js.get_stream("OBJ_files").await.unwrap();
        let held = stream.get_info().await.unwrap().state.messages;
        assert_eq!(held, 3, "the chunks of the old version are gone");
        store.delete("same").await.unwrap();
        assert!(store.get("same").await.is_err());
        store.seal().await.unwrap();
        assert!(store.put("late", &mut &b"x"[..]).await.is_err());
    });
}

#[test]
fn services_are_found_and_share_the_work() {
    with_client(|client| async move {
        let mut instances = Vec::new();
        for _ in 0..3 {
            let builder = client.service_builder().description("doubles");
            let service = builder.start("double", "1.0.0").await.unwrap();
            let mut endpoint = service.endpoint("double").await.unwrap();
            let work = tokio::spawn(async move {
                while let Some(request) = endpoint.next().await {
                    let n: u64 = std::str::from_utf8(&request.message.payload)
                        .unwrap()
                        .parse()
                        .unwrap();
                    request.respond(Ok((2 * n).to_string().into())).await.unwrap();
                }
            });
            instances.push((service, work));
        }
        for n in 0..60 {
            let answer = client.request("double", n.to_string().into()).await.unwrap();
            assert_eq!(answer.payload, (2 * n).to_string());
        }
        for (subject, instances) in [
            ("$SRV.PING", 3),
            ("$SRV.INFO.double", 3),
            ("$SRV.STATS.double", 3),
        ] {
            let inbox = client.new_inbox();
            let mut answers = client.subscribe(inbox.clone()).await.unwrap();
            client
                .publish_with_reply(subject, inbox, Bytes::new())
                .await
                .unwrap();
            let mut requests = 0;
            for _ in 0..instances {
                let answer: serde_json::Value =
                    serde_json::from_slice(&answers.next().await.unwrap().payload).unwrap();
                assert_eq!(answer["name"], "double");
                requests += answer["endpoints"][0]["num_requests"].as_u64().unwrap_or(0);
            }
            assert!(!subject.contains("STATS") || requests == 60, "{requests}");
        }
    });
}
