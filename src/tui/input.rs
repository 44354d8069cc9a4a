//! Threads that wait for the terminal and for signals, and pass on what comes.

use std::io;
use std::sync::mpsc::SyncSender;
use std::thread;

use ratatui::crossterm::event;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::event::Event;
use super::terminal;

/// Catches signals from here on; to be called before the terminal is taken over, since one that
/// nobody catches would leave it as it is. The thread ends with the process.
pub fn catch_signals(events: &SyncSender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGCONT])?;
    let to_app = events.clone();
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || pass_on_signals(&mut signals, &to_app))?;
    Ok(())
}

/// Reads keys, clicks and sizes. The thread ends with the process.
pub fn start(events: &SyncSender<Event>) -> io::Result<()> {
    let to_app = events.clone();
    thread::Builder::new()
        .name("terminal".to_owned())
        .spawn(move || pass_on_terminal(&to_app))?;
    Ok(())
}

fn pass_on_terminal(events: &SyncSender<Event>) {
    while let Ok(event) = event::read() {
        if events.send(Event::Terminal(event)).is_err() {
            return;
        }
    }
    let _ = events.send(Event::TerminalGone);
}

/// The app quits in order. Should it no longer listen, a second signal to end ends the process here.
fn pass_on_signals(signals: &mut Signals, events: &SyncSender<Event>) {
    let mut asked = false;
    for signal in signals.forever() {
        let ends = signal != SIGCONT;
        if ends && asked {
            terminal::give_back();
            std::process::exit(128 + signal);
        }
        asked |= ends;
        if events.try_send(Event::Signal(signal)).is_err() && ends {
            terminal::give_back();
            std::process::exit(128 + signal);
        }
    }
}
