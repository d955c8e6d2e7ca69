//! Connections that are open: bytes go both ways until both ends are done.
//!
//! Bytes are looked at (`MSG_PEEK`), sent on, and only then taken (`MSG_TRUNC`), as many as were sent. So what
//! one end does not take stays with the kernel of the other, which slows it down; nothing is kept here.

use super::accept::reset;
use super::state::Helper;
use super::tables::{BUFFER, Relay, Side, Stage, Way};
use crate::poll::Token;
use crate::slab::Key;
use crate::tls::{Hello, MAX_HELLO, server_name};
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// From the connection to the name of its server.
const HELLO: Duration = Duration::from_secs(15);

/// From a connection to a published port to the one inside.
const CONNECTING: Duration = Duration::from_secs(30);

/// So often bytes are moved before others have their turn.
const ROUNDS: usize = 8;

/// A fatal alert of TLS: `unrecognized_name` (RFC 8446, 6.2).
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

enum Moved {
    /// All that there was, or as much as is fair.
    Some,
    Failed,
}

/// Moves bytes one way; counts them in `total`.
fn pump(from: &OwnedFd, to: &OwnedFd, way: &mut Way, buffer: &mut [u8], total: &mut u64) -> Moved {
    way.blocked = false;
    for _ in 0..ROUNDS {
        if way.done {
            break;
        }
        let length = match recv(from, &mut *buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((0, _)) => {
                // An end that is gone already needs no word.
                let _ignored = shutdown(to, Shutdown::Write).is_ok();
                way.done = true;
                break;
            }
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) => break,
            Err(_) => return Moved::Failed,
        };
        let bytes = buffer.get(..length).unwrap_or_default();
        let sent = match send(to, bytes, SendFlags::NOSIGNAL | SendFlags::DONTWAIT) {
            Ok(sent) => sent,
            Err(Errno::AGAIN | Errno::INTR) => {
                way.blocked = true;
                break;
            }
            Err(_) => return Moved::Failed,
        };
        // The kernel throws away as many bytes as the buffer is long, and writes none of them (tcp(7)).
        let taken = buffer.get_mut(..sent).unwrap_or_default();
        match recv(from, taken, RecvFlags::TRUNC | RecvFlags::DONTWAIT) {
            Ok((_, taken)) if taken == sent => {}
            _ => return Moved::Failed,
        }
        *total = total.saturating_add(u64::try_from(sent).unwrap_or(0));
        if sent < length {
            way.blocked = true;
            break;
        }
        if length < BUFFER / 4 {
            break;
        }
    }
    Moved::Some
}

impl Helper {
    /// Carries a connection that is open on both ends.
    pub(super) fn carry(
        &mut self,
        inside: OwnedFd,
        outside: OwnedFd,
        to: SocketAddr,
        rule: usize,
        server_name: bool,
    ) {
        let stage = if server_name {
            Stage::Hello
        } else {
            Stage::Open
        };
        self.begin_relay(inside, outside, to, rule, stage);
    }

    /// Carries a connection to a published port, whose end inside is being made.
    pub(super) fn bring_in(
        &mut self,
        inside: OwnedFd,
        outside: OwnedFd,
        to: SocketAddr,
        rule: usize,
    ) {
        self.begin_relay(inside, outside, to, rule, Stage::Connecting);
    }

    fn begin_relay(
        &mut self,
        inside: OwnedFd,
        outside: OwnedFd,
        to: SocketAddr,
        rule: usize,
        stage: Stage,
    ) {
        for socket in [&inside, &outside] {
            // Urgent bytes become ordinary ones; without this they would be lost (tcp(7)).
            let _ignored = sockopt::set_socket_oobinline(socket, true).is_ok();
            // Where this program is killed, that is no end of what was sent: both ends are reset.
            let _ignored = sockopt::set_socket_linger(socket, Some(Duration::ZERO)).is_ok();
        }
        let relay = Relay {
            inside,
            outside,
            to,
            rule,
            stage,
            since: self.now,
            outwards: Way::default(),
            inwards: Way::default(),
            waits: (EventFlags::empty(), EventFlags::empty()),
        };
        match self.relays.insert(relay) {
            Ok(key) => {
                if stage == Stage::Open {
                    self.count(rule);
                } else {
                    self.unsettled += 1;
                }
                self.wait_for(key);
            }
            Err(relay) => {
                self.counts.without_room += 1;
                reset(relay.inside);
                reset(relay.outside);
            }
        }
    }

    /// Something happened at an end.
    pub(super) fn relay(&mut self, key: Key, side: Side, flags: EventFlags) {
        let Some(relay) = self.relays.get_mut(key) else {
            return;
        };
        let own = match side {
            Side::Inside => relay.outwards,
            Side::Outside => relay.inwards,
        };
        match (relay.stage, side) {
            // It had ended in order, and its other way was open: only a reset closes that.
            (Stage::Open, _) if own.done && flags.intersects(EventFlags::HUP | EventFlags::ERR) => {
                self.end(key, true);
            }
            (Stage::Open, _) => self.move_bytes(key),
            (Stage::Hello, Side::Inside) => {
                let ended = EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR;
                self.hello(key, flags.intersects(ended));
            }
            (Stage::Connecting, Side::Inside) => match sockopt::socket_error(&relay.inside) {
                Ok(Ok(())) => self.settle(key),
                _ => self.end(key, true),
            },
            // The other end waits.
            (Stage::Hello | Stage::Connecting, Side::Outside) => self.end(key, true),
        }
    }

    /// Counts a connection that is carried from here on.
    fn count(&mut self, rule: usize) {
        if let Some(traffic) = self.counts.under(rule) {
            traffic.connections += 1;
        }
    }

    fn settle(&mut self, key: Key) {
        if let Some(relay) = self.relays.get_mut(key) {
            relay.stage = Stage::Open;
            let rule = relay.rule;
            self.unsettled = self.unsettled.saturating_sub(1);
            self.count(rule);
            self.move_bytes(key);
        }
    }

    fn move_bytes(&mut self, key: Key) {
        let Some(relay) = self.relays.get_mut(key) else {
            return;
        };
        let (mut sent, mut received) = (0, 0);
        let buffer = &mut self.buffer;
        let outwards = pump(
            &relay.inside,
            &relay.outside,
            &mut relay.outwards,
            buffer,
            &mut sent,
        );
        let inwards = pump(
            &relay.outside,
            &relay.inside,
            &mut relay.inwards,
            buffer,
            &mut received,
        );
        let done = relay.outwards.done && relay.inwards.done;
        let rule = relay.rule;
        if let Some(traffic) = self.counts.under(rule) {
            traffic.sent = traffic.sent.saturating_add(sent);
            traffic.received = traffic.received.saturating_add(received);
        }
        match (outwards, inwards) {
            (Moved::Some, Moved::Some) if done => self.end(key, false),
            (Moved::Some, Moved::Some) => self.wait_for(key),
            _ => self.end(key, true),
        }
    }

    /// Reads the name of the server that is asked for, and carries or refuses.
    fn hello(&mut self, key: Key, ended: bool) {
        let Some(relay) = self.relays.get(key) else {
            return;
        };
        let to = relay.to;
        let buffer = self.buffer.get_mut(..MAX_HELLO).unwrap_or_default();
        let length = match recv(
            &relay.inside,
            &mut *buffer,
            RecvFlags::PEEK | RecvFlags::DONTWAIT,
        ) {
            Ok((length, _)) => length,
            Err(Errno::AGAIN | Errno::INTR) if !ended => return,
            Err(_) => return self.end(key, true),
        };
        match server_name(buffer.get(..length).unwrap_or_default()) {
            Hello::More if !ended => {}
            Hello::Name(name) => {
                let names = self.known.names(to.ip(), self.now);
                if self.rules.serves(to, &names, &name) {
                    self.settle(key);
                } else {
                    self.counts.wrong_name(to, Some(&name));
                    self.refuse_name(key);
                }
            }
            Hello::More | Hello::None => {
                // A connection that ends without a byte is no attempt: a program that connects to two addresses drops one.
                if length > 0 {
                    self.counts.wrong_name(to, None);
                }
                self.refuse_name(key);
            }
        }
    }

    /// Ends a connection whose server name is not one of the address's, in the words of TLS.
    fn refuse_name(&mut self, key: Key) {
        if let Some(relay) = self.relays.get(key) {
            // Unread bytes would turn the end into a reset, which overtakes the alert.
            let _ignored = recv(
                &relay.inside,
                self.buffer.as_mut_slice(),
                RecvFlags::TRUNC | RecvFlags::DONTWAIT,
            )
            .is_ok();
            let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
            let _ignored = send(&relay.inside, &ALERT, flags).is_ok();
        }
        self.end(key, false);
    }

    /// Ends a connection, with a reset to both ends where one was reset or failed.
    fn end(&mut self, key: Key, failed: bool) {
        let Some(relay) = self.relays.remove(key) else {
            return;
        };
        if relay.stage != Stage::Open {
            self.unsettled = self.unsettled.saturating_sub(1);
        }
        // The sockets have `SO_LINGER` 0 (see `begin_relay`): dropping them resets both ends, unless it is turned off here.
        if !failed {
            for socket in [&relay.inside, &relay.outside] {
                let _ignored = sockopt::set_socket_linger(socket, None).is_ok();
            }
        }
    }

    /// Passes on what the command sent last on open connections. Returns whether all of that has been passed on.
    pub(super) fn send_the_last(&mut self) -> bool {
        for v6 in [false, true] {
            self.datagrams(v6);
        }
        for key in self.relays.keys(|relay| relay.stage == Stage::Open) {
            self.move_bytes(key);
        }
        let sent = |relay: &Relay| relay.stage == Stage::Open && relay.outwards.done;
        for key in self.relays.keys(sent) {
            if let Some(relay) = self.relays.get(key) {
                // The kernel sends the rest, and the end.
                let _ignored = sockopt::set_socket_linger(&relay.outside, None).is_ok();
            }
        }
        let waits = |relay: &Relay| relay.stage == Stage::Open && !relay.outwards.done;
        self.relays.keys(waits).is_empty()
    }

    /// Waits for what the connection can go on with.
    fn wait_for(&mut self, key: Key) {
        let Some(relay) = self.relays.get_mut(key) else {
            return;
        };
        let open = |way: Way, back: Way| {
            let mut events = EventFlags::empty();
            if !way.done && !way.blocked {
                events |= EventFlags::IN;
            }
            if back.blocked {
                events |= EventFlags::OUT;
            }
            // epoll reports errors unasked for a descriptor that waits for anything.
            if way.done && !back.done {
                events |= EventFlags::ERR;
            }
            events
        };
        let wanted = match relay.stage {
            // Told once for each part that comes: what is looked at stays unread.
            Stage::Hello => (
                EventFlags::IN | EventFlags::RDHUP | EventFlags::ET,
                EventFlags::empty(),
            ),
            Stage::Connecting => (EventFlags::OUT, EventFlags::empty()),
            Stage::Open => (
                open(relay.outwards, relay.inwards),
                open(relay.inwards, relay.outwards),
            ),
        };
        let ends = [
            (&relay.inside, Token::Inside(key), relay.waits.0, wanted.0),
            (&relay.outside, Token::Outside(key), relay.waits.1, wanted.1),
        ];
        let mut failed = false;
        for (socket, token, was, is) in ends {
            let result = match (was.is_empty(), is.is_empty()) {
                _ if was == is => Ok(()),
                (true, _) => self.poll.add(socket, token, is),
                (_, true) => self.poll.leave(socket),
                _ => self.poll.change(socket, token, is),
            };
            failed |= result.is_err();
        }
        relay.waits = wanted;
        if failed {
            self.end(key, true);
        }
    }

    pub(super) fn sweep_relays(&mut self) {
        if self.unsettled == 0 {
            return;
        }
        let now = self.now;
        let late = self.relays.keys(|relay| {
            let longest = match relay.stage {
                Stage::Open => return false,
                Stage::Hello => HELLO,
                Stage::Connecting => CONNECTING,
            };
            now.saturating_duration_since(relay.since) > longest
        });
        for key in late {
            match self.relays.get(key) {
                Some(relay) if relay.stage == Stage::Hello => {
                    self.counts.wrong_name(relay.to, None);
                    self.refuse_name(key);
                }
                _ => self.end(key, true),
            }
        }
    }
}
