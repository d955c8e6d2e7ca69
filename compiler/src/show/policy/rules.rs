//! A meaning's rules, back to what a policy says for them.

use crate::ir::syscalls::{Condition, Rule, Strength, Test};
use crate::syscalls::{Arch, guarded};

/// The rules that one rule of a policy may be written as: alternatives of one strength and action,
/// which come from one place.
pub(super) fn alternatives(rules: &[Rule], joined: bool) -> impl Iterator<Item = &[Rule]> {
    rules
        .chunk_by(move |one, next| {
            let conditional = !one.conditions.is_empty() && !next.conditions.is_empty();
            let same =
                (one.strength, one.action, one.span) == (next.strength, next.action, next.span);
            joined && conditional && same
        })
        .flat_map(|rules| rules.chunks(MOST_ALTERNATIVES))
}

/// More are hard to read, and a condition has a limit.
const MOST_ALTERNATIVES: usize = 16;

/// The rules without the conditions that the compiler adds to them anyway: what lets a guarded call
/// through stays within the guard.
pub(super) fn unguarded(arch: Arch, name: &str, rules: Vec<Rule>) -> Vec<Rule> {
    let Some(guard) = guarded(arch, name) else {
        return rules;
    };
    // What each of the rules ends in that one rule of a policy has become.
    let of = |test| (guard.arg, test);
    let tails: Vec<Vec<(u8, Test)>> = if guard.only {
        let tail = |&value: &u64| {
            let beside = guard.beside.filter(|beside| beside.value == value);
            let beside = beside.map(|beside| (beside.arg, Test::Eq(beside.equals)));
            [of(Test::Eq(value))].into_iter().chain(beside).collect()
        };
        guard.values.iter().map(tail).collect()
    } else {
        vec![
            guard
                .values
                .iter()
                .map(|&value| of(Test::Ne(value)))
                .collect(),
        ]
    };
    let mut kept = Vec::new();
    let mut left = rules.as_slice();
    while let Some(rule) = left.first() {
        let passes = matches!(rule.strength, Strength::Allow | Strength::Log);
        let several = left.split_at_checked(tails.len()).filter(|_| passes);
        let first = several.and_then(|_| before(rule, tails.first()?));
        if let (Some((several, more)), Some(first)) = (several, first)
            && several.iter().zip(&tails).all(|(one, tail)| {
                one.strength == rule.strength
                    && before(one, tail).is_some_and(|rest| alike(rest, first))
            })
        {
            kept.push(Rule {
                conditions: first.to_vec(),
                ..rule.clone()
            });
            left = more;
        } else {
            kept.push(rule.clone());
            left = left.get(1..).unwrap_or_default();
        }
    }
    kept
}

/// A rule's conditions before the last ones, where those are these tests of arguments.
fn before<'r>(rule: &'r Rule, tail: &[(u8, Test)]) -> Option<&'r [Condition]> {
    let split = rule.conditions.len().checked_sub(tail.len())?;
    let (rest, last) = rule.conditions.split_at_checked(split)?;
    let last = last.iter().map(|one| (one.arg, one.test));
    last.eq(tail.iter().copied()).then_some(rest)
}

/// Whether two lists of conditions say the same.
fn alike(one: &[Condition], other: &[Condition]) -> bool {
    let said = |one: &Condition| (one.arg, one.test);
    one.iter().map(said).eq(other.iter().map(said))
}

/// A condition as an entry of a list.
pub(super) fn comparison(condition: &Condition) -> String {
    let (op, value, mask) = match condition.test {
        Test::Eq(value) => ("eq", value, None),
        Test::Ne(value) => ("ne", value, None),
        Test::Lt(value) => ("lt", value, None),
        Test::Le(value) => ("le", value, None),
        Test::Gt(value) => ("gt", value, None),
        Test::Ge(value) => ("ge", value, None),
        Test::MaskedEq { mask, value } => ("masked_eq", value, Some(mask)),
        Test::MaskedNe { mask, value } => ("masked_ne", value, Some(mask)),
    };
    let mask = mask.map_or_else(String::new, |mask| format!(", mask: {mask:#x}"));
    format!(
        "{{arg: {}, op: {op}, value: {value:#x}{mask}}}",
        condition.arg
    )
}
