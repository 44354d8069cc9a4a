//! CONNECT: what the client says of itself, who it is, and which account it belongs to.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::connection::{About, HEADERS, NO_ECHO};
use super::desk::Desk;
use super::rights::Rights;
use super::route::LastRoute;
use super::session::{Session, jitter};
use crate::broker::auth::{self, Authenticator, Check, Credentials, Refusal};
use crate::broker::conf::ConnectionType;
use crate::proto::connect::Connect;
use crate::proto::errors::{ClientError, CloseReason};
use crate::proto::info::Info;
use crate::util::time::Timestamp;

/// How far a client is with introducing itself.
#[derive(Debug, Default)]
pub struct Login {
    /// What it said, or what holds until it does.
    pub connect: Connect,
    /// It has said CONNECT.
    connected: bool,
    /// It has had its first PONG after CONNECT, and with it the second INFO.
    informed: bool,
    /// What an nkey must sign; empty where nobody has one.
    nonce: String,
    user: Option<Arc<str>>,
    /// A password is being checked elsewhere.
    slow: Option<JoinHandle<Result<auth::Login, Refusal>>>,
    /// What the client said behind that CONNECT. It is part of one batch, and nothing more is read
    /// meanwhile.
    waiting: Vec<u8>,
}

/// A login that is decided now, or by a task of its own.
type Checked = Result<auth::Login, Refusal>;

impl Login {
    /// A client that has said nothing yet.
    pub fn new(authenticator: &Authenticator) -> Login {
        let nonce = if authenticator.needs_nonce() {
            nonce()
        } else {
            String::new()
        };
        Login {
            nonce,
            ..Login::default()
        }
    }

    /// Its user, when it logged in as one.
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Does it understand an INFO at any time?
    pub fn hears_news(&self) -> bool {
        self.informed && self.connect.protocol >= 1
    }

    /// Is a password being checked elsewhere?
    pub fn is_slow(&self) -> bool {
        self.slow.is_some()
    }

    /// Keeps input until the password is checked.
    pub fn wait_with(&mut self, input: &[u8]) {
        self.waiting.extend_from_slice(input);
    }

    /// The outcome of a slow check. `None` when there is none.
    pub fn poll_slow(&mut self, cx: &mut Context<'_>) -> Option<Poll<Checked>> {
        let slow = self.slow.as_mut()?;
        Some(Pin::new(slow).poll(cx).map(|joined| {
            self.slow = None;
            // A check that could not be made lets nobody in.
            joined.unwrap_or(Err(Refusal::WrongPassword))
        }))
    }

    /// Nobody waits for the check any more.
    pub fn give_up(&mut self) {
        if let Some(slow) = self.slow.take() {
            slow.abort();
        }
    }

    /// What waited for the slow check.
    pub fn take_waiting(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.waiting)
    }

    fn credentials(&self) -> Credentials {
        let connect = &self.connect;
        Credentials {
            user: connect.user.clone(),
            password: connect.pass.clone(),
            token: connect.auth_token.clone(),
            nkey: connect.nkey.clone(),
            signature: connect.signature.clone(),
            jwt: String::new(),
            certificate: None,
        }
    }
}

/// The user who tried to log in, for the events; not the token, which is a secret.
fn claimed_user(connect: &Connect) -> Option<Arc<str>> {
    let claimed = [&connect.nkey, &connect.user]
        .into_iter()
        .find(|user| !user.is_empty());
    let token = || (!connect.auth_token.is_empty()).then(|| "[REDACTED]".into());
    claimed.map(|user| user.as_str().into()).or_else(token)
}

/// The user who tried to log in, for the log.
fn who(connect: &Connect) -> String {
    if !connect.user.is_empty() {
        format!(" - User {:?}", connect.user)
    } else if !connect.nkey.is_empty() {
        format!(" - Nkey {:?}", connect.nkey)
    } else if !connect.auth_token.is_empty() {
        " - Token \"[REDACTED]\"".to_owned()
    } else {
        String::new()
    }
}

/// A text that nobody can foresee: part of a fresh key. As long as nats-server's.
fn nonce() -> String {
    const NONCE_LEN: usize = 15;
    let key = nkeys::KeyPair::new_user().public_key();
    key[1..=NONCE_LEN].to_owned()
}

impl Session {
    /// The INFO line of a new connection. Where a proxy may stand in front, the address is not the client's yet, and
    /// is left out.
    pub(super) fn greeting(&self) -> Vec<u8> {
        let mut info = self.info();
        if self.settings.options.proxy_protocol {
            info.client_ip.clear();
        }
        info.line()
    }

    pub(super) fn info(&self) -> Info {
        Info {
            max_payload: self.limits.payload_max,
            nonce: self.login.nonce.clone(),
            ..self.server.info_for(&self.connection)
        }
    }

    pub(super) fn in_system_account(&self) -> bool {
        self.account.number == self.server.system.number
    }

    /// Deals with a CONNECT.
    pub(super) fn connect(&mut self, desk: &mut Desk, json: &[u8]) -> Result<(), CloseReason> {
        let applied = self.login.connect.apply(json);
        if let Err(error) = applied {
            tracing::error!("{} - {error}", self.connection);
            return Err(CloseReason::ProtocolViolation);
        }
        self.timers.connected(jitter(self.connection.id), Instant::now());
        let since = Timestamp::now().since(self.connection.started);
        self.connection.counters.note_rtt(since);
        if self.login.connected {
            // A second CONNECT may lead into another account, so nothing may stay in the first one.
            desk.drop_subscriptions(&self.connection);
        }
        self.login.connected = true;
        match self.check(self.login.credentials()) {
            Check::Done(checked) => self.enter(desk, checked),
            Check::Slow(job) => {
                self.login.slow = Some(tokio::task::spawn_blocking(move || job.run()));
                Ok(())
            }
        }
    }

    fn check(&self, credentials: Credentials) -> Check {
        let secured = self.connection.secured();
        let credentials = Credentials {
            certificate: secured.and_then(|secured| secured.certificates.first().cloned()),
            ..credentials
        };
        let nonce = self.login.nonce.as_bytes();
        let door = match self.connection.is_in_process() {
            true => ConnectionType::InProcess,
            false => ConnectionType::Standard,
        };
        self.settings.authenticator.check(&credentials, door, nonce)
    }

    /// A client that must log in begins without CONNECT: fine where a user stands in for those.
    pub(super) fn enter_unannounced(&mut self, desk: &mut Desk) -> Result<(), CloseReason> {
        match self.check(Credentials::default()) {
            Check::Done(Ok(login)) => {
                self.timers.connected(jitter(self.connection.id), Instant::now());
                self.join(desk, login)
            }
            _ => {
                tracing::error!("{} - authentication error", self.connection);
                self.unauthorized(desk)
            }
        }
    }

    /// Lets the client in, or not.
    pub(super) fn enter(&mut self, desk: &mut Desk, checked: Checked) -> Result<(), CloseReason> {
        let (user, found) = (
            &self.login.connect.user,
            !matches!(checked, Err(Refusal::NotInCertificate)),
        );
        if found && !user.is_empty() && self.settings.authenticator.maps_certificates() {
            tracing::warn!("User {user:?} found in connect proto, but user required from cert");
        }
        let login = match checked {
            Ok(login) => login,
            Err(refusal) => {
                let who = who(&self.login.connect);
                tracing::error!("{} - authentication error{who}", self.connection);
                tracing::debug!("{} - {refusal}", self.connection);
                self.note_about(claimed_user(&self.login.connect));
                return self.unauthorized(desk);
            }
        };
        if !self.login.connect.account.is_empty() || self.login.connect.new_account {
            return self.unauthorized(desk);
        }
        self.join(desk, login)?;
        self.accept_options();
        let connect = &self.login.connect;
        if !(0..=1).contains(&connect.protocol) {
            let reason = CloseReason::BadClientProtocolVersion;
            return self.violation(desk, ClientError::InvalidProtocol, reason);
        }
        if connect.no_responders && !self.limits.headers {
            let reason = CloseReason::NoRespondersNeedsHeaders;
            return self.violation(desk, ClientError::NoRespondersNeedsHeaders, reason);
        }
        self.server.connected(&self.connection);
        self.confirm(desk);
        Ok(())
    }

    fn unauthorized(&self, desk: &mut Desk) -> Result<(), CloseReason> {
        let reason = CloseReason::AuthenticationFailure;
        self.violation(desk, ClientError::AuthorizationViolation, reason)
    }

    /// Moves the client to its account, with its rights and limits.
    pub(super) fn join(&mut self, desk: &mut Desk, login: auth::Login) -> Result<(), CloseReason> {
        let Some(account) = self.server.account(&login.account) else {
            return self.unauthorized(desk);
        };
        let rules = self.settings.rules(&account.name);
        if account.number != self.account.number {
            if !rules.has_room(account.clients.load(Ordering::Relaxed)) {
                let reason = CloseReason::AccountConnectionsExceeded;
                return self.violation(desk, ClientError::AccountConnectionsExceeded, reason);
            }
            account.clients.fetch_add(1, Ordering::Relaxed);
            self.account.clients.fetch_sub(1, Ordering::Relaxed);
            self.last_route = LastRoute::default();
        }
        self.account = account;
        self.rules = rules;
        self.take_limits();
        self.connection.allow_answers(login.permissions.as_ref());
        self.rights = Rights::new(login.permissions);
        self.login.user = login.user;
        Ok(())
    }

    /// The account's limits can only be narrower than the server's.
    fn take_limits(&mut self) {
        let options = &self.settings.options;
        let limits = self.rules.limits;
        self.limits.control_line_max = options.max_control_line;
        let narrower = |limit: Option<u32>, own: usize| limit.map_or(own, |limit| own.min(limit as usize));
        self.limits.payload_max = narrower(limits.max_payload, options.max_payload);
        self.subscriptions_max = match (options.max_subscriptions, limits.max_subscriptions) {
            (0, limit) => limit.unwrap_or(0) as usize,
            (own, limit) => narrower(limit, own),
        };
    }

    fn accept_options(&mut self) {
        let connect = &self.login.connect;
        let headers = connect.headers && !self.settings.options.no_header_support;
        self.limits.headers = headers;
        self.connection.set_flag(HEADERS, headers);
        self.connection.set_flag(NO_ECHO, !connect.echo);
        self.note_about(self.login.user.clone());
    }

    /// Lets others know what the client said of itself.
    fn note_about(&self, user: Option<Arc<str>>) {
        let connect = &self.login.connect;
        let about = About {
            name: connect.name.clone(),
            lang: connect.lang.clone(),
            version: connect.version.clone(),
            account: self.account.name.clone(),
            user,
        };
        *self
            .connection
            .about
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = about;
    }

    /// Answers a PING. The first one after CONNECT is also answered with an INFO that says where the
    /// client has landed; sent earlier, it confuses libraries that wait for the PONG.
    pub(super) fn pong(&mut self, desk: &mut Desk) {
        desk.say(&self.connection, b"PONG\r\n");
        if !self.login.connected || self.login.informed {
            return;
        }
        self.login.informed = true;
        if self.login.connect.protocol >= 1 {
            let info = Info {
                connect_info: true,
                remote_account: self.account.name.clone(),
                acc_is_sys: self.in_system_account(),
                // Also where somebody stands in for those without login, which the first one does not tell.
                auth_required: self.settings.authenticator.is_required(),
                ..self.info()
            };
            desk.say(&self.connection, &info.line());
        }
    }

    /// `+OK`, for who wants it.
    pub(super) fn confirm(&self, desk: &mut Desk) {
        if self.login.connect.verbose {
            desk.say(&self.connection, b"+OK\r\n");
        }
    }

    /// Tells the client what it did wrong, and ends the connection.
    pub(super) fn violation<T>(
        &self,
        desk: &mut Desk,
        error: ClientError<'_>,
        reason: CloseReason,
    ) -> Result<T, CloseReason> {
        // A login that fails is told with its user elsewhere.
        if error != ClientError::AuthorizationViolation {
            tracing::error!("{} - {error}", self.connection);
        }
        desk.say(&self.connection, &error.line());
        Err(reason)
    }
}
