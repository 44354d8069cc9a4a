//! The reasons for which a subscription does not get a message.

/// Why a subscription did not get a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missed {
    /// Its pattern does not match.
    NoMatch,
    /// Another member of its queue group got the message.
    NotChosen,
    /// It is the publisher's own, who does not want its own messages.
    NoEcho,
    /// Its user may not have messages on this subject.
    Denied,
    /// It has just ended.
    Closed,
    /// It has had as many messages as it wanted.
    Exceeded,
    /// Its client reads too slowly, and nobody waits for it (`no_fast_producer_stall`).
    Slow,
    /// Its connection is ending.
    Gone,
}

impl Missed {
    /// The text that a message trace gives (msgtrace.go); the first two are ours, as no trace mentions them.
    pub fn text(self) -> &'static str {
        match self {
            Missed::NoMatch => "Not delivered because the subject does not match",
            Missed::NotChosen => "Not delivered because another member of the queue group was chosen",
            Missed::NoEcho => "Not delivered because of no echo",
            Missed::Denied => "Not delivered because subscription denies this subject",
            Missed::Closed => "Not delivered because subscription is closed",
            Missed::Exceeded => "Not delivered because auto-unsubscribe exceeded",
            Missed::Slow => "Not delivered because fast producer not stalled and consumer is slow",
            Missed::Gone => "Not delivered because client is closed",
        }
    }
}
