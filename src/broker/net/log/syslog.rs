//! The system's log, on this machine or on another. Lines look as Go's `log/syslog` writes them.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::Duration;

use super::Label;

/// Where the log of this machine listens.
const LOCAL: [&str; 3] = ["/dev/log", "/var/run/syslog", "/var/run/log"];
/// Who speaks: a program in the background (RFC 5424, facility 3). Remote logs are told of none.
const DAEMON: u8 = 3 << 3;
/// How long a log that takes nothing may hold up the server, each time.
const PATIENCE: Duration = Duration::from_secs(1);

/// An open way to a system log.
#[derive(Debug)]
pub struct Syslog {
    place: Place,
    line: Line,
    tag: String,
    host: String,
    pid: u32,
}

/// Where the log is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Here,
    Unix(String),
    Udp(String),
    Tcp(String),
}

#[derive(Debug)]
enum Line {
    Datagram(UnixDatagram),
    Stream(UnixStream),
    Udp(UdpSocket),
    Tcp(TcpStream),
}

impl Syslog {
    /// Opens the log of this machine.
    pub fn local(pid: u32) -> io::Result<Syslog> {
        Syslog::open(Place::Here, pid)
    }

    /// Opens the log at `udp://host:port`, `tcp://host:port` or `unix:///path`.
    pub fn remote(address: &str, pid: u32) -> io::Result<Syslog> {
        Syslog::open(Place::parse(address)?, pid)
    }

    fn open(place: Place, pid: u32) -> io::Result<Syslog> {
        let line = place.connect()?;
        let program = std::env::args().next().unwrap_or_default();
        let tag = Path::new(&program).file_name();
        Ok(Syslog {
            tag: tag.map_or_else(String::new, |tag| tag.to_string_lossy().into_owned()),
            host: host_name(),
            place,
            line,
            pid,
        })
    }

    /// Writes a line. When the connection is broken it is made anew once; else the line is lost.
    pub fn write(&mut self, label: Label, text: &str) {
        let line = self.format(label, text, &jiff::ZonedDateTime::now());
        if self.line.send(line.as_bytes()).is_ok() {
            return;
        }
        if let Ok(renewed) = self.place.connect() {
            self.line = renewed;
            // A log that cannot be reached is no reason to stop the server.
            let _ = self.line.send(line.as_bytes());
        }
    }

    fn format(&self, label: Label, text: &str, now: &jiff::ZonedDateTime) -> String {
        let severity = severity(label);
        let (tag, pid) = (&self.tag, self.pid);
        match self.place {
            Place::Here | Place::Unix(_) => {
                let facility = if self.place == Place::Here { DAEMON } else { 0 };
                let time = now.strftime("%b %e %H:%M:%S");
                format!("<{}>{time} {tag}[{pid}]: {text}\n", facility | severity)
            }
            Place::Udp(_) | Place::Tcp(_) => {
                let time = now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
                let time = time.replace("+00:00", "Z");
                format!("<{severity}>{time} {} {tag}[{pid}]: {text}\n", self.host)
            }
        }
    }
}

/// RFC 5424, table 2.
fn severity(label: Label) -> u8 {
    match label {
        Label::Fatal => 2,
        Label::Error => 3,
        Label::Warning => 4,
        Label::Info | Label::Trace => 5,
        Label::Debug => 7,
    }
}

fn host_name() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "localhost".to_owned(),
        name => name.to_owned(),
    }
}

impl Place {
    fn parse(address: &str) -> io::Result<Place> {
        let (scheme, rest) = address.split_once("://").unwrap_or_default();
        match scheme {
            "udp" => Ok(Place::Udp(rest.to_owned())),
            "tcp" => Ok(Place::Tcp(rest.to_owned())),
            "unix" => Ok(Place::Unix(rest.to_owned())),
            _ => Err(io::Error::other(format!(
                "error invalid network type: {scheme:?}"
            ))),
        }
    }

    fn connect(&self) -> io::Result<Line> {
        match self {
            Place::Here => {
                let mut found = LOCAL.iter().filter_map(|path| connect_unix(path).ok());
                found
                    .next()
                    .ok_or_else(|| io::Error::other("Unix syslog delivery error"))
            }
            Place::Unix(path) => connect_unix(path),
            Place::Udp(address) => {
                let address = resolve(address)?;
                let any: SocketAddr = match address {
                    SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
                    SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
                };
                let socket = UdpSocket::bind(any)?;
                socket.connect(address)?;
                Ok(Line::Udp(socket))
            }
            Place::Tcp(address) => {
                let stream = TcpStream::connect_timeout(&resolve(address)?, PATIENCE)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                Ok(Line::Tcp(stream))
            }
        }
    }
}

fn connect_unix(path: &str) -> io::Result<Line> {
    let datagram = UnixDatagram::unbound()?;
    if datagram.connect(path).is_ok() {
        datagram.set_write_timeout(Some(PATIENCE))?;
        return Ok(Line::Datagram(datagram));
    }
    let stream = UnixStream::connect(path)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(Line::Stream(stream))
}

fn resolve(address: &str) -> io::Result<SocketAddr> {
    let mut found = address.to_socket_addrs()?;
    found
        .next()
        .ok_or_else(|| io::Error::other("the address leads nowhere"))
}

impl Line {
    fn send(&mut self, line: &[u8]) -> io::Result<()> {
        match self {
            Line::Datagram(socket) => socket.send(line).map(drop),
            Line::Udp(socket) => socket.send(line).map(drop),
            Line::Stream(stream) => stream.write_all(line),
            Line::Tcp(stream) => stream.write_all(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::*;

    fn received(socket: &UdpSocket) -> String {
        let mut line = [0; 500];
        let len = socket.recv(&mut line).unwrap();
        String::from_utf8_lossy(&line[..len]).into_owned()
    }

    #[test]
    fn lines_reach_a_log_by_udp_tcp_and_unix_socket() {
        let log = UdpSocket::bind("127.0.0.1:0").unwrap();
        log.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let address = format!("udp://{}", log.local_addr().unwrap());
        let mut syslog = Syslog::remote(&address, 7).unwrap();
        syslog.write(Label::Warning, "odd");
        let line = received(&log);
        let tail = format!(" {} {}[7]: odd\n", syslog.host, syslog.tag);
        assert!(line.starts_with("<4>20") && line.ends_with(&tail), "{line:?}");

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("tcp://{}", listener.local_addr().unwrap());
        let mut syslog = Syslog::remote(&address, 7).unwrap();
        syslog.write(Label::Error, "one");
        syslog.write(Label::Fatal, "two");
        drop(syslog);
        let mut text = String::new();
        listener.accept().unwrap().0.read_to_string(&mut text).unwrap();
        let begins: Vec<&str> = text.lines().map(|line| &line[..3]).collect();
        assert_eq!(begins, ["<3>", "<2>"]);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::remote(&format!("unix://{}", path.display()), 7).unwrap();
        syslog.write(Label::Debug, "here");
        let mut line = [0; 500];
        let len = log.recv(&mut line).unwrap();
        let line = String::from_utf8_lossy(&line[..len]);
        assert!(
            line.starts_with("<7>") && line.ends_with("[7]: here\n"),
            "{line:?}"
        );
    }

    #[test]
    fn times_are_written_as_go_writes_them() {
        let now: jiff::ZonedDateTime = "2026-11-04T18:00:00+00:00[UTC]".parse().unwrap();
        let syslog = |place| Syslog {
            place,
            line: Line::Udp(UdpSocket::bind("127.0.0.1:0").unwrap()),
            tag: "nats-server".to_owned(),
            host: "h".to_owned(),
            pid: 1,
        };
        assert_eq!(
            syslog(Place::Here).format(Label::Info, "x", &now),
            "<29>Nov  4 18:00:00 nats-server[1]: x\n"
        );
        assert_eq!(
            syslog(Place::Udp(String::new())).format(Label::Info, "x", &now),
            "<5>2026-11-04T18:00:00Z h nats-server[1]: x\n"
        );
    }

    #[test]
    fn an_address_names_its_network() {
        let error = Syslog::remote("http://here", 1).unwrap_err().to_string();
        assert_eq!(error, "error invalid network type: \"http\"");
    }
}
