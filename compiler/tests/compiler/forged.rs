//! A plan whose filter is not what its own meaning says is refused, however well it is sealed.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use purple_plan::{
    Basis, CallRule, Condition, Contents, Filter, Interface, MAX_PLAN_BYTES, NamedCall, Plan,
    SourceLine, encode,
};
use purplec::diagnostics::Sink;
use purplec::pipeline::{Options, compile};
use purplec::seal::reprove;
use purplec::source::Source;
use purplec::syscalls::Arch;
use std::fs;
use std::process::{Command, Output};

const POLICY: &str = "\
name: forged
syscalls:
  allow: [read, write, openat, socket]
  deny: [fsync]
  architectures: [x86, x32]
  advanced_rules:
    - {syscall: openat, action: deny, conditions: [{arg: 2, op: masked_ne, mask: 3, value: 0}]}
";

fn plan() -> Vec<u8> {
    let options = Options {
        architectures: vec![Arch::X86_64, Arch::Aarch64],
        ..Options::default()
    };
    let policy = POLICY.replace("  architectures: [x86, x32]\n", "");
    compile(&Source::new("p", policy), &options, Sink::new())
        .expect("no fault")
        .plan
        .expect("a plan")
}

fn plan_with_three_interfaces() -> Vec<u8> {
    let source = Source::new("p", POLICY);
    let outcome = compile(&source, &Options::default(), Sink::new()).expect("no fault");
    outcome.plan.expect("a plan")
}

/// The tables that a forger changes.
struct Forged {
    filters: Vec<(Filter<'static>, Vec<u8>)>,
    interfaces: Vec<Interface>,
    calls: Vec<NamedCall>,
    rules: Vec<CallRule>,
    conditions: Vec<Condition>,
}

/// The plan with changed tables, and the right seal.
fn forge(bytes: &[u8], change: impl FnOnce(&mut Forged)) -> Vec<u8> {
    let plan = Plan::decode(bytes).expect("a plan");
    let mut forged = Forged {
        filters: plan
            .filters
            .iter()
            .map(|one| {
                (
                    Filter {
                        program: &[],
                        ..one
                    },
                    one.program.to_vec(),
                )
            })
            .collect(),
        interfaces: plan.interfaces.iter().collect(),
        calls: plan.calls.iter().collect(),
        rules: plan.rules.iter().collect(),
        conditions: plan.conditions.iter().collect(),
    };
    change(&mut forged);
    let filters: Vec<Filter<'_>> = forged
        .filters
        .iter()
        .map(|(one, program)| Filter { program, ..*one })
        .collect();
    let contents = Contents {
        mounts: &plan.mounts.iter().collect::<Vec<_>>(),
        rlimits: &plan.rlimits.iter().collect::<Vec<_>>(),
        environment: &plan.environment.iter().collect::<Vec<_>>(),
        filters: &filters,
        cgroup: &plan.cgroup.iter().collect::<Vec<_>>(),
        needs: &plan.needs.iter().collect::<Vec<_>>(),
        audit: &plan.audit.iter().collect::<Vec<_>>(),
        landlock: &plan.landlock.iter().collect::<Vec<_>>(),
        paths: &plan.paths.iter().collect::<Vec<_>>(),
        ports: &plan.ports.iter().collect::<Vec<_>>(),
        sources: &plan.sources.iter().collect::<Vec<_>>(),
        interfaces: &forged.interfaces,
        numbers: &plan.numbers.iter().collect::<Vec<_>>(),
        calls: &forged.calls,
        rules: &forged.rules,
        conditions: &forged.conditions,
        ..Contents::of(plan.meta, plan.process, plan.capabilities, plan.network)
    };
    let mut out = vec![0; MAX_PLAN_BYTES];
    let length = encode(&contents, &mut out).expect("the forged tables make a plan");
    out.truncate(length);
    out
}

fn verify(bytes: &[u8]) -> Output {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("plan"), bytes).expect("write");
    Command::new(env!("CARGO_BIN_EXE_purplec"))
        .args(["verify", "plan"])
        .current_dir(directory.path())
        .output()
        .expect("the binary runs")
}

fn refusal(bytes: &[u8]) -> String {
    let output = verify(bytes);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "nothing is said to be proven");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn an_honest_plan_is_proven_again_from_itself() {
    for (bytes, filters) in [(plan(), 2), (plan_with_three_interfaces(), 1)] {
        assert!(
            forge(&bytes, |_| {}) == bytes,
            "nothing changed, nothing changes"
        );
        let output = verify(&bytes);
        assert_eq!(output.status.code(), Some(0));
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(said.starts_with("plan: sealed, sha256:"), "{said}");
        assert_eq!(
            said.matches("proven for every call: ").count(),
            filters,
            "{said}"
        );
    }
}

#[test]
fn a_changed_program_is_refused_with_the_call_that_shows_it() {
    let denies = 0x0005_0001_u32.to_le_bytes();
    let allows = 0x7fff_0000_u32.to_le_bytes();
    let forged = forge(&plan(), |forged| {
        let (_, program) = forged.filters.first_mut().expect("a filter");
        for instruction in program.as_chunks_mut::<8>().0 {
            if instruction.ends_with(&denies) && instruction.starts_with(&[6, 0]) {
                instruction
                    .last_chunk_mut::<4>()
                    .expect("eight bytes")
                    .copy_from_slice(&allows);
            }
        }
    });
    let said = refusal(&forged);
    let start = "plan: error: the filter for x86_64 is not what the plan says the policy means: ";
    assert!(said.starts_with(start), "{said}");
    assert!(
        said.ends_with(" on x86_64: the policy says errno EPERM, the filter allows\n"),
        "{said}"
    );

    let nonsense = forge(&plan(), |forged| {
        let (_, program) = forged.filters.last_mut().expect("a filter");
        program.truncate(8);
    });
    let said = refusal(&nonsense);
    assert!(
        said.contains("aarch64") && said.contains("would not load the filter"),
        "{said}"
    );
}

#[test]
fn a_filter_notifies_of_denials_exactly_where_the_plan_says_so() {
    let audit = "audit: {enabled: true, detail_level: [syscall]}\n";
    let policy = POLICY.replace("  architectures: [x86, x32]\n", "");
    let notifying = compile(
        &Source::new("p", policy + audit),
        &Options::default(),
        Sink::new(),
    );
    let notifying = notifying.expect("no fault").plan.expect("a plan");
    let output = verify(&notifying);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let (answers, notifies) = (0x0005_0001_u32.to_le_bytes(), 0x7fc0_0000_u32.to_le_bytes());
    for (bytes, from, to) in [
        (&notifying, notifies, answers),
        (&plan(), answers, notifies),
    ] {
        let mut changed = 0;
        let forged = forge(bytes, |forged| {
            let (_, program) = forged.filters.first_mut().expect("a filter");
            for instruction in program.as_chunks_mut::<8>().0 {
                if instruction.ends_with(&from) && instruction.starts_with(&[6, 0]) {
                    instruction
                        .last_chunk_mut::<4>()
                        .expect("eight bytes")
                        .copy_from_slice(&to);
                    changed += 1;
                }
            }
        });
        assert!(changed > 0, "there is something to change");
        let said = refusal(&forged);
        assert!(
            said.contains("the filter for x86_64 is not what the plan says"),
            "{said}"
        );
    }
}

#[test]
fn a_changed_meaning_is_refused() {
    let bytes = plan_with_three_interfaces();
    let refused = |change: &dyn Fn(&mut Forged), says: &str| {
        let said = refusal(&forge(&bytes, |forged| change(forged)));
        assert!(said.contains(says), "{said}");
    };
    let denied = |call: &&mut NamedCall| call.basis == Basis::Denied;
    refused(
        &|forged| {
            let call = forged
                .calls
                .iter_mut()
                .find(denied)
                .expect("fsync is denied");
            call.basis = Basis::Allowed;
        },
        "fsync() on x86_64: the policy says allow, the filter gives errno EPERM",
    );
    refused(
        &|forged| {
            forged
                .conditions
                .iter_mut()
                .filter(|one| one.mask == 3)
                .for_each(|one| one.mask = 2);
        },
        "openat(flags=1, mode=0) on x86_64: the policy says allow, the filter gives errno EPERM",
    );
    refused(
        &|forged| {
            forged
                .rules
                .iter_mut()
                .for_each(|rule| rule.action = 0x0005_000d);
        },
        "the policy says errno EACCES, the filter gives errno EPERM",
    );
    refused(
        &|forged| {
            // A guard without inet6 leaves out what the filter lets through.
            let guard = forged.conditions.iter_mut().find(|one| one.value == 10);
            guard.expect("socket's guard").value = 11;
        },
        "the policy says",
    );
    refused(
        &|forged| {
            forged
                .interfaces
                .iter_mut()
                .for_each(|one| one.denial = 0x0005_0002);
        },
        "the policy says errno ENOENT, the filter gives errno EPERM",
    );
}

#[test]
fn a_changed_record_of_the_proof_is_refused() {
    let bytes = plan();
    let record = forge(&bytes, |forged| {
        forged
            .filters
            .iter_mut()
            .for_each(|(one, _)| one.cells += 1);
    });
    assert!(refusal(&record).contains("records another proof of the filter for x86_64"));
    let probe = forge(&bytes, |forged| {
        forged
            .filters
            .iter_mut()
            .for_each(|(one, _)| one.probe_errno = 2);
    });
    assert!(refusal(&probe).contains("the plan's probe does not show"));
}

#[test]
fn a_place_is_for_messages_only() {
    let moved = forge(&plan(), |forged| {
        forged
            .calls
            .iter_mut()
            .filter(|call| call.line.is_some())
            .for_each(|call| {
                call.line = SourceLine::line_of_policy(77);
            });
    });
    assert!(reprove(&Plan::decode(&moved).expect("a plan")).is_ok());
}
