//! How the helper starts, what it gives up, and how it ends.

use crate::lab::{Lab, SERVER, Started, allow, name, plan_with, publish, world};
use crate::streams::{connect, echo};
use purple_net::control::{ERROR, HELLO, send_alone, send_with};
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The error that the helper gives for a plan, after its hello.
fn refusal(started: &Started) -> String {
    assert_eq!(started.message().len(), HELLO);
    let message = started.message();
    assert_eq!(message.first(), Some(&ERROR));
    String::from_utf8(message[1..].to_vec()).unwrap()
}

#[test]
fn what_is_wrong_at_the_start_is_said() {
    let Some((host, _world)) = world("what_is_wrong_at_the_start_is_said") else {
        return;
    };
    let resolvers = ["203.0.113.53:53"];
    let mut bent = plan_with(&[allow("203.0.113.0/24")], 9, &resolvers);
    bent[20] ^= 1;
    let started = Started::new(&host, bent);
    assert!(refusal(&started).starts_with("the plan: "));
    let started = Started::new(&host, Vec::new());
    assert!(refusal(&started).starts_with("the plan: "));
    // A published port that is taken.
    let _taken = host.run(|| TcpListener::bind("127.0.0.1:18080").unwrap());
    let started = Started::new(&host, plan_with(&[publish(18080, 80)], 9, &resolvers));
    assert_eq!(
        refusal(&started),
        "publishing 127.0.0.1:18080 on the host: Address already in use (os error 98); another program \
         listens there: end it, or choose another `host` port under `network.publish`"
    );
    // Sockets that are not those of the plan.
    let started = Started::new(&host, plan_with(&[name(c"a.test", 0)], 9, &resolvers));
    send_with(&started.control, b"s", &[started.control.as_fd()]).unwrap();
    assert_eq!(
        refusal(&started),
        "the plan has 9 sockets, 1 came from inside"
    );
    let started = Started::new(&host, plan_with(&[name(c"a.test", 0)], 1, &resolvers));
    send_with(&started.control, b"s", &[started.control.as_fd()]).unwrap();
    assert_eq!(
        refusal(&started),
        "the plan has no socket for refused packets"
    );
}

#[test]
fn an_executor_that_goes_takes_the_helper_with_it() {
    let Some((host, _world)) = world("an_executor_that_goes") else {
        return;
    };
    let plan = plan_with(&[allow("203.0.113.0/24")], 9, &["203.0.113.53:53"]);
    let mut started = Started::new(&host, plan);
    assert_eq!(started.message().len(), HELLO);
    let (gone, _) = std::os::unix::net::UnixStream::pair().unwrap();
    started.control = gone.into();
    assert!(!started.child.wait().unwrap().success());
    let Some(mut lab) = Lab::new("an_executor_that_goes", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let (gone, _) = std::os::unix::net::UnixStream::pair().unwrap();
    lab.helper.control = gone.into();
    assert!(lab.helper.child.wait().unwrap().success());
}

#[test]
fn the_helper_has_no_right_that_it_does_not_need() {
    let Some(lab) = Lab::new("the_helper_has_no_right", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let process = format!("/proc/{}", lab.helper.child.id());
    let status = fs::read_to_string(format!("{process}/status")).unwrap();
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_whitespace().nth(1))
            .unwrap_or_default()
            .to_owned()
    };
    assert_eq!(field("Seccomp:"), "2");
    assert_eq!(field("NoNewPrivs:"), "1");
    assert_eq!(field("Threads:"), "1");
    for set in ["CapEff:", "CapPrm:", "CapInh:", "CapAmb:"] {
        assert_eq!(field(set), "0000000000000000", "{set}");
    }
    let user = |process: &str| fs::read_link(format!("{process}/ns/user")).unwrap();
    assert_ne!(user(&process), user("/proc/self"));
    let open: Vec<_> = fs::read_dir(format!("{process}/fd"))
        .unwrap()
        .map(|entry| fs::read_link(entry.unwrap().path()).unwrap())
        .filter(|target| target.starts_with("/") && !target.starts_with("/dev"))
        .filter(|target| !target.to_string_lossy().contains("pipe:"))
        .collect();
    assert!(open.is_empty(), "open files: {open:?}");
    let resident: u64 = field("VmRSS:").parse().unwrap();
    assert!(resident <= 6 << 10, "{resident} KiB are resident");
}

#[test]
fn a_helper_that_is_killed_ends_what_it_carried_and_opens_nothing() {
    let Some(mut lab) = Lab::new("a_helper_that_is_killed", &[allow("203.0.113.0/24")]) else {
        return;
    };
    echo(&lab, &format!("{SERVER}:7300"));
    let mut stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7300")).unwrap());
    stream.write_all(b"x").unwrap();
    stream.read_exact(&mut [0; 1]).unwrap();
    lab.helper.child.kill().unwrap();
    let _status = lab.helper.child.wait().unwrap();
    assert_eq!(
        stream.read(&mut [0; 1]).unwrap_or(0),
        0,
        "the connection has ended"
    );
    lab.inside.run(|| {
        let to: SocketAddr = format!("{SERVER}:7300").parse().unwrap();
        let start = Instant::now();
        assert!(TcpStream::connect_timeout(&to, Duration::from_millis(700)).is_err());
        assert!(start.elapsed() < Duration::from_secs(2));
    });
}

#[test]
fn requests_that_are_none_are_passed_over() {
    let Some(lab) = Lab::new("requests_that_are_none", &[allow("203.0.113.0/24")]) else {
        return;
    };
    for request in [b"x".as_slice(), b"rq", &[0; 300]] {
        send_alone(&lab.helper.control, request).unwrap();
    }
    assert!(
        lab.report()
            .starts_with(r#"{"kind":"others","without_room":0,"#)
    );
}
