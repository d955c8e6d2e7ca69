//! Putting out of action what of a repository runs commands and was not there before the run.

use crate::found::Found;
use crate::leads::{self, Way};
use crate::rename::{HOOK, config_file, put_aside};
use crate::repository::{
    COMMON, CONFIGS, CONFLICTS, HOOKS, ITSELF, OWN_COMMON, Repository, WORKTREES, common_dir,
    is_plain_index,
};
use purple_host::folder::{Content, Folder};
use std::ffi::OsStr;
use std::path::Path;

/// Compares a repository with what it was, and puts out of action what is new.
pub(crate) fn disarm(
    (path, folder): (&Path, &Folder),
    before: &Repository,
    now: &Repository,
    found: &mut Vec<Found>,
) {
    let mut disarm = Disarm {
        path,
        folder,
        found,
    };
    disarm.hooks(before, now);
    for name in CONFIGS {
        if let Some(config) = now.configs.get(name) {
            let (before, name) = (before.configs.get(name), OsStr::new(name));
            config_file((path, folder), name, before, config, disarm.found);
        }
    }
    disarm.common(before, now);
    disarm.states(before, now);
    disarm.conflicts(before, now);
    disarm.worktrees(before, now);
    disarm.indexes(before, now);
}

struct Disarm<'d> {
    path: &'d Path,
    folder: &'d Folder,
    found: &'d mut Vec<Found>,
}

impl Disarm<'_> {
    fn hooks(&mut self, before: &Repository, now: &Repository) {
        if let Some(itself) = &now.hooks_itself {
            if Some(itself) != before.hooks_itself.as_ref() {
                self.aside(HOOKS, "it named another directory of hooks");
            }
            return;
        }
        let new: Vec<_> = now
            .hooks
            .iter()
            .filter(|(name, content)| before.hooks.get(*name) != Some(content))
            .collect();
        if new.is_empty() {
            return;
        }
        match self.folder.enter(OsStr::new(HOOKS)) {
            Ok(hooks) => {
                let path = self.path.join(HOOKS);
                for (name, _) in new {
                    put_aside(&path, &hooks, name, HOOK, self.found);
                }
            }
            Err(errno) => self.found.push(Found::Left {
                path: self.path.join(HOOKS),
                why: errno.desc().to_owned(),
            }),
        }
    }

    fn states(&mut self, before: &Repository, now: &Repository) {
        let what = "it had commands that `git rebase --continue`, `git cherry-pick --continue` or `git am --continue` runs";
        for (at @ (state, file), content) in &now.states {
            if Some(content) == before.states.get(at) {
                continue;
            }
            match (self.folder.enter(OsStr::new(state)), file) {
                (Ok(inner), Some(file)) => {
                    let path = self.path.join(state);
                    put_aside(&path, &inner, file.as_ref(), what, self.found);
                }
                _ => self.aside(
                    state,
                    "it named a state from which `git rebase --continue` continues",
                ),
            }
        }
    }

    fn conflicts(&mut self, before: &Repository, now: &Repository) {
        if now.conflicts.is_some() && now.conflicts != before.conflicts {
            let what = "the next commit would have read the files that it names";
            self.aside(CONFLICTS, what);
        }
    }

    fn worktrees(&mut self, before: &Repository, now: &Repository) {
        let (directory, file) = WORKTREES;
        let new = now
            .elsewhere
            .iter()
            .filter(|(name, content)| before.elsewhere.get(*name) != Some(content));
        for (name, _) in new {
            let at = Path::new(directory).join(name);
            match leads::way(self.folder, &at) {
                Way::Open(worktree) => {
                    let what = "it named the working tree of another repository, or none";
                    let path = self.path.join(at);
                    put_aside(&path, &worktree, file.as_ref(), what, self.found);
                }
                _ => self.aside(
                    directory,
                    "it named the working tree of another repository, or none",
                ),
            }
        }
    }

    fn indexes(&mut self, before: &Repository, now: &Repository) {
        for (name, content) in &now.indexes {
            if before.indexes.get(name) == Some(content) {
                continue;
            }
            let what = match is_plain_index(self.folder, name) {
                Ok(true) => continue,
                Ok(false) => "it names files outside of the working tree or of the repository, or is not as git writes it; type `git reset` to create a new one".to_owned(),
                Err(why) => format!("{why}; type `git reset` to create a new one"),
            };
            put_aside(self.path, self.folder, name, &what, self.found);
        }
    }

    fn common(&mut self, before: &Repository, now: &Repository) {
        if now.common == before.common {
            return;
        }
        let says = |content: &Content, path| {
            matches!(content, Content::File { .. }) && common_dir(content) == Some(Path::new(path))
        };
        // It names the directory itself, as the stub of another run does, which may come and go meanwhile.
        let before = before
            .common
            .as_ref()
            .filter(|content| !says(content, ITSELF));
        match (&now.common, before) {
            // What `git worktree add` writes.
            (Some(content), None) if says(content, OWN_COMMON) || says(content, ITSELF) => {}
            (Some(_), Some(Content::File { bytes, .. })) => {
                match self.folder.replace(COMMON.as_ref(), bytes) {
                    Ok(()) => self.found.push(Found::Disarmed {
                        path: self.path.join(COMMON),
                        what: "it named another configuration, and has its old content again"
                            .to_owned(),
                    }),
                    Err(error) => self.found.push(Found::Left {
                        path: self.path.join(COMMON),
                        why: error.to_string(),
                    }),
                }
            }
            (Some(_), _) => self.aside(COMMON, "it named another configuration"),
            (None, _) => {}
        }
    }

    fn aside(&mut self, name: &str, what: &str) {
        put_aside(self.path, self.folder, name.as_ref(), what, self.found);
    }
}
