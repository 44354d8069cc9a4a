//! What the subscribe pane says.

use crate::util::language::texts;

texts! {
    too_many_patterns(most: usize):
        "Ikke plass til flere enn {most} mønstre.",
        "No room for more than {most} patterns.";
    pattern_hint: "subject, og kanskje en køgruppe", "subject, and maybe a queue group";
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
    hold: "hold visningen, eller følg de nyeste", "hold the view, or follow the newest";
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
    first_hint:
        "Skriv et subject, for eksempel sensors.> eller >, og trykk Enter.",
        "Write a subject, for instance sensors.> or >, and press Enter.";
    no_messages:
        "Ingen meldinger ennå. Publiser noe, for eksempel med F2 eller «nats pub».",
        "No messages yet. Publish something, for instance with F2 or \"nats pub\".";
    refused_because(subject: &str, why: &str): "{subject} avvist: {why}", "{subject} refused: {why}";
    paused(count: &str): "PAUSE {count} nye", "PAUSED {count} new";
    messages(count: &str): "{count} meld.", "{count} msgs";
    lost(count: &str): "minst {count} tapt (for treg)", "at least {count} lost (too slow)";
    broken(times: u64): "forbindelsen brutt {times} g.", "connection lost {times}×";
    hidden(count: &str): "{count} interne skjult (i)", "{count} internal hidden (i)";
    showing_last(count: &str): "viser siste {count}", "showing the last {count}";
}
