//! What the speaker can do, in words.

use crate::util::language::texts;

texts! {
    next_many: "neste lysbilde; med tall foran: så mange", "next slide; with a number first: so many";
    previous: "forrige lysbilde", "previous slide";
    first: "første lysbilde", "first slide";
    last: "siste lysbilde", "last slide";
    slide_twelve: "lysbilde 12", "slide 12";
    back: "tilbake dit du hoppet fra", "back to where you jumped from";
    search:
        "søk etter regulært uttrykk; /i til slutt: A = a",
        "search for a regular expression; /i last: A = a";
    next_match: "neste treff (N: forrige)", "next match (N: previous)";
    run: "kjør den valgte kodeblokken", "run the chosen code block";
    run_all: "kjør alle kodeblokkene etter tur", "run all code blocks in turn";
    choose_next: "velg neste kodeblokk", "choose the next code block";
    choose_previous: "velg forrige kodeblokk", "choose the previous code block";
    detach: "utskriften i et eget panel", "the output in a pane of its own";
    interrupt: "stopp det som kjører; ellers avslutt", "stop what runs; otherwise quit";
    edit: "rediger kodeblokken (fila røres ikke)", "edit the code block (not the file)";
    revert: "kodeblokken som i presentasjonen igjen", "the code block as in the deck again";
    yank: "kopier kodeblokken", "copy the code block";
    scroll_down: "rull ned i et langt lysbilde", "scroll down in a long slide";
    scroll_up: "rull opp", "scroll up";
    scroll_right: "rull bred kode mot høyre", "scroll wide code to the right";
    scroll_left: "rull tilbake", "scroll back";
    publish: "publiser", "publish";
    subscribe: "abonner", "subscribe";
    request: "forespørsel og svar", "request and reply";
    alone: "lysbildet alene, og tilbake", "the slide alone, and back";
    consumers: "consumers og gjennomsnitt", "consumers and averages";
    server: "server og tilkoblinger", "server and connections";
    key_value: "key-value", "key-value";
    objects: "objekter", "objects";
    services: "tjenester", "services";
    wire: "ledningen, og hvorfor meldinger gikk dit", "the wire, and why messages went there";
    subjects: "subjects som et tre", "subjects as a tree";
    labs: "laber", "labs";
    slide_lab: "lysbildets lab", "the lab of the slide";
    next_pane: "neste panel", "next pane";
    previous_pane: "forrige panel", "previous pane";
    to_deck: "tilbake til lysbildet", "back to the slide";
    overview: "oversikt: finn et lysbilde på tittelen", "overview: find a slide by its title";
    laser: "pek på en linje (↑ ↓ flytter)", "point at a line (↑ ↓ move)";
    source: "vis skjulte linjer og kilden til diagrammer", "show hidden lines and the source of diagrams";
    black: "svart skjerm, og tilbake", "black screen, and back";
    control: "ta styringen, eller gi den fra deg", "take the control, or hand it over";
    remote: "fjernkontroll på eller av (ny kode)", "remote control on or off (new code)";
    server_switch: "slå serveren av, og på igjen", "switch the server off, and on again";
    slow_client: "treg klient: vil ha alt, leser ingenting", "slow client: wants all, reads nothing";
    poll_anew: "begynn avstemningen på nytt", "begin the poll anew";
    palette: "kommando: en handling, et lysbilde eller «nats …»", "command: an action, a slide or \"nats …\"";
    these_keys: "disse tastene", "these keys";
    redraw: "tegn skjermen på nytt", "draw the screen anew";
    suspend: "til skallet (fg kommer tilbake)", "to the shell (fg comes back)";
    quit: "avslutt", "quit";
    space: "mellomrom", "space";
    short_next: "neste", "next";
    short_run: "kjør", "run";
    short_pane: "panel", "pane";
    short_alone: "alene", "alone";
    short_command: "kommando", "command";
    short_keys: "taster", "keys";
    streams: "streams", "streams";
}
