//! What the show says around the slide: status line, help, palette, questions, output of jobs.

use crate::util::language::texts;

texts! {
    example(text: &str): "f.eks. {text}", "e.g. {text}";
    layout_entry(name: &str): "oppsett {name}", "layout {name}";
    layout_saved(name: &str): "Oppsettet {name} er lagret for denne presentasjonen", "The layout {name} is saved for this deck";
    layout_forgotten(name: &str): "Oppsettet {name} er slettet", "The layout {name} is deleted";
    layout_empty: "Ingen paneler er åpne, så det er ikke noe oppsett å lagre", "No panes are open, so there is no layout to save";
    no_filter(why: &str): "ugyldig filter: {why}", "invalid filter: {why}";
    too_many_markings(most: usize): "det er plass til {most} farger", "there is room for {most} colours";
    marking_set(name: &str, filter: &str): "{name} vises i farge: {filter}. «:marker slett {name}» tar den bort.", "{name} is shown in colour: {filter}. \":highlight delete {name}\" takes it away.";
    marking_forgotten(name: &str): "Fargen til {name} er tatt bort", "The colour of {name} is gone";
    no_marking(name: &str): "Ingen lagret farge heter {name}", "No saved colour is called {name}";
    toggle_mouse: "mus av eller på", "mouse off or on";
    mouse_on: "Musa styrer panelene", "The mouse works the panes";
    mouse_off: "Musa er terminalens: merk og kopier som vanlig", "The mouse is the terminal's: select and copy as usual";
    keep_full(most: usize): "Det er {most} fra før. Slett en først.", "There are {most} already. Delete one first.";
    keep_failed(why: &std::io::Error): "Kan ikke huske det: {why}", "Cannot remember it: {why}";
    keep_damaged(path: &str, why: &str):
        "{path} kan ikke leses og blir stående: oppsett og meldinger huskes bare til programmet slutter ({why})",
        "{path} cannot be read and is left alone: layouts and messages are remembered until the program ends ({why})";
    lab_key: "L lab", "L lab";
    clock_entry(by: &str): "skru JetStreams klokke fram {by}", "turn JetStream's clock forward {by}";
    clock_turned(by: &str, ahead: &str):
        "Klokka er skrudd fram {by}. JetStream er nå {ahead} foran resten av verden.",
        "The clock is turned forward {by}. JetStream is now {ahead} ahead of the rest of the world.";
    clock_mark(ahead: &str): "klokka +{ahead}", "clock +{ahead}";
    clock_not_ours:
        "Klokka kan bare skrus på vår egen server. En annen server går etter sin egen klokke.",
        "Only our own server's clock can be turned. Another server goes by its own.";
    no_room: "Det er ikke plass til flere paneler", "There is no room for more panes";
    no_server(reason: &str): "Ingen NATS-server: {reason}", "No NATS server: {reason}";
    waiting_for_server: "Venter på NATS-serveren …", "Waiting for the NATS server …";
    no_block_to_run: "Ingen kodeblokk å kjøre på dette lysbildet", "No code block to run on this slide";
    no_block: "Ingen kodeblokk på dette lysbildet", "No code block on this slide";
    no_block_to_copy: "Ingen kodeblokk å kopiere på dette lysbildet", "No code block to copy on this slide";
    answer_not_kept(error: &std::io::Error):
        "Svaret kunne ikke lagres: {error}",
        "The answer could not be kept: {error}";
    a_block_failed:
        "En blokk feilet, så de neste ble ikke kjørt",
        "A block failed, so the next ones did not run";
    runs_already:
        "Blokken kjører allerede: ctrl+c stopper den",
        "The block is running already: ctrl+c stops it";
    nowhere_back: "Ingen har hoppet noe sted ennå", "Nobody has jumped anywhere yet";
    how_to_type:
        "ctrl+e en gang til skriver til programmet, ctrl+g fører tilbake",
        "ctrl+e once more types to the program, ctrl+g leads back";
    typing: "skriver til programmet · ctrl+g tilbake", "typing to the program · ctrl+g back";
    too_many_jobs(most: usize):
        "{most} jobber kjører allerede: ctrl+c stopper dem",
        "{most} jobs are running already: ctrl+c stops them";
    once_more_quits: "ctrl+c en gang til avslutter", "ctrl+c once more quits";
    copied_line(means: &str): "Kopierte 1 linje ({means})", "Copied 1 line ({means})";
    copied(lines: usize, means: &str): "Kopierte {lines} linjer ({means})", "Copied {lines} lines ({means})";
    copied_by_terminal: "av terminalen, OSC 52", "by the terminal, OSC 52";
    copied_by_both(tool: &str): "av terminalen, OSC 52, og {tool}", "by the terminal, OSC 52, and {tool}";
    unknown_command(text: &str): "Ukjent kommando: {text}", "Unknown command: {text}";
    bad_pattern(reason: &str): "Ugyldig mønster: {reason}", "Invalid pattern: {reason}";
    no_search_yet: "Ingen søk ennå: / begynner ett", "No search yet: / begins one";
    no_match: "Ingen treff på andre lysbilder", "No match on other slides";
    hit(nth: usize, total: usize):
        "Treff {nth} av {total} · ctrl+n neste · N forrige · Esc avslutter",
        "Hit {nth} of {total} · ctrl+n next · N previous · Esc ends";
    read_anew: "Presentasjonen er lest på nytt", "The deck was read anew";
    waiting_for_stage: "Venter på scenen …", "Waiting for the stage …";
    wrong_code:
        "scenen har en annen kode: start begge med samme --code",
        "the stage has another code: start both with the same --code";
    not_recorded(error: &std::io::Error): "Det ble ikke noe opptak: {error}", "Nothing is recorded: {error}";
    on_slide(time: &str): "lysbildet {time}", "slide {time}";
    on_stage: "Scenen", "The stage";
    looks_back(page: usize):
        "scenen er på lysbilde {page} · Esc følger igjen",
        "the stage is at slide {page} · Esc follows again";
    audience_keys: "← ser tilbake · q avslutter", "← looks back · q quits";
    poll_anew: "Avstemningen begynner på nytt", "The poll begins anew";
    no_poll: "Ingen avstemning på dette lysbildet", "No poll on this slide";
    nobody_counts: "ingen teller svarene nå", "nobody counts answers now";
    how_to_answer: "svar med bokstaven · ← ser tilbake", "answer with the letter · ← looks back";
    edit_title: " Rediger blokken ", " Edit the block ";
    edit_keys: " ctrl+e kjører · Esc ferdig · ctrl+r som i presentasjonen · ctrl+c angrer ", " ctrl+e runs · Esc done · ctrl+r as in the deck · ctrl+c undoes ";
    not_editable: "Bare kode som kjøres, kan redigeres her", "Only code that is run can be edited here";
    not_edited: "Blokken står som i presentasjonen", "The block stands as in the deck";
    reverted: "Blokken står som i presentasjonen igjen", "The block stands as in the deck again";
    server_not_ours: "Det går bare med vår egen server", "Only our own server can do that";
    server_in_lab: "Lukk laben først: kontoen dens kommer ikke tilbake", "Close the lab first: its account would not come back";
    server_turned_off:
        "Serveren er slått av. Samme valg slår den på igjen, med det som var lagret.",
        "The server is off. The same choice switches it on again, with what it had stored.";
    server_turned_on: "Serveren slås på igjen: klientene kobler seg til av seg selv", "The server comes back: clients connect again by themselves";
    server_turns: "Serveren er ikke helt av eller på ennå", "The server is not quite off or on yet";
    slow_client_there:
        "En treg klient abonnerer på alt. Serveren kaster den ut når for mye venter (F8).",
        "A slow client subscribes to everything. The server throws it out when too much waits (F8).";
    slow_client_gone: "Den trege klienten er borte", "The slow client is gone";
    lines_help:
        "Linjeskift eller n: neste. p: forrige. Et tall: dit. .: om igjen. t: titlene. /tekst: søk. r eller r 2: kjør kodeblokk. x: stopp den. s: notatene. q: avslutt.",
        "Line feed or n: next. p: previous. A number: there. .: again. t: the titles. /text: search. r or r 2: run a code block. x: stop it. s: the notes. q: quit.";
    lines_unknown: "Ukjent. ? viser hva som kan skrives.", "Unknown. ? shows what can be written.";
    lines_server(url: &str): "Serveren svarer på {url}.", "The server answers at {url}.";
    lines_not_trusted:
        "Presentasjonen kommer utenfra. Start med --allow-run for å la den kjøre kode.",
        "The deck comes from outside. Start with --allow-run to let it run code.";
    no_picture(why: &str): "blokken laget ikke noe bilde: {why}", "the block made no picture: {why}";
    now: "Nå", "Now";
    next: "Neste", "Next";
    last_slide: "Siste lysbilde", "Last slide";
    notes: "Notater", "Notes";
    behind(time: &str): "{time} etter", "{time} behind";
    ahead(time: &str): "{time} foran", "{time} ahead";
    too_small: "for lite vindu", "window too small";
    more_lines(count: &str):
        "… {count} linjer over (o åpner et panel)",
        "… {count} lines above (o opens a pane)";
    done_well: "✓ kode 0", "✓ exit 0";
    done_badly(code: i32): "✗ kode {code}", "✗ exit {code}";
    killed(signal: i32): "✗ avsluttet av signal {signal}", "✗ ended by signal {signal}";
    stopped: "■ stoppet", "■ stopped";
    could_not_run: "✗ kunne ikke kjøres", "✗ could not be run";
    running: "▸ kjører · ctrl+c stopper", "▸ running · ctrl+c stops";
    running_for(seconds: u64):
        "▸ kjører · {seconds} s · ctrl+c stopper",
        "▸ running · {seconds} s · ctrl+c stops";
    scroll: "bla", "scroll";
    follow: "følg med", "follow";
    close: "lukk", "close";
    stop: "stopp", "stop";
    keys_title: "Taster", "Keys";
    keys_of(title: &str): "Taster · {title}", "Keys · {title}";
    with_slide_focus: "Når lysbildet har fokus (ctrl+g):", "While the slide has the focus (ctrl+g):";
    help_foot_scrolls: " ↓ ↑ ruller · Esc lukker ", " ↓ ↑ scroll · Esc closes ";
    help_foot: " Esc lukker ", " Esc closes ";
    trust_question:
        "Denne presentasjonen kommer utenfra. Kode i den kan gjøre alt som du selv kan gjøre på maskinen.",
        "This deck comes from outside. Code in it can do whatever you can do on this machine.";
    trust_yes_key: "j", "y";
    trust_yes:
        "  kjør, og husk svaret for denne presentasjonen",
        "  run, and remember the answer for this deck";
    trust_no: "  ikke kjør", "  do not run";
    trust_title: " Kjøre kode? ", " Run code? ";
    palette_hint: "handling, lysbilde, «klokke 90s», «marker NAVN: red FILTER» eller «nats …»", "action, slide, \"clock 90s\", \"highlight NAME: red FILTER\" or \"nats …\"";
    palette_title: " Kommando ", " Command ";
    overview_hint: "tittel eller nummer …", "title or number …";
    no_title_fits: "Ingen tittel passer", "No title fits";
    starting(url: &str): "{url} starter …", "{url} starting …";
    lost_retrying(url: &str): "{url} mistet, prøver igjen …", "{url} lost, trying again …";
    lost(url: &str): "{url} mistet", "{url} lost";
    one_client: "1 klient", "1 client";
    clients(count: &str): "{count} klienter", "{count} clients";
    rate(rate: &str): "{rate} meld./s", "{rate} msg/s";
    needs_terminal:
        "standard ut er ikke en terminal, og lysbilder trenger en",
        "standard output is no terminal, and slides need one";
}
