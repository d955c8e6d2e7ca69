//! Folders of operators' groups, through the caller's own access to files.

use super::files::{HostFile, HostFiles};
use crate::parse::MAX_BYTES;
use std::path::{Path, PathBuf};

/// Reads a file that decides what a sandbox reaches: at most so many bytes and one more; `None` where it is not there. The
/// error is a few words without the path, also where another user can write to the file.
pub type ReadTrusted = fn(&Path, usize) -> Result<Option<Vec<u8>>, String>;

/// Folders that are looked through in order.
#[derive(Debug, Clone)]
pub struct HostFolders {
    folders: Vec<PathBuf>,
    read: ReadTrusted,
}

impl HostFolders {
    /// The folders that the caller names.
    pub const fn new(folders: Vec<PathBuf>, read: ReadTrusted) -> Self {
        Self { folders, read }
    }

    /// The host's folder, and the user's below their home directory.
    pub fn usual(home: Option<PathBuf>, read: ReadTrusted) -> Self {
        let own = home.map(|home| home.join(".config/purple/hosts.d"));
        let folders = std::iter::once(PathBuf::from("/etc/purple/hosts.d"));
        Self::new(folders.chain(own).collect(), read)
    }
}

impl HostFiles for HostFolders {
    fn folders(&self) -> Vec<PathBuf> {
        self.folders.clone()
    }

    fn read(&self, name: &str) -> Option<HostFile> {
        self.folders.iter().find_map(|folder| {
            let path = folder.join(name);
            let bytes = (self.read)(&path, MAX_BYTES).transpose()?;
            let bytes = bytes.and_then(|bytes| {
                if bytes.len() > MAX_BYTES {
                    Err("it is larger than 1 MiB".to_owned())
                } else {
                    Ok(bytes)
                }
            });
            Some(HostFile { path, bytes })
        })
    }
}
