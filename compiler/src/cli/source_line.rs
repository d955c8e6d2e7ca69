//! A line of a policy, for people and for programs.

use purple_plan::{Plan, SourceLine};
use serde_json::{Value, json};

/// `line 31`, or `NAME line 31` where the policy inherits it; `None` for no line.
pub(super) fn words(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let number = line.line();
    match (line.is_some(), source(plan, line)) {
        (false, _) => None,
        (true, None) => Some(format!("line {number}")),
        (true, Some(name)) => Some(format!("{name} line {number}")),
    }
}

/// The line's number, 0 for no line.
pub(super) fn line(line: SourceLine) -> Value {
    json!(line.line())
}

/// The name of the policy that a line is in; `None` for the plan's own.
pub(super) fn source(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let name = plan.source_name(line)?;
    Some(name.to_string_lossy().into_owned())
}
