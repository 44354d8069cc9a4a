//! What the deck says about itself: alerts, warnings, and what a diagram could not show.

use crate::util::language::texts;

texts! {
    note: "Merk", "Note";
    tip: "Tips", "Tip";
    important: "Viktig", "Important";
    warning: "Advarsel", "Warning";
    caution: "Forsiktig", "Caution";
    empty_deck: "presentasjonen er tom", "the deck is empty";
    fence_never_closed: "kodeblokken blir aldri lukket", "the code block is never closed";
    near_separator:
        "ligner et lysbildeskille, men er det ikke: det må være nøyaktig tre bindestreker",
        "looks like the end of a slide but is none: it takes exactly three dashes";
    unknown_key(key: &str): "ukjent nøkkel i innstillingene: {key}", "unknown key in the front matter: {key}";
    bad_layouts: "layouts må ha linjer som «slide 15: messages»", "layouts must have lines such as \"slide 15: messages\"";
    bad_presets:
        "presets må ha linjer som «varm: sensors.hamar.temp 21.5», eller subject, headers, payload, count, interval, burst",
        "presets must have lines such as \"warm: sensors.hamar.temp 21.5\", or subject, headers, payload, count, interval, burst";
    bad_markings:
        "highlight må ha linjer som «varmt: red .temp > 30»",
        "highlight must have lines such as \"warm: red .temp > 30\"";
    bad_marking(name: &str, why: &str): "highlight {name}: {why}", "highlight {name}: {why}";
    unknown_colour(colour: &str):
        "ukjent farge «{colour}»: bruk red, orange, yellow, green, cyan, blue, magenta, eller seks sifre som ff8800",
        "unknown colour \"{colour}\": use red, orange, yellow, green, cyan, blue, magenta, or six digits such as ff8800";
    no_filter: "etter fargen mangler et filter, som .temp > 30", "a filter is missing behind the colour, such as .temp > 30";
    must_be_text(key: &str): "{key} må være en tekst", "{key} must be a text";
    broken_front_matter:
        "innstillingene kan ikke leses som YAML; tekst med % eller : må stå i anførselstegn",
        "the front matter is no YAML; text with % or : must stand in quotes";
    no_files: "filer leses ikke her", "files are not read here";
    not_included(path: &str, why: &str): "kan ikke ta inn {path}: {why}", "cannot include {path}: {why}";
    unknown_attribute(word: &str): "ukjent attributt: +{word}", "unknown attribute: +{word}";
    no_such_runner(name: &str):
        "kjøreprogrammet {name} er ukjent; språkets eget brukes",
        "the runner {name} is unknown; the language's own is used";
    no_lines(braces: &str):
        "{{{braces}}} er verken linjer som {{1-3|5}} eller {{live}}",
        "{{{braces}}} is neither lines such as {{1-3|5}} nor {{live}}";
    source_is_shown(language: &str):
        "{language} tegnes ikke; kildekoden vises",
        "{language} is not drawn; its source is shown";
    bad_command(comment: &str): "kommandoen «{comment}» har en ugyldig verdi", "the command \"{comment}\" has an invalid value";
    unknown_command(name: &str): "ukjent kommando i en kommentar: {name}", "unknown command in a comment: {name}";
    theme_part(part: &str):
        "theme.{part} kan ikke vises her",
        "theme.{part} cannot be shown here";
    shown_edited: "endret · R tilbake", "changed · R reverts";
    shown_live: "direkte", "live";
    not_living(what: &str): "blokken lever ikke: forstår ikke «{what}»", "the block does not live: not understood: \"{what}\"";
    diagram_too_big(nodes: usize, edges: usize):
        "tegnes ikke: mer enn {nodes} bokser eller {edges} piler",
        "not drawn: more than {nodes} boxes or {edges} arrows";
    diagram_line(line: usize, text: &str): "linje {line}: {text}", "line {line}: {text}";
    not_understood(text: &str): "forstår ikke «{text}»", "not understood: \"{text}\"";
    frame_has_no_arrows: "piler til en ramme tegnes ikke, bare til det som er i den", "arrows to a frame are not drawn, only to what is in it";
}
