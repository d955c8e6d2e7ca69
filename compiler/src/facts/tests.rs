//! What is expanded, what is not, and what is wrong with a name.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

use super::{Expansion, HostFacts, Ids};
use crate::diagnostics::Sink;
use crate::parse::parse;
use crate::source::Source;

fn facts() -> HostFacts {
    let mut facts = HostFacts::default();
    for assignment in [
        "workspace=/srv/p",
        "home=/home/u",
        "cache=/c",
        "config=/k",
        "user=u",
    ] {
        facts.set(assignment).unwrap();
    }
    facts
}

/// What becomes of a value in a position that is expanded, or the codes of what is wrong with it.
fn expanded(text: &str, facts: &HostFacts) -> Result<String, Vec<&'static str>> {
    let yaml = format!("name: a\nfilesystem:\n  working_dir: {text:?}\n");
    let mut sink = Sink::new();
    let mut document =
        parse(&Source::new("a", &yaml), &mut sink).unwrap_or_else(|| panic!("{yaml}"));
    Expansion::new(facts).expand(&mut document, &mut sink);
    if sink.has_errors() {
        let found = sink.into_sorted();
        return Err(found.iter().map(|one| one.code).collect());
    }
    let json = document.to_json();
    Ok(json["filesystem"]["working_dir"]
        .as_str()
        .unwrap()
        .to_owned())
}

#[test]
fn names_become_their_values() {
    let facts = facts();
    for (text, expected) in [
        ("${workspace}", "/srv/p"),
        ("${workspace}/a/${user}", "/srv/p/a/u"),
        ("${home}/x", "/home/u/x"),
        ("~/x", "/home/u/x"),
        ("!~/x", "!/home/u/x"),
        ("${cache}:${config}", "/c:/k"),
        ("$${home}", "${home}"),
        ("$home", "$home"),
        ("~", "~"),
        ("~u/x", "~u/x"),
        ("/a/~/x", "/a/~/x"),
        ("/plain", "/plain"),
    ] {
        assert_eq!(expanded(text, &facts).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn a_value_is_not_expanded_again() {
    let mut facts = facts();
    facts.set("workspace=/srv/${user}/~/x").unwrap();
    assert_eq!(
        expanded("${workspace}", &facts).as_deref(),
        Ok("/srv/${user}/~/x")
    );
}

#[test]
fn wrong_names_are_errors() {
    let facts = facts();
    assert_eq!(
        expanded("/a/${nothing}", &facts),
        Err(vec!["unknown-host-fact"])
    );
    assert_eq!(expanded("${}", &facts), Err(vec!["unknown-host-fact"]));
    assert_eq!(
        expanded("/a/${home", &facts),
        Err(vec!["host-fact-not-closed"])
    );
    let none = HostFacts::default();
    assert_eq!(
        expanded("${home}", &none),
        Err(vec!["host-fact-without-value"])
    );
    assert_eq!(expanded("~/x", &none), Err(vec!["host-fact-without-value"]));
    assert!(expanded("~/x", &HostFacts::samples()).is_ok());
}

#[test]
fn only_paths_and_values_of_variables_are_expanded() {
    let yaml = "name: a\ndescription: ${nothing}\nfilesystem:\n  immutable_paths:\n    \
                - {host_path: \"${home}\", sandbox_path: /h, reason: \"${nothing}\"}\n\
                environment:\n  set: {A: \"${user}\", B: plain}\n  pass: [\"${nothing}\"]\n";
    let mut sink = Sink::new();
    let mut document = parse(&Source::new("a", yaml), &mut sink).unwrap();
    let facts = facts();
    let mut expansion = Expansion::new(&facts);
    expansion.expand(&mut document, &mut sink);
    assert!(!sink.has_errors());
    let json = document.to_json();
    assert_eq!(
        json["filesystem"]["immutable_paths"][0]["host_path"],
        "/home/u"
    );
    assert_eq!(json["environment"]["set"]["A"], "u");
    assert_eq!(json["environment"]["pass"][0], "${nothing}");
    let used = expansion.into_used().facts;
    assert_eq!(
        used,
        [("home", "/home/u".to_owned()), ("user", "u".to_owned())]
    );
}

/// The name of the user inside may be that of the caller; what is in a file of the policy is its own.
#[test]
fn the_user_is_expanded_and_the_content_of_a_file_is_not() {
    let yaml = "name: a\nprocess: {user: \"${user}\", hostname: plain}\nfilesystem:\n  files:\n    \
                - {sandbox_path: \"~/.rc\", content: \"~/ ${user} ${nothing} $${x} ${\"}\n  \
                scratch_paths: [{sandbox_path: \"${home}/s\"}]\n";
    let mut sink = Sink::new();
    let mut document = parse(&Source::new("a", yaml), &mut sink).unwrap();
    let facts = facts();
    Expansion::new(&facts).expand(&mut document, &mut sink);
    assert!(!sink.has_errors());
    let json = document.to_json();
    assert_eq!(json["process"]["user"], "u");
    let filesystem = &json["filesystem"];
    assert_eq!(filesystem["scratch_paths"][0]["sandbox_path"], "/home/u/s");
    let file = &filesystem["files"][0];
    assert_eq!(file["sandbox_path"], "/home/u/.rc");
    assert_eq!(file["content"], "~/ ${user} ${nothing} $${x} ${");
}

#[test]
fn wrong_values_are_refused() {
    for (assignment, says) in [
        ("workspace", "has no `=`"),
        ("workspace=", "is empty"),
        ("workspace=/", "is the root directory"),
        ("workspace=///", "is the root directory"),
        ("workspace=srv/p", "is no absolute path"),
        ("workspace=/srv/../etc", "`..`"),
        ("workspace=/srv//p", "empty part"),
        ("user=a/b", "is no name of a user"),
        ("user=", "is no name of a user"),
        ("uid=-1", "is no number"),
        ("gid=4294967295", "is no number"),
        ("place=/x", "there is no `place`"),
    ] {
        let refused = HostFacts::default().set(assignment).unwrap_err();
        assert!(refused.contains(says), "{assignment}: {refused}");
    }
    let mut facts = HostFacts::default();
    facts.set("workspace=/srv/p/").unwrap();
    facts.set("uid=1007").unwrap();
    facts.set("gid=0").unwrap();
    assert_eq!(expanded("${workspace}", &facts).as_deref(), Ok("/srv/p"));
    let ids = Ids {
        user: Some(1007),
        group: Some(0),
    };
    assert_eq!(facts.ids(), ids);
}
