//! Slides that ask for more than markdown has: steps, columns, living blocks, pictures, titles.

use proptest::prelude::*;

use super::tests::{pieces, screen, screen_of};
use super::*;
use crate::deck::Deck;
use crate::deck::style::Role;

#[test]
fn titles_of_presenterm_stand_in_the_middle() {
    let of = |source: &str| {
        let deck = Deck::parse(source);
        let pieces = layout(&deck.slides[0], 20, &LayoutOptions::default());
        (screen_of(&pieces), pieces[0].pinned)
    };
    let title = "         Ab\n\nCd\n".to_owned();
    assert_eq!(of("Ab\n===\n\n# Cd\n\n<!-- end_slide -->"), (title.clone(), true));
    assert_eq!(of("Ab\n===\n\n# Cd"), ("Ab\n\nCd\n".to_owned(), true));
    let by_level = "---\noptions: {h1_slide_titles: true}\n---\n# Ab\n\n# Cd";
    assert_eq!(of(by_level), (title, true));
}

#[test]
fn a_theme_says_where_headings_stand_and_how_much_air_code_has() {
    let yaml = "headings: {h2: {prefix: '##', alignment: center}}\ncode: {padding: {horizontal: 2, vertical: 1}, line_numbers: true}";
    let (looks, _) = Looks::of_file(yaml).unwrap();
    let deck = Deck::parse("## Ab\n\ncd\n\n```sh\nls\n```");
    let options = LayoutOptions {
        looks: Some(&looks),
        ..LayoutOptions::default()
    };
    let shown = screen_of(&layout(&deck.slides[0], 20, &options));
    assert_eq!(shown, "       ## Ab\n\ncd\n\n╭─ sh\n│\n│   1 ls\n│\n");
}

#[test]
fn blocks_side_by_side_know_where_they_begin() {
    let markdown = "<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\na\n\n```sh\nb\n```\n<!-- column: 1 -->\n```sh\nc\n```";
    let marks: Vec<(usize, usize, usize)> = pieces(markdown, 43)
        .iter()
        .flat_map(|piece| &piece.marks)
        .map(|mark| (mark.line, mark.left, mark.code))
        .collect();
    assert_eq!(marks, [(2, 0, 0), (0, 23, 1)]);
}

#[test]
fn a_picture_that_a_block_makes_takes_its_place() {
    let slide = Slide::parse("```sh +image +width:50%\nls\n```", 1);
    let name = slide.code[0].picture().unwrap();
    let pictures = [(name.clone(), (80, 80))];
    let options = LayoutOptions {
        pictures: &pictures,
        ..LayoutOptions::default()
    };
    let made = layout(&slide, 40, &options);
    let spot = Spot {
        line: 0,
        left: 0,
        columns: 20,
        rows: 10,
        fill: Fill::Picture(name),
    };
    assert_eq!((&made[0].spots[..], made[0].code), (&[spot][..], Some(0)));
    assert!(layout(&slide, 40, &LayoutOptions::default())[0].spots.is_empty());
}

/// The screen at a step, counted from 0.
fn at_step(markdown: &str, width: u16, step: usize) -> String {
    let options = LayoutOptions {
        step: Some(step),
        ..LayoutOptions::default()
    };
    screen_of(&layout(&Slide::parse(markdown, 1), width, &options))
}

#[test]
fn living_blocks_and_pictures_keep_their_spots() {
    let markdown = "# A\n\n<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\na\n<!-- column: 1 -->\nb\n\n```nats sub x {live rows=4}\n```\n<!-- reset_layout -->\n\n![bilde](p.png)\n\n- ![bilde](p.png)";
    let pictures = [("p.png".to_owned(), (80, 40))];
    let options = LayoutOptions {
        live: true,
        pictures: &pictures,
        rows: Some(2),
        ..LayoutOptions::default()
    };
    let pieces = layout(&Slide::parse(markdown, 1), 43, &options);
    let spots: Vec<&Spot> = pieces.iter().flat_map(|piece| &piece.spots).collect();
    let picture = |left| Spot {
        line: 0,
        left,
        columns: 8,
        rows: 2,
        fill: Fill::Picture("p.png".to_owned()),
    };
    let live = Spot {
        line: 2,
        left: 23,
        columns: 20,
        rows: 4,
        fill: Fill::Live(0),
    };
    assert_eq!(spots, [&live, &picture(0), &picture(2)]);
    for piece in &pieces {
        for spot in &piece.spots {
            assert!(spot.line + spot.rows <= piece.lines.len(), "{piece:?}");
        }
    }
    let hidden = layout(
        &Slide::parse("<!-- pause -->\n\n```nats sub x {live}\n```", 1),
        40,
        &LayoutOptions {
            step: Some(0),
            ..options
        },
    );
    assert!(hidden.iter().all(|piece| piece.spots.is_empty()));
}

#[test]
fn the_source_of_blocks_is_shown_when_asked_for() {
    let markdown = "```go\n///package main\nx()\n```\n\n```mermaid\nflowchart LR\nA --> B\n```";
    let options = LayoutOptions {
        source: true,
        live: true,
        ..LayoutOptions::default()
    };
    let shown = screen_of(&layout(&Slide::parse(markdown, 1), 40, &options));
    assert_eq!(
        shown,
        "╭─ go\n│ package main\n│ x()\n\n╭─ mermaid\n│ flowchart LR\n│ A --> B\n"
    );
}

#[test]
fn what_waits_for_a_key_keeps_its_place() {
    let markdown = "# A\n\n<!-- incremental_lists: true -->\n\n- a\n- b\n\n<!-- pause -->\n\nc\n\n```sh {1|2}\nd\ne\n```";
    assert_eq!(steps(&Slide::parse(markdown, 1)), 4);
    assert_eq!(at_step(markdown, 20, 0), "A\n\n\n\n\n\n\n\n\n\n");
    assert_eq!(at_step(markdown, 20, 1), "A\n\n• a\n\n\n\n\n\n\n\n");
    assert_eq!(
        at_step(markdown, 20, 3),
        "A\n\n• a\n• b\n\nc\n\n╭─ sh\n│ d\n│ e\n"
    );
    let dimmed = |step: usize, word: &str| {
        let options = LayoutOptions {
            step: Some(step),
            ..LayoutOptions::default()
        };
        let pieces = layout(&Slide::parse(markdown, 1), 20, &options);
        let spans = pieces
            .iter()
            .flat_map(|piece| &piece.lines)
            .flat_map(|line| &line.spans);
        spans
            .filter(|span| span.text == word)
            .any(|span| span.role == Role::Dimmed)
    };
    assert!(!dimmed(3, "d") && dimmed(3, "e") && dimmed(4, "d") && !dimmed(4, "e"));
}

#[test]
fn commands_of_presenterm_lay_the_slide_out() {
    let cases = [
        (
            "columns",
            "a\n\n<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\nen to tre fire fem\n\n```sh\nls\n```\n<!-- column: 1 -->\n\n- x\n- y\n<!-- reset_layout -->\n\nb",
            43,
            "a\n\nen to tre fire fem     • x\n                       • y\n╭─ sh\n│ ls\n\nb\n",
        ),
        (
            "columns that are too narrow stand below each other",
            "<!-- column_layout: [1, 1] -->\n<!-- column: 0 -->\na\n<!-- column: 1 -->\nb",
            20,
            "a\nb\n",
        ),
        ("blank lines", "a\n\n<!-- new_lines: 2 -->\n\nb", 20, "a\n\n\nb\n"),
        (
            "alignment",
            "<!-- alignment: center -->\nab\n\n<!-- alignment: right -->\ncd",
            20,
            "         ab\n\n                  cd\n",
        ),
        (
            "big",
            "<!-- font_size: 3 -->\n# 42",
            16,
            "██  ██  ██████\n██  ██      ██\n██████  ██████\n    ██  ██\n    ██  ██████\n",
        ),
        (
            "line numbers",
            "```sh +line_numbers\na\nb\n```",
            20,
            "╭─ sh\n│ 1 a\n│ 2 b\n",
        ),
        (
            "unknown columns",
            "<!-- column: 7 -->\na\n<!-- reset_layout -->",
            20,
            "a\n",
        ),
    ];
    for (name, markdown, width, expected) in cases {
        assert_eq!(screen(markdown, width), expected, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_row_of_commands_panics(
        source in r"(<!-- (pause|column: [0-3]|column_layout: \[[1-3], [1-3]\]|reset_layout|jump_to_middle|incremental_lists: true|font_size: 3|alignment: right|new_lines: 3) -->\n|- a\n|# b\n|\n|c 日本\n|```sh \{1|2\}\nx\n```\n|> q\n){0,40}",
        width in 1_u16..90,
        step in 0_usize..9,
    ) {
        let slide = Slide::parse(&source, 1);
        let whole = layout(&slide, width, &LayoutOptions::default());
        let options = LayoutOptions { step: Some(step), ..LayoutOptions::default() };
        let part = layout(&slide, width, &options);
        let rows = |pieces: &[Piece]| pieces.iter().map(|piece| piece.lines.len()).sum::<usize>();
        prop_assert_eq!(rows(&whole), rows(&part));
        steps(&slide);
    }
}
