//! A line of a policy, in words.

use purple_plan::{Plan, SourceLine};
use purplec::diagnostics::render::visible;

/// `policy line 31`, or `NAME line 31` where the policy inherits the line.
pub fn words(number: impl std::fmt::Display, source: Option<&str>) -> String {
    match source {
        Some(name) => format!("{} line {number}", visible(name)),
        None => format!("policy line {number}"),
    }
}

/// The same of a plan's line.
pub(crate) fn words_of(plan: &Plan<'_>, line: SourceLine) -> String {
    let name = plan.source_name(line);
    let name = name.map(std::ffi::CStr::to_string_lossy);
    words(line.line(), name.as_deref())
}

/// The name of the policy that a plan's line is in, where it is not the plan's own.
pub(crate) fn source_of(plan: &Plan<'_>, line: SourceLine) -> Option<String> {
    let name = plan.source_name(line)?;
    Some(name.to_string_lossy().into_owned())
}
