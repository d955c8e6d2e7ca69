//! From a meaning to instructions.
//!
//! What each call gets is a place in a graph of decisions: a return, or a test of an argument
//! ([`arguments`]). Numbers that lead to the same place are ranges, and a search over them
//! ([`tree`]) is the entrance to each interface. In the end, tests whose outcome is known are left
//! out ([`thread`]), and the graph is laid out as instructions ([`super::assemble`]).

mod arguments;
pub(super) mod graph;
mod numbers;
mod term;
mod thread;
mod tree;
mod weights;

use self::arguments::{Case, decide};
#[cfg(feature = "libseccomp")]
pub(super) use self::graph::Node;
use self::graph::Word;
pub(super) use self::graph::{Graph, Label, Test};
use self::numbers::{compat, native};
use self::term::{Outcome, Term};
use super::assemble::assemble;
use super::instruction::{ARCH, JEQ, Program};
use crate::ir::syscalls::{
    Action, ArchMeaning, CallMeaning, Condition, Meaning, Rule, Strength, Test as Comparison,
};

/// The program for a meaning, however long it gets.
pub(super) fn generate(meaning: &Meaning) -> Program {
    let mut graph = Graph::default();
    let native_entry = native(&mut graph, meaning);
    let others: Vec<(u32, Label)> = meaning
        .compat
        .iter()
        .filter(|one| one.arch.is_native())
        .map(|one| (one.arch.audit(), compat(&mut graph, one)))
        .collect();
    // The native interface is asked for first; a call through one that is not listed kills.
    let word = Word::whole(ARCH);
    let mut entry = graph.ret(return_value(Action::KillProcess));
    let mut ask = |k, yes, no| {
        graph.test(Test {
            word,
            code: JEQ,
            k,
            yes,
            no,
        })
    };
    for (audit, other) in others.into_iter().rev() {
        entry = ask(audit, other, entry);
    }
    entry = ask(meaning.native.arch.audit(), native_entry, entry);
    let entry = thread::thread(&mut graph, entry);
    assemble(&graph, entry)
}

/// How many instructions a rule takes by itself, without the returns.
pub(super) fn cost(one: &ArchMeaning, rule: &Rule) -> usize {
    let mut graph = Graph::default();
    let otherwise = graph.ret(u32::MAX);
    let then = graph.ret(return_value(rule.action));
    let cases: Vec<Case> = case(one, &rule.conditions, then).into_iter().collect();
    let label = decide(&mut graph, &cases, otherwise);
    graph.size(label, None)
}

/// How many instructions the rules on a call take by themselves, without the returns.
pub(super) fn cost_of_all(one: &ArchMeaning, call: &CallMeaning) -> usize {
    let mut graph = Graph::default();
    let label = arguments(&mut graph, one, call);
    graph.size(label, None)
}

/// What a call of the native interface gets, for the other back end.
#[cfg(feature = "libseccomp")]
pub(super) fn on_call(graph: &mut Graph, one: &ArchMeaning, call: &CallMeaning) -> Label {
    arguments(graph, one, call)
}

/// The value that a seccomp program returns for a verdict (seccomp(2)).
pub(crate) const fn return_value(action: Action) -> u32 {
    match action {
        Action::Allow => 0x7FFF_0000,
        Action::Log => 0x7FFC_0000,
        Action::Notify => 0x7FC0_0000,
        Action::Errno(number) => 0x0005_0000 | number as u32,
        Action::Trap => 0x0003_0000,
        Action::KillThread => 0x0000_0000,
        Action::KillProcess => 0x8000_0000,
    }
}

/// What a call gets: its rules, then what holds when none does.
fn arguments(graph: &mut Graph, one: &ArchMeaning, call: &CallMeaning) -> Label {
    let mut cases = Vec::new();
    for rule in reachable(call) {
        let then = graph.ret(return_value(rule.action));
        cases.extend(case(one, &rule.conditions, then));
    }
    let otherwise = match remainder(one, call) {
        Remainder::Verdict(action) => graph.ret(return_value(action)),
        Remainder::Guarded => {
            let allow = graph.ret(return_value(Action::Allow));
            let deny = graph.ret(return_value(one.denial));
            let Some(guard) = &call.guard else {
                return allow;
            };
            let (listed, otherwise) = if guard.only {
                (allow, deny)
            } else {
                (deny, allow)
            };
            let values = guard.values.iter().filter_map(|&value| {
                let test = Comparison::Eq(value);
                let (arg, width, span) = (guard.arg, guard.width, one.default.span);
                case(
                    one,
                    &[Condition {
                        arg,
                        width,
                        test,
                        span,
                    }],
                    listed,
                )
            });
            cases.extend(values);
            otherwise
        }
    };
    decide(graph, &cases, otherwise)
}

/// A rule's conditions as terms; `None` where they never all hold.
fn case(one: &ArchMeaning, conditions: &[Condition], then: Label) -> Option<Case> {
    let mut terms = Vec::new();
    for condition in conditions {
        match Term::of(one.arch, condition) {
            Outcome::Holds => {}
            Outcome::Fails => return None,
            Outcome::Open(term) => terms.push(term),
        }
    }
    terms.sort_unstable();
    terms.dedup();
    Some(Case {
        terms: terms.into(),
        then,
    })
}

enum Remainder {
    Verdict(Action),
    Guarded,
}

/// The rules that count: those behind what hides a call do not.
fn reachable(call: &CallMeaning) -> &[Rule] {
    let hidden = call.hidden.is_some();
    let end = call
        .rules
        .iter()
        .position(|rule| hidden && rule.strength > Strength::Deny);
    call.rules
        .get(..end.unwrap_or(call.rules.len()))
        .unwrap_or_default()
}

/// What holds for a call when no rule does.
fn remainder(one: &ArchMeaning, call: &CallMeaning) -> Remainder {
    let narrowed = call
        .rules
        .iter()
        .any(|rule| rule.strength == Strength::Allow);
    if call.hidden.is_some() {
        Remainder::Verdict(Action::Errno(one.enosys))
    } else if narrowed || call.denied.is_some() {
        Remainder::Verdict(one.denial)
    } else if call.allowed.is_some() || (!call.baseline && !one.default.deny) {
        if call.guard.is_some() {
            Remainder::Guarded
        } else {
            Remainder::Verdict(Action::Allow)
        }
    } else {
        Remainder::Verdict(one.denial)
    }
}
