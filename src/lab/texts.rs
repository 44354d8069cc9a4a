//! What checks say of what they expect and see, and what a session says.

use super::compare::Expected;
use crate::util::language::texts;

texts! {
    at_least: "minst", "at least";
    at_most: "høyst", "at most";
    more: "over", "over";
    less: "under", "under";
    like(pattern: &str): "noe som passer med /{pattern}/", "something that matches /{pattern}/";
    not(value: &str): "noe annet enn {value}", "anything but {value}";
    between(low: &str, high: &str): "{low} til {high}", "{low} to {high}";
    having(value: &str): "med {value}", "with {value}";
    nothing: "ingenting", "nothing";
    yes: "ja", "yes";
    no: "nei", "no";
    none: "ingen", "none";

    as_wanted: "slik det skal være", "as it should be";
    with(fields: &str): " med {fields}", " with {fields}";
    no_jetstream:
        "JetStream er ikke på i denne kontoen, og denne sjekken trenger det",
        "JetStream is off in this account, and this check needs it";
    too_late: "serveren svarte ikke i tide", "the server did not answer in time";
    server_says(words: &str): "serveren sier: {words}", "the server says: {words}";
    needs_connz:
        "serveren svarer ikke på $SYS.REQ.ACCOUNT.PING.CONNZ, og denne sjekken trenger det",
        "the server does not answer $SYS.REQ.ACCOUNT.PING.CONNZ, which this check needs";
    silent_connz: "serveren forteller ikke om tilkoblingene", "the server tells nothing of its connections";
    needs_our_broker:
        "denne sjekken trenger serveren i goingnats: start laben uten --server",
        "this check needs the server inside goingnats: start the lab without --server";

    stream(name: &str, fields: &str): "streamen {name}{fields}", "the stream {name}{fields}";
    stream_catching(name: &str, subjects: &str):
        "at streamen {name} fanger {subjects}", "the stream {name} to catch {subjects}";
    stream_missing(name: &str, subject: &str):
        "at streamen {name} lar {subject} gå forbi", "the stream {name} to let {subject} pass";
    has_subjects(subjects: &str): "den fanger {subjects}", "it catches {subjects}";
    no_stream(name: &str): "ingen stream som heter {name}", "no stream named {name}";
    is_stream(name: &str): "streamen {name} finnes", "the stream {name} is there";
    any_consumer: "en consumer", "a consumer";
    consumer(name: &str): "consumeren {name}", "the consumer {name}";
    on_stream(who: &str, stream: &str, fields: &str): "{who} på {stream}{fields}", "{who} on {stream}{fields}";
    no_consumer(stream: &str): "ingen slik consumer på {stream}", "no such consumer on {stream}";
    values(how: &str, filter: &str, stream: &str, is: &Expected):
        "{how} av {filter} i {stream}: {is}", "{how} of {filter} in {stream}: {is}";
    key(key: &str, bucket: &str, fields: &str):
        "nøkkelen {key} i bøtten {bucket}{fields}", "the key {key} in the bucket {bucket}{fields}";
    no_key(key: &str): "ingen nøkkel som heter {key}", "no key named {key}";
    no_bucket(bucket: &str): "ingen bøtte som heter {bucket}", "no bucket named {bucket}";
    same_keys(to: &str, from: &str):
        "at nøklene under {to} har de samme verdiene som under {from}", "the keys under {to} to have the values of those under {from}";
    other_key(from: &str, wanted: &str, to: &str, actual: &str):
        "{from} = {wanted}, men {to} = {actual}", "{from} = {wanted}, but {to} = {actual}";
    equal_keys(count: usize): "{count} nøkler er like", "{count} keys are alike";
    object(name: &str, bucket: &str, fields: &str):
        "objektet {name} i bøtten {bucket}{fields}", "the object {name} in the bucket {bucket}{fields}";
    no_object(name: &str): "ikke noe objekt som heter {name}", "no object named {name}";

    published(count: u64, subject: &str): "minst {count} på {subject}", "at least {count} on {subject}";
    containing(payload: &Expected): " med innhold {payload}", " with payload {payload}";
    having_header(name: &str, value: &Expected): ", med headeren {name}: {value}", ", with the header {name}: {value}";
    inside(time: &str): " innen {time}", " within {time}";
    and_other(count: u64, other: &str): "{count}, og noe annet: {other}", "{count}, and something else: {other}";
    cannot_listen:
        "serveren lar ikke laben abonnere, og denne sjekken trenger det",
        "the server does not let the lab subscribe, which this check needs";
    tempo(consumer: &str, percent: u64):
        "at {consumer} får meldingene i det tempoet de ble lagret, ± {percent} %",
        "{consumer} to get its messages as fast as they were stored, ± {percent} %";
    no_tempo_yet: "ikke to meldinger på rad ennå", "not two messages in a row yet";
    tempo_seen(delivered: &str, stored: &str):
        "levert over {delivered}, lagret over {stored}", "delivered over {delivered}, stored over {stored}";
    silence(subject: &str, time: &str): "stille på {subject} i {time}", "silence on {subject} for {time}";
    quiet_for(time: &str): "stille i {time}", "silence for {time}";
    quiet_since(time: &str, line: &str): "stille i {time}, etter {line}", "silence for {time}, after {line}";
    replied(subject: &str): "et svar på en forespørsel til {subject}", "an answer to a request to {subject}";
    no_reply_yet: "ingen besvart forespørsel ennå", "no answered request yet";
    late_reply(line: &str): "et svar som ikke passer: {line}", "an answer that does not fit: {line}";
    replies(count: u64): "{count} besvart", "{count} answered";
    unanswered(subject: &str):
        "en forespørsel til {subject} som serveren svarer «no responders» på",
        "a request to {subject} that the server answers with \"no responders\"";
    unanswered_yet: "ingen slik forespørsel ennå", "no such request yet";
    unanswered_count(count: u64): "{count} ganger «no responders»", "{count} times \"no responders\"";
    reply(subject: &str, payload: &str, reply: &Expected):
        "svar på {subject} «{payload}»: {reply}", "an answer on {subject} \"{payload}\": {reply}";
    some_reply(subject: &str, payload: &str): "svar på {subject} «{payload}»", "an answer on {subject} \"{payload}\"";
    the_reply(text: &str): "svaret «{text}»", "the answer \"{text}\"";
    nobody: "ingen som svarer", "nobody who answers";
    no_answer: "ikke noe svar i tide", "no answer in time";
    orders(times: u64, subject: &str, responders: &Expected):
        "{times} forespørsler på {subject} besvart, av {responders} forskjellige",
        "{times} requests on {subject} answered, by {responders} different ones";
    served(count: u64, times: u64, cooks: usize, again: u64):
        "{count} av {times} besvart av {cooks}, {again} måtte sendes om igjen",
        "{count} of {times} answered by {cooks}, {again} had to be sent again";

    subscriptions(members: &Expected): "{members} abonnement", "{members} subscription(s)";
    on(subject: &str): " på {subject}", " on {subject}";
    in_queue(queue: &str): " i køgruppen {queue}", " in the queue group {queue}";
    in_no_queue: " utenfor køgrupper", " outside of queue groups";
    just_right: " som får akkurat det oppgaven ber om", " that gets just what is asked for";
    gets_too(pattern: &str, subject: &str): "{pattern} får også {subject}", "{pattern} also gets {subject}";
    gets_not(pattern: &str, subject: &str): "{pattern} får ikke {subject}", "{pattern} does not get {subject}";
    no_subscriptions: "ingen abonnement", "no subscriptions";
    delivered(members: &Expected, subject: &str, queue: &str, each: u64, total: &Expected):
        "{members} abonnement på {subject}{queue} med minst {each} hver, {total} i alt",
        "{members} subscription(s) on {subject}{queue} with at least {each} each, {total} in all";
    given(count: usize, sum: u64, each: &str): "{count} abonnement, {sum} i alt ({each})", "{count} subscription(s), {sum} in all ({each})";
    given_none(count: usize): "{count} abonnement, ingen meldinger ennå", "{count} subscription(s), no messages yet";
    given_nothing: "ingen meldinger ennå", "no messages yet";
    connections(count: &Expected, name: &Expected): "{count} tilkobling(er) med navnet {name}", "{count} connection(s) named {name}";
    names(count: usize, names: &str): "{count}; navnene er: {names}", "{count}; the names are: {names}";
    unnamed: "(uten navn)", "(no name)";

    crosses(subject: &str): "at {subject} når fram til den andre brukeren", "{subject} to reach the other user";
    crosses_as(subject: &str, arrives: &str):
        "at {subject} når fram til den andre brukeren som {arrives}", "{subject} to reach the other user as {arrives}";
    stays(subject: &str): "at {subject} ikke når fram til den andre brukeren", "{subject} not to reach the other user";
    arrived: "meldingen kom fram", "the message arrived";
    did_not_arrive: "meldingen kom ikke fram", "the message did not arrive";
    cannot_subscribe: "den andre brukeren får ikke abonnere", "the other user may not subscribe";
    may_publish(subject: &str): "at brukeren får publisere til {subject}", "the user to be allowed to publish to {subject}";
    may_not_publish(subject: &str): "at brukeren ikke får publisere til {subject}", "the user not to be allowed to publish to {subject}";
    accepted: "serveren tok imot meldingen", "the server took the message";
    no_login(why: &str): "ingen innlogging: {why}", "no login: {why}";

    file(path: &str, fields: &str): "filen {path}{fields}", "the file {path}{fields}";
    size(size: &Expected): "størrelse {size}", "size {size}";
    text(text: &Expected): "innhold {text}", "content {text}";
    sum: "riktig sjekksum", "the right checksum";
    like_object(name: &str): "samme innhold som objektet {name}", "the same content as the object {name}";
    no_file(path: &str, folder: &str): "ingen fil {path} i {folder}", "no file {path} in {folder}";
    file_too_long(path: &str): "{path} er for stor til å leses", "{path} is too large to be read";
    size_is(bytes: u64): "størrelse {bytes} B", "size {bytes} B";
    other_text: "et annet innhold", "other content";
    other_sum: "en annen sjekksum", "another checksum";

    a_choice(count: usize): "et tall fra 1 til {count}", "a number from 1 to {count}";
    a_number: "et tall", "a number";
    a_pattern: "et mønster", "a pattern";
    your_answer: "svaret ditt", "your answer";
    no_answer_yet: "ikke noe svar ennå", "no answer yet";
    right(answer: &str): "«{answer}»: riktig", "\"{answer}\": right";
    wrong(answer: &str): "«{answer}»: ikke riktig", "\"{answer}\": not right";
    no_number(answer: &str): "«{answer}»: ikke et tall", "\"{answer}\": not a number";
    no_choice(answer: &str): "«{answer}»: skriv nummeret på svaret", "\"{answer}\": write the number of the answer";
    catches_not(answer: &str, subject: &str):
        "«{answer}»: treffer ikke {subject}", "\"{answer}\": does not match {subject}";
    catches_too(answer: &str, subject: &str):
        "«{answer}»: treffer også {subject}", "\"{answer}\": also matches {subject}";

    one_of(parts: &str): "én av disse: {parts}", "one of these: {parts}";
    some_of(count: usize, parts: &str): "{count} av disse: {parts}", "{count} of these: {parts}";
    but_not(part: &str): "ikke {part}", "not {part}";
    and: " og ", " and ";
    or: ", eller ", ", or ";
    in_turn(number: usize, total: usize, part: &str):
        "i rekkefølge, nå {number} av {total}: {part}", "in order, now {number} of {total}: {part}";

    cannot_prepare(why: &str): "kunne ikke gjøre klart: {why}", "could not prepare: {why}";
    cannot_delete(name: &str, why: &str): "kunne ikke slette {name}: {why}", "could not delete {name}: {why}";
    cannot_save(why: &str): "framgangen kunne ikke lagres: {why}", "the progress could not be saved: {why}";
    leave_running(line: &str): "{line}        # la den gå i en egen terminal", "{line}        # leave it running in a terminal of its own";
    stop_newest: "# stopp den du startet sist (ctrl+c)", "# stop the one that was started last (ctrl+c)";
    answer_with(id: &str, text: &str): "# svar på «{id}»: {text}", "# answer to \"{id}\": {text}";

    not_started: "laben er ikke startet på denne serveren", "the lab has not been started on this server";
    silent_session(why: &str): "laben svarer ikke: {why}", "the lab does not answer: {why}";
    shared_lab:
        "denne laben deles av flere, og styres der den ble startet",
        "this lab is shared, and is led from where it was started";
}
