//! Whatever is written in a file or on a command line, nothing panics.

use proptest::prelude::*;

use super::{World, conf};

/// Pieces that files are made of, mostly misplaced.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "(\n",
    "\n)",
    "\n",
    "\r\n",
    " ",
    "\t",
    "=",
    ":",
    ",",
    ";",
    "#",
    "//",
    "/",
    "\"",
    "'",
    "\\",
    "\\x",
    "\\n",
    "$",
    "$x",
    "$2a$",
    "include ",
    "include main.conf",
    "include b.conf",
    "port",
    "x",
    "authorization",
    "users",
    "accounts",
    "jetstream",
    "limits",
    "mappings",
    "tls",
    "leafnodes",
    "remotes",
    "websocket",
    "mqtt",
    "1",
    "-1",
    "1.5",
    "10s",
    "1kb",
    "9e",
    "2006-01-02T15:04:05Z",
    "127.0.0.1:4222",
    "true",
    "off",
    "æ",
    "\0",
];

fn files() -> impl Strategy<Value = String> {
    let piece = prop_oneof![8 => proptest::sample::select(PIECES).prop_map(str::to_owned), 1 => any::<char>().prop_map(String::from)];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_file_panics(text in files(), included in files()) {
        let world = conf(&text).file("b.conf", &included).variable("x", &included);
        let _ = world.parse(&["-t", "-c", "main.conf"]);
        let _ = world.parse(&["-c", "main.conf"]);
    }

    #[test]
    fn no_command_line_panics(args in proptest::collection::vec("-{0,3}[a-zDVT_=]{0,12}|-?[0-9]{1,20}", 0..6)) {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let _ = World::default().parse(&args);
    }

    /// What `Display` and Go would write is read back as it was.
    #[test]
    fn quoted_strings_come_back(text in "[ -~æøå\\n\\t]{0,30}") {
        let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t");
        let world = conf(&format!("client_advertise: \"{escaped}\""));
        let found = world.options(&["-c", "main.conf"]).client_advertise.unwrap_or_default();
        prop_assert_eq!(found, text);
    }
}
