//! Many consumers of one stream: what happens to a message costs in proportion to those that want it.

use super::super::{Consumers, Limits, New};
use super::support::{Recorder, START, config, stream};
use crate::broker::store::work::steps_of;
use crate::broker::store::{MemoryStore, Store};
use crate::proto::api::consumer::ConsumerAction;

const CONSUMERS: u64 = 1000;
const MESSAGES: u64 = 100;

#[test]
fn a_message_costs_what_wants_it_among_a_thousand_consumers() {
    let (mut store, mut out, mut set) = (MemoryStore::new(), Recorder::default(), Consumers::default());
    for n in 0..CONSUMERS {
        let filter = if n == 0 {
            "s.>".to_owned()
        } else {
            format!("s.{n}")
        };
        let json =
            format!(r#"{{"durable_name":"C{n}","ack_policy":"explicit","filter_subject":"{filter}"}}"#);
        let new = New {
            config: config(&json),
            action: ConsumerAction::Create,
            pedantic: false,
        };
        let (of, limits) = (stream("{}"), Limits::default());
        set.add(START, new, &of, &limits, &mut store, &mut out).unwrap();
    }
    let steps = steps_of(|| {
        for n in 1..=MESSAGES {
            let subject = format!("s.{n}");
            let seq = store.append(START, subject.as_bytes(), b"", b"x").unwrap();
            set.on_stored(seq, subject.as_bytes());
            assert!(set.need(seq, subject.as_bytes()));
        }
        for n in 1..=MESSAGES {
            set.on_removed(START, n, format!("s.{n}").as_bytes(), &mut out);
        }
    });
    // Two of them want each message; each is asked when it comes, when it may go, and when it is gone.
    assert!(steps <= 6 * MESSAGES, "{steps} consumers were asked");
    let pending: Vec<u64> = set
        .iter()
        .map(|c| c.cursor.pending())
        .filter(|p| *p > 0)
        .collect();
    assert!(pending.is_empty(), "{pending:?}");
}
