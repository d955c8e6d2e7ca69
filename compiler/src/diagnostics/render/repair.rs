//! A fix, for people.

use super::excerpt::clipped;
use crate::diagnostics::{Applicability, Fix};

/// A fix in one line: what it does, what it writes, whether a program may.
pub(super) fn repair(fix: &Fix) -> String {
    let safe = match fix.applicability {
        Applicability::Safe => "safe",
        Applicability::Unsafe => "unsafe",
    };
    let message = clipped(&fix.message);
    let written = match fix.edits.as_slice() {
        [one]
            if !one.replacement.trim().is_empty()
                && one.replacement.len() < 200
                && !one.replacement.contains('\n')
                && !fix.message.contains(one.replacement.trim_end_matches(", ")) =>
        {
            format!(": `{}`", clipped(&one.replacement))
        }
        _ => String::new(),
    };
    format!("{message}{written} ({safe})")
}
