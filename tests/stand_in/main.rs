//! Stands in for `purple-net`: says who it is, takes the sockets, is ready, and counts nothing. A copy stands beside
//! the executor of a test. The file `stand-in` there says what it does otherwise, by a word.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a stand-in that fails has ended, which the test sees"
)]

mod traced;

use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, recvmsg, send, sendmsg};
use purple_tests::stand_in::hexadecimal_digest;
use std::fs;
use std::io::{IoSlice, IoSliceMut, Write, pipe};
use std::os::fd::{AsRawFd, RawFd};
use std::thread;
use std::time::Duration;

/// A table of `nf_tables` in a batch of its own: begin, `NFT_MSG_NEWTABLE` of the family inet with the name `more`, end.
const MORE: [u8; 72] = *b"\
    \x14\0\0\0\x10\0\x01\0\x01\0\0\0\0\0\0\0\0\0\0\x0a\
    \x20\0\0\0\0\x0a\x01\x04\x02\0\0\0\0\0\0\0\x01\0\0\0\x09\0\x01\0more\0\0\0\0\
    \x14\0\0\0\x11\0\x01\0\x03\0\0\0\0\0\0\0\0\0\0\x0a";

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let [name, plan_option, plan, socket_option, socket] = words.as_slice() else {
        panic!("{words:?}");
    };
    assert_eq!(
        [name.as_str(), plan_option, socket_option],
        ["purple-net", "--plan-fd", "--socket-fd"]
    );
    assert_eq!(std::env::vars_os().count(), 0, "it has no environment");
    let socket: RawFd = socket.parse().expect("a number");
    let own = fs::read_link("/proc/self/exe").expect("its program");
    let does = fs::read_to_string(own.with_file_name("stand-in")).unwrap_or_default();
    if let Some((action, step)) = does.split_once(" at step ") {
        let step = step.parse().expect("a number");
        return traced::run(&own, &words, action, step);
    }
    let open = open_descriptors();
    let plan = fs::read(format!("/proc/self/fd/{plan}")).expect("the plan");

    match does.as_str() {
        "ends" => return,
        "another program" => return say(socket, b"hello"),
        "is silent" => loop {
            thread::sleep(Duration::from_secs(1));
        },
        _ => {}
    }
    let version = if does == "another version" {
        "0.0.0"
    } else {
        env!("CARGO_PKG_VERSION")
    };
    let mut hello = [0; 64];
    // Of no program: to hash this one would take longer than a run.
    let program = purple_plan::sha256(b"stand-in");
    for (at, bytes) in [
        (0, &b"purple-net"[..]),
        (16, version.as_bytes()),
        (32, &program),
    ] {
        for (place, byte) in hello.iter_mut().skip(at).zip(bytes) {
            *place = *byte;
        }
    }
    say(socket, &hello);
    let sockets = receive(socket);
    match does.as_str() {
        "fails" => return say(socket, b"ethe reason\x1b[31m"),
        "answers strangely" => return say(socket, b"ready"),
        _ => say(socket, b"r"),
    }
    match does.as_str() {
        "ends later" => return,
        "changes the rules" => {
            let [log, ..] = sockets.as_slice() else {
                panic!("{sockets:?}");
            };
            let sent = send(*log, &MORE, MsgFlags::empty());
            assert_eq!(sent, Ok(MORE.len()));
        }
        _ => {}
    }
    let flags: Vec<String> = sockets.iter().map(|fd| flags(*fd)).collect();
    let counted = format!(
        "open {open}, plan {}, sockets {}, flags {}, streams {}\n",
        hexadecimal_digest(&plan),
        sockets.len(),
        flags.join(" "),
        fs::read_link("/proc/self/fd/2").is_ok_and(|to| to.ends_with("null")),
    );
    wait(socket);
    match does.as_str() {
        "is mute" => wait(socket),
        "passes a pipe" => {
            let (reader, _writer) = pipe().expect("a pipe");
            pass(socket, reader.as_raw_fd());
            wait(socket);
        }
        "counts without end" => answer(socket, &vec![b'x'; 3 << 20]),
        _ => answer(socket, counted.as_bytes()),
    }
    wait(socket);
}

/// How many descriptors are open above the standard ones, without the one by which they are listed.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("its own").count() - 4
}

fn flags(fd: RawFd) -> String {
    let text = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).expect("its own");
    let line = text.lines().find_map(|line| line.strip_prefix("flags:"));
    line.unwrap_or_default().trim().to_owned()
}

fn say(socket: RawFd, message: &[u8]) {
    let sent = send(socket, message, MsgFlags::MSG_NOSIGNAL);
    assert_eq!(sent, Ok(message.len()));
}

/// Waits for the next message, or the end of the other side.
fn wait(socket: RawFd) {
    let _fds = receive(socket);
}

fn receive(socket: RawFd) -> Vec<RawFd> {
    let mut space = nix::cmsg_space!([RawFd; 16]);
    let mut byte = [0];
    let mut bytes = [IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(socket, &mut bytes, Some(&mut space), flags).expect("a message");
    let mut fds = Vec::new();
    for part in message.cmsgs().expect("whole") {
        if let ControlMessageOwned::ScmRights(passed) = part {
            fds.extend(passed);
        }
    }
    fds
}

fn answer(socket: RawFd, counted: &[u8]) {
    let file = memfd_create(c"counted", MFdFlags::MFD_ALLOW_SEALING).expect("memory");
    let mut file = fs::File::from(file);
    file.write_all(counted).expect("room");
    pass(socket, file.as_raw_fd());
}

fn pass(socket: RawFd, fd: RawFd) {
    let fds = [fd];
    let rights = [ControlMessage::ScmRights(&fds)];
    let sent = sendmsg::<()>(
        socket,
        &[IoSlice::new(b"q")],
        &rights,
        MsgFlags::MSG_NOSIGNAL,
        None,
    );
    assert_eq!(sent, Ok(1));
}
