//! Where the texts come from that policies extend, and how many there may be.

use std::fmt::Debug;
use std::path::PathBuf;

/// How many texts a policy may inherit from.
pub const MAX_PARENTS: usize = 64;

/// How many texts may lie between a policy and one that it inherits from, that one included.
pub const MAX_LEVELS: usize = 16;

/// How many bytes the texts may have together: 4 MiB.
pub const MAX_TOTAL_BYTES: usize = 4 << 20;

/// Where the files come from that policies extend. The stages read nothing themselves.
pub trait Files: Debug + Send + Sync {
    /// Where the policy itself lies.
    fn policy(&self) -> PolicyFile;

    /// Finds the file that the text at `from` calls `name`, a relative path. The error says in a few
    /// words why there is none.
    fn locate(&self, name: &str, from: &PolicyFile) -> Result<PolicyFile, String>;

    /// Reads a file that was found: at most 1 MiB. The error says in a few words what failed.
    fn read(&self, place: &PolicyFile) -> Result<Vec<u8>, String>;
}

/// Where a text lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFile {
    /// The way there: messages show it, and the files that it names are beside it.
    pub path: PathBuf,
    /// Equal for two ways to one file.
    pub identity: PathBuf,
}

/// Whether a parent is a file and not a profile: it has a slash or ends like a YAML file.
pub(super) fn is_file(name: &str) -> bool {
    name.contains('/') || [".yaml", ".yml"].iter().any(|end| name.ends_with(end))
}
