//! What servers tell, in plain sentences.

use crate::util::language::texts;

texts! {
    came(cid: u64, name: &str, account: &str):
        "Klient {cid} «{name}» koblet til (konto {account}).",
        "Client {cid} \"{name}\" connected (account {account}).";
    went(cid: u64, name: &str): "Klient {cid} «{name}» koblet fra.", "Client {cid} \"{name}\" disconnected.";
    created: "laget", "made";
    deleted: "slettet", "deleted";
    changed: "endret", "changed";
    audit(who: &str, subject: &str): "{who} spurte JetStream: {subject}.", "{who} asked JetStream: {subject}.";
    stream_action(stream: &str, verb: &str): "Streamen {stream} ble {verb}.", "The stream {stream} was {verb}.";
    consumer_action(consumer: &str, stream: &str, verb: &str):
        "Consumeren {consumer} på {stream} ble {verb}.",
        "The consumer {consumer} on {stream} was {verb}.";
    paused(consumer: &str, stream: &str, until: &str):
        "Consumeren {consumer} på {stream} har pause til {until}.",
        "The consumer {consumer} on {stream} is paused until {until}.";
    resumed(consumer: &str, stream: &str):
        "Consumeren {consumer} på {stream} leverer igjen.",
        "The consumer {consumer} on {stream} delivers again.";
    max_deliver(seq: u64, stream: &str, times: u64, consumer: &str):
        "Melding {seq} i {stream} er levert {times} ganger uten kvittering. Consumeren {consumer} gir den opp.",
        "Message {seq} of {stream} was delivered {times} times without an ack. The consumer {consumer} gives it up.";
    nak(consumer: &str, seq: u64, stream: &str):
        "Consumeren {consumer} avviste melding {seq} i {stream} (nak). Den leveres på nytt.",
        "The consumer {consumer} refused message {seq} of {stream} (nak). It is delivered again.";
    terminated(consumer: &str, seq: u64, stream: &str, reason: &str):
        "Consumeren {consumer} avsluttet melding {seq} i {stream} (term): {reason}.",
        "The consumer {consumer} ended message {seq} of {stream} (term): {reason}.";
    no_reason: "ingen grunn oppgitt", "no reason given";
    acked(consumer: &str, seq: u64, stream: &str, after: &str):
        "Consumeren {consumer} kvitterte melding {seq} i {stream} etter {after}.",
        "The consumer {consumer} acknowledged message {seq} of {stream} after {after}.";
    snapshot_begun(stream: &str): "Sikkerhetskopiering av {stream} er begynt.", "A backup of {stream} has begun.";
    snapshot_done(stream: &str): "Sikkerhetskopien av {stream} er ferdig.", "The backup of {stream} is done.";
    restore_begun(stream: &str): "Gjenoppretting av {stream} er begynt.", "A restore of {stream} has begun.";
    restore_done(stream: &str): "{stream} er gjenopprettet.", "{stream} is restored.";
    stream_leader(stream: &str, leader: &str): "{leader} leder nå streamen {stream}.", "{leader} leads the stream {stream} now.";
    consumer_leader(consumer: &str, stream: &str, leader: &str):
        "{leader} leder nå consumeren {consumer} på {stream}.",
        "{leader} leads the consumer {consumer} on {stream} now.";
    domain_leader(leader: &str): "{leader} leder nå JetStream.", "{leader} leads JetStream now.";
    stream_quorum(stream: &str):
        "Streamen {stream} har mistet flertallet og tar ikke imot meldinger.",
        "The stream {stream} has lost its quorum and takes no messages.";
    consumer_quorum(consumer: &str, stream: &str):
        "Consumeren {consumer} på {stream} har mistet flertallet.",
        "The consumer {consumer} on {stream} has lost its quorum.";
    batch_abandoned(stream: &str, reason: &str):
        "En bunke til {stream} ble oppgitt ({reason}): ingenting av den er lagret.",
        "A batch for {stream} was abandoned ({reason}): nothing of it is stored.";
    pinned(consumer: &str, stream: &str, group: &str):
        "Én klient har fått gruppen {group} på {consumer} ({stream}) for seg selv.",
        "One client has the group {group} of {consumer} ({stream}) to itself.";
    unpinned(consumer: &str, stream: &str, group: &str):
        "Gruppen {group} på {consumer} ({stream}) er ledig igjen.",
        "The group {group} of {consumer} ({stream}) is free again.";
    out_of_space(server: &str): "{server} har ikke mer plass: JetStream slås av der.", "{server} is out of space: JetStream is turned off there.";
    server_removed(server: &str): "{server} er tatt ut av klyngen.", "{server} was removed from the cluster.";
    api_limit(dropped: u64):
        "JetStream får for mange forespørsler: {dropped} ble kastet.",
        "JetStream gets too many requests: {dropped} were dropped.";
    connected(who: &str, account: &str): "{who} koblet til (konto {account}).", "{who} connected (account {account}).";
    disconnected(who: &str, account: &str, reason: &str):
        "{who} koblet fra (konto {account}): {reason}.",
        "{who} disconnected (account {account}): {reason}.";
    not_let_in(who: &str, why: &str): "{who} slapp ikke inn: {why}.", "{who} was not let in: {why}.";
    shuts_down(server: &str): "Serveren {server} stopper.", "The server {server} shuts down.";
    lame_duck(server: &str):
        "Serveren {server} skal stoppe og ber klientene gå til en annen (lame duck).",
        "The server {server} is about to stop and asks its clients to go to another (lame duck).";
    closed_itself: "klienten lukket forbindelsen", "the client closed the connection";
    wrong_login: "feil innlogging", "wrong login";
    no_login_in_time: "logget ikke inn i tide", "did not log in in time";
    login_expired: "innloggingen er utløpt", "the login has expired";
    login_revoked: "innloggingen er trukket tilbake", "the login was revoked";
    read_too_slowly: "leste for sakte", "read too slowly";
    answered_no_more: "svarte ikke lenger", "answered no more";
    was_kicked: "ble koblet fra av noen med systemtilgang", "was disconnected by somebody of the system account";
    server_stopped: "serveren stoppet", "the server stopped";
    too_many_connections: "for mange tilkoblinger", "too many connections";
    message_too_large: "sendte en melding som er for stor", "sent a message that is too large";
    too_many_subscriptions: "for mange abonnementer", "too many subscriptions";
    tls_failed: "TLS kom ikke i gang", "TLS did not come about";
    network_failed: "forbindelsen ble brutt", "the connection broke";
    spoke_wrong: "snakket ikke riktig NATS-protokoll", "did not speak the NATS protocol";
    batch_timeout: "tiden gikk ut", "time ran out";
    batch_large: "den var for stor", "it was too large";
    batch_incomplete: "noe av den manglet", "some of it was missing";
    batch_unsupported: "den krevde noe serveren ikke har", "it wanted something that the server has not";
    ocsp_reject(whose: &str, why: &str): "Sertifikatet til {whose} ble avvist (OCSP): {why}.", "The certificate of {whose} was refused (OCSP): {why}.";
    ocsp_link(whose: &str, why: &str):
        "Sertifikatet {whose} i en kjede er ugyldig (OCSP): {why}.",
        "The certificate {whose} of a chain is invalid (OCSP): {why}.";
    service_latency(responder: &str, asker: &str, total: &str): "{responder} svarte {asker} på {total}.", "{responder} answered {asker} in {total}.";
    service_failed(asker: &str, status: u64, why: &str, total: &str):
        "{asker} fikk ikke noe svar fra tjenesten ({status} {why}, {total}).",
        "{asker} got no answer from the service ({status} {why}, {total}).";
    account_connections(account: &str, count: u64):
        "Kontoen {account} har {count} tilkoblinger.",
        "The account {account} has {count} connections.";
    other(kind: &str): "Serveren sier fra om «{kind}».", "The server tells of \"{kind}\".";
}
