//! Signals, and leaving in good order.

use std::time::Duration;

use goingnats::broker::{self, Options};

use super::process::Process;
use crate::support::raw::Raw;

#[test]
fn the_log_can_be_moved_away() {
    let process = Process::start("", &[]);
    process.wait_for_log("Server is ready");
    let moved = process.folder.path().join("moved");
    std::fs::rename(process.log_file(), &moved).unwrap();
    process.signal("reopen");
    process.wait_for_log("[INF] File log re-opened");
    assert_eq!(process.log().len(), 1);
}

#[test]
fn interrupting_ends_it_well() {
    let mut process = Process::start("", &[]);
    process.wait_for_log("Server is ready");
    process.signal("quit");
    assert_eq!(process.ended(), Some(0));
    assert!(
        process
            .log()
            .contains(&"[INF] Trapped \"interrupt\" signal".to_owned())
    );
}

#[test]
fn a_lame_duck_without_clients_is_gone_at_once() {
    let mut process = Process::start("", &[]);
    process.wait_for_log("Server is ready");
    process.signal("ldm");
    assert_eq!(process.ended(), Some(0));
    let entering = "[INF] Entering lame duck mode, stop accepting new clients";
    assert!(process.log().contains(&entering.to_owned()));
}

#[test]
fn a_lame_duck_tells_its_clients_and_sends_them_away() {
    let handle = broker::start(Options {
        port: 0,
        lame_duck_grace_period: Duration::from_millis(20),
        lame_duck_duration: Duration::from_millis(40),
        ..Options::default()
    })
    .unwrap();
    let mut told = Raw::connect(handle.address(), "\"protocol\":1");
    told.line();
    let mut untold = Raw::connect(handle.address(), "\"protocol\":0");
    let over = handle.lame_duck();
    let info = told.line();
    let info: serde_json::Value = serde_json::from_str(info.strip_prefix("INFO ").unwrap()).unwrap();
    assert_eq!(info["ldm"], true);
    assert_eq!(told.line(), "");
    assert_eq!(untold.line(), "");
    over.blocking_recv().unwrap();
    assert!(std::net::TcpStream::connect(handle.address()).is_err());
}
