//! The language of what people read on the screen, chosen once at the start, and tables of such texts.
//!
//! A module that speaks to people has a file `texts.rs` with one [`texts!`] table: each line is a text in
//! bokmål and in English, side by side, and becomes a function of the text's name. A missing language or a
//! forgotten argument does not compile.

use std::sync::atomic::{AtomicBool, Ordering};

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Norwegian bokmål.
    #[default]
    Bokmal,
    /// English.
    English,
}

static IS_ENGLISH: AtomicBool = AtomicBool::new(false);

/// Chooses the language, before anything is shown.
pub fn choose(language: Language) {
    IS_ENGLISH.store(language == Language::English, Ordering::Relaxed);
}

/// The language chosen.
pub fn chosen() -> Language {
    #[cfg(test)]
    if let Some(language) = tests::ON_THIS_THREAD.get() {
        return language;
    }
    match IS_ENGLISH.load(Ordering::Relaxed) {
        true => Language::English,
        false => Language::Bokmal,
    }
}

/// A table of texts: `name: "bokmål", "English";` becomes `fn name() -> &'static str`, and
/// `name(count: usize): "{count} linjer", "{count} lines";` becomes `fn name(count: usize) -> String`.
macro_rules! texts {
    () => {};
    ($name:ident: $nb:literal, $en:literal; $($rest:tt)*) => {
        pub(crate) fn $name() -> &'static str {
            match $crate::util::language::chosen() {
                $crate::util::language::Language::Bokmal => $nb,
                $crate::util::language::Language::English => $en,
            }
        }
        $crate::util::language::texts! { $($rest)* }
    };
    ($name:ident($($arg:ident: $kind:ty),+): $nb:literal, $en:literal; $($rest:tt)*) => {
        pub(crate) fn $name($($arg: $kind),+) -> String {
            match $crate::util::language::chosen() {
                $crate::util::language::Language::Bokmal => format!($nb),
                $crate::util::language::Language::English => format!($en),
            }
        }
        $crate::util::language::texts! { $($rest)* }
    };
}
pub(crate) use texts;

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Tests run side by side, so each chooses for its own thread.
        pub(super) static ON_THIS_THREAD: Cell<Option<Language>> = const { Cell::new(None) };
    }

    /// Runs `work` with the interface in English.
    pub(crate) fn in_english<T>(work: impl FnOnce() -> T) -> T {
        ON_THIS_THREAD.set(Some(Language::English));
        let done = work();
        ON_THIS_THREAD.set(None);
        done
    }

    texts! {
        lines(count: usize): "{count} linjer", "{count} lines";
        quit: "avslutt", "quit";
    }

    #[test]
    fn a_table_speaks_the_chosen_language() {
        assert_eq!((quit(), lines(3)), ("avslutt", "3 linjer".to_owned()));
        in_english(|| assert_eq!((quit(), lines(3)), ("quit", "3 lines".to_owned())));
    }
}
