//! What the helper knows, and how it waits.

use super::tables::{BUFFER, Client, Dial, Flow, Lookup, Pair, Relay, Side};
use crate::counts::Counts;
use crate::known::Known;
use crate::packet::fragments;
use crate::poll::{Poll, Token, read};
use crate::routes::Routes;
use crate::rules::Rules;
use crate::slab::{Key, Slab};
use crate::sockets::Inside;
use rustix::event::epoll::EventFlags;
use rustix::io::Errno;
use rustix::net::{SendFlags, sendto};
use std::collections::HashMap;
use std::mem;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// So many events are taken at once.
const EVENTS: usize = 256;

/// Between two looks at what has taken too long.
const SWEEP: Duration = Duration::from_secs(1);

/// The same while the executor waits.
const SOON: Duration = Duration::from_millis(20);

/// How many of each kind there may be, by the descriptors that the helper may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    dials: usize,
    relays: usize,
    flows: usize,
    lookups: usize,
    clients: usize,
}

impl Limits {
    /// Room for so many descriptors.
    pub(crate) fn new(descriptors: usize) -> Self {
        let eighth = descriptors / 8;
        let dials = eighth.clamp(16, 1024);
        let flows = eighth.clamp(16, 1024);
        let lookups = (eighth / 2).clamp(8, 256);
        let clients = (eighth / 4).clamp(8, 64);
        let others = dials + flows + lookups + clients + 64;
        Self {
            dials,
            // Two a connection, and as many again for those between accept(2) and the table.
            relays: (descriptors.saturating_sub(others) / 2).clamp(16, 8192),
            flows,
            lookups,
            clients,
        }
    }
}

/// What the helper needs before it can begin.
pub(crate) struct Parts {
    pub(crate) rules: Rules,
    pub(crate) resolvers: Vec<SocketAddr>,
    pub(crate) routes: Routes,
    pub(crate) inside: Inside,
    pub(crate) control: OwnedFd,
    pub(crate) published: Vec<Listening>,
    pub(crate) limits: Limits,
}

/// A published port that is listened on.
#[derive(Debug)]
pub(crate) struct Listening {
    pub(crate) socket: OwnedFd,
    pub(crate) inside: u16,
    pub(crate) rule: usize,
}

/// The helper.
pub(crate) struct Helper {
    pub(super) poll: Poll,
    pub(super) now: Instant,
    pub(super) rules: Rules,
    pub(super) resolvers: Vec<SocketAddr>,
    pub(super) routes: Routes,
    pub(super) inside: Inside,
    pub(super) control: OwnedFd,
    pub(super) published: Vec<Listening>,
    pub(super) dials: Slab<Dial>,
    pub(super) dial_of: HashMap<Pair, Key>,
    pub(super) relays: Slab<Relay>,
    /// How many relays have a deadline.
    pub(super) unsettled: usize,
    pub(super) flows: Slab<Flow>,
    pub(super) flow_of: HashMap<Pair, Key>,
    pub(super) lookups: Slab<Lookup>,
    pub(super) clients: Slab<Client>,
    pub(super) known: Known,
    pub(super) counts: Counts,
    /// The number that the next logged packet must have, for held and refused ones.
    pub(super) sequences: [Option<u32>; 2],
    /// A socket that was just made out of the seed, and where its making stands.
    pub(super) fresh: Option<OwnedFd>,
    pub(super) growing: Option<SocketAddr>,
    /// Whether the listeners wait until there are descriptors again.
    pub(super) paused: bool,
    pub(super) buffer: Vec<u8>,
    /// Since when the executor waits for the report.
    pub(super) asked: Option<Instant>,
    pub(super) finished: bool,
}

impl Helper {
    /// Everything set up, nothing carried yet.
    pub(crate) fn new(parts: Parts) -> Result<Self, Errno> {
        let Parts {
            rules,
            resolvers,
            routes,
            inside,
            control,
            published,
            limits,
        } = parts;
        let poll = Poll::new()?;
        poll.add(&control, Token::Control, EventFlags::IN)?;
        poll.add(&inside.held, Token::HeldLog, EventFlags::IN)?;
        poll.add(&inside.denied, Token::DeniedLog, EventFlags::IN)?;
        for (v6, socket) in [false, true].into_iter().zip(&inside.listeners) {
            poll.add(socket, Token::Listener(v6), EventFlags::IN)?;
        }
        for (v6, socket) in [false, true].into_iter().zip(&inside.datagrams) {
            poll.add(socket, Token::Datagrams(v6), EventFlags::IN)?;
        }
        for (index, listening) in (0_u32..).zip(&published) {
            poll.add(&listening.socket, Token::Published(index), EventFlags::IN)?;
        }
        let counts = Counts::new(rules.all().len(), &resolvers);
        Ok(Self {
            poll,
            now: Instant::now(),
            rules,
            resolvers,
            routes,
            inside,
            control,
            published,
            dials: Slab::new(limits.dials),
            dial_of: HashMap::new(),
            relays: Slab::new(limits.relays),
            unsettled: 0,
            flows: Slab::new(limits.flows),
            flow_of: HashMap::new(),
            lookups: Slab::new(limits.lookups),
            clients: Slab::new(limits.clients),
            known: Known::default(),
            counts,
            sequences: [None; 2],
            fresh: None,
            growing: None,
            paused: false,
            buffer: vec![0; BUFFER],
            asked: None,
            finished: false,
        })
    }

    /// Works until the executor is gone.
    pub(crate) fn run(&mut self) -> Result<(), Errno> {
        let mut events = Vec::with_capacity(EVENTS);
        let mut swept = Instant::now();
        while !self.finished {
            let longest = match self.asked {
                Some(_) => Some(SOON),
                None => self.has_deadlines().then_some(SWEEP),
            };
            self.poll.wait(&mut events, longest)?;
            self.now = Instant::now();
            for event in &events {
                if let Some((token, flags)) = read(event) {
                    self.handle(token, flags);
                }
            }
            self.answer_executor();
            if self.now.saturating_duration_since(swept) >= SWEEP {
                swept = self.now;
                self.sweep();
            }
        }
        Ok(())
    }

    fn has_deadlines(&self) -> bool {
        self.paused
            || self.unsettled > 0
            || [
                self.dials.len(),
                self.flows.len(),
                self.lookups.len(),
                self.clients.len(),
            ]
            .iter()
            .any(|count| *count > 0)
    }

    fn handle(&mut self, token: Token, flags: EventFlags) {
        match token {
            Token::Control => self.control(),
            Token::HeldLog => self.held(),
            Token::DeniedLog => self.denied(),
            Token::Listener(v6) => self.accept(v6),
            Token::Datagrams(v6) => self.datagrams(v6),
            Token::Dial(key) => self.dialled(key),
            Token::Inside(key) => self.relay(key, Side::Inside, flags),
            Token::Outside(key) => self.relay(key, Side::Outside, flags),
            Token::Flow(key) => self.answers(key),
            Token::Lookup(key) => self.looked_up(key),
            Token::Client(key) => self.client(key),
            Token::Published(index) => self.publish(index),
        }
    }

    fn sweep(&mut self) {
        self.sweep_dials();
        self.sweep_relays();
        self.sweep_flows();
        self.sweep_lookups();
        self.sweep_clients();
        self.known.forget(self.now);
        if self.paused {
            self.paused = false;
            self.listen(EventFlags::IN);
        }
    }

    /// Stops accepting until the next sweep: there are no descriptors.
    pub(super) fn pause(&mut self) {
        self.paused = true;
        self.listen(EventFlags::empty());
    }

    fn listen(&mut self, events: EventFlags) {
        // A listener that cannot be changed stays as it is, and is tried again.
        for (v6, socket) in [false, true].into_iter().zip(&self.inside.listeners) {
            let _ignored = self
                .poll
                .change(socket, Token::Listener(v6), events)
                .is_ok();
        }
        for (index, listening) in (0_u32..).zip(&self.published) {
            let token = Token::Published(index);
            let _ignored = self.poll.change(&listening.socket, token, events).is_ok();
        }
    }

    /// Sends a whole packet to an address inside. One that is lost is sent again by who waits for it, as on
    /// any network.
    pub(super) fn inject(&self, packet: Option<Vec<u8>>, to: IpAddr) {
        let [v4, v6] = &self.inside.raw;
        let raw = if to.is_ipv4() { v4 } else { v6 };
        let Some(packet) = packet else {
            return;
        };
        let parts = fragments(&packet).map_or_else(|| vec![packet], Vec::from);
        for part in &parts {
            let _ignored = sendto(raw, part, SendFlags::NOSIGNAL, &SocketAddr::new(to, 0)).is_ok();
        }
    }

    /// The buffer, out of the way of the borrow checker. It must be given back.
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        let mut buffer = mem::take(&mut self.buffer);
        buffer.resize(BUFFER, 0);
        buffer
    }
}
