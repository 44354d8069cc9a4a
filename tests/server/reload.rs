//! SIGHUP: what changes in a running server, and what does not.

use super::process::Process;
use crate::support::raw::Raw;

fn users(permissions: &str, password: &str) -> String {
    format!(
        "authorization {{ users: [
           {{user: stays, password: p, permissions: {{subscribe: {permissions}}}}}
           {{user: goes, password: {password}}}
         ] }}\n"
    )
}

impl Process {
    fn reload(&self, settings: &str) {
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
