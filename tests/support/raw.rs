//! A client that speaks bytes.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long to wait for what must come. Generous, since the machine may be busy.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One connection.
pub struct Raw {
    pub reader: BufReader<TcpStream>,
    /// The INFO it was greeted with.
    pub info: serde_json::Value,
}

impl Raw {
    /// Connects and reads the INFO.
    pub fn open(address: SocketAddr) -> Raw {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut raw = Raw {
            reader: BufReader::new(stream),
            info: serde_json::Value::Null,
        };
        let line = raw.line();
        let json = line
            .strip_prefix("INFO ")
            .unwrap_or_else(|| panic!("greeted with {line:?}"));
        raw.info = serde_json::from_str(json).unwrap();
        raw
    }

    /// Connects, and says CONNECT with these fields (`"a":1,"b":2`) besides verbose and pedantic off.
    pub fn connect(address: SocketAddr, fields: &str) -> Raw {
        let mut raw = Raw::open(address);
        let comma = if fields.is_empty() { "" } else { "," };
        raw.send(format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false{comma}{fields}}}\r\n"
        ));
        raw.sync();
        raw
    }

    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.reader.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// The next line without its line end; the empty text at the end of the connection.
    pub fn line(&mut self) -> String {
        let mut line = Vec::new();
        match self.reader.read_until(b'\n', &mut line) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => line.clear(),
            Err(error) => panic!("{error}, after {:?}", String::from_utf8_lossy(&line)),
        }
        let text = String::from_utf8_lossy(&line).into_owned();
        text.strip_suffix("\r\n").map(str::to_owned).unwrap_or(text)
    }

    /// As [`Raw::line`], once the server has been told that the client is there, which it asks after a while.
    pub fn line_but_ping(&mut self) -> String {
        loop {
            match self.line() {
                line if line == "PING" => self.send("PONG\r\n"),
                line => return line,
            }
        }
    }

    /// The next message: its subject and body.
    pub fn message(&mut self) -> (String, String) {
        let line = self.line_but_ping();
        let subject = line
            .split(' ')
            .nth(1)
            .unwrap_or_else(|| panic!("no message: {line:?}"));
        (subject.to_owned(), self.line())
    }

    /// Asks, and waits for the answer on the subject `answer`, which the client has subscribed to.
    pub fn ask(&mut self, subject: &str, payload: &str) -> serde_json::Value {
        self.send(format!("PUB {subject} answer {}\r\n{payload}\r\n", payload.len()));
        let (to, body) = self.message();
        assert_eq!(to, "answer");
        serde_json::from_str(&body).unwrap_or_else(|_| panic!("{subject} is not answered: {body}"))
    }

    /// Connects, ready to [`Raw::ask`].
    pub fn asking(address: SocketAddr, fields: &str) -> Raw {
        let mut raw = Raw::connect(address, fields);
        raw.send("SUB answer 1\r\n");
        raw.sync();
        raw
    }

    /// Waits until the server has dealt with everything said so far.
    pub fn sync(&mut self) {
        self.send("PING\r\n");
        assert_eq!(self.line_but_ping(), "PONG");
    }

    /// Reads and forgets exactly so many bytes.
    pub fn skip(&mut self, bytes: u64) {
        let skipped = std::io::copy(&mut self.reader.by_ref().take(bytes), &mut std::io::sink()).unwrap();
        assert_eq!(skipped, bytes, "the connection ended too early");
    }
}
