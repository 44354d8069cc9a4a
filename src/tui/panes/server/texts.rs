//! What the server pane says.

use crate::util::language::texts;

texts! {
    connections: "Tilkoblinger", "Connections";
    events: "Hendelser", "Events";
    accounts: "Kontoer", "Accounts";
    server: "Server", "Server";
    log: "Logg", "Log";
    log_empty: "Ingenting er skrevet i loggen ennå. d tar med meldinger for feilsøking.", "Nothing is in the log yet. d takes debug lines too.";
    log_elsewhere:
        "Loggen kan bare vises for vår egen server. En annen server skriver den der den kjører (standard feil, log_file eller syslog), og har ikke noe kall for å lese den.",
        "Only our own server's log can be shown. Another server writes it where it runs (standard error, log_file or syslog), and has no request to read it.";
    toggle_debug: "vis eller skjul feilsøking", "show or hide debug lines";
    title_of(part: &str): "Server: {part}", "Server: {part}";
    asking: "Spør serveren …", "Asking the server …";
    no_system(subject: &str):
        "Ingen svarer på {subject}. Opplysninger om serveren gis bare i systemkontoen ($SYS): logg inn med en bruker der, eller start serveren med -m 8222 og bruk --monitor http://VERT:8222.",
        "Nobody answers {subject}. A server tells about itself in the system account ($SYS) only: log in as a user of it, or start the server with -m 8222 and use --monitor http://HOST:8222.";
    only_account:
        "Du ser bare din egen konto. Hele serveren vises for en bruker i systemkontoen ($SYS), eller med --monitor.",
        "You see your own account only. The whole server is shown to a user of the system account ($SYS), or with --monitor.";
    monitor_failed(url: &str, why: &str): "{url}: {why}", "{url}: {why}";
    only_http: "bare http:// er støttet", "only http:// is supported";
    no_answer: "ikke svar i tide", "no answer in time";
    cannot_kick:
        "Bare en bruker i systemkontoen ($SYS) kan koble fra andre.",
        "Only a user of the system account ($SYS) can disconnect others.";
    name: "Navn", "Name";
    from: "Fra", "From";
    account: "Konto", "Account";
    user: "Bruker", "User";
    subs: "Subs", "Subs";
    in_rate: "Inn/s", "In/s";
    out_rate: "Ut/s", "Out/s";
    incoming: "Inn", "In";
    outgoing: "Ut", "Out";
    pending: "Venter", "Pending";
    uptime: "Oppe", "Up";
    library: "Klient", "Client";
    slow: "Trege", "Slow";
    sorted_by(order: &str): "sortert etter {order}", "sorted by {order}";
    by_cid: "nummer", "number";
    by_name: "navn", "name";
    by_account: "konto", "account";
    by_subscriptions: "abonnementer", "subscriptions";
    by_rate: "meldinger i sekundet", "messages a second";
    by_in: "meldinger inn", "messages in";
    by_out: "meldinger ut", "messages out";
    by_pending: "byte som venter", "bytes pending";
    count_of(shown: &str, total: &str): "{shown} av {total} tilkoblinger", "{shown} of {total} connections";
    count_one: "1 tilkobling", "1 connection";
    count_all(count: &str): "{count} tilkoblinger", "{count} connections";
    subscriptions: "Abonnementer", "Subscriptions";
    no_events:
        "Ingen hendelser ennå. Lag en stream, eller koble til en klient.",
        "No events yet. Make a stream, or connect a client.";
    events_partly:
        "Uten systemkontoen ses bare hendelser i din egen konto.",
        "Without the system account only events of your own account are seen.";
    kick_title: " Koble fra? ", " Disconnect? ";
    kick_question(cid: u64, name: &str):
        "Koble fra {cid} «{name}»? Klienten kobler gjerne til igjen av seg selv.",
        "Disconnect {cid} \"{name}\"? The client may well reconnect by itself.";
    kick_yes: "  koble fra", "  disconnect";
    kick_no: "  la den være", "  leave it";
    kicked(cid: u64): "{cid} er koblet fra.", "{cid} is disconnected.";
    healthy: "frisk", "healthy";
    unhealthy(why: &str): "ikke frisk: {why}", "not healthy: {why}";
    health: "Helse", "Health";
    version: "Versjon", "Version";
    started: "Startet", "Started";
    cpu_memory: "CPU og minne", "CPU and memory";
    traffic: "Meldinger inn og ut", "Messages in and out";
    bytes: "Byte inn og ut", "Bytes in and out";
    limits: "Grenser", "Limits";
    limits_of(connections: &str, payload: &str, pending: &str):
        "{connections} tilkoblinger, melding {payload}, {pending} ventende per klient",
        "{connections} connections, message {payload}, {pending} pending per client";
    slow_consumers: "For trege klienter", "Slow consumers";
    slow_consumers_mean(count: &str):
        "{count}: så mange klienter er koblet fra fordi de leste for sakte",
        "{count}: that many clients were cut off because they read too slowly";
    jetstream: "JetStream", "JetStream";
    jetstream_of(memory: &str, storage: &str, memory_max: &str, storage_max: &str):
        "minne {memory} av {memory_max}, disk {storage} av {storage_max}",
        "memory {memory} of {memory_max}, disk {storage} of {storage_max}";
    off: "av", "off";
    tabs: "tilkoblinger, hendelser, kontoer, server, logg", "connections, events, accounts, server, log";
    choose: "velg", "choose";
    open: "vis alt om den", "show all about it";
    sort: "sorter etter neste kolonne", "sort by the next column";
    reverse: "snu rekkefølgen", "reverse the order";
    kick: "koble fra", "disconnect";
    toggle_light: "vis eller skjul hverdagslige hendelser", "show or hide everyday events";
}
