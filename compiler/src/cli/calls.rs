//! Which system calls a program lets through: the program is asked, call by call.

use purplec::emit::bpf::{Data, Program, run};
use purplec::ir::syscalls::Call;
use purplec::syscalls::{Arch, names};

/// The calls of an architecture, sorted by what a program says of them.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Always go through.
    pub(super) allowed: Vec<&'static str>,
    /// Never go through.
    pub(super) denied: Vec<&'static str>,
    /// It depends on their arguments.
    pub(super) by_arguments: Vec<&'static str>,
}

/// `SECCOMP_RET_ALLOW` and `SECCOMP_RET_LOG` (seccomp(2)).
const LET_THROUGH: [u32; 2] = [0x7fff_0000, 0x7ffc_0000];

/// Where the arguments start in `struct seccomp_data`.
const ARGUMENTS: u32 = 16;

/// Asks a plan's program about every call of an architecture. `None`: the program is not one that
/// this compiler makes.
pub(super) fn classify(arch: Arch, program: &[u8]) -> Option<Calls> {
    let program = Program::from_le_bytes(program)?;
    let mut calls = Calls::default();
    for (name, number) in names(arch) {
        let call = Call {
            audit_arch: arch.audit(),
            number,
            args: [0; 6],
        };
        let mut arguments = false;
        let verdict = run(
            &program,
            &Data::new(&call, arch.big_endian()),
            |_, offset| {
                arguments |= offset >= ARGUMENTS;
            },
        );
        let verdict = verdict.ok()?;
        let list = if arguments {
            &mut calls.by_arguments
        } else if LET_THROUGH.contains(&verdict) {
            &mut calls.allowed
        } else {
            &mut calls.denied
        };
        list.push(name);
    }
    for list in [
        &mut calls.allowed,
        &mut calls.denied,
        &mut calls.by_arguments,
    ] {
        list.sort_unstable();
    }
    Some(calls)
}
