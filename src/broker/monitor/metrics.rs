//! Figures as Prometheus reads them, without an exporter between. Names are ours; they follow those of
//! the official exporter where it has one (`gnatsd_varz_…` apart, which names a program that is gone).

use std::fmt::{Display, Write};

use super::source::{Depth, JetStreamSnapshot, Source};
use crate::proto::api::consumer_info::ConsumerInfo;
use crate::proto::api::stream::StreamState;

/// A name, what it says, and where it is read.
type Figure<T> = (&'static str, &'static str, fn(&T) -> u64);

/// The text format, version 0.0.4.
struct Text(String);

impl Text {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.0
            .push_str(&format!("# HELP nats_{name} {help}\n# TYPE nats_{name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.0.push_str("nats_");
        self.0.push_str(name);
        for (at, (label, text)) in labels.iter().enumerate() {
            let open = if at == 0 { '{' } else { ',' };
            let text = text
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let _ = write!(self.0, "{open}{label}=\"{text}\"");
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, value: impl Display) {
        self.family(name, kind, help);
        self.sample(name, &[], value);
    }
}

/// Every figure.
pub fn text(source: &dyn Source) -> String {
    let mut text = Text(String::with_capacity(4096));
    server(source, &mut text);
    accounts(source, &mut text);
    jetstream(source, &mut text);
    text.0
}

fn server(source: &dyn Source, text: &mut Text) {
    let (info, totals, usage) = (source.info(), source.totals(), source.usage());
    let traffic = totals.traffic;
    text.family("server_info", "gauge", "Who this server is.");
    let labels = [
        ("server_id", info.server_id.as_str()),
        ("server_name", &info.server_name),
        ("version", &info.version),
    ];
    text.sample("server_info", &labels, 1);
    let uptime = source.now().since(totals.started).as_secs_f64();
    text.one("uptime_seconds", "gauge", "Time since the start.", uptime);
    let memory = usage.memory_bytes;
    text.one("memory_bytes", "gauge", "Resident memory.", memory);
    let cpu = usage.cpu_percent;
    text.one(
        "cpu_percent",
        "gauge",
        "Processor time, in percent of one core.",
        cpu,
    );
    text.one("connections", "gauge", "Clients connected.", totals.connections);
    let total = totals.connections_total;
    text.one(
        "connections_total",
        "counter",
        "Connections ever accepted.",
        total,
    );
    text.one("subscriptions", "gauge", "Subscriptions.", totals.subscriptions);
    let counters = [
        ("in_msgs_total", "Messages from clients.", traffic.in_messages),
        ("in_bytes_total", "Bytes from clients.", traffic.in_bytes),
        ("out_msgs_total", "Messages to clients.", traffic.out_messages),
        ("out_bytes_total", "Bytes to clients.", traffic.out_bytes),
        (
            "slow_consumers_total",
            "Clients cut off for reading too slowly.",
            totals.slow_consumers,
        ),
        (
            "stale_connections_total",
            "Clients cut off for not answering.",
            totals.stale_connections,
        ),
        (
            "stalled_clients_total",
            "Times a client waited for a slow one.",
            traffic.stalls,
        ),
    ];
    for (name, help, value) in counters {
        text.one(name, "counter", help, value);
    }
}

fn accounts(source: &dyn Source, text: &mut Text) {
    let accounts = source.accounts();
    text.family("account_connections", "gauge", "Clients connected, by account.");
    for account in &accounts {
        text.sample(
            "account_connections",
            &[("account", &account.name)],
            account.clients,
        );
    }
    text.family("account_subscriptions", "gauge", "Subscriptions, by account.");
    for account in &accounts {
        text.sample(
            "account_subscriptions",
            &[("account", &account.name)],
            account.subscriptions,
        );
    }
}

fn jetstream(source: &dyn Source, text: &mut Text) {
    let accounts = source.jetstream(Depth::Consumers);
    if accounts.is_empty() {
        return;
    }
    let figures: [Figure<JetStreamSnapshot>; 2] = [
        (
            "jetstream_memory_bytes",
            "Bytes in memory streams, by account.",
            |js| js.info.tier.memory,
        ),
        (
            "jetstream_storage_bytes",
            "Bytes in file streams, by account.",
            |js| js.info.tier.storage,
        ),
    ];
    for (name, help, figure) in figures {
        text.family(name, "gauge", help);
        for js in &accounts {
            text.sample(name, &[("account", &js.account)], figure(js));
        }
    }
    streams(&accounts, text);
    consumers(&accounts, text);
}

fn streams(accounts: &[JetStreamSnapshot], text: &mut Text) {
    let figures: [Figure<StreamState>; 4] = [
        ("stream_messages", "Messages in the stream.", |state| {
            state.messages
        }),
        ("stream_bytes", "Bytes in the stream.", |state| state.bytes),
        ("stream_first_seq", "Sequence of the first message.", |state| {
            state.first_seq
        }),
        ("stream_last_seq", "Sequence of the last message.", |state| {
            state.last_seq
        }),
    ];
    for (name, help, figure) in figures {
        text.family(name, "gauge", help);
        for js in accounts {
            for stream in &js.streams {
                let labels = [
                    ("account", js.account.as_str()),
                    ("stream", &stream.info.config.name),
                ];
                text.sample(name, &labels, figure(&stream.info.state));
            }
        }
    }
}

fn consumers(accounts: &[JetStreamSnapshot], text: &mut Text) {
    let figures: [Figure<ConsumerInfo>; 3] = [
        ("consumer_pending", "Messages not yet delivered.", |c| {
            c.num_pending
        }),
        ("consumer_ack_pending", "Messages not yet acknowledged.", |c| {
            c.num_ack_pending as u64
        }),
        (
            "consumer_redelivered",
            "Messages delivered more than once.",
            |c| c.num_redelivered as u64,
        ),
    ];
    for (name, help, figure) in figures {
        text.family(name, "gauge", help);
        for js in accounts {
            let consumers = js.streams.iter().flat_map(|stream| &stream.consumers);
            for consumer in consumers {
                let labels = [
                    ("account", js.account.as_str()),
                    ("stream", &consumer.stream_name),
                    ("consumer", &consumer.name),
                ];
                text.sample(name, &labels, figure(consumer));
            }
        }
    }
}
