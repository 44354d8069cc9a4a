//! What a connection's user may do, with the last answer remembered: mostly the next one too.

use std::sync::Arc;

use crate::broker::auth::Permissions;

/// The rights of a connection's user. The default may do everything.
#[derive(Debug, Default)]
pub struct Rights {
    permissions: Option<Arc<Permissions>>,
    /// The subject that was asked for last, and the answer. Empty before the first.
    subject: Vec<u8>,
    allowed: bool,
}

impl Rights {
    /// The rights that a login brings; `None` for everything.
    pub fn new(permissions: Option<Arc<Permissions>>) -> Rights {
        Rights {
            permissions,
            ..Rights::default()
        }
    }

    /// The permissions, for a user who may not do everything.
    pub fn permissions(&self) -> Option<&Arc<Permissions>> {
        self.permissions.as_ref()
    }

    /// May it publish to this subject? Answers apart, which only the connection knows.
    #[inline]
    pub fn can_publish(&mut self, subject: &[u8]) -> bool {
        let Some(permissions) = &self.permissions else {
            return true;
        };
        if self.subject != subject || subject.is_empty() {
            self.allowed = permissions.can_publish(subject);
            self.subject.clear();
            self.subject.extend_from_slice(subject);
        }
        self.allowed
    }
}
