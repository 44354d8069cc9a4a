//! What the consumers pane says.

use crate::util::language::texts;

texts! {
    count: "Antall", "Count";
    mean: "Snitt", "Mean";
    max: "Maks", "Max";
    last: "Siste", "Last";
    no_number: "Ikke tall", "No number";
    lag: "Etterslep", "Lag";
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
    key_order: "de som ligger mest etter først, eller etter navn", "those that lag most first, or by name";
    key_replay: "spill av igjen", "play again";
    key_pause: "pause i en time, og videre igjen", "pause for an hour, and on again";
    choose_consumer: "Velg en consumer først.", "Choose a consumer first.";
    paused(stream: &str, consumer: &str, time: &str):
        "{consumer} har pause. Det samme: nats consumer pause {stream} {consumer} {time}",
        "{consumer} is paused. The same: nats consumer pause {stream} {consumer} {time}";
    resumed(stream: &str, consumer: &str):
        "{consumer} leverer igjen. Det samme: nats consumer resume {stream} {consumer}",
        "{consumer} delivers again. The same: nats consumer resume {stream} {consumer}";
    on_pause: "pause", "paused";
    key_why: "hvorfor levert, eller ikke", "why delivered, or not";
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
    hand_title(stream: &str, consumer: &str): "For hånd: {stream} › {consumer}", "By hand: {stream} › {consumer}";
    hand_hint: "f henter én melding, F ti. Så bestemmer du: a ack, n nak, N nak med ventetid, t term, w mer tid.", "f fetches a message, F ten. Then you decide: a ack, n nak, N nak with a delay, t term, w more time.";
    hand_empty: "Ingenting hentet ennå. f henter én melding.", "Nothing fetched yet. f fetches a message.";
    fetching: "Henter …", "Fetching …";
    fetched(count: usize): "{count} hentet.", "{count} fetched.";
    nothing_fetched: "Ingenting å hente akkurat nå.", "Nothing to fetch right now.";
    not_heard(why: &str): "Serveren bekreftet ikke: {why}", "The server did not confirm: {why}";
    choose_waiting: "Velg en melding som venter på svar.", "Choose a message that waits for a word.";
    delay: "Tilbake etter", "Back after";
    sequence: "Sekvens", "Sequence";
    delivery: "Levert", "Delivery";
    fate: "Status", "Status";
    fate_acked: "ack", "ack";
    fate_naked: "nak: kommer igjen", "nak: comes again";
    fate_later(delay: &str): "nak: igjen om {delay}", "nak: again in {delay}";
    fate_termed: "term: aldri mer", "term: never again";
    fate_late: "for sent: leveres på nytt", "too late: delivered again";
    fate_waiting(seconds: u64): "venter, {seconds} s igjen", "waits, {seconds} s left";
    only_pull: "Bare pull-consumers kan styres for hånd.", "Only pull consumers can be driven by hand.";
    path: "Snitt av feltet", "Mean of the field";
    path_hint: ".temp, .siste[0]; tomt: hele payloaden", ".temp, .last[0]; empty: the whole payload";
    key_path: "snitt av et felt i JSON", "the mean of a field in JSON";
    key_hand: "styr consumeren for hånd", "drive the consumer by hand";
    key_fetch: "hent én, hent ti", "fetch one, fetch ten";
    key_ack: "ack: ferdig", "ack: done";
    key_nak: "nak: igjen med én gang", "nak: again at once";
    key_nak_later: "nak: igjen senere", "nak: again later";
    key_term: "term: aldri mer", "term: never again";
    key_working: "mer tid (in progress)", "more time (in progress)";
    between_parts: "mellom snitt og consumers", "between means and consumers";
    choose_row: "velg rad", "choose a row";
}
