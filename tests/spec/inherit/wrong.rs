//! Names that are wrong, in a policy and in its parents.

use super::super::compiled_beside;
use super::super::texts::Texts;
use super::PARENT;
use purplec::diagnostics::Severity;
use std::collections::BTreeSet;

/// The errors of a policy, its `extends` line left out, as code and place.
fn errors(parents: &[(&str, &str)], policy: &str) -> Vec<(&'static str, String)> {
    let files = Some(Texts::new(parents.iter().copied()).files());
    let (outcome, _) = compiled_beside("policy.yaml", policy.as_bytes(), files);
    assert!(outcome.plan.is_none());
    let found = outcome
        .diagnostics
        .iter()
        .filter(|one| one.severity == Severity::Error);
    found
        .map(|one| (one.code, outcome.sources.slice(one.span).to_owned()))
        .collect()
}

/// A key that does not exist, and wrong names of every kind.
const WRONG: &str = "\
name: a
memory: 1G
syscalls:
  allow: [opnat, \"@netwrok\", {socket: \"domain == AF_INTE\"}]
  advanced_rules: [{syscall: kil, action: errno, errno: EPREM}]
  default_deny: maybe
capabilities: {add: [CAP_NET_ADMN]}
resources: {session_timeout_seconds: 5 parsecs}
";

#[test]
fn wrong_names_are_reported_beside_a_wrong_key_whether_the_policy_extends_something_or_not() {
    let alone = errors(&[], WRONG);
    let codes: BTreeSet<&str> = alone.iter().map(|(code, _)| *code).collect();
    let all = [
        "condition-name-unknown",
        "errno-unknown",
        "group-unknown",
        "invalid-duration",
        "syscall-unknown",
        "unknown-capability",
        "unknown-key",
        "wrong-type",
    ];
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), all);
    let parents = [("p.yaml", PARENT), ("q.yaml", "name: q\nextends: p.yaml\n")];
    for extends in ["p.yaml", "[q.yaml, ai-dev-safe]", "base", "[]"] {
        assert_eq!(
            errors(&parents, &format!("{WRONG}extends: {extends}\n")),
            alone,
            "{extends}"
        );
    }
    // A parent that is missing or wrong is one more mistake, and hides none.
    let broken = [("p.yaml", "name: p\nsyscalls: {allow: [raed], denny: []}\n")];
    let found = errors(&broken, &format!("{WRONG}extends: [p.yaml, bsae]\n"));
    let has = |code: &str, place: &str| found.contains(&(code, place.to_owned()));
    assert!(alone.iter().all(|one| found.contains(one)), "{found:#?}");
    assert!(has("extends-unknown-profile", "bsae") && has("extends-broken", "p.yaml"));
    assert!(
        has("unknown-key", "denny") && has("syscall-unknown", "raed"),
        "{found:#?}"
    );
    assert_eq!(found.len(), alone.len() + 4, "{found:#?}");
}

/// What takes something out means nothing without the texts that have it.
#[test]
fn what_is_taken_out_of_a_missing_text_is_no_mistake_of_its_own() {
    let removing = "name: a\nsyscalls: {alow: []}\nfilesystem: {scratch_paths: [\"!/cache\"]}\n";
    let found = |extends: &str| {
        errors(
            &[("p.yaml", PARENT)],
            &format!("{removing}extends: {extends}\n"),
        )
    };
    let codes =
        |found: Vec<(&'static str, String)>| found.into_iter().map(|one| one.0).collect::<Vec<_>>();
    assert_eq!(codes(found("p.yaml")), ["unknown-key"]);
    assert_eq!(
        codes(found("nowhere.yaml")),
        ["unknown-key", "extends-unreadable"]
    );
    assert_eq!(codes(found("base")), ["unknown-key", "removes-nothing"]);
    assert_eq!(codes(found("[]")), ["unknown-key", "removes-nothing"]);
}
