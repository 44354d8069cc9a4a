use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// What a subject reached: plain ids, and for each group's name its ids.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found(BTreeSet<u64>, BTreeSet<(Vec<u8>, u64)>);

impl Visit<()> for Found {
    fn plain(&mut self, members: &[(u64, ())]) {
        for (id, ()) in members {
            assert!(self.0.insert(*id), "{id} came twice");
        }
    }

    fn group(&mut self, name: &[u8], members: &[(u64, ())]) {
        for (id, ()) in members {
            assert!(self.1.insert((name.to_vec(), *id)), "{id} came twice");
        }
    }
}

fn found(tree: &Tree<()>, subject: &[u8]) -> Found {
    let mut found = Found::default();
    tree.visit(subject, &mut found);
    found
}

#[test]
fn wildcards_in_a_published_subject_are_ordinary_text() {
    let mut tree = Tree::default();
    for (id, pattern) in ["a.b", "a.*", "a.>"].into_iter().enumerate() {
        tree.insert(pattern.as_bytes(), None, id as u64, ()).unwrap();
    }
    assert_eq!(found(&tree, b"a.*").0, BTreeSet::from([1, 2]));
    assert_eq!(found(&tree, b"a..b").0, BTreeSet::new());
    assert_eq!(tree.insert(b"a..b", None, 9, ()), Err(InvalidPattern));
}

fn token() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("a"), Just("b"), Just("c"), Just("*")]
}

fn pattern() -> impl Strategy<Value = String> {
    (proptest::collection::vec(token(), 1..5), any::<bool>())
        .prop_map(|(tokens, full)| tokens.join(".") + if full { ".>" } else { "" })
}

proptest! {
    #[test]
    fn as_the_naive_way(
        subscriptions in proptest::collection::vec((pattern(), 0..3u8, any::<bool>()), 1..30),
        subjects in proptest::collection::vec("[abc](\\.[abc]){0,4}", 1..10),
    ) {
        let queue = |n: u8| [None, Some(&b"q"[..]), Some(&b"r"[..])][usize::from(n)];
        let mut tree = Tree::default();
        for (id, (pattern, group, _)) in subscriptions.iter().enumerate() {
            tree.insert(pattern.as_bytes(), queue(*group), id as u64, ()).unwrap();
        }
        for (id, (pattern, group, goes)) in subscriptions.iter().enumerate() {
            if *goes {
                prop_assert!(tree.remove(pattern.as_bytes(), queue(*group), id as u64));
                prop_assert!(!tree.remove(pattern.as_bytes(), queue(*group), id as u64));
            }
        }
        for subject in &subjects {
            let mut expected = Found::default();
            for (id, (pattern, group, goes)) in subscriptions.iter().enumerate() {
                if !*goes && subject::matches(pattern.as_bytes(), subject.as_bytes()) {
                    match queue(*group) {
                        None => expected.0.insert(id as u64),
                        Some(name) => expected.1.insert((name.to_vec(), id as u64)),
                    };
                }
            }
            prop_assert_eq!(found(&tree, subject.as_bytes()), expected, "{}", subject);
        }
        for (id, (pattern, group, goes)) in subscriptions.iter().enumerate() {
            prop_assert_eq!(tree.remove(pattern.as_bytes(), queue(*group), id as u64), !*goes);
        }
        prop_assert!(tree.is_empty() && tree.root.is_empty());
    }
}
