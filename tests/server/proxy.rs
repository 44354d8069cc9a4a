//! A load balancer in front of the server tells whom it speaks for (PROXY protocol).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::process::Process;
use crate::monitor::http::get;
use crate::support::raw::{PATIENCE, Raw};
use crate::support::tls::{Knock, Secure, block};

const SETTINGS: &str = "proxy_protocol: true\nhttp: \"127.0.0.1:-1\"\n";
const HELLO: &str = "CONNECT {\"verbose\":false,\"protocol\":1,\"name\":\"behind\"}\r\nPING\r\n";

fn v2(version_command: u8, family_protocol: u8, addresses: &[u8]) -> Vec<u8> {
    let length = u16::try_from(addresses.len()).unwrap().to_be_bytes();
    [
        b"\r\n\r\n\0\r\nQUIT\n",
        &[version_command, family_protocol][..],
        &length,
        addresses,
    ]
    .concat()
}

fn ipv4() -> Vec<u8> {
    vec![192, 0, 2, 1, 198, 51, 100, 1, 0x30, 0x39, 0x10, 0x7e]
}

fn ipv6() -> Vec<u8> {
    let source: std::net::Ipv6Addr = "2001:db8::1".parse().unwrap();
    [&source.octets()[..], &[0; 16], &[0x30, 0x39, 0x10, 0x7e]].concat()
}

impl Process {
    fn connz(&self, query: &str) -> Value {
        let (status, body) = get(self.monitor(), &format!("/connz?{query}"));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// The answer to the client's PING, and the INFO behind it.
fn greeted(client: &mut Raw) -> Value {
    assert_eq!(client.line_but_ping(), "PONG");
    let info = client.line_but_ping();
    serde_json::from_str(info.strip_prefix("INFO ").unwrap()).unwrap()
}

fn wait_closed(process: &Process, cid: u64) -> Value {
    process.wait_for(|process| {
        let closed = process.connz(&format!("state=closed&cid={cid}"));
        closed["connections"].get(0).cloned()
    })
}

#[test]
fn the_client_behind_a_proxy_is_known_by_its_own_address() {
    let process = Process::start(SETTINGS, &[]);
    let line = |line: &str| format!("PROXY {line}\r\n").into_bytes();
    let with_extras = [ipv6(), vec![4, 0, 2, 7, 7]].concat();
    for (header, address) in [
        (
            line("TCP4 192.0.2.1 198.51.100.1 12345 4222"),
            Some("192.0.2.1:12345"),
        ),
        (
            line("TCP6 2001:db8::1 2001:db8::2 12345 4222"),
            Some("[2001:db8::1]:12345"),
        ),
        (
            line("TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 12345 4222"),
            Some("192.0.2.1:12345"),
        ),
        (line("UNKNOWN"), None),
        (line("UNKNOWN ffff::1 ffff::2 1 2"), None),
        (v2(0x21, 0x11, &ipv4()), Some("192.0.2.1:12345")),
        (v2(0x21, 0x21, &ipv6()), Some("[2001:db8::1]:12345")),
        (v2(0x21, 0x21, &with_extras), Some("[2001:db8::1]:12345")),
        (v2(0x20, 0x00, b""), None),
        (v2(0x20, 0x11, &ipv4()), None),
        (v2(0x21, 0x01, b"whatever"), None),
        (Vec::new(), None),
    ] {
        let mut client = Raw::open(process.address);
        assert!(client.info.get("client_ip").is_none(), "{}", client.info);
        let own = client.reader.get_ref().local_addr().unwrap();
        let expected: SocketAddr = address.map_or(own, |address| address.parse().unwrap());
        client.send([&header, HELLO.as_bytes()].concat());
        let info = greeted(&mut client);
        assert_eq!(info["client_ip"], expected.ip().to_string(), "{header:?}");
        let shown = process.connz(&format!("cid={}", info["client_id"]));
        let shown = &shown["connections"][0];
        assert_eq!(shown["ip"], expected.ip().to_string());
        assert_eq!(shown["port"], expected.port());
        // The socket is the proxy's, whoever speaks through it, and by its address the log knows it.
        client.send("NONSENSE\r\n");
        process.wait_for(|process| {
            let start = format!("[ERR] {own} - cid:{}", info["client_id"]);
            process
                .log()
                .iter()
                .any(|line| line.starts_with(&start))
                .then_some(())
        });
    }
}

#[test]
fn a_header_may_come_byte_by_byte() {
    let process = Process::start(SETTINGS, &[]);
    for header in [
        b"PROXY TCP4 192.0.2.1 198.51.100.1 12345 4222\r\n".to_vec(),
        v2(0x21, 0x11, &ipv4()),
        v2(0x20, 0x11, &ipv4()),
    ] {
        let mut client = Raw::open(process.address);
        for byte in [&header, HELLO.as_bytes()].concat() {
            client.send([byte]);
        }
        let info = greeted(&mut client);
        assert_eq!(info["client_ip"] == "192.0.2.1", header[12] != 0x20);
    }
    // Words of a client's own that only begin like a header.
    let mut client = Raw::open(process.address);
    for byte in b"PUB a 0\r\n\r\nPING\r\n" {
        client.send([*byte]);
    }
    assert_eq!([client.line(), client.line()], ["+OK", "PONG"]);
}

#[test]
fn a_wrong_header_ends_the_connection_without_a_word() {
    let process = Process::start(SETTINGS, &[]);
    let long = format!("PROXY TCP4 {}", "1".repeat(200));
    for (header, why) in [
        (
            long.into_bytes(),
            "invalid PROXY protocol header: v1 line too long",
        ),
        (
            b"PROXY TCP4 1.1.1.1\r\n".to_vec(),
            "invalid PROXY protocol header: invalid v1 format",
        ),
        (
            b"PROXY TCP4 here there 1 2\r\n".to_vec(),
            "invalid PROXY protocol header: invalid address",
        ),
        (
            b"PROXY TCP4 1.1.1.1 1.1.1.1 x 2\r\n".to_vec(),
            "invalid source port: strconv.ParseUint: parsing \"x\": invalid syntax",
        ),
        (
            b"PROXY TCP4 1.1.1.1 1.1.1.1 1 70000\r\n".to_vec(),
            "invalid dest port: strconv.ParseUint: parsing \"70000\": value out of range",
        ),
        (
            b"PROXY TCP4 ::1 ::1 1 2\r\n".to_vec(),
            "invalid PROXY protocol header: TCP4 with IPv6 address",
        ),
        (
            b"PROXY TCP6 1.1.1.1 ::1 1 2\r\n".to_vec(),
            "invalid PROXY protocol header: TCP6 with IPv4 address",
        ),
        (
            b"PROXY UDP4 1.1.1.1 1.1.1.1 1 2\r\n".to_vec(),
            "invalid PROXY protocol header: invalid protocol UDP4",
        ),
        (
            b"\r\n\r\n\0\rnonsense".to_vec(),
            "invalid PROXY protocol header: invalid signature",
        ),
        (
            v2(0x11, 0x11, &ipv4()),
            "invalid PROXY protocol header: invalid version 0x10",
        ),
        (v2(0x23, 0x11, &ipv4()), "unknown PROXY protocol command: 0x03"),
        (
            v2(0x21, 0x12, &ipv4()),
            "unsupported PROXY protocol feature: only STREAM protocol supported",
        ),
        (
            v2(0x21, 0x31, &ipv4()),
            "unsupported PROXY protocol feature: unsupported address family 0x30",
        ),
        (v2(0x21, 0x11, b"short"), "IPv4 address data too short: 5 bytes"),
        (v2(0x21, 0x21, &ipv4()), "IPv6 address data too short: 12 bytes"),
    ] {
        let mut client = Raw::open(process.address);
        let own = client.reader.get_ref().local_addr().unwrap();
        client.send(header);
        assert_eq!(client.line(), "");
        process.wait_for_log(&format!(
            "[WRN] Error reading PROXY protocol header from {own}: {why}"
        ));
        let cid = client.info["client_id"].as_u64().unwrap();
        assert_eq!(wait_closed(&process, cid)["reason"], "Protocol Violation");
    }
}

#[test]
fn a_header_that_breaks_off_is_told_in_the_log() {
    let process = Process::start(SETTINGS, &[]);
    for (begun, why) in [
        (&b""[..], "failed to read protocol version: EOF"),
        (b"PRO", "failed to read protocol version: unexpected EOF"),
        (b"PROXY TCP4 1.", "failed to read v1 line: EOF"),
        (b"\r\n\r\n\0\r\nQ", "failed to read v2 signature: unexpected EOF"),
        (b"\r\n\r\n\0\r\nQUIT\n", "failed to read v2 header: EOF"),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01",
            "failed to read IPv4 address data: unexpected EOF",
        ),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x20\x11\0\x0c\x01",
            "failed to discard LOCAL command address data: EOF",
        ),
    ] {
        let mut client = Raw::open(process.address);
        let own = client.reader.get_ref().local_addr().unwrap();
        client.send(begun);
        client
            .reader
            .get_ref()
            .shutdown(std::net::Shutdown::Write)
            .unwrap();
        process.wait_for_log(&format!(
            "[WRN] Error reading PROXY protocol header from {own}: {why}"
        ));
    }
}

#[test]
fn the_header_comes_before_the_handshake_of_tls() {
    let header = b"PROXY TCP4 192.0.2.1 198.51.100.1 12345 4222\r\n";
    for more in ["", "allow_non_tls: true\n", "handshake_first"] {
        let first = more == "handshake_first";
        let (in_block, beside) = if first {
            ("handshake_first: true", "")
        } else {
            ("", more)
        };
        let settings = format!("{SETTINGS}{}{beside}", block(in_block));
        let process = Process::start(&settings, &[]);
        let mut stream = TcpStream::connect(process.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        if !first {
            let mut byte = [0];
            while byte != *b"\n" {
                stream.read_exact(&mut byte).unwrap();
            }
        }
        stream.write_all(header).unwrap();
        let mut secure = Secure::over(stream, &Knock::default()).unwrap();
        if first {
            let info = secure.line().unwrap();
            assert!(info.contains("\"client_ip\":\"192.0.2.1\""), "{info}");
        }
        secure.send(HELLO).unwrap();
        assert_eq!(secure.line().unwrap(), "PONG");
        let shown = process.connz("");
        assert_eq!(shown["connections"][0]["ip"], "192.0.2.1", "{more}");
        assert!(shown["connections"][0].get("tls_version").is_some());
        if more.starts_with("allow") {
            let mut plain = Raw::open(process.address);
            plain.send([&header[..], HELLO.as_bytes()].concat());
            assert_eq!(greeted(&mut plain)["client_ip"], "192.0.2.1");
        }
    }
}
