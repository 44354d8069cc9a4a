//! Starting a broker, and what is held of it outside.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

use super::jetstream::{self, JetStreamError};
use super::reload::{self, ReloadError, Reread, RereadFn};
use super::server::Server;
use super::settings::Settings;
use super::system::{self, Door};
use super::tls::TlsError;
use super::worker::{Worker, start_workers};
use super::{announce, exchange, http, lame_duck, listener};
use crate::broker::conf::Options;
use crate::broker::jetstream::Decision;
use crate::broker::monitor::{self, ConnectionSnapshot};
use crate::broker::tap::Tap;
use crate::util::time::Timestamp;

/// Why a broker could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is taken, or none of ours.
    #[error("Error listening on port: {address}, \"{source}\"")]
    Listen {
        /// Host and port as asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// JetStream cannot be had.
    #[error(transparent)]
    JetStream(#[from] JetStreamError),
    /// The same, for the monitoring port.
    #[error("Can't listen to the monitor port: {address}, \"{source}\"")]
    Monitor {
        /// Host and port as asked for.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// HTTPS without a certificate.
    #[error("Can't start monitoring: TLS cert and key required for HTTPS")]
    NoCertificate,
    /// TLS cannot be had.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No threads or no runtime.
    #[error("the broker's threads could not be started: {0}")]
    Threads(#[from] io::Error),
}

/// A running broker. Dropping it stops the broker.
#[derive(Debug)]
pub struct Handle {
    pub(super) server: Arc<Server>,
    address: SocketAddr,
    monitor_address: Option<SocketAddr>,
    threads: Vec<JoinHandle<()>>,
    stop_workers: watch::Sender<bool>,
}

/// What a broker has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Connections now.
    pub connections: usize,
    /// Connections ever accepted.
    pub connections_total: u64,
    /// Subscriptions of clients now, in all accounts.
    pub subscriptions: usize,
    /// Messages from clients.
    pub in_messages: u64,
    /// Their size in bytes.
    pub in_bytes: u64,
    /// Messages to clients.
    pub out_messages: u64,
    /// Their size in bytes.
    pub out_bytes: u64,
    /// Clients that were cut off because they read too slowly.
    pub slow_consumers: u64,
}

/// Starts a broker on threads of its own. When this returns it accepts connections.
///
/// # Errors
/// See [`StartError`].
pub fn start(options: Options) -> Result<Handle, StartError> {
    let tls = Settings::load_tls(&options)?;
    let bound = (!options.dont_listen).then(|| bind(&options));
    let port = match &bound {
        Some(Ok((_, address))) => address.port(),
        _ => options.port,
    };
    let (stop_workers, workers_stopping) = watch::channel(false);
    let (workers, threads) = start_workers(&options, &workers_stopping)?;
    let (door, notes) = Door::new();
    let server = Arc::new(Server::new(options, tls, port, workers, door));
    announce::starting(&server.options, &server.info());
    let bound = bound.transpose()?;
    let monitor_address = http::open(&server)?;
    exchange::install(&server);
    server.watcher.spawn(exchange::sweep(server.clone()));
    system::start(&server, notes);
    jetstream::start(&server)?;
    let address = bound.as_ref().map_or(NOWHERE, |(_, address)| *address);
    if let Some((listener, _)) = bound {
        serve(&server, listener)?;
        announce::listening(&server.options, port);
    }
    announce::ready();
    Ok(Handle {
        server,
        address,
        monitor_address,
        threads,
        stop_workers,
    })
}

/// The address of a server that does not listen.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

/// Listens for clients.
fn bind(options: &Options) -> Result<(TcpListener, SocketAddr), StartError> {
    listen(&options.host, options.port).map_err(|source| StartError::Listen {
        address: format!("{}:{}", options.host, options.port),
        source,
    })
}

/// Listens on an interface. Where all are meant that includes those of IPv6, as in Go.
pub(super) fn listen(host: &str, port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs()?.collect();
    if addresses.iter().any(|address| address.ip().is_unspecified()) {
        addresses.insert(0, (Ipv6Addr::UNSPECIFIED, port).into());
    }
    let listener = TcpListener::bind(&addresses[..])?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Lets the first worker accept connections.
fn serve(server: &Arc<Server>, listener: TcpListener) -> io::Result<()> {
    let on: Arc<Worker> = server.workers[0].clone();
    let server = server.clone();
    on.spawn(async move {
        match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener::accept(server, listener).await,
            Err(error) => tracing::error!(%error, "the listener could not be used"),
        }
    });
    Ok(())
}

impl Handle {
    /// Where it listens: port 0 of no address where it was told not to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers those who watch, if it does.
    pub fn monitor_address(&self) -> Option<SocketAddr> {
        self.monitor_address
    }

    /// Must clients speak TLS?
    pub fn demands_tls(&self) -> bool {
        self.server.info().tls_required
    }

    /// Do those who watch come in by HTTPS?
    pub fn monitors_over_tls(&self) -> bool {
        self.server.options.monitor.https_port.is_some()
    }

    /// What a client on this machine dials.
    pub fn url(&self) -> String {
        let mut reachable = self.address;
        if reachable.ip().is_unspecified() {
            reachable.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("nats://{reachable}")
    }

    /// When it started.
    pub fn started(&self) -> Timestamp {
        self.server.started
    }

    /// The id in INFO.
    pub fn server_id(&self) -> String {
        self.server.info().server_id
    }

    /// The name in INFO.
    pub fn server_name(&self) -> String {
        self.server.info().server_name
    }

    /// What it has done so far. Cheap enough for every frame.
    pub fn statistics(&self) -> Statistics {
        let connections = self.server.connections();
        let traffic = &self.server.traffic;
        let out = |(messages, bytes): (u64, u64), counters: &super::counters::Counters| {
            (
                messages + counters.out_messages.load(Ordering::Relaxed),
                bytes + counters.out_bytes.load(Ordering::Relaxed),
            )
        };
        let (out_messages, out_bytes) = connections
            .values()
            .map(|connection| &connection.counters)
            .fold((0, 0), out);
        Statistics {
            connections: connections.len(),
            connections_total: self.server.accepted.load(Ordering::Relaxed),
            subscriptions: connections.values().map(|c| c.subscriptions().len()).sum(),
            in_messages: traffic.in_messages.load(Ordering::Relaxed),
            in_bytes: traffic.in_bytes.load(Ordering::Relaxed),
            out_messages: traffic.out_messages.load(Ordering::Relaxed) + out_messages,
            out_bytes: traffic.out_bytes.load(Ordering::Relaxed) + out_bytes,
            slow_consumers: self.server.slow_consumers.load(Ordering::Relaxed),
        }
    }

    /// Every open connection, in the order they came.
    pub fn connections(&self) -> Vec<ConnectionSnapshot> {
        let mut all: Vec<_> = self.server.connections().values().map(|c| c.snapshot()).collect();
        all.sort_by_key(|connection| connection.id);
        all
    }

    /// What the monitoring port would answer to a GET of `/endpoint?query`, whether there is such a port or not.
    pub fn monitor(&self, endpoint: &str, query: &str) -> String {
        monitor::http::answer(&*self.server, &format!("/{endpoint}"), query).body
    }

    /// Ends a client's connection, as `$SYS.REQ.SERVER.<id>.KICK` does.
    ///
    /// # Errors
    /// There is no such client; the text is nats-server's.
    pub fn kick(&self, cid: u64) -> Result<(), String> {
        self.server.kick(cid)
    }

    /// The last connections that ended, the oldest first.
    pub fn closed_connections(&self) -> Vec<ConnectionSnapshot> {
        self.server.closed_connections()
    }

    /// Turns JetStream's clock forward, for the stage: what would happen within `by` happens now, be it the
    /// end of an `ack_wait`, of a message's time to live, of a stream's `max_age`, or a schedule. Connections
    /// keep to the wall clock. The clock never goes back while the broker runs.
    pub fn turn_clock(&self, by: Duration) {
        for account in self.server.all_accounts() {
            if let Some(host) = account.jetstream() {
                host.turn_clock(by);
            }
        }
    }

    /// The same for one account, so that the others' messages keep their age.
    pub fn turn_clock_of(&self, account: &str, by: Duration) {
        let accounts = self.server.all_accounts();
        let own = accounts.iter().find(|own| own.name == account);
        if let Some(host) = own.and_then(|own| own.jetstream()) {
            host.turn_clock(by);
        }
    }

    /// How far JetStream's clock was turned forward.
    pub fn clock_ahead(&self) -> Duration {
        let accounts = self.server.all_accounts();
        let ahead = accounts.iter().filter_map(|account| account.jetstream());
        ahead.map(|host| host.clock_ahead()).max().unwrap_or_default()
    }

    /// Why a stored message of an account was or was not delivered to a consumer. None when there is no such
    /// account, stream or consumer.
    pub fn explain_delivery(
        &self,
        account: &str,
        stream: &str,
        consumer: &str,
        seq: u64,
    ) -> Option<Decision> {
        let accounts = self.server.all_accounts();
        let account = accounts.iter().find(|own| own.name == account)?;
        account.jetstream()?.explain(stream, consumer, seq)
    }

    /// Begins to look at what passes: wire text, and why each message reached whom. What is not taken in time
    /// is lost; dropping the tap ends it.
    pub fn tap(&self) -> Tap {
        self.server.taps.open()
    }

    /// Takes over other settings, or, where one of them cannot be changed, none.
    pub fn reload(&self, options: Options) -> Result<(), ReloadError> {
        reload::reload(&self.server, options)
    }

    /// Says how to read the settings again when that is asked for in the system account
    /// (`$SYS.REQ.SERVER.<id>.RELOAD`). Only the first call counts.
    pub fn on_reload(&self, reread: RereadFn) {
        // A second way to read the same settings is of no use.
        let _ = self.server.reread.set(Reread(reread));
    }

    /// Begins to send every client away, and takes no more. What comes back is answered when all are gone
    /// or going; then is the time to [`Handle::shutdown`].
    pub fn lame_duck(&self) -> oneshot::Receiver<()> {
        let (over, answer) = oneshot::channel();
        let server = self.server.clone();
        self.server.workers[0].spawn(async move {
            lame_duck::run(server).await;
            // Who does not want to know has gone.
            let _ = over.send(());
        });
        answer
    }

    /// Ends all connections and stops the broker.
    pub fn shutdown(mut self) {
        self.stop();
    }

    fn stop(&mut self) {
        /// How long connections may take to say their last words.
        const PATIENCE: Duration = Duration::from_secs(2);
        if self.threads.is_empty() {
            return;
        }
        tracing::info!("Initiating Shutdown...");
        self.server.say_goodbye();
        // Lame duck mode has done that already.
        if !self.server.info().ldm {
            jetstream::stop(&self.server);
        }
        self.server.stop();
        let deadline = Instant::now() + PATIENCE;
        while !self.server.connections().is_empty() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        exchange::remove(&self.server);
        self.stop_workers.send_replace(true);
        for thread in self.threads.drain(..) {
            // A worker that panicked has said so already.
            let _ = thread.join();
        }
        tracing::info!("Server Exiting..");
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}
