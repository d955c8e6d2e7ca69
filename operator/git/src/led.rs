//! Putting out of action what is new of that to which configuration led before the run.

use crate::base::Place;
use crate::found::{Findings, Found};
use crate::leads::{self, Leads};
use crate::rename::{HOOK, config_file, put_aside};
use crate::repository::{self, Config};
use crate::way::{Way, way};
use purple_host::Errno;
use purple_host::folder::{Content, Folder};
use purple_host::path::shown;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Compares what repositories led to with what is there now, and puts out of action what is new.
pub(crate) fn disarm_leads(place: Place<'_>, before: &Leads, found: &mut Findings) {
    let mut led = Led {
        place,
        found,
        named: BTreeSet::new(),
    };
    for (at, (key, to)) in &before.links {
        led.link(at, key, to);
    }
    for (at, before) in &before.hooks {
        led.hooks(at, before);
    }
    for (at, before) in &before.configs {
        led.config(at, before.as_ref());
    }
    for (at, (key, before)) in &before.programs {
        led.program(at, key, before.as_ref());
    }
}

/// Puts out of action what the same configuration leads to in working trees that are new. What is the same as in one
/// that was there has come out of the repository with it.
pub(crate) fn disarm_new(place: Place<'_>, before: &Leads, now: &Leads, found: &mut Findings) {
    let mut led = Led {
        place,
        found,
        named: BTreeSet::new(),
    };
    for (at, hooks) in &now.hooks {
        let is_known = |name: &OsString, content: &Content| {
            let mut known = before.hooks.values();
            known.any(|hooks| hooks.get(name) == Some(content))
        };
        if !before.hooks.contains_key(at) {
            let mut known = hooks.clone();
            known.retain(|name, content| is_known(name, content));
            led.hooks(at, &known);
        }
    }
    for at in now.configs.keys() {
        if !before.configs.contains_key(at) {
            led.config(at, None);
        }
    }
    for (at, (key, content)) in &now.programs {
        let mut known = before.programs.iter();
        let is_known = known.any(|(known_at, (_, known))| known_at == at || known == content);
        if !is_known {
            led.program(at, key, None);
        }
    }
}

struct Led<'l> {
    place: Place<'l>,
    found: &'l mut Findings,
    /// Directories that could not be opened, and have been named.
    named: BTreeSet<PathBuf>,
}

impl Led<'_> {
    /// A link that was passed and is another, or no link: it leads git elsewhere.
    fn link(&mut self, at: &Path, key: &str, to: &OsStr) {
        let (Some(dir), Some(name)) = (at.parent(), at.file_name()) else {
            return;
        };
        if let Some(folder) = self.enter(dir) {
            match folder.content(name, 0) {
                None => {}
                Some(Content::Link { to: now, .. }) if now == to => {}
                Some(_) => {
                    let what = format!(
                        "it was a link on the way of git from `{}`, and has another target now",
                        shown(Path::new(key))
                    );
                    let path = self.place.path.join(dir);
                    put_aside(&path, &folder, name, &what, self.found);
                }
            }
        }
    }

    fn hooks(&mut self, at: &Path, before: &BTreeMap<OsString, Content>) {
        let Some(mut folder) = self.enter(at) else {
            return;
        };
        let path = self.place.path.join(at);
        match repository::read_hooks(&mut folder) {
            Ok(now) => {
                let new = now
                    .iter()
                    .filter(|(name, content)| before.get(*name) != Some(content));
                for (name, _) in new {
                    put_aside(&path, &folder, name, HOOK, self.found);
                }
            }
            Err(errno) => self.closed(path, errno),
        }
    }

    fn config(&mut self, at: &Path, before: Option<&Config>) {
        let (Some(dir), Some(name)) = (at.parent(), at.file_name()) else {
            return;
        };
        if let Some(folder) = self.enter(dir)
            && let Some(now) = leads::read_config(self.place, at)
        {
            let path = self.place.path.join(dir);
            config_file((&path, &folder), name, before, &now, self.found);
        }
    }

    /// What a command names is source of the project, and is left as it is.
    fn program(&mut self, at: &Path, key: &str, before: Option<&Content>) {
        let now = leads::read_program(self.place.top, at);
        let elsewhere = at
            .parent()
            .is_some_and(|dir| matches!(way(self.place.top, dir), Way::Link(..)));
        if elsewhere || (now.is_some() && now.as_ref() != before) {
            self.found.push(Found::Left {
                path: self.place.path.join(at),
                why: format!("it has changed, and `{}` runs it", shown(Path::new(key))),
            });
        }
    }

    /// The directory at a path that had no link before. A link in it is put aside: what lies behind it is not what was
    /// there.
    fn enter(&mut self, at: &Path) -> Option<Folder> {
        match way(self.place.top, at) {
            Way::Open(folder) => Some(folder),
            Way::Nothing => None,
            Way::Link(folder, dir, name) => {
                let what = "it led to a file that git would have run";
                put_aside(&self.place.path.join(dir), &folder, &name, what, self.found);
                None
            }
            Way::Closed(path, errno) => {
                self.closed(self.place.path.join(path), errno);
                None
            }
        }
    }

    fn closed(&mut self, path: PathBuf, errno: Errno) {
        if self.named.insert(path.clone()) {
            let why = errno.desc().to_owned();
            self.found.push(Found::Left { path, why });
        }
    }
}
