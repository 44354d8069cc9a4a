//! Carrying a plan out: one process group after another, both pipes read as they fill.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until};

use super::job::{Recorder, Status, Stream};
use super::language::Language;
use super::plan::{Environment, Plan, Tools};
use super::texts;
use super::{Outlet, go_module, native, toolbox};

/// From asking a cancelled job to end until it is killed.
pub(super) const CANCEL_GRACE: Duration = Duration::from_millis(700);
/// From killing it until its pipes are given up, should a process that left the group hold them.
const PIPES_GRACE: Duration = Duration::from_millis(300);
/// Bytes kept of a quiet step's output; what comes after is seldom the cause.
const ASIDE_BYTES_MAX: usize = 64 * 1024;
/// Bytes read from a pipe at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// One process to run.
pub(super) struct Step {
    pub program: OsString,
    pub arguments: Vec<OsString>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Variables beyond those every job gets.
    pub variables: Vec<(&'static str, OsString)>,
    /// True when the output is of interest only if the step fails.
    pub is_quiet: bool,
}

/// Where a step's output goes: to the job at once, or aside until the step has failed.
struct Sink<'a> {
    recorder: &'a Recorder,
    aside: Option<Vec<u8>>,
}

/// Runs steps for one job.
pub(super) struct Launcher {
    pub environment: Environment,
    pub recorder: Recorder,
    pub path: OsString,
    /// Where the output goes.
    pub outlet: Outlet,
}

/// Does what the plan says and ends the job.
pub(super) async fn carry_out(plan: Plan, environment: Environment, recorder: Recorder, outlet: Outlet) {
    let first = match &environment.tools {
        Tools::Own(folder) => Some(folder.as_path()),
        Tools::System => None,
    };
    let path = toolbox::path_with(first);
    let launcher = Launcher {
        environment,
        recorder,
        path,
        outlet,
    };
    let status = match plan {
        Plan::Say(text) => {
            launcher.recorder.note(text);
            Status::Done { code: 0 }
        }
        Plan::Refuse(reason) => {
            launcher.recorder.note(reason);
            Status::Failed
        }
        Plan::Run {
            language,
            source,
            notes,
        } => {
            notes.into_iter().for_each(|note| launcher.recorder.note(note));
            launcher.run(language, &source).await.unwrap_or_else(|error| {
                launcher.recorder.note(texts::cannot_run(&error.to_string()));
                Status::Failed
            })
        }
    };
    launcher.recorder.finish(status);
}

impl Launcher {
    async fn run(&self, language: &Language, source: &str) -> io::Result<Status> {
        if language.name == "go" {
            return match self.find("go") {
                Some(go) => go_module::run(self, &go, source).await,
                None => Ok(native::perform(self, source).await),
            };
        }
        let folder = tempfile::Builder::new().prefix("goingnats-run-").tempdir()?;
        let file = folder.path().join("main").with_extension(language.extension);
        tokio::fs::write(&file, source).await?;
        let compiled = folder.path().join("program");
        let mut status = Status::Done { code: 0 };
        for words in language.steps {
            let Some((program, arguments)) = self.fill(words, &file, &compiled) else {
                return Ok(Status::Failed);
            };
            let step = Step {
                program,
                arguments,
                folder: self.environment.folder.clone(),
                variables: Vec::new(),
                is_quiet: false,
            };
            status = self.step(step).await?;
            if status != (Status::Done { code: 0 }) {
                break;
            }
        }
        Ok(status)
    }

    /// Program and arguments with paths in place of placeholders; says so when the program is not installed.
    fn fill(&self, words: &[&str], file: &Path, program: &Path) -> Option<(OsString, Vec<OsString>)> {
        let mut filled: Vec<OsString> = Vec::with_capacity(words.len());
        for (index, word) in words.iter().enumerate() {
            let value = match *word {
                "{file}" => file.into(),
                "{program}" => program.into(),
                names if index == 0 => {
                    let found = names.split('|').find_map(|name| self.find(name));
                    let Some(found) = found else {
                        let name = names.split('|').next().unwrap_or(names);
                        self.recorder.note(texts::no_program(name));
                        return None;
                    };
                    found.into()
                }
                plain => plain.into(),
            };
            filled.push(value);
        }
        let mut filled = filled.into_iter();
        Some((filled.next()?, filled.collect()))
    }

    pub fn find(&self, name: &str) -> Option<PathBuf> {
        toolbox::find_program(name, &self.path)
    }

    /// Runs one process with everything it starts, until it and its pipes have ended.
    pub async fn step(&self, step: Step) -> io::Result<Status> {
        if let Outlet::Terminal(size) = self.outlet
            && !step.is_quiet
        {
            return self.step_on_terminal(&step, size).await;
        }
        let mut sink = Sink {
            recorder: &self.recorder,
            aside: step.is_quiet.then(Vec::new),
        };
        let mut child = self.spawn(step)?;
        let group = child.id();
        self.recorder.set_group(group);
        let outcome = self.follow(&mut child, group, &mut sink).await;
        self.recorder.set_group(None);
        if !matches!(outcome, Ok(Status::Done { code: 0 })) {
            sink.show();
        }
        self.recorder.close_lines();
        outcome
    }

    fn spawn(&self, step: Step) -> io::Result<Child> {
        let output = match &self.outlet {
            Outlet::File(file) if !step.is_quiet => std::fs::File::create(file)?.into(),
            _ => Stdio::piped(),
        };
        let mut command = Command::new(&step.program);
        command
            .args(&step.arguments)
            .current_dir(&step.folder)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        for (name, value) in self.variables(&step) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        #[cfg(unix)]
        command.process_group(0);
        command.spawn()
    }

    /// The variables of a process; one without a value is taken away.
    pub(super) fn variables(&self, step: &Step) -> Vec<(&'static str, Option<OsString>)> {
        let Environment {
            url,
            context,
            columns,
            ..
        } = &self.environment;
        let mut variables = vec![
            ("PATH", Some(self.path.clone())),
            ("NATS_URL", Some(url.into())),
            ("PYTHONUNBUFFERED", Some("1".into())),
            // A context of the user's own must not lead a block elsewhere.
            ("NATS_CONTEXT", context.as_ref().map(OsString::from)),
            ("COLUMNS", columns.map(|columns| columns.to_string().into())),
        ];
        let own = step.variables.iter();
        variables.extend(own.map(|(name, value)| (*name, Some(value.clone()))));
        variables
    }

    /// Reads both pipes in one place, so that lines keep the order in which they arrived.
    async fn follow(&self, child: &mut Child, group: Option<u32>, sink: &mut Sink<'_>) -> io::Result<Status> {
        let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
        let (mut out_bytes, mut err_bytes) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
        let mut cancelled = false;
        let mut killed = false;
        let mut deadline: Option<Instant> = None;
        while out.is_some() || err.is_some() {
            tokio::select! {
                // The log before the output: `nats` announces a message there before it writes the body here.
                biased;
                () = self.recorder.cancelled(), if !cancelled => {
                    cancelled = true;
                    signal_group(group, Signal::TERM);
                    deadline = Some(Instant::now() + CANCEL_GRACE);
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if killed {
                        break;
                    }
                    killed = true;
                    signal_group(group, Signal::KILL);
                    deadline = Some(Instant::now() + PIPES_GRACE);
                }
                read = read_some(&mut err, &mut err_bytes), if err.is_some() => match read {
                    0 => err = None,
                    n => sink.take(Stream::Err, &err_bytes[..n]),
                },
                read = read_some(&mut out, &mut out_bytes), if out.is_some() => match read {
                    0 => out = None,
                    n => sink.take(Stream::Out, &out_bytes[..n]),
                },
            }
        }
        let exit = tokio::select! {
            exit = child.wait() => exit?,
            () = self.recorder.cancelled(), if !cancelled => {
                cancelled = true;
                signal_group(group, Signal::KILL);
                child.wait().await?
            }
            () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() && !killed => {
                signal_group(group, Signal::KILL);
                child.wait().await?
            }
        };
        Ok(if cancelled {
            Status::Cancelled
        } else {
            status_of(exit)
        })
    }
}

impl Sink<'_> {
    fn take(&mut self, stream: Stream, bytes: &[u8]) {
        match &mut self.aside {
            None => self.recorder.bytes(stream, bytes),
            Some(aside) if aside.len() + bytes.len() <= ASIDE_BYTES_MAX => aside.extend_from_slice(bytes),
            Some(_) => {}
        }
    }

    fn show(self) {
        if let Some(aside) = self.aside {
            self.recorder.bytes(Stream::Err, &aside);
        }
    }
}

/// Reads what is there; 0 at the end and on an error, which ends a pipe just as well.
async fn read_some(pipe: &mut Option<impl AsyncRead + Unpin>, bytes: &mut [u8]) -> usize {
    match pipe {
        Some(pipe) => pipe.read(bytes).await.unwrap_or(0),
        None => 0,
    }
}

pub(super) fn status_of(exit: ExitStatus) -> Status {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&exit) {
        return Status::Killed { signal };
    }
    Status::Done {
        code: exit.code().unwrap_or(-1),
    }
}

/// Kills a group at once, for when there is no time to ask.
pub(super) fn kill_group(group: u32) {
    signal_group(Some(group), Signal::KILL);
}

/// A group that is gone already needs no signal, so errors are of no interest.
pub(super) fn signal_group(group: Option<u32>, signal: Signal) {
    let pid = group
        .and_then(|id| i32::try_from(id).ok())
        .and_then(Pid::from_raw);
    if let Some(pid) = pid {
        let _ = kill_process_group(pid, signal);
    }
}
