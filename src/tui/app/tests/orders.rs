//! Who steers.

use super::*;
use crate::tui::stage::{Seat, Taken};

#[test]
fn who_has_the_control_alone_leads_to_other_slides() {
    let mut show = Stand::new((80, 24));
    let kari = Seat::screen(1, "Kari");
    let now = Instant::now();
    assert_eq!(show.app.stage.control().take(kari.clone(), now), Taken::Yes);
    for keys in ["j", "G", "3G", "O", "/"] {
        show.letters(keys);
        let status = show.status();
        assert!(
            status.starts_with("Kari styrer · T tar over") && status.ends_with("Slide 1 / 4"),
            "{keys}: {status}"
        );
    }
    show.letters("C");
    assert!(
        show.status().contains("Kari styrer"),
        "it stays in the status line"
    );
    show.letters("T");
    assert!(show.status().starts_with("Nå er det du som styrer"));
    show.letters("j");
    assert!(
        show.status().ends_with("du styrer · T slipper  Slide 2 / 4"),
        "{}",
        show.status()
    );

    let asked = show.app.stage.control().take(kari.clone(), now);
    assert_eq!(asked, Taken::Asked(Seat::Stage));
    assert!(show.status().contains("Kari vil styre · T gir"));
    show.letters("T");
    assert!(show.status().starts_with("Nå er det Kari som styrer"));
    assert_eq!(show.app.stage.who_steers().holder(), Some(&kari));
}

#[test]
fn a_remote_control_is_off_until_it_is_asked_for() {
    let mut show = Stand::new((100, 24));
    assert!(show.app.stage.remote().is_none());
    let choose = |show: &mut Stand| {
        show.letters(":fjernkontroll");
        show.press(KeyCode::Enter);
    };
    choose(&mut show);
    let first = show.app.stage.remote().unwrap();
    let status = show.status();
    let told = format!("nats req goingnats.deck.next {}", first.text());
    assert!(status.contains(&told), "{status}");
    choose(&mut show);
    assert!(show.app.stage.remote().is_none());
    assert!(show.status().starts_with("Fjernkontrollen er av"));
    choose(&mut show);
    assert!(
        show.app.stage.remote().is_some_and(|code| code != first),
        "a new code"
    );
}
