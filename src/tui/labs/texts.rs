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
    passed: "Bestått! n går videre – eller bli her og lek", "Passed! n goes on – or stay here and play";
    expects(expected: &str, seen: &str): "venter {expected}; ser {seen}", "expects {expected}; sees {seen}";
    no_lab_here: "Dette lysbildet har ingen lab: F9 viser alle", "This slide has no lab: F9 shows them all";
}
