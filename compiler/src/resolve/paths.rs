//! The paths that a policy may name.

use super::scope::Scope;
use crate::diagnostics::quote;

/// The longest name in a directory (`NAME_MAX`, linux/limits.h).
pub(super) const LONGEST_NAME: usize = 255;

/// The longest path: `PATH_MAX` (linux/limits.h), less room for where the new root is made.
pub(super) const LONGEST: usize = 4000;

pub(super) fn invalid(path: &str, pointer: &str, help: &str, scope: &mut Scope<'_>) {
    let message = format!("{} cannot be used as a path", quote(path));
    scope.error("invalid-path", pointer, message, help);
}
