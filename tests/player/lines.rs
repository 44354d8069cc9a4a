//! The talk in lines of text.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::talk::{PROGRAM, Stage};

#[test]
fn a_talk_is_read_in_lines_and_its_code_runs() {
    let stage = Stage::new();
    let deck = stage.path("deck.md");
    let source = "# Første\n\n<!-- pause -->\n- en\n---\n# Andre\n\n```bash\n///TALL=6\necho svaret er $((TALL * 7))\n```\n\n\
                  <!-- speaker_note: husk vannet -->\n";
    std::fs::write(&deck, source).unwrap();
    let mut talk = Command::new(PROGRAM)
        .args(["present", "--text", "--allow-run", "--port", "0"])
        .arg(&deck)
        .env("XDG_DATA_HOME", stage.path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asked = talk.stdin.take().unwrap();
    let mut lines = BufReader::new(talk.stdout.take().unwrap()).lines();
    let mut wait = |wanted: &str| -> Vec<String> {
        let mut read = Vec::new();
        for line in lines.by_ref() {
            let line = line.unwrap();
            assert!(!line.contains('\x1b') && !line.contains('│'), "{line}");
            let found = line.contains(wanted);
            read.push(line);
            if found {
                return read;
            }
        }
        panic!("no {wanted:?} in {read:?}");
    };
    let first = wait("- en");
    assert!(first.iter().any(|line| line == "# Første") && !first.iter().any(|line| line.contains("pause")));
    wait("Serveren svarer på nats://");
    writeln!(asked).unwrap();
    let second = wait("echo svaret");
    assert!(second.iter().any(|line| line == "lysbilde 2 av 2"), "{second:?}");
    assert!(
        !second
            .iter()
            .any(|line| line.contains("TALL=6") || line.contains("vannet"))
    );
    writeln!(asked, "r").unwrap();
    wait("svaret er 42");
    wait("kode 0");
    writeln!(asked, "s").unwrap();
    wait("husk vannet");
    writeln!(asked, "/første/i").unwrap();
    wait("- en");
    writeln!(asked, "tull").unwrap();
    wait("Ukjent");
    writeln!(asked, "q").unwrap();
    assert!(talk.wait().unwrap().success());
}
