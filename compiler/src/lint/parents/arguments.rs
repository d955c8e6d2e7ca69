//! Calls that a parent lets through for some arguments, and the policy for more.

use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Meaning, Rule, Strength, covers};
use crate::lint::scope::Scope;
use crate::resolve::Resolved;

/// Runs the lint.
pub(super) fn lint(parents: &Resolved, scope: &mut Scope<'_>) {
    let resolved = scope.resolved;
    for one in resolved.syscalls.iter().flat_map(Meaning::interfaces) {
        let mut interfaces = parents.syscalls.iter().flat_map(Meaning::interfaces);
        let Some(before) = interfaces.find(|other| other.arch == one.arch) else {
            continue;
        };
        for (number, call) in &one.calls {
            let Some(old) = before.calls.get(number) else {
                continue;
            };
            // A call that is logged goes through.
            let passes = |rule: &&Rule| matches!(rule.strength, Strength::Allow | Strength::Log);
            let known = || old.rules.iter().filter(passes);
            let Some(first) = known().next() else {
                continue;
            };
            let added = call.rules.iter().filter(passes).find(|rule| {
                rule.span.file == 0
                    && !known().any(|known| covers(&known.conditions, &rule.conditions))
            });
            if let Some(rule) = added {
                let message = format!("`{}` is allowed with more arguments than before", call.name);
                scope.report(
                    Diagnostic::note("loosens-parent", rule.span, message)
                        .with_related(first.span, "an inherited text allows it with these")
                        .with_help("leave it out to keep what is inherited"),
                );
            }
        }
    }
}
