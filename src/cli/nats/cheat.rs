//! `nats cheat`: what one looks up most often, in Norwegian like the talk.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use super::output::Out;

const SHEET: &str = include_str!("cheat.md");
/// Before the name of each section.
const HEADING: &str = "## ";

/// Cheat sheets for the nats command, in Norwegian, for example:
///
///   nats cheat
///   nats cheat stream
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// The cheat sheet to show, all of them when absent
    section: Option<String>,
    /// List the cheat sheets that there are
    #[arg(long, conflicts_with = "section")]
    list: bool,
    /// Save the cheat sheets to a folder, a file each
    #[arg(long, value_name = "DIRECTORY", conflicts_with_all = ["section", "list"])]
    save: Option<PathBuf>,
}

/// The sections in their order: name and text.
fn sections() -> impl Iterator<Item = (&'static str, &'static str)> {
    SHEET
        .split(HEADING)
        .filter_map(|section| section.split_once('\n'))
        .map(|(name, text)| (name.trim(), text.trim()))
        .filter(|(name, _)| !name.is_empty())
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let mut out = Out::new();
    if let Some(folder) = &args.save {
        std::fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
        for (name, text) in sections() {
            let path = folder.join(name);
            std::fs::write(&path, format!("{text}\n")).with_context(|| format!("{}", path.display()))?;
        }
        out.line(&format!(
            "Saved {} cheats to {}",
            sections().count(),
            folder.display()
        ))?;
        return Ok(out.flush()?);
    }
    if args.list {
        sections().try_for_each(|(name, _)| out.line(name))?;
        return Ok(out.flush()?);
    }
    match &args.section {
        Some(wanted) => {
            let Some((_, text)) = sections().find(|(name, _)| name == wanted) else {
                bail!("unknown cheat {wanted:?}; nats cheat --list shows those that there are");
            };
            out.line(text)?;
        }
        None => {
            for (name, text) in sections() {
                out.line(&format!("{name}\n{}\n\n{text}\n", "─".repeat(name.len())))?;
            }
        }
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::super::Nats;
    use super::*;
    use crate::util::shell_words::split;
    use clap::Parser as _;

    #[test]
    fn every_command_on_the_sheet_is_understood() {
        let mut commands = 0;
        for line in SHEET.lines() {
            let Some(at) = line.find("nats ").filter(|_| !line.starts_with('#')) else {
                assert!(
                    line.is_empty() || line.starts_with('#'),
                    "neither comment nor command: {line}"
                );
                continue;
            };
            commands += 1;
            let words = split(&line[at..]).unwrap();
            if let Err(error) = Nats::try_parse_from(words) {
                panic!("{line}\n{error}");
            }
        }
        assert!(commands > 50, "{commands}");
    }

    #[test]
    fn sections_have_names() {
        let names: Vec<&str> = sections().map(|(name, _)| name).collect();
        assert!(names.contains(&"stream") && names.contains(&"kv"), "{names:?}");
        assert!(names.iter().all(|name| !name.contains(' ')), "{names:?}");
    }
}
