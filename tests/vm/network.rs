//! A filtered network under other kernels: their `nf_tables` takes the rules, and shows them as they were sent.

use purple_tests::inside::{PYTHON, python};
use purple_tests::policy::Policy;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Command;

scenarios! { what_is_listed_is_reached_and_nothing_else }

/// Brings the machine's loopback interface up.
const LOOPBACK: &str = include_str!("../probes/loopback_up.py");

/// Tries a service of the host, its other ports and addresses that no entry lists.
const REACH: &str = include_str!("../probes/reach_what_is_carried.py");

fn what_is_listed_is_reached_and_nothing_else(place: &TestDir) {
    let up = Command::new(PYTHON).args(["-ISc", LOOPBACK]).status();
    assert!(up.is_ok_and(|status| status.success()), "loopback is up");
    let _helper = purple_net(place);
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port_of = |one: &TcpListener| one.local_addr().expect("an address").port();
    let (port, closed) = (port_of(&service), port_of(&other));
    let answer = std::thread::spawn(move || {
        let (mut stream, _) = service.accept().expect("a connection");
        stream.read_exact(&mut [0; 11]).expect("what is asked");
        stream.write_all(b"from the host").expect("it listens");
    });
    let plan = Policy::new(place)
        .section(&format!(
            "network: {{allow: [api.example.org, \"10.1.0.0/16:443\", \"[2001:db8::]/32:80/udp\"], \
             blocked_ips: [10.1.2.3], host_services: [{port}], dns_servers: [192.0.2.53]}}"
        ))
        .compile(place);
    let done = python(
        place,
        &plan,
        &format!("PORT, OTHER = {port}, {closed}\n{REACH}"),
    )
    .report()
    .finish();
    let found: Value = serde_json::from_str(&done.good()).expect("facts");
    let expected = json!({"names": ["10.77.0.1"], "others": "REFUSED", "said": "from the host",
        "other_port": "ECONNREFUSED", "other_address": "ECONNREFUSED", "loopback": "ECONNREFUSED"});
    assert_eq!(found, expected);
    answer.join().expect("no panic");
    let report = done.report.expect("a report");
    assert_eq!(report["network"]["helper_whole"], true, "{report}");
    let read_back = &report["receipt"]["network"]["rules_read_back"];
    assert!(read_back.as_u64() > Some(20), "{report}");
}
