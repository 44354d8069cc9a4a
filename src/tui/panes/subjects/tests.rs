use ratatui::crossterm::event::KeyCode;

use super::*;
use crate::tui::panes::testing::{LARGE, SMALL, disconnected, on_broker, press, screen, shown, until, write};
use crate::tui::panes::trouble::Trouble;

const NOW: &str = "2026-11-24T18:00:05Z";

fn filled() -> Seen {
    let mut seen = Seen::default();
    let at: Timestamp = "2026-11-24T18:00:01Z".parse().unwrap();
    for (subject, payload) in [
        ("sensors.pizzanini.temp", "21.5"),
        ("sensors.pizzanini.co2", "{\"ppm\": 418}"),
        ("sensors.pizzanini.temp", "22.0"),
        ("orders.ny", "\u{1b}[2J\u{202e}snudd"),
        ("_INBOX.abc", "svar"),
        ("$JS.API.INFO", ""),
    ] {
        seen.tree.take(at, subject, payload.as_bytes());
    }
    seen
}

fn flooded() -> Seen {
    let mut seen = Seen::default();
    let at: Timestamp = "2026-11-24T18:00:01Z".parse().unwrap();
    for n in 0..120_000_u32 {
        let subject = format!("sensors.d{}.{}", n % 50_000, ["temp", "co2"][n as usize % 2]);
        seen.tree.take(at, &subject, n.to_string().as_bytes());
    }
    seen.deliveries = 3;
    seen
}

fn picture(seen: &mut Seen, open: &[&str], size: (u16, u16)) -> String {
    let mut view = View {
        now: NOW.parse().unwrap(),
        ..View::default()
    };
    view.shown.open = open.iter().map(|path| (*path).to_owned()).collect();
    view.take(seen, Instant::now());
    screen(size, |frame| {
        view::draw(frame, frame.area(), (&Theme::dark(), true), seen, &mut view)
    })
}

#[test]
fn the_tree_at_two_sizes() {
    let open = ["sensors", "sensors.pizzanini", "orders"];
    insta::assert_snapshot!("subjects_small", picture(&mut filled(), &open, SMALL));
    insta::assert_snapshot!("subjects_large", picture(&mut filled(), &open, LARGE));
}

#[test]
fn a_flood_folds_to_a_few_rows_with_exact_counts() {
    let mut seen = flooded();
    insta::assert_snapshot!(
        "flood_small",
        picture(&mut seen, &["sensors", "sensors.*"], SMALL)
    );
    insta::assert_snapshot!(
        "flood_large",
        picture(&mut seen, &["sensors", "sensors.*"], LARGE)
    );
}

#[test]
fn one_subject_is_one() {
    let mut seen = Seen::default();
    seen.tree
        .take("2026-11-24T18:00:01Z".parse().unwrap(), "hello", b"1");
    let text = picture(&mut seen, &[], LARGE);
    assert!(
        text.contains("  1 subject") && !text.contains("1 subjects"),
        "{text}"
    );
}

#[test]
fn what_is_empty_or_forbidden_says_so() {
    insta::assert_snapshot!("subjects_empty", picture(&mut Seen::default(), &[], LARGE));
    let mut seen = Seen {
        trouble: Some(Trouble::Forbidden(
            "Permissions Violation for Subscription to \">\"".to_owned(),
        )),
        ..Seen::default()
    };
    insta::assert_snapshot!("subjects_forbidden", picture(&mut seen, &[], LARGE));
    insta::assert_snapshot!("subjects_forbidden_small", picture(&mut seen, &[], SMALL));
}

#[test]
fn keys_open_fold_and_show_what_is_hidden() {
    let (_runtime, context) = disconnected();
    let mut pane = SubjectsPane::open(&context);
    *pane.seen.lock() = filled();
    assert!(!shown(&mut pane, (80, 12)).contains("$JS"));
    press(&mut pane, KeyCode::Char('i'));
    assert!(shown(&mut pane, (80, 12)).contains("$JS"));
    press(&mut pane, KeyCode::Char('o'));
    assert!(shown(&mut pane, (80, 16)).contains("co2"));
    press(&mut pane, KeyCode::End);
    press(&mut pane, KeyCode::Char('y'));
    assert_eq!(pane.wish(), Some(Wish::Copy("sensors.pizzanini.temp".to_owned())));
    press(&mut pane, KeyCode::Char('p'));
    let Some(Wish::Publish(draft)) = pane.wish() else {
        panic!("nothing to publish");
    };
    assert_eq!(draft.subject, "sensors.pizzanini.temp");
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Left);
    press(&mut pane, KeyCode::Char('p'));
    assert_eq!(pane.wish(), None, "a level is no subject");
    press(&mut pane, KeyCode::Char('y'));
    assert_eq!(pane.wish(), Some(Wish::Copy("sensors.pizzanini".to_owned())));
    assert!(!shown(&mut pane, (80, 16)).contains("co2"));
    press(&mut pane, KeyCode::Char('e'));
    write(&mut pane, "a..b");
    press(&mut pane, KeyCode::Enter);
    assert!(pane.wants_escape());
    press(&mut pane, KeyCode::Esc);
    press(&mut pane, KeyCode::Char('e'));
    write(&mut pane, "orders.>");
    press(&mut pane, KeyCode::Enter);
    assert_eq!(pane.title(), "Subjects: orders.>");
    assert_eq!(pane.seen.lock().tree.root().messages, 0, "counted anew");
}

#[test]
fn every_message_of_a_flood_through_a_broker_is_counted() {
    const SUBJECTS: u64 = 100_000;
    let options = crate::broker::Options {
        host: "127.0.0.1".to_owned(),
        port: 0,
        ..crate::broker::Options::default()
    };
    let (_runtime, context, frames) = on_broker(options);
    let pane = SubjectsPane::open(&context);
    let probe = |subject: &str| {
        let sent = context.client.publish(subject.to_owned(), "".into());
        context.runtime.block_on(sent).unwrap();
    };
    // Once the first message was seen, the subscription is there.
    until(&frames, &context, || {
        probe("probe");
        pane.seen.lock().tree.root().messages > 0
    });
    context.runtime.block_on(context.client.flush()).unwrap();
    let url = context.client.server_info();
    let mut socket = std::net::TcpStream::connect((url.host.as_str(), url.port)).unwrap();
    let flood: String = (0..2 * SUBJECTS)
        .map(|n| format!("PUB flood.{}.{} 2\r\nhi\r\n", n % 100, n % SUBJECTS))
        .collect();
    std::io::Write::write_all(&mut socket, b"CONNECT {}\r\n").unwrap();
    std::io::Write::write_all(&mut socket, flood.as_bytes()).unwrap();
    let counted = |token: &str| {
        let seen = pane.seen.lock();
        let top = seen.tree.root().children.iter();
        let messages = top
            .filter(|id| seen.tree.token(**id) == token)
            .map(|id| seen.tree.node(*id).messages);
        messages.sum::<u64>()
    };
    until(&frames, &context, || counted("flood") >= 2 * SUBJECTS);
    assert_eq!(counted("flood"), 2 * SUBJECTS);
    assert!(!context.losses().any());
    let seen = pane.seen.lock();
    assert_eq!(seen.tree.subjects(), (SUBJECTS + 1, false));
    assert!(seen.tree.weight() <= tree::BYTES_MAX);
    let leaves = |id: tree::NodeId| seen.tree.node(id).children.clone();
    let flood = seen
        .tree
        .root()
        .children
        .iter()
        .find(|id| seen.tree.token(**id) == "flood");
    for level in leaves(*flood.unwrap()) {
        for leaf in leaves(level) {
            assert_eq!(seen.tree.node(leaf).own, 2);
        }
    }
}
