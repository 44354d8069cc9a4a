//! What the stage may look at: wire text, and why a message was or was not delivered.
