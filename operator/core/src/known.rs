//! What runs have found in their directories before them: a locked file each, for the runs that start meanwhile. The file of a run that
//! was killed stays, because nobody has looked through what it left, until a run of the same directories has done so.

use crate::trust::TrustError;
use purple_git::Known;
use purple_host::FileError;
use purple_host::own_file::{self, Access, LockedFile};
use purplec::seal::hex;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const DIRECTORY: &str = "found";

/// The beginning of the name of a file that is not written whole.
const UNFINISHED: &str = ".";

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
        let Ok(entries) = fs::read_dir(state.join(DIRECTORY)) else {
            return Ok(());
        };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            // It may be gone by now: its run has ended.
            let opened = match File::open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                opened => opened.map_err(FileError::at(&path))?,
            };
            let locked = own_file::try_lock(opened).map_err(FileError::at(&path))?;
            if is_unfinished(&path) {
                if locked.is_some() && fs::remove_file(&path).is_err() {
                    // Another run has removed it.
                }
                continue;
            }
            let text = own_file::read_end(&path, MOST_BYTES).map_err(FileError::at(&path))?;
            let Some(text) = text else {
                continue;
            };
            let known = parsed(&text).ok_or_else(|| TrustError::Unreadable(path.clone()))?;
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
    _lock: LockedFile,
}

impl FoundBefore {
    pub(crate) fn write(state: &Path, id: &str, known: &Known) -> Result<Self, TrustError> {
        let directory = state.join(DIRECTORY);
        fs::create_dir_all(&directory).map_err(FileError::at(&directory))?;
        // It gets its name when it is whole; the lock is that of the file.
        let unfinished = directory.join(format!("{UNFINISHED}{id}"));
        let file =
            own_file::open(&unfinished, Access::Update).map_err(FileError::at(&unfinished))?;
        let locked = own_file::try_lock(file).map_err(FileError::at(&unfinished))?;
        let mut lock = locked.ok_or_else(|| TrustError::Locked(unfinished.clone()))?;
        let digests: Vec<String> = known.digests.iter().map(|digest| hex(digest)).collect();
        let tops: Vec<_> = known.tops.iter().map(|top| top.to_string_lossy()).collect();
        let text = json!({"tops": tops, "digests": digests}).to_string();
        lock.write_all(text.as_bytes())
            .map_err(FileError::at(&unfinished))?;
        let path = directory.join(id);
        fs::rename(&unfinished, &path).map_err(FileError::at(&path))?;
        Ok(Self { path, _lock: lock })
    }

    /// All that this run has left was looked through.
    pub(crate) fn remove(self) {
        if fs::remove_file(&self.path).is_err() {
            // Without its directory nobody reads it either.
        }
    }
}

fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str);
    name.is_some_and(|name| name.starts_with(UNFINISHED))
}

fn parsed(text: &str) -> Option<Known> {
    let value: Value = serde_json::from_str(text).ok()?;
    let list = |key: &str| value.get(key).and_then(Value::as_array);
    let top = |top: &Value| top.as_str().map(PathBuf::from);
    let digest = |digest: &Value| unhex(digest.as_str()?);
    Some(Known {
        tops: list("tops")?.iter().map(top).collect::<Option<_>>()?,
        digests: list("digests")?.iter().map(digest).collect::<Option<_>>()?,
    })
}

/// The bytes of a digest in hexadecimal.
fn unhex(text: &str) -> Option<purple_plan::Digest> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())?.try_into().ok()
}
