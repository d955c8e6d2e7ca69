//! The shipped groups, and operators' groups in files that are not there.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it relies on"
)]

use super::{HostFile, HostFiles, shipped_groups};
use crate::diagnostics::Sink;
use crate::pipeline::{Compilation, Options, compile};
use crate::quantity::{Hosts, date, target};
use crate::source::Source;
use crate::syscalls::Arch;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

#[test]
fn every_shipped_group_has_a_source_and_names_that_are_destinations() {
    assert!(shipped_groups().len() >= 6);
    for group in shipped_groups() {
        assert!(!group.sources.is_empty(), "{}", group.name);
        for (document, looked_up) in &group.sources {
            assert!(
                document.starts_with("https://"),
                "{}: {document}",
                group.name
            );
            assert!(date(looked_up).is_ok(), "{}: {looked_up}", group.name);
        }
        let own: BTreeSet<&str> = group.hosts.iter().copied().collect();
        assert_eq!(
            own.len(),
            group.hosts.len(),
            "{} names one twice",
            group.name
        );
        assert!(!group.hosts.is_empty(), "{}", group.name);
        for host in &group.hosts {
            let found = target(host).map(|target| target.hosts);
            assert!(
                matches!(found, Ok(Hosts::Name(_) | Hosts::Below(_))),
                "{host}: {found:?}"
            );
        }
    }
}

/// Files by their names; one without a text is not to be read.
#[derive(Debug)]
struct Texts(BTreeMap<&'static str, Option<&'static str>>);

impl HostFiles for Texts {
    fn folders(&self) -> Vec<PathBuf> {
        vec!["/etc/purple/hosts.d".into(), "/home/u/hosts.d".into()]
    }

    fn read(&self, name: &str) -> Option<HostFile> {
        let text = self.0.get(name)?;
        Some(HostFile {
            path: PathBuf::from("/etc/purple/hosts.d").join(name),
            bytes: text
                .map(|text| text.as_bytes().to_vec())
                .ok_or_else(|| "it can be written by others".to_owned()),
        })
    }
}

fn compiled(allow: &str, files: &[(&'static str, Option<&'static str>)]) -> Compilation {
    let text = format!(
        "name: a\nnetwork: {{allow: [{allow}]}}\nresources: {{session_timeout_seconds: 60}}\n"
    );
    let options = Options {
        hosts: Some(Arc::new(Texts(files.iter().copied().collect()))),
        emit: Some(crate::pipeline::Stage::Ir),
        ..Options::default()
    };
    compile(&Source::new("p", text), &options, Sink::new()).unwrap()
}

/// What is found: codes and messages.
fn found(
    allow: &str,
    files: &[(&'static str, Option<&'static str>)],
) -> Vec<(&'static str, String)> {
    let all = compiled(allow, files).diagnostics.into_iter();
    all.map(|one| (one.code, one.message)).collect()
}

fn only(found: &[(&'static str, String)], code: &str, words: &str) {
    assert!(
        matches!(found, [(own, message)] if *own == code && message.contains(words)),
        "{code}, {words}: {found:?}"
    );
}

#[test]
fn an_operators_group_stands_for_what_its_file_lists_and_is_a_source_of_the_plan() {
    let files = [
        (
            "registry.yaml",
            Some(
                "source: https://example.org\nhosts: [pypi.example.org, 'files.example.org:8443', '@more']\n",
            ),
        ),
        ("more.yaml", Some("hosts: [more.example.org]\n")),
        ("unused.yaml", None),
    ];
    let outcome = compiled("'@registry', '!more.example.org'", &files);
    assert_eq!(outcome.diagnostics, []);
    let listing = outcome.listing.unwrap();
    assert!(
        listing.contains("network allow out pypi.example.org 443/tcp\n"),
        "{listing}"
    );
    assert!(
        listing.contains("network allow out files.example.org 8443/tcp\n"),
        "{listing}"
    );
    assert!(!listing.contains("more.example.org"), "{listing}");
    assert_eq!(outcome.sources.written(), ["@registry", "@more"]);
    let with_port = compiled("'@more:9000'", &files).listing.unwrap();
    assert!(with_port.contains("network allow out more.example.org 9000/tcp\n"));
}

#[test]
fn what_is_wrong_with_an_operators_group_is_said() {
    let cycle = [
        ("a.yaml", Some("hosts: ['@b']\n")),
        ("b.yaml", Some("hosts: ['@a']\n")),
    ];
    only(
        &found("'@a'", &cycle),
        "host-group-cycle",
        "through `@a`, `@b`",
    );
    only(
        &found("'@a'", &[("a.yaml", None)]),
        "host-group-unreadable",
        "can be written by others",
    );
    let absent = compiled("'@python-registry'", &[]);
    let [absent] = absent.diagnostics.as_slice() else {
        panic!("{absent:?}")
    };
    assert_eq!(absent.code, "host-group-unknown");
    let help = format!("{:?}", absent.help);
    assert!(
        help.contains("/etc/purple/hosts.d") && help.contains("/home/u/hosts.d"),
        "{help}"
    );
    for (text, words) in [
        ("source: x\n", "needs the key `hosts`"),
        ("names: [a.org]\n", "`names` is not a key"),
        ("[a.org]\n", "needs the key `hosts`"),
        ("hosts: []\n", "at least one"),
        ("hosts: [a.org]\nname: x\n", "`name` is not a key"),
        ("hosts: ['*']\n", "`*` alone"),
    ] {
        let files = [("a.yaml", Some(text))];
        only(&found("'@a'", &files), "host-group-malformed", words);
    }
}

#[test]
fn a_filtered_network_is_for_little_endian_machines() {
    let options = Options {
        architectures: vec![Arch::S390x],
        ..Options::default()
    };
    let text = "name: a\nnetwork: {allow: [a.org]}\nresources: {session_timeout_seconds: 60}\n";
    let outcome = compile(&Source::new("p", text), &options, Sink::new()).unwrap();
    let codes: Vec<_> = outcome.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["network-byte-order"]);
    assert!(outcome.plan.is_none());
}
