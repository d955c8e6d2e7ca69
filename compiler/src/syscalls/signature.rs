//! What a call's arguments are, from `data/syscalls/signatures.tsv`.

use std::sync::OnceLock;

use super::Arch;
use super::table::Lines;

/// The arguments of a call on an architecture, in the order of its registers; `None` where the
/// kernel has no entry point for it any more, so that nobody says what they are.
pub fn signature(arch: Arch, name: &str) -> Option<Vec<Argument>> {
    let rows = || {
        index()
            .all(name)
            .iter()
            .filter_map(|(_, row)| row.split_once('\t'))
    };
    let own = rows().find(|(archs, _)| archs.split(',').any(|one| one == arch.name()));
    let (_, text) = own.or_else(|| rows().find(|(archs, _)| *archs == "*"))?;
    Some(text.split(',').filter_map(Argument::parse).collect())
}

/// The kernel's names for what the manual pages (section 2) call by this one, as `dfd` for `dirfd`;
/// a call has one of them at most.
pub fn kernel_names(manual: &str) -> impl Iterator<Item = &'static str> {
    MANUAL
        .iter()
        .filter(move |(name, _)| *name == manual)
        .map(|(_, kernel)| *kernel)
}

/// The position that a name of an argument stands for: the kernel's, the manual page's, or else `arg0` to `arg5`, which count from
/// 0. prctl(2) and keyctl(2) have arguments of such names, which count from 1: for these calls only the call's own names count.
pub fn argument_position(known: Option<&[Argument]>, name: &str) -> Option<usize> {
    let digit = |name: &str| {
        let digit = name.strip_prefix("arg").filter(|digit| digit.len() == 1)?;
        digit.parse::<usize>().ok().filter(|&position| position < 6)
    };
    let Some(known) = known else {
        return digit(name);
    };
    let find = |name: &str| {
        known
            .iter()
            .position(|one| one.name == name && one.kind != Kind::Pad)
    };
    let own = known.iter().any(|one| digit(one.name).is_some());
    find(name)
        .or_else(|| kernel_names(name).find_map(find))
        .or_else(|| digit(name).filter(|&position| !own && position < known.len()))
}

/// The manual pages' names of arguments, with the kernel's.
const MANUAL: [(&str, &str); 28] = [
    ("addr", "start"),
    ("advice", "behavior"),
    ("clockid", "which_clock"),
    ("code", "option"),
    ("count", "size"),
    ("dirfd", "dfd"),
    ("domain", "family"),
    ("flags", "clone_flags"),
    ("flags", "flag"),
    ("flags", "unshare_flags"),
    ("futex_op", "op"),
    ("length", "len"),
    ("newdirfd", "newdfd"),
    ("offset", "off"),
    ("olddirfd", "olddfd"),
    ("op", "cmd"),
    ("op", "option"),
    ("op", "request"),
    ("operation", "cmd"),
    ("operation", "op"),
    ("path", "filename"),
    ("pathname", "filename"),
    ("persona", "personality"),
    ("request", "cmd"),
    ("signum", "sig"),
    ("size", "len"),
    ("sockfd", "fd"),
    ("tid", "pid"),
];

/// One argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// The kernel's name for it.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// How many low bits of the register the kernel looks at: 8, 16, 32 or 64.
    pub bits: u32,
}

/// What an argument holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number of the width of `int` or less.
    Int,
    /// A number of the width of a register.
    Long,
    /// A length.
    Size,
    /// A place in a file, or half of one where registers have 32 bits.
    Offset,
    /// An address. What it points to can change after a filter has looked.
    Pointer,
    /// A file descriptor.
    Fd,
    /// A set of bits.
    Flags,
    /// A file mode.
    Mode,
    /// A register that the calling convention skips.
    Pad,
}

impl Argument {
    /// The bits of the register that the kernel looks at.
    pub const fn mask(self) -> u64 {
        match self.bits {
            64.. => u64::MAX,
            bits => (1 << bits) - 1,
        }
    }

    fn parse(text: &'static str) -> Option<Self> {
        let mut parts = text.split(':');
        let (name, kind, bits) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = match kind {
            "int" => Kind::Int,
            "long" => Kind::Long,
            "size" => Kind::Size,
            "offset" => Kind::Offset,
            "pointer" => Kind::Pointer,
            "fd" => Kind::Fd,
            "flags" => Kind::Flags,
            "mode" => Kind::Mode,
            "pad" => Kind::Pad,
            _ => return None,
        };
        Some(Self {
            name,
            kind,
            bits: bits.parse().ok()?,
        })
    }
}

fn index() -> &'static Lines {
    static INDEX: OnceLock<Lines> = OnceLock::new();
    INDEX.get_or_init(|| Lines::of(include_str!("../../data/syscalls/signatures.tsv")))
}
