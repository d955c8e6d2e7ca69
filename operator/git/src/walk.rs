//! Finding the repositories below a directory: every directory that git takes for one.

use crate::repository::{COMMON, CONFIGS, HOOKS};
use purple_host::Errno;
use purple_host::folder::{EntryKind, Folder};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// How deep it goes. Each level is an open descriptor, of which a process has 1,024.
const DEEPEST: usize = 256;

/// How many directories it looks into: a minute or two.
const MOST: usize = 4_000_000;

/// How many directories that were not looked into are named.
const NAMED: usize = 100;

/// What looks at what is found on the way. Paths are those from the top: of a git directory, or of the directory that an entry is in.
pub(crate) trait Visitor {
    /// A git directory.
    fn repository(&mut self, at: &Path, folder: &mut Folder);

    /// A symbolic link in a directory where git has files of its own: it writes to what the link leads to.
    fn link(&mut self, dir: &Path, folder: &Folder, name: &OsStr);

    /// An entry `.git` that is no directory: the repository lies elsewhere.
    fn pointer(&mut self, dir: &Path, folder: &Folder, name: &OsStr);
}

/// What was not searched.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Directories into which was not looked, and why.
    pub(crate) not_searched: Vec<(PathBuf, String)>,
    /// How many more there are.
    pub(crate) not_named: usize,
}

impl Seen {
    /// Nothing, because the top cannot be looked at.
    pub(crate) fn of_unreadable(why: &str) -> Self {
        Self {
            not_searched: vec![(PathBuf::new(), why.to_owned())],
            not_named: 0,
        }
    }
}

/// The directories of a repository in which git writes, or which it obeys (gitrepository-layout(5)), where only these tell that it
/// is one.
const OWN: [&[u8]; 19] = [
    b"NOTES_MERGE_WORKTREE",
    b"branches",
    b"gitweb",
    b"glab-cli",
    b"info",
    b"lfs",
    b"logs",
    b"lost-found",
    b"modules",
    b"objects",
    b"rebase-apply",
    b"rebase-merge",
    b"refs",
    b"reftable",
    b"remotes",
    b"rr-cache",
    b"sequencer",
    b"svn",
    b"worktrees",
];

/// The files there in which git writes, by their beginnings.
const FILES: [&[u8]; 19] = [
    b"AUTO_MERGE",
    b"BISECT_",
    b"CHERRY_PICK_HEAD",
    b"COMMIT_EDITMSG",
    b"FETCH_HEAD",
    b"HEAD",
    b"MERGE_",
    b"NOTES_",
    b"ORIG_HEAD",
    b"REBASE_HEAD",
    b"REVERT_HEAD",
    b"SQUASH_MSG",
    b"TAG_EDITMSG",
    b"description",
    b"gc.",
    b"index",
    b"lazygit.",
    b"packed-refs",
    b"shallow",
];

/// How a directory belongs to a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// It does not.
    None,
    /// It is one.
    Top,
    /// It may be one, or something else with directories of these names.
    Like,
    /// git has its own files there.
    Own,
}

/// Shows the visitor what is at or below `top`. No symbolic link is followed.
pub(crate) fn repositories(top: &mut Folder, visitor: &mut dyn Visitor) -> Seen {
    let mut walk = Walk {
        visitor,
        path: PathBuf::new(),
        left: MOST,
        seen: Seen::default(),
    };
    walk.look_into(top, 0, Part::None);
    walk.seen
}

struct Walk<'v> {
    visitor: &'v mut dyn Visitor,
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
        if folder.is_over() {
            self.give_up("the search took too long".to_owned());
            return;
        }
        let mut below: Vec<OsString> = Vec::new();
        let mut links: Vec<OsString> = Vec::new();
        let mut signs = Signs::default();
        let listed = folder.entries(|name, kind| {
            signs.note(name, kind);
            if kind == EntryKind::Folder {
                below.push(name.to_owned());
            } else if kind == EntryKind::Link {
                links.push(name.to_owned());
            }
        });
        if let Err(errno) = listed {
            self.give_up(errno.desc().to_owned());
        }
        let is_named = self.path.file_name().is_some_and(is_git);
        let found = signs.part(is_named);
        if found.is_some() {
            self.visitor.repository(&self.path, folder);
            // Directories may have another name now.
            below.clear();
            let listed = folder.entries(|name, kind| {
                if kind == EntryKind::Folder {
                    below.push(name.to_owned());
                }
            });
            if let Err(errno) = listed {
                self.give_up(errno.desc().to_owned());
            }
            // Inside a repository, names that the program chooses tell nothing.
            links.retain(|name| part == Part::Own || !has_its_own_rule(name));
        }
        if found == Some(Part::Like) && part != Part::Own {
            links.retain(|name| is_own(name) || is_file_of_git(name));
        }
        let part = match found {
            Some(Part::Like) if part == Part::Own => Part::Own,
            found => found.unwrap_or(part),
        };
        if part != Part::None {
            for name in links {
                self.visitor.link(&self.path, folder, &name);
            }
        }
        for name in signs.pointers {
            self.visitor.pointer(&self.path, folder, &name);
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
                        // Hooks are looked at by themselves.
                        Part::Top if name == HOOKS => Part::None,
                        Part::Top | Part::Own => Part::Own,
                        Part::Like if is_own(&name) => Part::Own,
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

/// Whether git writes in a file of a repository of this name.
fn is_file_of_git(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    FILES.iter().any(|start| {
        name.get(..start.len())
            .is_some_and(|name| name.eq_ignore_ascii_case(start))
    })
}

/// Whether a link of this name in a repository is looked at as what it stands for, by the rest of this crate.
fn has_its_own_rule(name: &OsStr) -> bool {
    [HOOKS, COMMON]
        .iter()
        .chain(&CONFIGS)
        .any(|known| name == *known)
}

/// Whether git takes a directory of this name for the repository of the one that it lies in, in any case of letters.
fn is_git(name: &OsStr) -> bool {
    name.as_encoded_bytes().eq_ignore_ascii_case(b".git")
}

/// What git takes a directory for a repository by (gitrepository-layout(5), and `is_git_directory` of git's setup.c): `HEAD`, `objects` and
/// `refs`, which `commondir` stands for in a linked worktree. `git init` adds what is missing, and a common directory needs no `HEAD`: so
/// two of them do.
#[derive(Default)]
struct Signs {
    seen: [bool; NAMES.len()],
    /// Entries `.git` that are no directory.
    pointers: Vec<OsString>,
}

const NAMES: [&[u8]; 4] = [b"HEAD", b"objects", b"refs", b"commondir"];

impl Signs {
    fn note(&mut self, name: &OsStr, kind: EntryKind) {
        // There are file systems to which the case of letters means nothing.
        for (seen, known) in self.seen.iter_mut().zip(NAMES) {
            *seen |= name.as_encoded_bytes().eq_ignore_ascii_case(known);
        }
        if kind != EntryKind::Folder && is_git(name) {
            self.pointers.push(name.to_owned());
        }
    }

    const fn part(&self, is_named: bool) -> Option<Part> {
        match self.seen {
            _ if is_named => Some(Part::Top),
            [true, true, ..] | [true, _, true, _] | [true, _, _, true] => Some(Part::Top),
            [_, true, true, _] => Some(Part::Like),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_file_of_git, is_own};
    use crate::layout;

    /// A directory or file with a rule is one of git's own.
    #[test]
    fn what_has_a_rule_is_known() {
        for at in layout::directories().filter(|at| !at.is_empty()) {
            let (first, _) = at.split_once('/').unwrap_or((at, ""));
            assert!(is_own(first.as_ref()), "{at}");
        }
        for name in layout::files() {
            assert!(is_file_of_git(name.as_ref()), "{name}");
        }
    }
}
