//! Which verdicts the kernel keeps, so that later calls do not run the filter at all.

use super::instruction::{AND, ARCH, JEQ, JGE, JGT, JSET, JUMP, LOAD, NUMBER, Program, RETURN};
use crate::syscalls::{Arch, X32_BIT};

/// Whether the kernel keeps an allow for a call's number: it runs the program once when it is
/// installed, and gives up at anything but the number, the architecture, jumps and masks
/// (`seccomp_is_const_allow` in kernel/seccomp.c, since 5.11). It does so for the numbers of its
/// native and its compatible table; x32's are in neither.
pub fn is_cacheable(program: &Program, arch: Arch, number: u32) -> bool {
    const ALLOW: u32 = 0x7FFF_0000;
    if arch == Arch::X32 || arch.has_x32() && number >= X32_BIT {
        return false;
    }
    let mut at = 0_usize;
    let mut accumulator = 0_u32;
    // No instruction leads back, so each is met once at most.
    while let Some(one) = program.instructions.get(at) {
        at += 1;
        let holds = match one.code {
            LOAD if one.k == NUMBER => {
                accumulator = number;
                continue;
            }
            LOAD if one.k == ARCH => {
                accumulator = arch.audit();
                continue;
            }
            AND => {
                accumulator &= one.k;
                continue;
            }
            JUMP => {
                at = at.saturating_add(one.k as usize);
                continue;
            }
            RETURN => return one.k == ALLOW,
            JEQ => accumulator == one.k,
            JGT => accumulator > one.k,
            JGE => accumulator >= one.k,
            JSET => accumulator & one.k != 0,
            _ => return false,
        };
        at += usize::from(if holds { one.jt } else { one.jf });
    }
    false
}
