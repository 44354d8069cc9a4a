//! What the tree of subjects says.

use crate::util::language::texts;

texts! {
    bad_pattern: "Ugyldig mønster: tomme ledd, eller > før slutten.", "Invalid pattern: empty tokens, or > before the end.";
    count: "tell på dette mønsteret", "count on this pattern";
    choose: "velg", "choose";
    open: "åpne eller lukk", "open or close";
    open_all: "åpne eller lukk alle", "open or close all";
    unfold: "vis verdiene i *, eller fold dem", "show the values in *, or fold them";
    internal: "vis eller skjul interne subjects", "show or hide internal subjects";
    pattern: "et annet mønster", "another pattern";
    publish: "publiser på dette subjectet", "publish on this subject";
    copy: "kopier subject", "copy the subject";
    anew: "tell på nytt", "count anew";
    messages: "Meld.", "Msgs";
    last: "Sist", "Last";
    value: "Siste verdi", "Last value";
    values(count: &str): "{count} verdier", "{count} values";
    total(messages: &str, rate: &str, size: &str, subjects: &str):
        "{messages} meld.  {rate}/s  {size}  {subjects}",
        "{messages} msgs  {rate}/s  {size}  {subjects}";
    one_subject: "1 subject", "1 subject";
    some_subjects(subjects: &str): "{subjects} subjects", "{subjects} subjects";
    more_subjects(subjects: &str): "mer enn {subjects} subjects", "more than {subjects} subjects";
    hidden(count: &str): "{count} interne skjult (i)", "{count} internal hidden (i)";
    deliveries(count: &str): "{count} leveranser til innbokser", "{count} deliveries to inboxes";
    left_out(count: &str): "… og {count} rader til", "… and {count} rows more";
    untold(count: &str): "{count} uten egen rad", "{count} without a row";
    nothing:
        "Ingen meldinger ennå. Treet vokser når noe publiseres.\n\nF2  publiser en melding herfra\nF3  se meldingene komme, med filter og søk\nF6  det som ligger i streams fra før\nF1  alle tastene, og : finner alt ved navn",
        "No messages yet. The tree grows when something is published.\n\nF2  publish a message from here\nF3  see messages come, with filter and search\nF6  what streams hold already\nF1  all keys, and : finds everything by name";
    try_other: "Trykk e og velg et mønster du har lov til å lytte på.", "Press e and choose a pattern that you may subscribe to.";
    pattern_label: "Mønster ", "Pattern ";
}
