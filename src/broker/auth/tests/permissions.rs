use proptest::prelude::*;

use crate::broker::auth::{Permissions, Verdict};
use crate::broker::conf::{self, SubjectPermission};
use crate::proto::subject::{is_literal, is_subset, matches};

fn subjects(allow: Option<&[&str]>, deny: &[&str]) -> SubjectPermission {
    let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
    SubjectPermission {
        allow: allow.map(owned),
        deny: owned(deny),
    }
}

fn publish(allow: Option<&[&str]>, deny: &[&str]) -> Permissions {
    Permissions::new(&conf::Permissions {
        publish: Some(subjects(allow, deny)),
        ..conf::Permissions::default()
    })
}

fn subscribe(allow: Option<&[&str]>, deny: &[&str]) -> Permissions {
    Permissions::new(&conf::Permissions {
        subscribe: Some(subjects(allow, deny)),
        ..conf::Permissions::default()
    })
}

/// `subject` or `subject queue`.
fn verdict(permissions: &Permissions, line: &str) -> Verdict {
    let mut parts = line.split(' ').map(str::as_bytes);
    permissions.subscribe(parts.next().unwrap(), parts.next())
}

#[test]
fn publishing() {
    let p = publish(Some(&["ok.>", "one.*", "*.two", "lit"]), &["ok.no", "ok.*.no"]);
    for (subject, expected) in [
        ("ok.a", true),
        ("ok", false),
        ("ok.no", false),
        ("ok.a.no", false),
        ("ok.a.no.b", true),
        ("one.a", true),
        ("one.a.b", false),
        ("one", false),
        ("x.two", true),
        ("lit", true),
        ("lit.a", false),
        ("ok.*", true),
        ("ok.>", true),
        ("", false),
    ] {
        assert_eq!(p.can_publish(subject.as_bytes()), expected, "{subject}");
    }
    assert!(publish(None, &["a"]).can_publish(b"b") && !publish(None, &["a"]).can_publish(b"a"));
    assert!(!publish(Some(&[]), &[]).can_publish(b"a"));
    assert!(publish(Some(&[">"]), &[]).can_publish(b"a.b"));
    assert!(!publish(Some(&[">"]), &[">"]).can_publish(b"a"));
    assert!(Permissions::default().can_publish(b"a"));
}

#[test]
fn subscribing() {
    use Verdict::{Allowed, Denied, Filtered};
    let allow = ["foo.*", "q.* v1", "q.* v2.>", "p", "w.> x", "plain", "plain g"];
    let deny = ["foo.deny", "foo.d.*", "foo.x q1"];
    let p = subscribe(Some(&allow), &deny);
    for (line, expected) in [
        ("foo.*", Filtered),
        ("foo.a", Allowed),
        ("foo", Denied),
        ("*.a", Denied),
        (">", Denied),
        ("foo.deny", Denied),
        ("foo.d.x", Denied),
        ("q.a", Denied),
        ("q.a v1", Allowed),
        ("q.a v2.x", Allowed),
        ("q.a v2", Denied),
        ("q.a v3", Denied),
        ("q.* v1", Allowed),
        ("p z", Allowed),
        ("p", Allowed),
        ("w.a.b x", Allowed),
        ("w.a y", Denied),
        ("plain", Allowed),
        ("plain g", Allowed),
        ("plain h", Denied),
        ("foo.x", Allowed),
        ("foo.x q1", Denied),
        ("foo.x q2", Filtered),
        ("foo.* q1", Filtered),
        // Wider than what is allowed, and let in by nats-server all the same.
        ("foo.>", Filtered),
        ("q.> v1", Allowed),
    ] {
        assert_eq!(verdict(&p, line), expected, "{line}");
    }
    let p = subscribe(None, &["d.a", "e.* q"]);
    for (line, expected) in [
        ("d.a", Denied),
        ("d.*", Filtered),
        ("d.>", Filtered),
        (">", Filtered),
        ("x.>", Allowed),
        ("e.x", Allowed),
        ("e.x q", Denied),
        ("e.x r", Filtered),
        ("e.* q", Denied),
        ("e.> q", Denied),
        ("> q", Filtered),
    ] {
        assert_eq!(verdict(&p, line), expected, "{line}");
    }
}

#[test]
fn delivering() {
    let p = subscribe(None, &["d.a", "e.* q", "f v*", "g v.*"]);
    for (subject, queue, expected) in [
        ("d.a", None, false),
        ("d.a", Some("x"), false),
        ("d.b", None, true),
        ("e.x", None, true),
        ("e.x", Some("q"), false),
        ("e.x", Some("r"), true),
        ("f", Some("v*"), false),
        ("f", Some("va"), true),
        ("g", Some("v.a"), false),
        ("g", Some("v"), true),
    ] {
        let found = p.may_deliver(subject.as_bytes(), queue.map(str::as_bytes));
        assert_eq!(found, expected, "{subject} {queue:?}");
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(&["a", "b", "c", "*"][..])
}

/// Short patterns over few tokens, so that they meet.
fn pattern() -> impl Strategy<Value = String> {
    (proptest::collection::vec(token(), 1..4), any::<bool>())
        .prop_map(|(tokens, open)| tokens.join(".") + if open { ".>" } else { "" })
}

fn literal() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(&["a", "b", "c"][..]), 1..5).prop_map(|t| t.join("."))
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(pattern(), 0..6)
}

fn strs(list: &[String]) -> Vec<&str> {
    list.iter().map(String::as_str).collect()
}

proptest! {
    #[test]
    fn publishing_is_what_the_lists_say(allow in patterns(), deny in patterns(), subject in literal()) {
        let any = |list: &[String]| list.iter().any(|p| matches(p.as_bytes(), subject.as_bytes()));
        let p = publish(Some(&strs(&allow)), &strs(&deny));
        prop_assert_eq!(p.can_publish(subject.as_bytes()), any(&allow) && !any(&deny));
    }

    /// Whatever the verdict, nothing denied is delivered, and a subscription without wildcards gets what
    /// is allowed and no more.
    #[test]
    fn nothing_denied_is_delivered(allow in patterns(), deny in patterns(), sub in pattern(), subject in literal()) {
        if allow.is_empty() || !matches(sub.as_bytes(), subject.as_bytes()) {
            return Ok(());
        }
        let any = |list: &[String]| list.iter().any(|p| matches(p.as_bytes(), subject.as_bytes()));
        let p = subscribe(Some(&strs(&allow)), &strs(&deny));
        let delivered = match p.subscribe(sub.as_bytes(), None) {
            Verdict::Denied => false,
            Verdict::Allowed => true,
            Verdict::Filtered => p.may_deliver(subject.as_bytes(), None),
        };
        prop_assert!(!delivered || !any(&deny));
        // What one entry covers, and nothing denies, does reach it.
        let covered = allow.iter().any(|a| is_subset(sub.as_bytes(), a.as_bytes()));
        if covered && deny.is_empty() {
            prop_assert!(delivered);
        }
        if is_literal(sub.as_bytes()) {
            prop_assert_eq!(delivered, covered && !any(&deny));
        }
    }
}
