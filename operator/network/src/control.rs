//! What the helper and the executor say to each other, over a socket of whole messages.
//!
//! 1. The helper says who it is: 64 bytes, its name, its version and the digest of its program.
//! 2. The executor sends the sockets that it made inside.
//! 3. The helper confines itself and says that it is ready, or why it is not.
//! 4. At the end the executor asks for the report. The helper first passes on what was sent last, for up to a second, then
//!    sends the report in a file.

use purple_plan::Digest;
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, send, sendmsg,
};
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// The first byte of an answer: all is well, or a text says what is not.
pub const READY: u8 = b'r';
/// See [`READY`].
pub const ERROR: u8 = b'e';
/// The request for the report, and the first byte of the answer.
pub const REPORT: u8 = b'q';

/// The most bytes of an error's text.
pub const MAX_ERROR: usize = 200;

/// Bytes of the first message.
pub const HELLO: usize = 64;

/// The most descriptors that come from inside.
const MAX_SOCKETS: usize = 16;

/// The first message, for a program with this digest.
pub fn hello(of_program: &Digest) -> [u8; HELLO] {
    let mut hello = [0; HELLO];
    let (name, rest) = hello.split_at_mut(16);
    let (version, digest) = rest.split_at_mut(16);
    for (to, from) in name.iter_mut().zip(b"purple-net") {
        *to = *from;
    }
    // The last byte of each text stays 0.
    let version = version.iter_mut().take(15);
    for (to, from) in version.zip(env!("CARGO_PKG_VERSION").bytes()) {
        *to = from;
    }
    for (to, from) in digest.iter_mut().zip(of_program) {
        *to = *from;
    }
    hello
}

/// Says why there will be nothing.
pub fn send_error(control: impl AsFd, text: &str) -> Result<(), Errno> {
    let mut message = vec![ERROR];
    let mut end = text.len().min(MAX_ERROR);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    message.extend_from_slice(text.get(..end).unwrap_or_default().as_bytes());
    send_alone(control, &message)
}

/// Sends a message.
pub fn send_alone(control: impl AsFd, message: &[u8]) -> Result<(), Errno> {
    match send(control, message, SendFlags::NOSIGNAL)? {
        sent if sent == message.len() => Ok(()),
        _ => Err(Errno::IO),
    }
}

/// Sends a message with descriptors (`SCM_RIGHTS`, unix(7)).
pub fn send_with(
    control: impl AsFd,
    message: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> Result<(), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
    let mut rights = SendAncillaryBuffer::new(&mut space);
    if !rights.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(Errno::INVAL);
    }
    let sent = sendmsg(
        control,
        &[IoSlice::new(message)],
        &mut rights,
        SendFlags::NOSIGNAL,
    )?;
    if sent == message.len() {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}

/// Waits for a message with descriptors. Without a byte the other side is gone.
pub fn receive_with(control: impl AsFd) -> Result<(Vec<u8>, Vec<OwnedFd>), Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_SOCKETS))];
    let mut rights = RecvAncillaryBuffer::new(&mut space);
    let mut message = [0; 64];
    let received = loop {
        let vector = &mut [IoSliceMut::new(&mut message)];
        match recvmsg(&control, vector, &mut rights, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    let mut descriptors = Vec::new();
    for one in rights.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = one {
            descriptors.extend(received);
        }
    }
    let message = message.get(..received.bytes).unwrap_or_default().to_vec();
    Ok((message, descriptors))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::expect_used, reason = "a test fails by panicking")]

    use super::{ERROR, HELLO, MAX_ERROR, hello, receive_with, send_error, send_with};
    use purple_plan::sha256;
    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
    use std::os::fd::{AsFd, OwnedFd};

    fn pair() -> (OwnedFd, OwnedFd) {
        socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .expect("a pair of sockets")
    }

    #[test]
    fn a_hello_has_its_fixed_places() {
        let message = hello(&sha256(b"abc"));
        assert_eq!(message.len(), HELLO);
        assert_eq!(&message[..11], b"purple-net\0");
        assert!(message[16..].starts_with(env!("CARGO_PKG_VERSION").as_bytes()));
        assert_eq!(message[31], 0);
        assert_eq!(&message[32..36], &[0xba, 0x78, 0x16, 0xbf]);
    }

    #[test]
    fn an_error_is_cut_between_letters() {
        let (ours, theirs) = pair();
        let text = format!("{}ü", "a".repeat(MAX_ERROR - 1));
        send_error(&ours, &text).expect("it is sent");
        let (mut message, descriptors) = receive_with(&theirs).expect("it came");
        assert!(descriptors.is_empty());
        assert_eq!(message.remove(0), ERROR);
        assert!(message.iter().all(|byte| *byte == b'a'));
    }

    #[test]
    fn descriptors_go_over() {
        let (ours, theirs) = pair();
        let (one, two) = pair();
        send_with(&ours, b"s", &[one.as_fd(), two.as_fd()]).expect("they are sent");
        let (message, descriptors) = receive_with(&theirs).expect("they came");
        assert_eq!(
            (message.as_slice(), descriptors.len()),
            (b"s".as_slice(), 2)
        );
        drop(ours);
        let (message, descriptors) = receive_with(&theirs).expect("the end");
        assert_eq!((message.len(), descriptors.len()), (0, 0));
    }
}
