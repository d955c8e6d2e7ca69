//! Records of a policy's meaning that do not belong together, or hold what they may not, are refused.

use crate::refusal::refused;
use crate::sample::{CALL, CONDITION, Tables, tables};
use purple_plan::{
    Basis, CallRule, Comparison, Condition, DecodeError, Interface, NamedCall, Number, Plan,
    SourceLine, Strength,
};

/// Records of the meaning that belong to no other record, or are missing.
#[test]
fn counts_that_do_not_agree() {
    assert_eq!(refused(|t| t.interfaces[0].calls = 1), DecodeError::Length);
    assert_eq!(refused(|t| t.interfaces[3].calls = 1), DecodeError::Length);
    assert_eq!(refused(|t| t.interfaces[2].beyond = 1), DecodeError::Length);
    assert_eq!(
        refused(|t| t.interfaces[3].beyond = u32::MAX),
        DecodeError::Length
    );
    assert_eq!(refused(|t| t.calls[1].rules = 1), DecodeError::Length);
    assert_eq!(
        refused(|t| t.calls[1].rules = u16::MAX),
        DecodeError::Length
    );
    assert_eq!(refused(|t| t.calls[1].guard = 1), DecodeError::Length);
    assert_eq!(
        refused(|t| t.rules[0].conditions = u32::MAX),
        DecodeError::Length
    );
    assert_eq!(
        refused(|t| t.conditions.push(CONDITION)),
        DecodeError::Length
    );
    assert_eq!(
        refused(|t| t.calls.push(NamedCall {
            number: u32::MAX,
            ..CALL
        })),
        DecodeError::Length
    );
    assert_eq!(
        refused(|t| t.numbers.push(Number { number: u32::MAX })),
        DecodeError::Length
    );
    // A filter without a meaning, a meaning without a filter.
    assert_eq!(refused(|t| t.interfaces.truncate(3)), DecodeError::Length);
    assert_eq!(refused(|t| t.filters.truncate(1)), DecodeError::Order);
}

#[test]
fn interfaces() {
    let other = |change: &dyn Fn(&mut Interface)| refused(|t| change(&mut t.interfaces[1]));
    assert_eq!(other(&|one| one.flags = 4), DecodeError::Value);
    for enosys in [0, 4096] {
        assert_eq!(other(&|one| one.enosys = enosys), DecodeError::Value);
    }
    for denial in [
        0x7fff_0000,
        0x7fff_0001,
        0x0005_0000,
        0x0005_1000,
        1,
        0x7ff0_0000,
        u32::MAX,
    ] {
        assert_eq!(
            other(&|one| one.denial = denial),
            DecodeError::Value,
            "{denial:#x}"
        );
    }
    for denial in [
        0,
        0x0003_0000,
        0x7fc0_0000,
        0x7ffc_0000,
        0x8000_0000,
        0x0005_0fff,
    ] {
        let mut fine = tables();
        fine.interfaces[1].denial = denial;
        assert!(Plan::decode(&fine.encode()).is_ok(), "{denial:#x}");
    }
    // The native one first, each once, in order.
    assert_eq!(refused(|t| t.interfaces.swap(0, 1)), DecodeError::Order);
    assert_eq!(refused(|t| t.interfaces.swap(1, 2)), DecodeError::Order);
    assert_eq!(
        other(&|one| one.audit_arch = 0xc000_003e),
        DecodeError::Order
    );
    assert_eq!(
        refused(|t| t.interfaces[1] = t.interfaces[2]),
        DecodeError::Order
    );
    assert_eq!(other(&|one| one.filter = 0xc000_00b7), DecodeError::Order);
    assert_eq!(refused(|t| t.numbers.reverse()), DecodeError::Order);
    assert_eq!(
        refused(|t| t.interfaces[2].newest = 0x4000_0200),
        DecodeError::Order
    );
    assert_eq!(refused(|t| t.calls.swap(0, 1)), DecodeError::Order);
}

#[test]
fn rules_and_conditions() {
    assert_eq!(
        refused(|t| t.calls[2].line = SourceLine::line_of_policy(1)),
        DecodeError::Value
    );
    assert_eq!(
        refused(|t| t.calls[1].basis = Basis::Denied),
        DecodeError::Value,
        "a guard"
    );
    assert_eq!(refused(|t| t.rules.swap(0, 1)), DecodeError::Order);
    let rule = |change: &dyn Fn(&mut CallRule)| refused(|t| change(&mut t.rules[1]));
    assert_eq!(rule(&|one| one.action = 0x7ffc_0001), DecodeError::Value);
    assert_eq!(
        rule(&|one| one.strength = Strength::Kill),
        DecodeError::Order
    );
    for at in [0, 2] {
        let one = |change: &dyn Fn(&mut Condition)| refused(|t| change(&mut t.conditions[at]));
        assert_eq!(one(&|one| one.arg = 6), DecodeError::Value);
        assert_eq!(one(&|one| one.bits = 31), DecodeError::Value);
        assert_eq!(
            one(&|one| one.mask = 1),
            DecodeError::Value,
            "no masked comparison"
        );
    }
    let wide = |t: &mut Tables<'_>| t.conditions[1].bits = 32;
    assert_eq!(
        refused(wide),
        DecodeError::Value,
        "a mask wider than the argument"
    );
    // A guard is about one argument, has no line of its own, and its values are in order.
    let guard = |change: &dyn Fn(&mut Condition)| refused(|t| change(&mut t.conditions[3]));
    assert_eq!(guard(&|one| one.arg = 1), DecodeError::Value);
    assert_eq!(
        guard(&|one| one.comparison = Comparison::Ne),
        DecodeError::Value
    );
    assert_eq!(
        guard(&|one| one.comparison = Comparison::Lt),
        DecodeError::Value
    );
    assert_eq!(
        guard(&|one| one.line = SourceLine::line_of_policy(1)),
        DecodeError::Value
    );
    assert_eq!(guard(&|one| one.value = 1), DecodeError::Order);
}
