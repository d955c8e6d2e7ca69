//! The runs that go on: a locked file each, which says what their programs may write to and what of
//! that they keep. The lock ends with the process, however that ends.

use super::error::TrustError;
use purple_host::FileError;
use purple_host::held::{self, HeldFile, Identity};
use purple_host::own_file::{self, Access, LockedFile};
use serde_json::{Value, json};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const DIRECTORY: &str = "runs";

/// The most bytes that are read of a run's file.
const MOST_BYTES: u64 = 1 << 20;

/// A run that goes on, until this is dropped.
#[derive(Debug)]
pub(super) struct ActiveRun {
    path: PathBuf,
    _lock: LockedFile,
}

impl ActiveRun {
    pub(super) fn start(
        state: &Path,
        id: &str,
        shares: &[Identity],
        kept: &[Identity],
    ) -> Result<Self, TrustError> {
        let directory = state.join(DIRECTORY);
        let failed = |error| TrustError::State(FileError::at(&directory)(error));
        fs::create_dir_all(&directory).map_err(failed)?;
        let path = directory.join(id);
        let file = own_file::open(&path, Access::Update).map_err(FileError::at(&path))?;
        let locked =
            own_file::try_lock(file).map_err(|errno| FileError::at(&path)(errno.into()))?;
        let mut lock = locked.ok_or_else(|| TrustError::Locked(path.clone()))?;
        let text = json!({"pid": std::process::id(), "shares": shares, "kept": kept}).to_string();
        lock.write_all(text.as_bytes())
            .map_err(FileError::at(&path))?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for ActiveRun {
    fn drop(&mut self) {
        if fs::remove_file(&self.path).is_err() {
            // The next run removes it: nobody has it locked.
        }
    }
}

/// Refuses a file that a run which goes on may change. Files of runs that have ended are removed.
pub(super) fn refuse_writable_by_others(state: &Path, file: &HeldFile) -> Result<(), TrustError> {
    let Ok(entries) = fs::read_dir(state.join(DIRECTORY)) else {
        return Ok(());
    };
    let identity = file.stamp()?.identity;
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let opened = own_file::open(&path, Access::Update).map_err(FileError::at(&path))?;
        let locked =
            own_file::try_lock(opened).map_err(|errno| FileError::at(&path)(errno.into()))?;
        if locked.is_some() {
            // Its process has ended.
            fs::remove_file(&path).map_err(FileError::at(&path))?;
            continue;
        }
        let text = own_file::read_end(&path, MOST_BYTES).map_err(FileError::at(&path))?;
        let run: Value = serde_json::from_str(text.as_deref().unwrap_or_default())
            .map_err(|_| TrustError::Unreadable(path.clone()))?;
        let keeps = identities(&run, "kept").contains(&identity);
        if !keeps && held::lies_in(file.path(), &identities(&run, "shares")) {
            return Err(TrustError::Writable {
                path: file.path().to_owned(),
                pid: run.get("pid").and_then(Value::as_u64).unwrap_or_default(),
            });
        }
    }
    Ok(())
}

fn identities(run: &Value, key: &str) -> Vec<Identity> {
    let all = run.get(key).and_then(Value::as_array);
    let pair = |value: &Value| Some((value.get(0)?.as_u64()?, value.get(1)?.as_u64()?));
    all.into_iter().flatten().filter_map(pair).collect()
}
