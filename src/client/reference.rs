//! Values of a context that point elsewhere: a path, or a URI such as `env://NAME`.
//!
//! The kinds are those of natscli's contexts. `op://` (1Password) and `nsc://` need foreign programs,
//! which we never start on behalf of a file; they are reported by name instead.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::environment::Environment;

/// Largest file or variable that is read as a credential, in bytes.
const CREDENTIAL_BYTES_MAX: u64 = 1 << 20;

/// Why a value cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ReferenceError {
    /// A kind of reference that needs a foreign program.
    #[error("{field}: {scheme}: references are not supported here; use a file, env:// or data: instead")]
    Unsupported {
        /// Name of the setting.
        field: &'static str,
        /// The kind, without colon.
        scheme: String,
    },
    /// The file cannot be read.
    #[error("{field}: {}: {source}", path.display())]
    File {
        /// Name of the setting.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The variable is absent or empty.
    #[error("{field}: variable {name:?} is not set")]
    Variable {
        /// Name of the setting.
        field: &'static str,
        /// Name of the variable.
        name: String,
    },
    /// Not `data:…;base64,…`, not UTF-8, or too large.
    #[error("{field}: {reason}")]
    Malformed {
        /// Name of the setting.
        field: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The text of a credential that lives in a file unless the value is a URI (`creds`, `nkey`).
pub(super) fn read(field: &'static str, value: &str, env: &Environment) -> Result<String, ReferenceError> {
    match scheme(value) {
        None | Some("file") => read_file(field, &path_of(value, env)),
        Some(_) => literal(field, value, env),
    }
}

/// The text of a value that stands for itself unless it is a URI (`token`, `password`, `user_jwt`, `user_seed`).
pub(super) fn literal(field: &'static str, value: &str, env: &Environment) -> Result<String, ReferenceError> {
    match scheme(value) {
        None => Ok(value.to_owned()),
        Some("file") => read_file(field, &path_of(value, env)),
        Some("env") => {
            let name = value.trim_start_matches("env:").trim_start_matches("//");
            env.get(name).ok_or_else(|| ReferenceError::Variable {
                field,
                name: name.to_owned(),
            })
        }
        Some("data") => decode_data(field, value),
        Some(scheme) => Err(ReferenceError::Unsupported {
            field,
            scheme: scheme.to_owned(),
        }),
    }
}

/// A text as a reference that holds it.
pub(super) fn embed(text: &str) -> String {
    format!("data:;base64,{}", STANDARD.encode(text))
}

/// A value that must be a path, since TLS wants files (`cert`, `key`, `ca`).
pub(super) fn path(field: &'static str, value: &str, env: &Environment) -> Result<PathBuf, ReferenceError> {
    match scheme(value) {
        None | Some("file") => Ok(path_of(value, env)),
        Some(scheme) => Err(ReferenceError::Unsupported {
            field,
            scheme: scheme.to_owned(),
        }),
    }
}

fn scheme(value: &str) -> Option<&'static str> {
    const KNOWN: [&str; 5] = ["file", "env", "data", "op", "nsc"];
    let (head, _) = value.split_once(':')?;
    KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(head))
}

fn path_of(value: &str, env: &Environment) -> PathBuf {
    let bare = value
        .strip_prefix("file://")
        .or_else(|| value.strip_prefix("file:"))
        .unwrap_or(value);
    PathBuf::from(env.expand(bare))
}

fn read_file(field: &'static str, path: &Path) -> Result<String, ReferenceError> {
    let failed = |source| ReferenceError::File {
        field,
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > CREDENTIAL_BYTES_MAX {
        let reason = "the file is larger than 1 MiB";
        return Err(ReferenceError::Malformed { field, reason });
    }
    std::fs::read_to_string(path).map_err(failed)
}

fn decode_data(field: &'static str, value: &str) -> Result<String, ReferenceError> {
    let malformed = |reason| ReferenceError::Malformed { field, reason };
    let (head, payload) = value
        .split_once(',')
        .ok_or(malformed("data: reference without a comma"))?;
    if !head.ends_with(";base64") {
        return Err(malformed("data: reference must be base64"));
    }
    let bytes = STANDARD
        .decode(payload.trim())
        .map_err(|_| malformed("data: reference is not valid base64"))?;
    String::from_utf8(bytes).map_err(|_| malformed("data: reference is not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_followed_or_named() {
        let env = Environment::of([("HOME", "/home/kari"), ("SECRET", "s3cret")]);
        assert_eq!(literal("token", "plain", &env).unwrap(), "plain");
        assert_eq!(literal("token", "env://SECRET", &env).unwrap(), "s3cret");
        assert_eq!(literal("token", "data:;base64,aGVp", &env).unwrap(), "hei");
        assert_eq!(
            path("ca", "~/ca.pem", &env).unwrap(),
            PathBuf::from("/home/kari/ca.pem")
        );
        for (value, said) in [
            ("op://vault/x", "op: references are not supported"),
            ("env://MISSING", "\"MISSING\" is not set"),
            ("data:,hei", "must be base64"),
            ("file:///nowhere/at/all", "/nowhere/at/all"),
        ] {
            let error = literal("token", value, &env).unwrap_err().to_string();
            assert!(error.starts_with("token: ") && error.contains(said), "{error}");
        }
        assert!(path("ca", "data:;base64,aGVp", &env).is_err());
    }
}
