//! Addresses that lead to the host itself, whatever address a connection to them comes from.

use crate::lab::{HOST, Lab, allow};
use crate::streams::{connect, refused};
use std::net::{TcpListener, UdpSocket};
use std::time::Duration;

/// Every way by which an address is the host's: its own, a network that is local, an anycast address, and broadcast ones.
#[test]
fn no_address_of_the_hosts_is_reached() {
    let rules = [allow("0.0.0.0/0"), allow("::/0")];
    let Some(lab) = Lab::new("no_address_of_the_hosts", &rules) else {
        return;
    };
    lab.host
        .ip("route add local 203.0.113.96/28 dev lo src 198.51.100.1
         -6 route add local 2001:db8:9::/64 dev lo src 2001:db8:1::1");
    let listeners = lab.host.run(|| {
        // A router has the first address of each network (RFC 4291, 2.6.1).
        std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
        [
            TcpListener::bind("0.0.0.0:80").unwrap(),
            TcpListener::bind("[::]:81").unwrap(),
        ]
    });
    for listener in &listeners {
        listener.set_nonblocking(true).unwrap();
    }
    let datagrams = lab.host.run(|| UdpSocket::bind("[::]:81").unwrap());
    datagrams.set_nonblocking(true).unwrap();
    // The host itself reaches them all, the last one by datagrams alone.
    let addresses = [
        format!("{HOST}:80"),
        "203.0.113.99:80".to_owned(),
        "[2001:db8:1::1]:81".to_owned(),
        "[2001:db8:9::5]:81".to_owned(),
        "[2001:db8:1::]:81".to_owned(),
    ];
    for address in &addresses {
        let to = address.clone();
        if to == "[2001:db8:1::]:81" {
            lab.host.run(move || {
                let socket = UdpSocket::bind("[::]:0").unwrap();
                assert_eq!(socket.send_to(b"x", &to).unwrap(), 1);
            });
            assert_eq!(datagrams.recv(&mut [0]).unwrap(), 1);
            continue;
        }
        let _stream = lab.host.run(move || connect(&to).expect(&to));
        assert!(
            listeners.iter().any(|one| one.accept().is_ok()),
            "{address}"
        );
    }
    for address in &addresses {
        assert_eq!(
            refused(&lab, address).0,
            Some(libc::ECONNREFUSED),
            "{address}"
        );
        let to = address.clone();
        lab.inside.run(move || {
            let any = if to.starts_with('[') {
                "[::]:0"
            } else {
                "0.0.0.0:0"
            };
            let socket = UdpSocket::bind(any).unwrap();
            socket
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            socket.connect(&to).unwrap();
            socket.send(b"x").unwrap();
            let error = socket.recv(&mut [0]).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED), "{to}");
        });
        assert!(
            !listeners.iter().any(|one| one.accept().is_ok()),
            "{address}"
        );
    }
    // The broadcast address of the host's network.
    lab.inside.run(|| {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        socket.connect("198.51.100.255:80").unwrap();
        socket.send(b"x").unwrap();
        assert!(socket.recv(&mut [0]).is_err());
    });
    let report = lab.report();
    for address in [
        "203.0.113.99",
        "2001:db8:9::5",
        "2001:db8:1::",
        "198.51.100.255",
    ] {
        let part = format!(r#""kind":"denied","protocol":"udp","address":"{address}""#);
        assert!(report.contains(&part), "{address}:\n{report}");
    }
    assert!(!report.contains(r#""kind":"rule""#), "{report}");
}
