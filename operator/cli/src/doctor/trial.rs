//! The whole of it: purple-exec applies a shipped profile and runs a program.

use super::report::{Check, UNTRIED};
use crate::profiles;
use purple_core::executor::{self, Sealed};
use purple_core::plans;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BESIDE: (&str, &str, &str) = ("purple-exec", "start", "nothing runs without it");
const RUN: (&str, &str, &str) = ("run", "start", "runs are refused");

/// How long the run may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `true` under the profile `base`, in a group where there is one.
pub(super) fn try_run(group: Option<&Path>, checks: &mut Vec<Check>) {
    let found = executor::command().map_err(|problem| problem.0);
    let there = found.is_ok();
    let beside = || "install purple-exec in the directory of purple".to_owned();
    let command = match found {
        Ok(command) => {
            checks.push(Check::new(BESIDE, Ok(String::new()), beside));
            Ok(command)
        }
        Err(why) => {
            checks.push(Check::new(BESIDE, Err(why), beside));
            Err(format!("{UNTRIED}it needs purple-exec"))
        }
    };
    let ran = command.and_then(|command| run(command, group));
    let fix = || {
        if there {
            "mend what is missing above".to_owned()
        } else {
            beside()
        }
    };
    checks.push(Check::new(RUN, ran, fix));
}

fn run(mut command: Command, group: Option<&Path>) -> Result<String, String> {
    let plan = profiles::find("base").and_then(|profile| plans::from_profile(&profile));
    let plan = plan
        .and_then(|ready| Sealed::new(&ready.bytes))
        .map_err(|problem| problem.0)?;
    match group {
        Some(group) => command.arg("--cgroup").arg(group),
        None => command.args(["--unenforced", "cgroup"]),
    };
    command.arg(plan.path()).args(["--", "true"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .map_err(|error| format!("purple-exec: {error}"))?;
    let start = Instant::now();
    while child.try_wait().is_ok_and(|ended| ended.is_none()) {
        if start.elapsed() > PATIENCE {
            let killed = child.kill().and_then(|()| child.wait());
            return Err(match killed {
                Ok(_) => format!("no end in {} s", PATIENCE.as_secs()),
                Err(error) => format!("no end, and it cannot be killed: {error}"),
            });
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = start.elapsed().as_millis();
    let ended = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if ended.status.success() {
        let without = if group.is_some() {
            "with limits"
        } else {
            "without limits"
        };
        return Ok(format!(
            "`true` under the profile `base`, {without}, in {took} ms"
        ));
    }
    let told = String::from_utf8_lossy(&ended.stderr);
    let last = told
        .lines()
        .find(|line| !line.contains("--unenforced asked"));
    Err(last.map_or_else(|| ended.status.to_string(), str::to_owned))
}
