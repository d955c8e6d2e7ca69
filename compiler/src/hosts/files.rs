//! Where the files of operators' groups come from.

use std::fmt::Debug;
use std::path::PathBuf;

/// Where operators' groups come from. The stages read nothing themselves.
pub trait HostFiles: Debug + Send + Sync {
    /// The folders that are looked through, in order, as messages call them.
    fn folders(&self) -> Vec<PathBuf>;

    /// The file with this name in the first folder that has it; `None` where none has it.
    fn read(&self, name: &str) -> Option<HostFile>;
}

/// A file with a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Its bytes, or why it is not read, in a few words.
    pub bytes: Result<Vec<u8>, String>,
}
