//! A resolver of the world that says what a test wants, and a client that asks the sandbox's. Both speak
//! DNS by another crate than the helper.

use super::Space;
use domain::base::iana::{Opcode, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, TreeCompressor};
use domain::rdata::{A, Aaaa, AllRecordData, Cname};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) name: String,
    pub(crate) v6: bool,
    pub(crate) tcp: bool,
    pub(crate) edns: bool,
}

/// A record of an answer.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Address(&'static str, IpAddr),
    Alias(&'static str, &'static str),
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Records(Vec<Record>),
    Code(Rcode),
    Truncated,
    Silence,
    /// First an answer with another id and one to another question, then the right one.
    AfterLies(Vec<Record>),
}

/// Addresses under a name.
pub(crate) fn addresses(name: &'static str, list: &[&str]) -> Reply {
    let record = |text: &&str| Record::Address(name, text.parse().expect("an address"));
    Reply::Records(list.iter().map(record).collect())
}

fn name(text: &str) -> Name<Vec<u8>> {
    text.parse().expect("a name")
}

fn message(id: u16, asked: &str, v6: bool, code: Rcode, cut: bool, records: &[Record]) -> Vec<u8> {
    let target = TreeCompressor::new(Vec::new());
    let mut message = MessageBuilder::from_target(target).expect("room");
    let header = message.header_mut();
    header.set_id(id);
    header.set_qr(true);
    header.set_ra(true);
    header.set_tc(cut);
    header.set_rcode(code);
    let mut message = message.question();
    let kind = if v6 { Rtype::AAAA } else { Rtype::A };
    message.push((name(asked), kind)).expect("room");
    let mut message = message.answer();
    for record in records {
        match record {
            Record::Address(owner, IpAddr::V4(address)) => {
                message.push((name(owner), 60, A::new(*address)))
            }
            Record::Address(owner, IpAddr::V6(address)) => {
                message.push((name(owner), 60, Aaaa::new(*address)))
            }
            Record::Alias(owner, target) => {
                message.push((name(owner), 60, Cname::new(name(target))))
            }
        }
        .expect("room");
    }
    message.finish().into_target()
}

/// A resolver of the world.
#[derive(Clone)]
pub(crate) struct Resolver {
    zone: Arc<dyn Fn(&Asked) -> Reply + Send + Sync>,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl Resolver {
    /// Starts one at an address.
    pub(crate) fn start(
        world: &Space,
        at: &str,
        zone: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let resolver = Self {
            zone: Arc::new(zone),
            log: Arc::default(),
        };
        let at: SocketAddr = format!("{at}:53").parse().expect("an address");
        let socket = world.run(move || UdpSocket::bind(at).expect("a resolver"));
        let listener = world.run(move || TcpListener::bind(at).expect("a resolver"));
        let (by_datagram, by_stream) = (resolver.clone(), resolver.clone());
        world.spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                for answer in by_datagram.answers(&bytes[..length], false) {
                    let _sent = socket.send_to(&answer, from).expect("it is sent");
                }
            }
        });
        world.spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut bytes).expect("a question");
                for answer in by_stream.answers(&bytes, true) {
                    let length = u16::try_from(answer.len()).expect("it is short");
                    stream
                        .write_all(&[&length.to_be_bytes()[..], &answer].concat())
                        .expect("it is sent");
                }
            }
        });
        resolver
    }

    /// What has been asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.log.lock().expect("no panic").clone()
    }

    fn answers(&self, bytes: &[u8], tcp: bool) -> Vec<Vec<u8>> {
        let query = Message::from_octets(bytes).expect("a message");
        let header = query.header();
        assert!(!header.qr() && header.rd() && header.opcode() == Opcode::QUERY);
        let question = query.sole_question().expect("one question");
        let asked = Asked {
            name: question.qname().to_string(),
            v6: question.qtype() == Rtype::AAAA,
            tcp,
            edns: query.opt().is_some(),
        };
        self.log.lock().expect("no panic").push(asked.clone());
        let id = header.id();
        let say =
            |code, cut, records: &[Record]| message(id, &asked.name, asked.v6, code, cut, records);
        match (self.zone)(&asked) {
            Reply::Records(records) => vec![say(Rcode::NOERROR, false, &records)],
            Reply::Code(code) => vec![say(code, false, &[])],
            Reply::Truncated => vec![say(Rcode::NOERROR, true, &[])],
            Reply::Silence => vec![],
            Reply::AfterLies(records) => {
                let lie = [Record::Address(
                    "api.test",
                    "203.0.113.99".parse().expect("one"),
                )];
                vec![
                    message(!id, &asked.name, asked.v6, Rcode::NOERROR, false, &lie),
                    message(id, "other.test", asked.v6, Rcode::NOERROR, false, &lie),
                    say(Rcode::NOERROR, false, &records),
                ]
            }
        }
    }
}

/// What the sandbox's resolver said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: Rcode,
    pub(crate) cut: bool,
    pub(crate) addresses: Vec<IpAddr>,
}

fn question(text: &str, kind: Rtype) -> Vec<u8> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(0x4d2);
    message.header_mut().set_rd(true);
    let mut message = message.question();
    message.push((name(text), kind)).expect("room");
    message.finish()
}

fn read(bytes: &[u8], text: &str) -> Said {
    let message = Message::from_octets(bytes).expect("a message");
    let header = message.header();
    assert!(header.qr() && header.ra() && header.rd() && header.id() == 0x4d2);
    let question = message.sole_question().expect("the question again");
    assert_eq!(question.qname().to_string(), text);
    let mut addresses = Vec::new();
    for record in message.answer().expect("answers") {
        let record = record
            .expect("a record")
            .into_any_record::<AllRecordData<_, _>>()
            .expect("its data");
        assert_eq!(record.owner().to_string(), text);
        assert!(record.ttl().as_secs() <= 60);
        match record.data() {
            AllRecordData::A(a) => addresses.push(a.addr().into()),
            AllRecordData::Aaaa(a) => addresses.push(a.addr().into()),
            other => panic!("a record that is no address: {other:?}"),
        }
    }
    Said {
        code: header.rcode(),
        cut: header.tc(),
        addresses,
    }
}

/// Asks the sandbox's resolver, by datagram.
pub(crate) fn ask(inside: &Space, text: &str, kind: Rtype) -> Said {
    let text = text.to_owned();
    inside.run(move || {
        let socket = UdpSocket::bind("0.0.0.0:0").expect("a socket");
        let wait = Some(Duration::from_secs(20));
        socket.set_read_timeout(wait).expect("a timeout");
        socket.connect("10.77.0.1:53").expect("an address");
        let _sent = socket.send(&question(&text, kind)).expect("it is sent");
        let mut bytes = vec![0; 65536];
        let length = socket.recv(&mut bytes).expect("an answer");
        assert!(length <= 512);
        read(&bytes[..length], &text)
    })
}

/// Asks the sandbox's resolver several things over one connection.
pub(crate) fn ask_by_stream(inside: &Space, texts: &[&'static str]) -> Vec<Said> {
    let texts = texts.to_vec();
    inside.run(move || {
        let mut stream = TcpStream::connect("10.77.0.1:53").expect("a connection");
        let wait = Some(Duration::from_secs(20));
        stream.set_read_timeout(wait).expect("a timeout");
        let mut all = Vec::new();
        for text in &texts {
            let question = question(text, Rtype::A);
            let length = u16::try_from(question.len()).expect("it is short");
            all.extend(length.to_be_bytes());
            all.extend(question);
        }
        stream.write_all(&all).expect("they are sent");
        let next = |text: &&str| {
            let mut length = [0; 2];
            stream.read_exact(&mut length).expect("an answer");
            let mut bytes = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut bytes).expect("all of it");
            read(&bytes, text)
        };
        texts.iter().map(next).collect()
    })
}
