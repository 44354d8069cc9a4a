//! Where orders come in: [`Desk`] takes them off the wire, sees who may give them, and keeps them until the screen's
//! thread has time ([`Desk::next`]), which follows them and answers.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use async_nats::{HeaderMap, Message, Subject};
use futures_util::StreamExt;
use ring::rand::{SecureRandom, SystemRandom};

use super::control::Seat;
use super::gate::{Gate, RemoteCode};
use super::order::{
    CODE_HEADER, Command, ORDER_BYTES_MAX, ORDERS_PREFIX, ORDERS_SUBJECT, Refusal, Sealed, place, plain,
};
use super::{CodeError, Key};
use crate::tui::panes::PaneContext;
use crate::tui::panes::task::detach;
use crate::util::lock::lock;

/// Orders that wait for the screen's thread.
const ORDERS_MAX: usize = 32;
/// Second screens that a talk hears in all.
const SCREENS_MAX: usize = 256;

/// The desk. Clones share it.
#[derive(Clone)]
pub(super) struct Desk(Arc<Mutex<Inside>>);

struct Inside {
    gate: Gate,
    /// Sets this talk apart from others with the same code.
    session: String,
    waiting: VecDeque<Order>,
    /// Screens that said that they are there, since the screen's thread looked last.
    here: Vec<Seat>,
    /// The highest number that each screen has used.
    numbers: HashMap<u64, u64>,
}

/// An order that may be given.
pub struct Order {
    /// Who gives it.
    pub seat: Seat,
    /// What.
    pub command: Command,
    /// Whoever waits for an answer.
    pub answer: Answer,
}

/// The way back to whoever gave an order.
pub struct Answer {
    client: async_nats::Client,
    runtime: tokio::runtime::Handle,
    reply: Option<Subject>,
    /// Sealed as the order was.
    key: Option<Arc<OnceLock<Key>>>,
}

impl Desk {
    /// A desk that a remote control with this code is heard at; without one only second screens are.
    pub fn new(code: Option<RemoteCode>) -> Desk {
        let mut gate = Gate::default();
        gate.set(code);
        Desk(Arc::new(Mutex::new(Inside {
            gate,
            session: session().unwrap_or_default(),
            waiting: VecDeque::new(),
            here: Vec::new(),
            numbers: HashMap::new(),
        })))
    }

    /// What sets this talk apart.
    pub fn session(&self) -> String {
        lock(&self.0).session.clone()
    }

    /// The code of the remote control, while there is one.
    pub fn code(&self) -> Option<RemoteCode> {
        lock(&self.0).gate.code().cloned()
    }

    /// Another code for the remote control, or none.
    pub fn set_code(&self, code: Option<RemoteCode>) {
        lock(&self.0).gate.set(code);
    }

    /// The next order.
    pub fn next(&self) -> Option<Order> {
        lock(&self.0).waiting.pop_front()
    }

    /// The screens that said lately that they are there.
    pub fn here(&self) -> Vec<Seat> {
        std::mem::take(&mut lock(&self.0).here)
    }

    /// Notes that a screen is there, if that is what was sealed.
    pub fn hear(&self, key: &Key, subject: &str, payload: &[u8]) {
        let mut inside = lock(&self.0);
        let Some(sealed) = inside.unseal(key, subject, payload) else {
            return;
        };
        if inside.here.len() < SCREENS_MAX {
            inside.here.push(Seat::screen(sealed.seat, &sealed.name));
        }
    }

    /// Hears orders as long as the connection stands.
    pub fn serve(&self, key: &Arc<OnceLock<Key>>, context: &PaneContext) {
        let (desk, key, context) = (self.clone(), Arc::clone(key), context.clone());
        detach(&context.runtime.clone(), async move {
            // Without permission to subscribe nobody can steer from afar, and the talk goes on.
            let Ok(mut orders) = context.client.subscribe(ORDERS_SUBJECT).await else {
                return;
            };
            while let Some(message) = orders.next().await {
                desk.take(message, &key, &context);
            }
        });
    }

    fn take(&self, message: Message, key: &Arc<OnceLock<Key>>, context: &PaneContext) {
        let mut inside = lock(&self.0);
        let sealed = key
            .get()
            .and_then(|key| inside.unseal(key, &message.subject, &message.payload));
        let answer = Answer {
            client: context.client.clone(),
            runtime: context.runtime.clone(),
            reply: message.reply.clone(),
            key: sealed.as_ref().map(|_| Arc::clone(key)),
        };
        let read = match sealed {
            Some(sealed) => read_sealed(&message, sealed),
            None => inside.read_plain(&message),
        };
        let read = read.and_then(|order| match inside.waiting.len() < ORDERS_MAX {
            true => Ok(order),
            false => Err(Refusal::Busy),
        });
        match read {
            Ok((seat, command)) => {
                inside.waiting.push_back(Order {
                    seat,
                    command,
                    answer,
                });
                context.waker.wake();
            }
            Err(refusal) => answer.send(Err(refusal)),
        }
    }
}

impl Inside {
    /// What a screen has sealed for this subject, if it was not said before.
    fn unseal(&mut self, key: &Key, subject: &str, payload: &[u8]) -> Option<Sealed> {
        let payload = Some(payload).filter(|payload| payload.len() <= ORDER_BYTES_MAX)?;
        let opened = key.open(&place(subject, &self.session), payload)?;
        let sealed: Sealed = serde_json::from_slice(&opened).ok()?;
        let has_room = self.numbers.len() < SCREENS_MAX;
        match self.numbers.get_mut(&sealed.seat) {
            Some(number) if *number < sealed.number => *number = sealed.number,
            None if has_room => drop(self.numbers.insert(sealed.seat, sealed.number)),
            _ => return None,
        }
        Some(sealed)
    }

    fn read_plain(&mut self, message: &Message) -> Result<(Seat, Command), Refusal> {
        if message.payload.len() > ORDER_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        let header = message.headers.as_ref();
        let header = header.and_then(|headers| headers.get(CODE_HEADER));
        let payload = String::from_utf8_lossy(&message.payload);
        let (code, argument) = plain(header.map(async_nats::HeaderValue::as_str), &payload);
        self.gate.open(code, Instant::now()).map_err(Refusal::Shut)?;
        let command = read(message, argument)?;
        match command.runs_code() {
            true => Err(Refusal::RunsCode),
            false => Ok((Seat::Remote, command)),
        }
    }
}

fn read_sealed(message: &Message, sealed: Sealed) -> Result<(Seat, Command), Refusal> {
    let command = read(message, &sealed.argument)?;
    Ok((Seat::screen(sealed.seat, &sealed.name), command))
}

fn read(message: &Message, argument: &str) -> Result<Command, Refusal> {
    let token = message.subject.strip_prefix(ORDERS_PREFIX);
    token
        .and_then(|token| Command::read(token, argument))
        .ok_or(Refusal::Unknown)
}

impl Answer {
    /// Says what became of the order.
    pub fn send(self, outcome: Result<String, Refusal>) {
        let Some(reply) = self.reply else { return };
        let mut headers = HeaderMap::new();
        if let Err(refusal) = &outcome {
            // As services say it, so that any client can tell a refusal from an answer.
            headers.insert("Nats-Service-Error", refusal.text());
            headers.insert("Nats-Service-Error-Code", refusal.code());
        }
        let text = outcome.unwrap_or_else(|refusal| refusal.text());
        let payload = match self.key.as_ref().map(|key| key.get()) {
            Some(key) => key.and_then(|key| key.seal(&reply, text.as_bytes())),
            None => Some(text.into_bytes()),
        };
        let (Some(payload), client) = (payload, self.client) else {
            return;
        };
        detach(&self.runtime, async move {
            let _ = match headers.is_empty() {
                true => client.publish(reply, payload.into()).await,
                false => client.publish_with_headers(reply, headers, payload.into()).await,
            };
        });
    }
}

/// Sixteen letters that no other talk has.
fn session() -> Result<String, CodeError> {
    Ok(format!("{:016x}", random_number()?))
}

/// A number that nobody else has.
pub(super) fn random_number() -> Result<u64, CodeError> {
    let mut bytes = [0; 8];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| CodeError::NoRandomness)?;
    Ok(u64::from_le_bytes(bytes))
}
