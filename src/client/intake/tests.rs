//! Against a server of a few lines, whose words are chosen here.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use super::*;

const PATIENCE: Duration = Duration::from_secs(60);
const GREETING: &str = "INFO {\"client_id\":9,\"nonce\":\"x\",\"max_payload\":1048576}\r\n";

/// The server's end of a connection.
struct End {
    lines: Lines<BufReader<OwnedReadHalf>>,
    write: OwnedWriteHalf,
}

impl End {
    async fn accept(listener: &TcpListener, greeting: &str) -> End {
        let (socket, _) = listener.accept().await.unwrap();
        let (read, write) = TcpStream::into_split(socket);
        let mut end = End {
            lines: BufReader::new(read).lines(),
            write,
        };
        end.say(greeting).await;
        end
    }

    /// Lets the client in.
    async fn welcome(listener: &TcpListener) -> End {
        let mut end = End::accept(listener, GREETING).await;
        let connect = end.hear().await;
        assert!(connect.starts_with("CONNECT {"), "{connect}");
        assert_eq!(end.hear().await, "PING");
        end.say("PONG\r\n").await;
        end
    }

    async fn say(&mut self, text: &str) {
        self.write.write_all(text.as_bytes()).await.unwrap();
    }

    async fn hear(&mut self) -> String {
        self.lines.next_line().await.unwrap().unwrap()
    }
}

/// What was taken: subject, reply, headers and the payload's size.
type Taken = (String, Option<String>, Vec<(String, String)>, usize);

fn taking(to: Sender<Taken>) -> Take {
    Box::new(move |messages| {
        for message in messages {
            let reply = message.reply.as_deref().map(str::to_owned);
            let taken = (
                message.subject.to_string(),
                reply,
                message.header_pairs(),
                message.payload.len(),
            );
            to.send(taken).unwrap();
        }
    })
}

async fn hello() -> (TcpListener, Hello) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    let mut hello = Hello::of(&ConnectSettings::to_server(url)).unwrap();
    hello.retry_time = Duration::ZERO;
    (listener, hello)
}

fn next<T: Send + 'static>(from: Receiver<T>) -> impl Future<Output = (T, Receiver<T>)> {
    let waiting = tokio::task::spawn_blocking(move || (from.recv_timeout(PATIENCE).unwrap(), from));
    async { waiting.await.unwrap() }
}

#[tokio::test]
async fn what_comes_is_taken_whole_whatever_it_came_in() {
    let (listener, hello) = hello().await;
    let opened = tokio::spawn(async { Intake::say_hello(hello, |_| {}).await.unwrap() });
    let mut server = End::welcome(&listener).await;
    let intake = opened.await.unwrap();
    assert_eq!(intake.client_id(), 9);
    let (sender, taken) = channel();
    let listening = intake.listen("a.*", Some("q"), taking(sender));
    assert_eq!(server.hear().await, "SUB a.* q 1");
    // A line in two pieces, headers, a subscription that there is not, and a message that no buffer holds.
    server
        .say("PING\r\nMSG a.1 1 2\r\nhi\r\nMSG x 7 0\r\n\r\nHMSG a.2 1 _IN")
        .await;
    assert_eq!(server.hear().await, "PONG");
    let large = "x".repeat(4 * READ_BYTES);
    server
        .say(&format!(
            "BOX.r 24 26\r\nNATS/1.0\r\nB: 1\r\nA: 2\r\n\r\nhi\r\nMSG a.3 1 {}\r\n{large}\r\n",
            large.len()
        ))
        .await;
    let (one, taken) = next(taken).await;
    assert_eq!(one, ("a.1".to_owned(), None, Vec::new(), 2));
    let (two, taken) = next(taken).await;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![pair("B", "1"), pair("A", "2")];
    assert_eq!(
        two,
        ("a.2".to_owned(), Some("_INBOX.r".to_owned()), headers, 2),
        "headers keep their order"
    );
    let (three, _taken) = next(taken).await;
    assert_eq!(three.3, large.len());
    drop(listening);
    assert_eq!(server.hear().await, "UNSUB 1");
}

#[tokio::test]
async fn a_connection_that_was_lost_is_made_anew_and_told_the_same() {
    let (listener, hello) = hello().await;
    let (told, incidents) = channel();
    let report = move |incident| told.send(incident).unwrap();
    let opened = tokio::spawn(async { Intake::say_hello(hello, report).await.unwrap() });
    let mut server = End::welcome(&listener).await;
    let intake = opened.await.unwrap();
    let (sender, taken) = channel();
    let _listening = intake.listen("a", None, taking(sender));
    assert_eq!(server.hear().await, "SUB a 1");
    server
        .say("-ERR 'Permissions Violation for Subscription to \"a\"'\r\n")
        .await;
    let (complaint, incidents) = next(incidents).await;
    assert_eq!(
        complaint,
        Incident::Complaint("Permissions Violation for Subscription to \"a\"".to_owned())
    );
    drop(server);
    assert_eq!(next(incidents).await.0, Incident::Lost);
    let mut server = End::welcome(&listener).await;
    assert_eq!(server.hear().await, "SUB a 1");
    server.say("MSG a 1 0\r\n\r\n").await;
    assert_eq!(next(taken).await.0.0, "a");
}

#[tokio::test]
async fn who_is_not_let_in_or_must_speak_tls_is_told_so() {
    let (listener, hello) = hello().await;
    let opened = tokio::spawn(async { Intake::say_hello(hello, |_| {}).await.err() });
    let _server = End::accept(&listener, "INFO {\"tls_required\":true}\r\n").await;
    assert!(matches!(opened.await.unwrap(), Some(IntakeError::NeedsTls)));

    let (listener, hello) = self::hello().await;
    let opened = tokio::spawn(async { Intake::say_hello(hello, |_| {}).await.err() });
    let mut server = End::accept(&listener, GREETING).await;
    server.say("-ERR 'Authorization Violation'\r\n").await;
    let refused = opened.await.unwrap();
    assert!(matches!(refused, Some(IntakeError::Refused(why)) if why == "Authorization Violation"));
}

#[tokio::test]
async fn no_more_waits_here_than_one_read_or_one_message() {
    let (listener, hello) = hello().await;
    let opened = tokio::spawn(async move { Line::open(&hello.servers[0], &hello).await.unwrap() });
    let mut server = End::welcome(&listener).await;
    let mut line = opened.await.unwrap();
    let large = 8 * READ_BYTES;
    let speaking = tokio::spawn(async move {
        let body = "x".repeat(large);
        server.say(&format!("MSG a 1 {large}\r\n{body}\r\n")).await;
        for _ in 0..20_000 {
            server.say("MSG a 1 20\r\n01234567890123456789\r\n").await;
        }
    });
    let (mut seen, mut largest) = (0, 0);
    while seen <= 20_000 {
        line.take_whole(|_, messages| seen += messages.len(), &|_| {})
            .unwrap();
        largest = largest.max(line.buffer_bytes());
        if seen > 0 {
            assert!(line.buffer_bytes() <= READ_BYTES, "small again once it was taken");
        }
        if seen <= 20_000 {
            line.read().await.unwrap();
        }
    }
    assert!(largest <= large + 64, "{largest}");
    speaking.await.unwrap();
}

/// What a server says after the handshake, byte for byte as an unencrypted one would.
async fn tls_server(listener: TcpListener, is_first: bool, behind: &'static str) -> std::io::Result<()> {
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::crypto::ring;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let greeting = "INFO {\"client_id\":9,\"tls_required\":true}\r\n";
    let (mut socket, _) = listener.accept().await?;
    if !is_first {
        socket.write_all(format!("{greeting}{behind}").as_bytes()).await?;
    }
    let chain = CertificateDer::pem_file_iter(fixture("server.pem"))
        .unwrap()
        .collect::<Result<Vec<_>, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(fixture("server-key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(std::sync::Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let mut socket = TlsAcceptor::from(std::sync::Arc::new(config))
        .accept(socket)
        .await?;
    if is_first {
        socket.write_all(greeting.as_bytes()).await?;
    }
    let (read, mut write) = tokio::io::split(socket);
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let said = match line.split(' ').next() {
            Some("PING") => "PONG\r\n".to_owned(),
            Some("SUB") => "MSG a.b 1 200000\r\n".to_owned() + &"x".repeat(200_000) + "\r\n",
            _ => continue,
        };
        write.write_all(said.as_bytes()).await?;
    }
    Ok(())
}

fn fixture(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/tls")
        .join(name)
}

async fn over_tls(is_first: bool, behind: &'static str) -> Result<Intake, IntakeError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(tls_server(listener, is_first, behind));
    let mut settings = ConnectSettings::to_server(url);
    settings.tls.authority = Some(fixture("ca.pem"));
    settings.tls.first = is_first;
    Intake::open(&settings, |_| {}).await
}

#[tokio::test]
async fn what_comes_encrypted_is_read_no_faster_than_it_is_taken() {
    for is_first in [false, true] {
        let intake = over_tls(is_first, "").await.unwrap();
        assert_eq!(intake.client_id(), 9);
        let (to, from) = channel();
        let _listening = intake.listen("a.>", None, taking(to));
        let ((subject, _, _, bytes), _) = next(from).await;
        assert_eq!((subject.as_str(), bytes), ("a.b", 200_000));
    }
}

#[tokio::test]
async fn what_is_said_in_the_clear_behind_the_greeting_is_not_believed() {
    let refused = over_tls(false, "MSG a 1 2\r\nhi\r\n").await;
    assert!(matches!(refused, Err(IntakeError::Io(_))), "{:?}", refused.err());
}
