//! Whether an audit log is whole: every record follows the one before, up to the head.

use super::files::{LogFiles, LogFilesError};
use super::log::{self, Head, bound_to};
use super::read::{self, LogLine};
use purple_host::path::shown;
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// What was found in a log.
#[derive(Debug)]
pub struct Verification {
    /// What is wrong, in the order of the log.
    pub findings: Vec<Finding>,
    /// How many records there are.
    pub records: u64,
    /// The number of the first record.
    pub first: Option<u64>,
    /// The last record.
    pub last: Head,
    /// Runs that were started and of which no end is recorded, by their ids: they still run, or their
    /// end was lost.
    pub unended: Vec<String>,
}

/// Follows the records of a log from the first to the last, and compares that with the head.
pub fn verify(path: &Path, files: &LogFiles) -> Result<Verification, LogFilesError> {
    let mut findings = Vec::new();
    let mut before: Option<Head> = None;
    let mut first = None;
    let mut records = 0_u64;
    let mut unended = Vec::new();
    let mut position = Position::default();
    for (file, line) in files.lines() {
        position = position.next(file);
        let Some(head) = Head::of(line) else {
            findings.push(Finding::NoRecord {
                position: position.clone(),
            });
            continue;
        };
        records += 1;
        note(line, &mut unended);
        first = first.or(Some(head.sequence));
        let known = before
            .take()
            .or_else(|| (head.sequence == 1).then(Head::start));
        if let Some(known) = known.filter(|known| !bound_to(line, known)) {
            findings.push(Finding::NotBound {
                position: position.clone(),
                sequence: head.sequence,
                before: known.sequence,
            });
        }
        before = Some(head);
    }
    let last = before.unwrap_or_else(Head::start);
    let head = log::read_head(path).map_err(LogFilesError::Log)?;
    findings.extend(compare_head(path, head, &last, records));
    Ok(Verification {
        findings,
        records,
        first,
        last,
        unended,
    })
}

/// Takes note of a run that is started, or has ended.
fn note(line: &str, unended: &mut Vec<String>) {
    match read::line(line) {
        Ok(LogLine::Start(entry)) => unended.push(entry.record.sandbox_id),
        Ok(LogLine::End(entry)) => unended.retain(|id| *id != entry.record.sandbox_id),
        // What it says is not asked here: the chain is.
        Err(_) => {}
    }
}

/// What is wrong with the head of a log whose last record is this.
fn compare_head(path: &Path, head: Option<Head>, last: &Head, records: u64) -> Option<Finding> {
    match head {
        Some(head) if head == *last => None,
        Some(head) if head.sequence == last.sequence => Some(Finding::LastChanged {
            sequence: head.sequence,
        }),
        Some(head) => Some(Finding::EndMissing {
            last: last.sequence,
            written: head.sequence,
        }),
        None if records == 0 => None,
        None => Some(Finding::HeadMissing(log::head_of(path))),
    }
}

/// A line of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Position {
    /// The file.
    pub file: PathBuf,
    /// The number of the line, from 1.
    pub line: u64,
}

impl Position {
    /// The line after it, which may be the first of another file.
    fn next(self, file: &Path) -> Self {
        let line = if self.file == file { self.line + 1 } else { 1 };
        Self {
            file: file.to_owned(),
            line,
        }
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", shown(&self.file), self.line)
    }
}

/// Something that is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// A line is no record.
    NoRecord {
        /// The line.
        position: Position,
    },
    /// A record does not name the one before it.
    NotBound {
        /// The record's line.
        position: Position,
        /// Its number.
        sequence: u64,
        /// The number of the record before it.
        before: u64,
    },
    /// The last record is not the one that was written.
    LastChanged {
        /// Its number.
        sequence: u64,
    },
    /// Records are missing at the end.
    EndMissing {
        /// The number of the last record.
        last: u64,
        /// How many were written.
        written: u64,
    },
    /// The file beside the log that holds its head is missing.
    HeadMissing(PathBuf),
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord { position } => write!(f, "{position}: this is not a record"),
            Self::NotBound {
                position,
                sequence,
                before,
            } if *sequence == before.saturating_add(1) => {
                write!(f, "{position}: record {before} was changed, or this one")
            }
            Self::NotBound {
                position,
                sequence,
                before,
            } => write!(
                f,
                "{position}: record {sequence} follows record {before}: some are missing, or moved"
            ),
            Self::LastChanged { sequence } => {
                write!(f, "record {sequence} is not the one that was written")
            }
            Self::EndMissing { last, written } => {
                write!(f, "the last record is {last}, and {written} were written")
            }
            Self::HeadMissing(path) => write!(f, "{} is gone", shown(path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Head, Position, compare_head};
    use std::path::Path;

    #[test]
    fn the_head_says_what_the_last_record_must_be() {
        let head = |sequence, byte| Head {
            sequence,
            digest: [byte; 32],
        };
        let last = head(3, b'a');
        let found = |head| compare_head(Path::new("/x/audit.log"), head, &last, 3);
        assert_eq!(found(Some(head(3, b'a'))), None);
        let changed = Finding::LastChanged { sequence: 3 };
        assert_eq!(found(Some(head(3, b'b'))), Some(changed));
        let cut = Finding::EndMissing {
            last: 3,
            written: 5,
        };
        assert_eq!(found(Some(head(5, b'b'))), Some(cut));
        let gone = Finding::HeadMissing("/x/audit.log.head".into());
        assert_eq!(found(None), Some(gone));
    }

    #[test]
    fn lines_are_counted_anew_in_each_file() {
        let first = Position::default().next(Path::new("a"));
        let second = first.clone().next(Path::new("a"));
        let other = second.clone().next(Path::new("b"));
        let shown = [first, second, other].map(|position| position.to_string());
        assert_eq!(shown, ["a:1", "a:2", "b:1"]);
    }
}
