//! Logins and permissions. The tables were taken from a run of nats-server 2.14.5.

mod logins;
mod permissions;
