use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    control_line_max: 64,
    payload_max: 100,
    headers: true,
};

/// Everything `buf` says, as debug text, fed in pieces of the given lengths.
fn run(bytes: &[u8], pieces: &[usize]) -> (Vec<String>, Option<Violation>) {
    let mut ops = Vec::new();
    let (mut have, mut done) = (0, 0);
    let mut pieces = pieces.iter().copied();
    loop {
        let parsed = parse(&bytes[done..have], &LIMITS);
        if let Some((message, used)) = plain_publish(&bytes[done..have], &LIMITS) {
            assert_eq!(parsed, Ok(Parsed::Whole(Op::Publish(message), used)));
        }
        match parsed {
            Ok(Parsed::Whole(op, used)) => {
                ops.push(format!("{op:?}"));
                done += used;
            }
            Ok(Parsed::Need(need)) => {
                assert!(need > have - done);
                if have == bytes.len() {
                    return (ops, None);
                }
                have = (have + pieces.next().unwrap_or(bytes.len()).max(1)).min(bytes.len());
            }
            Err(violation) => return (ops, Some(violation)),
        }
    }
}

fn first(bytes: &[u8]) -> Op<'_> {
    match parse(bytes, &LIMITS) {
        Ok(Parsed::Whole(op, used)) => {
            assert_eq!(used, bytes.len());
            op
        }
        other => panic!("{:?}: {other:?}", String::from_utf8_lossy(bytes)),
    }
}

#[test]
fn messages() {
    let message = Publish {
        subject: b"a.b",
        reply: b"",
        headers: b"",
        payload: b"hi",
        tail: None,
    };
    assert_eq!(
        first(b"PUB a.b 2\r\nhi\r\n"),
        Op::Publish(Publish {
            tail: Some(b"2\r\nhi\r\n"),
            ..message
        })
    );
    assert_eq!(
        first(b"pub a.b r 2\r\nhi\r\n"),
        Op::Publish(Publish {
            reply: b"r",
            tail: Some(b"r 2\r\nhi\r\n"),
            ..message
        })
    );
    for spaced in [
        &b"PUB  \t a.b  2 \r\nhi\r\n"[..],
        b"PUB a.b 2\nhi\r\n",
        b"PUB\ta.b\t2\r\nhi\r\n",
    ] {
        assert_eq!(first(spaced), Op::Publish(message));
        assert_eq!(plain_publish(spaced, &LIMITS), None);
    }
    let plain = plain_publish(b"pub a.b 2\r\nhi\r\nPING\r\n", &LIMITS);
    let tail = Some(&b"2\r\nhi\r\n"[..]);
    assert_eq!(plain, Some((Publish { tail, ..message }, 15)));
    let block = b"NATS/1.0\r\n\r\n";
    assert_eq!(
        first(b"HPUB a.b 12 14\r\nNATS/1.0\r\n\r\nhi\r\n"),
        Op::Publish(Publish {
            headers: block,
            tail: Some(b"12 14\r\nNATS/1.0\r\n\r\nhi\r\n"),
            ..message
        })
    );
    // Without a block the receiver gets a MSG, which has one number less.
    assert_eq!(first(b"HPUB a.b 0 2\r\nhi\r\n"), Op::Publish(message));
}

#[test]
fn other_operations() {
    for (bytes, op) in [
        (
            &b"SUB a 1\r\n"[..],
            Op::Subscribe {
                subject: b"a",
                queue: None,
                sid: b"1",
            },
        ),
        (
            b"sub a q 1\n",
            Op::Subscribe {
                subject: b"a",
                queue: Some(b"q"),
                sid: b"1",
            },
        ),
        (b"UNSUB 1\r\n", Op::Unsubscribe { sid: b"1", max: None }),
        (
            b"UNSUB 1 5\r\n",
            Op::Unsubscribe {
                sid: b"1",
                max: Some(5),
            },
        ),
        (b"UNSUB 1 x\r\n", Op::Unsubscribe { sid: b"1", max: None }),
        (b"PING\r\n", Op::Ping),
        (b"pInG anything\n", Op::Ping),
        (b"PONG\r\n", Op::Pong),
        (b"CONNECT {}\r\n", Op::Connect(b"{}")),
        (b"connect{}\r\n", Op::Connect(b"{}")),
        (b"INFO {}\r\n", Op::Info(b"{}")),
        (b"+OK\r\n", Op::Ok),
        (b"-ERR 'x'\r\n", Op::Err(b"'x'")),
    ] {
        assert_eq!(first(bytes), op);
    }
}

#[test]
fn violations_are_seen_as_early_as_can_be() {
    let long = [b"SUB ".to_vec(), vec![b'a'; 65]].concat();
    let long_publish = [b"PUB ".to_vec(), vec![b'a'; 65]].concat();
    for (bytes, violation) in [
        (&b"X"[..], Violation::UnknownOperation),
        (b"PUX", Violation::UnknownOperation),
        (b"PUB\r", Violation::UnknownOperation),
        (b"SUBa", Violation::UnknownOperation),
        (b"PUB a 2\r\nhix", Violation::UnknownOperation),
        (b"PUB a 2\r\nhi\rx", Violation::UnknownOperation),
        (b"PUB a 2 3 4\r\n", Violation::Arguments),
        (b"PUB a\r\n", Violation::Arguments),
        (b"PUB a -1\r\n", Violation::Arguments),
        (b"PUB a 1234567890\r\n", Violation::Arguments),
        (b"HPUB a 3 2\r\n", Violation::Arguments),
        (b"SUB a\r\n", Violation::Arguments),
        (b"UNSUB\t\r\n", Violation::Arguments),
        (b"PUB a 101\r\n", Violation::Payload { size: 101 }),
        (&long, Violation::ControlLine),
        (&long_publish, Violation::ControlLine),
    ] {
        assert_eq!(
            run(bytes, &[1; 200]).1,
            Some(violation),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
        assert_eq!(
            parse(bytes, &LIMITS),
            Err(violation),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    let no_headers = Limits {
        headers: false,
        ..LIMITS
    };
    assert_eq!(parse(b"HPUB a 0 2\r\n", &no_headers), Err(Violation::NoHeaders));
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        (
            "[a-z.*>]{1,9}",
            "( [a-z]{1,5})?",
            proptest::collection::vec(any::<u8>(), 0..60)
        )
            .prop_map(|(subject, reply, body)| [
                format!("PUB {subject}{reply} {}\r\n", body.len()).into_bytes(),
                body,
                b"\r\n".to_vec()
            ]
            .concat()),
        "(SUB [a-z]{1,4}( q)? [0-9]{1,3}|UNSUB 1( 9)?|PING|PONG|CONNECT \\{\\}|HPUB a 1 2\r\nhi)\r\n"
            .prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #[test]
    fn a_blank_is_found_where_it_is(bytes in proptest::collection::vec(prop_oneof![0x1f..0x23_u8, any::<u8>()], 0..40)) {
        prop_assert_eq!(blank(&bytes), bytes.iter().position(|byte| *byte <= b' '));
    }

    #[test]
    fn every_split_reads_the_same(
        lines in proptest::collection::vec(line(), 1..6),
        pieces in proptest::collection::vec(1usize..20, 0..40),
    ) {
        let bytes = lines.concat();
        let whole = run(&bytes, &[]);
        prop_assert_eq!(&whole, &run(&bytes, &pieces));
        prop_assert_eq!(&whole, &run(&bytes, &vec![1; bytes.len()]));
    }
}
