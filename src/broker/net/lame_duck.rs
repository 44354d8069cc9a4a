//! Lame duck mode: a server that is about to go takes no more clients and sends those it has away one by
//! one, so that they do not all come down on the next server together.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::jetstream;
use super::server::Server;
use super::session::jitter;
use crate::proto::errors::CloseReason;

/// Longest pause between two clients, however few there are.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Sends every client away. When this is over the server can stop.
pub async fn run(server: Arc<Server>) {
    tracing::info!("Entering lame duck mode, stop accepting new clients");
    server.close_door();
    server.say_lame_duck();
    server.announce(|info| info.ldm = true);
    jetstream::stop(&server);
    let mut clients: Vec<u64> = server.connections().keys().copied().collect();
    if clients.is_empty() {
        return;
    }
    let settings = server.settings();
    let options = &settings.options;
    sleep(options.lame_duck_grace_period).await;
    tracing::info!("Closing existing clients");
    let left = options
        .lame_duck_duration
        .saturating_sub(options.lame_duck_grace_period);
    let last = clients.pop();
    let pause = pause(left, clients.len() + 1);
    for client in clients {
        close(&server, client);
        // At least half a pause, and as likely any time up to a whole one.
        sleep(pause.mul_f64(jitter(client).max(0.5))).await;
    }
    if let Some(last) = last {
        close(&server, last);
    }
}

fn close(server: &Server, client: u64) {
    if let Some(connection) = server.connections().get(&client) {
        connection.close(CloseReason::ServerShutdown);
    }
}

/// The time between two of `clients` that are to be gone after `left`.
fn pause(left: Duration, clients: usize) -> Duration {
    let clients = u32::try_from(clients).unwrap_or(u32::MAX).max(1);
    (left / clients).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_spread_over_the_time_left() {
        let minutes = Duration::from_secs(120);
        assert_eq!(pause(minutes, 2), PAUSE_MAX);
        assert_eq!(pause(minutes, 1200), Duration::from_millis(100));
        assert_eq!(pause(minutes, 0), PAUSE_MAX);
    }
}
