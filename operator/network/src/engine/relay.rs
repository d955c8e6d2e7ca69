//! Connections that are open: bytes go both ways until both ends are done.
//!
//! Bytes are looked at (`MSG_PEEK`), sent on, and only then taken (`MSG_TRUNC`), as many as were sent. So what
//! one end does not take stays with the kernel of the other, which slows it down; nothing is kept here.

use super::accept::reset;
use super::hello::HELLO;
use super::state::Helper;
use super::tables::{BUFFER, Relay, Side, Stage, Way};
use crate::poll::Token;
use crate::slab::Key;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown, sockopt};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::time::Duration;

/// From a connection to a published port to the one inside.
const CONNECTING: Duration = Duration::from_secs(30);

/// So often bytes are moved before others have their turn.
const ROUNDS: usize = 8;

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
        // Before a closed gate only the end is looked for.
        let most = way.gate.unwrap_or(BUFFER);
        let part = buffer.get_mut(..most.clamp(1, BUFFER)).unwrap_or_default();
        let length = match recv(from, part, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
            Ok((0, _)) => {
                // An end that is gone already needs no word.
                let _ignored = shutdown(to, Shutdown::Write).is_ok();
                way.done = true;
                break;
            }
            Ok(_) if most == 0 => break,
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
        if let Some(gate) = &mut way.gate {
            *gate = gate.saturating_sub(sent);
        }
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
                if stage.is_carried() {
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
        let is_reset = own.done && flags.intersects(EventFlags::HUP | EventFlags::ERR);
        match (relay.stage, side) {
            // It had ended in order, and its other way was open: only a reset closes that.
            (stage, _) if stage.is_carried() && is_reset => self.end(key, true),
            (Stage::Open, _) => self.move_bytes(key),
            (Stage::Answer | Stage::Retry, _) => self.shake_hands(key),
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
    pub(super) fn count(&mut self, rule: usize) {
        if let Some(traffic) = self.counts.under(rule) {
            traffic.connections += 1;
        }
    }

    /// The next stage, from now on.
    pub(super) fn set_stage(&mut self, key: Key, stage: Stage) {
        let Some(relay) = self.relays.get_mut(key) else {
            return;
        };
        let was = relay.stage;
        relay.stage = stage;
        relay.since = self.now;
        let rule = relay.rule;
        match (was.has_deadline(), stage.has_deadline()) {
            (true, false) => self.unsettled = self.unsettled.saturating_sub(1),
            (false, true) => self.unsettled += 1,
            _ => {}
        }
        if stage.is_carried() && !was.is_carried() {
            self.count(rule);
        }
    }

    fn settle(&mut self, key: Key) {
        self.set_stage(key, Stage::Open);
        self.move_bytes(key);
    }

    pub(super) fn move_bytes(&mut self, key: Key) {
        if self.pass(key) {
            self.wait_for(key);
        }
    }

    /// Moves bytes both ways. `false`: the connection has ended.
    pub(super) fn pass(&mut self, key: Key) -> bool {
        let Some(relay) = self.relays.get_mut(key) else {
            return false;
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
            (Moved::Some, Moved::Some) => return true,
            _ => self.end(key, true),
        }
        false
    }

    /// Ends a connection, with a reset to both ends where one was reset or failed.
    pub(super) fn end(&mut self, key: Key, failed: bool) {
        let Some(relay) = self.relays.remove(key) else {
            return;
        };
        if relay.stage.has_deadline() {
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
        for key in self.relays.keys(|relay| relay.stage.is_carried()) {
            match self.relays.get(key).map(|relay| relay.stage) {
                Some(Stage::Answer | Stage::Retry) => self.shake_hands(key),
                _ => self.move_bytes(key),
            }
        }
        let sent = |relay: &Relay| relay.stage.is_carried() && relay.outwards.done;
        for key in self.relays.keys(sent) {
            if let Some(relay) = self.relays.get(key) {
                // The kernel sends the rest, and the end.
                let _ignored = sockopt::set_socket_linger(&relay.outside, None).is_ok();
            }
        }
        let waits = |relay: &Relay| relay.stage.is_carried() && !relay.outwards.done;
        self.relays.keys(waits).is_empty()
    }

    /// Waits for what the connection can go on with.
    pub(super) fn wait_for(&mut self, key: Key) {
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
            Stage::Answer | Stage::Retry => {
                let arrives = EventFlags::IN | EventFlags::RDHUP | EventFlags::ET;
                (
                    arrives | open(relay.outwards, relay.inwards),
                    arrives | open(relay.inwards, relay.outwards),
                )
            }
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
                Stage::Open | Stage::Answer => return false,
                Stage::Hello | Stage::Retry => HELLO,
                Stage::Connecting => CONNECTING,
            };
            now.saturating_duration_since(relay.since) > longest
        });
        for key in late {
            match self.relays.get(key) {
                Some(relay) if relay.stage != Stage::Connecting => {
                    self.counts.wrong_name(relay.to, None);
                    self.refuse_name(key);
                }
                _ => self.end(key, true),
            }
        }
    }
}
