//! The forms of an answer: a message, JSON, a list of every call.

use super::Asked;
use serde_json::Value;
use std::collections::BTreeMap;

#[test]
fn a_question_with_a_mistake_says_what_to_type() {
    let asked = Asked::new();
    for (arguments, says) in [
        (
            &["opnat"][..],
            "no syscall is called `opnat` on x86_64; did you mean `openat`?",
        ),
        (&["zzzzqqqq"], "no syscall is called `zzzzqqqq` on x86_64"),
        (
            &["openat", "flag=1"],
            "`openat` has no argument called `flag`; did you mean `flags`?",
        ),
        (
            &["openat", "colour=1"],
            "`openat` has no argument called `colour`: dfd, filename, flags, mode",
        ),
        (
            &["getpid", "pid=1"],
            "`getpid` has no argument called `pid`: it takes none",
        ),
        (&["getpid", "1"], "`getpid` takes no arguments"),
        (&["fsync", "1", "2"], "`fsync` takes one argument: fd"),
        (
            &["openat", "flags=O_WRONGLY"],
            "`O_WRONGLY` is neither a number nor a constant of x86_64; did you mean `O_WRONLY`?",
        ),
        (
            &["openat", "flags="],
            "`` is neither a number nor a constant of x86_64",
        ),
        (&["openat", "1", "dfd=2"], "`dfd=2` repeats an argument"),
        (
            &["op\u{1b}[31mat"],
            "no syscall is called `op\\u{1b}[31mat` on x86_64",
        ),
    ] {
        assert_eq!(asked.refusal(arguments), format!("purplec: {says}\n"));
    }
    assert!(
        asked.refusal(&[]).contains("SYSCALL"),
        "neither a call nor --all"
    );
    assert!(
        asked
            .refusal(&["read", "--all"])
            .contains("cannot be used with")
    );
    let policy = asked.purplec(&["query", "policy", "read"]);
    assert_eq!(
        (policy.code, policy.err.as_str()),
        (Some(1), "policy: error: not a plan\n")
    );
    let missing = asked.purplec(&["query", "missing", "read"]);
    assert_eq!(missing.code, Some(2));
}

#[test]
fn json_says_the_same() {
    let asked = Asked::new();
    let json = |arguments: &[&str]| -> Value {
        let text = asked.answer(&[arguments, &["--format", "json"]].concat());
        serde_json::from_str(&text).expect("JSON")
    };
    let one = json(&["openat", "flags=1"]);
    assert_eq!(one["syscall"], "openat");
    assert_eq!(one["number"], 257);
    assert_eq!(one["arch"], "x86_64");
    assert_eq!(one["args"]["flags"], 1);
    assert_eq!(
        (&one["verdict"], &one["depends_on_arguments"]),
        (&"errno".into(), &false.into())
    );
    assert_eq!(one["cached"], false);
    let case = &one["cases"][0];
    assert_eq!(case["errno"], "EACCES");
    assert_eq!(case["line"], 10);
    assert_eq!(case["source"], Value::Null);
    assert_eq!(case["why"], "rule");

    let open = json(&["openat"]);
    assert_eq!(open["verdict"], Value::Null);
    let cases = open["cases"].as_array().expect("a list");
    let [set_id, rule, otherwise] = cases.as_slice() else {
        panic!("three cases: {cases:?}")
    };
    assert_eq!(
        set_id["when"],
        serde_json::json!(["flags & (O_CREAT|0x400000)", "mode & (S_ISUID|S_ISGID)"])
    );
    assert_eq!(
        (&set_id["errno"], &set_id["line"]),
        (&"EPERM".into(), &2.into())
    );
    assert_eq!(
        rule["when"],
        serde_json::json!(["flags & O_ACCMODE != O_RDONLY"])
    );
    assert_eq!(rule["errno"], "EACCES");
    assert_eq!(otherwise["when"], serde_json::json!([]));
    assert_eq!(otherwise["verdict"], "allow");
    assert_eq!(json(&["600"])["syscall"], Value::Null);
}

#[test]
fn all_calls_are_listed_with_their_verdicts() {
    let asked = Asked::new();
    let text = asked.answer(&["--all", "--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    assert!(all.len() > 380, "{}", all.len());
    let by_name: BTreeMap<&str, &Value> = all
        .iter()
        .map(|one| (one["syscall"].as_str().expect("a name"), one))
        .collect();
    assert_eq!(by_name["read"]["cases"][0]["line"], 3);
    assert_eq!(by_name["openat"]["depends_on_arguments"], true);
    let cached: Vec<&str> = all
        .iter()
        .filter(|one| one["cached"] == true)
        .filter_map(|one| one["syscall"].as_str())
        .collect();
    assert_eq!(cached, ["read", "write", "clone", "mount", "clock_gettime"]);

    let human = asked.answer(&["--all"]);
    // A line for each case, and two in the end, behind an empty one.
    let cases: usize = all
        .iter()
        .map(|one| one["cases"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(human.lines().count(), cases + 3);
    let openat: Vec<&str> = human
        .lines()
        .filter(|line| line.starts_with("openat "))
        .collect();
    let [set_id, rule, otherwise] = openat.as_slice() else {
        panic!("three lines: {openat:?}")
    };
    assert!(
        set_id.starts_with("openat if flags & (O_CREAT|0x400000) and mode & (S_ISUID|S_ISGID)  "),
        "{set_id}"
    );
    assert!(set_id.ends_with("errno EPERM   line 2: a rule"), "{set_id}");
    assert!(
        rule.starts_with("openat if flags & O_ACCMODE != O_RDONLY"),
        "{rule}"
    );
    assert!(rule.ends_with("errno EACCES  line 10: a rule"), "{rule}");
    assert!(
        otherwise.ends_with("allow         line 3: `allow` names it"),
        "{otherwise}"
    );
    assert!(
        human.contains("\n5 of 385 calls: the kernel caches the verdict"),
        "{human}"
    );
    assert!(
        human.contains("\nthe filter may not see: gettimeofday, time, "),
        "{human}"
    );
}
