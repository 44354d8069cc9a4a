//! Subjects that come with every system and hide what one looks for.

use crate::proto::subject;

const INTERNAL: [&str; 3] = ["_INBOX.>", "$JS.>", "$SYS.>"];

/// True for inboxes, JetStream's own subjects and the system's.
pub fn is_internal(literal: &str) -> bool {
    literal.starts_with(['_', '$'])
        && INTERNAL
            .iter()
            .any(|pattern| subject::matches(pattern.as_bytes(), literal.as_bytes()))
}

/// True for a pattern that asks for such subjects by name: who subscribes to `$SYS.>` wants to see it.
pub fn names_internal(pattern: &str) -> bool {
    let first = pattern.split('.').next();
    INTERNAL.iter().any(|i| i.split('.').next() == first)
}
