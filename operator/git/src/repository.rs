//! What of one repository runs commands, read from its files.

use crate::base::{Base, LARGEST, named_by};
use crate::config::{self, Command};
use crate::keys::is_known_strategy;
use purple_host::Errno;
use purple_host::folder::{Content, Folder};
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
/// command (git-rebase(1), `sequencer.c` of git). `rebase-apply` has none.
pub(crate) const STATES: [(&str, &[StateFile]); 3] = [
    (
        "rebase-merge",
        &[
            ("git-rebase-todo", has_commands),
            ("strategy", |content| !is_known_strategy(content)),
        ],
    ),
    ("rebase-apply", &[]),
    (
        "sequencer",
        &[("todo", has_commands), ("opts", names_a_strategy)],
    ),
];

/// A file of a state, and whether what is in it runs a command.
pub(crate) type StateFile = (&'static str, fn(&[u8]) -> bool);

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
    for name in names {
        if let Some(content) = folder.content(&name, LARGEST) {
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

/// Whether the options of a sequence name a strategy that is not git's own. They are written as configuration.
fn names_a_strategy(options: &[u8]) -> bool {
    options.split(|&byte| byte == b'\n').any(|line| {
        let line = line.trim_ascii();
        let name = line.get(..b"strategy".len()).unwrap_or_default();
        let rest = line.get(b"strategy".len()..).unwrap_or_default();
        // `strategy-option` is another key. What is not plain is not git's own way to write it.
        name.eq_ignore_ascii_case(b"strategy")
            && !rest.starts_with(b"-option")
            && !rest
                .trim_ascii_start()
                .strip_prefix(b"=")
                .is_some_and(is_known_strategy)
    })
}
