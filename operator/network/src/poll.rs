//! Which descriptor is waited for, and whose it is.

use crate::slab::Key;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The executor.
    Control,
    /// SYNs that wait.
    HeldLog,
    /// Packets that the rules refused.
    DeniedLog,
    /// Connections that come in, of IPv4 or IPv6.
    Listener(bool),
    /// Datagrams that come in, of IPv4 or IPv6.
    Datagrams(bool),
    /// A connection that is being made outside.
    Dial(Key),
    /// The end of a connection inside.
    Inside(Key),
    /// The end of a connection outside.
    Outside(Key),
    /// A flow of datagrams.
    Flow(Key),
    /// A question to a resolver.
    Lookup(Key),
    /// A connection that asks for names.
    Client(Key),
    /// A published port.
    Published(u32),
}

/// Bits of the number that epoll keeps: the kind above, then the place, then the generation.
const KIND: u32 = 56;
const INDEX_MASK: u64 = 0x00ff_ffff;

impl Token {
    fn number(self) -> u64 {
        let (kind, index, generation) = match self {
            Self::Control => (0, 0, 0),
            Self::HeldLog => (1, 0, 0),
            Self::DeniedLog => (2, 0, 0),
            Self::Listener(v6) => (3, u32::from(v6), 0),
            Self::Datagrams(v6) => (4, u32::from(v6), 0),
            Self::Dial(key) => (5, key.index, key.generation),
            Self::Inside(key) => (6, key.index, key.generation),
            Self::Outside(key) => (7, key.index, key.generation),
            Self::Flow(key) => (8, key.index, key.generation),
            Self::Lookup(key) => (9, key.index, key.generation),
            Self::Client(key) => (10, key.index, key.generation),
            Self::Published(index) => (11, index, 0),
        };
        kind << KIND | (u64::from(index) & INDEX_MASK) << 32 | u64::from(generation)
    }

    fn of(number: u64) -> Option<Self> {
        let index = u32::try_from(number >> 32 & INDEX_MASK).ok()?;
        let key = Key {
            index,
            generation: u32::try_from(number & u64::from(u32::MAX)).ok()?,
        };
        Some(match number >> KIND {
            0 => Self::Control,
            1 => Self::HeldLog,
            2 => Self::DeniedLog,
            3 => Self::Listener(index == 1),
            4 => Self::Datagrams(index == 1),
            5 => Self::Dial(key),
            6 => Self::Inside(key),
            7 => Self::Outside(key),
            8 => Self::Flow(key),
            9 => Self::Lookup(key),
            10 => Self::Client(key),
            11 => Self::Published(index),
            _ => return None,
        })
    }
}

/// The one place where the helper waits.
#[derive(Debug)]
pub(crate) struct Poll {
    epoll: OwnedFd,
}

impl Poll {
    pub(crate) fn new() -> Result<Self, Errno> {
        epoll::create(CreateFlags::CLOEXEC).map(|epoll| Self { epoll })
    }

    /// Waits for something of a descriptor that was not waited for.
    pub(crate) fn add(&self, fd: impl AsFd, token: Token, events: EventFlags) -> Result<(), Errno> {
        epoll::add(&self.epoll, fd, EventData::new_u64(token.number()), events)
    }

    /// Waits for something else.
    pub(crate) fn change(
        &self,
        fd: impl AsFd,
        token: Token,
        events: EventFlags,
    ) -> Result<(), Errno> {
        epoll::modify(&self.epoll, fd, EventData::new_u64(token.number()), events)
    }

    /// Waits for nothing more. Errors and hang-ups of a descriptor that stays are reported for ever
    /// otherwise (`epoll_ctl(2)`).
    pub(crate) fn leave(&self, fd: impl AsFd) -> Result<(), Errno> {
        epoll::delete(&self.epoll, fd)
    }

    /// What happened, at the latest after `longest`.
    pub(crate) fn wait(
        &self,
        events: &mut Vec<Event>,
        longest: Option<Duration>,
    ) -> Result<(), Errno> {
        let longest = longest.map(|longest| rustix::time::Timespec {
            tv_sec: i64::try_from(longest.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: longest.subsec_nanos().into(),
        });
        events.clear();
        match epoll::wait(
            &self.epoll,
            rustix::buffer::spare_capacity(events),
            longest.as_ref(),
        ) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// Whose an event is, and what it says.
pub(crate) fn read(event: &Event) -> Option<(Token, EventFlags)> {
    Some((Token::of(event.data.u64())?, event.flags))
}

#[cfg(test)]
mod tests {
    use super::Token;
    use crate::slab::Key;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let key = Key {
            index: 0x00ab_cdef,
            generation: u32::MAX,
        };
        for token in [
            Token::Control,
            Token::HeldLog,
            Token::DeniedLog,
            Token::Listener(true),
            Token::Datagrams(false),
            Token::Dial(key),
            Token::Inside(key),
            Token::Outside(key),
            Token::Flow(key),
            Token::Lookup(key),
            Token::Client(key),
            Token::Published(7),
        ] {
            assert_eq!(Token::of(token.number()), Some(token));
        }
        assert_eq!(Token::of(u64::MAX), None);
    }
}
