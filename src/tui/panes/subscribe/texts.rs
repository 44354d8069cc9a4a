//! What the subscribe pane says.

use crate::util::language::texts;

texts! {
    too_many_patterns(most: usize):
        "Ikke plass til flere enn {most} mønstre.",
        "No room for more than {most} patterns.";
    pattern_hint: "subject, og kanskje en køgruppe; !subject vises ikke", "subject, and maybe a queue group; !subject is left out";
    write_subject:
        "Skriv et subject, og eventuelt en køgruppe bak det.",
        "Write a subject, and a queue group behind it if you like.";
    bad_pattern:
        "Ugyldig mønster: tomme ledd, eller > før slutten.",
        "Invalid pattern: empty tokens, or > before the end.";
    title: "Abonner", "Subscribe";
    title_of(subject: &str): "Abonner: {subject}", "Subscribe: {subject}";
    title_of_more(first: &str, more: usize):
        "Abonner: {first} og {more} til",
        "Subscribe: {first} and {more} more";
    space: "mellomrom", "space";
    hold: "pause, eller følg de nyeste", "hold the view, or follow the newest";
    new_pattern: "nytt mønster", "new pattern";
    edit_patterns: "endre eller fjerne mønstre", "change or remove patterns";
    toggle_internal: "vis eller skjul interne subjects", "show or hide internal subjects";
    reset: "nullstill", "reset";
    choose_pattern: "velg mønster", "choose a pattern";
    change: "endre", "change";
    remove: "fjern", "remove";
    to_messages: "til meldingene", "to the messages";
    subscribe: "abonner", "subscribe";
    cancel: "avbryt", "cancel";
    reply_to: "Svar til", "Reply to";
    received: "Mottatt", "Received";
    pattern: "Mønster", "Pattern";
    no_patterns: "Ingen mønstre. Trykk a for å legge til ett.", "No patterns. Press a to add one.";
    refused: "avvist", "refused";
    ended: "slutt", "ended";
    filter: "Filter", "Filter";
    search: "Søk", "Search";
    save: "Lagre som", "Save as";
    replay: "Spill av", "Play";
    filter_hint:
        "tekst, .temp > 30, subject ~ \"pizz\", h:Navn = verdi, ~ \"^regex\", && || !",
        "text, .temp > 30, subject ~ \"pizz\", h:Name = value, ~ \"^regex\", && || !";
    save_hint: "fil.ndjson eller fil.csv", "file.ndjson or file.csv";
    replay_hint: "fil.ndjson, og kanskje farten: ×2, ×0.5, maks", "file.ndjson, and maybe the speed: ×2, ×0.5, max";
    no_filter(why: &str): "Ugyldig filter: {why}", "Invalid filter: {why}";
    no_search: "Ingen søk ennå: / begynner ett.", "No search yet: / begins one.";
    no_hit(search: &str): "Ingen treff på «{search}».", "No hit for \"{search}\".";
    no_text: "Payloaden er ikke tekst og kan ikke redigeres.", "The payload is no text and cannot be edited.";
    saved(count: &str, path: &str): "{count} meldinger lagret i {path}", "{count} messages saved in {path}";
    not_saved(path: &str, why: &str): "Kunne ikke lagre {path}: {why}", "Could not save {path}: {why}";
    replaying(count: &str): "Spiller av … {count} meldinger", "Playing … {count} messages";
    replayed(count: &str): "Spilte av {count} meldinger.", "Played {count} messages.";
    bad_line(line: u64, why: &str): "linje {line}: {why}", "line {line}: {why}";
    bad_headers: "ugyldige headere", "invalid headers";
    none_fits: "Ingen av meldingene passer til filteret.", "None of the messages fits the filter.";
    filtered(filter: &str): "filter: {filter}", "filter: {filter}";
    filtered_of(filter: &str, count: &str): "filter: {filter} ({count} treff)", "filter: {filter} ({count} hits)";
    answers: "Svar på", "Answers";
    ok: "bruk", "use";
    key_filter: "filter", "filter";
    key_search: "søk, neste, forrige", "search, next, previous";
    key_copy: "kopier", "copy";
    key_resend: "rediger og send på nytt", "edit and send again";
    mute: "vis eller skjul det som kommer der", "show or hide what comes there";
    key_times: "klokkeslett, tid siden forrige, eller ingen tid", "time of day, since the one before, or none";
    rows_three: "3 linjer", "3 lines";
    rows_full: "hele meldinger", "whole messages";
    rows_headers: "bare headere", "headers only";
    rows_subjects: "bare subjects", "subjects only";
    key_rows: "1 linje, 3 linjer, alt, headere, subjects", "1 line, 3 lines, all, headers, subjects";
    marking: "Farge", "Colour";
    lines_left(count: usize): "… {count} linjer til (Enter)", "… {count} more lines (Enter)";
    key_save: "lagre i en fil", "save to a file";
    key_replay: "spill av en fil", "play a file";
    key_view: "auto, tre, tekst, hex (h j k l m), base64", "auto, tree, text, hex (h j k l m), base64";
    key_diff: "sammenlign med forrige", "compare with the one before";
    key_beside: "forrige og neste på samme subject", "previous and next on its subject";
    first_hint:
        "Skriv et subject, for eksempel sensors.> eller >, og trykk Enter.",
        "Write a subject, for instance sensors.> or >, and press Enter.";
    no_messages:
        "Ingen meldinger ennå. Publiser noe, for eksempel med F2 eller «nats pub».",
        "No messages yet. Publish something, for instance with F2 or \"nats pub\".";
    refused_because(subject: &str, why: &str): "{subject} avvist: {why}", "{subject} refused: {why}";
    paused(count: &str): "PAUSE {count} nye", "PAUSED {count} new";
    messages(count: &str): "{count} meld.", "{count} msgs";
    hidden(count: &str): "{count} interne skjult (i)", "{count} internal hidden (i)";
    showing_last(count: &str): "viser siste {count}", "showing the last {count}";
}
