//! Reading the mounts back from the kernel (`proc_pid_mountinfo(5)`): each must be one that the plan
//! asks for, or hang below one that came with everything below it, and have its attributes.

use crate::filesystem::has;
use crate::message::{OrRefuse, Refused, Text, refuse};
use crate::step::Step;
use crate::transfer::{number, read_whole};
use purple_plan::mount_flags;
use purple_sys::{memory, mount};
use rustix::io::Errno;

const STEP: &str = "mount";

/// The most that is read. A mount takes a line of some hundred bytes.
pub(crate) const MOST_BYTES: usize = 4 << 20;

/// The attributes that are looked at, as mountinfo names them.
const ATTRIBUTES: [(u64, &[u8]); 4] = [
    (mount::RDONLY, b"ro"),
    (mount::NOSUID, b"nosuid"),
    (mount::NODEV, b"nodev"),
    (mount::NOEXEC, b"noexec"),
];

/// Checks every mount of this process's namespace, and returns how many there are. `mapped` says
/// whether what the payload owns must be id-mapped.
pub(crate) fn check(steps: &mut [Step], mapped: bool) -> Result<u64, Refused> {
    const READING: &str = "reading the mounts back";
    memory::lend(MOST_BYTES, |memory| {
        let lines = read(memory).or_refuse(STEP, READING)?;
        let mut count = 0_u64;
        for line in lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            check_line(steps, mapped, line)?;
            count = count.saturating_add(1);
        }
        let required = |step: &&Step| step.is_mount() && !has(&step.mount, mount_flags::OPTIONAL);
        match steps.iter().filter(required).find(|step| !step.found) {
            Some(step) => Err(wrong(step, " is not mounted")),
            None => Ok(count),
        }
    })
    .or_refuse(STEP, READING)?
}

/// The lines of this process's mounts.
pub(crate) fn read(memory: &mut [u8]) -> Result<&[u8], Errno> {
    read_whole(c"/proc/self/mountinfo", memory)
}

/// Checks one line, and marks the steps whose mount it is.
fn check_line(steps: &mut [Step], mapped: bool, line: &[u8]) -> Result<(), Refused> {
    let entry = entry(line).ok_or_else(|| refuse!(STEP, "an unknown form: ", line))?;
    let has_option = |name: &[u8]| {
        entry
            .options
            .split(|&byte| byte == b',')
            .any(|one| one == name)
    };
    let point = unescaped(entry.point);

    // The step that governs it: the one with the longest target at or above it.
    let (mut longest, mut wanted, mut owned, mut governor) = (0, 0, false, None);
    for step in steps.iter_mut().filter(|step| step.is_mount()) {
        let length = step.place.len();
        match relation(point.bytes(), step.place) {
            Relation::Same => {
                step.found = true;
                if length >= longest {
                    let again = governor.is_some() && length == longest;
                    wanted = if again {
                        wanted | step.mount.attrs
                    } else {
                        step.mount.attrs
                    };
                    owned = has(&step.mount, mount_flags::OWNED) || (again && owned);
                    (longest, governor) = (length, Some(step));
                }
            }
            Relation::Below if length > longest => {
                (wanted, owned) = (step.mount.attrs, has(&step.mount, mount_flags::OWNED));
                let recursive = has(&step.mount, mount_flags::RECURSIVE);
                (longest, governor) = (length, recursive.then_some(step));
            }
            _ => {}
        }
    }
    let Some(step) = governor else {
        return Err(refuse!(
            STEP,
            entry.point,
            " is mounted, and the plan does not say so"
        ));
    };
    if ATTRIBUTES
        .iter()
        .any(|&(bit, name)| wanted & bit != 0 && !has_option(name))
    {
        return Err(wrong(step, " does not have the attributes that were set"));
    }
    if mapped && owned && !has_option(b"idmapped") {
        return Err(wrong(step, " is not id-mapped"));
    }
    Ok(())
}

fn wrong(step: &Step, what: &'static str) -> Refused {
    refuse!(STEP, step.mount.target, what, step.mount.line)
}

/// What a line says of a mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry<'l> {
    pub(crate) id: u64,
    /// Major and minor number, with a colon between them.
    pub(crate) device: &'l [u8],
    /// The part of the file system that it shows, escaped.
    root: &'l [u8],
    /// Its place, as seen from the root, escaped.
    pub(crate) point: &'l [u8],
    /// Its attributes, with commas between them.
    options: &'l [u8],
    /// The type of the file system.
    pub(crate) kind: &'l [u8],
}

/// Reads a line. `None` for none that the kernel writes.
pub(crate) fn entry(line: &[u8]) -> Option<Entry<'_>> {
    let mut fields = line.split(|&byte| byte == b' ');
    let id = number(fields.next()?)?;
    let (_parent, device) = (fields.next()?, fields.next()?);
    let (root, point) = (fields.next()?, fields.next()?);
    let options = fields.next()?;
    let _tags = fields.find(|&field| field == b"-")?;
    Some(Entry {
        id,
        device,
        root,
        point,
        options,
        kind: fields.next()?,
    })
}

/// Where a whole file system of this type is mounted.
pub(crate) fn find_type(kind: &[u8]) -> Result<Text<4096>, Errno> {
    memory::lend(MOST_BYTES, |memory| {
        let mut entries = read(memory)?.split(|&byte| byte == b'\n').filter_map(entry);
        let found = entries.find(|entry| entry.kind == kind && entry.root == b"/");
        let path = unescaped(found.ok_or(Errno::NOENT)?.point);
        path.c_str().map(drop)?;
        Ok(path)
    })?
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Same,
    Below,
    Neither,
}

/// How a mount point lies to a path.
pub(crate) fn relation(point: &[u8], path: &[u8]) -> Relation {
    // The root's path is the only one that ends in a slash.
    let (point, path) = (
        point.strip_suffix(b"/").unwrap_or(point),
        path.strip_suffix(b"/").unwrap_or(path),
    );
    match point.strip_prefix(path) {
        Some([]) => Relation::Same,
        Some([b'/', ..]) => Relation::Below,
        Some(_) | None => Relation::Neither,
    }
}

/// A field without its escapes: space, tab, newline and backslash stand in it as `\` and three octal
/// digits.
pub(crate) fn unescaped(mut field: &[u8]) -> Text<4096> {
    let digit = |byte: &u8| byte.checked_sub(b'0').filter(|digit| *digit < 8);
    let mut text = Text::new();
    while let [first, rest @ ..] = field {
        let mut byte = *first;
        field = rest;
        if byte == b'\\'
            && let [a, b, c, after @ ..] = rest
            && let (Some(a), Some(b), Some(c)) = (digit(a), digit(b), digit(c))
        {
            byte = a.wrapping_shl(6) | b.wrapping_shl(3) | c;
            field = after;
        }
        text.push_bytes(&[byte]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Relation, entry, relation, unescaped};

    #[test]
    fn relations() {
        for (point, path, expected) in [
            ("/", c"/", Relation::Same),
            ("/", c"/usr", Relation::Neither),
            ("/usr", c"/", Relation::Below),
            ("/usr", c"/usr", Relation::Same),
            ("/usr/lib", c"/usr", Relation::Below),
            ("/usrlib", c"/usr", Relation::Neither),
            ("/us", c"/usr", Relation::Neither),
            (r"/a\040b", c"/a b", Relation::Same),
            (r"/a\134b/c", c"/a\\b", Relation::Below),
        ] {
            let found = relation(unescaped(point.as_bytes()).bytes(), path.to_bytes());
            assert_eq!(found, expected, "{point} {path:?}");
        }
    }

    #[test]
    fn fields() {
        let line = b"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw";
        let place = entry(line).map(|entry| (entry.point, entry.options));
        assert_eq!(place, Some((&b"/mnt2"[..], &b"rw,noatime"[..])));
        let found = entry(line).map(|entry| (entry.id, entry.device, entry.root, entry.kind));
        assert_eq!(found, Some((36, &b"98:0"[..], &b"/mnt1"[..], &b"ext3"[..])));
    }
}
