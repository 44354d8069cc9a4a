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
        "Ingen streams ennå. Kjør kodeblokken som lager SENSORS (ctrl+e), eller «nats stream add».",
        "No streams yet. Run the code block that makes SENSORS (ctrl+e), or \"nats stream add\".";
    showing(shown: usize, total: usize):
        "Viser {shown} av {total} streams.",
        "Showing {shown} of {total} streams.";
    fetching: "Henter streamen …", "Fetching the stream …";
    config: "Oppsett", "Config";
    state(messages: &str, size: &str, first: &str, last: &str, rate: &str, consumers: usize):
        "{messages} meld. {size} · seq {first}–{last} · {rate}/s · {consumers} consumers",
        "{messages} msgs {size} · seq {first}–{last} · {rate}/s · {consumers} consumers";
    last_at: "Siste kl.", "Last at";
    deleted: "Slettet", "Deleted";
    deleted_inside(count: &str): "{count} meldinger midt i", "{count} messages in between";
    too_many_subjects(count: &str):
        "{count} subjects; for mange til å liste.",
        "{count} subjects; too many to list.";
    no_subjects: "Ingen subjects med meldinger.", "No subjects with messages.";
    no_messages: "Ingen meldinger i streamen.", "No messages in the stream.";
    open_stream: "åpne streamen", "open the stream";
    tabs: "meldinger, subjects, oppsett", "messages, subjects, config";
    to_list: "til listen", "to the list";
}
