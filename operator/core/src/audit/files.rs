//! The files of an audit log: the log, and what a rotation has moved away from its place.

use super::error::LogError;
use super::log::{self, Head};
use purple_host::FileError;
use purple_host::path::shown;
use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The texts of a log's files, the oldest first.
#[derive(Debug)]
pub struct LogFiles {
    texts: Vec<(PathBuf, String)>,
    compressed: Vec<PathBuf>,
}

impl LogFiles {
    /// Reads `audit.log` and what a rotation makes of it: `audit.log.1`, `audit.log-20261122`. Their
    /// first records say which is older.
    pub fn read(log: &Path) -> Result<Self, LogFilesError> {
        let name = log.file_name().unwrap_or_default().to_string_lossy();
        let mut texts = Vec::new();
        let mut compressed = Vec::new();
        for path in beside(log)? {
            let other = path.file_name().unwrap_or_default().to_string_lossy();
            let Some(suffix) = other.strip_prefix(&*name) else {
                continue;
            };
            match kind(suffix) {
                LogFileKind::Other => {}
                LogFileKind::Compressed => compressed.push(path),
                LogFileKind::Log => {
                    let text = log::read(&path).map_err(LogFilesError::Log)?;
                    texts.extend(
                        text.filter(|text| !text.is_empty())
                            .map(|text| (path, text)),
                    );
                }
            }
        }
        texts.sort_by_key(|(path, text)| (first_sequence(text).unwrap_or(0), path.clone()));
        Ok(Self { texts, compressed })
    }

    /// Whether no file has a record.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Every line, with its file.
    pub fn lines(&self) -> impl Iterator<Item = (&Path, &str)> {
        let all = self.texts.iter();
        all.flat_map(|(path, text)| text.lines().map(move |line| (path.as_path(), line)))
    }

    /// Every line, and where it stands: `FILE:NUMBER`.
    pub fn numbered(&self) -> impl Iterator<Item = (String, &str)> {
        self.texts.iter().flat_map(|(path, text)| {
            let place = move |(at, line)| (format!("{}:{}", shown(path), at + 1), line);
            text.lines().enumerate().map(place)
        })
    }

    /// The files that are not read because they are compressed.
    pub fn compressed(&self) -> &[PathBuf] {
        &self.compressed
    }
}

/// What is in the directory of a log, in the order of names; nothing where there is no directory.
fn beside(log: &Path) -> Result<Vec<PathBuf>, LogFilesError> {
    let directory = log.parent().filter(|at| !at.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    match std::fs::read_dir(directory) {
        Ok(entries) => {
            let mut found: Vec<PathBuf> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            found.sort_unstable();
            Ok(found)
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(LogFilesError::Directory(FileError::at(directory)(error))),
    }
}

/// What a file is whose name begins with the log's.
#[derive(Debug, PartialEq, Eq)]
enum LogFileKind {
    Log,
    Compressed,
    Other,
}

fn kind(suffix: &str) -> LogFileKind {
    let beside = [log::HEAD, log::LOCK].contains(&suffix);
    let is_ours = suffix.is_empty() || (suffix.starts_with(['.', '-']) && !beside);
    let is_compressed = [".gz", ".xz", ".zst", ".bz2"]
        .iter()
        .any(|end| suffix.ends_with(end));
    match (is_ours, is_compressed) {
        (false, _) => LogFileKind::Other,
        (true, true) => LogFileKind::Compressed,
        (true, false) => LogFileKind::Log,
    }
}

fn first_sequence(text: &str) -> Option<u64> {
    let first = text.lines().next().and_then(Head::of);
    first.map(|head| head.sequence)
}

/// Why a log cannot be read.
#[derive(Debug)]
pub enum LogFilesError {
    /// Its directory.
    Directory(FileError),
    /// One of its files.
    Log(LogError),
}

impl Display for LogFilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(error) => error.fmt(f),
            Self::Log(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LogFilesError {}

#[cfg(test)]
mod tests {
    use super::{LogFileKind, kind};

    #[test]
    fn a_rotation_is_known_by_its_suffix() {
        for suffix in ["", ".1", "-20261122", ".old"] {
            assert_eq!(kind(suffix), LogFileKind::Log, "{suffix}");
        }
        for suffix in [".1.gz", "-20261122.xz", ".2.zst", ".bz2"] {
            assert_eq!(kind(suffix), LogFileKind::Compressed, "{suffix}");
        }
        for suffix in [".head", ".lock", "s", "_1", "x.gz"] {
            assert_eq!(kind(suffix), LogFileKind::Other, "{suffix}");
        }
    }
}
