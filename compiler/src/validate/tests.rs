//! Policies that are accepted, and the exact words and places for those that are not.
#![expect(clippy::expect_used, reason = "a test says what it relies on")]

use super::validate;
use crate::cpu_time::cpu_time;
use crate::diagnostics::{MAX_PER_CODE, Sink};
use crate::parse::parse;
use crate::schema::Schema;
use crate::source::Source;
use purple_policy::{DEPRECATED_OPERATORS, DEPRECATED_SPELLINGS, Operator, Policy, Quantity};
use std::time::Duration;

/// A code, the underlined text, message and help.
type Found = (&'static str, String, String, String);

/// The policy, and what was found.
fn read(text: &str) -> (Option<Policy>, Vec<Found>) {
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let mut document = parse(&source, &mut sink).expect("the text is YAML");
    let policy = validate(&mut document, &mut sink);
    let found = sink.into_sorted().into_iter().map(|one| {
        (
            one.code,
            source.slice(one.span).to_owned(),
            one.message,
            one.help.unwrap_or_default(),
        )
    });
    (policy, found.collect())
}

#[test]
fn the_schema_compiles() {
    assert!(Schema::of_policies().is_some());
}

#[test]
fn the_least_policy() {
    let (policy, found) = read("name: a\n");
    assert_eq!(found, []);
    assert_eq!(policy.expect("a policy").name, "a");
}

#[test]
fn every_older_spelling_is_renamed_with_a_note() {
    for spelling in DEPRECATED_SPELLINGS {
        let value = if spelling.section == "network" {
            "[]"
        } else {
            "5"
        };
        let section = spelling.section;
        let (policy, found) = read(&format!(
            "name: a\n{section}:\n  {}: {value}\n",
            spelling.deprecated
        ));
        assert!(policy.is_some(), "{spelling:?}: {found:?}");
        let places: Vec<_> = found.iter().map(|one| (one.0, one.1.as_str())).collect();
        assert_eq!(places, [("older-spelling", spelling.deprecated)]);
        let (policy, found) = read(&format!(
            "name: a\n{section}:\n  {}: {value}\n  {}: {value}\n",
            spelling.deprecated, spelling.preferred
        ));
        // The document without the older key is fine; the sink's error stops the compilation.
        assert!(policy.is_some());
        let places: Vec<_> = found.iter().map(|one| (one.0, one.1.as_str())).collect();
        assert_eq!(places, [("conflicting-spellings", spelling.deprecated)]);
    }
    let (policy, found) = read("name: a\nresources: {memory_limit: 4G}\n");
    let memory = policy
        .and_then(|policy| policy.resources)
        .and_then(|it| it.memory_limit_bytes);
    assert_eq!(memory, Some(Quantity::Text("4G".to_owned())));
    assert_eq!(found.len(), 1);
}

#[test]
fn older_operators_are_renamed_with_a_note() {
    for (older, preferred) in DEPRECATED_OPERATORS {
        let (policy, found) = read(&format!(
            "name: a\nsyscalls:\n  advanced_rules:\n  - syscall: x\n    action: deny\n    conditions: [&c {{arg: 0, op: {older}, value: 1}}, *c]\n"
        ));
        let rules = policy
            .and_then(|policy| policy.syscalls)
            .expect("rules")
            .advanced_rules;
        let operators: Vec<Operator> = rules
            .iter()
            .filter_map(|rule| match &rule.conditions {
                purple_policy::Conditions::List(list) => Some(list),
                purple_policy::Conditions::Text(_) => None,
            })
            .flatten()
            .map(|condition| condition.op)
            .collect();
        let expected = match *preferred {
            "ne" => Operator::Ne,
            "le" => Operator::Le,
            _ => Operator::Ge,
        };
        assert_eq!(operators, [expected, expected]);
        let places: Vec<_> = found.iter().map(|one| (one.0, one.1.as_str())).collect();
        assert_eq!(places, [("older-spelling", *older)]);
    }
}

#[test]
fn later_stages_find_places_under_preferred_spellings() {
    let text = "name: a\nnetwork:\n  allow_outgoing: [\"443\", 70]\n";
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let mut document = parse(&source, &mut sink).expect("a document");
    assert!(validate(&mut document, &mut sink).is_some());
    assert_eq!(
        source.slice(document.span("/network/allowed_outgoing_ports/1")),
        "70"
    );
    assert_eq!(
        source.slice(document.key_span("/network/allowed_outgoing_ports")),
        "allow_outgoing"
    );
}

#[test]
fn findings_in_an_authors_words() {
    for (text, code, under, message, help) in [
        (
            "resources: {memory_limit_bytes: [1, 2]}",
            "wrong-type",
            "[1, 2]",
            "`memory_limit_bytes` takes a size such as `512M`; found a list",
            "",
        ),
        (
            "resources: {memory_limit_bytes: [\"2G\"]}",
            "wrong-type",
            "[\"2G\"]",
            "`memory_limit_bytes` takes a size such as `512M`; found a list",
            "it takes one value, not a list: `2G`",
        ),
        (
            "resources: {memory_limit_bytes: 1.5}",
            "wrong-type",
            "1.5",
            "`memory_limit_bytes` takes a size such as `512M`; found the number `1.5`",
            "",
        ),
        (
            "resources: {pids_limit: 10.0}",
            "wrong-type",
            "10.0",
            "`pids_limit` takes a whole number; found the number `10.0`",
            "leave out the fraction: `10`",
        ),
        (
            "resources: {pids_limit: '10'}",
            "wrong-type",
            "'10'",
            "`pids_limit` takes a whole number; found the text `10`",
            "remove the quotes: `10`",
        ),
        (
            "resources: {pids_limit: 0}",
            "out-of-range",
            "0",
            "`pids_limit` takes a whole number, 1 or more; found 0",
            "",
        ),
        (
            "resources: {cpu_shares: 0.0}",
            "out-of-range",
            "0.0",
            "`cpu_shares` takes a number above 0 and up to 1; found 0.0",
            "",
        ),
        (
            "resources: {memori: 1}",
            "unknown-key",
            "memori",
            "`memori` is not a key of `resources`",
            "did you mean `memory_limit_bytes`?",
        ),
        (
            "filesystem: {allow_outgoing: []}",
            "unknown-key",
            "allow_outgoing",
            "`allow_outgoing` is not a key of `filesystem`",
            "`allow_outgoing` is a key of `network`: move it there",
        ),
        (
            "filesystem: {scratch_paths: /tmp}",
            "wrong-type",
            "/tmp",
            "`scratch_paths` takes a list such as `[/tmp]`; found the text `/tmp`",
            "make it a list: `[/tmp]`",
        ),
        (
            "filesystem: {output_paths: [{host_path: a, sandbox_path: b}]}",
            "invalid-value",
            "b",
            "`sandbox_path` is an absolute path inside the sandbox; found the text `b`",
            "begin it with `/`",
        ),
        (
            "filesystem: {output_paths: [{host_path: a}]}",
            "missing-key",
            "host_path",
            "an item of `output_paths` needs the key `sandbox_path`",
            "add `sandbox_path:` with text such as `/output`",
        ),
        (
            "network: []",
            "wrong-type",
            "[]",
            "`network` takes a mapping with keys such as `mode`, `isolated` and `allow`; found a list",
            "leave it out for the defaults, or name its keys",
        ),
        (
            "network: {isolated: 'true'}",
            "wrong-type",
            "'true'",
            "`isolated` takes `true` or `false`; found the text `true`",
            "remove the quotes: `true`",
        ),
        (
            "network: {allowed_outgoing_ports: [65536]}",
            "out-of-range",
            "65536",
            "an item of `allowed_outgoing_ports` takes a port from 1 to 65535, such as `443`; found the number `65536`",
            "",
        ),
        (
            "network:",
            "empty-value",
            "network",
            "`network` has no value",
            "give it a mapping with keys such as `mode`, `isolated` and `allow`, or remove it to get the default",
        ),
        (
            "network: {dns_servers: [~]}",
            "empty-value",
            "~",
            "an item of `dns_servers` has no value",
            "remove the item, or give it a value",
        ),
        (
            "syscalls: {allow: [7]}",
            "wrong-type",
            "7",
            "an item of `allow` takes the name of a call, or `name: condition`; found the number `7`",
            "a call is named, because numbers differ between architectures: 7 is `poll` on x86_64",
        ),
        (
            "syscalls: {allow: [{syscall: read, reson: x}]}",
            "unknown-key",
            "reson",
            "`reson` is not a key of an item in `allow`",
            "did you mean `reason`?",
        ),
        (
            "syscalls: {deny: [{openat: 5}]}",
            "wrong-type",
            "5",
            "`openat` takes a condition such as `flags & O_ACCMODE == O_RDONLY`; found the number `5`",
            "",
        ),
        (
            "syscalls: {on_deny: {errno: 13}}",
            "wrong-type",
            "13",
            "`errno` takes the name of an error such as `EACCES`; found the number `13`",
            "write its name: `EACCES`",
        ),
        (
            "syscalls: {on_deny: {errno: 999}}",
            "wrong-type",
            "999",
            "`errno` takes the name of an error such as `EACCES`; found the number `999`",
            "no error has this number; errno(3) lists the names",
        ),
        (
            "syscalls: {on_deny: {errno: 0}}",
            "errno-zero",
            "0",
            "errno 0 means success: the program would assume that the call succeeded",
            "name the error that it should get, such as `EPERM`",
        ),
        (
            "syscalls: {on_deny: {kill: true}}",
            "wrong-type",
            "kill",
            "`kill` is the whole value of `on_deny`",
            "write `kill`, without a mapping",
        ),
        (
            "syscalls: {on_deny: EACCES}",
            "unknown-value",
            "EACCES",
            "`on_deny` takes `kill`, `kill_thread`, `trap`, `notify`, `log` or a mapping `errno: EPERM`; found the text `EACCES`",
            "write it as a mapping: `{errno: EACCES}`",
        ),
        (
            "capabilities: {add: [{capabilty: CAP_CHOWN}]}",
            "unknown-key",
            "capabilty",
            "`capabilty` is not a key of an item in `add`",
            "did you mean `capability`?",
        ),
        (
            "syscalls: {allow: [on]}",
            "ambiguous-scalar",
            "on",
            "`on` is `true` to some YAML readers and text to others",
            "write `true` if you mean that, or \"on\" if you mean the text",
        ),
        (
            "syscalls: {on_deny: {errn: EPERM}}",
            "unknown-key",
            "errn",
            "`errn` is not a key of `on_deny`",
            "did you mean `errno`?",
        ),
        (
            "audit: {detail_level: [syscalls]}",
            "unknown-value",
            "syscalls",
            "an item of `detail_level` takes `resource`, `filesystem`, `syscall` or `network`; found the text `syscalls`",
            "did you mean `syscall`?",
        ),
        (
            "environment: {set: {A: 1}}",
            "wrong-type",
            "1",
            "`A` takes text; found the number `1`",
            "put it in quotes: `\"1\"`",
        ),
    ] {
        let (policy, found) = read(&format!("name: a\n{text}\n"));
        let expected = (code, under.to_owned(), message.to_owned(), help.to_owned());
        assert_eq!(found, [expected]);
        assert!(policy.is_none() || code == "ambiguous-scalar", "{text}");
    }
}

#[test]
fn the_policy_itself() {
    for (text, code, under) in [
        ("[]", "wrong-type", "[]"),
        ("text", "wrong-type", "text"),
        ("description: x", "missing-key", "description"),
        ("nam: x", "unknown-key", "nam"),
        ("{}", "missing-key", "{}"),
        ("name: 'a b'", "invalid-value", "'a b'"),
    ] {
        let (policy, found) = read(text);
        assert!(policy.is_none());
        let places: Vec<_> = found.iter().map(|one| (one.0, one.1.as_str())).collect();
        assert_eq!(places, [(code, under)], "{text}: {found:?}");
    }
}

#[test]
fn everything_is_reported_at_once() {
    let (_, found) =
        read("title: a\nnetwork: {isolated: 1}\naudit: {enabled: 2, x: 3}\nsyscalls: ~\n");
    let codes: Vec<_> = found.iter().map(|one| one.0).collect();
    assert_eq!(
        codes,
        [
            "missing-key",
            "unknown-key",
            "wrong-type",
            "wrong-type",
            "unknown-key",
            "empty-value"
        ]
    );
}

#[test]
fn large_policies() {
    let rule = "    - {syscall: openat, action: allow, conditions: [{arg: 2, op: eq, value: 0}]}\n";
    let rules = format!(
        "name: a\nsyscalls:\n  advanced_rules:\n{}",
        rule.repeat(10_000)
    );
    let unknown = (0..60_000).fold("name: a\n".to_owned(), |all, at| {
        all + &format!("k{at}: 1\n")
    });
    let wrong = format!("name: a\nsyscalls:\n  allow: [{}]\n", "1,".repeat(90_000));
    for (text, clean) in [(rules, true), (unknown, false), (wrong, false)] {
        let start = cpu_time();
        let (policy, found) = read(&text);
        assert_eq!(policy.is_some(), clean);
        assert!(found.len() <= 2 * MAX_PER_CODE);
        let taken = cpu_time().saturating_sub(start);
        assert!(taken < Duration::from_secs(20), "{taken:?}");
    }
}
