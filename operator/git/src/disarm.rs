//! Putting out of action what of a repository runs commands and was not there before the run.

use crate::config;
use crate::found::Found;
use crate::leads::{self, Leads, Place};
use crate::repository::{COMMON, CONFIGS, Config, DISABLED, HOOKS, OWN_COMMON, Repository, STATES};
use purple_host::folder::{Content, Folder};
use purple_host::path::shown;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Compares a repository with what it was, and puts out of action what is new.
pub(crate) fn disarm(
    (path, depth): (&Path, usize),
    folder: &Folder,
    before: &Repository,
    found: &mut Vec<Found>,
) {
    let now = match Repository::read(folder, depth) {
        Ok(now) => now,
        Err(error) => {
            let path = path.to_owned();
            let why = error.to_string();
            found.push(Found::Left { path, why });
            return;
        }
    };
    let mut disarm = Disarm {
        path,
        folder,
        found,
    };
    disarm.hooks(before, &now);
    for name in CONFIGS {
        if let Some(config) = now.configs.get(name) {
            let (before, name) = (before.configs.get(name), OsStr::new(name));
            config_file((path, folder), name, before, config, disarm.found);
        }
    }
    disarm.common(before, &now);
    for (state, list) in STATES {
        let content = now.lists.get(state);
        if content.is_some() && content != before.lists.get(state) {
            let what = "it had commands that `git rebase --continue` runs";
            match folder.enter(OsStr::new(state)) {
                Ok(inner) => {
                    put_aside(&path.join(state), &inner, list.as_ref(), what, disarm.found);
                }
                Err(errno) => disarm.left(state, errno.desc().to_owned()),
            }
        }
    }
}

/// Does the same with what a repository's configuration led to before the run.
pub(crate) fn disarm_leads(place: Place<'_>, before: &Leads, found: &mut Vec<Found>) {
    for (at, before) in &before.hooks {
        let now = leads::read_hooks(place.top, at);
        let new = now
            .iter()
            .filter(|(name, content)| before.get(*name) != Some(content));
        for (name, _) in new {
            let path = place.path.join(at);
            match leads::folder(place.top, at) {
                Some(folder) => put_aside(&path, &folder, name, HOOK, found),
                None => found.push(gone(path.join(name))),
            }
        }
    }
    for (at, (key, before)) in &before.programs {
        let now = leads::read_program(place.top, at);
        if now.is_some() && now != *before {
            found.push(Found::Left {
                path: place.path.join(at),
                why: format!("it has changed, and `{}` runs it", shown(Path::new(key))),
            });
        }
    }
    for (at, before) in &before.configs {
        let (Some(dir), Some(name)) = (at.parent(), at.file_name()) else {
            continue;
        };
        let Some(now) = leads::read_config(place.top, at) else {
            continue;
        };
        let path = place.path.join(dir);
        match leads::folder(place.top, dir) {
            Some(folder) => config_file((&path, &folder), name, before.as_ref(), &now, found),
            None => found.push(gone(path.join(name))),
        }
    }
}

/// What was read a moment ago is not there any more.
fn gone(path: PathBuf) -> Found {
    let why = "it changes meanwhile".to_owned();
    Found::Left { path, why }
}

const HOOK: &str = "a hook that git would have run";

/// Puts the new keys of a file of configuration out of action, or the file where it is none.
fn config_file(
    (path, folder): (&Path, &Folder),
    name: &OsStr,
    before: Option<&Config>,
    now: &Config,
    found: &mut Vec<Found>,
) {
    if before == Some(now) {
        return;
    }
    let known = leads::known(before);
    let Some(commands) = &now.commands else {
        let what = "it is no configuration that could be looked through";
        return put_aside(path, folder, name, what, found);
    };
    let new: Vec<String> = commands
        .difference(&known)
        .map(|command| shown(Path::new(&command.key)).to_string())
        .collect();
    if new.is_empty() {
        return;
    }
    let Content::File { bytes, .. } = &now.content else {
        let what = "it led to a configuration that names commands";
        return put_aside(path, folder, name, what, found);
    };
    let Some(written) = config::without(bytes, now.depth, &known) else {
        let what = "it names commands in a way that could not be taken out";
        return put_aside(path, folder, name, what, found);
    };
    let path = path.join(name);
    found.push(match folder.replace(name, &written) {
        Ok(()) => Found::Disarmed {
            path,
            what: format!(
                "keys by which git runs commands have got `purple-disabled-` before their names: {}",
                new.join(", ")
            ),
        },
        Err(error) => Found::Left {
            path,
            why: error.to_string(),
        },
    });
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
                self.aside(HOOKS, "it led to hooks elsewhere");
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
            Err(errno) => self.left(HOOKS, errno.desc().to_owned()),
        }
    }

    fn common(&mut self, before: &Repository, now: &Repository) {
        if now.common == before.common {
            return;
        }
        match (&now.common, &before.common) {
            // What `git worktree add` writes.
            (Some(Content::File { bytes, .. }), None) if bytes.trim_ascii_end() == OWN_COMMON => {}
            (Some(_), Some(Content::File { bytes, .. })) => {
                match self.folder.replace(COMMON.as_ref(), bytes) {
                    Ok(()) => self.found.push(Found::Disarmed {
                        path: self.path.join(COMMON),
                        what: "it led to another configuration, and says again what it said"
                            .to_owned(),
                    }),
                    Err(error) => self.left(COMMON, error.to_string()),
                }
            }
            (Some(_), _) => self.aside(COMMON, "it led to another configuration"),
            (None, _) => {}
        }
    }

    fn aside(&mut self, name: &str, what: &str) {
        put_aside(self.path, self.folder, name.as_ref(), what, self.found);
    }

    fn left(&mut self, name: &str, why: String) {
        let path = self.path.join(name);
        self.found.push(Found::Left { path, why });
    }
}

fn put_aside(path: &Path, folder: &Folder, name: &OsStr, what: &str, found: &mut Vec<Found>) {
    let path = path.join(name);
    found.push(match folder.put_aside(name, DISABLED) {
        Ok(new) => Found::Disarmed {
            what: format!("{what}: renamed to `{}`", shown(Path::new(&new))),
            path,
        },
        Err(errno) => Found::Left {
            path,
            why: errno.desc().to_owned(),
        },
    });
}
