//! Error names, from `data/syscalls/errnos.tsv`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Arch;
use super::table::lines;
use crate::diagnostics::nearest;

/// A second name that C libraries have for an error, and the kernel's headers do not (errno(3); `bits/errno.h` of glibc and musl).
const ALIASES: [(&str, &str); 1] = [("ENOTSUP", "EOPNOTSUPP")];

/// The value of an error name, such as 1 for `EPERM`, on an architecture (errno(3)).
pub fn errno_number(arch: Arch, name: &str) -> Option<u16> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    errnos()
        .get(alias.map_or(name, |(_, kernel)| kernel))
        .and_then(|row| row.get(column(arch)).copied().flatten())
}

/// The first name, in alphabetical order, of an error's value.
pub fn errno_name(arch: Arch, number: u16) -> Option<&'static str> {
    let column = column(arch);
    errnos()
        .iter()
        .find(|(_, row)| row.get(column).copied().flatten() == Some(number))
        .map(|(name, _)| *name)
}

/// The error name that looks most like `name`, if one looks like it.
pub fn closest_errno(name: &str) -> Option<&'static str> {
    let aliases = ALIASES.iter().map(|(alias, _)| *alias);
    nearest(name, errnos().keys().copied().chain(aliases))
}

/// mips numbers most errors its own way, Power one of them; the rest are alike.
const fn column(arch: Arch) -> usize {
    match arch {
        Arch::Mips64 => 1,
        Arch::Ppc64le => 2,
        _ => 0,
    }
}

type Errnos = BTreeMap<&'static str, [Option<u16>; 3]>;

fn errnos() -> &'static Errnos {
    static ERRNOS: OnceLock<Errnos> = OnceLock::new();
    ERRNOS.get_or_init(|| {
        let rows = lines(include_str!("../../data/syscalls/errnos.tsv"));
        rows.filter_map(|line| {
            let mut columns = line.split('\t');
            let name = columns.next()?;
            let mut row = [None; 3];
            for (cell, column) in row.iter_mut().zip(columns) {
                *cell = column.parse().ok();
            }
            Some((name, row))
        })
        .collect()
    })
}
