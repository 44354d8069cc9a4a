//! Who may use whom: walks `src/` and holds every import to the list in `src/lib.rs`.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules from the top of the list to the bottom. A module may use those on earlier rows only,
/// never its neighbours on the same row.
const ROWS: &[&[&str]] = &[
    &["util"],
    &["proto", "deck"],
    &["broker::subjects"],
    &["broker::conf"],
    &["broker::auth"],
    &["broker::store"],
    &["broker::jetstream", "broker::tap"],
    &["broker::monitor"],
    &["broker::net", "client", "runner"],
    &["lab"],
    &["tui"],
    &["cli"],
];

/// Rules on top of the rows: the first may never use the second.
const NEVER: &[(&str, &str)] = &[
    ("client", "broker"),
    ("broker", "client"),
    ("runner", "broker"),
    ("lab", "broker"),
];

/// The faces of the broker that the screen may see: its handle, and what it is started with.
const BROKER_FACE: &[&str] = &["broker"];

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// The layer a path such as `broker::net::conn` belongs to.
fn layer(path: &str) -> &str {
    let mut parts = path.splitn(3, "::");
    let (first, second) = (parts.next().unwrap_or(""), parts.next());
    match second {
        Some(second) if first == "broker" => {
            let end = "broker::".len() + second.len();
            let module = &path[..end];
            if row(module).is_some() { module } else { "broker" }
        }
        _ => first,
    }
}

fn rust_files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// Every path that begins with `crate::` in the text, groups in braces spelled out.
fn crate_paths(text: &str) -> Vec<String> {
    let code: String = text
        .lines()
        .filter(|l| !l.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n");
    let mut paths = Vec::new();
    let mut rest = code.as_str();
    while let Some(at) = rest.find("crate::") {
        rest = &rest[at + "crate::".len()..];
        expand("", rest, &mut paths);
    }
    paths
}

fn expand(prefix: &str, text: &str, paths: &mut Vec<String>) {
    let end = text
        .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
        .unwrap_or(text.len());
    let (head, tail) = text.split_at(end);
    let joined = format!("{prefix}{head}");
    let Some(inner) = tail
        .strip_prefix('{')
        .filter(|_| head.ends_with("::") || head.is_empty())
    else {
        paths.push(joined.trim_end_matches(':').to_owned());
        return;
    };
    let mut depth = 0usize;
    let mut start = 0;
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                let item = inner[start..at].trim();
                if !item.is_empty() {
                    expand(&joined, item, paths);
                }
                start = at + 1;
                if c == '}' {
                    return;
                }
            }
            _ => {}
        }
    }
}

#[test]
fn imports_follow_the_list() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut broken = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).unwrap().with_extension("");
        let own = relative
            .iter()
            .map(|p| p.to_str().unwrap())
            .collect::<Vec<_>>()
            .join("::");
        let own_layer = layer(own.trim_end_matches("::mod"));
        if matches!(own_layer, "main" | "lib") {
            continue;
        }
        for used in crate_paths(&fs::read_to_string(&file).unwrap()) {
            let used_layer = layer(&used);
            if used_layer == own_layer || used_layer.is_empty() {
                continue;
            }
            if !allowed(own_layer, used_layer) {
                broken.push(format!("src/{}.rs uses crate::{used}", own.replace("::", "/")));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "imports against the list in src/lib.rs:\n{}",
        broken.join("\n")
    );
}

fn allowed(own: &str, used: &str) -> bool {
    let top = |path: &'static str, module: &str| module == path || module.starts_with(&format!("{path}::"));
    if NEVER.iter().any(|(a, b)| top(a, own) && top(b, used)) {
        return false;
    }
    match own {
        // The broker's own front door gathers its rooms.
        "broker" => used.starts_with("broker::") || row(used).is_some_and(|r| r < 2),
        "tui" => BROKER_FACE.contains(&used) || (!used.starts_with("broker") && row(used) < row(own)),
        "cli" => used == "broker" || row(used).is_some_and(|r| Some(r) < row(own)),
        _ => row(used).is_some_and(|r| Some(r) < row(own)),
    }
}

#[test]
fn paths_are_found_in_groups() {
    let text = "use crate::util::{time::Timestamp, ring};\n// crate::tui\nfn f() { crate::proto::subject::matches(); }\n";
    assert_eq!(
        crate_paths(text),
        ["util::time::Timestamp", "util::ring", "proto::subject::matches"]
    );
    assert_eq!(layer("broker::net::conn"), "broker::net");
    assert_eq!(layer("broker::Handle"), "broker");
    assert!(!allowed("deck", "proto") && allowed("tui", "broker") && !allowed("tui", "broker::net"));
    assert!(!allowed("client", "broker::store") && allowed("broker::net", "broker::jetstream"));
}
