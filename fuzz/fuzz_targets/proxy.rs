//! What a proxy says in front of a client: whatever it is, it is read without panic, and more bytes change no answer.
#![no_main]

use goingnats::proto::proxy::{Beginning, SEEN_MAX, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let whole = read(bytes);
    assert!(bytes.len() < SEEN_MAX || !matches!(whole, Ok(Beginning::More(_))));
    for end in 0..bytes.len() {
        let early = read(&bytes[..end]);
        assert!(matches!(early, Ok(Beginning::More(_))) || early == whole);
    }
});
