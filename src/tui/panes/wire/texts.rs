//! What the wire pane says.

use crate::util::language::texts;

texts! {
    wire: "Ledningen", "The wire";
    why: "Hvorfor", "Why";
    title_of(part: &str, connection: u64): "{part}: tilkobling {connection}", "{part}: connection {connection}";
    not_ours:
        "Ledningen og grunnene kan bare ses på vår egen server, for en annen server forteller ikke hva som går over hver tilkobling. «nats trace SUBJECT» viser veien til én melding der.",
        "The wire and the reasons can be seen on our own server only, since another does not tell what goes over each connection. \"nats trace SUBJECT\" shows the way of one message there.";
    nothing: "Ingenting ennå. Publiser noe, eller koble til en klient.", "Nothing yet. Publish something, or connect a client.";
    all_connections(count: usize): "alle {count} tilkoblinger", "all {count} connections";
    one_connection(id: u64, lines: &str): "tilkobling {id}: {lines} linjer", "connection {id}: {lines} lines";
    lost(count: &str): "{count} tapt, det gikk for fort", "{count} lost, it went too fast";
    paused: "PAUSE", "PAUSED";
    got(count: usize): "{count} fikk den", "{count} got it";
    nobody: "ingen fikk den", "nobody got it";
    missed(count: usize): "{count} gikk glipp av den", "{count} missed it";
    stored_in(stream: &str): "lagret i {stream}", "stored in {stream}";
    refused_by(stream: &str): "avvist av {stream}", "refused by {stream}";
    refused(why: &str): "Avvist av serveren: {why}", "Refused by the server: {why}";
    published_by(connection: u64, at: &str): "Publisert av tilkobling {connection} kl. {at}", "Published by connection {connection} at {at}";
    delivered: "fikk den", "got it";
    queue(name: &str): "køgruppe {name}", "queue group {name}";
    stream_took(stream: &str): "Streamen {stream} lagret den.", "The stream {stream} stored it.";
    stream_refused(stream: &str, why: &str): "Streamen {stream} avviste den: {why}", "The stream {stream} refused it: {why}";
    no_stream: "Ingen stream har dette subjectet.", "No stream has this subject.";
    hidden_others(count: usize): "{count} abonnementer til på andre subjects (a viser dem)", "{count} more subscriptions on other subjects (a shows them)";
    no_match: "mønsteret passer ikke til subjectet", "the pattern does not match the subject";
    not_chosen: "et annet medlem av køgruppen fikk den", "another member of the queue group got it";
    no_echo: "den er avsenderens egen, og han vil ikke høre seg selv (no echo)", "it is the publisher's own, who does not want its own (no echo)";
    denied: "brukeren har ikke lov til å motta på dette subjectet", "the user may not receive on this subject";
    closed: "abonnementet er nettopp avsluttet", "the subscription has just ended";
    exceeded: "abonnementet har fått så mange det ba om", "the subscription has had as many as it wanted";
    slow: "klienten leser for sakte, og ingen venter på den", "the client reads too slowly, and nobody waits for it";
    gone: "tilkoblingen er i ferd med å lukkes", "the connection is ending";
    space: "mellomrom", "space";
    key_part: "ledningen eller hvorfor", "the wire or why";
    key_connection: "velg tilkobling", "choose a connection";
    key_hold: "hold, eller følg de nyeste", "hold, or follow the newest";
    key_open: "hvem fikk den, og hvorfor ikke", "who got it, and why not";
    key_internal: "vis eller skjul interne", "show or hide internal ones";
    key_clear: "nullstill", "reset";
    key_all: "vis også abonnementer på andre subjects", "show subscriptions on other subjects too";
}
