//! CONNECT: what the client says of itself, who it is, and which account it belongs to.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use tokio::time::Instant;

use super::connection::{About, HEADERS, NO_ECHO};
use super::desk::Desk;
use super::session::{Session, jitter};
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
}

impl Login {
    /// Must the client log in before it may do anything else?
    pub fn is_required(&self) -> bool {
        false
    }
}

impl Session {
    /// The INFO line of a new connection.
    pub(super) fn greeting(&self) -> Vec<u8> {
        self.info().line()
    }

    fn info(&self) -> Info {
        Info {
            client_id: self.connection.id,
            client_ip: self.connection.peer.ip().to_string(),
            max_payload: self.limits.payload_max,
            ..self.server.info()
        }
    }

    /// Deals with a CONNECT.
    pub(super) fn connect(&mut self, desk: &mut Desk, json: &[u8]) -> Result<(), CloseReason> {
        self.login
            .connect
            .apply(json)
            .map_err(|_| CloseReason::ProtocolViolation)?;
        let now = Instant::now();
        self.timers.connected(jitter(self.connection.id), now);
        let since = Timestamp::now().since(self.connection.started);
        self.connection
            .counters
            .rtt
            .store((since.as_nanos() as u64).max(1), Ordering::Relaxed);
        if self.login.connected {
            // A second CONNECT may lead into another account, so nothing may stay in the first one.
            desk.drop_subscriptions(&self.connection);
        }
        self.login.connected = true;
        self.accept_options();
        let connect = &self.login.connect;
        if !connect.account.is_empty() || connect.new_account {
            return self.violation(
                desk,
                ClientError::AuthorizationViolation,
                CloseReason::AuthenticationFailure,
            );
        }
        if !(0..=1).contains(&connect.protocol) {
            let reason = CloseReason::BadClientProtocolVersion;
            return self.violation(desk, ClientError::InvalidProtocol, reason);
        }
        if connect.no_responders && !connect.headers {
            let reason = CloseReason::NoRespondersNeedsHeaders;
            return self.violation(desk, ClientError::NoRespondersNeedsHeaders, reason);
        }
        self.confirm(desk);
        Ok(())
    }

    fn accept_options(&mut self) {
        let connect = &self.login.connect;
        self.limits.headers = connect.headers;
        self.connection.set_flag(HEADERS, connect.headers);
        self.connection.set_flag(NO_ECHO, !connect.echo);
        *self
            .connection
            .about
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = About {
            name: connect.name.clone(),
            lang: connect.lang.clone(),
            version: connect.version.clone(),
            account: self.account.name.clone(),
        };
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
                acc_is_sys: self.account.number == self.server.system.number,
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
        desk.say(&self.connection, &error.line());
        Err(reason)
    }
}
