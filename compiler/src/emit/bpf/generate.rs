//! From a meaning to instructions.
//!
//! What each call gets is a place in a graph of decisions: a return, or a test of an argument
//! ([`arguments`]). Numbers that lead to the same place are ranges, and a search over them
//! ([`tree`]) is the entrance to each interface. In the end, tests whose outcome is known are left
//! out ([`thread`]), and the graph is laid out as instructions ([`super::assemble`]).

mod arguments;
mod call;
pub(super) mod graph;
mod numbers;
mod term;
mod thread;
mod tree;
mod weights;

use self::arguments::{RuleCase, decide};
use self::call::{arguments, case};
#[cfg(feature = "libseccomp")]
pub(super) use self::graph::Node;
use self::graph::Word;
pub(super) use self::graph::{Graph, Label, Test};
use self::numbers::{compat, native};
use super::assemble::assemble;
use super::instruction::{ARCH, JEQ, Program};
use super::return_value::return_value;
use crate::ir::syscalls::{Action, ArchMeaning, CallMeaning, Meaning, Rule};

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
    let cases: Vec<RuleCase> = case(one, &rule.conditions, then).into_iter().collect();
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
