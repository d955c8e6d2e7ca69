//! What is said to have no effect has none, and what is not said has one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::tests::{compile, verdict};
use super::*;
use crate::diagnostics::Diagnostic;
use crate::syscalls::names;
use proptest::prelude::*;
use std::collections::BTreeSet;

const CODE: &str = "entry-without-effect";

/// Findings that say of an entry in other words that it changes nothing, or that it says something that is no verdict.
const OTHERS: [&str; 5] = [
    "exclusion-unused",
    "group-leaves-baseline",
    "rule-narrows-allow",
    "syscall-allowed-and-denied",
    "syscall-duplicate",
];

#[derive(Debug, Clone)]
struct Section {
    default_deny: bool,
    lists: [Vec<&'static str>; 2],
    rule: &'static str,
}

impl Section {
    fn text(&self) -> String {
        let [allow, deny] = [0, 1].map(|at| format!("{:?}", self.lists[at]));
        let (default, rule) = (self.default_deny, self.rule);
        format!(
            "{{default_deny: {default}, allow: {allow}, deny: {deny}, advanced_rules: [{rule}]}}"
        )
    }

    /// What every call gets, also with arguments that a plain allow leaves out.
    fn verdicts(&self) -> Vec<Action> {
        let (meaning, _) = compile(&self.text(), Arch::X86_64);
        let arguments: [&[u64]; 4] = [&[], &[1], &[16, 3, 0], &[38]];
        let each = names(Arch::X86_64).flat_map(|(name, _)| arguments.map(|args| (name, args)));
        each.map(|(name, args)| verdict(&meaning, Arch::X86_64, name, args))
            .collect()
    }

    fn without(&self, list: usize, gone: &BTreeSet<String>) -> Self {
        let mut left = self.clone();
        left.lists[list].retain(|one| !gone.contains(*one));
        left
    }
}

/// What is said to have no effect, of each list.
fn said(found: &[Diagnostic]) -> [BTreeSet<String>; 2] {
    ["`allow`", "`deny`"].map(|list| {
        let of = found
            .iter()
            .filter(|one| one.code == CODE && one.message.contains(&format!("in {list}:")));
        let each = of.flat_map(|one| &one.subjects.as_ref().unwrap().each);
        each.map(|(name, _)| name.clone()).collect()
    })
}

fn list() -> impl Strategy<Value = Vec<&'static str>> {
    let entries = [
        "read",
        "write",
        "unlink",
        "chroot",
        "socket",
        "setuid",
        "ptrace",
        "@file-read",
        "@file-tree",
        "@network",
        "@default",
        "@mount",
        "@clock-set",
        "@file-system",
        "!read",
        "!unlink",
        "!socket",
        "!chroot",
        "!@network",
        "!@file-tree",
        "!@clock-set",
        "!@file-read",
    ];
    proptest::collection::vec(proptest::sample::select(entries.to_vec()), 0..6)
}

fn section() -> impl Strategy<Value = Section> {
    let rules = [
        "",
        "{syscall: read, action: allow, conditions: []}",
        "{syscall: unlink, action: deny, conditions: []}",
        "{syscall: socket, action: allow, conditions: 'family == AF_UNIX'}",
        "{syscall: clone, action: deny, conditions: 'flags == 1'}",
    ];
    let rule = proptest::sample::select(rules.to_vec());
    (any::<bool>(), list(), list(), rule).prop_map(|(default_deny, allow, deny, rule)| Section {
        default_deny,
        lists: [allow, deny],
        rule,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn what_is_named_can_go_and_nothing_else(policy in section()) {
        let (_, found) = compile(&policy.text(), Arch::X86_64);
        let before = policy.verdicts();
        let [allow, deny] = said(&found);
        let left = policy.without(0, &allow).without(1, &deny);
        prop_assert!(left.verdicts() == before, "{}", policy.text());
        let (_, found) = compile(&left.text(), Arch::X86_64);
        let has_others = found.iter().any(|one| OTHERS.contains(&one.code));
        prop_assert!(has_others || found.iter().all(|one| one.code != CODE), "{}", left.text());
        if has_others {
            return Ok(());
        }
        for list in 0..2 {
            for entry in &left.lists[list] {
                // A denial holds against what extends the policy, and an exclusion keeps a call for a rule.
                let is_exclusion = entry.starts_with('!');
                if list == 1 && !is_exclusion || is_exclusion && !policy.rule.is_empty() {
                    continue;
                }
                let one = left.without(list, &BTreeSet::from([(*entry).to_owned()]));
                prop_assert!(one.verdicts() != before, "{} without {}", left.text(), entry);
            }
        }
    }
}

#[test]
fn a_denial_of_what_is_denied_anyway_is_no_finding() {
    for yaml in [
        "{deny: [ptrace, '@file-tree']}",
        "{default_deny: false, deny: [ptrace, '@mount']}",
    ] {
        let (_, found) = compile(yaml, Arch::X86_64);
        assert_eq!(said(&found), [BTreeSet::new(), BTreeSet::new()], "{yaml}");
    }
}

#[test]
fn one_finding_has_all_entries_of_one_reason() {
    for (yaml, list, names, why) in [
        (
            "{default_deny: false, allow: [read, write, '@file-tree']}",
            0,
            &["@file-tree", "read", "write"][..],
            "`default_deny: false` allows calls that no list names",
        ),
        (
            "{default_deny: false, deny: ['@network', '!@network']}",
            1,
            &["!@network", "@network"],
            "exclusions exclude every call of the groups",
        ),
        (
            "{allow: ['@default', read, '@file-read']}",
            0,
            &["@file-read", "read"],
            "other entries name the same calls",
        ),
        (
            "{default_deny: false, deny: ['@debug', '!ptrace']}",
            1,
            &["!ptrace"],
            "the calls get the same verdict without it",
        ),
        (
            "{default_deny: false, allow: [read], advanced_rules: [{syscall: read, action: allow, conditions: []}]}",
            0,
            &["read"],
            "`default_deny: false` allows calls that no list names",
        ),
        (
            "{allow: [read], advanced_rules: [{syscall: read, action: allow, conditions: []}]}",
            0,
            &["read"],
            "the calls get the same verdict without it",
        ),
    ] {
        let (_, found) = compile(yaml, Arch::X86_64);
        let all = found.iter().filter(|one| one.code == CODE);
        let messages: Vec<_> = all.map(|one| one.message.as_str()).collect();
        let [message] = messages.as_slice() else {
            unreachable!("{yaml}: {found:?}")
        };
        assert!(message.ends_with(why), "{yaml}: {message}");
        let said: Vec<String> = said(&found)[list].iter().cloned().collect();
        assert_eq!(said, names, "{yaml}");
    }
}
