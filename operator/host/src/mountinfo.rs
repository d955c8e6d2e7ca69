//! The mounts of this process, as `/proc/self/mountinfo` lists them (`proc_pid_mountinfo(5)`).

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// Its number, and that of the mount that it is attached to.
    pub(crate) ids: (u64, u64),
    /// The file system's device, as `major:minor`.
    pub(crate) device: String,
    /// The directory of the file system that it shows.
    pub(crate) root: PathBuf,
    /// Where it is attached.
    pub(crate) point: PathBuf,
    /// The type of its file system.
    pub(crate) kind: String,
}

impl Mount {
    /// The path within the file system of what lies at a path below the mount.
    pub(crate) fn within(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.point).ok()?;
        if rest.as_os_str().is_empty() {
            return Some(self.root.clone());
        }
        Some(self.root.join(rest))
    }
}

/// The mounts in the order of the list; none where it cannot be read.
pub(crate) fn mounts() -> Vec<Mount> {
    let text = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    text.lines().filter_map(parse).collect()
}

/// A line: six fields and any number of optional ones, a hyphen, then the type of the file system.
fn parse(line: &str) -> Option<Mount> {
    let (mount, file_system) = line.split_once(" - ")?;
    let mut fields = mount.split(' ');
    let ids = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Mount {
        ids,
        device: fields.next()?.to_owned(),
        root: unescape(fields.next()?),
        point: unescape(fields.next()?),
        kind: file_system.split(' ').next()?.to_owned(),
    })
}

/// A space, a tab, a line feed and a backslash are written as three octal digits.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        if let Some(byte) = digits.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            bytes.push(byte);
            rest = after.get(3..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::{Mount, parse};
    use std::path::Path;

    #[test]
    fn a_line_has_a_place_and_a_type() {
        let line = "36 35 98:0 /mnt1 /mnt\\0402/a\\134b rw,noatime master:1 - ext3 /dev/root rw";
        let mount = Mount {
            ids: (36, 35),
            device: "98:0".to_owned(),
            root: "/mnt1".into(),
            point: "/mnt 2/a\\b".into(),
            kind: "ext3".to_owned(),
        };
        let within = |path: &str| mount.within(Path::new(path));
        assert_eq!(within("/mnt 2/a\\b"), Some("/mnt1".into()));
        assert_eq!(within("/mnt 2/a\\b/c"), Some("/mnt1/c".into()));
        assert_eq!(within("/mnt 2/a\\bc"), None);
        assert_eq!(parse(line), Some(mount));
        let bare = parse("1 0 0:1 / / rw - cgroup2 cgroup2 rw");
        assert_eq!(bare.map(|mount| mount.kind), Some("cgroup2".to_owned()));
        for broken in ["", "1 2 3", "36 35 98:0 / - ext3"] {
            assert_eq!(parse(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_backslash_without_digits_stands_for_itself() {
        let point =
            |text: &str| parse(&format!("1 0 0:1 / {text} rw - tmpfs")).map(|one| one.point);
        assert_eq!(point("/a\\"), Some("/a\\".into()));
        assert_eq!(point("/a\\9zz"), Some("/a\\9zz".into()));
    }
}
