//! Other servers: a server of ours knows none, so these are as empty as those of a lone nats-server.

use serde::Serialize;
use serde_json::{Map, Value};

use super::source::Source;
use crate::util::time::Timestamp;

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
