//! The languages that can be run: the twenty of `slides`, and those that presenterm has besides.

/// How a language is run.
#[derive(Debug, PartialEq, Eq)]
pub struct Language {
    /// The word after the fence, exactly.
    pub name: &'static str,
    /// The source file's extension.
    pub extension: &'static str,
    /// The commands, one after another; a failing one ends the row. `{file}` is the source,
    /// `{program}` the compiled program. Of words parted by `|` the first that is installed is used.
    pub steps: &'static [&'static [&'static str]],
}

/// The language of that name.
pub fn find(name: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|language| language.name == name)
}

const fn script(
    name: &'static str,
    extension: &'static str,
    steps: &'static [&'static [&'static str]],
) -> Language {
    Language {
        name,
        extension,
        steps,
    }
}

/// Go stands here for its name and extension; its steps run in a prepared module.
static LANGUAGES: [Language; 35] = [
    script("bash", "sh", &[&["bash", "{file}"]]),
    script("sh", "sh", &[&["sh", "{file}"]]),
    script("zsh", "zsh", &[&["zsh", "{file}"]]),
    script("fish", "fish", &[&["fish", "{file}"]]),
    script("elixir", "exs", &[&["elixir", "{file}"]]),
    script("go", "go", &[&["go", "run", "{file}"]]),
    script("javascript", "js", &[&["node", "{file}"]]),
    script("lua", "lua", &[&["lua", "{file}"]]),
    script("ruby", "rb", &[&["ruby", "{file}"]]),
    script("ocaml", "ml", &[&["ocaml", "{file}"]]),
    script("python", "py", &[&["python3|python", "{file}"]]),
    script(
        "rust",
        "rs",
        &[&["rustc", "{file}", "-o", "{program}"], &["{program}"]],
    ),
    script("java", "java", &[&["java", "{file}"]]),
    script("julia", "jl", &[&["julia", "{file}"]]),
    script(
        "cpp",
        "cpp",
        &[
            &["g++", "-std=c++20", "-o", "{program}", "{file}"],
            &["{program}"],
        ],
    ),
    script("swift", "swift", &[&["swift", "{file}"]]),
    script("dart", "dart", &[&["dart", "{file}"]]),
    script("v", "v", &[&["v", "run", "{file}"]]),
    script("scala", "sc", &[&["scala-cli", "run", "{file}"]]),
    script("haskell", "hs", &[&["runghc", "{file}"]]),
    script("perl", "pl", &[&["perl", "{file}"]]),
    script("shell", "sh", &[&["sh", "{file}"]]),
    script("js", "js", &[&["node", "{file}"]]),
    script("ts", "ts", &[&["node", "{file}"]]),
    script("typescript", "ts", &[&["node", "{file}"]]),
    script("php", "php", &[&["php", "-f", "{file}"]]),
    script("r", "R", &[&["Rscript", "{file}"]]),
    script("nushell", "nu", &[&["nu", "{file}"]]),
    script("nu", "nu", &[&["nu", "{file}"]]),
    script("jsonnet", "jsonnet", &[&["jsonnet", "{file}"]]),
    script("powershell", "ps1", &[&["pwsh", "-File", "{file}"]]),
    script("kotlin", "kts", &[&["kotlinc", "-script", "{file}"]]),
    // For decks that have an installed program draw: the picture comes out at standard output.
    script(
        "mermaid",
        "mmd",
        &[&["mmdc", "-q", "-e", "png", "-i", "{file}", "-o", "-"]],
    ),
    script(
        "c",
        "c",
        &[&["gcc|cc", "-o", "{program}", "{file}"], &["{program}"]],
    ),
    script(
        "c++",
        "cpp",
        &[
            &["g++", "-std=c++20", "-o", "{program}", "{file}"],
            &["{program}"],
        ],
    ),
];
