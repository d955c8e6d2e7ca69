//! Whether the kernel knows a verdict without running the filter.

use super::instruction::{AND, ARCH, JEQ, JGE, JGT, JSET, JUMP, LOAD, NUMBER, Program, RETURN};
use crate::syscalls::{Arch, X32_BIT};

/// Whether the kernel, since 5.11, lets a call through without running the filter.
///
/// When a filter is loaded, the kernel follows it for every number of the native interface and of
/// the 32-bit one beside it, and notes those that it allows on the number and the architecture
/// alone (`seccomp_is_const_allow` and `seccomp_cache_prepare` in kernel/seccomp.c). It gives up at
/// a load of anything else and at any instruction but the few below; a verdict that is not exactly
/// "allow" is not noted. Numbers with the x32 bit are not looked up.
pub fn is_cacheable(program: &Program, arch: Arch, number: u32) -> bool {
    if arch == Arch::X32 || (arch.has_x32() && number >= X32_BIT) {
        return false;
    }
    let mut at = 0_usize;
    let mut accumulator = 0_u32;
    // Every jump goes forwards, so that this ends.
    while let Some(one) = program.instructions.get(at) {
        at += 1;
        let holds = match (one.code, one.k) {
            (LOAD, NUMBER) => {
                accumulator = number;
                continue;
            }
            (LOAD, ARCH) => {
                accumulator = arch.audit();
                continue;
            }
            (AND, k) => {
                accumulator &= k;
                continue;
            }
            (JUMP, k) => {
                at += k as usize;
                continue;
            }
            (RETURN, k) => return k == ALLOW,
            (JEQ, k) => accumulator == k,
            (JGT, k) => accumulator > k,
            (JGE, k) => accumulator >= k,
            (JSET, k) => accumulator & k != 0,
            _ => return false,
        };
        at += usize::from(if holds { one.jt } else { one.jf });
    }
    false
}

/// `SECCOMP_RET_ALLOW`, without data.
const ALLOW: u32 = 0x7FFF_0000;
