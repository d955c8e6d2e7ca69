//! What a program inside finds: Python scripts that print one JSON value.

use crate::policy::Policy;
use crate::run::Run;
use crate::test_dir::TestDir;
use serde_json::Value;
use std::path::Path;

/// Debian's own interpreter, whatever stands first in `PATH`.
pub const PYTHON: &str = "/usr/bin/python3";

/// Names for the numbers that probes use.
pub const CALLS: &str = include_str!("../probes/calls.py");

/// What every probe begins with.
const PRELUDE: &str = include_str!("../probes/prelude.py");

/// A script with the prelude in front.
pub fn script(text: &str) -> String {
    format!("{CALLS}{PRELUDE}{text}")
}

/// A run of a Python script.
pub fn python<'p>(place: &'p TestDir, plan: &Path, text: &str) -> Run<'p> {
    Run::new(place, plan, &[PYTHON, "-ISc", &script(text)])
}

/// What a Python script finds under the policy that tests start from.
#[track_caller]
pub fn facts(place: &TestDir, text: &str) -> Value {
    facts_under(place, &Policy::new(place), text)
}

/// What a Python script finds under a policy.
#[track_caller]
pub fn facts_under(place: &TestDir, policy: &Policy, text: &str) -> Value {
    python(place, &policy.compile(place), text).finish().facts()
}
