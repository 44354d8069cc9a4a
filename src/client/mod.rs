//! What panes, labs and the `nats` command share on top of `async-nats`: connecting, contexts, templates,
//! payload decoding. It never sees the broker: it works against any server.
