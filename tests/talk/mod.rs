//! The talk as a speaker gives it: the real binary in a pseudo terminal.

mod restored;
mod started;
mod through;

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::pty::Terminal;

/// The binary under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_goingnats");

/// The programs that the deck's bash blocks use besides our own.
const TOOLS: [&str; 6] = ["bash", "sh", "seq", "sleep", "cat", "stty"];

/// A home of its own, and a PATH with a shell and little else: above all without Go.
pub struct Stage {
    home: tempfile::TempDir,
}

impl Stage {
    pub fn new() -> Stage {
        let home = tempfile::tempdir().unwrap();
        let bin = home.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        for tool in TOOLS {
            symlink(found(tool), bin.join(tool)).unwrap();
        }
        symlink(PROGRAM, bin.join("goingnats")).unwrap();
        Stage { home }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Starts a program on this stage.
    pub fn start(&self, program: &str, args: &[&str], (cols, rows): (u16, u16)) -> Terminal {
        let home = self.home.path().to_str().unwrap();
        let bin = format!("{home}/bin");
        let env = [
            ("HOME", home),
            ("XDG_CONFIG_HOME", home),
            ("XDG_DATA_HOME", home),
            ("XDG_CACHE_HOME", home),
            ("PATH", bin.as_str()),
            ("PS1", "$ "),
        ];
        Terminal::start(Path::new(program), args, &env, cols, rows)
    }

    /// Starts the talk on a free port.
    pub fn talk(&self, args: &[&str], size: (u16, u16)) -> Terminal {
        self.start(PROGRAM, &[&["--port", "0"], args].concat(), size)
    }

    /// A shell in which the talk can be started, stopped and continued.
    fn shell(&self, size: (u16, u16)) -> Terminal {
        let shell = self.path("bin").join("bash");
        self.start(shell.to_str().unwrap(), &["--norc", "--noprofile", "-i"], size)
    }
}

fn found(tool: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path)
        .map(|folder| folder.join(tool))
        .find(|file| file.is_file())
        .unwrap_or_else(|| panic!("{tool} is not installed"))
}
