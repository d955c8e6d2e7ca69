//! Which path of the host a path inside shows, and the other way around, by a plan's steps.

use purple_plan::{Mount, MountKind, Plan, mount_flags};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::{CStr, OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// How many links the kernel follows in a path (`MAXSYMLINKS`, linux/namei.h).
const MOST_LINKS: usize = 40;

/// A path in a plan.
pub(crate) fn path(text: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(text.to_bytes()))
}

/// What there is at paths inside: a path of the host, or `None` for something of the sandbox's own.
pub(crate) struct View<'a>(BTreeMap<&'a Path, Option<&'a Path>>);

impl<'a> View<'a> {
    pub(crate) fn of(plan: &Plan<'a>) -> Self {
        let at = |step: Mount<'a>| {
            let source = path(step.source);
            let shown = match step.kind {
                // An optional path that the host lacks is left out, and what lies below it is seen.
                MountKind::Bind
                    if step.flags & mount_flags::OPTIONAL != 0
                        && source.symlink_metadata().is_err() =>
                {
                    return None;
                }
                MountKind::Bind => Some(source),
                MountKind::Tmpfs
                | MountKind::Proc
                | MountKind::Sysfs
                | MountKind::Devpts
                | MountKind::File
                | MountKind::Symlink
                | MountKind::Mask => None,
                MountKind::Directory
                | MountKind::SelfBind
                | MountKind::Attributes
                | MountKind::Setting
                | MountKind::MaskMatches
                | MountKind::SelfBindMatches => return None,
            };
            Some((path(step.target), shown))
        };
        Self(plan.mounts.iter().filter_map(at).collect())
    }

    /// The host path that a path inside shows, links in it not followed.
    pub(crate) fn host_of(&self, inside: &Path) -> Option<PathBuf> {
        let at = |top: &Path| Some((*self.0.get(top)?, inside.strip_prefix(top).ok()?));
        let (source, rest) = inside.ancestors().find_map(at)?;
        Some(join(source?, rest))
    }

    /// The path inside that shows a file of the host, by the smallest directory that is shown.
    pub(crate) fn inside_of(&self, host: &Path) -> Option<PathBuf> {
        let host = host.parent()?.canonicalize().ok()?.join(host.file_name()?);
        let shown = self.0.iter().filter_map(|(inside, source)| {
            let source = (*source)?.canonicalize().ok()?;
            let rest = host.strip_prefix(&source).ok()?;
            Some((source.components().count(), join(inside, rest)))
        });
        shown
            .max_by_key(|(depth, _)| *depth)
            .map(|(_, inside)| inside)
    }

    /// Where a path leads, all links in it followed: inside, and on the host. `None` if nothing of the host is shown there, and for
    /// a circle of links.
    pub(crate) fn led_to(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
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
            let is_top = self.0.contains_key(next.as_path());
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

/// A path and what lies below it, without a slash at the end.
fn join(top: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() {
        top.to_owned()
    } else {
        top.join(rest)
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
