//! What the lab commands say.

use crate::util::language::texts;

texts! {
    no_progress_folder:
        "det finnes ingen mappe for framgangen; si hvor med --progress",
        "there is no folder for the progress; say where with --progress";
    unreadable_progress(file: &str): "kan ikke lese framgangen i {file}", "cannot read the progress in {file}";
    answer_form: "et svar skrives som SJEKK=TEKST", "an answer is written as CHECK=TEXT";
    which_lab:
        "hvilken lab? Start en med «goingnats lab start ID»",
        "which lab? Start one with \"goingnats lab start ID\"";
    no_such_lab(id: &str):
        "det finnes ingen lab «{id}»; «goingnats lab list» viser dem",
        "there is no lab \"{id}\"; \"goingnats lab list\" shows them";
    no_labs: "mappen har ingen laber", "the folder has no labs";
    lab_not_started(id: &str):
        "laben «{id}» er ikke startet; «goingnats lab start {id}»",
        "the lab \"{id}\" has not been started; \"goingnats lab start {id}\"";
    lab_not_running(id: &str):
        "laben «{id}» går ikke; «goingnats lab start {id}»",
        "the lab \"{id}\" is not running; \"goingnats lab start {id}\"";
    cannot_make(file: &str): "kan ikke lage {file}", "cannot make {file}";
    made(file: &str):
        "{file} er laget. Prøv den: goingnats lab verify {file}",
        "{file} is made. Try it: goingnats lab verify {file}";
    result(labs: usize, steps: usize, points: u32): "{labs} lab ferdig, {steps} steg, {points} poeng", "{labs} labs done, {steps} steps, {points} points";
    no_results: "ingen har delt framgangen sin her ennå", "nobody has shared their progress here yet";
    no_bucket(url: &str): "kan ikke ta vare på framgangen på {url}", "cannot keep the progress on {url}";
    bad_name(most: usize): "et navn har minst én bokstav og ikke mer enn {most}", "a name has a letter at least and no more than {most}";
    needs_address(url: &str):
        "goingnats: bruk --server {url} i de andre lab-kommandoene",
        "goingnats: use --server {url} with the other lab commands";

    list_end(points: u32):
        "{points} poeng. Start en lab: goingnats lab start ID",
        "{points} points. Start a lab: goingnats lab start ID";
    best_after(titles: &str): "best etter {titles}", "best after {titles}";
    of(number: usize, total: usize): "{number} av {total}", "{number} of {total}";
    answer_like(check: &str):
        "Svar: goingnats lab check --answer {check}=…",
        "Answer: goingnats lab check --answer {check}=…";
    expects: "venter", "expects";
    sees: "ser", "sees";
    finished(points: u32): "Ferdig! {points} poeng.", "Done! {points} points.";
    step_passed: "Steget er bestått. Her er det neste:", "The step is passed. Here is the next:";
    shared_passed: "Steget er bestått. Den som leder laben, går videre.", "The step is passed. Whoever leads the lab goes on.";
    not_yet: "Ikke helt ennå. Et hint? goingnats lab hint", "Not quite yet. A hint? goingnats lab hint";
    hint(number: usize, total: usize, hint: &str): "Hint {number} av {total}: {hint}", "Hint {number} of {total}: {hint}";
    caught_up:
        "Det de forrige stegene lager, er gjort klart. Abonnementer må du starte selv.",
        "What the steps before make is ready. Subscriptions you have to start yourself.";

    other_terminal(url: &str):
        "I en annen terminal:\n\n    export NATS_URL={url}\n",
        "In another terminal:\n\n    export NATS_URL={url}\n";
    no_nats_here:
        "Har du ikke kommandoen nats? Skriv «goingnats nats», eller lag en lenke: goingnats nats link ~/bin\n",
        "No nats command? Write \"goingnats nats\", or make a link: goingnats nats link ~/bin\n";
    for_others:
        "Andre deltar med samme adresse, med denne maskinens adresse i stedet for 127.0.0.1.",
        "Others take part with the same address, with this machine's in the place of 127.0.0.1.";
    only_here:
        "Andre maskiner kommer ikke inn: start laben med --listen 0.0.0.0 for å dele den.",
        "Other machines cannot get in: start the lab with --listen 0.0.0.0 to share it.";
    foreign_server:
        "Laben bruker serveren som den er, uten en egen konto.",
        "The lab uses the server as it is, without an account of its own.";
    keys_hint: "Enter går videre når steget er bestått. ctrl+c avslutter og rydder.", "Enter goes on once the step is passed. ctrl+c ends and tidies up.";
    finished_here(points: u32): "Ferdig! {points} poeng. ctrl+c avslutter.", "Done! {points} points. ctrl+c ends.";
    enter_goes_on: "Steget er bestått. Enter går videre.", "The step is passed. Enter goes on.";
    goes_on_soon: "Steget er bestått. Det neste begynner straks; Enter blir her.", "The step is passed. The next begins in a moment; Enter stays here.";
}
