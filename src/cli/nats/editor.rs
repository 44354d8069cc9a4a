//! Editing a configuration in the person's own editor.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde_json::{Map, Value};

use super::output::is_interactive;

/// Opens the configuration in `$VISUAL` or `$EDITOR`, and gives what was saved.
pub(super) fn edit(config: &Map<String, Value>) -> anyhow::Result<Map<String, Value>> {
    if !is_interactive() {
        bail!("cannot edit without a terminal; use the flags, or --config with a file");
    }
    let Some(editor) = ["VISUAL", "EDITOR"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.trim().is_empty()))
    else {
        bail!("set EDITOR environment variable to your chosen editor");
    };
    let path = std::env::temp_dir().join(format!("nats-{}.json", std::process::id()));
    let text = serde_json::to_string_pretty(config)?;
    // Made anew, so that nobody else's file is written to.
    std::fs::File::create_new(&path)
        .and_then(|mut file| writeln!(file, "{text}"))
        .with_context(|| format!("{}", path.display()))?;
    let edited = in_editor(&editor, &path);
    std::fs::remove_file(&path)?;
    edited
}

fn in_editor(editor: &str, path: &std::path::Path) -> anyhow::Result<Map<String, Value>> {
    let words = crate::util::shell_words::split(editor)?;
    let Some((program, arguments)) = words.split_first() else {
        bail!("set EDITOR environment variable to your chosen editor");
    };
    let status = Command::new(program)
        .args(arguments)
        .arg(path)
        .status()
        .with_context(|| format!("could not run {program}"))?;
    if !status.success() {
        bail!("{program}: {status}");
    }
    serde_json::from_str(&std::fs::read_to_string(path)?).context("invalid configuration")
}
