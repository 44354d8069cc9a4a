//! Subjects that come with every system and hide what one looks for.

use crate::proto::subject;

const INTERNAL: [&str; 3] = ["_INBOX.>", "$JS.>", "$SYS.>"];

/// The word by which a layout asks for what is hidden.
pub const INTERNAL_WORD: &str = "internal";

/// What a consumer delivers to an inbox keeps its first subject, but asks for its ack here.
const ACK_PREFIX: &str = "$JS.ACK.";

/// True for a message of JetStream's or the system's own that came through `pattern`, unless the
/// pattern asks for such subjects by name: who subscribes to `$SYS.>` wants to see it.
///
/// Through a pattern that matches everything also come a consumer's deliveries to somebody's inbox, as
/// copies of messages that were seen when they were published.
pub fn is_internal(pattern: &str, literal: &str, reply: Option<&str>) -> bool {
    let first = pattern.split('.').next().unwrap_or_default();
    if INTERNAL.iter().any(|i| i.split('.').next() == Some(first)) {
        return false;
    }
    is_delivery_copy(pattern, reply)
        || literal.starts_with(['_', '$'])
            && INTERNAL
                .iter()
                .any(|i| subject::matches(i.as_bytes(), literal.as_bytes()))
}

/// True for a consumer's delivery to somebody's inbox that a pattern for everything overheard.
pub fn is_delivery_copy(pattern: &str, reply: Option<&str>) -> bool {
    let first = pattern.split('.').next().unwrap_or_default();
    matches!(first, ">" | "*") && reply.is_some_and(|r| r.starts_with(ACK_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_sends_is_told_from_what_people_send() {
        let ack = Some("$JS.ACK.S.c.1.1.1.1.0");
        for (pattern, literal, reply, expected) in [
            (">", "_INBOX.a", None, true),
            (">", "$JS.API.INFO", None, true),
            (">", "$SYS.x", None, true),
            (">", "$KV.b.k", None, false),
            (">", "_inbox", None, false),
            ("$SYS.>", "$SYS.x", None, false),
            (">", "a", ack, true),
            ("a", "a", ack, false),
            (">", "a", Some("_INBOX.1"), false),
        ] {
            assert_eq!(
                is_internal(pattern, literal, reply),
                expected,
                "{pattern} {literal}"
            );
        }
    }
}
