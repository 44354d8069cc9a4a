use super::*;
use crate::tui::panes::testing::{SMALL, screen};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_nanos((1_800_000_000 + seconds) * 1_000_000_000)
}

fn stored(sequence: u64) -> Stored {
    Stored {
        sequence,
        subject: "sensors.hamar.temp".to_owned(),
        at: at(sequence as i64),
        headers: Vec::new(),
        payload: b"21.5".to_vec(),
        payload_bytes: 4,
    }
}

fn order() -> Order {
    Order {
        stream: "SENSORS".to_owned(),
        subject: None,
        from: 1,
        last_at: at(20),
    }
}

fn picture(played: &Played, now: Instant, size: (u16, u16)) -> String {
    screen(size, |frame| {
        draw(
            frame,
            frame.area(),
            &Theme::dark(),
            (&order(), played),
            (now, &TimeZone::UTC),
        );
    })
}

#[test]
fn the_time_line_moves_with_the_messages() {
    let start = Instant::now();
    let mut played = Played {
        head: Some(Playhead::at(at(0), start)),
        first_at: at(0),
        ..Played::default()
    };
    for sequence in 1..=5 {
        played.take(stored(sequence), start + Duration::from_secs(sequence));
    }
    let now = start + Duration::from_secs(5);
    insta::assert_snapshot!("replay_large", picture(&played, now, (80, 8)));
    insta::assert_snapshot!("replay_small", picture(&played, now, SMALL));
    played.ended = true;
    assert!(picture(&played, now, SMALL).contains("slutt"));
}

#[test]
fn a_server_that_is_too_slow_slows_the_time_and_is_named() {
    let start = Instant::now();
    let mut played = Played {
        head: Some(Playhead::at(at(1), start)),
        first_at: at(1),
        ..Played::default()
    };
    let later = start + Duration::from_secs(60);
    played.take(stored(2), later);
    assert!(picture(&played, later, (80, 8)).contains("rekker ikke"));
    assert_eq!(played.head.as_ref().unwrap().time(later), at(2));
    for sequence in 0..2 * KEPT_MAX as u64 {
        played.take(stored(sequence), later);
    }
    assert_eq!(played.messages.len(), KEPT_MAX);
    assert_eq!(played.count, 2 * KEPT_MAX as u64 + 1);
}

#[test]
fn nothing_to_play_is_said() {
    let now = Instant::now();
    assert!(picture(&Played::default(), now, SMALL).contains("Henter"));
    let over = Played {
        ended: true,
        ..Played::default()
    };
    assert!(picture(&over, now, SMALL).contains("Ingen meldinger å spille av"));
}
