//! The list of all files that runs have obeyed: `obeyed.json` in the state directory.

use super::error::TrustError;
use super::file::ObeyedFile;
use purple_host::FileError;
use purple_host::files::PrivateDirectory;
use purple_host::held::Identity;
use purple_host::own_file::{self, Access, LockedFile};
use serde_json::{Value, json};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

const NAME: &str = "obeyed.json";
const LOCK: &str = "obeyed.lock";

/// The most bytes that are read: some ten thousand files.
const MOST_BYTES: u64 = 8 << 20;

/// How long another process may have the list locked. It takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// The list, locked.
#[derive(Debug)]
pub(super) struct Registry {
    directory: PathBuf,
    pub(super) files: Vec<ObeyedFile>,
    _lock: LockedFile,
}

impl Registry {
    /// Locks and reads it. A file that is not there any more is left out.
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
        let there = |file: &ObeyedFile| file.changed.is_some() || file.path.exists();
        Ok(Self {
            directory: directory.to_owned(),
            files: files.into_iter().filter(there).collect(),
            _lock: lock,
        })
    }

    /// Registers a file that a run is to obey, if none has changed it.
    pub(super) fn obey(
        &mut self,
        path: &Path,
        identity: Identity,
        digest: Option<&String>,
        now: Duration,
    ) -> Result<(), TrustError> {
        if path.to_str().is_none() || !path.is_absolute() {
            // It could not be written down; this run keeps it all the same.
            return Ok(());
        }
        let Ok(file) = self.find(path) else {
            self.files.push(ObeyedFile {
                path: path.to_owned(),
                identity,
                digest: digest.cloned(),
                since: now,
                changed: None,
            });
            return Ok(());
        };
        if let Some(change) = &file.changed {
            // What was there before is obeyed again.
            if change.was.is_none() || change.was.as_ref() != digest {
                return Err(TrustError::Changed {
                    path: path.to_owned(),
                    change: change.clone(),
                });
            }
        }
        file.identity = identity;
        file.digest = digest.cloned();
        file.changed = None;
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

fn parse(bytes: &[u8]) -> Option<Vec<ObeyedFile>> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    if value.get("version")?.as_u64()? != 1 {
        return None;
    }
    let files = value.get("files")?.as_array()?;
    files.iter().map(ObeyedFile::of).collect()
}

fn lock(path: &Path) -> Result<LockedFile, TrustError> {
    let file = own_file::open(path, Access::Update).map_err(FileError::at(path))?;
    own_file::lock(file, PATIENCE).map_err(|error| match error.kind() {
        ErrorKind::TimedOut => TrustError::Locked(path.to_owned()),
        _ => FileError::at(path)(error).into(),
    })
}
