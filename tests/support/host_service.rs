//! A service of the host, which a filtered sandbox reaches, and another port, which it does not.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test without its ports cannot go on"
)]

use crate::inside::python;
use crate::run::{Finished, Run};
use crate::test_dir::TestDir;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{IpAddr, TcpListener};
use std::path::Path;
use std::thread::JoinHandle;

/// Tries the service, the other port, and what no entry lists.
const REACH: &str = include_str!("../probes/reach_what_is_carried.py");

/// Both ports, of the loopback interface.
#[derive(Debug)]
pub struct HostService {
    /// The service's.
    pub port: u16,
    /// The other one.
    pub closed: u16,
    _other: TcpListener,
    answer: JoinHandle<(String, IpAddr)>,
}

impl HostService {
    /// Starts it. It answers once.
    pub fn start() -> Self {
        let listen = || TcpListener::bind("127.0.0.1:0").expect("a port");
        let (service, other) = (listen(), listen());
        let port_of = |one: &TcpListener| one.local_addr().expect("an address").port();
        Self {
            port: port_of(&service),
            closed: port_of(&other),
            _other: other,
            answer: std::thread::spawn(move || {
                let (mut stream, from) = service.accept().expect("a connection");
                let mut said = [0; 11];
                stream.read_exact(&mut said).expect("what is asked");
                stream.write_all(b"from the host").expect("it listens");
                (String::from_utf8_lossy(&said).into_owned(), from.ip())
            }),
        }
    }

    /// Runs a program under a plan that lists the port under `host_services`: it reaches the service from inside, and nothing
    /// else. Returns the finished run, with its report.
    #[track_caller]
    pub fn assert_only_this_is_reached(self, place: &TestDir, plan: &Path) -> Finished {
        let (port, closed) = (self.port, self.closed);
        let text = format!("PORT, OTHER = {port}, {closed}\n{REACH}");
        let run: Run<'_> = python(place, plan, &text).report();
        let done = run.finish();
        let expected = json!({"names": ["10.77.0.1"], "others": "unknown", "said": "from the host",
            "other_port": "ECONNREFUSED", "other_address": "ECONNREFUSED", "loopback": "ECONNREFUSED"});
        assert_eq!(done.facts(), expected);
        let (said, from) = self.answer.join().expect("no panic");
        assert_eq!(said, "from inside");
        assert!(from.is_loopback(), "it is the host that asks: {from}");
        let report: &Value = done.report.as_ref().expect("a report");
        assert_eq!(report["network"]["helper_whole"], true, "{report}");
        done
    }
}
