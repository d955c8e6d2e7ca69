//! The files that a plan is made from, each held from before it was read: a policy, what it extends, and the groups of
//! hosts that it names.

use crate::trust::{Obeyed, TrustError};
use purple_host::held::HeldFile;
use purplec::hosts::{HostFile, HostFiles, HostFolders};
use purplec::inherit::{Access, Files, FilesAround, PolicyFile};
use purplec::parse::MAX_BYTES;
use std::fmt::{self, Display};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How the compiler reaches the files that a policy extends.
const ACCESS: Access = Access {
    identity: purple_files::identity,
    read: purple_files::read,
};

/// What was read so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inputs(Arc<Mutex<Vec<Obeyed>>>);

impl Inputs {
    /// Reads at most so many bytes of a file and one more, and holds it.
    pub(crate) fn read(&self, path: &Path, most: usize) -> Result<Vec<u8>, InputError> {
        let file = purple_files::open(path).map_err(InputError::Read)?;
        self.read_open(path, file, most)
    }

    /// The same of a file that was opened by this path.
    fn read_open(&self, path: &Path, file: File, most: usize) -> Result<Vec<u8>, InputError> {
        let held = HeldFile::new(path, file).map_err(|error| InputError::Trust(error.into()))?;
        let bytes = purple_files::up_to(held.file(), most).map_err(InputError::Read)?;
        let obeyed = Obeyed::read(held, &bytes).map_err(InputError::Trust)?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(obeyed);
        Ok(bytes)
    }

    /// All files that are held, in the order in which they were read.
    pub(crate) fn take(&self) -> Vec<Obeyed> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut all)
    }

    /// What a policy extends.
    pub(crate) fn around(&self, policy: &Path) -> Arc<dyn Files> {
        Arc::new(PolicyFiles {
            around: FilesAround::new(policy, ACCESS),
            inputs: self.clone(),
        })
    }

    /// Groups of hosts: the host's, and this user's.
    pub(crate) fn groups(&self) -> Arc<dyn HostFiles> {
        let home = std::env::home_dir().filter(|home| home.is_absolute());
        let folders = HostFolders::usual(home, purple_files::read_trusted).folders();
        Arc::new(GroupFiles {
            folders,
            inputs: self.clone(),
        })
    }
}

/// The policies around one.
#[derive(Debug)]
struct PolicyFiles {
    around: FilesAround,
    inputs: Inputs,
}

impl Files for PolicyFiles {
    fn policy(&self) -> PolicyFile {
        self.around.policy()
    }

    fn locate(&self, name: &str, from: &PolicyFile) -> Result<PolicyFile, String> {
        self.around.locate(name, from)
    }

    fn read(&self, place: &PolicyFile) -> Result<Vec<u8>, String> {
        let bytes = self.inputs.read(&place.path, MAX_BYTES);
        let bytes = bytes.map_err(|error| error.to_string())?;
        if bytes.len() > MAX_BYTES {
            return Err("the file is larger than 1 MiB, the limit for a policy".to_owned());
        }
        Ok(bytes)
    }
}

/// Operators' groups of hosts.
#[derive(Debug)]
struct GroupFiles {
    folders: Vec<PathBuf>,
    inputs: Inputs,
}

impl GroupFiles {
    /// A group's file, if it is there.
    fn read_at(&self, path: &Path) -> Result<Option<Vec<u8>>, String> {
        let Some(file) = purple_files::open_trusted(path)? else {
            return Ok(None);
        };
        let bytes = self.inputs.read_open(path, file, MAX_BYTES);
        let bytes = bytes.map_err(|error| error.to_string())?;
        if bytes.len() > MAX_BYTES {
            return Err("it is larger than 1 MiB".to_owned());
        }
        Ok(Some(bytes))
    }
}

impl HostFiles for GroupFiles {
    fn folders(&self) -> Vec<PathBuf> {
        self.folders.clone()
    }

    fn read(&self, name: &str) -> Option<HostFile> {
        let mut paths = self.folders.iter().map(|folder| folder.join(name));
        paths.find_map(|path| {
            let bytes = self.read_at(&path).transpose()?;
            Some(HostFile { path, bytes })
        })
    }
}

/// Why a file is not held. The words do not name it.
#[derive(Debug)]
pub(crate) enum InputError {
    /// It cannot be read: why, in a few words.
    Read(String),
    /// It cannot be held.
    Trust(TrustError),
}

impl Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(reason) => f.write_str(reason),
            Self::Trust(error) => error.fmt(f),
        }
    }
}
