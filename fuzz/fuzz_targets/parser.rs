//! What a client sends never panics, and never takes more bytes than there are.
#![no_main]

use goingnats::proto::parser::{Limits, Parsed, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { control_line_max: 4096, payload_max: 65_536, headers: true };
    let mut rest = data;
    while let Ok(Parsed::Whole(_, taken)) = parse(rest, &limits) {
        assert!(taken > 0 && taken <= rest.len());
        rest = &rest[taken..];
    }
});
