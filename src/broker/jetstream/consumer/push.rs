//! Push consumers: interest, flow control and heartbeats (ADR-9).

use std::time::Duration;

use super::ack_subject::AckToken;
use super::advisory::Source;
use super::lifetime::Lifetime;
use super::random::Random;
use super::{Consumer, Mode, status};
use crate::broker::jetstream::Outlet;
use crate::broker::store::Store;
use crate::proto::api::consumer::{AckPolicy, ConsumerConfig};
use crate::proto::headers::{self, Builder};
use crate::util::time::Timestamp;

/// The most bytes that may be under way before the client says that it has kept up.
const WINDOW_MAX: usize = 32 * 1024 * 1024;
/// What it begins with; it doubles with every answer.
const WINDOW_START: usize = WINDOW_MAX / 16;
/// When to try again if a delivery was refused although somebody listens.
const RETRY_AFTER: Duration = Duration::from_millis(100);
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// What a push consumer knows of its clients.
#[derive(Debug)]
pub(super) struct Push {
    /// Does somebody listen?
    active: bool,
    flow: Option<Flow>,
    heartbeat: Option<(Duration, Timestamp)>,
    retry: Option<Timestamp>,
}

/// The bytes under way.
#[derive(Debug)]
struct Flow {
    window: usize,
    under_way: usize,
    /// The subject the client is to answer on, and the bytes its answer is for.
    asked: Option<(Vec<u8>, usize)>,
}

/// The group whose members get what is delivered.
fn group(config: &ConsumerConfig) -> Option<&[u8]> {
    Some(config.deliver_group.as_bytes()).filter(|group| !group.is_empty())
}

impl Push {
    pub(super) fn new(now: Timestamp, config: &ConsumerConfig) -> Push {
        let flow = Flow {
            window: WINDOW_START,
            under_way: 0,
            asked: None,
        };
        Push {
            active: false,
            flow: config.flow_control.then_some(flow),
            heartbeat: config.idle_heartbeat.positive().map(|every| (every, now + every)),
            retry: None,
        }
    }

    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    pub(super) fn may_send(&self) -> bool {
        self.active && self.flow.as_ref().is_none_or(|f| f.under_way <= f.window)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let heartbeat = self.heartbeat.map(|(_, at)| at);
        [heartbeat, self.retry].into_iter().flatten().min()
    }

    pub(super) fn look_again(&mut self) {
        self.retry = None;
    }

    /// Looks whether somebody listens. True when that is new.
    pub(super) fn look_for_interest(&mut self, config: &ConsumerConfig, outlet: &mut dyn Outlet) -> bool {
        let is_awaited = outlet.is_awaited(config.deliver_subject.as_bytes(), group(config));
        let before = std::mem::replace(&mut self.active, is_awaited);
        self.active && !before
    }

    /// Nobody took a delivery.
    pub(super) fn refused(
        &mut self,
        now: Timestamp,
        config: &ConsumerConfig,
        lifetime: &mut Lifetime,
        outlet: &mut dyn Outlet,
    ) {
        self.active = outlet.has_interest(config.deliver_subject.as_bytes(), group(config));
        lifetime.interest(now, self.active);
        self.retry = self.active.then(|| now + RETRY_AFTER);
    }

    /// A delivery was taken.
    pub(super) fn sent(&mut self, now: Timestamp, bytes: usize) {
        if let Some((every, at)) = &mut self.heartbeat {
            *at = now + *every;
        }
        if let Some(flow) = &mut self.flow {
            flow.under_way += bytes;
            // What goes out beyond a full window while an answer is due is covered by that answer.
            if let Some((_, covered)) = &mut flow.asked
                && flow.under_way.saturating_sub(*covered) >= flow.window
            {
                *covered += bytes;
            }
        }
    }

    /// Asks the client to tell when it has kept up, once half the window is under way.
    pub(super) fn request_flow_control(
        &mut self,
        config: &ConsumerConfig,
        source: &Source,
        ack_pending: usize,
        random: &mut Random,
        outlet: &mut dyn Outlet,
    ) {
        let Some(flow) = self.flow.as_ref().filter(|f| f.asked.is_none()) else {
            return;
        };
        let stalled = config.ack_policy == AckPolicy::FlowControl
            && usize::try_from(config.max_ack_pending).is_ok_and(|max| ack_pending >= max);
        if flow.under_way > flow.window / 2 || stalled {
            self.ask(config, source, random, outlet);
        }
    }

    fn ask(
        &mut self,
        config: &ConsumerConfig,
        source: &Source,
        random: &mut Random,
        outlet: &mut dyn Outlet,
    ) {
        let Some(flow) = &mut self.flow else { return };
        let mut reply = format!(
            "$JS.FC.{}{}.{}.",
            source.home.reply_prefix(),
            source.stream,
            source.consumer
        )
        .into_bytes();
        for _ in 0..4 {
            let digit = usize::try_from(random.below(DIGITS.len() as u64)).unwrap_or(0);
            reply.push(DIGITS[digit]);
        }
        let headers = Builder::status(100, "FlowControl Request").build();
        status::deliver(outlet, config.deliver_subject.as_bytes(), &reply, &headers);
        flow.asked = Some((reply, flow.under_way));
    }

    /// The client has kept up. False when this is not the answer we wait for.
    fn answered(&mut self, subject: &[u8]) -> bool {
        let Some(flow) = &mut self.flow else { return false };
        let Some((_, covered)) = flow.asked.take_if(|(reply, _)| reply == subject) else {
            return false;
        };
        flow.window = (flow.window * 2).min(WINDOW_MAX);
        flow.under_way = flow.under_way.saturating_sub(covered);
        true
    }

    fn stalled_on(&self) -> Option<&[u8]> {
        let (reply, _) = self.flow.as_ref()?.asked.as_ref()?;
        Some(reply)
    }
}

impl Consumer {
    /// A message came to a flow control subject.
    pub fn on_flow_control(
        &mut self,
        now: Timestamp,
        subject: &[u8],
        headers: &[u8],
        store: &mut dyn Store,
        outlet: &mut dyn Outlet,
    ) {
        let Mode::Push(push) = &mut self.mode else { return };
        if !push.answered(subject) {
            return;
        }
        if self.config.ack_policy == AckPolicy::FlowControl {
            let number = |key| headers::get_str(headers, key).and_then(|v| v.parse().ok());
            if let Some(stream_seq) = number("Nats-Last-Stream") {
                let consumer_seq = number("Nats-Last-Consumer").unwrap_or(0);
                let token = AckToken {
                    delivered: 1,
                    stream_seq,
                    consumer_seq,
                };
                self.acknowledge(now, token, false, outlet);
            }
        }
        self.pump(now, store, outlet);
    }

    /// Sends the heartbeat of a push consumer when it is time.
    pub(super) fn keep_alive(&mut self, now: Timestamp, outlet: &mut dyn Outlet) {
        let Mode::Push(push) = &mut self.mode else { return };
        let Some((every, at)) = &mut push.heartbeat else {
            return;
        };
        if *at > now {
            return;
        }
        *at = now + *every;
        if !push.active {
            return;
        }
        let block = status::heartbeat(
            self.delivered.consumer_seq,
            self.cursor.next() - 1,
            push.stalled_on(),
        );
        status::deliver(outlet, self.config.deliver_subject.as_bytes(), b"", &block);
        let waits_for_acks = self.config.ack_policy == AckPolicy::FlowControl && !self.pending.is_empty();
        if waits_for_acks && push.stalled_on().is_none() {
            push.ask(&self.config, &self.source, &mut self.random, outlet);
        }
    }
}
