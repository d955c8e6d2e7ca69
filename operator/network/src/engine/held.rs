//! SYNs that the kernel holds back: each begins a connection outside, whose outcome the one inside gets.

use super::state::Helper;
use super::tables::{Dial, Purpose};
use crate::counts::Refusal;
use crate::nflog::logged;
use crate::outside::{NoConnection, dial, is_to_itself};
use crate::packet::{Packet, Unreachable};
use crate::poll::Token;
use crate::rules::{Protocol, Verdict};
use crate::slab::Key;
use purple_plan::HOST_INSIDE;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, recv, sockopt};
use std::time::Duration;

/// The kernel gives up sooner (`tcp_syn_retries`, 127 s).
const LONGEST: Duration = Duration::from_secs(135);

/// From the connection outside to the one inside.
const SETTLING: Duration = Duration::from_secs(10);

/// So many messages are read before others have their turn.
const ROUNDS: usize = 256;

impl Helper {
    /// Reads the held SYNs. After the executor has asked for the report they are dropped: nothing runs inside any more.
    pub(super) fn held(&mut self) {
        let mut buffer = self.take_buffer();
        for _ in 0..ROUNDS {
            let Ok((length, _)) = recv(
                &self.inside.held,
                buffer.as_mut_slice(),
                RecvFlags::DONTWAIT,
            ) else {
                break;
            };
            for one in logged(buffer.get(..length).unwrap_or_default()) {
                self.number(0, one.sequence);
                if self.asked.is_none() {
                    self.syn(one.packet);
                }
            }
        }
        self.buffer = buffer;
    }

    /// Reads the packets that the rules refused.
    pub(super) fn denied(&mut self) {
        let mut buffer = self.take_buffer();
        for _ in 0..ROUNDS {
            let Ok((length, _)) = recv(
                &self.inside.denied,
                buffer.as_mut_slice(),
                RecvFlags::DONTWAIT,
            ) else {
                break;
            };
            for one in logged(buffer.get(..length).unwrap_or_default()) {
                self.number(1, one.sequence);
                let number = std::str::from_utf8(one.prefix)
                    .ok()
                    .and_then(|prefix| prefix.parse().ok());
                let why = Refusal::Rules(number);
                match Packet::read(one.packet) {
                    Some(packet) if packet.is_tcp() => {
                        self.count_denied(Protocol::Tcp, packet.to, why);
                    }
                    Some(packet) if packet.is_udp() => {
                        self.count_denied(Protocol::Udp, packet.to, why);
                    }
                    _ => self.counts.malformed += 1,
                }
            }
        }
        self.buffer = buffer;
    }

    /// Counts the messages that the kernel had no room for.
    fn number(&mut self, group: usize, sequence: Option<u32>) {
        let (Some(next), Some(sequence)) = (self.sequences.get_mut(group), sequence) else {
            return;
        };
        if let Some(expected) = *next {
            self.counts.lost += u64::from(sequence.wrapping_sub(expected));
        }
        *next = Some(sequence.wrapping_add(1));
    }

    /// Counts an attempt, with a name of the address.
    pub(super) fn count_denied(
        &mut self,
        protocol: Protocol,
        to: std::net::SocketAddr,
        why: Refusal,
    ) {
        let name = self.known.any_name(to.ip());
        self.counts.denied(protocol, to, why, name);
    }

    fn syn(&mut self, bytes: &[u8]) {
        let Some(packet) = Packet::read(bytes).filter(Packet::opens) else {
            self.counts.malformed += 1;
            return;
        };
        let pair = (packet.from, packet.to);
        if let Some(dial) = self.dial_of.get(&pair).and_then(|key| self.dials.get(*key)) {
            // It is sent by the kernel again and again until something answers.
            if dial.up {
                self.inject(packet.again(), packet.to.ip());
            }
            return;
        }
        let names = self.known.names(packet.to.ip(), self.now);
        let what = match self.rules.verdict(Protocol::Tcp, packet.to, &names) {
            Verdict::Refused(rule) => {
                self.count_denied(Protocol::Tcp, packet.to, Refusal::Rules(rule));
                return self.inject(packet.reset(), packet.from.ip());
            }
            Verdict::Resolver => Purpose::Resolver,
            Verdict::Carry {
                to,
                rule,
                server_name,
                host,
            } => match dial(to, host, &mut self.routes) {
                Ok(outside) => Purpose::Carry {
                    outside,
                    rule,
                    server_name,
                },
                Err(NoConnection::Host) => {
                    self.count_denied(Protocol::Tcp, packet.to, Refusal::Host);
                    return self.inject(packet.reset(), packet.from.ip());
                }
                Err(NoConnection::Error(error)) => return self.no_connection(&packet, error),
            },
        };
        self.begin(&packet, what);
    }

    fn begin(&mut self, packet: &Packet<'_>, what: Purpose) {
        let up = matches!(what, Purpose::Resolver);
        if self.dials.is_full() {
            self.give_up_oldest();
        }
        let pair = (packet.from, packet.to);
        let dial = Dial {
            pair,
            what,
            syn: packet.bytes.to_vec(),
            since: self.now,
            up,
        };
        let Ok(key) = self.dials.insert(dial) else {
            return;
        };
        let _none = self.dial_of.insert(pair, key);
        if up {
            return self.inject(packet.again(), packet.to.ip());
        }
        let Some(Dial {
            what: Purpose::Carry { outside, .. },
            ..
        }) = self.dials.get(key)
        else {
            return;
        };
        if let Err(error) = self.poll.add(outside, Token::Dial(key), EventFlags::OUT) {
            self.give_up(key, Some(error));
        }
    }

    /// The connection outside is there, or it is not.
    pub(super) fn dialled(&mut self, key: Key) {
        let Some(Dial {
            what: Purpose::Carry { outside, .. },
            up,
            since,
            syn,
            pair,
        }) = self.dials.get_mut(key)
        else {
            return;
        };
        let error = match sockopt::socket_error(&*outside) {
            Ok(Ok(())) if is_to_itself(&*outside) => Some(Errno::CONNREFUSED),
            Ok(Ok(())) => self.poll.leave(&*outside).err(),
            Ok(Err(error)) | Err(error) => Some(error),
        };
        if error.is_some() {
            return self.give_up(key, error);
        }
        *up = true;
        *since = self.now;
        let (packet, to) = (Packet::read(syn).and_then(|syn| syn.again()), pair.1.ip());
        self.inject(packet, to);
    }

    /// Forgets a connection, and says so inside where there is an error.
    fn give_up(&mut self, key: Key, error: Option<Errno>) {
        let Some(dial) = self.dials.remove(key) else {
            return;
        };
        let _key = self.dial_of.remove(&dial.pair);
        if let (Purpose::Carry { rule, .. }, Some(Errno::CONNREFUSED)) = (&dial.what, error)
            && dial.pair.1.ip() == HOST_INSIDE
        {
            self.counts.unanswered(*rule);
        }
        if let (Some(error), Some(packet)) = (error, Packet::read(&dial.syn)) {
            self.no_connection(&packet, error);
        }
    }

    /// Makes room for a new connection: the one that has waited longest is the likeliest to wait in vain.
    fn give_up_oldest(&mut self) {
        self.counts.without_room += 1;
        let oldest = self
            .dials
            .keys(|_| true)
            .into_iter()
            .min_by_key(|key| self.dials.get(*key).map(|dial| dial.since));
        if let Some(key) = oldest {
            self.give_up(key, None);
        }
    }

    /// Gives the error of the outside to the one inside.
    fn no_connection(&mut self, packet: &Packet<'_>, error: Errno) {
        let answer = match (Unreachable::of(error), error) {
            (Some(why), _) => packet.unreachable(why),
            // The kernel inside finds out by itself.
            (None, Errno::TIMEDOUT) => return,
            // There is no room here: the kernel inside tries again.
            (None, Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => {
                self.counts.without_room += 1;
                return;
            }
            (None, _) => packet.reset(),
        };
        self.inject(answer, packet.from.ip());
    }

    pub(super) fn sweep_dials(&mut self) {
        let now = self.now;
        let late = self.dials.keys(|dial| {
            let longest = if dial.up { SETTLING } else { LONGEST };
            now.saturating_duration_since(dial.since) > longest
        });
        for key in late {
            self.give_up(key, None);
        }
    }
}
