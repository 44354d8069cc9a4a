//! `--translate`: what a command makes of a message before it is shown.

use std::process::Stdio;

use anyhow::{Context as _, anyhow, bail};
use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::util::shell_words::split;

/// A command line in words; `{{Subject}}` and `{{Stream}}` inside of a word stand for the message's own.
#[derive(Debug, Clone)]
pub(super) struct Translate(Vec<String>);

/// Reads the value of the flag. It is split before anything is filled in, so a message cannot add arguments.
pub(super) fn parse_translate(line: &str) -> Result<Translate, String> {
    match split(line) {
        Ok(words) if words.is_empty() => Err("a command is needed".to_owned()),
        Ok(words) => Ok(Translate(words)),
        Err(error) => Err(format!("the filter command line could not be parsed: {error}")),
    }
}

impl Translate {
    /// Everything that the command wrote when it got the payload as its input.
    pub async fn run(&self, payload: &[u8], subject: &str, stream: &str) -> anyhow::Result<Bytes> {
        let mut words = self.0.iter().map(|word| filled(word, subject, stream));
        let Some(program) = words.next() else {
            bail!("a command is needed");
        };
        let mut child = Command::new(&program)
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not run {program}"))?;
        let input = child.stdin.take();
        let feed = async {
            if let Some(mut input) = input {
                // A command that reads nothing closes its input early, and is right to.
                let _ = input.write_all(payload).await;
            }
        };
        let ((), output) = tokio::join!(feed, child.wait_with_output());
        let output = output.map_err(|e| anyhow!("{program}: {e}"))?;
        if !output.status.success() {
            bail!("{program}: {}", output.status);
        }
        Ok([output.stdout, output.stderr].concat().into())
    }
}

/// The word with the message's subject and stream in their places, however much space there is around the names.
fn filled(word: &str, subject: &str, stream: &str) -> String {
    let mut filled = String::with_capacity(word.len());
    let mut rest = word;
    while let Some((before, inside)) = rest.split_once("{{") {
        let Some((name, after)) = inside.split_once("}}") else {
            break;
        };
        filled.push_str(before);
        match name.trim() {
            "Subject" => filled.push_str(subject),
            "Stream" => filled.push_str(stream),
            _ => filled.push_str(&format!("{{{{{name}}}}}")),
        }
        rest = after;
    }
    filled + rest
}

/// The payload as it is to be shown: translated where a command is named.
pub(super) async fn shown(
    translate: Option<&Translate>,
    payload: &Bytes,
    subject: &str,
    stream: &str,
) -> anyhow::Result<Bytes> {
    match translate {
        Some(translate) => translate.run(payload, subject, stream).await,
        None => Ok(payload.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_inside_of_words() {
        assert_eq!(filled("a{{Subject}}b{{ Stream }}", "x y", "S"), "ax ybS");
        assert_eq!(filled("{{Other}} {{", "x", "S"), "{{Other}} {{");
        assert!(parse_translate("").is_err());
        assert!(parse_translate("a 'b").is_err());
    }
}
