//! What a connection does when something has changed that concerns all of them: lame duck mode, or other
//! settings.

use std::sync::Arc;

use super::desk::Desk;
use super::session::Session;
use super::settings::Settings;
use super::subscription::{Endpoint, Subscription};
use crate::broker::auth::{CarriedOver, Verdict};
use crate::proto::errors::{ClientError, CloseReason, Quoted};

impl Session {
    /// Looks for what has changed. An error ends the connection.
    pub(super) fn hear_news(&mut self, desk: &mut Desk) -> Result<(), CloseReason> {
        self.news = self.server.news();
        let settings = self.server.settings();
        if !Arc::ptr_eq(&settings, &self.settings) {
            let old = std::mem::replace(&mut self.settings, settings);
            self.timers.take_over(&self.settings.options);
            self.keep_login(desk, &old)?;
        }
        let info = self.info();
        if info.ldm && self.login.hears_news() {
            desk.say(&self.connection, &info.line());
        }
        Ok(())
    }

    /// A client that has logged in stays, if its login is still good, with the rights that it has now.
    fn keep_login(&mut self, desk: &mut Desk, old: &Settings) -> Result<(), CloseReason> {
        let (before, now) = (&old.authenticator, &self.settings.authenticator);
        let has_entered = !before.is_required() || self.timers.login.is_none();
        if self.login.is_slow() || !has_entered {
            return Ok(());
        }
        let login = match before.carry_over(now, self.login.user(), &self.account.name) {
            CarriedOver::Stays(login) => login,
            CarriedOver::Moved => return Err(CloseReason::ClientClosed),
            CarriedOver::Refused => {
                let reason = CloseReason::AuthenticationFailure;
                return self.violation(desk, ClientError::AuthorizationViolation, reason);
            }
        };
        self.join(desk, login)?;
        self.check_subscriptions(desk);
        Ok(())
    }

    /// Ends the subscriptions that are no longer allowed, and lets the others see what they may see now.
    fn check_subscriptions(&mut self, desk: &mut Desk) {
        let subscriptions: Vec<Arc<Subscription>> =
            self.connection.subscriptions().values().cloned().collect();
        for subscription in subscriptions {
            let permissions = self.rights.permissions();
            let queue = subscription.queue.as_deref();
            let verdict = permissions.map_or(Verdict::Allowed, |p| p.subscribe(&subscription.subject, queue));
            let filter = permissions.filter(|_| verdict == Verdict::Filtered).cloned();
            if verdict == Verdict::Denied {
                self.end_subscription(desk, &subscription);
            } else if filter != subscription.filter {
                let id = self.server.subscription_id();
                let renewed = Arc::new(subscription.renewed(id, filter));
                subscription.remove();
                self.connection
                    .subscriptions()
                    .insert(renewed.sid.clone(), renewed.clone());
                let (subject, queue) = (&renewed.subject, renewed.queue.as_deref());
                let endpoint = Endpoint::Client(renewed.clone());
                // It was valid before.
                let _ = self.account.subjects.insert(subject, queue, id, endpoint);
                desk.cast_shadows(&renewed);
            }
        }
    }

    fn end_subscription(&self, desk: &mut Desk, subscription: &Subscription) {
        let (subject, sid) = (Quoted(&subscription.subject), Quoted(&subscription.sid));
        let queue = match &subscription.queue {
            Some(queue) => format!(" using queue {}", Quoted(queue)),
            None => String::new(),
        };
        tracing::info!(
            "Removed sub {subject}{queue} (sid {sid}) for {} - not authorized",
            self.connection
        );
        let text =
            format!("-ERR 'Permissions Violation for Subscription to {subject}{queue} (sid {sid})'\r\n");
        desk.end(subscription);
        desk.say(&self.connection, text.as_bytes());
    }
}
