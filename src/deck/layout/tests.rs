use proptest::prelude::*;

use super::*;
use crate::deck::style::Role;
use crate::deck::{CodeBlock, Deck, text};

pub(super) fn pieces(markdown: &str, width: u16) -> Vec<Piece> {
    layout(&Slide::parse(markdown, 1), width, &LayoutOptions::default())
}

/// The slide as it looks on a screen, gaps included.
pub(super) fn screen(markdown: &str, width: u16) -> String {
    screen_of(&pieces(markdown, width))
}

pub(super) fn screen_of(pieces: &[Piece]) -> String {
    let mut out = String::new();
    for piece in pieces {
        out.extend(std::iter::repeat_n('\n', usize::from(piece.gap)));
        for line in &piece.lines {
            out.push_str(line.text().trim_end());
            out.push('\n');
        }
    }
    out
}

/// The role of the span in which `word` stands.
fn role_of(markdown: &str, word: &str) -> Option<Role> {
    let pieces = pieces(markdown, 80);
    let spans = pieces
        .iter()
        .flat_map(|piece| &piece.lines)
        .flat_map(|line| &line.spans);
    spans
        .filter(|span| span.text.contains(word))
        .map(|span| span.role)
        .next()
}

#[test]
fn every_element_has_its_lines() {
    let cases: &[(&str, &str, &str)] = &[
        ("heading", "# Ape\nBjørn", "Ape\n\nBjørn\n"),
        ("paragraph lines flow", "en\nto\n\ntre", "en to\n\ntre\n"),
        (
            "hard breaks stay",
            "en  \nto\\\ntre<br>fire",
            "en\nto\ntre\nfire\n",
        ),
        (
            "wraps by words",
            "aaaa bbbb cccc dddd eeee",
            "aaaa bbbb cccc dddd\neeee\n",
        ),
        ("three dots", "# A\n\n...", "A\n\n...\n"),
        (
            "list",
            "- a\n- b\n    - c\n        - d\n            - e",
            "• a\n• b\n  ◦ c\n    ▪ d\n      · e\n",
        ),
        ("one space before an item", "- a\n - b", "• a\n• b\n"),
        ("loose list", "- a\n\n- b", "• a\n\n• b\n"),
        ("ordered list", "9. a\n10. b\n    - c", "9. a\n10. b\n    ◦ c\n"),
        (
            "items hang",
            "- aaaa bbbb cccc dddd eeee",
            "• aaaa bbbb cccc\n  dddd eeee\n",
        ),
        ("two paragraphs in an item", "- a\n\n  b", "• a\n\n  b\n"),
        ("lone dash", "a\n\n-", "a\n"),
        ("tasks", "- [x] a\n- [ ] b", "☑ a\n☐ b\n"),
        ("quote lines stay", "> a\n> b\n>\n> c", "┃ a\n┃ b\n┃\n┃ c\n"),
        ("nested quote", "> a\n>\n> > b", "┃ a\n┃\n┃ ┃ b\n"),
        ("alert", "> [!WARNING]\n> a", "┃ Advarsel\n┃ a\n"),
        ("rule", "a\n\n***\n\nb", "a\n\n────────────────────\n\nb\n"),
        (
            "separator with a space is a rule",
            "a\n\n--- \n\nb",
            "a\n\n────────────────────\n\nb\n",
        ),
        ("code", "```bash\nls\n\n\tx\n```", "╭─ bash\n│ ls\n│\n│     x\n"),
        (
            "code without a language",
            "~~~\nnats sub hello\n~~~",
            "│ nats sub hello\n",
        ),
        (
            "code is never wrapped",
            "```\naaaaaaaaaaaa bbbbbbbbbbbb\n```",
            "│ aaaaaaaaaaaa bbbbbbbbbbbb\n",
        ),
        (
            "code in a list",
            "- a\n  ```sh\n  ls\n  ```\n- b",
            "• a\n\n  ╭─ sh\n  │ ls\n• b\n",
        ),
        ("indented code", "a\n\n    b  c", "a\n\nb  c\n"),
        (
            "hidden lines",
            "```go\n///a\n\nb\n///c\n```\nd\n\n///e\nf",
            "╭─ go\n│ b\n\nd f\n",
        ),
        (
            "template braces",
            "hello.{{username}}.dm {hello_message",
            "hello.{{username}}.d\nm {hello_message\n",
        ),
        (
            "comments are not shown",
            "a <!-- b --> c\n\n<!-- d\ne -->\n\nf",
            "a c\n\nf\n",
        ),
        ("unknown markup is shown", "sub <emne>", "sub <emne>\n"),
        ("image", "![alt](x.png)", "alt\n"),
        (
            "looks in markup",
            "a <span style=\"color: red\">b</span> <u>c</u>",
            "a b c\n",
        ),
        (
            "a living block is code elsewhere",
            "```nats sub a {live}\n```",
            "╭─ nats · direkte\n│ nats sub a\n",
        ),
        ("strikethrough and escapes", "~~a~~ \\*b\\*", "a *b*\n"),
        ("list with any number", "7) a\n8) b", "7. a\n8. b\n"),
        ("quote in a list", "- a\n\n  > b", "• a\n\n  ┃ b\n"),
        ("heading levels", "# A\n## B\n### C", "A\n\nB\n\nC\n"),
        ("emoji and wide letters", "👍🏽 日本 e\u{301}", "👍🏽 日本 e\u{301}\n"),
        ("link with a title", "[a](b \"c\")", "a\n"),
        ("autolink", "<https://a.no>", "https://a.no\n"),
        ("table in a quote", "> | a |\n> |---|\n> | b |", "┃ a\n┃ ─\n┃ b\n"),
        ("comment commands of others", "<!-- no_footer -->\n\na", "a\n"),
        ("crossing marks", "**a *b* c**", "a b c\n"),
        ("footnote", "a[^1]\n\n[^1]: b", "a[1]\n\n[1] b\n"),
        ("control characters", "a\u{1b}[2Jb \u{202e}c", "a␛[2Jb <202E>c\n"),
        ("setext heading", "Tittel\n===", "Tittel\n"),
        ("link without a text", "a [](https://a.no)", "a https://a.no\n"),
        ("image without a text", "![](b/x.png)", "b/x.png\n"),
        (
            "colours in markup",
            "<span style=\"color: red\">a <b>b</b></span> c",
            "a <b>b</b> c\n",
        ),
        (
            "air between items",
            "<!-- list_item_newlines: 2 -->\n\n- a\n- b\n\n<!-- list_item_newlines: 1 -->\n\n- c\n\n- d",
            "• a\n\n• b\n\n• c\n• d\n",
        ),
        (
            "a diagram stands in the middle",
            "```mermaid\nflowchart LR\nA\n```",
            "       ┌───┐\n       │ A │\n       └───┘\n",
        ),
        (
            "a diagram in a list does not",
            "- a\n\n  ```mermaid\n  flowchart LR\n  A\n  ```",
            "• a\n\n  ┌───┐\n  │ A │\n  └───┘\n",
        ),
        ("empty", "", ""),
    ];
    for (name, markdown, expected) in cases {
        assert_eq!(screen(markdown, 20), *expected, "{name}");
    }
}

#[test]
fn tables_shrink_wrap_and_merge() {
    let cases = [
        (
            "fits",
            "| a | b |\n|--:|:-:|\n| 100 | ccc |",
            20,
            "  a │  b\n────┼────\n100 │ ccc\n",
        ),
        (
            "wraps and rules the rows",
            "| Navn | Tekst |\n|--|--|\n| ape | en to tre fire fem |\n| bie | x |",
            21,
            "Navn │ Tekst\n─────┼───────────────\nape  │ en to tre fire\n     │ fem\n─────┼───────────────\nbie  │ x\n",
        ),
        (
            "a row without a first cell goes on",
            "| a | b |\n|--|--|\n| x | - en |\n| | - to |\n| y | - tre |",
            20,
            "a │ b\n──┼──────\nx │ • en\n  │ • to\n──┼──────\ny │ • tre\n",
        ),
        (
            "rows that go on stand close below their own column",
            "| Navn | Tekst |\n|--|--|\n| en lang ape | - en |\n| | - to |\n| y | - tre |",
            16,
            "Navn     │ Tekst\n─────────┼──────\nen lang  │ • en\nape      │ • to\n─────────┼──────\ny        │ • tre\n",
        ),
        (
            "more columns than there is room for",
            "|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|1|2|3|4|5|6|",
            16,
            "a: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\n",
        ),
    ];
    for (name, markdown, width, expected) in cases {
        assert_eq!(screen(markdown, width), expected, "{name}");
    }
    assert_eq!(role_of("| a |\n|--|\n| **b** |", "b"), Some(Role::Strong));
    assert_eq!(role_of("| **a** |\n|--|\n| b |", "a"), Some(Role::TableHead));
}

#[test]
fn running_text_has_roles() {
    let cases = [
        ("# a `b`", "a", Role::Heading(1)),
        ("### a", "a", Role::Heading(3)),
        ("**a**", "a", Role::Strong),
        ("*a*", "a", Role::Emphasis),
        ("***a***", "a", Role::StrongEmphasis),
        ("~~a~~", "a", Role::Strike),
        ("`a`", "a", Role::InlineCode),
        ("> a", "a", Role::Quote),
        ("> **a**", "a", Role::Strong),
        ("- a", "•", Role::ListMarker),
        ("[a](b)", "a", Role::Link),
        ("```\na\n```", "a", Role::Code),
    ];
    for (markdown, word, role) in cases {
        assert_eq!(role_of(markdown, word), Some(role), "{markdown}");
    }
}

#[test]
fn bare_addresses_are_links_without_the_punctuation_behind_them() {
    let line = &pieces("Se https://nats.io/docs, (http://a.no).", 80)[0].lines[0];
    let links: Vec<&str> = line
        .spans
        .iter()
        .filter_map(|span| span.link.as_deref())
        .collect();
    assert_eq!(links, ["https://nats.io/docs", "http://a.no"]);
    assert_eq!(line.text(), "Se https://nats.io/docs, (http://a.no).");
}

#[test]
fn pieces_know_their_code_their_heading_and_what_is_too_wide() {
    let long = "x".repeat(40);
    let pieces = pieces(
        &format!("# A\n\n```sh\na\n```\n\nb\n\n## C\n\n```\n{long}\n```"),
        20,
    );
    let code: Vec<Option<usize>> = pieces.iter().map(|piece| piece.code).collect();
    assert_eq!(code, [None, Some(0), None, None, Some(1)]);
    assert_eq!(
        pieces.iter().map(|piece| piece.pinned).collect::<Vec<_>>(),
        [true, false, false, false, false]
    );
    assert_eq!(
        pieces.iter().map(|piece| piece.gap).collect::<Vec<_>>(),
        [0, 1, 1, 1, 1]
    );
    assert!(pieces[4].clipped && !pieces[1].clipped);
}

#[test]
fn colours_are_taken_when_they_are_ready_and_fit() {
    let slide = Slide::parse("```sh\na\nb\n```", 1);
    let coloured = |lines: usize| {
        let span = Span {
            text: "ok".to_owned(),
            role: Role::Keyword,
            link: None,
        };
        let highlights = [Some(vec![vec![span]; lines])];
        screen_of(&layout(
            &slide,
            20,
            &LayoutOptions {
                highlights: &highlights,
                ..LayoutOptions::default()
            },
        ))
    };
    assert_eq!(coloured(2), "╭─ sh\n│ ok\n│ ok\n");
    assert_eq!(coloured(1), "╭─ sh\n│ a\n│ b\n");
}

/// Lays out every slide at the sizes people use; only code may be wider than the screen.
fn fits(deck: &Deck) {
    for (at, slide) in deck.slides.iter().enumerate() {
        for width in [80, 120, 200] {
            for piece in layout(slide, width, &LayoutOptions::default()) {
                let is_code = piece.code.is_some_and(|code| !slide.code[code].is_diagram());
                let widest = piece
                    .lines
                    .iter()
                    .map(|line| text::spans_width(&line.spans))
                    .max();
                assert!(
                    is_code || widest <= Some(usize::from(width)),
                    "slide {} at {width}",
                    at + 1
                );
                assert_eq!(
                    piece.clipped,
                    widest > Some(usize::from(width)),
                    "slide {} at {width}",
                    at + 1
                );
            }
        }
    }
}

#[test]
fn the_builtin_deck_fits() {
    let deck = Deck::builtin();
    assert_eq!(deck.warnings, []);
    assert_eq!(deck.slides.len(), 36);
    fits(&deck);
    let blocks: Vec<&CodeBlock> = deck.slides.iter().flat_map(|slide| &slide.code).collect();
    let count = |language: Option<&str>| {
        blocks
            .iter()
            .filter(|b| b.language.as_deref() == language)
            .count()
    };
    assert_eq!(
        [
            count(Some("bash")),
            count(Some("go")),
            count(Some("plantuml")),
            count(None),
            blocks.iter().filter(|block| block.live.is_some()).count()
        ],
        [5, 3, 3, 2, 11]
    );
    for width in [80, 120] {
        insta::assert_snapshot!(
            format!("slide_19_at_{width}"),
            screen_of(&piece_of(&deck, 18, width))
        );
        insta::assert_snapshot!(
            format!("slide_27_at_{width}"),
            screen_of(&piece_of(&deck, 26, width))
        );
        insta::assert_snapshot!(
            format!("slide_35_at_{width}"),
            screen_of(&piece_of(&deck, 34, width))
        );
    }
}

fn piece_of(deck: &Deck, slide: usize, width: u16) -> Vec<Piece> {
    layout(&deck.slides[slide], width, &LayoutOptions::default())
}

/// The talk this project began with is not in the repository; name its file to have it tried.
#[test]
fn the_original_deck_fits() {
    let Ok(path) = std::env::var("GOINGNATS_DECK") else {
        return;
    };
    let deck = Deck::parse(&std::fs::read_to_string(&path).expect("GOINGNATS_DECK names a file"));
    assert_eq!(deck.slides.len(), 36);
    fits(&deck);
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_the_width() {
    for markdown in [
        "> ".repeat(1_000) + "a",
        "- ".repeat(1_000) + "a",
        "*".repeat(20_000) + "a",
        "[".repeat(1_000),
    ] {
        for piece in pieces(&markdown, 40) {
            assert!(
                piece
                    .lines
                    .iter()
                    .all(|line| text::spans_width(&line.spans) <= 40)
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_slide_panics_or_grows_too_wide(source in r"([#>*_`~|\[\]()<>!:/. \-\t\n0-9a-cæ日\u{301}\u{1b}]|- |```|\|--\||\n\n|    ){0,120}", width in 0_u16..60) {
        for piece in pieces(&source, width) {
            let widest = piece.lines.iter().map(|line| text::spans_width(&line.spans)).max().unwrap_or(0);
            prop_assert_eq!(piece.clipped, widest > usize::from(width.max(COLUMNS_MIN)));
            let only_text = piece.code.is_none() && !source.contains("    ") && !source.contains('\t');
            prop_assert!(!piece.clipped || !only_text, "{:?}", piece);
            for span in piece.lines.iter().flat_map(|line| &line.spans) {
                prop_assert!(!span.text.contains(char::is_control), "{:?}", span);
            }
        }
    }
}
