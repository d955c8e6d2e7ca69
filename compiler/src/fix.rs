//! Applying the fixes of a policy's findings, round after round, as long as it gets no worse.

use crate::diagnostics::{Sink, fix};
use crate::pipeline::{self, Compilation, Fault, Options};
use crate::source::Source;
use std::collections::BTreeMap;

/// How often a text is checked and fixed: a fix may bring up a finding with a fix of its own.
const MAX_ROUNDS: usize = 20;

/// What a text became.
#[derive(Debug, Clone)]
pub struct FixedPolicy {
    /// The text afterwards; the same as before where nothing was applied.
    pub source: Source,
    /// How many findings were fixed, by code.
    pub applied: BTreeMap<&'static str, usize>,
    /// What is found in the text afterwards.
    pub outcome: Compilation,
}

/// How far a text comes in the pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    NoYaml,
    NoPlan,
    Plan,
}

/// Applies the safe fixes of a policy, and the others where `with_unsafe` says so. A text that is
/// not YAML stays as it is, and so does one that would come less far in the pipeline afterwards.
pub fn fix_all(
    source: &Source,
    options: &Options,
    sink: Sink,
    with_unsafe: bool,
) -> Result<FixedPolicy, Fault> {
    // What the bytes were is not known any more.
    let whole = !sink.has_errors();
    let outcome = pipeline::compile(source, options, sink)?;
    let mut best = FixedPolicy {
        source: source.clone(),
        applied: BTreeMap::new(),
        outcome,
    };
    if !whole {
        return Ok(best);
    }
    for _ in 0..MAX_ROUNDS {
        let before = reach(&best.outcome);
        if before == Reach::NoYaml {
            break;
        }
        let findings = &best.outcome.diagnostics;
        let Some(fixed) = fix::apply(&best.source.text, findings, with_unsafe) else {
            break;
        };
        let source = Source::new(best.source.name.clone(), fixed.text);
        let outcome = pipeline::compile(&source, options, Sink::new())?;
        if reach(&outcome) < before {
            break;
        }
        let mut applied = best.applied;
        for finding in fixed.applied.iter().filter_map(|&at| findings.get(at)) {
            let count = applied.entry(finding.code).or_default();
            *count += 1;
        }
        best = FixedPolicy {
            source,
            applied,
            outcome,
        };
    }
    Ok(best)
}

fn reach(outcome: &Compilation) -> Reach {
    if outcome.plan.is_some() {
        Reach::Plan
    } else if outcome
        .diagnostics
        .iter()
        .any(|found| fix::is_no_yaml(found.code))
    {
        Reach::NoYaml
    } else {
        Reach::NoPlan
    }
}
