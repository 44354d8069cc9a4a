//! What settings must not be together. Checked once, when flags and file have both been read.

use super::{GLOBAL_ACCOUNT, Options};
use crate::util::duration;

impl Options {
    /// Why nats-server would not start with these settings, in its words.
    pub fn validate(&self) -> Result<(), String> {
        if self.lame_duck_grace_period >= self.lame_duck_duration {
            return Err(format!(
                "lame duck grace period ({}) should be strictly lower than lame duck duration ({})",
                duration::format(self.lame_duck_grace_period),
                duration::format(self.lame_duck_duration)
            ));
        }
        if self.max_payload > self.max_pending {
            return Err(format!(
                "max_payload ({}) cannot be higher than max_pending ({})",
                self.max_payload, self.max_pending
            ));
        }
        if self.server_name.as_deref().is_some_and(|name| name.contains(' ')) {
            return Err("server name cannot contain spaces".to_owned());
        }
        if let (Some(http), Some(https)) = (self.monitor.http_port, self.monitor.https_port) {
            return Err(format!(
                "can't specify both HTTP ({http}) and HTTPs ({https}) ports"
            ));
        }
        self.validate_no_auth_user()?;
        self.validate_system_account()
    }

    fn validate_no_auth_user(&self) -> Result<(), String> {
        let Some(name) = &self.auth.no_auth_user else {
            return Ok(());
        };
        if self.auth.users.is_empty() {
            return Err(format!(
                "no_auth_user: \"{name}\" present, but users/nkeys are not defined"
            ));
        }
        if self.auth.users.iter().any(|user| user.name() == name) {
            return Ok(());
        }
        Err(format!(
            "no_auth_user: \"{name}\" not present as user or nkey in authorization block or account configuration"
        ))
    }

    fn validate_system_account(&self) -> Result<(), String> {
        let Some(name) = self.system_account.as_deref() else {
            return Ok(());
        };
        let known = name == super::SYSTEM_ACCOUNT || self.accounts.iter().any(|a| a.name == name);
        if known && name != GLOBAL_ACCOUNT {
            return Ok(());
        }
        Err(format!(
            "error resolving system account: account missing ({name})"
        ))
    }
}
