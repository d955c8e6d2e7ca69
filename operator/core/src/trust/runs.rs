//! The runs that go on: a locked file each, which says what their programs can reach and what of that
//! they keep. The lock ends with the process, however that ends.

use super::error::TrustError;
use super::file::identity_of;
use super::obeyed::Obeyed;
use purple_host::FileError;
use purple_host::held::Identity;
use purple_host::own_file::{self, Access, LockedFile};
use purple_host::reach::{Mounts, Place, Reach};
use serde_json::{Value, json};
use std::fs;
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
        reach: &Reach,
        kept: &[Identity],
    ) -> Result<Self, TrustError> {
        let directory = state.join(DIRECTORY);
        let failed = |error| TrustError::State(FileError::at(&directory)(error));
        fs::create_dir_all(&directory).map_err(failed)?;
        let path = directory.join(id);
        let file = own_file::open(&path, Access::Update).map_err(FileError::at(&path))?;
        let locked = own_file::try_lock(file).map_err(FileError::at(&path))?;
        let mut lock = locked.ok_or_else(|| TrustError::Locked(path.clone()))?;
        let tops: Vec<Value> = reach.tops.iter().map(top).collect();
        let text = json!({
            "pid": std::process::id(),
            "shares": reach.shares,
            "tops": tops,
            "kept": kept,
        })
        .to_string();
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

/// A run that goes on, as its file says.
#[derive(Debug)]
pub(super) struct OtherRun {
    pid: u64,
    reach: Reach,
    kept: Vec<Identity>,
}

impl OtherRun {
    /// All of them. Files of runs that have ended are removed.
    pub(super) fn all(state: &Path) -> Result<Vec<Self>, TrustError> {
        let Ok(entries) = fs::read_dir(state.join(DIRECTORY)) else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            let opened = own_file::open(&path, Access::Update).map_err(FileError::at(&path))?;
            let locked = own_file::try_lock(opened).map_err(FileError::at(&path))?;
            if locked.is_some() {
                // Its process has ended.
                fs::remove_file(&path).map_err(FileError::at(&path))?;
                continue;
            }
            let text = own_file::read_end(&path, MOST_BYTES).map_err(FileError::at(&path))?;
            let run = serde_json::from_str(text.as_deref().unwrap_or_default())
                .map_err(|_| TrustError::Unreadable(path.clone()))?;
            all.push(Self::of(&run));
        }
        Ok(all)
    }

    fn of(run: &Value) -> Self {
        let list = |key: &str| run.get(key).and_then(Value::as_array).into_iter().flatten();
        Self {
            pid: run.get("pid").and_then(Value::as_u64).unwrap_or_default(),
            reach: Reach {
                shares: list("shares").filter_map(identity_of).collect(),
                tops: list("tops").filter_map(place_of).collect(),
            },
            kept: list("kept").filter_map(identity_of).collect(),
        }
    }

    /// Refuses what this run may change: by its name, by that of a link on the way, or by another name.
    pub(super) fn refuse_writable(&self, mounts: &Mounts, one: &Obeyed) -> Result<(), TrustError> {
        let keeps = |identity| self.kept.contains(&identity);
        for part in &one.parts {
            if !keeps(part.stamp.identity) && self.reach.leads_to(mounts, &part.path) {
                return Err(TrustError::Writable {
                    path: part.path.clone(),
                    pid: self.pid,
                });
            }
        }
        let path = one.held.path();
        let keeps = one
            .parts
            .last()
            .is_some_and(|part| keeps(part.stamp.identity));
        if !keeps
            && one.held.is_changed_by_another_name()?
            && self.reach.shares_device(mounts, path)
        {
            return Err(TrustError::Linked {
                path: path.to_owned(),
                pid: self.pid,
            });
        }
        Ok(())
    }
}

/// A place of a file system as a value of JSON: two texts.
fn top(place: &Place) -> Value {
    json!([place.device, place.path.to_string_lossy()])
}

fn place_of(value: &Value) -> Option<Place> {
    Some(Place {
        device: value.get(0)?.as_str()?.to_owned(),
        path: PathBuf::from(value.get(1)?.as_str()?),
    })
}
