//! Where a lab runs: in an account of its own on our broker, or as it is on a foreign one.

use crate::broker::{Handle, Tenant, TenantError};
use crate::client::{ConnectSettings, Login};
use crate::lab::Lab;

/// The password of every lab: it keeps accounts apart, not people out.
const PASSWORD: &str = "lab";
/// The longest message in a lab, in bytes.
const PAYLOAD_MAX: u32 = 1024 * 1024;
/// Consumers of one stream.
const CONSUMERS_MAX: u32 = 50;

/// Where a lab runs.
#[derive(Debug, Clone)]
pub struct Home {
    /// How to get there.
    pub settings: ConnectSettings,
    /// The same for a `NATS_URL`.
    pub url: String,
}

fn account(lab: &Lab) -> String {
    format!("LAB_{}", lab.id)
}

/// Opens the account of a lab.
///
/// # Errors
/// It is open already.
pub fn open(broker: &Handle, lab: &Lab) -> Result<Home, TenantError> {
    broker.open_account(&Tenant {
        account: account(lab),
        user: lab.id.clone(),
        password: PASSWORD.to_owned(),
        connections_max: lab.limits.connections,
        payload_max: PAYLOAD_MAX,
        stream_bytes_max: lab.limits.mib << 20,
        streams_max: lab.limits.streams,
        consumers_max: CONSUMERS_MAX,
    })?;
    let bare = broker.url();
    let host = bare.trim_start_matches("nats://");
    Ok(Home {
        url: format!("nats://{}:{PASSWORD}@{host}", lab.id),
        settings: ConnectSettings {
            login: Login::Password {
                user: lab.id.clone(),
                password: PASSWORD.to_owned(),
            },
            ..ConnectSettings::to_server(bare)
        },
    })
}

/// Closes it, and sends its clients away.
pub fn close(broker: &Handle, lab: &Lab) {
    broker.close_account(&account(lab));
}
