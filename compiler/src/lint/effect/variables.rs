//! Variables that a program gets anyway.

use super::finding::{own, report};
use crate::diagnostics::quote;
use crate::lint::scope::Scope;
use crate::resolve::Resolved;
use crate::resolve::environment::{PASS, SET};

/// Runs the lint.
pub(super) fn lint(parents: Option<&Resolved>, scope: &mut Scope<'_>) {
    let variables = scope.resolved.environment.iter();
    for variable in variables.filter(|variable| variable.is_written) {
        let name = variable.name.as_str();
        let message = match &variable.value {
            None if PASS.contains(&name) => {
                format!("{} has no effect: it is taken over anyway", quote(name))
            }
            Some(value) if SET.contains(&(name, value)) => {
                format!("{} has no effect: it has this value anyway", quote(name))
            }
            _ => continue,
        };
        // Without the entry the parent's would hold.
        let says = |parents: &Resolved| {
            let mut known = parents.environment.iter();
            known.any(|known| known.name == name && known.is_written)
        };
        if let Some(place) = own(Some(variable.key))
            && !parents.is_some_and(says)
        {
            report(place, message, None, scope);
        }
    }
}
