//! The wire, byte for byte: exchanges that hold for our broker and for nats-server alike.
//!
//! `GOINGNATS_REFERENCE=<nats-server>` runs every exchange against the real one first, so that the
//! table itself is proven.

mod exchanges;
mod load;
mod script;

use crate::support::server::Server;

#[test]
fn exchanges_hold() {
    let mut failures = Vec::new();
    for exchange in exchanges::ALL {
        if let Some(reference) = Server::reference(exchange.settings)
            && let Err(difference) = script::run(&reference, exchange.script)
        {
            failures.push(format!("{} (nats-server): {difference}", exchange.name));
        }
        let ours = Server::ours(exchange.settings);
        if let Err(difference) = script::run(&ours, exchange.script) {
            failures.push(format!("{}: {difference}", exchange.name));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}
