//! Names: what is asked inside is asked outside, where the policy lets it.

use super::state::Helper;
use super::tables::{Asker, Lookup, Progress};
use crate::dns::{
    Answer, BadQuery, Code, Found, Kind, MAX_DATAGRAM, Query, ask, code_alone, read_answer,
    read_query, reply, truncated,
};
use crate::outside::{new_socket, start};
use crate::poll::Token;
use crate::slab::Key;
use purple_plan::{HOST_INSIDE, HOST_INSIDE_NAME};
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, SocketType, recv, send, sockopt};
use rustix::rand::{GetRandomFlags, getrandom};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

/// A resolver has this long to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// So often a question is asked in all.
const MAX_ATTEMPTS: usize = 4;

/// So many names are asked for instead of one.
const MAX_HOPS: usize = 8;

/// The longest answer over TCP that is read.
const LONGEST: usize = 16 << 10;

/// The answer for names of this host holds this long.
const OWN_TTL: u32 = 60;

/// What comes of a lookup after an event.
enum Next {
    Wait,
    Answer(Vec<u8>),
    /// Nothing will come; the error says more where there is one.
    Failed(Option<Errno>),
}

fn new_id() -> Option<u16> {
    let mut id = [0; 2];
    let length = getrandom(&mut id, GetRandomFlags::empty()).ok()?;
    (length == id.len()).then(|| u16::from_be_bytes(id))
}

impl Lookup {
    /// The index of the resolver that is asked, of so many.
    fn resolver(&self, count: usize) -> usize {
        self.attempts.saturating_sub(1) % count.max(1)
    }

    fn read(&mut self) -> Next {
        match &mut self.way {
            Progress::Datagram => {
                let mut bytes = vec![0; 4096];
                match recv(&self.socket, bytes.as_mut_slice(), RecvFlags::DONTWAIT) {
                    Ok((length, _)) => {
                        bytes.truncate(length);
                        Next::Answer(bytes)
                    }
                    Err(Errno::AGAIN | Errno::INTR) => Next::Wait,
                    Err(error) => Next::Failed(Some(error)),
                }
            }
            Progress::Connecting => {
                if let Ok(Err(error)) | Err(error) = sockopt::socket_error(&self.socket) {
                    return Next::Failed(Some(error));
                }
                let message = ask(self.id, &self.name, self.query.kind, self.edns);
                let framed = message.and_then(|message| {
                    let length = u16::try_from(message.len()).ok()?;
                    Some([length.to_be_bytes().as_slice(), &message].concat())
                });
                let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
                match framed {
                    Some(framed) if send(&self.socket, &framed, flags) == Ok(framed.len()) => {
                        self.way = Progress::Reading(Vec::new());
                        Next::Wait
                    }
                    _ => Next::Failed(None),
                }
            }
            Progress::Reading(bytes) => {
                let mut part = [0; 4096];
                match recv(&self.socket, &mut part, RecvFlags::DONTWAIT) {
                    Ok((length, _)) if length > 0 => {
                        bytes.extend_from_slice(part.get(..length).unwrap_or_default());
                    }
                    Err(Errno::AGAIN | Errno::INTR) => return Next::Wait,
                    _ => return Next::Failed(None),
                }
                let Some(length) = bytes.first_chunk().copied().map(u16::from_be_bytes) else {
                    return Next::Wait;
                };
                let length = usize::from(length);
                if length > LONGEST {
                    return Next::Failed(None);
                }
                match bytes.get(2..length.saturating_add(2)) {
                    Some(message) => Next::Answer(message.to_vec()),
                    None => Next::Wait,
                }
            }
        }
    }
}

impl Helper {
    /// A question that came by datagram.
    pub(super) fn ask_by_datagram(&mut self, from: SocketAddr, to: SocketAddr, message: &[u8]) {
        match read_query(message) {
            Ok(query) => self.ask(&query, Asker::Datagram { from, to }),
            Err(BadQuery::Answer(id, code)) => self.send_inside(to, from, &code_alone(id, code)),
            Err(BadQuery::Silent) => self.counts.malformed += 1,
        }
    }

    /// Answers a question, at once or when a resolver has.
    pub(super) fn ask(&mut self, query: &Query, asker: Asker) {
        if let Some(addresses) = self.own_name(query) {
            let answer = message(query, asker, Code::None, &addresses, OWN_TTL);
            return self.answer(asker, &answer);
        }
        let code = if !self.rules.resolves(&query.name) {
            // No entry allows the name of an address: it is not counted, so that none is suggested.
            if !is_reverse(&query.name) {
                self.counts.refused_name(&query.name);
            }
            // C libraries treat REFUSED as a temporary failure (EAI_AGAIN) and ask again.
            Code::NoName
        } else if query.kind == Kind::Other {
            // No keys for encrypted hellos, no texts that carry anything: the name is there, and that is all.
            Code::None
        } else {
            return self.begin_lookup(query, asker);
        };
        let answer = message(query, asker, code, &[], 0);
        self.answer(asker, &answer);
    }

    /// The addresses of a name that is answered here.
    fn own_name(&self, query: &Query) -> Option<Vec<IpAddr>> {
        let addresses = match (query.name.as_str(), query.kind) {
            (HOST_INSIDE_NAME, Kind::A) if self.rules.has_host_services() => vec![HOST_INSIDE],
            (HOST_INSIDE_NAME, _) if self.rules.has_host_services() => vec![],
            ("localhost", Kind::A) => vec![Ipv4Addr::LOCALHOST.into()],
            ("localhost", Kind::Aaaa) => vec![Ipv6Addr::LOCALHOST.into()],
            ("localhost", Kind::Other) => vec![],
            _ => return None,
        };
        Some(addresses)
    }

    fn answer(&mut self, asker: Asker, message: &[u8]) {
        match asker {
            Asker::Datagram { from, to } => self.send_inside(to, from, message),
            Asker::Client(key) => self.answer_client(key, message),
        }
    }

    fn begin_lookup(&mut self, query: &Query, asker: Asker) {
        let socket = self
            .resolvers
            .first()
            .and_then(|resolver| new_socket(*resolver, SocketType::DGRAM).ok());
        let lookup = socket.map(|socket| Lookup {
            name: query.name.clone(),
            query: query.clone(),
            asker,
            ttl: u32::MAX,
            hops: 0,
            attempts: 0,
            edns: true,
            id: 0,
            socket,
            way: Progress::Datagram,
            since: self.now,
        });
        let key = lookup.and_then(|lookup| self.lookups.insert(lookup).ok());
        if let Some(key) = key {
            return self.attempt(key, false);
        }
        self.counts.without_room += 1;
        let answer = message(query, asker, Code::Failure, &[], 0);
        self.answer(asker, &answer);
    }

    /// Asks a resolver: the next one each time, over TCP the same one again.
    fn attempt(&mut self, key: Key, tcp: bool) {
        let count = self.resolvers.len().max(1);
        loop {
            let Some(lookup) = self.lookups.get_mut(key) else {
                return;
            };
            if !tcp {
                lookup.attempts += 1;
            }
            if lookup.attempts > MAX_ATTEMPTS {
                return self.finish(key, Code::Failure, &[]);
            }
            let index = lookup.resolver(count);
            let asked = self
                .resolvers
                .get(index)
                .ok_or(Errno::ADDRNOTAVAIL)
                .and_then(|resolver| send_question(lookup, *resolver, tcp));
            lookup.since = self.now;
            let events = if tcp { EventFlags::OUT } else { EventFlags::IN };
            let waits =
                asked.and_then(|()| self.poll.add(&lookup.socket, Token::Lookup(key), events));
            match waits {
                Ok(()) => return,
                Err(error) => self.counts.silent(index, Some(error)),
            }
            if tcp {
                return self.finish(key, Code::Failure, &[]);
            }
        }
    }

    /// Something came from a resolver.
    pub(super) fn looked_up(&mut self, key: Key) {
        let Some(lookup) = self.lookups.get_mut(key) else {
            return;
        };
        let was_connecting = matches!(lookup.way, Progress::Connecting);
        let message = match lookup.read() {
            Next::Wait => {
                if was_connecting {
                    let events = EventFlags::IN;
                    if self
                        .poll
                        .change(&lookup.socket, Token::Lookup(key), events)
                        .is_err()
                    {
                        self.attempt(key, false);
                    }
                }
                return;
            }
            Next::Failed(error) => return self.unanswered(key, error),
            Next::Answer(message) => message,
        };
        let datagram = matches!(lookup.way, Progress::Datagram);
        let answer = read_answer(&message, lookup.id, &lookup.name, lookup.query.kind);
        if !matches!(answer, Answer::Foreign | Answer::Truncated) {
            self.counts.answer(lookup.resolver(self.resolvers.len()));
        }
        match answer {
            // By datagram anybody may write; the right answer may still come.
            Answer::Foreign if datagram => {}
            Answer::Truncated if datagram => self.attempt(key, true),
            Answer::Code(Code::Format) if lookup.edns => {
                lookup.edns = false;
                lookup.attempts = lookup.attempts.saturating_sub(1);
                self.attempt(key, false);
            }
            Answer::Code(Code::NoName) => self.finish(key, Code::NoName, &[]),
            Answer::Found(found) => self.found(key, found),
            Answer::Foreign | Answer::Truncated | Answer::Code(_) => self.attempt(key, false),
        }
    }

    /// A resolver does not answer: the next one is asked.
    fn unanswered(&mut self, key: Key, error: Option<Errno>) {
        if let Some(lookup) = self.lookups.get(key) {
            let resolver = lookup.resolver(self.resolvers.len());
            self.counts.silent(resolver, error);
        }
        self.attempt(key, false);
    }

    fn found(&mut self, key: Key, found: Found) {
        let Some(lookup) = self.lookups.get_mut(key) else {
            return;
        };
        lookup.ttl = lookup.ttl.min(found.ttl);
        match found.instead {
            Some(name) if lookup.hops < MAX_HOPS => {
                lookup.hops += 1;
                lookup.attempts = 0;
                lookup.name = name;
                self.attempt(key, false);
            }
            Some(_) => self.finish(key, Code::Failure, &[]),
            None => self.finish(key, Code::None, &found.addresses),
        }
    }

    /// Answers who asked, with the addresses that the policy opens under the name; they are open from now.
    fn finish(&mut self, key: Key, code: Code, addresses: &[IpAddr]) {
        let Some(lookup) = self.lookups.remove(key) else {
            return;
        };
        let Lookup {
            query, asker, ttl, ..
        } = lookup;
        let mut open = Vec::new();
        for address in addresses {
            if self.rules.answers(&query.name, *address)
                && self.known.learn(*address, &query.name, ttl, self.now)
            {
                open.push(*address);
            }
        }
        if let Some(first) = addresses.first()
            && open.is_empty()
        {
            self.counts.withheld(&query.name, *first);
        }
        let answer = message(&query, asker, code, &open, ttl);
        self.answer(asker, &answer);
        if let Asker::Client(client) = asker {
            self.next_question(client);
        }
    }

    pub(super) fn sweep_lookups(&mut self) {
        let now = self.now;
        let late = self
            .lookups
            .keys(|lookup| now.saturating_duration_since(lookup.since) >= PATIENCE);
        for key in late {
            self.unanswered(key, None);
        }
    }
}

/// Whether this is a reverse name, which stands for an address (RFC 1035, 3.5; RFC 3596, 2.5).
fn is_reverse(name: &str) -> bool {
    name.ends_with(".in-addr.arpa") || name.ends_with(".ip6.arpa")
}

/// A reply, cut where it has no room in a datagram.
fn message(query: &Query, asker: Asker, code: Code, addresses: &[IpAddr], ttl: u32) -> Vec<u8> {
    let message = reply(query, code, addresses, ttl);
    match asker {
        Asker::Datagram { .. } if message.len() > MAX_DATAGRAM => truncated(query),
        _ => message,
    }
}

/// Asks, from a port and with a number that nobody knows.
fn send_question(lookup: &mut Lookup, resolver: SocketAddr, tcp: bool) -> Result<(), Errno> {
    lookup.id = new_id().ok_or(Errno::IO)?;
    if tcp {
        lookup.socket = new_socket(resolver, SocketType::STREAM)?;
        lookup.way = Progress::Connecting;
        return start(&lookup.socket, resolver);
    }
    lookup.socket = new_socket(resolver, SocketType::DGRAM)?;
    lookup.way = Progress::Datagram;
    start(&lookup.socket, resolver)?;
    let message =
        ask(lookup.id, &lookup.name, lookup.query.kind, lookup.edns).ok_or(Errno::INVAL)?;
    let sent = send(
        &lookup.socket,
        &message,
        SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
    )?;
    if sent == message.len() {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}
