//! Environment variables as a value, so that what they mean can be tested without setting them.

use std::collections::HashMap;

use super::profile::Profile;

/// The variables of a process.
#[derive(Debug, Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// Those of this process; values that are not UTF-8 are left out.
    pub fn of_process() -> Environment {
        Environment(
            std::env::vars_os()
                .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        )
    }

    /// Exactly these.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Environment {
        Environment(
            pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// The context that `NATS_CONTEXT` names.
    pub fn context(&self) -> Option<String> {
        self.get("NATS_CONTEXT")
    }

    /// What the `NATS_*` variables say about the connection.
    pub fn profile(&self) -> Profile {
        let text = |name| self.get(name).unwrap_or_default();
        Profile {
            url: text("NATS_URL"),
            token: text("NATS_TOKEN"),
            creds: text("NATS_CREDS"),
            nkey: text("NATS_NKEY"),
            user_jwt: text("NATS_JWT"),
            user_seed: text("NATS_SEED"),
            cert: text("NATS_CERT"),
            key: text("NATS_KEY"),
            ca: text("NATS_CA"),
            socks_proxy: text("NATS_SOCKS_PROXY"),
            ..Profile::default()
        }
        .with_user(&text("NATS_USER"), &text("NATS_PASSWORD"))
    }

    /// Replaces `$NAME`, `${NAME}` and a leading `~`, as natscli does in paths.
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let (name, after) = variable_name(&rest[at + 1..]);
            out.push_str(self.0.get(name).map_or("", String::as_str));
            rest = after;
        }
        out.push_str(rest);
        match (out.strip_prefix('~'), self.home()) {
            (Some(tail), Some(home)) => home + tail,
            _ => out,
        }
    }

    /// The user's home folder.
    pub fn home(&self) -> Option<String> {
        self.get("HOME").or_else(|| self.get("USERPROFILE"))
    }
}

/// Splits what follows a `$` into the name and the rest.
fn variable_name(text: &str) -> (&str, &str) {
    if let Some((name, rest)) = text.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        return (name, rest);
    }
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_expanded() {
        let env = Environment::of([("HOME", "/home/kari"), ("CONF", "/etc/n")]);
        for (text, expected) in [
            ("/a/b", "/a/b"),
            ("~/x", "/home/kari/x"),
            ("$CONF/x", "/etc/n/x"),
            ("${CONF}x$MISSING", "/etc/nx"),
            ("$HOME/~", "/home/kari/~"),
        ] {
            assert_eq!(env.expand(text), expected, "{text}");
        }
    }

    #[test]
    fn a_user_without_a_password_is_a_token() {
        let token = Environment::of([("NATS_USER", "s3cret")]).profile();
        assert_eq!((token.token.as_str(), token.user.as_str()), ("s3cret", ""));
        let user = Environment::of([("NATS_USER", "u"), ("NATS_PASSWORD", "p")]).profile();
        assert_eq!((user.token.as_str(), user.user.as_str()), ("", "u"));
    }
}
