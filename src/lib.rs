//! goingnats: the talk "Let's go NATS!" in the terminal, with the broker it talks about inside.
//!
//! The map of the house. A module may use those above it in this list, never those below or beside it;
//! `tests/layers.rs` holds everyone to that.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`util`] | time as a value, durations and sizes as Go writes them, a bounded ring |
//! | [`proto`] | the NATS wire without IO |
//! | [`deck`] | markdown → slides → styled lines, without IO |
//! | [`broker`] | everything behind the port: settings, login, subjects, stores, JetStream, sockets |
//! | [`client`] | what panes, labs and commands share on top of `async-nats` |
//! | [`runner`] | running a code block |
//! | [`lab`] | lab files, checks, progress |
//! | [`tui`] | the terminal application |
//! | [`cli`] | the commands |
//!
//! The ways through the house, each from its door to its end; a name in brackets is the file where that step stands.
//!
//! ```text
//! a message     socket ─► operation [proto/parser] ─► permission [net/rights] ─► where it leads [net/route, subjects]
//!               ─► the receivers' stages [net/desk] ─► one write a connection and batch [net/outbound] ─► sockets
//! stored        … [net/route] ─► stream [jetstream/stream/publish] ─► checks and limits ─► store [store]
//!               ─► end of the batch: flushed, acknowledged, consumers woken [jetstream/account] ─► …
//! consumed      store ─► consumer [jetstream/consumer/delivery] ─► outlet [net/jetstream/outlet] ─► socket
//!               ─► ack subject ─► consumer [jetstream/consumer/acks] ─► its state, in the store
//! a key         terminal [tui/input] ─► event ─► keymap ─► action [tui/app] ─► slide, pane or overlay ─► frame
//! a deck        file ─► slides and blocks [deck/document] ─► styled lines of this width [deck/layout] ─► frame
//! a code block  deck ─► plan [runner/plan] ─► child process [runner/process] ─► lines under the block [tui/output]
//! a lab check   state and traffic of the broker [lab/look, lab/watch] ─► tick [lab/session] ─► progress file
//! ```

pub mod broker;
pub mod cli;
pub mod client;
pub mod deck;
pub mod lab;
pub mod proto;
pub mod runner;
pub mod tui;
pub mod util;
