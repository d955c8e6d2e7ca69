//! What comes out: a plan for every policy that people wrote, and the same bytes each time.

use super::{compiled, compiled_by, policies, rendered};
use purple_tests::repository::root;
use purplec::diagnostics::Severity;
use purplec::facts::HostFacts;
use purplec::pipeline::{self, Compilation, Options};
use purplec::source::Source;
use purplec::syscalls::Arch;
use std::fs;
use std::path::PathBuf;

/// The corpus and the shipped profiles.
fn all() -> Vec<PathBuf> {
    [policies("tests/spec/corpus"), policies("policies")].concat()
}

/// What a policy gives on a host with the facts that it may name.
fn with_facts(name: &str, text: &[u8]) -> (Compilation, String) {
    let options = Options {
        facts: HostFacts::samples(),
        ..Options::default()
    };
    compiled_by(name, text, &options)
}

#[test]
fn every_policy_gives_a_plan() {
    for path in all() {
        let text = fs::read(&path).expect("the file can be read");
        let (outcome, text) = with_facts(&path.to_string_lossy(), &text);
        assert!(
            outcome
                .diagnostics
                .iter()
                .all(|one| one.severity < Severity::Error),
            "{text}"
        );
        assert!(
            outcome.plan.is_some_and(|plan| plan.len() > 1000),
            "{}",
            path.display()
        );
    }
}

#[test]
fn every_architecture_gets_a_filter() {
    let path = root().join("policies/ai-dev-safe.yaml");
    let source = Source::new("p", fs::read_to_string(path).expect("the file can be read"));
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        let options = Options {
            architectures: vec![arch],
            ..Options::default()
        };
        let outcome = pipeline::compile(&source, &options, purplec::diagnostics::Sink::new());
        match outcome {
            Ok(outcome) => {
                let text = rendered(&outcome.sources, &outcome.diagnostics);
                assert!(outcome.plan.is_some(), "{arch}: {text}");
            }
            Err(fault) => panic!("{arch}: {fault}"),
        }
    }
}

/// The same text gives the same plan, whatever the file is called and wherever the compiler runs.
#[test]
fn the_same_policy_gives_the_same_bytes() {
    for path in all() {
        let text = fs::read(&path).expect("the file can be read");
        let (first, _) = with_facts(&path.to_string_lossy(), &text);
        let (second, _) = with_facts("another/name", &text);
        assert!(first.plan.is_some());
        assert_eq!(first.plan, second.plan, "{}", path.display());
    }
}

/// A plan that the executor would not read is not written.
#[test]
fn a_plan_that_is_too_large_is_a_finding() {
    let value = "v".repeat(60_000);
    let more: Vec<String> = (1..20).map(|at| format!("    V{at}: *v\n")).collect();
    let more = more.concat();
    let policy = format!("name: a\nenvironment:\n  set:\n    V0: &v {value}\n{more}");
    let (outcome, text) = compiled("p", policy.as_bytes());
    let codes: Vec<_> = outcome.diagnostics.iter().map(|found| found.code).collect();
    assert_eq!(codes, ["plan-too-large"], "{text}");
    assert_eq!(outcome.plan, None);
}

/// Nor is one with more steps or variables than the executor has room for.
#[test]
fn a_plan_with_too_many_steps_or_variables_is_a_finding() {
    let paths = |count: usize| {
        let path = |at| format!("    - {{host_path: /h, sandbox_path: /p{at}}}\n");
        let all: String = (0..count).map(path).collect();
        format!("name: a\nfilesystem:\n  immutable_paths:\n{all}")
    };
    let variables = |count: usize| {
        let all: Vec<String> = (0..count).map(|at| format!("    V{at}: x\n")).collect();
        format!("name: a\nenvironment:\n  set:\n{}", all.concat())
    };
    let message = |policy: &str| {
        let (outcome, text) = compiled("p", policy.as_bytes());
        let errors = outcome
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error);
        let errors: Vec<_> = errors.collect();
        match errors.as_slice() {
            [] => assert!(outcome.plan.is_some()),
            [one] => assert_eq!((one.code, outcome.plan), ("plan-too-large", None), "{text}"),
            _ => panic!("{text}"),
        }
        errors.first().map(|one| one.message.clone())
    };
    assert_eq!(message(&paths(400)), None);
    assert_eq!(message(&variables(450)), None);
    // With what every sandbox has.
    let steps = message(&paths(500)).unwrap_or_default();
    assert!(
        steps.ends_with("steps that build the file system, and may have 512"),
        "{steps}"
    );
    // By itself: before anything is worked out.
    for count in [513, 6_000] {
        let steps = message(&paths(count)).unwrap_or_default();
        let expected = format!(
            "the section names {count} paths, and a plan has at most 512 steps that build the file system"
        );
        assert_eq!(steps, expected);
    }
    let variables = message(&variables(600)).unwrap_or_default();
    assert!(
        variables.ends_with("environment variables, and may have 511"),
        "{variables}"
    );
}

/// The limits rise by the numbers of their resources (`asm-generic/resource.h`), in whatever order a policy has them.
#[test]
fn limits_of_each_process_are_in_the_order_of_the_format() {
    let policy = "name: a\nresources:\n  rlimits: {stack: 8M, sigpending: 5, nproc: 100, nofile: 64, msgqueue: 1K, memlock: 1M, \
                  fsize: 1G, data: 1G, cpu: 60, core: 0, as: 4G}\n";
    let (outcome, text) = compiled("p", policy.as_bytes());
    let bytes = outcome.plan.unwrap_or_else(|| panic!("{text}"));
    let plan = purple_plan::Plan::decode(&bytes).expect("a plan");
    let limits = plan.rlimits.iter();
    let limits: Vec<_> = limits.map(|one| (one.resource, one.hard)).collect();
    let expected = [
        (0, 60),
        (1, 1 << 30),
        (2, 1 << 30),
        (3, 8 << 20),
        (4, 0),
        (6, 100),
        (7, 64),
        (8, 1 << 20),
        (9, 4 << 30),
        (11, 5),
        (12, 1024),
    ];
    assert_eq!(limits, expected);
    assert!(plan.rlimits.iter().all(|one| one.line.is_some()));
}

#[test]
fn files_that_are_too_large_together_are_a_finding() {
    let policy = |bytes: usize| {
        let half = "x".repeat(bytes / 2);
        format!(
            "name: a\nfilesystem:\n  immutable_paths: [{{host_path: /usr, sandbox_path: /usr}}]\n  files:\n    \
             - {{sandbox_path: /etc/a, content: {half}}}\n    - {{sandbox_path: /etc/b, content: {half}}}\n"
        )
    };
    let (outcome, text) = compiled("p", policy(512 << 10).as_bytes());
    assert!(outcome.plan.is_some(), "{text}");
    let (outcome, text) = compiled("p", policy((512 << 10) + 2).as_bytes());
    let errors = outcome.diagnostics.iter();
    let errors = errors.filter(|one| one.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|one| (one.code, one.message.as_str())).collect();
    let expected = [(
        "plan-too-large",
        "the files have more than 512 KiB together",
    )];
    assert_eq!(
        (errors.as_slice(), outcome.plan),
        (&expected[..], None),
        "{text}"
    );
}

/// What the section `audit` says is in the plan, for whoever runs it.
#[test]
fn the_audit_section_is_a_record() {
    use purple_plan::{AuditFailure, Layer, Plan, audit_flags};
    let plan = |audit: &str| {
        let policy = format!("name: a\nsyscalls: {{}}\n{audit}");
        let (outcome, text) = compiled("p", policy.as_bytes());
        outcome.plan.unwrap_or_else(|| panic!("{audit}: {text}"))
    };
    let layers = |plan: &Plan<'_>| plan.needs.iter().map(|need| need.layer).collect::<Vec<_>>();

    let bytes = plan("audit: {enabled: false, detail_level: [syscall], log_path: /l}\n");
    let off = Plan::decode(&bytes).expect("a plan");
    assert!(off.audit.is_empty() && off.needs.is_empty());

    let bytes = plan(
        "audit:\n  log_path: /var/log/a\n  detail_level: [syscall, resource]\n  enabled: true\n",
    );
    let on = Plan::decode(&bytes).expect("a plan");
    let audit = on.audit.iter().next().expect("a record");
    assert_eq!(audit.flags, audit_flags::SYSCALL | audit_flags::RESOURCE);
    assert_eq!(
        (audit.failure, audit.log_path),
        (AuditFailure::End, c"/var/log/a")
    );
    assert_eq!((audit.line.line(), layers(&on)), (6, vec![Layer::Audit]));

    let bytes = plan("audit: {enabled: true, on_failure: continue, detail_level: [network]}\n");
    let more = Plan::decode(&bytes).expect("a plan");
    let audit = more.audit.iter().next().expect("a record");
    assert_eq!(
        (audit.failure, audit.log_path),
        (AuditFailure::Continue, c"")
    );
    // What is let through is seen by tracing only.
    assert_eq!(layers(&more), [Layer::Audit, Layer::Monitor]);
}
