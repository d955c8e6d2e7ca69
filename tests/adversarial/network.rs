//! Threats 18 to 21: ways to the network, and sockets of the host.

use super::attack::{attack, found, outside, stopped};
use purple_tests::identity::skip;
use purple_tests::inside::{facts, facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs::{Permissions, set_permissions};
use std::net::UdpSocket;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

scenarios! {
    socket_families
    protocols_beside_the_port_list
    pathname_sockets_of_the_host
    a_server_of_the_host
}

/// Those that the policy does not name.
fn socket_families(place: &TestDir) {
    let text = include_str!("../probes/sockets_of_odd_families.py");
    let test = "network::socket_families";
    let errors = ["EPERM", "EPROTONOSUPPORT"];
    attack(place, &Policy::new(place), test, text, &errors);
}

/// What speaks TCP to the other side and does not ask Landlock: other protocols, and data that
/// opens the connection. The filter answers as a kernel without them does.
fn protocols_beside_the_port_list(place: &TestDir) {
    let text = include_str!("../probes/other_protocols.py");
    let free = outside(place, text);
    // These ways are Landlock's own: it alone stops only the first.
    let landlock = include_str!("../probes/restrict_tcp_by_landlock.py");
    let shown = text.replace("def connect", &format!("{landlock}def connect"));
    let with_landlock = outside(place, &shown);
    assert_eq!(with_landlock["tcp"], "EACCES", "{with_landlock}");
    for way in ["mptcp", "smc", "sendto", "sendmsg"] {
        assert_eq!(with_landlock[way], free[way], "{way}");
    }

    let ports = "network:\n  isolated: true\n  allowed_outgoing_ports: [1]";
    let listed = Policy::new(place).section(ports);
    let inside = found(&python(place, &listed.compile(place), text));
    let test = "network::protocols_beside_the_port_list";
    // Python calls EOPNOTSUPP by its other name.
    stopped(
        place,
        test,
        &free,
        &inside,
        &["EACCES", "EPROTONOSUPPORT", "ENOTSUP"],
    );
    assert_eq!(facts(place, text), free, "without a list");
}

fn pathname_sockets_of_the_host(place: &TestDir) {
    place.dir("run");
    let path = place.at("run/agent");
    let _listener = UnixListener::bind(&path).expect("a socket");
    set_permissions(&path, Permissions::from_mode(0o777)).expect("its own");
    let path = place.text("run/agent");
    let text = format!(
        "PATH = {path:?}\n{}",
        include_str!("../probes/connect_by_path.py")
    );
    let test = "network::pathname_sockets_of_the_host";
    attack(place, &Policy::new(place), test, &text, &["ENOENT"]);

    // In a tree that is shown, only Landlock denies it.
    place.dir("output/shown");
    let policy = Policy::new(place).shows(&place.text("run"), "/output/shown");
    let text = text.replace(&path, "/output/shown/agent");
    let shown = facts_under(place, &policy, &text);
    let abi = facts(
        place,
        "show(abi=libc.syscall(SYS_landlock_create_ruleset, None, 0, 1))",
    )["abi"]
        .as_u64();
    if abi < Some(9) {
        skip(
            &format!("{test}-shown"),
            "Landlock knows unix sockets from version 9",
        );
    } else {
        assert_eq!(shown, json!({"path": "EACCES", "root": "EACCES"}));
    }
}

/// A server on the host's loopback, by every name that its address has; and one for names.
fn a_server_of_the_host(place: &TestDir) {
    let server = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let names = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let (port, name_port) = (
        server.local_addr().expect("an address").port(),
        names.local_addr().expect("an address").port(),
    );
    let text = format!(
        "PORT = {port}\nNAME_PORT = {name_port}\n{}",
        include_str!("../probes/connect_to_the_host.py")
    );
    let free = outside(place, &text.replace("'127.0.0.2'", "'localhost'"));
    let inside = facts(place, &text);
    stopped(
        place,
        "network::a_server_of_the_host",
        &free,
        &inside,
        &["ECONNREFUSED"],
    );
    skip(
        "network::blocked_addresses_and_name_servers",
        "there is no way out of the sandbox's own loopback yet, so rules for it have nothing to hold",
    );
}
