//! wait4(2): children that have ended, and what they used.
#![expect(unsafe_code, reason = "wait4 writes to structures")]

use crate::architecture::numbers;
use crate::call::{address_of_mut, call};
use rustix::io::Errno;
use rustix::process::Pid;

/// `WNOHANG` (linux/wait.h).
const WNOHANG: usize = 1;
/// `WUNTRACED`.
const WUNTRACED: usize = 2;
/// Minus one, by which wait4(2) means every child.
const ANY_CHILD: usize = usize::MAX;

/// The bits of a wait status that are the signal; 0 where the process exited (wait(2)).
const SIGNAL: u32 = 0x7f;
/// What stands there for a process that has not ended, but is stopped.
const STOPPED: u32 = 0x7f;

/// `struct timeval`.
#[derive(Default)]
#[repr(C)]
struct Time {
    seconds: i64,
    microseconds: i64,
}

/// `struct rusage` of linux/resource.h; the kernel fills in some of its numbers only.
#[derive(Default)]
#[repr(C)]
struct Usage {
    user: Time,
    system: Time,
    largest_resident: i64,
    _shared_text: i64,
    _unshared_data: i64,
    _unshared_stack: i64,
    _minor_faults: i64,
    _major_faults: i64,
    _swaps: i64,
    blocks_read: i64,
    blocks_written: i64,
    _messages_sent: i64,
    _messages_received: i64,
    _signals: i64,
    _voluntary_switches: i64,
    _involuntary_switches: i64,
}

/// How a child ended, and what it and its waited-for children used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Which child.
    pub pid: Pid,
    /// The wait status (wait(2)).
    pub status: u32,
    /// Processor time in user mode, microseconds.
    pub user_us: u64,
    /// Processor time in the kernel, microseconds.
    pub system_us: u64,
    /// The largest resident set of a single process, in KiB.
    pub peak_kib: u64,
    /// Bytes read from and written to block devices: `ru_inblock` and `ru_oublock` are in units of
    /// 512 (getrusage(2)).
    pub disk_bytes: u64,
}

impl Ended {
    /// The exit status, when it exited.
    pub fn exit_status(&self) -> Option<u8> {
        let [_, status, ..] = self.status.to_le_bytes();
        (self.status & SIGNAL == 0).then_some(status)
    }

    /// The signal that ended it, when one did.
    pub fn signal(&self) -> Option<u32> {
        let signal = self.status & SIGNAL;
        (signal != 0 && signal != STOPPED).then_some(signal)
    }

    /// The signal that has stopped it, when it has not ended at all.
    pub fn stopped_by(&self) -> Option<u32> {
        let [_, signal, ..] = self.status.to_le_bytes();
        (self.status & SIGNAL == STOPPED).then_some(u32::from(signal))
    }
}

/// Takes note of one child that has ended, if any has; `None` when none has yet.
pub fn reap() -> Result<Option<Ended>, Errno> {
    wait4(WNOHANG)
}

/// The same, and also of one that has been stopped.
pub fn reap_or_stopped() -> Result<Option<Ended>, Errno> {
    wait4(WNOHANG | WUNTRACED)
}

fn wait4(options: usize) -> Result<Option<Ended>, Errno> {
    let mut status = 0_u32;
    let mut usage = Usage::default();
    let arguments = [
        ANY_CHILD,
        address_of_mut(&mut status),
        options,
        address_of_mut(&mut usage),
        0,
        0,
    ];
    // SAFETY: an int and a `struct rusage` to write, alive.
    let pid = unsafe { call(numbers::WAIT4, arguments) }?;
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else {
        return Ok(None);
    };
    let blocks = usage
        .blocks_read
        .unsigned_abs()
        .saturating_add(usage.blocks_written.unsigned_abs());
    Ok(Some(Ended {
        pid,
        status,
        user_us: usage.user.in_microseconds(),
        system_us: usage.system.in_microseconds(),
        peak_kib: usage.largest_resident.unsigned_abs(),
        disk_bytes: blocks.saturating_mul(512),
    }))
}

impl Time {
    fn in_microseconds(&self) -> u64 {
        self.seconds
            .unsigned_abs()
            .saturating_mul(1_000_000)
            .saturating_add(self.microseconds.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::{Ended, Usage};
    use rustix::process::Pid;

    fn ended(status: u32) -> Ended {
        Ended {
            pid: Pid::INIT,
            status,
            user_us: 0,
            system_us: 0,
            peak_kib: 0,
            disk_bytes: 0,
        }
    }

    #[test]
    fn wait_statuses() {
        for (status, exited, signal) in [
            (0x0000, Some(0), None),
            (0x2a00, Some(42), None),
            (0x0009, None, Some(9)),
            // With a core dump.
            (0x008b, None, Some(11)),
            // Stopped: not ended at all.
            (0x137f, None, None),
        ] {
            let ended = ended(status);
            assert_eq!(ended.exit_status(), exited, "{status:x}");
            assert_eq!(ended.signal(), signal, "{status:x}");
            assert_eq!(ended.stopped_by().is_some(), status == 0x137f);
        }
        assert_eq!(ended(0x137f).stopped_by(), Some(19));
    }

    #[test]
    fn the_kernels_structure_has_144_bytes() {
        assert_eq!(size_of::<Usage>(), 144);
    }
}
