//! The paths that a policy may name.

use super::scope::Scope;
use crate::diagnostics::quote;

/// The longest name in a directory (`NAME_MAX`, linux/limits.h).
pub(super) const LONGEST_NAME: usize = 255;

/// The longest path: `PATH_MAX` (linux/limits.h), less room for where the new root is made.
pub(super) const LONGEST: usize = 4000;

/// Whether a path is a pattern, and stands for each path that it matches when a run starts: `*` matches any
/// characters of a name, `?` one, and the name `**` any number of directories.
pub(crate) fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// What is wrong with a pattern.
pub(super) fn pattern_fault(path: &str) -> Option<&'static str> {
    let mut names = path.split('/');
    let joined = names.any(|name| name.contains("**") && name != "**");
    joined.then_some("`**` is a name of its own, such as in `**/*.pem`")
}

pub(super) fn invalid(path: &str, pointer: &str, help: &str, scope: &mut Scope<'_>) {
    let message = format!("{} cannot be used as a path", quote(path));
    scope.error("invalid-path", pointer, message, help);
}

/// A path inside, without a slash at its end: absolute, straight down.
pub(super) fn inside(path: &str, pointer: &str, scope: &mut Scope<'_>) -> Option<String> {
    let trimmed = match path.trim_end_matches('/') {
        "" if path.starts_with('/') => "/",
        trimmed => trimmed,
    };
    let Some(below) = trimmed.strip_prefix('/') else {
        let help = "a path inside must begin with `/`, such as `/output`";
        invalid(path, pointer, help, scope);
        return None;
    };
    let help = if below.split('/').any(|part| matches!(part, "." | "..")) {
        "a path inside must not contain `.` or `..`"
    } else if trimmed != "/" && below.split('/').any(str::is_empty) {
        "a path inside must have one `/` between two names"
    } else if below.split('/').any(|part| part.len() > LONGEST_NAME) || trimmed.len() > LONGEST {
        "a path inside has at most 4000 bytes, each name in it at most 255"
    } else if trimmed.contains('\0') {
        "a path must not contain NUL"
    } else {
        return Some(trimmed.to_owned());
    };
    invalid(path, pointer, help, scope);
    None
}
