//! Code that is changed on the stage.

use super::*;

const BLOCK: BlockId = BlockId { slide: 1, block: 0 };

/// A show at its code, which is changed to `echo endret` behind what it is.
fn changed(show: &mut Stand) {
    show.letters("2Ge");
    show.press(KeyCode::Down);
    show.press(KeyCode::End);
    show.press(KeyCode::Enter);
    show.letters("echo endret");
}

#[test]
fn a_block_is_changed_run_and_put_back() {
    let mut show = Stand::new((80, 24));
    show.letters("e");
    assert!(show.status().starts_with("Ingen kodeblokk"));
    changed(&mut show);
    insta::assert_snapshot!("block_in_editor", show.screen());
    assert_eq!(show.control('e'), None);
    show.wait_for_jobs();
    assert!(show.shows("endret · R tilbake") && show.shows("│ echo endret") && show.shows("┆ endret"));
    assert!(
        matches!(show.press(KeyCode::Char('y')), Some(Effect::Copy(text)) if text.ends_with("echo endret\n"))
    );

    show.letters("R");
    assert!(!show.shows("R tilbake") && !show.shows("│ echo endret"));
    assert!(
        show.status()
            .starts_with("Blokken står som i presentasjonen igjen")
    );
    show.letters("R");
    assert!(show.status().starts_with("Blokken står som i presentasjonen "));

    changed(&mut show);
    show.control('c');
    assert!(!show.shows("R tilbake"), "ctrl+c undoes");
    changed(&mut show);
    show.press(KeyCode::Esc);
    assert!(show.shows("R tilbake"), "Esc keeps");
    show.letters("e");
    show.control('r');
    show.press(KeyCode::Esc);
    assert!(!show.shows("R tilbake"), "ctrl+r is what the deck has");
}

#[test]
fn a_changed_block_of_a_deck_from_outside_asks_as_any_other() {
    let mut show = Stand::with_trust((80, 24), Trust::of_deck(DECK, None));
    changed(&mut show);
    show.control('e');
    assert!(show.shows("Kjøre kode?"));
    show.letters("n");
    assert!(show.app.jobs.get(BLOCK).is_none());
    show.control('e');
    show.letters("j");
    show.wait_for_jobs();
    assert!(show.shows("┆ endret"));
}

#[test]
fn a_deck_that_is_read_anew_keeps_what_was_changed() {
    let mut show = Stand::new((80, 24));
    changed(&mut show);
    show.press(KeyCode::Esc);
    let edition = |source: &str| {
        News::Deck(Box::new(Edition {
            deck: Deck::parse(source),
            trust: Trust::Given,
            author: String::new(),
            date: String::new(),
            paging: "%d/%d".to_owned(),
        }))
    };
    show.tell(edition(&DECK.replace("Slutt.", "Slutt!")));
    assert!(show.shows("│ echo endret") && show.shows("R tilbake"));
    // Colours of the code as it stands in the deck are none of its.
    let span = |text: &str| crate::deck::Span {
        text: text.to_owned(),
        ..crate::deck::Span::default()
    };
    let rows = ["fargelagt", "echo to", "x"].map(|text| vec![span(text)]);
    show.app.slides.set_colours(1, 1, vec![Some(rows.into())]);
    assert!(!show.shows("fargelagt"));
    show.tell(edition(&DECK.replace("echo to", "echo tre")));
    assert!(!show.shows("│ echo endret") && show.shows("│ echo tre"));
}
