//! What of one repository runs commands, read from its files.

use crate::config::{self, Command};
use purple_host::folder::{Content, Folder};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;

/// The most that is read of a file. A longer one is as good as changed.
pub(crate) const LARGEST: u64 = 1 << 20;

/// Files that git reads as configuration of the repository (git-config(1), FILES).
pub(crate) const CONFIGS: [&str; 2] = ["config", "config.worktree"];

/// The directory of hooks (githooks(5)).
pub(crate) const HOOKS: &str = "hooks";

/// Where the configuration and the hooks of another directory count (gitrepository-layout(5)).
pub(crate) const COMMON: &str = "commondir";

/// What `commondir` of a linked worktree says.
pub(crate) const OWN_COMMON: &[u8] = b"../..";

/// The states that `git rebase --continue` goes on from, with the lists of what it does (git-rebase(1)).
pub(crate) const STATES: [(&str, &str); 2] =
    [("rebase-merge", "git-rebase-todo"), ("sequencer", "todo")];

/// The end of the name of what was put out of action.
pub(crate) const DISABLED: &str = ".purple-disabled";

/// What of a repository runs commands.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Repository {
    /// `hooks` where it is no directory.
    pub(crate) hooks_itself: Option<Content>,
    pub(crate) hooks: BTreeMap<OsString, Content>,
    pub(crate) configs: BTreeMap<&'static str, Config>,
    pub(crate) common: Option<Content>,
    /// The lists of states that have commands.
    pub(crate) lists: BTreeMap<&'static str, Content>,
}

/// One file of configuration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Config {
    pub(crate) content: Content,
    /// What runs commands in it; `None` where it cannot be read as configuration.
    pub(crate) commands: Option<BTreeSet<Command>>,
    /// How many directories lie above it in what the program can write to.
    pub(crate) depth: usize,
}

impl Repository {
    /// Reads it; it lies `depth` directories below what the program can write to.
    pub(crate) fn read(folder: &Folder, depth: usize) -> Result<Self, io::Error> {
        let mut found = Self::default();
        match folder.enter(OsStr::new(HOOKS)) {
            Ok(mut hooks) => found.hooks = read_hooks(&mut hooks)?,
            Err(_) => found.hooks_itself = folder.content(OsStr::new(HOOKS), 0)?,
        }
        for name in CONFIGS {
            if let Some(config) = read_config(folder, OsStr::new(name), depth)? {
                found.configs.insert(name, config);
            }
        }
        found.common = folder.content(OsStr::new(COMMON), LARGEST)?;
        for (state, list) in STATES {
            let Ok(state_folder) = folder.enter(OsStr::new(state)) else {
                continue;
            };
            if let Some(content) = state_folder.content(OsStr::new(list), LARGEST)?
                && runs_commands(&content)
            {
                found.lists.insert(state, content);
            }
        }
        Ok(found)
    }
}

/// Reads a file of configuration, if it is there.
pub(crate) fn read_config(
    folder: &Folder,
    name: &OsStr,
    depth: usize,
) -> Result<Option<Config>, io::Error> {
    let Some(content) = folder.content(name, LARGEST)? else {
        return Ok(None);
    };
    let commands = match &content {
        Content::File {
            bytes, cut: false, ..
        }
        | Content::Link {
            bytes: Some(bytes), ..
        } => config::commands(bytes, depth),
        _ => None,
    };
    Ok(Some(Config {
        content,
        commands,
        depth,
    }))
}

/// Reads the hooks in a directory.
pub(crate) fn read_hooks(folder: &mut Folder) -> Result<BTreeMap<OsString, Content>, io::Error> {
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
        if let Some(content) = folder.content(&name, LARGEST)? {
            found.insert(name, content);
        }
    }
    Ok(found)
}

/// Whether a list of a rebase has a line that runs a command: `exec` or `x` (git-rebase(1)).
fn runs_commands(content: &Content) -> bool {
    match content {
        Content::File { bytes, cut, .. } => {
            let runs = |line: &[u8]| {
                let first = line
                    .trim_ascii_start()
                    .split(u8::is_ascii_whitespace)
                    .next();
                matches!(first, Some(b"exec" | b"x"))
            };
            *cut || bytes.split(|&byte| byte == b'\n').any(runs)
        }
        _ => true,
    }
}
