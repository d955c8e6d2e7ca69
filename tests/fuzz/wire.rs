//! What purple-net reads, and what must hold of it. The first byte chooses. The fuzzer and the tests of purple-net have this in
//! common.

use purple_net::dns::{Answer, Code, Kind, MAX_ADDRESSES, read_answer, read_query, reply};
use purple_net::nflog::logged;
use purple_net::packet::{Packet, Unreachable};
use purple_net::tls::{self, Hello, server_name};

/// Reads bytes as one of those things.
pub(crate) fn examine(bytes: &[u8]) {
    let Some((choice, rest)) = bytes.split_first() else {
        return;
    };
    match choice % 5 {
        0 => question(rest),
        1 => answer(rest),
        2 => hello(rest),
        3 => notices(rest),
        _ => packet(rest),
    }
}

/// What is answered to a question is an answer to it.
fn question(bytes: &[u8]) {
    if let Ok(query) = read_query(bytes) {
        let addresses = ["192.0.2.1".parse().expect("an address")];
        let written = reply(&query, Code::None, &addresses, 60);
        assert!(written.len() >= 12, "a header");
        assert_eq!(written.get(..2), bytes.get(..2), "the same id");
    }
}

/// An answer with an id that is its own, so that the rest of it is read.
fn answer(bytes: &[u8]) {
    let id = bytes
        .first_chunk()
        .map_or(0, |first| u16::from_be_bytes(*first));
    for kind in [Kind::A, Kind::Aaaa] {
        if let Answer::Found(found) = read_answer(bytes, id, "a.example", kind) {
            assert!(found.addresses.len() <= MAX_ADDRESSES);
        }
    }
}

/// More bytes never change what has been read: a name, or what a server answers.
fn hello(bytes: &[u8]) {
    // No more than this is ever looked at.
    let bytes = bytes.get(..tls::MAX_HELLO - 64).unwrap_or(bytes);
    let more = [bytes, &[0; 32]].concat();
    let first = server_name(bytes);
    if let Hello::Name { length, .. } = first {
        assert!(length <= bytes.len());
        assert_eq!(server_name(&more), first);
    }
    let first = tls::answer(bytes);
    if first != tls::Answer::More {
        assert_eq!(tls::answer(&more), first);
    }
    if let tls::Beside::Record(length) = tls::beside(bytes) {
        assert_eq!(tls::beside(&more), tls::Beside::Record(length));
    }
}

fn notices(bytes: &[u8]) {
    for notice in logged(bytes) {
        packet(notice.packet);
    }
}

/// What is made of a packet is one too.
fn packet(bytes: &[u8]) {
    let Some(read) = Packet::read(bytes) else {
        return;
    };
    let ends = |made: &[u8]| Packet::read(made).map(|made| (made.from, made.to));
    if let Some(again) = read.again() {
        assert_eq!(ends(&again), Some((read.from, read.to)));
    }
    if let Some(reset) = read.reset() {
        assert_eq!(ends(&reset), Some((read.to, read.from)));
    }
    for why in [
        Unreachable::Network,
        Unreachable::Host,
        Unreachable::Port,
        Unreachable::Prohibited,
    ] {
        let said = read.unreachable(why);
        assert!(said.is_none_or(|said| said.len() > 28), "two headers");
    }
}
