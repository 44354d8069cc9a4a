//! Files as they are, and the slides they become.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn sources(deck: &str) -> Vec<String> {
    Deck::parse(deck)
        .slides
        .into_iter()
        .map(|slide| slide.source)
        .collect()
}

#[test]
fn cuts_as_slides_does() {
    let cases: &[(&str, &str, &[&str])] = &[
        ("no blank lines needed", "a\n---\nb", &["a", "b"]),
        ("trailing blank is no separator", "a\n--- \nb", &["a\n--- \nb"]),
        ("four dashes are none", "a\n----\nb", &["a\n----\nb"]),
        ("setext loses to the separator", "Title\n---\nb", &["Title", "b"]),
        ("last line without a line end", "a\n---\nb\n---", &["a", "b"]),
        ("empty last slide", "a\n---\nb\n---\n\n", &["a", "b"]),
        (
            "an empty slide in the middle stays",
            "a\n---\n---\nb",
            &["a", "", "b"],
        ),
        ("CRLF", "a\r\n---\r\nb\r\n", &["a", "b"]),
        (
            "a leading separator is no slide",
            "---\n# a\n---\nb",
            &["# a", "b"],
        ),
        ("title-only first slide", "# a\n---\nb", &["# a", "b"]),
        ("a first slide that is YAML", "x: 1\n---\nb", &["x: 1", "b"]),
        (
            "fence",
            "```yaml\n---\na: 1\n---\n```\n---\nb",
            &["```yaml\n---\na: 1\n---\n```", "b"],
        ),
        (
            "fence closed right before",
            "```\na\n```\n---\nb",
            &["```\na\n```", "b"],
        ),
        (
            "tildes in backticks",
            "```x\n~~~x\n```\n---\nb",
            &["```x\n~~~x\n```", "b"],
        ),
        (
            "fence never closed",
            "```go\na\n---\nb\n---\nc",
            &["```go\na", "b", "c"],
        ),
        (
            "fence closed by another slide's",
            "```go\na\n---\n```sh\nb\n```",
            &["```go\na", "```sh\nb\n```"],
        ),
        ("empty", "", &[""]),
    ];
    for (name, deck, expected) in cases {
        assert_eq!(sources(deck), *expected, "{name}");
    }
}

#[test]
fn front_matter_needs_its_leading_line_and_a_mapping() {
    let cases = [
        "---\nauthor: Ola\n---\n# a",
        "\u{feff}---\nauthor: Ola\n---\n# a",
        "\n\n---\r\nauthor: Ola\r\n---\r\n# a",
        "---\ntheme: dark # comment\nauthor: \"Ola\"\ndate: null\n---\n# a",
    ];
    for source in cases {
        let deck = Deck::parse(source);
        assert_eq!(deck.front.author.as_deref(), Some("Ola"), "{source:?}");
        assert_eq!(deck.front.date, None);
        assert_eq!(deck.slides.len(), 1, "{source:?}");
        assert_eq!(deck.slides[0].title(), "a");
    }
    let deck = Deck::parse("---\nauthor: \"\"\ndate: 2024\npaging: Side %d av %d\n---\na");
    assert_eq!(deck.front.author.as_deref(), Some(""));
    assert_eq!(deck.front.date.as_deref(), Some("2024"));
    assert_eq!(deck.front.paging.as_deref(), Some("Side %d av %d"));
    assert_eq!(Deck::parse("---\n---\n# a").slides.len(), 1);
    assert_eq!(Deck::parse("---\n# a\n---\nb").front, FrontMatter::default());
    assert_eq!(sources("---\npaging: %d / %d\n---\na").len(), 2);
}

#[test]
fn decks_for_presenterm_are_cut_by_their_comment() {
    let cases: &[(&str, &[&str])] = &[
        ("a\n\n---\n\nb\n<!-- end_slide -->\nc", &["a\n\n---\n\nb", "c"]),
        (
            "```\n<!-- end_slide -->\n```\n---\nb",
            &["```\n<!-- end_slide -->\n```", "b"],
        ),
        (
            "---\noptions:\n  end_slide_shorthand: true\n---\na\n---\nb\n<!-- end_slide -->\nc",
            &["a", "b", "c"],
        ),
        (
            "---\noptions: {implicit_slide_ends: true}\n---\nEn\n===\na\n\nTo\n---\nb",
            &["En\n===\na\n", "To\n---\nb"],
        ),
        ("a\n---\n<!-- skip_slide -->\nb\n---\nc", &["a", "c"]),
    ];
    for (deck, expected) in cases {
        assert_eq!(sources(deck), *expected, "{deck}");
    }
    let deck = Deck::parse("---\ntitle: Let's go\nauthors: [Kari, Ola]\nlocation: Hamar\n---\n# a");
    assert_eq!(deck.slides.len(), 2);
    assert_eq!(deck.slides[0].title(), "Let's go");
    assert!(deck.slides[0].source.ends_with("Hamar\n\nKari, Ola"));
    assert_eq!(deck.warnings, []);
}

#[test]
fn only_marked_blocks_of_presenterm_are_run_and_comments_may_need_a_prefix() {
    let only_shown = |source: &str| -> Vec<bool> {
        let deck = Deck::parse(source);
        deck.blocks().map(|(_, _, block)| block.is_only_shown).collect()
    };
    let blocks = "```sh\na\n```\n\n```sh +exec\nb\n```\n\n```nats sub x {live}\n```\n";
    assert_eq!(only_shown(blocks), [false; 3]);
    assert_eq!(
        only_shown(&format!("{blocks}\n<!-- end_slide -->")),
        [true, false, false]
    );

    let deck = Deck::parse(
        "---\noptions: {command_prefix: 'cmd:'}\n---\na\n<!-- end_slide -->\nb\n<!-- cmd:end_slide -->\n<!-- cmd:no_footer -->\nc",
    );
    assert_eq!(deck.slides.len(), 2);
    assert_eq!(deck.slides[0].source, "a\n<!-- // end_slide -->\nb");
    assert!(deck.slides[0].has_footer && !deck.slides[1].has_footer);
    assert_eq!(deck.warnings, []);
}

#[test]
fn blocks_know_their_line_in_the_file() {
    let deck = Deck::parse("---\nauthor: x\n---\n\na\n\n/// b\n\n```sh\nc\n```\n---\n```sh\nd\n```");
    let lines: Vec<usize> = deck.blocks().map(|(_, _, block)| block.line).collect();
    assert_eq!(lines, [9, 13]);
}

#[test]
fn included_files_stand_in_the_place_of_their_line() {
    let read = |path: &Path| match path.to_str() {
        Some("del/en.md") => Ok("b\n---\n<!-- include: to.md -->".to_owned()),
        Some("del/to.md") => Ok("c\n--- ".to_owned()),
        Some("rundt.md") => Ok("<!-- include: rundt.md -->".to_owned()),
        _ => Err("finnes ikke".to_owned()),
    };
    let deck = Deck::parse_with("a\n<!-- include: del/en.md -->\nd\n<!-- include: x -->", &read);
    let sources: Vec<&str> = deck.slides.iter().map(|slide| slide.source.as_str()).collect();
    assert_eq!(sources, ["a\nb", "c\n--- \nd"]);
    let lines: Vec<usize> = deck.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(lines, [2, 4]);
    assert_eq!(
        Deck::parse_with("<!-- include: rundt.md -->", &read)
            .warnings
            .len(),
        2
    );
}

#[test]
fn fences_of_file_hold_the_code_of_another_file() {
    let read = |path: &Path| match path.to_str() {
        Some("a.rs") => Ok("en\nto\n---\n```\nfem".to_owned()),
        _ => Err("finnes ikke".to_owned()),
    };
    let source = "# A\n\n```file +exec +line_numbers\npath: a.rs\nlanguage: rust\nstart_line: 2\nend_line: 4\n```\nb\n---\n```file\npath: b.rs\n```";
    let deck = Deck::parse_with(source, &read);
    assert_eq!(deck.slides.len(), 2);
    let block = &deck.slides[0].code[0];
    assert_eq!(
        (
            block.language.as_deref(),
            block.shown.as_str(),
            block.line_numbers
        ),
        (Some("rust"), "to\n---\n```", true)
    );
    assert!(deck.slides[0].source.ends_with("\nb"));
    assert_eq!(deck.slides[1].code[0].shown, "path: b.rs");
    assert_eq!(deck.warnings.len(), 1);
}

#[test]
fn warnings_name_their_line() {
    let cases = [
        ("---\na: 1\ntheme: [x]\n---\nb", vec![2, 3]),
        ("a\n\n--- \n\n----", vec![3, 5]),
        ("a\n```go\nb", vec![2]),
        ("```\n----\n```", vec![]),
        ("---\npaging: %d\n---\na", vec![2]),
        (" \n", vec![1]),
        ("a\n---\n```nats rm x {live}\n```", vec![3]),
        ("a\n/// b\n\n```go +exek\n```\n---\n\n```go {x}\n```", vec![4, 8]),
        (
            "---\ntheme: {override: {x: 1}}\noptions:\n  x: 1\n---\na",
            vec![2, 4],
        ),
        (
            "a\n<!-- pase -->\n<!-- font_size: 9 -->\n```\n<!-- font_size: 9 -->\n```",
            vec![3],
        ),
        (
            "<!-- pase -->\n<!-- husk dette -->\n<!-- end_slide -->\na",
            vec![1],
        ),
    ];
    for (deck, expected) in cases {
        let lines: Vec<usize> = Deck::parse(deck)
            .warnings
            .iter()
            .map(|warning| warning.line)
            .collect();
        assert_eq!(lines, expected, "{deck:?}");
    }
}

#[test]
fn slides_know_their_title_and_line() {
    let deck = Deck::parse("---\nauthor: x\n---\n\n# A *b* `c`\n---\ntekst\n---\n## D");
    let titles: Vec<(&str, usize)> = deck.slides.iter().map(|s| (s.title(), s.first_line)).collect();
    assert_eq!(titles, [("A b c", 4), ("tekst", 7), ("D", 9)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_deck_panics_or_loses_text(source in r"(---\n|```|~~~|[a:{}\[\]&*!|>%@ \-\n\r\u{feff}]|///|author: ){0,60}") {
        let deck = Deck::parse(&source);
        prop_assert!(!deck.slides.is_empty());
        let kept: usize = deck.slides.iter().map(|slide| slide.source.len()).sum();
        prop_assert!(kept <= source.len());
    }
}

#[test]
fn a_deck_of_fences_is_read_in_time() {
    for line in ["```a\n", "~~~\n---\n", "```a\n---\n", "---\n"] {
        let deck = Deck::parse(&line.repeat(2_000));
        assert!(!deck.slides.is_empty());
    }
}
