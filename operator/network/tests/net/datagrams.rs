//! Datagrams.

use crate::lab::{HOST, Lab, SERVER, SERVER_V6, allow, block, on_port};
use std::net::UdpSocket;
use std::time::Duration;

fn echo(lab: &Lab, at: &str) {
    let at = at.to_owned();
    let socket = lab
        .world
        .run(move || UdpSocket::bind(at).expect("a server"));
    lab.world.spawn(move || {
        let mut bytes = vec![0; 65536];
        while let Ok((length, from)) = socket.recv_from(&mut bytes) {
            let _sent = socket
                .send_to(&bytes[..length], from)
                .expect("it goes back");
        }
    });
}

fn socket(at: &str) -> UdpSocket {
    let socket = UdpSocket::bind(at).expect("a socket");
    let wait = Some(Duration::from_secs(10));
    socket.set_read_timeout(wait).expect("a timeout");
    socket
}

#[test]
fn datagrams_of_all_lengths_go_and_come_back() {
    let rules = [allow("203.0.113.0/24"), allow("2001:db8::/32")];
    let Some(lab) = Lab::new("datagrams_of_all_lengths", &rules) else {
        return;
    };
    for (own, to) in [
        ("0.0.0.0:0", format!("{SERVER}:7200")),
        ("[::]:0", format!("[{SERVER_V6}]:7200")),
    ] {
        echo(&lab, &to);
        lab.inside.run(move || {
            let socket = socket(own);
            socket.connect(&to).unwrap();
            for length in [0, 1, 1200, 1473, 9000, 65_000] {
                let sent = vec![7; length];
                assert_eq!(socket.send(&sent).unwrap(), length);
                let mut bytes = vec![0; 65536];
                let received = socket.recv(&mut bytes).expect("it comes back");
                assert_eq!(bytes[..received], sent, "{to} {length}");
            }
        });
    }
    let bytes = 1 + 1200 + 1473 + 9000 + 65_000;
    let line =
        format!(r#""rule":1,"line":7,"connections":1,"bytes_out":{bytes},"bytes_in":{bytes}"#);
    let report = lab.report();
    assert!(report.contains(&line), "{report}");
}

#[test]
fn a_socket_that_is_not_connected_hears_each_by_its_address() {
    let Some(lab) = Lab::new("a_socket_that_is_not_connected", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let servers = [format!("{SERVER}:7201"), "203.0.113.66:7201".to_owned()];
    for server in &servers {
        echo(&lab, server);
    }
    lab.inside.run(move || {
        let socket = socket("0.0.0.0:0");
        for server in servers.iter().chain(&servers) {
            let _sent = socket.send_to(server.as_bytes(), server).unwrap();
            let mut bytes = [0; 100];
            let (length, from) = socket.recv_from(&mut bytes).expect("it comes back");
            assert_eq!(from, server.parse().unwrap());
            assert_eq!(&bytes[..length], server.as_bytes());
        }
    });
}

/// Every address is local inside. What comes from another than the sandbox's own is not carried: the answer to it would come
/// back as a datagram of its own, and so on without end.
#[test]
fn a_datagram_from_an_address_that_is_taken_goes_nowhere() {
    let Some(lab) = Lab::new("a_datagram_from_an_address", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let server = format!("{SERVER}:7203");
    echo(&lab, &server);
    lab.inside.run(move || {
        for taken in [server.as_str(), "203.0.113.66:7203", "8.8.8.8:53"] {
            let socket = socket(taken);
            let wait = Some(Duration::from_millis(300));
            socket.set_read_timeout(wait).expect("a timeout");
            let _sent = socket.send_to(b"again", &server).unwrap();
            let mut bytes = [0; 100];
            assert!(socket.recv_from(&mut bytes).is_err(), "{taken}");
        }
        let own = socket("127.0.0.1:0");
        let _sent = own.send_to(b"once", &server).unwrap();
        let mut bytes = [0; 100];
        let (length, _) = own.recv_from(&mut bytes).expect("it comes back");
        assert_eq!(&bytes[..length], b"once");
    });
    let report = lab.report();
    let carried = r#""connections":1,"bytes_out":4,"bytes_in":4"#;
    let refused = format!(
        r#""address":"{SERVER}","port":7203,"name":null,"rule":null,"host":false,"times":3"#
    );
    assert!(
        report.contains(carried) && report.contains(&refused),
        "{report}"
    );
}

#[test]
fn a_datagram_that_is_refused_says_so() {
    let rules = [
        allow("203.0.113.0/24"),
        allow("198.51.100.0/24"),
        allow("2001:db8::/32"),
        on_port(block("203.0.113.66/32"), 53),
    ];
    let Some(lab) = Lab::new("a_datagram_that_is_refused", &rules) else {
        return;
    };
    for (own, to, error) in [
        // The policy; the host itself; a port where nobody listens; no way.
        ("0.0.0.0:0", "8.8.8.8:53".to_owned(), libc::ECONNREFUSED),
        (
            "0.0.0.0:0",
            "203.0.113.66:53".to_owned(),
            libc::ECONNREFUSED,
        ),
        ("0.0.0.0:0", format!("{HOST}:53"), libc::ECONNREFUSED),
        ("0.0.0.0:0", format!("{SERVER}:7"), libc::ECONNREFUSED),
        ("0.0.0.0:0", "203.0.113.77:7".to_owned(), libc::EHOSTUNREACH),
        ("[::]:0", format!("[{SERVER_V6}]:7"), libc::ECONNREFUSED),
        ("[::]:0", "[2001:db8::77]:7".to_owned(), libc::ECONNREFUSED),
        (
            "[::]:0",
            "[2606:4700::1111]:53".to_owned(),
            libc::ECONNREFUSED,
        ),
    ] {
        let at = to.clone();
        let seen = lab.inside.run(move || {
            let socket = socket(own);
            socket.connect(&at).unwrap();
            let _sent = socket.send(b"?").unwrap();
            socket.recv(&mut [0; 10]).expect_err("it is refused")
        });
        assert_eq!(seen.raw_os_error(), Some(error), "{to}");
    }
    let report = lab.report();
    for line in [
        r#""protocol":"udp","address":"8.8.8.8","port":53,"name":null,"rule":null,"host":false,"times":1"#,
        r#""protocol":"udp","address":"203.0.113.66","port":53,"name":null,"rule":3,"host":false,"times":1"#,
        r#""protocol":"udp","address":"198.51.100.1","port":53,"name":null,"rule":null,"host":true,"times":1"#,
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
}
