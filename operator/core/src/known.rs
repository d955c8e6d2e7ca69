//! What runs have found in their directories before they started: a locked file for each run, for the runs that start meanwhile. The file
//! of a killed run remains until another run has searched the same directories.

use crate::trust::{TrustError, lock};
use purple_git::Known;
use purple_host::FileError;
use purple_host::own_file::{self, Access, LockedFile};
use purplec::seal::hex;
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

const DIRECTORY: &str = "found";

/// The file that is locked while the others are listed or written.
const LOCK: &str = "lock";

/// The most bytes that are read of a run's file.
const MOST_BYTES: u64 = 64 << 20;

/// What other runs have found.
#[derive(Debug, Default)]
pub(crate) struct OtherRuns {
    pub(crate) all: Vec<Known>,
    /// The files of runs that have ended without looking, with their directories.
    killed: Vec<(PathBuf, Vec<PathBuf>)>,
}

impl OtherRuns {
    /// Adds the runs of which there is a file now.
    pub(crate) fn add(&mut self, state: &Path) -> Result<(), TrustError> {
        let directory = state.join(DIRECTORY);
        let entries = match fs::read_dir(&directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(FileError::at(&directory))?,
        };
        let _lock = lock(&directory.join(LOCK))?;
        for entry in entries {
            let path = entry.map_err(FileError::at(&directory))?.path();
            if path.file_name() == Some(OsStr::new(LOCK)) {
                continue;
            }
            // It may be gone by now: its run has ended.
            let opened = match File::open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.map_err(FileError::at(&path))?,
            };
            let locked = own_file::try_lock(opened).map_err(FileError::at(&path))?;
            let text = own_file::read_end(&path, MOST_BYTES).map_err(FileError::at(&path))?;
            let Some(text) = text else {
                continue;
            };
            let known = match parsed(&text) {
                // What a killed run has left is gone with its directories.
                Some(known) if locked.is_none() || known.tops.iter().any(|top| top.exists()) => {
                    known
                }
                None if locked.is_none() => return Err(TrustError::Unreadable(path)),
                // It was not written whole before the power was lost.
                _ => {
                    fs::remove_file(&path).map_err(FileError::at(&path))?;
                    continue;
                }
            };
            if locked.is_some() && !self.killed.iter().any(|(known, _)| *known == path) {
                self.killed.push((path, known.tops.clone()));
            }
            if !self.all.contains(&known) {
                self.all.push(known);
            }
        }
        Ok(())
    }

    /// Removes the files of killed runs of which all directories lie in these, which have been looked through.
    pub(crate) fn remove_killed(&self, searched: &[PathBuf]) {
        for (path, tops) in &self.killed {
            let all = tops
                .iter()
                .all(|top| searched.iter().any(|searched| top.starts_with(searched)));
            if all && fs::remove_file(path).is_err() {
                // Another run has removed it.
            }
        }
    }
}

/// What this run has found, until it has looked through its directories.
#[derive(Debug)]
pub(crate) struct FoundBefore {
    path: PathBuf,
    is_started: bool,
    _lock: LockedFile,
}

impl FoundBefore {
    pub(crate) fn write(state: &Path, id: &str, known: &Known) -> Result<Self, TrustError> {
        let directory = state.join(DIRECTORY);
        fs::create_dir_all(&directory).map_err(FileError::at(&directory))?;
        let _lock = lock(&directory.join(LOCK))?;
        let path = directory.join(id);
        let file = own_file::open(&path, Access::Update).map_err(FileError::at(&path))?;
        let locked = own_file::try_lock(file).map_err(FileError::at(&path))?;
        let mut lock = locked.ok_or_else(|| TrustError::Locked(path.clone()))?;
        let digests: Vec<String> = known.digests.iter().map(|digest| hex(digest)).collect();
        let tops: Vec<String> = known
            .tops
            .iter()
            .map(|top| hex(top.as_os_str().as_bytes()))
            .collect();
        let text = json!({"tops": tops, "digests": digests}).to_string();
        lock.write_all(text.as_bytes())
            .map_err(FileError::at(&path))?;
        Ok(Self {
            path,
            is_started: false,
            _lock: lock,
        })
    }

    /// The program is about to start: from here on only a look at what it has left removes the file.
    pub(crate) const fn start(&mut self) {
        self.is_started = true;
    }

    /// All that this run has left was looked through.
    pub(crate) fn remove(mut self) {
        self.is_started = false;
    }
}

impl Drop for FoundBefore {
    fn drop(&mut self) {
        if !self.is_started && fs::remove_file(&self.path).is_err() {
            // It was removed already.
        }
    }
}

fn parsed(text: &str) -> Option<Known> {
    let value: Value = serde_json::from_str(text).ok()?;
    let list = |key: &str| value.get(key).and_then(Value::as_array);
    let top = |top: &Value| Some(PathBuf::from(OsString::from_vec(unhex(top.as_str()?)?)));
    let digest = |digest: &Value| unhex(digest.as_str()?)?.try_into().ok();
    Some(Known {
        tops: list("tops")?.iter().map(top).collect::<Option<_>>()?,
        digests: list("digests")?.iter().map(digest).collect::<Option<_>>()?,
    })
}

/// The bytes that a text has in hexadecimal.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}
