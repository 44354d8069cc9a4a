//! Benchmarks of what is on the hot path of the broker, and between a key and a frame of the player.
//!
//! One binary, so that its dependencies are linked once. `cargo bench` runs all, `cargo bench match` one group.

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use goingnats::broker::store::{Stores, SyncPolicy};
use goingnats::broker::subjects::{Subjects, Visit};
use goingnats::broker::{self, Options};
use goingnats::client::filter::{Filter, Message};
use goingnats::proto::api::stream::{Storage, StreamConfig};
use goingnats::proto::parser::{Limits, plain_publish};
use goingnats::proto::subject::Filter as SubjectFilter;
use goingnats::tui::panes::subjects::tree::{BYTES_MAX, Tree};
use goingnats::tui::panes::subjects::{Shown, rows};
use goingnats::util::time::Timestamp;
use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

mod inspect;
mod player;

const BATCH_MESSAGES: u64 = 1_000;

fn parser(criterion: &mut Criterion) {
    let limits = Limits {
        control_line_max: 4096,
        payload_max: 1024 * 1024,
        headers: true,
    };
    let mut group = criterion.benchmark_group("parse");
    group.throughput(Throughput::Elements(BATCH_MESSAGES));
    for size in [16, 1024] {
        let one = format!("PUB bench.subject {size}\r\n{}\r\n", "x".repeat(size));
        let batch = one.repeat(BATCH_MESSAGES as usize).into_bytes();
        group.bench_function(format!("PUB of {size} bytes"), |bencher| {
            bencher.iter(|| {
                let mut rest = &batch[..];
                while let Some((message, taken)) = plain_publish(rest, &limits) {
                    black_box(message);
                    rest = &rest[taken..];
                }
                assert!(rest.is_empty());
            });
        });
    }
    group.finish();
}

/// Counts whom a subject reaches.
#[derive(Default)]
struct Count(usize);

impl Visit<u32> for Count {
    fn plain(&mut self, members: &[(u64, u32)]) {
        self.0 += members.len();
    }

    fn group(&mut self, _name: &[u8], _members: &[(u64, u32)]) {
        self.0 += 1;
    }
}

fn matcher(criterion: &mut Criterion) {
    let subjects = Subjects::default();
    for n in 0..10_000_u32 {
        for pattern in [
            format!("dev.{n}.temp"),
            format!("dev.{n}.*"),
            format!("dev.{n}.>"),
        ] {
            subjects
                .insert(pattern.as_bytes(), None, u64::from(n), n)
                .expect("a valid pattern");
        }
    }
    criterion.bench_function("match in 30 000 subscriptions", |bencher| {
        bencher.iter(|| {
            let mut count = Count::default();
            subjects.visit(black_box(b"dev.4711.temp"), &mut count);
            assert_eq!(count.0, 3);
        });
    });
}

fn wait_for(client: &mut BufReader<TcpStream>, wanted: &str) {
    let mut line = String::new();
    while line != wanted {
        line.clear();
        client.read_line(&mut line).expect("the broker speaks");
    }
}

/// From one socket through the whole broker to several others.
fn fan_out(criterion: &mut Criterion) {
    /// Bytes of a payload, and how many get it.
    const SCENES: [(usize, u64); 3] = [(16, 1), (128, 1), (128, 8)];
    let broker = broker::start(Options {
        host: "127.0.0.1".to_owned(),
        port: 0,
        ping_interval: Duration::from_secs(3600),
        ..Options::default()
    })
    .expect("a free port");
    let connect = |more: &str| {
        let stream = TcpStream::connect(broker.address()).expect("the broker listens");
        stream.set_nodelay(true).expect("a socket");
        let mut client = BufReader::with_capacity(64 * 1024, stream);
        let hello = format!("CONNECT {{\"verbose\":false}}\r\n{more}PING\r\n");
        client.get_mut().write_all(hello.as_bytes()).expect("it is read");
        wait_for(&mut client, "PONG\r\n");
        client
    };
    let mut group = criterion.benchmark_group("fan-out");
    for (size, clients) in SCENES {
        let body = "x".repeat(size);
        let batch = format!("PUB bench {size}\r\n{body}\r\n").repeat(BATCH_MESSAGES as usize);
        let delivered = format!("MSG bench 1 {size}\r\n{body}\r\n").len() as u64 * BATCH_MESSAGES;
        let mut publisher = connect("");
        let mut subscribers: Vec<_> = (0..clients).map(|_| connect("SUB bench 1\r\n")).collect();
        // The broker asks once, and then not for an hour.
        for client in subscribers.iter_mut().chain([&mut publisher]) {
            wait_for(client, "PING\r\n");
            client.get_mut().write_all(b"PONG\r\n").expect("it is read");
        }
        group.throughput(Throughput::Elements(BATCH_MESSAGES * clients));
        group.bench_function(format!("{size} bytes to {clients}"), |bencher| {
            bencher.iter(|| {
                publisher
                    .get_mut()
                    .write_all(batch.as_bytes())
                    .expect("it is read");
                for subscriber in &mut subscribers {
                    let mut messages = subscriber.take(delivered);
                    let read = io::copy(&mut messages, &mut io::sink()).expect("they arrive");
                    assert_eq!(read, delivered);
                }
            });
        });
    }
    group.finish();
}

fn store(criterion: &mut Criterion) {
    let config = StreamConfig {
        storage: Storage::Memory,
        ..StreamConfig::default()
    };
    let mut group = criterion.benchmark_group("store");
    group.throughput(Throughput::Elements(BATCH_MESSAGES));
    group.bench_function("append 128 bytes in memory", |bencher| {
        bencher.iter_batched(
            || {
                Stores::default()
                    .open(Timestamp::ZERO, &config)
                    .expect("memory is always to be had")
            },
            |mut store| {
                for n in 0..BATCH_MESSAGES {
                    let subject = [b's', b'.', b'0' + (n % 10) as u8];
                    store
                        .append(Timestamp::from_nanos(n as i64), &subject, b"", &[0; 128])
                        .expect("there is room");
                }
                store
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Opening a file stream with a million messages of 100 000 subjects: with sound indexes, and when all of them have to
/// be made again.
fn opening(criterion: &mut Criterion) {
    const MESSAGES: u64 = 1_000_000;
    const SUBJECTS: u64 = 100_000;
    let folder = tempfile::tempdir().expect("a folder");
    let config = StreamConfig {
        name: "S".to_owned(),
        storage: Storage::File,
        ..StreamConfig::default()
    };
    let open = || {
        let stores =
            Stores::in_folder(folder.path(), SyncPolicy::default(), None).expect("the folder is ours");
        let stores = stores.of_account("$G");
        stores.open(Timestamp::ZERO, &config).expect("it can be read")
    };
    let mut store = open();
    for n in 0..MESSAGES {
        // Neighbours have different subjects, as from many devices.
        let subject = format!("sensors.house.{}.temp", n * 7_919 % SUBJECTS);
        store
            .append(
                Timestamp::from_nanos(n as i64),
                subject.as_bytes(),
                b"",
                &[0; 128],
            )
            .expect("there is room");
    }
    store.flush().expect("there is room");
    drop(store);
    let mut group = criterion.benchmark_group("open a million messages of 100 000 subjects");
    group.sample_size(10);
    let open_all = || {
        let store = open();
        let state = store.state();
        assert_eq!((state.messages, state.subjects), (MESSAGES, SUBJECTS));
        // What follows in the life of a store is not part of opening it.
        store
    };
    group.bench_function("with indexes", |bencher| {
        bencher.iter_with_large_drop(open_all);
    });
    let indexes = folder.path().join("jetstream/$G/streams/S/msgs");
    group.bench_function("without indexes", |bencher| {
        bencher.iter_batched(
            || {
                for file in std::fs::read_dir(&indexes)
                    .expect("the folder is there")
                    .flatten()
                {
                    if file.path().extension().is_some_and(|kind| kind == "idx") {
                        std::fs::remove_file(file.path()).expect("it is there");
                    }
                }
            },
            |()| open_all(),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// What stands between a flood and a frame: counting into the tree, and making its rows.
fn subject_tree(criterion: &mut Criterion) {
    let names: Vec<String> = (0..100_000).map(|n| format!("sensors.d{n}.temp")).collect();
    let mut group = criterion.benchmark_group("subjects");
    group.throughput(Throughput::Elements(names.len() as u64));
    let mut tree = Tree::default();
    group.bench_function("100,000 known subjects counted", |bencher| {
        bencher.iter(|| {
            for name in &names {
                tree.take(Timestamp::ZERO, name, b"21.5");
            }
        });
    });
    assert!(tree.weight() <= BYTES_MAX);
    let mut shown = Shown::default();
    shown.open.extend(["sensors", "sensors.*"].map(str::to_owned));
    group.bench_function("rows of 100,000 subjects, folded", |bencher| {
        bencher.iter(|| black_box(rows(&tree, &shown)));
    });
    shown.unfolded.insert("sensors".to_owned());
    group.bench_function("rows of 100,000 subjects, unfolded", |bencher| {
        bencher.iter(|| black_box(rows(&tree, &shown)));
    });
    group.finish();
}

/// How long a filter takes over a whole window of messages.
fn filter(criterion: &mut Criterion) {
    const WINDOW: u64 = 10_000;
    let filter = Filter::parse(".temp > 30 && subject ~ pizz").expect("a filter");
    let payload = br#"{"temp": 31.5, "rom": {"navn": "Kjeller"}, "siste": [1, 22]}"#;
    let mut group = criterion.benchmark_group("filter");
    group.throughput(Throughput::Elements(WINDOW));
    group.bench_function("10,000 messages by a JSON field", |bencher| {
        bencher.iter(|| {
            let message = Message {
                subject: "sensors.pizzanini.temp",
                reply: None,
                headers: &[],
                payload,
            };
            (0..WINDOW).filter(|_| filter.matches(black_box(message))).count()
        });
    });
    group.finish();
}

/// What a consumer asks of a stream with many messages and subjects: `dev.<site>.<device>`, each ten times.
fn consumer_filters(criterion: &mut Criterion) {
    const SITES: u64 = 1_000;
    const DEVICES: u64 = 100;
    let config = StreamConfig {
        storage: Storage::Memory,
        ..StreamConfig::default()
    };
    let mut store = Stores::default()
        .open(Timestamp::ZERO, &config)
        .expect("memory is always to be had");
    for n in 0..10 * SITES * DEVICES {
        let subject = format!("dev.{}.{}", n / DEVICES % SITES, n % DEVICES);
        store
            .append(Timestamp::from_nanos(n as i64), subject.as_bytes(), b"", &[0; 16])
            .expect("there is room");
    }
    let mut group = criterion.benchmark_group("a million messages of 100 000 subjects");
    for pattern in ["dev.7.7", "dev.7.*", "dev.*.7"] {
        let filter = SubjectFilter::any([pattern]);
        group.throughput(Throughput::Elements(store.count_from(0, &filter, false)));
        group.bench_function(format!("deliver {pattern}"), |bencher| {
            bencher.iter(|| {
                let mut next = 1;
                while let Some(message) = store.next(next, &filter).expect("memory can be read") {
                    next = black_box(message.seq) + 1;
                }
            });
        });
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("count {pattern} from the middle"), |bencher| {
            bencher.iter(|| black_box(store.count_from(500_000, &filter, false)));
        });
        group.bench_function(format!("last of each of {pattern}"), |bencher| {
            bencher.iter(|| {
                let mut seqs = Vec::new();
                store.for_each_subject(&filter, &mut |_, subject| seqs.push(subject.last_seq));
                black_box(seqs)
            });
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    parser,
    matcher,
    fan_out,
    store,
    opening,
    consumer_filters,
    player::player,
    inspect::under_load,
    subject_tree,
    filter
);
criterion_main!(benches);
