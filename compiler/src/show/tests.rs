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

use super::policy::policy;
use crate::diagnostics::{Severity, Sink};
use crate::emit::bpf::tests::random::{Random, seed};
use crate::pipeline::{Options, compile};
use crate::source::Source;
use crate::syscalls::Arch;
use purple_plan::Plan;

fn plan(text: &str, archs: &[Arch]) -> Vec<u8> {
    let options = Options { architectures: archs.to_vec(), ..Options::default() };
    let outcome = compile(&Source::new("p", text), &options, Sink::new()).unwrap();
    outcome.plan.unwrap_or_else(|| panic!("{text}\n{:?}", outcome.diagnostics))
}

/// The policy that is shown for a plan; it says of itself that it compiles to the same bytes, which
/// is looked at again.
#[track_caller]
fn shown(bytes: &[u8], only: Option<Arch>) -> String {
    let plan = Plan::decode(bytes).unwrap();
    let text = policy(&plan, only, &|_| None).unwrap_or_else(|why| panic!("{why}"));
    assert!(text.contains("as a policy: it compiles to the same bytes."), "{text}");
    let natives = Arch::ALL.into_iter().filter(|arch| arch.is_native());
    let has = |arch: &Arch| plan.filters.iter().any(|one| one.audit_arch == arch.audit());
    let archs: Vec<Arch> =
        natives.filter(|arch| has(arch) && only.is_none_or(|only| only == *arch)).collect();
    let again = self::plan(&text, &archs);
    let again = Plan::decode(&again).unwrap();
    for made in &again.filters {
        let first = plan.filters.iter().find(|one| one.audit_arch == made.audit_arch).unwrap();
        assert_eq!(made.program, first.program, "{text}");
    }
    assert_eq!(again.filters.iter().count(), archs.len());
    text
}

#[test]
fn shipped_and_written_policies_come_back_on_every_architecture() {
    let natives: Vec<Arch> = Arch::ALL.into_iter().filter(|arch| arch.is_native()).collect();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for folder in ["policies", "tests/spec/corpus"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            for &arch in &natives {
                shown(&plan(&text, &[arch]), None);
                count += 1;
            }
            shown(&plan(&text, &natives), Some(Arch::Riscv64));
        }
    }
    println!("{count} filters");
    assert!(count >= 80, "{count}");
}

/// A random policy without its rules that are errors, and its plan; `None` where an error is
/// elsewhere.
fn random_policy(random: &mut Random, arch: Arch) -> Option<(String, Vec<u8>)> {
    let (section, _) = random.section(arch);
    let section = section.replace("!errno EIO", "{errno: EIO}");
    let mut lines: Vec<String> = section.lines().map(|line| format!("  {line}")).collect();
    let options = Options { architectures: vec![arch], ..Options::default() };
    loop {
        let text = format!("name: a\nsyscalls:\n{}\n", lines.join("\n"));
        let source = Source::new("p", text.as_str());
        let outcome = compile(&source, &options, Sink::new()).unwrap();
        if let Some(plan) = outcome.plan {
            return Some((text, plan));
        }
        let errors = outcome.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        let mut at: Vec<usize> =
            errors.map(|one| usize::try_from(source.line(one.span)).unwrap() - 3).collect();
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
    let rounds = std::env::var("PURPLE_RANDOM").ok().and_then(|text| text.parse().ok());
    let mut random = Random(seed);
    let (mut policies, mut refused, mut differing, mut rules) = (0, 0, 0, 0);
    for _ in 0..rounds.unwrap_or(60) {
        let archs = [Arch::X86_64, Arch::Aarch64, Arch::S390x, Arch::Mips64, Arch::Arm];
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
