//! An attack goes twice: without a sandbox, where it works, and inside, where it does not.

use purple_tests::identity::skip;
use purple_tests::inside::{PYTHON, python, script};
use purple_tests::policy::Policy;
use purple_tests::run::{Run, bare};
use purple_tests::test_dir::TestDir;
use serde_json::Value;
use std::path::Path;

/// Starts a script in the directory that is `/output` inside.
const HERE: [&str; 4] = ["sh", "-c", "cd output && exec \"$@\"", "sh"];

/// Makes its arguments root in namespaces of their own, as any user may be (`user_namespaces(7)`).
pub(crate) const AS_ROOT_OF_ITS_OWN: [&str; 4] =
    ["unshare", "--user", "--map-root-user", "--mount"];

/// What a Python script finds without a sandbox.
#[track_caller]
pub(crate) fn outside(place: &TestDir, text: &str) -> Value {
    outside_by(place, &[], text)
}

/// The same for a script that other words start.
#[track_caller]
pub(crate) fn outside_by(place: &TestDir, wrapper: &[&str], text: &str) -> Value {
    let text = script(text);
    let words = [&HERE[..], wrapper, &[PYTHON, "-ISc", &text]].concat();
    bare(place, &words).facts()
}

/// What a script finds inside, whatever the executor said of a layer that was let go.
#[track_caller]
pub(crate) fn found(run: &Run<'_>) -> Value {
    let done = run.finish();
    serde_json::from_str(&done.out()).unwrap_or_else(|error| panic!("{error}: {done}"))
}

/// Leaves Landlock out, to see what the others hold.
pub(crate) const WITHOUT_LANDLOCK: [&str; 2] = ["--unenforced", "landlock"];

/// Makes the attacks of a script outside and inside: see [`stopped`].
#[track_caller]
pub(crate) fn attack(place: &TestDir, policy: &Policy, test: &str, text: &str, errors: &[&str]) {
    let inside = python(place, &policy.compile(place), text).finish().facts();
    stopped(place, test, &outside(place, text), &inside, errors);
}

/// Fails unless each attack inside ended in one of these errors. Those that did not work outside
/// either have proved nothing, and are named.
#[track_caller]
pub(crate) fn stopped(
    place: &TestDir,
    test: &str,
    outside: &Value,
    inside: &Value,
    errors: &[&str],
) {
    let mut unproved = Vec::new();
    for (name, result) in outside.as_object().expect("an object") {
        let found = inside[name].as_str().expect("the name of an error");
        assert!(
            errors.contains(&found),
            "{name}: {found} inside, {result} outside"
        );
        if result != "ok" {
            unproved.push(format!("{name} {}", result.as_str().unwrap_or_default()));
        }
    }
    if !unproved.is_empty() {
        let test = format!(
            "{test}::{}",
            if place.who.is_root() {
                "as_root"
            } else {
                "as_user"
            }
        );
        let why = format!(
            "without the sandbox this fails here too: {}",
            unproved.join(", ")
        );
        skip(&test, &why);
    }
}

/// Whether a program is there; says that a test cannot run where it is not.
pub(crate) fn has(program: &str, test: &str) -> bool {
    let there = Path::new(program).exists();
    if !there {
        skip(test, &format!("{program} is not installed"));
    }
    there
}
