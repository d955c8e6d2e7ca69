//! Arguments, ports, and the words of each refusal.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{StartError, arguments, tcp_ports};
use crate::confine::Unconfined;
use crate::rules::{Action, Protocol, Rule, Rules, Target};
use crate::sockets::WrongSockets;
use purple_plan::DecodeError;
use rustix::io::Errno;

#[test]
fn the_executors_arguments_and_no_others() {
    let read = |text: &str| arguments(text.split_whitespace().map(str::to_owned));
    assert_eq!(read("--plan-fd 3 --socket-fd 4"), Some((3, 4)));
    for other in [
        "",
        "--plan-fd 3",
        "--socket-fd 4 --plan-fd 3",
        "--plan-fd 3 --socket-fd 3",
        "--plan-fd x --socket-fd 4",
        "--plan-fd 3 --socket-fd 4 more",
    ] {
        assert_eq!(read(other), None, "{other}");
    }
}

#[test]
fn ports_that_are_connected_to() {
    let rule = |action, protocol, first_port, last_port| Rule {
        action,
        protocol,
        first_port,
        last_port,
        target: Target::Any,
        server_name: false,
        line: 0,
    };
    let rules = Rules::new(vec![
        rule(Action::Allow, None, 80, 81),
        rule(Action::Allow, Some(Protocol::Udp), 500, 500),
        rule(Action::Block, None, 600, 600),
        rule(Action::Listen, None, 700, 700),
        rule(Action::HostService, Some(Protocol::Tcp), 8000, 8001),
        rule(Action::Publish, Some(Protocol::Tcp), 9000, 9001),
    ]);
    let resolver = "192.0.2.1:5353".parse().unwrap();
    assert_eq!(
        tcp_ports(&rules, &[resolver]),
        Some(vec![9, 53, 80, 81, 5353, 8000, 9001])
    );
}

#[test]
fn every_refusal_says_what_failed() {
    let texts = [
        (
            StartError::Usage,
            "purple-exec starts this program: --plan-fd NUMBER --socket-fd NUMBER",
        ),
        (
            StartError::Descriptor("--plan-fd", Errno::BADF),
            "--plan-fd: Bad file descriptor (os error 9)",
        ),
        (
            StartError::Control(Errno::PIPE),
            "the socket to purple-exec: Broken pipe (os error 32)",
        ),
        (
            StartError::Program(Errno::NOENT.into()),
            "reading its own program: No such file or directory (os error 2)",
        ),
        (
            StartError::ReadPlan(Errno::FBIG),
            "reading the plan: File too large (os error 27)",
        ),
        (StartError::NotFiltered, "the plan has no filtered network"),
        (
            StartError::NoResolvers,
            "no resolver: /etc/resolv.conf names none; name some under `network.dns_servers`",
        ),
        (
            StartError::Publish("127.0.0.1:80".parse().unwrap(), Errno::ADDRINUSE),
            "publishing 127.0.0.1:80 on the host: Address already in use (os error 98); another program listens there: \
             end it, or choose another `host` port under `network.publish`",
        ),
        (
            StartError::Publish("192.0.2.1:80".parse().unwrap(), Errno::ADDRNOTAVAIL),
            "publishing 192.0.2.1:80 on the host: Cannot assign requested address (os error 99); the host has no such \
             address: leave `address` out for its loopback address, or name one that `ip address` shows",
        ),
        (
            StartError::Sockets(WrongSockets::Count {
                expected: 8,
                got: 7,
            }),
            "the plan has 8 sockets, 7 came from inside",
        ),
        (
            StartError::Sockets(WrongSockets::Missing("IPv4 packets")),
            "the plan has no socket for IPv4 packets",
        ),
        (
            StartError::NoSeed,
            "the plan publishes a port and has no socket for it",
        ),
        (StartError::Gone, "purple-exec ended"),
        (
            StartError::Confine(Unconfined {
                step: "making a user namespace",
                error: Errno::NOSPC,
            }),
            "making a user namespace: No space left on device (os error 28)",
        ),
        (
            StartError::Wait(Errno::NOMEM),
            "waiting for connections: Cannot allocate memory (os error 12)",
        ),
    ];
    for (error, text) in texts {
        assert_eq!(error.to_string(), text);
    }
    let refused = StartError::Publish("127.0.0.1:80".parse().unwrap(), Errno::ACCESS).to_string();
    assert!(
        refused.contains("without privileges the first port is "),
        "{refused}"
    );
    assert!(
        StartError::Plan(DecodeError::Value)
            .to_string()
            .starts_with("the plan: ")
    );
}
