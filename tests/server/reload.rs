//! SIGHUP: what changes in a running server, and what does not.

use std::process::Stdio;

use serde_json::Value;

use super::process::{Process, command, log_lines, run};
use crate::support::raw::{PATIENCE, Raw};

fn users(permissions: &str, password: &str) -> String {
    format!(
        "authorization {{ users: [
           {{user: stays, password: p, permissions: {{subscribe: {permissions}}}}}
           {{user: goes, password: {password}}}
         ] }}\n"
    )
}

impl Process {
    pub(super) fn reload(&self, settings: &str) {
        std::fs::write(self.folder.path().join("server.conf"), settings).unwrap();
        self.signal("reload");
    }
}

#[test]
fn logins_and_permissions_change_under_running_clients() {
    let process = Process::start(&users("[a, b]", "old"), &[]);
    let mut stays = Raw::connect(process.address, r#""user":"stays","pass":"p""#);
    let mut goes = Raw::connect(process.address, r#""user":"goes","pass":"old""#);
    stays.send("SUB a 1\r\nSUB b 2\r\n");
    stays.sync();

    process.reload(&users("[b, c]", "new"));
    assert_eq!(
        stays.line(),
        "-ERR 'Permissions Violation for Subscription to \"a\" (sid \"1\")'"
    );
    assert_eq!(goes.line(), "-ERR 'Authorization Violation'");
    assert_eq!(goes.line(), "");
    let mut back = Raw::connect(process.address, r#""user":"goes","pass":"new""#);
    back.send("PUB a 0\r\n\r\nPUB b 0\r\n\r\n");
    back.sync();
    assert_eq!([stays.line(), stays.line()], ["MSG b 2 0", ""]);
    stays.send("SUB c 3\r\n");
    stays.sync();
    process.wait_for_log("[INF] Reloaded: authorization users");
}

#[test]
fn limits_and_the_log_change_and_the_port_does_not() {
    let process = Process::start("max_payload: 100\n", &[]);
    let mut client = Raw::connect(process.address, "");
    process.reload("max_payload: 4\ndebug: true\n");
    process.wait_for_log("[INF] Reloaded: max_payload = 4");
    process.wait_for(|p| {
        p.log()
            .iter()
            .any(|line| line.contains("Reloaded server configuration (sha256:"))
            .then_some(())
    });
    client.send("PUB a 5\r\n");
    assert_eq!(client.line(), "-ERR 'Maximum Payload Violation'");
    let fresh = Raw::open(process.address);
    assert_eq!(fresh.info["max_payload"], 4);
    process.wait_for_log(" - Client connection created");

    process.reload("max_pending: 2000000\n");
    process.wait_for_log(
        "Failed to reload server configuration: config reload not supported for MaxPending: old=67108864, new=2000000",
    );
    process.reload("nonsense: 1\n");
    process.wait_for_log("server.conf:1:0: unknown field \"nonsense\"");
    assert_eq!(Raw::open(process.address).info["max_payload"], 4);
}

#[test]
fn without_a_file_there_is_nothing_to_reload() {
    let process = Process::start("", &[]);
    process.wait_for_log("Server is ready");
    process.signal("reload");
    process.wait_for_log(
        "Failed to reload server configuration: can only reload config when a file is provided using -c or --config",
    );
}

fn login(process: &Process, user: &str) -> Raw {
    Raw::asking(
        process.address,
        &format!("\"user\":\"{user}\",\"pass\":\"{user}\""),
    )
}

fn make_stream(client: &mut Raw, name: &str) -> Value {
    let config = format!("{{\"name\":\"{name}\",\"subjects\":[\"{name}\"],\"storage\":\"file\"}}");
    client.ask(&format!("$JS.API.STREAM.CREATE.{name}"), &config)
}

impl Process {
    /// Reloads, and waits until that is done.
    pub(super) fn reload_well(&self, settings: &str) {
        let done = |process: &Process| {
            let log = process.log();
            log.iter()
                .filter(|line| line.contains("Reloaded server configuration"))
                .count()
        };
        let before = done(self);
        self.reload(settings);
        self.wait_for(|process| (done(process) > before).then_some(()));
    }
}

#[test]
fn accounts_come_and_go_and_their_limits_change() {
    let store = tempfile::tempdir().unwrap();
    let settings = |streams: u32, accounts: &str| {
        format!(
            "jetstream {{ store_dir: \"{}\" }}
             accounts {{ A {{ jetstream {{ max_streams: {streams} }}, users: [{{user: a, password: a}}] }}
             {accounts} }}",
            store.path().display()
        )
    };
    let process = Process::start(
        &settings(1, "B { jetstream: enabled, users: [{user: b, password: b}] }"),
        &[],
    );
    let (mut a, mut b) = (login(&process, "a"), login(&process, "b"));
    assert!(make_stream(&mut a, "ONE").get("error").is_none());
    assert_eq!(make_stream(&mut a, "TWO")["error"]["err_code"], 10027);
    assert!(make_stream(&mut b, "ONE").get("error").is_none());

    process.reload_well(&settings(2, "C { users: [{user: c, password: c}] }"));
    assert_eq!(b.line(), "", "its user is gone, and so is the connection");
    let mut refused = Raw::open(process.address);
    refused.send("CONNECT {\"user\":\"b\",\"pass\":\"b\"}\r\n");
    assert_eq!(refused.line(), "-ERR 'Authorization Violation'");
    assert!(make_stream(&mut a, "TWO").get("error").is_none());
    let mut c = login(&process, "c");
    assert_eq!(c.ask("$JS.API.INFO", "")["error"]["err_code"], 10039);
    c.send("SUB ONE 2\r\n");
    c.sync();
    a.send("PUB ONE 0\r\n\r\n");
    a.sync();
    c.sync();

    // What the account had in files is there again when it comes back.
    process.reload_well(&settings(
        2,
        "B { jetstream: enabled, users: [{user: b, password: b}] }",
    ));
    assert_eq!(c.line(), "");
    let mut b = login(&process, "b");
    assert_eq!(b.ask("$JS.API.STREAM.NAMES", "")["streams"][0], "ONE");
}

#[test]
fn jetstream_is_switched_off_and_on_and_may_only_grow() {
    let store = tempfile::tempdir().unwrap();
    let settings = |limit: &str| {
        format!(
            "jetstream {{ store_dir: \"{}\", {limit} }}\n",
            store.path().display()
        )
    };
    let process = Process::start(&settings("max_file: 1MB, max_mem: 1MB"), &[]);
    let mut client = Raw::asking(process.address, r#""headers":true,"no_responders":true"#);
    let config = |bytes: u32| format!("{{\"name\":\"S\",\"subjects\":[\"s\"],\"max_bytes\":{bytes}}}");
    let mut create = |bytes: u32| client.ask("$JS.API.STREAM.CREATE.S", &config(bytes));
    assert_eq!(create(2_000_000)["error"]["err_code"], 10047);
    process.reload_well(&settings("max_file: 3MB, max_mem: 1MB"));
    assert!(create(2_000_000).get("error").is_none());
    process.wait_for_log("[INF] Reloaded: JetStream max_file_store = 3.00 MB");

    for (limit, refusal) in [
        (
            "max_file: 1MB, max_mem: 1MB",
            "decreasing jetstream max memory and store",
        ),
        ("max_file: 3MB", "jetstream max memory and max store"),
        (
            "max_file: 3MB, max_mem: 1MB, domain: hub",
            "JetStreamDomain: old=, new=hub",
        ),
        (
            "max_file: 3MB, max_mem: 1MB, limits {max_ack_pending: 3}",
            "JetStreamLimits: old={0 0 0 0s 0 0 0 0s}, new={0 3 0 0s 0 0 0 0s}",
        ),
        (
            "max_file: 3MB, max_mem: 1MB, sync_interval: 1s",
            "SyncInterval: old=2m0s, new=1s",
        ),
    ] {
        process.reload(&settings(limit));
        process.wait_for_log(&format!(
            "Failed to reload server configuration: config reload not supported for {refusal}"
        ));
    }
    client.send("PUB s answer 0\r\n\r\n");
    assert_eq!(client.message().1, r#"{"stream":"S","seq":1}"#);

    process.reload_well("debug: true\n");
    process.wait_for_log("[INF] JetStream Shutdown");
    // Nobody answers: ours says so at once, the real server leaves the client to wait.
    client.send("PUB $JS.API.INFO answer 0\r\n\r\nPING\r\n");
    let mut refusal = client.line_but_ping();
    if refusal != "PONG" {
        assert!(refusal.starts_with("HMSG answer 1 "), "{refusal:?}");
        let size: u64 = refusal.rsplit(' ').next().unwrap().parse().unwrap();
        client.skip(size + 2);
        refusal = client.line_but_ping();
    }
    assert_eq!(refusal, "PONG");
    assert!(Raw::open(process.address).info.get("jetstream").is_none());

    process.reload_well(&settings("max_file: 3MB, max_mem: 1MB"));
    assert_eq!(Raw::open(process.address).info["jetstream"], true);
    let info = client.ask("$JS.API.STREAM.INFO.S", "");
    assert_eq!(info["state"]["messages"], 1);
    process.wait_for_log("[INF]   Starting restore for stream '$G > S'");
    process.wait_for(|process| {
        let log = process.log();
        let restored = "[INF]   Restored 1 messages for stream '$G > S' in ";
        log.iter().any(|line| line.starts_with(restored)).then_some(())
    });
}

#[test]
fn jetstream_comes_back_in_the_folder_that_the_settings_name_then() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let settings =
        |folder: &tempfile::TempDir| format!("jetstream {{ store_dir: \"{}\" }}\n", folder.path().display());
    let process = Process::start(&settings(&one), &[]);
    let mut client = Raw::asking(process.address, "");
    assert!(make_stream(&mut client, "ONE").get("error").is_none());
    process.reload(&settings(&two));
    process.wait_for_log(
        "Failed to reload server configuration: config reload not supported for jetstream storage directory",
    );
    process.reload_well("debug: true\n");
    process.reload_well(&settings(&two));
    let names = |client: &mut Raw| client.ask("$JS.API.STREAM.NAMES", "")["streams"].clone();
    assert_eq!(names(&mut client), Value::Null);
    assert!(make_stream(&mut client, "TWO").get("error").is_none());
    assert!(two.path().join("jetstream/$G/streams/TWO").is_dir());
    // The other folder is free for anybody.
    let other = Process::start(&settings(&one), &[]);
    assert_eq!(names(&mut Raw::asking(other.address, ""))[0], "ONE");
    drop(other);
    process.reload_well("debug: true\n");
    process.reload_well(&settings(&one));
    assert_eq!(names(&mut client)[0], "ONE");
}

#[test]
fn surplus_clients_are_sent_away_and_the_rest_is_refused_by_name() {
    let process = Process::start("max_connections: 10\n", &[]);
    let mut clients: Vec<Raw> = (0..3).map(|_| Raw::connect(process.address, "")).collect();
    process.reload_well("max_connections: 1\n");
    process.wait_for_log("[INF] Closed 2 connections to fall within max_connections");
    let told = clients.iter_mut().filter_map(|client| {
        client.send("PING\r\n");
        Some(client.line()).filter(|line| line != "PONG")
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        ["-ERR 'maximum connections exceeded'"; 2]
    );
    for (settings, refusal) in [
        ("server_name: x", "ServerName: old=, new=x"),
        ("http_port: 8222", "HTTPPort: old=0, new=8222"),
        ("max_subscriptions: 10", "MaxSubs: old=0, new=10"),
        ("lame_duck_duration: 40s", "LameDuckDuration: old=2m0s, new=40s"),
        ("http_base_path: /x", "HTTPBasePath: old=, new=/x"),
        (
            "no_auth_user: a\nauthorization {users: [{user: a, password: a}]}",
            "NoAuthUser: old=, new=a",
        ),
        ("max_closed_clients: 5", "MaxClosedClients: old=10000, new=5"),
    ] {
        process.reload(&format!("max_connections: 1\n{settings}\n"));
        process.wait_for_log(&format!("config reload not supported for {refusal}"));
    }
}

#[test]
fn a_process_moves_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let settings = |files: &str| {
        format!(
            "port: -1\nhost: 127.0.0.1\nlog_file: \"{}\"\n{files}",
            path("log").display()
        )
    };
    for name in ["one", "two"] {
        std::fs::create_dir(path(name)).unwrap();
    }
    let files = |name: &str| {
        let (ports, pid) = (path(name), path(name).join("pid"));
        settings(&format!(
            "ports_file_dir: \"{}\"\npid_file: \"{}\"\n",
            ports.display(),
            pid.display()
        ))
    };
    let conf = path("server.conf");
    std::fs::write(&conf, files("one")).unwrap();
    let mut child = command()
        .arg("-c")
        .arg(&conf)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let wait_for = |what: &str, there: &dyn Fn() -> bool| {
        let began = std::time::Instant::now();
        while !there() {
            assert!(
                began.elapsed() < PATIENCE,
                "waited for {what}: {:?}",
                log_lines(&path("log"))
            );
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    };
    let count = |name: &str| std::fs::read_dir(path(name)).unwrap().count();
    wait_for("two files", &|| count("one") == 2);
    std::fs::write(&conf, files("two")).unwrap();
    let signalled = run(&[
        "--signal",
        &format!("reload={}", path("one").join("pid").display()),
    ]);
    assert!(signalled.status.success());
    wait_for("two files", &|| count("two") == 2);
    wait_for("the old ports file to go", &|| count("one") == 1);
    let pid = std::fs::read_to_string(path("two").join("pid")).unwrap();
    assert_eq!(pid, child.id().to_string());
    let signalled = run(&["--signal", &format!("term={pid}")]);
    assert!(signalled.status.success());
    assert!(child.wait().unwrap().success());
    assert_eq!(count("two"), 1, "the pid file stays, the ports file does not");
}

#[test]
fn a_reload_is_asked_for_in_the_system_account() {
    let settings = |payload: u32| {
        format!(
            "max_payload: {payload}\naccounts {{ SYS {{ users: [{{user: s, password: s}}] }} }}\nsystem_account: SYS\n"
        )
    };
    let process = Process::start(&settings(1000), &[]);
    let mut system = login(&process, "s");
    let id = system.info["server_id"].as_str().unwrap().to_owned();
    let conf = process.folder.path().join("server.conf");
    std::fs::write(&conf, settings(500)).unwrap();
    let reload = format!("$SYS.REQ.SERVER.{id}.RELOAD");
    assert!(system.ask(&reload, "").get("error").is_none());
    assert_eq!(Raw::open(process.address).info["max_payload"], 500);
    std::fs::write(&conf, format!("{}max_subscriptions: 3\n", settings(500))).unwrap();
    let refused = system.ask(&reload, "");
    assert_eq!(
        refused["error"]["description"],
        "config reload not supported for MaxSubs: old=0, new=3"
    );
}
