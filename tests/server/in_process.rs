//! Clients in the server's own process, which come in without a socket.

use std::io::{self, IoSlice};
use std::time::Duration;

use goingnats::broker::{self, Handle, InProcess, NotServing, Options};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio_rustls::TlsConnector;

use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::{Server, options};
use crate::support::tls::{Knock, block, client_config};

/// A client without a socket, or over whatever it made of one.
struct Client<S> {
    stream: BufReader<S>,
}

impl Client<InProcess> {
    fn open(server: &Server) -> Client<InProcess> {
        let stream = server.handle().unwrap().connect_in_process().unwrap();
        Client::over(stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn over(stream: S) -> Client<S> {
        Client {
            stream: BufReader::new(stream),
        }
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next line; empty at the end.
    async fn line(&mut self) -> String {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_line(&mut line));
        read.await.expect("a line or the end").unwrap();
        line.trim_end().to_owned()
    }

    async fn info(&mut self) -> Value {
        let line = self.line().await;
        let json = line.strip_prefix("INFO ").unwrap_or_else(|| panic!("{line:?}"));
        serde_json::from_str(json).unwrap()
    }

    /// Logs in with these fields, and returns the INFO that it was greeted with and the one behind the first PONG.
    async fn login(&mut self, fields: &str) -> (Value, Value) {
        let greeting = self.info().await;
        self.say(&format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"protocol\":1{fields}}}\r\nPING\r\n"
        ))
        .await;
        assert_eq!(self.line().await, "PONG");
        (greeting, self.info().await)
    }

    async fn sync(&mut self) {
        self.say("PING\r\n").await;
        assert_eq!(self.line().await, "PONG");
    }
}

fn connz(handle: &Handle, query: &str) -> Value {
    serde_json::from_str(&handle.monitor("connz", query)).unwrap()
}

/// Waits until the server knows why a client is gone.
async fn reason(handle: &Handle, cid: u64) -> String {
    for _ in 0..PATIENCE.as_millis() {
        let closed = connz(handle, &format!("state=closed&cid={cid}"));
        if let Some(reason) = closed["connections"][0]["reason"].as_str() {
            return reason.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{cid} is not gone");
}

#[tokio::test]
async fn messages_pass_between_memory_and_sockets_and_connz_shows_a_client_without_address() {
    let server = Server::ours("");
    let handle = server.handle().unwrap();
    let mut inside = Client::open(&server);
    let (greeting, second) = inside.login(",\"name\":\"inside\",\"headers\":true").await;
    for info in [&greeting, &second] {
        assert!(
            info.get("client_ip").is_none() && info["client_id"].is_u64(),
            "{info}"
        );
    }
    assert_eq!(second["connect_info"], true);
    inside.say("SUB to.inside 7\r\n").await;
    inside.sync().await;

    let mut outside = Raw::connect(server.address, "");
    outside.send("SUB to.outside 8\r\nPUB to.inside r 5\r\nhello\r\n");
    outside.sync();
    assert_eq!(inside.line().await, "MSG to.inside 7 r 5");
    assert_eq!(inside.line().await, "hello");
    inside.say("PUB to.outside 2\r\nhi\r\n").await;
    assert_eq!([outside.line(), outside.line()], ["MSG to.outside 8 2", "hi"]);

    // Far more than fits into memory at once, in both directions, byte for byte.
    let body: String = (0..1_000_000u32)
        .map(|n| char::from(b'a' + (n % 23) as u8))
        .collect();
    let message = format!("PUB to.inside {}\r\n{body}\r\n", body.len());
    let (mut reader, mut writer) = tokio::io::split(inside.stream);
    let write = async { writer.write_all(message.as_bytes()).await.unwrap() };
    let read = async {
        let mut echoed = vec![0; "MSG to.inside 7 1000000\r\n".len() + body.len() + 2];
        reader.read_exact(&mut echoed).await.unwrap();
        String::from_utf8(echoed).unwrap()
    };
    let ((), echoed) = tokio::join!(write, read);
    assert_eq!(echoed, format!("MSG to.inside 7 1000000\r\n{body}\r\n"));
    let mut inside = Client {
        stream: reader.unsplit(writer),
    };
    inside.sync().await;

    let cid = greeting["client_id"].as_u64().unwrap();
    let shown = &connz(handle, &format!("cid={cid}&subs=1"))["connections"][0];
    for (field, expected) in [
        ("kind", "Client".into()),
        ("type", "nats".into()),
        ("ip", "".into()),
        ("port", 0.into()),
        ("name", "inside".into()),
        ("in_msgs", 2.into()),
        ("out_msgs", 2.into()),
        ("subscriptions_list", serde_json::json!(["to.inside"])),
    ] {
        assert_eq!(shown[field], expected, "{field}");
    }
    drop(inside);
    assert_eq!(reason(handle, cid).await, "Client Closed");
}

#[tokio::test]
async fn it_counts_as_any_other_and_is_cut_off_as_any_other() {
    let server = Server::ours("max_connections: 2\nmax_payload: 1000\nmax_pending: 100000\n");
    let handle = server.handle().unwrap();
    let mut slow = Client::open(&server);
    let (greeting, _) = slow.login("").await;
    slow.say("SUB flood 1\r\n").await;
    slow.sync().await;
    let mut publisher = Raw::connect(server.address, "");
    let mut third = Client::open(&server);
    third.info().await;
    assert_eq!(third.line().await, "-ERR 'maximum connections exceeded'");
    assert_eq!(third.line().await, "");

    // What it does not read fills its memory, then what may be pending; then it is gone.
    let body = "x".repeat(1000);
    for _ in 0..400 {
        publisher.send(format!("PUB flood 1000\r\n{body}\r\n"));
    }
    publisher.sync();
    let cid = greeting["client_id"].as_u64().unwrap();
    assert_eq!(reason(handle, cid).await, "Slow Consumer (Pending Bytes)");
    assert_eq!(handle.statistics().slow_consumers, 1);
    let mut rest = Vec::new();
    slow.stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() >= 64 * 1024 && rest.len() < 400_000, "{}", rest.len());
    let error = slow.stream.write_all(b"PING\r\n").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    Client::open(&server).login("").await;
}

#[tokio::test]
async fn who_does_not_speak_is_told_so_and_half_an_end_is_one() {
    let server = Server::ours("authorization { user: u, password: p, timeout: 0.05 }\n");
    let mut silent = Client::open(&server);
    assert_eq!(silent.info().await["auth_required"], true);
    assert_eq!(silent.line().await, "-ERR 'Authentication Timeout'");
    assert_eq!(silent.line().await, "");
    let mut done = Client::open(&server);
    done.login(",\"user\":\"u\",\"pass\":\"p\"").await;
    done.stream.shutdown().await.unwrap();
    assert_eq!(done.line().await, "");
}

#[tokio::test]
async fn shutdown_and_lame_duck_mode_end_it_and_let_nobody_else_in() {
    for lame_duck in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options {
            lame_duck_duration: Duration::from_millis(40),
            lame_duck_grace_period: Duration::from_millis(1),
            ..options(&folder, "")
        };
        let handle = broker::start(options).unwrap();
        let mut client = Client::over(handle.connect_in_process().unwrap());
        client.login("").await;
        if lame_duck {
            let over = handle.lame_duck();
            assert_eq!(client.info().await["ldm"], true);
            assert_eq!(client.line().await, "");
            over.await.unwrap();
            assert_eq!(handle.connect_in_process().unwrap_err(), NotServing);
        }
        tokio::task::spawn_blocking(|| handle.shutdown()).await.unwrap();
        assert_eq!(client.line().await, "");
    }
}

#[tokio::test]
async fn nobody_needs_a_port() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        dont_listen: true,
        ..options(&folder, "")
    };
    let handle = broker::start(options).unwrap();
    assert_eq!(handle.address().port(), 0);
    let mut one = Client::over(handle.connect_in_process().unwrap());
    let mut two = Client::over(handle.connect_in_process().unwrap());
    one.login("").await;
    one.say("SUB a 1\r\n").await;
    one.sync().await;
    two.login("").await;
    two.say("PUB a 1\r\nx\r\n").await;
    assert_eq!([one.line().await, one.line().await], ["MSG a 1 1", "x"]);
}

#[tokio::test]
async fn tls_is_offered_where_sockets_must_speak_it() {
    for (more, first) in [("", false), ("handshake_first: true", true)] {
        let server = Server::ours(&block(more));
        let mut plain = Client::open(&server);
        for info in <[Value; 2]>::from(plain.login("").await) {
            assert!(info.get("tls_required").is_none(), "{info}");
            assert_eq!(info["tls_available"], true);
        }

        let stream = server.handle().unwrap().connect_in_process().unwrap();
        let mut stream = BufReader::new(stream);
        if !first {
            stream.read_line(&mut String::new()).await.unwrap();
        }
        let config = client_config(&Knock::default());
        let name = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(config).connect(name, stream).await.unwrap();
        let mut secure = Client::over(BufWriter::new(stream));
        if first {
            assert_eq!(secure.info().await["tls_required"], true);
        }
        secure
            .say("CONNECT {\"verbose\":false}\r\nSUB a 1\r\nPUB a 1\r\nx\r\n")
            .await;
        assert_eq!([secure.line().await, secure.line().await], ["MSG a 1 1", "x"]);
        let shown = connz(server.handle().unwrap(), "");
        assert_eq!(shown["connections"][1]["tls_version"], "1.3", "{shown}");
    }
}

#[tokio::test]
async fn users_may_be_held_to_it() {
    let server = Server::ours(
        "authorization { users: [
            {user: inside, password: p, allowed_connection_types: [IN_PROCESS]}
            {user: outside, password: p, allowed_connection_types: [STANDARD]}
        ] }\n",
    );
    Client::open(&server)
        .login(",\"user\":\"inside\",\"pass\":\"p\"")
        .await;
    Raw::connect(server.address, r#""user":"outside","pass":"p""#);
    let mut refused = Client::open(&server);
    refused.info().await;
    refused
        .say("CONNECT {\"user\":\"outside\",\"pass\":\"p\"}\r\n")
        .await;
    assert_eq!(refused.line().await, "-ERR 'Authorization Violation'");
    let mut refused = Raw::open(server.address);
    refused.send("CONNECT {\"user\":\"inside\",\"pass\":\"p\"}\r\n");
    assert_eq!(refused.line(), "-ERR 'Authorization Violation'");
}

#[tokio::test]
async fn several_slices_are_one_write() {
    let server = Server::ours("");
    let mut client = Client::open(&server);
    client.login("").await;
    let mut stream = client.stream.into_inner();
    assert!(stream.is_write_vectored());
    let slices = [b"PI", b"NG", b"\r\n"].map(|part| IoSlice::new(part));
    assert_eq!(stream.write_vectored(&slices).await.unwrap(), 6);
    let mut answer = [0; 6];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"PONG\r\n");
}
