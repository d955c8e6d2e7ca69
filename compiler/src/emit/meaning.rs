//! A filter's meaning as records of the plan, and back: so a plan alone is enough to prove its
//! filter again, and to say which line of the policy a verdict comes from.
//!
//! Of a call's places, the plan keeps the one that decides: where a call is both denied and
//! allowed, the denial. Everything that the evaluator says is the same for what is read back.

use crate::ir::syscalls::{
    self, Action, ArchMeaning, Call, CallMeaning, Guard, Meaning, Reason, Rule, Test, Unnamed,
    Verdict, evaluate,
};
use crate::source::Span;
use crate::syscalls::{Arch, guarded, syscall_name};
use purple_plan::{
    Basis, CallRule, Comparison, Condition, Interface, NamedCall, Number, Plan, SourceLine,
    Strength, interface_flags,
};

/// The records of all filters' meanings, in the plan's order.
#[derive(Debug, Clone, Default)]
pub(super) struct Records {
    pub(super) interfaces: Vec<Interface>,
    pub(super) numbers: Vec<Number>,
    pub(super) calls: Vec<NamedCall>,
    pub(super) rules: Vec<CallRule>,
    pub(super) conditions: Vec<Condition>,
}

impl Records {
    /// Adds one filter's.
    pub(super) fn add(
        &mut self,
        meaning: &Meaning,
        line_of: &impl Fn(Span) -> SourceLine,
    ) -> Result<(), TooMany> {
        for one in meaning.interfaces() {
            let mut flags = if one.default.deny {
                interface_flags::DEFAULT_DENY
            } else {
                0
            };
            flags |= if one.arch == Arch::X32 {
                interface_flags::X32
            } else {
                0
            };
            self.interfaces.push(Interface {
                filter: meaning.native.arch.audit(),
                audit_arch: one.arch.audit(),
                flags,
                newest: one.newest,
                enosys: one.enosys.into(),
                denial: super::bpf::return_value(one.denial),
                line: line_of(one.default.span),
                beyond: count(one.beyond.len(), "system calls")?,
                calls: count(one.calls.len(), "system calls")?,
            });
            self.numbers
                .extend(one.beyond.iter().map(|&number| Number { number }));
            for (number, call) in &one.calls {
                self.call(*number, call, line_of)?;
            }
        }
        Ok(())
    }

    fn call(
        &mut self,
        number: u32,
        call: &CallMeaning,
        line_of: &impl Fn(Span) -> SourceLine,
    ) -> Result<(), TooMany> {
        let (basis, span) = match call.basis() {
            syscalls::Basis::Hidden(span) => (Basis::Hidden, Some(span)),
            syscalls::Basis::Denied(span) => (Basis::Denied, Some(span)),
            syscalls::Basis::Allowed(span) => (Basis::Allowed, Some(span)),
            syscalls::Basis::Baseline => (Basis::Baseline, None),
            syscalls::Basis::Default => (Basis::Default, None),
        };
        let guard = call.guard_in_force().into_iter().flat_map(|guard| {
            let comparison = if guard.only {
                Comparison::Eq
            } else {
                Comparison::Ne
            };
            let condition = move |value| Condition {
                comparison,
                arg: guard.arg.into(),
                bits: bits(guard.width),
                line: SourceLine::NONE,
                value,
                mask: 0,
            };
            let mut values = guard.values.clone();
            values.sort_unstable();
            values.into_iter().map(condition)
        });
        let guard: Vec<Condition> = guard.collect();
        self.calls.push(NamedCall {
            number,
            basis,
            line: span.map_or(SourceLine::NONE, line_of),
            rules: count(call.rules.len(), "rules on one system call")?,
            guard: count(guard.len(), "guarded values")?,
        });
        for rule in &call.rules {
            self.rules.push(CallRule {
                strength: strength(rule.strength),
                action: super::bpf::return_value(rule.action),
                line: line_of(rule.span),
                conditions: count(rule.conditions.len(), "conditions of one rule")?,
            });
            self.conditions
                .extend(rule.conditions.iter().map(|one| condition(one, line_of)));
        }
        self.conditions.extend(guard);
        Ok(())
    }
}

/// A count as a record's field.
fn count<T: TryFrom<usize>>(of: usize, what: &'static str) -> Result<T, TooMany> {
    T::try_from(of).map_err(|_| TooMany(what))
}

/// More of something than a record can count: an earlier stage should have refused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany(pub &'static str);

impl std::fmt::Display for TooMany {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "too many {} reached the plan", self.0)
    }
}

impl std::error::Error for TooMany {}

/// The size of an argument: a verified width has 8, 16, 32 or 64 bits.
const fn bits(width: u64) -> u16 {
    match width.count_ones() {
        8 => 8,
        16 => 16,
        32 => 32,
        _ => 64,
    }
}

const fn width(bits: u16) -> u64 {
    match bits {
        0..64 => (1 << bits) - 1,
        64.. => u64::MAX,
    }
}

const fn strength(of: syscalls::Strength) -> Strength {
    match of {
        syscalls::Strength::Kill => Strength::Kill,
        syscalls::Strength::KillThread => Strength::KillThread,
        syscalls::Strength::Trap => Strength::Trap,
        syscalls::Strength::Deny => Strength::Deny,
        syscalls::Strength::Notify => Strength::Notify,
        syscalls::Strength::Log => Strength::Log,
        syscalls::Strength::Allow => Strength::Allow,
    }
}

const fn strength_back(of: Strength) -> syscalls::Strength {
    match of {
        Strength::Kill => syscalls::Strength::Kill,
        Strength::KillThread => syscalls::Strength::KillThread,
        Strength::Trap => syscalls::Strength::Trap,
        Strength::Deny => syscalls::Strength::Deny,
        Strength::Notify => syscalls::Strength::Notify,
        Strength::Log => syscalls::Strength::Log,
        Strength::Allow => syscalls::Strength::Allow,
    }
}

fn condition(of: &syscalls::Condition, line_of: &impl Fn(Span) -> SourceLine) -> Condition {
    let (comparison, value, mask) = match of.test {
        Test::Eq(value) => (Comparison::Eq, value, 0),
        Test::Ne(value) => (Comparison::Ne, value, 0),
        Test::Lt(value) => (Comparison::Lt, value, 0),
        Test::Le(value) => (Comparison::Le, value, 0),
        Test::Gt(value) => (Comparison::Gt, value, 0),
        Test::Ge(value) => (Comparison::Ge, value, 0),
        Test::MaskedEq { mask, value } => (Comparison::MaskedEq, value, mask),
        Test::MaskedNe { mask, value } => (Comparison::MaskedNe, value, mask),
    };
    let (arg, bits, line) = (of.arg.into(), bits(of.width), line_of(of.span));
    Condition {
        comparison,
        arg,
        bits,
        line,
        value,
        mask,
    }
}

const fn test(of: &Condition) -> Test {
    let Condition { value, mask, .. } = *of;
    match of.comparison {
        Comparison::Eq => Test::Eq(value),
        Comparison::Ne => Test::Ne(value),
        Comparison::Lt => Test::Lt(value),
        Comparison::Le => Test::Le(value),
        Comparison::Gt => Test::Gt(value),
        Comparison::Ge => Test::Ge(value),
        Comparison::MaskedEq => Test::MaskedEq { mask, value },
        Comparison::MaskedNe => Test::MaskedNe { mask, value },
    }
}

/// The verdict that a program's value stands for; `None` for a value that no program of ours
/// returns. The opposite of [`super::bpf::return_value`].
pub fn action(value: u32) -> Option<Action> {
    let errno = u16::try_from(value & 0xFFFF).ok().map(Action::Errno);
    [
        Action::Allow,
        Action::Log,
        Action::Notify,
        Action::Trap,
        Action::KillThread,
        Action::KillProcess,
    ]
    .into_iter()
    .chain(errno)
    .find(|action| super::bpf::return_value(*action) == value)
}

/// A filter's meaning, read from a plan.
#[derive(Debug, Clone)]
pub struct PlanMeaning {
    /// Every span in it is a place in disguise: see [`PlanMeaning::verdict`] and [`place_of`].
    meaning: Meaning,
}

impl PlanMeaning {
    /// The meaning of the filter for an architecture; `None` where the plan has no such filter, or
    /// its meaning is of another compiler: an interface or an action that this one does not know.
    pub fn read(plan: &Plan<'_>, audit_arch: u32) -> Option<Self> {
        let mut numbers = plan.numbers.iter().map(|one| one.number);
        let mut calls = plan.calls.iter();
        let mut rules = plan.rules.iter();
        let mut conditions = plan.conditions.iter();
        let mut interfaces = Vec::new();
        for one in &plan.interfaces {
            let beyond: Vec<u32> = numbers.by_ref().take(size(one.beyond)).collect();
            let x32 = one.flags & interface_flags::X32 != 0;
            let arch = Arch::ALL
                .into_iter()
                .find(|arch| arch.audit() == one.audit_arch && (*arch == Arch::X32) == x32);
            let mut named = Vec::new();
            for call in calls.by_ref().take(size(one.calls)) {
                named.push(read_call(arch, call, &mut rules, &mut conditions)?);
            }
            if one.filter != audit_arch {
                continue;
            }
            interfaces.push(ArchMeaning {
                arch: arch?,
                newest: one.newest,
                beyond,
                enosys: u16::try_from(one.enosys).ok()?,
                denial: action(one.denial)?,
                default: Unnamed {
                    deny: one.flags & interface_flags::DEFAULT_DENY != 0,
                    span: disguise(one.line),
                },
                calls: named.into_iter().collect(),
            });
        }
        let mut interfaces = interfaces.into_iter();
        let native = interfaces.next()?;
        Some(Self {
            meaning: Meaning {
                native,
                compat: interfaces.collect(),
            },
        })
    }

    /// What the program must do.
    pub const fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// The verdict on a call, why, and the place in the policy that gives it.
    pub fn verdict(&self, call: &Call) -> (Action, Reason, SourceLine) {
        let Verdict {
            action,
            why,
            origin,
        } = evaluate(&self.meaning, call);
        (action, why, origin.map_or(SourceLine::NONE, place_of))
    }
}

type NumberedCall = (u32, CallMeaning);

fn read_call(
    arch: Option<Arch>,
    call: NamedCall,
    rules: &mut impl Iterator<Item = CallRule>,
    conditions: &mut impl Iterator<Item = Condition>,
) -> Option<NumberedCall> {
    let name = arch
        .and_then(|arch| syscall_name(arch, call.number))
        .unwrap_or("unknown");
    let mut read = CallMeaning {
        name,
        rules: Vec::new(),
        hidden: (call.basis == Basis::Hidden).then_some(disguise(call.line)),
        denied: (call.basis == Basis::Denied).then_some(disguise(call.line)),
        allowed: (call.basis == Basis::Allowed).then_some(disguise(call.line)),
        baseline: call.basis == Basis::Baseline,
        guard: None,
    };
    for rule in rules.take(call.rules.into()) {
        let conditions = conditions
            .take(size(rule.conditions))
            .map(|one| read_condition(&one));
        read.rules.push(Rule {
            strength: strength_back(rule.strength),
            action: action(rule.action)?,
            conditions: conditions.collect::<Option<_>>()?,
            span: disguise(rule.line),
        });
    }
    for one in conditions.take(call.guard.into()) {
        let why = arch
            .and_then(|arch| guarded(arch, name))
            .map_or("", |guarded| guarded.why);
        let guard = read.guard.get_or_insert(Guard {
            arg: u8::try_from(one.arg).ok()?,
            width: width(one.bits),
            values: Vec::new(),
            only: one.comparison == Comparison::Eq,
            why,
        });
        guard.values.push(one.value);
    }
    Some((call.number, read))
}

fn read_condition(one: &Condition) -> Option<syscalls::Condition> {
    Some(syscalls::Condition {
        arg: u8::try_from(one.arg).ok()?,
        width: width(one.bits),
        test: test(one),
        span: disguise(one.line),
    })
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// A place in the shape of a span, so that the meaning's types hold it.
fn disguise(line: SourceLine) -> Span {
    Span::new(line.source().into(), size(line.line()))
}

/// The place that a span of a meaning read from a plan stands for.
pub fn place_of(span: Span) -> SourceLine {
    let source = u8::try_from(span.start).unwrap_or(u8::MAX);
    SourceLine::new(source, u32::try_from(span.end).unwrap_or(u32::MAX))
}
