//! The system calls that a run makes: each reaches the kernel, or has a name here.

use super::report::{Check, CheckResult, Subject};
use purple_host::probe::calls::{Hidden, hidden};
use purple_host::settings::is_filtered;
use purplec::syscalls::{Arch, since, syscall_number};

const CALLS: Subject = Subject {
    id: "calls",
    layer: "start",
    why: "purple-exec ends at the first of these calls",
};

/// Each with how it is tried.
const TABLE: &str = include_str!("../../data/calls.tsv");

/// Tries each.
pub(super) fn check(machine: &str, checks: &mut Vec<Check>) {
    let Some(arch) = machine.parse().ok() else {
        // purple-exec is not built for it.
        return;
    };
    let mut denied = Vec::new();
    let mut tried = 0_usize;
    for (name, in_namespaces) in tried_calls(TABLE) {
        let Some(number) = syscall_number(arch, name) else {
            continue;
        };
        tried = tried.saturating_add(1);
        if let Some(why) = hidden(number, in_namespaces) {
            denied.push((name, why));
        }
    }
    checks.push(Check::required(
        CALLS,
        result(arch, tried, &denied, is_filtered()),
    ));
}

/// The calls of the table that are tried, and whether in namespaces.
fn tried_calls(table: &'static str) -> impl Iterator<Item = (&'static str, bool)> {
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| match line.split_once('\t')? {
        (name, "as it is") => Some((name, false)),
        (name, "in namespaces") => Some((name, true)),
        _ => None,
    })
}

fn result(arch: Arch, tried: usize, denied: &[(&str, Hidden)], filtered: bool) -> CheckResult {
    if denied.is_empty() {
        return CheckResult::Ok(format!("{tried} calls reach the kernel"));
    }
    let found: Vec<String> = denied
        .iter()
        .map(|(name, why)| format!("{name}: {why}"))
        .collect();
    let names: Vec<String> = denied
        .iter()
        .map(|(name, _)| format!("{name}(2)"))
        .collect();
    let names = names.join(", ");
    let fix = if filtered {
        format!(
            "a filter over this shell hides {names}: docker run --security-opt seccomp=unconfined, or a profile \
             that allows them"
        )
    } else {
        let since = denied
            .iter()
            .filter_map(|(name, _)| since(arch, name))
            .max();
        let since = since.map_or_else(String::new, |version| {
            format!(" (Linux {version} or newer)")
        });
        format!("a kernel that has {names}{since}, and no security module that denies them")
    };
    CheckResult::Missing {
        found: found.join(", "),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::{Arch, CheckResult, Hidden, TABLE, result, tried_calls};
    use purple_host::Errno;
    use purplec::syscalls::syscall_number;

    #[test]
    fn every_call_of_the_table_has_a_number() {
        let calls: Vec<_> = tried_calls(TABLE).collect();
        assert!(calls.len() > 60, "{}", calls.len());
        for (name, _) in calls {
            assert!(syscall_number(Arch::X86_64, name).is_some(), "{name}");
        }
    }

    #[test]
    fn what_is_hidden_is_named_with_what_hides_it() {
        let denied = [
            ("openat2", Hidden::Denied(Errno::ENOSYS)),
            ("close_range", Hidden::Killed),
        ];
        let missing = |filtered| match result(Arch::X86_64, 70, &denied, filtered) {
            CheckResult::Missing { found, fix } => (found, fix),
            other => (format!("{other:?}"), String::new()),
        };
        let found = "openat2: ENOSYS (function not implemented), close_range: SIGSYS";
        assert_eq!(missing(true).0, found);
        let fix = "a filter over this shell hides openat2(2), close_range(2): ";
        assert!(missing(true).1.starts_with(fix), "{:?}", missing(true));
        let fix = "a kernel that has openat2(2), close_range(2) (Linux 5.9 or newer)";
        assert!(missing(false).1.starts_with(fix), "{:?}", missing(false));
    }
}
