//! What runs obey, kept from what runs do.
//!
//! A policy, what it extends, a plan and the programs may lie where the program can write. So all that
//! a run obeys is opened before it is read, and handed to purple-exec, which keeps it as it is; and the
//! files are registered, so that runs of other policies keep them too. A pin can be lost where the host
//! renames a file over another: after the run the files are compared with what they were, and no run
//! obeys what has changed until its owner accepts it.

mod error;
mod file;
mod registry;
mod runs;

use crate::notice::Notice;
use purple_host::held::{self, HeldFile, Identity, Stamp};
use purple_host::users;
use purple_plan::{MountKind, Plan, mount_flags, sha256};
use purplec::seal::hex;
use registry::Registry;
use runs::ActiveRun;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub use error::TrustError;
pub use file::{Change, ObeyedFile};

/// A file that this run obeys, held by a descriptor from before it was read.
#[derive(Debug)]
pub(crate) struct Obeyed {
    held: HeldFile,
    stamp: Stamp,
    /// The SHA-256 of its bytes; none of a program, which is known by its inode and change time.
    digest: Option<String>,
}

impl Obeyed {
    /// A file of which these bytes were read.
    pub(crate) fn read(held: HeldFile, bytes: &[u8]) -> Result<Self, TrustError> {
        Ok(Self {
            stamp: held.stamp()?,
            held,
            digest: Some(hex(&sha256(bytes))),
        })
    }

    /// A program.
    pub(crate) fn program(path: &Path) -> Result<Self, TrustError> {
        let held = HeldFile::open(path)?;
        Ok(Self {
            stamp: held.stamp()?,
            held,
            digest: None,
        })
    }
}

/// The directory in which Purple keeps its state: root's, or this user's.
pub(crate) fn state_directory() -> Result<PathBuf, TrustError> {
    let named = std::env::var_os("XDG_STATE_HOME").is_some();
    if users::is_root() && !named {
        return Ok(PathBuf::from("/var/lib/purple"));
    }
    users::base_directory("XDG_STATE_HOME", ".local/state")
        .map(|base| base.join("purple"))
        .ok_or(TrustError::NoStateDirectory)
}

/// The files that runs of this user, or of root, have obeyed.
pub fn files() -> Result<Vec<ObeyedFile>, TrustError> {
    Ok(Registry::open(&state_directory()?)?.files)
}

/// Accepts a file as it is now, and gives what it was.
pub fn accept(path: &Path) -> Result<ObeyedFile, TrustError> {
    let mut registry = Registry::open(&state_directory()?)?;
    let held = HeldFile::open(path)?;
    let file = registry.find(held.path())?;
    let before = file.clone();
    file.accept(held.stamp()?.identity, file::digest_of(held.path()));
    registry.save()?;
    Ok(before)
}

/// Forgets a file: later runs do not keep it, unless they obey it themselves.
pub fn forget(path: &Path) -> Result<ObeyedFile, TrustError> {
    let mut registry = Registry::open(&state_directory()?)?;
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let before = registry.find(&path)?.clone();
    registry.files.retain(|file| file.path != path);
    registry.save()?;
    Ok(before)
}

/// What a run obeys and keeps.
#[derive(Debug)]
pub(crate) struct Trust {
    /// The registry, locked until the run is listed as one that goes on.
    registry: Option<Registry>,
    directory: PathBuf,
    id: String,
    /// What is kept and not obeyed by this run: other runs' files, and directories of Purple's.
    others: Vec<HeldFile>,
    /// What is compared after the run, and what it was.
    baseline: Vec<(PathBuf, Stamp, Option<String>)>,
    /// The directories that the program may write to.
    shares: Vec<Identity>,
    active: Option<ActiveRun>,
}

impl Trust {
    /// Refuses what has changed during an earlier run, and what a run that goes on may change.
    pub(crate) fn begin<'o>(
        obeyed: impl Iterator<Item = &'o Obeyed> + Clone,
        directories: &[PathBuf],
        id: &str,
    ) -> Result<Self, TrustError> {
        let directory = state_directory()?;
        let mut registry = Registry::open(&directory)?;
        let now = now();
        for one in obeyed.clone() {
            runs::refuse_writable_by_others(&directory, &one.held)?;
            registry.obey(
                one.held.path(),
                one.stamp.identity,
                one.digest.as_ref(),
                now,
            )?;
        }
        for directory in directories {
            let held = HeldFile::open(directory)?;
            registry.obey(held.path(), held.stamp()?.identity, None, now)?;
        }
        registry.save()?;
        let baseline = obeyed.map(|one| {
            let path = one.held.path().to_owned();
            (path, one.stamp, one.digest.clone())
        });
        Ok(Self {
            directory,
            id: id.to_owned(),
            others: Vec::new(),
            baseline: baseline.collect(),
            shares: Vec::new(),
            active: None,
            registry: Some(registry),
        })
    }

    /// Opens what else is kept: directories of Purple's, and what other runs obey. Lists this run as one
    /// that goes on.
    pub(crate) fn enter<'o>(
        &mut self,
        plan: &Plan<'_>,
        obeyed: impl Iterator<Item = &'o Obeyed> + Clone,
        directories: &[PathBuf],
    ) -> Result<(), TrustError> {
        let Some(registry) = self.registry.take() else {
            return Ok(());
        };
        self.shares = shares(plan);
        for directory in std::iter::once(&self.directory).chain(directories) {
            if directory.exists() {
                self.others.push(HeldFile::open(directory)?);
            }
        }
        for file in &registry.files {
            if obeyed.clone().any(|one| one.held.path() == file.path) {
                continue;
            }
            // What is not there any more cannot be kept, and its registration goes with the next run.
            let Ok(held) = HeldFile::open(&file.path) else {
                continue;
            };
            let stamp = held.stamp()?;
            if self
                .shares
                .iter()
                .any(|(device, _)| *device == stamp.identity.0)
            {
                self.baseline
                    .push((file.path.clone(), stamp, file.digest.clone()));
                self.others.push(held);
            }
        }
        let kept = obeyed.map(|one| one.stamp.identity);
        let others = self.others.iter().filter_map(|one| one.stamp().ok());
        let kept: Vec<Identity> = kept.chain(others.map(|stamp| stamp.identity)).collect();
        self.active = Some(ActiveRun::start(
            &self.directory,
            &self.id,
            &self.shares,
            &kept,
        )?);
        // The registry is unlocked here.
        drop(registry);
        Ok(())
    }

    /// The descriptors that purple-exec keeps.
    pub(crate) fn descriptors<'o>(
        &self,
        obeyed: impl Iterator<Item = &'o Obeyed>,
    ) -> Result<Vec<i32>, TrustError> {
        let held = obeyed.map(|one| &one.held).chain(&self.others);
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
        // What another run has registered meanwhile was not kept by this one.
        let mut baseline = std::mem::take(&mut self.baseline);
        for file in &registry.files {
            let known = baseline.iter().any(|(path, ..)| *path == file.path);
            if !known && let Some(stamp) = file.stamp() {
                baseline.push((file.path.clone(), stamp, file.digest.clone()));
            }
        }
        let mut changed = false;
        for (path, stamp, digest) in baseline {
            let is_same = Stamp::at(&path) == Some(stamp);
            // What a directory holds is the log's own to check.
            if is_same || path.is_dir() || !held::lies_in(&path, &self.shares) {
                continue;
            }
            let found = digest.as_ref().and(file::digest_of(&path));
            if digest.is_some()
                && found == digest
                && held::identity_at(&path) == Some(stamp.identity)
            {
                continue;
            }
            if let Ok(file) = registry.find(&path) {
                file.changed = Some(Change {
                    run: self.id.clone(),
                    at: now(),
                    was: digest,
                    now: found,
                });
                changed = true;
                notices.push(Notice::ObeyedFileChanged(path));
            }
        }
        if changed { registry.save() } else { Ok(()) }
    }
}

/// The directories of the host that the program may write to.
fn shares(plan: &Plan<'_>) -> Vec<Identity> {
    plan.mounts
        .iter()
        .filter(|mount| mount.kind == MountKind::Bind && mount.flags & mount_flags::OWNED != 0)
        .filter_map(|mount| {
            held::identity_at(Path::new(OsStr::from_bytes(mount.source.to_bytes())))
        })
        .collect()
}

fn now() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Duration::from_secs(since.unwrap_or_default().as_secs())
}
