//! Filters that deny one call, by themselves or by a supervisor's answer.
#![expect(unsafe_code, reason = "these calls take pointers")]

use super::{Result, call, descriptor, number};
use nix::errno::Errno;
use nix::libc::{self, c_long};
use std::os::fd::{AsRawFd as _, OwnedFd};

/// The call that the filters of probes deny: it only asks how nice this process is.
const DENIED_CALL: c_long = libc::SYS_getpriority;

/// Makes that call.
pub(crate) fn make_denied_call() -> Result<()> {
    // SAFETY: numbers only: the priority of this process.
    unsafe { call(DENIED_CALL, [0; 6]) }.map(drop)
}

/// What a filter does with one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verdict {
    /// It fails with EDOM, which it never does by itself.
    Errno,
    /// A supervisor gets a notification and answers it.
    Notify,
}

/// Loads a filter with this verdict on one call. For `Notify`: the descriptor of the
/// supervisor.
pub(crate) fn load_filter(verdict: Verdict) -> Result<Option<OwnedFd>> {
    const SET_MODE_FILTER: usize = 1;
    const NEW_LISTENER: usize = 8;
    const LOAD_NR: u16 = 0x20;
    const JUMP_IF_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let (value, flags) = match verdict {
        Verdict::Errno => (libc::SECCOMP_RET_ERRNO | Errno::EDOM as u32, 0),
        Verdict::Notify => (libc::SECCOMP_RET_USER_NOTIF, NEW_LISTENER),
    };
    let denied = u32::try_from(DENIED_CALL).map_err(|_| Errno::ERANGE)?;
    let line = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let mut program = [
        line(LOAD_NR, 0, 0),
        line(JUMP_IF_EQUAL, 1, denied),
        line(RETURN, 0, value),
        line(RETURN, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: 4,
        filter: program.as_mut_ptr(),
    };
    let at = (&raw const program).expose_provenance();
    // SAFETY: the structure names four instructions, which are alive.
    let found = unsafe { call(libc::SYS_seccomp, [SET_MODE_FILTER, flags, at, 0, 0, 0]) }?;
    if flags == 0 {
        Ok(None)
    } else {
        descriptor(found).map(Some)
    }
}

/// Waits for one notification and has the call fail with EDOM, as a supervisor does (`seccomp_unotify(2)`).
pub(crate) fn answer_notification(listener: &OwnedFd) -> Result<()> {
    // _IOWR('!', 0, struct seccomp_notif) and _IOWR('!', 1, struct seccomp_notif_resp).
    const RECEIVE: usize = 0xc050_2100;
    const SEND: usize = 0xc018_2101;
    let at = number(listener.as_raw_fd());
    let mut notification = [0_u64; 10];
    let to = (&raw mut notification).expose_provenance();
    // SAFETY: struct seccomp_notif has 80 bytes, and must be zero before.
    let _zero = unsafe { call(libc::SYS_ioctl, [at, RECEIVE, to, 0, 0, 0]) }?;
    let [id, ..] = notification;
    let error = u64::from((-(Errno::EDOM as i32)).cast_unsigned());
    // The id, the value, then the error and the flags, which share eight bytes.
    let reply = [id, 0, error];
    let from = (&raw const reply).expose_provenance();
    // SAFETY: struct seccomp_notif_resp has 24 bytes.
    unsafe { call(libc::SYS_ioctl, [at, SEND, from, 0, 0, 0]) }.map(drop)
}
