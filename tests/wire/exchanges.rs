//! The table. Where a line is odd, nats-server 2.14.5 is just as odd: it was run against it.

/// One exchange with a server of its own.
pub struct Exchange {
    pub name: &'static str,
    /// The server's configuration.
    pub settings: &'static str,
    /// See [`super::script`].
    pub script: &'static str,
}

const fn plain(name: &'static str, script: &'static str) -> Exchange {
    Exchange {
        name,
        settings: "",
        script,
    }
}

pub const ALL: &[Exchange] = &[
    // Introduction.
    plain(
        "the second INFO comes after the first PONG, and once",
        r#"
        A> CONNECT {"verbose":false,"protocol":1}
        A> PING
        A< PONG
        A<* INFO {
        A> PING
        A< PONG
        A> PING
        A< PONG
    "#,
    ),
    plain(
        "a PING before CONNECT does not count as the first",
        r#"
        A> PING
        A< PONG
        A> CONNECT {"verbose":false,"protocol":1}
        A> PING
        A< PONG
        A<* INFO {
    "#,
    ),
    plain(
        "protocol 0 gets no second INFO",
        r#"
        A> CONNECT {"verbose":false}
        A> PING
        A< PONG
        A> PING
        A< PONG
    "#,
    ),
    plain(
        "without CONNECT a client is verbose, pedantic and gets its own messages",
        r"
        A> SUB foo 1
        A< +OK
        A> PUB foo 2\r\nhi
        A< +OK\r\nMSG foo 1 2\r\nhi
        A> PUB foo.* 0\r\n
        A< -ERR 'Invalid Publish Subject'\r\n+OK
        A> UNSUB 1
        A< +OK
        A> PING
        A< PONG
    ",
    ),
    plain(
        "CONNECT reads names in any case and ignores what it does not know",
        r#"
        A> CONNECT {"VERBOSE":true,"Pedantic":false,"something":{"x":1},"name":null}
        A< +OK
        A> PUB a.> 0\r\n
        A< +OK
    "#,
    ),
    plain(
        "CONNECT without an object closes without a word",
        r#"
        A> CONNECT nonsense
        A! Protocol Violation
    "#,
    ),
    plain(
        "CONNECT with a wrong type closes without a word",
        r#"
        A> CONNECT {"verbose":"yes"}
        A! Protocol Violation
    "#,
    ),
    plain(
        "protocol 2 does not exist",
        r#"
        A> CONNECT {"protocol":2}
        A< -ERR 'invalid client protocol'
        A! Bad Client Protocol Version
    "#,
    ),
    plain(
        "no_responders wants headers",
        r#"
        A> CONNECT {"no_responders":true}
        A< -ERR 'no responders requires headers support'
        A! No Responders Requires Headers
    "#,
    ),
    plain(
        "asking for an account is refused",
        r#"
        A> CONNECT {"account":"x"}
        A< -ERR 'Authorization Violation'
        A! Authentication Failure
    "#,
    ),
    plain(
        "a second CONNECT drops the subscriptions of the first",
        r#"
        A = "verbose":false
        A> SUB foo 1
        A> CONNECT {"verbose":false,"pedantic":false}
        A> PUB foo 0\r\n
        A> PING
        A< PONG
        A> SUB foo 1
        A> PUB foo 0\r\n
        A< MSG foo 1 0\r\n
    "#,
    ),
    plain(
        "a second CONNECT changes what it names",
        r#"
        A = "headers":true
        A> CONNECT {"verbose":true}
        A< +OK
        A> PUB a.* 0\r\n
        A< +OK
        A> HPUB a 12 12\r\nNATS/1.0\r\n\r\n
        A< +OK
    "#,
    ),
    // Lines.
    plain(
        "verbs in any case, tabs and runs of blanks, LF alone",
        r"
        A =
        A>> sub \t foo \t 1  \n
        A>> pUb  foo   3 \nhey\r\n
        A< MSG foo 1 3\r\nhey
        A>> ping\n
        A< PONG
        A>> PING with something\r\n
        A< PONG
        A>> uNsUb 1\npub foo 0\n\r\nPiNg\n
        A< PONG
    ",
    ),
    plain(
        "the client's PONG and +OK are taken silently",
        r"
        A =
        A> PONG
        A> +OK
        A> PING
        A< PONG
    ",
    ),
    plain(
        "a client's -ERR ends the connection",
        r"
        A =
        A> -ERR 'no more'
        A! Parse Error
    ",
    ),
    plain(
        "INFO from a client is ignored if it is JSON",
        r"
        A =
        A> INFO {}
        A> PING
        A< PONG
        A> INFO what
        A! Protocol Violation
    ",
    ),
    plain(
        "an unknown verb is seen at its first wrong byte",
        r"
        A =
        A>> X
        A< -ERR 'Unknown Protocol Operation'
        A! Protocol Violation
    ",
    ),
    plain(
        "a verb that only begins well",
        r"
        A =
        A>> PUX
        A< -ERR 'Unknown Protocol Operation'
        A! Protocol Violation
    ",
    ),
    plain(
        "verbs of routes and leaf nodes are unknown",
        r"
        A =
        A>> RMSG
        A< -ERR 'Unknown Protocol Operation'
        A! Protocol Violation
        B =
        B>> LS+
        B< -ERR 'Unknown Protocol Operation'
        B!
        C =
        C>> MSG
        C< -ERR 'Unknown Protocol Operation'
        C!
    ",
    ),
    plain(
        "PUB wants a blank",
        r"
        A =
        A> PUB
        A< -ERR 'Unknown Protocol Operation'
        A!
    ",
    ),
    plain(
        "a payload without its line end",
        r"
        A =
        A>> PUB foo 2\r\nhiX
        A< -ERR 'Unknown Protocol Operation'
        A! Protocol Violation
    ",
    ),
    plain(
        "a payload with half a line end",
        r"
        A =
        A>> PUB foo 2\r\nhi\rX
        A< -ERR 'Unknown Protocol Operation'
        A! Protocol Violation
    ",
    ),
    plain(
        "wrong numbers of arguments close without a word",
        r"
        A =
        A> PUB foo
        A! Protocol Violation
        B =
        B> PUB a b c 3
        B! Protocol Violation
        C =
        C> SUB foo
        C! Protocol Violation
        D =
        D> SUB a b c d
        D! Protocol Violation
        E =
        E> UNSUB 1 2 3
        E! Protocol Violation
    ",
    ),
    plain(
        "sizes that are none close without a word",
        r"
        A =
        A> PUB foo -1
        A! Protocol Violation
        B =
        B> PUB foo x
        B! Protocol Violation
        C =
        C> PUB foo 12345678901
        C! Protocol Violation
    ",
    ),
    plain(
        "header sizes that are none close without a word",
        r#"
        A = "headers":true
        A> HPUB foo 10 5
        A! Protocol Violation
        B = "headers":true
        B> HPUB foo 5
        B! Protocol Violation
        C = "headers":true
        C> HPUB foo -1 5
        C! Protocol Violation
    "#,
    ),
    plain(
        "HPUB without headers in CONNECT closes without a word",
        r"
        A =
        A> HPUB foo 12 12\r\nNATS/1.0\r\n\r\n
        A! Protocol Violation
    ",
    ),
    // Limits.
    Exchange {
        name: "a message larger than allowed",
        settings: "max_payload: 10",
        script: r"
        A =
        A> SUB foo 1
        A> PUB foo 10\r\n0123456789
        A< MSG foo 1 10\r\n0123456789
        A> PUB foo 11
        A< -ERR 'Maximum Payload Violation'
        A! Maximum Message Payload Exceeded
    ",
    },
    Exchange {
        name: "headers count as payload",
        settings: "max_payload: 12",
        script: r#"
        A = "headers":true
        A> HPUB foo 12 13
        A< -ERR 'Maximum Payload Violation'
        A! Maximum Message Payload Exceeded
    "#,
    },
    Exchange {
        name: "a line longer than allowed",
        settings: "max_control_line: 50",
        script: r"
        A =
        A> SUB 0123456789012345678901234567890123456789012345678901234567890123456789 1
        A< -ERR 'maximum control line exceeded'
        A! Maximum Control Line Exceeded
        B =
        B>> PUB 0123456789012345678901234567890123456789012345678901234567890123456789
        B< -ERR 'maximum control line exceeded'
        B! Maximum Control Line Exceeded
    ",
    },
    Exchange {
        name: "a line as long as allowed",
        settings: "max_control_line: 50",
        script: r"
        A>> SUB 012345678901234567890123456789012345678901234567 1\r\n
        A< +OK
        A>> SUB 0123456789012345678901234567890123456789012345678 1\r\n
        A< -ERR 'maximum control line exceeded'
        A! Maximum Control Line Exceeded
    ",
    },
    Exchange {
        name: "subscriptions are limited, the connection stays",
        settings: "max_subscriptions: 2",
        script: r"
        A =
        A> SUB a 1
        A> SUB b 2
        A> SUB c 3
        A< -ERR 'maximum subscriptions exceeded'
        A> UNSUB 1
        A> SUB c 3
        A> PUB c 0\r\n
        A< MSG c 3 0\r\n
    ",
    },
    Exchange {
        name: "tokens of a subscription are limited",
        settings: "max_sub_tokens: 2",
        script: r#"
        A =
        A> SUB a.b.c 1
        A< -ERR 'Permissions Violation for Subscription to "a.b.c", too many tokens'
        A> SUB a.b 1
        A> PUB a.b 0\r\n
        A< MSG a.b 1 0\r\n
    "#,
    },
    Exchange {
        name: "connections are limited",
        settings: "max_connections: 1",
        script: r"
        A =
        B< -ERR 'maximum connections exceeded'
        B! Maximum Connections Exceeded
        A> PING
        A< PONG
    ",
    },
    // Subscriptions.
    plain(
        "a sid in use keeps the old subscription",
        r#"
        A> CONNECT {"verbose":true,"pedantic":false}
        A< +OK
        A> SUB a 1
        A< +OK
        A> SUB b 1
        A< +OK
        A> PUB b 0\r\n
        A< +OK
        A> PUB a 0\r\n
        A< +OK\r\nMSG a 1 0\r\n
    "#,
    ),
    plain(
        "sids are any text",
        r"
        A =
        A> SUB foo my-sid.1
        A> PUB foo 1\r\nx
        A< MSG foo my-sid.1 1\r\nx
    ",
    ),
    plain(
        "invalid subjects leave the connection open",
        r#"
        A> CONNECT {"verbose":true,"pedantic":false}
        A< +OK
        A> SUB a..b 1
        A< -ERR 'Invalid Subject'
        A> SUB .a 2
        A< -ERR 'Invalid Subject'
        A> SUB a. 3
        A< -ERR 'Invalid Subject'
        A> SUB a.>.b 4
        A< -ERR 'Invalid Subject'
        A> SUB a*b 5
        A< +OK
        A> PUB a*b 0\r\n
        A< +OK\r\nMSG a*b 5 0\r\n
    "#,
    ),
    plain(
        "UNSUB of an unknown sid is fine",
        r#"
        A> CONNECT {"verbose":true}
        A< +OK
        A> UNSUB 99
        A< +OK
    "#,
    ),
    plain(
        "UNSUB with a number counts from the start",
        r"
        A =
        A> SUB foo 1
        A> PUB foo 1\r\n1
        A< MSG foo 1 1\r\n1
        A> UNSUB 1 3
        A> PUB foo 1\r\n2
        A> PUB foo 1\r\n3
        A> PUB foo 1\r\n4
        A> PING
        A< MSG foo 1 1\r\n2\r\nMSG foo 1 1\r\n3\r\nPONG
    ",
    ),
    plain(
        "UNSUB with a number already reached ends at once",
        r"
        A =
        A> SUB foo 1
        A> PUB foo 1\r\n1
        A> PUB foo 1\r\n2
        A> UNSUB 1 2
        A> PUB foo 1\r\n3
        A> PING
        A< MSG foo 1 1\r\n1\r\nMSG foo 1 1\r\n2\r\nPONG
    ",
    ),
    plain(
        "UNSUB with no number at all ends at once",
        r"
        A =
        A> SUB foo 1
        A> UNSUB 1 x
        A> PUB foo 1\r\n1
        A> PING
        A< PONG
    ",
    ),
    plain(
        "a sid is free again after the last message",
        r"
        A =
        A> SUB foo 1
        A> UNSUB 1 1
        A> PUB foo 0\r\n
        A< MSG foo 1 0\r\n
        A> SUB bar 1
        A> PUB bar 0\r\n
        A< MSG bar 1 0\r\n
    ",
    ),
    plain(
        "overlapping subscriptions each get a copy",
        r"
        A =
        A> SUB foo.* 1
        A> SUB foo.> 2
        A> SUB foo.bar 3
        A> PUB foo.bar 0\r\n
        A<& MSG foo.bar 1 0\r\n || MSG foo.bar 2 0\r\n || MSG foo.bar 3 0\r\n
        A> PING
        A< PONG
    ",
    ),
    plain(
        "> wants at least one token",
        r"
        A =
        A> SUB foo.> 1
        A> PUB foo 0\r\n
        A> PING
        A< PONG
    ",
    ),
    plain(
        "publishing to a wildcard does not fan out",
        r"
        A =
        A> SUB foo.bar 1
        A> PUB foo.* 0\r\n
        A> PUB > 0\r\n
        A> PING
        A< PONG
        A> SUB foo.* 2
        A> PUB foo.* 0\r\n
        A< MSG foo.* 2 0\r\n
    ",
    ),
    plain(
        "publishing to a subject with an empty token reaches nobody",
        r"
        A =
        A> SUB > 1
        A> PUB a..b 0\r\n
        A> PUB .a 0\r\n
        A> PUB a. 0\r\n
        A> PING
        A< PONG
    ",
    ),
    plain(
        "each queue group gets one copy, plain subscriptions another",
        r"
        A =
        A> SUB foo q 1
        A> SUB foo q2 2
        A> SUB foo 3
        A> PUB foo 0\r\n
        A<& MSG foo 1 0\r\n || MSG foo 2 0\r\n || MSG foo 3 0\r\n
        A> PING
        A< PONG
    ",
    ),
    plain(
        "members of a group under several patterns are one group",
        r"
        A =
        A> SUB foo.* q 1
        A> SUB foo.> q 1x
        A> UNSUB 1
        A> PUB foo.bar 0\r\n
        A< MSG foo.bar 1x 0\r\n
        A> PING
        A< PONG
    ",
    ),
    // Delivery.
    plain(
        "echo off",
        r#"
        A = "echo":false
        B =
        A> SUB foo 1
        B> SUB foo 1
        A> PING
        A< PONG
        B> PING
        B< PONG
        A> PUB foo 0\r\n
        B< MSG foo 1 0\r\n
        A> PING
        A< PONG
        B> PUB foo 1\r\nx
        A< MSG foo 1 1\r\nx
    "#,
    ),
    plain(
        "a queue member with echo off is passed over",
        r#"
        A = "echo":false
        A> SUB foo q 1
        A> PING
        A< PONG
        B =
        B> SUB foo q 1
        B> PING
        B< PONG
        A> PUB foo 1\r\n1
        A> PUB foo 1\r\n2
        A> PUB foo 1\r\n3
        B< MSG foo 1 1\r\n1\r\nMSG foo 1 1\r\n2\r\nMSG foo 1 1\r\n3
    "#,
    ),
    plain(
        "the reply travels along",
        r"
        A =
        A> SUB foo 1
        A> PUB foo bar 2\r\nhi
        A< MSG foo 1 bar 2\r\nhi
        A> PUB   foo   bar   2\r\nhi
        A< MSG foo 1 bar 2\r\nhi
    ",
    ),
    plain(
        "a size is passed on as it was written",
        r"
        A =
        A> SUB foo 1
        A> PUB foo 002\r\nhi
        A< MSG foo 1 002\r\nhi
    ",
    ),
    plain(
        "headers travel to who understands them",
        r#"
        A = "headers":true
        B =
        A> SUB foo 1
        B> SUB foo 1
        B> PING
        B< PONG
        A> HPUB foo 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi
        A< HMSG foo 1 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi
        B< MSG foo 1 2\r\nhi
        A> HPUB foo bar 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi
        A< HMSG foo 1 bar 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi
        B< MSG foo 1 bar 2\r\nhi
    "#,
    ),
    plain(
        "an empty header block makes a MSG",
        r#"
        A = "headers":true
        A> SUB foo 1
        A> HPUB foo 0 2\r\nhi
        A< MSG foo 1 2\r\nhi
    "#,
    ),
    plain(
        "verbose confirms a PUB before it delivers",
        r#"
        A> CONNECT {"verbose":true,"pedantic":false}
        A< +OK
        A> SUB foo 1
        A< +OK
        A> PUB foo 2\r\nhi
        A< +OK\r\nMSG foo 1 2\r\nhi
    "#,
    ),
    plain(
        "reserved replies are refused, in place of +OK",
        r#"
        A> CONNECT {"verbose":true,"pedantic":false}
        A< +OK
        A> SUB foo 1
        A< +OK
        A> PUB foo _R_.x 0\r\n
        A< -ERR 'Permissions Violation for Publish with Reply of "_R_.x"'
        A> PUB foo $JS.ACK.x 0\r\n
        A< -ERR 'Permissions Violation for Publish with Reply of "$JS.ACK.x"'
        A> PUB foo _GR_.x 0\r\n
        A< -ERR 'Permissions Violation for Publish with Reply of "_GR_.x"'
        A> PUB $JS.ACK.x 0\r\n
        A< +OK
        A> PUB foo 0\r\n
        A< +OK\r\nMSG foo 1 0\r\n
    "#,
    ),
    plain(
        "raft subjects are the server's own",
        r#"
        A =
        A> PUB $NRG.x 0\r\n
        A< -ERR 'Permissions Violation for Publish to "$NRG.x"'
        A> PING
        A< PONG
    "#,
    ),
    plain(
        "the server's queue group is its own",
        r#"
        A =
        A> SUB foo _sys_ 1
        A< -ERR 'Permissions Violation for Subscription to "foo" using queue "_sys_"'
        A> PING
        A< PONG
    "#,
    ),
    // No responders.
    plain(
        "nobody answers",
        r#"
        A = "headers":true,"no_responders":true
        A> SUB inbox.* 7
        A> PUB help inbox.1 2\r\nhi
        A< HMSG inbox.1 7 36 36\r\nNATS/1.0 503\r\nNats-Subject: help\r\n\r\n
    "#,
    ),
    plain(
        "without a plain subscription for the reply nobody is told",
        r#"
        A = "headers":true,"no_responders":true
        A> PUB help inbox.1 2\r\nhi
        A> SUB inbox.* q 7
        A> PUB help inbox.1 2\r\nhi
        A> PING
        A< PONG
    "#,
    ),
    plain(
        "without no_responders nobody is told",
        r#"
        A = "headers":true
        A> SUB inbox.* 7
        A> PUB help inbox.1 2\r\nhi
        A> PING
        A< PONG
    "#,
    ),
    plain(
        "somebody else's subscription for the reply does not count",
        r#"
        A = "headers":true,"no_responders":true
        B =
        B> SUB inbox.* 7
        B> PING
        B< PONG
        A> PUB help inbox.1 2\r\nhi
        A> PING
        A< PONG
        B> PING
        B< PONG
    "#,
    ),
    plain(
        "who gets no echo is no responder to itself",
        r#"
        A = "headers":true,"no_responders":true,"echo":false
        A> SUB inbox.* 7
        A> SUB help 8
        A> PUB help inbox.1 2\r\nhi
        A< HMSG inbox.1 7 36 36\r\nNATS/1.0 503\r\nNats-Subject: help\r\n\r\n
    "#,
    ),
    plain(
        "a subscription that has had its last message is no responder",
        r#"
        A = "headers":true,"no_responders":true
        A> SUB inbox.* 7
        A> SUB help 8
        A> UNSUB 8 1
        A> PUB help inbox.1 0\r\n
        A< MSG help 8 inbox.1 0\r\n
        A> PUB help inbox.2 0\r\n
        A< HMSG inbox.2 7 36 36\r\nNATS/1.0 503\r\nNats-Subject: help\r\n\r\n
    "#,
    ),
    plain(
        "JetStream that is off has no responders",
        r#"
        A = "headers":true,"no_responders":true
        A> SUB inbox.* 7
        A> PUB $JS.API.INFO inbox.1 0\r\n
        A< HMSG inbox.1 7 44 44\r\nNATS/1.0 503\r\nNats-Subject: $JS.API.INFO\r\n\r\n
    "#,
    ),
    // Timers.
    Exchange {
        name: "pings, and a stale connection",
        settings: "ping_interval: \"200ms\"\nping_max: 1",
        script: r"
        A =
        A< PING
        A> PONG
        A< PING
        A< -ERR 'Stale Connection'
        A! Stale Connection
    ",
    },
    plain(
        "the first ping comes early",
        r"
        A =
        A< PING
        A> PONG
        A> PING
        A< PONG
    ",
    ),
];
