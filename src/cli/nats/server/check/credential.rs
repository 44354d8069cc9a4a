//! Is a credentials file well, and for how long?

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::{Check, Datum};
use crate::cli::nats::human::{local, span, text};
use crate::cli::nats::typed::parse_duration;
use crate::util::time::Timestamp;

/// Largest credentials file that is read, in bytes.
const CREDENTIAL_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, clap::Args)]
pub(super) struct CredentialArgs {
    /// The file holding the NATS credential
    #[arg(long, value_name = "FILE")]
    credential: PathBuf,
    /// Warning threshold for time before expiry
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    validity_warn: Duration,
    /// Critical threshold for time before expiry
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = parse_duration)]
    validity_critical: Duration,
    /// Requires the credential to have expiry set (--no-require-expiry turns it off)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set)]
    require_expiry: bool,
}

pub(super) fn credential(args: &CredentialArgs) -> Check {
    let mut check = Check::new("credential", "Credential");
    match expiry(args) {
        Ok(expires) => validity(expires, args, Timestamp::now(), &mut check),
        Err(error) => check.critical(error.to_string()),
    }
    check
}

/// When the JWT of a credentials file ends, in seconds since 1970; 0 for never.
fn expiry(args: &CredentialArgs) -> anyhow::Result<i64> {
    let path = &args.credential;
    let inaccessible = |e: std::io::Error| anyhow!("credential not accessible: {}: {e}", path.display());
    let about = std::fs::metadata(path).map_err(inaccessible)?;
    if about.is_dir() {
        bail!("credential not accessible: is a directory");
    }
    if about.len() > CREDENTIAL_BYTES_MAX {
        bail!("invalid credential: larger than 1 MiB");
    }
    let file = std::fs::read_to_string(path).map_err(inaccessible)?;
    claims(&file)
        .map(|claims| claims["exp"].as_i64().unwrap_or(0))
        .map_err(|e| anyhow!("invalid credential: {e}"))
}

/// The claims of the user JWT in the file, signed by whom they say.
fn claims(file: &str) -> anyhow::Result<Value> {
    let token = file
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("eyJ"))
        .ok_or_else(|| anyhow!("no JWT found"))?;
    let [header, body, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        bail!("expected 3 chunks in the JWT");
    };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body)?)?;
    let issuer = nkeys::KeyPair::from_public_key(text(&claims["iss"]))?;
    let signed = format!("{header}.{body}");
    issuer
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature)?)
        .map_err(|_| anyhow!("claim failed signature verification"))?;
    Ok(claims)
}

fn validity(expires: i64, args: &CredentialArgs, now: Timestamp, check: &mut Check) {
    let until = (expires - now.nanos() / 1_000_000_000) as f64;
    let (warn, crit) = (args.validity_warn, args.validity_critical);
    let limits = (warn.as_secs_f64(), crit.as_secs_f64());
    check.measured(
        Datum::new("expiry", until, "Expiry time in seconds")
            .unit("s")
            .limits(limits.0, limits.1),
    );
    if expires == 0 && args.require_expiry {
        check.critical("never expires");
    } else if !crit.is_zero() && until <= limits.1 {
        check.critical(format!("expires sooner than {}", span(crit)));
    } else if !warn.is_zero() && until <= limits.0 {
        check.warn(format!("expires sooner than {}", span(warn)));
    } else if expires == 0 {
        check.ok("never expires");
    } else {
        let end = Timestamp::from_nanos(expires.saturating_mul(1_000_000_000));
        check.ok(format!("expires in {}", local(Some(end))));
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::*;
    use clap::Parser;
    use serde_json::json;

    #[derive(Parser)]
    struct Credential {
        #[command(flatten)]
        args: CredentialArgs,
    }

    #[test]
    fn a_credential_is_read_and_must_be_signed() {
        let account = nkeys::KeyPair::new_account();
        let jwt = |claims: Value| {
            let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
            let signed = format!("{}.{}", part(&json!({"typ": "JWT"})), part(&claims));
            let signature = account.sign(signed.as_bytes()).unwrap();
            format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
        };
        let token = jwt(json!({"iss": account.public_key(), "exp": 4_000_000_000_i64}));
        let file = format!("-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n");
        assert_eq!(claims(&file).unwrap()["exp"], 4_000_000_000_i64);
        let forged = jwt(json!({"iss": nkeys::KeyPair::new_account().public_key()}));
        assert!(claims(&forged).unwrap_err().to_string().contains("signature"));
        assert!(claims("nothing").is_err());

        let said = |expires: i64, line: &str| {
            let typed =
                Credential::try_parse_from(format!("x --credential f {line}").split_whitespace()).unwrap();
            let mut check = Check::new("credential", "Credential");
            validity(expires, &typed.args, Timestamp::from_nanos(0), &mut check);
            let said = check.render(Format::Nagios, "");
            said.split(" | ").next().unwrap().to_owned()
        };
        assert_eq!(said(0, ""), "CRITICAL Credential Crit:never expires");
        assert_eq!(
            said(0, "--require-expiry=false"),
            "OK Credential OK:never expires"
        );
        assert_eq!(
            said(60, "--validity-warn 1h --validity-critical 1s"),
            "WARNING Credential Warn:expires sooner than 1h0m0s"
        );
        assert_eq!(
            said(60, "--validity-critical 1h"),
            "CRITICAL Credential Crit:expires sooner than 1h0m0s"
        );
    }
}
