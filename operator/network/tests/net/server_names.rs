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
