//! Running a code block: languages, hidden lines, working folder, and a PATH with our own `nats` and `nats-server`.
