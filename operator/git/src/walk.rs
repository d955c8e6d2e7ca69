//! Finding the repositories below a directory: every directory that git takes for one.

use crate::repository::{COMMON, CONFIGS, HOOKS};
use purple_host::Errno;
use purple_host::folder::{EntryKind, Folder};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// How deep it goes. Each level is an open descriptor, of which a process has 1,024.
const DEEPEST: usize = 256;

/// How many directories it looks into: some seconds.
const MOST: usize = 4_000_000;

/// How many directories that were not looked into are named.
const NAMED: usize = 100;

/// What was seen on the way, with paths from the top.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What may be the common directory of a repository: it has `objects` and `refs`, and no `HEAD`.
    pub(crate) candidates: Vec<PathBuf>,
    /// Working trees whose repository lies elsewhere: `.git` is no directory.
    pub(crate) trees: Vec<PathBuf>,
    /// Directories into which was not looked, and why.
    pub(crate) not_searched: Vec<(PathBuf, String)>,
    /// How many more there are.
    pub(crate) not_named: usize,
    /// Symbolic links where git has files of its own: it writes to what they lead to.
    pub(crate) links: Vec<PathBuf>,
}

/// The directories of a repository in which git writes (gitrepository-layout(5)).
const OWN: [&[u8]; 11] = [
    b"info",
    b"logs",
    b"lost-found",
    b"objects",
    b"rebase-apply",
    b"rebase-merge",
    b"refs",
    b"reftable",
    b"rr-cache",
    b"sequencer",
    b"worktrees",
];

/// How a directory belongs to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It does not.
    None,
    /// It is one.
    Top,
    /// git has its own files there.
    Own,
}

/// Calls `each` with every git directory at or below `top`: its path from there, and itself. No symbolic link is
/// followed.
pub(crate) fn repositories(top: &mut Folder, mut each: impl FnMut(&Path, &mut Folder)) -> Seen {
    let mut walk = Walk {
        each: &mut each,
        path: PathBuf::new(),
        left: MOST,
        seen: Seen::default(),
    };
    walk.look_into(top, 0, Part::None);
    walk.seen
}

struct Walk<'e> {
    each: &'e mut dyn FnMut(&Path, &mut Folder),
    path: PathBuf,
    left: usize,
    seen: Seen,
}

impl Walk<'_> {
    fn look_into(&mut self, folder: &mut Folder, depth: usize, part: Part) {
        let Some(left) = self.left.checked_sub(1) else {
            self.give_up("there are too many directories".to_owned());
            return;
        };
        self.left = left;
        let mut below: Vec<OsString> = Vec::new();
        let mut links: Vec<OsString> = Vec::new();
        let mut signs = Signs::default();
        let listed = folder.entries(|name, kind| {
            signs.note(name.as_encoded_bytes(), kind);
            if kind == EntryKind::Folder {
                below.push(name.to_owned());
            } else if kind == EntryKind::Link {
                links.push(name.to_owned());
            }
        });
        if let Err(errno) = listed {
            self.give_up(errno.desc().to_owned());
        }
        let part = if signs.is_repository() {
            Part::Top
        } else {
            part
        };
        if part != Part::None {
            let links = links.into_iter().filter(|name| !has_its_own_rule(name));
            self.seen
                .links
                .extend(links.map(|name| self.path.join(name)));
        }
        if part == Part::Top {
            (self.each)(&self.path, folder);
        } else if signs.may_be_common() {
            self.seen.candidates.push(self.path.clone());
        }
        if signs.elsewhere {
            self.seen.trees.push(self.path.clone());
        }
        if depth == DEEPEST {
            if !below.is_empty() {
                self.give_up("it is nested too deep".to_owned());
            }
            return;
        }
        for name in below {
            self.path.push(&name);
            match folder.enter(&name) {
                Ok(mut next) => {
                    let next_part = match part {
                        Part::Top if is_own(&name) => Part::Own,
                        Part::Own => Part::Own,
                        _ => Part::None,
                    };
                    self.look_into(&mut next, depth.saturating_add(1), next_part);
                }
                // It has gone, or is something else by now.
                Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {}
                Err(errno) => self.give_up(errno.desc().to_owned()),
            }
            self.path.pop();
        }
    }

    fn give_up(&mut self, why: String) {
        if self.seen.not_searched.len() < NAMED {
            self.seen.not_searched.push((self.path.clone(), why));
        } else {
            self.seen.not_named = self.seen.not_named.saturating_add(1);
        }
    }
}

/// Whether git writes in a directory of a repository of this name, in any case of letters.
fn is_own(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Whether a link of this name in a repository is looked at as what it stands for, by the rest of this crate.
fn has_its_own_rule(name: &OsStr) -> bool {
    [HOOKS, COMMON]
        .iter()
        .chain(&CONFIGS)
        .any(|known| name == *known)
}

/// What git takes a directory for a repository by (gitrepository-layout(5), and `is_git_directory` of git's setup.c):
/// `HEAD`, and `objects` and `refs`, which `commondir` stands for in a linked worktree.
#[derive(Default)]
struct Signs {
    seen: [bool; NAMES.len()],
    elsewhere: bool,
}

const NAMES: [&[u8]; 4] = [b"HEAD", b"objects", b"refs", b"commondir"];

impl Signs {
    fn note(&mut self, name: &[u8], kind: EntryKind) {
        // There are file systems to which the case of letters means nothing.
        for (seen, known) in self.seen.iter_mut().zip(NAMES) {
            *seen |= name.eq_ignore_ascii_case(known);
        }
        self.elsewhere |= kind != EntryKind::Folder && name.eq_ignore_ascii_case(b".git");
    }

    const fn is_repository(&self) -> bool {
        let [head, objects, _, common] = self.seen;
        head && (objects || common)
    }

    /// Whether it may be the common directory of a repository elsewhere.
    const fn may_be_common(&self) -> bool {
        let [_, objects, refs, _] = self.seen;
        objects && refs
    }
}
