//! What is shown as a policy compiles to the filter that it was shown for.
//!
//! `PURPLE_RANDOM=2000 cargo test --release -p purplec --lib show -- --nocapture` tries that many random
//! policies; `PURPLE_SEED` repeats a run with the seed that it printed.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::names::Names;
use super::policy::policy;
use crate::diagnostics::{Severity, Sink};
use crate::emit::bpf::tests::random::{Random, seed};
use crate::facts::HostFacts;
use crate::ir::syscalls::{Condition, Test};
use crate::pipeline::{Options, compile};
use crate::source::{Source, Span};
use crate::syscalls::{Arch, signature, syscall_number};
use purple_plan::Plan;

fn plan(text: &str, archs: &[Arch]) -> Vec<u8> {
    let options = Options {
        architectures: archs.to_vec(),
        facts: HostFacts::samples(),
        ..Options::default()
    };
    let outcome = compile(&Source::new("p", text), &options, Sink::new()).unwrap();
    outcome
        .plan
        .unwrap_or_else(|| panic!("{text}\n{:?}", outcome.diagnostics))
}

/// The policy that is shown for a plan; it says of itself that it compiles to the same bytes, which
/// is looked at again.
#[track_caller]
fn shown(bytes: &[u8], only: Option<Arch>) -> String {
    let plan = Plan::decode(bytes).unwrap();
    let text = policy(&plan, only, &|_| None).unwrap_or_else(|why| panic!("{why}"));
    let notifies = crate::seal::notifies(&plan);
    let same = if notifies {
        "the same result for every call, and without the audit log"
    } else {
        "it compiles to the same bytes."
    };
    assert!(text.contains(same), "{text}");
    let natives = Arch::ALL.into_iter().filter(|arch| arch.is_native());
    let has = |arch: &Arch| {
        plan.filters
            .iter()
            .any(|one| one.audit_arch == arch.audit())
    };
    let archs: Vec<Arch> = natives
        .filter(|arch| has(arch) && only.is_none_or(|only| only == *arch))
        .collect();
    let again = self::plan(&text, &archs);
    let again = Plan::decode(&again).unwrap();
    for made in &again.filters {
        let first = plan
            .filters
            .iter()
            .find(|one| one.audit_arch == made.audit_arch)
            .unwrap();
        assert!(notifies || made.program == first.program, "{text}");
    }
    assert_eq!(again.filters.iter().count(), archs.len());
    text
}

#[test]
fn shipped_and_written_policies_come_back_on_every_architecture() {
    let natives: Vec<Arch> = Arch::ALL
        .into_iter()
        .filter(|arch| arch.is_native())
        .collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for folder in ["policies", "tests/spec/corpus"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for &arch in &natives {
                // A filtered network is for little-endian machines, and the filters are the same.
                let text = if arch.big_endian() {
                    let text = text
                        .replace("isolated: false", "isolated: true")
                        .replace("mode: filtered", "mode: none");
                    if text.contains("\nextends: coding-agent\n") {
                        text.replace("\nnetwork:\n", "\nnetwork:\n  mode: none\n")
                    } else {
                        text
                    }
                } else {
                    text.clone()
                };
                shown(&plan(&text, &[arch]), None);
                count += 1;
            }
        }
    }
    // One filter of a plan that has all of them.
    let profile = std::fs::read_to_string(root.join("policies/base.yaml")).unwrap();
    shown(&plan(&profile, &natives), Some(Arch::Riscv64));
    println!("{count} filters");
    assert!(count >= 80, "{count}");
}

/// The allow list of container engines, alone and beside the other interfaces of the machine.
#[test]
fn a_container_list_comes_back() {
    let names = include_str!("../../../tests/bench/container.txt");
    let names = names
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join(", ");
    for compat in ["", "x86, x32"] {
        let text = format!(
            "name: container\nsyscalls:\n  architectures: [{compat}]\n  allow: [{names}]\n"
        );
        let shown = shown(&plan(&text, &[Arch::X86_64]), None);
        assert!(shown.contains("\"@"), "{shown}");
    }
}

#[test]
fn conditions_are_in_names_where_they_are_exact() {
    let said = |call: &str, arg: u8, test: Test| {
        let number = syscall_number(Arch::X86_64, call).unwrap();
        let names = Names::of(Arch::X86_64, number);
        let width = signature(Arch::X86_64, call).unwrap()[usize::from(arg)].mask();
        names.condition(&Condition {
            arg,
            width,
            test,
            span: Span::default(),
        })
    };
    for (call, arg, test, text) in [
        (
            "openat",
            2,
            Test::MaskedEq { mask: 3, value: 0 },
            "flags & O_ACCMODE == O_RDONLY",
        ),
        (
            "openat",
            2,
            Test::MaskedNe { mask: 3, value: 0 },
            "flags & O_ACCMODE != O_RDONLY",
        ),
        (
            "openat",
            2,
            Test::MaskedNe {
                mask: 0x40,
                value: 0,
            },
            "flags & O_CREAT",
        ),
        (
            "openat",
            2,
            Test::MaskedNe {
                mask: 0x240,
                value: 0,
            },
            "flags & (O_CREAT|O_TRUNC)",
        ),
        (
            "openat",
            2,
            Test::MaskedEq {
                mask: 0x240,
                value: 0,
            },
            "flags & (O_CREAT|O_TRUNC) == 0",
        ),
        (
            "openat",
            2,
            Test::MaskedEq {
                mask: 0x240,
                value: 0x40,
            },
            "flags & (O_CREAT|O_TRUNC) == O_CREAT",
        ),
        (
            "openat",
            2,
            Test::Eq(0x241),
            "flags == O_WRONLY|O_CREAT|O_TRUNC",
        ),
        ("openat", 2, Test::Lt(0x241), "flags < 0x241"),
        (
            "openat",
            3,
            Test::MaskedNe {
                mask: 0o6000,
                value: 0,
            },
            "mode & (S_ISUID|S_ISGID)",
        ),
        ("openat", 0, Test::Eq(0xFFFF_FF9C), "dfd == AT_FDCWD"),
        ("dup2", 1, Test::Le(20), "newfd <= 20"),
        ("socket", 0, Test::Ne(40), "family != AF_VSOCK"),
        ("socket", 0, Test::Eq(999), "family == 999"),
        ("mmap", 1, Test::Gt(0x1_8000_0005), "len > 0x180000005"),
        (
            "clone",
            0,
            Test::MaskedNe {
                mask: 0x1000_0000,
                value: 0,
            },
            "clone_flags & CLONE_NEWUSER",
        ),
    ] {
        assert_eq!(said(call, arg, test), text);
    }
}

/// On x86, `lseek` and `_llseek` do one job, and each says a part of what the policy denies.
#[test]
fn rules_of_calls_that_do_one_job_keep_their_order() {
    let text = "name: a
syscalls:
  default_deny: true
  architectures: [x86]
  advanced_rules:
    - {syscall: lseek, action: deny, errno: ENOENT, conditions: [{arg: 0, op: gt, value: 2147483646}]}
    - {syscall: lseek, action: deny, errno: EACCES}
";
    let text = shown(&plan(text, &[Arch::X86_64]), None);
    let at = |error: &str| {
        text.find(error)
            .unwrap_or_else(|| panic!("{error}: {text}"))
    };
    assert!(at("ENOENT") < at("EACCES"), "{text}");
}

/// A program that does something else than the plan says is not shown as a policy.
#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let allows = plan(
        "name: a\nsyscalls:\n  allow: [read, write]\n",
        &[Arch::X86_64],
    );
    let plan = Plan::decode(&allows).unwrap();
    let filter = plan.filters.iter().next().unwrap();
    let mut program = filter.program.to_vec();
    // The last instruction's verdict, whichever it is, becomes that of a log.
    let end = program.len();
    program[end - 4..].copy_from_slice(&0x7FFC_0000_u32.to_le_bytes());
    let mut bytes = allows.clone();
    let at = allows
        .windows(end)
        .position(|part| part == filter.program)
        .unwrap();
    bytes[at..at + end].copy_from_slice(&program);
    let sealed = bytes.len() - 32;
    let seal = purple_plan::sha256(&bytes[..sealed]);
    bytes[sealed..].copy_from_slice(&seal);
    let forged = Plan::decode(&bytes).unwrap();
    let why = policy(&forged, None, &|_| None).unwrap_err().to_string();
    assert!(
        why.starts_with("the filter for x86_64 is not what the plan says"),
        "{why}"
    );
}

/// A random policy without its rules that are errors, and its plan; `None` where an error is
/// elsewhere.
fn random_policy(random: &mut Random, arch: Arch) -> Option<(String, Vec<u8>)> {
    let (section, _) = random.section(arch);
    let section = section.replace("!errno EIO", "{errno: EIO}");
    let mut lines: Vec<String> = section.lines().map(|line| format!("  {line}")).collect();
    let options = Options {
        architectures: vec![arch],
        ..Options::default()
    };
    loop {
        let text = format!("name: a\nsyscalls:\n{}\n", lines.join("\n"));
        let source = Source::new("p", text.as_str());
        let outcome = compile(&source, &options, Sink::new()).unwrap();
        if let Some(plan) = outcome.plan {
            return Some((text, plan));
        }
        let errors = outcome
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error);
        let mut at: Vec<usize> = errors
            .map(|one| usize::try_from(source.line(one.span)).unwrap() - 3)
            .collect();
        at.sort_unstable();
        at.dedup();
        for at in at.into_iter().rev() {
            if !lines.get(at)?.contains("{syscall: ") {
                return None;
            }
            lines.remove(at);
        }
    }
}

#[test]
fn random_policies_come_back() {
    let seed = seed();
    println!("PURPLE_SEED={seed}");
    let rounds = std::env::var("PURPLE_RANDOM")
        .ok()
        .and_then(|text| text.parse().ok());
    let mut random = Random(seed);
    let (mut policies, mut refused, mut differing, mut rules) = (0, 0, 0, 0);
    for _ in 0..rounds.unwrap_or(60) {
        let archs = [
            Arch::X86_64,
            Arch::Aarch64,
            Arch::S390x,
            Arch::Mips64,
            Arch::Arm,
        ];
        let arch = archs[random.below(archs.len())];
        let Some((text, bytes)) = random_policy(&mut random, arch) else {
            refused += 1;
            continue;
        };
        let plan = Plan::decode(&bytes).unwrap();
        let shown = policy(&plan, None, &|_| None)
            .unwrap_or_else(|why| panic!("PURPLE_SEED={seed} {arch}\n{text}\n{why}"));
        policies += 1;
        rules += text.matches("{syscall: ").count();
        if !shown.contains("it compiles to the same bytes") {
            differing += 1;
            if std::env::var_os("PURPLE_VERBOSE").is_some() {
                println!("{arch}\n{text}\n{shown}");
            }
        }
    }
    println!(
        "{policies} policies with {rules} rules come back, {differing} of them in other bytes that \
         are proven; {refused} are errors"
    );
    assert!(policies > refused);
}
