//! Other servers: a server of ours knows none, so these are as empty as those of a lone nats-server.

use serde::Serialize;
use serde_json::{Map, Value};

use super::source::Source;
use crate::util::time::Timestamp;

/// What the process says of itself, under the names of Go's `expvar`.
#[derive(Debug, Serialize)]
pub struct Expvars {
    cmdline: Vec<String>,
    memstats: MemStats,
}

/// Of Go's figures, the one that is not about its collector.
#[derive(Debug, Serialize)]
struct MemStats {
    #[serde(rename = "Sys")]
    sys: u64,
}

/// The process: how it was called, and its memory.
pub fn expvars(source: &dyn Source) -> Expvars {
    Expvars {
        cmdline: std::env::args().collect(),
        memstats: MemStats {
            sys: source.usage().memory_bytes,
        },
    }
}

/// A profile; there is none of any name.
#[derive(Debug, Serialize)]
pub struct Profilez {
    profile: Option<()>,
    error: String,
}

/// What to take a profile of.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct ProfilezOptions {
    name: String,
}

/// Says that there is no such profile.
pub fn profilez(options: &ProfilezOptions) -> Profilez {
    let error = match options.name.as_str() {
        "" => "Profile name not specified".to_owned(),
        name => format!("Profile {name:?} not found"),
    };
    Profilez { profile: None, error }
}

/// Servers of the same cluster.
#[derive(Debug, Serialize)]
pub struct Routez {
    server_id: String,
    server_name: String,
    now: Timestamp,
    num_routes: usize,
    routes: [(); 0],
}

/// Lists routes.
pub fn routez(source: &dyn Source) -> Routez {
    let info = source.info();
    Routez {
        server_id: info.server_id,
        server_name: info.server_name,
        now: source.now(),
        num_routes: 0,
        routes: [],
    }
}

/// Servers of other clusters.
#[derive(Debug, Serialize)]
pub struct Gatewayz {
    server_id: String,
    now: Timestamp,
    outbound_gateways: Map<String, Value>,
    inbound_gateways: Map<String, Value>,
}

/// Lists gateways.
pub fn gatewayz(source: &dyn Source) -> Gatewayz {
    Gatewayz {
        server_id: source.info().server_id,
        now: source.now(),
        outbound_gateways: Map::new(),
        inbound_gateways: Map::new(),
    }
}

/// Servers that are joined as leaf nodes.
#[derive(Debug, Serialize)]
pub struct Leafz {
    server_id: String,
    now: Timestamp,
    leafnodes: usize,
    leafs: [(); 0],
}

/// Lists leaf nodes.
pub fn leafz(source: &dyn Source) -> Leafz {
    Leafz {
        server_id: source.info().server_id,
        now: source.now(),
        leafnodes: 0,
        leafs: [],
    }
}
