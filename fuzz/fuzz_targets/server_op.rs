//! What a server sends never panics, and never takes more bytes than there are.
#![no_main]

use goingnats::proto::server_op::{Parsed, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut rest = data;
    while let Ok(Parsed::Whole(_, taken)) = parse(rest) {
        assert!(taken > 0 && taken <= rest.len());
        rest = &rest[taken..];
    }
});
