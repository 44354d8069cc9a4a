//! A port that is taken: by whom, and what to do about it.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::texts;

/// How long to wait for whoever has the port to say who it is.
const GREETING_TIME_MAX: Duration = Duration::from_millis(700);
/// The longest greeting that is read, in bytes.
const GREETING_BYTES_MAX: u64 = 32 * 1024;

/// What to do about the server.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice {
    /// Start our own on this port; 0 takes a free one.
    Start(u16),
    /// Use the one that is there.
    Use(String),
    /// Leave.
    Quit,
}

/// Who has the port.
#[derive(Debug, PartialEq, Eq)]
enum Owner {
    /// A NATS server.
    Nats { name: String, version: String },
    /// Something else, or something silent.
    Other,
}

/// Decides before the screen is taken over. A free port needs no question.
///
/// # Errors
/// The port is taken and there is nobody to ask, or the address is none of ours.
pub fn choose(host: &str, port: u16) -> Result<Choice> {
    match TcpListener::bind((host, port)) {
        Ok(_) => return Ok(Choice::Start(port)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
        Err(error) => return Err(error).with_context(|| texts::cannot_listen(host, port)),
    }
    let owner = ask_owner(host, port);
    let taken = describe(&owner, host, port);
    if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
        bail!(texts::port_advice(&taken, host, port));
    }
    ask_user(&taken, &owner, host, port)
}

fn describe(owner: &Owner, host: &str, port: u16) -> String {
    let who = match owner {
        Owner::Nats { name, version } => texts::by_nats(name, version),
        Owner::Other => texts::by_other().to_owned(),
    };
    texts::port_taken(port, host, &who)
}

/// A NATS server speaks first: `INFO {…}`.
fn ask_owner(host: &str, port: u16) -> Owner {
    greeting(host, port)
        .as_deref()
        .map_or(Owner::Other, read_greeting)
}

fn greeting(host: &str, port: u16) -> Option<String> {
    let host = if host == "0.0.0.0" || host == "::" {
        "localhost"
    } else {
        host
    };
    let address = (host, port).to_socket_addrs().ok()?.next()?;
    let stream = TcpStream::connect_timeout(&address, GREETING_TIME_MAX).ok()?;
    stream.set_read_timeout(Some(GREETING_TIME_MAX)).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(GREETING_BYTES_MAX))
        .read_line(&mut line)
        .ok()?;
    Some(line)
}

fn read_greeting(line: &str) -> Owner {
    let json = line
        .strip_prefix("INFO ")
        .and_then(|rest| serde_json::from_str::<serde_json::Value>(rest).ok());
    let Some(info) = json else { return Owner::Other };
    // What a stranger sends is shown, not obeyed.
    let text = |key: &str| -> String {
        let text = info.get(key).and_then(|value| value.as_str()).unwrap_or("?");
        text.chars().filter(|c| !c.is_control()).take(64).collect()
    };
    Owner::Nats {
        name: text("server_name"),
        version: text("version"),
    }
}

fn ask_user(taken: &str, owner: &Owner, host: &str, port: u16) -> Result<Choice> {
    let is_nats = matches!(owner, Owner::Nats { .. });
    let mut out = io::stdout();
    writeln!(out, "{}\n", texts::port_note(taken))?;
    if is_nats {
        writeln!(out, "  {}  {}", texts::use_that_key(), texts::use_that())?;
    }
    writeln!(out, "  {}  {}", texts::start_own_key(), texts::start_own())?;
    writeln!(out, "  q  {}\n", texts::leave())?;
    loop {
        write!(out, "{}", texts::choice())?;
        out.flush()?;
        let mut answer = String::new();
        if io::stdin().lock().take(64).read_line(&mut answer)? == 0 {
            return Ok(Choice::Quit);
        }
        match answer.trim().to_lowercase().as_str() {
            key if is_nats && key == texts::use_that_key() => {
                return Ok(Choice::Use(format!("nats://{host}:{port}")));
            }
            key if key == texts::start_own_key() => return Ok(Choice::Start(0)),
            "q" => return Ok(Choice::Quit),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn taken_by(greeting: &'static str) -> (Owner, u16) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(greeting.as_bytes());
        });
        let owner = ask_owner("127.0.0.1", port);
        server.join().unwrap();
        (owner, port)
    }

    #[test]
    fn the_owner_of_a_port_says_who_it_is() {
        let (owner, port) = taken_by("INFO {\"server_name\":\"n1\\u001b[2J\",\"version\":\"2.14.5\"}\r\n");
        assert_eq!(
            describe(&owner, "127.0.0.1", port),
            format!("port {port} på 127.0.0.1 er opptatt av NATS-serveren «n1[2J» (versjon 2.14.5)")
        );
        assert_eq!(taken_by("SSH-2.0-x\r\n").0, Owner::Other);
        assert_eq!(taken_by("").0, Owner::Other);
    }

    #[test]
    fn a_free_port_needs_no_question_and_a_taken_one_without_a_user_is_an_error() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let answering = thread::spawn(move || drop(listener.accept()));
        let refused = choose("127.0.0.1", port).unwrap_err().to_string();
        assert!(refused.contains("noe som ikke er NATS"), "{refused}");
        answering.join().unwrap();
        assert_eq!(choose("127.0.0.1", 0).unwrap(), Choice::Start(0));
    }
}
