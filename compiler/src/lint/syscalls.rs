//! Calls that reach deep into the kernel or into other programs, allowed by name.

use super::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{CallMeaning, Meaning, Strength};
use crate::source::Span;

/// A kind of danger: the calls, and what can happen.
struct Danger {
    calls: &'static [&'static str],
    why: &'static str,
}

/// The calls of the baseline with a finding of their own (each call's page in section 2; the
/// kernel's faults behind most published escapes from containers are in these).
const DANGERS: [Danger; 8] = [
    Danger {
        calls: &["ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd"],
        why: "one program inside can read and steer every other one there, and take its files",
    },
    Danger {
        calls: &["bpf"],
        why: "programs loaded into the kernel have been a way to take it over again and again",
    },
    Danger {
        calls: &["perf_event_open"],
        why: "it shows what other programs and the kernel do, and has been a way into the kernel",
    },
    Danger {
        calls: &["userfaultfd"],
        why: "it holds the kernel in the middle of a copy, which makes its races easy to win",
    },
    Danger {
        calls: &["add_key", "keyctl", "request_key"],
        why: "keyrings are shared with the host's programs of the same user",
    },
    Danger {
        calls: &["kexec_load", "kexec_file_load", "reboot"],
        why: "they start another kernel or stop this one; no confined program has a use for them",
    },
    Danger {
        calls: &["init_module", "finit_module", "delete_module"],
        why: "they load code into the kernel; no confined program has a use for them",
    },
    Danger {
        calls: &["open_by_handle_at", "fanotify_init", "iopl", "ioperm", "modify_ldt", "uselib"],
        why: "they go around paths, watch whole file systems or open seldom tested parts of the kernel",
    },
];

/// Whether allowing a call is reported with a code of its own, and not among the others of the
/// baseline.
pub(crate) fn has_finding_of_its_own(name: &str) -> bool {
    name.starts_with("io_uring_") || DANGERS.iter().any(|danger| danger.calls.contains(&name))
}

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    dangers(scope);
}

/// One finding for a danger, at the first entry that lets one of its calls through.
fn dangers(scope: &mut Scope<'_>) {
    for danger in &DANGERS {
        let mut found: Vec<(&'static str, Span)> = Vec::new();
        for interface in scope.ir.filters.iter().flat_map(Meaning::interfaces) {
            for call in interface.calls.values().filter(|call| danger.calls.contains(&call.name)) {
                if let Some(span) = opened(call)
                    && !found.iter().any(|(name, _)| *name == call.name)
                {
                    found.push((call.name, span));
                }
            }
        }
        found.sort_by_key(|(_, span)| *span);
        let Some(((_, first), others)) = found.split_first() else { continue };
        let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
        let (is, it) = if names.len() == 1 { ("is", "it") } else { ("are", "them") };
        let message = format!("{} {is} allowed: {}", listed(&names), danger.why);
        let mut diagnostic = Diagnostic::warning("dangerous-call-allowed", *first, message)
            .with_help(format!("leave {it} out; what is not allowed by name here is denied"));
        for (name, span) in others {
            diagnostic = diagnostic.with_related(*span, format!("`{name}` is allowed here"));
        }
        scope.report(diagnostic);
    }
}

/// The entry or rule that lets a call of the baseline through.
fn opened(call: &CallMeaning) -> Option<Span> {
    let rule = call.rules.iter().find(|rule| rule.strength >= Strength::Notify);
    rule.map(|rule| rule.span).or(call.allowed.filter(|_| call.denied.is_none()))
}
