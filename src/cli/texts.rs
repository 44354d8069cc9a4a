//! What the commands round the deck say.

use crate::util::language::texts;

texts! {
    no_pattern(pattern: &str): "{pattern} er ikke et gyldig mønster for subjects", "{pattern} is no valid pattern of subjects";
    no_lines(pane: &str): "fanen {pane} har ingenting å skrive som linjer", "the tab {pane} has nothing to write as lines";
    nothing_told: "serveren forteller ikke om streams", "the server does not tell of streams";
    no_stage_code(address: &str):
        "fant ingen kode for en presentasjon på {address}: start begge med samme --code",
        "found no code of a talk on {address}: start both with the same --code";
    cannot_listen(host: &str, port: u16): "kan ikke lytte på {host}:{port}", "cannot listen on {host}:{port}";
    port_taken(port: u16, host: &str, who: &str):
        "port {port} på {host} er opptatt av {who}",
        "port {port} on {host} is taken by {who}";
    by_nats(name: &str, version: &str):
        "NATS-serveren «{name}» (versjon {version})",
        "the NATS server \"{name}\" (version {version})";
    by_other: "noe som ikke er NATS", "something that is not NATS";
    port_advice(taken: &str, host: &str, port: u16):
        "{taken}; velg en annen port med --port, eller bruk serveren med --server nats://{host}:{port}",
        "{taken}; choose another port with --port, or use the server with --server nats://{host}:{port}";
    port_note(taken: &str): "Obs: {taken}.", "Note: {taken}.";
    use_that_key: "b", "u";
    use_that: "bruk den serveren", "use that server";
    start_own_key: "e", "s";
    start_own: "start vår egen på en ledig port", "start our own on a free port";
    leave: "avslutt", "quit";
    choice: "Valg: ", "Choice: ";
    no_tools: "kan ikke lenke til våre egne verktøy", "cannot link to our own tools";
    no_folder: "kan ikke finne mappen vi står i", "cannot find the current folder";
    no_store: "kan ikke lage en mappe til streams", "cannot make a folder for streams";
    bad_stdin: "kan ikke lese presentasjonen fra standard inn", "cannot read the deck from standard input";
    cannot_open(path: &str): "kan ikke åpne presentasjonen {path}", "cannot open the deck {path}";
    cannot_read(path: &str): "kan ikke lese presentasjonen {path}", "cannot read the deck {path}";
    too_large(most: u64): "den er større enn {most} MiB", "it is larger than {most} MiB";
    bad_theme(name: &str, why: &str): "kan ikke bruke temaet {name}: {why}", "cannot use the theme {name}: {why}";
    unknown_theme(known: &str): "velg blant {known}, eller en fil", "choose among {known}, or a file";
    too_tall(slide: usize, size: &str, rows: usize):
        "lysbilde {slide} er {rows} linjer for høyt for {size}",
        "slide {slide} is {rows} lines too tall for {size}";
    too_wide(slide: usize, size: &str, cells: usize):
        "lysbilde {slide} har kode eller et diagram som er {cells} tegn for bredt for {size}",
        "slide {slide} has code or a diagram {cells} cells too wide for {size}";
    in_diagram(slide: usize, text: &str): "lysbilde {slide}, diagram, {text}", "slide {slide}, diagram, {text}";
    unknown_language(slide: usize, language: &str):
        "lysbilde {slide}: ukjent språk «{language}»; er det en kommando, kjøres den når filen er kjørbar for alle, eller med --allow-run",
        "slide {slide}: unknown language \"{language}\"; a command is run when everybody may execute the file, or with --allow-run";
    no_picture(slide: usize, path: &str, why: &str):
        "lysbilde {slide}: bildet {path} vises ikke: {why}",
        "slide {slide}: the picture {path} is not shown: {why}";
    nothing_is_fetched: "ingenting hentes fra nettet", "nothing is fetched from the net";
    should_have_failed: "skulle ha feilet", "should have failed";
    no_audience_code:
        "de som følger med, trenger koden som presentasjonen ble startet med: --code",
        "whoever follows needs the code that the talk was started with: --code";
    not_filled(reason: &str): "forhåndsbehandling: {reason}", "pre-processing: {reason}";
    block_failed(slide: usize, block: usize, how: &str):
        "lysbilde {slide}, kodeblokk {block}: {how}",
        "slide {slide}, code block {block}: {how}";
    exit_code(code: i32): "kode {code}", "exit {code}";
    ended_by(signal: i32): "avsluttet av signal {signal}", "ended by signal {signal}";
    took_too_long(seconds: u64): "ikke ferdig etter {seconds} s", "not done after {seconds} s";
    not_run: "kunne ikke kjøres", "could not be run";
    all_well(slides: usize): "{slides} lysbilder, ingenting å utsette", "{slides} slides, nothing to mend";
    no_such_slide(slide: usize, total: usize): "lysbilde {slide} finnes ikke; det er {total}", "there is no slide {slide}; there are {total}";
    remote_made(code: &str): "Fjernkontroll: nats req goingnats.deck.next {code}", "Remote control: nats req goingnats.deck.next {code}";
    taken_up(slide: usize):
        "Forrige visning ble avbrutt: her er lysbilde {slide} (gg går til det første)",
        "The last show broke off: here is slide {slide} (gg goes to the first)";
    wrote(path: &str): "Skrev {path}", "Wrote {path}";
    notes: "Notater", "Notes";
    language_code: "nb", "en";
    cannot_write(path: &str): "kan ikke skrive {path}", "cannot write {path}";
}
