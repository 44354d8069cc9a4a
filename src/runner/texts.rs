//! What is said beside what a block wrote.

use crate::util::language::texts;

texts! {
    no_language:
        "Denne kodeblokken har ikke noe språk, så den kan ikke kjøres.",
        "This code block has no language, so it cannot be run.";
    unknown_language(name: &str): "Språket «{name}» kan ikke kjøres.", "The language \"{name}\" cannot be run.";
    server_runs_here(url: &str):
        "NATS-serveren kjører allerede i denne prosessen: {url}",
        "The NATS server runs already in this process: {url}";
    server_runs_elsewhere(url: &str):
        "NATS-serveren kjører allerede utenfor goingnats: {url}",
        "The NATS server runs already outside goingnats: {url}";
    cannot_run(why: &str): "Kunne ikke kjøre blokken: {why}", "Could not run the block: {why}";
    no_program(name: &str):
        "Programmet «{name}» finnes ikke på denne maskinen.",
        "There is no program \"{name}\" on this machine.";
    no_module:
        "Go-modulen med nats.go kunne ikke klargjøres. Første gang kreves det nett.",
        "The Go module with nats.go could not be made ready. The first time it takes a network.";
    making_module:
        "Klargjør en Go-modul med nats.go (bare første gang) …",
        "Making a Go module with nats.go ready (the first time only) …";
    no_go:
        "Go finnes ikke på denne maskinen, og blokken trenger Go: https://go.dev/dl/",
        "There is no Go on this machine, and the block needs Go: https://go.dev/dl/";
    without_go:
        "Go finnes ikke på denne maskinen. Den innebygde klienten gjør det samme:",
        "There is no Go on this machine. The built-in client does the same:";
    failed(why: &str): "Feil: {why}", "Error: {why}";
}
