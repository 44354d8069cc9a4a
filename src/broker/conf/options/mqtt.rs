//! The MQTT door.

use std::time::Duration;

use super::{DoorAuth, TlsOptions};

/// The `mqtt` block.
#[derive(Debug, Clone, PartialEq)]
pub struct MqttOptions {
    /// Interface; all when absent.
    pub host: Option<String>,
    /// Port; 0 asks for a free one. Without a port there is no door.
    pub port: Option<u16>,
    /// TLS of this door.
    pub tls: Option<TlsOptions>,
    /// A login of this door's own.
    pub auth: Option<DoorAuth>,
    /// The user of a client that brings no login.
    pub no_auth_user: Option<String>,
    /// Time until an unacknowledged message is sent again.
    pub ack_wait: Duration,
    /// How long JetStream may take to answer.
    pub js_api_timeout: Duration,
    /// Unacknowledged messages of one subscription.
    pub max_ack_pending: u16,
    /// JetStream domain of the sessions.
    pub js_domain: Option<String>,
    /// Replicas of the streams; chosen when absent.
    pub stream_replicas: Option<u32>,
    /// Consumers live in memory.
    pub consumer_memory_storage: bool,
    /// Idle time after which a consumer is removed.
    pub consumer_inactive_threshold: Option<Duration>,
    /// A QoS 2 publish closes the connection.
    pub reject_qos2_publish: bool,
    /// A QoS 2 subscription becomes QoS 1.
    pub downgrade_qos2_subscribe: bool,
}

impl Default for MqttOptions {
    fn default() -> MqttOptions {
        MqttOptions {
            host: None,
            port: None,
            tls: None,
            auth: None,
            no_auth_user: None,
            ack_wait: Duration::from_secs(30),
            js_api_timeout: Duration::from_secs(5),
            max_ack_pending: 1024,
            js_domain: None,
            stream_replicas: None,
            consumer_memory_storage: false,
            consumer_inactive_threshold: None,
            reject_qos2_publish: false,
            downgrade_qos2_subscribe: false,
        }
    }
}
