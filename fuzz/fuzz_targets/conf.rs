//! Configuration files: nothing panics, whatever they say.
#![no_main]

use std::io;
use std::path::Path;

use goingnats::broker::Options;
use goingnats::broker::conf::{Loader, parse_args};
use libfuzzer_sys::fuzz_target;

struct One<'a>(&'a [u8]);

impl Loader for One<'_> {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new("main.conf") {
            return Ok(self.0.to_vec());
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn variable(&self, _: &str) -> Option<String> {
        None
    }
}

fuzz_target!(|bytes: &[u8]| {
    let args = ["-t", "-c", "main.conf"].map(str::to_owned);
    let _ = parse_args(&args, Options::nats_server(), &One(bytes));
});
