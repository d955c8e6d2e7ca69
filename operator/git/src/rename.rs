//! Other names for what git would run: of keys in a file, and of files.

use crate::config::{self, Command};
use crate::found::{Findings, Found};
use crate::layout::DISABLED;
use crate::repository::Config;
use purple_host::Errno;
use purple_host::folder::{Content, Folder};
use purple_host::path::shown;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a hook is for a message.
pub(crate) const HOOK: &str = "a hook that git would have run";

/// Puts the new keys of a file of configuration out of action, or the file where it is none.
pub(crate) fn config_file(
    (path, folder): (&Path, &Folder),
    name: &OsStr,
    before: Option<&Config>,
    now: &Config,
    found: &mut Findings,
) {
    if before.is_some_and(|before| before.content == now.content) {
        return;
    }
    let is_new_link = matches!(now.content, Content::Link { .. })
        && before.is_none_or(|before| before.content != now.content);
    if is_new_link {
        let what = "git would have written to what the link leads to";
        return put_link_aside(path, folder, name, what, found);
    }
    let known = known(before);
    let Some(commands) = &now.commands else {
        let what = "it is not a configuration that could be parsed";
        return put_aside(path, folder, name, what, found);
    };
    let new: Vec<&str> = commands
        .difference(&known)
        .map(|command| command.key.as_str())
        .collect();
    if new.is_empty() {
        return;
    }
    let Content::File { bytes, .. } = &now.content else {
        let what = "it named a configuration that names commands";
        return put_aside(path, folder, name, what, found);
    };
    let Some(written) = config::without(bytes, &now.base, &known) else {
        let what = "it names commands in a form that could not be removed";
        return put_aside(path, folder, name, what, found);
    };
    match folder.replace(name, &written) {
        Ok(()) => found.push(Found::Disarmed {
            path: path.join(name),
            what: format!(
                "keys that are not known to be harmless have been renamed to `purple-disabled-NAME`: {}",
                names(&new)
            ),
        }),
        // On a full disk, another name needs no space.
        Err(error) => {
            let what = format!("it names commands, and could not be written without them ({error})");
            put_aside(path, folder, name, &what, found);
        }
    }
}

/// Names of keys for a message, and how many more there are.
fn names(keys: &[&str]) -> String {
    const NAMED: usize = 20;
    let first = keys.iter().take(NAMED);
    let mut names: Vec<String> = first.map(|key| shown(Path::new(key)).to_string()).collect();
    if let Some(more) = keys.len().checked_sub(NAMED).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

/// The keys that a file had, which may stay.
fn known(before: Option<&Config>) -> BTreeSet<Command> {
    before
        .and_then(|config| config.commands.clone())
        .unwrap_or_default()
}

/// Gives an entry a name that git does not know.
pub(crate) fn put_aside(
    path: &Path,
    folder: &Folder,
    name: &OsStr,
    what: &str,
    found: &mut Findings,
) {
    let renamed = folder.put_aside(name, DISABLED);
    let said = |new: &OsStr| format!("{what}: renamed to `{}`", shown(Path::new(new)));
    found.push(outcome(path.join(name), renamed, said));
}

/// The same of a symbolic link, of which a file is made: git would read some directories by any name.
pub(crate) fn put_link_aside(
    path: &Path,
    folder: &Folder,
    name: &OsStr,
    what: &str,
    found: &mut Findings,
) {
    let replaced = folder.put_link_aside(name, DISABLED);
    let said = |new: &OsStr| {
        let new = shown(Path::new(new)).to_string();
        format!("{what}: replaced by the file `{new}`, which contains where it led")
    };
    found.push(outcome(path.join(name), replaced, said));
}

fn outcome(path: PathBuf, done: Result<OsString, Errno>, said: impl Fn(&OsStr) -> String) -> Found {
    match done {
        Ok(new) => Found::Disarmed {
            path,
            what: said(&new),
        },
        Err(errno) => Found::Left {
            path,
            why: errno.desc().to_owned(),
        },
    }
}
