//! What the decision log says.

use crate::util::language::texts;

texts! {
    title_message(stream: &str, sequence: u64): "Hvorfor: {stream} {sequence}", "Why: {stream} {sequence}";
    title_consumer(stream: &str, name: &str): "Hvorfor: {stream} › {name}", "Why: {stream} › {name}";
    head_message(stream: &str, sequence: &str, subject: &str):
        "Melding {sequence} i {stream} ({subject}): hva har hver consumer gjort med den?",
        "Message {sequence} in {stream} ({subject}): what has each consumer done with it?";
    head_consumer(stream: &str, name: &str):
        "Hva har {name} gjort med meldingene i {stream}?",
        "What has {name} done with the messages in {stream}?";
    asking: "Spør serveren …", "Asking the server …";
    not_ours:
        "Hvorfor en consumer har levert en melding eller ikke, vet bare serveren selv. Den innebygde forteller det; en annen nats-server har ikke noe kall for det. Der viser Consumers hva som er levert, hva som mangler ack, og hvem som venter.",
        "Why a consumer has delivered a message or not only the server knows. The embedded one tells; another nats-server has no request for it. There Consumers shows what was delivered, what lacks an ack, and who waits.";
    no_consumers: "Streamen har ingen consumers.", "The stream has no consumers.";
    no_messages: "Ingen meldinger der consumeren står.", "No messages where the consumer stands.";
    key_turn: "skru klokka fram til det neste skjer", "turn the clock until the next thing happens";
    gone: "er ikke lenger i streamen", "is no longer in the stream";
    filtered: "hoppet over: subjectet passer ikke til consumerens filter", "passed over: the subject does not match the consumer's filter";
    before_start: "hoppet over: consumeren begynte bak den (deliver policy)", "passed over: the consumer began behind it (deliver policy)";
    superseded:
        "hoppet over: en nyere på samme subject ble levert i stedet (last per subject)",
        "passed over: a newer one of its subject was delivered instead (last per subject)";
    done: "levert og ferdig: ingen ack mangler", "delivered and done: no ack is owed";
    once: "én gang", "once";
    times(count: &str): "{count} ganger", "{count} times";
    awaits(times: &str): "levert {times}; venter på ack, uten frist", "delivered {times}; waits for an ack, without a deadline";
    awaits_until(times: &str, left: &str):
        "levert {times}; venter på ack i {left} til, så leveres den på nytt (ack_wait)",
        "delivered {times}; waits for an ack for {left} more, then it is delivered again (ack_wait)";
    returns(times: &str): "levert {times} uten ack; skal leveres på nytt.", "delivered {times} without an ack; is to be delivered again.";
    exhausted: "gitt opp: levert max_deliver ganger uten ack", "given up: delivered max_deliver times without an ack";
    dying(times: &str, reason: &str):
        "gitt opp etter å ha vært levert {times} ({reason}); en kopi er på vei til dead letter",
        "given up after being delivered {times} ({reason}); a copy is on its way to the dead letters";
    is_next: "ikke levert ennå, men den neste i køen.", "not delivered yet, but the next in line.";
    waits(ahead: &str): "ikke levert ennå: {ahead} foran i køen.", "not delivered yet: {ahead} ahead in line.";
    paused(left: &str): "Consumeren er satt på pause i {left} til.", "The consumer is paused for {left} more.";
    max_ack_pending(max: i64):
        "max_ack_pending er nådd: {max} leverte mangler ack.",
        "max_ack_pending is reached: {max} delivered lack an ack.";
    no_pull: "Venter på at noen henter (pull).", "Waits for somebody to fetch (pull).";
    not_for_them:
        "De som venter, kan ikke få den (prioritetsgruppe, eller for liten henting).",
        "Those who wait may not have it (priority group, or too small a fetch).";
    no_interest: "Ingen lytter på consumerens deliver subject.", "Nobody listens on the consumer's deliver subject.";
    flow_control: "Klienten har ikke svart på flow control.", "The client has not answered to flow control.";
    pace(left: &str):
        "Holdes igjen i {left} til av rate_limit eller replay_policy.",
        "Held back for {left} more by rate_limit or replay_policy.";
}
