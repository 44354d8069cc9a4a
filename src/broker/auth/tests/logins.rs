use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::broker::auth::{Authenticator, CarriedOver, Check, Credentials, Login, Refusal};
use crate::broker::conf::{
    AccountOptions, ConnectionType, Credential, Options, Permissions, SubjectPermission, User,
};

const NONCE: &[u8] = b"a-nonce-text";

fn user(name: &str, password: &str, account: Option<&str>) -> User {
    User {
        credential: Credential::Password {
            user: name.to_owned(),
            password: password.into(),
        },
        account: account.map(str::to_owned),
        permissions: None,
        connection_types: Vec::new(),
    }
}

fn given(user: &str, password: &str, token: &str) -> Credentials {
    Credentials {
        user: user.to_owned(),
        password: password.to_owned(),
        token: token.to_owned(),
        ..Credentials::default()
    }
}

fn login_at(options: &Options, credentials: &Credentials, door: ConnectionType) -> Result<Login, Refusal> {
    match Authenticator::from_options(options).check(credentials, door, NONCE) {
        Check::Done(result) => result,
        Check::Slow(job) => job.run(),
    }
}

/// The account and the user of a login.
fn login(options: &Options, credentials: &Credentials) -> Result<(String, String), Refusal> {
    login_at(options, credentials, ConnectionType::Standard)
        .map(|l| (l.account.to_string(), l.user.as_deref().unwrap_or("-").to_owned()))
}

fn lands(account: &str, user: &str) -> Result<(String, String), Refusal> {
    Ok((account.to_owned(), user.to_owned()))
}

#[test]
fn without_logins_everybody_comes_in() {
    let options = Options::default();
    let authenticator = Authenticator::from_options(&options);
    assert!(
        !authenticator.is_required() && !authenticator.is_required_in_info() && !authenticator.needs_nonce()
    );
    assert_eq!(login(&options, &Credentials::default()), lands("$G", "-"));
    assert_eq!(login(&options, &given("who", "cares", "")), lands("$G", "-"));
    // A password alone makes no user.
    let mut options = Options::default();
    options.auth.password = Some("b".into());
    assert_eq!(login(&options, &Credentials::default()), lands("$G", "-"));
}

#[test]
fn one_token_or_one_user() {
    let mut options = Options::default();
    options.auth.token = Some("t".into());
    assert!(Authenticator::from_options(&options).is_required_in_info());
    assert_eq!(login(&options, &given("", "", "t")), lands("$G", "-"));
    assert_eq!(login(&options, &given("", "", "x")), Err(Refusal::WrongPassword));
    assert_eq!(login(&options, &given("t", "t", "")), Err(Refusal::WrongPassword));
    let mut options = Options::default();
    options.auth.user = Some("a".to_owned());
    options.auth.password = Some(bcrypt::hash("b", 4).unwrap().as_str().into());
    assert_eq!(login(&options, &given("a", "b", "")), lands("$G", "a"));
    assert_eq!(login(&options, &given("a", "c", "")), Err(Refusal::WrongPassword));
    assert_eq!(login(&options, &given("b", "b", "")), Err(Refusal::UnknownUser));
    assert_eq!(login(&options, &given("", "", "")), Err(Refusal::Missing));
}

#[test]
fn many_users() {
    let hash = bcrypt::hash("pw", 4).unwrap();
    let mut options = Options::default();
    options.auth.users = vec![user("a", "b", None), user("h", &hash, Some("H"))];
    options.accounts = vec![AccountOptions::new("H")];
    for (credentials, expected) in [
        (given("a", "b", ""), lands("$G", "a")),
        (given("h", "pw", ""), lands("H", "h")),
        (given("h", &hash, ""), Err(Refusal::WrongPassword)),
        (given("a", "", ""), Err(Refusal::WrongPassword)),
        (given("x", "b", ""), Err(Refusal::UnknownUser)),
        (given("", "b", ""), Err(Refusal::Missing)),
        (given("", "", "b"), Err(Refusal::Missing)),
    ] {
        assert_eq!(login(&options, &credentials), expected, "{credentials:?}");
    }
    // Only the hash is slow.
    let authenticator = Authenticator::from_options(&options);
    let slow = |c| {
        matches!(
            authenticator.check(&c, ConnectionType::Standard, NONCE),
            Check::Slow(_)
        )
    };
    assert!(slow(given("h", "x", "")) && !slow(given("a", "b", "")) && !slow(given("x", "b", "")));
}

#[test]
fn a_user_for_those_without_login() {
    let hash = bcrypt::hash("pw", 4).unwrap();
    let mut options = Options::default();
    options.auth.users = vec![user("a", "b", None), user("guest", &hash, Some("G"))];
    options.auth.no_auth_user = Some("guest".to_owned());
    let authenticator = Authenticator::from_options(&options);
    assert!(authenticator.is_required() && !authenticator.is_required_in_info());
    assert_eq!(login(&options, &Credentials::default()), lands("G", "guest"));
    assert_eq!(login(&options, &given("a", "b", "")), lands("$G", "a"));
    assert_eq!(login(&options, &given("zz", "", "")), Err(Refusal::UnknownUser));
    assert_eq!(login(&options, &given("", "", "t")), Err(Refusal::Missing));
    let key_only = Credentials {
        nkey: "UABC".to_owned(),
        ..Credentials::default()
    };
    assert_eq!(login(&options, &key_only), lands("G", "guest"));
}

#[test]
fn only_the_system_account_has_users() {
    let mut options = Options {
        accounts: vec![AccountOptions::new("$SYS")],
        ..Options::default()
    };
    options.auth.users = vec![user("a", "b", Some("$SYS"))];
    assert!(Authenticator::from_options(&options).is_required_in_info());
    assert_eq!(login(&options, &Credentials::default()), lands("$G", "-"));
    assert_eq!(login(&options, &given("a", "b", "")), lands("$SYS", "a"));
    assert_eq!(login(&options, &given("zz", "", "")), Err(Refusal::UnknownUser));
    for change in [
        (|o: &mut Options| o.auth.block_defined = true) as fn(&mut Options),
        |o| o.accounts.push(AccountOptions::new("X")),
        |o| o.system_account = Some("S".to_owned()),
        |o| o.auth.users.push(user("c", "d", None)),
    ] {
        let mut options = options.clone();
        change(&mut options);
        assert_eq!(login(&options, &Credentials::default()), Err(Refusal::Missing));
    }
}

#[test]
fn keys() {
    let pair = nkeys::KeyPair::new_user();
    let public = pair.public_key();
    let mut options = Options::default();
    let mut keyed = user("", "", Some("K"));
    keyed.credential = Credential::Nkey(public.clone());
    options.auth.users = vec![user("a", "b", None), keyed];
    assert!(Authenticator::from_options(&options).needs_nonce());
    let signed = |nonce: &[u8]| Credentials {
        nkey: public.clone(),
        signature: URL_SAFE_NO_PAD.encode(pair.sign(nonce).unwrap()),
        ..Credentials::default()
    };
    assert_eq!(login(&options, &signed(NONCE)), lands("K", &public));
    assert_eq!(login(&options, &signed(b"another")), Err(Refusal::WrongSignature));
    assert_eq!(login(&options, &given("a", "b", "")), lands("$G", "a"));
    // A key is no user name, and a user name is no key.
    assert_eq!(
        login(&options, &given(&public, "", "")),
        Err(Refusal::UnknownUser)
    );
    let no_key = Credentials {
        nkey: "a".to_owned(),
        ..given("a", "b", "")
    };
    assert_eq!(login(&options, &no_key), Err(Refusal::UnknownUser));
    options.auth.no_auth_user = Some(public.clone());
    assert_eq!(login(&options, &Credentials::default()), lands("K", &public));
}

#[test]
fn doors_and_permissions() {
    let mut restricted = user("a", "b", None);
    restricted.connection_types = vec![ConnectionType::Websocket];
    restricted.permissions = Some(Permissions {
        publish: Some(SubjectPermission {
            allow: Some(vec!["x".to_owned()]),
            deny: Vec::new(),
        }),
        ..Permissions::default()
    });
    let mut options = Options::default();
    options.auth.users = vec![restricted];
    let credentials = given("a", "b", "");
    assert_eq!(login(&options, &credentials), Err(Refusal::WrongDoor));
    let permissions = login_at(&options, &credentials, ConnectionType::Websocket)
        .unwrap()
        .permissions
        .unwrap();
    assert!(permissions.can_publish(b"x") && !permissions.can_publish(b"y"));
}

#[test]
fn passwords_are_not_printed() {
    let printed = format!("{:?}", given("a", "hush", "hush"));
    assert!(
        printed.contains("\"a\"") && !printed.contains("hush"),
        "{printed}"
    );
}

#[test]
fn a_login_outlives_a_reload_that_leaves_it_alone() {
    let authenticator = |users: Vec<User>| {
        let mut options = Options::default();
        options.auth.users = users;
        Authenticator::from_options(&options)
    };
    let before = authenticator(vec![
        user("same", "p", None),
        user("other", "p", None),
        user("gone", "p", None),
        user("moved", "p", None),
    ]);
    let mut same = user("same", "p", None);
    same.permissions = Some(Permissions {
        publish: Some(SubjectPermission::default()),
        ..Permissions::default()
    });
    let after = authenticator(vec![
        same,
        user("other", "q", None),
        user("moved", "p", Some("A")),
    ]);
    let kept = |name| before.carry_over(&after, Some(name), "$G");
    let CarriedOver::Stays(login) = kept("same") else {
        panic!("it stays");
    };
    assert!(login.permissions.is_some());
    assert_eq!(kept("other"), CarriedOver::Refused);
    for name in ["gone", "moved"] {
        assert_eq!(kept(name), CarriedOver::Moved, "{name}");
    }

    let open = Authenticator::from_options(&Options::default());
    let stays = |kept| matches!(kept, CarriedOver::Stays(_));
    assert!(stays(open.carry_over(&open, None, "$G")));
    assert!(stays(before.carry_over(&open, Some("gone"), "$G")));
    assert_eq!(open.carry_over(&before, None, "$G"), CarriedOver::Refused);
    assert_eq!(before.carry_over(&open, Some("moved"), "A"), CarriedOver::Moved);
}
