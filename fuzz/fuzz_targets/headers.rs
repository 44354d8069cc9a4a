//! Header blocks from strangers are read without panic, and copying keeps what was there.
#![no_main]

use goingnats::proto::headers::{Builder, iter, status};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|block: &[u8]| {
    let _ = status(block);
    let copy = Builder::copy(block, &[]).build();
    assert_eq!(iter(&copy).count(), iter(block).count());
});
