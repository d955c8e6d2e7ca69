//! A file that runs obey, as it is registered.

use purple_host::held::{Identity, Stamp};
use purple_plan::{MAX_PLAN_BYTES, sha256};
use purplec::seal::hex;
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObeyedFile {
    /// Its path without links.
    pub path: PathBuf,
    /// The device and the inode.
    pub identity: Identity,
    /// The SHA-256 of what was obeyed last, in hexadecimal; none of programs and directories.
    pub digest: Option<String>,
    /// Where it leads, if it is a symbolic link on the way to what is obeyed.
    pub target: Option<String>,
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
    /// The SHA-256 of what was there after; none where there was nothing, and of programs.
    pub now: Option<String>,
    /// The device and the inode of what was there after.
    pub found: Option<Identity>,
}

/// A file or a link of which a later run must find what this one has found.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// Its path without links.
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    /// The SHA-256 of its content; none of a program or a directory, which is known by its inode.
    pub(super) digest: Option<String>,
    /// Where a link leads.
    pub(super) target: Option<String>,
}

impl ObeyedFile {
    /// Has it obeyed as it is now.
    pub(super) fn accept(&mut self, part: &Part) {
        // Another name of what it has become says nothing about this one's inode.
        if self.path == part.path {
            self.identity = part.stamp.identity;
            self.target.clone_from(&part.target);
        }
        self.digest = self.digest.as_ref().and(part.digest.clone());
        self.changed = None;
    }

    /// The change that forbids to obey this: what it has become, by its path, by another name of the same
    /// file, or as a copy. What was obeyed before the change is obeyed again.
    pub(super) fn forbids(&self, part: &Part) -> Option<&Change> {
        let change = self.changed.as_ref()?;
        let is_as_before = change.was.is_some() && change.was == part.digest;
        // A link with the same text may lead elsewhere, and what it leads to is looked at itself.
        let is_copy = part.target.is_none() && change.now.is_some() && change.now == part.digest;
        let is_it = is_copy || self.path == part.path || change.found == Some(part.stamp.identity);
        (is_it && !is_as_before).then_some(change)
    }

    /// Whether nothing has its name.
    pub fn is_missing(&self) -> bool {
        self.path.symlink_metadata().is_err()
    }

    /// As a value of JSON.
    pub fn value(&self) -> Value {
        let change = |change: &Change| {
            json!({
                "run": change.run,
                "at": change.at.as_secs(),
                "was": change.was,
                "now": change.now,
                "found": change.found,
            })
        };
        json!({
            "path": self.path.to_string_lossy(),
            "device": self.identity.0,
            "inode": self.identity.1,
            "sha256": self.digest,
            "target": self.target,
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
                found: value.get("found").and_then(identity_of),
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
            target: value.get("target").and_then(text),
            since: Duration::from_secs(value.get("since")?.as_u64()?),
            changed: if changed.is_null() {
                None
            } else {
                Some(change(changed)?)
            },
        })
    }
}

/// A device and an inode out of a value of JSON.
pub(super) fn identity_of(value: &Value) -> Option<Identity> {
    Some((value.get(0)?.as_u64()?, value.get(1)?.as_u64()?))
}

/// The SHA-256 of what has this name, in hexadecimal; `None` where it cannot be read, or is larger than a
/// plan.
pub(super) fn digest_of(path: &Path) -> Option<String> {
    if let Ok(target) = path.read_link() {
        return Some(digest_of_link(target.as_os_str()));
    }
    let bytes = purple_files::read(path, MAX_PLAN_BYTES).ok()?;
    (bytes.len() <= MAX_PLAN_BYTES).then(|| hex(&sha256(&bytes)))
}

/// The SHA-256 of a symbolic link. No file that is obeyed starts with a zero byte.
pub(super) fn digest_of_link(target: &OsStr) -> String {
    hex(&sha256(&[b"\0symlink\0", target.as_bytes()].concat()))
}

/// The time since 1970, in whole seconds.
pub(super) fn now_since_1970() -> Duration {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Duration::from_secs(since.unwrap_or_default().as_secs())
}
