//! TLS for clients and for those who watch, with certificates from files.

use std::io::Read;
use std::net::TcpStream;

use super::process::{Process, command};
use crate::monitor::http::get;
use crate::support::raw::{PATIENCE, Raw};
use crate::support::server::Server;
use crate::support::tls::{Knock, Secure, block, file};

const CONNECT: &str = "CONNECT {\"verbose\":false,\"name\":\"safe\"}\r\n";

/// Reads INFO in the clear, makes the handshake, and logs in.
fn upgrade(raw: Raw, knock: &Knock<'_>) -> std::io::Result<Secure> {
    let mut secure = Secure::over(raw.reader.into_inner(), knock)?;
    secure.send(CONNECT)?;
    secure.sync()?;
    Ok(secure)
}

#[test]
fn messages_of_all_sizes_pass_encrypted() {
    for server in Server::both(&block("")) {
        let raw = Raw::open(server.address);
        assert_eq!(raw.info["tls_required"], true);
        let mut subscriber = upgrade(raw, &Knock::default()).unwrap();
        subscriber.send("SUB foo 1\r\n").unwrap();
        subscriber.sync().unwrap();
        let mut publisher = upgrade(Raw::open(server.address), &Knock::default()).unwrap();
        let size = |n: usize| n * n * 37;
        let sender = std::thread::spawn(move || {
            for n in 0..150 {
                let mut message = format!("PUB foo {}\r\n", size(n)).into_bytes();
                message.resize(message.len() + size(n), n as u8);
                message.extend_from_slice(b"\r\n");
                publisher.send(&message).unwrap();
            }
            publisher.sync().unwrap();
        });
        for n in 0..150 {
            assert_eq!(subscriber.line().unwrap(), format!("MSG foo 1 {}", size(n)));
            let body = subscriber.bytes(size(n) + 2).unwrap();
            assert!(body[..size(n)].iter().all(|byte| *byte == n as u8), "{n}");
        }
        sender.join().unwrap();

        // Whoever goes on in the clear is not understood, and is gone.
        let mut plain = Raw::open(server.address);
        plain.send(CONNECT);
        let mut rest = Vec::new();
        let _ = plain.reader.read_to_end(&mut rest);
        let rest = String::from_utf8_lossy(&rest);
        assert!(!rest.contains("PONG") && !rest.contains("+OK"), "{rest}");
    }
}

#[test]
fn connz_shows_how_a_connection_is_encrypted_and_why_one_failed() {
    let server = Server::ours(&block(""));
    let handle = server.handle().unwrap();
    let _secure = upgrade(Raw::open(server.address), &Knock::default()).unwrap();
    let tls = handle.connections()[0].tls.clone().unwrap();
    assert_eq!(
        (tls.version, tls.suite.as_str(), tls.first),
        ("1.3", "TLS_AES_256_GCM_SHA384", false)
    );
    let mut plain = Raw::open(server.address);
    plain.send("CONNECT {}\r\n");
    let _ = plain.reader.read_to_end(&mut Vec::new());
    let began = std::time::Instant::now();
    let reason = loop {
        if let Some(gone) = handle.closed_connections().first() {
            break gone.ended.unwrap().1.text();
        }
        assert!(began.elapsed() < PATIENCE);
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    assert_eq!(reason, "TLS Handshake Failure");
}

#[test]
fn the_handshake_may_come_first() {
    for server in Server::both(&block("handshake_first: true")) {
        let mut secure = Secure::dial(server.address, &Knock::default()).unwrap();
        assert!(secure.line().unwrap().starts_with("INFO {"));
        secure.send(CONNECT).unwrap();
        secure.sync().unwrap();
    }
    // Who waits for INFO gets it after a while.
    for server in Server::both(&block("handshake_first: auto")) {
        let mut secure = Secure::dial(server.address, &Knock::default()).unwrap();
        assert!(secure.line().unwrap().starts_with("INFO {"));
        upgrade(Raw::open(server.address), &Knock::default()).unwrap();
    }
}

#[test]
fn clients_without_tls_are_let_in_where_that_is_allowed() {
    for server in Server::both(&format!("{}allow_non_tls: true", block(""))) {
        let mut plain = Raw::connect(server.address, "");
        assert_eq!(plain.info["tls_available"], true);
        assert!(plain.info.get("tls_required").is_none());
        plain.send("SUB foo 1\r\n");
        plain.sync();
        let mut secure = upgrade(Raw::open(server.address), &Knock::default()).unwrap();
        secure.send("PUB foo 2\r\nhi\r\n").unwrap();
        assert_eq!([plain.line(), plain.line()], ["MSG foo 1 2", "hi"]);
    }
}

#[test]
fn a_client_must_show_its_certificate() {
    let verify = format!("ca_file: \"{}\", verify: true", file("ca.pem").display());
    for server in Server::both(&block(&verify)) {
        let raw = Raw::open(server.address);
        assert_eq!(raw.info["tls_verify"], true);
        assert!(upgrade(raw, &Knock::default()).is_err());
        let with = Knock {
            certificate: Some("client"),
            ..Knock::default()
        };
        upgrade(Raw::open(server.address), &with).unwrap();
    }
    let pinned = format!("{verify}, pinned_certs: [\"{}\"]", "ab".repeat(32));
    for server in Server::both(&block(&pinned)) {
        let with = Knock {
            certificate: Some("client"),
            ..Knock::default()
        };
        assert!(upgrade(Raw::open(server.address), &with).is_err());
    }
}

/// Where the settings name nobody to vouch for clients, those count that the system trusts.
#[test]
fn without_a_file_the_system_says_whom_to_trust() {
    let mut command = command();
    command
        .env("SSL_CERT_FILE", file("ca.pem"))
        .env("SSL_CERT_DIR", "/nowhere");
    let process = Process::start_as(command, &block("verify: true"), &[]);
    let knock = |certificate| Knock {
        certificate,
        ..Knock::default()
    };
    upgrade(Raw::open(process.address), &knock(Some("client"))).unwrap();
    for wrong in [None, Some("person")] {
        assert!(
            upgrade(Raw::open(process.address), &knock(wrong)).is_err(),
            "{wrong:?}"
        );
    }
}

/// The user is whom the certificate names, by whatever name the settings have for it.
#[test]
fn a_certificate_says_who_the_client_is() {
    let fine = ["kari@acme.test", "kari.test", "spiffe://acme.test/kari"];
    let subjects = [
        r"CN=Kari Nordmann,OU=Ops,OU=Dev,O=Acme\\, AS,C=NO,DC=acme,DC=test",
        r"DC=test, DC=acme, cn=Kari Nordmann,OU=Dev,OU=Ops,O=Acme\\, AS,C=NO",
        r"CN=Kari Nordmann,OU=Dev+OU=Ops,O=Acme\\, AS,C=NO,DC=test,DC=acme",
        r"CN=Kari Nordmann,OU=Dev+OU=Ops,O=Acme\\, AS,C=NO",
    ];
    let wrong = [
        "Kari Nordmann",
        r"CN=Ola Nordmann,OU=Ops,OU=Dev,O=Acme\\, AS,C=NO,DC=acme,DC=test",
        r"CN=Kari Nordmann,OU=Ops,O=Acme\\, AS,C=NO,DC=acme,DC=test",
    ];
    let knock = Knock {
        certificate: Some("person"),
        ..Knock::default()
    };
    let tls = block(&format!(
        "ca_file: \"{}\", verify_and_map: true",
        file("people-ca.pem").display()
    ));
    let settings = |users: &str| {
        format!(
            "http: \"127.0.0.1:-1\"\n{tls}authorization {{ users: [{users}, {{user: other, password: y}}] }}"
        )
    };
    for user in fine.iter().chain(&subjects).chain(&wrong) {
        for server in Server::both(&settings(&format!("{{user: \"{user}\"}}"))) {
            let entered = upgrade(Raw::open(server.address), &knock);
            assert_eq!(entered.is_ok(), !wrong.contains(user), "{user}");
            if entered.is_ok() {
                let (_, connz) = get(server.monitor.unwrap(), "/connz?auth=1");
                let connz: serde_json::Value = serde_json::from_str(&connz).unwrap();
                let shown = &connz["connections"][0];
                assert_eq!(shown["authorized_user"], user.replace("\\\\", "\\"));
                let certificate = &shown["tls_peer_certs"][0];
                assert!(
                    certificate["subject"]
                        .as_str()
                        .unwrap()
                        .starts_with("CN=Kari Nordmann,OU=Dev+OU=Ops,"),
                    "{certificate}"
                );
                assert_eq!(certificate["spki_sha256"].as_str().unwrap().len(), 64);
            }
        }
    }
    // A password counts as well where there is one, but not the name in CONNECT.
    for (fields, good) in [
        ("", false),
        (",\"user\":\"other\",\"pass\":\"x\"", true),
        (",\"user\":\"other\",\"pass\":\"y\"", false),
    ] {
        for server in Server::both(&settings("{user: kari.test, password: x}")) {
            let mut secure = Secure::over(Raw::open(server.address).reader.into_inner(), &knock).unwrap();
            secure
                .send(format!("CONNECT {{\"verbose\":false{fields}}}\r\n"))
                .unwrap();
            assert_eq!(secure.sync().is_ok(), good, "{fields}");
        }
    }
}

#[test]
fn each_name_has_its_certificate() {
    let pair = |name: &str| {
        format!(
            "{{ cert_file: \"{}\", key_file: \"{}\" }}",
            file(&format!("{name}.pem")).display(),
            file(&format!("{name}-key.pem")).display()
        )
    };
    let settings = format!("tls {{ certs: [{}, {}] }}", pair("server"), pair("other"));
    for server in Server::both(&settings) {
        for name in ["", "localhost", "other.test"] {
            let knock = Knock {
                name,
                ..Knock::default()
            };
            upgrade(Raw::open(server.address), &knock).unwrap();
        }
        let knock = Knock {
            name: "third.test",
            ..Knock::default()
        };
        assert!(upgrade(Raw::open(server.address), &knock).is_err());
    }
}

#[test]
fn those_who_watch_come_in_by_https() {
    let server = Server::ours(&format!("https: \"127.0.0.1:-1\"\n{}", block("")));
    let handle = server.handle().unwrap();
    let monitor = handle.monitor_address().unwrap();
    let mut client = Secure::dial(monitor, &Knock::default()).unwrap();
    client
        .send("GET /varz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .unwrap();
    let answer = client.rest().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let varz: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(varz["https_port"], monitor.port());
    assert_eq!(
        (&varz["http_port"], &varz["tls_required"]),
        (&0.into(), &true.into())
    );
    // Plain HTTP is not answered there.
    let mut plain = TcpStream::connect(monitor).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    std::io::Write::write_all(&mut plain, b"GET /varz HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"));
}

#[tokio::test]
async fn the_official_client_connects() {
    let server = Server::ours(&block(""));
    let client = async_nats::ConnectOptions::new()
        .require_tls(true)
        .add_root_certificates(file("ca.pem"))
        .connect(format!("tls://127.0.0.1:{}", server.address.port()))
        .await
        .unwrap();
    let mut subscriber = client.subscribe("a").await.unwrap();
    client.publish("a", "safe".into()).await.unwrap();
    client.flush().await.unwrap();
    let message = futures_util::StreamExt::next(&mut subscriber).await.unwrap();
    assert_eq!(&message.payload[..], b"safe");
}
