//! Calls that do the same job: denying one, or looking at its arguments, means little while
//! another stays open.

use super::calls::{Access, access, named};
use super::scope::{Scope, listed};
use crate::diagnostics::Diagnostic;
use crate::ir::syscalls::{Action, ArchMeaning, Meaning, Rule};
use crate::source::Span;
use crate::syscalls::variants;

/// Calls of one kind (their pages in section 2 say that they do each other's work).
struct Class {
    /// Denying one of these is meant to stop the job, so that the others must be denied too.
    calls: &'static [&'static str],
    /// These do the job as well. Denying them alone is no mistake: it leaves a call whose
    /// arguments a filter can see, or one that does less.
    also: &'static [&'static str],
    /// The job.
    what: &'static str,
    /// Whether a rule on one has to look at the others too: where they take the same arguments.
    rules: bool,
}

const fn class(
    calls: &'static [&'static str],
    also: &'static [&'static str],
    what: &'static str,
    rules: bool,
) -> Class {
    Class {
        calls,
        also,
        what,
        rules,
    }
}

const CLASSES: &[Class] = &[
    class(
        &["open", "openat", "creat"],
        &["openat2"],
        "opens files",
        true,
    ),
    class(
        &["fork", "vfork", "clone"],
        &["clone3"],
        "makes processes",
        false,
    ),
    class(
        &["kill", "tkill", "tgkill"],
        &["pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo"],
        "sends signals",
        true,
    ),
    class(
        &["chmod", "fchmod", "fchmodat"],
        &["fchmodat2"],
        "changes modes",
        true,
    ),
    class(
        &["chown", "lchown", "fchown", "fchownat"],
        &[],
        "changes owners",
        true,
    ),
    class(
        &["rename", "renameat"],
        &["renameat2"],
        "renames files",
        false,
    ),
    class(&["unlink"], &["unlinkat"], "removes files", false),
    class(&["rmdir"], &["unlinkat"], "removes directories", false),
    class(&["link"], &["linkat"], "makes links", false),
    class(&["symlink"], &["symlinkat"], "makes symbolic links", false),
    class(&["mkdir"], &["mkdirat"], "makes directories", false),
    class(&["mknod"], &["mknodat"], "makes special files", true),
    class(&["truncate"], &["ftruncate"], "cuts files off", false),
    class(&["execve"], &["execveat"], "starts programs", false),
    class(&["accept"], &["accept4"], "accepts connections", false),
    class(
        &["sendto", "sendmsg"],
        &["sendmmsg"],
        "sends datagrams",
        false,
    ),
    class(
        &["recvfrom", "recvmsg"],
        &["recvmmsg"],
        "receives datagrams",
        false,
    ),
    class(
        &["ptrace"],
        &["process_vm_readv", "process_vm_writev", "pidfd_getfd"],
        "reaches into other processes",
        false,
    ),
    class(
        &["mount"],
        &["move_mount", "fsmount", "open_tree"],
        "mounts",
        false,
    ),
    class(
        &["setuid", "setreuid", "setresuid"],
        &["setfsuid"],
        "changes the user",
        false,
    ),
    class(
        &["setgid", "setregid", "setresgid"],
        &["setfsgid"],
        "changes the group",
        false,
    ),
    class(&["chroot"], &["pivot_root"], "changes the root", false),
    class(&["setrlimit"], &["prlimit64"], "changes limits", false),
    class(
        &["kexec_load"],
        &["kexec_file_load"],
        "starts another kernel",
        false,
    ),
    class(&["init_module"], &["finit_module"], "loads modules", false),
    class(
        &["settimeofday", "clock_settime", "adjtimex"],
        &["clock_adjtime"],
        "sets the clock",
        false,
    ),
    class(
        &["setxattr", "lsetxattr", "fsetxattr"],
        &["setxattrat"],
        "sets extended attributes",
        false,
    ),
    class(
        &["utime", "utimes", "utimensat"],
        &["futimesat"],
        "sets times of files",
        false,
    ),
    class(
        &["sched_setscheduler"],
        &["sched_setattr"],
        "changes the scheduling",
        false,
    ),
    class(
        &["mmap", "mprotect"],
        &["pkey_mprotect"],
        "makes memory executable",
        true,
    ),
];

/// Runs the lints on every interface of every architecture.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let ir = scope.ir;
    for one in ir.meanings().flat_map(Meaning::interfaces) {
        if one.denial == Action::Log {
            continue;
        }
        for class in CLASSES {
            denied(one, class, scope);
            if class.rules {
                narrowed(one, class, scope);
            }
        }
        beside(one, scope);
    }
}

/// The calls of a class that go through for all that the policy says, and where it says so.
fn open(one: &ArchMeaning, class: &Class) -> Vec<(&'static str, Span)> {
    let all = class.calls.iter().chain(class.also);
    all.filter_map(|name| match access(one, name) {
        Access::Allowed(span) if !has_own_rules(one, name) => Some((*name, span)),
        _ => None,
    })
    .collect()
}

/// Whether the policy has rules with conditions on a call: the compiler's own deny rules against
/// set-user-id bits, which each policy has, are none.
fn has_own_rules(one: &ArchMeaning, name: &str) -> bool {
    own_rules(one, name).next().is_some()
}

fn own_rules<'m>(one: &'m ArchMeaning, name: &str) -> impl Iterator<Item = &'m Rule> {
    let rules = named(one, name)
        .map(|call| call.rules.as_slice())
        .unwrap_or_default();
    // A rule of the compiler's has the same place as its conditions.
    rules.iter().filter(|rule| {
        rule.conditions
            .first()
            .is_some_and(|condition| condition.span != rule.span)
    })
}

fn denied(one: &ArchMeaning, class: &Class, scope: &mut Scope<'_>) {
    let mut places: Vec<(Span, &str)> = class
        .calls
        .iter()
        .filter(|name| access(one, name) == Access::Denied)
        .filter_map(|name| Some((named(one, name)?.denied?, *name)))
        .collect();
    places.sort_unstable();
    let Some(&(place, name)) = places.first() else {
        return;
    };
    let left = open(one, class);
    let Some(&(_, allowed)) = left.first() else {
        return;
    };
    let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
    let (does, does_it) = if names.len() == 1 {
        ("goes", "does")
    } else {
        ("go", "do")
    };
    let message = format!(
        "denying `{name}` stops little: {} {does} through and {does_it} its job",
        listed(&names)
    );
    scope.report(
        Diagnostic::warning("deny-leaves-equivalent", place, message)
            .with_related(
                allowed,
                format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
            )
            .with_help(format!(
                "deny {} too, or take `{name}` out of the list: each {}",
                listed(&names),
                class.what
            )),
    );
}

fn narrowed(one: &ArchMeaning, class: &Class, scope: &mut Scope<'_>) {
    let rule = class
        .calls
        .iter()
        .find_map(|name| own_rules(one, name).next().map(|rule| (*name, rule.span)));
    let Some((name, place)) = rule else { return };
    let left = open(one, class);
    let Some(&(_, allowed)) = left.first() else {
        return;
    };
    let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
    let (go, do_) = if names.len() == 1 {
        ("goes", "does")
    } else {
        ("go", "do")
    };
    let message = format!(
        "this rule on `{name}` is easy to avoid: {} {go} through with any arguments and {do_} its job",
        listed(&names)
    );
    scope.report(
        Diagnostic::warning("rule-leaves-equivalent", place, message)
            .with_related(
                allowed,
                format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
            )
            .with_help(format!(
                "deny {}, or write the rule for each: each {}",
                listed(&names),
                class.what
            )),
    );
}

/// Rules on a call that has a second form on the same interface, with wider values: `_llseek` beside
/// `lseek`.
fn beside(one: &ArchMeaning, scope: &mut Scope<'_>) {
    for call in one.calls.values() {
        let Some(rule) = own_rules(one, call.name).next() else {
            continue;
        };
        let left: Vec<(&str, Span)> = variants(one.arch, call.name)
            .into_iter()
            .filter(|name| !has_own_rules(one, name))
            .filter_map(|name| match access(one, name) {
                Access::Allowed(span) => Some((name, span)),
                _ => None,
            })
            .collect();
        let Some(&(_, allowed)) = left.first() else {
            continue;
        };
        let names: Vec<&str> = left.iter().map(|(name, _)| *name).collect();
        let (go, do_) = if names.len() == 1 {
            ("goes", "does")
        } else {
            ("go", "do")
        };
        let message = format!(
            "this rule on `{}` is easy to avoid on {}: {} {go} through with any arguments and {do_} its job",
            call.name,
            one.arch,
            listed(&names)
        );
        scope.report(
            Diagnostic::warning("rule-leaves-equivalent", rule.span, message)
                .with_related(
                    allowed,
                    format!("`{}` is allowed by this", names.first().unwrap_or(&"")),
                )
                .with_help(format!(
                    "deny {}, or write a rule for it too",
                    listed(&names)
                )),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::CLASSES;
    use crate::syscalls::syscall_number_anywhere;

    #[test]
    fn every_name_of_the_table_is_a_call() {
        for class in CLASSES {
            assert!(!class.what.is_empty() && class.calls.len() + class.also.len() > 1);
            for name in class.calls.iter().chain(class.also) {
                assert!(syscall_number_anywhere(name), "{name}");
            }
        }
    }

    #[test]
    fn no_call_triggers_two_classes() {
        let all: Vec<&str> = CLASSES
            .iter()
            .flat_map(|class| class.calls)
            .copied()
            .collect();
        for name in &all {
            assert_eq!(
                all.iter().filter(|other| *other == name).count(),
                1,
                "{name}"
            );
        }
    }
}
