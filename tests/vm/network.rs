//! A filtered network under other kernels: their `nf_tables` takes the rules, and shows them as they were sent.

use purple_tests::host_service::HostService;
use purple_tests::inside::PYTHON;
use purple_tests::policy::Policy;
use purple_tests::stand_in::purple_net;
use purple_tests::test_dir::TestDir;
use std::process::Command;

scenarios! { what_is_listed_is_reached_and_nothing_else }

/// Brings the machine's loopback interface up.
const LOOPBACK: &str = include_str!("../probes/loopback_up.py");

fn what_is_listed_is_reached_and_nothing_else(place: &TestDir) {
    let up = Command::new(PYTHON).args(["-ISc", LOOPBACK]).status();
    assert!(up.is_ok_and(|status| status.success()), "loopback is up");
    let _helper = purple_net(place);
    let service = HostService::start();
    let plan = Policy::new(place)
        .section(&format!(
            "network: {{allow: [api.example.org, \"10.1.0.0/16:443\", \"[2001:db8::]/32:80/udp\"], \
             blocked_ips: [10.1.2.3], host_services: [{}], dns_servers: [192.0.2.53]}}",
            service.port
        ))
        .compile(place);
    let done = service.assert_only_this_is_reached(place, &plan);
    let report = done.report.expect("a report");
    let read_back = &report["receipt"]["network"]["rules_read_back"];
    assert!(read_back.as_u64() > Some(20), "{report}");
}
