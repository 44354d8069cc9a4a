//! Settings that are refused, and how.

use super::{conf, expect_ours, expect_refused};

#[test]
fn what_is_refused() {
    for (text, message) in [
        (
            "port: abc",
            "main.conf:1:0: interface conversion: interface {} is string, not int64\n",
        ),
        (
            "port: 4222s",
            "main.conf:1:0: interface conversion: interface {} is string, not int64\n",
        ),
        (
            "port: 1.5",
            "main.conf:1:0: interface conversion: interface {} is float64, not int64\n",
        ),
        (
            "port: [1 ]",
            "main.conf:1:0: interface conversion: interface {} is []interface {}, not int64\n",
        ),
        (
            "port: {a: 1}",
            "main.conf:1:0: interface conversion: interface {} is map[string]interface {}, not int64\n",
        ),
        (
            "port: true",
            "main.conf:1:0: interface conversion: interface {} is bool, not int64\n",
        ),
        (
            "port: 2006-01-02T15:04:05Z",
            "main.conf:1:0: interface conversion: interface {} is time.Time, not int64\n",
        ),
        (
            "debug: 1",
            "main.conf:1:0: interface conversion: interface {} is int64, not bool\n",
        ),
        (
            "server_name: 1",
            "main.conf:1:0: interface conversion: interface {} is int64, not string\n",
        ),
        (
            "server_name: \"a b\"",
            "main.conf:1:0: server name cannot contain spaces\n",
        ),
        (
            "listen: a",
            "main.conf:1:0: could not parse address string \"a\"\n",
        ),
        ("listen: \"a:b\"", "main.conf:1:0: could not parse port \"b\"\n"),
        (
            "listen: \"::1:4222\"",
            "main.conf:1:0: could not parse address string \"::1:4222\"\n",
        ),
        (
            "listen: true",
            "main.conf:1:0: expected port or host:port, got bool\n",
        ),
        (
            "http: [a]",
            "main.conf:1:0: expected port or host:port, got []interface {}\n",
        ),
        (
            "max_payload: 3000000000",
            "main.conf:1:0: max_payload value is too big\n",
        ),
        (
            "max_control_line: 3000000000",
            "main.conf:1:0: max_control_line value is too big\n",
        ),
        (
            "max_sub_tokens: 0",
            "main.conf:1:0: max_sub_tokens value can not be negative\n",
        ),
        (
            "max_sub_tokens: 256",
            "main.conf:1:0: max_sub_tokens value is too big\n",
        ),
        (
            "ping_interval: 5",
            "main.conf:1:0: invalid use of field \"ping_interval\": ping_interval should be converted to a duration\n",
        ),
        (
            "ping_interval: \"5\"",
            "main.conf:1:0: error parsing ping_interval: time: missing unit in duration \"5\"\n",
        ),
        (
            "ping_interval: true",
            "main.conf:1:0: invalid use of field \"ping_interval\": ping_interval should be converted to a duration\nmain.conf:1:0: interface conversion: interface {} is bool, not int64\n",
        ),
        (
            "ping_interval: 5x",
            "main.conf:1:0: error parsing ping_interval: time: unknown unit \"x\" in duration \"5x\"\n",
        ),
        (
            "write_deadline = 10\nbogus = 2",
            "main.conf:1:0: invalid use of field \"write_deadline\": write_deadline should be converted to a duration\nmain.conf:2:1: unknown field \"bogus\"\n",
        ),
        (
            "write_timeout: never",
            "main.conf:1:0: write_timeout must be 'default', 'close' or 'retry'\n",
        ),
        (
            "lame_duck_duration: 5s",
            "main.conf:1:0: invalid lame_duck_duration of 5s, minimum is 30 seconds\n",
        ),
        (
            "lame_duck_duration: abc",
            "main.conf:1:0: error parsing lame_duck_duration: time: invalid duration \"abc\"\n",
        ),
        (
            "lame_duck_duration: 40",
            "main.conf:1:0: interface conversion: interface {} is int64, not string\n",
        ),
        (
            "lame_duck_grace_period: \"-5s\"",
            "main.conf:1:0: invalid lame_duck_grace_period, needs to be positive\n",
        ),
        (
            "server_tags: 1",
            "main.conf:1:0: error parsing tags: unsupported type int64\n",
        ),
        (
            "server_metadata: a",
            "main.conf:1:0: error parsing metadata: unsupported type string\n",
        ),
        (
            "feature_flags: a",
            "main.conf:1:0: error parsing feature flags: unsupported type string\n",
        ),
        (
            "feature_flags { a: b }",
            "main.conf:1:16: error parsing feature flag \"a\": expected bool, got string\n",
        ),
        (
            "default_js_domain: a",
            "main.conf:1:0: error default_js_domain config: unsupported type string\n",
        ),
        (
            "system_account: 3",
            "main.conf:1:0: system account name must be a string\n",
        ),
        (
            "authorization { user: a, pass: b, token: c }",
            "main.conf:1:0: Cannot have a user/pass and token\n",
        ),
        (
            "authorization { user: a, users: [] }",
            "main.conf:1:0: Can not have a single user/pass and a users array\n",
        ),
        (
            "authorization { token: a, users: [] }",
            "main.conf:1:0: Can not have a token and a users array\n",
        ),
        (
            "authorization { timeout: true }",
            "main.conf:1:16: error parsing authorization config, 'timeout' wrong type\n",
        ),
        (
            "authorization { timeout: 5x }",
            "main.conf:1:16: error parsing authorization config, 'timeout' time: unknown unit \"x\" in duration \"5x\"\n",
        ),
        (
            "authorization { timeout: 90 }",
            "main.conf:1:16: invalid use of field \"timeout\": timeout of 90 (90.000000 seconds) is high, consider keeping it under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example\n",
        ),
        (
            "authorization { timeout: \"2m\" }",
            "main.conf:1:16: invalid use of field \"timeout\": timeout of 2m (120.000000 seconds) is high, consider keeping it under 60 seconds. possibly caused by unquoted duration; use '1m' instead of 1m, for example\n",
        ),
        (
            "authorization { users: a }",
            "main.conf:1:16: Expected users field to be an array, got a\n",
        ),
        (
            "authorization { users: [ a ] }",
            "main.conf:1:25: Expected user entry to be a map/struct, got a\n",
        ),
        (
            "authorization { users: [ {pass: b} ] }",
            "main.conf:1:26: User entry requires a user\n",
        ),
        (
            "authorization { users: [ {user: a, pass: b}, {user: a, pass: c} ] }",
            "main.conf:1:0: Duplicate user \"a\" detected\n",
        ),
        (
            "authorization { users: [ {nkey: abc} ] }",
            "main.conf:1:26: Not a valid public nkey for a user\n",
        ),
        (
            "authorization { users: [ {nkey: UAEIGJFE6V5YH5SFB2FK2N5XMQYVV2CTTSYDLGIM7J5YFRSR7CVMHB6E} ] }",
            "main.conf:1:26: Not a valid public nkey for a user\n",
        ),
        (
            "authorization { users: [ {user: a, pass: b, allowed_connection_types: [STANDARD, foo] } ] }",
            "main.conf:1:44: invalid connection types [\"FOO\"]\n",
        ),
        (
            "authorization { users: [ {user: a, pass: b, allowed_connection_types: 3 } ] }",
            "main.conf:1:44: error parsing allowed connection types: unsupported type int64\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: b } ] }",
            "main.conf:1:35: Expected permissions to be a map/struct, got b\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {foo: b} } ] }",
            "main.conf:1:49: Unknown field \"foo\" parsing permissions\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {publish: [1 ] } } ] }",
            "main.conf:1:59: Subject in permissions array cannot be cast to string\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {subscribe: {allow: \"a.>.b\", permit: x} } } ] }",
            "main.conf:1:61: subject \"a.>.b\" is not a valid subject\nmain.conf:1:77: Unknown field name \"permit\" parsing subject permissions, only 'allow' or 'deny' are permitted\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {allow_responses: 1} } ] }",
            "main.conf:1:49: error parsing response permissions, expected a boolean or a map\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {allow_responses: {max: a} } } ] }",
            "main.conf:1:67: interface conversion: interface {} is string, not int64\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {allow_responses: {expires: 5 } } } ] }",
            "main.conf:1:67: error parsing expires, not a duration string\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {allow_responses: {expires: 5x} } } ] }",
            "main.conf:1:67: error parsing expires: time: unknown unit \"x\" in duration \"5x\"\n",
        ),
        (
            "authorization { users: [ {user: a, permissions: {allow_responses: {min: 5 } } } ] }",
            "main.conf:1:67: Unknown field \"min\" parsing permissions\n",
        ),
        (
            "accounts: [$G]",
            "variable reference for 'G' on line 1 can not be found",
        ),
        (
            "accounts: [\"$G\"]",
            "main.conf:1:12: \"$G\" is a Reserved Account\n",
        ),
        ("accounts: [A, A]", "main.conf:1:14: Duplicate Account Entry: A\n"),
        (
            "accounts { A: b }",
            "main.conf:1:11: Expected map entries for accounts\n",
        ),
        (
            "accounts { \"$G\": {} }",
            "main.conf:1:12: \"$G\" is a Reserved Account\n",
        ),
        (
            "accounts { A { bogus: 1 } }",
            "main.conf:1:15: unknown field \"bogus\"\n",
        ),
        (
            "accounts { A { nkey: b } }",
            "main.conf:1:15: Not a valid public nkey for an account: \"b\"\n",
        ),
        (
            "accounts { A { limits: 1 } }",
            "main.conf:1:15: Expected account limits to be a map/struct, got 1\n",
        ),
        (
            "accounts { A { limits { max_con: 1 } } }",
            "main.conf:1:24: Unknown field \"max_con\" parsing account limits\n",
        ),
        (
            "accounts { A { limits { max_conn: a } } }",
            "main.conf:1:24: interface conversion: interface {} is string, not int64\n",
        ),
        (
            "accounts { A { jetstream { max_mem: a } } }",
            "main.conf:1:27: Expected a parseable size for \"max_mem\", got a\n",
        ),
        (
            "accounts { A { jetstream { max_bytes_required: a } } }",
            "main.conf:1:27: Expected a parseable bool for \"max_bytes_required\", got a\n",
        ),
        (
            "accounts { A { jetstream { cluster_traffic: a } } }",
            "main.conf:1:27: Expected 'system' or 'owner' string value for \"cluster_traffic\", got a\n",
        ),
        (
            "accounts { A { jetstream { bogus: a } } }",
            "main.conf:1:27: unknown field \"bogus\"\n",
        ),
        (
            "accounts { A { msg_trace: 1 } }",
            "main.conf:1:15: Expected account message trace \"msg_trace\" to be a string or a map/struct, got int64\n",
        ),
        (
            "accounts { A { msg_trace: \"a.*\" } }",
            "main.conf:1:15: Trace destination \"a.*\" is not valid\n",
        ),
        (
            "accounts { A { msg_trace { dest: a, sampling: 101 } } }",
            "main.conf:1:36: Ttrace destination sampling value 101 is invalid, needs to be [1..100]\n",
        ),
        (
            "accounts { A { msg_trace { dest: a, sampling: x } } }",
            "main.conf:1:36: Invalid trace destination sampling value \"x\"\n",
        ),
        (
            "accounts { A { msg_trace { sampling: 50 } } }",
            "main.conf:1:15: Trace destination sampling ignored since no destination was set\n",
        ),
        (
            "accounts { A { msg_trace { bogus: 50 } } }",
            "main.conf:1:27: Unknown field \"bogus\" parsing account message trace map/struct \"msg_trace\"\n",
        ),
        (
            "accounts { A { users: [ {user: a, pass: b} ] }, B { users: [ {user: a, pass: b} ] } }",
            "main.conf:1:52: Duplicate user \"a\" detected\n",
        ),
        (
            "mappings: a",
            "main.conf:1:0: interface conversion: interface {} is string, not map[string]interface {}\n",
        ),
        (
            "mappings { \"a..b\": c }",
            "main.conf:1:0: Subject \"a..b\" is not a valid subject\n",
        ),
        (
            "mappings { b: [ {dest: c} ] }",
            "main.conf:1:25: Missing weight for mapping destination \"c\"\n",
        ),
        (
            "mappings { a: [ b ] }",
            "main.conf:1:16: Expected an entry for the mapping destination\n",
        ),
        (
            "mappings { a: { dest: b, weight: 101 } }",
            "main.conf:1:25: Invalid weight 101 for mapping destination\n",
        ),
        (
            "mappings { a: { dest: b, weight: x% } }",
            "main.conf:1:25: Invalid weight \"x\" for mapping destination\n",
        ),
        (
            "mappings { a: { dest: b, weight: 5, bogus: 1 } }",
            "main.conf:1:36: Unknown field \"bogus\" for mapping destination\n",
        ),
        (
            "mappings { a: \"b.$1\" }",
            "main.conf:1:11: Error adding mapping for \"a\" to \"b.$1\" : invalid mapping destination: wildcard index out of range in $1\n",
        ),
        (
            "mappings { a: \"b.{{foo(1)}}\" }",
            "main.conf:1:11: Error adding mapping for \"a\" to \"b.{{foo(1)}}\" : invalid mapping destination: unknown function in {{foo(1)}}\n",
        ),
        (
            "mappings { \"a.*\": [ {dest: \"b.$2\", weight: 10} ] }",
            "main.conf:1:12: Error adding mapping for \"a.*\" : invalid mapping destination: wildcard index out of range in $2: [2]\n",
        ),
        (
            "mappings { a: [ {dest: b, weight: 60}, {dest: c, weight: 60} ] }",
            "main.conf:1:11: Error adding mapping for \"a\" : total weight needs to be <= 100\n",
        ),
        (
            "mappings { a: [ {dest: b, weight: 10}, {dest: b, weight: 10} ] }",
            "main.conf:1:11: Error adding mapping for \"a\" : duplicate entry for \"b\"\n",
        ),
        (
            "mappings { a: \"b c\" }",
            "main.conf:1:11: Error adding mapping for \"a\" to \"b c\" : invalid mapping destination: invalid transform\n",
        ),
        (
            "mappings { a: \"b..c\" }",
            "main.conf:1:11: Error adding mapping for \"a\" to \"b..c\" : invalid mapping destination: invalid transform\n",
        ),
        (
            "mappings { \"a.>\": \"b\" }",
            "main.conf:1:12: Error adding mapping for \"a.>\" to \"b\" : invalid subject\n",
        ),
        (
            "jetstream: maybe",
            "main.conf:1:0: Expected 'enabled' or 'disabled' for string value, got 'maybe'\n",
        ),
        (
            "jetstream: 3",
            "main.conf:1:0: Expected map, bool or string to define JetStream, got int64\n",
        ),
        (
            "jetstream { bogus: 1 }",
            "main.conf:1:12: unknown field \"bogus\"\n",
        ),
        (
            "jetstream { cipher: rot13 }",
            "main.conf:1:12: Unknown cipher type: \"rot13\"\n",
        ),
        (
            "jetstream { max_mem: a }",
            "main.conf:1:12: max_mem_store strconv.ParseInt: parsing \"\": invalid syntax\n",
        ),
        (
            "jetstream { max_mem: \"1X\" }",
            "main.conf:1:12: max_mem_store sizes defined as strings must end in K, M, G, T\n",
        ),
        (
            "jetstream { max_file: true }",
            "main.conf:1:12: max_file_store must be int64 or string\n",
        ),
        (
            "jetstream { sync_interval: x }",
            "main.conf:1:12: error parsing sync_interval: time: invalid duration \"x\"\n",
        ),
        (
            "jetstream { sync_interval: 5 }",
            "main.conf:1:12: invalid use of field \"sync_interval\": sync_interval should be converted to a duration\n",
        ),
        (
            "jetstream { limits: a }",
            "main.conf:1:12: Expected a map to define JetStreamLimits, got string\n",
        ),
        (
            "jetstream { limits { bogus: 1 } }",
            "main.conf:1:21: unknown field \"bogus\"\n",
        ),
        (
            "jetstream { limits { duplicate_window: x } }",
            "time: invalid duration \"x\"\n",
        ),
        (
            "jetstream { limits { batch { bogus: 1 } } }",
            "main.conf:1:29: unknown field \"bogus\"\n",
        ),
        (
            "jetstream { max_concurrent_io: 1 }",
            "main.conf:1:12: Expected an absolute size for \"max_concurrent_io\" between 4 and 8192, got 1\n",
        ),
        (
            "jetstream { max_buffered_msgs: a }",
            "main.conf:1:12: Expected a parseable size for \"max_buffered_msgs\", got a\n",
        ),
        (
            "store_dir: a\njetstream { store_dir: b }",
            "main.conf:2:13: Duplicate 'store_dir' configuration\n",
        ),
    ] {
        expect_refused(text, message);
    }
}

/// Where the original forgets the place of a mistake, or trips.
#[test]
fn more_precise_than_the_original() {
    for (text, message) in [
        (
            "server_tags: [a, {b: c}]",
            "main.conf:1:23: error parsing tags: unsupported type in array map[string]interface {}",
        ),
        (
            "authorization: a",
            "main.conf:1:0: interface conversion: interface {} is string, not map[string]interface {}",
        ),
        (
            "authorization { users: [ {user: a, permissions: {publish: \"a b\"} } ] }",
            "main.conf:1:49: subject \"a b\" is not a valid subject",
        ),
        (
            "authorization { users: [ {user: a, permissions: {publish: 1 } } ] }",
            "main.conf:1:49: Expected subject permissions to be a subject, or array of subjects, got int64",
        ),
        (
            "authorization { users: [ {user: a, permissions: {subscribe: \"a..b q\"} } ] }",
            "main.conf:1:49: subject \"a..b\" is not a valid subject",
        ),
        (
            "authorization { users: [ {user: a, permissions: {subscribe: \"a q..\"} } ] }",
            "main.conf:1:49: queue \"q..\" is not a valid queue",
        ),
        (
            "authorization { users: [ {user: a, permissions: {subscribe: \"a q r\"} } ] }",
            "main.conf:1:49: subject \"a q r\" is not a valid subject",
        ),
        (
            "accounts { A { jetstream: maybe } }",
            "main.conf:1:15: Expected 'enabled' or 'disabled' for string value, got 'maybe'",
        ),
        (
            "accounts: a",
            "main.conf:1:0: interface conversion: interface {} is string, not map[string]interface {}",
        ),
        (
            "jetstream { strict: 1 }",
            "main.conf:1:12: Expected 'true' or 'false' for bool value, got '1'",
        ),
        // Without a destination the original starts, and falls over the first message.
        (
            "mappings { a: [ {weight: 50} ] }",
            "main.conf:1:11: Error adding mapping for \"a\" : invalid mapping destination: invalid transform",
        ),
    ] {
        expect_ours(text, &format!("{message}\n"));
    }
}

/// What is still to come must not be taken and then ignored.
#[test]
fn what_is_not_built_is_refused() {
    for text in [
        "leafnodes { port: 7422 }",
        "websocket { port: 80, no_tls: true }",
        "mqtt { port: 1883 }",
        "operator: a.jwt",
        "resolver: MEMORY",
        "resolver_preload {}",
        "trusted_keys: a",
        "proxies { trusted: [] }",
        "ocsp: true",
        "authorization { auth_callout { issuer: a } }",
        "authorization { proxy_required: true }",
        "jetstream { tpm {} }",
    ] {
        let (code, printed) = conf(text).run(&["-t", "-c", "main.conf"]);
        let said = printed.contains("is not supported by this server yet");
        assert!(
            code == 1 && said && printed.lines().count() == 2,
            "{text}: {printed}"
        );
    }
    for text in ["cluster { port: 6222 }", "gateway { name: a }"] {
        let (code, printed) = conf(text).run(&["-t", "-c", "main.conf"]);
        assert!(
            code == 1 && printed.contains("join it from here as a leaf node"),
            "{text}: {printed}"
        );
    }
}
