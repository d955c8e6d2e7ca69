//! Two filters of purple-exec's own, which no plan has a say in: one keeps a program inside from
//! process 1, the other keeps the recorder to the calls that it needs.
//!
//! They are data, made when this is compiled. Both begin with the interface and then compare numbers, so
//! the kernel knows at load which calls each lets through whatever their arguments are
//! (`seccomp_cache_prepare` of kernel/seccomp.c), and these cost nothing.
#![expect(unsafe_code, reason = "seccomp takes a pointer to a structure")]

use crate::architecture::{AUDIT_ARCH, numbers};
use crate::call::{address_of, call};
use crate::seccomp::SET_MODE_FILTER;
use rustix::io::Errno;

/// `struct sock_filter` of linux/filter.h.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Instruction {
    code: u16,
    if_true: u8,
    if_false: u8,
    value: u32,
}

/// `struct sock_fprog` of linux/filter.h.
#[repr(C)]
struct Program {
    count: u16,
    instructions: *const Instruction,
}

/// Where `struct seccomp_data` (linux/seccomp.h) has what is asked: arguments by their low half, which
/// comes first on this machine.
const NUMBER: u32 = 0;
const INTERFACE: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;
const SECOND_ARGUMENT: u32 = 24;
const THIRD_ARGUMENT: u32 = 32;

/// Answers: `SECCOMP_RET_*` of linux/seccomp.h.
const ALLOW: u32 = 0x7fff_0000;
const KILL_PROCESS: u32 = 0x8000_0000;
/// `SECCOMP_RET_ERRNO` with EPERM.
const NOT_PERMITTED: u32 = 0x0005_0001;

/// Asks for the mode of this process's filters (linux/prctl.h).
const PR_GET_SECCOMP: u32 = 21;

/// The bit of a number that says it came through x32 (asm/unistd.h); the rest is the same call.
const X32_BIT: u32 = 0x4000_0000;

/// Loads a word of the call (`BPF_LD | BPF_W | BPF_ABS`).
const fn load(offset: u32) -> Instruction {
    instruction(0x20, 0, 0, offset)
}

/// Goes on behind so many instructions where the word is the value (`BPF_JMP | BPF_JEQ`).
const fn equal(value: u32, if_true: u8, if_false: u8) -> Instruction {
    instruction(0x15, if_true, if_false, value)
}

/// The same where they have a bit in common (`BPF_JSET`).
const fn in_common(value: u32, if_true: u8, if_false: u8) -> Instruction {
    instruction(0x45, if_true, if_false, value)
}

/// Keeps these bits of the word (`BPF_ALU | BPF_AND`).
const fn keep(bits: u32) -> Instruction {
    instruction(0x54, 0, 0, bits)
}

/// Answers (`BPF_RET`).
const fn answer(with: u32) -> Instruction {
    instruction(0x06, 0, 0, with)
}

const fn instruction(code: u16, if_true: u8, if_false: u8, value: u32) -> Instruction {
    Instruction {
        code,
        if_true,
        if_false,
        value,
    }
}

/// Process 1 of a sandbox has the program's user id, so by ids alone the program could set its limits,
/// its scheduler, its processors and its priorities (prlimit(2), sched(7), setpriority(2), `ioprio_set(2)`).
/// Calls by group or by user would reach it too, and what is outside. What asks for ptrace(2)'s
/// rights (`process_madvise`, `move_pages`, kcmp(2)) is closed by its being undumpable.
static FIRST_PROCESS: [Instruction; 21] = [
    load(INTERFACE),
    equal(AUDIT_ARCH, 0, 17),
    load(NUMBER),
    keep(!X32_BIT),
    equal(numbers::PRLIMIT64, 6, 0),
    equal(numbers::SCHED_SETPARAM, 5, 0),
    equal(numbers::SCHED_SETSCHEDULER, 4, 0),
    equal(numbers::SCHED_SETAFFINITY, 3, 0),
    equal(numbers::SCHED_SETATTR, 2, 0),
    equal(numbers::SETPRIORITY, 3, 0),
    equal(numbers::IOPRIO_SET, 4, 8),
    // Which process is the first argument.
    load(FIRST_ARGUMENT),
    equal(1, 7, 6),
    // setpriority: only by process (`PRIO_PROCESS`, 0), and not this one.
    load(FIRST_ARGUMENT),
    equal(0, 2, 5),
    // ioprio_set: the same (`IOPRIO_WHO_PROCESS`, 1).
    load(FIRST_ARGUMENT),
    equal(1, 0, 3),
    load(SECOND_ARGUMENT),
    // All that is left is allowed, but for process 1.
    equal(1, 1, 0),
    answer(ALLOW),
    answer(NOT_PERMITTED),
];

/// What the recorder does once it is confined: it looks at callers, answers them, and ends. Files are
/// opened for reading alone. It asks once whether the filter is in force.
static RECORDER: [Instruction; 21] = [
    load(INTERFACE),
    equal(AUDIT_ARCH, 0, 17),
    load(NUMBER),
    equal(numbers::IOCTL, 14, 0),
    equal(numbers::PROCESS_VM_READV, 13, 0),
    equal(numbers::OPENAT, 8, 0),
    equal(numbers::PREAD64, 11, 0),
    equal(numbers::CLOSE, 10, 0),
    equal(numbers::POLL, 9, 0),
    equal(numbers::PPOLL, 8, 0),
    equal(numbers::RECVMSG, 7, 0),
    equal(numbers::CLOCK_GETTIME, 6, 0),
    equal(numbers::PRCTL, 3, 0),
    equal(numbers::EXIT_GROUP, 4, 5),
    load(THIRD_ARGUMENT),
    // The access mode, and what makes, empties or writes: `O_CREAT`, `O_TRUNC`, `O_TMPFILE`.
    in_common(0o3 | 0o100 | 0o1000 | 0o20_000_000, 3, 2),
    load(FIRST_ARGUMENT),
    equal(PR_GET_SECCOMP, 2, 1),
    answer(ALLOW),
    answer(KILL_PROCESS),
    answer(NOT_PERMITTED),
];

/// Keeps this process, and all that it starts, from steering process 1. True where that is in force.
///
/// A process without privileges has to have given up gaining any before (`no_new_privs`).
pub fn keep_from_first_process() -> Result<bool, Errno> {
    load_program(&FIRST_PROCESS)?;
    // With a null pointer for the parameters, the kernel itself would say EINVAL.
    // SAFETY: the kernel reads no memory by a null pointer.
    let answer = unsafe { call(numbers::SCHED_SETPARAM, [1, 0, 0, 0, 0, 0]) };
    Ok(answer == Err(Errno::PERM))
}

/// Keeps this process to what the recorder needs: any other call kills it. True where that is in force.
pub fn confine_recorder() -> Result<bool, Errno> {
    load_program(&RECORDER)?;
    let arguments = [usize::try_from(PR_GET_SECCOMP).unwrap_or(0), 0, 0, 0, 0, 0];
    // SAFETY: numbers only; the kernel itself would return a number.
    let answer = unsafe { call(numbers::PRCTL, arguments) };
    Ok(answer == Err(Errno::PERM))
}

fn load_program(instructions: &'static [Instruction]) -> Result<(), Errno> {
    let program = Program {
        count: u16::try_from(instructions.len()).map_err(|_| Errno::INVAL)?,
        instructions: instructions.as_ptr(),
    };
    let arguments = [SET_MODE_FILTER, 0, address_of(&program), 0, 0, 0];
    // SAFETY: the structure is alive and names as many instructions as there are.
    let _zero = unsafe { call(numbers::SECCOMP, arguments) }?;
    Ok(())
}

#[cfg(test)]
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod tests {
    use super::{
        ALLOW, AUDIT_ARCH, FIRST_PROCESS, Instruction, KILL_PROCESS, NOT_PERMITTED, PR_GET_SECCOMP,
        RECORDER, X32_BIT, numbers,
    };

    /// What a program answers to a call, as the kernel would run it.
    fn run(program: &[Instruction], number: u32, interface: u32, arguments: [u32; 3]) -> u32 {
        let mut word = 0;
        let mut at = 0;
        loop {
            let Instruction {
                code,
                if_true,
                if_false,
                value,
            } = program[at];
            at += 1;
            let jump = |is_so| usize::from(if is_so { if_true } else { if_false });
            match code {
                0x20 => {
                    word = match value {
                        0 => number,
                        4 => interface,
                        16 => arguments[0],
                        24 => arguments[1],
                        32 => arguments[2],
                        other => panic!("{other}"),
                    }
                }
                0x54 => word &= value,
                0x15 => at += jump(word == value),
                0x45 => at += jump(word & value != 0),
                0x06 => return value,
                other => panic!("{other:x}"),
            }
        }
    }

    #[test]
    fn process_1_cannot_be_steered_and_others_can() {
        let asked =
            |number, first, second| run(&FIRST_PROCESS, number, AUDIT_ARCH, [first, second, 0]);
        for number in [
            numbers::PRLIMIT64,
            numbers::SCHED_SETPARAM,
            numbers::SCHED_SETSCHEDULER,
            numbers::SCHED_SETAFFINITY,
            numbers::SCHED_SETATTR,
        ] {
            assert_eq!(asked(number, 1, 7), NOT_PERMITTED, "{number}");
            assert_eq!(asked(number | X32_BIT, 1, 7), NOT_PERMITTED, "{number}");
            for other in [0, 2, 7] {
                assert_eq!(asked(number, other, 1), ALLOW, "{number}");
            }
        }
        for (number, by_process, others) in [
            (numbers::SETPRIORITY, 0, [1, 2, 3]),
            (numbers::IOPRIO_SET, 1, [2, 3, 0]),
        ] {
            assert_eq!(asked(number, by_process, 1), NOT_PERMITTED, "{number}");
            assert_eq!(asked(number, by_process, 0), ALLOW, "{number}");
            assert_eq!(asked(number, by_process, 2), ALLOW, "{number}");
            for which in others {
                assert_eq!(asked(number, which, 0), NOT_PERMITTED, "{number} {which}");
            }
        }
    }

    #[test]
    fn every_other_call_is_left_to_the_plan() {
        for number in (0..600).chain([u32::MAX]) {
            let listed = [302, 142, 144, 203, 314, 141, 251].contains(&number);
            let found = run(&FIRST_PROCESS, number, AUDIT_ARCH, [1, 1, 1]);
            assert_eq!(found == ALLOW, !listed, "{number}");
        }
        // The calls of another interface, all of which a plan's filter denies.
        assert_eq!(run(&FIRST_PROCESS, 97, 0x4000_0003, [1, 1, 1]), ALLOW);
    }

    #[test]
    fn the_recorder_looks_and_answers_and_does_nothing_else() {
        let asked = |number, flags| run(&RECORDER, number, AUDIT_ARCH, [1, 1, flags]);
        let allowed = [16, 17, 3, 7, 271, 47, 228, 231, 310];
        for number in 0..600 {
            let expected = if allowed.contains(&number) {
                ALLOW
            } else {
                KILL_PROCESS
            };
            assert_eq!(asked(number, 1), expected, "{number}");
        }
        assert_eq!(asked(numbers::OPENAT, 0o2_004_400), ALLOW);
        for flags in [1, 2, 3, 0o100, 0o1000, 0o20_200_000] {
            assert_eq!(asked(numbers::OPENAT, flags), KILL_PROCESS, "{flags:o}");
        }
        let option = |option| run(&RECORDER, numbers::PRCTL, AUDIT_ARCH, [option, 0, 0]);
        assert_eq!(option(PR_GET_SECCOMP), NOT_PERMITTED);
        assert_eq!(option(PR_GET_SECCOMP + 1), KILL_PROCESS);
        assert_eq!(run(&RECORDER, 16, 0x4000_0003, [0; 3]), KILL_PROCESS);
    }
}
