//! Where a lab runs: in an account of its own on our broker, or as it is on a foreign one.

use std::sync::{Arc, PoisonError};

use super::ear;
use super::room::BrokerSlot;
use crate::broker::{Tenant, TenantError};
use crate::client::{ConnectSettings, Login};
use crate::lab::ear::OpenEar;
use crate::lab::{Lab, TurnClock};

/// The password of every lab: it keeps accounts apart, not people out.
const PASSWORD: &str = "lab";
/// The longest message in a lab, in bytes.
const PAYLOAD_MAX: u32 = 1024 * 1024;
/// Consumers of one stream.
const CONSUMERS_MAX: u32 = 50;

/// Where a lab runs.
#[derive(Clone)]
pub struct Home {
    /// How to get there.
    pub settings: ConnectSettings,
    /// The account on our own broker; empty on another.
    pub account: Arc<str>,
    /// The same for a `NATS_URL`.
    pub url: String,
    /// What our own broker tells of the wire.
    pub open_ear: Option<OpenEar>,
    /// Turns the clock of the account's JetStream on our own broker.
    pub turn_clock: Option<TurnClock>,
    /// Clients on other machines may reach it.
    pub is_open_to_others: bool,
}

fn account(lab: &Lab) -> String {
    format!("LAB_{}", lab.id)
}

/// Opens the account of a lab on the broker in `slot`; none when there is none of our own.
///
/// # Errors
/// It is open already.
pub fn open(slot: &BrokerSlot, lab: &Lab) -> Option<Result<Home, TenantError>> {
    let held = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let broker = held.as_ref()?;
    let opened = broker.open_account(&Tenant {
        account: account(lab),
        user: lab.id.clone(),
        password: PASSWORD.to_owned(),
        connections_max: lab.limits.connections,
        payload_max: PAYLOAD_MAX,
        stream_bytes_max: lab.limits.mib << 20,
        streams_max: lab.limits.streams,
        consumers_max: CONSUMERS_MAX,
    });
    let bare = broker.url();
    let host = bare.trim_start_matches("nats://");
    Some(opened.map(|()| Home {
        account: account(lab).into(),
        url: format!("nats://{}:{PASSWORD}@{host}", lab.id),
        settings: ConnectSettings {
            login: Login::Password {
                user: lab.id.clone(),
                password: PASSWORD.to_owned(),
            },
            ..ConnectSettings::to_server(bare.clone())
        },
        open_ear: Some(ear::opener(slot, account(lab))),
        turn_clock: Some(clock(slot, account(lab))),
        is_open_to_others: !broker.address().ip().is_loopback(),
    }))
}

/// Turns an account's clock for as long as the broker is in its slot.
fn clock(slot: &BrokerSlot, account: String) -> TurnClock {
    let slot = Arc::clone(slot);
    Arc::new(move |by| {
        if let Some(broker) = &*slot.lock().unwrap_or_else(PoisonError::into_inner) {
            broker.turn_clock_of(&account, by);
        }
    })
}

/// Closes it, and sends its clients away.
pub fn close(slot: &BrokerSlot, lab: &Lab) {
    if let Some(broker) = &*slot.lock().unwrap_or_else(PoisonError::into_inner) {
        broker.close_account(&account(lab));
    }
}

impl Home {
    /// A server that is there already, as it is.
    pub fn foreign(settings: ConnectSettings) -> Home {
        Home {
            account: "".into(),
            url: settings.servers.first().cloned().unwrap_or_default(),
            settings,
            open_ear: None,
            turn_clock: None,
            is_open_to_others: true,
        }
    }
}
