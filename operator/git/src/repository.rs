//! What of one repository runs commands, read from its files.

use crate::base::{Base, LARGEST, named_by};
use crate::config::{self, Command};
use crate::index;
use crate::keys::is_known_strategy;
use purple_host::Errno;
use purple_host::folder::{Content, EntryKind, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::path::Path;

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

/// The states that `git rebase --continue` and `git cherry-pick --continue` go on from, with the files in them that can make these run a
/// command or write elsewhere (git-rebase(1), `sequencer.c` and `builtin/am.c` of git).
pub(crate) const STATES: [(&str, &[StateFile]); 3] = [
    (
        "rebase-merge",
        &[
            ("git-rebase-todo", has_commands),
            ("strategy", |content| !is_known_strategy(content)),
        ],
    ),
    (
        "rebase-apply",
        &[("apply-opt", |options| !are_plain_options(options))],
    ),
    (
        "sequencer",
        &[
            ("todo", has_commands),
            ("opts", |options| !is_plain_sequence(options)),
        ],
    ),
];

/// A file of a state, and whether what is in it runs a command.
pub(crate) type StateFile = (&'static str, fn(&[u8]) -> bool);

/// The file of paths of which the next commit records the conflicts, where one was resolved: git reads what they lead to.
pub(crate) const CONFLICTS: &str = "MERGE_RR";

/// The directory of linked worktrees, in which each has a directory with this file: the path of its own file `.git`.
pub(crate) const WORKTREES: (&str, &str) = ("worktrees", "gitdir");

/// The index, and the beginning of the names of the parts that indexes share.
const INDEX: (&str, &[u8]) = ("index", b"sharedindex.");

/// The longest index that is looked at: some millions of files.
const LARGEST_INDEX: u64 = 1 << 29;

/// The end of the name of what was put out of action.
pub(crate) const DISABLED: &str = ".purple-disabled";

/// What of a repository runs commands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Repository {
    /// `hooks` where it is no directory, or cannot be listed.
    pub(crate) hooks_itself: Option<Content>,
    pub(crate) hooks: BTreeMap<OsString, Content>,
    pub(crate) configs: BTreeMap<&'static str, Config>,
    pub(crate) common: Option<Content>,
    /// The files of states that run commands, by state and name; without a name, states that cannot be looked into.
    pub(crate) states: BTreeMap<(&'static str, Option<&'static str>), Content>,
    pub(crate) conflicts: Option<Content>,
    /// The files of linked worktrees that name a working tree outside, which does not lead back, by the worktrees.
    pub(crate) elsewhere: BTreeMap<OsString, Content>,
    /// Indexes, by their names. They are known by their times.
    pub(crate) indexes: BTreeMap<OsString, Content>,
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
        match folder.enter(OsStr::new(HOOKS)) {
            Ok(mut hooks) => match read_hooks(&mut hooks) {
                Ok(hooks) => found.hooks = hooks,
                Err(_) => found.hooks_itself = Some(Content::Unread(None)),
            },
            Err(_) => found.hooks_itself = folder.content(OsStr::new(HOOKS), 0),
        }
        for name in CONFIGS {
            if let Some(config) = read_config(folder, OsStr::new(name), base) {
                found.configs.insert(name, config);
            }
        }
        found.common = folder.content(OsStr::new(COMMON), LARGEST);
        found.conflicts = folder.content(OsStr::new(CONFLICTS), LARGEST);
        found.conflicts = found
            .conflicts
            .filter(|content| content.bytes() != Some(b""));
        found.elsewhere = worktrees_elsewhere(folder, base);
        found.indexes = indexes(folder);
        for (state, files) in STATES {
            match folder.enter(OsStr::new(state)) {
                Ok(inner) => {
                    for &(name, runs) in files {
                        let content = inner.content(OsStr::new(name), LARGEST);
                        if let Some(content) = content
                            && content.bytes().is_none_or(runs)
                        {
                            found.states.insert((state, Some(name)), content);
                        }
                    }
                }
                Err(Errno::ENOENT) => {}
                Err(_) => {
                    if let Some(content) = folder.content(OsStr::new(state), 0) {
                        found.states.insert((state, None), content);
                    }
                }
            }
        }
        found
    }
}

/// The indexes of a repository.
fn indexes(folder: &Folder) -> BTreeMap<OsString, Content> {
    let mut names = Vec::new();
    let listed = folder.enter(OsStr::new(".")).and_then(|mut folder| {
        folder.entries(|name, kind| {
            let bytes = name.as_encoded_bytes();
            if kind == EntryKind::File
                && (bytes == INDEX.0.as_bytes() || bytes.starts_with(INDEX.1))
            {
                names.push(name.to_owned());
            }
        })
    });
    if listed.is_err() {
        names.push(INDEX.0.into());
    }
    let known = names.into_iter().filter_map(|name| {
        let content = folder.content(&name, 0)?;
        Some((name, content))
    });
    known.collect()
}

/// Whether an index names files of the working tree alone. The error says why that is not known.
pub(crate) fn is_plain_index(folder: &Folder, name: &OsStr) -> Result<bool, &'static str> {
    let Some(object_name) = object_name(folder) else {
        return Err("the configuration of its repository cannot be read");
    };
    match folder.content(name, LARGEST_INDEX) {
        None => Ok(true),
        Some(Content::File { bytes, .. }) => Ok(index::is_plain(&bytes, object_name)),
        Some(_) => Err("it cannot be read, has holes, or is larger than 512 MiB"),
    }
}

/// The bytes of an object's name in a repository (`extensions.objectFormat` of git-config(1)).
fn object_name(folder: &Folder) -> Option<usize> {
    let [sha1, sha256] = index::OBJECT_NAMES;
    let above;
    let common = match folder.content(OsStr::new(COMMON), LARGEST) {
        None => folder,
        Some(content) if common_dir(&content) == Some(Path::new(ITSELF)) => folder,
        Some(content) if common_dir(&content) == Some(Path::new(OWN_COMMON)) => {
            let up = OsStr::new("..");
            above = folder.enter(up).and_then(|folder| folder.enter(up)).ok()?;
            &above
        }
        Some(_) => return None,
    };
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
fn worktrees_elsewhere(folder: &Folder, base: &Base) -> BTreeMap<OsString, Content> {
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
            .and_then(|worktree| worktree.content(OsStr::new(file), LARGEST));
        let Some(content) = content else {
            continue;
        };
        let at = Path::new(directory).join(&name);
        let is_inside = content
            .bytes()
            .and_then(named_by)
            .is_some_and(|path| base.has_tree(&at, path));
        if !is_inside {
            found.insert(name, content);
        }
    }
    found
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
        let ends = |end: &str| name.as_encoded_bytes().ends_with(end.as_bytes());
        let aside = name
            .as_encoded_bytes()
            .windows(DISABLED.len())
            .any(|part| part == DISABLED.as_bytes());
        if !ends(".sample") && !aside {
            names.push(name.to_owned());
        }
    })?;
    let mut found = BTreeMap::new();
    let mut left = LARGEST_HOOKS;
    for name in names {
        if let Some(content) = folder.content(&name, left.min(LARGEST)) {
            let read = content.bytes().map_or(0, <[u8]>::len);
            left = left.saturating_sub(u64::try_from(read).unwrap_or(u64::MAX));
            found.insert(name, content);
        }
    }
    Ok(found)
}

/// Whether a list of a rebase has a line that runs a command: `exec` or `x` (git-rebase(1)).
fn has_commands(list: &[u8]) -> bool {
    let runs = |line: &[u8]| {
        let first = line
            .trim_ascii_start()
            .split(u8::is_ascii_whitespace)
            .next();
        matches!(first, Some(b"exec" | b"x"))
    };
    list.split(|&byte| byte == b'\n').any(runs)
}

/// Whether the options of a sequence are git's own and name no program. They are written as configuration (`save_opts` of git's
/// sequencer.c).
fn is_plain_sequence(options: &[u8]) -> bool {
    const PLAIN: [&str; 12] = [
        "allow-empty",
        "allow-empty-message",
        "allow-ff",
        "allow-rerere-auto",
        "default-msg-cleanup",
        "drop-redundant-commits",
        "edit",
        "keep-redundant-commits",
        "mainline",
        "no-commit",
        "record-origin",
        "signoff",
    ];
    let Some(entries) = config::entries(options) else {
        return false;
    };
    entries
        .iter()
        .all(|entry| match entry.key.strip_prefix("options.") {
            Some("strategy") => is_known_strategy(&entry.value),
            Some("strategy-option") => true,
            Some(key) => PLAIN.contains(&key),
            None => false,
        })
}

/// Whether the options with which `git am` goes on applying name no file: they are words in single quotes.
fn are_plain_options(options: &[u8]) -> bool {
    const PLAIN: [&[u8]; 7] = [
        b"--ignore-space-change",
        b"--ignore-whitespace",
        b"--whitespace=error",
        b"--whitespace=error-all",
        b"--whitespace=fix",
        b"--whitespace=nowarn",
        b"--whitespace=warn",
    ];
    let words = options
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.strip_prefix(b"'")
                .and_then(|word| word.strip_suffix(b"'"))
        })
        .all(|word| {
            word.is_some_and(|word| {
                let numbered = word.strip_prefix(b"-C").or(word.strip_prefix(b"-p"));
                PLAIN.contains(&word)
                    || numbered
                        .is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
            })
        })
}
