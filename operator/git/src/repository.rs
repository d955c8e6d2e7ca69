//! What of one repository runs commands, read from its files.

use crate::base::{Base, LARGEST, LONGEST_PATH, named_by};
use crate::config::{self, Command};
use crate::index::{self, Mark, Marks};
use crate::layout::{self, Obeyed};
use crate::packs;
use crate::way::{Way, way};
use purple_host::Errno;
use purple_host::folder::{Content, EntryKind, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Files that git reads as configuration of the repository (git-config(1), FILES).
pub(crate) const CONFIGS: [&str; 2] = ["config", "config.worktree"];

/// The directory of hooks (githooks(5)).
pub(crate) const HOOKS: &str = "hooks";

/// Where the configuration and the hooks of another directory count (gitrepository-layout(5)).
pub(crate) const COMMON: &str = "commondir";

/// What `commondir` of a linked worktree says.
pub(crate) const OWN_COMMON: &str = "../..";

/// What it says where it stands for the directory that it lies in.
pub(crate) const ITSELF: &str = ".";

/// The directory of linked worktrees, in which each has a directory with this file: the path of its own file `.git`.
pub(crate) const WORKTREES: (&str, &str) = ("worktrees", "gitdir");

/// The longest file that is looked at: an index of some millions of files.
const LARGEST_READ: u64 = 1 << 29;

/// What of a repository runs commands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Repository {
    /// `hooks` where it is no directory, or cannot be listed.
    pub(crate) hooks_itself: Option<Content>,
    pub(crate) hooks: BTreeMap<OsString, Content>,
    pub(crate) configs: BTreeMap<&'static str, Config>,
    pub(crate) common: Option<Content>,
    /// The files that git obeys and that do not say what they may, by their paths from the repository.
    pub(crate) obeyed: BTreeMap<PathBuf, Obeyed>,
    /// Indexes of files and of packs, by their paths. They are known by their times.
    pub(crate) large: BTreeMap<PathBuf, Content>,
    /// The files that its indexes hide from a review; only noted before a run.
    pub(crate) marks: Marks,
}

/// One file of configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) content: Content,
    /// What runs commands in it; `None` where it cannot be read as configuration.
    pub(crate) commands: Option<BTreeSet<Command>>,
    /// Where it says that the working tree is.
    pub(crate) worktree: Option<Vec<u8>>,
    /// Where it lies.
    pub(crate) base: Base,
}

impl Repository {
    /// Reads it. What cannot be read is of a kind of its own, and keeps nothing else from being read.
    pub(crate) fn read(folder: &Folder, base: &Base) -> Self {
        let mut found = Self::default();
        let is_named = base.is_named(".git") || folder.content(OsStr::new("HEAD"), 0).is_some();
        match folder.enter(OsStr::new(HOOKS)) {
            Ok(mut hooks) => match read_hooks(&mut hooks) {
                Ok(hooks) => found.hooks = hooks,
                Err(_) => found.hooks_itself = Some(Content::Unread(None)),
            },
            Err(_) => found.hooks_itself = folder.content(OsStr::new(HOOKS), 0),
        }
        if !is_named {
            // It may be a directory of something else.
            found.hooks.retain(|name, _| is_hook(name));
        }
        for name in CONFIGS {
            if let Some(config) = read_config(folder, OsStr::new(name), base) {
                found.configs.insert(name, config);
            }
        }
        found.common = folder.content(OsStr::new(COMMON), LONGEST_PATH);
        found.obeyed = layout::obeyed(folder);
        found.obeyed.extend(worktrees_elsewhere(folder, base));
        found.obeyed.extend(objects_elsewhere(folder, base));
        found.large = layout::large(folder);
        found
    }

    /// The same, and what its indexes hide.
    pub(crate) fn read_before(folder: &Folder, base: &Base) -> Self {
        let mut found = Self::read(folder, base);
        for at in found.large.keys().filter(|at| is_index(at)) {
            if let Some(object_name) = object_name(folder)
                && let Some(Content::File { bytes, .. }) =
                    folder.content(at.as_os_str(), LARGEST_READ)
            {
                let _is_plain = index::is_plain(&bytes, object_name, &mut |mark, path| {
                    found.marks.add(mark, path);
                    true
                });
            }
        }
        let configs = found.configs.into_iter();
        found.configs = configs
            .map(|(name, config)| (name, config.noted()))
            .collect();
        found
    }

    /// How many things are noted of it.
    pub(crate) fn count(&self) -> usize {
        let keys = self.configs.values().flat_map(|config| &config.commands);
        let keys = keys.map(BTreeSet::len);
        [self.hooks.len(), self.obeyed.len(), self.large.len(), 4]
            .into_iter()
            .chain(keys)
            .fold(0, usize::saturating_add)
    }
}

impl Config {
    /// The same, with the digest of the file.
    pub(crate) fn noted(self) -> Self {
        Self {
            content: self.content.noted(),
            ..self
        }
    }
}

/// Whether a large file is an index of files.
fn is_index(at: &Path) -> bool {
    at.parent() == Some(Path::new(""))
}

/// What a large file that is new would have done; `None` where that is nothing.
pub(crate) fn harm_of(folder: &Folder, at: &Path, before: &Marks) -> Option<String> {
    const NEW_INDEX: &str = "type `git reset` to create a new one";
    const NEW_PACKS: &str = "git works without it";
    const UNREAD: &str = "it cannot be read, has holes, or is larger than 512 MiB";
    let is_index = is_index(at);
    let new = if is_index { NEW_INDEX } else { NEW_PACKS };
    let Some(object_name) = object_name(folder) else {
        return Some(format!(
            "the configuration of its repository cannot be read; {new}"
        ));
    };
    let Way::Open(inner) = way(folder, at.parent()?) else {
        return Some(format!("{UNREAD}; {new}"));
    };
    let Content::File { bytes, .. } = inner.content(at.file_name()?, LARGEST_READ)? else {
        return Some(format!("{UNREAD}; {new}"));
    };
    if !is_index {
        let what = "it names packs outside of its directory, or is not as git writes it";
        return (!packs::is_plain_index(&bytes)).then(|| format!("{what}; {new}"));
    }
    let is_sparse = is_sparse(folder);
    let mut hides = false;
    let is_plain = index::is_plain(&bytes, object_name, &mut |mark, path| {
        let is_known = before.has(mark, path) || (mark == Mark::Skipped && is_sparse);
        hides |= !is_known;
        is_known
    });
    let what = if hides {
        "it hides changes of files from `git status` and `git diff` (`assume-unchanged` or `skip-worktree`)"
    } else {
        "it names files outside of the working tree or of the repository, or is not as git writes it"
    };
    (!is_plain).then(|| format!("{what}; {new}"))
}

/// Whether the working tree of a repository is a part of its files (git-sparse-checkout(1)). git shows the changes of a file that is
/// there all the same.
fn is_sparse(folder: &Folder) -> bool {
    let common = common_of(folder);
    let shared = entries_of(common.as_ref().unwrap_or(folder), CONFIGS[0]);
    let is_on = |entries: &[config::Command], key: &str| {
        let mut entries = entries.iter().rev();
        entries
            .find(|entry| entry.key == key)
            .is_some_and(|entry| entry.value.eq_ignore_ascii_case(b"true"))
    };
    let mut all = shared;
    // git reads it only then.
    if is_on(&all, "extensions.worktreeconfig") {
        all.extend(entries_of(folder, CONFIGS[1]));
    }
    is_on(&all, "core.sparsecheckout")
}

/// The entries of a file of configuration.
fn entries_of(folder: &Folder, name: &str) -> Vec<config::Command> {
    let content = folder.content(OsStr::new(name), LARGEST);
    let entries = content.and_then(|content| config::entries(content.bytes()?));
    entries.unwrap_or_default()
}

/// The common directory of a linked worktree.
fn common_of(folder: &Folder) -> Option<Folder> {
    let content = folder.content(OsStr::new(COMMON), LONGEST_PATH)?;
    let up = OsStr::new("..");
    let above = || folder.enter(up).and_then(|folder| folder.enter(up)).ok();
    (common_dir(&content) == Some(Path::new(OWN_COMMON))).then(above)?
}

/// The bytes of an object's name in a repository (`extensions.objectFormat` of git-config(1)).
fn object_name(folder: &Folder) -> Option<usize> {
    let [sha1, sha256] = index::OBJECT_NAMES;
    let above = common_of(folder);
    let said = folder.content(OsStr::new(COMMON), LONGEST_PATH);
    let is_own = said.is_none_or(|said| common_dir(&said) == Some(Path::new(ITSELF)));
    let common = above.as_ref().or(is_own.then_some(folder))?;
    let Some(config) = common.content(OsStr::new(CONFIGS[0]), LARGEST) else {
        return Some(sha1);
    };
    let entries = config::entries(config.bytes()?)?;
    let mut said = entries
        .iter()
        .filter(|entry| entry.key == "extensions.objectformat");
    match said.next_back().map(|entry| entry.value.as_slice()) {
        None | Some(b"sha1") => Some(sha1),
        Some(b"sha256") => Some(sha256),
        Some(_) => None,
    }
}

/// The worktrees that name a working tree outside of what the program can write to, which does not name them.
fn worktrees_elsewhere(folder: &Folder, base: &Base) -> BTreeMap<PathBuf, Obeyed> {
    let (directory, file) = WORKTREES;
    let mut found = BTreeMap::new();
    let Ok(mut worktrees) = folder.enter(OsStr::new(directory)) else {
        return found;
    };
    let mut names = Vec::new();
    // What cannot be listed has none that git finds either.
    let _listed = worktrees.entries(|name, kind| {
        if kind == EntryKind::Folder {
            names.push(name.to_owned());
        }
    });
    for name in names {
        let content = worktrees
            .enter(&name)
            .ok()
            .and_then(|worktree| worktree.content(OsStr::new(file), LONGEST_PATH));
        let Some(content) = content else {
            continue;
        };
        let at = Path::new(directory).join(&name);
        let is_inside = content
            .bytes()
            .and_then(named_by)
            .is_some_and(|path| base.has_tree(&at, path));
        if !is_inside {
            let what = "it named the working tree of another repository, or none";
            let content = content.noted();
            found.insert(at.join(file), Obeyed { content, what });
        }
    }
    found
}

/// The list of directories from which objects are taken, where one lies elsewhere: git sends the names of objects there to remotes, and
/// writes them to packs.
fn objects_elsewhere(folder: &Folder, base: &Base) -> Option<(PathBuf, Obeyed)> {
    let at = Path::new("objects/info/alternates");
    let Way::Open(inner) = way(folder, at.parent()?) else {
        return None;
    };
    let content = inner.content(at.file_name()?, LARGEST)?;
    let is_own = content
        .bytes()
        .is_some_and(|list| base.has_own_objects(list));
    let what = "it named objects of a repository outside of what the program can write to";
    let content = content.noted();
    (!is_own).then(|| (at.to_owned(), Obeyed { content, what }))
}

/// What `commondir` says.
pub(crate) fn common_dir(content: &Content) -> Option<&Path> {
    named_by(content.bytes()?)
}

/// Reads a file of configuration, if it is there. git reads no directory.
pub(crate) fn read_config(folder: &Folder, name: &OsStr, base: &Base) -> Option<Config> {
    let content = folder.content(name, LARGEST)?;
    if content == Content::Folder {
        return None;
    }
    let bytes = content.bytes();
    Some(Config {
        commands: bytes.and_then(|bytes| config::commands(bytes, base)),
        worktree: bytes.and_then(config::worktree),
        base: base.clone(),
        content,
    })
}

/// The bytes of a directory's hooks that are read. More of them are known by their times.
const LARGEST_HOOKS: u64 = 4 << 20;

/// Reads the hooks in a directory.
pub(crate) fn read_hooks(folder: &mut Folder) -> Result<BTreeMap<OsString, Content>, Errno> {
    let mut names = Vec::new();
    folder.entries(|name, _| {
        // git runs no name with an ending.
        if !name.as_encoded_bytes().ends_with(b".sample") && !layout::is_aside(name) {
            names.push(name.to_owned());
        }
    })?;
    let mut found = BTreeMap::new();
    let mut left = LARGEST_HOOKS;
    for name in names {
        if let Some(content) = folder.content(&name, left.min(LARGEST)) {
            let read = content.bytes().map_or(0, <[u8]>::len);
            left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            found.insert(name, content.noted());
        }
    }
    Ok(found)
}

/// Whether git runs a hook of this name (githooks(5)).
fn is_hook(name: &OsStr) -> bool {
    const NAMES: [&str; 28] = [
        "applypatch-msg",
        "commit-msg",
        "fsmonitor-watchman",
        "p4-changelist",
        "p4-post-changelist",
        "p4-pre-submit",
        "p4-prepare-changelist",
        "post-applypatch",
        "post-checkout",
        "post-commit",
        "post-index-change",
        "post-merge",
        "post-receive",
        "post-rewrite",
        "post-update",
        "pre-applypatch",
        "pre-auto-gc",
        "pre-commit",
        "pre-merge-commit",
        "pre-push",
        "pre-rebase",
        "pre-receive",
        "prepare-commit-msg",
        "proc-receive",
        "push-to-checkout",
        "reference-transaction",
        "sendemail-validate",
        "update",
    ];
    NAMES.iter().any(|known| name == *known)
}
