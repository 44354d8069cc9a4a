//! How a step begins, and how what a lab has made is removed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use async_nats::Client;
use serde_json::Value;
use tokio::process::Command as Process;
use tokio::time::timeout;

use super::work::{Standing, Work};
use crate::client::api::ApiError;
use crate::client::{ConnectSettings, Login, connect};
use crate::lab::action::Action;
use crate::lab::command::Command;
use crate::lab::file::{Broker, Step};
use crate::lab::look::Eye;
use crate::lab::{spawn, texts};

/// How long a command may take that makes up for a step.
const COMMAND_TIME: Duration = Duration::from_secs(10);
/// The least time between two messages of a client of the lab.
const CHATTER_TIME_MIN: Duration = Duration::from_millis(10);

impl Work {
    /// Begins a step: first what the steps before leave behind, then its watches, so that nothing is missed,
    /// then its setup.
    pub(super) async fn begin(&mut self, eye: &mut Eye, step: usize) {
        self.step = step;
        self.answers.clear();
        self.hints = 0;
        self.solution_shown = false;
        self.passed_since = None;
        self.stays = false;
        self.caught_up = false;
        self.trouble = None;
        self.standing.clear();
        let lab = self.lab.clone();
        for (index, earlier) in lab.steps[..step].iter().enumerate() {
            if !self.done[index] {
                self.set_up(index, earlier).await;
                self.make_up_for(earlier).await;
                self.done[index] = true;
            }
        }
        let sights = eye.open_all(&lab.steps[step].checks).await;
        // The server knows what is listened to before anything is sent.
        let _ = self.client.flush().await;
        self.standing = sights.into_iter().map(Standing::new).collect();
        self.set_up(step, &lab.steps[step]).await;
        let _ = self.client.flush().await;
        self.note(|step| step.attempts = step.attempts.saturating_add(1));
    }

    async fn set_up(&mut self, index: usize, step: &Step) {
        if std::mem::replace(&mut self.prepared[index], true) {
            return;
        }
        for action in &step.setup {
            if let Action::Client {
                name,
                subjects,
                every_ms,
            } = action
            {
                let every = Duration::from_millis(*every_ms).max(CHATTER_TIME_MIN);
                let settings = self.place.settings.clone().named(name);
                self.clients
                    .push(spawn(chatter(settings, name.clone(), subjects.clone(), every)));
                continue;
            }
            if let Action::Clock(by) = action {
                // What was published before has its time from before: the answer comes behind it on the connection.
                let _ = self.api.request("INFO", &Value::Null).await;
                match &self.place.turn_clock {
                    Some(turn) => turn(*by),
                    None => self.trouble = Some(texts::cannot_prepare(texts::needs_our_broker())),
                }
                continue;
            }
            if action.takes_time() {
                let (action, client, api) = (action.clone(), self.client.clone(), self.api.clone());
                let task = async move { drop(action.perform(&client, &api).await) };
                self.clients.push(spawn(task));
                continue;
            }
            self.perform(action).await;
        }
    }

    async fn perform(&mut self, action: &Action) {
        match action.perform(&self.client, &self.api).await {
            // What an earlier run or the learner has made stays as it is.
            Err(ApiError::Refused {
                code: 10058 | 10148 | 10065,
                ..
            })
            | Ok(()) => {}
            Err(error) => self.trouble = Some(texts::cannot_prepare(&error.to_string())),
        }
    }

    /// Does what solves a step that was jumped over, as far as it leaves something behind: commands that go on
    /// are the learner's own.
    async fn make_up_for(&mut self, step: &Step) {
        let Some(program) = self.place.program.clone() else {
            return;
        };
        // A server of the learner's is the learner's.
        if self.lab.broker == Broker::External {
            return;
        }
        let Ok(folder) = tempfile::tempdir() else { return };
        for words in step.solution.iter().filter_map(Command::nats_words) {
            let run = self.nats(&program, folder.path(), &words).status();
            // What it says or whether it fails is of no interest: the checks look at what is there.
            let _ = timeout(COMMAND_TIME, run).await;
            self.caught_up = true;
        }
    }

    fn nats(&self, program: &Path, folder: &Path, words: &[String]) -> Process {
        let mut process = Process::new(program);
        process
            .arg("nats")
            .args(words)
            .current_dir(folder)
            .env_remove("NATS_CONTEXT")
            .env("XDG_CONFIG_HOME", folder)
            .env("NATS_URL", address(&self.place.settings))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        process
    }

    /// Removes every stream that was not there before, and the lab's clients.
    pub(super) async fn clear(&mut self) {
        self.standing.clear();
        self.done.fill(false);
        self.prepared.fill(false);
        self.clients.drain(..).for_each(|client| client.abort());
        for action in &self.lab.clone().teardown {
            self.perform(action).await;
        }
        for name in self.streams().await {
            if !self.before.contains(&name) {
                let deleted = self
                    .api
                    .request(&format!("STREAM.DELETE.{name}"), &Value::Null)
                    .await;
                if let Err(error) = deleted {
                    self.trouble = Some(texts::cannot_delete(&name, &error.to_string()));
                }
            }
        }
    }

    pub(super) async fn streams(&self) -> Vec<String> {
        let listed = self.api.list("STREAM.NAMES", "streams", &Value::Null).await;
        let names = listed.unwrap_or_default();
        names
            .iter()
            .filter_map(|name| Some(name.as_str()?.to_owned()))
            .collect()
    }
}

/// The server as one URL, login included where it is a name and a password.
fn address(settings: &ConnectSettings) -> String {
    let server = settings.servers.first().cloned().unwrap_or_default();
    match &settings.login {
        Login::Password { user, password } => {
            let host = server.trim_start_matches("nats://");
            format!("nats://{user}:{password}@{host}")
        }
        _ => server,
    }
}

/// Publishes to the subjects in turn, for as long as the lab lasts.
async fn chatter(settings: ConnectSettings, name: String, subjects: Vec<String>, every: Duration) {
    let Ok(client) = connect(&settings).await else {
        return;
    };
    let mut ticks = tokio::time::interval(every);
    for n in 1u64.. {
        for subject in &subjects {
            ticks.tick().await;
            if publish(&client, subject, format!("{name} {n}")).await.is_none() {
                return;
            }
        }
    }
}

async fn publish(client: &Client, subject: &str, text: String) -> Option<()> {
    client.publish(subject.to_owned(), text.into()).await.ok()
}
