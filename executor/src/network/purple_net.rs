//! The helper: `purple-net`, a process outside that opens the connections of a filtered sandbox.
//!
//! It is executed before init is cloned, so that it starts while init works, and dies with the supervisor. Both
//! speak to it over one socket of whole messages. It says who it is; init sends it the sockets that were made
//! inside; it confines itself and says that it is ready, or why it is not. In the end the supervisor asks for
//! what it has counted. Nothing that it says is obeyed.

use super::netlink::{ANSWER_TO_ONE, STEP};
use super::{outside, plan_file, rules};
use crate::descriptors::close_all_but;
use crate::files::{is_same, open};
use crate::message::{OrRefuse, Refused, SETUP_REFUSED, refuse, say};
use crate::parent::{die_with, kill_and_wait};
use crate::receipt::ReceiptField;
use crate::run::Run;
use crate::session;
use crate::text::Text;
use core::ffi::CStr;
use purple_plan::NetworkMode;
use purple_sys::clone::{Forked, clone_into};
use purple_sys::descriptors::{Passed, error, input, made, output, pass, take_passed};
use purple_sys::exec::execve_open;
use purple_sys::memory;
use purple_sys::process::exit_group;
use purple_sys::strings::{Full, StringArray};
use purple_sys::wait::Ended;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{OFlags, fcntl_get_seals, fstat};
use rustix::io::{Errno, FdFlags, fcntl_setfd, retry_on_intr};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair,
};
use rustix::process::{Pid, getpid};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};

const STARTING: &str = "starting purple-net";

/// How long it may take to start, and to say what it has counted.
const PATIENCE: Timespec = Timespec {
    tv_sec: 10,
    tv_nsec: 0,
};
const PATIENCE_AT_END: Timespec = Timespec {
    tv_sec: 2,
    tv_nsec: 0,
};

/// The first message: its name, its version and the digest of its program, in so many bytes each.
const HELLO: usize = 64;
const NAME: [u8; 16] = *b"purple-net\0\0\0\0\0\0";
/// The version that it must have: this program's.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

const OURS: &str = concat!(
    ", and this purple-exec is of version ",
    env!("CARGO_PKG_VERSION"),
    ": install both from one release"
);

/// The first bytes of other messages: that it is ready, that it cannot be, and what it has counted.
const READY: u8 = b'r';
const FAILED: u8 = b'e';
const COUNTED: u8 = b'q';

/// The most bytes of what it has counted.
const MOST_COUNTED: usize = 1 << 20;

/// The running helper, seen from the supervisor and from init.
#[derive(Debug)]
pub(crate) struct Helper {
    pid: Pid,
    running: bool,
    socket: OwnedFd,
    /// From init, a netfilter socket that was made inside.
    from_init: OwnedFd,
    /// Init's end of that.
    to_supervisor: Option<OwnedFd>,
    /// Whether the host has a way to IPv6.
    pub(super) has_six: bool,
}

/// What became of a filtered network.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkEnd {
    /// Whether the helper was there to the end.
    pub(crate) whole: bool,
    /// The generation of the rules in the end; `None` where it cannot be read.
    pub(crate) generation: Option<u32>,
    /// What the helper has counted, in its own words; `None` where it has not said so.
    pub(crate) counted: Option<&'static [u8]>,
}

/// Starts the helper where the plan's network is filtered. It runs in the control group of the run, so that its work is the
/// program's.
pub(crate) fn start(run: &Run, group: Option<BorrowedFd<'_>>) -> Result<Option<Helper>, Refused> {
    if run.plan.network.mode != NetworkMode::Filtered {
        return Ok(None);
    }
    let program = plan_file::open_program()?;
    let plan = plan_file::sealed(run.plan_bytes)?;
    let (ours, its) = pair()?;
    let (from_init, to_supervisor) = pair()?;
    let supervisor = getpid();
    match clone_into(0, group).or_refuse(STEP, STARTING)? {
        Forked::Child => {
            let errno = execute(&program, &plan, &its, supervisor);
            // It has no standard error any more; init says what is sent here.
            let mut text = Text::<64>::of(&[FAILED]);
            text.push("it cannot be executed: ");
            text.push(crate::errno::name(errno).unwrap_or("an error"));
            let _sent = send(
                &its,
                text.bytes(),
                SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
            );
            exit_group(SETUP_REFUSED)
        }
        Forked::Parent(pid) => Ok(Some(Helper {
            pid,
            running: true,
            socket: ours,
            from_init,
            to_supervisor: Some(to_supervisor),
            has_six: outside::has_six(&run.plan),
        })),
    }
}

/// Two connected sockets of whole messages.
fn pair() -> Result<(OwnedFd, OwnedFd), Refused> {
    let flags = SocketFlags::CLOEXEC;
    let pair = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
    let pair = pair.and_then(|(one, other)| Ok((made(one)?, made(other)?)));
    pair.or_refuse(STEP, STARTING)
}

/// In the new process: becomes the helper. It has nothing of the caller's: neither streams nor terminal nor environment.
fn execute(program: &OwnedFd, plan: &OwnedFd, socket: &OwnedFd, supervisor: Pid) -> Errno {
    let prepare = || {
        // What these print is all that there is to say.
        let printed = |_| Errno::CANCELED;
        die_with(supervisor).map_err(printed)?;
        session::leave().map_err(printed)?;
        let kept = [program, plan, socket].map(|fd| Some(fd.as_fd()));
        close_all_but(&kept).map_err(printed)?;
        for fd in [plan, socket] {
            fcntl_setfd(fd, FdFlags::empty())?;
        }
        let nothing = open(c"/dev/null", OFlags::RDWR)?;
        dup2_stdin(&nothing)?;
        dup2_stdout(&nothing)?;
        dup2_stderr(&nothing)?;
        let nothing = fstat(&nothing)?;
        for fd in [input(), output(), error()] {
            if !is_same(&fstat(fd)?, &nothing) {
                return Err(Errno::NOSYS);
            }
        }
        Ok(())
    };
    if let Err(errno) = prepare() {
        return errno;
    }
    let number = |fd: &OwnedFd| Text::<16>::of_number(u64::from(fd.as_raw_fd().unsigned_abs()));
    let (plan, socket) = (number(plan), number(socket));
    let mut arguments = StringArray::<6>::new();
    let mut add = |word| arguments.push(word).map_err(|Full| Errno::NOBUFS);
    let words = || {
        add(c"purple-net")?;
        add(c"--plan-fd")?;
        plan.c_str().and_then(&mut add)?;
        add(c"--socket-fd")?;
        socket.c_str().and_then(&mut add)
    };
    match { words }() {
        Ok(()) => execve_open(program.as_fd(), &arguments),
        Err(errno) => errno,
    }
}

impl Helper {
    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// In init: leaves a netfilter socket to the supervisor, who looks at the rules by it when nothing is inside any more.
    pub(super) fn leave_to_supervisor(&self, rules: BorrowedFd<'_>) -> Result<(), Refused> {
        let to = self.to_supervisor.as_ref().unwrap_or(&self.socket);
        pass(to.as_fd(), b'n', Some(rules)).or_refuse(STEP, "a socket for the supervisor")
    }

    /// In the supervisor, once init has its end.
    pub(crate) fn leave_to_init(&mut self) {
        self.to_supervisor = None;
    }

    /// In init: waits until the helper says that it is ready, and writes down who it is.
    pub(crate) fn wait_until_ready(&self, run: &Run) -> Result<(), Refused> {
        let mut buffer = [0; ANSWER_TO_ONE];
        let digest = self.next(&mut buffer).and_then(check_hello)?;
        for (field, word) in ReceiptField::HELPER.into_iter().zip(digest) {
            run.shared.write(field, word);
        }
        match self.next(&mut buffer)? {
            [READY] => Ok(()),
            [FAILED, text @ ..] => Err(say_failed(text)),
            _ => Err(refuse!(STEP, "purple-net answers what is no answer")),
        }
    }

    /// Its next message.
    fn next<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Refused> {
        const WAITING: &str = "waiting for purple-net";
        if !is_ready(&self.socket, &PATIENCE).or_refuse(STEP, WAITING)? {
            return Err(refuse!(STEP, "purple-net is not ready after 10 s"));
        }
        let mut receive = || recv(&self.socket, &mut *buffer, RecvFlags::DONTWAIT);
        let received = match receive() {
            // It has ended without taking its sockets. What it has said before comes after this error.
            Err(Errno::CONNRESET) => receive(),
            received => received,
        };
        match received.map(|(_, length)| length) {
            Ok(0) | Err(Errno::CONNRESET) => {
                Err(refuse!(STEP, "purple-net has ended before it was ready"))
            }
            Ok(length) => Ok(buffer.get(..length).unwrap_or(&[])),
            Err(errno) => Err(refuse!(STEP, WAITING, errno)),
        }
    }

    /// Takes note of a child that has ended.
    pub(crate) fn note(&mut self, ended: &Ended) {
        self.running &= ended.pid != self.pid;
    }

    /// Kills it, where it has not ended: the run has failed.
    pub(crate) fn kill(&mut self) {
        if self.running {
            self.running = false;
            let _ended: Result<(), Errno> = kill_and_wait(self.pid);
        }
    }

    /// Looks at the rules once more, asks what was counted, and ends the helper. Nothing is inside any more.
    pub(crate) fn end(&mut self) -> Result<NetworkEnd, Refused> {
        let whole = self.running;
        let generation = self.read_generation().ok();
        let counted = if whole { self.ask_counted().ok() } else { None };
        if self.running {
            self.running = false;
            kill_and_wait(self.pid).or_refuse(STEP, "ending purple-net")?;
        }
        Ok(NetworkEnd {
            whole,
            generation,
            counted,
        })
    }

    fn read_generation(&self) -> Result<u32, Errno> {
        let passed = take_passed(self.from_init.as_fd())?;
        let rules = passed.and_then(|passed| passed.fd).ok_or(Errno::BADF)?;
        let mut buffer = [0; ANSWER_TO_ONE];
        rules::read_generation(rules.as_fd(), &mut buffer)
    }

    /// Reads what the helper has counted. It is in a file without a name, which no read waits for, whatever the helper
    /// is by now: `F_GET_SEALS(2const)` fails for any other.
    fn ask_counted(&self) -> Result<&'static [u8], Errno> {
        pass(self.socket.as_fd(), COUNTED, None)?;
        if !is_ready(&self.socket, &PATIENCE_AT_END)? {
            return Err(Errno::TIMEDOUT);
        }
        let Some(Passed {
            word: COUNTED,
            fd: Some(file),
        }) = take_passed(self.socket.as_fd())?
        else {
            return Err(Errno::BADMSG);
        };
        let _seals = fcntl_get_seals(&file)?;
        let memory = memory::pages(MOST_COUNTED)?;
        let mut used = 0_usize;
        while let Some(room) = memory.get_mut(used..).filter(|room| !room.is_empty()) {
            let at = u64::try_from(used).map_err(|_| Errno::FBIG)?;
            match rustix::io::pread(&file, room, at)? {
                0 => break,
                length => used = used.saturating_add(length),
            }
        }
        Ok(memory.get(..used).unwrap_or(&[]))
    }
}

fn is_ready(socket: &OwnedFd, patience: &Timespec) -> Result<bool, Errno> {
    let mut fds = [PollFd::new(socket, PollFlags::IN)];
    Ok(retry_on_intr(|| poll(&mut fds, Some(patience)))? != 0)
}

/// Says why the helper is not ready, in its own words.
fn say_failed(text: &[u8]) -> Refused {
    refuse!(STEP, "purple-net: ", text)
}

/// What the first message says of the helper: the digest of its program, if it is of this version.
fn check_hello(message: &[u8]) -> Result<[u64; 4], Refused> {
    if let [FAILED, text @ ..] = message {
        return Err(say_failed(text));
    }
    let Some((version, digest)) = split_hello(message) else {
        return Err(refuse!(
            STEP,
            "what stands beside purple-exec as purple-net is another program"
        ));
    };
    if version == VERSION.as_bytes() {
        return Ok(digest);
    }
    Err(refuse!(STEP, "purple-net is of version ", version, OURS))
}

/// The version and the digest of a first message.
fn split_hello(message: &[u8]) -> Option<(&[u8], [u64; 4])> {
    if message.len() != HELLO {
        return None;
    }
    let rest = message.strip_prefix(&NAME)?;
    let (version, digest) = rest.split_at_checked(NAME.len())?;
    let version = CStr::from_bytes_until_nul(version).ok()?.to_bytes();
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(digest.chunks_exact(8)) {
        *word = u64::from_be_bytes(*bytes.first_chunk()?);
    }
    Some((version, words))
}

/// Says that the helper has ended.
pub(crate) fn say_lost() {
    let what = "purple-net has ended before the command; it had no network any more";
    say!(STEP, what);
}

/// Says that the helper has not reported what it carried and refused.
pub(crate) fn say_uncounted() {
    say!(STEP, "purple-net has not said what it carried and refused");
}

/// Says that the rules are not those that were read back, or that nobody knows.
pub(crate) fn say_changed(found: Option<u32>) {
    match found {
        Some(_) => say!(STEP, "the rules have changed while the command ran"),
        None => say!(STEP, "the rules could not be looked at after the command"),
    }
}

#[cfg(test)]
mod tests {
    use super::{HELLO, split_hello};

    #[test]
    fn who_the_helper_is() {
        let mut hello = [0_u8; HELLO];
        let parts = b"purple-net\0\0\0\0\0\x001.2.3\0";
        for (place, byte) in hello.iter_mut().zip(parts) {
            *place = *byte;
        }
        for (place, byte) in hello.iter_mut().skip(32).zip(0..) {
            *place = byte;
        }
        let digest = [
            0x0001_0203_0405_0607,
            0x0809_0a0b_0c0d_0e0f,
            0x1011_1213_1415_1617,
            0x1819_1a1b_1c1d_1e1f,
        ];
        assert_eq!(split_hello(&hello), Some((&b"1.2.3"[..], digest)));
        for length in 0..HELLO {
            assert_eq!(split_hello(hello.get(..length).unwrap_or(&[])), None);
        }
        let mut other = hello;
        other[15] = 1;
        assert_eq!(split_hello(&other), None, "another name");
        let mut endless = hello;
        endless[16..32].fill(b'1');
        assert_eq!(split_hello(&endless), None, "a version without an end");
    }
}
