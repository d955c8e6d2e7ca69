//! What is said where there can be no control group.

use crate::message::{Part, Refused, refused, say};
use crate::run::Run;
use purple_plan::{Plan, SourceLine};

pub(crate) const STEP: &str = "cgroup";

const USERS_ADVICE: &str =
    "put `systemd-run --user --scope -p Delegate=yes` before the command, or ";
const ADVICE: &str =
    "name a group that may be divided by --cgroup, or run without limits by --unenforced cgroup";

/// Refuses the run, and says what helps.
pub(crate) fn failed(run: &Run, parts: &[Part<'_>]) -> Refused {
    let refused = refused(STEP, parts);
    let start = if run.outside.root { "" } else { USERS_ADVICE };
    let line = match first_line(&run.plan) {
        Some(line) => Part::Line(line),
        None => Part::Text(""),
    };
    say!(STEP, "the plan's limits need it; ", start, ADVICE, line);
    refused
}

/// The line of the plan's first limit; `None` where it has no limits.
pub(crate) fn first_line(plan: &Plan<'_>) -> Option<SourceLine> {
    plan.cgroup.iter().next().map(|value| value.line)
}
