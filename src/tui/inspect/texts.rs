//! What the inspector says around the panes.

use crate::util::language::texts;

texts! {
    next_tab: "neste og forrige fane", "next and previous tab";
    tabs_by_key: "fanene med de samme tastene som i foredraget", "the tabs by the keys they have in the talk";
    toggle_writes: "tillat endringer på serveren, eller ikke", "allow changes on the server, or not";
    toggle_mouse: "mus av eller på", "mouse off or on";
    palette_hint: "fane, tast, kontekst, «klokke 90s» eller «nats …»", "tab, key, context, \"clock 90s\" or \"nats …\"";
    palette: "kommando: en fane, en kontekst eller «nats …»", "command: a tab, a context or \"nats …\"";
    these_keys: "disse tastene", "these keys";
    redraw: "tegn skjermen på nytt", "draw the screen anew";
    suspend: "til skallet (fg kommer tilbake)", "to the shell (fg comes back)";
    quit: "avslutt", "quit";
    reopen: "åpne fanen på nytt", "open the tab anew";
    context(name: &str): "kontekst {name}", "context {name}";
    theme(name: &str): "farger {name}", "colours {name}";
    short_tab: "fane", "tab";
    short_command: "kommando", "command";
    short_keys: "taster", "keys";
    short_quit: "avslutt", "quit";
    unknown(text: &str): "Ukjent kommando: {text}", "Unknown command: {text}";
    copied(chars: usize): "Kopierte {chars} tegn", "Copied {chars} characters";
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
