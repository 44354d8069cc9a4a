//! What a replay says.

use crate::util::language::texts;

texts! {
    title(stream: &str): "Avspilling: {stream}", "Replay: {stream}";
    fetching: "Henter meldinger …", "Fetching messages …";
    nothing: "Ingen meldinger å spille av der.", "No messages to replay there.";
    over: "slutt", "over";
    paused: "PAUSE", "PAUSED";
    speed(times: &str): "▶ {times} av opprinnelig fart", "▶ {times} of the original speed";
    messages(count: &str): "{count} meld.", "{count} msgs";
    too_slow: "serveren rekker ikke denne farten", "the server cannot keep up with this speed";
    space: "mellomrom", "space";
    key_pause: "pause, eller gå videre", "pause, or go on";
    key_speed: "saktere, fortere", "slower, faster";
}
