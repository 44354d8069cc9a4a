//! The labs as they look, at fixed sizes.

use std::path::Path;
use std::sync::Arc;

use super::pane::Entry;
use super::view::{self, Work};
use crate::lab::progress::Progress;
use crate::lab::{CheckReport, CheckState, Lab, Report, StepReport};
use crate::tui::panes::testing::{LARGE, screen};
use crate::tui::theme::Theme;
use crate::tui::widgets::field::Field;
use crate::tui::widgets::select::Selection;

const BESIDE: (u16, u16) = (56, 30);

/// A lab whose pictures stay as they are when the built-in ones are written better.
const LAB: &str = "---\nformat: 1\nid: pubsub\ntitle: Første melding\n---\n\
NATS er et postkontor uten arkiv. Du skriver et *subject* på konvolutten, og alle som står i\n\
akkurat den køen akkurat nå, får en kopi. Står det ingen der? Da er meldingen borte – og ingen klager.\n\n\
Alt virker likt fra panelene (F2 publiserer, F3 abonnerer), fra `nats`, fra Go og fra Python.\n\n\
## Rop i et tomt rom {#alone}\n\
Send minst én melding til `hello` – mens ingen abonnerer. Fikk du noen feilmelding?\n\n\
```lab-check\n- id: sent\n  say: En melding på hello\n  published: hello\n```\n\
```lab-hint\nF2.\n```\n```lab-solution\nnats pub hello x\n```\n```lab-wrong\nnats pub hallo x\n```\n\n\
## Noen hører deg {#heard}\nLytt.\n\n\
```lab-check\n- id: ten\n  say: Ti\n  delivered: hello\n```\n\
```lab-hint\nF3.\n```\n```lab-solution\nnats sub hello &\n```\n";

fn lab() -> Arc<Lab> {
    Arc::new(Lab::parse(Path::new("lab.md"), LAB).unwrap())
}

fn report(lab: &Lab) -> Report {
    let steps = lab.steps.iter().map(|step| StepReport {
        id: step.id.clone(),
        title: step.title.clone(),
        passed: false,
    });
    let sent = CheckReport {
        id: "sent".to_owned(),
        say: "En melding på hello".to_owned(),
        expected: "minst 1 på hello".to_owned(),
        seen: "0".to_owned(),
        share: Some((0, 1)),
        ..CheckReport::default()
    };
    let lost = CheckReport {
        id: "lost".to_owned(),
        say: "Hvor mange mottakere fikk den?".to_owned(),
        asks: true,
        answered: true,
        seen: "«1»: ikke riktig".to_owned(),
        expected: "svaret ditt".to_owned(),
        ..CheckReport::default()
    };
    Report {
        lab: lab.id.clone(),
        steps: steps.collect(),
        checks: vec![sent, lost],
        hints: vec!["F2, eller `nats pub`.".to_owned()],
        hints_total: 2,
        ..Report::default()
    }
}

fn work(report: &Report, size: (u16, u16), answering: bool) -> String {
    let lab = lab();
    let work = Work {
        lab: &lab,
        report,
        url: "nats://pubsub:lab@127.0.0.1:4222",
        is_open_to_others: false,
        asks_reset: false,
        is_early: false,
    };
    let mut entry = Entry {
        check: "lost".to_owned(),
        prompt: "Hvor mange mottakere fikk den?".to_owned(),
        field: Field::line("0"),
    };
    screen(size, |frame| {
        let entry = answering.then_some(&mut entry);
        view::draw_work(frame, frame.area(), (&Theme::dark(), true), &work, &mut 0, entry);
    })
}

#[test]
fn a_step_shows_what_to_do_and_how_it_stands() {
    insta::assert_snapshot!("step_beside", work(&report(&lab()), BESIDE, true));
    insta::assert_snapshot!("step_large", work(&report(&lab()), LARGE, false));
}

/// The finale with a bell that has rung: questions, a board, and a check that this server does not allow.
fn finale() -> (Lab, Report) {
    let source = include_str!("../../../labs/14-finale.md");
    let lab = Lab::parse(Path::new("lab.md"), source).unwrap();
    let board = [("kari", 14), ("ola", 9), ("per", 3)];
    let bell = CheckReport {
        id: "bell".to_owned(),
        say: "Tretti bestillinger er tatt, av minst tre kokker".to_owned(),
        expected: "30 forespørsler på kitchen.bell besvart, av minst 3 forskjellige".to_owned(),
        seen: "26 av 30 besvart av 3, 1 måtte sendes om igjen".to_owned(),
        share: Some((26, 30)),
        board: board.map(|(name, count)| (name.to_owned(), count)).into(),
        tip: Some("Kokker med samme navn teller som én.".to_owned()),
        ..CheckReport::default()
    };
    let unable = CheckReport {
        id: "wire".to_owned(),
        say: "En forespørsel som ingen kunne svare på".to_owned(),
        state: CheckState::Unable,
        expected: "en forespørsel som serveren svarer «no responders» på".to_owned(),
        seen: "denne sjekken trenger serveren i goingnats: start laben uten --server".to_owned(),
        ..CheckReport::default()
    };
    let steps = lab.steps.iter().map(|step| StepReport {
        id: step.id.clone(),
        title: step.title.clone(),
        passed: step.id == "open",
    });
    let report = Report {
        lab: lab.id.clone(),
        steps: steps.collect(),
        step: 1,
        checks: vec![bell, unable],
        caught_up: true,
        hints_total: 1,
        ..Report::default()
    };
    (lab, report)
}

#[test]
fn the_whole_screen_holds_a_lab_that_several_share() {
    let (lab, report) = finale();
    let work = Work {
        lab: &lab,
        report: &report,
        url: "nats://boss:lab@127.0.0.1:4222",
        is_open_to_others: false,
        asks_reset: false,
        is_early: false,
    };
    let draw = |size: (u16, u16)| {
        screen(size, |frame| {
            view::draw_work(frame, frame.area(), (&Theme::dark(), true), &work, &mut 0, None);
        })
    };
    // What is asked and who has done what are there on a small screen, too; the text can be scrolled to.
    for size in [(78, 20), (198, 56)] {
        let shown = draw(size);
        for said in [
            "Klokka ringer",
            "26/30",
            "kari",
            "█ 14",
            "– En forespørsel",
            "--server",
        ] {
            assert!(shown.contains(said), "{said} is missing:\n{shown}");
        }
    }
    let large = draw((198, 56));
    assert!(
        large.contains("Andre maskiner kommer ikke inn") && large.contains("er gjort klart"),
        "{large}"
    );
}

#[test]
fn a_passed_step_says_what_comes_next_even_when_there_is_little_room() {
    let mut report = report(&lab());
    report.passed = true;
    report.steps.iter_mut().for_each(|step| step.passed = true);
    for check in &mut report.checks {
        check.state = CheckState::Passed;
        check.asks = false;
    }
    assert!(work(&report, (40, 10), false).contains("Bestått! n går videre"));
    report.step = 1;
    report.points = 90;
    assert!(work(&report, BESIDE, false).contains("Ferdig! 90 poeng"));
}

#[test]
fn the_list_shows_progress() {
    let labs: Vec<Arc<Lab>> = crate::lab::builtin().into_iter().map(Arc::new).collect();
    let mut progress = Progress::default();
    for step in &labs[0].steps {
        progress.step(&labs[0], &step.id).passed_at = Some("2026-11-24T20:00:00Z".to_owned());
    }
    let first = labs[1].steps[0].id.clone();
    progress.step(&labs[1], &first).passed_at = Some("2026-11-24T20:00:00Z".to_owned());
    let draw = |size: (u16, u16)| {
        screen(size, |frame| {
            let mut selection = Selection::default();
            let area = frame.area();
            view::draw_list(
                frame,
                area,
                &Theme::dark(),
                &labs,
                &progress,
                Some("wildcards"),
                &mut selection,
            );
        })
    };
    insta::assert_snapshot!("list", draw(BESIDE));
    // With room, what a lab builds on is told while it is not done.
    for size in [(78, 20), (198, 56)] {
        let shown = draw(size);
        assert!(
            shown.contains("best etter 4, 7, 8") && shown.contains("1 av 14 laber"),
            "{shown}"
        );
    }
}

#[test]
fn slides_of_the_talk_name_labs_that_there_are() {
    let labs = crate::lab::builtin();
    let deck = crate::deck::Deck::builtin();
    let named: Vec<&str> = deck.slides.iter().flat_map(|slide| slide.labs()).collect();
    for id in &named {
        assert!(labs.iter().any(|lab| lab.id == *id), "{id}");
    }
    for lab in &labs {
        assert!(named.contains(&lab.id.as_str()), "no slide names {}", lab.id);
    }
}
