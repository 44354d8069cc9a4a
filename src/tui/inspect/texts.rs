//! What the inspector says around the panes.

use crate::util::language::texts;

texts! {
    next_tab: "neste og forrige fane", "next and previous tab";
    tabs_by_key: "fanene med de samme tastene som i foredraget", "the tabs by the keys they have in the talk";
    toggle_writes: "tillat endringer på serveren, eller ikke", "allow changes on the server, or not";
    toggle_mouse: "mus av eller på", "mouse off or on";
    palette_hint:
        "fane, tast, kontekst, «oppsett lagre NAVN», «marker NAVN: red FILTER», «klokke 90s», «nats …»",
        "tab, key, context, \"layout save NAME\", \"highlight NAME: red FILTER\", \"clock 90s\", \"nats …\"";
    palette: "kommando: en fane, en kontekst eller «nats …»", "command: a tab, a context or \"nats …\"";
    these_keys: "disse tastene", "these keys";
    redraw: "tegn skjermen på nytt", "draw the screen anew";
    suspend: "til skallet (fg kommer tilbake)", "to the shell (fg comes back)";
    quit: "avslutt", "quit";
    reopen: "åpne fanen på nytt", "open the tab anew";
    beside(pane: &str): "ved siden av: {pane}", "beside: {pane}";
    beside_key: "enda et panel på fanen, ved siden av", "one more pane on the tab, beside";
    beside_ask: "panelet som skal stå ved siden av", "the pane to put beside";
    beside_hint:
        "Tab går mellom panelene, ctrl+w lukker. «:oppsett lagre NAVN» husker dem.",
        "Tab goes between the panes, ctrl+w closes. \":layout save NAME\" remembers them.";
    close_beside: "lukk panelet ved siden av", "close the pane beside";
    nothing_to_close: "Fanen har bare ett panel.", "The tab has one pane only.";
    there_already(pane: &str): "{pane} står der fra før.", "{pane} is there already.";
    too_many_panes(most: usize): "Det er plass til {most} paneler på en fane.", "There is room for {most} panes on a tab.";
    layout_saved(name: &str):
        "Oppsettet {name} er lagret. «:oppsett {name}» eller --layout henter det fram igjen.",
        "The layout {name} is saved. \":layout {name}\" or --layout brings it back.";
    forget_layout(name: &str): "slett oppsett {name}", "delete layout {name}";
    no_layout(name: &str, there: &str): "Det er ikke noe oppsett «{name}». Disse finnes: {there}.", "There is no layout \"{name}\". There are: {there}.";
    no_layouts(name: &str):
        "Det er ikke noe oppsett «{name}». ctrl+b setter paneler ved siden av hverandre, «:oppsett lagre NAVN» husker dem.",
        "There is no layout \"{name}\". ctrl+b puts panes beside each other, \":layout save NAME\" remembers them.";
    unreadable_layout(name: &str, words: &str):
        "Oppsettet {name} har ingen paneler som finnes her: {words}",
        "The layout {name} names no panes that there are: {words}";
    context(name: &str): "kontekst {name}", "context {name}";
    theme(name: &str): "farger {name}", "colours {name}";
    short_tab: "fane", "tab";
    short_command: "kommando", "command";
    short_keys: "taster", "keys";
    short_quit: "avslutt", "quit";
    unknown(text: &str): "Ukjent kommando: {text}", "Unknown command: {text}";
    copied(chars: usize, means: &str): "Kopierte {chars} tegn ({means})", "Copied {chars} characters ({means})";
    writes_title: " Tillate endringer? ", " Allow changes? ";
    writes_question(url: &str):
        "{url} er kanskje i drift. Med endringer tillatt kan du publisere, svare, og lage, endre og slette det som ligger der.",
        "{url} may be in production. With changes allowed you can publish, answer, and make, change and delete what is there.";
    writes_yes: "  tillat", "  allow";
    writes_no: "  bare se", "  look only";
    writes_allowed: "Endringer er tillatt. ctrl+r skrivebeskytter igjen.", "Changes are allowed. ctrl+r protects again.";
    writes_forbidden: "Skrivebeskyttet igjen.", "Read-only again.";
    may_write: "kan endre", "may change";
    read_only: "bare lese", "read-only";
    connecting(url: &str): "Kobler til {url} …", "Connecting to {url} …";
    cannot_reach(url: &str, why: &str):
        "Når ikke {url}: {why}\nPrøver igjen hvert annet sekund.",
        "Cannot reach {url}: {why}\nTrying again every other second.";
}
