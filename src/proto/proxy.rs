//! The PROXY protocol, versions 1 and 2: what a load balancer says in front of a client's own words, so that the
//! server knows whom it speaks with.
//!
//! Bytes in, an address out. Texts of errors are those of nats-server's `client_proxyproto.go`; the format is HAProxy's
//! `proxy-protocol.txt`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What a header of version 1 begins with.
const PREFIX: &[u8] = b"PROXY ";
/// Longest line of version 1 with its end.
const LINE_MAX: usize = 107;
/// What a header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// Bytes of version 2 before the addresses.
const HEAD: usize = 16;
/// Bytes of two addresses and two ports, version 4 and version 6 of IP.
const IPV4: usize = 12;
const IPV6: usize = 36;

/// The most bytes that [`read`] needs to see.
pub const SEEN_MAX: usize = LINE_MAX;

/// What a connection begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// It takes more bytes to tell; this part of the header is not all there.
    More(Part),
    /// It is no header; the bytes are the client's own.
    None,
    /// A header.
    Header {
        /// Whom the proxy speaks for. None when it speaks for itself, as with health checks.
        source: Option<SocketAddr>,
        /// Bytes of the whole header, of which some may still have to come.
        length: usize,
        /// The part that the header ends with.
        last: Part,
    },
}

/// A part of a header that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What tells the versions apart.
    Version,
    /// The line of version 1.
    Line,
    /// The rest of version 2's signature.
    Signature,
    /// Version, command, family and length.
    Head,
    /// Addresses of IP version 4.
    Ipv4,
    /// Addresses of IP version 6.
    Ipv6,
    /// Addresses that do not count, as the proxy speaks for itself.
    Local,
    /// Addresses of no known kind.
    Unspecified,
}

impl Part {
    /// What could not be done without it, as nats-server says it.
    pub fn failure(self) -> &'static str {
        match self {
            Part::Version => "failed to read protocol version",
            Part::Line => "failed to read v1 line",
            Part::Signature => "failed to read v2 signature",
            Part::Head => "failed to read v2 header",
            Part::Ipv4 => "failed to read IPv4 address data",
            Part::Ipv6 => "failed to read IPv6 address data",
            Part::Local => "failed to discard LOCAL command address data",
            Part::Unspecified => "failed to discard UNSPEC address address data",
        }
    }

    /// Where it begins in the header. A part of which something is there was broken off.
    pub fn begin(self) -> usize {
        match self {
            Part::Version => 0,
            Part::Line | Part::Signature => PREFIX.len(),
            Part::Head => SIGNATURE.len(),
            Part::Ipv4 | Part::Ipv6 | Part::Local | Part::Unspecified => HEAD,
        }
    }
}

/// Why a header is none that holds.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyError {
    /// It breaks the format.
    #[error("invalid PROXY protocol header: {0}")]
    Invalid(String),
    /// It is good, and for something that is no TCP connection.
    #[error("unsupported PROXY protocol feature: {0}")]
    Unsupported(String),
    /// A port that is none.
    #[error("invalid {which} port: strconv.ParseUint: parsing {text:?}: {why}")]
    Port {
        /// `source` or `dest`.
        which: &'static str,
        /// What stands there.
        text: String,
        /// As Go says it.
        why: &'static str,
    },
    /// A command of version 2 that is not known.
    #[error("unknown PROXY protocol command: 0x{0:02x}")]
    Command(u8),
    /// The addresses are shorter than such addresses are.
    #[error("{family} address data too short: {length} bytes")]
    Short {
        /// `IPv4` or `IPv6`.
        family: &'static str,
        /// Bytes that there are to be.
        length: usize,
    },
}

fn invalid<T>(why: impl Into<String>) -> Result<T, ProxyError> {
    Err(ProxyError::Invalid(why.into()))
}

/// Reads what a connection begins with. `bytes` is all that came so far, or the first [`SEEN_MAX`] of it.
///
/// # Errors
/// When it begins like a header and is none that holds.
pub fn read(bytes: &[u8]) -> Result<Beginning, ProxyError> {
    let beginning = &bytes[..bytes.len().min(PREFIX.len())];
    let is_line = PREFIX.starts_with(beginning);
    if !is_line && !SIGNATURE.starts_with(beginning) {
        return Ok(Beginning::None);
    }
    if beginning.len() < PREFIX.len() {
        return Ok(Beginning::More(Part::Version));
    }
    if is_line {
        return read_line(bytes);
    }
    let Some((signature, rest)) = bytes.split_first_chunk() else {
        return Ok(Beginning::More(Part::Signature));
    };
    if signature != SIGNATURE {
        return invalid("invalid signature");
    }
    match rest.split_first_chunk() {
        Some((head, addresses)) => read_addresses(*head, addresses),
        None => Ok(Beginning::More(Part::Head)),
    }
}

/// Version 1: one line of text.
fn read_line(bytes: &[u8]) -> Result<Beginning, ProxyError> {
    let line = &bytes[PREFIX.len()..bytes.len().min(LINE_MAX)];
    let Some(end) = memchr::memmem::find(line, b"\r\n") else {
        if bytes.len() >= LINE_MAX {
            return invalid("v1 line too long");
        }
        return Ok(Beginning::More(Part::Line));
    };
    let text = String::from_utf8_lossy(&line[..end]);
    Ok(Beginning::Header {
        source: source_of(&text)?,
        length: PREFIX.len() + end + 2,
        last: Part::Line,
    })
}

fn source_of(line: &str) -> Result<Option<SocketAddr>, ProxyError> {
    let parts: Vec<&str> = line.split_whitespace().collect();
    if parts.first() == Some(&"UNKNOWN") {
        return Ok(None);
    }
    let [protocol, source, destination, source_port, destination_port] = parts[..] else {
        return invalid("invalid v1 format");
    };
    let (Ok(ip), Ok(_)) = (source.parse::<IpAddr>(), destination.parse::<IpAddr>()) else {
        return invalid("invalid address");
    };
    let port = port("source", source_port)?;
    self::port("dest", destination_port)?;
    // The written form counts: a proxy with one socket for both writes a client of IPv4 as an IPv6 address, too.
    let (source_is_v6, destination_is_v6) = (source.contains(':'), destination.contains(':'));
    match protocol {
        "TCP4" if source_is_v6 || destination_is_v6 => invalid("TCP4 with IPv6 address"),
        "TCP6" if !source_is_v6 || !destination_is_v6 => invalid("TCP6 with IPv4 address"),
        "TCP4" | "TCP6" => Ok(Some(SocketAddr::new(ip.to_canonical(), port))),
        _ => invalid(format!("invalid protocol {protocol}")),
    }
}

fn port(which: &'static str, text: &str) -> Result<u16, ProxyError> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = |why| ProxyError::Port {
        which,
        text: text.to_owned(),
        why,
    };
    if !is_number {
        return Err(wrong("invalid syntax"));
    }
    text.parse().map_err(|_| wrong("value out of range"))
}

/// Version 2: what follows the signature.
fn read_addresses(head: [u8; 4], addresses: &[u8]) -> Result<Beginning, ProxyError> {
    const VERSION: u8 = 0x20;
    const LOCAL: u8 = 0;
    const PROXY: u8 = 1;
    const STREAM: u8 = 1;
    let [version_command, family_protocol, length @ ..] = head;
    let length = usize::from(u16::from_be_bytes(length));
    let (version, command) = (version_command & 0xf0, version_command & 0x0f);
    let (family, protocol) = (family_protocol & 0xf0, family_protocol & 0x0f);
    let whole = |source, last| {
        Ok(Beginning::Header {
            source,
            length: HEAD + length,
            last,
        })
    };
    if version != VERSION {
        return invalid(format!("invalid version 0x{version:02x}"));
    }
    match command {
        LOCAL => return whole(None, Part::Local),
        PROXY => {}
        _ => return Err(ProxyError::Command(command)),
    }
    if protocol != STREAM {
        return Err(ProxyError::Unsupported(
            "only STREAM protocol supported".to_owned(),
        ));
    }
    let (part, family, needed) = match family {
        0x00 => return whole(None, Part::Unspecified),
        0x10 => (Part::Ipv4, "IPv4", IPV4),
        0x20 => (Part::Ipv6, "IPv6", IPV6),
        _ => {
            let why = format!("unsupported address family 0x{family:02x}");
            return Err(ProxyError::Unsupported(why));
        }
    };
    if length < needed {
        return Err(ProxyError::Short { family, length });
    }
    match addresses.get(..needed).and_then(source_in) {
        Some(source) => whole(Some(source), part),
        None => Ok(Beginning::More(part)),
    }
}

/// The source of a source and a destination.
fn source_in(addresses: &[u8]) -> Option<SocketAddr> {
    let (ip, ports) = if addresses.len() == IPV4 {
        let (source, rest) = addresses.split_first_chunk::<4>()?;
        (IpAddr::from(Ipv4Addr::from(*source)), &rest[4..])
    } else {
        let (source, rest) = addresses.split_first_chunk::<16>()?;
        (IpAddr::from(Ipv6Addr::from(*source)), &rest[16..])
    };
    let port = u16::from_be_bytes(*ports.first_chunk()?);
    Some(SocketAddr::new(ip.to_canonical(), port))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(source: Option<&str>, length: usize, last: Part) -> Result<Beginning, String> {
        let source = source.map(|text| text.parse().unwrap());
        Ok(Beginning::Header { source, length, last })
    }

    /// A header of version 2.
    fn v2(version_command: u8, family_protocol: u8, addresses: &[u8]) -> Vec<u8> {
        let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
        [
            &SIGNATURE[..],
            &[version_command, family_protocol],
            &length,
            addresses,
        ]
        .concat()
    }

    fn addresses_v4() -> Vec<u8> {
        vec![192, 0, 2, 1, 198, 51, 100, 1, 0x30, 0x39, 0x10, 0x7e]
    }

    fn addresses_v6(source: Ipv6Addr) -> Vec<u8> {
        [&source.octets()[..], &[0; 16], &[0x30, 0x39, 0x10, 0x7e]].concat()
    }

    #[test]
    fn lines_are_read_as_nats_server_reads_them() {
        let long = format!("PROXY TCP4 {}", "1".repeat(96));
        let just = format!("PROXY UNKNOWN {}\r\n", "x".repeat(91));
        for (line, wanted) in [
            (
                "PROXY TCP4 192.0.2.1 198.51.100.1 12345 4222\r\n",
                whole(Some("192.0.2.1:12345"), 46, Part::Line),
            ),
            (
                "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\nCONNECT",
                whole(Some("[2001:db8::1]:1"), 40, Part::Line),
            ),
            (
                "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n",
                whole(Some("192.0.2.1:1"), 37, Part::Line),
            ),
            (
                "PROXY  TCP4\t1.1.1.1 2.2.2.2 1 2 \r\n",
                whole(Some("1.1.1.1:1"), 34, Part::Line),
            ),
            ("PROXY UNKNOWN\r\n", whole(None, 15, Part::Line)),
            (
                "PROXY UNKNOWN what ever stands here\r\n",
                whole(None, 37, Part::Line),
            ),
            (just.as_str(), whole(None, LINE_MAX, Part::Line)),
            (
                "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r",
                Ok(Beginning::More(Part::Line)),
            ),
            (
                long.as_str(),
                Err("invalid PROXY protocol header: v1 line too long".into()),
            ),
            (
                "PROXY \r\n",
                Err("invalid PROXY protocol header: invalid v1 format".into()),
            ),
            (
                "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
                Err("invalid PROXY protocol header: invalid v1 format".into()),
            ),
            (
                "PROXY TCP4 1.1.1.01 2.2.2.2 1 2\r\n",
                Err("invalid PROXY protocol header: invalid address".into()),
            ),
            (
                "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
                Err("invalid source port: strconv.ParseUint: parsing \"+1\": invalid syntax".into()),
            ),
            (
                "PROXY TCP4 1.1.1.1 2.2.2.2 1 65536\r\n",
                Err("invalid dest port: strconv.ParseUint: parsing \"65536\": value out of range".into()),
            ),
            (
                "PROXY TCP4 ::1 ::1 1 2\r\n",
                Err("invalid PROXY protocol header: TCP4 with IPv6 address".into()),
            ),
            (
                "PROXY TCP6 ::1 1.1.1.1 1 2\r\n",
                Err("invalid PROXY protocol header: TCP6 with IPv4 address".into()),
            ),
            (
                "PROXY UDP4 1.1.1.1 1.1.1.1 1 2\r\n",
                Err("invalid PROXY protocol header: invalid protocol UDP4".into()),
            ),
            ("CONNECT {}\r\n", Ok(Beginning::None)),
            ("PING\r\n", Ok(Beginning::None)),
            ("PROXYx", Ok(Beginning::None)),
            ("", Ok(Beginning::More(Part::Version))),
            ("PROXY", Ok(Beginning::More(Part::Version))),
        ] {
            let read = read(line.as_bytes()).map_err(|error| error.to_string());
            assert_eq!(read, wanted, "{line:?}");
        }
    }

    #[test]
    fn version_two_is_read_as_nats_server_reads_it() {
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
        let with_extras = [addresses_v4(), vec![3, 0, 1, 7]].concat();
        for (bytes, wanted) in [
            (
                v2(0x21, 0x11, &addresses_v4()),
                whole(Some("192.0.2.1:12345"), 28, Part::Ipv4),
            ),
            (
                v2(0x21, 0x11, &with_extras),
                whole(Some("192.0.2.1:12345"), 32, Part::Ipv4),
            ),
            (
                v2(0x21, 0x21, &addresses_v6("2001:db8::1".parse().unwrap())),
                whole(Some("[2001:db8::1]:12345"), 52, Part::Ipv6),
            ),
            (
                v2(0x21, 0x21, &addresses_v6(mapped)),
                whole(Some("192.0.2.1:12345"), 52, Part::Ipv6),
            ),
            (v2(0x20, 0x00, b""), whole(None, 16, Part::Local)),
            (v2(0x20, 0x12, b"any"), whole(None, 19, Part::Local)),
            (v2(0x21, 0x01, b"any"), whole(None, 19, Part::Unspecified)),
            (
                v2(0x21, 0x00, b""),
                Err("unsupported PROXY protocol feature: only STREAM protocol supported".into()),
            ),
            (
                v2(0x21, 0x31, b""),
                Err("unsupported PROXY protocol feature: unsupported address family 0x30".into()),
            ),
            (
                v2(0x11, 0x11, &addresses_v4()),
                Err("invalid PROXY protocol header: invalid version 0x10".into()),
            ),
            (
                v2(0x2f, 0x11, b""),
                Err("unknown PROXY protocol command: 0x0f".into()),
            ),
            (
                v2(0x21, 0x11, b"1234"),
                Err("IPv4 address data too short: 4 bytes".into()),
            ),
            (
                v2(0x21, 0x21, &addresses_v4()),
                Err("IPv6 address data too short: 12 bytes".into()),
            ),
            (
                b"\r\n\r\n\0\rPOST \n....".to_vec(),
                Err("invalid PROXY protocol header: invalid signature".into()),
            ),
            (SIGNATURE[..7].to_vec(), Ok(Beginning::More(Part::Signature))),
            (SIGNATURE.to_vec(), Ok(Beginning::More(Part::Head))),
            (
                v2(0x21, 0x11, &addresses_v4())[..27].to_vec(),
                Ok(Beginning::More(Part::Ipv4)),
            ),
            (b"\x16\x03\x01".to_vec(), Ok(Beginning::None)),
        ] {
            let read = read(&bytes).map_err(|error| error.to_string());
            assert_eq!(read, wanted, "{bytes:?}");
        }
    }

    proptest! {
        /// However the bytes come, the answer is the same once there is one.
        #[test]
        fn an_answer_does_not_change_with_more_bytes(
            beginning in prop_oneof![
                Just(b"PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n".to_vec()),
                Just(b"PROXY UNKNOWN\r\n".to_vec()),
                Just(v2(0x21, 0x11, &addresses_v4())),
                Just(v2(0x21, 0x21, &addresses_v6(Ipv6Addr::LOCALHOST))),
                Just(v2(0x20, 0, b"")),
                prop::collection::vec(any::<u8>(), 0..20),
            ],
            damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            rest in prop::collection::vec(any::<u8>(), 0..120),
        ) {
            let mut bytes = [beginning, rest].concat();
            if let Some((at, byte)) = damage && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let last = read(&bytes);
            for end in 0..bytes.len() {
                match read(&bytes[..end]) {
                    Ok(Beginning::More(part)) => prop_assert!(part.begin() <= end),
                    early => {
                        prop_assert_eq!(&early, &last, "at {}", end);
                        if let Ok(Beginning::Header { length, .. }) = early {
                            prop_assert!(length <= HEAD + usize::from(u16::MAX));
                        }
                    }
                }
            }
            if bytes.len() >= SEEN_MAX {
                prop_assert!(!matches!(last, Ok(Beginning::More(_))));
            }
        }
    }
}
