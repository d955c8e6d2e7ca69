//! Which kernel first had a call, from `data/syscalls/since.tsv` and `since-reviewed.tsv`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use super::Arch;
use super::table::{lines, syscall_number};

/// The first kernel that can have had a call on an architecture; `None` where the architecture has
/// no such call, or nobody says since when.
///
/// From 5.1 on all architectures get a call at once, and this is the version. Older calls came to
/// some architectures later than to the first one: there it is a version before which no kernel had
/// the call.
pub fn since(arch: Arch, name: &str) -> Option<Version> {
    syscall_number(arch, name)?;
    let table = table();
    let call = table
        .own
        .get(&(name, arch))
        .or_else(|| table.calls.get(name))
        .copied()?;
    Some(
        table
            .first
            .get(&arch)
            .copied()
            .map_or(call, |first| first.max(call)),
    )
}

/// A kernel's version: 5.3, or 2.6.16.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u8,
    /// The second number.
    pub minor: u8,
    /// The third one, which means something before 3.0; else 0.
    pub patch: u8,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch != 0 {
            write!(f, ".{}", self.patch)
        } else {
            Ok(())
        }
    }
}

/// Not two or three numbers with dots between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAVersion;

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        let mut numbers = text
            .splitn(3, '.')
            .map(|part| part.parse().map_err(|_| NotAVersion));
        let major = numbers.next().ok_or(NotAVersion)??;
        let minor = numbers.next().ok_or(NotAVersion)??;
        let patch = numbers.next().unwrap_or(Ok(0))?;
        Ok(Self {
            major,
            minor,
            patch,
        })
    }
}

#[derive(Default)]
struct Table {
    calls: BTreeMap<&'static str, Version>,
    own: BTreeMap<(&'static str, Arch), Version>,
    first: BTreeMap<Arch, Version>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut found = Table::default();
        let page = lines(include_str!("../../data/syscalls/since.tsv"));
        let reviewed = lines(include_str!("../../data/syscalls/since-reviewed.tsv"));
        for line in page.chain(reviewed) {
            let mut columns = line.split('\t');
            let (Some(name), Some(Ok(version))) =
                (columns.next(), columns.next().map(str::parse::<Version>))
            else {
                continue;
            };
            if let Some(arch) = name.strip_prefix('@') {
                found
                    .first
                    .extend(arch.parse::<Arch>().ok().map(|arch| (arch, version)));
            } else if let Some(archs) = columns.next() {
                let archs = archs
                    .split(',')
                    .filter_map(|arch| arch.parse::<Arch>().ok());
                found.own.extend(archs.map(|arch| ((name, arch), version)));
            } else {
                found.calls.insert(name, version);
            }
        }
        found
    })
}
