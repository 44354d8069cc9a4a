//! What the streams pane says.

use crate::util::language::texts;

texts! {
    limits_name: "Grenser", "Limits";
    storage: "Lagring", "Storage";
    when_full: "Når full", "When full";
    duplicates: "Duplikater", "Duplicates";
    duplicates_mean(window: &str):
        "Samme Nats-Msg-Id innen {window} lagres én gang.",
        "The same Nats-Msg-Id within {window} is stored once.";
    mirror_of: "Speil av", "Mirror of";
    sources: "Kilder", "Sources";
    about: "Om", "About";
    limits:
        "limits: meldinger blir liggende til en grense nås, lest eller ikke.",
        "limits: messages stay until a limit is reached, read or not.";
    interest:
        "interest: en melding blir liggende til alle consumers som vil ha den, har kvittert (ack).",
        "interest: a message stays until every consumer that wants it has acknowledged it (ack).";
    work_queue:
        "workqueue: en arbeidskø. En melding fjernes når én consumer har kvittert (ack).",
        "workqueue: a message is removed once one consumer has acknowledged it (ack).";
    max_messages(count: &str): "{count} meldinger", "{count} messages";
    per_subject(count: &str): "{count} per subject", "{count} per subject";
    age(age: &str): "alder {age}", "age {age}";
    per_message(size: &str): "{size} per melding", "{size} per message";
    none: "ingen", "none";
    on_disk: "på disk (file)", "on disk (file)";
    in_memory: "i minnet (memory), borte ved omstart", "in memory, gone after a restart";
    discard_old: "de eldste fjernes (discard old).", "the oldest are removed (discard old).";
    discard_new: "nye meldinger avvises (discard new).", "new messages are refused (discard new).";
    messages: "Meld.", "Msgs";
    last: "Siste", "Last";
    sequence: "Sekvens", "Sequence";
    stored: "Lagret", "Stored";
    no_streams:
        "Ingen streams ennå. Lag en med «nats stream add», eller med a her.",
        "No streams yet. Make one with \"nats stream add\", or with a here.";
    showing(shown: usize, total: usize):
        "Viser {shown} av {total} streams.",
        "Showing {shown} of {total} streams.";
    fetching: "Henter streamen …", "Fetching the stream …";
    config: "Oppsett", "Config";
    state(messages: &str, size: &str, first: &str, last: &str, rate: &str, consumers: &str):
        "{messages} meld. {size} · seq {first}–{last} · {rate}/s · {consumers}",
        "{messages} msgs {size} · seq {first}–{last} · {rate}/s · {consumers}";
    trend: "Takt", "Trend";
    key_sort: "sorter etter neste kolonne", "sort by the next column";
    sorted_by(order: &str): "sortert etter {order}", "sorted by {order}";
    by_name: "navn", "name";
    by_messages: "meldinger", "messages";
    by_bytes: "byte", "bytes";
    by_rate: "meldinger i sekundet", "messages a second";
    by_last: "siste melding", "last message";
    by_consumers: "consumers", "consumers";
    one_consumer: "1 consumer", "1 consumer";
    consumers(count: usize): "{count} consumers", "{count} consumers";
    last_at: "Siste kl.", "Last at";
    deleted: "Slettet", "Deleted";
    deleted_inside(count: &str): "{count} meldinger midt i", "{count} messages in between";
    too_many_subjects(count: &str):
        "{count} subjects; for mange til å liste.",
        "{count} subjects; too many to list.";
    no_subjects: "Ingen subjects med meldinger.", "No subjects with messages.";
    no_messages: "Ingen meldinger i streamen.", "No messages in the stream.";
    bad_name: "Navnet må ha tegn, men ikke blanke, punktum, *, > eller skråstrek.", "A name has characters, but no blanks, dots, *, > or slashes.";
    bad_subject(subject: &str): "«{subject}» er ikke et subject.", "\"{subject}\" is no subject.";
    one_of(words: &str): "Velg ett av: {words}.", "Choose one of: {words}.";
    bad_number(text: &str): "«{text}» er ikke et tall større enn 0.", "\"{text}\" is no number above 0.";
    bad_age: "Alder skrives som 30s, 10m, 1h eller 2d.", "An age is written 30s, 10m, 1h or 2d.";
    field_name: "Navn", "Name";
    field_retention: "Fjernes ved", "Removed by";
    field_messages: "Maks meldinger", "Max messages";
    field_bytes: "Maks byte", "Max bytes";
    field_age: "Maks alder", "Max age";
    field_per_subject: "Per subject", "Per subject";
    no_limit: "ingen grense", "no limit";
    form_create: "Ny stream", "New stream";
    form_edit: "Endre streamen", "Change the stream";
    nothing_changes: "Ingenting er endret.", "Nothing was changed.";
    purge_hint: "tomt for alle, eller et subject, seq=100 (de før), keep=10 (alle unntatt)", "empty for all, or a subject, seq=100 (those before), keep=10 (all but)";
    seq_or_keep: "seq og keep kan ikke brukes sammen", "seq and keep do not go together";
    ask_remove(name: &str): "Slette meldingen fra {name}? Den er borte for alltid.", "Delete the message from {name}? It is gone for ever.";
    done_remove(name: &str): "Meldingen er slettet fra {name}.", "The message is deleted from {name}.";
    key_remove: "slett meldingen", "delete the message";
    purge_which(stream: &str): "Tøm {stream}: hvilke meldinger?", "Purge {stream}: which messages?";
    goto: "Gå til", "Go to";
    goto_hint:
        "120 (sekvens), 10m (siden), sensors.> (bare disse), tomt: den første",
        "120 (sequence), 10m (ago), sensors.> (only these), empty: the first";
    bad_place: "Skriv en sekvens, en tid som 10m, eller et subject.", "Write a sequence, a time such as 10m, or a subject.";
    fetching_messages: "Henter meldinger …", "Fetching messages …";
    none_there: "Ingen meldinger der. g går til et annet sted, End følger de nyeste.", "No messages there. g goes elsewhere, End follows the newest.";
    ask_create(name: &str): "Lage streamen {name}?", "Make the stream {name}?";
    ask_edit(name: &str): "Endre streamen {name} slik?", "Change the stream {name} like this?";
    ask_purge(name: &str): "Tømme {name}? Meldingene er borte for alltid.", "Purge {name}? The messages are gone for ever.";
    ask_delete(name: &str):
        "Slette {name} med alle meldinger og consumers? Det kan ikke angres.",
        "Delete {name} with all messages and consumers? It cannot be undone.";
    same_as: "Det samme som:", "The same as:";
    yes_key: "j", "y";
    yes_do: "  gjør det   ", "  do it   ";
    no_dont: "  la være", "  leave it";
    done_create(name: &str): "{name} er laget.", "{name} is made.";
    done_edit(name: &str): "{name} er endret.", "{name} is changed.";
    done_purge(name: &str, count: u64): "{name} er tømt: {count} meldinger fjernet.", "{name} is purged: {count} messages removed.";
    done_delete(name: &str): "{name} er slettet.", "{name} is deleted.";
    key_replay: "spill av igjen", "play again";
    key_why: "hvorfor levert, eller ikke", "why delivered, or not";
    strip: "Stripe", "Strip";
    empty_strip: "(tom)", "(empty)";
    per_cell(count: &str): "({count} per rute)", "({count} per cell)";
    owed(pending: &str, unacked: &str): "{pending} igjen, {unacked} uten ack", "{pending} left, {unacked} unacked";
    legend:
        "█ ny ▓▒░ eldre · grå: kvittert av alle · × fjernet · ─ kvittert ■ levert ▶ sist levert",
        "█ new ▓▒░ older · grey: acknowledged by all · × removed · ─ acknowledged ■ delivered ▶ last delivered";
    gone_acked(count: &str): "× {count} fjernet: kvittert (ack)", "× {count} removed: acknowledged (ack)";
    gone_age(count: &str): "× {count} fjernet: for gamle (max age)", "× {count} removed: too old (max age)";
    gone_messages(count: &str): "× {count} fjernet: for mange (max msgs)", "× {count} removed: too many (max msgs)";
    gone_bytes(count: &str): "× {count} fjernet: for store til sammen (max bytes)", "× {count} removed: too large together (max bytes)";
    gone_subject(count: &str): "× {count} fjernet: nyere på samme subject (max msgs per subject)", "× {count} removed: newer ones on the subject (max msgs per subject)";
    gone_purged(count: &str): "× {count} fjernet: streamen ble tømt (purge)", "× {count} removed: the stream was purged";
    gone_deleted(count: &str): "× {count} fjernet: slettet én for én", "× {count} removed: deleted one by one";
    key_preview: "se over", "look it over";
    key_fields: "mellom feltene", "between the fields";
    key_yes: "gjør det", "do it";
    key_no: "la være", "leave it";
    key_go: "gå videre", "go on";
    key_view: "auto, tre, tekst, hex, base64", "auto, tree, text, hex, base64";
    key_create: "ny stream", "new stream";
    key_edit: "endre", "change";
    key_purge: "tøm", "purge";
    key_delete: "slett", "delete";
    key_goto: "gå til sekvens, tid, subject", "go to a sequence, time, subject";
    open_stream: "åpne streamen", "open the stream";
    tabs: "meldinger, subjects, oppsett", "messages, subjects, config";
    to_list: "til listen", "to the list";
}
