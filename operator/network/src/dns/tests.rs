//! The codec against another one, and against bytes that say anything.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::{
    Answer, BadQuery, Code, Found, Kind, Query, ask, code_alone, read_answer, read_query, reply,
    truncated,
};
use crate::noise::Noise;
use domain::base::iana::{Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Name, TreeCompressor};
use domain::rdata::{A, Aaaa, AllRecordData, Cname, Txt};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

fn name(text: &str) -> Name<Vec<u8>> {
    text.parse().expect("a name")
}

fn question(id: u16, text: &str, kind: Rtype) -> Vec<u8> {
    let mut message = MessageBuilder::new_vec();
    message.header_mut().set_id(id);
    message.header_mut().set_rd(true);
    let mut message = message.question();
    message.push((name(text), kind)).expect("room");
    message.finish()
}

fn query(text: &str, kind: Kind) -> Query {
    let number = match kind {
        Kind::A => Rtype::A,
        Kind::Aaaa => Rtype::AAAA,
        Kind::Other => Rtype::TXT,
    };
    read_query(&question(7, text, number)).expect("a query")
}

#[test]
fn queries_are_read_as_the_other_codec_wrote_them() {
    for (text, kind, read) in [
        ("api.example.org", Rtype::A, Kind::A),
        ("API.Example.ORG", Rtype::AAAA, Kind::Aaaa),
        ("_x._tcp.example.org", Rtype::SRV, Kind::Other),
        ("org", Rtype::HTTPS, Kind::Other),
    ] {
        let bytes = question(0x1234, text, kind);
        let query = read_query(&bytes).expect("a query");
        assert_eq!(
            (query.id, query.recursion, query.kind),
            (0x1234, true, read)
        );
        assert_eq!(query.name, text.to_lowercase());
        assert_eq!(query.question, bytes[12..]);
    }
}

#[test]
fn a_query_that_is_none_gets_a_code_or_nothing() {
    let good = question(9, "a.test", Rtype::A);
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        read_query(&bytes)
    };
    let answer = |code| Err(BadQuery::Answer(9, code));
    // A response; another operation; no question; two; a class of another network; a pointer.
    assert_eq!(with(2, 0x81), Err(BadQuery::Silent));
    assert_eq!(with(2, 0x28), answer(Code::NotImplemented));
    assert_eq!(with(5, 0), answer(Code::Format));
    assert_eq!(with(5, 2), answer(Code::Format));
    assert_eq!(with(good.len() - 1, 3), answer(Code::NotImplemented));
    assert_eq!(with(12, 0xc0), answer(Code::Refused));
    assert_eq!(with(12, 0x40), answer(Code::Format));
    // Characters that are in no host's name.
    assert_eq!(with(13, b' '), answer(Code::Refused));
    assert_eq!(with(13, 0), answer(Code::Refused));
    assert_eq!(read_query(&good[..good.len() - 1]), answer(Code::Format));
    assert_eq!(read_query(&good[..11]), Err(BadQuery::Silent));
    let long = question(9, &vec!["abcdefg"; 31].join("."), Rtype::A);
    assert_eq!(read_query(&long).map(|query| query.name.len()), Ok(247));
}

#[test]
fn questions_to_outside_are_read_by_the_other_codec() {
    for (kind, number) in [(Kind::A, Rtype::A), (Kind::Aaaa, Rtype::AAAA)] {
        for edns in [false, true] {
            let bytes = ask(0xabcd, "api.example.org", kind, edns).expect("a question");
            let message = Message::from_octets(&bytes).expect("a message");
            assert_eq!(message.header().id(), 0xabcd);
            assert!(message.header().rd() && !message.header().qr());
            let question = message.sole_question().expect("one question");
            assert_eq!(question.qname().to_string(), "api.example.org");
            assert_eq!(question.qtype(), number);
            let size = message.opt().map(|opt| opt.udp_payload_size());
            assert_eq!(size, edns.then_some(1232));
        }
    }
    assert_eq!(ask(1, &"a".repeat(64), Kind::A, true), None);
    assert_eq!(ask(1, &vec!["a"; 128].join("."), Kind::A, true), None);
}

#[test]
fn replies_are_read_by_the_other_codec() {
    let v4: Vec<IpAddr> = vec![
        Ipv4Addr::new(192, 0, 2, 1).into(),
        Ipv4Addr::new(192, 0, 2, 2).into(),
    ];
    let v6: Vec<IpAddr> = vec!["2001:db8::1".parse().expect("an address")];
    for (kind, addresses) in [(Kind::A, v4), (Kind::Aaaa, v6), (Kind::A, vec![])] {
        let bytes = reply(&query("Api.test", kind), Code::None, &addresses, 30);
        let message = Message::from_octets(&bytes).expect("a message");
        let header = message.header();
        assert!(header.qr() && header.rd() && header.ra() && !header.tc() && !header.aa());
        let read: Vec<IpAddr> = message
            .answer()
            .expect("answers")
            .map(|record| {
                let record = record
                    .expect("a record")
                    .into_any_record::<AllRecordData<_, _>>()
                    .expect("its data");
                assert_eq!(record.owner().to_string(), "Api.test");
                assert_eq!(record.ttl().as_secs(), 30);
                match record.data() {
                    AllRecordData::A(a) => a.addr().into(),
                    AllRecordData::Aaaa(a) => a.addr().into(),
                    other => panic!("{other:?}"),
                }
            })
            .collect();
        assert_eq!(read, addresses);
    }
    for (code, number) in [
        (Code::Format, Rcode::FORMERR),
        (Code::Failure, Rcode::SERVFAIL),
        (Code::NoName, Rcode::NXDOMAIN),
        (Code::NotImplemented, Rcode::NOTIMP),
        (Code::Refused, Rcode::REFUSED),
    ] {
        let bytes = reply(&query("a.test", Kind::A), code, &[], 0);
        let message = Message::from_octets(&bytes).expect("a message");
        assert_eq!(message.header().rcode(), number);
        let bytes = code_alone(3, code);
        let message = Message::from_octets(&bytes).expect("a message");
        assert_eq!(
            (message.header().rcode(), message.header().id()),
            (number, 3)
        );
    }
    let bytes = truncated(&query("a.test", Kind::A));
    let message = Message::from_octets(&bytes).expect("a message");
    assert!(message.header().tc() && message.header().rcode() == Rcode::NOERROR);
}

/// An answer by the other codec, with compressed names.
fn answer(id: u16, asked: &str, kind: Rtype, records: &[(&str, u32, Data)]) -> Vec<u8> {
    let target = TreeCompressor::new(Vec::new());
    let mut message = MessageBuilder::from_target(target).expect("room");
    message.header_mut().set_id(id);
    message.header_mut().set_qr(true);
    let mut message = message.question();
    message.push((name(asked), kind)).expect("room");
    let mut message = message.answer();
    for (owner, ttl, data) in records {
        match data {
            Data::Address(IpAddr::V4(a)) => message.push((name(owner), *ttl, A::new(*a))),
            Data::Address(IpAddr::V6(a)) => message.push((name(owner), *ttl, Aaaa::new(*a))),
            Data::Alias(to) => message.push((name(owner), *ttl, Cname::new(name(to)))),
            Data::Text => {
                let text = Txt::<Vec<u8>>::build_from_slice(b"text").expect("a text");
                message.push((name(owner), *ttl, text))
            }
        }
        .expect("room");
    }
    let mut message = message.authority();
    let text = Txt::<Vec<u8>>::build_from_slice(b"more").expect("a text");
    message.push((name("test"), 5, text)).expect("room");
    message.finish().into_target()
}

#[derive(Clone, Copy)]
enum Data {
    Address(IpAddr),
    Alias(&'static str),
    Text,
}

const ONE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const TWO: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

#[test]
fn answers_are_read_as_the_other_codec_wrote_them() {
    let found = |records: &[(&str, u32, Data)]| {
        let bytes = answer(5, "API.test", Rtype::A, records);
        read_answer(&bytes, 5, "api.test", Kind::A)
    };
    let expect = |addresses: &[IpAddr], ttl, instead: Option<&str>| {
        Answer::Found(Found {
            addresses: addresses.to_vec(),
            ttl,
            instead: instead.map(str::to_owned),
        })
    };
    assert_eq!(
        found(&[
            ("api.test", 30, Data::Address(ONE)),
            ("Api.Test", 20, Data::Address(TWO)),
            ("api.test", 10, Data::Address(ONE)),
            ("other.test", 1, Data::Address(TWO)),
            ("api.test", 15, Data::Text),
        ]),
        expect(&[ONE, TWO], 10, None)
    );
    assert_eq!(
        found(&[
            ("b.test", 9, Data::Address(ONE)),
            ("a.test", 30, Data::Alias("b.test")),
            ("api.test", 1000, Data::Alias("a.test")),
        ]),
        expect(&[ONE], 9, None)
    );
    assert_eq!(
        found(&[("api.test", 1000, Data::Alias("a.test"))]),
        expect(&[], 300, Some("a.test"))
    );
    assert_eq!(found(&[]), expect(&[], 300, None));
    assert_eq!(
        found(&[
            ("api.test", 1, Data::Alias("a.test")),
            ("a.test", 1, Data::Alias("api.test")),
        ]),
        Answer::Code(Code::Failure)
    );
    // A time with the highest bit set is none.
    assert_eq!(
        found(&[("api.test", u32::MAX, Data::Address(ONE))]),
        expect(&[ONE], 0, None)
    );
    let v6: IpAddr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1).into();
    let bytes = answer(
        5,
        "api.test",
        Rtype::AAAA,
        &[
            ("api.test", 1, Data::Address(v6)),
            ("api.test", 1, Data::Address(ONE)),
        ],
    );
    assert_eq!(
        read_answer(&bytes, 5, "api.test", Kind::Aaaa),
        expect(&[v6], 1, None)
    );
}

#[test]
fn an_answer_belongs_to_its_question() {
    let bytes = answer(
        5,
        "api.test",
        Rtype::A,
        &[("api.test", 1, Data::Address(ONE))],
    );
    for (id, asked, kind) in [
        (6, "api.test", Kind::A),
        (5, "xpi.test", Kind::A),
        (5, "api.test", Kind::Aaaa),
    ] {
        assert_eq!(read_answer(&bytes, id, asked, kind), Answer::Foreign);
    }
    let mut query = bytes.clone();
    query[2] &= 0x7f;
    assert_eq!(read_answer(&query, 5, "api.test", Kind::A), Answer::Foreign);
    let mut cut = bytes.clone();
    cut[2] |= 2;
    assert_eq!(read_answer(&cut, 5, "api.test", Kind::A), Answer::Truncated);
    let mut refused = bytes;
    refused[3] |= 5;
    let code = Answer::Code(Code::Refused);
    assert_eq!(read_answer(&refused, 5, "api.test", Kind::A), code);
    // Some servers refuse without repeating the question.
    refused.truncate(12);
    refused[5] = 0;
    assert_eq!(read_answer(&refused, 5, "api.test", Kind::A), code);
}

#[test]
fn pointers_lead_backwards_only() {
    let mut bytes = answer(
        5,
        "api.test",
        Rtype::A,
        &[("api.test", 1, Data::Address(ONE))],
    );
    // The owner of the record is a pointer to the question; it may not lead to itself or forwards.
    let owner = 12 + 10 + 4;
    assert_eq!(bytes[owner..owner + 2], [0xc0, 12]);
    for target in [owner, owner + 2, 0x3fff] {
        let pointer = 0xc000 | u16::try_from(target).expect("a place");
        bytes[owner..owner + 2].copy_from_slice(&pointer.to_be_bytes());
        let read = read_answer(&bytes, 5, "api.test", Kind::A);
        assert_eq!(read, Answer::Code(Code::Failure), "{target}");
    }
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut noise = Noise::new(4);
    let seeds = [
        question(5, "api.test", Rtype::A),
        answer(
            5,
            "api.test",
            Rtype::A,
            &[("api.test", 1, Data::Address(ONE))],
        ),
        answer(
            5,
            "api.test",
            Rtype::A,
            &[
                ("api.test", 9, Data::Alias("a.b.c.test")),
                ("a.b.c.test", 8, Data::Alias("d.c.test")),
                ("d.c.test", 7, Data::Address(TWO)),
                ("d.c.test", 7, Data::Text),
            ],
        ),
    ];
    let mut found = 0;
    for round in 0..100_000 {
        let mut bytes = seeds[round % seeds.len()].clone();
        noise.spoil(&mut bytes);
        if let Ok(query) = read_query(&bytes) {
            assert!(query.name.len() <= 253);
            // What was taken as a question is one for the other codec too.
            let again = reply(&query, Code::None, &[ONE], 1);
            let message = Message::from_octets(&again).expect("a message");
            let question = message.sole_question().expect("one question");
            assert_eq!(question.qname().to_string().to_lowercase(), query.name);
        }
        if let Answer::Found(answer) = read_answer(&bytes, 5, "api.test", Kind::A) {
            assert!(answer.ttl <= 300 && answer.addresses.len() <= 128);
            found += 1;
        }
    }
    assert!(found > 1000, "some survive: {found}");
}
