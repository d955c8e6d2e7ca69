//! Runs a program as the kernel would: strictly, so that what the kernel's checker refuses at load
//! is a [`Trap`] here.

use std::fmt;

use super::instruction::{
    AND, ARCH, ARGUMENTS, JEQ, JGE, JGT, JSET, JUMP, LOAD, NUMBER, Program, RETURN,
};
use crate::ir::syscalls::Call;

/// The value that a program returns for a call; `seen` is called for every comparison on the
/// way: which instruction it is, and the offset that was loaded last.
pub fn run(program: &Program, data: &Data, mut seen: impl FnMut(usize, u32)) -> Result<u32, Trap> {
    let mut at = 0_usize;
    let mut accumulator = 0_u32;
    let mut loaded = NUMBER;
    loop {
        let one = *program.instructions.get(at).ok_or(Trap { at })?;
        at += 1;
        let trap = Trap { at };
        let holds = match one.code {
            LOAD => {
                let word = (one.k % 4 == 0).then_some(one.k / 4).ok_or(trap)?;
                accumulator = *data.words.get(word as usize).ok_or(trap)?;
                loaded = one.k;
                continue;
            }
            AND => {
                accumulator &= one.k;
                continue;
            }
            JUMP => {
                at = at.checked_add(one.k as usize).ok_or(trap)?;
                continue;
            }
            RETURN => return Ok(one.k),
            JEQ => accumulator == one.k,
            JGT => accumulator > one.k,
            JGE => accumulator >= one.k,
            JSET => accumulator & one.k != 0,
            _ => return Err(trap),
        };
        seen(trap.at - 1, loaded);
        at += usize::from(if holds { one.jt } else { one.jf });
    }
}

/// `struct seccomp_data`, as the words that a program can load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data {
    words: [u32; 16],
}

impl Data {
    /// A call as it lies in the memory of an architecture with this byte order. The instruction
    /// pointer is a value that no program of ours may depend on.
    pub fn new(call: &Call, big_endian: bool) -> Self {
        let mut words = [0_u32; 16];
        let mut put = |offset: u32, value: u32| {
            if let Some(word) = words.get_mut((offset / 4) as usize) {
                *word = value;
            }
        };
        put(NUMBER, call.number);
        put(ARCH, call.audit_arch);
        put(8, 0xDEAD_BEEF);
        put(12, 0xFEED_FACE);
        for (offset, arg) in (ARGUMENTS..).step_by(8).zip(call.args) {
            let (low, high) = ((arg & 0xFFFF_FFFF) as u32, (arg >> 32) as u32);
            put(offset, if big_endian { high } else { low });
            put(offset + 4, if big_endian { low } else { high });
        }
        Self { words }
    }
}

/// A program that the kernel would refuse: it runs off its end, or has an instruction that a
/// filter of ours never has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trap {
    /// The instruction, counted from 1.
    pub at: usize,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no valid instruction {}", self.at)
    }
}
