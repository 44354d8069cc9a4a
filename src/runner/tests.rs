//! Real processes: what a speaker relies on when a block runs.

use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use super::job::LINES_MAX;
use super::*;

/// Generous, since a loaded machine is slow; only a failing test waits this long.
const PATIENCE: Duration = Duration::from_secs(20);

struct Stage {
    runtime: tokio::runtime::Runtime,
    news: Receiver<()>,
    runner: Runner,
    environment: Environment,
}

impl Stage {
    fn new() -> Stage {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (tell, news) = sync_channel(1);
        let runner = Runner::new(runtime.handle().clone(), move || {
            let _ = tell.try_send(());
        });
        let environment = Environment {
            url: "nats://127.0.0.1:4222".to_owned(),
            context: None,
            embedded: true,
            tools: Tools::System,
            folder: std::env::temp_dir(),
            columns: None,
        };
        Stage {
            runtime,
            news,
            runner,
            environment,
        }
    }

    fn start(&self, source: &str) -> Job {
        let language = "bash";
        self.runner.start(Block { language, source }, &self.environment)
    }

    fn wait(&self, job: &Job, until: impl Fn(&JobView) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !until(&job.view()) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "waited too long: {:?}", job.view().tail(20));
            let _ = self.news.recv_timeout(left);
        }
    }

    fn wait_end(&self, job: &Job) -> Status {
        self.wait(job, |view| view.status != Status::Running);
        job.status()
    }
}

fn texts(job: &Job) -> Vec<(Stream, String)> {
    let view = job.view();
    view.lines.iter().map(|l| (l.stream, l.text.clone())).collect()
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    // A zombie that nobody has waited for yet is as good as gone.
    !stat.is_empty() && !stat.contains(") Z ")
}

#[test]
fn output_streams_while_the_block_runs_and_all_of_it_stays_when_it_fails() {
    let stage = Stage::new();
    let gate = tempfile::tempdir().unwrap();
    let fifo = gate.path().join("gate");
    let job = stage.start(&format!(
        "echo en; mkfifo {0}; printf 'vent '; read -r line < {0}; echo \"$line\"; echo feil >&2; exit 3",
        fifo.display()
    ));
    stage.wait(&job, |view| view.tail(1).iter().any(|line| line.text == "vent "));
    assert_eq!(job.status(), Status::Running);
    std::fs::write(&fifo, "videre\n").unwrap();
    assert_eq!(stage.wait_end(&job), Status::Done { code: 3 });
    let mut seen = texts(&job);
    seen.sort_by_key(|(stream, _)| *stream == Stream::Err);
    let expected = [
        (Stream::Out, "en".to_owned()),
        (Stream::Out, "vent videre".to_owned()),
        (Stream::Err, "feil".to_owned()),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn what_was_written_to_the_log_first_stands_first() {
    let stage = Stage::new();
    for _ in 0..20 {
        let job = stage.start("echo hode >&2; echo kropp");
        stage.wait_end(&job);
        let seen: Vec<String> = texts(&job).into_iter().map(|(_, text)| text).collect();
        assert_eq!(seen, ["hode", "kropp"]);
    }
}

#[test]
fn cancel_ends_everything_the_block_started() {
    let stage = Stage::new();
    let job = stage.start("trap '' TERM; sleep 1000 & echo $!; sleep 1000 & echo $!; wait");
    stage.wait(&job, |view| view.lines.len() == 2);
    let pids: Vec<String> = texts(&job).into_iter().map(|(_, pid)| pid).collect();
    assert!(pids.iter().all(|pid| is_alive(pid)));
    job.cancel();
    assert_eq!(stage.wait_end(&job), Status::Cancelled);
    assert!(pids.iter().all(|pid| !is_alive(pid)), "{pids:?}");
}

#[test]
fn a_dropped_job_leaves_no_process_behind() {
    let stage = Stage::new();
    let job = stage.start("echo $$; exec sleep 1000");
    stage.wait(&job, |view| view.lines.len() == 1);
    let pid = texts(&job)[0].1.clone();
    drop(job);
    let deadline = Instant::now() + PATIENCE;
    while is_alive(&pid) {
        assert!(Instant::now() < deadline, "{pid} still runs");
        std::thread::yield_now();
    }
}

#[test]
fn a_flood_keeps_the_newest_lines_and_counts_the_rest() {
    let stage = Stage::new();
    let job = stage.start("seq 20000");
    assert_eq!(stage.wait_end(&job), Status::Done { code: 0 });
    let view = job.view();
    assert_eq!(
        (view.lines.len(), view.dropped()),
        (LINES_MAX, 20_000 - LINES_MAX as u64)
    );
    assert_eq!(view.tail(1)[0].text, "20000");
}

#[test]
fn the_environment_leads_to_our_server_and_our_tools() {
    let mut stage = Stage::new();
    let toolbox = Toolbox::create(Path::new("/bin/echo")).unwrap();
    stage.environment.tools = Tools::Own(toolbox.folder());
    stage.environment.url = "nats://127.0.0.1:4333".to_owned();
    let job = stage.start("nats pub hello; nats-server -v; echo $NATS_URL");
    assert_eq!(stage.wait_end(&job), Status::Done { code: 0 });
    let seen: Vec<String> = texts(&job).into_iter().map(|(_, text)| text).collect();
    assert_eq!(seen, ["pub hello", "-v", "nats://127.0.0.1:4333"]);
    let folder = toolbox.folder();
    drop(toolbox);
    assert!(!folder.exists());
}

#[test]
fn what_cannot_start_says_why() {
    let mut stage = Stage::new();
    let block = Block {
        language: "cobol",
        source: "x",
    };
    let job = stage.runner.start(block, &stage.environment);
    assert_eq!(stage.wait_end(&job), Status::Failed);
    assert_eq!(texts(&job)[0].1, "Språket «cobol» kan ikke kjøres.");
    stage.environment.folder = "/finnes/ikke".into();
    let job = stage.start("echo");
    assert_eq!(stage.wait_end(&job), Status::Failed);
    assert!(texts(&job)[0].1.starts_with("Kunne ikke kjøre blokken"));
    stage.runtime.shutdown_background();
}

#[test]
fn a_block_on_a_terminal_of_its_own_is_typed_to() {
    let stage = Stage::new();
    let start = |source: &str| {
        let size = TerminalSize { columns: 40, rows: 5 };
        let block = Block {
            language: "bash",
            source,
        };
        stage
            .runner
            .start_into(Outlet::Terminal(size), block, &stage.environment)
    };
    let shows = |view: &JobView, wanted: &str| view.tail(5).iter().any(|line| line.text.contains(wanted));

    let job = start("stty size\nread -r word\necho \"fikk $word\"\n[ -t 1 ] && exit 3");
    // What is typed before the terminal is there waits for it.
    job.view().type_keys(b"hei\r".to_vec());
    stage.wait(&job, |view| shows(view, "5 40"));
    assert_eq!(stage.wait_end(&job), Status::Done { code: 3 });
    assert!(shows(&job.view(), "fikk hei"), "{:?}", job.view().tail(5));

    let job = start("trap '' TERM HUP\necho klar\nwhile :; do read -r x; done");
    stage.wait(&job, |view| shows(view, "klar"));
    job.cancel();
    assert_eq!(stage.wait_end(&job), Status::Cancelled);
}

#[test]
fn what_was_started_beside_the_screen_is_waited_for() {
    let stage = Stage::new();
    let done = Arc::new(Mutex::new(0));
    let (go, held) = sync_channel::<()>(0);
    let counted = Arc::clone(&done);
    stage.runner.beside(move || {
        let _ = held.recv();
        *counted.lock().unwrap() += 1;
    });
    stage.runner.wait_beside(Duration::ZERO);
    assert_eq!(*done.lock().unwrap(), 0, "nobody waits longer than that");
    go.send(()).unwrap();
    stage.runner.wait_beside(PATIENCE);
    assert_eq!(*done.lock().unwrap(), 1);
}
