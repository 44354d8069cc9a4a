//! Who may connect.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::certificate::Certificate;
use super::credentials::{Credentials, Refusal};
use super::distinguished_name::DistinguishedName;
use super::permissions::Permissions;
use super::{nkey, password};
use crate::broker::conf::{ConnectionType, Credential, GLOBAL_ACCOUNT, Options, Secret};

/// Everybody that the settings know. It never changes: a reload makes another one.
#[derive(Debug)]
pub struct Authenticator {
    users: HashMap<String, Arc<Known>>,
    single: Option<Single>,
    /// Whose rights a client has that brings no login.
    anonymous: Option<Arc<Known>>,
    /// `no_auth_user` was set, and not made up by us.
    has_no_auth_user: bool,
    needs_nonce: bool,
    /// Clients are who their certificates say (`verify_and_map`).
    maps_certificates: bool,
}

/// A user as this module keeps it.
#[derive(Debug)]
struct Known {
    login: Login,
    credential: Credential,
    doors: Vec<ConnectionType>,
}

/// The one login of a server without users.
#[derive(Debug, PartialEq, Eq)]
enum Single {
    User(String, Secret),
    Token(Secret),
}

/// What a client is after its login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The account it lives in.
    pub account: Arc<str>,
    /// Its user's name or public key, as `/connz` shows it; nothing for a token or without login.
    pub user: Option<Arc<str>>,
    /// What it may do. `None` means everything, and costs nothing to ask.
    pub permissions: Option<Arc<Permissions>>,
}

impl Login {
    fn unrestricted(user: Option<&str>) -> Login {
        Login {
            account: GLOBAL_ACCOUNT.into(),
            user: user.map(Arc::from),
            permissions: None,
        }
    }
}

/// What became of a login.
#[derive(Debug)]
pub enum Check {
    /// It is decided.
    Done(Result<Login, Refusal>),
    /// A bcrypt hash must be computed, which takes a good part of a second: to be run where it holds
    /// up nobody else.
    Slow(SlowCheck),
}

/// A login that waits for its password to be checked.
pub struct SlowCheck {
    secret: Secret,
    given: String,
    login: Login,
}

impl SlowCheck {
    /// Checks the password.
    pub fn run(self) -> Result<Login, Refusal> {
        if password::matches(self.secret.expose(), &self.given) {
            Ok(self.login)
        } else {
            Err(Refusal::WrongPassword)
        }
    }
}

impl fmt::Debug for SlowCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SlowCheck")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}

/// What becomes of a client under other settings.
#[derive(Debug, Clone, PartialEq)]
pub enum CarriedOver {
    /// It stays, with these rights.
    Stays(Login),
    /// Its user is gone or belongs to another account: it is to come back, and see.
    Moved,
    /// Its login no longer holds.
    Refused,
}

impl Authenticator {
    /// Takes over users, permissions and logins from the settings.
    pub fn from_options(options: &Options) -> Authenticator {
        let auth = &options.auth;
        let users: HashMap<String, Arc<Known>> = auth
            .users
            .iter()
            .map(|user| {
                let login = Login {
                    account: user.account.as_deref().unwrap_or(GLOBAL_ACCOUNT).into(),
                    user: Some(user.name().into()),
                    permissions: user.permissions.as_ref().map(|p| Arc::new(Permissions::new(p))),
                };
                let known = Known {
                    login,
                    credential: user.credential.clone(),
                    doors: user.connection_types.clone(),
                };
                (user.name().to_owned(), Arc::new(known))
            })
            .collect();
        let single = match (&auth.user, &auth.token) {
            _ if !users.is_empty() => None,
            (_, Some(token)) => Some(Single::Token(token.clone())),
            (Some(user), None) => {
                let password = auth.password.clone().unwrap_or_else(|| "".into());
                Some(Single::User(user.clone(), password))
            }
            (None, None) => None,
        };
        let named = auth.no_auth_user.as_ref().and_then(|name| users.get(name));
        let anonymous = named
            .cloned()
            .or_else(|| only_system_users(options).then(everybody));
        Authenticator {
            has_no_auth_user: auth.no_auth_user.is_some(),
            needs_nonce: users
                .values()
                .any(|known| matches!(known.credential, Credential::Nkey(_))),
            maps_certificates: options.tls.as_ref().is_some_and(|tls| tls.verify_and_map),
            users,
            single,
            anonymous,
        }
    }

    /// Does the certificate say who a client is, whatever else it says?
    pub fn maps_certificates(&self) -> bool {
        self.maps_certificates && !self.users.is_empty()
    }

    /// Must a client log in at all?
    pub fn is_required(&self) -> bool {
        !self.users.is_empty() || self.single.is_some()
    }

    /// What INFO says of `auth_required`: not where a `no_auth_user` stands in for those without login.
    pub fn is_required_in_info(&self) -> bool {
        self.is_required() && !self.has_no_auth_user
    }

    /// Does INFO carry a nonce?
    pub fn needs_nonce(&self) -> bool {
        self.needs_nonce
    }

    /// Decides on a login. `door` is where the client came in, `nonce` the text INFO gave it.
    pub fn check(&self, credentials: &Credentials, door: ConnectionType, nonce: &[u8]) -> Check {
        if !self.is_required() {
            return Check::Done(Ok(Login::unrestricted(None)));
        }
        // Where no user has a key, a client's key says nothing.
        let by_key = self.needs_nonce && !credentials.nkey.is_empty();
        if self.maps_certificates() && !by_key {
            return self.check_certificate(credentials, door);
        }
        if let Some(anonymous) = &self.anonymous
            && credentials.names_nobody()
            && !by_key
        {
            return Check::Done(anonymous.enter(door));
        }
        if let Some(single) = &self.single {
            return single.check(credentials);
        }
        if by_key {
            return Check::Done(self.check_key(credentials, door, nonce));
        }
        self.check_user(credentials, door)
    }

    /// What a client is that logged in here and is now subject to `new`; `user` and `account` are what it is so
    /// far. No password is checked again: one that is still the same is still right.
    pub fn carry_over(&self, new: &Authenticator, user: Option<&str>, account: &str) -> CarriedOver {
        let known = user.and_then(|user| Some((self.users.get(user)?, new.users.get(user))));
        let login = match known {
            _ if !new.is_required() => Login::unrestricted(None),
            Some((old, Some(new))) if old.credential == new.credential => new.login.clone(),
            Some((_, Some(_))) => return CarriedOver::Refused,
            Some((_, None)) => return CarriedOver::Moved,
            None if self.users.is_empty() && self.single == new.single && self.single.is_some() => {
                Login::unrestricted(user)
            }
            None => match &new.anonymous {
                Some(known) if user.is_none() => known.login.clone(),
                _ => return CarriedOver::Refused,
            },
        };
        if *login.account == *account {
            CarriedOver::Stays(login)
        } else {
            CarriedOver::Moved
        }
    }

    fn check_key(
        &self,
        credentials: &Credentials,
        door: ConnectionType,
        nonce: &[u8],
    ) -> Result<Login, Refusal> {
        let known = self.users.get(&credentials.nkey).ok_or(Refusal::UnknownUser)?;
        let Credential::Nkey(key) = &known.credential else {
            return Err(Refusal::UnknownUser);
        };
        let login = known.enter(door)?;
        nkey::verify(key, nonce, &credentials.signature)?;
        Ok(login)
    }

    /// The user is the one whom the certificate names. If it has a password, that must be right as well.
    fn check_certificate(&self, credentials: &Credentials, door: ConnectionType) -> Check {
        let certificate = credentials.certificate.as_deref();
        let found = certificate.and_then(|certificate| self.named_in(certificate, door));
        match found {
            Some((login, password)) => compare(password, &credentials.password, login),
            None => Check::Done(Err(Refusal::NotInCertificate)),
        }
    }

    fn named_in(&self, certificate: &Certificate, door: ConnectionType) -> Option<(Login, &Secret)> {
        if certificate.names_nobody() {
            return None;
        }
        let by_name = |name: &str| {
            let user = self.users.get(name)?;
            let login = user.enter(door).ok()?;
            Some((login, user.password()?))
        };
        let by_distinguished_name = || {
            let wanted = certificate.distinguished_name()?;
            let with_names = self
                .users
                .iter()
                .filter_map(|(name, user)| Some((DistinguishedName::parse(name)?, user)));
            let users: Vec<_> = with_names.filter(|(_, user)| user.may_enter(door)).collect();
            let same = users.iter().find(|(name, _)| name.is(wanted));
            let (_, user) = same.or_else(|| users.iter().find(|(name, _)| name.is_reordered(wanted)))?;
            Some((user.enter(door).ok()?, user.password()?))
        };
        certificate
            .alternative_names()
            .find_map(by_name)
            .or_else(by_distinguished_name)
            .or_else(|| certificate.subjects().find_map(|subject| by_name(&subject)))
    }

    fn check_user(&self, credentials: &Credentials, door: ConnectionType) -> Check {
        if credentials.user.is_empty() {
            return Check::Done(Err(Refusal::Missing));
        }
        let known = self.users.get(&credentials.user);
        let Some((known, password)) = known.and_then(|known| Some((known, known.password()?))) else {
            return Check::Done(Err(Refusal::UnknownUser));
        };
        match known.enter(door) {
            Ok(login) => compare(password, &credentials.password, login),
            Err(refusal) => Check::Done(Err(refusal)),
        }
    }
}

impl Known {
    /// Its password; a user with a key has none.
    fn password(&self) -> Option<&Secret> {
        match &self.credential {
            Credential::Password { password, .. } => Some(password),
            Credential::Nkey(_) => None,
        }
    }

    fn may_enter(&self, door: ConnectionType) -> bool {
        self.doors.is_empty() || self.doors.contains(&door)
    }

    fn enter(&self, door: ConnectionType) -> Result<Login, Refusal> {
        if self.may_enter(door) {
            Ok(self.login.clone())
        } else {
            Err(Refusal::WrongDoor)
        }
    }
}

impl Single {
    fn check(&self, credentials: &Credentials) -> Check {
        match self {
            Single::Token(token) => compare(token, &credentials.token, Login::unrestricted(None)),
            Single::User(user, _) if *user != credentials.user => {
                let refusal = if credentials.user.is_empty() {
                    Refusal::Missing
                } else {
                    Refusal::UnknownUser
                };
                Check::Done(Err(refusal))
            }
            Single::User(user, password) => {
                compare(password, &credentials.password, Login::unrestricted(Some(user)))
            }
        }
    }
}

fn compare(secret: &Secret, given: &str, login: Login) -> Check {
    let job = SlowCheck {
        secret: secret.clone(),
        given: given.to_owned(),
        login,
    };
    if password::is_hash(secret.expose()) {
        Check::Slow(job)
    } else {
        Check::Done(job.run())
    }
}

/// Has only the system account got users, and nobody asked for logins otherwise? Then everybody else
/// comes in as before, into the global account.
fn only_system_users(options: &Options) -> bool {
    let mut others = options
        .accounts
        .iter()
        .filter(|account| account.name != GLOBAL_ACCOUNT);
    let system_alone = others.all(|account| Some(&account.name) == options.system_account.as_ref());
    let is_system = |account: &Option<String>| account.is_some() && *account == options.system_account;
    system_alone
        && !options.auth.block_defined
        && !options.auth.users.is_empty()
        && options.auth.users.iter().all(|user| is_system(&user.account))
}

fn everybody() -> Arc<Known> {
    Arc::new(Known {
        login: Login::unrestricted(None),
        credential: Credential::Password {
            user: String::new(),
            password: "".into(),
        },
        doors: Vec::new(),
    })
}
