//! The whole of it: purple-exec applies a shipped profile and runs a program.

use super::report::{Check, CheckResult, Subject};
use crate::command_line::CommandLine;
use crate::executor::{self, ExecutorError};
use crate::plans::{self, PlanSource};
use purple_host::cgroup::Cgroup;
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

pub(super) const EXECUTOR: Subject = Subject {
    id: "purple-exec",
    layer: "start",
    why: "nothing runs without it",
};
const RUN: Subject = Subject {
    id: "run",
    layer: "start",
    why: "runs are refused",
};

/// How long the run may take.
const TIME_LIMIT: Duration = Duration::from_secs(20);

/// Runs `true` under the profile `base`, in a group where there is one.
pub(super) fn check(group: Option<&Cgroup>, checks: &mut Vec<Check>) {
    let executor = executor::command();
    let run = match &executor {
        Ok(_) => match run_base(group) {
            Ok(found) => CheckResult::Ok(found),
            Err(found) => CheckResult::Missing {
                found,
                fix: fix(checks),
            },
        },
        Err(_) => CheckResult::Untried {
            needs: EXECUTOR.id.to_owned(),
        },
    };
    let executor = match executor {
        Ok(_) => CheckResult::ok(),
        Err(error) => CheckResult::Missing {
            found: error.to_string(),
            fix: "install purple-exec in the directory of purple".to_owned(),
        },
    };
    checks.push(Check::required(EXECUTOR, executor));
    checks.push(Check::required(RUN, run));
}

/// What helps: what other checks have found, where that can be the reason. The run goes without limits where there
/// are none.
fn fix(checks: &[Check]) -> String {
    let explains = |check: &&Check| check.is_obstacle() && check.subject.layer != "limits";
    let ids: Vec<&str> = checks
        .iter()
        .filter(explains)
        .map(|check| check.subject.id)
        .collect();
    if ids.is_empty() {
        return "no other check has found the reason: the message names the step of purple-exec that failed, and the error".to_owned();
    }
    format!("fix what is missing first: {}", ids.join(", "))
}

/// The run under the profile; both texts are for people.
fn run_base(group: Option<&Cgroup>) -> Result<String, String> {
    // The profile is shipped, and has no findings to show.
    let mut notices = Vec::new();
    let base = PlanSource::Profile("base".to_owned());
    let plan = plans::ready(&base, &CommandLine::default(), &mut notices)
        .map_err(|error| error.to_string())?;
    let took = run(&plan.bytes, group)?.as_millis();
    let limits = if group.is_some() {
        "with limits"
    } else {
        "without limits"
    };
    Ok(format!(
        "`true` under the profile `base`, {limits}, in {took} ms"
    ))
}

/// Has purple-exec run `true` under a plan, and says how long that took, or why it was not run.
pub(super) fn run(plan: &[u8], group: Option<&Cgroup>) -> Result<Duration, String> {
    let words = |error: ExecutorError| error.to_string();
    let mut command = executor::command().map_err(words)?;
    let sealed = executor::seal(plan).map_err(words)?;
    match group {
        Some(group) => command.arg("--cgroup").arg(group.path()),
        None => command.args(["--unenforced", "cgroup"]),
    };
    command.arg(sealed.path()).args(["--", "true"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command
        .spawn()
        .map_err(|error| format!("purple-exec: {error}"))?;
    let start = Instant::now();
    let ended = wait(child, start)?;
    if ended.status.success() {
        return Ok(start.elapsed());
    }
    let messages = String::from_utf8_lossy(&ended.stderr);
    let reason = messages
        .lines()
        .find(|line| !line.contains("--unenforced asked"));
    Err(reason.map_or_else(|| ended.status.to_string(), str::to_owned))
}

/// Waits for its end, for a limited time, and kills it then.
fn wait(mut child: Child, start: Instant) -> Result<Output, String> {
    while child.try_wait().is_ok_and(|ended| ended.is_none()) {
        if start.elapsed() > TIME_LIMIT {
            let killed = child.kill().and_then(|()| child.wait());
            return Err(match killed {
                Ok(_) => format!("it did not end within {} s", TIME_LIMIT.as_secs()),
                Err(error) => format!("no end, and it cannot be killed: {error}"),
            });
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Check, CheckResult, RUN, Subject, fix};

    #[test]
    fn a_run_that_fails_names_the_checks_that_can_be_the_reason() {
        let missing = |id, layer| {
            let why = RUN.why;
            let (found, fix) = (String::new(), String::new());
            Check::required(
                Subject { id, layer, why },
                CheckResult::Missing { found, fix },
            )
        };
        let limits = missing("cgroup", "limits");
        let alone = fix(std::slice::from_ref(&limits));
        assert!(
            alone.starts_with("no other check has found the reason: "),
            "{alone}"
        );
        let both = [limits, missing("calls", "start")];
        assert_eq!(fix(&both), "fix what is missing first: calls");
    }
}
