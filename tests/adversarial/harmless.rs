//! The calls of the setup that may fail: after each of these, the command starts with everything in force.

use super::faults::Role;
use nix::errno::Errno;

/// Calls whose failure leaves no layer out, each with the reason: which process makes it, the call,
/// and the error; `None` for any.
pub(super) const HARMLESS: &[(Role, &str, Option<Errno>, &str)] = &[
    (
        Role::Supervisor,
        "rt_sigtimedwait",
        None,
        "it watches: the run ends, and was whole until then",
    ),
    (Role::Supervisor, "clock_gettime", None, "the same"),
    (Role::Supervisor, "ppoll", None, "the same"),
    (
        Role::Supervisor,
        "read",
        None,
        "the same, where it relays before the command has started",
    ),
    (Role::Supervisor, "close", None, "the same"),
    (
        Role::Supervisor,
        "wait4",
        None,
        "the same, where it waits for whichever child has ended",
    ),
    (
        Role::Supervisor,
        "madvise",
        None,
        "it waits with more memory than it needs",
    ),
    (
        Role::Supervisor,
        "tee",
        None,
        "the command's input ends early, and the exit status says so",
    ),
    (Role::Supervisor, "socket", None, "there is no IPv6 inside"),
    (Role::Supervisor, "connect", None, "the same"),
    (
        Role::Holder,
        "prctl",
        None,
        "it ends early: then its map was written before, or is refused",
    ),
    (Role::Holder, "rt_sigtimedwait", None, "the same"),
    (
        Role::Init,
        "close",
        None,
        "it closes what is left before there is a payload",
    ),
    (
        Role::Init,
        "kcmp",
        None,
        "a placed descriptor is compared by device and inode instead",
    ),
    (
        Role::Init,
        "futex",
        None,
        "the payload looks before it waits: it has gone on, with everything in force",
    ),
    (
        Role::Init,
        "keyctl",
        Some(Errno::ENOSYS),
        "a kernel without keyrings has none to inherit",
    ),
    (
        Role::Init,
        "rt_sigtimedwait",
        None,
        "it watches: the run ends, and was whole until then",
    ),
    (Role::Init, "clock_gettime", None, "the same"),
    (
        Role::Init,
        "madvise",
        None,
        "it waits with more memory than it needs",
    ),
    (
        Role::Payload,
        "close",
        None,
        "close_range closes what is left before execve",
    ),
    (
        Role::Payload,
        "newfstatat",
        None,
        "a command that cannot be seen is looked for elsewhere",
    ),
    (Role::Payload, "faccessat2", None, "the same"),
    (
        Role::Payload,
        "openat",
        None,
        "an interpreter that cannot be read is left to execve",
    ),
    (Role::Payload, "pread64", None, "the same"),
    (
        Role::Payload,
        "kill",
        None,
        "without one file to try, Landlock is probed by another",
    ),
    (
        Role::Payload,
        "sched_setparam",
        Some(Errno::EPERM),
        "it is what the filter that keeps process 1 has to answer",
    ),
    (
        Role::Payload,
        "umount2",
        Some(Errno::EPERM),
        "it is what the filter has to answer",
    ),
];

/// Calls that come, or do not, by which process is faster.
pub(super) const BY_CHANCE: [(Role, &str); 15] = [
    // Where the network is filtered.
    (Role::Supervisor, "socket"),
    (Role::Supervisor, "connect"),
    // What is relayed before the command starts, and whether a signal is there already.
    (Role::Supervisor, "poll"),
    (Role::Supervisor, "ppoll"),
    (Role::Supervisor, "tee"),
    (Role::Supervisor, "ioctl"),
    (Role::Supervisor, "splice"),
    (Role::Supervisor, "rt_sigtimedwait"),
    (Role::Supervisor, "wait4"),
    (Role::Holder, "prctl"),
    (Role::Holder, "rt_sigtimedwait"),
    // Init gives its stack back and waits once it has let the payload go, which then runs beside it.
    (Role::Init, "madvise"),
    (Role::Init, "rt_sigtimedwait"),
    (Role::Init, "clock_gettime"),
    (Role::Payload, "futex"),
];
