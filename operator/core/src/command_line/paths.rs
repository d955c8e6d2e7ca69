//! Paths that flags name: `--bind`, and the working directory.

use super::error::FlagError;
use purple_host::held::identity_at;
use purple_host::users;
use std::env;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path, PathBuf};

/// A path of the host that is shown.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bind {
    pub(super) source: String,
    pub(super) target: String,
    pub(super) is_writable: bool,
}

impl Bind {
    /// Whether it shows the workspace at its own path. The key for that protects what belongs to a repository.
    pub(super) fn is_all_of(&self, workspace: &Path) -> bool {
        Path::new(&self.target) == workspace
            && identity_at(Path::new(&self.source))
                .is_some_and(|found| identity_at(workspace) == Some(found))
    }

    /// Takes `SRC[:DST][:ro|:rw]` apart. A `:` of a path is written `\:`, and a `\` that is followed by one of the two `\\`.
    pub(super) fn parse(typed: &OsStr) -> Result<Self, FlagError> {
        const FORM: &str =
            r"SRC[:DST][:ro|:rw], with DST an absolute path, and `\:` for a `:` in a path";
        let said = utf8("--bind", typed)?;
        let wrong = || FlagError::wrong("--bind", said, FORM);
        let mut parts = parts(said);
        let mode = match parts.last().map(String::as_str) {
            Some("ro") if parts.len() > 1 => Some(false),
            Some("rw") if parts.len() > 1 => Some(true),
            _ => None,
        };
        if mode.is_some() {
            parts.pop();
        }
        let (source, target) = match parts.as_slice() {
            [source] => (source.clone(), None),
            [source, target] => (source.clone(), Some(target.clone())),
            _ => return Err(wrong()),
        };
        if source.is_empty() {
            return Err(wrong());
        }
        let source = match (source.strip_prefix("~/"), users::home()) {
            (Some(rest), Some(home)) => utf8("--bind", home.join(rest).as_os_str())?.to_owned(),
            _ => source,
        };
        if Path::new(&source)
            .symlink_metadata()
            .is_err_and(|error| error.kind() == ErrorKind::NotFound)
        {
            return Err(FlagError::Missing(source));
        }
        let homes =
            users::home_directories().map_err(|error| FlagError::Users(error.to_string()))?;
        let found = identity_at(Path::new(&source));
        if homes
            .iter()
            .any(|home| found.is_some() && identity_at(home.target()) == found)
        {
            return Err(FlagError::Home(source));
        }
        let target = match target {
            Some(target) if target.starts_with('/') => target,
            Some(_) => return Err(wrong()),
            None => same_path("--bind", Path::new(&source))?,
        };
        Ok(Self {
            source,
            target,
            is_writable: mode.unwrap_or(false),
        })
    }
}

/// The parts of what was typed, at each `:` that no `\` stands before.
fn parts(said: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut all = said.chars().peekable();
    while let Some(one) = all.next() {
        let next = all.peek().copied();
        match (one, parts.last_mut()) {
            (':', _) => parts.push(String::new()),
            ('\\', Some(part)) if matches!(next, Some(':' | '\\')) => {
                part.extend(all.next());
            }
            (one, Some(part)) => part.push(one),
            (_, None) => {}
        }
    }
    parts
}

/// The absolute path by which the host has a path, for the same inside. No link is followed: the sandbox shows it by the
/// name that was typed.
pub(super) fn same_path(flag: &'static str, source: &Path) -> Result<String, FlagError> {
    let directory =
        env::current_dir().map_err(|error| FlagError::WorkingDirectory(error.to_string()))?;
    let mut path = PathBuf::new();
    for component in directory.join(source).components() {
        match component {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            other => path.push(other),
        }
    }
    Ok(utf8(flag, path.as_os_str())?.to_owned())
}

pub(super) fn utf8<'t>(flag: &'static str, typed: &'t OsStr) -> Result<&'t str, FlagError> {
    typed.to_str().ok_or_else(|| FlagError::NotUtf8 {
        flag,
        typed: String::from_utf8_lossy(typed.as_bytes()).into_owned(),
    })
}
