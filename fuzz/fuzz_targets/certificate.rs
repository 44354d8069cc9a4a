//! Names in a client's certificate are read without panic, whatever the certificate is.
#![no_main]

use goingnats::broker::auth::Certificate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(certificate) = Certificate::read(bytes) {
        let _ = certificate.subjects().count();
    }
});
