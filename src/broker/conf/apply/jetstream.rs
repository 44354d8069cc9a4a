//! The `jetstream` blocks of server and accounts.

use std::time::Duration;

use super::context::{Context, at, not_built, refuse, unknown};
use super::read::{
    boolean, count, duration, limit, limit_from_zero, map_or, path, secret, some_text, storage_size, text,
};
use crate::broker::conf::draft::Draft;
use crate::broker::conf::error::Diagnostic;
use crate::broker::conf::options::{AccountJetStream, JetStreamLimits, StoreCipher};
use crate::broker::conf::value::{Data, Map, Value};
use crate::util::duration as go_duration;

/// The store's folder, which may stand inside the block or at the top level, but not in both.
pub(super) fn store_dir(draft: &mut Draft, value: &Value) -> Result<(), Diagnostic> {
    if draft.store_dir.is_some() {
        return refuse(value, "Duplicate 'store_dir' configuration");
    }
    draft.store_dir = path(value)?;
    Ok(())
}

/// Reads the server's block: on, off, or a map.
pub(super) fn apply(context: &mut Context, draft: &mut Draft, value: &Value) -> Result<(), Diagnostic> {
    match enabled(value)? {
        Enabled::Plain(on) => draft.jetstream_enabled = on,
        Enabled::Map(map) => {
            draft.jetstream_enabled = true;
            context.each(map, |context, key, value| {
                server_field(context, draft, key, value)
            });
        }
    }
    Ok(())
}

enum Enabled<'v> {
    Plain(bool),
    Map(&'v Map),
}

fn enabled(value: &Value) -> Result<Enabled<'_>, Diagnostic> {
    match &value.data {
        Data::Bool(on) => Ok(Enabled::Plain(*on)),
        Data::Map(map) => Ok(Enabled::Map(map)),
        Data::Text(text) => match text.to_lowercase().as_str() {
            "enabled" | "enable" => Ok(Enabled::Plain(true)),
            "disabled" | "disable" => Ok(Enabled::Plain(false)),
            _ => refuse(
                value,
                format!("Expected 'enabled' or 'disabled' for string value, got '{text}'"),
            ),
        },
        other => refuse(
            value,
            format!(
                "Expected map, bool or string to define JetStream, got {}",
                other.go_type()
            ),
        ),
    }
}

fn server_field(
    context: &mut Context,
    draft: &mut Draft,
    key: &str,
    value: &Value,
) -> Result<(), Diagnostic> {
    let jetstream = &mut draft.jetstream;
    match key.to_lowercase().as_str() {
        "enable" | "enabled" => draft.jetstream_enabled = boolean(value)?,
        "strict" => match value.data {
            Data::Bool(on) => jetstream.strict = on,
            ref other => {
                return refuse(
                    value,
                    format!("Expected 'true' or 'false' for bool value, got '{other}'"),
                );
            }
        },
        "store" | "store_dir" | "storedir" => store_dir(draft, value)?,
        "sync" | "sync_interval" => {
            let always = matches!(&value.data, Data::Text(text) if text.eq_ignore_ascii_case("always"));
            jetstream.sync_always = always;
            if !always {
                jetstream.sync_interval = duration(context, key, value)?;
            }
        }
        "max_memory_store" | "max_mem_store" | "max_mem" => {
            jetstream.max_memory = storage(value, "max_mem_store")?;
        }
        "max_file_store" | "max_file" => jetstream.max_file = storage(value, "max_file_store")?,
        "domain" => jetstream.domain = some_text(value)?,
        "unique_tag" => jetstream.unique_tag = some_text(value)?.map(|tag| tag.trim().to_lowercase()),
        "limits" => limits(context, &mut jetstream.limits, value)?,
        // Nothing on one server catches up with another, and there is no JWT to hint at.
        "max_outstanding_catchup" => drop(storage(value, key)?),
        "extension_hint" => drop(text(value)?),
        "max_buffered_size" => {
            if let Some(bytes) = storage(value, key)?.filter(|n| *n > 0) {
                jetstream.max_buffered_size = bytes;
            }
        }
        "max_buffered_msgs" => {
            if let Some(messages) = sized(limit(value), key, value)? {
                jetstream.max_buffered_msgs = messages;
            }
        }
        "request_queue_limit" => {
            if let Some(requests) = sized(limit(value), key, value)? {
                jetstream.request_queue_limit = requests;
            }
        }
        "info_queue_limit" => {
            if let Some(requests) = sized(limit(value), key, value)? {
                jetstream.info_queue_limit = requests;
            }
        }
        // The log that a cluster's servers share; there is none.
        "meta_compact" | "meta_compact_size" => drop(storage(value, key)?),
        "meta_compact_sync" => drop(boolean(value)?),
        "max_concurrent_io" => match value.data {
            Data::Integer(4..=8192) => jetstream.max_concurrent_io = Some(count(value)?),
            ref other => {
                return refuse(
                    value,
                    format!("Expected an absolute size for {key:?} between 4 and 8192, got {other}"),
                );
            }
        },
        "key" | "ek" | "encryption_key" => jetstream.encryption_key = secret(value)?,
        "prev_key" | "prev_ek" | "prev_encryption_key" => jetstream.previous_encryption_key = secret(value)?,
        "cipher" => jetstream.cipher = cipher(value)?,
        "tpm" => return refuse(value, not_built("jetstream tpm")),
        _ => return unknown(key, value),
    }
    Ok(())
}

fn cipher(value: &Value) -> Result<StoreCipher, Diagnostic> {
    let name = text(value)?;
    match name.to_lowercase().as_str() {
        "chacha" | "chachapoly" => Ok(StoreCipher::ChaChaPoly),
        "aes" => Ok(StoreCipher::Aes),
        _ => refuse(value, format!("Unknown cipher type: {name:?}")),
    }
}

/// A size; what is below 0 leaves the choice to us.
fn storage(value: &Value, field: &str) -> Result<Option<u64>, Diagnostic> {
    let bytes = storage_size(value).map_err(|e| at(value, format!("{field} {e}")))?;
    Ok(u64::try_from(bytes).ok())
}

/// Replaces the message for a wrong type by that of fields that want a size.
fn sized<T>(read: Result<T, Diagnostic>, field: &str, value: &Value) -> Result<T, Diagnostic> {
    read.map_err(|_| {
        at(
            value,
            format!("Expected a parseable size for {field:?}, got {}", value.data),
        )
    })
}

fn limits(context: &mut Context, limits: &mut JetStreamLimits, value: &Value) -> Result<(), Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected a map to define JetStreamLimits, got {}", data.go_type())
    })?;
    context.each(map, |context, key, value| {
        match key.to_lowercase().as_str() {
            "max_ack_pending" => limits.max_ack_pending = limit(value)?,
            "max_ha_assets" => limits.max_ha_assets = limit(value)?,
            "max_request_batch" => limits.max_request_batch = limit(value)?,
            "duplicate_window" => limits.duplicate_window = plain_duration(value)?,
            "batch" => batch_limits(context, limits, value)?,
            _ => return unknown(key, value),
        }
        Ok(())
    });
    Ok(())
}

fn batch_limits(
    context: &mut Context,
    limits: &mut JetStreamLimits,
    value: &Value,
) -> Result<(), Diagnostic> {
    let map = map_or(value, |data| {
        format!("Expected a map to define batch limits, got {}", data.go_type())
    })?;
    context.each(map, |_, key, value| {
        match key.to_lowercase().as_str() {
            "max_inflight_per_stream" => limits.batch_max_inflight_per_stream = limit(value)?,
            "max_inflight_total" => limits.batch_max_inflight_total = limit(value)?,
            "max_msgs" => limits.batch_max_msgs = limit(value)?,
            "timeout" => limits.batch_timeout = plain_duration(value)?,
            _ => return unknown(key, value),
        }
        Ok(())
    });
    Ok(())
}

/// A duration whose error the original reports without a place.
fn plain_duration(value: &Value) -> Result<Option<Duration>, Diagnostic> {
    match go_duration::parse(&text(value)?) {
        Ok(duration) => Ok(Some(duration).filter(|d| !d.is_zero())),
        Err(e) => Err(Diagnostic {
            place: None,
            message: e.to_string(),
        }),
    }
}

/// Reads an account's block; `None` means that the account has no JetStream.
pub(super) fn account(context: &mut Context, value: &Value) -> Result<Option<AccountJetStream>, Diagnostic> {
    let mut limits = AccountJetStream::default();
    let map = match enabled(value)? {
        Enabled::Plain(on) => return Ok(on.then_some(limits)),
        Enabled::Map(map) => map,
    };
    context.each(map, |_, key, value| account_field(&mut limits, key, value));
    Ok(Some(limits))
}

fn account_field(limits: &mut AccountJetStream, key: &str, value: &Value) -> Result<(), Diagnostic> {
    match key.to_lowercase().as_str() {
        "max_memory" | "max_mem" | "mem" | "memory" => {
            limits.max_memory = sized(limit_from_zero(value), key, value)?;
        }
        "max_store" | "max_file" | "max_disk" | "store" | "disk" => {
            limits.max_file = sized(limit_from_zero(value), key, value)?;
        }
        "max_streams" | "streams" => limits.max_streams = sized(limit(value), key, value)?,
        "max_consumers" | "consumers" => limits.max_consumers = sized(limit(value), key, value)?,
        "max_bytes_required" | "max_stream_bytes" | "max_bytes" => match value.data {
            Data::Bool(on) => limits.max_bytes_required = on,
            ref other => {
                return refuse(
                    value,
                    format!("Expected a parseable bool for {key:?}, got {other}"),
                );
            }
        },
        "mem_max_stream_bytes" | "memory_max_stream_bytes" => {
            limits.memory_max_stream_bytes = sized(limit(value), key, value)?;
        }
        "disk_max_stream_bytes" | "store_max_stream_bytes" => {
            limits.file_max_stream_bytes = sized(limit(value), key, value)?;
        }
        "max_ack_pending" => limits.max_ack_pending = sized(limit(value), key, value)?,
        "cluster_traffic" => match &value.data {
            // Whose account a cluster's traffic counts for; here there is none.
            Data::Text(whose) if matches!(whose.as_str(), "" | "system" | "owner") => {}
            other => {
                return refuse(
                    value,
                    format!("Expected 'system' or 'owner' string value for {key:?}, got {other}"),
                );
            }
        },
        _ => return unknown(key, value),
    }
    Ok(())
}
