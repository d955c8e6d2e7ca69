//! Connections from inside to the resolver: DNS over TCP (RFC 7766).

use super::state::Helper;
use super::tables::{Asker, Client};
use crate::dns::{BadQuery, code_alone, read_query};
use crate::poll::Token;
use crate::slab::Key;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use std::os::fd::OwnedFd;
use std::time::Duration;

/// A connection without questions ends after this time.
const IDLE: Duration = Duration::from_secs(30);

/// The longest question.
const LONGEST: usize = 4096;

impl Helper {
    pub(super) fn new_client(&mut self, socket: OwnedFd) {
        let client = Client {
            socket,
            bytes: Vec::new(),
            last: self.now,
            waits: false,
        };
        match self.clients.insert(client) {
            Ok(key) => self.listen_to(key),
            Err(_) => self.counts.without_room += 1,
        }
    }

    /// Waits for bytes of a client.
    fn listen_to(&mut self, key: Key) {
        if let Some(client) = self.clients.get(key) {
            let added = self
                .poll
                .add(&client.socket, Token::Client(key), EventFlags::IN);
            if added.is_err() {
                let _client = self.clients.remove(key);
            }
        }
    }

    /// Reads what a client asks.
    pub(super) fn client(&mut self, key: Key) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        let mut bytes = [0; LONGEST];
        match recv(&client.socket, &mut bytes, RecvFlags::DONTWAIT) {
            Ok((length, _)) if length > 0 => {
                client.last = self.now;
                client
                    .bytes
                    .extend_from_slice(bytes.get(..length).unwrap_or_default());
                self.next_question(key);
            }
            Err(Errno::AGAIN | Errno::INTR) => {}
            _ => {
                let _client = self.clients.remove(key);
            }
        }
    }

    /// Answers the questions that have come, one after the other.
    pub(super) fn next_question(&mut self, key: Key) {
        loop {
            let Some(client) = self.clients.get_mut(key).filter(|client| !client.waits) else {
                return;
            };
            let Some(length) = client.bytes.first_chunk().copied().map(u16::from_be_bytes) else {
                return;
            };
            let length = usize::from(length);
            if length > LONGEST {
                let _client = self.clients.remove(key);
                return;
            }
            let Some(question) = client
                .bytes
                .get(2..length.saturating_add(2))
                .map(<[u8]>::to_vec)
            else {
                return;
            };
            client.bytes = client.bytes.split_off(length.saturating_add(2));
            match read_query(&question) {
                Ok(query) => {
                    client.waits = true;
                    // Bytes that come meanwhile stay with the kernel.
                    let left = self.poll.leave(&client.socket);
                    if left.is_err() {
                        let _client = self.clients.remove(key);
                        return;
                    }
                    self.ask(&query, Asker::Client(key));
                }
                Err(BadQuery::Answer(id, code)) => self.write(key, &code_alone(id, code)),
                Err(BadQuery::Silent) => {
                    let _client = self.clients.remove(key);
                }
            }
        }
    }

    /// The answer to the question that a client waits for.
    pub(super) fn answer_client(&mut self, key: Key, message: &[u8]) {
        let Some(client) = self.clients.get_mut(key) else {
            return;
        };
        client.waits = false;
        client.last = self.now;
        self.write(key, message);
        self.listen_to(key);
    }

    fn write(&mut self, key: Key, message: &[u8]) {
        let Some(client) = self.clients.get(key) else {
            return;
        };
        let Ok(length) = u16::try_from(message.len()) else {
            return;
        };
        let framed = [length.to_be_bytes().as_slice(), message].concat();
        // The answer is short. A client that does not even take that is none.
        if send(
            &client.socket,
            &framed,
            SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
        ) != Ok(framed.len())
        {
            let _client = self.clients.remove(key);
        }
    }

    pub(super) fn sweep_clients(&mut self) {
        let now = self.now;
        let quiet = self
            .clients
            .keys(|client| now.saturating_duration_since(client.last) > IDLE);
        for key in quiet {
            let _client = self.clients.remove(key);
        }
    }
}
