//! Stage 5: from what the policy means to what is to be enforced.

mod filesystem;
mod landlock;
mod network;
pub(crate) mod probe;
mod process;

pub(crate) use filesystem::hidden_anyway;
pub use process::{INSIDE, OUTSIDE_FOR_ROOT};

use crate::diagnostics::Sink;
use crate::ir::syscalls::{Action, Meaning};
use crate::ir::{Audit, CgroupValue, Filter, Ir, Variable};
use crate::resolve::{CPU_PERIOD, Placed, Resolved, Resources};
use crate::source::Span;
use purple_plan::Layer;

/// By what git finds the configuration of the system, wherever it was installed (git(1)).
const SYSTEM_CONFIG: (&str, &str) = ("GIT_CONFIG_SYSTEM", filesystem::GIT_CONFIG);

/// Lowers a resolved policy. What is wrong goes to the sink.
pub fn lower(resolved: &Resolved, sink: &mut Sink) -> Ir {
    let steps = filesystem::steps(resolved, sink);
    let landlock = landlock::lower(&steps, &resolved.network);
    let environment = resolved.environment.iter().map(|variable| Variable {
        name: variable.name.clone(),
        value: variable.value.clone(),
    });
    let mut environment: Vec<Variable> = environment.collect();
    let is_named = environment.iter().any(|one| one.name == SYSTEM_CONFIG.0);
    if resolved.git_config.is_some() && !is_named {
        environment.push(Variable {
            name: SYSTEM_CONFIG.0.to_owned(),
            value: Some(SYSTEM_CONFIG.1.to_owned()),
        });
        environment.sort_by(|one, other| one.name.cmp(&other.name));
    }
    Ir {
        name: resolved.name.clone(),
        facts: resolved.facts.clone(),
        process: process::lower(resolved),
        steps,
        network: network::lower(&resolved.network),
        cgroup: cgroup(&resolved.resources),
        environment,
        needs: needs(resolved),
        audit: resolved.audit.clone(),
        landlock,
        filters: filters(resolved),
    }
}

/// The filters. Where denied calls are recorded, the supervisor answers them, with the same errors.
fn filters(resolved: &Resolved) -> Vec<Filter> {
    let records_denials = resolved.audit.as_ref().is_some_and(Audit::records_denials);
    let filter = |meaning: &Meaning| Filter {
        meaning: meaning.clone(),
        enforced: if records_denials {
            meaning.with_notification()
        } else {
            meaning.clone()
        },
        probe: probe::probe(meaning),
    };
    resolved.syscalls.iter().map(filter).collect()
}

/// The layers that must be in force, and who asks for them.
fn needs(resolved: &Resolved) -> Vec<(Layer, Span)> {
    let mut needs = resolved.needs.clone();
    // A rule that notifies a supervisor needs one that listens.
    let listener = resolved
        .syscalls
        .iter()
        .flat_map(Meaning::interfaces)
        .flat_map(|interface| interface.calls.values())
        .flat_map(|call| &call.rules)
        .find(|rule| rule.action == Action::Notify)
        .map(|rule| rule.span);
    if let Some(span) = listener.filter(|_| !needs.iter().any(|need| need.0 == Layer::Audit)) {
        needs.push((Layer::Audit, span));
    }
    needs.sort_by_key(|(layer, _)| layer.number());
    needs
}

/// The control group's files (Documentation/admin-guide/cgroup-v2.rst). A memory limit comes with
/// no swap, unless the policy says how much, and with the end of the whole group when it is exceeded.
fn cgroup(limits: &Resources) -> Vec<CgroupValue> {
    let value = |file, text: String, placed: Placed<u64>| CgroupValue {
        file,
        value: text,
        span: placed.span,
    };
    let mut values = Vec::new();
    if let Some(weight) = limits.cpu_weight {
        values.push(value("cpu.weight", weight.value.to_string(), weight));
    }
    if let Some(quota) = limits.cpu_quota {
        values.push(value(
            "cpu.max",
            format!("{} {CPU_PERIOD}", quota.value),
            quota,
        ));
    }
    if let Some(rate) = limits.block_io {
        // The executor puts the device in front: which one it is, only the host knows.
        let text = format!("rbps={0} wbps={0}", rate.value);
        values.push(value("io.max", text, rate));
        if limits.memory.is_none() && limits.swap.is_none() {
            // The kernel knows who wrote what it keeps in memory only where it counts memory.
            values.push(value("memory.high", "max".to_owned(), rate));
        }
    }
    if let Some(memory) = limits.memory {
        values.push(value("memory.max", memory.value.to_string(), memory));
        values.push(value("memory.oom.group", "1".to_owned(), memory));
    }
    match (limits.swap, limits.memory) {
        (Some(swap), _) => values.push(value("memory.swap.max", swap.value.to_string(), swap)),
        (None, Some(memory)) => values.push(value("memory.swap.max", "0".to_owned(), memory)),
        (None, None) => {}
    }
    if let Some(pids) = limits.pids {
        values.push(value("pids.max", pids.value.to_string(), pids));
    }
    values
}

#[cfg(test)]
mod tests;
