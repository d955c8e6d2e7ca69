//! The verdicts on a call of which some arguments are known.
//!
//! What each rule would say is asked of the evaluator, with that rule made to hold and those before
//! it made not to: so there is one definition of what a policy means here too.

use crate::emit::{PlanMeaning, place_of};
use crate::ir::syscalls::{
    Action, ArchMeaning, Call, CallMeaning, Condition, Guard, Meaning, Reason, Rule, Test, Verdict,
    evaluate,
};
use crate::resolve::syscalls::{is_of_the_fallback, is_of_the_guard};
use crate::syscalls::{Arch, X32_BIT, guarded};
use purple_plan::SourceLine;

/// An argument that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownArgument {
    /// Its position, from 0.
    pub position: usize,
    /// What the register holds.
    pub value: u64,
}

/// A verdict, and what has to hold for it.
#[derive(Debug, Clone)]
pub struct ConditionalVerdict {
    /// All of it; nothing: in every other case.
    pub when: Vec<When>,
    /// The verdict.
    pub action: Action,
    /// The step that decides.
    pub why: Reason,
    /// The line of the policy that says so.
    pub line: SourceLine,
}

impl ConditionalVerdict {
    /// Why there is the rule that decides, where the policy does not write it.
    pub fn unwritten(
        &self,
        interface: Option<&ArchMeaning>,
        call: Option<&CallMeaning>,
    ) -> Option<String> {
        let (one, call) = interface.zip(call)?;
        let here = |rule: &&Rule| place_of(rule.span) == self.line;
        call.rules.iter().filter(here).find_map(|rule| {
            if is_of_the_guard(one, call, rule) {
                return guarded(one.arch, call.name).map(|guard| guard.why.to_owned());
            }
            is_of_the_fallback(one, call, rule).then(|| {
                let why = if call.denied.is_some() {
                    "`deny` names it"
                } else {
                    "no entry names it, and the default is to deny"
                };
                format!("{why}; libraries fall back after this error")
            })
        })
    }
}

/// Something about an argument that was not given.
#[derive(Debug, Clone)]
pub enum When {
    /// A condition of a rule.
    Holds(Condition),
    /// The argument is one of a guard's values.
    OneOf(Guard),
}

/// The cases, in the order in which they are looked at: the first that holds counts, the last one
/// holds always.
pub fn cases(
    recorded: &PlanMeaning,
    arch: Arch,
    number: u32,
    known: &[KnownArgument],
) -> Vec<ConditionalVerdict> {
    let mut asked = CaseSearch::new(recorded.meaning(), arch, number, known);
    let mut cases = Vec::new();
    for at in 0..asked.named().map_or(0, |call| call.rules.len()) {
        let Some(open) = asked.open(at) else {
            asked.set(at, false);
            continue;
        };
        asked.set(at, true);
        let verdict = asked.verdict();
        let held = verdict.why == Reason::Rule;
        if held && open.is_empty() {
            cases.push(case(Vec::new(), verdict));
            return cases;
        }
        if held {
            cases.push(case(open.into_iter().map(When::Holds).collect(), verdict));
        }
        asked.set(at, false);
    }
    let Some(guard) = asked.named().and_then(|call| call.guard.clone()) else {
        cases.push(case(Vec::new(), asked.verdict()));
        return cases;
    };
    let given = known
        .iter()
        .any(|one| one.position == usize::from(guard.arg));
    let (listed, other) = (asked.guarded(guard.only), asked.guarded(!guard.only));
    if given || listed == other {
        asked.restore(guard);
        cases.push(case(Vec::new(), asked.verdict()));
    } else {
        cases.push(case(vec![When::OneOf(guard)], listed));
        cases.push(case(Vec::new(), other));
    }
    cases
}

fn case(when: Vec<When>, verdict: Verdict) -> ConditionalVerdict {
    let Verdict {
        action,
        why,
        origin,
    } = verdict;
    ConditionalVerdict {
        when,
        action,
        why,
        line: origin.map_or(SourceLine::NONE, place_of),
    }
}

/// A meaning that is changed to ask about one case after the other.
struct CaseSearch {
    meaning: Meaning,
    arch: Arch,
    call: Call,
    known: Vec<usize>,
}

impl CaseSearch {
    fn new(meaning: &Meaning, arch: Arch, number: u32, known: &[KnownArgument]) -> Self {
        let mut args = [0; 6];
        for one in known {
            if let Some(arg) = args.get_mut(one.position) {
                *arg = one.value;
            }
        }
        let call = Call {
            audit_arch: arch.audit(),
            number,
            args,
        };
        let known = known.iter().map(|one| one.position).collect();
        Self {
            meaning: meaning.clone(),
            arch,
            call,
            known,
        }
    }

    fn verdict(&self) -> Verdict {
        evaluate(&self.meaning, &self.call)
    }

    /// What something names of the call.
    fn named(&self) -> Option<&CallMeaning> {
        let x32 = self.arch.has_x32() && self.call.number >= X32_BIT;
        let arch = if x32 { Arch::X32 } else { self.arch };
        self.meaning.interface(arch)?.calls.get(&self.call.number)
    }

    fn change(&mut self, how: impl FnOnce(&mut CallMeaning)) {
        let (arch, number) = (self.arch, self.call.number);
        let x32 = arch.has_x32() && number >= X32_BIT;
        let arch = if x32 { Arch::X32 } else { arch };
        let Meaning { native, compat } = &mut self.meaning;
        let mut all = std::iter::once(native).chain(compat);
        let interface = all.find(|one| one.arch == arch);
        if let Some(call) = interface.and_then(|one| one.calls.get_mut(&number)) {
            how(call);
        }
    }

    /// The conditions of a rule about arguments that were not given; `None` where one about an
    /// argument that was given does not hold.
    fn open(&self, rule: usize) -> Option<Vec<Condition>> {
        let conditions = &self.named()?.rules.get(rule)?.conditions;
        let given = |one: &&Condition| self.known.contains(&usize::from(one.arg));
        if !conditions
            .iter()
            .filter(given)
            .all(|one| one.holds(&self.call.args))
        {
            return None;
        }
        Some(
            conditions
                .iter()
                .filter(|one| !given(one))
                .copied()
                .collect(),
        )
    }

    /// Makes a rule hold always, or never.
    fn set(&mut self, rule: usize, holds: bool) {
        self.change(|call| {
            let Some(rule) = call.rules.get_mut(rule) else {
                return;
            };
            let never = Condition {
                arg: 0,
                width: u64::MAX,
                test: Test::Lt(0),
                span: rule.span,
            };
            rule.conditions = if holds { Vec::new() } else { vec![never] };
        });
    }

    /// The verdict where the guard lets the call pass, or where it does not.
    fn guarded(&mut self, passes: bool) -> Verdict {
        self.change(|call| {
            if let Some(guard) = &mut call.guard {
                guard.values.clear();
                guard.only = !passes;
            }
        });
        self.verdict()
    }

    fn restore(&mut self, guard: Guard) {
        self.change(|call| call.guard = Some(guard));
    }
}
