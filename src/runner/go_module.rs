//! Go blocks: a module folder with nats.go, prepared once and kept in the user's cache folder.

use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use super::folders::cache_folder;
use super::job::Status;
use super::process::{Launcher, Step};
use super::texts;

/// The nats.go that blocks are built with.
const NATS_GO: &str = "github.com/nats-io/nats.go@v1.55.0";
/// Blocks whose sources stay in the folder, so that running one again is fast.
const BLOCKS_MAX: usize = 64;

/// Runs a source with `go run`, in a package folder that is the same every time, so that Go's build
/// cache is hit.
pub(super) async fn run(launcher: &Launcher, go: &Path, source: &str) -> io::Result<Status> {
    let cache = cache_folder().unwrap_or_else(|| std::env::temp_dir().join("goingnats"));
    let module = cache.join("go");
    if !module.join("go.sum").is_file() {
        let status = prepare(launcher, go, &cache, &module).await?;
        if status != (Status::Done { code: 0 }) {
            launcher.recorder.note(texts::no_module());
            return Ok(status);
        }
    }
    let package = package_name(source);
    let folder = module.join(&package);
    if !folder.is_dir() {
        make_room(&module);
        fs::create_dir_all(&folder)?;
    }
    fs::write(folder.join("main.go"), source)?;
    launcher
        .step(step(&module, go, &["run", &format!("./{package}")]))
        .await
}

/// Prepares beside the folder and moves it into place whole, so that what was interrupted, or done
/// by two processes at a time, never leaves half a module.
async fn prepare(launcher: &Launcher, go: &Path, cache: &Path, module: &Path) -> io::Result<Status> {
    launcher.recorder.note(texts::making_module());
    fs::create_dir_all(cache)?;
    let draft = tempfile::Builder::new().prefix("go-draft-").tempdir_in(cache)?;
    // The packages that blocks import, so that `go get` notes the sums of all they need.
    fs::write(draft.path().join("imports.go"), IMPORTS)?;
    for arguments in [
        &["mod", "init", "goingnats.invalid/blocks"][..],
        &["get", NATS_GO],
        &["mod", "tidy"],
    ] {
        let preparation = Step {
            is_quiet: true,
            ..step(draft.path(), go, arguments)
        };
        let status = launcher.step(preparation).await?;
        if status != (Status::Done { code: 0 }) {
            return Ok(status);
        }
    }
    if fs::rename(draft.path(), module).is_ok() {
        let _ = draft.keep();
    }
    Ok(Status::Done { code: 0 })
}

const IMPORTS: &str = "package blocks

import (
\t_ \"github.com/nats-io/nats.go\"
\t_ \"github.com/nats-io/nats.go/jetstream\"
\t_ \"github.com/nats-io/nats.go/micro\"
)
";

fn step(folder: &Path, go: &Path, arguments: &[&str]) -> Step {
    Step {
        program: go.into(),
        arguments: arguments.iter().map(OsString::from).collect(),
        folder: folder.to_owned(),
        variables: vec![("GOFLAGS", "-mod=mod".into()), ("GOWORK", "off".into())],
        is_quiet: false,
    }
}

fn package_name(source: &str) -> String {
    let mut hasher = DefaultHasher::new();
    source.hash(&mut hasher);
    format!("block-{:016x}", hasher.finish())
}

/// Forgets the blocks that were changed longest ago. What cannot be removed may stay.
fn make_room(module: &Path) {
    let Ok(entries) = fs::read_dir(module) else { return };
    let mut blocks: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("block-"))
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    blocks.sort();
    let excess = (blocks.len() + 1).saturating_sub(BLOCKS_MAX);
    for (_, path) in blocks.into_iter().take(excess) {
        let _ = fs::remove_dir_all(path);
    }
}
