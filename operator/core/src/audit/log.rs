//! The audit log: one JSON object a line, each with the hash of the one before.
//!
//! Beside the log lies its head: the number and the hash of the last record. So a new file, when the
//! old one was moved away, goes on where that one ended, and records that are cut from the end are
//! missed. What writers lock is a third file, which nobody can open for reading: a lock needs no more
//! than that, and a sandbox to which the directory is shown read-only could hold the log up.

use super::error::{LogError, LogProblem};
use super::json;
use purple_host::own_file::{self, Access, LockedFile};
use purple_host::users;
use purple_plan::sha256;
use purple_report::parse_digest;
use purplec::seal::hex;
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{DirBuilder, File};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What is set aside for a record before a run: a record with as many denied calls as there can be,
/// each with a path of control characters, and a long command line.
const RESERVED_BYTES: u32 = 6 << 20;

/// How long another writer may take. Each holds the lock while it writes one line.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the names of the files beside a log end in: its head's, and the lock's.
pub(super) const HEAD: &str = ".head";
pub(super) const LOCK: &str = ".lock";

/// More than the longest record has: a command line and what it takes to escape it.
const MAX_RECORD_BYTES: u64 = 16 << 20;

/// The most bytes of a log that are read.
const MAX_LOG_BYTES: u64 = 1 << 30;

/// The log that is written where a policy names none: root's own, or the caller's.
pub fn default_path() -> Result<PathBuf, LogError> {
    if users::is_root() {
        return Ok(PathBuf::from("/var/log/purple/audit.log"));
    }
    users::base_directory("XDG_STATE_HOME", ".local/state")
        .map(|base| base.join("purple/audit.log"))
        .ok_or(LogError::NoDefaultPath)
}

/// A log that can be appended to.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    /// The log and its head, open for writing until the record is written: for as long as they are, no
    /// other process can get a lease that would keep this one from them (`F_SETLEASE`, fcntl(2)).
    _kept_open: [File; 2],
}

/// A writer's turn: the lock, the head's file, and what is in it.
struct Turn {
    _lock: LockedFile,
    place: File,
    before: Head,
}

/// The number and the hash of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its number, from 1.
    pub sequence: u64,
    /// The SHA-256 of its line.
    pub digest: [u8; 32],
}

impl Head {
    /// Before the first record.
    pub fn start() -> Self {
        Self {
            sequence: 0,
            digest: sha256(b""),
        }
    }

    /// The hash as the next record and the head's file have it.
    pub fn hash(&self) -> String {
        format!("sha256:{}", hex(&self.digest))
    }

    /// The head after a line, which holds its own number.
    pub fn of(line: &str) -> Option<Self> {
        let record = json::parse(line).ok()?;
        let sequence = record.get("sequence")?.as_u64()?;
        Some(Self {
            sequence,
            digest: sha256(line.as_bytes()),
        })
    }

    fn parse(text: &str) -> Option<Self> {
        let (sequence, hash) = text.strip_suffix('\n')?.split_once(' ')?;
        Some(Self {
            sequence: sequence.parse().ok()?,
            digest: parse_digest(hash.as_bytes())?,
        })
    }
}

impl Log {
    /// Looks whether a record can be appended, and sets room aside for it.
    pub fn ready(path: PathBuf) -> Result<Self, LogError> {
        let fail = |error| failed(&path, error);
        if let Some(directory) = path.parent() {
            let mut builder = DirBuilder::new();
            let builder = builder.recursive(true).mode(0o700);
            builder.create(directory).map_err(fail)?;
        }
        let turn = take_turn(&path)?;
        let file = open(&path)?;
        let size = size(&path, &file)?;
        // Some file systems cannot: then the end of the run shows whether there is room.
        own_file::reserve(&file, size, RESERVED_BYTES).map_err(|errno| failed(&path, errno))?;
        Ok(Self {
            path,
            _kept_open: [file, turn.place],
        })
    }

    /// Appends a record, which is made from the head before it, by one write.
    pub fn append(&self, record: impl FnOnce(&Head) -> String) -> Result<(), LogError> {
        let fail = |error: std::io::Error| failed(&self.path, error);
        let mut turn = take_turn(&self.path)?;
        let mut file = open(&self.path)?;
        let line = record(&turn.before);
        let size = size(&self.path, &file)?;
        let bytes = format!("{line}\n");
        let written = file.write(bytes.as_bytes());
        if !written.as_ref().is_ok_and(|count| *count == bytes.len()) {
            // Never leave a partial record.
            file.set_len(size).map_err(fail)?;
            return Err(match written {
                Ok(_) => failed(&self.path, LogProblem::NoSpace),
                Err(error) => fail(error),
            });
        }
        file.sync_data().map_err(fail)?;
        let after = Head::of(&line).ok_or_else(|| failed(&self.path, LogProblem::NoNumber))?;
        // Of one length always, so that it is written over and never empty.
        let text = format!("{:020} {}\n", after.sequence, after.hash());
        turn.place.seek(SeekFrom::Start(0)).map_err(fail)?;
        turn.place.write_all(text.as_bytes()).map_err(fail)?;
        turn.place.sync_data().map_err(fail)
    }
}

/// Waits until no other process writes, and reads the head. A record whose writer did not come to
/// change the head counts.
fn take_turn(log: &Path) -> Result<Turn, LogError> {
    let lock = own_file::open(&lock_of(log), Access::Lock)
        .and_then(|file| own_file::lock(file, PATIENCE))
        .map_err(|error| LogError::Lock {
            path: lock_of(log),
            error,
        })?;
    let failed = |problem| LogError::Head {
        path: head_of(log),
        problem,
    };
    let opened = own_file::open(&head_of(log), Access::Update);
    let mut place = opened.map_err(|error| failed(error.into()))?;
    let mut text = String::new();
    place
        .read_to_string(&mut text)
        .map_err(|error| failed(error.into()))?;
    let last = last_line(log)?;
    let before = match (text.as_str(), &last) {
        ("", None) => Head::start(),
        // The first writer, or one that was stopped while it changed the head.
        ("", Some(line)) => match Head::of(line).filter(|_| bound_to(line, &Head::start())) {
            Some(head) => head,
            None => {
                return Err(failed(LogProblem::HeadMissing));
            }
        },
        (text, last) => {
            let head = Head::parse(text).ok_or_else(|| failed(LogProblem::HeadUnreadable))?;
            let newer = last.as_ref().filter(|line| bound_to(line, &head));
            newer.and_then(|line| Head::of(line)).unwrap_or(head)
        }
    };
    Ok(Turn {
        _lock: lock,
        place,
        before,
    })
}

fn open(log: &Path) -> Result<File, LogError> {
    own_file::open(log, Access::Append).map_err(|error| failed(log, error))
}

fn size(log: &Path, file: &File) -> Result<u64, LogError> {
    Ok(file.metadata().map_err(|error| failed(log, error))?.len())
}

/// The last record; a longer one than can be is taken as none of ours.
fn last_line(log: &Path) -> Result<Option<String>, LogError> {
    let text = read_end(log, MAX_RECORD_BYTES)?;
    Ok(text.and_then(|text| text.lines().last().map(str::to_owned)))
}

fn failed(log: &Path, problem: impl Into<LogProblem>) -> LogError {
    LogError::Log {
        path: log.to_owned(),
        problem: problem.into(),
    }
}

/// Where a log's head lies.
pub fn head_of(log: &Path) -> PathBuf {
    beside(log, HEAD)
}

/// Where what its writers lock lies.
fn lock_of(log: &Path) -> PathBuf {
    beside(log, LOCK)
}

fn beside(log: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = log.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

/// The head of a log as it is written; `None` where there is none.
pub fn read_head(log: &Path) -> Result<Option<Head>, LogError> {
    Ok(read(&head_of(log))?.and_then(|text| Head::parse(&text)))
}

/// Whether a record names another as the one before it.
pub fn bound_to(line: &str, before: &Head) -> bool {
    let Ok(record) = json::parse(line) else {
        return false;
    };
    let previous = record.get("previous").and_then(Value::as_str);
    let sequence = record.get("sequence").and_then(Value::as_u64);
    previous == Some(&before.hash()) && sequence == before.sequence.checked_add(1)
}

/// A file's text; `None` where there is no file.
pub fn read(path: &Path) -> Result<Option<String>, LogError> {
    read_end(path, MAX_LOG_BYTES)
}

/// At most so many bytes at the end of a file.
fn read_end(path: &Path, limit: u64) -> Result<Option<String>, LogError> {
    own_file::read_end(path, limit).map_err(|error| LogError::Log {
        path: path.to_owned(),
        problem: error.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::Head;

    /// A head whose hash is no hash would make the next record name no record at all.
    #[test]
    fn a_head_has_a_number_and_a_hash() {
        let start = Head::start();
        let text = format!("{:020} {}\n", start.sequence, start.hash());
        assert_eq!(Head::parse(&text), Some(start));
        for wrong in [
            "00000000000000000007 garbage\n".to_owned(),
            "00000000000000000007 sha256:ab\n".to_owned(),
            text.trim_end().to_owned(),
            text.replace("sha256:", "sha512:"),
        ] {
            assert_eq!(Head::parse(&wrong), None, "{wrong}");
        }
    }
}
