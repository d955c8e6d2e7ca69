//! The verifier refuses what it says it refuses, and the printer shows everything.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::*;
use crate::diagnostics::Sink;
use crate::parse::Document;
use crate::resolve::syscalls::resolve;
use crate::syscalls::{Arch, syscall_number};

fn meaning(yaml: &str) -> Meaning {
    let section = serde_yaml::from_str(yaml).unwrap();
    resolve(
        Some(&section),
        Arch::X86_64,
        &Document::default(),
        &mut Sink::new(),
    )
}

const ALLOW_READ: &str = "{allow: [read], architectures: [x86, x32], advanced_rules: [\
    {syscall: openat, action: errno, errno: EACCES, \
     conditions: [{arg: 2, op: masked_ne, value: 0, mask: 3}, {arg: 0, op: eq, value: -100}]}]}";

#[test]
fn the_printer_shows_interfaces_calls_rules_and_guards() {
    let text = meaning(ALLOW_READ).to_string();
    let lines: Vec<_> = text.lines().take(6).collect();
    let first = [
        "interface x86_64 audit 0xc000003e",
        "  denial errno(EPERM)",
        "  default deny",
        "  above 471 ENOSYS",
        "  0 read allow",
        "  16 ioctl",
    ];
    assert_eq!(lines, first);
    for line in [
        "interface x86 audit 0x40000003",
        "interface x32 audit 0xc000003e",
        "    errno(EACCES) if arg2:32 & 0x3 != 0x0 and arg0:32 == 0xffffff9c",
        "    guard arg1 not 0x5412 0x541c 0x5423",
        "    guard arg0 only 0x1 0x2 0xa",
        "  165 mount baseline",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}");
    }
}

#[test]
fn broken_meanings_are_refused() {
    let sound = meaning(ALLOW_READ);
    verify(&sound).unwrap();
    let refuses = |change: &dyn Fn(&mut Meaning), message: &str| {
        let mut changed = sound.clone();
        change(&mut changed);
        let Broken(found) = verify(&changed).unwrap_err();
        assert!(found.contains(message), "{found}");
    };
    let openat = syscall_number(Arch::X86_64, "openat").unwrap();
    refuses(&|meaning| meaning.compat.reverse(), "beside");
    refuses(&|meaning| meaning.native.denial = Action::Allow, "denial");
    refuses(
        &|meaning| meaning.native.denial = Action::Errno(0),
        "denial",
    );
    refuses(
        &|meaning| meaning.native.denial = Action::Errno(4096),
        "denial",
    );
    refuses(&|meaning| meaning.native.newest = 9999, "newest");
    refuses(&|meaning| meaning.native.beyond = vec![3], "above");
    refuses(
        &|meaning| {
            let call = meaning.native.calls.remove(&openat).unwrap();
            meaning.native.calls.insert(openat + 1, call);
        },
        "openat is not",
    );
    let rule = |meaning: &mut Meaning, change: &dyn Fn(&mut CallMeaning)| {
        change(meaning.native.calls.get_mut(&openat).unwrap());
    };
    refuses(
        &|meaning| {
            rule(meaning, &|call| {
                let mut kill = call.rules.first().cloned().unwrap();
                kill.strength = Strength::Kill;
                call.rules.push(kill);
            });
        },
        "not in order",
    );
    let condition = |meaning: &mut Meaning, change: &dyn Fn(&mut Condition)| {
        rule(meaning, &|call| {
            let first = call.rules.first_mut().unwrap();
            change(first.conditions.first_mut().unwrap());
        });
    };
    refuses(
        &|meaning| condition(meaning, &|one| one.arg = 6),
        "a condition on openat",
    );
    refuses(
        &|meaning| condition(meaning, &|one| one.width = 7),
        "a condition on openat",
    );
    let wide = Test::MaskedEq {
        mask: 1 << 40,
        value: 0,
    };
    refuses(
        &|meaning| condition(meaning, &|one| one.test = wide),
        "a condition on openat",
    );
}
