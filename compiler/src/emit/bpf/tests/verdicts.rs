//! The evaluator that reads plans, which answers for the filter at run time, against the definition.

use super::random::{Random, call, seed};
use super::*;
use crate::emit::PlanMeaning;
use crate::emit::meaning::{Records, TooMany};
use crate::facts::HostFacts;
use crate::pipeline::{Options, compile};
use crate::profiles::SHIPPED;
use crate::source::{Source, Span};
use purple_plan::{Contents, MAX_PLAN_BYTES, Plan, SourceLine, encode};

/// A plan that means this on one architecture.
fn plan(base: &Plan<'_>, meaning: &Meaning) -> Vec<u8> {
    let mut records = Records::default();
    // Places that differ where the spans do.
    let line_of = |span: Span| SourceLine::line_of_policy(u32::try_from(span.start + 1).unwrap());
    records.add(meaning, &line_of).unwrap();
    let native = base.filters.iter().next().unwrap();
    let filter = purple_plan::Filter {
        audit_arch: meaning.native.arch.audit(),
        ..native
    };
    let contents = Contents {
        mounts: &base.mounts.iter().collect::<Vec<_>>(),
        filters: &[filter],
        interfaces: &records.interfaces,
        numbers: &records.numbers,
        calls: &records.calls,
        rules: &records.rules,
        conditions: &records.conditions,
        ..Contents::of(base.meta, base.process, base.capabilities, base.network)
    };
    let mut bytes = vec![0; MAX_PLAN_BYTES];
    let length = encode(&contents, &mut bytes).unwrap();
    bytes.truncate(length);
    bytes
}

fn compiled(name: &str, text: &str) -> Vec<u8> {
    let options = Options {
        facts: HostFacts::samples(),
        ..Options::default()
    };
    compile(&Source::new(name, text), &options, Sink::new())
        .unwrap()
        .plan
        .unwrap()
}

fn agree(plan: &Plan<'_>, arch: Arch, call: &Call, seed: u64) {
    let recorded = PlanMeaning::read(plan, arch.audit()).unwrap();
    let (action, _, line) = recorded.verdict(call);
    let Call {
        audit_arch,
        number,
        args,
    } = *call;
    let asked = purple_plan::Call {
        audit_arch,
        number,
        args,
    };
    let found = plan.verdict(arch.audit(), &asked);
    assert!(
        found == (return_value(action), line),
        "PURPLE_SEED={seed} {call}: {found:x?}, not {action:?} at {line:?}"
    );
}

#[test]
fn more_rules_than_a_plan_counts_are_an_error() {
    let text = "{advanced_rules: [{syscall: read, action: deny, conditions: 'fd == 3'}]}";
    let mut meaning = meaning(text, Arch::X86_64);
    let call = meaning.native.calls.get_mut(&0).unwrap();
    call.rules = vec![call.rules[0].clone(); 65_536];
    let line_of = |_: Span| SourceLine::NONE;
    let added = Records::default().add(&meaning, &line_of);
    assert_eq!(added, Err(TooMany("rules on one system call")));
}

#[test]
fn what_answers_for_random_filters_says_what_the_evaluator_says() {
    let seed = seed();
    let mut random = Random(seed);
    let bytes = compiled("base", "name: base\n");
    let base = Plan::decode(&bytes).unwrap();
    for _ in 0..60 {
        let archs = [
            Arch::X86_64,
            Arch::Aarch64,
            Arch::S390x,
            Arch::Mips64,
            Arch::Arm,
        ];
        let arch = archs[random.below(archs.len())];
        let (text, constants) = random.section(arch);
        let section = serde_yaml::from_str(&text).unwrap();
        let meaning = resolve_section(Some(&section), arch, &Document::default(), &mut Sink::new());
        let bytes = plan(&base, &meaning);
        let plan = Plan::decode(&bytes).unwrap();
        for _ in 0..100 {
            agree(&plan, arch, &call(&mut random, &meaning, &constants), seed);
        }
        let foreign = Call {
            audit_arch: 1,
            number: 0,
            args: [0; 6],
        };
        agree(&plan, arch, &foreign, seed);
    }
}

#[test]
fn what_answers_for_the_profiles_names_the_line_that_the_evaluator_names() {
    let seed = seed();
    let mut random = Random(seed);
    for profile in SHIPPED {
        let bytes = compiled(profile.name, profile.text);
        let plan = Plan::decode(&bytes).unwrap();
        let arch = Arch::X86_64;
        let mut lines = std::collections::BTreeSet::new();
        for number in (0..600).chain([0x4000_0000, 0x4000_0001, 0x8000_0000, u32::MAX]) {
            for args in [[0; 6], random.args(&[0, 1, 2, 16, 40])] {
                let call = Call {
                    audit_arch: arch.audit(),
                    number,
                    args,
                };
                agree(&plan, arch, &call, seed);
                let Call {
                    audit_arch,
                    number,
                    args,
                } = call;
                let asked = purple_plan::Call {
                    audit_arch,
                    number,
                    args,
                };
                lines.insert(plan.verdict(arch.audit(), &asked).1);
            }
        }
        assert!(lines.len() > 3, "{}: {lines:?}", profile.name);
    }
}

#[test]
fn a_meaning_with_notification_notifies_of_every_error_of_the_policy_and_of_nothing_else() {
    let meaning = meaning(RULES, Arch::X86_64);
    let notifying = meaning.with_notification();
    let (program, _) = emitted(&notifying);
    let seed = seed();
    let mut random = Random(seed);
    let mut notified = 0;
    for _ in 0..4000 {
        let call = call(&mut random, &meaning, &[3, 6, 0x7e02_0000, 1, 8]);
        let before = evaluate(&meaning, &call);
        let enosys = before.action == Action::Errno(meaning.native.enosys);
        let expected = match before.action {
            Action::Errno(_) if !enosys => Action::Notify,
            other => other,
        };
        notified += usize::from(expected == Action::Notify);
        let found = run(&program, &Data::new(&call, false), |_, _| {});
        assert_eq!(
            found,
            Ok(return_value(expected)),
            "PURPLE_SEED={seed} {call}"
        );
    }
    assert!(notified > 100, "{notified}");
}
