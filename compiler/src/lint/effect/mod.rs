//! Entries of the file system, the environment and the network without which the plan means the same. What is compared is
//! what an entry comes to, and not how it is written. Lists of calls have theirs where they are resolved.
//!
//! Only what the policy itself says counts. What a parent has at the same place would come back without the entry, and what
//! says again what a parent says holds when the parent changes.

mod blocked;
mod compare;
mod finding;
mod masks;
mod protected;
mod shares;
mod variables;

use super::parents::Before;
use super::scope::Scope;

/// Runs the lints.
pub(super) fn lint(before: Option<&Before>, scope: &mut Scope<'_>) {
    let parents = match before.map(|before| &before.meaning) {
        None => None,
        Some(Some((parents, _))) => Some(parents),
        // What would come back is not known.
        Some(None) => return,
    };
    shares::lint(parents, scope);
    masks::lint(scope);
    protected::lint(scope);
    variables::lint(parents, scope);
    blocked::lint(scope);
}
