//! Living blocks as they look. How they live is tried against a real server, from outside.

use std::time::{Duration, Instant};

use ratatui::buffer::Buffer;

use super::*;
use crate::deck::Deck;
use crate::tui::still;
use crate::util::time::Timestamp;

fn filled(messages: u64) -> Record {
    let mut record = Record::new(None);
    let at: Timestamp = "2026-11-24T18:00:01.5Z".parse().unwrap();
    for n in 0..messages {
        let subject = [
            "sensors.hamar.temp",
            "sensors.hamar.co2",
            "sensors.hamar.humidity",
        ][n as usize % 3];
        let value = 40 + (n * 37) % 50;
        record.take(None, at, subject, value.to_string().as_bytes());
    }
    let start = Instant::now();
    for pulse in 0..40 {
        record.sample(start + Duration::from_millis(500 * pulse));
        record.take(None, at, "sensors.hamar.temp", b"61");
    }
    record
}

fn drawn(width: u16, height: u16, draw: impl FnOnce(Rect, &mut Buffer, &Theme)) -> String {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    draw(area, &mut buffer, &Theme::dark());
    still::text(&buffer)
}

fn live(info: &str) -> Live {
    let deck = Deck::parse(&format!("```{info}\n```"));
    deck.slides[0].code[0].live.clone().unwrap()
}

#[test]
fn a_narrow_title_keeps_what_the_block_is_about() {
    let title = |command: &str, state: &str, width| {
        let (command, state) = title_of(command, state, width);
        format!("{command}|{state}")
    };
    let info = "nats stream info LIMITS";
    let state = "3 meld. · 96 B";
    assert_eq!(title(info, state, 60), format!("{info}|{state}"));
    assert_eq!(
        title(info, state, 38),
        format!("{info}|3 meld."),
        "rather the whole name"
    );
    assert_eq!(
        title(info, state, 24),
        "LIMITS|3 meld.",
        "three beside each other at 80"
    );
    assert_eq!(
        title("nats sub sensors.*.temp", "0 meld.", 24),
        "sensors.*…|0 meld."
    );
    assert_eq!(title(info, state, 0), "|");
}

#[test]
fn views_at_two_sizes() {
    let record = filled(60);
    for (name, width, height) in [("small", 36, 6), ("large", 100, 12)] {
        insta::assert_snapshot!(
            format!("counter_{name}"),
            drawn(width, height, |area, buffer, theme| figures::counter(
                &record, area, buffer, theme
            ))
        );
        let average = live("nats sub sensors.> {live average min=0 max=100}");
        insta::assert_snapshot!(
            format!("average_{name}"),
            drawn(width, height, |area, buffer, theme| figures::averages(
                &record, &average, area, buffer, theme
            ))
        );
        let curves = live("nats sub sensors.> {live chart}");
        insta::assert_snapshot!(
            format!("chart_{name}"),
            drawn(width, height, |area, buffer, theme| chart::draw(
                &record, &curves, area, buffer, theme
            ))
        );
    }
    insta::assert_snapshot!(
        "messages_small",
        drawn(36, 6, |area, buffer, theme| messages::draw(
            &record, area, buffer, theme
        ))
    );
    for size in [(1, 1), (3, 2), (200, 1), (2, 40)] {
        let any = live("nats sub a {live}");
        drawn(size.0, size.1, |area, buffer, theme| {
            figures::counter(&record, area, buffer, theme)
        });
        drawn(size.0, size.1, |area, buffer, theme| {
            figures::averages(&record, &any, area, buffer, theme)
        });
        drawn(size.0, size.1, |area, buffer, theme| {
            chart::draw(&record, &any, area, buffer, theme)
        });
        drawn(size.0, size.1, |area, buffer, theme| {
            messages::draw(&record, area, buffer, theme)
        });
    }
}

#[test]
fn values_come_from_payloads_or_their_fields() {
    let at = Timestamp::ZERO;
    let mut record = Record::new(Some("temp".to_owned()));
    for body in [
        r#"{"temp": 20}"#,
        r#"{"temp": "22"}"#,
        r#"{"fukt": 1}"#,
        "24",
        "{",
    ] {
        record.take(None, at, "a", body.as_bytes());
    }
    let spread = record.values.subjects().next().unwrap().1.spread();
    assert_eq!((record.total, spread), (5, Some((20.0, 21.0, 22.0))));
    record.take(Some(3), at, "a", b"{}");
    assert_eq!(record.total, 5, "one that was taken before changes nothing");
}

#[test]
fn names_keep_what_tells_them_apart() {
    for (subjects, names) in [
        (&["a.b.temp", "a.b.co2"][..], &["temp", "co2"][..]),
        (&["a.b", "a.b.c"], &["b", "b.c"]),
        (&["a.b"], &["a.b"]),
        (&["a", "b"], &["a", "b"]),
    ] {
        assert_eq!(short_names(subjects), names);
    }
}
