use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use tempfile::TempDir;

use super::super::model;
use super::super::seal::Keys;
use super::*;
use crate::broker::conf::StoreCipher;

const SALT: u32 = 0x5eed_cafe;

fn opening() -> Opening {
    Opening {
        salt: SALT,
        ..Opening::default()
    }
}

fn open(folder: &TempDir) -> FileStore {
    FileStore::open(folder.path(), opening()).unwrap()
}

/// The ways to open a store: plain, compressed, sealed with either cipher, and both.
fn openings() -> Vec<Opening> {
    let seals = [None, Some(StoreCipher::ChaChaPoly), Some(StoreCipher::Aes)].map(|cipher| {
        let keys = cipher.map(|cipher| Keys {
            current: "key".into(),
            previous: None,
            cipher,
        });
        keys.map(|keys| Arc::new(keys.create(b"stream").unwrap().1))
    });
    let both = |seal: &Option<Arc<Seal>>| {
        [Compression::None, Compression::S2].map(|compression| Opening {
            compression,
            seal: seal.clone(),
            ..opening()
        })
    };
    seals.iter().flat_map(both).collect()
}

/// As [`openings`], for single records.
pub fn packings() -> Vec<Packing> {
    let packing = |opening: Opening| {
        let mut packing = Packing {
            seal: opening.seal,
            ..Packing::default()
        };
        packing.compressor.switch(opening.compression == Compression::S2);
        packing
    };
    openings().into_iter().map(packing).collect()
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
    for (seed, opening) in (0..).zip(openings()) {
        let folder = TempDir::new().unwrap();
        let overhead = |headers: &[u8]| 30 + if headers.is_empty() { 0 } else { 4 };
        let mut round = 0;
        let open = |compression| {
            let opening = Opening {
                seal: opening.seal.clone(),
                compression,
                ..opening
            };
            Box::new(FileStore::open(folder.path(), opening).unwrap())
        };
        // The first is neither compressed nor sealed, the last is both.
        let steps = if matches!(seed, 0 | 5) { 10_000 } else { 1_000 };
        model::check(open(opening.compression), overhead, seed, steps, &mut |store| {
            round += 1;
            if round % 2 == 0 {
                crash(store)
            } else {
                drop(store)
            }
            // Compression may be switched off and on again.
            open(if round % 3 == 0 {
                Compression::None
            } else {
                opening.compression
            })
        });
    }
}

#[test]
fn a_sealed_store_keeps_its_secrets_and_a_compressed_one_its_size() {
    for opening in openings() {
        let (sealed, compressed) = (opening.seal.is_some(), opening.compression == Compression::S2);
        let folder = TempDir::new().unwrap();
        let mut store = FileStore::open(folder.path(), opening).unwrap();
        let payload = b"a secret that nobody may read ".repeat(30_000);
        for n in 1..=20 {
            store.append(at(n), b"secret.subject", b"", &payload).unwrap();
        }
        drop(store);
        let (mut size, mut tells) = (0, false);
        for file in std::fs::read_dir(folder.path().join("msgs")).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            size += bytes.len();
            tells |= memchr::memmem::find(&bytes, b"secret").is_some();
        }
        assert_eq!(tells, !sealed);
        assert_eq!(size < payload.len(), compressed, "{size}");
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
    let last_length = HEAD + "s.2".len() + "NATS/1.0\r\nA: b\r\n\r\n".len() + payload(6).len();
    for byte in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        std::fs::write(&path, &flipped).unwrap();
        let mut store = open(&folder);
        let found = held(&mut store);
        let missing: Vec<u64> = (1..=6).filter(|seq| !found.contains(seq)).collect();
        assert!(missing.len() <= 1, "byte {byte}: {missing:?}");
        let lost = store.lost().map(|lost| lost.msgs).unwrap_or_default();
        // What says that the last record is a message is itself a byte of it.
        if byte != whole.len() - last_length + 12 {
            assert_eq!(lost, missing, "byte {byte}");
            assert_eq!(store.state().last_seq, 6, "byte {byte}");
        }
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
    let mut store = FileStore::open_with(folder.path(), opening(), write_while_there_is_room).unwrap();
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
    let error = FileStore::open(folder.path(), opening()).unwrap_err();
    assert!(matches!(error, StoreError::Version { version: 9, .. }), "{error}");
}

/// Stores messages until there are some closed segments.
fn fill_segments(store: &mut FileStore, segments: usize) {
    let big = vec![b'x'; 500_000];
    while store.log.segments_mut().count() <= segments {
        let n = store.state().last_seq + 1;
        store
            .append(at(n), format!("big.{}", n % 7).as_bytes(), b"", &big)
            .unwrap();
    }
    store.log.await_indexer();
    store.flush().unwrap();
}

#[test]
fn an_index_is_used_when_it_is_right_and_made_again_when_it_is_not() {
    for opening in openings() {
        let folder = TempDir::new().unwrap();
        let open = || {
            let seal = opening.seal.clone();
            FileStore::open(
                folder.path(),
                Opening {
                    seal,
                    ..self::opening()
                },
            )
            .unwrap()
        };
        let mut store = open();
        fill_segments(&mut store, 2);
        store.remove(5, false).unwrap();
        store.flush().unwrap();
        let state = store.state();
        crash(Box::new(store));

        let (log, index) = (folder.path().join("msgs/1.log"), folder.path().join("msgs/1.idx"));
        let sound = std::fs::read(&index).unwrap();
        // Only with the index is the payload not looked at.
        let bytes = std::fs::read(&log).unwrap();
        let mut damaged = bytes.clone();
        damaged[1_000] ^= 1;
        std::fs::write(&log, &damaged).unwrap();
        let store = open();
        assert_eq!((store.state(), store.lost()), (state, None));
        crash(Box::new(store));
        std::fs::write(&log, &bytes).unwrap();

        let flipped = |at: usize| {
            let mut index = sound.clone();
            index[at] ^= 1;
            index
        };
        let wrong = [
            Vec::new(),
            sound[..sound.len() - 1].to_vec(),
            flipped(9),
            flipped(13),
            flipped(40),
        ];
        for index_bytes in wrong {
            std::fs::write(&index, index_bytes).unwrap();
            let store = open();
            assert_eq!(store.state(), state);
            assert_eq!(std::fs::read(&index).unwrap().len(), sound.len());
            crash(Box::new(store));
        }
        // Of another time: its segment has become shorter.
        let end = bytes.len() - 500_000;
        std::fs::write(&log, &bytes[..end]).unwrap();
        let store = open();
        assert_eq!(store.state().messages, state.messages - 1);
        assert!(store.lost().is_some());
    }
}

#[test]
fn an_index_written_on_the_way_is_the_one_made_of_its_segment() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    for n in 0..40_000 {
        let headers: &[u8] = if n % 3 == 0 {
            b"NATS/1.0\r\nA: b\r\n\r\n"
        } else {
            b""
        };
        store.append(at(n), b"s.small", headers, b"21.5").unwrap();
        if n % 7 == 6 {
            store.remove(n - 2, false).unwrap();
        }
        if n % 100 == 0 {
            store.flush().unwrap();
        }
    }
    fill_segments(&mut store, 2);
    let messages = folder.path().join("msgs");
    for number in [1, 2] {
        let index = messages.join(format!("{number}.idx"));
        let on_the_way = std::fs::read(&index).unwrap();
        segment_index::write(&messages, number, opening().salt, None).unwrap();
        assert!(
            on_the_way == std::fs::read(&index).unwrap(),
            "of segment {number}"
        );
    }
    assert!(messages.join("3.idx.new").exists(), "the newest one is followed");
    crash(Box::new(store));
    drop(open(&folder));
    assert!(!messages.join("3.idx.new").exists());
}

#[test]
fn what_is_erased_is_in_no_index() {
    let folder = TempDir::new().unwrap();
    let mut store = open(&folder);
    fill_segments(&mut store, 1);
    let index = folder.path().join("msgs/1.idx");
    assert!(index.exists());
    store.remove(5, true).unwrap();
    assert!(!index.exists());
    crash(Box::new(store));
    let mut store = open(&folder);
    assert_eq!(store.load(5).unwrap(), None);
    assert!(index.exists(), "it is made again");
}
