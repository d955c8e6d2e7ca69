//! Files that are nowhere but in memory, for policies that extend files and name groups of hosts.

use purplec::hosts::{HostFile, HostFiles};
use purplec::inherit::{Files, PolicyFile};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Texts by path; the policy itself is `policy.yaml`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts(BTreeMap<PathBuf, Vec<u8>>);

impl Texts {
    pub(crate) fn new<'t>(texts: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let owned = |(name, text): (&str, &str)| (PathBuf::from(name), text.as_bytes().to_vec());
        Self(texts.into_iter().map(owned).collect())
    }

    pub(crate) fn files(&self) -> Arc<dyn Files> {
        Arc::new(self.clone())
    }
}

fn place(path: &Path) -> PolicyFile {
    PolicyFile {
        path: path.to_owned(),
        identity: path.to_owned(),
    }
}

impl Files for Texts {
    fn policy(&self) -> PolicyFile {
        place(Path::new("policy.yaml"))
    }

    fn locate(&self, name: &str, from: &PolicyFile) -> Result<PolicyFile, String> {
        let mut parts: Vec<&OsStr> = Vec::new();
        let directory = from.path.parent().into_iter().flat_map(Path::components);
        for part in directory.chain(Path::new(name).components()) {
            match part {
                Component::ParentDir => {
                    parts.pop();
                }
                Component::CurDir => {}
                other => parts.push(other.as_os_str()),
            }
        }
        let path: PathBuf = parts.iter().collect();
        if self.0.contains_key(&path) || path == Path::new("policy.yaml") {
            Ok(place(&path))
        } else {
            Err("there is no such file".to_owned())
        }
    }

    fn read(&self, place: &PolicyFile) -> Result<Vec<u8>, String> {
        self.0
            .get(&place.path)
            .cloned()
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

/// Groups of hosts by the names of their files.
#[derive(Debug)]
pub(crate) struct Groups(BTreeMap<String, Vec<u8>>);

/// The group that another user can write to.
const NOT_TRUSTED: &str = "not-trusted.yaml";

impl Groups {
    /// Those in a folder of the repository.
    pub(crate) fn of(folder: &str) -> Self {
        let texts = super::policies(folder).into_iter().map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy();
            let text = std::fs::read(&path).expect("the file can be read");
            (name.into_owned(), text)
        });
        Self(texts.collect())
    }

    pub(crate) fn hosts(self) -> Arc<dyn HostFiles> {
        Arc::new(self)
    }
}

impl HostFiles for Groups {
    fn folders(&self) -> Vec<PathBuf> {
        vec!["/etc/purple/hosts.d".into()]
    }

    fn read(&self, name: &str) -> Option<HostFile> {
        let text = self.0.get(name)?;
        let trusted = name != NOT_TRUSTED;
        Some(HostFile {
            path: PathBuf::from("/etc/purple/hosts.d").join(name),
            bytes: trusted
                .then(|| text.clone())
                .ok_or_else(|| "it can be written by others".to_owned()),
        })
    }
}
