//! What the wire pane says.

use crate::util::language::texts;

texts! {
    wire: "Ledningen", "The wire";
    why: "Hvorfor", "Why";
    title_of(part: &str, connection: u64): "{part}: tilkobling {connection}", "{part}: connection {connection}";
    not_ours:
        "Ledningen og grunnene kan bare ses på vår egen server, for en annen server forteller ikke hva som går over hver tilkobling. Veien til én melding kan følges overalt: trykk t.",
        "The wire and the reasons can be seen on our own server only, since another does not tell what goes over each connection. The way of one message can be followed anywhere: press t.";
    trace: "Veien til en melding", "The way of a message";
    trace_subject: "Subject:", "Subject:";
    trace_hint:
        "Enter sender en melding som alle serverne på veien forteller om, og som ingen får (Nats-Trace-Only).",
        "Enter sends a message that every server on the way tells of, and that nobody gets (Nats-Trace-Only).";
    trace_empty: "Subject er tomt. Skriv det som meldingen skal publiseres på.", "The subject is empty. Write what the message is to be published on.";
    trace_bad_subject: "Ugyldig subject. Det kan ikke ha jokertegn.", "Invalid subject. It cannot have wildcards.";
    trace_too_old: "Serveren er eldre enn 2.11 og kan ikke fortelle om veien. Meldingen ville blitt levert.", "The server is older than 2.11 and cannot tell of the way. The message would be delivered.";
    trace_waiting: "Venter på at serverne forteller …", "Waiting for the servers to tell …";
    trace_silent:
        "Ingen server fortalte noe. Brukeren må ha lov til å publisere på subjectet, og til å motta på sin egen _INBOX.>.",
        "No server told anything. The user must be allowed to publish on the subject, and to receive on its own _INBOX.>.";
    key_trace: "følg en melding dit", "follow a message there";
    key_follow: "følg én melding", "follow one message";
    key_again: "en gang til", "once more";
    key_other: "et annet subject", "another subject";
    came(who: &str, server: &str): "{who} → serveren {server}", "{who} → the server {server}";
    mapped(to: &str): "subject blir til {to} (mapping)", "the subject becomes {to} (mapping)";
    imported(from: &str, to: &str, account: &str):
        "tjeneste i kontoen {account}: {from} → {to} (import)",
        "service in the account {account}: {from} → {to} (import)";
    exported(to: &str, account: &str):
        "til kontoen {account} som {to} (export)",
        "to the account {account} as {to} (export)";
    would_store(stream: &str): "streamen {stream} ville lagret den", "the stream {stream} would store it";
    no_interest(stream: &str):
        "streamen {stream} lagrer den ikke: ingen consumer vil ha den (interest)",
        "the stream {stream} does not store it: no consumer wants it (interest)";
    nobody_listens: "Ingen lytter, og ingen stream har subjectet.", "Nobody listens, and no stream has the subject.";
    goes_on(who: &str): "videre gjennom {who}", "onward through {who}";
    gets_it(who: &str): "{who} ville fått den", "{who} would get it";
    through(pattern: &str): " på {pattern}", " on {pattern}";
    in_queue(name: &str): ", køgruppe {name}", ", queue group {name}";
    in_account(name: &str): ", konto {name}", ", account {name}";
    step_failed(why: &str): "stoppet: {why}", "stopped: {why}";
    a_client: "klient", "client";
    a_route: "ruten", "the route";
    a_gateway: "gateway", "gateway";
    a_leaf: "leaf node", "leaf node";
    the_server_itself: "serveren selv", "the server itself";
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
