//! What runs obey, kept from what runs do.
//!
//! A policy, what it extends, a plan and the programs may lie where the program can write. So all that
//! a run obeys is opened before it is read, and handed to purple-exec, which keeps it as it is; and the
//! files are registered with the links that lead to them, so that runs of other policies keep them too. A pin can be lost where the host
//! renames a file over another: after the run the files are compared with what they were, and no run
//! obeys what has changed until its owner accepts it.

mod error;
mod file;
mod list;
mod obeyed;
mod registry;
mod runs;

use crate::notice::Notice;
use crate::workspace::output_directories;
use file::{Part, now_since_1970};
use purple_host::held::{self, HeldFile, Identity, Stamp};
use purple_host::reach::{Mounts, Reach};
use purple_plan::Plan;
use registry::Registry;
use runs::{ActiveRun, OtherRun};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use error::TrustError;
pub use file::{Change, ObeyedFile};
pub use list::{accept, files, forget};
pub(crate) use list::{accept_read, check_accepted, is_registered};
pub(crate) use obeyed::Obeyed;
pub(crate) use registry::{lock, state_directory};

/// What a run obeys and keeps.
#[derive(Debug)]
pub(crate) struct Trust {
    directory: PathBuf,
    id: String,
    /// What is kept and not obeyed by this run: other runs' files, and directories of Purple's.
    others: Vec<HeldFile>,
    /// What is compared after the run, and what it was.
    before: Vec<Before>,
    /// All paths that were registered when the run started.
    registered: BTreeSet<PathBuf>,
    reach: Reach,
    active: Option<ActiveRun>,
}

/// A name before the run.
#[derive(Debug)]
struct Before {
    path: PathBuf,
    /// None where nothing has the name.
    stamp: Option<Stamp>,
    digest: Option<String>,
}

impl Trust {
    /// Refuses what has changed during an earlier run, and what a run that goes on may change; and registers
    /// what this run obeys. The list is not locked while the run is prepared further, which may take long.
    pub(crate) fn begin(
        directory: PathBuf,
        obeyed: &[&Obeyed],
        id: &str,
    ) -> Result<Self, TrustError> {
        let _registry: Registry = admit(&directory, obeyed)?;
        Ok(Self {
            directory,
            id: id.to_owned(),
            others: Vec::new(),
            before: Vec::new(),
            registered: BTreeSet::new(),
            reach: Reach::default(),
            active: None,
        })
    }

    /// Refuses the same again, for another run may have started or ended meanwhile. Opens what else is kept:
    /// the directory of the list, and what other runs obey. Lists this run as one that goes on.
    pub(crate) fn enter(&mut self, plan: &Plan<'_>, obeyed: &[&Obeyed]) -> Result<(), TrustError> {
        let registry = admit(&self.directory, obeyed)?;
        let mounts = Mounts::now();
        self.reach = Reach::by(&mounts, output_directories(plan).into_iter());
        self.others.push(HeldFile::open(&self.directory)?);
        let own: BTreeSet<&Path> = parts(obeyed).map(|part| part.path.as_path()).collect();
        for file in &registry.files {
            self.registered.insert(file.path.clone());
            if !own.contains(file.path.as_path()) {
                self.keep(&mounts, file)?;
            }
        }
        for part in parts(obeyed) {
            if self.reach.leads_to(&mounts, &part.path) {
                self.before.push(Before {
                    path: part.path.clone(),
                    stamp: Some(part.stamp),
                    digest: part.digest.clone(),
                });
            }
        }
        let kept = parts(obeyed).map(|part| part.stamp.identity);
        let others = self.others.iter().filter_map(|one| one.stamp().ok());
        let kept: Vec<Identity> = kept.chain(others.map(|stamp| stamp.identity)).collect();
        let active = ActiveRun::start(&self.directory, &self.id, &self.reach, &kept)?;
        self.active = Some(active);
        // The registry is unlocked here.
        drop(registry);
        Ok(())
    }

    /// Keeps what another run obeys, if the program can reach it. Where that is missing, nothing can be kept: what
    /// has its name after the run is looked at.
    fn keep(&mut self, mounts: &Mounts, file: &ObeyedFile) -> Result<(), TrustError> {
        let is_reached = self.reach.leads_to(mounts, &file.path);
        let stamp = Stamp::at(&file.path);
        if stamp.is_some() {
            let held = if file.target.is_some() {
                HeldFile::named(&file.path)
            } else {
                HeldFile::open(&file.path)
            };
            match held {
                Ok(held)
                    if is_reached
                        || held.is_changed_by_another_name()?
                            && self.reach.shares_device(mounts, &file.path) =>
                {
                    self.others.push(held);
                }
                Err(error) if is_reached => return Err(error.into()),
                Ok(_) | Err(_) => {}
            }
        }
        if is_reached {
            self.before.push(Before {
                path: file.path.clone(),
                stamp,
                digest: file.digest.clone(),
            });
        }
        Ok(())
    }

    /// The descriptors that purple-exec keeps.
    pub(crate) fn descriptors(&self, obeyed: &[&Obeyed]) -> Result<Vec<i32>, TrustError> {
        let held = obeyed.iter().map(|one| &one.held).chain(&self.others);
        let mut all = Vec::new();
        for one in held {
            let numbers = one.inherit().map_err(|errno| TrustError::Inherit {
                path: one.path().to_owned(),
                errno,
            })?;
            all.extend(numbers);
        }
        Ok(all)
    }

    /// Compares everything with what it was before the run, and marks what has changed.
    pub(crate) fn finish(mut self, notices: &mut Vec<Notice>) -> Result<(), TrustError> {
        let mut registry = Registry::open(&self.directory)?;
        self.active = None;
        let mounts = Mounts::now();
        let mut changed = false;
        for file in &mut registry.files {
            let before = self.before.iter().find(|one| one.path == file.path);
            let change = match before {
                Some(before) => before.change(),
                // What another run has registered meanwhile was not kept by this one.
                None if file.changed.is_none()
                    && !self.registered.contains(&file.path)
                    && self.reach.leads_to(&mounts, &file.path) =>
                {
                    change(&file.path, Some(file.identity), file.digest.as_ref())
                }
                None => None,
            };
            if let Some((found, now)) = change {
                let was = before.map_or(&file.digest, |before| &before.digest).clone();
                file.changed = Some(Change {
                    run: self.id.clone(),
                    at: now_since_1970(),
                    was,
                    now,
                    found,
                });
                changed = true;
                notices.push(Notice::ObeyedFileChanged(file.path.clone()));
            }
        }
        if changed { registry.save() } else { Ok(()) }
    }
}

impl Before {
    /// The inode and the digest of what is there now, if that is something else.
    fn change(&self) -> Option<(Option<Identity>, Option<String>)> {
        if Stamp::at(&self.path) == self.stamp {
            return None;
        }
        let identity = self.stamp.map(|stamp| stamp.identity);
        if self.digest.is_none() && identity.is_some() && !is_directory(&self.path) {
            // A program's inode may be the same with other content: its change time differs.
            return Some((held::identity_of_name(&self.path), None));
        }
        change(&self.path, identity, self.digest.as_ref())
    }
}

/// The inode and the digest of what has a name now, if that is not this.
fn change(
    path: &Path,
    identity: Option<Identity>,
    digest: Option<&String>,
) -> Option<(Option<Identity>, Option<String>)> {
    let found = held::identity_of_name(path);
    let now = digest.and_then(|_| file::digest_of(path));
    let is_same = match digest {
        Some(_) => now.as_ref() == digest && (identity.is_none() || found == identity),
        // What a directory holds is the log's own to check.
        None => found == identity || is_directory(path),
    };
    (!is_same).then_some((found, now))
}

fn is_directory(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|found| found.is_dir())
}

/// Locks the list, and registers what a run is to obey, if it may.
fn admit(directory: &Path, obeyed: &[&Obeyed]) -> Result<Registry, TrustError> {
    let mut registry = Registry::open(directory)?;
    let mounts = Mounts::now();
    let runs = OtherRun::all(directory)?;
    let now = now_since_1970();
    for one in obeyed {
        for run in &runs {
            run.refuse_writable(&mounts, one)?;
        }
        for part in &one.parts {
            registry.obey(part, now)?;
        }
    }
    registry.save()?;
    Ok(registry)
}

fn parts<'o>(obeyed: &'o [&Obeyed]) -> impl Iterator<Item = &'o Part> {
    obeyed.iter().flat_map(|one| &one.parts)
}

#[cfg(test)]
mod tests {
    use super::{Obeyed, Registry, Trust};

    /// The search for repositories comes between, and may take long.
    #[test]
    fn the_list_is_not_locked_while_a_run_is_prepared() {
        let base = std::env::temp_dir().join(format!("purple-begin-{}", std::process::id()));
        assert!(std::fs::create_dir_all(base.join("state")).is_ok());
        assert!(std::fs::write(base.join("policy.yaml"), "name: x\n").is_ok());
        let obeyed = Obeyed::found(&base.join("policy.yaml"));
        let begun = obeyed
            .as_ref()
            .is_ok_and(|one| Trust::begin(base.join("state"), &[one], "run").is_ok());
        let held = obeyed.and_then(|one| Trust::begin(base.join("state"), &[&one], "run"));
        let listed = Registry::open(&base.join("state")).map(|one| one.files.len());
        drop(held);
        assert!(std::fs::remove_dir_all(&base).is_ok());
        assert!(begun);
        assert!(matches!(listed, Ok(1)), "{listed:?}");
    }
}
