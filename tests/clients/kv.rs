//! Key-value buckets (ADR-8, ADR-48).

use async_nats::jetstream::kv::{self, CreateErrorKind, Operation, UpdateErrorKind};
use async_nats::jetstream::{self, stream::StorageType};
use futures_util::{StreamExt, TryStreamExt};

use super::with_client;

async fn bucket(js: &jetstream::Context, config: kv::Config) -> kv::Store {
    js.create_key_value(kv::Config {
        bucket: "config".to_owned(),
        history: 5,
        storage: StorageType::Memory,
        ..config
    })
    .await
    .unwrap()
}

/// A change as `revision operation key=value`.
fn shown(entry: &kv::Entry) -> String {
    let value = String::from_utf8_lossy(&entry.value);
    format!("{} {:?} {}={value}", entry.revision, entry.operation, entry.key)
}

#[test]
fn keys_have_revisions_and_a_history() {
    with_client(|client| async move {
        let js = jetstream::new(client);
        let store = bucket(&js, kv::Config::default()).await;
        assert_eq!(store.create("color", "red".into()).await.unwrap(), 1);
        let taken = store.create("color", "blue".into()).await.unwrap_err();
        assert_eq!(taken.kind(), CreateErrorKind::AlreadyExists);
        assert_eq!(store.update("color", "green".into(), 1).await.unwrap(), 2);
        let late = store.update("color", "gray".into(), 1).await.unwrap_err();
        assert_eq!(late.kind(), UpdateErrorKind::WrongLastRevision);
        store.delete("color").await.unwrap();
        assert_eq!(store.get("color").await.unwrap(), None);
        assert_eq!(store.create("color", "white".into()).await.unwrap(), 4);
        assert_eq!(store.put("size", "5".into()).await.unwrap(), 5);

        let history: Vec<kv::Entry> = store.history("color").await.unwrap().try_collect().await.unwrap();
        let history: Vec<String> = history.iter().map(shown).collect();
        let all = [
            "1 Put color=red",
            "2 Put color=green",
            "3 Delete color=",
            "4 Put color=white",
        ];
        assert_eq!(history, all);
        assert_eq!(
            store.entry_for_revision("color", 2).await.unwrap().unwrap().value,
            "green"
        );

        store.purge("color").await.unwrap();
        let history: Vec<kv::Entry> = store.history("color").await.unwrap().try_collect().await.unwrap();
        assert_eq!(history.iter().map(shown).collect::<Vec<_>>(), ["6 Purge color="]);
        let keys: Vec<String> = store.keys().await.unwrap().try_collect().await.unwrap();
        assert_eq!(keys, ["size"]);
        let status = store.status().await.unwrap();
        assert_eq!((status.history(), status.bucket()), (5, "config"));
        js.delete_key_value("config").await.unwrap();
        assert!(js.get_key_value("config").await.is_err());
    });
}

#[test]
fn a_watcher_sees_what_is_and_then_what_comes() {
    with_client(|client| async move {
        let store = bucket(&jetstream::new(client), kv::Config::default()).await;
        for (key, value) in [("a.x", "1"), ("a.y", "2"), ("a.x", "3"), ("b", "4")] {
            store.put(key, value.into()).await.unwrap();
        }
        let mut all = store.watch_with_history("a.*").await.unwrap();
        let mut from_3 = store.watch_from_revision("a.x", 3).await.unwrap();
        let mut news = store.watch("a.>").await.unwrap();
        store.delete("a.y").await.unwrap();
        store.put("a.z", "6".into()).await.unwrap();

        let mut seen = Vec::new();
        while seen.len() < 4 {
            let entry = all.next().await.unwrap().unwrap();
            // Nothing is pending behind the last of what was there when the watch began.
            assert_eq!(entry.delta == 0, entry.seen_current, "{entry:?}");
            seen.push(shown(&entry));
        }
        assert_eq!(
            seen,
            ["2 Put a.y=2", "3 Put a.x=3", "5 Delete a.y=", "6 Put a.z=6"]
        );
        assert_eq!(shown(&from_3.next().await.unwrap().unwrap()), "3 Put a.x=3");
        assert_eq!(news.next().await.unwrap().unwrap().operation, Operation::Delete);
        assert_eq!(news.next().await.unwrap().unwrap().revision, 6);
    });
}
