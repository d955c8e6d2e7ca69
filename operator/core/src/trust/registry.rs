//! The list of all files that runs have obeyed: `obeyed.json` in the state directory.

use super::error::TrustError;
use super::file::{ObeyedFile, Part};
use purple_host::FileError;
use purple_host::files::PrivateDirectory;
use purple_host::own_file::{self, Access, LockedFile};
use purple_host::users;
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = "obeyed.json";
const LOCK: &str = "obeyed.lock";

/// The most bytes that are read: some ten thousand files.
const MOST_BYTES: u64 = 8 << 20;

/// The most files that are in the list and do not exist.
const MOST_MISSING: usize = 1000;

/// How long another process may have a file locked. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

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

/// The list, locked.
#[derive(Debug)]
pub(super) struct Registry {
    directory: PathBuf,
    pub(super) files: Vec<ObeyedFile>,
    _lock: LockedFile,
}

impl Registry {
    /// Locks and reads it.
    pub(super) fn open(directory: &Path) -> Result<Self, TrustError> {
        let private = PrivateDirectory::create(directory).map_err(FileError::at(directory))?;
        let lock = lock(&directory.join(LOCK))?;
        let path = directory.join(NAME);
        let unreadable = || TrustError::Unreadable(path.clone());
        let files = match private.read(NAME, MOST_BYTES) {
            Some(bytes) => parse(&bytes).ok_or_else(unreadable)?,
            None if path.symlink_metadata().is_ok() => return Err(unreadable()),
            None => Vec::new(),
        };
        Ok(Self {
            directory: directory.to_owned(),
            files: without_most_missing(files),
            _lock: lock,
        })
    }

    /// Registers a file or a link that a run is to obey, if none has changed it.
    pub(super) fn obey(&mut self, part: &Part, now: Duration) -> Result<(), TrustError> {
        for file in &self.files {
            if let Some(change) = file.forbids(part) {
                return Err(TrustError::Changed {
                    path: part.path.clone(),
                    changed: file.path.clone(),
                    change: Box::new(change.clone()),
                });
            }
        }
        if part.path.to_str().is_none() || !part.path.is_absolute() {
            // It could not be written down; this run keeps it all the same.
            return Ok(());
        }
        let since = self.find(&part.path).map_or(now, |file| file.since);
        let file = ObeyedFile {
            path: part.path.clone(),
            identity: part.stamp.identity,
            digest: part.digest.clone(),
            target: part.target.clone(),
            since,
            changed: None,
        };
        match self.find(&part.path) {
            Ok(known) => *known = file,
            Err(_) => self.files.push(file),
        }
        Ok(())
    }

    /// A registered file.
    pub(super) fn find(&mut self, path: &Path) -> Result<&mut ObeyedFile, TrustError> {
        let found = self.files.iter_mut().find(|file| file.path == path);
        found.ok_or_else(|| TrustError::NotObeyed(path.to_owned()))
    }

    /// Writes it.
    pub(super) fn save(&self) -> Result<(), TrustError> {
        let files: Vec<Value> = self.files.iter().map(ObeyedFile::value).collect();
        let text = json!({"version": 1, "files": files}).to_string();
        PrivateDirectory::create(&self.directory)
            .and_then(|directory| directory.replace(NAME, text.as_bytes()))
            .map_err(|error| FileError::at(self.directory.join(NAME))(error).into())
    }
}

/// All files but the oldest of those that are missing. A missing one stays in the list, so that what a
/// program puts in its place is noticed; but not all that there ever was can stay.
fn without_most_missing(files: Vec<ObeyedFile>) -> Vec<ObeyedFile> {
    let is_missing = |file: &ObeyedFile| file.changed.is_none() && file.is_missing();
    let missing: Vec<bool> = files.iter().map(is_missing).collect();
    let count = missing.iter().filter(|&&missing| missing).count();
    let mut too_many = count.saturating_sub(MOST_MISSING);
    let mut kept = Vec::new();
    for (file, missing) in files.into_iter().zip(missing) {
        if missing && too_many > 0 {
            too_many -= 1;
        } else {
            kept.push(file);
        }
    }
    kept
}

fn parse(bytes: &[u8]) -> Option<Vec<ObeyedFile>> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    if value.get("version")?.as_u64()? != 1 {
        return None;
    }
    let files = value.get("files")?.as_array()?;
    files.iter().map(ObeyedFile::of).collect()
}

/// Locks a file of the state directory; it is created where it is missing.
pub(crate) fn lock(path: &Path) -> Result<LockedFile, TrustError> {
    let file = own_file::open(path, Access::Update).map_err(FileError::at(path))?;
    own_file::lock(file, PATIENCE).map_err(|error| match error.kind() {
        ErrorKind::TimedOut => TrustError::Locked(path.to_owned()),
        _ => FileError::at(path)(error).into(),
    })
}
