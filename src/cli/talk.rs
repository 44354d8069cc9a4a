//! The deck that a command works on: read, pre-processed where that is allowed, with its files and theme.

use std::cell::RefCell;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::texts;
use crate::deck::{Deck, FrontMatter, Looks};
use crate::runner::{Block, Unfilled, data_folder, draw, is_runnable, preprocess};
use crate::tui::theme::{self, Theme};
use crate::tui::trust::Trust;
use crate::util::language::{self, Language};

/// Largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// What `slides` wants of a file before it runs commands in it: that everybody may execute it.
const EXECUTE_BITS: u32 = 0o111;

/// A deck and what is known of it.
pub struct Talk {
    /// The deck.
    pub deck: Deck,
    /// Whether its code may be run.
    pub trust: Trust,
    /// Blocks whose command failed.
    pub unfilled: Vec<Unfilled>,
}

/// The language of the interface, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Norwegian bokmål
    Nb,
    /// English
    En,
}

impl Lang {
    /// Speaks it from now on.
    pub fn choose(self) {
        language::choose(match self {
            Lang::Nb => Language::Bokmal,
            Lang::En => Language::English,
        });
    }
}

/// Reads the deck at `path`, `-` for standard input, none for our own.
///
/// # Errors
/// It cannot be read, or is too large.
pub fn read(path: Option<&Path>, allow_run: bool) -> Result<Talk> {
    let Some(path) = path else {
        return Ok(Talk {
            deck: Deck::builtin(),
            trust: Trust::Given,
            unfilled: Vec::new(),
        });
    };
    let is_stdin = path == Path::new("-");
    let (source, is_executable) = match is_stdin {
        true => (
            read_text(std::io::stdin().lock()).context(texts::bad_stdin())?,
            false,
        ),
        false => read_file(path)?,
    };
    // Included files may hold code as well, so they are part of what is trusted.
    let all = RefCell::new(source.clone());
    let folder = path.parent().unwrap_or(Path::new(""));
    let read_included = |path: &Path| {
        let text = read_file(&folder.join(path)).map_err(|error| format!("{:#}", error.root_cause()))?;
        all.borrow_mut().push_str(&text.0);
        Ok(text.0)
    };
    let mut deck = Deck::parse_with(&source, &read_included);
    let trust = match allow_run {
        true => Trust::Given,
        false => Trust::of_deck(&all.borrow(), data_folder().as_deref()),
    };
    let mut unfilled = Vec::new();
    if is_executable || trust == Trust::Given {
        let by_system = deck.front.diagrams.as_deref() == Some("system");
        let here = std::env::current_dir()?;
        let (mut filled, problems) = preprocess(&source, &here, &|command| {
            stays(command, is_executable, by_system)
        });
        unfilled = problems;
        if by_system {
            let (drawn, problems) = draw(&filled, &here);
            filled = drawn;
            unfilled.extend(problems);
        }
        if filled.trim_end() != source.replace('\r', "").trim_end() {
            deck = Deck::parse_with(&filled, &read_included);
        }
    }
    Ok(Talk {
        deck,
        trust,
        unfilled,
    })
}

/// Whether a block of tildes is left alone: diagrams are drawn by the player itself unless the deck wants the
/// installed program to do it, and without `slides`' execute bits a fence that only names a language is code to
/// be shown.
fn stays(command: &str, is_executable: bool, by_system: bool) -> bool {
    let is_code = is_runnable(Block {
        language: command,
        source: "x",
    });
    let is_diagram = command.starts_with("plantuml") || command.starts_with("mermaid");
    (is_diagram && !by_system) || (is_code && !is_executable)
}

fn read_file(path: &Path) -> Result<(String, bool)> {
    let name = path.display().to_string();
    let open = || -> std::io::Result<_> {
        let file = std::fs::File::open(path)?;
        let metadata = file.metadata()?;
        match metadata.is_dir() {
            true => Err(std::io::ErrorKind::IsADirectory.into()),
            false => Ok((file, metadata.permissions().mode())),
        }
    };
    let (file, mode) = open().with_context(|| texts::cannot_open(&name))?;
    let text = read_text(file).with_context(|| texts::cannot_read(&name))?;
    Ok((text, mode & EXECUTE_BITS == EXECUTE_BITS))
}

fn read_text(from: impl Read) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        bail!(texts::too_large(FILE_BYTES_MAX / 1024 / 1024));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The theme: what was asked for wins, then `NO_COLOR`, then what the deck says, then `GLAMOUR_STYLE`. A name, or a
/// file of glamour's or presenterm's.
///
/// # Errors
/// The theme that was asked for is none. One that only the deck names is passed over, as in `slides`.
pub fn theme(asked: Option<&str>, of_deck: &FrontMatter, deck: Option<&Path>) -> Result<Theme> {
    let theme = match asked {
        None if variable("NO_COLOR").is_some() => Theme::plain(),
        _ => full_theme(asked, of_deck, deck)?,
    };
    let said = |name| variable(name).unwrap_or_default();
    Ok(theme.for_terminal(&said("COLORTERM"), &said("TERM")))
}

/// The same where no terminal limits the colours.
///
/// # Errors
/// As [`theme`].
pub fn full_theme(asked: Option<&str>, of_deck: &FrontMatter, deck: Option<&Path>) -> Result<Theme> {
    let folder = deck.and_then(Path::parent).unwrap_or(Path::new(""));
    match asked {
        Some(name) => find_theme(name, Path::new("")),
        None => {
            let named = of_deck.theme.clone().or(variable("GLAMOUR_STYLE"));
            let found = named.and_then(|name| find_theme(&name, folder).ok());
            Ok(match found {
                Some(theme) => theme.with(&of_deck.looks),
                None => Theme::of_looks(&of_deck.looks),
            })
        }
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The theme of that name, or in that file of `folder`.
///
/// # Errors
/// There is neither.
pub fn find_theme(name: &str, folder: &Path) -> Result<Theme> {
    if let Some(theme) = Theme::named(name) {
        return Ok(theme);
    }
    if is_address(name) {
        bail!(texts::bad_theme(name, texts::nothing_is_fetched()));
    }
    let Some(path) = theme_file(name, folder) else {
        let known = texts::unknown_theme(&theme::NAMES.join(", "));
        bail!(texts::bad_theme(name, &known));
    };
    let (text, _) = read_file(&path)?;
    let theme = match is_presenterms(&path) {
        true => Looks::of_file(&text)
            .map(|(looks, _)| Theme::of_looks(&looks))
            .map_err(|error| error.to_string()),
        false => Theme::from_glamour(&text).map_err(|error| error.to_string()),
    };
    theme.map_err(|why| anyhow::anyhow!(texts::bad_theme(name, &why)))
}

/// Has the deck look as its theme file, or the one that was asked for, wants it beyond colours: margins, where titles
/// stand, prefixes, the foot of the screen. What the deck says itself goes before.
pub fn dress(deck: &mut Deck, asked: Option<&str>, path: Option<&Path>) {
    let folder = path.and_then(Path::parent).unwrap_or(Path::new(""));
    let file = match asked {
        Some(name) => theme_file(name, Path::new("")),
        None => {
            let named = deck.front.theme.clone().or(variable("GLAMOUR_STYLE"));
            named.and_then(|name| theme_file(&name, folder))
        }
    };
    // A file that cannot be read is named where its colours are looked for.
    let text = file
        .filter(|file| is_presenterms(file))
        .and_then(|file| read_file(&file).ok());
    if let Some((looks, _)) = text.and_then(|(text, _)| Looks::of_file(&text).ok()) {
        deck.front.looks = std::mem::take(&mut deck.front.looks).over(looks);
    }
}

/// The theme file of that name, in `folder` or where the program was started, as `slides` has it: beside the deck is
/// where a deck that travels has its theme.
fn theme_file(name: &str, folder: &Path) -> Option<PathBuf> {
    let is_name = Theme::named(name).is_some() || is_address(name);
    let mut places = [folder.join(name), PathBuf::from(name)].into_iter();
    places.find(|path| !is_name && path.is_file())
}

fn is_presenterms(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "yaml" || ending == "yml")
}

/// Whether something lies on the net.
pub fn is_address(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// What a deck's file is called where something in it is named with its line.
pub fn file_name(path: Option<&Path>) -> String {
    let name = path.and_then(Path::file_name);
    name.map_or("goingnats.md".to_owned(), |name| {
        name.to_string_lossy().into_owned()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_deck_is_pre_processed_only_when_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deck.md");
        fs::write(&path, "# A\n\n~~~echo fylt\n~~~\n\n~~~bash\nls\n~~~\n").unwrap();
        let slide = |allow_run| {
            read(Some(&path), allow_run).unwrap().deck.slides[0]
                .source
                .clone()
        };
        assert!(slide(false).contains("~~~echo fylt"));
        assert!(slide(true).contains("\nfylt\n") && slide(true).contains("~~~bash"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o744)).unwrap();
        assert!(slide(false).contains("~~~echo fylt"), "all three bits are needed");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(slide(false).contains("\nfylt\n"));
    }

    #[test]
    fn an_installed_program_draws_only_where_the_deck_wants_it() {
        assert!(stays("plantuml -utxt -pipe", true, false));
        assert!(!stays("plantuml -utxt -pipe", true, true));
        assert!(stays("bash", false, true) && !stays("echo x", false, true));
    }

    #[test]
    fn themes_are_names_or_files_beside_the_deck() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mitt.json"), r#"{"h1": {"color": "9"}}"#).unwrap();
        assert!(find_theme("mitt.json", folder.path()).is_ok());
        assert!(find_theme("nats", folder.path()).is_ok());
        fs::write(
            folder.path().join("mitt.yaml"),
            "extends: light\nbold: {colors: {foreground: red}}",
        )
        .unwrap();
        assert!(find_theme("mitt.yaml", folder.path()).is_ok());
        fs::write(folder.path().join("nei.yaml"), "- a").unwrap();
        assert!(find_theme("nei.yaml", folder.path()).is_err());
        fs::write(
            folder.path().join("foten.yaml"),
            "footer: {style: empty}\ndefault: {margin: {fixed: 9}}",
        )
        .unwrap();
        let source =
            "---\ntheme:\n  path: foten.yaml\n  override:\n    default: {margin: {fixed: 3}}\n---\n# A\n";
        let mut deck = Deck::parse(source);
        dress(&mut deck, None, Some(&folder.path().join("deck.md")));
        let looks = &deck.front.looks;
        assert_eq!(
            looks.footer,
            Some(crate::deck::Footer::Empty),
            "{:?}",
            deck.front.theme
        );
        assert_eq!(looks.margin, Some(crate::deck::Margin::Fixed(3)));
        let error = find_theme("tull", folder.path()).unwrap_err().to_string();
        assert!(error.contains("tull") && error.contains("contrast"), "{error}");
    }
}
