//! When a connection's task must look up even though nothing comes in: login, pings, a socket that
//! takes nothing, a pause for a slow receiver.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::connection::Connection;
use crate::broker::conf::Options;

/// The first ping comes early, whatever the interval, to learn the round trip.
const FIRST_PING: Duration = Duration::from_secs(2);
/// The round trip is measured again after this long.
const RTT_MAX_AGE: Duration = Duration::from_secs(3600);
/// How long a sender waits for a slow receiver before it looks again, and altogether.
const PAUSE_STEP: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(10);

/// What a ping timer that went off asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ping {
    /// It was too early, or there was traffic.
    No,
    /// Send one.
    Send,
    /// Too many are unanswered: the connection is stale.
    Stale,
}

/// The timers of one connection.
#[derive(Debug)]
pub struct Timers {
    interval: Duration,
    pings_max: u32,
    /// Until when the client must have logged in.
    pub login: Option<Instant>,
    ping: Instant,
    last_ping: Option<Instant>,
    pings_out: u32,
    /// When the client last said something that counts.
    last_input: Instant,
    /// Until when the socket must have taken something.
    pub write: Option<Instant>,
    pause: Option<Pause>,
}

#[derive(Debug)]
struct Pause {
    receiver: Arc<Connection>,
    next: Instant,
    end: Instant,
}

impl Timers {
    /// Timers of a connection that begins now. `jitter` between 0 and 1 spreads the first pings.
    pub fn new(options: &Options, login: bool, jitter: f64, now: Instant) -> Timers {
        Timers {
            interval: options.ping_interval,
            pings_max: options.ping_max,
            login: login.then(|| now + options.auth_timeout),
            ping: now + first_ping(options.ping_interval, jitter),
            last_ping: None,
            pings_out: 0,
            last_input: now,
            write: None,
            pause: None,
        }
    }

    /// Keeps to other settings from the next ping on.
    pub fn take_over(&mut self, options: &Options) {
        self.interval = options.ping_interval;
        self.pings_max = options.ping_max;
    }

    /// The earliest moment at which something may be due.
    pub fn next(&self) -> Instant {
        let pause = self.pause.as_ref().map(|pause| pause.next);
        [self.login, self.write, pause]
            .into_iter()
            .flatten()
            .fold(self.ping, Instant::min)
    }

    /// The client has logged in: the first ping is counted from now.
    pub fn connected(&mut self, jitter: f64, now: Instant) {
        self.login = None;
        if self.last_ping.is_none() {
            self.ping = now + first_ping(self.interval, jitter);
        }
    }

    /// The client published, subscribed or pinged, so it need not be pinged for a while.
    pub fn heard(&mut self, now: Instant) {
        self.last_input = now;
    }

    /// The client answered a ping; how long it took.
    pub fn ponged(&mut self, now: Instant) -> Option<Duration> {
        self.pings_out = 0;
        self.last_ping.map(|sent| now - sent)
    }

    /// What the ping timer says now.
    pub fn ping(&mut self, now: Instant) -> Ping {
        if now < self.ping {
            return Ping::No;
        }
        self.ping = now + self.interval;
        let measured = self.last_ping.is_some_and(|sent| now - sent <= RTT_MAX_AGE);
        if measured && now - self.last_input < self.interval {
            return Ping::No;
        }
        if self.pings_out + 1 > self.pings_max {
            return Ping::Stale;
        }
        self.pings_out += 1;
        self.last_ping = Some(now);
        Ping::Send
    }

    /// Begins to wait for a receiver that is about to fall behind.
    pub fn pause(&mut self, receiver: Arc<Connection>, now: Instant) {
        self.pause = Some(Pause {
            receiver,
            next: now + PAUSE_STEP,
            end: now + PAUSE_MAX,
        });
    }

    /// Should the client's input wait?
    pub fn paused(&self) -> bool {
        self.pause.is_some()
    }

    /// Ends the pause when the receiver has caught up, or it has been long enough.
    pub fn resume(&mut self, now: Instant) {
        if let Some(pause) = &mut self.pause
            && now >= pause.next
        {
            pause.next = now + PAUSE_STEP;
            if now >= pause.end || !pause.receiver.is_behind() {
                self.pause = None;
            }
        }
    }
}

fn first_ping(interval: Duration, jitter: f64) -> Duration {
    interval
        .min(FIRST_PING)
        .mul_f64(1.0 + 0.2 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pings_as_nats_server_pings() {
        let options = Options {
            ping_interval: Duration::from_secs(60),
            ping_max: 2,
            ..Options::default()
        };
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut timers = Timers::new(&options, false, 0.5, start);
        assert_eq!(timers.next(), at(2.2));
        assert_eq!(timers.ping(at(2.0)), Ping::No);
        // The first one measures, even though there was traffic.
        timers.heard(at(2.1));
        assert_eq!(timers.ping(at(2.2)), Ping::Send);
        assert_eq!(timers.ponged(at(2.3)), Some(at(2.3) - at(2.2)));
        timers.heard(at(40.0));
        assert_eq!(timers.ping(at(62.2)), Ping::No);
        assert_eq!(timers.ping(at(122.2)), Ping::Send);
        assert_eq!(timers.ping(at(182.2)), Ping::Send);
        assert_eq!(timers.ping(at(242.2)), Ping::Stale);
    }
}
