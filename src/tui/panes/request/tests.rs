use std::time::Duration;

use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::tui::panes::testing::{
    LARGE, SMALL, control, disconnected, on_broker, press, screen, shown, until, write,
};

fn picture(exchange: &Exchange, served: &Served, view: &mut View, size: (u16, u16)) -> String {
    let theme = Theme::dark();
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&theme, true), exchange, served, view);
    })
}

fn answered() -> Exchange {
    let mut exchange = Exchange::default();
    exchange.begin(Duration::from_secs(2));
    let error = vec![("Nats-Service-Error".to_owned(), "ingen pizza".to_owned())];
    exchange.answer(Duration::from_micros(410), Vec::new(), b"hei");
    exchange.answer(Duration::from_micros(1_250), error, b"");
    exchange.answer(Duration::from_millis(12), Vec::new(), b"{\"ok\":true}");
    exchange
}

#[test]
fn answers_with_latency_and_a_responder() {
    let served = Served {
        on: true,
        answered: 1_234,
        unanswerable: 2,
        ..Served::default()
    };
    let mut view = View::new();
    view.asking.set(SUBJECT, "hjelp.takk");
    insta::assert_snapshot!("request_small", picture(&answered(), &served, &mut view, SMALL));
    insta::assert_snapshot!("request_large", picture(&answered(), &served, &mut view, LARGE));
    view.part = Part::Serving;
    insta::assert_snapshot!("responder_small", picture(&answered(), &served, &mut view, SMALL));
}

#[test]
fn every_outcome_is_said_in_plain_words() {
    let mut exchange = Exchange::default();
    exchange.begin(Duration::from_millis(500));
    for (outcome, words) in [
        (Outcome::NoResponders, "Ingen svarer"),
        (Outcome::Over, "Ingen svar innen 500ms"),
        (Outcome::Waiting, "Venter på svar"),
        (Outcome::Failed("for stor".to_owned()), "for stor"),
    ] {
        exchange.outcome = outcome;
        let text = picture(&exchange, &Served::default(), &mut View::new(), SMALL);
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn arrows_lead_from_the_form_through_the_answers_to_the_responder() {
    let (_runtime, context) = disconnected();
    let mut pane = RequestPane::open(&context);
    *pane.exchange.lock() = answered();
    for _ in 0..3 {
        press(&mut pane, KeyCode::Down);
    }
    assert_eq!(pane.view.part, Part::Replies);
    press(&mut pane, KeyCode::Enter);
    assert!(pane.wants_escape() && shown(&mut pane, LARGE).contains("Tid: "));
    press(&mut pane, KeyCode::Esc);
    for _ in 0..3 {
        press(&mut pane, KeyCode::Down);
    }
    assert_eq!(pane.view.part, Part::Serving);
    press(&mut pane, KeyCode::Up);
    assert_eq!(pane.view.part, Part::Replies);
}

#[test]
fn the_responder_needs_a_subject_and_is_switched_by_key() {
    let (_runtime, context) = disconnected();
    let mut pane = RequestPane::open(&context);
    control(&mut pane, 'r');
    assert!(!pane.served.lock().on && pane.served.lock().problem.is_some());
    pane.view.part = Part::Serving;
    write(&mut pane, "hjelp.*");
    control(&mut pane, 'r');
    assert!(pane.served.lock().on);
    control(&mut pane, 'r');
    assert!(!pane.served.lock().on);
}

#[test]
fn the_members_of_a_queue_group_show_who_got_what() {
    let member = |answered, last: &str| responder::Member {
        answered,
        last: last.to_owned(),
    };
    let served = Served {
        on: true,
        answered: 30,
        members: vec![
            member(15, "ordre 29"),
            member(10, "ordre 30"),
            member(5, "ordre 12"),
        ],
        ..Served::default()
    };
    let by = vec![(responder::ANSWERED_BY.to_owned(), "2".to_owned())];
    let mut exchange = Exchange::default();
    exchange.begin(Duration::from_secs(2));
    exchange.answer(Duration::from_micros(410), by, b"hei");
    let mut view = View::new();
    view.part = Part::Serving;
    insta::assert_snapshot!("queue_group", picture(&exchange, &served, &mut view, (80, 22)));
    let small = picture(&exchange, &served, &mut view, SMALL);
    assert!(small.contains("Medlem 1 ████████████████████ 15"), "{small}");
}

#[test]
fn an_empty_field_is_said_to_be_empty_and_what_it_shows_is_an_example() {
    let (_runtime, context) = disconnected();
    let mut pane = RequestPane::open(&context);
    assert!(shown(&mut pane, LARGE).contains("f.eks. hjelp.takk"));
    control(&mut pane, 'r');
    assert!(shown(&mut pane, LARGE).contains("«Svar på» er tomt"));
}

#[test]
fn members_share_the_requests_and_fail_as_often_as_they_are_told() {
    let (runtime, context, frames) = on_broker(crate::broker::Options {
        host: "127.0.0.1".to_owned(),
        port: 0,
        ..crate::broker::Options::default()
    });
    let mut pane = RequestPane::open(&context);
    for (field, text) in [
        (LISTEN, "a"),
        (QUEUE, "q"),
        (MEMBERS, "2"),
        (DELAY, "1ms"),
        (FAILURES, "101"),
    ] {
        pane.view.serving.set(field, text);
    }
    pane.start_service();
    assert!(!pane.served.lock().on, "more than all cannot fail");
    pane.view.serving.set(FAILURES, "100 %");
    pane.start_service();
    for _ in 0..20 {
        // Until both subscriptions are there, nobody answers, or one alone.
        let reply = loop {
            let asked = context.client.request("a", "x".into());
            if let Ok(reply) = runtime.block_on(asked) {
                break reply;
            }
        };
        let headers = reply.headers.unwrap();
        assert_eq!(
            headers.get("Nats-Service-Error").unwrap().as_str(),
            "feil med vilje"
        );
        assert!(headers.get(responder::ANSWERED_BY).is_some());
    }
    until(&frames, &context, || {
        let served = pane.served.lock();
        let by_member: u64 = served.members.iter().map(|member| member.answered).sum();
        (served.answered, by_member, served.failed) == (20, 20, 20)
    });
}
