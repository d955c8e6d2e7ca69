//! Entries `.git` that are no directory: files that name a repository (gitrepository-layout(5)), and links. A new one may name a repository
//! that was looked through, or one that such an entry named before the run.

use crate::base::{LONGEST_PATH, Place, fixed, named_by, resolved};
use crate::found::Findings;
use crate::rename::put_aside;
use crate::way::opened;
use purple_host::folder::{Content, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// How many new ones may stay: each is resolved, which takes long at the end of a long path.
const MOST: usize = 10_000;

const ELSEWHERE: &str = "it named a repository outside of what the program can write to, or none";

/// What identifies a directory: device and inode.
pub(crate) type Identity = (u64, u64);

/// What one says, and where that leads.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) content: Content,
    pub(crate) target: Option<PathBuf>,
}

impl Pointer {
    /// The one of a name in a directory, which is its working tree; `None` for what git takes for nothing: a socket, or a device.
    pub(crate) fn read(tree: &Path, (folder, name): (&Folder, &OsStr)) -> Option<Self> {
        let content = content(folder, name)?;
        let target = named(tree, &content).and_then(|path| resolved(&path));
        let content = content.noted();
        Some(Self { content, target })
    }
}

/// Those that are there after a run.
#[derive(Debug, Default)]
pub(crate) struct Pointers {
    /// All that stay, by their paths from the top.
    pub(crate) all: Vec<PathBuf>,
    /// Of the new ones, which directory they name.
    new: Vec<(PathBuf, Identity)>,
}

impl Pointers {
    /// Looks at one. Puts it aside if it is new and names no directory.
    pub(crate) fn look_at(
        &mut self,
        place: Place<'_>,
        dir: &Path,
        (folder, name): (&Folder, &OsStr),
        before: &BTreeMap<PathBuf, Pointer>,
        found: &mut Findings,
    ) {
        let Some(content) = content(folder, name) else {
            return;
        };
        let at = dir.join(name);
        let known = before.get(&at);
        let named = named(&place.real.join(dir), &content);
        let is_known = known.is_some_and(|known| {
            known.content == content && known.target == named.as_deref().and_then(resolved)
        });
        if !is_known {
            let target = named.and_then(|named| fixed(&named, place.real));
            let target = target.and_then(|target| identity_of(&target));
            let Some(target) = target.filter(|_| self.new.len() < MOST) else {
                return put_aside(&place.path.join(dir), folder, name, ELSEWHERE, found);
            };
            self.new.push((at.clone(), target));
        }
        self.all.push(at);
    }

    /// Puts those aside that are new and name none of these repositories.
    pub(crate) fn disarm(
        &self,
        place: Place<'_>,
        repositories: &BTreeSet<Identity>,
        found: &mut Findings,
    ) {
        for (at, target) in &self.new {
            if !repositories.contains(target)
                && let Some((folder, name)) = opened(place.top, at)
            {
                let dir = place.path.join(at.parent().unwrap_or(Path::new("")));
                put_aside(&dir, &folder, name, ELSEWHERE, found);
            }
        }
    }
}

/// Which directory lies at a path that passes no symbolic link.
pub(crate) fn identity_of(path: &Path) -> Option<Identity> {
    Folder::open(path).ok()?.identity()
}

/// What an entry is.
fn content(folder: &Folder, name: &OsStr) -> Option<Content> {
    let content = folder.content(name, LONGEST_PATH);
    content.filter(|content| !matches!(content, Content::Folder | Content::Other))
}

/// The path that an entry of a working tree names.
fn named(tree: &Path, content: &Content) -> Option<PathBuf> {
    match content {
        Content::File { bytes, .. } => Some(tree.join(named_by(bytes.strip_prefix(b"gitdir: ")?)?)),
        Content::Link { to, .. } => Some(tree.join(to)),
        Content::Noted { .. } | Content::Unread(_) | Content::Folder | Content::Other => None,
    }
}
