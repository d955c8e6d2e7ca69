//! Putting out of action what of a repository runs commands and was not there before the run.

use crate::found::{Findings, Found};
use crate::layout::{Obeyed, is_obeyed_as_a_whole};
use crate::rename::{HOOK, config_file, put_aside};
use crate::repository::{
    COMMON, CONFIGS, HOOKS, ITSELF, OWN_COMMON, Repository, common_dir, harm_of,
};
use crate::way::{Way, way};
use purple_host::folder::{Content, Folder};
use std::ffi::OsStr;
use std::path::Path;

/// Compares a repository with what it was, and puts out of action what is new.
pub(crate) fn disarm(
    (path, folder): (&Path, &Folder),
    before: &Repository,
    now: &Repository,
    found: &mut Findings,
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
    disarm.obeyed(before, now);
    disarm.large(before, now);
}

struct Disarm<'d> {
    path: &'d Path,
    folder: &'d Folder,
    found: &'d mut Findings,
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

    fn obeyed(&mut self, before: &Repository, now: &Repository) {
        let mut aside = None;
        for (at, Obeyed { content, what }) in &now.obeyed {
            let known = before.obeyed.get(at).map(|obeyed| &obeyed.content);
            if known == Some(content) {
                continue;
            }
            let dir = at.parent().filter(|dir| is_obeyed_as_a_whole(dir));
            match dir {
                None => self.file_aside(at, what),
                Some(dir) if aside == Some(dir) => {}
                Some(dir) => self.file_aside(dir, what),
            }
            aside = dir;
        }
    }

    fn large(&mut self, before: &Repository, now: &Repository) {
        for (at, content) in &now.large {
            if before.large.get(at) != Some(content)
                && let Some(what) = harm_of(self.folder, at, &before.marks)
            {
                self.file_aside(at, &what);
            }
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

    /// The same of a file of one of its directories.
    fn file_aside(&mut self, at: &Path, what: &str) {
        if let (Some(dir), Some(name)) = (at.parent(), at.file_name())
            && let Way::Open(folder) = way(self.folder, dir)
        {
            put_aside(&self.path.join(dir), &folder, name, what, self.found);
        } else {
            self.found.push(Found::Left {
                path: self.path.join(at),
                why: "its directory cannot be opened".to_owned(),
            });
        }
    }
}
