//! What the log says of clients that do what they should not, in the words that people search nats-server's logs for.

use std::fmt::Write as _;
use std::time::Duration;

use crate::proto::errors::{ClientError, Quoted};
use crate::proto::parser::Violation;
use crate::util::duration;

/// Bytes of what was not understood that are shown.
const SNIPPET_MAX: usize = 32;

/// What a client may not do. `sid` is that of the subscription, where it is about one.
pub fn of_rights(error: &ClientError<'_>, sid: &[u8]) -> String {
    let sid = String::from_utf8_lossy(sid);
    match error {
        ClientError::Publish(subject) => format!("Publish Violation - Subject {}", Quoted(subject)),
        ClientError::PublishReply(reply) => format!("Publish Violation - Reply {}", Quoted(reply)),
        ClientError::Subscribe(subject) => {
            format!("Subscription Violation - Subject {}, SID {sid}", Quoted(subject))
        }
        ClientError::SubscribeQueue(subject, queue) => format!(
            "Subscription Violation - Subject {}, Queue: {}, SID {sid}",
            Quoted(subject),
            Quoted(queue)
        ),
        ClientError::SubscribeTokens(subject) => format!(
            "Subscription Violation Too Many Tokens - Subject {}, SID {sid}",
            Quoted(subject)
        ),
        error => error.to_string(),
    }
}

/// What is wrong with what a client said. `input` begins with it.
pub fn of_protocol(violation: Violation, input: &[u8], payload_max: usize) -> String {
    match violation {
        Violation::UnknownOperation => {
            let end = input.len().saturating_sub(1).min(SNIPPET_MAX);
            format!("Client parser ERROR: proto='{}...'", Quoted(&input[..end]))
        }
        Violation::ControlLine => ClientError::ControlLine.to_string(),
        Violation::Payload { size } => format!("maximum payload exceeded: {size} vs {payload_max}"),
        Violation::NoHeaders => "message headers not supported".to_owned(),
        Violation::Arguments => of_arguments(input),
    }
}

/// The verb by the name of the function that reads its arguments in the original.
fn of_arguments(input: &[u8]) -> String {
    let line = input.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let verb_end = line.iter().position(blank).unwrap_or(line.len());
    let (verb, rest) = line.split_at(verb_end);
    let args = rest.trim_ascii();
    let count = args.split(blank).filter(|arg| !arg.is_empty()).count();
    let (reader, most) = match verb.first().map(u8::to_ascii_uppercase) {
        Some(b'H') => ("processHeaderPub", 4),
        Some(b'P') => ("processPub", 3),
        Some(b'S') => ("processSub", 0),
        _ => ("processUnsub", 0),
    };
    let mut text = reader.to_owned();
    // Enough of them, so that it is their content.
    let what = match most {
        3 if (2..=most).contains(&count) => "Bad or Missing Size",
        4 if (3..=most).contains(&count) => "Bad or Missing Header Size",
        _ => "Parse Error",
    };
    // Writing to a text cannot fail.
    let _ = write!(text, " {what}: {}", Quoted(args));
    text
}

/// A client that was cut off since too much was waiting for it.
pub fn of_pending(pending_max: usize) -> String {
    format!("Slow Consumer Detected: MaxPending of {pending_max} Exceeded")
}

/// A client that was cut off since it took nothing for too long.
pub fn of_deadline(deadline: Duration, (chunks, bytes): (usize, usize)) -> String {
    let deadline = duration::format(deadline);
    format!(
        "Slow Consumer Detected: WriteDeadline of {deadline} exceeded with {chunks} chunks of {bytes} total bytes."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_nats_server() {
        let rights: &[(ClientError<'_>, &str)] = &[
            (
                ClientError::Publish(b"a\"b"),
                r#"Publish Violation - Subject "a\"b""#,
            ),
            (
                ClientError::PublishReply(b"$JS.ACK.x"),
                r#"Publish Violation - Reply "$JS.ACK.x""#,
            ),
            (
                ClientError::Subscribe(b"no"),
                r#"Subscription Violation - Subject "no", SID 7"#,
            ),
            (
                ClientError::SubscribeQueue(b"no", b"q"),
                r#"Subscription Violation - Subject "no", Queue: "q", SID 7"#,
            ),
            (
                ClientError::SubscribeTokens(b"a.b"),
                r#"Subscription Violation Too Many Tokens - Subject "a.b", SID 7"#,
            ),
            (
                ClientError::SubscriptionsExceeded,
                "maximum subscriptions exceeded",
            ),
        ];
        for (error, text) in rights {
            assert_eq!(of_rights(error, b"7"), *text);
        }
        let protocol: &[(Violation, &[u8], &str)] = &[
            (
                Violation::UnknownOperation,
                b"NONSENSE\r\n",
                r#"Client parser ERROR: proto='"NONSENSE\r"...'"#,
            ),
            (
                Violation::UnknownOperation,
                b"",
                r#"Client parser ERROR: proto='""...'"#,
            ),
            (
                Violation::Payload { size: 5000 },
                b"",
                "maximum payload exceeded: 5000 vs 1000",
            ),
            (
                Violation::Arguments,
                b"PUB ok.a x\r\n",
                r#"processPub Bad or Missing Size: "ok.a x""#,
            ),
            (
                Violation::Arguments,
                b"pub a\r\nPING\r\n",
                r#"processPub Parse Error: "a""#,
            ),
            (
                Violation::Arguments,
                b"HPUB a 3 2\r\n",
                r#"processHeaderPub Bad or Missing Header Size: "a 3 2""#,
            ),
            (
                Violation::Arguments,
                b"SUB a\r\n",
                r#"processSub Parse Error: "a""#,
            ),
            (
                Violation::Arguments,
                b"UNSUB\t\r\n",
                r#"processUnsub Parse Error: """#,
            ),
        ];
        for (violation, input, text) in protocol {
            assert_eq!(of_protocol(*violation, input, 1000), *text);
        }
        assert_eq!(
            of_deadline(Duration::from_secs(10), (3, 500)),
            "Slow Consumer Detected: WriteDeadline of 10s exceeded with 3 chunks of 500 total bytes."
        );
    }
}
