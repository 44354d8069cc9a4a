//! Every slide of the talk at the sizes people use, word for word. A change that is meant is taken over with
//! `INSTA_UPDATE=always`.

use goingnats::deck::{Deck, View};
use goingnats::tui::still;
use goingnats::tui::theme::Theme;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn screens(deck: &Deck, size: (u16, u16)) -> String {
    let mut out = String::new();
    for (page, slide) in deck.slides.iter().enumerate() {
        let still = still::draw(deck, page, size, &Theme::plain());
        let hidden = match still.rows_hidden {
            0 => String::new(),
            rows => format!(", {rows} rows below"),
        };
        out.push_str(&format!("════ {} {}{hidden}\n", page + 1, slide.title()));
        out.push_str(still::text(&still.cells).trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn every_slide_of_the_talk() {
    let deck = Deck::builtin();
    for size in SIZES {
        insta::assert_snapshot!(format!("talk_{}x{}", size.0, size.1), screens(&deck, size));
    }
}

/// The heading stands above whatever part of the slide is seen, and says what is below.
fn keeps_its_headings(deck: &Deck) {
    for size in SIZES {
        let slides = deck.slides.iter().enumerate();
        // The heading of a title slide stands in its middle, in big letters.
        for (page, slide) in
            slides.filter(|(page, slide)| *page > 0 && !slide.source.contains("jump_to_middle"))
        {
            let still = still::draw(deck, page, size, &Theme::plain());
            let text = still::text(&still.cells);
            let first_word = slide.title().split_whitespace().next().unwrap_or_default();
            let head = text.trim_start().lines().next().unwrap_or_default();
            assert!(
                head.contains(first_word),
                "slide {} at {size:?}:\n{text}",
                page + 1
            );
            assert!(
                still.rows_hidden == 0 || text.contains('▼'),
                "slide {} at {size:?}:
{text}",
                page + 1
            );
        }
    }
}

#[test]
fn no_slide_loses_its_heading() {
    keeps_its_headings(&Deck::builtin());
}

/// The deck that this talk was made from is not in the repository; whoever has it names it.
#[test]
fn no_slide_of_another_deck_loses_its_heading() {
    if let Some(path) = std::env::var_os("GOINGNATS_DECK") {
        keeps_its_headings(&Deck::parse(&std::fs::read_to_string(path).unwrap()));
    }
}

/// What the deck of examples shows is what the code can do.
#[test]
fn every_kind_of_living_block_has_an_example() {
    let source = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/slides/levende.md")).unwrap();
    let deck = Deck::parse(&source);
    assert_eq!(deck.warnings, []);
    let lives = deck.blocks().filter_map(|(_, _, block)| block.live.as_ref());
    let views: Vec<View> = lives.map(|live| live.view).collect();
    for view in [
        View::Messages,
        View::Counter,
        View::Average,
        View::Chart,
        View::Strip,
        View::Button,
        View::Flow,
        View::Poll,
        View::Questions,
    ] {
        assert!(views.contains(&view), "{view:?}");
    }
}
