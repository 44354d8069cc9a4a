//! What the publish pane says.

use crate::util::language::texts;

texts! {
    rates(chart: &str, most: &str): "{chart} opptil {most}/s", "{chart} up to {most}/s";
    bad_subject:
        "Ugyldig subject. Det må ha ledd mellom punktum, og ingen jokertegn.",
        "Invalid subject. It needs tokens between the dots, and no wildcards.";
    no_subject(example: &str):
        "Subject er tomt. Skriv et, for eksempel {example}.",
        "The subject is empty. Write one, for instance {example}.";
    bad_header(line: usize):
        "Header-linje {line} må være «Navn: verdi».",
        "Header line {line} must be \"Name: value\".";
    unsendable_header(line: usize):
        "Header-linje {line} har tegn som ikke kan sendes.",
        "Header line {line} has characters that cannot be sent.";
    bad_count:
        "Antall må være et heltall fra 1 til 100 000 000.",
        "The count must be a whole number from 1 to 100,000,000.";
    bad_interval:
        "Intervall må være som 100ms, 2s eller 1m, og høyst en time.",
        "The interval must be like 100ms, 2s or 1m, and at most an hour.";
    bad_burst: "Støt må være et heltall fra 1 til 1 000 000.", "The burst must be a whole number from 1 to 1,000,000.";
    no_stream_takes_it: "ingen stream tar dette subject", "no stream takes this subject";
    no_ack_answer: "et svar som ikke er en ack", "an answer that is no ack";
    bad_template_subject(nth: u64):
        "melding {nth} fikk et ugyldig subject av malen",
        "message {nth} got an invalid subject from the template";
    not_a_template(why: &str): "Malen forstås ikke og sendes som den står: {why}", "The template is not understood and is sent as it stands: {why}";
    no_ack(seconds: u64): "ingen ack på {seconds} s", "no ack in {seconds} s";
    sends_already: "Sender allerede. Esc stopper.", "Sending already. Esc stops.";
    stopped: "stoppet", "stopped";
    header_example: "Navn: verdi", "Name: value";
    payload_hint: "tekst, JSON, tall som 21.5, eller {{Count}}", "text, JSON, numbers such as 21.5, or {{Count}}";
    count: "Antall", "Count";
    interval: "Intervall", "Interval";
    burst: "Støt", "Burst";
    rate: "Takt", "Rate";
    per_minute(count: &str): "{count} i minuttet", "{count} a minute";
    full_speed: "full fart", "full speed";
    in_bursts(rate: &str, burst: u64): "{rate}, {burst} om gangen", "{rate}, {burst} at a time";
    presets: "Lagrede meldinger", "Saved messages";
    no_presets:
        "Ingen ennå. n lagrer det som står i skjemaet, under et navn. En presentasjon kan ha sine egne: «presets:» øverst i filen, med linjer som «varm: sensors.hamar.temp 21.5».",
        "None yet. n saves what stands in the form, by a name. A deck can have its own: \"presets:\" in its front matter, with lines such as \"warm: sensors.hamar.temp 21.5\".";
    preset_of_deck:
        "Den står i presentasjonens fil, og endres der.",
        "It stands in the deck's file, and is changed there.";
    mark_of_deck: " presentasjonen", " the deck";
    name: "Navn", "Name";
    key_use: "bruk", "use";
    key_name: "lagre skjemaet", "save the form";
    key_save_as: "lagre", "save";
    key_forget: "slett", "delete";
    key_presets: "lagrede meldinger", "saved messages";
    key_pace: "saktere, fortere", "slower, faster";
    key_complete: "fullfør subject eller header", "complete the subject or header";
    completion(first: &str, rest: &str): "→ {first}{rest}", "→ {first}{rest}";
    how_to_send: "Enter i subject eller ctrl+s sender.", "Enter in the subject, or ctrl+s, sends.";
    sending(sent: &str, total: &str): "Sender … {sent} av {total}", "Sending … {sent} of {total}";
    published(sent: &str): "Publisert {sent}", "Published {sent}";
    waiting_for_ack: "Venter på ack …", "Waiting for the ack …";
    and_duplicate: ", duplikat", ", duplicate";
    not_stored(why: &str): "ikke lagret: {why}", "not stored: {why}";
    stored(last: &str, count: &str): "{last} ({count} lagret", "{last} ({count} stored";
    duplicate: "duplikat", "duplicate";
    duplicates: "duplikater", "duplicates";
    refused(count: &str): ", {count} avvist", ", {count} refused";
    title: "Publiser", "Publish";
    title_of(subject: &str): "Publiser: {subject}", "Publish: {subject}";
    send: "send", "send";
    enter_sends: "send fra subject, ellers neste felt", "send from the subject, else the next field";
    between_fields:
        "mellom felter; i subject: tidligere meldinger",
        "between fields; in the subject: earlier messages";
    from_payload: "forrige og neste felt fra payload", "previous and next field from the payload";
    stop_sending: "stopp en sending", "stop a sending";
}
