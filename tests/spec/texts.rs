//! Files that are nowhere but in memory, for policies that extend files.

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
