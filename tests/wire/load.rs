//! What many or large messages do to the wire.
