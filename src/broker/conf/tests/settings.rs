//! Settings: what lands where.

use std::time::Duration;

use super::super::options::*;
use super::conf;

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
    check("jetstream { key: a, prev_key: b, cipher: AES }", &|o| {
        o.jetstream = Some(JetStreamOptions {
            encryption_key: Some("a".into()),
            previous_encryption_key: Some("b".into()),
            cipher: StoreCipher::Aes,
            ..JetStreamOptions::default()
        });
    });
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
