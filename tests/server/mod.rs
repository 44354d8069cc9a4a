//! The `nats-server` command as scripts, containers and test harnesses start it, and what needs a server
//! with settings of its own.

mod accounts;
mod client;
mod command;
mod exchange;
mod in_process;
mod kill;
mod kill_batches;
mod process;
mod proxy;
mod reload;
mod signals;
mod soak;
mod store;
mod tls;
