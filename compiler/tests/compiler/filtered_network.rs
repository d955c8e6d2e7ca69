//! The batches of a filtered network, loaded into the kernel that runs the tests, in a namespace of their own: what it does
//! with packets is what the policy says of them.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use purple_plan::Plan;
use purplec::diagnostics::Sink;
use purplec::pipeline::{Options, compile};
use purplec::source::Source;
use std::io::Write as _;
use std::process::{Command, Stdio};

const POLICY: &str = r#"name: f
network:
  mode: filtered
  allow:
    - api.github.com
    - "*.example.org:8443"
    - {to: "10.1.0.0/16:5432/tcp", reason: the database}
    - "[2001:db8:1::]/48:53/udp"
    - "10.64.0.0/11:7000-7010/udp"
  host_services: [11434]
  publish: [{host: 18080, inside: 8080}]
  allowed_outgoing_ports: ["80/tcp", 123/udp]
  blocked_ips: [192.0.2.0/24, "2001:db8:bad::/48", 198.51.100.7]
resources: {session_timeout_seconds: 60}
"#;

/// A packet, and what becomes of it. `refused N`: by the entry with the number N, `-` for none.
const ATTEMPTS: [(&str, &str, u16, &str); 34] = [
    ("tcp", "127.0.0.1", 99, "own"),
    ("tcp", "127.9.9.9", 99, "own"),
    ("tcp", "10.77.0.2", 99, "own"),
    ("udp", "10.77.0.2", 99, "own"),
    ("tcp", "::1", 99, "own"),
    ("tcp", "fd77::2", 99, "own"),
    ("tcp", "140.82.112.3", 443, "held"),
    ("tcp", "140.82.112.3", 444, "refused -"),
    ("udp", "140.82.112.3", 443, "refused -"),
    ("tcp", "2606:4700::1", 443, "held"),
    ("tcp", "2606:4700::1", 8443, "held"),
    ("udp", "1.1.1.1", 123, "handed"),
    ("udp", "2606:4700::1", 123, "handed"),
    ("udp", "1.1.1.1", 124, "refused -"),
    ("tcp", "192.0.2.7", 443, "refused 7"),
    ("udp", "192.0.2.7", 123, "refused 7"),
    ("tcp", "192.0.3.7", 443, "held"),
    ("tcp", "198.51.100.7", 80, "refused 9"),
    ("tcp", "198.51.100.8", 80, "held"),
    ("tcp", "2001:db8:bad::1", 80, "refused 8"),
    ("tcp", "10.1.2.3", 5432, "held"),
    ("tcp", "10.1.2.3", 5433, "refused -"),
    ("udp", "10.1.2.3", 5432, "refused -"),
    ("tcp", "10.2.2.3", 5432, "refused -"),
    ("udp", "2001:db8:1::5", 53, "handed"),
    ("udp", "2001:db8:2::5", 53, "refused -"),
    ("udp", "10.95.255.255", 7010, "handed"),
    ("udp", "10.96.0.0", 7010, "refused -"),
    ("udp", "10.64.0.0", 7011, "refused -"),
    ("udp", "10.77.0.1", 53, "handed"),
    ("tcp", "10.77.0.1", 53, "held"),
    ("tcp", "10.77.0.1", 11434, "held"),
    ("udp", "10.77.0.1", 7001, "refused -"),
    ("tcp", "10.77.0.1", 443, "refused -"),
];

#[test]
fn the_kernel_does_with_packets_what_the_policy_says() {
    let outcome = compile(&Source::new("p", POLICY), &Options::default(), Sink::new());
    let bytes = outcome.expect("no fault").plan.expect("a plan");
    let plan = Plan::decode(&bytes).expect("what was compiled decodes");
    let batches: Vec<_> = plan
        .net_batches
        .iter()
        .map(|one| {
            let hex = one.bytes.iter().map(|byte| format!("{byte:02x}"));
            (one.protocol, one.acknowledgements, hex.collect::<String>())
        })
        .collect();
    let attempts = ATTEMPTS.map(|(protocol, address, port, _)| (protocol, address, port));
    let asked = serde_json::json!({"batches": batches, "attempts": attempts.to_vec()});
    let can = Command::new("unshare")
        .args(["-Urn", "python3", "-c", ""])
        .status();
    if !can.is_ok_and(|status| status.success()) {
        println!("SKIP filtered-network-loaded: there is no unshare, python3 or user namespace");
        return;
    }
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/compiler/filtered_network.py"
    );
    let mut child = Command::new("unshare")
        .args(["-Urn", "python3", "-B", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it ran before");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(asked.to_string().as_bytes())
        .expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8(output.stdout).expect("words");
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("loaded"));
    for (protocol, address, port, expected) in ATTEMPTS {
        assert_eq!(lines.next(), Some(expected), "{protocol} {address} {port}");
    }
}
