//! Talking to the kernel by netlink: finished messages out, answers in (netlink(7)).
//!
//! The kernel answers while it takes a message, so an answer is there as soon as the call returns: nothing here
//! waits. What was never asked has another sequence number.

use super::message::{DONE, HEADER, Message, Messages};
use crate::message::{OrRefuse, Refused, refuse};
use crate::text::Text;
use core::num::NonZeroU32;
use purple_sys::descriptors::made;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send,
    socket_with, sockopt,
};

pub(super) const STEP: &str = "network";

/// How many bytes an answer has at most: the kernel fills no more at once (`netlink_dump`).
pub(super) const ANSWER: usize = 32 << 10;
/// The same for one acknowledgement, which repeats what was asked.
pub(super) const ANSWER_TO_ONE: usize = 256;

/// `NETLINK_NETFILTER` (linux/netlink.h).
pub(super) const NETFILTER: u32 = 12;

/// `NLM_F_REQUEST`, `NLM_F_ACK`, `NLM_F_DUMP_INTR` and `NLM_F_DUMP` (linux/netlink.h).
const REQUEST: u16 = 1;
pub(super) const ACKNOWLEDGE: u16 = 4;
const INTERRUPTED: u16 = 0x10;
pub(super) const DUMP: u16 = 0x300;

/// The longest message that is made here.
const LONGEST: usize = 64;

/// The sequence number of what is asked here. A batch's own are its compiler's.
const ASKED: u32 = 0x7075_7270;

/// A socket of one netlink protocol.
#[derive(Debug)]
pub(super) struct Netlink {
    socket: OwnedFd,
}

/// What is asked of the kernel: its kind, the structure before the attributes, and the attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) kind: u16,
    pub(super) flags: u16,
    pub(super) head: &'a [u8],
    pub(super) attributes: &'a [u8],
}

impl Netlink {
    /// A socket that does not wait. The error names what the kernel may lack.
    pub(super) fn open(protocol: u32) -> Result<Self, Refused> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let number = NonZeroU32::new(protocol).map(Protocol::from_raw);
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, number);
        let what = if protocol == NETFILTER {
            "a netfilter socket (CONFIG_NETFILTER_NETLINK and CONFIG_NF_TABLES)"
        } else {
            "a netlink socket"
        };
        let socket = socket.and_then(made).or_refuse(STEP, what)?;
        Ok(Self { socket })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends messages as one. The room for them is as much as the host lets a user have.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<(), Errno> {
        sockopt::set_socket_send_buffer_size(&self.socket, bytes.len().saturating_mul(2))?;
        send_all(self.fd(), bytes)
    }

    /// Takes what the kernel has answered.
    pub(super) fn answer<'b>(&self, buffer: &'b mut [u8]) -> Result<Messages<'b>, Errno> {
        answer(self.fd(), buffer)
    }

    /// Asks for a list, and gives each message of the answer to `each`.
    pub(super) fn dump(
        &self,
        request: Request<'_>,
        buffer: &mut [u8],
        each: &mut dyn FnMut(Message<'_>) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        const READING: &str = "reading back";
        ask(self.fd(), request).or_refuse(STEP, READING)?;
        loop {
            let mut answers = self.answer(buffer).or_refuse(STEP, READING)?;
            for message in answers.by_ref() {
                if let Some(end) = end_of_dump(&message) {
                    return end.or_refuse(STEP, READING);
                }
                each(message)?;
            }
            if !answers.are_read() {
                return Err(refuse!(STEP, READING, Errno::BADMSG));
            }
        }
    }
}

/// What ends a list: its end, or an error.
fn end_of_dump(message: &Message<'_>) -> Option<Result<(), Errno>> {
    if message.sequence != ASKED {
        return Some(Err(Errno::BADMSG));
    }
    if message.flags & INTERRUPTED != 0 {
        return Some(Err(Errno::AGAIN));
    }
    if message.kind == DONE {
        return Some(Ok(()));
    }
    message.error()
}

/// Asks one thing, which is short.
pub(super) fn ask(socket: BorrowedFd<'_>, request: Request<'_>) -> Result<(), Errno> {
    send_all(socket, write(request)?.bytes())
}

/// Writes a message.
fn write(request: Request<'_>) -> Result<Text<LONGEST>, Errno> {
    let body = request.head.len().saturating_add(request.attributes.len());
    let length = HEADER.saturating_add(body);
    let [l0, l1, l2, l3] = u32::try_from(length).unwrap_or(0).to_ne_bytes();
    let [k0, k1] = request.kind.to_ne_bytes();
    let [f0, f1] = (request.flags | REQUEST).to_ne_bytes();
    let [s0, s1, s2, s3] = ASKED.to_ne_bytes();
    let mut message = Text::of(&[l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, 0, 0, 0, 0]);
    message.push_bytes(request.head);
    message.push_bytes(request.attributes);
    if message.bytes().len() == length {
        Ok(message)
    } else {
        Err(Errno::MSGSIZE)
    }
}

/// One datagram of the kernel's; an error where there is none, or it is longer than the buffer.
pub(super) fn answer<'b>(
    socket: BorrowedFd<'_>,
    buffer: &'b mut [u8],
) -> Result<Messages<'b>, Errno> {
    let flags = RecvFlags::DONTWAIT | RecvFlags::TRUNC;
    let (_, length) = recv(socket, &mut *buffer, flags)?;
    match buffer.get(..length) {
        Some([]) => Err(Errno::BADMSG),
        Some(bytes) => Ok(Messages(bytes)),
        None => Err(Errno::MSGSIZE),
    }
}

/// The answer to the one thing that was asked.
pub(super) fn answer_to_asked(mut answers: Messages<'_>) -> Result<Message<'_>, Errno> {
    let first = answers.next().ok_or(Errno::BADMSG)?;
    if first.sequence != ASKED {
        return Err(Errno::BADMSG);
    }
    match first.error() {
        Some(Err(errno)) => Err(errno),
        _ => Ok(first),
    }
}

fn send_all(socket: BorrowedFd<'_>, bytes: &[u8]) -> Result<(), Errno> {
    let sent = send(socket, bytes, SendFlags::DONTWAIT)?;
    if sent == bytes.len() {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}

#[cfg(test)]
mod tests {
    use super::{ACKNOWLEDGE, Request, write};
    use crate::network::message::{Message, Messages};
    use rustix::io::Errno;

    #[test]
    fn what_is_written_is_what_is_read() {
        let request = Request {
            kind: 7,
            flags: ACKNOWLEDGE,
            head: b"head",
            attributes: b"\x08\0\x01\0abcd",
        };
        let Ok(written) = write(request) else {
            return assert_eq!(write(request).err(), None);
        };
        let expected = Message {
            kind: 7,
            flags: 5,
            sequence: 0x7075_7270,
            body: b"head\x08\0\x01\0abcd",
        };
        let mut read = Messages(written.bytes());
        assert_eq!(read.next(), Some(expected));
        assert!(read.are_read());
        let too_long = Request {
            attributes: &[0; 45],
            ..request
        };
        assert_eq!(write(too_long).map(|_| ()), Err(Errno::MSGSIZE));
    }
}
