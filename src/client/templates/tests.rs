use super::*;
use proptest::prelude::*;

fn moment() -> ZonedDateTime {
    "2026-11-24T18:05:09.123456789+01:00[Europe/Oslo]"
        .parse()
        .unwrap()
}

fn rendered(text: &str, request: &str) -> String {
    let now = moment();
    let moment = Moment {
        count: 7,
        now: &now,
        request: request.as_bytes(),
        tokens: &["weather", "oslo"],
    };
    let (template, _) = Template::lenient(text);
    template.render_text(&moment, &mut Random::seeded(1))
}

#[test]
fn what_people_write() {
    for (text, expected) in [
        ("plain", "plain"),
        (r#"{"n":{{Count}}}"#, r#"{"n":7}"#),
        ("{{.Count}} {{Cnt}} {{ .Cnt }}", "7 7 7"),
        ("{{TimeStamp}}", "2026-11-24T18:05:09+01:00"),
        ("{{Time}}", "6:05PM"),
        ("{{Unix}} {{.UnixNano}}", "1795539909 1795539909123456789"),
        ("a  {{- Count -}}  b", "a7b"),
        ("a {{-Count}}", "a {{-Count}}"),
        ("{{/* nothing */}}x", "x"),
        ("{{1}}-{{0}}-{{9}}", "oslo-weather-9"),
        ("}} {{Count}}", "}} 7"),
    ] {
        assert_eq!(rendered(text, ""), expected, "{text}");
    }
}

#[test]
fn what_is_not_a_template_goes_out_as_it_stands() {
    for (text, reason) in [
        (
            "hello.{{username}}.dm",
            r#"template: body:1: function "username" not defined"#,
        ),
        ("a\n{{Count", "template: body:2: unclosed action"),
        ("{{}}", "template: body:1: missing value for command"),
        (
            "{{.Nope}}",
            "template: body:1: can't evaluate field Nope in type *util.pubData",
        ),
        (
            "{{Random 1}}",
            "template: body:1: wrong number of args for Random: want 2 got 1",
        ),
        (
            "{{Count | printf}}",
            r#"template: body:1: unexpected "|" in command"#,
        ),
    ] {
        assert_eq!(rendered(text, ""), text);
        assert_eq!(Template::parse(text).unwrap_err().to_string(), reason);
    }
    assert!(Template::parse("{{Random 0 999999999999}}").is_err());
}

#[test]
fn the_request_is_a_function_only_when_there_is_one() {
    assert_eq!(rendered("<{{Request}}>", "hei"), "<hei>");
    assert_eq!(rendered("<{{.Request}}>", "hei"), "<hei>");
    assert_eq!(rendered("<{{.Request}}>", ""), "<>");
    assert_eq!(rendered("<{{Request}}>", ""), "<{{Request}}>");
    assert_eq!(rendered("<{{Request}}>", "{{Count}}"), "<{{Count}}>");
}

#[test]
fn randomness_is_repeatable_and_within_bounds() {
    let texts: Vec<String> = (0..200).map(|seed| Random::seeded(seed).text(2, 5)).collect();
    assert!(texts.iter().all(|text| (2..=5).contains(&text.len())));
    assert!((2..=5).all(|length| texts.iter().any(|text| text.len() == length)));
    assert_eq!(
        rendered("{{ID}}{{Random 5 5}}", ""),
        rendered("{{ID}}{{Random 5 5}}", "")
    );
    assert_eq!(rendered("{{ID}}", "").len(), 22);
    assert_eq!(
        rendered("{{Random 9 3}}", "").len().clamp(3, 9),
        rendered("{{Random 9 3}}", "").len()
    );
    let mut random = Random::from_system();
    assert_ne!(random.id(), random.id());
}

proptest! {
    #[test]
    fn any_text_renders(text in r"([a-z{}\- .]|Count|\{\{|\}\}|\n){0,40}") {
        let out = rendered(&text, "r");
        if !text.contains("{{") {
            prop_assert_eq!(out, text);
        }
    }
}
