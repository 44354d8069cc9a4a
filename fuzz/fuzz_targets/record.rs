//! A store's records are read without panic, whatever lies on the disk.
#![no_main]

use goingnats::broker::store::try_record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let salt = bytes.first_chunk().map_or(0, |salt| u32::from_le_bytes(*salt));
    if let Some(size) = try_record(salt, bytes) {
        // What nobody compressed is no longer than the record.
        assert!(bytes[13] & 2 != 0 || size <= bytes.len());
    }
});
