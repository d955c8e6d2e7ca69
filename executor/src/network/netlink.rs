//! Talking to the kernel by netlink: finished messages out, answers in (netlink(7)).
//!
//! The kernel answers while it takes a message, so an answer is there as soon as the call returns: nothing here
//! waits. What was never asked has another sequence number.

use super::message::{DONE, HEADER, Message, Messages};
use crate::message::{OrRefuse, Refused, refuse};
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
            for message in self.answer(buffer).or_refuse(STEP, READING)? {
                let message = message.or_refuse(STEP, READING)?;
                if message.sequence != ASKED {
                    return Err(refuse!(STEP, READING, Errno::BADMSG));
                }
                if message.flags & INTERRUPTED != 0 {
                    return Err(refuse!(STEP, READING, Errno::AGAIN));
                }
                if let Some(answer) = message.error() {
                    return answer.or_refuse(STEP, READING);
                }
                if message.kind == DONE {
                    return Ok(());
                }
                each(message)?;
            }
        }
    }
}

/// Asks one thing, which is short.
pub(super) fn ask(socket: BorrowedFd<'_>, request: Request<'_>) -> Result<(), Errno> {
    let mut bytes = [0; 128];
    let used = write(request, &mut bytes).ok_or(Errno::MSGSIZE)?;
    send_all(socket, bytes.get(..used).unwrap_or(&[]))
}

/// Writes a message, and returns its length.
fn write(request: Request<'_>, bytes: &mut [u8]) -> Option<usize> {
    let body = request.head.len().checked_add(request.attributes.len())?;
    let length = HEADER.checked_add(body)?;
    let (header, rest) = bytes.split_first_chunk_mut::<HEADER>()?;
    let (head, rest) = rest.split_at_mut_checked(request.head.len())?;
    head.copy_from_slice(request.head);
    let attributes = rest.get_mut(..request.attributes.len())?;
    attributes.copy_from_slice(request.attributes);
    let [l0, l1, l2, l3] = u32::try_from(length).ok()?.to_ne_bytes();
    let [k0, k1] = request.kind.to_ne_bytes();
    let [f0, f1] = (request.flags | REQUEST).to_ne_bytes();
    let [s0, s1, s2, s3] = ASKED.to_ne_bytes();
    *header = [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, 0, 0, 0, 0];
    Some(length)
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
    let first = answers.next().ok_or(Errno::BADMSG)??;
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

    #[test]
    fn what_is_written_is_what_is_read() {
        let request = Request {
            kind: 7,
            flags: ACKNOWLEDGE,
            head: b"head",
            attributes: b"\x08\0\x01\0abcd",
        };
        let mut bytes = [0; 64];
        assert_eq!(write(request, &mut bytes), Some(28));
        let expected = Message {
            kind: 7,
            flags: 5,
            sequence: 0x7075_7270,
            body: b"head\x08\0\x01\0abcd",
        };
        let mut read = Messages(bytes.get(..28).unwrap_or(&[]));
        assert_eq!(read.next(), Some(Ok(expected)));
        assert_eq!(write(request, &mut [0; 27]), None);
    }
}
