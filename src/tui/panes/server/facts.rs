//! What a server says of itself, read from its JSON: the same fields over HTTP, in the system account, and from
//! our own broker. Pure; rates come from two readings and the time between them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use crate::tui::panes::task::Rate;

/// Connections that are kept; a server with more is shown in part, and says so.
pub const CONNECTIONS_MAX: usize = 4_096;

/// The account of those who log in to none.
const GLOBAL: &str = "$G";

/// A connection as connz tells of it. What a server leaves out stays empty.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Connection {
    /// The server it is on, by its id; not part of the JSON.
    #[serde(skip)]
    pub server: String,
    /// Its number on that server.
    pub cid: u64,
    /// `Client`, `Leafnode` …
    pub kind: String,
    /// What it calls itself.
    pub name: String,
    /// Where it comes from.
    pub ip: String,
    /// Port at the other end.
    pub port: u16,
    /// Its account.
    pub account: String,
    /// Its user.
    pub authorized_user: String,
    /// The client library's language.
    pub lang: String,
    /// And version.
    pub version: String,
    /// Time from a ping to its answer, as Go writes it.
    pub rtt: String,
    /// How long it has been there.
    pub uptime: String,
    /// How long nothing came or went.
    pub idle: String,
    /// Bytes that wait to be sent to it.
    pub pending_bytes: u64,
    /// Messages from it.
    pub in_msgs: u64,
    /// Messages to it.
    pub out_msgs: u64,
    /// Bytes from it.
    pub in_bytes: u64,
    /// Bytes to it.
    pub out_bytes: u64,
    /// How many subscriptions it has.
    pub subscriptions: u64,
    /// What they are.
    pub subscriptions_list: Vec<String>,
    /// Why it ended; empty while it is open.
    pub reason: String,
}

impl Connection {
    /// What tells it from others, on a cluster too.
    pub fn id(&self) -> (String, u64) {
        (self.server.clone(), self.cid)
    }

    /// What it is called, by its name or where it comes from.
    pub fn label(&self) -> String {
        match self.name.is_empty() {
            true => format!("{}:{}", self.ip, self.port),
            false => self.name.clone(),
        }
    }
}

/// What goes through an account.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Account {
    /// Its name.
    pub acc: String,
    /// Connections.
    pub conns: u64,
    /// Subscriptions.
    pub num_subscriptions: u64,
    /// To its clients.
    pub sent: Data,
    /// From them.
    pub received: Data,
    /// Times that one of its clients was cut off because it read too slowly.
    pub slow_consumers: u64,
}

/// Messages and bytes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Data {
    /// Messages.
    pub msgs: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How the connections are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// By number, the oldest first.
    #[default]
    Cid,
    /// By name.
    Name,
    /// By subscriptions, most first; the rest likewise.
    Subscriptions,
    /// By messages a second, from and to it.
    Rate,
    /// By messages from it.
    In,
    /// By messages to it.
    Out,
    /// By bytes that wait.
    Pending,
    /// By account.
    Account,
}

impl Order {
    /// All of them, in the order in which a key goes through them.
    pub const ALL: [Order; 8] = [
        Order::Cid,
        Order::Name,
        Order::Account,
        Order::Subscriptions,
        Order::Rate,
        Order::In,
        Order::Out,
        Order::Pending,
    ];

    /// The next one.
    #[must_use]
    pub fn next(self) -> Order {
        let at = Order::ALL.iter().position(|order| *order == self).unwrap_or(0);
        Order::ALL[(at + 1) % Order::ALL.len()]
    }
}

/// What is known of the server.
#[derive(Debug, Default)]
pub struct Facts {
    /// The open connections.
    pub connections: Vec<Connection>,
    /// How many there are on all servers together.
    pub total: u64,
    /// Messages a second from and to each.
    rates: HashMap<(String, u64), (Rate, Rate)>,
    /// The accounts that may be seen.
    pub accounts: Vec<Account>,
    /// varz of each server, by its id.
    pub servers: Vec<(String, Value)>,
    /// healthz of the server that was asked.
    pub health: Option<Value>,
    /// True once connections were read, so that those which come later are news.
    is_read: bool,
}

/// Something that happened to a connection.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It came.
    Came(Connection),
    /// It went.
    Went(Connection),
}

impl Facts {
    /// Takes the answers of all servers to connz, and says who came and went since the last.
    pub fn take_connections(&mut self, answers: &[Value], now: Instant) -> Vec<Change> {
        let mut fresh: Vec<Connection> = Vec::new();
        self.total = 0;
        for answer in answers {
            let server = answer["server_id"].as_str().unwrap_or_default();
            self.total += answer["total"].as_u64().unwrap_or(0);
            for connection in answer["connections"].as_array().into_iter().flatten() {
                // A field of an unexpected kind costs that connection only.
                if let Ok(connection) = Connection::deserialize(connection)
                    && fresh.len() < CONNECTIONS_MAX
                {
                    fresh.push(Connection {
                        server: server.to_owned(),
                        // The account of those who log in to none goes without saying.
                        account: match connection.account.is_empty() {
                            true => GLOBAL.to_owned(),
                            false => connection.account,
                        },
                        ..connection
                    });
                }
            }
        }
        self.total = self.total.max(fresh.len() as u64);
        let mut rates = std::mem::take(&mut self.rates);
        for connection in &fresh {
            let (mut from, mut to) = rates.remove(&connection.id()).unwrap_or_default();
            from.sample(now, connection.in_msgs);
            to.sample(now, connection.out_msgs);
            self.rates.insert(connection.id(), (from, to));
        }
        let changes = match std::mem::replace(&mut self.is_read, true) {
            true => changes(&self.connections, &fresh),
            false => Vec::new(),
        };
        self.connections = fresh;
        changes
    }

    /// Messages a second from and to a connection.
    pub fn rates(&self, connection: &Connection) -> (u64, u64) {
        let rates = self.rates.get(&connection.id());
        rates.map_or((0, 0), |(from, to)| (from.per_second(), to.per_second()))
    }

    /// Takes what accounts there are.
    pub fn take_accounts(&mut self, answers: &[Value]) {
        let mut accounts: Vec<Account> = Vec::new();
        for answer in answers {
            for account in answer["account_statz"].as_array().into_iter().flatten() {
                if let Ok(account) = Account::deserialize(account) {
                    add(&mut accounts, account);
                }
            }
        }
        accounts.sort_by(|a, b| a.acc.cmp(&b.acc));
        self.accounts = accounts;
    }

    /// Orders the connections; equal ones stay in the order of their numbers.
    pub fn sort(&mut self, order: Order, is_reversed: bool) {
        let rates = &self.rates;
        let rate = |c: &Connection| {
            rates
                .get(&c.id())
                .map_or(0, |(from, to)| from.per_second() + to.per_second())
        };
        self.connections.sort_by(|a, b| {
            let by = match order {
                Order::Cid => Ordering::Equal,
                Order::Name => a.label().to_lowercase().cmp(&b.label().to_lowercase()),
                Order::Account => a.account.cmp(&b.account),
                Order::Subscriptions => b.subscriptions.cmp(&a.subscriptions),
                Order::Rate => rate(b).cmp(&rate(a)),
                Order::In => b.in_msgs.cmp(&a.in_msgs),
                Order::Out => b.out_msgs.cmp(&a.out_msgs),
                Order::Pending => b.pending_bytes.cmp(&a.pending_bytes),
            };
            by.then_with(|| (&a.server, a.cid).cmp(&(&b.server, b.cid)))
        });
        if is_reversed {
            self.connections.reverse();
        }
    }
}

/// The same account on several servers is one.
fn add(accounts: &mut Vec<Account>, account: Account) {
    let Some(own) = accounts.iter_mut().find(|own| own.acc == account.acc) else {
        return accounts.push(account);
    };
    own.conns += account.conns;
    own.num_subscriptions += account.num_subscriptions;
    own.slow_consumers += account.slow_consumers;
    for (own, other) in [
        (&mut own.sent, &account.sent),
        (&mut own.received, &account.received),
    ] {
        own.msgs += other.msgs;
        own.bytes += other.bytes;
    }
}

fn changes(before: &[Connection], now: &[Connection]) -> Vec<Change> {
    // A list that was cut says nothing about who is not in it.
    if before.len() >= CONNECTIONS_MAX || now.len() >= CONNECTIONS_MAX {
        return Vec::new();
    }
    let old: HashMap<_, _> = before.iter().map(|c| (c.id(), c)).collect();
    let new: HashMap<_, _> = now.iter().map(|c| (c.id(), c)).collect();
    let came = now.iter().filter(|c| !old.contains_key(&c.id()));
    let went = before.iter().filter(|c| !new.contains_key(&c.id()));
    came.map(|c| Change::Came(c.clone()))
        .chain(went.map(|c| Change::Went(c.clone())))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    fn answer(cids: &[(u64, u64)]) -> Value {
        let connections: Vec<Value> = cids
            .iter()
            .map(|(cid, messages)| json!({"cid": cid, "name": format!("c{cid}"), "in_msgs": messages, "subscriptions": 9 - cid}))
            .collect();
        json!({"server_id": "S", "total": cids.len(), "connections": connections})
    }

    fn cids(facts: &Facts) -> Vec<u64> {
        facts.connections.iter().map(|c| c.cid).collect()
    }

    #[test]
    fn two_readings_give_rates_and_who_came_and_went() {
        let mut facts = Facts::default();
        let start = Instant::now();
        assert!(
            facts
                .take_connections(&[answer(&[(1, 0), (2, 100)])], start)
                .is_empty()
        );
        let later = start + Duration::from_secs(2);
        let changes = facts.take_connections(&[answer(&[(2, 300), (3, 0)])], later);
        let names: Vec<String> = changes
            .iter()
            .map(|change| match change {
                Change::Came(c) => format!("+{}", c.name),
                Change::Went(c) => format!("-{}", c.name),
            })
            .collect();
        assert_eq!(names, ["+c3", "-c1"]);
        assert_eq!(facts.rates(&facts.connections[0]), (100, 0));
    }

    #[test]
    fn connections_are_ordered_by_what_is_asked() {
        let mut facts = Facts::default();
        facts.take_connections(&[answer(&[(1, 5), (2, 100), (3, 7)])], Instant::now());
        for (order, reversed, expected) in [
            (Order::Cid, false, [1, 2, 3]),
            (Order::Cid, true, [3, 2, 1]),
            (Order::In, false, [2, 3, 1]),
            (Order::Subscriptions, false, [1, 2, 3]),
            (Order::Name, true, [3, 2, 1]),
        ] {
            facts.sort(order, reversed);
            assert_eq!(cids(&facts), expected, "{order:?}");
        }
        assert!(Order::ALL.iter().all(|order| order.next() != *order));
    }

    #[test]
    fn an_account_on_two_servers_is_one() {
        let mut facts = Facts::default();
        let answer = json!({"account_statz": [{"acc": "A", "conns": 2, "sent": {"msgs": 3}}]});
        facts.take_accounts(&[answer.clone(), answer]);
        assert_eq!(facts.accounts.len(), 1);
        assert_eq!((facts.accounts[0].conns, facts.accounts[0].sent.msgs), (4, 6));
    }
}
