//! What the request pane says.

use crate::util::language::texts;

texts! {
    bad_subject:
        "Ugyldig subject. En forespørsel kan ikke ha jokertegn.",
        "Invalid subject. A request cannot have wildcards.";
    no_subject(example: &str):
        "Subject er tomt. Skriv et, for eksempel {example}.",
        "The subject is empty. Write one, for instance {example}.";
    no_serving_subject(example: &str):
        "«Svar på» er tomt. Skriv et subject, for eksempel {example}.",
        "\"Answer on\" is empty. Write a subject, for instance {example}.";
    bad_wait:
        "Ventetid må være som 500ms eller 2s, og høyst 5m.",
        "The wait must be like 500ms or 2s, and at most 5m.";
    bad_serving_subject: "Skriv et gyldig subject å svare på.", "Write a valid subject to answer on.";
    bad_queue: "Køgruppen kan ikke ha mellomrom.", "The queue group cannot have blanks.";
    subject_example: "hjelp.takk", "help.please";
    payload_hint: "tekst, JSON eller {{Count}}", "text, JSON or {{Count}}";
    wait: "Ventetid", "Wait";
    answer_on: "Svar på", "Answer on";
    answer_on_example: "hjelp.*", "help.*";
    queue: "Kø", "Queue";
    queue_hint: "ingen køgruppe", "no queue group";
    members: "Medlemmer", "Members";
    bad_members(most: usize): "Medlemmer må være et tall fra 1 til {most}.", "Members must be a number from 1 to {most}.";
    member(number: usize): "Medlem {number}", "Member {number}";
    answer: "Svar", "Answer";
    delay: "Bruker", "Takes";
    failures: "Feiler", "Fails";
    bad_delay_or_failures:
        "«Bruker» må være som 50ms og høyst 5m, og «Feiler» fra 0 til 100 %.",
        "\"Takes\" must be like 50ms and at most 5m, and \"Fails\" from 0 to 100 %.";
    failed_on_purpose: "feil med vilje", "failed on purpose";
    and_failed(count: &str): ", {count} med feil", ", {count} as errors";
    answer_hint: "ekko; eller tekst med {{Request}}", "echo; or text with {{Request}}";
    and_answers: " · svarer", " · answers";
    title(answers: &str): "Spør og svar{answers}", "Ask and answer{answers}";
    title_of(subject: &str, answers: &str): "Spør: {subject}{answers}", "Ask: {subject}{answers}";
    send_or_serve: "send, eller start svareren", "send, or start the responder";
    enter_does:
        "det samme fra et felt på én linje; vis et svar",
        "the same from a field of one line; show an answer";
    toggle_serving: "slå svareren på og av", "responder on and off";
    between: "mellom felter, svar og svareren", "between fields, answers and responder";
    stop_waiting: "slutt å vente", "stop waiting";
    time: "Tid", "Time";
    how_to_send: "Enter eller ctrl+s sender.", "Enter or ctrl+s sends.";
    no_responders:
        "Ingen svarer: ingen abonnerer på subject.",
        "No responders: nobody subscribes to the subject.";
    waiting(wait: &str): "Venter på svar i inntil {wait} …", "Waiting for an answer for up to {wait} …";
    no_answer(wait: &str): "Ingen svar innen {wait}.", "No answer within {wait}.";
    stopped_early: "Stoppet før noen svarte.", "Stopped before anybody answered.";
    answers(count: &str, more: &str, latency: &str):
        "{count} svar{more}{latency}",
        "{count} answers{more}{latency}";
    median(median: &str): "  median {median}", "  median {median}";
    latencies(median: &str, p90: &str, p99: &str, chart: &str):
        "  median {median} p90 {p90} p99 {p99} {chart}",
        "  median {median} p90 {p90} p99 {p99} {chart}";
    histogram(count: usize, min: &str, chart: &str, max: &str):
        "Siste {count}: {min} {chart} {max}",
        "Last {count}: {min} {chart} {max}";
    error(why: &str): "feil: {why}", "error: {why}";
    responder_problem(problem: &str): "Svareren: {problem}", "Responder: {problem}";
    responder_on(count: &str): "Svareren er på: {count} besvart", "The responder is on: {count} answered";
    responder_off: "Svareren er av (ctrl+r)", "The responder is off (ctrl+r)";
    responder_was_on(count: &str): "Svareren er av, {count} besvart", "The responder is off, {count} answered";
    unanswerable(count: &str): ", {count} uten svaradresse", ", {count} without a reply subject";
}
