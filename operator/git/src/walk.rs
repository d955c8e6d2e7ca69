//! Finding the repositories below a directory: every directory that git takes for one.

use purple_host::Errno;
use purple_host::folder::{EntryKind, Folder};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// How deep it goes. Each level is an open descriptor, of which a process has 1,024.
const DEEPEST: usize = 256;

/// How many directories it looks into: some seconds.
const MOST: usize = 4_000_000;

/// A directory into which was not looked, and why.
pub(crate) type NotSearched = (PathBuf, String);

/// Calls `each` with every git directory at or below `top`: its path from there, and itself. No symbolic link is
/// followed.
pub(crate) fn repositories(
    top: &mut Folder,
    mut each: impl FnMut(&Path, &mut Folder),
) -> Vec<NotSearched> {
    let mut walk = Walk {
        each: &mut each,
        path: PathBuf::new(),
        left: MOST,
        not_searched: Vec::new(),
    };
    walk.look_into(top, 0);
    walk.not_searched
}

struct Walk<'e> {
    each: &'e mut dyn FnMut(&Path, &mut Folder),
    path: PathBuf,
    left: usize,
    not_searched: Vec<NotSearched>,
}

impl Walk<'_> {
    fn look_into(&mut self, folder: &mut Folder, depth: usize) {
        let Some(left) = self.left.checked_sub(1) else {
            self.give_up("there are too many directories".to_owned());
            return;
        };
        self.left = left;
        let mut below: Vec<OsString> = Vec::new();
        let mut signs = Signs::default();
        let listed = folder.entries(|name, kind| {
            signs.note(name.as_encoded_bytes());
            if kind == EntryKind::Folder {
                below.push(name.to_owned());
            }
        });
        if let Err(errno) = listed {
            self.give_up(errno.desc().to_owned());
        }
        if signs.is_repository() {
            (self.each)(&self.path, folder);
        }
        if depth == DEEPEST {
            if !below.is_empty() {
                self.give_up("it lies too deep".to_owned());
            }
            return;
        }
        for name in below {
            self.path.push(&name);
            match folder.enter(&name) {
                Ok(mut next) => self.look_into(&mut next, depth.saturating_add(1)),
                // It has gone, or is something else by now.
                Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {}
                Err(errno) => self.give_up(errno.desc().to_owned()),
            }
            self.path.pop();
        }
    }

    fn give_up(&mut self, why: String) {
        // The first of many says enough.
        if self.not_searched.len() < 16 {
            self.not_searched.push((self.path.clone(), why));
        }
    }
}

/// What git takes a directory for a repository by (gitrepository-layout(5), and `is_git_directory` of git's setup.c):
/// `HEAD`, and `objects` and `refs`, which `commondir` stands for in a linked worktree.
#[derive(Default)]
struct Signs {
    head: bool,
    objects: bool,
    common: bool,
}

impl Signs {
    fn note(&mut self, name: &[u8]) {
        // There are file systems to which the case of letters means nothing.
        let is = |known: &[u8]| name.eq_ignore_ascii_case(known);
        self.head |= is(b"HEAD");
        self.objects |= is(b"objects");
        self.common |= is(b"commondir");
    }

    const fn is_repository(&self) -> bool {
        self.head && (self.objects || self.common)
    }
}
