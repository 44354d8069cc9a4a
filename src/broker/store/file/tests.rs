use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tempfile::TempDir;

use super::super::model;
use super::*;

const SALT: u32 = 0x5eed_cafe;

fn open(folder: &TempDir) -> FileStore {
    FileStore::open(folder.path(), SALT, false).unwrap()
}

fn at(n: u64) -> Timestamp {
    Timestamp::from_nanos(1_000 + n as i64)
}

fn payload(n: u64) -> Vec<u8> {
    format!("message number {n}").into_bytes()
}

/// Stores `count` small messages.
fn fill(store: &mut FileStore, count: u64) {
    for _ in 0..count {
        let n = store.state().last_seq + 1;
        let headers: &[u8] = if n.is_multiple_of(3) {
            b"NATS/1.0\r\nA: b\r\n\r\n"
        } else {
            b""
        };
        store
            .append(at(n), format!("s.{}", n % 4).as_bytes(), headers, &payload(n))
            .unwrap();
    }
    store.flush().unwrap();
}

/// The sequences that are held; each must have the bytes it was stored with.
fn held(store: &mut FileStore) -> Vec<u64> {
    let mut held = Vec::new();
    let mut seq = 0;
    while let Some(message) = store.next(seq, &Filter::all()).unwrap() {
        assert_eq!(message.payload, payload(message.seq), "wrong bytes served");
        assert_eq!(message.subject, format!("s.{}", message.seq % 4).as_bytes());
        seq = message.seq + 1;
        held.push(message.seq);
    }
    held
}

/// As a crash leaves it: what was not flushed is gone, and nothing is tidied up.
fn crash(store: Box<dyn Store>) {
    std::mem::forget(store);
}

#[test]
fn the_file_store_agrees() {
    for seed in 0..2 {
        let folder = TempDir::new().unwrap();
        let overhead = |headers: &[u8]| 30 + if headers.is_empty() { 0 } else { 4 };
        let mut round = 0;
        model::check(Box::new(open(&folder)), overhead, seed, 10_000, &mut |store| {
            round += 1;
            if round % 2 == 0 {
                crash(store)
            } else {
                drop(store)
            }
            Box::new(open(&folder))
        });
    }
}

#[test]
fn a_log_cut_anywhere_loses_its_end_only() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill(&mut store, 6);
    crash(Box::new(store));
    let path = folder.path().join("msgs/1.log");
    let whole = std::fs::read(&path).unwrap();
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let mut store = open(&folder);
        let found = held(&mut store);
        let expected: Vec<u64> = (1..=found.len() as u64).collect();
        assert_eq!(found, expected, "cut to {length}");
        let per_message = whole.len() / 6;
        assert!(found.len() + 1 >= length / (per_message + 20), "cut to {length}");
        fill(&mut store, 2);
        let found = held(&mut store);
        assert_eq!(found.len(), expected.len() + 2, "cut to {length}");
        crash(Box::new(store));
        assert_eq!(held(&mut open(&folder)), found);
    }
}

#[test]
fn a_flipped_bit_costs_at_most_its_record() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill(&mut store, 6);
    crash(Box::new(store));
    let path = folder.path().join("msgs/1.log");
    let whole = std::fs::read(&path).unwrap();
    for byte in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        std::fs::write(&path, &flipped).unwrap();
        let mut store = open(&folder);
        let found = held(&mut store);
        let missing: Vec<u64> = (1..=6).filter(|seq| !found.contains(seq)).collect();
        assert!(missing.len() <= 1, "byte {byte}: {missing:?}");
        let lost = store.lost().map(|lost| lost.msgs).unwrap_or_default();
        // The last record looks as if it had not been written whole.
        let reported: Vec<u64> = missing.into_iter().filter(|seq| *seq < 6).collect();
        assert_eq!(lost, reported, "byte {byte}");
        crash(Box::new(store));
    }
}

#[test]
fn damage_under_a_running_store_is_never_served() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill(&mut store, 5);
    drop(store);
    let mut store = open(&folder);
    let path = folder.path().join("msgs/1.log");
    let bytes = std::fs::read(&path).unwrap();
    let hit = memchr::memmem::find(&bytes, b"number 3").unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"N", hit as u64).unwrap();
    assert_eq!(store.load(3).unwrap(), None);
    assert_eq!(held(&mut store), [1, 2, 4, 5]);
    assert_eq!(store.lost().unwrap().msgs, [3]);
    assert_eq!(store.state().messages, 4);
}

#[test]
fn what_was_not_flushed_may_go_and_what_was_stays() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill(&mut store, 10);
    store.remove(1, false).unwrap();
    store.remove(5, false).unwrap();
    store.remove(10, false).unwrap();
    store.skip_to(12, at(12)).unwrap();
    store.flush().unwrap();
    let state = store.state();
    store.append(at(13), b"s.1", b"", &payload(13)).unwrap();
    crash(Box::new(store));
    let mut store = open(&folder);
    assert_eq!(store.state(), state);
    assert_eq!(held(&mut store), [2, 3, 4, 6, 7, 8, 9]);
}

#[test]
fn erased_bytes_are_nowhere() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill(&mut store, 5);
    store.remove(3, true).unwrap();
    store.remove(1, true).unwrap();
    store.flush().unwrap();
    crash(Box::new(store));
    let bytes = std::fs::read(folder.path().join("msgs/1.log")).unwrap();
    assert_eq!(memchr::memmem::find(&bytes, b"number 3"), None);
    assert_eq!(memchr::memmem::find(&bytes, b"number 1"), None);
    assert_eq!(held(&mut open(&folder)), [2, 4, 5]);
}

#[test]
fn space_is_given_back_and_nothing_comes_back() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    let big = vec![b'x'; 100_000];
    for n in 1..=400_u64 {
        store.append(at(n), b"big", b"", &big).unwrap();
        store.flush().unwrap();
    }
    let size = |folder: &TempDir| -> u64 {
        let files = std::fs::read_dir(folder.path().join("msgs")).unwrap();
        files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
    };
    assert!(size(&folder) > 40_000_000);
    for seq in (1..=400).filter(|seq| seq % 10 != 0) {
        store.remove(seq, false).unwrap();
        store.flush().unwrap();
    }
    for _ in 0..10 {
        store.sync().unwrap();
    }
    assert!(size(&folder) < 17_000_000, "{}", size(&folder));
    let state = store.state();
    crash(Box::new(store));
    let mut store = open(&folder);
    assert_eq!(store.state(), state);
    for seq in 1..=400 {
        let loaded = store.load(seq).unwrap().map(|message| message.payload.len());
        assert_eq!(loaded, (seq % 10 == 0).then_some(100_000), "{seq}");
    }
    store.compact(401).unwrap();
    for _ in 0..10 {
        store.sync().unwrap();
    }
    assert!(size(&folder) < 9_000_000);
    crash(Box::new(store));
    let store = open(&folder);
    assert_eq!((store.state().messages, store.state().last_seq), (0, 400));
}

/// Bytes that still fit on the disk of the test below.
static ROOM: AtomicU64 = AtomicU64::new(500);

fn write_while_there_is_room(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let room = ROOM.load(Relaxed).min(bytes.len() as u64);
    ROOM.fetch_sub(room, Relaxed);
    file.write_all_at(&bytes[..room as usize], at)?;
    if (room as usize) < bytes.len() {
        return Err(io::ErrorKind::StorageFull.into());
    }
    Ok(())
}

#[test]
fn a_full_disk_ends_it_and_costs_nothing_acknowledged() {
    let folder = TempDir::new().unwrap();
    let mut store = FileStore::open_with(folder.path(), SALT, false, write_while_there_is_room).unwrap();
    let mut safe = 0;
    loop {
        let n = safe + 1;
        store
            .append(at(n), format!("s.{}", n % 4).as_bytes(), b"", &payload(n))
            .unwrap();
        if store.flush().is_err() {
            break;
        }
        safe = n;
    }
    assert!(safe > 1);
    ROOM.store(1_000_000, Relaxed);
    assert!(
        store.append(at(99), b"s", b"", b"").is_err(),
        "it must not go on as if nothing had been"
    );
    assert!(store.remove(1, false).is_err());
    assert!(store.flush().is_err());
    drop(store);
    assert_eq!(held(&mut open(&folder)), (1..=safe).collect::<Vec<_>>());
}

#[test]
fn a_later_format_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(open(&folder));
    let path = folder.path().join("msgs/1.log");
    let mut head = scan::file_head();
    head[8] = 9;
    let sum = crc32fast::hash(&head[..12]);
    head[12..].copy_from_slice(&sum.to_le_bytes());
    std::fs::write(&path, head).unwrap();
    let error = FileStore::open(folder.path(), SALT, false).unwrap_err();
    assert!(matches!(error, StoreError::Version { version: 9, .. }), "{error}");
}
