//! What the stage says of who steers it, and to who would like to.

use crate::util::language::texts;

texts! {
    no_answer_from_stage: "scenen svarte ikke", "the stage did not answer";
    seat_stage: "scenen", "the stage";
    seat_screen: "talerskjermen", "the speaker's screen";
    seat_remote: "fjernkontrollen", "the remote control";
    steers(name: &str): "{name} styrer", "{name} steers";
    you_steer: "du styrer · T slipper", "you steer · T lets go";
    wants_control(name: &str): "{name} vil styre · T gir", "{name} wants to steer · T gives";
    control_of(name: &str): "{name} styrer · T ber om å få overta", "{name} steers · T asks to take over";
    control_of_other(name: &str): "{name} styrer · T tar over", "{name} steers · T takes over";
    control_not_yours: "det er ikke du som styrer", "it is not you who steers";
    control_taken: "Nå er det du som styrer", "You steer now";
    control_asked(name: &str): "{name} er spurt om å gi fra seg styringen", "{name} was asked to hand over";
    control_busy(name: &str): "{name} styrer, og noen andre har alt spurt", "{name} steers, and somebody else has asked already";
    control_given_to(name: &str): "Nå er det {name} som styrer", "{name} steers now";
    control_free: "Nå kan alle styre", "Everybody may steer now";
    remote_on(code: &str):
        "Fjernkontroll: nats req goingnats.deck.next {code}",
        "Remote control: nats req goingnats.deck.next {code}";
    remote_code(code: &str): "fjernkontroll {code}", "remote {code}";
    remote_went_off: "Fjernkontrollen er av", "The remote control is off";
    remote_no_randomness: "Systemet gir ingen tilfeldige tall, så det ble ingen kode", "The system gives no random numbers, so there is no code";
    remote_at(page: usize, total: usize): "lysbilde {page} av {total}", "slide {page} of {total}";
    remote_black: "skjermen er svart", "the screen is black";
    remote_nothing_to_run: "ingen kodeblokk å kjøre på dette lysbildet", "no code block to run on this slide";
    remote_is_off:
        "avvist: fjernkontrollen er av (start med --remote, eller velg den med : på scenen)",
        "refused: the remote control is off (start with --remote, or choose it with : on the stage)";
    remote_no_code:
        "avvist: koden mangler. Skriv den først: nats req goingnats.deck.next KODE",
        "refused: no code. Write it first: nats req goingnats.deck.next CODE";
    remote_wrong_code: "avvist: feil kode", "refused: wrong code";
    remote_locked(seconds: u64):
        "avvist: for mange feil koder, prøv igjen om {seconds} s",
        "refused: too many wrong codes, try again in {seconds} s";
    remote_spent:
        "avvist: koden er sperret etter for mange feil. Taleren kan lage en ny",
        "refused: the code is blocked after too many wrong ones. The speaker can make a new one";
    remote_unknown:
        "avvist: kjenner next, prev, goto N, first, last, black, take og give",
        "refused: known are next, prev, goto N, first, last, black, take and give";
    remote_too_long: "avvist: meldingen er for lang", "refused: the message is too long";
    remote_stale: "avvist: det er sagt før", "refused: that was said before";
    remote_runs_nothing:
        "avvist: en fjernkontroll kjører ikke kode, det gjør bare scenen og talerskjermen",
        "refused: a remote control runs no code, only the stage and the speaker's screen do";
    remote_not_trusted:
        "avvist: presentasjonen har ikke fått lov til å kjøre kode",
        "refused: the deck has not been allowed to run code";
    remote_busy: "avvist: scenen har for mye å gjøre", "refused: the stage has too much to do";
}
