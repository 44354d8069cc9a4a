//! What living blocks say.

use crate::util::language::texts;

texts! {
    waiting: "venter på meldinger …", "waiting for messages …";
    messages(count: &str): "{count} meld.", "{count} msg";
    rate(count: &str): "{count}/s", "{count}/s";
    last_seconds(seconds: u64): "siste {seconds} s", "last {seconds} s";
    values(count: &str): "{count} verdier", "{count} values";
    empty_stream: "streamen er tom", "the stream is empty";
    no_stream_yet(name: &str): "streamen {name} finnes ikke ennå", "there is no stream {name} yet";
    would_disturb(name: &str):
        "{name} følges ikke: i en kø ville lysbildet ta meldinger fra andre",
        "{name} is not followed: in a queue the slide would take messages from others";
    ask: "spør", "ask";
    publish: "publiser", "publish";
    sent(count: &str): "sendt {count}", "sent {count}";
    was_sent: "▸ sendt", "▸ sent";
    waiting_for_answer: "venter på svar …", "waiting for an answer …";
    nobody_answers: "ingen lytter på dette subjectet", "nobody listens on this subject";
    no_answer: "ingen svarte i tide", "nobody answered in time";
}
