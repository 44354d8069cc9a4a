//! What several panes say.

use crate::util::language::texts;

texts! {
    name_publish: "Publiser", "Publish";
    name_messages: "Meldinger", "Messages";
    name_request: "Forespørsel", "Request";
    name_objects: "Objekter", "Objects";
    name_services: "Tjenester", "Services";
    name_wire: "Ledning", "Wire";
    name_labs: "Laber", "Labs";
    short_publish: "Publ", "Pub";
    short_messages: "Meld", "Msgs";
    short_request: "Spør", "Req";
    short_services: "Tjen", "Svc";
    short_wire: "Ledn", "Wire";
    empty: "(tom)", "(empty)";
    fetching_streams: "Henter streams …", "Fetching streams …";
    scroll: "bla", "scroll";
    back: "tilbake", "back";
    choose_message: "velg melding", "choose a message";
    show_message: "vis hele meldingen", "show the whole message";
    follow_newest: "følg de nyeste", "follow the newest";
    find_stream: "finn en stream", "find a stream";
    find_label: "Finn stream", "Find stream";
    find_hint: "navnet, eller en del av det", "the name, or a part of it";
    no_such_name(part: &str): "Ingen stream heter noe med «{part}».", "No stream's name has \"{part}\" in it.";
    choose_stream: "velg stream", "choose a stream";
    connection_closed: "forbindelsen er lukket", "the connection is closed";
    disconnected: "Frakoblet. Kobler til igjen av seg selv.", "Disconnected. Reconnects by itself.";
    attempts(attempts: usize): "Forsøk {attempts}.", "Attempt {attempts}.";
    attempts_because(attempts: usize, why: &str): "Forsøk {attempts}: {why}.", "Attempt {attempts}: {why}.";
    nobody_listens: "ingen server lytter på adressen", "no server listens at the address";
    no_answer_in_time: "adressen svarer ikke", "the address does not answer";
    unreachable: "maskinen kan ikke nås, kanskje er nettet nede", "the machine cannot be reached, the network may be down";
    no_such_host: "ingen maskin har det navnet", "no machine has that name";
    not_let_in: "serveren er der, men slipper oss ikke inn ennå", "the server is there, but does not let us in yet";
    jetstream_off:
        "JetStream er ikke slått på for denne kontoen. Logg inn i en konto som har JetStream, eller start serveren med --jetstream.",
        "JetStream is not enabled for this account. Log in to an account that has JetStream, or start the server with --jetstream.";
    jetstream_silent:
        "JetStream svarte ikke i tide. Serveren kan være opptatt, eller brukeren mangler lov til å publisere på $JS.API.>. Prøver igjen.",
        "JetStream did not answer in time. The server may be busy, or the user may not publish to $JS.API.>. Trying again.";
    forbidden(why: &str): "Ingen tilgang: {why}", "No access: {why}";
    no_stream(name: &str): "Streamen «{name}» finnes ikke.", "There is no stream \"{name}\".";
    read_only:
        "Skrivebeskyttet: her kan du bare se. ctrl+r tillater endringer på denne serveren.",
        "Read-only: here you may only look. ctrl+r allows changes on this server.";
    server_says(what: &str): "Serveren sier: {what}", "The server says: {what}";
    lost(count: &str): "minst {count} tapt (for treg)", "at least {count} lost (too slow)";
    broken(times: u64): "forbindelsen brutt {times}×", "connection lost {times}×";
}
