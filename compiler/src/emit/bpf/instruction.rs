//! Instructions, programs, and the encodings that the kernel reads.

use std::fmt;

use crate::ir::solver::{ARCH_WORD, ARGUMENT_WORDS, NUMBER_WORD};

/// The most instructions that the kernel loads (`BPF_MAXINSNS` in `linux/bpf_common.h`).
pub const LONGEST: usize = 4096;

/// A program for `SECCOMP_SET_MODE_FILTER`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Program {
    /// The instructions, in order.
    pub instructions: Vec<Instruction>,
}

/// One classic BPF instruction (`struct sock_filter` in linux/filter.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// How many instructions a jump skips when its test holds.
    pub jt: u8,
    /// How many it skips when it does not.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// `BPF_LD|BPF_W|BPF_ABS`: load a word of `struct seccomp_data`.
pub(crate) const LOAD: u16 = 0x20;
/// `BPF_ALU|BPF_AND|BPF_K`.
pub(crate) const AND: u16 = 0x54;
/// `BPF_JMP|BPF_JA`.
pub(crate) const JUMP: u16 = 0x05;
/// `BPF_JMP|BPF_JEQ|BPF_K`.
pub(crate) const JEQ: u16 = 0x15;
/// `BPF_JMP|BPF_JGT|BPF_K`.
pub(crate) const JGT: u16 = 0x25;
/// `BPF_JMP|BPF_JGE|BPF_K`.
pub(crate) const JGE: u16 = 0x35;
/// `BPF_JMP|BPF_JSET|BPF_K`.
pub(crate) const JSET: u16 = 0x45;
/// `BPF_RET|BPF_K`.
pub(crate) const RETURN: u16 = 0x06;

/// Offset of the call's number in `struct seccomp_data`.
pub(crate) const NUMBER: u32 = offset(NUMBER_WORD);
/// Offset of the audit architecture.
pub(crate) const ARCH: u32 = offset(ARCH_WORD);
/// Offset of the first argument; each takes 8 bytes.
pub(crate) const ARGUMENTS: u32 = offset(ARGUMENT_WORDS);

/// Where a word of `struct seccomp_data` begins.
#[expect(clippy::cast_possible_truncation, reason = "there are 16 words")]
const fn offset(word: usize) -> u32 {
    4 * word as u32
}

impl Program {
    /// Reads an array of `struct sock_filter`, little endian; `None` where it is none.
    pub fn from_le_bytes(bytes: &[u8]) -> Option<Self> {
        let (all, rest) = bytes.as_chunks::<8>();
        let instructions = all
            .iter()
            .map(|&[c0, c1, jt, jf, k0, k1, k2, k3]| Instruction {
                code: u16::from_le_bytes([c0, c1]),
                jt,
                jf,
                k: u32::from_le_bytes([k0, k1, k2, k3]),
            });
        rest.is_empty().then(|| Self {
            instructions: instructions.collect(),
        })
    }

    /// As an array of `struct sock_filter`, little endian: 8 bytes an instruction.
    pub fn to_le_bytes(&self) -> Vec<u8> {
        let bytes = self.instructions.iter().flat_map(|one| {
            let [c0, c1] = one.code.to_le_bytes();
            let [k0, k1, k2, k3] = one.k.to_le_bytes();
            [c0, c1, one.jt, one.jf, k0, k1, k2, k3]
        });
        bytes.collect()
    }
}

impl fmt::Display for Program {
    /// One instruction a line, with absolute targets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, one) in self.instructions.iter().enumerate() {
            let to = |skip: u8| at + 1 + usize::from(skip);
            write!(f, "{at:4}  ")?;
            match one.code {
                LOAD => writeln!(f, "load [{}]", one.k)?,
                AND => writeln!(f, "and {:#x}", one.k)?,
                JUMP => writeln!(f, "jump {}", at + 1 + one.k as usize)?,
                RETURN => writeln!(f, "return {:#010x}", one.k)?,
                code => {
                    let test = match code {
                        JEQ => "==",
                        JGT => ">",
                        JGE => ">=",
                        JSET => "&",
                        _ => "?",
                    };
                    writeln!(
                        f,
                        "if {test} {:#x} goto {} else {}",
                        one.k,
                        to(one.jt),
                        to(one.jf)
                    )?;
                }
            }
        }
        Ok(())
    }
}
