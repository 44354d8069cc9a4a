//! The file that tells which ports a server has, for those who asked for free ones.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::broker::Handle;

/// A ports file; it goes away with this value.
#[derive(Debug)]
pub struct PortsFile(PathBuf);

/// What the file says: for each door the addresses it can be reached at.
#[derive(Debug, Serialize)]
struct Ports {
    nats: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    monitoring: Vec<String>,
}

/// Where a server can be reached.
#[derive(Debug, Clone, Copy)]
pub struct Doors {
    clients: SocketAddr,
    secure_clients: bool,
    monitor: Option<SocketAddr>,
    secure_monitor: bool,
}

impl Doors {
    /// The doors of a running server.
    pub fn of(handle: &Handle) -> Doors {
        Doors {
            clients: handle.address(),
            secure_clients: handle.demands_tls(),
            monitor: handle.monitor_address(),
            secure_monitor: handle.monitors_over_tls(),
        }
    }
}

impl PortsFile {
    /// The folder it is in.
    pub fn folder(&self) -> Option<&Path> {
        self.0.parent()
    }

    /// Writes `<program>_<pid>.ports` into a folder.
    pub fn write(folder: &Path, doors: &Doors) -> io::Result<PortsFile> {
        let client_scheme = if doors.secure_clients { "tls" } else { "nats" };
        let monitor_scheme = if doors.secure_monitor { "https" } else { "http" };
        let program = std::env::args_os().next().unwrap_or_default();
        let program = Path::new(&program).file_name().unwrap_or_default();
        let name = format!("{}_{}.ports", program.to_string_lossy(), std::process::id());
        let path = folder.join(name);
        let ports = Ports {
            nats: urls(client_scheme, doors.clients),
            monitoring: doors
                .monitor
                .map_or_else(Vec::new, |address| urls(monitor_scheme, address)),
        };
        std::fs::write(&path, serde_json::to_vec(&ports)?)?;
        Ok(PortsFile(path))
    }
}

impl Drop for PortsFile {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.0) {
            tracing::error!("Error removing ports file {:?}: {error}", self.0);
        }
    }
}

fn urls(scheme: &str, address: SocketAddr) -> Vec<String> {
    let hosts = if address.ip().is_unspecified() {
        own_addresses(address.is_ipv6())
    } else {
        vec![address.ip()]
    };
    hosts
        .into_iter()
        .map(|host| format!("{scheme}://{}", SocketAddr::new(host, address.port())))
        .collect()
}

/// Loopback, and the addresses that this machine is reached at from outside.
fn own_addresses(with_ipv6: bool) -> Vec<IpAddr> {
    /// Addresses of documentation, which exist nowhere: nothing is sent, the system only decides
    /// which of its own addresses it would send from.
    const OUTSIDE: [IpAddr; 2] = [
        IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    ];
    let mut own = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if with_ipv6 {
        own.push(Ipv6Addr::LOCALHOST.into());
    }
    for outside in OUTSIDE.into_iter().filter(|ip| ip.is_ipv4() || with_ipv6) {
        own.extend(address_towards(outside).filter(|ip| !own.contains(ip)));
    }
    own
}

fn address_towards(outside: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match outside {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((outside, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_urls() {
        let one = urls("nats", "127.0.0.1:4222".parse().unwrap());
        assert_eq!(one, ["nats://127.0.0.1:4222"]);
        let six = urls("nats", "[::1]:4222".parse().unwrap());
        assert_eq!(six, ["nats://[::1]:4222"]);
        let all = urls("nats", "[::]:4222".parse().unwrap());
        assert_eq!(all[..2], ["nats://127.0.0.1:4222", "nats://[::1]:4222"]);
    }
}
