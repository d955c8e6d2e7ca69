//! Values of several forms, and the changes that findings carry.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test says what it relies on"
)]

use super::findings;
use super::json_schema::Schema;
use crate::diagnostics::{Applicability, Diagnostic, Sink};
use crate::parse::parse;
use crate::source::Source;
use crate::validate::validate;
use serde_json::{Value, json};

/// Findings about a text against a schema of the test's own.
fn against(schema: &Value, text: &str) -> Vec<Diagnostic> {
    let schema = Schema::new(schema.clone()).expect("a schema");
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let document = parse(&source, &mut sink).expect("the text is YAML");
    let json = document.to_json();
    let any = findings::report(&schema, &document, &json, &mut sink);
    let found = sink.into_sorted();
    assert_eq!(any, !found.is_empty());
    found
}

fn found(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("test.yaml", text);
    let mut sink = Sink::new();
    let mut document = parse(&source, &mut sink).expect("the text is YAML");
    drop(validate(&mut document, &mut sink));
    sink.into_sorted()
}

/// The text after a finding's change.
fn changed(text: &str, finding: &Diagnostic) -> Option<String> {
    let mut edits = finding.fix.as_ref()?.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
    }
    Some(text)
}

/// A list whose items are names, or mappings of two kinds: what grants and conditions look like.
fn mixed() -> Value {
    json!({
        "type": "object",
        "properties": {
            "allow": {
                "type": "array",
                "items": {"$ref": "#/definitions/Entry"},
            },
        },
        "definitions": {
            "Entry": {"anyOf": [
                {"type": "string", "examples": ["read"]},
                {"$ref": "#/definitions/Grant"},
                {
                    "type": "object",
                    "properties": {"group": {"type": "string"}, "except": {
                        "type": "array", "items": {"type": "string"},
                    }},
                    "required": ["group"],
                    "additionalProperties": false,
                },
            ]},
            "Grant": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "reason": {"type": "string"},
                    "level": {"oneOf": [{"const": "low", "type": "string"}, {"const": "high", "type": "string"}]},
                },
                "required": ["name"],
                "additionalProperties": false,
            },
        },
    })
}

#[test]
fn one_message_for_an_item_that_fits_no_form() {
    for (item, code, message, help) in [
        (
            "[]",
            "wrong-type",
            "an item of `allow` takes text such as `read`, a mapping with the keys `name`, `reason` and `level` or a mapping with the keys `group` and `except`; found a list",
            "",
        ),
        (
            "7",
            "wrong-type",
            "an item of `allow` takes text such as `read`, a mapping with the keys `name`, `reason` and `level` or a mapping with the keys `group` and `except`; found the number `7`",
            "a call is named, because numbers differ between architectures: 7 is `poll` on x86_64",
        ),
        (
            "{name: read, raeson: x}",
            "unknown-key",
            "`raeson` is not a key of an item in `allow`",
            "did you mean `reason`?",
        ),
        (
            "{group: a, except: b}",
            "wrong-type",
            "`except` takes a list; found the text `b`",
            "make it a list: `[b]`",
        ),
        (
            "{reason: x}",
            "missing-key",
            "an item of `allow` needs the key `name`",
            "add `name:` with text",
        ),
        (
            "{name: a, level: hgih}",
            "unknown-value",
            "`level` takes `low` or `high`; found the text `hgih`",
            "did you mean `high`?",
        ),
        (
            "{name: a, level: [low]}",
            "wrong-type",
            "`level` takes `low` or `high`; found a list",
            "it takes one value, not a list: `low`",
        ),
    ] {
        let found = against(&mixed(), &format!("allow: [write, {item}]\n"));
        let said: Vec<_> = found
            .iter()
            .map(|one| {
                (
                    one.code,
                    one.message.as_str(),
                    one.help.as_deref().unwrap_or(""),
                )
            })
            .collect();
        assert_eq!(said, [(code, message, help)], "{item}");
    }
    assert_eq!(
        against(&mixed(), "allow: [a, {name: b}, {group: c, except: [d]}]\n"),
        []
    );
}

#[test]
fn what_is_in_the_wrong_place_is_sent_home() {
    for (text, help) in [
        (
            "allow: [read]",
            "`allow` is a key of `syscalls` and `network`: move it where it belongs",
        ),
        (
            "filesystem: {network: {}}",
            "`network` is a section of its own: begin the line with it",
        ),
        (
            "filesystem: {host_path: /usr}",
            "`host_path` is a key of an item of `immutable_paths` and an item of `output_paths`: move it where it belongs",
        ),
        (
            "network: {enabled: true}",
            "`enabled` is a key of `audit` and `ebpf_monitoring`: move it where it belongs",
        ),
        (
            "memory-limit-bytes: 2G",
            "did you mean `memory_limit_bytes`, a key of `resources`?",
        ),
        (
            "network: {isolated: true, Isolated: false}",
            "did you mean `isolated`? It is given already",
        ),
    ] {
        let found = found(&format!("name: a\n{text}\n"));
        let help_of = |one: &Diagnostic| one.help.clone().unwrap_or_default();
        let helps: Vec<String> = found.iter().map(help_of).collect();
        assert_eq!(helps, [help], "{text}");
        assert!(
            found.iter().all(|one| one.fix.is_none()),
            "{text}: nothing moves by itself"
        );
    }
}

#[test]
fn lists_and_mappings_for_each_other() {
    for (text, help) in [
        (
            "network: [{isolated: true}]",
            "leave out the `- `: the keys are directly below it",
        ),
        (
            "filesystem: {immutable_paths: {host_path: /usr, sandbox_path: /usr}}",
            "begin the first of its lines with `- `: it is one item of a list",
        ),
        (
            "filesystem: {scratch_paths: {/tmp: 1, /var/tmp: 2}}",
            "write each item on a line of its own that begins with `- `",
        ),
        (
            "filesystem: {immutable_paths: [/usr]}",
            "write it with its keys: `host_path` and `sandbox_path`",
        ),
        (
            "syscalls: {allow: 'read, write'}",
            "make it a list: `[read, write]`",
        ),
        ("network: {isolated: 'yes'}", "write `true`"),
        ("network: {isolated: 0}", "write `false`"),
    ] {
        let found = found(&format!("name: a\n{text}\n"));
        let said: Vec<_> = found
            .iter()
            .map(|one| (one.code, one.help.as_deref().unwrap_or("")))
            .collect();
        assert_eq!(said, [("wrong-type", help)], "{text}");
    }
}

/// The change is made and the text is right afterwards; where a person has to agree, it says so.
#[test]
fn changes_lead_to_what_was_meant() {
    use Applicability::{Safe, Unsafe};
    for (text, applicability, after) in [
        (
            "network: {isolated: 'true'}",
            Safe,
            "network: {isolated: true}",
        ),
        (
            "resources: {pids_limit: \"10\"}",
            Safe,
            "resources: {pids_limit: 10}",
        ),
        (
            "resources: {cpu_shares: '0.5'}",
            Safe,
            "resources: {cpu_shares: 0.5}",
        ),
        (
            "resources: {pids_limit: 10.0}",
            Safe,
            "resources: {pids_limit: 10}",
        ),
        (
            "resources: {pids_limit: [10]}",
            Safe,
            "resources: {pids_limit: 10}",
        ),
        (
            "resources: {Pids-Limit: 10}",
            Safe,
            "resources: {pids_limit: 10}",
        ),
        (
            "resources: {'pid_limit': 10}",
            Safe,
            "resources: {pids_limit: 10}",
        ),
        (
            "resources: {timeout: 10}",
            Safe,
            "resources: {session_timeout_seconds: 10}",
        ),
        (
            "resources: {tiemout: 10}",
            Unsafe,
            "resources: {session_timeout_seconds: 10}",
        ),
        ("sycsalls: {}", Unsafe, "syscalls: {}"),
        (
            "filesystem: {scratch_paths: /tmp}",
            Safe,
            "filesystem: {scratch_paths: [/tmp]}",
        ),
        (
            "filesystem: {scratch_paths: '/tmp'}",
            Safe,
            "filesystem: {scratch_paths: ['/tmp']}",
        ),
        (
            "environment: {set: {A: 0x1f}}",
            Safe,
            "environment: {set: {A: \"0x1f\"}}",
        ),
        (
            "environment: {set: {A: true}}",
            Safe,
            "environment: {set: {A: \"true\"}}",
        ),
        (
            "syscalls: {on_deny: EPERM}",
            Safe,
            "syscalls: {on_deny: {errno: EPERM}}",
        ),
        (
            "syscalls: {on_deny: Kill}",
            Safe,
            "syscalls: {on_deny: kill}",
        ),
        (
            "syscalls: {on_deny: kil}",
            Unsafe,
            "syscalls: {on_deny: kill}",
        ),
        (
            "audit: {detail_level: syscall}",
            Safe,
            "audit: {detail_level: [syscall]}",
        ),
        (
            "audit: {detail_level: [Syscalls]}",
            Safe,
            "audit: {detail_level: [syscall]}",
        ),
    ] {
        let policy = format!("name: a\n{text}\n");
        let findings = found(&policy);
        let [finding] = findings.as_slice() else {
            panic!("{text}: {findings:?}")
        };
        assert_eq!(
            finding.fix.as_ref().map(|fix| fix.applicability),
            Some(applicability),
            "{text}"
        );
        assert_eq!(
            changed(&policy, finding),
            Some(format!("name: a\n{after}\n")),
            "{text}"
        );
        let wrong = found(&format!("name: a\n{after}\n"));
        assert_eq!(wrong, [], "{after}");
    }
}

#[test]
fn what_an_alias_repeats_is_not_changed() {
    for text in [
        "environment: {set: {A: &x 1, B: *x}}",
        "network: {isolated: &x 'true'}\naudit: {enabled: *x}",
        "syscalls: {advanced_rules: [&x {syscal: read, action: deny}, *x]}",
    ] {
        let found = found(&format!("name: a\n{text}\n"));
        assert!(!found.is_empty(), "{text}");
        assert!(
            found.iter().all(|one| one.fix.is_none()),
            "{text}: {found:?}"
        );
    }
}
