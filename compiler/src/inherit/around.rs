//! The files around a policy file, through the caller's own access to them.

use super::files::{Files, PolicyFile};
use crate::parse::MAX_BYTES;
use std::path::{Path, PathBuf};

/// The files around a policy file. The library reads nothing itself: the caller says how a path is
/// looked up and how a file is read.
#[derive(Debug, Clone)]
pub struct FilesAround {
    policy: PathBuf,
    access: Access,
}

/// How the caller reaches files. The errors are a few words without the path.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// The one path of a file that several may lead to.
    pub identity: fn(&Path) -> Result<PathBuf, String>,
    /// The bytes of a file, at most so many and one more.
    pub read: fn(&Path, usize) -> Result<Vec<u8>, String>,
}

impl FilesAround {
    /// The files around the policy at `path`.
    pub fn new(path: impl Into<PathBuf>, access: Access) -> Self {
        Self {
            policy: path.into(),
            access,
        }
    }
}

impl Files for FilesAround {
    fn policy(&self) -> PolicyFile {
        let identity = (self.access.identity)(&self.policy);
        PolicyFile {
            path: self.policy.clone(),
            identity: identity.unwrap_or_else(|_| self.policy.clone()),
        }
    }

    fn locate(&self, name: &str, from: &PolicyFile) -> Result<PolicyFile, String> {
        let directory = from.path.parent().unwrap_or(Path::new(""));
        let path: PathBuf = directory.join(name).components().collect();
        let identity = (self.access.identity)(&path)?;
        Ok(PolicyFile { path, identity })
    }

    fn read(&self, file: &PolicyFile) -> Result<Vec<u8>, String> {
        let bytes = (self.access.read)(&file.path, MAX_BYTES)?;
        if bytes.len() > MAX_BYTES {
            return Err("the file is larger than 1 MiB, the limit for a policy".to_owned());
        }
        Ok(bytes)
    }
}
