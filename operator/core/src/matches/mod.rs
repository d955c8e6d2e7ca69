//! What the patterns of a plan match on the host.
//!
//! A plan names patterns, because it is made for any host. Before a run each is looked up below the paths that the
//! plan shows, and the plan gets a step for each path found, in the pattern's place. purple-exec applies no plan that
//! has a pattern. What appears on the host later is not covered.

mod arrange;
mod error;
mod missing;
mod pattern;
mod search;

pub use error::{MatchError, MatchProblem};

use crate::notice::Notice;
use crate::policy_line;
use crate::workspace;
use arrange::{Effect, Layout};
use purple_plan::{Contents, MAX_MOUNTS, MAX_PLAN_BYTES, Mount, Plan, encode};
use purple_report::Visible;
use search::Search;
use std::ffi::CString;

/// The plan with steps for what its patterns match, and without optional output paths that the host lacks; as it is where it has
/// neither.
pub(crate) fn resolve(bytes: Vec<u8>, notices: &mut Vec<Notice>) -> Result<Vec<u8>, MatchError> {
    let plan = Plan::decode(&bytes).map_err(MatchError::Decode)?;
    let rest = missing::without(&plan).map(|steps| encoded(&plan, &steps));
    let rest = rest.transpose()?;
    let matched = match &rest {
        Some(rest) => matched(&Plan::decode(rest).map_err(MatchError::Decode)?, notices)?,
        None => matched(&plan, notices)?,
    };
    Ok(matched.or(rest).unwrap_or(bytes))
}

/// The plan with steps for what its patterns match; `None` where it has no pattern.
fn matched(plan: &Plan<'_>, notices: &mut Vec<Notice>) -> Result<Option<Vec<u8>>, MatchError> {
    if !plan.mounts.iter().any(|step| Effect::of(&step).is_some()) {
        return Ok(None);
    }
    workspace::check(plan).map_err(MatchError::Workspace)?;
    let mut layout = Layout::of(plan);
    let mut search = Search::new(plan);
    let patterns = plan.mounts.iter().filter(|step| Effect::of(step).is_some());
    for pattern in patterns {
        let found = search.matches(pattern)?;
        if found.is_empty() {
            notices.push(Notice::NothingMatched {
                pattern: Visible(pattern.target.to_bytes()).to_string(),
                line: policy_line::words_of(plan, pattern.line),
            });
        }
        for (path, is_directory) in found {
            layout.add(path, is_directory, pattern);
        }
    }
    let changes = layout.changes()?;
    let targets = changes
        .added
        .keys()
        .map(|path| CString::new(path.as_slice()));
    let targets: Vec<CString> = targets.collect::<Result<_, _>>().map_err(MatchError::Nul)?;
    let added = changes.added.values().zip(&targets);
    let added = added
        .map(|(step, target)| Mount { target, ..*step })
        .collect();
    encoded(plan, &changes.merged(plan, added)).map(Some)
}

/// The plan's bytes with these steps.
fn encoded(plan: &Plan<'_>, mounts: &[Mount<'_>]) -> Result<Vec<u8>, MatchError> {
    if mounts.len() > MAX_MOUNTS {
        return Err(MatchError::TooManySteps(mounts.len()));
    }
    // Each section is named, so that a new one is not left out here.
    let contents = Contents {
        meta: plan.meta,
        process: plan.process,
        capabilities: plan.capabilities,
        network: plan.network,
        mounts,
        rlimits: &plan.rlimits.iter().collect::<Vec<_>>(),
        environment: &plan.environment.iter().collect::<Vec<_>>(),
        filters: &plan.filters.iter().collect::<Vec<_>>(),
        cgroup: &plan.cgroup.iter().collect::<Vec<_>>(),
        needs: &plan.needs.iter().collect::<Vec<_>>(),
        audit: &plan.audit.iter().collect::<Vec<_>>(),
        landlock: &plan.landlock.iter().collect::<Vec<_>>(),
        paths: &plan.paths.iter().collect::<Vec<_>>(),
        ports: &plan.ports.iter().collect::<Vec<_>>(),
        sources: &plan.sources.iter().collect::<Vec<_>>(),
        host_facts: &plan.host_facts.iter().collect::<Vec<_>>(),
        interfaces: &plan.interfaces.iter().collect::<Vec<_>>(),
        numbers: &plan.numbers.iter().collect::<Vec<_>>(),
        calls: &plan.calls.iter().collect::<Vec<_>>(),
        rules: &plan.rules.iter().collect::<Vec<_>>(),
        conditions: &plan.conditions.iter().collect::<Vec<_>>(),
        net_batches: &plan.net_batches.iter().collect::<Vec<_>>(),
        net_sockets: &plan.net_sockets.iter().collect::<Vec<_>>(),
        net_rules: &plan.net_rules.iter().collect::<Vec<_>>(),
        net_resolvers: &plan.net_resolvers.iter().collect::<Vec<_>>(),
    };
    let mut out = vec![0; MAX_PLAN_BYTES];
    let length = encode(&contents, &mut out).map_err(MatchError::Encode)?;
    out.truncate(length);
    Ok(out)
}

#[cfg(test)]
mod tests;
