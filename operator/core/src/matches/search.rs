//! Looking for what matches a pattern, below the paths that a plan shows.

use super::arrange::Effect;
use super::error::{MatchError, MatchProblem};
use super::pattern::{Pattern, Progress};

use crate::view::{self, View};
use purple_host::Errno;
use purple_host::folder::{EntryKind, Folder};
use purple_plan::{MAX_MOUNTS, Mount, MountKind, Plan, mount_flags};
use purple_report::Visible;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// How many files and directories are looked at for all patterns of a plan: some seconds.
const MOST_ENTRIES: usize = 1_000_000;

/// How deep it goes. Each level is an open descriptor, of which a process has 1,024.
const DEEPEST: usize = 256;

/// What was found: the path inside, and whether it is a directory.
pub(super) type Found = BTreeMap<Vec<u8>, bool>;

/// A search below the paths that a plan shows.
pub(super) struct Search<'p, 'a> {
    plan: &'p Plan<'a>,
    view: View<'a>,
    /// Paths inside at which what the host has there is not seen.
    covered: BTreeSet<&'a [u8]>,
    /// How many entries may still be looked at.
    left: usize,
}

/// What one pattern matches.
struct OnePattern<'s, 'p, 'a> {
    search: &'s mut Search<'p, 'a>,
    step: Mount<'a>,
    pattern: Pattern<'a>,
    found: Found,
    /// What links have led to, and how far the pattern had matched there.
    led_to: BTreeSet<(PathBuf, Progress)>,
}

impl<'p, 'a> Search<'p, 'a> {
    pub(super) fn new(plan: &'p Plan<'a>) -> Self {
        // Where an optional path is left out, what lies below it is seen.
        let covers = |step: &Mount<'_>| {
            step.flags & mount_flags::OPTIONAL == 0
                && step.kind != MountKind::SelfBind
                && Effect::of(step).is_none()
        };
        let steps = plan.mounts.iter().filter(covers);
        Self {
            plan,
            view: View::of(plan),
            covered: steps.map(|step| step.target.to_bytes()).collect(),
            left: MOST_ENTRIES,
        }
    }

    /// Everything that the pattern of a step matches.
    pub(super) fn matches(&mut self, step: Mount<'a>) -> Result<Found, MatchError> {
        let plan = self.plan;
        let mut one = OnePattern {
            search: self,
            step,
            pattern: Pattern::new(step.target),
            found: Found::new(),
            led_to: BTreeSet::new(),
        };
        for share in &plan.mounts {
            if share.kind == MountKind::Bind {
                one.share(&share)?;
            }
        }
        Ok(one.found)
    }
}

impl OnePattern<'_, '_, '_> {
    /// Looks below one path that is shown.
    fn share(&mut self, share: &Mount<'_>) -> Result<(), MatchError> {
        let inside = share.target.to_bytes();
        let names = inside
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty());
        let start = self.pattern.start();
        let progress = names.fold(start, |progress, name| self.pattern.after(&progress, name));
        let is_matched = self.pattern.is_matched(&progress);
        if !is_matched && !self.pattern.may_match_below(&progress) {
            return Ok(());
        }
        let source = view::path(share.source);
        let optional = share.flags & mount_flags::OPTIONAL != 0;
        match Folder::open(source) {
            Ok(_) if is_matched => self.add(inside.to_owned(), true),
            Ok(folder) => self.look_through(folder, inside, &progress, 0),
            Err(Errno::ENOTDIR) if is_matched => self.add(inside.to_owned(), false),
            // What is missing is made empty, or ends the run.
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(()),
            // It is left out if it cannot be looked up; what cannot be listed is shown.
            Err(Errno::EACCES) if optional && source.symlink_metadata().is_err() => Ok(()),
            Err(errno) => Err(self.problem(MatchProblem::NotRead {
                directory: Visible(inside).to_string(),
                errno,
            })),
        }
    }

    fn look_through(
        &mut self,
        mut folder: Folder,
        inside: &[u8],
        progress: &Progress,
        depth: usize,
    ) -> Result<(), MatchError> {
        let not_read = |errno| MatchProblem::NotRead {
            directory: Visible(inside).to_string(),
            errno,
        };
        let mut entries: Vec<(OsString, EntryKind)> = Vec::new();
        let mut left = self.search.left;
        let listed = folder.entries(|name, kind| {
            // One more than allowed shows that there are too many.
            if left > 0 {
                entries.push((name.to_owned(), kind));
            }
            left = left.saturating_sub(1);
        });
        listed.map_err(|errno| self.problem(not_read(errno)))?;
        self.search.left = left;
        if left == 0 {
            return Err(self.problem(MatchProblem::TooManyEntries(MOST_ENTRIES)));
        }
        entries.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        for (name, kind) in entries {
            let progress = self.pattern.after(progress, name.as_bytes());
            let mut path = inside.to_owned();
            path.push(b'/');
            path.extend(name.as_bytes());
            if self.pattern.is_matched(&progress) {
                if kind == EntryKind::Link {
                    let link = Visible(&path).to_string();
                    return Err(self.problem(MatchProblem::SymbolicLink(link)));
                }
                self.add(path, kind == EntryKind::Folder)?;
                continue;
            }
            if kind == EntryKind::Link && self.pattern.may_match_below(&progress) {
                self.follow(&path, &progress, depth)?;
            }
            let is_wanted = kind == EntryKind::Folder && self.pattern.may_match_below(&progress);
            if !is_wanted || self.search.covered.contains(path.as_slice()) {
                continue;
            }
            let not_entered = |errno| MatchProblem::NotRead {
                directory: Visible(&path).to_string(),
                errno,
            };
            if depth == DEEPEST {
                return Err(self.problem(not_entered(Errno::ENAMETOOLONG)));
            }
            match folder.enter(&name) {
                Ok(lower) => self.look_through(lower, &path, &progress, depth.saturating_add(1))?,
                // It has gone meanwhile.
                Err(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP) => {}
                Err(errno) => return Err(self.problem(not_entered(errno))),
            }
        }
        Ok(())
    }

    /// Looks through the directory that a symbolic link leads to, under the name that it has inside: what is there can be reached
    /// by a path that matches.
    fn follow(&mut self, link: &[u8], progress: &Progress, depth: usize) -> Result<(), MatchError> {
        let link = Path::new(OsStr::from_bytes(link));
        let Some((inside, host)) = self.search.view.led_to(link) else {
            return Ok(());
        };
        if !host.is_dir() || !self.led_to.insert((inside.clone(), progress.clone())) {
            return Ok(());
        }
        let inside = inside.as_os_str().as_bytes();
        if depth >= DEEPEST {
            let directory = Visible(inside).to_string();
            let errno = Errno::ELOOP;
            return Err(self.problem(MatchProblem::NotRead { directory, errno }));
        }
        match Folder::open(&host) {
            Ok(folder) => self.look_through(folder, inside, progress, depth.saturating_add(1)),
            Err(Errno::ENOENT | Errno::ENOTDIR) => Ok(()),
            Err(errno) => Err(self.problem(MatchProblem::NotRead {
                directory: Visible(inside).to_string(),
                errno,
            })),
        }
    }

    fn add(&mut self, path: Vec<u8>, is_directory: bool) -> Result<(), MatchError> {
        self.found.insert(path, is_directory);
        if self.found.len() > MAX_MOUNTS {
            return Err(self.problem(MatchProblem::TooManyMatches));
        }
        Ok(())
    }

    fn problem(&self, problem: MatchProblem) -> MatchError {
        MatchError::pattern(self.search.plan, &self.step, problem)
    }
}
