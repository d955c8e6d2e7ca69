//! What people do with the list of what runs obey.

use super::error::TrustError;
use super::file::{Change, ObeyedFile, now_since_1970};
use super::obeyed::Obeyed;
use super::registry::{Registry, state_directory};
use super::runs::OtherRun;
use purple_host::reach::Mounts;
use std::path::{Path, PathBuf};

/// The files that runs of this user, or of root, have obeyed: those that have changed first.
pub fn files() -> Result<Vec<ObeyedFile>, TrustError> {
    let mut files = Registry::open(&state_directory()?)?.files;
    files.sort_by_key(|file| file.changed.is_none());
    Ok(files)
}

/// Accepts a file as it is now, and the links on the way to it. Gives each registered file that this is about, as
/// it was and as it is.
pub fn accept(path: &Path) -> Result<Vec<(ObeyedFile, ObeyedFile)>, TrustError> {
    let mut registry = Registry::open(&state_directory()?)?;
    let found = Obeyed::found(path)?;
    let mut accepted = Vec::new();
    for part in &found.parts {
        for file in &mut registry.files {
            if file.path == part.path || file.forbids(part).is_some() {
                let before = file.clone();
                file.accept(part);
                accepted.push((before, file.clone()));
            }
        }
    }
    if accepted.is_empty() {
        return Err(TrustError::NotObeyed(found.held.path().to_owned()));
    }
    registry.save()?;
    Ok(accepted)
}

/// Accepts files as they were read, also those that no run has obeyed yet, unless a run that goes on may change them. Gives each of
/// them, after the change that is accepted.
pub(crate) fn accept_read(
    read: &[Obeyed],
) -> Result<Vec<(Option<Change>, ObeyedFile)>, TrustError> {
    let directory = state_directory()?;
    let mut registry = Registry::open(&directory)?;
    let mounts = Mounts::now();
    let runs = OtherRun::all(&directory)?;
    let now = now_since_1970();
    let mut accepted = Vec::new();
    for one in read {
        for run in &runs {
            run.refuse_writable(&mounts, one)?;
        }
        for part in &one.parts {
            let mut change = None;
            for file in &mut registry.files {
                if file.path == part.path || file.forbids(part).is_some() {
                    change = change.or(file.changed.take());
                    file.accept(part);
                }
            }
            registry.obey(part, now)?;
            accepted.push((change, registry.find(&part.path)?.clone()));
        }
    }
    registry.save()?;
    Ok(accepted)
}

/// Refuses files that were read and are not registered with the content that they have.
pub(crate) fn check_accepted(read: &[Obeyed]) -> Result<(), TrustError> {
    let registry = Registry::open(&state_directory()?)?;
    for part in read.iter().flat_map(|one| &one.parts) {
        let known = registry.files.iter().find(|file| file.path == part.path);
        if known.is_none_or(|file| file.digest != part.digest) {
            return Err(TrustError::NotAccepted {
                path: part.path.clone(),
                digest: part.digest.clone().unwrap_or_default(),
                is_known: known.is_some(),
            });
        }
    }
    Ok(())
}

/// Whether the list has a file: it was accepted, or a run has obeyed it. Its content may have changed since.
pub(crate) fn is_registered(path: &Path) -> Result<bool, TrustError> {
    let registry = Registry::open(&state_directory()?)?;
    Ok(registry.files.iter().any(is_named(path)))
}

/// Forgets a file, or a link and what it leads to: later runs do not keep it, unless they obey it themselves.
pub fn forget(path: &Path) -> Result<Vec<ObeyedFile>, TrustError> {
    let mut registry = Registry::open(&state_directory()?)?;
    let (forgotten, left) = registry.files.into_iter().partition(is_named(path));
    registry.files = left;
    if forgotten.is_empty() {
        return Err(TrustError::NotObeyed(path.to_owned()));
    }
    registry.save()?;
    Ok(forgotten)
}

/// Whether a file of the list is the one of a path, or what that leads to.
fn is_named(path: &Path) -> impl Fn(&ObeyedFile) -> bool {
    let names = [named(path), std::fs::canonicalize(path).ok()];
    move |file| names.iter().flatten().any(|name| *name == file.path)
}

/// The path of a name without links before it; the name need not exist.
fn named(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let above = path.parent()?;
    let above = std::fs::canonicalize(above).unwrap_or_else(|_| above.to_owned());
    Some(above.join(path.file_name()?))
}
