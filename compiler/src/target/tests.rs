//! What a description may be, and that no plan depends on one.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it relies on"
)]

use super::{JSON_SCHEMA, Target, User};
use crate::diagnostics::Sink;
use crate::facts::HostFacts;
use crate::pipeline::{Options, Stage, compile};
use crate::source::Source;
use serde_json::{Value, json};

fn whole() -> Value {
    json!({
        "purple_target": 2,
        "kernel": "6.12",
        "architectures": ["x86", "x86_64"],
        "user": "ordinary",
        "namespaces": ["cgroup", "ipc", "mount", "network", "pid", "user", "uts"],
        "landlock": 6,
        "user_notification": true,
        "controllers": ["cpu", "memory", "pids"],
        "id_mapped_mounts": false,
        "filtered_network": ["routes", "nf_tables", "nft_tproxy", "nf_log", "purple_net"],
    })
}

fn read(value: &Value) -> Result<Target, String> {
    Target::read(value.to_string().as_bytes())
}

#[test]
fn what_is_read_is_written_again_and_is_what_the_schema_says() {
    let target = read(&whole()).expect("a description");
    assert_eq!(target.user, User::Ordinary);
    assert_eq!(serde_json::to_value(&target).expect("JSON"), whole());
    let schema: Value = serde_json::from_str(JSON_SCHEMA).expect("JSON");
    let validator = jsonschema::draft7::new(&schema).expect("a schema");
    assert!(validator.is_valid(&whole()));
    let mut keys: Vec<_> = whole()
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    for key in keys.drain(..) {
        let mut part = whole();
        part.as_object_mut().expect("an object").remove(&key);
        assert!(!validator.is_valid(&part), "{key}");
        assert!(
            read(&part).is_err_and(|error| error.contains(&key)),
            "{key}"
        );
    }
}

#[test]
fn what_is_no_description_is_refused_with_the_reason() {
    for (key, value, says) in [
        ("purple_target", json!(1), "has format 1"),
        (
            "kernel",
            json!("new"),
            "`new` is not the version of a kernel",
        ),
        ("architectures", json!([]), "lists no architecture"),
        (
            "architectures",
            json!(["amd64"]),
            "no architecture is called `amd64`",
        ),
        ("controllers", json!(["cpuset"]), "unknown variant `cpuset`"),
        (
            "filtered_network",
            json!(["nft_nat"]),
            "unknown variant `nft_nat`",
        ),
        ("landlock", json!(-1), "invalid value"),
        ("hostname", json!("x"), "unknown field `hostname`"),
    ] {
        let mut changed = whole();
        changed
            .as_object_mut()
            .expect("an object")
            .insert(key.to_owned(), value);
        let error = read(&changed).expect_err(key);
        assert!(error.contains(says), "{error}");
        let schema: Value = serde_json::from_str(JSON_SCHEMA).expect("JSON");
        assert!(
            !jsonschema::draft7::new(&schema)
                .expect("a schema")
                .is_valid(&changed),
            "{key}"
        );
    }
    let earlier = br#"{"purple_target": 1, "kernel": "6.12"}"#;
    assert!(
        Target::read(earlier)
            .is_err_and(|error| error.contains("has format 1, and this version reads format 2"))
    );
    assert!(Target::read(b"name: policy\n").is_err_and(|error| error.contains("not a target")));
    assert!(Target::read(&vec![b' '; 70_000]).is_err_and(|error| error.contains("at most 65536")));
}

#[test]
fn a_target_changes_no_byte_of_a_plan() {
    for profile in crate::profiles::SHIPPED {
        let source = Source::new(profile.name, profile.text);
        let plan = |target| {
            let options = Options {
                target,
                facts: HostFacts::samples(),
                ..Options::default()
            };
            compile(&source, &options, Sink::new()).expect("no fault")
        };
        let (without, with) = (plan(None), plan(read(&whole()).ok()));
        assert!(
            without.plan.is_some() && without.plan == with.plan,
            "{}",
            profile.name
        );

        let mut poor = whole();
        poor["controllers"] = json!([]);
        let refused = plan(read(&poor).ok());
        assert!(refused.plan.is_none());
        let codes = refused.diagnostics.iter().map(|found| found.code);
        assert!(
            codes
                .clone()
                .all(|code| code == "target-controller-missing"),
            "{}",
            profile.name
        );
        assert!(codes.count() > 0);
    }
}

/// The plan of any policy makes these, so that a target without one of them can run none.
#[test]
fn every_plan_needs_every_kind_of_namespace() {
    for kind in super::Namespace::ALL {
        let mut poor = whole();
        let all = super::Namespace::ALL
            .into_iter()
            .filter(|other| *other != kind);
        poor["namespaces"] = json!(all.collect::<Vec<_>>());
        let options = Options {
            target: read(&poor).ok(),
            ..Options::default()
        };
        let policy = "name: a\nsyscalls: {allow: ['@default']}\n";
        let found = compile(&Source::new("p", policy), &options, Sink::new());
        let found = found.expect("no fault").diagnostics;
        let [one] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(one.code, "target-namespace-missing");
        assert!(
            one.message.contains(&format!("`{}`", kind.name())),
            "{}",
            one.message
        );
    }
}

/// What makes a plan's filter notify, and only that: the filters themselves are the measure.
#[test]
fn what_notifies_a_supervisor_needs_a_target_that_can() {
    let mut deaf = whole();
    deaf["user_notification"] = json!(false);
    let target = read(&deaf).ok();
    for (section, at) in [
        (
            "syscalls: {advanced_rules: [{syscall: chroot, action: notify}]}",
            "{syscall: chroot, action: notify}",
        ),
        (
            "syscalls: {on_deny: notify, allow: ['@libc-start']}",
            "notify",
        ),
        (
            "syscalls: {on_deny: notify, advanced_rules: [{syscall: chroot, action: deny}]}",
            "notify",
        ),
        (
            "audit: {enabled: true, detail_level: [resource, syscall]}",
            "syscall",
        ),
        ("audit: {enabled: true, detail_level: [resource]}", ""),
        ("audit: {enabled: false, detail_level: [syscall]}", ""),
        (
            "syscalls: {on_deny: log, advanced_rules: [{syscall: chroot, action: errno, errno: EIO}]}",
            "",
        ),
    ] {
        let text = format!("name: a\n{section}\n");
        let source = Source::new("p", text.as_str());
        let options = Options {
            target: target.clone(),
            ..Options::default()
        };
        let found = compile(&source, &options, Sink::new())
            .expect("no fault")
            .diagnostics;
        let found = found
            .iter()
            .filter(|one| one.code == "target-notification-missing");
        let places: Vec<_> = found
            .map(|one| &text[one.span.start..one.span.end])
            .collect();
        let expected: Vec<_> = Some(at).filter(|at| !at.is_empty()).into_iter().collect();
        assert_eq!(places, expected, "{section}");

        let options = Options {
            emit: Some(Stage::Bpf),
            ..Options::default()
        };
        let program = compile(&source, &options, Sink::new())
            .expect("no fault")
            .listing;
        let notifies = program.expect("a program").contains("return 0x7fc00000");
        assert_eq!(notifies, !at.is_empty(), "{section}");
    }
}

/// Each part that a filtered network takes, and only that network. What could not be tried is not said to be missing.
#[test]
fn a_filtered_network_needs_each_of_its_parts() {
    let all = ["routes", "nf_tables", "nft_tproxy", "nf_log", "purple_net"];
    for (missing, said) in [
        (&[][..], &[][..]),
        (
            &["routes", "nf_tables", "nft_tproxy", "nf_log"],
            &["a network namespace"],
        ),
        (&["nf_tables", "nft_tproxy", "nf_log"], &["`nf_tables`"]),
        (
            &["nf_tables", "nft_tproxy", "nf_log", "purple_net"],
            &["`nf_tables`", "`purple-net`"],
        ),
        (&["nft_tproxy"], &["`nft_tproxy`"]),
        (&["nf_log"], &["`nf_log`"]),
        (&["nft_tproxy", "nf_log"], &["`nft_tproxy`", "`nf_log`"]),
        (&["purple_net"], &["`purple-net`"]),
    ] {
        let mut poor = whole();
        let left = all.iter().filter(|part| !missing.contains(part));
        poor["filtered_network"] = json!(left.collect::<Vec<_>>());
        for (section, at) in [
            ("mode: filtered, allow: [a.org]", Some("mode")),
            (
                "isolated: false, allowed_outgoing_ports: [443]",
                Some("isolated"),
            ),
            ("publish: [{host: 8080, inside: 80}]", Some("network")),
            ("isolated: true", None),
            ("mode: host, reason: a test", None),
        ] {
            let text = format!("name: a\nnetwork: {{{section}}}\n");
            let options = Options {
                target: read(&poor).ok(),
                ..Options::default()
            };
            let found = compile(&Source::new("p", text.as_str()), &options, Sink::new());
            let found = found.expect("no fault").diagnostics;
            let found: Vec<_> = found
                .iter()
                .filter(|one| one.code == "target-network-missing")
                .collect();
            let expected = if at.is_some() { said } else { &[] };
            assert_eq!(
                found.len(),
                expected.len(),
                "{missing:?} {section} {found:?}"
            );
            for said in expected {
                assert!(
                    found.iter().any(|one| one.message.contains(said)),
                    "{said} {found:?}"
                );
            }
            for one in found {
                assert_eq!(Some(&text[one.span.start..one.span.end]), at);
                assert!(one.help.is_some());
            }
        }
    }
}
