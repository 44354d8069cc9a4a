//! What living blocks say.

use crate::util::language::texts;

texts! {
    waiting: "venter på meldinger …", "waiting for messages …";
    messages(count: &str): "{count} meld.", "{count} msg";
    rate(count: &str): "{count}/s", "{count}/s";
    last_seconds(seconds: u64): "siste {seconds} s", "last {seconds} s";
    values(count: &str): "{count} verdier", "{count} values";
    empty_after(last: u64): "tom etter #{last}", "empty after #{last}";
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
    vote_taken(letter: char, text: &str): "notert: {letter} · {text}", "taken: {letter} · {text}";
    vote_changed(letter: char, text: &str): "endret til {letter} · {text}", "changed to {letter} · {text}";
    no_such_answer(last: char, subject: &str):
        "avvist: svar med en bokstav fra a til {last}, f.eks. nats pub {subject} a",
        "refused: answer with a letter from a to {last}, such as nats pub {subject} a";
    name_wanted(subject: &str):
        "avvist: svar med navn: nats pub {subject} \"a Kari\"",
        "refused: answer with a name: nats pub {subject} \"a Kari\"";
    poll_closed: "avvist: avstemningen er stengt", "refused: the poll is closed";
    poll_full(most: usize): "avvist: {most} har svart, og flere er det ikke plass til", "refused: {most} have answered, and there is no room for more";
    not_kept(why: &str): "avvist: svaret kunne ikke lagres ({why})", "refused: the answer could not be kept ({why})";
    one_answer: "1 svar", "1 answer";
    answers(count: &str): "{count} svar", "{count} answers";
    closed: "stengt", "closed";
    solution: "fasit", "solution";
    no_questions: "ingen spørsmål ennå", "no questions yet";
    one_question: "1 spørsmål", "1 question";
    questions(count: &str): "{count} spørsmål", "{count} questions";
    questions_title(count: usize): "Spørsmål ({count})", "Questions ({count})";
    question_taken: "takk, spørsmålet er notert", "thank you, the question is noted";
    no_question(most: usize): "avvist: et spørsmål har tekst, og ikke mer enn {most} byte", "refused: a question has text, and no more than {most} bytes";
}
