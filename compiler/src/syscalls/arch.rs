//! The architectures whose system calls we know.

use std::fmt;
use std::str::FromStr;

/// A system call interface: a table of numbers and a calling convention. `X32` is one although it
/// shares its audit value with `X86_64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86, also as `int 0x80` on a 64-bit kernel.
    X86,
    /// 32-bit pointers on 64-bit x86: numbers carry [`X32_BIT`].
    X32,
    /// 64-bit Arm.
    Aarch64,
    /// 32-bit Arm, EABI.
    Arm,
    /// 64-bit RISC-V.
    Riscv64,
    /// 64-bit Power, little endian.
    Ppc64le,
    /// 64-bit IBM Z.
    S390x,
    /// 64-bit `LoongArch`.
    Loongarch64,
    /// 64-bit MIPS, n64 interface, big endian.
    Mips64,
}

/// The bit that marks a number as an x32 call (`__X32_SYSCALL_BIT` in asm/unistd.h).
pub const X32_BIT: u32 = 0x4000_0000;

impl Arch {
    /// All of them, in the order of the columns of `numbers.tsv`.
    pub const ALL: [Self; 10] = [
        Self::X86_64,
        Self::X86,
        Self::X32,
        Self::Aarch64,
        Self::Arm,
        Self::Riscv64,
        Self::Ppc64le,
        Self::S390x,
        Self::Loongarch64,
        Self::Mips64,
    ];

    /// The name that policies and messages use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::X86 => "x86",
            Self::X32 => "x32",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
            Self::Riscv64 => "riscv64",
            Self::Ppc64le => "ppc64le",
            Self::S390x => "s390x",
            Self::Loongarch64 => "loongarch64",
            Self::Mips64 => "mips64",
        }
    }

    /// What the kernel puts into `seccomp_data.arch` (`AUDIT_ARCH_*` in linux/audit.h).
    pub const fn audit(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => 0xC000_003E,
            Self::X86 => 0x4000_0003,
            Self::Aarch64 => 0xC000_00B7,
            Self::Arm => 0x4000_0028,
            Self::Riscv64 => 0xC000_00F3,
            Self::Ppc64le => 0xC000_0015,
            Self::S390x => 0x8000_0016,
            Self::Loongarch64 => 0xC000_0102,
            Self::Mips64 => 0x8000_0008,
        }
    }

    /// The width of a register that carries an argument, in bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::X86 | Self::Arm => 32,
            _ => 64,
        }
    }

    /// Whether the high half of a 64-bit argument comes first in `seccomp_data`.
    pub const fn big_endian(self) -> bool {
        matches!(self, Self::S390x | Self::Mips64)
    }

    /// Where the table's numbers start.
    pub const fn base(self) -> u32 {
        match self {
            Self::X32 => X32_BIT,
            Self::Mips64 => 5000,
            _ => 0,
        }
    }

    /// Whether there are kernels whose own interface this is: all but x32, a second set of calls of
    /// kernels for x86-64.
    pub const fn is_native(self) -> bool {
        !matches!(self, Self::X32)
    }

    /// The other interfaces that a kernel for this one may offer to the same process.
    pub const fn compat(self) -> &'static [Self] {
        match self {
            Self::X86_64 => &[Self::X86, Self::X32],
            Self::Aarch64 => &[Self::Arm],
            _ => &[],
        }
    }

    /// Whether the numbers of this interface need telling apart from x32's.
    pub const fn has_x32(self) -> bool {
        matches!(self, Self::X86_64)
    }

    /// Where numbers of this architecture alone begin, after those that all share: x32's own calls
    /// from 512, Arm's private ones from 0x0f0000. The range before them is where new calls appear.
    pub(super) const fn private_start(self) -> u32 {
        match self {
            Self::X32 => X32_BIT + 512,
            Self::Arm => 0x000F_0000,
            _ => u32::MAX,
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no architecture has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownArch(pub String);

impl fmt::Display for UnknownArch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no architecture is called `{}`", self.0)
    }
}

impl std::error::Error for UnknownArch {}

impl FromStr for Arch {
    type Err = UnknownArch;

    /// Takes our names and those that uname(2), Debian and Docker use for the same thing.
    fn from_str(name: &str) -> Result<Self, UnknownArch> {
        Ok(match name {
            "x86_64" | "x86-64" | "amd64" => Self::X86_64,
            "x86" | "i386" | "i486" | "i586" | "i686" => Self::X86,
            "x32" => Self::X32,
            "aarch64" | "arm64" => Self::Aarch64,
            "arm" | "armhf" | "armv7l" => Self::Arm,
            "riscv64" => Self::Riscv64,
            "ppc64le" | "ppc64el" | "powerpc64le" => Self::Ppc64le,
            "s390x" => Self::S390x,
            "loongarch64" | "loong64" => Self::Loongarch64,
            "mips64" => Self::Mips64,
            _ => return Err(UnknownArch(name.to_owned())),
        })
    }
}
