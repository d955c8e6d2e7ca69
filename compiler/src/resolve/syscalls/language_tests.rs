//! The language of conditions: what each means on each architecture, and what is said about it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::arguments::Arguments;
use super::bind::Binder;
use super::expression::{Kind, Node, Operator};
use super::tests::{EPERM, compile, verdict, x86};
use super::*;
use crate::diagnostics::{Diagnostic, Severity};
use crate::ir::syscalls::Condition;
use crate::parse;
use crate::pipeline::{self, Options};
use crate::source::Source;
use crate::syscalls::constants;
use proptest::prelude::*;

fn allow(call: &str, condition: &str) -> String {
    format!("{{allow: [{{{call}: \"{condition}\"}}]}}")
}

/// The findings of a policy's text: code, underlined text, message, help.
fn found(yaml: &str) -> Vec<(&'static str, String, String, String)> {
    let text = format!("name: a\nsyscalls:\n  {yaml}\n");
    let mut sink = Sink::new();
    let source = parse::decode("p", text.into_bytes(), &mut sink);
    let outcome = pipeline::compile(&source, &Options::default(), sink).unwrap();
    let source: &Source = outcome.sources.policy();
    let described = |one: Diagnostic| {
        let under = source.slice(one.span).to_owned();
        (one.code, under, one.message, one.help.unwrap_or_default())
    };
    // No program can start under these lists, which is another matter.
    let start = |one: &Diagnostic| matches!(one.code, "execve-denied" | "start-calls-denied");
    outcome
        .diagnostics
        .into_iter()
        .filter(|one| !start(one))
        .map(described)
        .collect()
}

#[test]
fn conditions_mean_what_they_say() {
    let read_only = allow("openat", "flags & O_ACCMODE == O_RDONLY");
    assert_eq!(
        x86(&read_only, "openat", &[0, 0, 0o2_000_000]),
        Action::Allow
    );
    assert_eq!(x86(&read_only, "openat", &[0, 0, 1]), EPERM);
    assert_eq!(x86(&read_only, "openat", &[0, 0, 2]), EPERM);
    let families = allow("socket", "domain in {AF_UNIX, AF_NETLINK}");
    for (family, action) in [
        (1, Action::Allow),
        (16, Action::Allow),
        (2, EPERM),
        (40, EPERM),
    ] {
        assert_eq!(x86(&families, "socket", &[family]), action, "{family}");
    }
    let cases: [(&str, &str, &[u64], &[u64]); 14] = [
        ("fcntl", "cmd not in {F_SETOWN, F_SETSIG}", &[0, 1], &[0, 8]),
        ("fcntl", "arg < 3", &[0, 0, 2], &[0, 0, 3]),
        ("fcntl", "3 > arg", &[0, 0, 2], &[0, 0, 3]),
        ("fcntl", "arg <= 3 and arg >= 2", &[0, 0, 2], &[0, 0, 1]),
        ("fcntl", "cmd == 1 || arg > 0x10", &[0, 1, 0], &[0, 2, 16]),
        (
            "fcntl",
            "not (cmd == 1 || arg > 16)",
            &[0, 2, 16],
            &[0, 1, 0],
        ),
        (
            "openat",
            "flags & (O_CREAT|O_EXCL) == O_CREAT",
            &[0, 0, 0o100],
            &[0, 0, 0o300],
        ),
        ("openat", "flags & O_CREAT", &[0, 0, 0o100], &[0, 0, 0]),
        ("openat", "!(flags & O_CREAT)", &[0, 0, 0], &[0, 0, 0o100]),
        (
            "openat",
            "(flags & O_CREAT) == 0",
            &[0, 0, 0],
            &[0, 0, 0o100],
        ),
        (
            "openat",
            "flags & ~(O_RDWR|O_CLOEXEC) == 0",
            &[0, 0, 0o2_000_002],
            &[0, 0, 0o100],
        ),
        ("openat", "dirfd == AT_FDCWD", &[0xFFFF_FF9C], &[3]),
        ("openat", "dfd == -100", &[0xFFFF_FFFF_FFFF_FF9C], &[3]),
        ("chmod", "mode & 0o7000 == 0", &[0, 0o755], &[0, 0o4755]),
    ];
    for (call, condition, through, denied) in cases {
        let yaml = allow(call, condition);
        assert_eq!(x86(&yaml, call, through), Action::Allow, "{condition}");
        assert_eq!(x86(&yaml, call, denied), EPERM, "{condition}");
    }
}

#[test]
fn where_a_condition_may_stand() {
    for yaml in [
        "{default_deny: false, deny: [{kill: 'sig == SIGKILL'}]}",
        "{default_deny: false, deny: [{syscall: kill, when: 'sig == SIGKILL', reason: r}]}",
        "{default_deny: false, advanced_rules: [{syscall: kill, action: deny, conditions: 'sig == 9'}]}",
        "{default_deny: false, advanced_rules: [{syscall: kill, action: deny, conditions: \
         [{arg: sig, op: eq, value: SIGKILL}]}]}",
    ] {
        assert_eq!(x86(yaml, "kill", &[1, 9]), EPERM, "{yaml}");
        assert_eq!(x86(yaml, "kill", &[1, 15]), Action::Allow, "{yaml}");
    }
    let masked = "{advanced_rules: [{syscall: openat, action: allow, conditions: \
         [{arg: flags, op: masked_eq, mask: O_CREAT|O_EXCL, value: O_CREAT}]}]}";
    assert_eq!(x86(masked, "openat", &[0, 0, 0o100]), Action::Allow);
    assert_eq!(x86(masked, "openat", &[0, 0, 0o300]), EPERM);
}

#[test]
fn constants_and_positions_are_those_of_each_architecture() {
    let yaml = allow("openat", "flags & O_DIRECTORY == O_DIRECTORY");
    let (x86_64, aarch64) = (
        constants::constant(Arch::X86_64, "O_DIRECTORY").unwrap(),
        constants::constant(Arch::Aarch64, "O_DIRECTORY").unwrap(),
    );
    assert_ne!(x86_64, aarch64);
    for (arch, own, other) in [
        (Arch::X86_64, x86_64, aarch64),
        (Arch::Aarch64, aarch64, x86_64),
    ] {
        let (meaning, found) = compile(&yaml, arch);
        assert!(found.is_empty(), "{found:?}");
        assert_eq!(
            verdict(&meaning, arch, "openat", &[0, 0, own]),
            Action::Allow
        );
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, other]), EPERM);
    }
    // s390x takes the flags of clone second.
    let clone = allow("clone", "clone_flags & CLONE_NEWUSER == 0");
    let (meaning, _) = compile(&clone, Arch::S390x);
    assert_eq!(
        verdict(&meaning, Arch::S390x, "clone", &[0x1000_0000, 17]),
        Action::Allow
    );
    assert_eq!(
        verdict(&meaning, Arch::S390x, "clone", &[17, 0x1000_0000]),
        EPERM
    );
    let compat = "{allow: [{openat: 'flags & O_ACCMODE == O_RDONLY'}], architectures: [x86, x32]}";
    let (meaning, found) = compile(compat, Arch::X86_64);
    assert!(found.is_empty(), "{found:?}");
    for arch in [Arch::X86, Arch::X32] {
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, 0]), Action::Allow);
        assert_eq!(verdict(&meaning, arch, "openat", &[0, 0, 1]), EPERM);
    }
}

#[test]
fn an_argument_that_another_interface_lacks_is_an_error_there() {
    // x86's own mmap takes a pointer to its arguments.
    let yaml = "{default_deny: false, deny: [{mmap: 'prot & PROT_EXEC'}], architectures: [x86]}";
    let (_, found) = compile(yaml, Arch::X86_64);
    let one = found
        .iter()
        .find(|one| one.severity == Severity::Error)
        .unwrap();
    assert_eq!(
        (one.code, one.message.as_str()),
        ("rule-not-here", "`mmap` on x86 has no argument `prot`")
    );
    let yaml = "{default_deny: false, deny: [{open: 'flags & O_CREAT'}]}";
    let (_, found) = compile(yaml, Arch::Aarch64);
    assert!(
        found.iter().any(|one| one.code == "rule-not-here"),
        "{found:?}"
    );
}

#[test]
fn each_error_has_its_own_place() {
    let condition =
        "openat: \"flgs & O_ACMODE == O_RDONLY || (mode == 5 && mode == 6) || filename == 0\"";
    let described = found(&format!("allow: [{{{condition}}}]"));
    let described: Vec<_> = described
        .iter()
        .map(|one| (one.0, one.1.as_str(), one.3.as_str()))
        .collect();
    assert_eq!(
        described,
        [
            (
                "condition-name-unknown",
                "flgs",
                "did you mean `flags`? `openat` has dfd, filename, flags, mode"
            ),
            (
                "condition-name-unknown",
                "O_ACMODE",
                "did you mean `O_ACCMODE`?"
            ),
            ("condition-never-holds", "(mode == 5 && mode == 6)", ""),
            ("condition-on-pointer", "filename", ""),
        ]
    );
}

#[test]
fn what_is_said_of_a_condition() {
    let cases: &[(&str, &str, &str, &str, &str)] = &[
        (
            "close",
            "fd = 1",
            "condition-syntax",
            "=",
            "`=` does not compare",
        ),
        (
            "close",
            "",
            "condition-syntax",
            "\"\"",
            "the condition is empty",
        ),
        (
            "close",
            "fd",
            "condition-operands",
            "fd",
            "`fd` alone is no condition",
        ),
        (
            "close",
            "3",
            "condition-operands",
            "3",
            "this is a constant, and no condition",
        ),
        (
            "close",
            "1 == 1",
            "condition-operands",
            "1 == 1",
            "this compares two constants, and no argument",
        ),
        (
            "socket",
            "type == protocol",
            "condition-operands",
            "type == protocol",
            "a filter cannot compare two arguments",
        ),
        (
            "socket",
            "type & protocol == 0",
            "condition-operands",
            "type & protocol",
            "a filter cannot mask an argument with an argument",
        ),
        (
            "socket",
            "type & 15 < 3",
            "condition-operands",
            "type & 15 < 3",
            "masked bits are compared with `==` and `!=`, not `<`",
        ),
        (
            "socket",
            "type & 1 | 2 == 0",
            "condition-operands",
            "type & 1 | 2",
            "`|` joins constants, and `&` is stronger",
        ),
        (
            "socket",
            "-type == 0",
            "condition-operands",
            "-type",
            "a filter cannot calculate with an argument",
        ),
        (
            "socket",
            "(type == 1) == 1",
            "condition-operands",
            "(type == 1)",
            "this is a condition, where a value is expected",
        ),
        (
            "getpid",
            "fd == 1",
            "condition-name-unknown",
            "fd",
            "`fd` is no argument of `getpid`, and no constant",
        ),
        (
            "close",
            "fd == 0x100000000",
            "condition-constant-wide",
            "0x100000000",
            "the kernel looks at 32 bits of argument `fd` of `close`, and this value needs more",
        ),
        (
            "close",
            "fd & 0x100000000 == 0",
            "condition-constant-wide",
            "fd & 0x100000000",
            "the kernel looks at 32 bits of argument `fd` of `close`, and this mask needs more",
        ),
        (
            "close",
            "fd < 0",
            "condition-never-holds",
            "fd < 0",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd & 3 == 4",
            "condition-never-holds",
            "fd & 3 == 4",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "openat",
            "flags & O_RDONLY",
            "condition-never-holds",
            "flags & O_RDONLY",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd == 1 && fd == 2",
            "condition-never-holds",
            "fd == 1 && fd == 2",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd > 5 && fd < 6",
            "condition-never-holds",
            "fd > 5 && fd < 6",
            "this condition never holds, so the rule has no effect",
        ),
        (
            "close",
            "fd >= 0",
            "condition-always-holds",
            "fd >= 0",
            "this condition always holds",
        ),
        (
            "close",
            "fd != 1 || fd != 2",
            "condition-always-holds",
            "fd != 1 || fd != 2",
            "this condition always holds",
        ),
        (
            "close",
            "fd & 1 == 0 || fd & 1 == 1",
            "condition-always-holds",
            "fd & 1 == 0 || fd & 1 == 1",
            "this condition always holds",
        ),
        (
            "close",
            "fd < -1",
            "condition-unsigned",
            "fd < -1",
            "the comparison is unsigned: a negative number counts as larger than every positive one",
        ),
        (
            "mmap",
            "flags == MAP_UNINITIALISED",
            "condition-name-unknown",
            "MAP_UNINITIALISED",
            "there is no constant `MAP_UNINITIALISED`",
        ),
        (
            "mmap",
            "prot == PROT_SAO",
            "condition-constant-elsewhere",
            "PROT_SAO",
            "x86_64 has no constant `PROT_SAO`",
        ),
    ];
    for (call, condition, code, under, message) in cases {
        let described = found(&format!("allow: [{{{call}: \"{condition}\"}}]"));
        let first = described.first().unwrap();
        assert_eq!(
            (first.0, first.1.as_str(), first.2.as_str()),
            (*code, *under, *message),
            "{condition}"
        );
        assert_eq!(described.len(), 1, "{condition}: {described:?}");
    }
}

#[test]
fn a_condition_with_too_many_alternatives_is_refused() {
    let values = |count: u32| {
        (0..count)
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let described = found(&format!("allow: [{{close: \"fd in {{{}}}\"}}]", values(64)));
    assert!(described.is_empty(), "{described:?}");
    let described = found(&format!("allow: [{{close: \"fd in {{{}}}\"}}]", values(65)));
    assert_eq!(
        described.first().map(|one| one.0),
        Some("condition-too-complex")
    );
    let product = "fd in {1, 2, 3, 4, 5, 6, 7, 8, 9} && cmd in {1, 2, 3, 4, 5, 6, 7, 8, 9}";
    let described = found(&format!("allow: [{{fcntl: \"{product}\"}}]"));
    assert_eq!(
        described.first().map(|one| one.0),
        Some("condition-too-complex")
    );
    let many: Vec<_> = (0..17)
        .map(|at| {
            format!(
                "{{close: \"fd in {{{}}}\"}}",
                (0..60)
                    .map(|value| (at * 100 + value).to_string())
                    .collect::<Vec<_>>()
                    .join(", ")
            )
        })
        .collect();
    let described = found(&format!("allow: [{}]", many.join(", ")));
    assert_eq!(described.first().map(|one| one.0), Some("too-many-rules"));
}

/// What a condition means, said a second time: without alternatives.
fn holds(node: &Node, args: &[u64; 6]) -> bool {
    match &node.kind {
        Kind::Any(parts) => parts.iter().any(|part| holds(part, args)),
        Kind::All(parts) => parts.iter().all(|part| holds(part, args)),
        Kind::Not(inner) => !holds(inner, args),
        Kind::Compare(left, operator, right) => {
            let (left, right) = (number(left, args), number(right, args));
            match operator {
                Operator::Eq => left == right,
                Operator::Ne => left != right,
                Operator::Lt => left < right,
                Operator::Le => left <= right,
                Operator::Gt => left > right,
                Operator::Ge => left >= right,
            }
        }
        Kind::Member { of, negated, set } => {
            let value = number(of, args);
            set.iter().any(|one| number(one, args) == value) != *negated
        }
        _ => number(node, args) != 0,
    }
}

const NAMES: [&str; 3] = ["family", "type", "protocol"];

fn number(node: &Node, args: &[u64; 6]) -> u64 {
    match &node.kind {
        Kind::Join(parts) => parts.iter().fold(0, |all, part| all | number(part, args)),
        Kind::Mask(parts) => parts
            .iter()
            .fold(u64::MAX, |all, part| all & number(part, args)),
        Kind::Negative(inner) => number(inner, args).wrapping_neg() & 0xFFFF_FFFF,
        Kind::Complement(inner) => !number(inner, args) & 0xFFFF_FFFF,
        Kind::Number(number) => *number,
        Kind::Name(name) => match NAMES.iter().position(|one| one == name) {
            Some(at) => args[at] & 0xFFFF_FFFF,
            None => constants::constant(Arch::X86_64, name).unwrap() & 0xFFFF_FFFF,
        },
        _ => unreachable!("a condition is no number"),
    }
}

fn node(kind: Kind) -> Node {
    Node { kind, range: 0..0 }
}

fn constant() -> BoxedStrategy<Node> {
    let plain = prop_oneof![
        (0_u64..5).prop_map(|value| node(Kind::Number(value))),
        prop_oneof![Just(0xFFFF_FFFF), Just(0x8000_0000), 0_u64..=0xFFFF_FFFF]
            .prop_map(|value| node(Kind::Number(value))),
        prop_oneof![Just("AF_INET"), Just("SOCK_CLOEXEC"), Just("AT_FDCWD")]
            .prop_map(|name| node(Kind::Name(name.to_owned()))),
    ];
    prop_oneof![
        6 => plain.clone(),
        1 => prop::collection::vec(plain.clone(), 2..4).prop_map(|parts| node(Kind::Join(parts))),
        1 => (1_u64..9).prop_map(|value| node(Kind::Negative(Box::new(node(Kind::Number(value)))))),
        1 => (0_u64..9).prop_map(|value| node(Kind::Complement(Box::new(node(Kind::Number(value)))))),
    ]
    .boxed()
}

fn condition() -> impl Strategy<Value = Node> {
    let name =
        || prop::sample::select(NAMES.to_vec()).prop_map(|name| node(Kind::Name(name.to_owned())));
    let masked =
        || (name(), constant()).prop_map(|(name, mask)| node(Kind::Mask(vec![name, mask])));
    let operator = prop::sample::select(vec![
        Operator::Eq,
        Operator::Ne,
        Operator::Lt,
        Operator::Le,
        Operator::Gt,
        Operator::Ge,
    ]);
    let equal = prop::sample::select(vec![Operator::Eq, Operator::Ne]);
    let leaf = prop_oneof![
        (name(), operator, constant(), any::<bool>()).prop_map(
            |(left, operator, right, turned)| {
                let (left, right) = if turned { (right, left) } else { (left, right) };
                node(Kind::Compare(Box::new(left), operator, Box::new(right)))
            }
        ),
        (masked(), equal, constant()).prop_map(|(left, operator, right)| node(Kind::Compare(
            Box::new(left),
            operator,
            Box::new(right)
        ))),
        masked(),
        (
            prop_oneof![name(), masked()],
            any::<bool>(),
            prop::collection::vec(constant(), 1..4)
        )
            .prop_map(|(of, negated, set)| node(Kind::Member {
                of: Box::new(of),
                negated,
                set
            })),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| node(Kind::Any(parts))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| node(Kind::All(parts))),
            inner.prop_map(|inner| node(Kind::Not(Box::new(inner)))),
        ]
    })
}

/// The alternatives of a text for `socket`, and what is said of it.
fn bound(text: &str, first: bool) -> (Option<Vec<Vec<Condition>>>, Vec<String>) {
    let (policy, document, mut sink) = (Syscalls::default(), Document::default(), Sink::new());
    let mut resolver = Resolver::new(&policy, Arch::X86_64, &document, &mut sink);
    let arguments = Arguments::of(Arch::X86_64, "socket");
    let bound = Binder::new(&mut resolver, "", &arguments, first)
        .alternatives(text)
        .ok();
    (
        bound,
        sink.into_sorted()
            .into_iter()
            .map(|one| one.message)
            .collect(),
    )
}

fn registers() -> impl Strategy<Value = [u64; 6]> {
    let register = prop_oneof![
        0_u64..6,
        prop_oneof![
            Just(0xFFFF_FFFF),
            Just(0xFFFF_FF9C),
            Just(0x8_0002),
            Just(0x8000_0000)
        ],
        any::<u64>(),
    ];
    (register.clone(), register.clone(), register).prop_map(|(a, b, c)| [a, b, c, 0, 0, 0])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_condition_agrees_with_a_direct_reading(
        node in condition(),
        calls in prop::collection::vec(registers(), 24),
    ) {
        let text = node.to_string();
        let (alternatives, codes) = bound(&text, false);
        if codes == ["the condition comes to more than 64 alternatives"] {
            return Ok(());
        }
        let alternatives = alternatives.ok_or_else(|| TestCaseError::fail(format!("{text}: {codes:?}")))?;
        let rule = |args: &[u64; 6]| {
            alternatives.iter().any(|list| list.iter().all(|condition| condition.holds(args)))
        };
        for args in &calls {
            prop_assert_eq!(rule(args), holds(&node, args), "{} on {:?}", text, args);
        }
        // What is said to hold never, or always, does.
        let (_, said) = bound(&text, true);
        if said.iter().any(|message| message == "this condition always holds") {
            prop_assert!(calls.iter().all(|args| holds(&node, args)), "{}", text);
        }
        if said.iter().any(|message| message.starts_with("this condition never holds")) {
            prop_assert!(!calls.iter().any(|args| holds(&node, args)), "{}", text);
        }
        // Printed and read again, it comes to the same.
        let again = super::expression::parse(&text).map(|node| node.to_string());
        prop_assert_eq!(again.as_deref().ok(), Some(text.as_str()));
    }

    #[test]
    fn any_text_is_answered(text in "[a-zA-Z_0-9 &|!=<>(){},~-]{0,40}|\\PC{0,20}") {
        if let Err(fault) = super::expression::parse(&text) {
            prop_assert!(text.get(fault.range).is_some(), "{}", text);
        }
        bound(&text, true);
    }
}
