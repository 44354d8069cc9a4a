//! The contexts of the official `nats` command: read, listed, selected, and written for `context add` and its like.
//!
//! One JSON file a context, in `nats/context/` under the configuration folder; `nats/context.txt`
//! holds the name of the selected one.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::profile::Profile;

/// Largest context file that is read, in bytes.
const CONTEXT_BYTES_MAX: u64 = 1 << 20;

/// Where contexts live.
#[derive(Debug, Clone)]
pub struct Contexts {
    folder: PathBuf,
}

/// Why a context cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContextError {
    /// No such context.
    #[error("unknown context {0:?}")]
    Unknown(String),
    /// A name that would lead out of the folder.
    #[error("invalid context name {0:?}")]
    Name(String),
    /// The file is not what it should be.
    #[error("context {}: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Neither `XDG_CONFIG_HOME` nor a home folder is known.
    #[error("cannot find the configuration folder: HOME is not set")]
    NoHome,
}

/// Which context a command should use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Choice {
    /// The selected one, if any.
    #[default]
    Selected,
    /// This one: a name, or the path of a `.json` file.
    Named(String),
    /// None, even if one is selected.
    None,
}

impl Contexts {
    /// The contexts of the user whose variables these are.
    pub fn of_user(env: &Environment) -> Result<Contexts, ContextError> {
        let config = match env.get("XDG_CONFIG_HOME") {
            Some(config) => PathBuf::from(config),
            None => Path::new(&env.home().ok_or(ContextError::NoHome)?).join(".config"),
        };
        Ok(Contexts {
            folder: config.join("nats"),
        })
    }

    /// The profile of the chosen context; an empty one when there is none to use.
    pub fn load(&self, choice: &Choice) -> Result<Profile, ContextError> {
        match choice {
            Choice::None => Ok(Profile::default()),
            Choice::Named(path) if path.ends_with(".json") && Path::new(path).is_file() => {
                let name = Path::new(path).file_stem().unwrap_or_default();
                read(Path::new(path), &name.to_string_lossy())
            }
            Choice::Named(name) => self.read(name),
            Choice::Selected => match self.selected() {
                Some(name) => self.read(&name),
                None => Ok(Profile::default()),
            },
        }
    }

    /// Name of the selected context.
    pub fn selected(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join("context.txt")).ok()?;
        Some(text.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Names of all contexts, sorted.
    pub fn names(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.folder.join("context")) else {
            return Vec::new();
        };
        let mut names: Vec<String> = entries
            .filter_map(|entry| {
                Some(
                    entry
                        .ok()?
                        .file_name()
                        .to_str()?
                        .strip_suffix(".json")?
                        .to_owned(),
                )
            })
            .collect();
        names.sort();
        names
    }

    /// The context called `name`.
    pub fn read(&self, name: &str) -> Result<Profile, ContextError> {
        let path = self.path(name)?;
        if !path.exists() {
            return Err(ContextError::Unknown(name.to_owned()));
        }
        read(&path, name)
    }

    /// The file of a context, whether it exists or not.
    pub fn path(&self, name: &str) -> Result<PathBuf, ContextError> {
        let dangerous = |c: char| matches!(c, '/' | '\\' | '\0') || c.is_control();
        if name.is_empty() || name.starts_with('.') || name.contains(dangerous) {
            return Err(ContextError::Name(name.to_owned()));
        }
        Ok(self.folder.join("context").join(format!("{name}.json")))
    }

    /// Makes `name` the selected context, for every NATS tool of this user.
    pub fn select(&self, name: &str) -> Result<(), ContextError> {
        self.read(name)?;
        if let Some(previous) = self.selected().filter(|previous| previous != name) {
            self.write("previous-context.txt", &previous)?;
        }
        self.write("context.txt", name)
    }

    /// Makes no context the selected one; gives the one that was.
    pub fn unselect(&self) -> Result<Option<String>, ContextError> {
        let Some(selected) = self.selected() else {
            return Ok(None);
        };
        self.write("previous-context.txt", &selected)?;
        self.remove_file(self.folder.join("context.txt"))?;
        Ok(Some(selected))
    }

    /// The context that was selected before.
    pub fn previous(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.folder.join("previous-context.txt")).ok()?;
        Some(text.trim().to_owned()).filter(|name| !name.is_empty())
    }

    /// Writes a context, which may hold secrets: nobody else may read the file.
    pub fn save(&self, name: &str, profile: &Profile) -> Result<(), ContextError> {
        let path = self.path(name)?;
        let failed = |source| ContextError::Io {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(self.folder.join("context")).map_err(failed)?;
        let text = serde_json::to_string_pretty(profile).map_err(|e| ContextError::Malformed {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        write_private(&path, &text).map_err(failed)
    }

    /// Takes a context away.
    pub fn remove(&self, name: &str) -> Result<(), ContextError> {
        self.remove_file(self.path(name)?)
    }

    fn remove_file(&self, path: PathBuf) -> Result<(), ContextError> {
        std::fs::remove_file(&path).map_err(|source| ContextError::Io { path, source })
    }

    fn write(&self, file: &str, text: &str) -> Result<(), ContextError> {
        let path = self.folder.join(file);
        std::fs::write(&path, text).map_err(|source| ContextError::Io { path, source })
    }
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}

fn read(path: &Path, name: &str) -> Result<Profile, ContextError> {
    let failed = |source| ContextError::Io {
        path: path.to_owned(),
        source,
    };
    let malformed = |reason: String| ContextError::Malformed {
        path: path.to_owned(),
        reason,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > CONTEXT_BYTES_MAX {
        return Err(malformed("larger than 1 MiB".to_owned()));
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let mut profile: Profile = serde_json::from_str(&text).map_err(|e| malformed(e.to_string()))?;
    name.clone_into(&mut profile.name);
    Ok(profile)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> (tempfile::TempDir, Contexts) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("nats/context")).unwrap();
        for (file, text) in files {
            std::fs::write(dir.path().join("nats").join(file), text).unwrap();
        }
        let env = Environment::of([("XDG_CONFIG_HOME", dir.path().to_str().unwrap())]);
        (dir, Contexts::of_user(&env).unwrap())
    }

    #[test]
    fn the_chosen_context_is_read() {
        let (dir, contexts) = folder_with(&[
            ("context/a.json", r#"{"url":"nats://a","token":""}"#),
            ("context/b.json", r#"{"url":"nats://b"}"#),
            ("context.txt", "b\n"),
        ]);
        let url = |choice| contexts.load(&choice).map(|profile| profile.url);
        assert_eq!(url(Choice::Selected).unwrap(), "nats://b");
        assert_eq!(url(Choice::Named("a".into())).unwrap(), "nats://a");
        assert_eq!(url(Choice::None).unwrap(), "");
        let file = dir.path().join("nats/context/a.json");
        assert_eq!(
            url(Choice::Named(file.to_str().unwrap().into())).unwrap(),
            "nats://a"
        );
        assert!(matches!(
            url(Choice::Named("c".into())),
            Err(ContextError::Unknown(_))
        ));
        assert_eq!(contexts.names(), ["a", "b"]);
    }

    #[test]
    fn selecting_remembers_the_previous_one() {
        let (dir, contexts) = folder_with(&[("context/a.json", "{}"), ("context/b.json", "{}")]);
        assert_eq!(contexts.selected(), None);
        contexts.select("a").unwrap();
        contexts.select("b").unwrap();
        assert_eq!(contexts.selected().as_deref(), Some("b"));
        let previous = std::fs::read_to_string(dir.path().join("nats/previous-context.txt")).unwrap();
        assert_eq!(previous, "a");
        assert!(contexts.select("missing").is_err());
        assert_eq!(contexts.selected().as_deref(), Some("b"));
    }

    #[test]
    fn contexts_are_saved_unselected_and_removed() {
        let (_dir, contexts) = folder_with(&[("context/a.json", r#"{"url":"nats://a"}"#)]);
        let mut profile = contexts.read("a").unwrap();
        profile.token = "t".to_owned();
        contexts.save("b", &profile).unwrap();
        assert_eq!(contexts.read("b").unwrap().token, "t");
        contexts.select("b").unwrap();
        assert_eq!(contexts.unselect().unwrap().as_deref(), Some("b"));
        assert_eq!(
            (contexts.selected(), contexts.previous().as_deref()),
            (None, Some("b"))
        );
        assert_eq!(contexts.unselect().unwrap(), None);
        contexts.remove("b").unwrap();
        assert_eq!(contexts.names(), ["a"]);
        assert!(contexts.save("../x", &profile).is_err());
    }

    #[test]
    fn names_and_files_that_are_not_contexts_are_refused() {
        let (_dir, contexts) = folder_with(&[("context/broken.json", "{")]);
        for name in ["../x", "", ".hidden", "a/b", "a\\b"] {
            assert!(
                matches!(contexts.read(name), Err(ContextError::Name(_))),
                "{name}"
            );
        }
        assert!(matches!(
            contexts.read("broken"),
            Err(ContextError::Malformed { .. })
        ));
    }
}
