//! What the consumers pane says.

use crate::util::language::texts;

texts! {
    count: "Antall", "Count";
    mean: "Snitt", "Mean";
    max: "Maks", "Max";
    last: "Siste", "Last";
    no_number: "Ikke tall", "No number";
    curve: "Kurve", "Curve";
    no_streams:
        "Ingen streams ennå, og derfor ingen consumers. Lag en stream først (se F6).",
        "No streams yet, and therefore no consumers. Make a stream first (see F6).";
    nothing_there: "tom", "empty";
    reading: "leser …", "reading …";
    messages(count: &str): "{count} meld.", "{count} msgs";
    cannot_read(why: &str): "kan ikke lese: {why}", "cannot read: {why}";
    messages_read(count: &str): "{count} meld. lest", "{count} msgs read";
    others(count: &str): ", {count} ikke tall", ", {count} no numbers";
    no_consumers: "Ingen consumers på denne streamen akkurat nå.", "No consumers on this stream right now.";
    ours: "(snitt)", "(mean)";
    would_disturb:
        "Snitt regnes bare av streams med retention limits. En ekstra consumer ville her tatt meldinger fra andre, eller holdt dem igjen.",
        "Means are taken of streams with retention limits only. One more consumer here would take messages from others, or hold them back.";
    no_numbers_yet:
        "Ingen meldinger å regne snitt av ennå. Publiser tall til streamen, for eksempel 21.5.",
        "No messages to take a mean of yet. Publish numbers to the stream, for instance 21.5.";
    other_subjects: "(andre subjects)", "(other subjects)";
    chart(subject: &str, count: usize, low: &str, high: &str):
        "{subject}: de siste {count}, fra {low} til {high}",
        "{subject}: the last {count}, from {low} to {high}";
    reader_ended: "leseren ble avsluttet", "the reader was ended";
    between_parts: "mellom snitt og consumers", "between means and consumers";
    choose_row: "velg rad", "choose a row";
}
