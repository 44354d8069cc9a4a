//! A `tls` block. Its files are not opened here.

use super::context::{at, not_built, refuse};
use super::read::{array, map, strict_duration, text, timeout};
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{CertificatePair, HANDSHAKE_FIRST_FALLBACK, TlsOptions};
use crate::broker::conf::value::{Data, Value};
use crate::util::duration;
use std::time::Duration;

/// Cipher suites that Go offers.
const SUITES: [&str; 13] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
];

/// Those that it offers only to who insists.
const INSECURE_SUITES: [&str; 12] = [
    "TLS_RSA_WITH_RC4_128_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA",
    "TLS_RSA_WITH_AES_128_CBC_SHA256",
    "TLS_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
];

/// Curves that nats-server knows.
const CURVES: [&str; 5] = ["X25519MLKEM768", "X25519", "CurveP256", "CurveP384", "CurveP521"];

/// Reads the block. The first mistake ends it, as in the original.
pub(super) fn read(value: &Value) -> Result<TlsOptions, Diagnostic> {
    let mut tls = TlsOptions {
        place: Some(value.place.clone()),
        ..TlsOptions::default()
    };
    let (mut cert, mut key_file) = (None, None);
    for (key, value) in map(value)?.iter() {
        match key.to_lowercase().as_str() {
            "cert_file" => cert = Some(file(key, value)?),
            "key_file" => key_file = Some(file(key, value)?),
            "ca_file" => tls.ca_file = Some(file(key, value)?.into()),
            name => setting(&mut tls, name, key, value)?,
        }
    }
    match (cert, key_file) {
        (Some(_), _) if !tls.certificates.is_empty() => {
            return refuse(
                value,
                "error parsing tls config, cannot combine 'cert_file' option with 'certs' option",
            );
        }
        (Some(cert_file), Some(key_file)) => tls.certificates.push(CertificatePair {
            cert_file: cert_file.into(),
            key_file: key_file.into(),
        }),
        (Some(_), None) => return refuse(value, "missing 'key_file' in TLS configuration"),
        (None, Some(_)) => return refuse(value, "missing 'cert_file' in TLS configuration"),
        (None, None) => {}
    }
    let insecure = tls
        .cipher_suites
        .iter()
        .filter(|name| INSECURE_SUITES.contains(&name.as_str()));
    let insecure: Vec<&str> = insecure.map(String::as_str).collect();
    if !insecure.is_empty() && !tls.allow_insecure_cipher_suites {
        let names = insecure.join(", ");
        return refuse(
            value,
            format!(
                "insecure cipher suites configured without 'allow_insecure_cipher_suites' option set: {names}"
            ),
        );
    }
    Ok(tls)
}

fn setting(tls: &mut TlsOptions, name: &str, key: &str, value: &Value) -> Result<(), Diagnostic> {
    match name {
        "insecure" => tls.insecure = truth(key, value)?,
        "verify" => tls.verify = truth(key, value)?,
        "verify_and_map" => {
            tls.verify_and_map = truth(key, value)?;
            tls.verify |= tls.verify_and_map;
        }
        "verify_cert_and_check_known_urls" => {
            if truth(key, value)? {
                return refuse(
                    value,
                    "verify_cert_and_check_known_urls not supported in this context",
                );
            }
        }
        "allow_insecure_cipher_suites" => tls.allow_insecure_cipher_suites = truth(key, value)?,
        "cipher_suites" => {
            let known = [&SUITES[..], &INSECURE_SUITES].concat();
            tls.cipher_suites = names(key, value, "cipher", &known)?;
        }
        "curve_preferences" => {
            tls.curve_preferences = names(key, value, "curve preference", &CURVES)?;
        }
        "timeout" => tls.timeout = timeout("tls", value)?,
        "connection_rate_limit" => match value.data {
            Data::Integer(n) => tls.connection_rate_limit = u32::try_from(n).ok().filter(|n| *n > 0),
            _ => {
                return refuse(
                    value,
                    "error parsing tls config, 'connection_rate_limit' wrong type",
                );
            }
        },
        "pinned_certs" => tls.pinned_certs = pinned_certs(value)?,
        "handshake_first" | "first" | "immediate" => handshake_first(tls, key, value)?,
        "certs" | "certificates" => tls.certificates = certificates(value)?,
        "min_version" => tls.min_version = Some(min_version(value)?),
        "ocsp_peer" => {
            if value.data != Data::Bool(false) {
                return refuse(value, not_built(key));
            }
        }
        // The certificate store of Windows.
        "cert_store" | "cert_match_by" | "cert_match" | "ca_certs_match" | "cert_match_skip_invalid" => {
            return refuse(value, not_built(key));
        }
        _ => return refuse(value, format!("error parsing tls config, unknown field {key:?}")),
    }
    Ok(())
}

fn file(key: &str, value: &Value) -> Result<String, Diagnostic> {
    match &value.data {
        Data::Text(name) => Ok(name.clone()),
        _ => refuse(
            value,
            format!("error parsing tls config, expected '{key}' to be filename"),
        ),
    }
}

fn truth(key: &str, value: &Value) -> Result<bool, Diagnostic> {
    match value.data {
        Data::Bool(on) => Ok(on),
        _ => refuse(
            value,
            format!("error parsing tls config, expected '{key}' to be a boolean"),
        ),
    }
}

/// Names of `what`, each of them one that Go knows.
fn names(key: &str, value: &Value, what: &str, known: &[&str]) -> Result<Vec<String>, Diagnostic> {
    let items = array(value)?;
    if items.is_empty() {
        return refuse(
            value,
            format!("error parsing tls config, '{key}' cannot be empty"),
        );
    }
    let name = |item: &Value| {
        let name = text(item)?;
        if known.contains(&name.as_str()) {
            Ok(name)
        } else {
            refuse(item, format!("unrecognized {what} {name}"))
        }
    };
    items.iter().map(name).collect()
}

fn pinned_certs(value: &Value) -> Result<Vec<String>, Diagnostic> {
    let Data::Array(items) = &value.data else {
        return refuse(
            value,
            "error parsing tls config, expected 'pinned_certs' to be a list of hex-encoded sha256 of \
             DER encoded SubjectPublicKeyInfo",
        );
    };
    items
        .iter()
        .map(|item| {
            let hash = text(item)?.to_lowercase();
            if hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()) {
                return Ok(hash);
            }
            refuse(
                item,
                format!(
                    "error parsing tls config, 'pinned_certs' key {hash} does not look like hex-encoded \
                     sha256 of DER encoded SubjectPublicKeyInfo"
                ),
            )
        })
        .collect()
}

fn handshake_first(tls: &mut TlsOptions, key: &str, value: &Value) -> Result<(), Diagnostic> {
    tls.handshake_first_fallback = None;
    tls.handshake_first = match &value.data {
        Data::Bool(on) => *on,
        Data::Text(text) => match text.to_lowercase().as_str() {
            "true" | "on" => true,
            "false" | "off" => false,
            "auto" | "auto_fallback" => {
                tls.handshake_first_fallback = Some(HANDSHAKE_FIRST_FALLBACK);
                true
            }
            _ => {
                let delay = duration::parse(text)
                    .map_err(|_| at(value, format!("field {key:?}'s value {text:?} is invalid")))?;
                tls.handshake_first_fallback = Some(delay).filter(|d| !d.is_zero());
                true
            }
        },
        other => {
            let found = other.go_type();
            return refuse(
                value,
                format!("field {key:?} should be a boolean or a string, got {found}"),
            );
        }
    };
    Ok(())
}

fn certificates(value: &Value) -> Result<Vec<CertificatePair>, Diagnostic> {
    let unsupported = |value: &Value| {
        at(
            value,
            format!(
                "error parsing certificates config: unsupported type {}",
                value.data.go_type()
            ),
        )
    };
    let Data::Array(items) = &value.data else {
        return Err(unsupported(value));
    };
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        let Data::Map(map) = &item.data else {
            return Err(unsupported(item));
        };
        let (mut cert_file, mut key_file) = (String::new(), String::new());
        for (key, value) in map.iter() {
            let file = text(value).map_err(|_| unsupported(value))?;
            match key {
                "cert_file" => cert_file = file,
                "key_file" => key_file = file,
                _ => {
                    return refuse(
                        value,
                        format!("error parsing tls certs config, unknown field {key:?}"),
                    );
                }
            }
        }
        if cert_file.is_empty() || key_file.is_empty() {
            return refuse(
                item,
                "error parsing certificates config: both 'cert_file' and 'cert_key' options are required",
            );
        }
        pairs.push(CertificatePair {
            cert_file: cert_file.into(),
            key_file: key_file.into(),
        });
    }
    Ok(pairs)
}

fn min_version(value: &Value) -> Result<String, Diagnostic> {
    let wrong = |why: String| refuse(value, format!("error parsing tls config: {why}"));
    let Data::Text(version) = &value.data else {
        return wrong(format!("'min_version' wrong type: {}", value.data));
    };
    match version.as_str() {
        "1.2" | "1.3" => Ok(version.clone()),
        "1.0" | "1.1" => wrong(format!("unsupported TLS version: TLS {version}")),
        _ => wrong(format!("unknown version: {version}")),
    }
}

/// The duration of a handshake, as the WebSocket door writes it: text, or a number of seconds.
pub(super) fn handshake_timeout(value: &Value) -> Result<Duration, Diagnostic> {
    match &value.data {
        Data::Integer(n) => Ok(Duration::from_secs((*n).try_into().unwrap_or(0))),
        Data::Text(_) => strict_duration(value),
        other => refuse(
            value,
            format!(
                "error parsing handshake timeout: unsupported type {}",
                other.go_type()
            ),
        ),
    }
}
