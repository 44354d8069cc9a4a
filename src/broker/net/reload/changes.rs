//! What is different, as nats-server says it.

use std::fmt::Display;

use crate::broker::conf::{Credential, Options, TlsOptions, User};
use crate::broker::net::announce::friendly_bytes;
use crate::util::duration;

/// The lines of the log for what is different, in nats-server's order.
#[derive(Default)]
struct Lines(Vec<String>);

impl Lines {
    fn say(&mut self, changed: bool, what: &str) {
        if changed {
            self.0.push(format!("Reloaded: {what}"));
        }
    }

    fn value<T: PartialEq + Display>(&mut self, what: &str, old: &T, new: &T) {
        self.say(old != new, &format!("{what} = {new}"));
    }
}

/// Everything that is different. Users and accounts are always made anew.
pub fn changes(old: &Options, new: &Options) -> Vec<String> {
    let mut lines = Lines::default();
    if old.client_advertise != new.client_advertise {
        let address = new.client_advertise.as_deref().unwrap_or_default();
        lines.0.push(format!("Reload: client_advertise = {address}"));
    }
    let (log, was) = (&new.log, &old.log);
    lines.value("trace", &was.trace, &log.trace);
    lines.value("debug", &was.debug, &log.debug);
    lines.value("trace_verbose", &was.trace_verbose, &log.trace_verbose);
    lines.value("trace_headers", &was.trace_headers, &log.trace_headers);
    lines.value("logtime", &was.time, &log.time);
    lines.value("logtime_utc", &was.time_utc, &log.time_utc);
    lines.value("max_connections", &old.max_connections, &new.max_connections);
    who(&mut lines, old, new);
    sizes(&mut lines, old, new);
    jetstream(&mut lines, old, new);
    let path =
        |path: &Option<std::path::PathBuf>| path.as_deref().unwrap_or("".as_ref()).display().to_string();
    if new.pid_file.is_some() {
        lines.value("pid_file", &path(&old.pid_file), &path(&new.pid_file));
    }
    lines.value(
        "ports_file_dir",
        &path(&old.ports_file_dir),
        &path(&new.ports_file_dir),
    );
    lines.value("log_file", &path(&was.file), &path(&log.file));
    lines.value("syslog", &was.syslog, &log.syslog);
    let address = |address: &Option<String>| address.clone().unwrap_or_default();
    lines.value(
        "remote_syslog",
        &address(&was.remote_syslog),
        &address(&log.remote_syslog),
    );
    tls(&mut lines, old, new);
    let deadline = |options: &Options| duration::format(options.write_deadline);
    lines.value("write_deadline", &deadline(old), &deadline(new));
    lines.value(
        "max_traced_msg_len",
        &was.max_traced_msg_len,
        &log.max_traced_msg_len,
    );
    lines.value(
        "connect_error_reports",
        &old.connect_error_reports,
        &new.connect_error_reports,
    );
    lines.value(
        "reconnect_error_reports",
        &old.reconnect_error_reports,
        &new.reconnect_error_reports,
    );
    lines.say(old.server_tags != new.server_tags, "tags");
    lines.say(old.server_metadata != new.server_metadata, "metadata");
    lines.0
}

fn who(lines: &mut Lines, old: &Options, new: &Options) {
    let keys = |options: &Options| -> Vec<User> {
        let users = options.auth.users.iter();
        let with_key = users.filter(|user| matches!(user.credential, Credential::Nkey(_)));
        with_key.cloned().collect()
    };
    lines.say(keys(old) != keys(new), "authorization nkey users");
    lines.say(true, "authorization users");
    lines.say(true, "accounts");
    let (auth, was) = (&new.auth, &old.auth);
    lines.say(auth.user != was.user, "authorization username");
    lines.say(auth.password != was.password, "authorization password");
    lines.say(auth.token != was.token, "authorization token");
}

fn sizes(lines: &mut Lines, old: &Options, new: &Options) {
    let interval = |options: &Options| duration::format(options.ping_interval);
    lines.value("ping_interval", &interval(old), &interval(new));
    lines.value("ping_max", &old.ping_max, &new.ping_max);
    let timeout = |options: &Options| options.auth_timeout.as_secs_f64();
    lines.value("authorization timeout", &timeout(old), &timeout(new));
    lines.value("max_control_line", &old.max_control_line, &new.max_control_line);
    lines.value("max_payload", &old.max_payload, &new.max_payload);
    let not = if new.no_fast_producer_stall { "not " } else { "" };
    lines.say(
        old.no_fast_producer_stall != new.no_fast_producer_stall,
        &format!("fast producers will {not}be stalled"),
    );
}

fn jetstream(lines: &mut Lines, old: &Options, new: &Options) {
    let (Some(old), Some(new)) = (&old.jetstream, &new.jetstream) else {
        return lines.say(old.jetstream.is_some() != new.jetstream.is_some(), "JetStream");
    };
    for (what, old, new) in [
        ("max_mem_store", old.max_memory, new.max_memory),
        ("max_file_store", old.max_file, new.max_file),
    ] {
        let bytes = friendly_bytes(new.unwrap_or_default());
        lines.say(old != new, &format!("JetStream {what} = {bytes}"));
    }
}

fn tls(lines: &mut Lines, old: &Options, new: &Options) {
    let timeout = |options: &Options| {
        let timeout = options.tls.as_ref().and_then(|tls| tls.timeout);
        timeout.map_or(0.0, |timeout| timeout.as_secs_f64())
    };
    lines.value("tls timeout", &timeout(old), &timeout(new));
    // The files may have changed under the same names, so that it is always said where there is TLS.
    let what = match &new.tls {
        Some(_) => "tls = enabled",
        None => "tls = disabled",
    };
    lines.say(old.tls.is_some() || new.tls.is_some(), what);
    let defaults = TlsOptions::default();
    let (old, new) = (
        old.tls.as_ref().unwrap_or(&defaults),
        new.tls.as_ref().unwrap_or(&defaults),
    );
    let pinned = new.pinned_certs.len();
    lines.say(
        old.pinned_certs != new.pinned_certs,
        &format!("{pinned} pinned_certs"),
    );
    let first = new.handshake_first;
    lines.say(
        old.handshake_first != first,
        &format!("Client TLS handshake first: {first}"),
    );
    let delay = duration::format(new.handshake_first_fallback.unwrap_or_default());
    lines.say(
        old.handshake_first_fallback != new.handshake_first_fallback,
        &format!("Client TLS handshake first fallback delay: {delay}"),
    );
}
