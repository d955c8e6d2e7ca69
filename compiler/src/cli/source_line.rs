//! A place in a policy, for people and for programs.

use purple_plan::{Plan, SourceLine};
use serde_json::{Value, json};

/// `line 31`, or `line 31 of NAME` where the policy inherits it; `None` for no place.
pub(super) fn words(plan: &Plan<'_>, place: SourceLine) -> Option<String> {
    let line = place.line();
    match (place.is_some(), source(plan, place)) {
        (false, _) => None,
        (true, None) => Some(format!("line {line}")),
        (true, Some(name)) => Some(format!("line {line} of {name}")),
    }
}

/// The line, 0 for no place.
pub(super) fn line(place: SourceLine) -> Value {
    json!(place.line())
}

/// The name of the policy that a place is in; `None` for the plan's own.
pub(super) fn source(plan: &Plan<'_>, place: SourceLine) -> Option<String> {
    let index = usize::from(place.source()).checked_sub(1)?;
    let name = plan
        .sources
        .iter()
        .nth(index)
        .map(|one| one.name.to_string_lossy().into_owned());
    Some(name.unwrap_or_else(|| format!("parent {}", place.source())))
}
