//! What the sections about a policy's meaning may hold, and how they belong together: every record
//! has an owner, and there is one order.

use crate::error::DecodeError;
use crate::records::{
    Basis, CallRule, Comparison, Condition, Filter, Interface, NamedCall, Number, interface_flags,
};
use crate::rules::{MAX_ERRNO, known};
use crate::table::TableIter;

/// The return values of seccomp that carry no data: kill the process, kill the thread, trap,
/// notify, log, allow (linux/seccomp.h). The one that does is `SECCOMP_RET_ERRNO`.
const ACTIONS: [u32; 6] = [
    0x8000_0000,
    0,
    0x0003_0000,
    0x7FC0_0000,
    0x7FFC_0000,
    0x7FFF_0000,
];
const ALLOW: u32 = 0x7FFF_0000;
const ERRNO: u32 = 0x0005_0000;

/// The records that belong to no interface yet.
pub(crate) struct Unclaimed<'a> {
    pub(crate) filters: TableIter<'a, Filter<'a>>,
    pub(crate) numbers: TableIter<'a, Number>,
    pub(crate) calls: TableIter<'a, NamedCall>,
    pub(crate) rules: TableIter<'a, CallRule>,
    pub(crate) conditions: TableIter<'a, Condition>,
}

impl Unclaimed<'_> {
    /// Checks all of it, one interface after the other; afterwards every record must be claimed.
    pub(crate) fn check(mut self, interfaces: TableIter<'_, Interface>) -> Result<(), DecodeError> {
        let mut last: Option<Interface> = None;
        for one in interfaces {
            self.interface(&one, last)?;
            last = Some(one);
        }
        let unclaimed = self.filters.next().is_some()
            || self.numbers.next().is_some()
            || self.calls.next().is_some()
            || self.rules.next().is_some()
            || self.conditions.next().is_some();
        if unclaimed {
            Err(DecodeError::Length)
        } else {
            Ok(())
        }
    }

    fn interface(&mut self, one: &Interface, last: Option<Interface>) -> Result<(), DecodeError> {
        known(one.flags & !interface_flags::ALL == 0)?;
        known((1..=MAX_ERRNO).contains(&one.enosys))?;
        known(action(one.denial) && one.denial != ALLOW)?;
        match last.filter(|last| last.filter == one.filter) {
            // A filter's first interface is its native one, the others are in order.
            None => {
                let filter = self.filters.next().ok_or(DecodeError::Order)?;
                in_order(filter.audit_arch == one.filter && key(one) == (one.filter, false))?;
            }
            Some(last) => {
                let native = (one.filter, false);
                in_order(key(one) != native && (key(&last) == native || key(&last) < key(one)))?;
            }
        }
        let mut newest = one.newest;
        for _ in 0..one.beyond {
            let number = self.numbers.next().ok_or(DecodeError::Length)?.number;
            in_order(number > newest)?;
            newest = number;
        }
        let mut before = None;
        for _ in 0..one.calls {
            let call = self.calls.next().ok_or(DecodeError::Length)?;
            in_order(before < Some(call.number))?;
            before = Some(call.number);
            self.call(&call)?;
        }
        Ok(())
    }

    fn call(&mut self, call: &NamedCall) -> Result<(), DecodeError> {
        known(!call.line.is_some() || !matches!(call.basis, Basis::Baseline | Basis::Default))?;
        let mut strength = 0;
        for _ in 0..call.rules {
            let rule = self.rules.next().ok_or(DecodeError::Length)?;
            in_order(strength <= rule.strength.number())?;
            strength = rule.strength.number();
            known(action(rule.action))?;
            for _ in 0..rule.conditions {
                let one = self.conditions.next().ok_or(DecodeError::Length)?;
                condition(&one)?;
            }
        }
        // A guard is what a plain allow leaves out: some values of one argument, in order.
        known(call.guard == 0 || matches!(call.basis, Basis::Allowed | Basis::Default))?;
        let mut first: Option<Condition> = None;
        for _ in 0..call.guard {
            let one = self.conditions.next().ok_or(DecodeError::Length)?;
            condition(&one)?;
            known(matches!(one.comparison, Comparison::Eq | Comparison::Ne))?;
            known(!one.line.is_some())?;
            if let Some(before) = first {
                known(
                    Condition {
                        value: before.value,
                        ..one
                    } == before,
                )?;
                in_order(before.value < one.value)?;
            }
            first = Some(one);
        }
        Ok(())
    }
}

/// Which interface it is: the architecture, and whether the calls are x32's.
const fn key(one: &Interface) -> (u32, bool) {
    (one.audit_arch, one.flags & interface_flags::X32 != 0)
}

fn condition(one: &Condition) -> Result<(), DecodeError> {
    let width = match one.bits {
        8 => 0xFF,
        16 => 0xFFFF,
        32 => 0xFFFF_FFFF,
        64 => u64::MAX,
        _ => return Err(DecodeError::Value),
    };
    let masked = matches!(one.comparison, Comparison::MaskedEq | Comparison::MaskedNe);
    known(one.arg < 6 && one.mask & !width == 0 && (masked || one.mask == 0))
}

fn action(value: u32) -> bool {
    let errno = value
        .checked_sub(ERRNO)
        .is_some_and(|errno| (1..=MAX_ERRNO).contains(&errno));
    errno || ACTIONS.contains(&value)
}

const fn in_order(holds: bool) -> Result<(), DecodeError> {
    if holds {
        Ok(())
    } else {
        Err(DecodeError::Order)
    }
}
