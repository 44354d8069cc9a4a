//! The system account: requests to the server itself, and what it says of its own accord.
//!
//! ```text
//!  a client publishes ──► its route leads to the server ──► Door::ask ─┐   (bounded; full: not answered)
//!  a client comes or goes ─────────────────────────────► Door::tell ───┤   (bounded; full: not told)
//!                                                                      ▼
//!                                  one task on the watcher's thread: monitor makes the text,
//!                                  the watcher's desk delivers it
//! ```
//!
//! Nothing here is on the way of an ordinary message. What is asked is in [`requests`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at};

use super::account::Account;
use super::connection::Connection;
use super::desk::Pace;
use super::reload;
use super::server::Server;
use super::subscription::Endpoint;
use crate::broker::jetstream::{Delivery, disabled};
use crate::broker::monitor::events::{self, ServerInfo};
use crate::broker::monitor::requests::{self, Question};
use crate::broker::monitor::{ConnectionSnapshot, Source};
use crate::proto::api::Response;
use crate::proto::api::account::AccountPurgeResponse;
use crate::proto::errors::CloseReason;
use crate::proto::info::Info;

/// Requests and events that may wait. What comes when it is full is dropped: a request then runs into
/// its asker's time-out, and an event is lost, as with a subscriber that is not there.
const WAITING_MAX: usize = 4096;
/// Bytes of a request. Longer ones are dropped: options are short.
const REQUEST_MAX: usize = 64 * 1024;
/// The heartbeat soon after the start; the time between two doubles up to the one after it.
const FIRST_HEARTBEAT: Duration = Duration::from_millis(250);
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How often accounts say how many clients they have, when none comes or goes.
const ACCOUNTS: Duration = Duration::from_secs(30);

/// Bindings of the server itself have ids between those of subscriptions, which count up from 1, and
/// those of JetStream, which count down from the top.
const FIRST_BINDING: u64 = 1 << 63;
/// More than [`open`] ever makes.
const BINDINGS_MAX: u64 = 1024;

/// The way to the task.
#[derive(Debug)]
pub struct Door {
    queue: mpsc::Sender<Note>,
    spoken: AtomicU64,
}

/// The task's end of the way.
pub type Notes = mpsc::Receiver<Note>;

/// Something for the task.
#[derive(Debug)]
pub enum Note {
    /// A client asks.
    Request(Request),
    /// A client has logged in.
    Connected(ConnectionSnapshot),
    /// A client is gone.
    Ended(ConnectionSnapshot),
}

/// A request, with everything that a client said.
#[derive(Debug)]
pub struct Request {
    account: Arc<Account>,
    connection: Arc<Connection>,
    subject: Vec<u8>,
    reply: Vec<u8>,
    payload: Vec<u8>,
}

impl Door {
    /// A door and what comes in by it.
    pub fn new() -> (Door, Notes) {
        let (queue, notes) = mpsc::channel(WAITING_MAX);
        let spoken = AtomicU64::new(0);
        (Door { queue, spoken }, notes)
    }
}

impl Server {
    /// Takes a request to the server itself. False when it will not be answered.
    pub fn ask(
        &self,
        account: &Arc<Account>,
        connection: &Arc<Connection>,
        message: &crate::proto::parser::Publish<'_>,
    ) -> bool {
        if message.payload.len() > REQUEST_MAX {
            return false;
        }
        let request = Request {
            account: account.clone(),
            connection: connection.clone(),
            subject: message.subject.to_vec(),
            reply: message.reply.to_vec(),
            payload: message.payload.to_vec(),
        };
        self.door.queue.try_send(Note::Request(request)).is_ok()
    }

    /// Notes that a client has logged in.
    pub fn connected(&self, connection: &Connection) {
        if self.is_listened_to() {
            self.tell(Note::Connected(connection.snapshot()));
        }
    }

    /// Notes that a client is gone.
    pub fn ended(&self, snapshot: &ConnectionSnapshot) {
        if self.is_listened_to() {
            self.tell(Note::Ended(snapshot.clone()));
        }
    }

    /// Events are for clients in the system account; without one they cost nothing.
    fn is_listened_to(&self) -> bool {
        self.system.clients.load(Ordering::Relaxed) > 0
    }

    fn tell(&self, note: Note) {
        if self.door.queue.try_send(note).is_err() {
            tracing::debug!("an event of the system account was dropped");
        }
    }

    /// Says something in an account, in the server's own name.
    pub fn speak(&self, account: &Arc<Account>, subject: &[u8], payload: &[u8]) -> bool {
        let mut desk = self.watcher.desk();
        let delivered = desk.send(account, &Delivery::open(subject, b"", payload), Pace::AtOnce);
        desk.settle();
        desk.flush();
        delivered
    }

    fn speak_in_system(&self, subject: &str, payload: &[u8]) {
        self.speak(&self.system, subject.as_bytes(), payload);
    }

    fn speaker(&self) -> ServerInfo {
        ServerInfo::new(self, self.door.spoken.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Who signs a report on a message; without a system account nobody does.
    pub fn reporter(&self) -> Option<ServerInfo> {
        self.options.system_account.as_ref()?;
        Some(self.speaker())
    }

    fn id(&self) -> String {
        self.info().server_id
    }

    /// Tells the system account that lame duck mode begins.
    pub fn say_lame_duck(&self) {
        if self.is_listened_to() {
            let subject = format!("$SYS.SERVER.{}.LAMEDUCK", self.id());
            self.speak_in_system(&subject, &events::shutdown(&self.speaker()));
        }
    }

    /// Tells the system account that the server stops. To be called while there are still clients.
    pub fn say_goodbye(&self) {
        if self.is_listened_to() {
            let subject = format!("$SYS.SERVER.{}.SHUTDOWN", self.id());
            self.speak_in_system(&subject, &events::shutdown(&self.speaker()));
        }
    }
}

/// Binds what can be asked, in the system account and in all others, and starts the task.
pub fn start(server: &Arc<Server>, notes: Notes) {
    if server.options.system_account.is_none() {
        return;
    }
    for account in server.all_accounts() {
        open(server, &account);
    }
    server.watcher.spawn(run(server.clone(), notes));
}

/// Binds what can be asked in an account, where there is a system account to answer it.
pub fn open(server: &Server, account: &Account) {
    if server.options.system_account.is_none() {
        return;
    }
    let subjects = if account.number == server.system.number {
        in_system_account(&server.id())
    } else {
        IN_EVERY_ACCOUNT.map(str::to_owned).to_vec()
    };
    for (id, subject) in (FIRST_BINDING..).zip(subjects) {
        insert(account, &subject, id);
    }
}

/// Lets the server itself answer on one more subject of an account.
pub fn bind(account: &Account, subject: &str) {
    insert(account, subject, FIRST_BINDING + BINDINGS_MAX);
}

/// Undoes [`bind`], if it was done.
pub fn unbind(account: &Account, subject: &str) {
    account
        .subjects
        .remove(subject.as_bytes(), None, FIRST_BINDING + BINDINGS_MAX);
}

fn insert(account: &Account, subject: &str, id: u64) {
    let bound = account
        .subjects
        .insert(subject.as_bytes(), None, id, Endpoint::Server);
    debug_assert!(bound.is_ok(), "{subject} is a valid pattern");
}

/// What every client may ask, about itself and its own account.
const IN_EVERY_ACCOUNT: [&str; 5] = [
    "$SYS.REQ.USER.INFO",
    "$SYS.REQ.SERVER.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.CONNZ",
    "$SYS.REQ.ACCOUNT.PING.STATZ",
    DEBUG_SUBSCRIBERS,
];

/// How many subscribe to a subject of one's own account.
const DEBUG_SUBSCRIBERS: &str = "$SYS.DEBUG.SUBSCRIBERS";
/// The same for any account, for the system account alone.
const COUNT_SUBSCRIBERS: &str = "$SYS.REQ.ACCOUNT.NSUBS";

fn in_system_account(id: &str) -> Vec<String> {
    let of_server = requests::OF_SERVER.iter().flat_map(|value| {
        let targets = ["PING", id];
        targets.map(|target| format!("$SYS.REQ.SERVER.{target}.{value}"))
    });
    let of_account = requests::OF_ACCOUNT.iter();
    let of_account = of_account.map(|value| format!("$SYS.REQ.ACCOUNT.*.{value}"));
    let deeds = ["KICK", "LDM", "RELOAD"].map(|deed| format!("$SYS.REQ.SERVER.{id}.{deed}"));
    let single = [
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.USER.INFO",
        DEBUG_SUBSCRIBERS,
        COUNT_SUBSCRIBERS,
    ];
    let single = single.map(str::to_owned);
    of_server.chain(of_account).chain(deeds).chain(single).collect()
}

async fn run(server: Arc<Server>, mut notes: Notes) {
    let mut heartbeat = FIRST_HEARTBEAT;
    let mut next_heartbeat = Instant::now() + heartbeat;
    let mut accounts = interval_at(Instant::now() + ACCOUNTS, ACCOUNTS);
    loop {
        tokio::select! {
            note = notes.recv() => match note {
                Some(Note::Request(request)) => server.answer(&request),
                Some(Note::Connected(client)) => server.tell_connected(&client),
                Some(Note::Ended(client)) => server.tell_ended(&client),
                None => return,
            },
            () = tokio::time::sleep_until(next_heartbeat) => {
                heartbeat = (heartbeat * 2).min(HEARTBEAT);
                next_heartbeat = Instant::now() + heartbeat;
                server.tell_stats();
            }
            _ = accounts.tick() => server.tell_accounts(),
        }
    }
}

impl Server {
    fn tell_stats(&self) {
        if self.is_listened_to() {
            let subject = format!("$SYS.SERVER.{}.STATSZ", self.id());
            self.speak_in_system(&subject, &requests::stats(self, &self.speaker()));
        }
    }

    fn tell_accounts(&self) {
        if self.is_listened_to() {
            let mut used = self.all_accounts();
            used.retain(|account| account.clients.load(Ordering::Relaxed) > 0);
            for account in used {
                self.tell_account(&account.name);
            }
        }
    }

    /// Says how many clients an account has; the global one is nobody's, so it is left out.
    fn tell_account(&self, name: &str) {
        if name == self.global.name {
            return;
        }
        let id = event_id();
        // The first is its old subject, which some still listen to.
        for subject in [
            format!("$SYS.SERVER.ACCOUNT.{name}.CONNS"),
            format!("$SYS.ACCOUNT.{name}.SERVER.CONNS"),
        ] {
            if let Some(body) = self.account_connections(name, id.clone()) {
                self.speak_in_system(&subject, &body);
            }
        }
    }

    fn account_connections(&self, name: &str, id: String) -> Option<Vec<u8>> {
        let account = self.accounts().into_iter().find(|account| account.name == name)?;
        Some(events::account_connections(&self.speaker(), id, account))
    }

    /// First how many there are now, as nats-server says it.
    fn tell_connected(&self, client: &ConnectionSnapshot) {
        self.tell_account(&client.account);
        let subject = format!("$SYS.ACCOUNT.{}.CONNECT", client.account);
        self.speak_in_system(&subject, &events::connect(&self.speaker(), event_id(), client));
    }

    /// Who never logged in was in the global account until then.
    fn tell_ended(&self, client: &ConnectionSnapshot) {
        if matches!(client.ended, Some((_, CloseReason::AuthenticationFailure))) {
            let body = events::disconnect(&self.speaker(), event_id(), client);
            self.speak_in_system(&format!("$SYS.SERVER.{}.CLIENT.AUTH.ERR", self.id()), &body);
        }
        self.tell_account(&client.account);
        let body = events::disconnect(&self.speaker(), event_id(), client);
        self.speak_in_system(&format!("$SYS.ACCOUNT.{}.DISCONNECT", client.account), &body);
    }

    fn answer(self: &Arc<Server>, request: &Request) {
        let Ok(subject) = std::str::from_utf8(&request.subject) else {
            return;
        };
        if request.reply.is_empty() {
            // Asked for nobody in particular: then everybody hears it.
            if matches!(subject, "$SYS.REQ.SERVER.PING" | "$SYS.REQ.SERVER.PING.STATSZ") {
                self.tell_stats();
            }
            return;
        }
        if let Some(answer) = self.make_answer(subject, request) {
            self.speak(&request.account, &request.reply, &answer);
        }
    }

    fn make_answer(self: &Arc<Server>, subject: &str, request: &Request) -> Option<Vec<u8>> {
        if subject == DEBUG_SUBSCRIBERS {
            let account = &request.account.name;
            return Some(requests::debug_subscribers(&**self, account, &request.payload));
        }
        let in_system = request.account.number == self.system.number;
        if let Some(name) = subject.strip_prefix("$JS.API.ACCOUNT.PURGE.")
            && in_system
        {
            return Some(self.purge_account(name));
        }
        let Some(rest) = subject.strip_prefix("$SYS.REQ.") else {
            return disabled::answer(subject);
        };
        let tokens: Vec<&str> = rest.split('.').collect();
        let own = &request.account.name;
        let question = match tokens[..] {
            ["USER", "INFO"] => {
                let client = request.connection.snapshot();
                return Some(requests::user_info(&**self, &self.speaker(), &client));
            }
            // Others than the system account see no account but their own.
            ["SERVER" | "ACCOUNT", "PING", value] if !in_system => Question::Account(own, value),
            _ if !in_system => return None,
            ["ACCOUNT", "NSUBS"] => return requests::count_subscribers(&**self, &request.payload),
            ["SERVER", "PING"] => Question::Server("STATSZ"),
            ["SERVER", _, "RELOAD"] => {
                let meant = !requests::is_for_others(&**self, &request.payload);
                return meant.then(|| requests::done(&self.speaker(), self.reload_as_asked()));
            }
            ["SERVER", _, deed @ ("KICK" | "LDM")] => return self.make_deed(deed, &request.payload),
            ["SERVER", _, value] => Question::Server(value),
            ["ACCOUNT", "PING", "STATZ"] => Question::AllAccounts,
            ["ACCOUNT", account, "CONNS"] => return self.account_connections(account, event_id()),
            ["ACCOUNT", account, value] => Question::Account(account, value),
            _ => return None,
        };
        requests::answer(&**self, &self.speaker(), question, &request.payload)
    }

    /// Deletes all streams of an account; one that is not there has none.
    fn purge_account(&self, name: &str) -> Vec<u8> {
        let account = self
            .all_accounts()
            .into_iter()
            .find(|account| account.name == name);
        let streams = account.as_ref().map_or(0, |account| {
            let mut desk = self.watcher.desk();
            desk.delete_streams(account)
        });
        let found = account.is_some();
        tracing::info!("Purge request for account {name} (streams: {streams}, hasAccount: {found})");
        Response::new(Ok(AccountPurgeResponse { initiated: true })).to_json()
    }

    fn make_deed(&self, deed: &str, payload: &[u8]) -> Option<Vec<u8>> {
        /// Whom to do it to.
        #[derive(serde::Deserialize)]
        struct Target {
            cid: u64,
        }
        if requests::is_for_others(self, payload) {
            return None;
        }
        let target: Target = serde_json::from_slice(payload).ok()?;
        let outcome = match deed {
            "KICK" => self.kick(target.cid),
            _ => self.send_away(target.cid),
        };
        Some(requests::done(&self.speaker(), outcome))
    }

    /// Reads the settings again, as the program around the broker does it.
    fn reload_as_asked(self: &Arc<Server>) -> Result<(), String> {
        let reread = self.reread.get().ok_or("config reload is not available")?;
        (reread.0)(&|options| reload::reload(self, options))
    }

    pub(super) fn kick(&self, cid: u64) -> Result<(), String> {
        let connection = self.connections().get(&cid).cloned();
        let connection = connection.ok_or("no such client or leafnode id")?;
        connection.close(CloseReason::Kicked);
        Ok(())
    }

    /// Tells one client that the server is about to go, so that it looks for another.
    fn send_away(&self, cid: u64) -> Result<(), String> {
        let connection = self.connections().get(&cid).cloned();
        let connection = connection.ok_or("no such client id")?;
        let info = Info {
            ldm: true,
            ..self.info_for(&connection)
        };
        let mut desk = self.watcher.desk();
        desk.say(&connection, &info.line());
        desk.flush();
        Ok(())
    }
}

fn event_id() -> String {
    nuid::next().to_string()
}
