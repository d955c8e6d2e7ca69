//! What a policy takes back of its parent is reported.

use super::super::compiled_beside;
use super::super::texts::Texts;

/// The findings of a policy with one parent: each code with its message.
fn findings(parent: &str, policy: &str) -> Vec<String> {
    let files = Texts::new([("p.yaml", parent)]).files();
    let text = format!("name: a\nextends: p.yaml\nsyscalls: {{{policy}}}\n");
    let (outcome, _) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
    let found = outcome.diagnostics.iter().filter(|one| one.span.file == 0);
    found
        .map(|one| format!("{}: {}", one.code, one.message))
        .collect()
}

#[test]
fn taking_back_what_a_parent_denies_is_reported() {
    let parent = "name: p\nsyscalls:\n  default_deny: false\n  \
                  deny: [\"@network\", getcpu, {getrandom: \"flags == 1\"}]\n";
    let note = |name: &str| vec![format!("loosens-parent: `!{name}` takes a denial back")];
    for name in ["connect", "@network", "getcpu", "getrandom"] {
        assert_eq!(
            findings(parent, &format!("deny: [\"!{name}\"]")),
            note(name),
            "{name}"
        );
    }
    // Denied without a condition it is denied more.
    assert_eq!(
        findings(parent, "deny: [\"!getrandom\", getrandom]"),
        Vec::<String>::new()
    );
    assert_eq!(
        findings(parent, "deny: [\"!getcpu\", getcpu]"),
        Vec::<String>::new()
    );
    let unused = findings(parent, "deny: [\"!getpid\"]");
    assert_eq!(
        unused,
        ["exclusion-unused: no group of `deny` has `getpid`: this takes nothing out"]
    );
}

#[test]
fn taking_away_the_condition_of_an_allowed_call_is_reported() {
    let parent = "name: p\nsyscalls:\n  allow: [\"@libc-start\", getcpu, {fcntl: \"cmd == 1\"}]\n";
    let lifted = ["loosens-parent: `!fcntl` lifts the condition under which a call is allowed"];
    assert_eq!(findings(parent, "allow: [\"!fcntl\", fcntl]"), lifted);
    assert_eq!(
        findings(parent, "allow: [\"!fcntl\"]"),
        Vec::<String>::new()
    );
    assert_eq!(
        findings(parent, "allow: [\"!getcpu\"]"),
        Vec::<String>::new()
    );
    let open = format!("{parent}  default_deny: false\n");
    assert_eq!(findings(&open, "allow: [\"!fcntl\"]"), lifted);
}

#[test]
fn a_time_limit_is_compared_as_a_duration() {
    let files = |policy: &str| {
        let parent = "name: p\nresources: {session_timeout_seconds: 1h}\n";
        let files = Texts::new([("p.yaml", parent)]).files();
        let text =
            format!("name: a\nextends: p.yaml\nresources: {{session_timeout_seconds: {policy}}}\n");
        let (outcome, _) = compiled_beside("policy.yaml", text.as_bytes(), Some(files));
        outcome
            .diagnostics
            .iter()
            .map(|one| one.message.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(files("30m"), Vec::<String>::new());
    assert_eq!(files("3600"), Vec::<String>::new());
    assert_eq!(
        files("2h"),
        ["`session_timeout_seconds` is raised from `1h` to `2h`"]
    );
    assert_eq!(
        files("3601"),
        ["`session_timeout_seconds` is raised from `1h` to `3601`"]
    );
}
