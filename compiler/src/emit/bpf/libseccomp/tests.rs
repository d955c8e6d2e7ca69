//! libseccomp's programs are proven like our own, and what it cannot have is refused by name.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::super::tests::{RULES, meaning};
use super::*;
use crate::emit::bpf::Method;

fn emitted(yaml: &str, arch: Arch) -> Result<(Program, Report), (&'static str, String)> {
    let mut sink = Sink::new();
    emit_by_libseccomp(&meaning(yaml, arch), &mut sink).ok_or_else(|| {
        let found = sink.into_sorted();
        let first = found.first().unwrap();
        (first.code, first.message.clone())
    })
}

#[test]
fn programs_of_libseccomp_are_proven() {
    let Some(arch) = machine() else {
        println!("SKIP programs_of_libseccomp_are_proven: no table for this machine");
        return;
    };
    let shipped = include_str!("../../../../../policies/base.yaml");
    let shipped: serde_json::Value = serde_yaml::from_str(shipped).unwrap();
    let shipped = serde_json::to_string(shipped.get("syscalls").unwrap()).unwrap();
    let constants = "{allow: [read, fcntl], deny: [write], advanced_rules: [\
        {syscall: fcntl, action: deny, conditions: [{arg: 1, op: eq, value: 4}]}, \
        {syscall: lseek, action: log, conditions: [{arg: 1, op: ge, value: 0x180000005}]}, \
        {syscall: getpid, action: trap}, {syscall: getppid, action: kill}]}";
    for (what, yaml) in [("shipped", shipped.as_str()), ("constants", constants)] {
        let (program, report) = emitted(yaml, arch).unwrap();
        println!(
            "{what}: {} instructions, {report:?}",
            program.instructions.len()
        );
        assert_eq!(report.method, Method::Exact);
        let own = super::super::emit(&meaning(yaml, arch), &mut Sink::new())
            .unwrap()
            .unwrap();
        assert!(own.0.instructions.len() < program.instructions.len());
        // A program that is wrong in one verdict is refused with the call.
        let mut wrong = program.clone();
        for one in wrong
            .instructions
            .iter_mut()
            .filter(|one| one.k == 0x0005_0001)
        {
            one.k = 0x7FFF_0000;
        }
        let refused = checked(&meaning(yaml, arch), wrong).err().unwrap();
        assert!(
            refused
                .message
                .ends_with("the policy says errno EPERM, the filter allows")
        );
    }
}

#[test]
fn what_libseccomp_cannot_have_is_refused_by_name() {
    let Some(arch) = machine() else {
        println!("SKIP what_libseccomp_cannot_have_is_refused_by_name: no table for this machine");
        return;
    };
    let other = if arch == Arch::X86_64 {
        Arch::Aarch64
    } else {
        Arch::X86_64
    };
    let message = format!("libseccomp cannot make a filter for {other} here");
    assert_eq!(
        emitted("{allow: [read]}", other),
        Err(("libseccomp-cannot", message))
    );
    let both = emitted("{allow: [read], architectures: [x86]}", Arch::X86_64);
    assert!(both.unwrap_err().1.contains("several architectures"));
    let ranges = "{allow: [read], advanced_rules: [{syscall: mmap, action: allow, conditions: [\
        {arg: 1, op: le, value: 0x123456789abcde}, {arg: 3, op: le, value: 0x2aaaaaaa}, \
        {arg: 5, op: le, value: 0x123456789abcde}]}]}";
    let (code, message) = emitted(ranges, arch).unwrap_err();
    let said = "libseccomp cannot express the rules on `mmap`: it needs too many comparisons";
    assert!(
        code == "libseccomp-cannot" && message.starts_with(said),
        "{message}"
    );
    // Whatever comes of these rules, it is proven or refused.
    match emitted(RULES, arch) {
        Ok((program, _)) => println!("{} instructions", program.instructions.len()),
        Err((code, message)) => {
            println!("{message}");
            assert_eq!(code, "libseccomp-cannot");
        }
    }
}
