//! What one message costs on its way: parsing it, and finding out where its subject leads.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use goingnats::broker::subjects::{RouteCache, Tree, Visit};
use goingnats::proto::parser::{Limits, Parsed, parse};

const LIMITS: Limits = Limits {
    control_line_max: 4096,
    payload_max: 1024 * 1024,
    headers: true,
};

/// Messages in a read buffer.
const BATCH: usize = 1000;

fn parser(c: &mut Criterion) {
    let mut group = c.benchmark_group("parser");
    group.throughput(Throughput::Elements(BATCH as u64));
    let header = "NATS/1.0\r\nA: b\r\n\r\n";
    for (name, message) in [
        (
            "16 bytes",
            "PUB bench.subject 16\r\n0123456789abcdef\r\n".to_owned(),
        ),
        (
            "reply",
            "PUB bench.subject _INBOX.abcdefgh.1 4\r\nhelp\r\n".to_owned(),
        ),
        ("headers", format!("HPUB bench.subject 18 20\r\n{header}hi\r\n")),
        (
            "1 KiB",
            format!("PUB bench.subject 1024\r\n{}\r\n", "x".repeat(1024)),
        ),
    ] {
        let batch = message.repeat(BATCH).into_bytes();
        group.bench_function(name, |b| {
            b.iter(|| {
                let mut rest = &batch[..];
                while let Ok(Parsed::Whole(op, used)) = parse(rest, &LIMITS) {
                    black_box(op);
                    rest = &rest[used..];
                }
            });
        });
    }
}

struct Count(usize);

impl Visit<()> for Count {
    fn plain(&mut self, members: &[(u64, ())]) {
        self.0 += members.len();
    }

    fn group(&mut self, _name: &[u8], _members: &[(u64, ())]) {
        self.0 += 1;
    }
}

/// 20,000 subscriptions, as many devices have them.
fn devices() -> Tree<()> {
    let mut tree = Tree::default();
    for n in 0..10_000u64 {
        for (id, pattern) in [
            (2 * n, format!("dev.{n}.temp")),
            (2 * n + 1, format!("dev.{n}.hum.*")),
        ] {
            tree.insert(pattern.as_bytes(), None, id, ())
                .expect("a pattern made of words is valid");
        }
    }
    tree
}

fn matcher(c: &mut Criterion) {
    let subjects: Vec<String> = (0..10_000).map(|n| format!("dev.{n}.hum.{}", n % 7)).collect();
    let mut group = c.benchmark_group("matcher");
    group.throughput(Throughput::Elements(subjects.len() as u64));
    let tree = devices();
    group.bench_function("tree", |b| {
        b.iter(|| {
            let mut count = Count(0);
            for subject in &subjects {
                tree.visit(subject.as_bytes(), &mut count);
            }
            count.0
        });
    });
    let mut cache = RouteCache::new(100_000);
    for subject in &subjects {
        cache.insert(subject.as_bytes(), 1, 2, Arc::new(()));
    }
    group.bench_function("cache", |b| {
        b.iter(|| {
            subjects
                .iter()
                .filter(|subject| cache.get(subject.as_bytes(), 1).is_some())
                .count()
        });
    });
    group.finish();
    c.bench_function("subscribe and unsubscribe", |b| {
        let mut tree = devices();
        b.iter(|| {
            let added = tree.insert(b"dev.77.temp", None, u64::MAX, ());
            (added, tree.remove(b"dev.77.temp", None, u64::MAX))
        });
    });
}

criterion_group!(benches, parser, matcher);
criterion_main!(benches);
