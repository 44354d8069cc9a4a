//! The three ways to compare subjects agree with each other.
#![no_main]

use goingnats::proto::subject::{collide, is_literal, is_subset, is_valid_pattern, matches};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pair: (&[u8], &[u8])| {
    let (a, b) = pair;
    if !is_valid_pattern(a) || !is_valid_pattern(b) {
        return;
    }
    assert_eq!(collide(a, b), collide(b, a));
    if is_subset(a, b) {
        assert!(collide(a, b));
    }
    if is_literal(a) {
        assert_eq!(matches(b, a), is_subset(a, b));
    }
});
