//! Groups, exclusions and the notes on what the lists come to.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use super::tests::{EPERM, codes, compile, verdict, x86};
use super::*;
use crate::diagnostics::Severity;
use crate::syscalls::dangers::has_finding_of_its_own;
use crate::syscalls::groups::{group, groups};
use crate::syscalls::{baseline, names, variants, with_fallback};
use Severity::{Error, Note, Warning};

#[test]
fn a_group_stands_for_its_calls() {
    let yaml = "{allow: ['@file-read', brk]}";
    for name in group("@file-read").unwrap().members(Arch::X86_64) {
        assert_eq!(x86(yaml, name, &[]), Action::Allow, "{name}");
    }
    assert_eq!(x86(yaml, "brk", &[]), Action::Allow);
    assert_eq!(x86(yaml, "unlink", &[]), EPERM);
    assert!(codes(yaml, Arch::X86_64).is_empty());
    let yaml = "{default_deny: false, deny: ['@file-tree']}";
    assert_eq!(x86(yaml, "unlink", &[]), EPERM);
    assert_eq!(x86(yaml, "read", &[]), Action::Allow);
}

#[test]
fn exclusions_take_out_wherever_they_stand() {
    for yaml in [
        "{allow: ['@file-read', '!open']}",
        "{allow: ['!open', '@file-read']}",
    ] {
        assert_eq!(x86(yaml, "open", &[]), EPERM, "{yaml}");
        assert_eq!(x86(yaml, "openat", &[]), Action::Allow, "{yaml}");
        assert!(codes(yaml, Arch::X86_64).is_empty(), "{yaml}");
    }
    let yaml = "{allow: ['@file-system', '!@file-read']}";
    assert_eq!(x86(yaml, "read", &[]), EPERM);
    assert_eq!(x86(yaml, "write", &[]), Action::Allow);
    let yaml = "{default_deny: false, deny: ['@file-tree', '!mkdir']}";
    assert_eq!(x86(yaml, "mkdir", &[]), Action::Allow);
    assert_eq!(x86(yaml, "rmdir", &[]), EPERM);
    // What does the same job with wider values goes with it.
    let yaml = "{allow: ['@privilege', '!setuid'], architectures: [x86]}";
    let (meaning, _) = compile(yaml, Arch::X86_64);
    assert_eq!(verdict(&meaning, Arch::X86, "setuid32", &[]), EPERM);
    assert_eq!(verdict(&meaning, Arch::X86, "setgid32", &[]), Action::Allow);
}

#[test]
fn a_name_beside_an_exclusion_stays() {
    let yaml = "{allow: ['@file-read', open, '!open']}";
    assert_eq!(x86(yaml, "open", &[]), Action::Allow);
    assert_eq!(codes(yaml, Arch::X86_64), [(Warning, "exclusion-unused")]);
}

#[test]
fn a_group_does_not_open_the_baseline_unless_it_has_nothing_else() {
    let yaml = "{allow: ['@debug']}";
    assert_eq!(x86(yaml, "ptrace", &[]), EPERM);
    assert_eq!(x86(yaml, "process_madvise", &[]), Action::Allow);
    assert_eq!(codes(yaml, Arch::X86_64), [(Note, "group-leaves-baseline")]);
    let yaml = "{default_deny: false, allow: ['@dangerous']}";
    assert_eq!(x86(yaml, "bpf", &[]), EPERM);
    let yaml = "{allow: ['@debug', kcmp]}";
    assert_eq!(x86(yaml, "kcmp", &[]), Action::Allow);
    assert_eq!(x86(yaml, "ptrace", &[]), EPERM);
    assert!(codes(yaml, Arch::X86_64).contains(&(Note, "baseline-opened")));
    let yaml = "{allow: ['@mount']}";
    assert_eq!(x86(yaml, "mount", &[]), Action::Allow);
    assert_eq!(codes(yaml, Arch::X86_64), [(Note, "baseline-opened")]);
}

/// No group, allowed, lets a call of the baseline through, but those that have no other calls. A
/// lint reports the most dangerous ones.
#[test]
fn no_group_opens_the_baseline_silently() {
    for group in groups() {
        let yaml = format!("{{allow: ['{}']}}", group.name);
        let (meaning, found) = compile(&yaml, Arch::X86_64);
        let opened: Vec<&str> = names(Arch::X86_64)
            .map(|(name, _)| name)
            .filter(|name| baseline(name).is_some())
            .filter(|name| verdict(&meaning, Arch::X86_64, name, &[]) == Action::Allow)
            .collect();
        let reported = found.iter().any(|one| one.code == "baseline-opened");
        let here = opened.iter().any(|name| !has_finding_of_its_own(name));
        assert_eq!(here, reported, "{}", group.name);
        let opened = !opened.is_empty();
        let all = group.calls().all(|name| baseline(name).is_some());
        assert_eq!(
            opened,
            all && group.members(Arch::X86_64).next().is_some(),
            "{}",
            group.name
        );
    }
}

/// A denied group leaves nothing of itself, on no architecture and by no wider variant.
#[test]
fn a_denied_group_does_not_leak() {
    for arch in Arch::ALL.into_iter().filter(|arch| arch.is_native()) {
        for group in groups() {
            let yaml = format!("{{default_deny: false, deny: ['{}']}}", group.name);
            let (meaning, _) = compile(&yaml, arch);
            for name in group.members(arch) {
                for name in std::iter::once(name).chain(variants(arch, name)) {
                    let denial = if with_fallback().contains(&name) {
                        Action::Errno(meaning.native.enosys)
                    } else {
                        meaning.native.denial
                    };
                    assert_eq!(
                        verdict(&meaning, arch, name, &[]),
                        denial,
                        "{name} on {arch}"
                    );
                }
            }
        }
    }
}

#[test]
fn findings_on_lists() {
    let cases: &[(&str, Severity, &str)] = &[
        ("{allow: ['@fileread']}", Error, "group-unknown"),
        ("{deny: ['@fileread']}", Error, "group-unknown"),
        (
            "{allow: ['@file-read', '!@fileread']}",
            Error,
            "group-unknown",
        ),
        ("{allow: ['@file-read', '!opne']}", Error, "syscall-unknown"),
        (
            "{allow: ['@file-read', '!brk']}",
            Warning,
            "exclusion-unused",
        ),
        ("{allow: [read, '!brk']}", Warning, "exclusion-unused"),
        (
            "{allow: ['@file-read', '@file-read']}",
            Note,
            "syscall-duplicate",
        ),
        (
            "{advanced_rules: [{syscall: '@file-read', action: allow}]}",
            Error,
            "group-not-here",
        ),
        (
            "{allow: [{'@file-read': 'fd == 1'}]}",
            Error,
            "group-not-here",
        ),
        (
            "{allow: [{syscall: '!read', when: 'fd == 1'}]}",
            Error,
            "group-not-here",
        ),
        (
            "{allow: [read], deny: ['@file-read']}",
            Warning,
            "syscall-allowed-and-denied",
        ),
        ("{on_deny: log}", Warning, "denial-logs-only"),
        ("{allow: [{kcmp: 'type == 0'}]}", Note, "baseline-opened"),
        (
            "{advanced_rules: [{syscall: kcmp, action: log}]}",
            Note,
            "baseline-opened",
        ),
        (
            "{allow: [socketcall], deny: ['@network-server', socket], architectures: [x86]}",
            Warning,
            "syscall-allowed-and-denied",
        ),
    ];
    for (yaml, severity, code) in cases {
        let (_, found) = compile(yaml, Arch::X86_64);
        assert!(
            found
                .iter()
                .any(|one| one.code == *code && one.severity == *severity),
            "{yaml}: no {code} in {found:?}"
        );
    }
    assert!(codes("{allow: ['@file-read'], deny: [open]}", Arch::X86_64).is_empty());
    assert_eq!(
        codes(
            "{allow: ['@file-read', '!creat', '!@network', brk]}",
            Arch::X86_64
        )
        .len(),
        2
    );
    let empty: Vec<_> = groups()
        .iter()
        .filter(|group| group.members(Arch::Aarch64).next().is_none())
        .map(|group| group.name)
        .collect();
    for name in empty {
        let yaml = format!("{{allow: ['{name}']}}");
        assert!(
            codes(&yaml, Arch::Aarch64).contains(&(Warning, "group-empty")),
            "{name}"
        );
    }
}

#[test]
fn every_listed_interface_is_looked_at() {
    // Only x86 has waitpid.
    let yaml = "{allow: [waitpid], deny: [waitpid], architectures: [x86]}";
    assert!(codes(yaml, Arch::X86_64).contains(&(Warning, "syscall-allowed-and-denied")));
    let yaml = "{advanced_rules: [{syscall: waitpid, action: kill}, {syscall: waitpid, action: allow}], \
                architectures: [x86]}";
    let (_, found) = compile(yaml, Arch::X86_64);
    let one = found
        .iter()
        .find(|one| one.code == "rule-unreachable")
        .unwrap();
    assert_eq!(
        one.message,
        "this rule on `waitpid` is never reached on x86"
    );
    let yaml = "{allow: [vm86], architectures: [x86]}";
    assert!(codes(yaml, Arch::X86_64).contains(&(Note, "baseline-opened")));
}

#[test]
fn other_spellings_are_recognised() {
    for written in [
        "SYS_openat",
        "__NR_openat",
        "OPENAT",
        "sys_openat",
        "openat()",
        "__x64_sys_openat",
    ] {
        let (_, found) = compile(&format!("{{allow: ['{written}']}}"), Arch::X86_64);
        let help = found.first().and_then(|one| one.help.as_deref());
        assert_eq!(help, Some("did you mean `openat`?"), "{written}");
    }
    let (_, found) = compile("{allow: [file-read]}", Arch::X86_64);
    assert_eq!(
        found.first().and_then(|one| one.help.as_deref()),
        Some("did you mean `@file-read`?")
    );
}
