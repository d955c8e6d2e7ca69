//! The server name of TLS.

use crate::lab::resolver::{Resolver, addresses, ask};
use crate::lab::{Lab, RESOLVER, SERVER, name, on_port};
use crate::streams::{connect, echo};
use domain::base::iana::Rtype;
use purple_plan::net_rule_flags::SERVER_NAME;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

/// The first message of a client that asks for this server, over two records.
fn hello(server: &str) -> Vec<u8> {
    let count = |length: usize| u16::try_from(length).unwrap().to_be_bytes();
    let mut entry = vec![0];
    entry.extend(count(server.len()));
    entry.extend(server.as_bytes());
    let mut extension = vec![0, 0];
    extension.extend(count(entry.len() + 2));
    extension.extend(count(entry.len()));
    extension.extend(entry);
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(count(extension.len()));
    body.extend(extension);
    let mut message = vec![1, 0];
    message.extend(count(body.len()));
    message.extend(body);
    let mut records = Vec::new();
    for part in message.chunks(30) {
        records.extend([22, 3, 1]);
        records.extend(count(part.len()));
        records.extend(part);
    }
    records
}

fn lab(test: &str) -> Option<Lab> {
    let rules = [
        on_port(name(c"api.test", SERVER_NAME), 443),
        on_port(name(c"other.test", SERVER_NAME), 443),
    ];
    let lab = Lab::new(test, &rules)?;
    let _resolver = Resolver::start(&lab.world, RESOLVER, |asked| {
        addresses(
            match asked.name.as_str() {
                "api.test" => "api.test",
                _ => "other.test",
            },
            &[SERVER],
        )
    });
    assert_eq!(ask(&lab.inside, "api.test", Rtype::A).addresses.len(), 1);
    Some(lab)
}

/// What a client gets that sends these parts.
fn answer(stream: &mut TcpStream, parts: &[&[u8]]) -> Vec<u8> {
    stream.set_nodelay(true).unwrap();
    for part in parts {
        stream.write_all(part).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    let _length = stream.read_to_end(&mut answer).unwrap();
    answer
}

#[test]
fn a_name_that_gave_the_address_goes_through_byte_by_byte() {
    let Some(lab) = lab("a_name_that_gave_the_address") else {
        return;
    };
    echo(&lab, &format!("{SERVER}:443"));
    lab.inside.run(|| {
        let hello = hello("API.test");
        let bytes: Vec<&[u8]> = hello.chunks(1).collect();
        let mut stream = connect(&format!("{SERVER}:443")).expect("it is open");
        assert_eq!(answer(&mut stream, &bytes), hello);
    });
}

#[test]
fn another_name_or_none_ends_in_an_alert_and_nothing_goes_out() {
    let Some(lab) = lab("another_name_or_none") else {
        return;
    };
    let listener = lab
        .world
        .run(|| TcpListener::bind(format!("{SERVER}:443")).unwrap());
    let alert = [21, 3, 3, 0, 2, 2, 112];
    // The second name is listed, but did not give the address in this sandbox.
    for first in [
        hello("evil.test"),
        hello("other.test"),
        hello("xapi.test"),
        b"GET / HTTP/1.1\r\nHost: api.test\r\n\r\n".to_vec(),
        b"\x16\x03\x01".to_vec(),
        vec![],
    ] {
        let sent = first.clone();
        let said = lab.inside.run(move || {
            let mut stream = connect(&format!("{SERVER}:443")).expect("it is open");
            answer(&mut stream, &[&sent])
        });
        assert_eq!(said, alert, "{first:?}");
        let (mut server, _) = listener.accept().unwrap();
        server
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let mut bytes = Vec::new();
        assert_eq!(server.read_to_end(&mut bytes).unwrap(), 0, "{first:?}");
    }
    // What ended without a byte was no attempt, and is not counted.
    let report = lab.report();
    assert!(!report.contains(r#""kind":"rule""#), "{report}");
    for line in [
        r#"{"kind":"server_name","address":"203.0.113.5","port":443,"name":"evil.test","times":1}"#,
        r#"{"kind":"server_name","address":"203.0.113.5","port":443,"name":"other.test","times":1}"#,
        r#"{"kind":"server_name","address":"203.0.113.5","port":443,"name":null,"times":2}"#,
    ] {
        assert!(report.contains(line), "{line} is not in:\n{report}");
    }
}

/// What a server sends that asks for a second first message, with the change of keys behind it.
fn retry() -> Vec<u8> {
    const RANDOM: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
        0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
        0x33, 0x9c,
    ];
    let body = [&[3, 3], RANDOM.as_slice(), &[0, 0x13, 1, 0, 0, 0]].concat();
    let length = u8::try_from(body.len()).unwrap();
    let record = [&[22, 3, 3, 0, length + 4, 2, 0, 0, length], body.as_slice()].concat();
    [record.as_slice(), &[20, 3, 3, 0, 1, 1]].concat()
}

/// Reads as many bytes.
fn read(stream: &mut TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream.read_exact(&mut bytes).expect("so many bytes come");
    bytes
}

#[test]
fn every_first_message_is_read() {
    let Some(lab) = lab("every_first_message_is_read") else {
        return;
    };
    let listener = lab
        .world
        .run(|| TcpListener::bind(format!("{SERVER}:443")).unwrap());
    let alert = [21, 3, 3, 0, 2, 2, 112];
    let early = [[23, 3, 3, 0, 4].as_slice(), b"data", &[20, 3, 3, 0, 1, 1]].concat();
    let evil = [early.clone(), hello("evil.test")].concat();
    let good = [early.clone(), hello("api.test")].concat();
    // All at once, as a program can that knows the server: what comes behind the first message waits for the answer.
    for (behind, passes) in [(&evil, &early), (&good, &good)] {
        let sent = [hello("api.test"), behind.clone()].concat();
        let mut client = lab.inside.run(move || {
            let mut stream = connect(&format!("{SERVER}:443")).expect("it is open");
            stream.write_all(&sent).unwrap();
            stream
        });
        let (mut server, _) = listener.accept().unwrap();
        let first = hello("api.test");
        assert_eq!(read(&mut server, first.len()), first);
        server.set_nonblocking(true).unwrap();
        std::thread::sleep(Duration::from_millis(100));
        let waits = server.read(&mut [0]).unwrap_err();
        assert_eq!(waits.kind(), std::io::ErrorKind::WouldBlock);
        server.set_nonblocking(false).unwrap();
        server.write_all(&retry()).unwrap();
        assert_eq!(&read(&mut server, passes.len()), passes);
        let asked_again = &retry()[..retry().len() - 6];
        assert_eq!(read(&mut client, asked_again.len()), asked_again);
        if passes == &early {
            assert_eq!(read(&mut client, alert.len()), alert);
            // The change of keys behind the retry was not read, so that it ends in a reset.
            let nothing = server.read(&mut [0; 64]);
            assert!(!nothing.is_ok_and(|length| length > 0));
            continue;
        }
        // A server that asks once more is asked for the same again, and then all is open.
        server.write_all(&retry()).unwrap();
        client.write_all(&first).unwrap();
        assert_eq!(read(&mut server, first.len()), first);
        let answer = [[22, 3, 3, 0, 40, 2, 0, 0, 36].as_slice(), &[3; 36]].concat();
        server.write_all(&answer).unwrap();
        let _change_retry_and_change = read(&mut client, 6 + retry().len());
        assert_eq!(read(&mut client, answer.len()), answer);
        client.write_all(b"anything").unwrap();
        assert_eq!(read(&mut server, 8), b"anything");
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(server.read(&mut [0; 64]).unwrap(), 0);
    }
    let report = lab.report();
    let evil =
        r#"{"kind":"server_name","address":"203.0.113.5","port":443,"name":"evil.test","times":1}"#;
    assert!(report.contains(evil), "{report}");
    assert!(report.contains(r#""connections":2"#), "{report}");
}

#[test]
fn a_second_message_in_the_first_ones_record_is_none() {
    let Some(lab) = lab("a_second_message_in_the_first_ones_record") else {
        return;
    };
    let listener = lab
        .world
        .run(|| TcpListener::bind(format!("{SERVER}:443")).unwrap());
    lab.inside.run(|| {
        let without_records = |server| {
            let records = hello(server);
            let parts = records.chunks(35).map(|record| &record[5..]);
            parts.collect::<Vec<_>>().concat()
        };
        let two = [without_records("api.test"), without_records("evil.test")].concat();
        let length = u8::try_from(two.len()).unwrap();
        let sent = [&[22, 3, 1, 0, length], two.as_slice()].concat();
        let mut stream = connect(&format!("{SERVER}:443")).expect("it is open");
        assert_eq!(answer(&mut stream, &[&sent]), [21, 3, 3, 0, 2, 2, 112]);
    });
    let (mut server, _) = listener.accept().unwrap();
    assert_eq!(server.read(&mut [0; 64]).unwrap(), 0);
}
