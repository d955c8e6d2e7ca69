//! Connections whose server name is read: what a client sends goes out only after its name is one of the address's.
//!
//! A server can ask a client to begin again (RFC 8446, 4.1.4). So what a client sends behind its first message waits for the
//! server's answer, and each first message is read.

use super::state::Helper;
use super::tables::{Stage, Way};
use crate::slab::Key;
use crate::tls::{Answer, Beside, Hello, MAX_HELLO, answer, beside, server_name};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// From the connection to the name of its server.
pub(super) const HELLO: Duration = Duration::from_secs(15);

/// A fatal alert of TLS: `unrecognized_name` (RFC 8446, 6.2).
const ALERT: [u8; 7] = [21, 3, 3, 0, 2, 2, 112];

/// What comes next in a handshake.
enum Step {
    Wait,
    /// So many bytes of the client may pass.
    Out(usize),
    /// So many bytes of the server may pass.
    In(usize),
    /// So many bytes of the server may pass, and the client begins again.
    Retry(usize),
    /// A first message of so many bytes asks for this server.
    Named(String, usize),
    /// A first message asks for none.
    Unnamed,
    /// Nothing else is read.
    Open,
    Fail,
}

/// What has come, and stays with the kernel.
fn look<'b>(socket: &OwnedFd, buffer: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let buffer = buffer.get_mut(..MAX_HELLO).unwrap_or_default();
    match recv(socket, &mut *buffer, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((length, _)) => Ok(buffer.get(..length).unwrap_or_default()),
        Err(error) => Err(error),
    }
}

impl From<Hello> for Step {
    fn from(hello: Hello) -> Self {
        match hello {
            Hello::More => Self::Wait,
            Hello::Name { name, length } => Self::Named(name, length),
            Hello::None => Self::Unnamed,
        }
    }
}

fn of_server(bytes: &[u8]) -> Step {
    match beside(bytes) {
        Beside::More => Step::Wait,
        Beside::Record(length) => Step::In(length),
        Beside::No => match answer(bytes) {
            Answer::More => Step::Wait,
            Answer::Retry(length) => Step::Retry(length),
            Answer::Final => Step::Open,
            Answer::Unreadable => Step::Fail,
        },
    }
}

/// What a client sends that was asked to begin again: early data and a change of keys can stand before the message.
fn of_client(bytes: &[u8]) -> Step {
    match beside(bytes) {
        Beside::More => Step::Wait,
        Beside::Record(length) => Step::Out(length),
        Beside::No => server_name(bytes).into(),
    }
}

impl Helper {
    /// Reads the name of the server that is asked for, and carries or refuses.
    pub(super) fn hello(&mut self, key: Key, ended: bool) {
        let Some(relay) = self.relays.get(key) else {
            return;
        };
        let to = relay.to;
        let (step, is_empty) = match look(&relay.inside, &mut self.buffer) {
            Ok(bytes) => (server_name(bytes).into(), bytes.is_empty()),
            Err(Errno::AGAIN | Errno::INTR) if !ended => return,
            Err(_) => return self.end(key, true),
        };
        match step {
            Step::Named(name, length) if self.may_ask(key, &name) => {
                self.let_out(key, length);
                self.shake_hands(key);
            }
            Step::Named(..) => self.refuse_name(key),
            Step::Wait if !ended => {}
            _ => {
                // A connection that ends without a byte is no attempt: a program that connects to two addresses drops one.
                if !is_empty {
                    self.counts.wrong_name(to, None);
                }
                self.refuse_name(key);
            }
        }
    }

    /// Whether a client may ask for this server; counted where it may not.
    fn may_ask(&mut self, key: Key, server: &str) -> bool {
        let Some(relay) = self.relays.get(key) else {
            return false;
        };
        let names = self.known.names(relay.to.ip(), self.now);
        let may = self.rules.serves(relay.to, &names, server);
        if !may {
            self.counts.wrong_name(relay.to, Some(server));
        }
        may
    }

    /// Lets a first message of so many bytes out, and nothing behind it.
    fn let_out(&mut self, key: Key, length: usize) {
        if let Some(relay) = self.relays.get_mut(key) {
            relay.outwards.gate = Some(length);
            relay.inwards.gate = Some(0);
        }
        self.set_stage(key, Stage::Answer);
    }

    /// Passes on what may pass, as long as something of the handshake is there.
    pub(super) fn shake_hands(&mut self, key: Key) {
        while self.pass(key) {
            match self.next_step(key) {
                Step::Wait => return self.wait_for(key),
                Step::Out(length) => {
                    if let Some(relay) = self.relays.get_mut(key) {
                        relay.outwards.gate = Some(length);
                    }
                }
                Step::In(length) => {
                    if let Some(relay) = self.relays.get_mut(key) {
                        relay.inwards.gate = Some(length);
                    }
                }
                Step::Retry(length) => {
                    if let Some(relay) = self.relays.get_mut(key) {
                        relay.inwards.gate = Some(length);
                    }
                    self.set_stage(key, Stage::Retry);
                }
                Step::Named(name, length) if self.may_ask(key, &name) => self.let_out(key, length),
                Step::Named(..) => return self.refuse_name(key),
                Step::Unnamed => {
                    if let Some(relay) = self.relays.get(key) {
                        self.counts.wrong_name(relay.to, None);
                    }
                    return self.refuse_name(key);
                }
                Step::Open => {
                    if let Some(relay) = self.relays.get_mut(key) {
                        relay.outwards.gate = None;
                        relay.inwards.gate = None;
                    }
                    self.set_stage(key, Stage::Open);
                    return self.move_bytes(key);
                }
                Step::Fail => return self.end(key, true),
            }
        }
    }

    /// What the end whose turn it is has sent.
    fn next_step(&mut self, key: Key) -> Step {
        let Some(relay) = self.relays.get(key) else {
            return Step::Wait;
        };
        let is_closed = |way: Way| way.gate == Some(0);
        let (ended, from, read): (_, _, fn(&[u8]) -> Step) = match relay.stage {
            _ if !is_closed(relay.inwards) => return Step::Wait,
            Stage::Answer => (relay.inwards.done, &relay.outside, of_server),
            Stage::Retry if is_closed(relay.outwards) => {
                (relay.outwards.done, &relay.inside, of_client)
            }
            _ => return Step::Wait,
        };
        // Who has ended says nothing more, and the other end may.
        if ended {
            return Step::Open;
        }
        match look(from, &mut self.buffer) {
            Ok(bytes) => read(bytes),
            Err(Errno::AGAIN | Errno::INTR) => Step::Wait,
            Err(_) => Step::Fail,
        }
    }

    /// Ends a connection whose server name is not one of the address's, in the words of TLS.
    pub(super) fn refuse_name(&mut self, key: Key) {
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
}
