//! Conditions against a direct reading of their text, at random.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::arguments::Arguments;
use super::bind::Binder;
use super::expression::{Kind, Node, Operator};
use super::*;
use crate::ir::syscalls::Condition;
use crate::syscalls::constants;
use proptest::prelude::*;

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
        if codes == ["the condition has more than 64 alternatives"] {
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
