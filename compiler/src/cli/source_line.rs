//! A line of a policy, for people and for programs.

use purple_plan::{Plan, SourceLine};
use serde_json::{Value, json};

/// `line 31`, or `line 31 of NAME` where the policy inherits it; `None` for no line.
pub(super) fn words(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let number = line.line();
    match (line.is_some(), source(plan, line)) {
        (false, _) => None,
        (true, None) => Some(format!("line {number}")),
        (true, Some(name)) => Some(format!("line {number} of {name}")),
    }
}

/// The line's number, 0 for no line.
pub(super) fn line(line: SourceLine) -> Value {
    json!(line.line())
}

/// The name of the policy that a line is in; `None` for the plan's own.
pub(super) fn source(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let index = usize::from(line.source()).checked_sub(1)?;
    let name = plan
        .sources
        .iter()
        .nth(index)
        .map(|one| one.name.to_string_lossy().into_owned());
    Some(name.unwrap_or_else(|| format!("parent {}", line.source())))
}
