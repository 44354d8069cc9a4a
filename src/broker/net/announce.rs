//! What a starting server says in the log, line by line as nats-server says it: scripts, containers
//! and test harnesses wait for these lines.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::broker::auth::is_hash;
use crate::broker::conf::{Credential, JetStreamOptions, Options, StoreCipher};
use crate::broker::jetstream::{API_LEVEL, SERVER_VERSION};
use crate::proto::info::Info;
use crate::util::duration;
use crate::util::short_hash::short_hash;

/// Longer messages than this are warned of.
const PAYLOAD_DISCOURAGED: usize = 8 * 1024 * 1024;

/// Bytes for JetStream where the system does not say how many it has.
const GUESSED_BYTES: u64 = 1 << 40;

/// The first lines: who starts here.
pub fn starting(options: &Options, info: &Info) {
    tracing::info!("Starting nats-server");
    tracing::info!("  Version:  {SERVER_VERSION}");
    tracing::info!("  Git:      [not set]");
    tracing::info!("  Name:     {}", info.server_name);
    if options.jetstream.is_some() {
        tracing::info!("  Node:     {}", short_hash(&info.server_name));
    }
    tracing::info!("  ID:       {}", info.server_id);
    if let Some(file) = &options.config_file {
        let digest = options.config_digest.as_deref().unwrap_or_default();
        tracing::info!("Using configuration file: {} ({digest})", file.display());
    }
    if has_plain_password(options) {
        tracing::warn!("Plaintext passwords detected, use nkeys or bcrypt");
    }
    if options.max_payload > PAYLOAD_DISCOURAGED {
        tracing::warn!(
            "Maximum payloads over {} are generally discouraged and could lead to poor performance",
            friendly_bytes(PAYLOAD_DISCOURAGED as u64)
        );
    }
    if !options.default_js_domain.is_empty() {
        tracing::warn!(
            "The option `default_js_domain` is a temporary backwards compatibility measure and will be removed"
        );
    }
}

/// Is there a password that everybody who reads the file can use?
fn has_plain_password(options: &Options) -> bool {
    // Where certificates say who somebody is, nobody needs a password.
    let by_certificate = options.tls.as_ref().is_some_and(|tls| tls.verify_and_map);
    let users = options.auth.users.iter();
    let passwords = users.filter_map(|user| match &user.credential {
        Credential::Password { password, .. } => Some(password),
        Credential::Nkey(_) => None,
    });
    let mut all = passwords.chain(&options.auth.password);
    let needs_none = |secret: &str| by_certificate && secret.is_empty();
    all.any(|secret| !is_hash(secret.expose()) && !needs_none(secret.expose()))
}

/// JetStream's lines, with the bytes that there are for streams.
pub fn jetstream(options: &JetStreamOptions, memory: u64, disk: u64) {
    tracing::info!("Starting JetStream");
    let folder = store_folder(options);
    if options.store_dir.is_none() {
        tracing::warn!("Temporary storage directory used, data could be lost on system reboot");
    }
    for line in [
        r"    _ ___ _____ ___ _____ ___ ___   _   __  __",
        r" _ | | __|_   _/ __|_   _| _ \ __| /_\ |  \/  |",
        r"| || | _|  | | \__ \ | | |   / _| / _ \| |\/| |",
        r" \__/|___| |_| |___/ |_| |_|_\___/_/ \_\_|  |_|",
        "",
        "         https://docs.nats.io/jetstream",
        "",
        "---------------- JETSTREAM ----------------",
    ] {
        tracing::info!("{line}");
    }
    tracing::info!("  Strict:          {}", options.strict);
    tracing::info!("  Max Memory:      {}", friendly_bytes(memory));
    tracing::info!("  Max Storage:     {}", friendly_bytes(disk));
    tracing::info!("  Store Directory: \"{}\"", folder.display());
    if let Some(domain) = &options.domain {
        tracing::info!("  Domain:          {domain}");
    }
    if options.encryption_key.is_some() {
        let cipher = match options.cipher {
            StoreCipher::ChaChaPoly => "ChaCha20-Poly1305",
            StoreCipher::Aes => "AES-GCM",
        };
        tracing::info!("  Encryption:      {cipher}");
    }
    tracing::info!("  API Level:       {}", API_LEVEL);
    tracing::info!("-------------------------------------------");
}

/// JetStream's last line.
pub fn jetstream_started(took: Duration) {
    tracing::info!("Took {} to start JetStream", duration::format(took));
}

/// What is said of the port that was bound.
pub fn listening(options: &Options, port: u16) {
    let host = &options.host;
    // As Go joins a host and a port.
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.clone()
    };
    tracing::info!("Listening for client connections on {host}:{port}");
    if options.proxy_protocol {
        tracing::info!("PROXY protocol enabled for client connections");
    }
    if let Some(tls) = &options.tls {
        let handshake_only = tls.handshake_first && tls.handshake_first_fallback.is_none();
        let may = if options.allow_non_tls && !handshake_only {
            "available"
        } else {
            "required"
        };
        tracing::info!("TLS {may} for client connections");
        if handshake_only {
            tracing::warn!("Clients that are not using \"TLS Handshake First\" option will fail to connect");
        }
    }
}

/// The last line: from now on clients are served.
pub fn ready() {
    tracing::info!("Server is ready");
}

/// Bytes for memory streams, as set or as the machine has them.
pub fn memory_max(options: &JetStreamOptions) -> u64 {
    options.max_memory.unwrap_or_else(memory_for_streams)
}

/// Bytes for file streams, as set or as the medium has them.
pub fn disk_max(options: &JetStreamOptions) -> u64 {
    let free = || disk_for_streams(&store_folder(options));
    options.max_file.unwrap_or_else(free)
}

/// The folder in the settings, or the temporary one.
pub fn store_dir(options: &JetStreamOptions) -> PathBuf {
    let temporary = || std::env::temp_dir().join("nats");
    options.store_dir.clone().unwrap_or_else(temporary)
}

/// The folder that JetStream makes for itself there.
fn store_folder(options: &JetStreamOptions) -> PathBuf {
    store_dir(options).join("jetstream")
}

/// Three quarters of the machine's memory.
fn memory_for_streams() -> u64 {
    let info = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kibibytes: Option<u64> = total.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    kibibytes.map_or(GUESSED_BYTES, |kibibytes| kibibytes * 1024 / 4 * 3)
}

/// Three quarters of what is free where the folder is, or will be.
fn disk_for_streams(folder: &Path) -> u64 {
    let existing = folder.ancestors().find(|ancestor| ancestor.exists());
    let found = existing.and_then(|ancestor| rustix::fs::statvfs(ancestor).ok());
    found.map_or(GUESSED_BYTES, |found| found.f_bavail * found.f_frsize / 4 * 3)
}

/// Bytes as nats-server writes them: binary units with decimal names.
pub fn friendly_bytes(bytes: u64) -> String {
    const UNITS: [&str; 7] = ["B", "KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let power = (bytes.ilog2() / 10) as usize;
    let value = bytes as f64 / 1024f64.powi(power as i32);
    format!("{value:.2} {}", UNITS[power])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_look_as_nats_server_writes_them() {
        assert_eq!(friendly_bytes(1023), "1023 B");
        assert_eq!(friendly_bytes(64 << 20), "64.00 MB");
        assert_eq!(friendly_bytes((17.66 * (1u64 << 30) as f64) as u64), "17.66 GB");
    }
}
