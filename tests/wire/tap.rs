//! What a tap on the broker shows.

use goingnats::broker::tap::{Event, Missed, Published};

use crate::support::raw::Raw;
use crate::support::server::Server;

#[test]
fn a_tap_tells_who_got_a_message_and_why_others_did_not() {
    let server = Server::ours("");
    let mut publisher = Raw::connect(server.address, "\"echo\":false");
    let mut other = Raw::connect(server.address, "");
    publisher.send("SUB foo own\r\n");
    other.send("SUB foo.> far\r\nSUB foo near\r\nSUB foo q first\r\nSUB foo q second\r\n");
    publisher.sync();
    other.sync();
    let tap = server.handle().expect("it is ours").tap();
    publisher.send("PUB foo 2\r\nhi\r\n");
    publisher.sync();
    let (seen, lost) = tap.take();
    assert_eq!(lost, 0);
    let heard = seen
        .iter()
        .any(|seen| matches!(&seen.event, Event::Heard(text) if text == "PUB foo 2"));
    let told = seen
        .iter()
        .any(|seen| matches!(&seen.event, Event::Told(text) if text == "MSG foo near 2"));
    assert!(heard && told, "{seen:?}");
    let published = seen.iter().find_map(|seen| match &seen.event {
        Event::Published(published) => Some(published),
        _ => None,
    });
    let published = published.expect("a message was published");
    assert_eq!(fate(published, "near"), None);
    assert_eq!(fate(published, "own"), Some(Missed::NoEcho));
    assert_eq!(fate(published, "far"), Some(Missed::NoMatch));
    let group = [fate(published, "first"), fate(published, "second")];
    assert!(
        group.contains(&None) && group.contains(&Some(Missed::NotChosen)),
        "{group:?}"
    );
}

fn fate(published: &Published, sid: &str) -> Option<Missed> {
    let receiver = published.receivers.iter().find(|receiver| receiver.sid == sid);
    receiver.expect("every subscription is listed").missed
}
