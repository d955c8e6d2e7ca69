//! A network of its own, with nothing in it but loopback.

use super::inside::{PYTHON, facts, facts_under, python};
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};

scenarios! {
    only_loopback
    loopback_works
    the_hosts_loopback_is_another
    the_hosts_abstract_sockets_are_not_there
    wider_rules_are_narrowed_and_said
    a_program_that_misses_the_network_is_told
}

fn only_loopback(place: &TestDir) {
    let found = facts(place, include_str!("../probes/only_loopback.py"));
    let expected = json!({"interfaces": ["lo"], "files": ["lo"], "routes": 1, "four": "ENETUNREACH",
        "metadata": "ENETUNREACH", "six": "ENETUNREACH", "mapped": "ENETUNREACH"});
    assert_eq!(found, expected);
}

fn loopback_works(place: &TestDir) {
    let found = facts(place, include_str!("../probes/use_loopback.py"));
    assert_eq!(found, json!({"got": "through", "low": "EACCES"}));
}

fn the_hosts_loopback_is_another(place: &TestDir) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    assert!(
        std::net::TcpStream::connect(address).is_ok(),
        "it can be reached from the host"
    );
    let text = format!(
        "show(it=attempt(socket.create_connection, ('127.0.0.1', {}), 5))",
        address.port()
    );
    assert_eq!(facts(place, &text), json!({"it": "ECONNREFUSED"}));
}

fn the_hosts_abstract_sockets_are_not_there(place: &TestDir) {
    let name = place.name();
    let address = SocketAddr::from_abstract_name(&name).expect("an address");
    let _listener = UnixListener::bind_addr(&address).expect("a listener");
    assert!(
        std::os::unix::net::UnixStream::connect_addr(&address).is_ok(),
        "the host reaches it"
    );
    let text = format!(
        "NAME = {name:?}\n{}",
        include_str!("../probes/connect_to_an_abstract_name.py")
    );
    assert_eq!(
        facts(place, &text),
        json!({"it": "ECONNREFUSED", "listed": 0})
    );
}

fn wider_rules_are_narrowed_and_said(place: &TestDir) {
    let network =
        "network:\n  isolated: true\n  allowed_outgoing_ports: [443]\n  dns_servers: [192.0.2.53]";
    let policy = Policy::new(place).section(network);
    let text = include_str!("../probes/connect_elsewhere.py");
    let done = python(place, &policy.compile(place), text).finish();
    let line = policy.line_of("allowed_outgoing_ports");
    let said = format!(
        "purple-exec: network: the network is isolated and the policy lists more; the program has no \
         network but its own loopback (policy line {line})\n"
    );
    assert_eq!(done.stderr, said);
    assert_eq!(done.code(), 0);
    let found: serde_json::Value = serde_json::from_str(&done.out()).expect("facts");
    let expected =
        json!({"routes": 1, "resolv": "nameserver 192.0.2.53\n", "connect": "ENETUNREACH"});
    assert_eq!(found, expected);

    let silent = Policy::new(place).section("network: {isolated: true, dns_servers: [192.0.2.53]}");
    place.file("policy.yaml", "");
    assert_eq!(facts_under(place, &silent, "show(ok=1)"), json!({"ok": 1}));
}

/// Once, where the program has failed; not where it reaches itself, and not where it goes on without.
fn a_program_that_misses_the_network_is_told(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let said = "purple-exec: network: the program tried to reach the network, and the policy gives it none: list what it needs, as in \
                `network: {mode: filtered, allow: [example.org]}`\n";
    let connect = "import socket; socket.create_connection(('192.0.2.1', 443))";
    let look_up = "import socket; socket.getaddrinfo('example.org', 443)";
    let goes_on = format!("try:\n {connect}\nexcept OSError: pass");
    let own = "import socket; s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname()); exit(1)";
    for (script, expected) in [
        (connect, true),
        (look_up, true),
        (goes_on.as_str(), false),
        (own, false),
        ("exit(1)", false),
    ] {
        let done = Run::new(place, &plan, &[PYTHON, "-ISc", script]).finish();
        assert_eq!(done.stderr.ends_with(said), expected, "{script}: {done}");
        let times = done.stderr.matches("tried to reach the network").count();
        assert_eq!(times, usize::from(expected), "{script}: {done}");
    }
}
