//! A file that runs obey, as it is registered.

use purple_host::held::{Identity, Stamp};
use purple_plan::{MAX_PLAN_BYTES, sha256};
use purplec::seal::hex;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObeyedFile {
    /// Its path without links.
    pub path: PathBuf,
    /// The device and the inode.
    pub identity: Identity,
    /// The SHA-256 of what was obeyed last, in hexadecimal; none of programs.
    pub digest: Option<String>,
    /// Since when runs obey it: the time since 1970.
    pub since: Duration,
    /// What happened to it during a run; none where no run obeys it for that.
    pub changed: Option<Change>,
}

/// A change during a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The run's id, as in the audit log.
    pub run: String,
    /// When it was noticed: the time since 1970.
    pub at: Duration,
    /// The SHA-256 of what was obeyed; none of programs.
    pub was: Option<String>,
    /// The SHA-256 of what was there after; none where there was nothing.
    pub now: Option<String>,
}

impl ObeyedFile {
    /// Has it obeyed as it is now.
    pub(super) fn accept(&mut self, identity: Identity, digest: Option<String>) {
        self.identity = identity;
        self.digest = self.digest.as_ref().and(digest);
        self.changed = None;
    }

    /// What is there now, if it is what was registered.
    pub(super) fn stamp(&self) -> Option<Stamp> {
        Stamp::at(&self.path).filter(|stamp| stamp.identity == self.identity)
    }

    /// As a value of JSON.
    pub fn value(&self) -> Value {
        let change = |change: &Change| {
            json!({
                "run": change.run,
                "at": change.at.as_secs(),
                "was": change.was,
                "now": change.now,
            })
        };
        json!({
            "path": self.path.to_string_lossy(),
            "device": self.identity.0,
            "inode": self.identity.1,
            "sha256": self.digest,
            "since": self.since.as_secs(),
            "changed": self.changed.as_ref().map(change),
        })
    }

    /// Out of a value of JSON.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let change = |value: &Value| {
            Some(Change {
                run: text(value.get("run")?)?,
                at: Duration::from_secs(value.get("at")?.as_u64()?),
                was: text(value.get("was")?),
                now: text(value.get("now")?),
            })
        };
        let changed = value.get("changed")?;
        Some(Self {
            path: PathBuf::from(text(value.get("path")?)?),
            identity: (
                value.get("device")?.as_u64()?,
                value.get("inode")?.as_u64()?,
            ),
            digest: text(value.get("sha256")?),
            since: Duration::from_secs(value.get("since")?.as_u64()?),
            changed: if changed.is_null() {
                None
            } else {
                Some(change(changed)?)
            },
        })
    }
}

/// The SHA-256 of a file in hexadecimal; `None` where it cannot be read, or is larger than a plan.
pub(super) fn digest_of(path: &Path) -> Option<String> {
    let bytes = purple_files::read(path, MAX_PLAN_BYTES).ok()?;
    (bytes.len() <= MAX_PLAN_BYTES).then(|| hex(&sha256(&bytes)))
}
