//! What a run has found before it, for the runs beside it: what one run creates does not count as the user's in a run that starts later.

use crate::index::Marks;
use crate::repository::{Config, Repository};
use crate::top::Top;
use purple_host::folder::Content;
use purple_plan::{Digest, sha256};
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// The digests of what a run found in its directories before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The directories, without symbolic links.
    pub tops: Vec<PathBuf>,
    /// The digests.
    pub digests: BTreeSet<Digest>,
}

impl Known {
    /// What is in these directories.
    pub(crate) fn of<'t>(tops: impl IntoIterator<Item = &'t mut Top>) -> Self {
        let mut known = Self::default();
        for top in tops {
            known.tops.push(top.real.clone());
            retain(top, &mut |_, digest| {
                known.digests.insert(digest);
                true
            });
        }
        known
    }

    /// Whether this run could not have changed what has this path, or found it with this digest.
    fn allows(&self, path: &Path, digest: &Digest) -> bool {
        !self.tops.iter().any(|top| path.starts_with(top)) || self.digests.contains(digest)
    }
}

/// Forgets what is in a directory that one of these runs has not found before it.
pub(crate) fn forget(top: &mut Top, runs: &[Known]) {
    if !runs.is_empty() {
        retain(top, &mut |path, digest| {
            runs.iter().all(|run| run.allows(path, &digest))
        });
    }
}

/// Keeps of what is in a directory what `keep` says, by its path and digest.
fn retain(top: &mut Top, keep: &mut dyn FnMut(&Path, Digest) -> bool) {
    let real = top.real.clone();
    for (at, repository) in &mut top.notes.repositories {
        retain_in(&real.join(at), repository, keep);
    }
    for (at, hooks) in &mut top.leads.hooks {
        let path = real.join(at);
        hooks.retain(|name, content| keep(&path, digest(&path.join(name), "hook", content)));
    }
    for (at, config) in &mut top.leads.configs {
        if let Some(config) = config {
            retain_keys(&real.join(at), config, keep);
        }
    }
    for (at, (_, content)) in &mut top.leads.programs {
        let path = real.join(at);
        let is_known = |one: &Content| keep(&path, digest(&path, "program", one));
        if !content.as_ref().is_none_or(is_known) {
            *content = None;
        }
    }
    top.notes.pointers.retain(|at, pointer| {
        let path = real.join(at);
        keep(&path, digest(&path, "pointer", &pointer.content))
    });
    top.notes.links.retain(|at, content| {
        let path = real.join(at);
        keep(&path, digest(&path, "link", content))
    });
}

fn retain_in(
    path: &Path,
    repository: &mut Repository,
    keep: &mut dyn FnMut(&Path, Digest) -> bool,
) {
    let mut is_known = |name: &Path, content: &Content| {
        let path = path.join(name);
        keep(&path, digest(&path, "file", content))
    };
    for (one, name) in [
        (&mut repository.hooks_itself, "hooks"),
        (&mut repository.common, "commondir"),
    ] {
        if one
            .as_ref()
            .is_some_and(|content| !is_known(Path::new(name), content))
        {
            *one = None;
        }
    }
    repository
        .hooks
        .retain(|name, content| is_known(&Path::new("hooks").join(name), content));
    repository
        .obeyed
        .retain(|at, obeyed| is_known(at, &obeyed.content));
    let all = repository.large.len();
    repository.large.retain(|at, content| is_known(at, content));
    if repository.large.len() < all {
        repository.marks = Marks::default();
    }
    for (name, config) in &mut repository.configs {
        retain_keys(&path.join(name), config, keep);
    }
}

/// The keys of a file of configuration that run commands, and the file where it is none.
fn retain_keys(path: &Path, config: &mut Config, keep: &mut dyn FnMut(&Path, Digest) -> bool) {
    match &mut config.commands {
        Some(commands) => {
            let all = commands.len();
            commands.retain(|command| {
                let parts = [
                    path.as_os_str().as_bytes(),
                    b"key",
                    command.key.as_bytes(),
                    &command.value,
                ];
                keep(path, digest_of(&parts))
            });
            if commands.len() < all {
                // The file may be unchanged: its keys are compared all the same.
                config.content = Content::Unread(None);
            }
        }
        None if !keep(path, digest(path, "file", &config.content)) => {
            config.content = Content::Unread(None);
        }
        None => {}
    }
}

fn digest(path: &Path, kind: &str, content: &Content) -> Digest {
    let path = path.as_os_str().as_bytes();
    let (stamp, own);
    let (form, bytes): (&[u8], &[u8]) = match content {
        Content::File { .. } | Content::Noted { .. } => {
            let (bytes, executable) = content.digest().unwrap_or_default();
            own = bytes;
            (if executable { b"program" } else { b"file" }, &own)
        }
        Content::Link { to, target } => {
            let target = target
                .as_deref()
                .map(|target| digest(Path::new(""), kind, target));
            let target = target.unwrap_or_default();
            return digest_of(&[path, kind.as_bytes(), b"link", to.as_bytes(), &target]);
        }
        Content::Unread(found) => {
            stamp = format!("{found:?}");
            (b"unread", stamp.as_bytes())
        }
        Content::Folder => (b"folder", b""),
        Content::Other => (b"other", b""),
    };
    digest_of(&[path, kind.as_bytes(), form, bytes])
}

/// The digest of parts, each with its length.
fn digest_of(parts: &[&[u8]]) -> Digest {
    let mut all = Vec::new();
    for part in parts {
        all.extend(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        all.extend_from_slice(part);
    }
    sha256(&all)
}
