//! What the labs' pane says around the labs, which speak bokmål themselves.

use crate::util::language::texts;

texts! {
    labs: "Laber", "Labs";
    lab(title: &str): "Lab: {title}", "Lab: {title}";
    opening(id: &str): "Åpner {id} …", "Opening {id} …";
    failed(why: &str): "Laben kunne ikke åpnes: {why}", "The lab could not be opened: {why}";
    answer: "svar", "answer";
    cancel: "avbryt", "cancel";
    open: "åpne laben, eller gå tilbake til den", "open the lab, or go back to it";
    choose: "velg", "choose";
    close: "lukk laben som er åpen, og rydd", "close the open lab and tidy up";
    hint: "hint", "hint";
    next: "neste", "next";
    list: "listen", "the list";
    more_below(lines: usize): " ↓ {lines} linjer til ", " ↓ {lines} more lines ";
    more_above: " ↑ ", " ↑ ";
    quit: "avslutt", "quit";
    command: "nats-kommando", "nats command";
    run: "kjør blokken", "run the block";
    solution: "løsningen", "the solution";
    reset: "begynn på nytt", "begin again";
    jump: "hopp mellom stegene", "jump between steps";
    scroll: "bla", "scroll";
    total(done: usize, labs: usize, points: u32):
        "{done} av {labs} laber · {points} poeng",
        "{done} of {labs} labs · {points} points";
    ask_reset:
        "Begynne på nytt og slette alt laben har laget? r en gang til",
        "Begin again and delete everything the lab has made? r once more";
    finished(points: u32): "Ferdig! {points} poeng. n viser listen", "Done! {points} points. n shows the list";
    not_yet: "Ikke bestått ennå. > hopper videre likevel", "Not passed yet. > goes on all the same";
    goes_on: "Bestått! Det neste steget begynner straks – en tast blir her", "Passed! The next step begins in a moment – a key stays here";
    passed: "Bestått! n går videre – eller bli her og lek", "Passed! n goes on – or stay here and play";
    expects(expected: &str, seen: &str): "venter {expected}; ser {seen}", "expects {expected}; sees {seen}";
    hint_of(number: usize, total: usize, hint: &str): "**Hint {number} av {total}:** {hint}", "**Hint {number} of {total}:** {hint}";
    the_solution: "**Løsning:**", "**Solution:**";
    caught_up:
        "*Det de forrige stegene lager, er gjort klart. Abonnementer må du starte selv.*",
        "*What the steps before make is ready. Subscriptions you have to start yourself.*";
    own_terminal(url: &str): "Egen terminal: `export NATS_URL={url}`", "Terminal of your own: `export NATS_URL={url}`";
    for_others:
        "Andre deltar med samme adresse, med denne maskinens adresse i stedet for 127.0.0.1.",
        "Others take part with the same address, with this machine's in the place of 127.0.0.1.";
    only_here:
        "Andre maskiner kommer ikke inn: start med `--listen 0.0.0.0` for å dele laben.",
        "Other machines cannot get in: start with `--listen 0.0.0.0` to share the lab.";
    best_after(labs: &str): "best etter {labs}", "best after {labs}";
    and_more(count: usize): "… og {count} til", "… and {count} more";
    no_lab_here: "Dette lysbildet har ingen lab: F9 viser alle", "This slide has no lab: F9 shows them all";
}
