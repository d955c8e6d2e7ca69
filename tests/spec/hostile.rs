//! Texts that are made to keep the compiler busy: each is answered in a time that a person waits.
//!
//! The limit is far above what each takes, and far below what a loop inside a loop would: it must
//! hold for an unoptimised build. It is processor time, which a loaded machine does not change much.

use super::{compiled, cpu_time};
use purplec::diagnostics::Severity;
use std::fmt::Display;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(20);

fn list<T: Display>(start: &str, items: impl Iterator<Item = T>) -> String {
    let items: Vec<String> = items.map(|item| item.to_string()).collect();
    format!("name: a\n{start} [{}]\n", items.join(", "))
}

#[track_caller]
fn answered(policy: &str, code: Option<&str>) {
    let start = cpu_time();
    let (outcome, text) = compiled("p", policy.as_bytes());
    let taken = cpu_time().saturating_sub(start);
    assert!(taken < LIMIT, "{taken:?}");
    let mut errors = outcome
        .diagnostics
        .iter()
        .filter(|one| one.severity == Severity::Error);
    match code {
        Some(code) => assert!(
            outcome.diagnostics.iter().any(|one| one.code == code),
            "{text}"
        ),
        None => assert_eq!(errors.next().map(|found| found.code), None, "{text}"),
    }
    assert!(text.len() < 200_000, "{} bytes are no help", text.len());
}

#[test]
fn thousands_of_names_that_nothing_has() {
    let names = (0..20_000).map(|at| format!("opena{at}"));
    answered(&list("syscalls:\n  allow:", names), Some("syscall-unknown"));
    let names = (0..90_000).map(|_| "CAP_NOPE");
    answered(
        &list("capabilities:\n  add:", names),
        Some("unknown-capability"),
    );
    let rules = (0..10_000).map(|at| format!("{{syscall: nope{at}, action: deny, errno: EPREM}}"));
    answered(
        &list("syscalls:\n  advanced_rules:", rules),
        Some("too-many-rules"),
    );
    let rules = (0..1000).map(|at| format!("{{syscall: nope{at}, action: deny, errno: EPREM}}"));
    answered(
        &list("syscalls:\n  advanced_rules:", rules),
        Some("syscall-unknown"),
    );
}

#[test]
fn long_names() {
    let names = (0..14).map(|at| format!("{at}{}", "x".repeat(65_536)));
    answered(&list("syscalls:\n  allow:", names), Some("syscall-unknown"));
}

#[test]
fn thousands_of_bad_ports_and_addresses() {
    let ports = (0..90_000).map(|_| "\"0\"");
    answered(
        &list("network:\n  allowed_outgoing_ports:", ports),
        Some("invalid-port"),
    );
    let addresses = (0..90_000).map(|_| "1.2.3");
    answered(
        &list("network:\n  blocked_ips:", addresses),
        Some("invalid-address"),
    );
}

#[test]
fn thousands_of_paths() {
    let paths = (0..50_000).map(|at| format!("/a{at}"));
    answered(
        &list("filesystem:\n  scratch_paths:", paths),
        Some("plan-too-large"),
    );
    let deep = "/a".repeat(1900);
    let paths = (0..100).map(|at| format!("{deep}/{at}"));
    answered(&list("filesystem:\n  scratch_paths:", paths), None);
}

#[test]
fn thousands_of_rules() {
    let rule = |at: u32| {
        let value = at * 3;
        format!(
            "{{syscall: close, action: kill, conditions: [{{arg: 0, op: eq, value: {value}}}]}}"
        )
    };
    let rules = |count| list("syscalls:\n  advanced_rules:", (0..count).map(rule));
    answered(&rules(1000), None);
    answered(&rules(1001), Some("too-many-rules"));
    answered(&rules(10_000), Some("too-many-rules"));
    let redundant = |conditions: usize| {
        let conditions = vec!["{arg: 0, op: ne, value: 7}"; conditions].join(", ");
        format!("{{syscall: close, action: kill, conditions: [{conditions}]}}")
    };
    let rules = |conditions| vec![redundant(conditions); 1000].into_iter();
    answered(&list("syscalls:\n  advanced_rules:", rules(1)), None);
    answered(&list("syscalls:\n  advanced_rules:", rules(4)), None);
    answered(
        &list("syscalls:\n  advanced_rules:", rules(5)),
        Some("too-many-rules"),
    );
    let apart = |at: u64| {
        let (length, offset) = ((at << 40) + at * 3, (at << 50) + at * 5);
        format!(
            "{{syscall: mmap, action: kill, conditions: [{{arg: 1, op: eq, value: {length}}}, \
             {{arg: 5, op: eq, value: {offset}}}]}}"
        )
    };
    let rules = list("syscalls:\n  advanced_rules:", (0..1000).map(apart));
    answered(&rules, Some("filter-too-long"));
}

/// A few lines that stand for billions of values, or for gigabytes of text.
#[test]
fn aliases_of_aliases() {
    let level = |name: char, of: char| {
        let items = vec![format!("*{of}"); 99].join(", ");
        format!("{name}: &{name} [{items}]\n")
    };
    let levels = [level('b', 'a'), level('c', 'b'), level('d', 'c')].concat();
    answered(
        &format!("name: a\na: &a [0]\n{levels}"),
        Some("too-many-values"),
    );
    let text = "t".repeat(500_000);
    let items = vec!["*a"; 90_000].join(", ");
    answered(
        &format!("name: a\na: &a {text}\nb: [{items}]\n"),
        Some("aliases-too-large"),
    );
}

/// Conditions that come to as many alternatives as they may, or to more.
#[test]
fn thousands_of_conditions() {
    let set = |name: &str| {
        let values: Vec<String> = (0..8).map(|value| value.to_string()).collect();
        format!("{name} in {{{}}}", values.join(","))
    };
    let product = format!("{} && {}", set("fd"), set("cmd"));
    let wide = vec![product.as_str(); 70].join(" && ");
    let entries = (0..240).map(|_| format!("{{fcntl: \"{wide}\"}}"));
    answered(
        &list("syscalls:\n  allow:", entries),
        Some("too-many-rules"),
    );
    let more = vec![format!("({product} && arg in {{0,1,2}})"); 45].join(" || ");
    let entries = (0..60).map(|_| format!("{{fcntl: \"!({more})\"}}"));
    answered(
        &list("syscalls:\n  allow:", entries),
        Some("too-many-rules"),
    );
    let masks: Vec<String> = (0..200)
        .map(|bit| format!("fd & {0} != {0}", bit + 1))
        .collect();
    let masks = masks.join(" && ");
    let entries = (0..250).map(|_| format!("{{close: \"{masks}\"}}"));
    answered(
        &list("syscalls:\n  allow:", entries),
        Some("too-many-rules"),
    );
    let names = (0..20_000).map(|at| format!("{{openat: \"flgs{at} == O_RDNOLY\"}}"));
    answered(
        &list("syscalls:\n  allow:", names),
        Some("condition-name-unknown"),
    );
    let open = "(".repeat(4000);
    let entries = (0..250).map(|_| format!("{{close: \"{open}\"}}"));
    answered(
        &list("syscalls:\n  allow:", entries),
        Some("condition-too-complex"),
    );
}

#[test]
fn thousands_of_groups_and_exclusions() {
    let entries = (0..20_000).map(|at| {
        if at % 2 == 0 {
            "\"@default\""
        } else {
            "\"!@dangerous\""
        }
    });
    answered(
        &list("syscalls:\n  allow:", entries),
        Some("exclusion-unused"),
    );
    let entries = (0..20_000).map(|at| format!("\"@grup{at}\""));
    answered(&list("syscalls:\n  deny:", entries), Some("group-unknown"));
}

#[test]
fn thousands_of_overlapping_ports_and_addresses() {
    let ports = (0..30_000).map(|at| format!("\"{}-{}\"", at + 1, at + 30_000));
    answered(
        &list(
            "network:\n  isolated: true\n  allowed_outgoing_ports:",
            ports,
        ),
        Some("port-overlap"),
    );
    let addresses = (0..30_000).map(|at| format!("10.0.{}.0/24", at % 256));
    answered(
        &list("network:\n  isolated: true\n  blocked_ips:", addresses),
        Some("address-overlap"),
    );
}
