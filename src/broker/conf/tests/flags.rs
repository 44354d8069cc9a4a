//! Command lines.

use std::path::PathBuf;

use super::super::{Command, ConfError, Options, Signal, SignalTarget};
use super::{World, conf};

#[test]
fn what_is_only_told() {
    for (line, code, printed) in [
        ("-v", 0, "version"),
        ("--version", 0, "version"),
        ("-v=1 whatever", 0, "version"),
        ("version", 0, "version"),
        ("VERSION more", 0, "version"),
        ("-h", 0, "help"),
        ("--help", 0, "help"),
        ("help", 0, "help"),
        ("-p 1 -help", 0, "help"),
        ("--help_tls", 0, "help"),
        ("-x", 0, "flag provided but not defined: -x\n"),
        ("--bogus=3", 0, "flag provided but not defined: -bogus\n"),
        ("-p", 0, "flag needs an argument: -p\n"),
        ("-p abc", 0, "invalid value \"abc\" for flag -p: parse error\n"),
        (
            "--port=1.5",
            0,
            "invalid value \"1.5\" for flag -port: parse error\n",
        ),
        (
            "-p=99999999999999999999",
            0,
            "invalid value \"99999999999999999999\" for flag -p: value out of range\n",
        ),
        (
            "-D=maybe",
            0,
            "invalid boolean value \"maybe\" for -D: parse error\n",
        ),
        ("---p", 0, "bad flag syntax: ---p\n"),
        ("-=3", 0, "bad flag syntax: -=3\n"),
        (
            "-t",
            1,
            "nats-server: must specify [-c, --config] option to check configuration file syntax\n",
        ),
        ("foo", 1, "nats-server: unrecognized command: \"foo\"\n"),
        ("- x", 1, "nats-server: unrecognized command: \"-\"\n"),
        ("-D -- -p", 1, "nats-server: unrecognized command: \"-p\"\n"),
        (
            "-c nope.conf",
            1,
            "nats-server: open nope.conf: no such file or directory\n",
        ),
        (
            "-sl stop=1=2=3",
            1,
            "nats-server: invalid signal parameters: [2 3]\n",
        ),
        ("-sl stop=abc", 1, "nats-server: invalid pid: abc\n"),
        (
            "-tlscert a.pem",
            1,
            "nats-server: TLS Server private key must be present and valid\n",
        ),
        (
            "-tls",
            1,
            "nats-server: TLS Server certificate must be present and valid\n",
        ),
    ] {
        let args: Vec<&str> = line.split(' ').collect();
        World::default().expect(&args, code, printed);
    }
}

#[test]
fn every_flag_lands_in_the_options() {
    let world = World::default();
    let base = Options::nats_server();
    let check = |line: &str, change: &dyn Fn(&mut Options)| {
        let mut expected = base.clone();
        change(&mut expected);
        let args: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(world.options(&args), expected, "{line}");
    };
    check("", &|_| {});
    for line in [
        "-p 4333",
        "--port 4333",
        "-port=4333",
        "-p=0x10ed",
        "-p 1 -p 4333",
    ] {
        check(line, &|o| o.port = 4333);
    }
    check("-p -1", &|o| o.port = 0);
    check("-p 0", &|_| {});
    for line in ["-a ::1", "--addr ::1", "-net=::1"] {
        check(line, &|o| o.host = "::1".to_owned());
    }
    for line in ["-n x", "--name x", "--server_name x"] {
        check(line, &|o| o.server_name = Some("x".to_owned()));
    }
    check("--client_advertise h:1", &|o| {
        o.client_advertise = Some("h:1".to_owned())
    });
    check("-m 8222", &|o| o.monitor.http_port = Some(8222));
    check("-http_port -1", &|o| o.monitor.http_port = Some(0));
    check("-ms 8443", &|o| o.monitor.https_port = Some(8443));
    check("-P a.pid", &|o| o.pid_file = Some("a.pid".into()));
    check("--ports_file_dir d", &|o| o.ports_file_dir = Some("d".into()));
    check("-D", &|o| o.log.debug = true);
    check("-V", &|o| o.log.trace = true);
    check("-DV", &|o| (o.log.debug, o.log.trace) = (true, true));
    check("-VV", &|o| (o.log.trace, o.log.trace_verbose) = (true, true));
    check("-DVV", &|o| {
        (o.log.debug, o.log.trace, o.log.trace_verbose) = (true, true, true)
    });
    check("-D -DV=false", &|_| {});
    check("-T=false", &|o| o.log.time = false);
    check("--logtime_utc", &|o| o.log.time_utc = true);
    check("-l a.log --log_size_limit 1000", &|o| {
        o.log.file = Some("a.log".into());
        o.log.size_limit = 1000;
    });
    check("--max_traced_msg_len 10", &|o| o.log.max_traced_msg_len = 10);
    check("-s", &|o| o.log.syslog = true);
    check("-r udp://h:514", &|o| {
        o.log.remote_syslog = Some("udp://h:514".to_owned())
    });
    check("-user a -pass b", &|o| {
        o.auth.user = Some("a".to_owned());
        o.auth.password = Some("b".into());
    });
    check("--auth t", &|o| o.auth.token = Some("t".into()));
    check("-sd d", &|_| {});
    check("-js", &|o| o.jetstream = Some(Default::default()));
    check("-js --store_dir d", &|o| {
        o.jetstream.insert(Default::default()).store_dir = Some("d".into());
    });
    check("-jetstream=false", &|_| {});
    check("--profile 6060", &|o| o.monitor.profile_port = Some(6060));
    for line in [
        "--cluster_name c",
        "--no_advertise",
        "--connect_retries 5",
        "--tls=false",
        "--cluster =",
    ] {
        let line = line.replace(" =", "=");
        check(&line, &|_| {});
    }
}

#[test]
fn flags_win_over_the_file() {
    let world =
        conf("port: 1\nlogtime: false\ndebug: true\njetstream { store_dir: a, max_mem: 5, enabled: false }");
    let options = world.options(&["-c", "main.conf", "-p", "2", "-js", "-D=false"]);
    let jetstream = options.jetstream.unwrap();
    assert_eq!(
        (options.port, options.log.debug, options.log.time),
        (2, false, false)
    );
    assert_eq!(jetstream.store_dir, Some(PathBuf::from("a")));
    assert_eq!(jetstream.max_memory, Some(5));
    let options = world.options(&["-c", "main.conf", "-js", "-sd", "b"]);
    assert_eq!(options.jetstream.unwrap().store_dir, Some(PathBuf::from("b")));
    assert_eq!(options.config_file, Some(PathBuf::from("main.conf")));
}

#[test]
fn a_cluster_is_refused_politely() {
    for args in [
        ["--cluster", "nats://h:1"],
        ["--cluster_listen", "nats://h:1"],
        ["--routes", "nats://h:1"],
    ] {
        let Err(ConfError::Refused(why)) = World::default().parse(&args) else {
            panic!("{args:?} was taken");
        };
        assert!(
            why.contains("stands alone") && why.contains("nats-server"),
            "{why}"
        );
    }
}

#[test]
fn signals() {
    let world = World::default().file("a.pid", "42\n");
    for (text, signal, target) in [
        ("ldm", Signal::LameDuck, SignalTarget::Only),
        ("stop=7", Signal::Stop, SignalTarget::Process(7)),
        ("quit=a.pid", Signal::Quit, SignalTarget::Process(42)),
        ("term=7*", Signal::Term, SignalTarget::Prefix("7".to_owned())),
        ("reopen=*", Signal::Reopen, SignalTarget::Prefix(String::new())),
        ("reload", Signal::Reload, SignalTarget::Only),
    ] {
        let expected = Command::Signal { signal, target };
        assert_eq!(world.parse(&["--signal", text]), Ok(expected.clone()), "{text}");
        assert_eq!(world.parse(&["-sl", text, "-c", "nope"]), Ok(expected), "{text}");
    }
    let unknown = world.parse(&["-sl", "foo"]);
    assert_eq!(
        unknown,
        Err(ConfError::Refused("unknown signal \"foo\"".to_owned()))
    );
}

#[test]
fn what_cannot_be_together() {
    for (text, message) in [
        (
            "lame_duck_duration: 30s, lame_duck_grace_period: 30s",
            "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)",
        ),
        (
            "max_payload: 2MB, max_pending: 1MB",
            "max_payload (2097152) cannot be higher than max_pending (1048576)",
        ),
        (
            "no_auth_user: a",
            "no_auth_user: \"a\" present, but users/nkeys are not defined",
        ),
        (
            "no_auth_user: a, authorization { users: [{user: b, password: c}] }",
            "no_auth_user: \"a\" not present as user or nkey in authorization block or account configuration",
        ),
        (
            "http_port: 1, https_port: 2",
            "can't specify both HTTP (1) and HTTPs (2) ports",
        ),
    ] {
        let text = text.replacen(", ", "\n", 1);
        let refused = conf(&text).parse(&["-c", "main.conf"]);
        assert_eq!(refused, Err(ConfError::Refused(message.to_owned())), "{text}");
    }
}
