//! The first calls of a dynamically linked program, with the arguments that they have.
//!
//! Taken down from programs of glibc 2.36 and of musl 1.2 with a library beside libc (Debian 12,
//! x86-64); addresses and lengths are examples. Constants have the architecture's values.

use crate::ir::syscalls::{Action, ArchMeaning, Call, Reason, Verdict};
use crate::syscalls::constants::constant;
use crate::syscalls::{Arch, syscall_number};

/// An argument.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    /// An address, at which no filter looks.
    Address,
    /// A number.
    Number(u64),
    /// Constants, joined by `|`.
    Names(&'static [&'static str]),
}

use Value::{Address, Names, Number};

/// A call with its arguments; those that are left out are 0.
#[derive(Debug)]
pub(super) struct First {
    pub(super) name: &'static str,
    args: &'static [Value],
}

const fn first(name: &'static str, args: &'static [Value]) -> First {
    First { name, args }
}

/// A step of a start: any one of these calls will do.
pub(super) type Step = &'static [First];

const CWD: Value = Names(&["AT_FDCWD"]);
const FD: Value = Number(3);
const NO_FD: Value = Number(0xFFFF_FFFF);
const READ: Value = Names(&["PROT_READ"]);
const WRITE: Value = Names(&["PROT_READ", "PROT_WRITE"]);
const EXEC: Value = Names(&["PROT_READ", "PROT_EXEC"]);
const FILE: Value = Names(&["MAP_PRIVATE"]);
const PART: Value = Names(&["MAP_PRIVATE", "MAP_FIXED"]);
const FRESH: Value = Names(&["MAP_PRIVATE", "MAP_FIXED", "MAP_ANONYMOUS"]);

const THREAD_AREA: Step = &[
    first("arch_prctl", &[Number(0x1002), Address]),
    first("set_thread_area", &[Address]),
    first("set_tls", &[Address]),
];
const STAT: Step = &[
    // The loader of glibc 2.33 and later.
    first(
        "newfstatat",
        &[FD, Address, Address, Names(&["AT_EMPTY_PATH"])],
    ),
    first("fstat", &[FD, Address]),
    first("fstat64", &[FD, Address]),
    first(
        "fstatat64",
        &[FD, Address, Address, Names(&["AT_EMPTY_PATH"])],
    ),
    first(
        "statx",
        &[
            FD,
            Address,
            Names(&["AT_EMPTY_PATH"]),
            Number(0x7FF),
            Address,
        ],
    ),
];
const MAP: Step = &[
    first("mmap", &[Number(0), Number(20_480), READ, FILE, FD]),
    first("mmap2", &[Number(0), Number(20_480), READ, FILE, FD]),
];
const MAP_CODE: Step = &[
    first(
        "mmap",
        &[Address, Number(4096), EXEC, PART, FD, Number(4096)],
    ),
    first("mmap2", &[Address, Number(4096), EXEC, PART, FD, Number(1)]),
];
const MAP_DATA: Step = &[
    first(
        "mmap",
        &[Address, Number(8192), WRITE, PART, FD, Number(8192)],
    ),
    first(
        "mmap2",
        &[Address, Number(8192), WRITE, PART, FD, Number(2)],
    ),
];
const MAP_FRESH: Step = &[
    first("mmap", &[Address, Number(8192), WRITE, FRESH, NO_FD]),
    first("mmap2", &[Address, Number(8192), WRITE, FRESH, NO_FD]),
];
const PROTECT: Step = &[first("mprotect", &[Address, Number(4096), READ])];
const READ_FILE: Step = &[first("read", &[FD, Address, Number(832)])];
const CLOSE: Step = &[first("close", &[FD])];
const EXIT: Step = &[first("exit_group", &[Number(0)])];

/// What a program of glibc needs before its own first line.
pub(super) const GLIBC: &[Step] = &[
    THREAD_AREA,
    &[first(
        "openat",
        &[CWD, Address, Names(&["O_RDONLY", "O_CLOEXEC"])],
    )],
    READ_FILE,
    &[first("pread64", &[FD, Address, Number(784), Number(64)])],
    STAT,
    MAP,
    MAP_CODE,
    MAP_DATA,
    MAP_FRESH,
    CLOSE,
    PROTECT,
    EXIT,
];

/// What a program of musl needs: it opens with `open` where there is one.
pub(super) const MUSL: &[Step] = &[
    THREAD_AREA,
    &[
        first(
            "open",
            &[Address, Names(&["O_RDONLY", "O_CLOEXEC", "O_LARGEFILE"])],
        ),
        first(
            "openat",
            &[
                CWD,
                Address,
                Names(&["O_RDONLY", "O_CLOEXEC", "O_LARGEFILE"]),
            ],
        ),
    ],
    READ_FILE,
    STAT,
    MAP,
    MAP_CODE,
    MAP_DATA,
    CLOSE,
    PROTECT,
    EXIT,
];

/// Calls of every start that may fail, but not kill.
pub(super) const ASKED: &[Step] = &[
    &[first("access", &[Address, Number(4)])],
    &[first("brk", &[Number(0)])],
    &[first("getrandom", &[Address, Number(8), Number(1)])],
    &[first("munmap", &[Address, Number(45_056)])],
    &[first(
        "prlimit64",
        &[Number(0), Number(3), Number(0), Address],
    )],
    &[first(
        "rseq",
        &[Address, Number(32), Number(0), Number(0x5305_3053)],
    )],
    &[first("set_robust_list", &[Address, Number(24)])],
    &[first("set_tid_address", &[Address])],
];

/// A call that a start makes and a filter stops.
#[derive(Debug)]
pub(super) struct Stopped {
    /// Whether an entry or a rule stops it, and not the lack of one.
    pub(super) is_written: bool,
    pub(super) name: &'static str,
    /// How to write it, where its arguments are what stops it.
    pub(super) shown: Option<String>,
    pub(super) verdict: Verdict,
}

/// What stops a step; `None` where one of its calls goes through, or the interface has none. Where
/// it may fail, only what kills does.
pub(super) fn stopped(one: &ArchMeaning, step: Step, may_fail: bool) -> Option<Stopped> {
    let mut found = None;
    for call in step {
        let Some(number) = syscall_number(one.arch, call.name) else {
            continue;
        };
        let verdict = one.verdict(&call.on(one.arch, number));
        let goes_on = match verdict.action {
            Action::Allow | Action::Log => true,
            // A supervisor that is notified answers with an error.
            Action::Errno(_) | Action::Notify => may_fail,
            Action::Trap | Action::KillThread | Action::KillProcess => false,
        };
        if goes_on {
            return None;
        }
        if found.is_none() {
            found = Some(call.stopped(one, number, verdict));
        }
    }
    found
}

impl First {
    fn on(&self, arch: Arch, number: u32) -> Call {
        let value = |value: &Value| match value {
            Address => 0x7F00_0000,
            Number(number) => *number,
            Names(names) => names
                .iter()
                .fold(0, |all, name| all | constant(arch, name).unwrap_or(0)),
        };
        let mut args = [0; 6];
        for (register, written) in args.iter_mut().zip(self.args) {
            *register = value(written);
        }
        Call {
            audit_arch: arch.audit(),
            number,
            args,
        }
    }

    fn stopped(&self, one: &ArchMeaning, number: u32, verdict: Verdict) -> Stopped {
        // A call that goes through with other arguments is stopped by those it has.
        let by_arguments = match verdict.why {
            Reason::NoAllowRuleHeld | Reason::Guard => true,
            Reason::Rule => one.calls.get(&number).is_some_and(|call| {
                let unconditional = |rule: &&crate::ir::syscalls::Rule| rule.conditions.is_empty();
                call.rules.iter().find(unconditional).map(|rule| rule.span) != verdict.origin
            }),
            _ => false,
        };
        let is_written = match verdict.why {
            // What is denied by default has a rule too, where it gets an error of its own.
            Reason::Rule => verdict.origin != Some(one.default.span),
            Reason::NoAllowRuleHeld | Reason::Denied | Reason::Hidden => true,
            _ => false,
        };
        Stopped {
            is_written,
            name: self.name,
            shown: by_arguments.then(|| self.to_string()),
            verdict,
        }
    }
}

impl std::fmt::Display for First {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}(", self.name)?;
        for (at, value) in self.args.iter().enumerate() {
            f.write_str(if at == 0 { "" } else { ", " })?;
            match value {
                Address => f.write_str("address")?,
                Number(0xFFFF_FFFF) => f.write_str("-1")?,
                Number(number) => write!(f, "{number}")?,
                Names(names) => f.write_str(&names.join("|"))?,
            }
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::{ASKED, GLIBC, MUSL, Value};
    use crate::syscalls::constants::constant;
    use crate::syscalls::{Arch, signature, syscall_number_anywhere};

    #[test]
    fn every_call_and_constant_is_one_of_the_kernel() {
        for call in [GLIBC, MUSL, ASKED]
            .into_iter()
            .flatten()
            .copied()
            .flatten()
        {
            assert!(syscall_number_anywhere(call.name), "{call}");
            for value in call.args {
                let Value::Names(names) = value else { continue };
                for name in *names {
                    assert!(constant(Arch::X86_64, name).is_some(), "{name}");
                }
            }
            let Some(known) = signature(Arch::X86_64, call.name) else {
                continue;
            };
            assert!(call.args.len() <= known.len(), "{call}");
        }
    }
}
