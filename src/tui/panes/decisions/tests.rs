use super::*;
use crate::tui::panes::testing::{SMALL, on_broker, screen, until};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos(seconds * 1_000_000_000)
}

fn entry(label: &str, decision: Decision) -> Entry {
    Entry {
        label: label.to_owned(),
        decision,
    }
}

/// One of each kind.
fn entries() -> Vec<Entry> {
    vec![
        entry("arkiv", Decision::Done),
        entry("varsler", Decision::Filtered),
        entry("ny", Decision::BeforeStart),
        entry("siste", Decision::Superseded),
        entry(
            "arbeider",
            Decision::AwaitsAck {
                deliveries: 2,
                until: Some(at(130)),
            },
        ),
        entry(
            "treg",
            Decision::Returns {
                deliveries: 3,
                hold: Some(Hold::NoPull),
            },
        ),
        entry("oppgitt", Decision::Exhausted),
        entry(
            "pause",
            Decision::Waits {
                ahead: 0,
                hold: Some(Hold::Paused { until: at(3_700) }),
            },
        ),
        entry(
            "full",
            Decision::Waits {
                ahead: 1_200,
                hold: Some(Hold::MaxAckPending { max: 1_000 }),
            },
        ),
    ]
}

fn question() -> Question {
    Question::Message {
        stream: "ORDRE".to_owned(),
        sequence: 12,
        subject: "ordre.ny".to_owned(),
    }
}

fn picture(answer: &Answer, size: (u16, u16)) -> String {
    screen(size, |frame| {
        draw(frame, frame.area(), &Theme::dark(), (&question(), answer), &mut 0);
    })
}

#[test]
fn each_decision_is_a_sentence() {
    let answer = Answer::Entries(entries(), at(100));
    insta::assert_snapshot!("decisions_large", picture(&answer, (110, 12)));
    insta::assert_snapshot!("decisions_small", picture(&answer, SMALL));
}

#[test]
fn another_server_is_said_not_to_tell_and_why() {
    let text = picture(&Answer::NotOurs, (80, 6));
    assert!(text.contains("har ikke noe kall for det"), "{text}");
    let nobody = picture(&Answer::Entries(Vec::new(), at(0)), (80, 6));
    assert!(nobody.contains("ingen consumers"), "{nobody}");
}

#[test]
fn the_clock_is_turned_to_what_comes_first() {
    assert_eq!(
        until_next(&entries(), at(100)),
        Some(Duration::from_secs(30) + BEYOND)
    );
    assert_eq!(
        until_next(&entries(), at(200)),
        Some(Duration::from_secs(3_500) + BEYOND)
    );
    assert_eq!(until_next(&entries(), at(9_999)), None);
}

#[test]
fn a_consumer_is_told_of_around_its_place_and_no_more_than_so_many() {
    assert_eq!(around(0, 1, 3), 1..4);
    assert_eq!(around(100, 1, 1_000), 96..156);
    assert_eq!(around(100, 99, 1_000), 99..159);
    assert!(around(0, 0, 0).is_empty());
    assert!(around(50, 51, 50).is_empty());
}

/// A broker with JetStream, a stream with a consumer, and one message in it.
fn with_a_message() -> (
    tokio::runtime::Runtime,
    PaneContext,
    std::sync::mpsc::Receiver<()>,
    tempfile::TempDir,
) {
    use async_nats::jetstream::{consumer::pull, stream};

    let store = tempfile::tempdir().unwrap();
    let (runtime, context, frames) = on_broker(crate::broker::Options::local(0, store.path()));
    runtime.block_on(async {
        let js = async_nats::jetstream::new(context.client.clone());
        let config = stream::Config {
            name: "ORDRE".to_owned(),
            subjects: vec!["ordre.>".to_owned()],
            ..stream::Config::default()
        };
        let stream = js.create_stream(config).await.unwrap();
        for (name, filter) in [("arbeider", "ordre.ny"), ("arkiv", "ordre.gammel")] {
            let config = pull::Config {
                durable_name: Some(name.to_owned()),
                filter_subject: filter.to_owned(),
                ack_wait: Duration::from_secs(3_600),
                ..pull::Config::default()
            };
            stream.create_consumer(config).await.unwrap();
        }
        js.publish("ordre.ny", "x".into()).await.unwrap().await.unwrap();
    });
    (runtime, context, frames, store)
}

#[test]
fn the_log_follows_a_message_from_waiting_to_its_second_delivery() {
    use futures_util::StreamExt;

    let (runtime, context, frames, _store) = with_a_message();
    let question = Question::Message {
        stream: "ORDRE".to_owned(),
        sequence: 1,
        subject: "ordre.ny".to_owned(),
    };
    let mut log = Log::open(&context, question);
    let mut shows = |words: &str| {
        until(&frames, &context, || {
            let text = screen((110, 8), |frame| log.draw(frame, frame.area(), &Theme::dark()));
            text.contains(words)
        });
    };
    shows("Venter på at noen henter");
    shows("arkiv     hoppet over: subjectet passer ikke");
    runtime.block_on(async {
        let js = async_nats::jetstream::new(context.client.clone());
        let consumer: async_nats::jetstream::consumer::PullConsumer =
            js.get_consumer_from_stream("arbeider", "ORDRE").await.unwrap();
        let mut batch = consumer.fetch().max_messages(1).messages().await.unwrap();
        batch.next().await.unwrap().unwrap();
    });
    shows("levert én gang; venter på ack i");
    let LogKey::Turn(by) = log.on_key(KeyEvent::from(KeyCode::Char('t'))) else {
        panic!("there is a time to turn to");
    };
    assert!(by > Duration::from_secs(3_000), "{by:?}");
    crate::tui::clock::turn(&context, by).unwrap();
    let mut shows = |words: &str| {
        until(&frames, &context, || {
            screen((110, 8), |frame| log.draw(frame, frame.area(), &Theme::dark())).contains(words)
        });
    };
    shows("levert én gang uten ack; skal leveres på nytt. Venter på at noen henter");
}

#[test]
fn the_log_of_a_consumer_lists_messages_and_another_server_does_not_tell() {
    let (_runtime, context, frames, _store) = with_a_message();
    let question = Question::Consumer {
        stream: "ORDRE".to_owned(),
        name: "arkiv".to_owned(),
    };
    let foreign = PaneContext {
        broker: crate::tui::labs::room::BrokerSlot::default(),
        ..context.clone()
    };
    for (context, words) in [(&context, "1  hoppet over"), (&foreign, "vet bare serveren selv")] {
        let mut log = Log::open(context, question.clone());
        until(&frames, context, || {
            screen((110, 8), |frame| log.draw(frame, frame.area(), &Theme::dark())).contains(words)
        });
    }
}
