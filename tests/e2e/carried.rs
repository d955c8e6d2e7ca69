//! The real `purple-net` beside the real executor: what a policy lists is reached, and nothing else.

use super::inside::python;
use purple_tests::policy::Policy;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;

scenarios! { a_service_of_the_host_is_reached_and_nothing_else }

fn a_service_of_the_host_is_reached_and_nothing_else(place: &TestDir) {
    let _helper = purple_net(place);
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port_of = |one: &TcpListener| one.local_addr().expect("an address").port();
    let (port, closed) = (port_of(&service), port_of(&other));
    let answer = std::thread::spawn(move || {
        let (mut stream, from) = service.accept().expect("a connection");
        let mut said = [0; 11];
        stream.read_exact(&mut said).expect("what is asked");
        stream.write_all(b"from the host").expect("it listens");
        (said, from.ip().is_loopback())
    });

    let policy = Policy::new(place).section(&format!(
        "network: {{allow: [api.example.org], host_services: [{port}]}}"
    ));
    let text = format!(
        "PORT, OTHER = {port}, {closed}\n{}",
        include_str!("../probes/reach_what_is_carried.py")
    );
    let done = python(place, &policy.compile(place), &text)
        .report()
        .finish();
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""));
    let found: Value = serde_json::from_str(&done.out()).expect("facts");
    let expected = json!({"names": ["10.77.0.1"], "others": "REFUSED", "said": "from the host",
        "other_port": "ECONNREFUSED", "other_address": "ECONNREFUSED", "loopback": "ECONNREFUSED"});
    assert_eq!(found, expected);
    assert_eq!(
        answer.join().expect("no panic"),
        (*b"from inside", true),
        "it is the host that asks"
    );

    let report = done.report.expect("a report");
    assert_eq!(report["network"]["helper_whole"], true, "{report}");
    let counted = report["network"]["counted"].as_str().expect("lines");
    let lines: Vec<Value> = counted
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let line = policy.line_of("host_services");
    let carried = lines.iter().find(|one| one["kind"] == "rule");
    let carried = carried.map(|one| {
        (
            one["line"].clone(),
            one["bytes_out"].clone(),
            one["bytes_in"].clone(),
        )
    });
    assert_eq!(carried, Some((json!(line), json!(11), json!(13))));
    let denied: Vec<(&Value, &Value)> = lines
        .iter()
        .filter(|one| one["kind"] == "denied")
        .map(|one| (&one["address"], &one["port"]))
        .collect();
    assert_eq!(denied.len(), 2, "{counted}");
    assert!(denied.contains(&(&json!("10.77.0.1"), &json!(closed))));
    assert!(denied.contains(&(&json!("198.51.100.1"), &json!(443))));
    let names: Vec<&Value> = lines
        .iter()
        .filter(|one| one["kind"] == "refused_name")
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, [&json!("other.example")]);
}
