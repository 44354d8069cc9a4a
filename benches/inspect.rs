//! The interface under load: a million messages a second on 100,000 subjects go through the broker into the pane of
//! subjects while keys are pressed. What is measured is the time from a key to the frame that answers it; besides,
//! the rate that was reached, the memory, and whether every message was counted are printed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use criterion::Criterion;
use goingnats::broker::Options;
use goingnats::client::ConnectSettings;
use goingnats::client::intake::READ_BYTES;
use goingnats::runner::{Environment, Runner, Tools};
use goingnats::tui::background::{Background, Client, Running};
use goingnats::tui::completion::Next;
use goingnats::tui::event::{EVENTS_MAX, Event, News, Waker};
use goingnats::tui::inspect::{Inspector, Setup};
use goingnats::tui::keep::Keep;
use goingnats::tui::panes::access::Access;
use goingnats::tui::panes::subjects::tree;
use goingnats::tui::panes::{self, PaneKind};
use goingnats::tui::run::Show;
use goingnats::tui::server_log::ServerLog;
use goingnats::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent};

const RATE_PER_SECOND: u64 = 1_000_000;
const SUBJECTS: u64 = 100_000;
const CHUNK_MESSAGES: u64 = 10_000;
const PAYLOAD: &str = "21.5";
/// A key is to be answered within so much.
const WANTED: Duration = Duration::from_millis(50);

struct Stand {
    inspector: Inspector,
    events: Receiver<Event>,
    terminal: Terminal<TestBackend>,
    frames: Vec<Duration>,
    running: Running,
    url: String,
    _runtime: tokio::runtime::Runtime,
}

impl Stand {
    fn start() -> Stand {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("threads");
        let (sender, events) = sync_channel(EVENTS_MAX);
        let wake = sender.clone();
        let client = Client {
            events: sender,
            runtime: runtime.handle().clone(),
            waker: Waker::new(move || {
                // One that waits already is enough.
                let _ = wake.try_send(Event::Wake);
            }),
        };
        let access = Access::full();
        let setup = Setup {
            theme: Theme::dark(),
            environment: Environment {
                url: String::new(),
                context: None,
                embedded: true,
                tools: Tools::System,
                folder: PathBuf::from("/"),
                columns: None,
            },
            access: access.clone(),
            keep: Keep::default(),
            contexts: Vec::new(),
            read_context: |_| Err(String::new()),
            first: PaneKind::Subjects,
            layout: None,
            open_pane: panes::open,
            grammar: |_| Next::default(),
        };
        let inspector = Inspector::new(setup, &client, Runner::new(runtime.handle().clone(), || {}));
        let options = Options {
            host: "127.0.0.1".to_owned(),
            port: 0,
            ..Options::default()
        };
        let background = Background {
            broker: Some(Box::new(options)),
            reload: None,
            folder: PathBuf::new(),
            connection: ConnectSettings::to_server("nats://127.0.0.1:0"),
            labs: Vec::new(),
            progress: None,
            labs_alone: false,
            access,
            monitor: None,
            keep: Keep::default(),
            log: ServerLog::default(),
        };
        let mut stand = Stand {
            running: background.start_server(client),
            inspector,
            events,
            terminal: Terminal::new(TestBackend::new(160, 45)).expect("a screen"),
            frames: Vec::new(),
            url: String::new(),
            _runtime: runtime,
        };
        while stand.url.is_empty() || !stand.screen().contains("meld.") {
            stand.take();
            thread::sleep(Duration::from_millis(10));
        }
        stand
    }

    /// Does what the loop does between two keys.
    fn take(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            if let Event::News(News::Listening(url)) = &event {
                self.url.clone_from(url);
            }
            self.inspector.update(event);
        }
        self.frame();
    }

    fn frame(&mut self) {
        let begun = Instant::now();
        self.terminal
            .draw(|frame| self.inspector.draw(frame))
            .map(|_| ())
            .expect("a frame");
        self.frames.push(begun.elapsed());
    }

    /// From a key to the frame that answers it, with the frame that may have been under way when it came.
    fn key(&mut self, code: KeyCode) -> Duration {
        self.take();
        let before = self.frames.last().copied().unwrap_or_default();
        let begun = Instant::now();
        self.inspector
            .update(Event::Terminal(TerminalEvent::Key(KeyEvent::from(code))));
        self.frame();
        begun.elapsed() + before
    }

    fn screen(&self) -> String {
        self.terminal.backend().to_string()
    }

    /// What the pane says that it has counted.
    fn counted(&mut self) -> u64 {
        self.take();
        let screen = self.screen();
        let said = screen.split(" meld.").next().unwrap_or_default();
        let digits: String = said
            .rsplit(['"', '\n'])
            .next()
            .unwrap_or_default()
            .replace(' ', "");
        digits.parse().unwrap_or(0)
    }
}

/// Publishes at the rate until it is told to stop; gives how many were published and how long it took.
fn publish(url: &str, stop: &AtomicBool, published: &AtomicU64) -> Duration {
    let mut socket = TcpStream::connect(url.trim_start_matches("nats://")).expect("the broker");
    socket
        .write_all(b"CONNECT {\"verbose\":false}\r\n")
        .expect("a connection");
    let chunk = |from: u64| {
        let message = |n: u64| format!("PUB load.{}.{n} {}\r\n{PAYLOAD}\r\n", n % 100, PAYLOAD.len());
        (from..from + CHUNK_MESSAGES).map(message).collect::<String>()
    };
    let chunks: Vec<String> = (0..SUBJECTS / CHUNK_MESSAGES)
        .map(|n| chunk(n * CHUNK_MESSAGES))
        .collect();
    let pause = Duration::from_secs(1) * u32::try_from(CHUNK_MESSAGES).expect("few") / 1_000_000;
    assert_eq!(RATE_PER_SECOND, 1_000_000, "the pause is for this rate");
    let begun = Instant::now();
    let mut next = begun;
    for chunk in chunks.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        socket.write_all(chunk.as_bytes()).expect("a broker that reads");
        published.fetch_add(CHUNK_MESSAGES, Ordering::Relaxed);
        next += pause;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let elapsed = begun.elapsed();
    socket.write_all(b"PING\r\n").expect("a broker that reads");
    let mut answer = Vec::new();
    while !answer.windows(4).any(|four| four == b"PONG") {
        let mut buffer = [0; 4096];
        let read = socket.read(&mut buffer).expect("an answer");
        answer.extend_from_slice(&buffer[..read]);
    }
    elapsed
}

/// Key to frame while the broker is under load.
pub fn under_load(criterion: &mut Criterion) {
    let mut stand = Stand::start();
    let (stop, published) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let publisher = {
        let (url, stop, published) = (stand.url.clone(), Arc::clone(&stop), Arc::clone(&published));
        thread::spawn(move || publish(&url, &stop, &published))
    };
    let mut times = Vec::new();
    let keys = [
        KeyCode::Char('o'),
        KeyCode::Down,
        KeyCode::Char('*'),
        KeyCode::PageDown,
        KeyCode::Char('o'),
    ];
    let mut keys = keys.into_iter().cycle();
    let mut group = criterion.benchmark_group("inspect");
    group
        .sample_size(10)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(1));
    group.bench_function(
        "key to frame at 1 000 000 msg/s and 100 000 subjects",
        |bencher| {
            bencher.iter_custom(|rounds| {
                let mut total = Duration::ZERO;
                for _ in 0..rounds {
                    thread::sleep(Duration::from_millis(5));
                    let time = stand.key(keys.next().unwrap_or(KeyCode::Down));
                    times.push(time);
                    total += time;
                }
                total
            });
        },
    );
    group.finish();
    // Where only another benchmark was asked for, nothing was measured.
    stop.store(true, Ordering::Relaxed);
    let elapsed = publisher.join().expect("the publisher");
    if !times.is_empty() {
        report(&mut stand, times, published.load(Ordering::Relaxed), elapsed);
    }
    drop(stand.inspector);
    stand.running.stop();
}

fn report(stand: &mut Stand, mut times: Vec<Duration>, published: u64, elapsed: Duration) {
    let until = Instant::now() + Duration::from_secs(30);
    let mut counted = stand.counted();
    while counted < published && Instant::now() < until {
        thread::sleep(Duration::from_millis(300));
        counted = stand.counted();
    }
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: unknown");
    println!(
        "key to frame: median {:?}, 99 % {:?}, worst {:?} of {} keys; {} within {WANTED:?}",
        at(50),
        at(99),
        at(100),
        times.len(),
        times.iter().filter(|time| **time <= WANTED).count(),
    );
    println!(
        "{:.0} msg/s published for {elapsed:.1?}: {published} published, {counted} counted ({})",
        published as f64 / elapsed.as_secs_f64(),
        if published == counted {
            "exact"
        } else {
            "NOT EXACT"
        },
    );
    println!(
        "bounds: tree {} MiB (subjects::tree::BYTES_MAX), {} KiB waiting (intake::READ_BYTES), and at most 64 MiB \
         at the broker (max_pending); whole process, broker and publisher included: {peak}",
        tree::BYTES_MAX >> 20,
        READ_BYTES >> 10,
    );
}
