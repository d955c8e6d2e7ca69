//! A call that shows, from inside, that a filter is in force.

use crate::ir::Probe;
use crate::ir::syscalls::{Action, Call, Meaning, evaluate};
use crate::syscalls::{errno_number, syscall_number};

/// A harmless call that the filter answers with an error that the kernel itself would not give;
/// `None` where the filter denies none of the candidates, or denies them in another way.
pub(crate) fn probe(meaning: &Meaning) -> Option<Probe> {
    let arch = meaning.native.arch;
    CANDIDATES.iter().find_map(|candidate| {
        let number = syscall_number(arch, candidate.name)?;
        let call = Call {
            audit_arch: arch.audit(),
            number,
            args: candidate.args,
        };
        let Action::Errno(errno) = evaluate(meaning, &call).action else {
            return None;
        };
        let natural = |name: &&str| errno_number(arch, name) == Some(errno);
        (!candidate.natural.iter().any(natural)).then_some(Probe {
            nr: number,
            args: candidate.args,
            errno,
        })
    })
}

/// A call that does nothing, whoever makes it, and what the kernel answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The call.
    pub name: &'static str,
    /// Arguments that cannot succeed, or with which success changes nothing.
    pub args: [u64; 6],
    /// The errors that the kernel may answer with; none means that it succeeds. ENOSYS is a kernel
    /// that was built without the call.
    pub natural: &'static [&'static str],
}

const fn candidate(
    name: &'static str,
    args: [u64; 6],
    natural: &'static [&'static str],
) -> Candidate {
    Candidate {
        name,
        args,
        natural,
    }
}

/// In order of preference: calls of the baseline first, then calls that a tight allow list leaves
/// out. Each is refused, or succeeds, before the kernel looks at privileges. `ALL` is a set of
/// flags that no kernel will know.
pub(crate) const CANDIDATES: &[Candidate] = &[
    candidate("umount2", [0, ALL, 0, 0, 0, 0], &["EINVAL"]),
    candidate("mount", [0; 6], &["EFAULT"]),
    candidate(
        "pidfd_getfd",
        [BAD_FD, 0, ALL, 0, 0, 0],
        &["EINVAL", "ENOSYS"],
    ),
    candidate(
        "process_vm_readv",
        [0, 0, 0, 0, 0, ALL],
        &["EINVAL", "ENOSYS"],
    ),
    candidate("setns", [BAD_FD, 0, 0, 0, 0, 0], &["EBADF"]),
    candidate("unshare", [ALL, 0, 0, 0, 0, 0], &["EINVAL"]),
    candidate("socket", [60, 3, 0, 0, 0, 0], &["EAFNOSUPPORT"]),
    candidate(
        "io_uring_enter",
        [BAD_FD, 0, 0, ALL, 0, 0],
        &["EINVAL", "ENOSYS"],
    ),
    candidate("getpgid", [0; 6], &[]),
    candidate("getppid", [0; 6], &[]),
    candidate("getuid", [0; 6], &[]),
    candidate("sched_yield", [0; 6], &[]),
    candidate(
        "process_mrelease",
        [BAD_FD, ALL, 0, 0, 0, 0],
        &["EINVAL", "ENOSYS"],
    ),
    candidate("pidfd_open", [0, ALL, 0, 0, 0, 0], &["EINVAL", "ENOSYS"]),
    candidate("inotify_init1", [ALL, 0, 0, 0, 0, 0], &["EINVAL", "ENOSYS"]),
];

/// -1 as a file descriptor.
const BAD_FD: u64 = 0xFFFF_FFFF;
/// Every bit of an `int`.
const ALL: u64 = 0xFFFF_FFFF;
