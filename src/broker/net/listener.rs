//! Taking connections in.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use super::server::Server;
use super::session::Session;
use super::socket::{self, Reader, Socket};
use super::worker::least_loaded;

/// Accepts connections until the broker takes no more. Each goes to the worker that has the fewest.
pub async fn accept(server: Arc<Server>, listener: TcpListener) {
    /// How long to wait when the system has no file or memory for another connection.
    const RETRY: Duration = Duration::from_millis(50);
    let mut door_closed = server.door_closed();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = door_closed.wait_for(|closed| *closed) => return,
        };
        match accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer))) {
            Ok((stream, mut peer)) => {
                // A client that came over IPv4 is known by that address, whatever the socket says.
                peer.set_ip(peer.ip().to_canonical());
                take_in(&server, Some(peer), || {
                    stream.set_nodelay(true)?;
                    Ok(socket::tcp(TcpStream::from_std(stream)?))
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accept failed");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// Gives a client to the worker that has the fewest, which opens its socket there. `peer` is the address at the other
/// end, if it has one.
pub fn take_in(
    server: &Arc<Server>,
    peer: Option<SocketAddr>,
    open: impl FnOnce() -> io::Result<(Reader, Socket)> + Send + 'static,
) {
    let worker = least_loaded(&server.workers);
    worker.connections.fetch_add(1, Ordering::Relaxed);
    let (server, on) = (server.clone(), worker.clone());
    worker.spawn(async move {
        let worker = on.clone();
        match open() {
            Ok(ends) => Session::new(server, on, ends, peer).run().await,
            Err(error) => tracing::debug!(?peer, %error, "a connection was gone at once"),
        }
        worker.connections.fetch_sub(1, Ordering::Relaxed);
    });
}
