//! Settings: what lands where, and what is refused.

use std::time::Duration;

use super::super::options::*;
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
            "main.conf:1:18: Missing weight for mapping destination \"c\"\n",
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
        "tls { cert_file: a, key_file: b }",
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
        "accounts { A { imports: [] } }",
        "accounts { A { exports: [] } }",
        "jetstream { key: secret }",
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

#[test]
fn every_setting_lands_in_the_options() {
    let base = {
        let mut options = Options::nats_server();
        options.config_file = Some("main.conf".into());
        options
    };
    let check = |text: &str, change: &dyn Fn(&mut Options)| {
        let mut found = conf(text).options(&["-c", "main.conf"]);
        found.config_digest = None;
        let mut expected = base.clone();
        change(&mut expected);
        assert_eq!(found, expected, "{text}");
    };
    let seconds = Duration::from_secs;
    check("listen: \"[::1]:5\"", &|o| {
        (o.host, o.port) = ("::1".to_owned(), 5)
    });
    check("host: a\nport: -1", &|o| (o.host, o.port) = ("a".to_owned(), 0));
    check("net: a", &|o| o.host = "a".to_owned());
    check("listen: 5", &|o| o.port = 5);
    check(
        "port: 0\nmax_payload: 0\nping_max: 0\nwrite_deadline: 0s",
        &|_| {},
    );
    check("client_advertise: a", &|o| {
        o.client_advertise = Some("a".to_owned())
    });
    check("server_name: a", &|o| o.server_name = Some("a".to_owned()));
    check("server_tags: [a, b]", &|o| {
        o.server_tags = vec!["a".to_owned(), "b".to_owned()]
    });
    check("server_metadata {a: b}", &|o| {
        o.server_metadata.insert("a".to_owned(), "b".to_owned());
    });
    check("feature_flags {a: on}", &|o| {
        o.feature_flags.insert("a".to_owned(), true);
    });
    check("proxy_protocol: true", &|o| o.proxy_protocol = true);
    check("max_control_line: 1k", &|o| o.max_control_line = 1000);
    check("max_payload: 1MB\nmax_pending: 2MB", &|o| {
        (o.max_payload, o.max_pending) = (1 << 20, 2 << 20);
    });
    check("max_connections: 3\nmax_subs: 4\nmax_sub_tokens: 5", &|o| {
        (o.max_connections, o.max_subscriptions, o.max_sub_tokens) = (3, 4, 5);
    });
    check("max_conn: 0", &|o| o.max_connections = 0);
    check("max_closed_clients: 7", &|o| o.max_closed_clients = 7);
    check("write_deadline: 3s\nwrite_timeout: retry", &|o| {
        (o.write_deadline, o.write_timeout) = (seconds(3), WriteTimeout::Retry);
    });
    check("ping_interval: 10\nping_max: 3", &|o| {
        (o.ping_interval, o.ping_max) = (seconds(10), 3)
    });
    check("lame_duck_duration: 60s\nlame_duck_grace_period: 1s", &|o| {
        (o.lame_duck_duration, o.lame_duck_grace_period) = (seconds(60), seconds(1));
    });
    check(
        "no_fast_producer_stall: true\ndisable_sublist_cache: true\nno_header_support: true",
        &|o| {
            o.no_fast_producer_stall = true;
            o.disable_sublist_cache = true;
            o.no_header_support = true;
        },
    );
    check("connect_error_reports: 1\nreconnect_error_reports: 2", &|o| {
        (o.connect_error_reports, o.reconnect_error_reports) = (1, 2);
    });
    check(
        "debug: true\ntrace_verbose: true\nlogtime: false\nlogtime_utc: true",
        &|o| {
            (o.log.debug, o.log.trace, o.log.trace_verbose) = (true, true, true);
            (o.log.time, o.log.time_utc) = (false, true);
        },
    );
    check("trace_headers: true\nmax_traced_msg_len: 9", &|o| {
        (o.log.trace, o.log.trace_headers, o.log.max_traced_msg_len) = (true, true, 9);
    });
    check(
        "log_file: a\nlogfile_size_limit: 1k\nlogfile_max_num: 3\nsyslog: true\nremote_syslog: b",
        &|o| {
            (o.log.file, o.log.size_limit, o.log.max_files) = (Some("a".into()), 1000, 3);
            (o.log.syslog, o.log.remote_syslog) = (true, Some("b".to_owned()));
        },
    );
    check("http: \"a:8222\"\nhttp_base_path: nats/", &|o| {
        (o.monitor.host, o.monitor.http_port) = (Some("a".to_owned()), Some(8222));
        o.monitor.base_path = "/nats".to_owned();
    });
    check("monitor_port: -1", &|o| o.monitor.http_port = Some(0));
    check("https_port: 5\nprof_port: 6\nprof_block_rate: 7", &|o| {
        (o.monitor.https_port, o.monitor.profile_port) = (Some(5), Some(6));
    });
    check("pid_file: a\nports_file_dir: b", &|o| {
        (o.pid_file, o.ports_file_dir) = (Some("a".into()), Some("b".into()));
    });
    check("authorization {user: a, password: b, timeout: 1.5}", &|o| {
        o.auth.block_defined = true;
        (o.auth.user, o.auth.password) = (Some("a".to_owned()), Some("b".into()));
        o.auth_timeout = Duration::from_millis(1500);
    });
    check("authorization {token: a, timeout: \"3s\"}", &|o| {
        o.auth.block_defined = true;
        (o.auth.token, o.auth_timeout) = (Some("a".into()), seconds(3));
    });
    check("no_system_account: true", &|o| o.system_account = None);
    check("default_js_domain {A: b}", &|o| {
        o.default_js_domain.insert("A".to_owned(), "b".to_owned());
    });
    check("jetstream: true\nstore_dir: a", &|o| {
        o.jetstream.insert(JetStreamOptions::default()).store_dir = Some("a".into());
    });
    check("jetstream: disabled\nstore_dir: a", &|_| {});
    check(
        "jetstream { max_mem: 1G, max_file: \"2G\", domain: d, sync_interval: always, strict: false, unique_tag: A, \
         max_buffered_msgs: 4, max_buffered_size: 5, request_queue_limit: 6, info_queue_limit: 7, \
         max_concurrent_io: 8, limits { max_ack_pending: 1, max_ha_assets: 2, max_request_batch: 3, \
         duplicate_window: 4s, batch { max_inflight_per_stream: 5, max_inflight_total: 6, max_msgs: 7, timeout: 8s } } }",
        &|o| {
            o.jetstream = Some(JetStreamOptions {
                max_memory: Some(1_000_000_000),
                max_file: Some(2 << 30),
                domain: Some("d".to_owned()),
                sync_always: true,
                strict: false,
                unique_tag: Some("a".to_owned()),
                max_buffered_msgs: 4,
                max_buffered_size: 5,
                request_queue_limit: 6,
                info_queue_limit: 7,
                max_concurrent_io: Some(8),
                limits: JetStreamLimits {
                    max_ack_pending: Some(1),
                    max_ha_assets: Some(2),
                    max_request_batch: Some(3),
                    duplicate_window: Some(seconds(4)),
                    batch_max_inflight_per_stream: Some(5),
                    batch_max_inflight_total: Some(6),
                    batch_max_msgs: Some(7),
                    batch_timeout: Some(seconds(8)),
                },
                ..JetStreamOptions::default()
            });
        },
    );
}

#[test]
fn users_and_their_permissions() {
    let text = "
        authorization {
          default_permissions: { publish: d }
          users: [
            {user: a, password: b}
            {user: c, permissions: {
              publish: {allow: [x, \"y.*\"], deny: z}
              subscribe: [\"s q\", t]
              allow_responses: {max: -1, expires: \"1m\"}
            }, allowed_connection_types: [standard, WEBSOCKET]}
            {nkey: UCNGL4W5QX66CFX6A6DCBVDH5VOHMI7B2UZZU7TXAUQQSI2JPHULCKBR, permissions: {allow_responses: true}}
          ]
        }";
    let users = conf(text).options(&["-c", "main.conf"]).auth.users;
    let allow = |subjects: &[&str]| SubjectPermission {
        allow: Some(subjects.iter().map(|s| (*s).to_owned()).collect()),
        deny: Vec::new(),
    };
    let names: Vec<&str> = users.iter().map(User::name).collect();
    assert_eq!(
        names,
        [
            "a",
            "c",
            "UCNGL4W5QX66CFX6A6DCBVDH5VOHMI7B2UZZU7TXAUQQSI2JPHULCKBR"
        ]
    );
    let default = users[0].permissions.as_ref().unwrap();
    assert_eq!(default.publish, Some(allow(&["d"])));
    assert_eq!((&default.subscribe, default.responses), (&None, None));
    let own = users[1].permissions.as_ref().unwrap();
    assert_eq!(
        own.publish,
        Some(SubjectPermission {
            deny: vec!["z".to_owned()],
            ..allow(&["x", "y.*"])
        })
    );
    assert_eq!(own.subscribe, Some(allow(&["s q", "t"])));
    let unlimited = ResponsePermission {
        max: None,
        expires: Some(Duration::from_secs(60)),
    };
    assert_eq!(own.responses, Some(unlimited));
    assert_eq!(
        users[1].connection_types,
        [ConnectionType::Standard, ConnectionType::Websocket]
    );
    // The right to answer takes the right to publish anything else.
    let answering = users[2].permissions.as_ref().unwrap();
    assert_eq!(answering.publish, Some(allow(&[])));
    assert_eq!(answering.responses, Some(ResponsePermission::DEFAULT));
}

#[test]
fn accounts_with_all_they_have() {
    let text = "
        template: {subscribe: x}
        mappings { foo: bar }
        system_account: SYS
        accounts {
          SYS { users: [{user: admin, password: p}] }
          A {
            users: [{user: a, password: b}]
            default_permissions: $template
            limits { max_conn: 1, max_subs: -1, max_payload: 0, max_leafs: 4 }
            jetstream { max_mem: 1k, max_file: -1, max_streams: 2, max_consumers: 3, max_bytes_required: true }
            mappings { \"a.*\": [{destination: \"b.$1\", weight: 60%}, {dest: c, weight: 40, cluster: d}] }
            msg_trace: { dest: t, sampling: \"5%\" }
          }
          B: { jetstream: enabled }
        }";
    let options = conf(text).options(&["-c", "main.conf"]);
    assert_eq!(options.system_account.as_deref(), Some("SYS"));
    let names: Vec<&str> = options.accounts.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(names, ["$G", "SYS", "A", "B"]);
    assert_eq!(options.accounts[0].mappings[0].destinations[0].subject, "bar");
    assert_eq!(options.auth.users[1].account.as_deref(), Some("A"));
    assert_eq!(
        options.auth.users[1].permissions,
        options.accounts[2].default_permissions
    );
    assert!(options.auth.users[1].permissions.is_some());
    let a = &options.accounts[2];
    assert_eq!(
        a.limits,
        AccountLimits {
            max_connections: Some(1),
            max_subscriptions: None,
            max_payload: Some(0),
            max_leafnodes: Some(4)
        }
    );
    assert_eq!(
        a.jetstream,
        Some(AccountJetStream {
            max_memory: Some(1000),
            max_streams: Some(2),
            max_consumers: Some(3),
            max_bytes_required: true,
            ..AccountJetStream::default()
        })
    );
    let destination = |subject: &str, weight, cluster: Option<&str>| MappingDestination {
        subject: subject.to_owned(),
        weight,
        cluster: cluster.map(str::to_owned),
    };
    let mapping = Mapping {
        source: "a.*".to_owned(),
        destinations: vec![destination("b.$1", 60, None), destination("c", 40, Some("d"))],
    };
    assert_eq!(a.mappings, [mapping]);
    assert_eq!(
        a.trace,
        Some(TraceDestination {
            subject: "t".to_owned(),
            sampling: 5
        })
    );
    assert_eq!(options.accounts[3].jetstream, Some(AccountJetStream::default()));
}

#[test]
fn secrets_are_not_printed() {
    let text = "authorization { users: [{user: a, password: hush}] }";
    let options = conf(text).options(&["-c", "main.conf"]);
    assert!(!format!("{options:?}").contains("hush"));
}
