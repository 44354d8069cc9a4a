//! The configuration language: what is read, and how mistakes are reported.

use super::{World, conf, expect_ours, expect_refused};

#[test]
fn files_that_are_valid() {
    for text in [
        "port: 4222",
        "port = 4222;",
        "port 4222",
        "\"port\": 4222",
        "'port' = 4222,\n",
        "PORT: 4222",
        "port\n\n4222\n",
        "port: 4222 # why\n// nothing\n   # more\ndebug: true // yes",
        "{ \"port\": 4222, \"debug\": false }",
        "{\n port: 4222\n debug: on\n}\n",
        "{ port: 4222 } }",
        "{ port: 1 } # c\ndebug: on",
        "{{ port: 1 }, debug: on }",
        "port: 4222\r\ndebug: off\r\n",
        "debug: YES\ntrace: No\nlogtime: ON",
        "server_name: 'a\\nb'",
        "server_name: \"a\\tb\\\"c\\\\d\\x41\\xc3\\xa6\\r\\n\"",
        "server_name: a\\tb",
        "server_name: a'\nport: 1",
        "server_name: æøå<&>\u{2028}",
        "client_advertise: (\nfoo ) bar\n)",
        "client_advertise: (\nfoo (\n)\n",
        "listen: 127.0.0.1:4222",
        "listen: 0.0.0.0:-1",
        "listen: \"[::1]:4222\"",
        "listen: 4222",
        "http: localhost:8222",
        "max_payload: 1kb\nmax_pending: 8MiB\nmax_control_line: 4k",
        "max_connections: 0\nmax_subs: -1\nmax_sub_tokens: 8",
        "ping_interval: \"1m30s\"\nping_max: 3\nwrite_deadline: 2s",
        "x: 4222\nport: $x",
        "authorization { user: a, pass: $2a$11$W2zko751KUvVy59mUTWmpOdWjpEm5qhcCZRd05GjI/sSOT.xtiHyG }",
        "authorization { users: [ {user: a, password: b}, {user: c, password: d} ] }",
        "authorization { users: [\n {user: a\n password: b} # one\n // two\n {user: c, password: d},\n ] }",
        "authorization: { user: a, password: b, timeout: 1.5 }",
        "server_tags: [\"a\", 'b', c]",
        "server_tags: [ a\n b\n\n c ]",
        "server_tags: []",
        "server_metadata: {}\nfeature_flags { a: true }",
        "server_metadata: { a: b; c: d\n e: 'f', }",
        "jetstream: enabled",
        "jetstream { max_mem: 1G, max_file: \"10G\", store_dir: './js', domain: hub, sync: always }",
        "jetstream { limits { max_ack_pending: 5, duplicate_window: 10s, batch { timeout: 1s } } }",
        "accounts { A { users: [ {user: a, password: b} ], jetstream: {max_mem: 1k} }, B: {} }",
        "accounts: [A, B, C]",
        "accounts { A { mappings { foo: bar, \"a.*\": [ {dest: \"b.$1\", weight: 50%}, {dest: c, weight: 20 } ] } } }",
        "mappings = { foo: bar }",
        "default_permissions: { publish: a }\nauthorization { default_permissions: $default_permissions\n user: u, pass: p}",
        "store_dir: /tmp/x\nlog_file: '/tmp/y.log'\npid_file: a.pid\nlogfile_size_limit: 1MB\nlogfile_max_num: 3",
        "lame_duck_duration: 30s\nlame_duck_grace_period: 5s",
    ] {
        conf(text).expect_valid();
    }
}

#[test]
fn digests() {
    for (text, digest) in [
        (
            "port: 4222",
            "797533ebd0dfba7d34a0f9337ecf147e442871f48ddfd07ed751575a5737267e",
        ),
        (
            TYPES,
            "2c5c5fce29ac151770b36d706db4cd5abcd8d7b3427035ec8278843a33713aeb",
        ),
    ] {
        let printed = format!("nats-server: configuration file main.conf is valid (sha256:{digest})\n");
        conf(text).expect(&["-t", "-c", "main.conf"], 0, &printed);
    }
}

/// One value of each type, with all that JSON escapes. The second port undoes the first, which only marks
/// the variable as used.
const TYPES: &str = r#"
    time = 2006-01-02T15:04:05Z
    float = 1.50
    tiny = 0.00000012
    huge = 123456789012345678901234.5
    flag = off
    count = -3
    list = [a, 'b', {c: "<d>&\x01\x7f\"\\\t"}, []]
    server_metadata { æ: "ø\r\n" }
    used = [$time, $float, $tiny, $huge, $flag, $count, $list]
    port = $used
    port = 4222
"#;

#[test]
fn what_cannot_be_read() {
    for (text, message) in [
        (
            "{ port: 4222",
            "Parse error on line 1: 'Expected a block-level value to end with a new line, comment or EOF, but got '\0' instead.'",
        ),
        ("port", "config is invalid (main.conf:1:4)"),
        ("port: 1\nhost", "config is invalid (main.conf:2:5)"),
        ("{ port: 1 }\nport: \"", "config is invalid (main.conf:2:8)"),
        ("x = ", "main.conf:1:0: unknown field \"x\"\n"),
        (
            "port = \n",
            "Parse error on line 2: 'Expected value but found new line'",
        ),
        (
            "port = 1 2",
            "Parse error on line 1: 'Expected a top-level value to end with a new line, comment or EOF, but got '2' instead.'",
        ),
        (
            "port = 1.5s",
            "Parse error on line 1: 'Expected a top-level value to end with a new line, comment or EOF, but got 's' instead.'",
        ),
        (
            "port: .5",
            "Parse error on line 1: 'Floats must start with a digit'",
        ),
        (
            "port: -x",
            "Parse error on line 1: 'Expected a digit but got 'x'.'",
        ),
        (
            "port: -.5",
            "Parse error on line 1: 'Floats must start with a digit, not '.'.'",
        ),
        (
            "port: 1.x",
            "Parse error on line 1: 'Floats must have a digit after the '.', but got 'x' instead.'",
        ),
        ("= 5", "Parse error on line 1: 'Unexpected key separator '=''"),
        (": 5", "Parse error on line 1: 'Unexpected key separator ':''"),
        (
            "a = 1-2",
            "Parse error on line 1: 'All ISO8601 dates must be in full Zulu form.'",
        ),
        (
            "a = 2006-01-0xT",
            "Parse error on line 1: 'Expected digit in ISO8601 datetime, but found 'x' instead.'",
        ),
        (
            "a = 2006-01-02X",
            "Parse error on line 1: 'Expected 'T' in ISO8601 datetime, but found 'X' instead.'",
        ),
        (
            "a = 2006-13-02T15:04:05Z",
            "expected Zulu formatted DateTime, but got '2006-13-02T15:04:05Z'",
        ),
        ("a: \"abc", "Parse error on line 1: 'Unexpected EOF.'"),
        ("a: 'abc", "Parse error on line 1: 'Unexpected EOF.'"),
        (
            "a: \"\\q\"",
            "Parse error on line 1: 'Invalid escape character 'q'. Only the following escape characters are allowed: \\xXX, \\t, \\n, \\r, \\\", \\\\.'",
        ),
        (
            "a: \"\\xg1\"",
            "Parse error on line 1: 'Expected two hexadecimal digits after '\\x', but got 'g1''",
        ),
        (
            "a: \"\\x\n1\"",
            "Parse error on line 2: 'Expected two hexadecimal digits after '\\x', but hit end of line'",
        ),
        (
            "a: (\nfoo)\n",
            "Parse error on line 3: 'Unexpected EOF processing block.'",
        ),
        (
            "a: (\nfoo\n) \n",
            "Parse error on line 4: 'Unexpected EOF processing block.'",
        ),
        (
            "a [1 2]",
            "Parse error on line 1: 'Expected an array value terminator \",\" or an array terminator \"]\", but got '2' instead.'",
        ),
        (
            "a [1, , 2]",
            "Parse error on line 1: 'Unexpected array value terminator ','.'",
        ),
        (
            "a [,]",
            "Parse error on line 1: 'Unexpected array value terminator ','.'",
        ),
        (
            "a [ 1 ",
            "Parse error on line 1: 'Expected an array value terminator \",\" or an array terminator \"]\", but got '\0' instead.'",
        ),
        (
            "a [ b",
            "Parse error on line 1: 'Expected an array value terminator \",\" or an array terminator \"]\", but got '\0' instead.'",
        ),
        (
            "a { b: 1",
            "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got '\0' instead.'",
        ),
        (
            "a { b: 1 ]",
            "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got ']' instead.'",
        ),
        (
            "a { ]",
            "Parse error on line 1: 'Unexpected array end ']' processing map.'",
        ),
        (
            "a { b",
            "Parse error on line 1: 'Unexpected EOF processing map key.'",
        ),
        (
            "a { \"b",
            "Parse error on line 1: 'Unexpected EOF processing double quoted map key.'",
        ),
        (
            "a { 'b",
            "Parse error on line 1: 'Unexpected EOF processing quoted map key.'",
        ),
        (
            "a { b: , }",
            "Parse error on line 1: 'Unexpected map value terminator \",\".'",
        ),
        (
            "a { = 1 }",
            "Parse error on line 1: 'Unexpected key separator '='.'",
        ),
        (
            "a { b: 1 c: 2 }",
            "Parse error on line 1: 'Expected a map value terminator \",\" or a map terminator \"}\", but got 'c' instead.'",
        ),
        ("\"a: 1", "Parse error on line 1: 'Unexpected EOF.'"),
        (
            "max_payload: 9999999999999999999",
            "integer '9999999999999999999' is out of the range",
        ),
        (
            "max_payload: -9999999999999999999",
            "integer '-9999999999999999999' is out of the range",
        ),
        ("include", "config is invalid (main.conf:1:7)"),
        (
            "include \n",
            "Parse error on line 2: 'Expected include value but found new line'",
        ),
        (
            "include [a]",
            "Parse error on line 1: 'Expected include value but found start of an array'",
        ),
        (
            "include {a}",
            "Parse error on line 1: 'Expected include value but found start of a map'",
        ),
        (
            "include (a)",
            "Parse error on line 1: 'Expected include value but found start of a block'",
        ),
        (
            "include 1",
            "Parse error on line 1: 'Expected include value but found start of a number'",
        ),
        (
            "include \\a",
            "Parse error on line 1: 'Expected include value but found escape sequence'",
        ),
        (
            "include \"a",
            "Parse error on line 1: 'Unexpected EOF in double quoted include'",
        ),
        (
            "include 'a",
            "Parse error on line 1: 'Unexpected EOF in quoted include'",
        ),
        (
            "include nofile.conf",
            "error parsing include file 'nofile.conf', open nofile.conf: no such file or directory",
        ),
        (
            "include ./sub/../nofile.conf\n",
            "error parsing include file './sub/../nofile.conf', open nofile.conf: no such file or directory",
        ),
        (
            "include /etc/nofile.conf\n",
            "error parsing include file '/etc/nofile.conf', open etc/nofile.conf: no such file or directory",
        ),
        (
            "port: $nowhere",
            "variable reference for 'nowhere' on line 1 can not be found",
        ),
        (
            "port: $port",
            "variable reference for 'port' on line 1 can not be found",
        ),
        (
            "a: b\nport: $PORT_THAT_IS_NOT",
            "variable reference for 'PORT_THAT_IS_NOT' on line 2 can not be found",
        ),
        (
            "x: {y: 5}\nauthorization { timeout: $t }\nt: 3",
            "variable reference for 't' on line 2 can not be found",
        ),
        (
            "p: 4222\nserver_metadata { p: a, q: $p }",
            "main.conf:1:0: unknown field \"p\"\n",
        ),
        ("", "main.conf: config has no values or is empty\n"),
        ("# nothing\n", "main.conf: config has no values or is empty\n"),
        ("{}", "main.conf: config has no values or is empty\n"),
        ("/port: 1", "Parse error on line 1: 'Unexpected EOF.'"),
        ("port: 1 }\n} foo", "main.conf:2:1: unknown field \"}\"\n"),
        ("foo: 3", "main.conf:1:0: unknown field \"foo\"\n"),
        ("\n  foo: 3", "main.conf:2:3: unknown field \"foo\"\n"),
        (
            "\n\tfoo = 3\n\n   bar { x: 1 }",
            "main.conf:2:2: unknown field \"foo\"\nmain.conf:4:4: unknown field \"bar\"\n",
        ),
        (
            "debug: true\r\nfoo: 1\r\n",
            "main.conf:2:1: unknown field \"foo\"\n",
        ),
        (
            "authorization {\n  user: a\n  pasword: b\n}",
            "main.conf:3:3: unknown field \"pasword\"\n",
        ),
        (
            "authorization { user: a, pasword: b }",
            "main.conf:1:25: unknown field \"pasword\"\n",
        ),
        (
            "accounts { A { users: [\n {user: a, passwort: b} ] } }",
            "main.conf:2:12: unknown field \"passwort\"\n",
        ),
    ] {
        expect_refused(text, message);
    }
}

#[test]
fn more_lenient_than_the_original() {
    // The original reads the bracket into the number.
    expect_ours("mqtt_: [1]", "main.conf:1:0: unknown field \"mqtt_\"\n");
}

#[test]
fn stricter_than_the_original() {
    for (text, message) in [
        (
            "m { port }",
            "Parse error on line 1: 'Expected a value but found the end of the map'",
        ),
        ("max_payload: 9EB", "integer '9EB' is out of the range"),
        ("max_payload: 1kbb", "expected integer, but got '1kbb'"),
        ("port: 70000", "main.conf:1:0: invalid port 70000\n"),
        ("max_payload: 1\0", "Parse error on line 1: 'Unexpected EOF.'"),
    ] {
        expect_ours(text, message);
    }
    let deep = format!("a {}", "[".repeat(200));
    expect_ours(
        &deep,
        "Parse error on line 1: 'more than 100 brackets within each other'",
    );
}

#[test]
fn includes() {
    World::default()
        .file(
            "main.conf",
            "include 'sub/a.conf'\naccounts { include \"./accounts.conf\" }\nport: $p",
        )
        .file("accounts.conf", "A { users: [{user: a, password: b}] }, B: {}")
        .file("sub/a.conf", "debug: true; p: 4333\ninclude ./b.conf\n")
        .file("sub/b.conf", "trace: true\n")
        .expect_valid();
    let broken = conf("port: 1\ninclude sub/a.conf").file("sub/a.conf", "\n foo: 1");
    broken.expect(
        &["-t", "-c", "main.conf"],
        1,
        "nats-server: sub/a.conf:2:2: unknown field \"foo\"\n\n",
    );
    let broken = conf("port: 1\ninclude sub/a.conf").file("sub/a.conf", "x = \n");
    broken.expect(
        &["-t", "-c", "main.conf"],
        1,
        "nats-server: error parsing include file 'sub/a.conf', \
         Parse error on line 2: 'Expected value but found new line'\n",
    );
    let circle = conf("include a.conf").file("a.conf", "include main.conf");
    assert_eq!(
        circle.run(&["-t", "-c", "main.conf"]),
        (
            1,
            "nats-server: error parsing include file 'a.conf', error parsing include file 'main.conf', \
             main.conf includes itself\n"
                .to_owned()
        )
    );
}

#[test]
fn variables() {
    let port = |world: &World| world.options(&["-c", "main.conf"]).port;
    let world = conf("port: $OUR_PORT").variable("OUR_PORT", "4333");
    assert_eq!(port(&world), 4333);
    world.expect_valid();
    let world = conf("p: 1\nserver_metadata { a: b }\nport: $p");
    assert_eq!(port(&world), 1);
    world.expect_valid();
    // The nearest block wins.
    let world = conf("a: x\nauthorization { a: y, user: $a, pass: z }\nserver_name: $a");
    let options = world.options(&["-c", "main.conf"]);
    assert_eq!(options.auth.user.as_deref(), Some("y"));
    assert_eq!(options.server_name.as_deref(), Some("x"));
    world.expect_valid();
    // A variable of the environment may refer to another one, and be more than a word.
    let world = conf("port: $OUR_A")
        .variable("OUR_A", "$OUR_B")
        .variable("OUR_B", "4k");
    assert_eq!(port(&world), 4000);
    world.expect_valid();
    let world = conf("server_tags: $OUR_TAGS").variable("OUR_TAGS", "[a, b]");
    assert_eq!(world.options(&["-c", "main.conf"]).server_tags, ["a", "b"]);
    let circle = conf("port: $OUR_A")
        .variable("OUR_A", "$OUR_B")
        .variable("OUR_B", "$OUR_A");
    circle.expect(
        &["-t", "-c", "main.conf"],
        1,
        "nats-server: variable reference for 'OUR_A' on line 1 could not be parsed: variable reference for \
         'OUR_B' on line 1 could not be parsed: variable reference for 'OUR_A' on line 1 could not be parsed: \
         variable reference cycle for 'OUR_A'\n",
    );
}
