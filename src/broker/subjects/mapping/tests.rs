//! Tables from a run of nats-server 2.14.5 (`nats server mappings`).

use proptest::prelude::*;

use super::{Destination, Mapped, Mapping, Mappings, MappingsError, Transform};

fn transformed(source: &str, destination: &str, subject: &str) -> Option<String> {
    let transform = Transform::new(source, destination).unwrap();
    let found = transform.transform(subject.as_bytes(), &mut || 7)?;
    Some(String::from_utf8(found).unwrap())
}

#[test]
fn functions() {
    for (source, destination, subject, expected) in [
        ("foo.*.*", "bar.$2.$1", "foo.a.b", "bar.b.a"),
        (
            "foo.*.*",
            "bar.{{wildcard(2)}}.{{Wildcard( 1 )}}",
            "foo.a.b",
            "bar.b.a",
        ),
        ("foo.*.*", "bar.{{partition(10,1,2)}}", "foo.a.b", "bar.6"),
        ("foo.*.*", "bar.{{ Partition( 10 , 2 ) }}", "foo.a.b", "bar.7"),
        ("foo.*.*", "bar.{{partition(10)}}", "foo.a.b", "bar.4"),
        (
            "foo.*.*",
            "bar.{{partition(1000000,2,1)}}",
            "foo.alpha.beta",
            "bar.934617",
        ),
        ("foo", "bar.{{partition(10)}}", "foo", "bar.3"),
        ("foo", "bar.{{partition(10,1)}}", "foo", "bar.3"),
        ("foo.*", "bar.{{partition(0,1)}}", "foo.a", "bar.0"),
        ("foo.*", "bar.{{partition(-3,1)}}", "foo.a", "bar.3826002220"),
        ("foo.*", "bar.{{random(0)}}", "foo.a", "bar.0"),
        ("foo.*", "bar.{{random(2)}}", "foo.a", "bar.1"),
        ("*", "{{splitfromleft(1,3)}}", "12345", "123.45"),
        ("*", "{{SplitFromRight(1,3)}}", "12345", "12.345"),
        ("*", "{{slicefromleft(1,2)}}", "12345", "12.34.5"),
        ("*", "{{slicefromleft(1,2)}}", "1234", "12.34"),
        ("*", "{{slicefromright(1,2)}}", "12345", "1.23.45"),
        ("*", "{{sliceFromRight(1,2)}}", "1234", "12.34"),
        ("*", "{{slicefromright(1,9)}}", "1234", "1234"),
        ("*", "{{split(1,-)}}", "-abc-def--ghi-", "abc.def.ghi"),
        ("*", "{{split(1,-)}}", "--a", ".a"),
        ("*", "{{split(1,)}}", "abc", "a.b.c"),
        ("*", "{{split(1,--)}}", "a--b", "a.b"),
        ("*", "{{left(1,2)}}", "12345", "12"),
        ("*", "{{right(1,2)}}", "12345", "45"),
        ("*", "{{right(1,9)}}", "12345", "12345"),
        ("*", "{{left(1,-2)}}", "12345", "12345"),
        ("foo.>", "bar.>", "foo.a.b", "bar.a.b"),
        (">", "bar.>", "foo.a.b", "bar.foo.a.b"),
        ("", "bar.>", "foo.a.b", "bar.foo.a.b"),
        (">", ">", "foo.a.b", "foo.a.b"),
        ("foo.*.>", "bar.$1.x.>", "foo.a.b.c", "bar.a.x.b.c"),
        ("foo.*", "$SYS.$1", "foo.a", "$SYS.a"),
        ("foo.*", "x$1.a$.b{{x}}.$1", "foo.a", "x$1.a$.b{{x}}.a"),
        ("foo.*", "x.$0", "foo.a", "x.foo"),
        ("foo.*", "bar.{{}}", "foo.a", "bar.{{}}"),
        ("foo", "bar", "foo", "bar"),
    ] {
        let found = transformed(source, destination, subject);
        assert_eq!(
            found.as_deref(),
            Some(expected),
            "{source} {destination} {subject}"
        );
    }
    assert_eq!(transformed("foo.*", "bar.$1", "fox.a"), None);
}

#[test]
fn what_cannot_be() {
    let invalid = "invalid mapping destination";
    let argument = "function argument is invalid or in the wrong format";
    for (source, destination, message) in [
        ("foo.*", "bar.*", "invalid subject".to_owned()),
        ("foo.*", "bar.>", "invalid subject".to_owned()),
        ("foo.>", "bar", "invalid subject".to_owned()),
        ("foo.*", "bar..a", "invalid subject".to_owned()),
        ("foo..*", "bar", "invalid subject".to_owned()),
        ("foo.*", "", "invalid subject".to_owned()),
        (
            "foo.*",
            "bar.$2",
            format!("{invalid}: wildcard index out of range in $2: [2]"),
        ),
        (
            "foo",
            "bar.$1",
            format!("{invalid}: wildcard index out of range in $1"),
        ),
        (
            "foo",
            "{{split(1,-)}}",
            format!("{invalid}: wildcard index out of range in {{{{split(1,-)}}}}"),
        ),
        (
            "foo.*",
            "{{partition(3,2)}}",
            format!("{invalid}: wildcard index out of range in {{{{partition(3,2)}}}}: [2]"),
        ),
        (
            "foo.*",
            "{{wildcard()}}",
            format!("{invalid}: not enough arguments passed to the function in {{{{wildcard()}}}}"),
        ),
        (
            "foo.*",
            "{{wildcard(1,2)}}",
            format!("{invalid}: too many arguments passed to the function in {{{{wildcard(1,2)}}}}"),
        ),
        (
            "foo.*",
            "{{wildcard(x)}}",
            format!("{invalid}: {argument} in {{{{wildcard(x)}}}}"),
        ),
        (
            "foo.*",
            "{{unknown(1)}}",
            format!("{invalid}: unknown function in {{{{unknown(1)}}}}"),
        ),
        (
            "foo.*",
            "{{RANDOM(1)}}",
            format!("{invalid}: unknown function in {{{{RANDOM(1)}}}}"),
        ),
        (
            "foo.*",
            "{{wildcard}}",
            format!("{invalid}: unknown function in {{{{wildcard}}}}"),
        ),
        (
            "foo.*",
            "{{partition()}}",
            format!("{invalid}: {argument} in {{{{partition()}}}}"),
        ),
        (
            "foo.*",
            "{{partition(99999999999,1)}}",
            format!("{invalid}: {argument} in {{{{partition(99999999999,1)}}}}"),
        ),
        (
            "foo.*",
            "{{split(1)}}",
            format!("{invalid}: not enough arguments passed to the function in {{{{split(1)}}}}"),
        ),
        (
            "foo.*",
            "{{split(1,a,b)}}",
            format!("{invalid}: too many arguments passed to the function in {{{{split(1,a,b)}}}}"),
        ),
        (
            "foo.*",
            "{{split(1,a b)}}",
            format!("{invalid}: {argument} in {{{{split(1,a b)}}}}"),
        ),
        (
            "foo.*",
            "{{left(1)}}",
            format!("{invalid}: not enough arguments passed to the function in {{{{left(1)}}}}"),
        ),
        (
            "foo.*",
            "{{left(1,b)}}",
            format!("{invalid}: {argument} in {{{{left(1,b)}}}}"),
        ),
        (
            "foo.*",
            "{{random()}}",
            format!("{invalid}: {argument} in {{{{random()}}}}"),
        ),
        (
            "foo.*",
            "{{random(1,2)}}",
            format!("{invalid}: not enough arguments passed to the function in {{{{random(1,2)}}}}"),
        ),
    ] {
        let error = Transform::new(source, destination).unwrap_err();
        assert_eq!(error.to_string(), message, "{source} {destination}");
    }
}

#[test]
fn imports_are_strict_and_go_back() {
    let message = |source, destination| {
        Transform::new_strict(source, destination)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        message("a.*", "b.{{left(1,2)}}"),
        "invalid mapping destination: the only mapping function allowed for import transforms is {{Wildcard()}} in {{left(1,2)}}"
    );
    assert_eq!(
        message("a.*.*", "b.$1"),
        "invalid mapping destination: not using all of the token wildcard(s) in b.$1"
    );
    let there = Transform::new_strict("a.*.x.*", "b.$2.{{wildcard(1)}}").unwrap();
    let moved = there.transform(b"a.1.x.2", &mut || 0).unwrap();
    assert_eq!(moved, b"b.2.1");
    assert_eq!(
        there.reverse().unwrap().transform(&moved, &mut || 0).unwrap(),
        b"a.1.x.2"
    );
    let open = Transform::new_strict("a.>", "b.c.>").unwrap();
    assert_eq!(
        open.reverse().unwrap().transform(b"b.c.d.e", &mut || 0).unwrap(),
        b"a.d.e"
    );
}

fn mapping(source: &str, destinations: &[(&str, u8)]) -> Mapping {
    let destination = |(subject, weight): &(&str, u8)| Destination {
        subject: (*subject).to_owned(),
        weight: *weight,
        cluster: None,
    };
    Mapping {
        source: source.to_owned(),
        destinations: destinations.iter().map(destination).collect(),
    }
}

/// How often a subject goes where, when every per cent is drawn once.
fn spread(mappings: &[Mapping], subject: &str) -> Vec<(String, usize)> {
    let mappings = Mappings::new(mappings).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for draw in 0..100 {
        let way = match mappings.map(subject.as_bytes(), &mut || draw) {
            Mapped::Unchanged => "=".to_owned(),
            Mapped::Dropped => "-".to_owned(),
            Mapped::To(subject) => String::from_utf8(subject).unwrap(),
        };
        *counts.entry(way).or_insert(0) += 1;
    }
    counts.into_iter().collect()
}

#[test]
fn weights() {
    let ways = |list: &[(&str, usize)]| -> Vec<(String, usize)> {
        list.iter().map(|(way, n)| ((*way).to_owned(), *n)).collect()
    };
    let split = mapping("a.*", &[("b.$1", 60), ("c", 30)]);
    assert_eq!(
        spread(std::slice::from_ref(&split), "a.x"),
        ways(&[("a.x", 10), ("b.x", 60), ("c", 30)])
    );
    assert_eq!(spread(std::slice::from_ref(&split), "x"), ways(&[("=", 100)]));
    let lossy = mapping("a", &[("a", 70), ("b", 10)]);
    assert_eq!(spread(&[lossy], "a"), ways(&[("-", 20), ("a", 70), ("b", 10)]));
    assert_eq!(spread(&[mapping("a", &[("b", 100)])], "a"), ways(&[("b", 100)]));
    assert_eq!(spread(&[mapping("a", &[])], "a"), ways(&[("a", 100)]));
    // The first that matches counts; the same source again replaces it.
    let first = [
        split,
        mapping("a.x", &[("no", 100)]),
        mapping("a.*", &[("d", 100)]),
    ];
    assert_eq!(spread(&first, "a.x"), ways(&[("d", 100)]));
    // What is meant for a cluster is not meant for us.
    let mut scoped = mapping("a", &[("b", 100)]);
    scoped.destinations[0].cluster = Some("east".to_owned());
    assert_eq!(spread(&[scoped], "a"), ways(&[("a", 100)]));
}

#[test]
fn mappings_that_cannot_be() {
    let error = |m: Mapping| Mappings::new(&[m]).unwrap_err();
    assert_eq!(
        error(mapping("a", &[("b", 60), ("c", 50)])),
        MappingsError::TotalTooHigh
    );
    assert_eq!(error(mapping("a", &[("b", 101)])), MappingsError::WeightTooHigh);
    assert_eq!(
        error(mapping("a", &[("b", 1), ("b", 1)])),
        MappingsError::Duplicate("b".to_owned())
    );
    for (source, destination, message) in [
        ("a..b", "c", "invalid subject"),
        ("a", "b c", "invalid mapping destination: invalid transform"),
        ("a", "b..c", "invalid mapping destination: invalid transform"),
        ("a", "", "invalid mapping destination: invalid transform"),
        (
            "a.>",
            "b.>.c",
            "invalid mapping destination: invalid transform in c",
        ),
    ] {
        assert_eq!(
            error(mapping(source, &[(destination, 100)])).to_string(),
            message,
            "{destination}"
        );
    }
}

proptest! {
    #[test]
    fn nothing_panics(source in "[ab*>.]{0,8}", destination in "([ab$.>{}(),1-3 -]|wildcard|split|\\{\\{[sl](plit|eft)\\(1,.\\)\\}\\}){0,8}", subject in "[ab.*æ-]{0,10}") {
        if let Ok(transform) = Transform::new(&source, &destination) {
            transform.transform(subject.as_bytes(), &mut || 1);
            let _ = transform.reverse();
        }
        let _ = Mappings::new(&[mapping(&source, &[(&destination, 50)])]);
    }
}
