//! `--signal`: telling a server that runs already what to do.

use std::process::Command;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal as Number, kill_process};

use crate::broker::conf::{Signal, SignalTarget};

/// The name that servers are looked for by.
const NAME: &str = "nats-server";

/// Sends the signal to every process that is meant.
pub fn send(signal: Signal, target: &SignalTarget) -> anyhow::Result<()> {
    let pids = match target {
        SignalTarget::Process(pid) => vec![*pid],
        SignalTarget::Only => only(running()?)?,
        SignalTarget::Prefix(prefix) => chosen(running()?, prefix)?,
    };
    let mut failures = String::new();
    for pid in pids {
        if let Err(error) = kill(pid, number(signal)) {
            failures += &format!("\nsignal {:?} {pid}: {error}", name(signal));
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    bail!(failures)
}

/// The one server there is.
fn only(pids: Vec<u32>) -> anyhow::Result<Vec<u32>> {
    if pids.len() > 1 {
        let list: String = pids.iter().map(|pid| format!("\n{pid}")).collect();
        bail!("multiple {NAME} processes running:{list}");
    }
    chosen(pids, "")
}

fn chosen(pids: Vec<u32>, prefix: &str) -> anyhow::Result<Vec<u32>> {
    if pids.is_empty() {
        bail!("no {NAME} processes running");
    }
    Ok(pids
        .into_iter()
        .filter(|pid| pid.to_string().starts_with(prefix))
        .collect())
}

/// The servers that run here, this process not counted.
fn running() -> anyhow::Result<Vec<u32>> {
    const UNKNOWN: &str = "unable to resolve pid, try providing one";
    let found = Command::new("pgrep").arg(NAME).output().context(UNKNOWN)?;
    let list = String::from_utf8_lossy(&found.stdout).into_owned();
    let pids: Result<Vec<u32>, _> = list.lines().map(str::parse).collect();
    let own = std::process::id();
    Ok(pids
        .context(UNKNOWN)?
        .into_iter()
        .filter(|pid| *pid != own)
        .collect())
}

fn kill(pid: u32, number: Number) -> std::io::Result<()> {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // Zero would mean our own process group.
    let pid = pid.ok_or_else(|| std::io::Error::other("no such process"))?;
    kill_process(pid, number).map_err(|error| match error {
        rustix::io::Errno::SRCH => std::io::Error::other("no such process"),
        rustix::io::Errno::PERM => std::io::Error::other("operation not permitted"),
        other => other.into(),
    })
}

fn number(signal: Signal) -> Number {
    match signal {
        Signal::Stop => Number::KILL,
        Signal::Quit => Number::INT,
        Signal::Term => Number::TERM,
        Signal::LameDuck => Number::USR2,
        Signal::Reopen => Number::USR1,
        Signal::Reload => Number::HUP,
    }
}

fn name(signal: Signal) -> &'static str {
    match signal {
        Signal::Stop => "stop",
        Signal::Quit => "quit",
        Signal::Term => "term",
        Signal::LameDuck => "ldm",
        Signal::Reopen => "reopen",
        Signal::Reload => "reload",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_or_those_that_are_named() {
        assert_eq!(only(vec![12]).unwrap(), [12]);
        let several = only(vec![12, 30]).unwrap_err().to_string();
        assert_eq!(several, "multiple nats-server processes running:\n12\n30");
        assert_eq!(chosen(vec![12, 30, 123], "12").unwrap(), [12, 123]);
        let none = only(Vec::new()).unwrap_err().to_string();
        assert_eq!(none, "no nats-server processes running");
    }
}
