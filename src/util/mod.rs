//! Small things that every layer needs: time as a value, Go's ways of writing durations and sizes,
//! short hashes, ids, a command line as words, a bounded ring, a lock that outlives a panic, finding a name by a few letters, a file
//! that is written whole or not at all, and the language of the interface.
//!
//! Nothing here knows NATS, a socket or a screen. Start with [`time::Timestamp`], the one type in
//! which time travels through broker and deck.

pub mod duration;
pub mod fuzzy;
pub mod integer;
pub mod language;
pub mod lock;
pub mod ring;
pub mod shell_words;
pub mod short_hash;
pub mod size;
pub mod time;
pub mod whole_file;
