//! What a program can reach of the host by the directories that it is shown, with all that is mounted below
//! them. A name proves nothing: a file is known by its device and its path within the file system, which
//! are the same for every mount of it.

use crate::held::{self, Identity};
use crate::mountinfo::{self, Mount};
use crate::path::ResolvedPath;
use std::fs;
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

/// The host's mounts at one time.
#[derive(Debug)]
pub struct Mounts(Vec<Mount>);

/// A place in a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file system's device, as `major:minor`.
    pub device: String,
    /// The path within it.
    pub path: PathBuf,
}

/// What a program can reach.
#[derive(Debug, Default)]
pub struct Reach {
    /// The directories that it is shown.
    pub shares: Vec<Identity>,
    /// Where they, and the mounts below them, lie in file systems.
    pub tops: Vec<Place>,
}

impl Mounts {
    /// Those of this process.
    pub fn now() -> Self {
        Self(mountinfo::mounts())
    }

    /// The mount on which a path without links lies. What does not exist lies where its directory does.
    fn of(&self, path: &Path) -> Option<&Mount> {
        let file = path
            .ancestors()
            .find_map(|above| held::open_path(above).ok())?;
        let text = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_raw_fd())).ok()?;
        let number = text.lines().find_map(|line| line.strip_prefix("mnt_id:"));
        self.numbered(number?.trim().parse().ok()?)
    }

    fn numbered(&self, number: u64) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.ids.0 == number)
    }
}

impl Place {
    fn of(mount: &Mount, path: &Path) -> Option<Self> {
        Some(Self {
            device: mount.device.clone(),
            path: mount.within(path)?,
        })
    }

    /// Whether another place is this one, or below it.
    fn holds(&self, other: &Self) -> bool {
        self.device == other.device && other.path.starts_with(&self.path)
    }
}

impl Reach {
    /// By directories that a program is shown.
    pub fn by<'p>(mounts: &Mounts, shares: impl Iterator<Item = &'p Path>) -> Self {
        let mut reach = Self::default();
        for share in shares {
            let Some(resolved) = ResolvedPath::of(share) else {
                continue;
            };
            let path = resolved.target();
            reach.shares.extend(held::identity_at(path));
            let top = mounts.of(path).and_then(|on| Place::of(on, path));
            reach.tops.extend(top);
            let below = mounts.0.iter().filter(|one| one.point.starts_with(path));
            reach
                .tops
                .extend(below.filter_map(|one| Place::of(one, &one.point)));
        }
        reach
    }

    /// Whether a program can reach what has this path, or move what leads to it. It can where that cannot
    /// be found out.
    pub fn leads_to(&self, mounts: &Mounts, path: &Path) -> bool {
        held::lies_in(path, &self.shares) || self.holds(mounts, path).unwrap_or(true)
    }

    fn holds(&self, mounts: &Mounts, path: &Path) -> Option<bool> {
        let mut path = real(path)?;
        let mut on = mounts.of(&path)?;
        let own = Place::of(on, &path)?;
        if self.tops.iter().any(|top| own.holds(top)) {
            return Some(true);
        }
        loop {
            let place = Place::of(on, &path)?;
            if self.tops.iter().any(|top| top.holds(&place)) {
                return Some(true);
            }
            // A mount point on the way can be moved where it is reached by another mount.
            let above = mounts.numbered(on.ids.1);
            match above.filter(|above| above.ids.0 != on.ids.0) {
                Some(above) if on.point != Path::new("/") => {
                    path = on.point.clone();
                    on = above;
                }
                _ => return Some(false),
            }
        }
    }

    /// Whether a program can write to the file system of what has this path: another name of it may lie
    /// there.
    pub fn shares_device(&self, mounts: &Mounts, path: &Path) -> bool {
        let on = real(path).and_then(|path| mounts.of(&path));
        on.is_none_or(|on| self.tops.iter().any(|top| top.device == on.device))
    }
}

/// A path without the links on the way to its last part.
fn real(path: &Path) -> Option<PathBuf> {
    let above = ResolvedPath::of(path.parent()?)?;
    Some(above.target().join(path.file_name()?))
}

#[cfg(test)]
mod tests {
    use super::{Mounts, Place, Reach};
    use std::path::Path;

    #[test]
    fn what_lies_below_a_share_is_reached_and_nothing_beside_it() {
        let base = std::env::temp_dir().join(format!("purple-reach-{}", std::process::id()));
        assert!(std::fs::create_dir_all(base.join("share/deep")).is_ok());
        assert!(std::fs::create_dir_all(base.join("shared")).is_ok());
        let mounts = Mounts::now();
        let mut reach = Reach::by(&mounts, [base.join("share").as_path()].into_iter());
        // By the place in the file system alone.
        reach.shares.clear();
        let leads = |path: &str| reach.leads_to(&mounts, &base.join(path));
        let found = [
            leads("share/deep/file"),
            leads("share/none/file"),
            leads(""),
            leads("shared/file"),
            leads("file"),
        ];
        let device = reach.shares_device(&mounts, &base.join("file"));
        let other = reach.shares_device(&mounts, Path::new("/proc/version"));
        assert!(std::fs::remove_dir_all(&base).is_ok());
        assert_eq!(found, [true, true, true, false, false]);
        assert_eq!([device, other], [true, false]);
    }

    #[test]
    fn a_place_is_held_on_its_own_device_only() {
        let place = |device: &str, path: &str| Place {
            device: device.to_owned(),
            path: path.into(),
        };
        assert!(place("8:1", "/a").holds(&place("8:1", "/a/b")));
        assert!(!place("8:1", "/a").holds(&place("8:2", "/a/b")));
        assert!(!place("8:1", "/a").holds(&place("8:1", "/ab")));
    }
}
