//! Connections.

use crate::lab::{Lab, SERVER, SERVER_V6, allow, block, on_port};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, socket_with};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) fn connect(to: &str) -> Result<TcpStream, std::io::Error> {
    let to: SocketAddr = to.parse().expect("an address");
    let stream = TcpStream::connect_timeout(&to, Duration::from_secs(20))?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}

/// The errno of a connection that does not come about, and how long that took.
pub(crate) fn refused(lab: &Lab, to: &str) -> (Option<i32>, Duration) {
    let to = to.to_owned();
    lab.inside.run(move || {
        let start = Instant::now();
        let error = TcpStream::connect(to.parse::<SocketAddr>().expect("an address"));
        let error = error.expect_err("it is refused").raw_os_error();
        (error, start.elapsed())
    })
}

/// A server that sends back what it gets.
pub(crate) fn echo(lab: &Lab, at: &str) {
    let at = at.to_owned();
    let listener = lab
        .world
        .run(move || TcpListener::bind(at).expect("a server"));
    lab.world.spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            thread::spawn(move || {
                let mut bytes = vec![0; 65536];
                while let Ok(length @ 1..) = stream.read(&mut bytes) {
                    if stream.write_all(&bytes[..length]).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

#[test]
fn connections_of_both_families_go_through() {
    let rules = [allow("203.0.113.0/24"), allow("2001:db8::/32")];
    let Some(lab) = Lab::new("connections_of_both_families_go_through", &rules) else {
        return;
    };
    for at in [format!("{SERVER}:7000"), format!("[{SERVER_V6}]:7000")] {
        echo(&lab, &at);
        lab.inside.run(move || {
            let mut stream = connect(&at).expect("it is open");
            assert_eq!(stream.peer_addr().unwrap(), at.parse().unwrap());
            stream.write_all(b"hello").unwrap();
            stream.shutdown(Shutdown::Write).unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, "hello");
        });
    }
    let report = lab.report();
    for rule in [0, 1] {
        let line = format!(
            r#"{{"kind":"rule","rule":{rule},"line":7,"connections":1,"bytes_out":5,"bytes_in":5}}"#
        );
        assert!(report.contains(&line), "{report}");
    }
}

#[test]
fn the_one_inside_gets_the_error_of_the_outside() {
    let rules = [
        allow("203.0.113.0/24"),
        allow("2001:db8::/32"),
        allow("198.51.100.0/24"),
        on_port(block("203.0.113.66/32"), 80),
    ];
    let Some(lab) = Lab::new("the_one_inside_gets_the_error_of_the_outside", &rules) else {
        return;
    };
    for (to, error) in [
        // Nobody listens.
        (format!("{SERVER}:1"), libc::ECONNREFUSED),
        (format!("[{SERVER_V6}]:1"), libc::ECONNREFUSED),
        // The host's routes.
        ("203.0.113.77:80".to_owned(), libc::EHOSTUNREACH),
        ("[2001:db8::77]:80".to_owned(), libc::EHOSTUNREACH),
        // The policy: not listed, blocked, refused by the rules.
        ("8.8.8.8:80".to_owned(), libc::ECONNREFUSED),
        ("203.0.113.66:80".to_owned(), libc::ECONNREFUSED),
        (format!("{SERVER}:25"), libc::ECONNREFUSED),
        // The host itself, by its own address, though a rule covers it.
        ("198.51.100.1:22".to_owned(), libc::ECONNREFUSED),
    ] {
        let (seen, time) = refused(&lab, &to);
        assert_eq!(seen, Some(error), "{to}");
        assert!(time < Duration::from_millis(500), "{to}: {time:?}");
    }
    let report = lab.report();
    for line in [
        r#""protocol":"tcp","address":"8.8.8.8","port":80,"name":null,"rule":null,"host":false,"times":1"#,
        r#""protocol":"tcp","address":"203.0.113.66","port":80,"name":null,"rule":3,"host":false,"times":1"#,
        r#""protocol":"tcp","address":"203.0.113.5","port":25,"name":null,"rule":null,"host":false,"times":1"#,
        r#""protocol":"tcp","address":"198.51.100.1","port":22,"name":null,"rule":null,"host":true,"times":1"#,
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
}

#[test]
fn the_host_is_not_touched_by_an_attempt_on_its_own_address() {
    let rules = [allow("0.0.0.0/0")];
    let Some(lab) = Lab::new("the_host_is_not_touched", &rules) else {
        return;
    };
    let listener = lab
        .host
        .run(|| TcpListener::bind("0.0.0.0:4000").expect("a service"));
    listener.set_nonblocking(true).unwrap();
    let (error, _) = refused(&lab, "198.51.100.1:4000");
    assert_eq!(error, Some(libc::ECONNREFUSED));
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn a_reset_and_an_end_pass_through_either_way() {
    let Some(lab) = Lab::new(
        "a_reset_and_an_end_pass_through",
        &[allow("203.0.113.0/24")],
    ) else {
        return;
    };
    let at = format!("{SERVER}:7001");
    let listener = lab
        .world
        .run(move || TcpListener::bind(at).expect("a server"));
    let stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7001")).unwrap());
    let (server, _) = listener.accept().unwrap();
    // The server closes with bytes unread: a reset.
    (&stream).write_all(b"unread").unwrap();
    let mut first = [0; 1];
    server.peek(&mut first).unwrap();
    drop(server);
    let error = (&stream).read(&mut first).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    // The one inside ends both ways after the server has ended one.
    let stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7001")).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    server.write_all(b"bye").unwrap();
    server.shutdown(Shutdown::Write).unwrap();
    let mut text = String::new();
    (&stream).read_to_string(&mut text).unwrap();
    assert_eq!(text, "bye");
    (&stream).write_all(b"still open").unwrap();
    drop(stream);
    text.clear();
    server.read_to_string(&mut text).unwrap();
    assert_eq!(text, "still open");
}

#[test]
fn a_reset_after_an_end_passes_through_at_once() {
    let Some(lab) = Lab::new("a_reset_after_an_end", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let at = format!("{SERVER}:7007");
    let listener = lab
        .world
        .run(move || TcpListener::bind(at).expect("a server"));
    let stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7007")).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(server.read(&mut [0; 1]).unwrap(), 0);
    rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).unwrap();
    drop(stream);
    let longest = rustix::time::Timespec {
        tv_sec: 10,
        tv_nsec: 0,
    };
    let mut one = [PollFd::new(&server, PollFlags::empty())];
    assert_eq!(poll(&mut one, Some(&longest)), Ok(1));
    // The word for a reset after the end (`tcp_reset`, net/ipv4/tcp_input.c).
    let error = server.take_error().unwrap().expect("an error");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn urgent_bytes_are_not_lost() {
    let Some(lab) = Lab::new("urgent_bytes_are_not_lost", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let at = format!("{SERVER}:7005");
    let listener = lab
        .world
        .run(move || TcpListener::bind(at).expect("a server"));
    let stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7005")).unwrap());
    let (mut server, _) = listener.accept().unwrap();
    (&stream).write_all(b"a").unwrap();
    assert_eq!(rustix::net::send(&stream, b"!", SendFlags::OOB), Ok(1));
    (&stream).write_all(b"b").unwrap();
    drop(stream);
    let mut text = String::new();
    server.read_to_string(&mut text).unwrap();
    assert_eq!(text, "a!b");
}

#[test]
fn many_bytes_arrive_in_order_at_a_slow_end() {
    let Some(lab) = Lab::new("many_bytes_arrive_in_order", &[allow("203.0.113.0/24")]) else {
        return;
    };
    echo(&lab, &format!("{SERVER}:7006"));
    let bytes: Vec<u8> = (0..8_u32 << 20)
        .flat_map(|number| number.wrapping_mul(0x9e37_79b9).to_le_bytes())
        .collect();
    let stream = lab
        .inside
        .run(|| connect(&format!("{SERVER}:7006")).unwrap());
    let mut writer = stream.try_clone().unwrap();
    let sent = bytes.clone();
    let sending = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    // Read in small parts at first, so that every buffer on the way is full.
    let mut reader = stream.try_clone().unwrap();
    let mut received = vec![0; 4 << 20];
    for part in received.chunks_mut(512) {
        reader.read_exact(part).unwrap();
    }
    let _length = reader.read_to_end(&mut received).unwrap();
    sending.join().unwrap();
    assert!(received == bytes, "{} bytes came back", received.len());
    let report = lab.report();
    let line = r#""connections":1,"bytes_out":33554432,"bytes_in":33554432"#;
    assert!(report.contains(line), "{report}");
}

#[test]
fn two_thousand_connections_and_none_is_lost() {
    let Some(lab) = Lab::new("two_thousand_connections", &[allow("203.0.113.0/24")]) else {
        return;
    };
    echo(&lab, &format!("{SERVER}:7002"));
    lab.inside.run(|| {
        let workers: Vec<_> = (0..20)
            .map(|_| {
                thread::spawn(|| {
                    for _ in 0..100 {
                        let mut stream = connect(&format!("{SERVER}:7002")).expect("it is open");
                        stream.write_all(b"x").unwrap();
                        let mut answer = [0; 1];
                        stream.read_exact(&mut answer).unwrap();
                        assert_eq!(&answer, b"x");
                    }
                })
            })
            .collect();
        for worker in workers {
            worker.join().expect("all went through");
        }
    });
    let report = lab.report();
    let line = r#""connections":2000,"bytes_out":2000,"bytes_in":2000"#;
    assert!(report.contains(line), "{report}");
}

/// Sockets inside that have begun to connect all at once.
fn burst(to: &str, count: usize) -> Vec<OwnedFd> {
    let to: SocketAddr = to.parse().expect("an address");
    let begin = |_| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
        let socket = socket.expect("a socket");
        assert_eq!(rustix::net::connect(&socket, &to), Err(Errno::INPROGRESS));
        socket
    };
    (0..count).map(begin).collect()
}

/// As many descriptors as are allowed.
fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).expect("up to the maximum");
}

#[test]
fn a_burst_of_connections_finishes() {
    raise_limit();
    let Some(lab) = Lab::new("a_burst_of_connections", &[allow("203.0.113.0/24")]) else {
        return;
    };
    let at = format!("{SERVER}:7003");
    let listener = lab.world.run(move || {
        let listener = TcpListener::bind(at).expect("a server");
        rustix::net::listen(&listener, 4096).expect("a longer queue");
        listener
    });
    let server = thread::spawn(move || {
        let accept = |_| listener.accept().expect("a connection").0;
        (0..3000).map(accept).collect::<Vec<_>>()
    });
    lab.inside.run(|| {
        let sockets = burst(&format!("{SERVER}:7003"), 3000);
        let deadline = Instant::now() + Duration::from_mins(1);
        for socket in &sockets {
            while rustix::net::getpeername(socket).is_err() {
                assert_eq!(rustix::net::sockopt::socket_error(socket), Ok(Ok(())));
                assert!(Instant::now() < deadline, "a connection is lost");
                let mut one = [PollFd::new(socket, PollFlags::OUT)];
                let _ready = poll(&mut one, None).expect("it is waited for");
            }
        }
    });
    assert_eq!(server.join().expect("all came").len(), 3000);
}

#[test]
fn a_flood_into_nothing_leaves_room_for_others() {
    raise_limit();
    let Some(lab) = Lab::new("a_flood_into_nothing", &[allow("203.0.113.0/24")]) else {
        return;
    };
    echo(&lab, &format!("{SERVER}:7004"));
    lab.inside.run(|| {
        // The world drops what it has no address for.
        let _flood = burst("203.0.113.200:80", 3000);
        let start = Instant::now();
        let mut stream = connect(&format!("{SERVER}:7004")).expect("it is open");
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0; 1]).unwrap();
        assert!(start.elapsed() < Duration::from_secs(5));
    });
    let report = lab.report();
    assert!(!report.contains(r#""without_room":0,"#), "{report}");
}
