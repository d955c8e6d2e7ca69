//! Named constants of the kernel's headers, from `data/syscalls/constants.tsv`, with a few that only
//! manual pages have, from `constants-reviewed.tsv`; and which argument of which call they belong to,
//! from `families.txt`.

use std::sync::OnceLock;

use super::Arch;
use super::families::{self, Family};
use super::signature::{Argument, signature};
use super::table::{Lines, lines};
use crate::diagnostics::nearest;

/// The value of a constant, such as 64 for `O_CREAT`, on an architecture, as the kernel's header
/// defines it there. A negative one, such as `AT_FDCWD`, is in two's complement on 64 bits; no
/// positive one has the highest bit.
pub fn constant(arch: Arch, name: &str) -> Option<u64> {
    value(table().first(name)?.1, arch)
}

/// The architectures that have a constant of this name.
pub fn constant_architectures(name: &str) -> Vec<Arch> {
    Arch::ALL
        .into_iter()
        .filter(|&arch| constant(arch, name).is_some())
        .collect()
}

/// All constants of an architecture, in alphabetical order.
pub fn constants(arch: Arch) -> impl Iterator<Item = (&'static str, u64)> {
    table()
        .iter()
        .filter_map(move |(name, row)| Some((name, value(row, arch)?)))
}

/// The constant of an architecture that looks most like `name`.
pub fn closest_constant(arch: Arch, name: &str) -> Option<&'static str> {
    nearest(
        &name.to_ascii_uppercase(),
        constants(arch).map(|(name, _)| name),
    )
}

/// The constants that an argument of a call is made of, by family. The argument is named as in the
/// call's [`signature`]. Empty where nothing is known of it.
pub fn constants_for(arch: Arch, syscall: &str, argument: &str) -> Vec<Choices> {
    let families = families::of(syscall, argument);
    families
        .map(|family| Choices::read(arch, family))
        .filter(|one| !one.is_empty())
        .collect()
}

/// The constant that looks most like `name` among those that belong to an argument, or else among
/// all of the architecture.
pub fn closest_constant_for(
    arch: Arch,
    syscall: &str,
    argument: &str,
    name: &str,
) -> Option<&'static str> {
    let choices = constants_for(arch, syscall, argument);
    nearest(
        &name.to_ascii_uppercase(),
        choices.iter().flat_map(Choices::names),
    )
    .or_else(|| closest_constant(arch, name))
}

/// An argument that a constant is for: a call or `*`, and the argument's name. One of this call where there is one.
pub fn home_of(name: &str, syscall: &str) -> Option<(&'static str, &'static str)> {
    let all = || table().iter().map(|(name, _)| name);
    let has = |family: &&Family| {
        let sets = [&family.values, &family.flags, &family.aliases];
        let field = family.field.iter().map(|(_, set)| set);
        let mut sets = sets.into_iter().chain(field);
        sets.any(|set| set.names(all()).contains(&name))
    };
    let uses = || {
        families::all()
            .iter()
            .filter(has)
            .flat_map(|family| family.uses.iter().copied())
    };
    uses()
        .find(|(call, _)| *call == syscall)
        .or_else(|| uses().next())
}

/// An argument's value in names, such as `O_WRONLY|O_CREAT|O_TRUNC` for 0x241 in `openat`'s flags.
/// Only the bits that the kernel looks at count. What has no name is added as a number; `None`
/// where no part has a name.
pub fn symbolic(arch: Arch, syscall: &str, argument: &str, value: u64) -> Option<String> {
    let arguments = signature(arch, syscall)?;
    let mask = arguments
        .iter()
        .find(|one| one.name == argument)
        .copied()
        .map(Argument::mask)?;
    let choices = constants_for(arch, syscall, argument);
    choices
        .iter()
        .find_map(|one| one.exact(value, mask))
        .or_else(|| choices.iter().find_map(|one| one.composed(value, mask)))
}

/// The name of a protocol of sockets, which the family decides: `IPPROTO_UDP` in `socket(AF_INET)`, `NETLINK_ROUTE` in
/// `socket(AF_NETLINK)`.
/// `None` where it has none, as in families whose protocols are numbers.
pub fn protocol(arch: Arch, family: u64, value: u64) -> Option<String> {
    let is = |name: &str| constant(arch, name) == Some(family);
    if is("AF_NETLINK") {
        let choices = constants_for(arch, "socket", "protocol");
        let mut names = choices.iter().flat_map(|one| one.aliases.iter());
        let found = names.find(|(name, one)| name.starts_with("NETLINK_") && *one == value)?;
        return Some(found.0.to_owned());
    }
    (is("AF_INET") || is("AF_INET6")).then(|| symbolic(arch, "socket", "protocol", value))?
}

/// The constants of one family on one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The family's name, such as `open`.
    pub family: &'static str,
    /// Constants that the argument holds one of.
    pub values: Vec<(&'static str, u64)>,
    /// Constants that the argument holds several of.
    pub flags: Vec<(&'static str, u64)>,
    /// A mask, and the constants that the bits under it hold one of.
    pub field: Option<(u64, Vec<(&'static str, u64)>)>,
    /// The mask's name, where it has one.
    pub mask: Option<&'static str>,
    /// Constants that may be written there, and are not used to print.
    pub aliases: Vec<(&'static str, u64)>,
}

impl Choices {
    /// All names of the family, in the order in which they are preferred.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        let field = self.field.iter().flat_map(|(_, list)| list);
        self.values
            .iter()
            .chain(field)
            .chain(&self.flags)
            .chain(&self.aliases)
            .map(|one| one.0)
    }

    fn is_empty(&self) -> bool {
        self.names().next().is_none()
    }

    fn read(arch: Arch, family: &'static Family) -> Self {
        let take = |set: &families::Set| -> Vec<(&'static str, u64)> {
            let names = set.names(table().iter().map(|(name, _)| name)).iter();
            names
                .filter_map(|&name| Some((name, constant(arch, name)?)))
                .collect()
        };
        let field = family.field.as_ref().and_then(|(mask, set)| {
            let mask = families::number(mask).or_else(|| constant(arch, mask))?;
            Some((mask, take(set)))
        });
        Self {
            family: family.name,
            values: take(&family.values),
            flags: take(&family.flags),
            mask: family
                .field
                .as_ref()
                .map(|one| one.0)
                .filter(|one| constant(arch, one).is_some()),
            field,
            aliases: take(&family.aliases),
        }
    }

    /// The one constant that is the whole value.
    fn exact(&self, value: u64, mask: u64) -> Option<String> {
        let found = self
            .values
            .iter()
            .find(|one| one.1 & mask == value & mask)?;
        Some(found.0.to_owned())
    }

    /// The field's constant and the flags that make up the value.
    fn composed(&self, value: u64, mask: u64) -> Option<String> {
        let mut rest = value & mask;
        let mut parts: Vec<String> = Vec::new();
        if let Some((bits, list)) = &self.field
            && let Some((name, one)) = list.iter().find(|one| one.1 == rest & bits)
        {
            parts.push((*name).to_owned());
            rest &= !one;
        }
        // The widest first: O_SYNC is O_DSYNC and a bit more. The sort keeps the order of equals.
        let mut flags: Vec<&(&str, u64)> =
            self.flags.iter().filter(|one| one.1 & mask != 0).collect();
        flags.sort_by_key(|one| std::cmp::Reverse((one.1 & mask).count_ones()));
        let mut named: Vec<&(&str, u64)> = Vec::new();
        for flag in flags {
            if rest & flag.1 & mask == flag.1 & mask {
                named.push(flag);
                rest &= !flag.1;
            }
        }
        let named = self.flags.iter().filter(|flag| named.contains(flag));
        parts.extend(named.map(|one| one.0.to_owned()));
        if parts.is_empty() {
            return None;
        }
        if rest != 0 {
            parts.push(format!("{rest:#x}"));
        }
        Some(parts.join("|"))
    }
}

fn table() -> &'static Lines {
    static TABLE: OnceLock<Lines> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut found = Lines::of(include_str!("../../data/syscalls/constants.tsv"));
        let reviewed = lines(include_str!("../../data/syscalls/constants-reviewed.tsv"));
        for (name, meant) in reviewed.filter_map(|line| line.split_once('\t')) {
            let row = match families::number(meant) {
                Some(_) => Some(meant),
                None => found.first(meant).map(|(_, row)| row),
            };
            if let Some(row) = row {
                found.put(name, row);
            }
        }
        found
    })
}

/// A constant's value in its line: one for most architectures, and those where it differs.
fn value(row: &str, arch: Arch) -> Option<u64> {
    let mut columns = row.split('\t');
    let most = columns.next()?;
    let own = columns.filter_map(|column| column.split_once('='));
    let mut own = own.filter(|(archs, _)| archs.split(',').any(|one| one == arch.name()));
    families::number(own.next_back().map_or(most, |(_, value)| value))
}
