//! Where symbolic links lead inside: a path inside is followed name by name, and each name is looked up on the host.

use purple_plan::{MountKind, Plan};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// How many links the kernel follows in a path (`MAXSYMLINKS`, linux/namei.h).
const MOST_LINKS: usize = 40;

/// The host paths of what a plan shows, by their paths inside.
pub(super) struct View(BTreeMap<PathBuf, PathBuf>);

impl View {
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        let path = |text: &std::ffi::CStr| PathBuf::from(OsStr::from_bytes(text.to_bytes()));
        let binds = plan
            .mounts
            .iter()
            .filter(|step| step.kind == MountKind::Bind);
        Self(
            binds
                .map(|step| (path(step.target), path(step.source)))
                .collect(),
        )
    }

    /// The host path that a path inside shows, links in it not followed.
    fn host_of(&self, inside: &Path) -> Option<PathBuf> {
        inside.ancestors().find_map(|top| {
            let source = self.0.get(top)?;
            let rest = inside.strip_prefix(top).ok()?;
            Some(if rest.as_os_str().is_empty() {
                source.clone()
            } else {
                source.join(rest)
            })
        })
    }

    /// Where a path leads, all links in it followed: inside, and on the host. `None` where nothing of the host is shown there, and for
    /// a circle of links.
    pub(super) fn led_to(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let mut left: VecDeque<OsString> = names(path);
        let mut at = PathBuf::from("/");
        let mut links = 0_usize;
        while let Some(name) = left.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let next = at.join(&name);
            // A path that is shown is mounted: what it was on the host is no link inside.
            let is_top = self.0.contains_key(&next);
            let host = self.host_of(&next).filter(|_| !is_top);
            match host.and_then(|host| fs::read_link(host).ok()) {
                None => at = next,
                Some(target) => {
                    links = links.saturating_add(1);
                    if links > MOST_LINKS {
                        return None;
                    }
                    if target.is_absolute() {
                        at = PathBuf::from("/");
                    }
                    for name in names(&target).into_iter().rev() {
                        left.push_front(name);
                    }
                }
            }
        }
        let host = self.host_of(&at)?;
        Some((at, host))
    }
}

/// The names of a path, `..` among them.
fn names(path: &Path) -> VecDeque<OsString> {
    let named = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().filter_map(named).collect()
}
