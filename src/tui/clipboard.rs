//! The clipboard: by the terminal, wherever that runs (OSC 52, also over ssh), and by the system's own program beside
//! it, since a terminal may refuse without a word.

use std::ffi::OsString;
use std::io::Write;
use std::process::{Command, Stdio};

use super::texts;
use crate::runner::find_program;

/// Programs that take a text for the clipboard, with what they are told, and the variable without which each has no
/// screen to work on.
const TOOLS: [(&str, &[&str], &str); 4] = [
    ("wl-copy", &[], "WAYLAND_DISPLAY"),
    ("xclip", &["-selection", "clipboard"], "DISPLAY"),
    ("xsel", &["--clipboard", "--input"], "DISPLAY"),
    ("pbcopy", &[], ""),
];

/// A program of the system's.
struct Tool {
    name: &'static str,
    args: &'static [&'static str],
}

/// The one that there is. Over ssh there is none: its clipboard would be that of the other machine.
fn tool(variable: impl Fn(&str) -> Option<OsString>) -> Option<Tool> {
    if variable("SSH_CONNECTION").is_some() || variable("SSH_TTY").is_some() {
        return None;
    }
    let path = variable("PATH")?;
    let is_there = |(name, _, needs): &&(&str, &[&str], &str)| {
        (needs.is_empty() || variable(needs).is_some()) && find_program(name, &path).is_some()
    };
    let (name, args, _) = TOOLS.iter().find(is_there)?;
    Some(Tool { name, args })
}

/// What is said of a text that was copied line by line.
pub fn copied(text: &str) -> String {
    match text.lines().count() {
        1 => texts::copied_line(&means()),
        lines => texts::copied(lines, &means()),
    }
}

/// What a text is copied by, for whoever wonders why it is not there.
pub fn means() -> String {
    match tool(|name| std::env::var_os(name)) {
        Some(tool) => texts::copied_by_both(tool.name),
        None => texts::copied_by_terminal().to_owned(),
    }
}

/// Hands the text to the system's program, where there is one; a thread waits for it.
pub fn copy_by_tool(text: &str) {
    let Some(tool) = tool(|name| std::env::var_os(name)) else {
        return;
    };
    let mut command = Command::new(tool.name);
    command.args(tool.args).stdin(Stdio::piped());
    let started = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    // A program that cannot be started leaves the terminal's clipboard, as one that is not there.
    let Ok(mut child) = started else { return };
    let text = text.to_owned();
    std::thread::spawn(move || {
        if let Some(mut input) = child.stdin.take() {
            // It may have gone before it has read all.
            let _ = input.write_all(text.as_bytes());
        }
        let _ = child.wait();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_line_is_one() {
        assert!(copied("en").starts_with("Kopierte 1 linje ("));
        assert!(copied("en\nto").starts_with("Kopierte 2 linjer ("));
    }

    #[test]
    #[cfg(unix)]
    fn the_tool_is_one_that_has_a_screen_of_this_machine() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        for name in ["xclip", "wl-copy"] {
            let file = folder.path().join(name);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        }
        let found = |variables: &[&str]| {
            let path = folder.path().as_os_str().to_owned();
            let variable = |name: &str| match name {
                "PATH" => Some(path.clone()),
                _ => variables.contains(&name).then(|| OsString::from(":0")),
            };
            tool(variable).map(|tool| tool.name)
        };
        assert_eq!(found(&[]), None);
        assert_eq!(found(&["DISPLAY"]), Some("xclip"));
        assert_eq!(found(&["DISPLAY", "WAYLAND_DISPLAY"]), Some("wl-copy"));
        assert_eq!(found(&["DISPLAY", "SSH_TTY"]), None);
    }
}
