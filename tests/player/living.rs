//! Living blocks with a real server: they live while their slide is shown, and no longer.

use std::time::{Duration, Instant};

use async_nats::jetstream::{self, stream};
use futures_util::StreamExt;
use goingnats::deck::{self, Deck, LayoutOptions};
use goingnats::tui::living::{Living, Shown};
use goingnats::tui::theme::Theme;

use super::house::{House, PATIENCE, shown};

impl House {
    /// Waits until the block shows what is wanted.
    fn wait(&self, living: &Living, block: usize, wanted: &str) -> String {
        self.see(living, block, (70, 6), wanted, |text| text.contains(wanted))
    }

    fn wait_for_subscriptions(&self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.broker.statistics().subscriptions != count {
            assert!(Instant::now() < deadline, "{:?}", self.broker.statistics());
            std::thread::yield_now();
        }
    }

    fn publish(&self, subject: &'static str, body: &'static str) {
        let client = &self.context.client;
        self.runtime.block_on(async {
            client.publish(subject, body.into()).await.unwrap();
            client.flush().await.unwrap();
        });
    }
}

#[test]
fn blocks_live_while_their_slide_is_shown() {
    let house = House::new();
    let before = house.broker.statistics().subscriptions;
    let deck = Deck::parse(
        "# A\n\n```nats sub hello.> {live}\n```\n\n```nats sub hello.* {live counter}\n```\n---\n# B\n\n\
         ```nats request spør \"hva?\" {live}\n```\n\n```nats pub hello.b hei {live}\n```\n",
    );
    let mut living = Living::default();
    living.show(shown(0), &deck.slides[0], None);
    assert_eq!(living.count(), 0, "without a server the slide shows code");
    living.show(
        Shown {
            connection: 2,
            ..shown(0)
        },
        &deck.slides[0],
        Some(&house.context),
    );
    house.wait_for_subscriptions(before + 2);
    house.publish("hello.verden", "hei, hei");
    let text = house.wait(&living, 0, "hei, hei");
    assert!(text.contains("● nats sub hello.>"), "{text}");
    house.wait(&living, 0, "1 meld.");
    house.wait(&living, 1, "1 meld.");
    assert!(!living.press(0), "a window has no button");

    living.show(shown(1), &deck.slides[1], Some(&house.context));
    house.wait_for_subscriptions(before);
    assert!(living.press(0));
    house.wait(&living, 0, "ingen lytter");
    let mut heard = house
        .runtime
        .block_on(house.context.client.subscribe("hello.b"))
        .unwrap();
    assert!(living.press(1));
    let message = house.runtime.block_on(heard.next()).unwrap();
    assert_eq!(message.payload, "hei");
    house.wait(&living, 1, "sendt 1");
}

#[test]
fn messages_run_through_a_diagram() {
    let house = House::new();
    let before = house.broker.statistics().subscriptions;
    let deck = Deck::parse("```plantuml {live hello.>}\n[A] --> [B]\n```");
    let pieces = deck::layout(&deck.slides[0], 40, &LayoutOptions::default());
    let flows = &pieces[0].flows;
    let mut living = Living::default();
    living.show(shown(0), &deck.slides[0], Some(&house.context));
    house.wait_for_subscriptions(before + 1);
    let now = Instant::now();
    living.tick(now);
    assert!(living.dots(0, flows, now, &Theme::dark()).is_empty() && !living.is_moving());

    house.publish("hello.verden", "hei");
    let deadline = Instant::now() + PATIENCE;
    while !living.is_moving() {
        assert!(Instant::now() < deadline, "no message came");
        let _ = house.woken.recv_timeout(Duration::from_millis(100));
        house.context.waker.take();
        living.tick(now);
    }
    living.tick(now);
    let dots = living.dots(0, flows, now, &Theme::dark());
    let cells: Vec<(usize, usize)> = dots.iter().map(|(cell, _)| *cell).collect();
    assert_eq!(cells, flows[0].cells[..1]);
    let long_gone = now + Duration::from_secs(3_600);
    assert!(living.dots(0, flows, long_gone, &Theme::dark()).is_empty());
}

#[test]
fn a_stream_appears_fills_and_is_replaced() {
    let house = House::new();
    let deck = Deck::parse(
        "```nats stream info S {live}\n```\n\n```nats sub --stream S --all {live average}\n```\n",
    );
    let mut living = Living::default();
    living.show(shown(0), &deck.slides[0], Some(&house.context));
    house.wait(&living, 0, "finnes ikke ennå");
    let js = {
        let _inside = house.runtime.enter();
        jetstream::new(house.context.client.clone())
    };
    let make = |retention| stream::Config {
        name: "S".to_owned(),
        subjects: vec!["s.>".to_owned()],
        storage: stream::StorageType::Memory,
        retention,
        ..Default::default()
    };
    house
        .runtime
        .block_on(js.create_stream(make(stream::RetentionPolicy::Limits)))
        .unwrap();
    house.wait(&living, 0, "streamen er tom");
    house.publish("s.temp", "10");
    house.publish("s.temp", "20");
    house.publish("s.co2", "7");
    let text = house.wait(&living, 0, "temp 2");
    assert!(
        text.chars().filter(|c| "█▓▒░".contains(*c)).count() == 3
            && text.contains("co2 1")
            && text.contains("3 meld."),
        "{text}"
    );
    let text = house.wait(&living, 1, "15.00");
    assert!(text.contains("7.00"), "{text}");

    house.runtime.block_on(js.delete_stream("S")).unwrap();
    house.wait(&living, 1, "S");
    house.wait(&living, 0, "finnes ikke ennå");
    house
        .runtime
        .block_on(js.create_stream(make(stream::RetentionPolicy::WorkQueue)))
        .unwrap();
    house.wait(&living, 1, "S følges ikke");
    house.publish("s.temp", "1");
    house.wait(&living, 0, "temp 1");
}

#[test]
fn retention_policies_are_seen_side_by_side() {
    let house = House::new();
    let deck = Deck::parse(
        "<!-- column_layout: [1, 1, 1] -->\n<!-- column: 0 -->\n```nats stream info LIMITS {live}\n```\n<!-- column: 1 -->\n\
         ```nats stream info INTEREST {live}\n```\n<!-- column: 2 -->\n```nats stream info WORK {live}\n```\n",
    );
    let mut living = Living::default();
    living.show(shown(0), &deck.slides[0], Some(&house.context));
    let js = {
        let _inside = house.runtime.enter();
        jetstream::new(house.context.client.clone())
    };
    use stream::RetentionPolicy::{Interest, Limits, WorkQueue};
    house.runtime.block_on(async {
        for (name, retention) in [("LIMITS", Limits), ("INTEREST", Interest), ("WORK", WorkQueue)] {
            let stream = js
                .create_stream(stream::Config {
                    name: name.to_owned(),
                    subjects: vec![format!("{}.>", name.to_lowercase())],
                    storage: stream::StorageType::Memory,
                    retention,
                    ..Default::default()
                })
                .await
                .unwrap();
            for _ in 0..3 {
                let subject = format!("{}.jobb", name.to_lowercase());
                js.publish(subject, "x".into()).await.unwrap().await.unwrap();
            }
            if retention == WorkQueue {
                let config = jetstream::consumer::pull::Config::default();
                let consumer = stream.create_consumer(config).await.unwrap();
                let mut messages = consumer.fetch().max_messages(2).messages().await.unwrap();
                while let Some(message) = messages.next().await {
                    message.unwrap().double_ack().await.unwrap();
                }
            }
        }
    });
    house.wait(&living, 0, "3 meld.");
    house.wait(&living, 1, "tom etter #3");
    house.wait(&living, 2, "1 meld.");
}
