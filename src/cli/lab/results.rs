//! How far learners are, on the teacher's screen: each shares their own progress with the teacher's server, and the
//! teacher looks at all of them. It is kept in a bucket there, so that it does not matter who comes first.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use async_nats::jetstream;
use async_nats::jetstream::kv::{Config, Operation, Store};
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::{block_on, read, texts};
use crate::client::{ConnectSettings, bucket, connect, payload};
use crate::lab::Lab;
use crate::lab::progress::Progress;

/// The bucket.
const BUCKET: &str = "goingnats_labs";
/// Bytes of one learner's results, and of the bucket.
const RESULT_BYTES_MAX: i32 = 16 * 1024;
const BUCKET_BYTES_MAX: i64 = 16 * 1024 * 1024;
/// How often the own progress is looked at.
const LOOK_TIME: Duration = Duration::from_secs(1);
/// How long the first results are awaited.
const FIRST_TIME: Duration = Duration::from_secs(2);
/// Letters of a name on the screen.
const NAME_CELLS: usize = 24;
/// Letters of a name.
const NAME_LETTERS_MAX: usize = 60;

/// What a learner shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Shared {
    name: String,
    /// Steps passed of each lab, and of how many.
    labs: BTreeMap<String, (usize, usize)>,
    points: u32,
}

impl Shared {
    fn of(name: &str, labs: &[Lab], progress: &Progress) -> Shared {
        let of_labs = labs.iter().map(|lab| {
            let passed = progress.passed(lab);
            (lab.id.clone(), (passed, lab.steps.len()))
        });
        Shared {
            name: name.to_owned(),
            labs: of_labs.filter(|(_, (passed, _))| *passed > 0).collect(),
            points: labs.iter().map(|lab| progress.points(lab)).sum(),
        }
    }

    /// `Kari                      3 labs  12 steps  260 p  pubsub 2/2, …`
    fn line(&self) -> String {
        let name = payload::neutralise(&self.name);
        let finished = self
            .labs
            .values()
            .filter(|(passed, steps)| passed >= steps)
            .count();
        let steps: usize = self.labs.values().map(|(passed, _)| passed).sum();
        let open = self.labs.iter().filter(|(_, (passed, steps))| passed < steps);
        let open = open.map(|(id, (passed, steps))| format!("{} {passed}/{steps}", payload::neutralise(id)));
        let open = open.collect::<Vec<_>>().join(", ");
        let line = format!(
            "{name:<NAME_CELLS$} {}  {open}",
            texts::result(finished, steps, self.points)
        );
        line.trim_end().to_owned()
    }
}

/// Shares the progress with the server at `url` under a name, as often as it changes, until ctrl+c; once where that is
/// enough.
///
/// # Errors
/// There is no name, no server, or it has no JetStream.
pub fn share(url: &str, name: &str, once: bool, labs: &[Lab], file: &Path) -> Result<ExitCode> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_LETTERS_MAX {
        bail!(texts::bad_name(NAME_LETTERS_MAX));
    }
    block_on(async {
        let store = open(url, true).await?;
        let mut told = None;
        loop {
            let shared = Shared::of(name, labs, &read(file)?);
            if told.as_ref() != Some(&shared) {
                let json = serde_json::to_vec(&shared)?;
                store.put(key(name), json.into()).await?;
                say!("{}", shared.line());
                told = Some(shared);
            }
            if once {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_TIME) => {}
                _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
            }
        }
    })
}

/// Shows what learners have shared with the server at `url`; with `follow` whatever comes, until ctrl+c.
///
/// # Errors
/// There is no server, or it has no JetStream.
pub fn results(url: &str, follow: bool) -> Result<ExitCode> {
    block_on(async {
        let store = open(url, follow).await?;
        let mut entries = store.watch_all_from_revision(1).await?;
        if follow {
            loop {
                tokio::select! {
                    entry = entries.next() => match entry {
                        Some(entry) => {
                            let entry = entry?;
                            if let Some(shared) = shared(entry.operation, &entry.value) {
                                say!("{}", shared.line());
                            }
                        }
                        None => return Ok(ExitCode::SUCCESS),
                    },
                    _ = tokio::signal::ctrl_c() => return Ok(ExitCode::SUCCESS),
                }
            }
        }
        let mut all: Vec<Shared> = Vec::new();
        for _ in 0..store.status().await?.values() {
            let Ok(Some(entry)) = tokio::time::timeout(FIRST_TIME, entries.next()).await else {
                break;
            };
            let entry = entry?;
            all.extend(shared(entry.operation, &entry.value));
            if entry.delta == 0 {
                break;
            }
        }
        all.sort_by(|one, other| (other.points, &one.name).cmp(&(one.points, &other.name)));
        if all.is_empty() {
            say!("{}", texts::no_results());
        }
        all.iter().for_each(|shared| say!("{}", shared.line()));
        Ok(ExitCode::SUCCESS)
    })
}

fn shared(operation: Operation, value: &[u8]) -> Option<Shared> {
    let value = Some(value).filter(|_| operation == Operation::Put)?;
    serde_json::from_slice(value).ok()
}

/// The bucket on the server at `url`.
async fn open(url: &str, may_make: bool) -> Result<Store> {
    let settings = ConnectSettings::to_server(url).named("goingnats lab");
    let jetstream = jetstream::new(connect(&settings).await?);
    let config = Config {
        bucket: BUCKET.to_owned(),
        description: "goingnats: how far learners are".to_owned(),
        history: 1,
        max_bytes: BUCKET_BYTES_MAX,
        max_value_size: RESULT_BYTES_MAX,
        ..Config::default()
    };
    let opened = bucket::open(&jetstream, config, may_make).await;
    let opened = opened.with_context(|| texts::no_bucket(url))?;
    opened.context(texts::no_results())
}

/// A key that any name can have.
fn key(name: &str) -> String {
    let name = name.to_lowercase();
    name.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_somebody_is() {
        let labs = crate::lab::builtin();
        let mut progress = Progress::default();
        let first = &labs[0];
        for step in &first.steps {
            progress.step(first, &step.id).passed_at = Some("2026-11-24T18:00:00Z".to_owned());
        }
        let second = &labs[1];
        progress.step(second, &second.steps[0].id).passed_at = Some("2026-11-24T18:00:00Z".to_owned());
        let shared = Shared::of("Kari\x1b[31m", &labs, &progress);
        let line = shared.line();
        let steps = first.steps.len() + 1;
        assert!(line.contains(&format!("1 lab ferdig, {steps} steg")), "{line}");
        assert!(
            line.ends_with(&format!("{} 1/{}", second.id, second.steps.len())),
            "{line}"
        );
        assert!(!line.contains('\x1b'), "{line}");
        assert_eq!(key("Åse Ø"), key("åse ø"));
    }
}
