//! Published ports, and services of the host.

use crate::lab::{Lab, publish, service};
use crate::streams::connect;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

#[test]
fn a_published_port_leads_inside() {
    let Some(lab) = Lab::new("a_published_port_leads_inside", &[publish(18080, 8080)]) else {
        return;
    };
    let to: SocketAddr = "127.0.0.1:18080".parse().unwrap();
    // Nobody listens inside: the connection is reset.
    let error = lab.host.run(move || {
        let mut stream = TcpStream::connect(to).expect("the helper listens");
        stream.read(&mut [0; 1]).unwrap_err()
    });
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let listener = lab
        .inside
        .run(|| TcpListener::bind("127.0.0.1:8080").unwrap());
    let server = thread::spawn(move || {
        for _ in 0..300 {
            let (mut stream, from) = listener.accept().unwrap();
            assert!(from.ip().is_loopback());
            let mut text = String::new();
            let _length = stream.read_to_string(&mut text).unwrap();
            stream.write_all(text.to_uppercase().as_bytes()).unwrap();
        }
    });
    lab.host.run(move || {
        for _ in 0..300 {
            let mut stream = TcpStream::connect(to).expect("the helper listens");
            stream.write_all(b"hello").unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let mut text = String::new();
            let _length = stream.read_to_string(&mut text).unwrap();
            assert_eq!(text, "HELLO");
        }
    });
    server.join().unwrap();
    // The world does not reach it.
    let outside: SocketAddr = "198.51.100.1:18080".parse().unwrap();
    let error = lab
        .world
        .run(move || TcpStream::connect(outside).unwrap_err());
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let report = lab.report();
    let line = r#""rule":0,"line":7,"connections":300,"bytes_out":1500,"bytes_in":1500"#;
    assert!(report.contains(line), "{report}");
}

#[test]
fn a_service_of_the_host_and_nothing_else_of_it() {
    let rules = [service(4001, 80), service(4003, 81)];
    let Some(lab) = Lab::new("a_service_of_the_host", &rules) else {
        return;
    };
    let [open, closed] = ["127.0.0.1:4001", "127.0.0.1:4002"].map(|at| {
        lab.host
            .run(move || TcpListener::bind(at).expect("a service"))
    });
    lab.host.spawn(move || {
        let (mut stream, _) = open.accept().unwrap();
        stream.write_all(b"host").unwrap();
    });
    lab.inside.run(|| {
        let mut text = String::new();
        let mut stream = connect("10.77.0.1:80").expect("it is open");
        let _length = stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "host");
        // Nobody listens on the one behind 81.
        for port in [4001, 4002, 22, 81] {
            let to: SocketAddr = format!("10.77.0.1:{port}").parse().unwrap();
            let error = TcpStream::connect(to).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
        }
    });
    closed.set_nonblocking(true).unwrap();
    assert_eq!(closed.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    let report = lab.report();
    let line = r#"{"kind":"no_service","rule":1,"port":4003,"times":1}"#;
    assert!(report.contains(line), "{report}");
    assert_eq!(report.matches("no_service").count(), 1, "{report}");
}

#[test]
fn the_helpers_own_listener_is_nobodys() {
    let Some(lab) = Lab::new("the_helpers_own_listener", &[publish(18081, 8081)]) else {
        return;
    };
    lab.inside.run(|| {
        for own in ["127.0.0.1:9", "[::1]:9"] {
            let error = match connect(own) {
                Ok(mut stream) => stream.read(&mut [0; 1]).unwrap_err(),
                // The reset was faster.
                Err(error) => error,
            };
            assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{own}");
            let error = TcpListener::bind(own).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::AddrInUse, "{own}");
        }
    });
}
