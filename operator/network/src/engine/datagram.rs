//! Datagrams from inside to anywhere, and the answers, which go inside as whole packets.

use super::state::Helper;
use super::tables::{Flow, Pair};
use crate::counts::Refusal;
use crate::outside::{NoConnection, flow};
use crate::packet::{Packet, Unreachable, datagram};
use crate::poll::Token;
use crate::rules::{Protocol, Verdict, is_own};
use crate::slab::Key;
use crate::sys;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// A flow without datagrams ends after this time (as in conntrack, `nf_conntrack_udp_timeout_stream` is 120).
const IDLE: Duration = Duration::from_mins(2);

/// So many datagrams are moved before others have their turn.
const ROUNDS: usize = 64;

/// The longest datagram.
const LONGEST: usize = 65_535;

impl Helper {
    /// Sends on what came from inside.
    pub(super) fn datagrams(&mut self, v6: bool) {
        let mut buffer = self.take_buffer();
        for _ in 0..ROUNDS {
            let [v4_socket, v6_socket] = &self.inside.datagrams;
            let socket = if v6 { v6_socket } else { v4_socket };
            let room = buffer.get_mut(..LONGEST).unwrap_or_default();
            match sys::receive(socket.as_fd(), room) {
                Ok(Some(received)) => {
                    let data = buffer.get(..received.length).unwrap_or_default();
                    self.datagram((received.from, received.to), data);
                }
                Ok(None) => self.counts.malformed += 1,
                Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        self.buffer = buffer;
    }

    fn datagram(&mut self, pair: Pair, data: &[u8]) {
        if let Some(key) = self.flow_of.get(&pair).copied() {
            return self.send(key, data);
        }
        let (from, to) = pair;
        if !is_own(from.ip()) {
            return self.count_denied(Protocol::Udp, to, Refusal::Rules(None));
        }
        let names = self.known.names(to.ip(), self.now);
        match self.rules.verdict(Protocol::Udp, to, &names) {
            Verdict::Resolver => self.ask_by_datagram(from, to, data),
            Verdict::Refused(rule) => {
                self.count_denied(Protocol::Udp, to, Refusal::Rules(rule));
                self.unreachable(pair, Unreachable::Port);
            }
            Verdict::Carry {
                to: outside,
                rule,
                host,
                ..
            } => match flow(outside, host, &mut self.routes) {
                Ok(socket) => {
                    if let Some(key) = self.new_flow(socket, pair, rule) {
                        self.send(key, data);
                    }
                }
                Err(NoConnection::Host) => {
                    self.count_denied(Protocol::Udp, to, Refusal::Host);
                    self.unreachable(pair, Unreachable::Port);
                }
                Err(NoConnection::Error(error)) => match Unreachable::of(error) {
                    Some(why) => self.unreachable(pair, why),
                    None => self.counts.without_room += 1,
                },
            },
        }
    }

    fn new_flow(&mut self, outside: OwnedFd, pair: Pair, rule: usize) -> Option<Key> {
        if self.flows.is_full() {
            self.end_oldest_flow();
        }
        let flow = Flow {
            outside,
            pair,
            rule,
            last: self.now,
        };
        let key = self.flows.insert(flow).ok()?;
        let _none = self.flow_of.insert(pair, key);
        if let Some(traffic) = self.counts.under(rule) {
            traffic.connections += 1;
        }
        let outside = &self.flows.get(key)?.outside;
        if self
            .poll
            .add(outside, Token::Flow(key), EventFlags::IN)
            .is_err()
        {
            self.end_flow(key);
            return None;
        }
        Some(key)
    }

    fn send(&mut self, key: Key, data: &[u8]) {
        let Some(flow) = self.flows.get_mut(key) else {
            return;
        };
        flow.last = self.now;
        let (pair, rule) = (flow.pair, flow.rule);
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        let mut result = send(&flow.outside, data, flags);
        // The error of an earlier datagram; this one was not sent.
        if result == Err(Errno::CONNREFUSED) {
            self.unreachable(pair, Unreachable::Port);
            if let Some(flow) = self.flows.get(key) {
                result = send(&flow.outside, data, flags);
            }
        }
        match result {
            Ok(sent) => {
                if let Some(traffic) = self.counts.under(rule) {
                    let sent = u64::try_from(sent).unwrap_or(0);
                    traffic.sent = traffic.sent.saturating_add(sent);
                }
            }
            Err(error) => {
                if let Some(why) = Unreachable::of(error) {
                    self.unreachable(pair, why);
                }
            }
        }
    }

    /// Sends on what came from outside.
    pub(super) fn answers(&mut self, key: Key) {
        let mut buffer = self.take_buffer();
        for _ in 0..ROUNDS {
            let Some(flow) = self.flows.get_mut(key) else {
                break;
            };
            let (from, to) = flow.pair;
            let room = buffer.get_mut(..LONGEST).unwrap_or_default();
            match recv(&flow.outside, room, RecvFlags::DONTWAIT) {
                Ok((length, _)) => {
                    flow.last = self.now;
                    let rule = flow.rule;
                    let data = buffer.get(..length).unwrap_or_default();
                    self.inject(datagram(to, from, data), from.ip());
                    if let Some(traffic) = self.counts.under(rule) {
                        let length = u64::try_from(length).unwrap_or(0);
                        traffic.received = traffic.received.saturating_add(length);
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::CONNREFUSED) => self.unreachable((from, to), Unreachable::Port),
                Err(error) => {
                    if let Some(why) = Unreachable::of(error) {
                        self.unreachable((from, to), why);
                    }
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Tells a socket inside that its datagram did not arrive.
    fn unreachable(&self, pair: Pair, why: Unreachable) {
        let (from, to) = pair;
        // Of IPv6's errors only these are final, and a socket of UDP hears of no others.
        let why = match why {
            Unreachable::Network | Unreachable::Host if to.is_ipv6() => Unreachable::Port,
            why => why,
        };
        let Some(lost) = datagram(from, to, &[]) else {
            return;
        };
        let error = Packet::read(&lost).and_then(|lost| lost.unreachable(why));
        self.inject(error, from.ip());
    }

    /// Sends a datagram inside that is not of a flow.
    pub(super) fn send_inside(&self, from: SocketAddr, to: SocketAddr, data: &[u8]) {
        self.inject(datagram(from, to, data), to.ip());
    }

    fn end_flow(&mut self, key: Key) {
        if let Some(flow) = self.flows.remove(key) {
            let _key = self.flow_of.remove(&flow.pair);
        }
    }

    /// A new flow is worth more than the one that has been quiet for longest.
    fn end_oldest_flow(&mut self) {
        let oldest = self
            .flows
            .keys(|_| true)
            .into_iter()
            .min_by_key(|key| self.flows.get(*key).map(|flow| flow.last));
        if let Some(key) = oldest {
            self.end_flow(key);
        }
    }

    pub(super) fn sweep_flows(&mut self) {
        let now = self.now;
        let quiet = self
            .flows
            .keys(|flow| now.saturating_duration_since(flow.last) > IDLE);
        for key in quiet {
            self.end_flow(key);
        }
    }
}
