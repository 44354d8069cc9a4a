//! `nats link`: our `nats` and `nats-server` in a folder that the user names.
//!
//! This is a command of ours; natscli has none by that name.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::output::Out;

/// The names that this binary answers to.
const NAMES: [&str; 2] = ["nats", "nats-server"];

/// Puts links named nats and nats-server to this program into a folder, for example:
///
///   nats link ~/.local/bin
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The folder, which should be on the PATH
    folder: PathBuf,
}

/// Never replaces anything but a link to this very program.
pub(super) fn run(args: &Args) -> anyhow::Result<()> {
    let program = std::env::current_exe()?.canonicalize()?;
    std::fs::create_dir_all(&args.folder).with_context(|| format!("{}", args.folder.display()))?;
    let mut out = Out::new();
    for name in NAMES {
        let path = args
            .folder
            .join(name)
            .with_extension(std::env::consts::EXE_EXTENSION);
        if path.canonicalize().is_ok_and(|there| there == program) {
            out.line(&format!("{} is there already", path.display()))?;
            continue;
        }
        if path.symlink_metadata().is_ok() {
            bail!(
                "{} exists and is another program; it is left alone",
                path.display()
            );
        }
        link(&program, &path).with_context(|| format!("{}", path.display()))?;
        out.line(&format!("{} -> {}", path.display(), program.display()))?;
    }
    Ok(out.flush()?)
}

#[cfg(unix)]
fn link(program: &Path, path: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(program, path)
}

/// Symbolic links need a privilege on Windows.
#[cfg(not(unix))]
fn link(program: &Path, path: &Path) -> std::io::Result<()> {
    std::fs::hard_link(program, path)
}
