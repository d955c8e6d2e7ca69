//! `purplec query`: what a reviewer asks about a plan, and what the answer is.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it relies on, and stops where it is not there"
)]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use tempfile::TempDir;

/// The answers below name its lines.
const POLICY: &str = "\
name: asked
syscalls:
  allow: [read, write, openat, ioctl, socket, clone,
    clock_gettime, personality, mount]
  deny:
    - fsync
    - socket
  architectures: [x86]
  advanced_rules:
    - syscall: openat
      action: errno
      errno: EACCES
      conditions: [{arg: 2, op: masked_ne, mask: 3, value: 0}]
    - {syscall: personality, action: allow, conditions: [{arg: 0, op: eq, value: 0}]}
    - {syscall: dup3, action: kill, conditions: [{arg: 2, op: gt, value: 2}, {arg: 0, op: le, value: 2}]}
    - {syscall: dup3, action: allow}
";

struct Asked {
    directory: TempDir,
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Asked {
    fn of(policy: &str, arch: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        fs::write(directory.path().join("policy"), policy).expect("write");
        let asked = Self { directory };
        let made = asked.purplec(&["compile", "policy", "-o", "plan", "--arch", arch]);
        assert_eq!(made.code, Some(0), "{}", made.err);
        asked
    }

    fn new() -> Self {
        Self::of(POLICY, "x86_64")
    }

    fn purplec(&self, arguments: &[&str]) -> Said {
        let output = Command::new(env!("CARGO_BIN_EXE_purplec"))
            .args(arguments)
            .current_dir(self.directory.path())
            .output()
            .expect("the binary runs");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        Said {
            code: output.status.code(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    fn query(&self, arguments: &[&str]) -> Said {
        self.purplec(&[&["query", "plan"], arguments].concat())
    }

    /// The answer to a question that has one.
    #[track_caller]
    fn answer(&self, arguments: &[&str]) -> String {
        let said = self.query(arguments);
        assert_eq!(
            (said.code, said.err.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        said.out
    }

    /// The message for a question that has none.
    #[track_caller]
    fn refusal(&self, arguments: &[&str]) -> String {
        let said = self.query(arguments);
        assert_eq!(
            (said.code, said.out.as_str()),
            (Some(2), ""),
            "{arguments:?}"
        );
        said.err
    }
}

#[test]
fn a_call_has_its_verdict_its_line_and_its_reason() {
    let asked = Asked::new();
    for (call, first, second) in [
        (
            "read",
            "read on x86_64: allow",
            "  line 3: `allow` names it",
        ),
        (
            "clock_gettime",
            "clock_gettime on x86_64: allow",
            "  line 4: `allow` names it",
        ),
        (
            "fsync",
            "fsync on x86_64: errno EPERM",
            "  line 6: `deny` names it",
        ),
        (
            "socket",
            "socket on x86_64: errno EPERM",
            "  line 7: `deny` names it",
        ),
        (
            "mount",
            "mount on x86_64: allow",
            "  line 4: `allow` names it",
        ),
        (
            "bpf",
            "bpf on x86_64: errno EPERM",
            "  line 3: the hardened baseline: loads programs into the kernel",
        ),
        (
            "getpid",
            "getpid on x86_64: errno EPERM",
            "  line 3: nothing names it, and what is not named is denied",
        ),
        ("0", "read on x86_64: allow", "  line 3: `allow` names it"),
        (
            "0x400",
            "call 1024 on x86_64: errno ENOSYS",
            "  newer than every call that the compiler knew",
        ),
    ] {
        let said = asked.answer(&[call]);
        let lines: Vec<&str> = said.lines().take(2).collect();
        assert_eq!(lines, [first, second], "{call}");
    }
}

#[test]
fn arguments_decide_by_name_by_position_and_by_what_is_left_out() {
    let asked = Asked::new();
    let reading = "openat(flags=O_RDONLY) on x86_64: allow\n  line 3: `allow` names it\n";
    assert!(asked.answer(&["openat", "flags=0"]).starts_with(reading));
    let writing = "openat(flags=O_WRONLY|O_CREAT|O_TRUNC, mode=0) on x86_64: errno EACCES\n  line 10: a rule\n";
    assert!(
        asked
            .answer(&["openat", "flags=0x241", "mode=0"])
            .starts_with(writing)
    );
    assert!(
        asked
            .answer(&["openat", "flags=0o1000|1|0x40", "mode=0"])
            .starts_with(writing)
    );
    // The compiler's own rule comes first; without a mode it may hold.
    assert!(
        asked
            .answer(&["openat", "flags=0x241", "mode=0o4755"])
            .contains(" on x86_64: errno EPERM\n  line 2: a rule\n")
    );
    assert!(
        asked
            .answer(&["openat", "flags=0x241"])
            .contains(" on x86_64: it depends on the arguments;")
    );
    let at = asked.answer(&["openat", "-100", "0", "1", "0"]);
    assert!(
        at.starts_with(
            "openat(dfd=AT_FDCWD, filename=0, flags=O_WRONLY, mode=0) on x86_64: errno EACCES"
        ),
        "{at}"
    );
    // The manual page's name, the position's, and bits that the kernel drops.
    assert!(
        asked
            .answer(&["openat", "dirfd=3", "arg2=1"])
            .contains("(dfd=3, flags=O_WRONLY)")
    );
    assert!(
        asked
            .answer(&["openat", "flags=0x100000000"])
            .contains(": allow")
    );

    let open = asked.answer(&["openat"]);
    let lines: Vec<&str> = open.lines().take(4).collect();
    assert_eq!(
        lines,
        [
            "openat on x86_64: it depends on the arguments; the first line that holds counts",
            "  if flags & (O_CREAT|0x400000) and mode & (S_ISUID|S_ISGID)  errno EPERM   line 2: a rule",
            "  if flags & O_ACCMODE != O_RDONLY                            errno EACCES  line 10: a rule",
            "  otherwise                                                   allow         line 3: `allow` names it",
        ]
    );
    let personality = asked.answer(&["personality"]);
    let allow = "  if personality == PER_LINUX  allow        line 14: a rule\n";
    let deny =
        "  otherwise                    errno EPERM  line 14: it has allow rules, and none holds\n";
    assert!(
        personality.contains(&format!("{allow}{deny}")),
        "{personality}"
    );
    let socket = Asked::of("name: a\nsyscalls:\n  allow: [socket]\n", "x86_64").answer(&["socket"]);
    let allow =
        "  if family in {AF_UNIX, AF_INET, AF_INET6}  allow        line 3: `allow` names it\n";
    let deny =
        "  otherwise                                  errno EPERM  line 3: a plain `socket` is for";
    assert!(socket.contains(&format!("{allow}{deny}")), "{socket}");
}

/// What a condition takes, a question takes too: constants of the architecture, and the manual
/// page's names.
#[test]
fn constants_and_manual_names_are_those_of_conditions() {
    let asked = Asked::of(
        "name: a\nsyscalls:\n  default_deny: false\n  deny:\n    \
         - clone: \"flags & CLONE_NEWUSER\"\n    - openat: \"flags & O_ACCMODE != O_RDONLY\"\n",
        "x86_64",
    );
    for (question, verdict) in [
        (&["clone", "flags=CLONE_NEWUSER"][..], "errno EPERM"),
        (&["clone", "flags=CLONE_VM|CLONE_VFORK"], "allow"),
        (&["openat", "flags=O_WRONLY|O_CREAT"], "errno EPERM"),
        (&["openat", "dirfd=AT_FDCWD", "flags=O_CLOEXEC"], "allow"),
    ] {
        let said = asked.purplec(&[&["query", "plan"], question].concat());
        assert!(
            said.out.contains(verdict),
            "{question:?}: {}{}",
            said.out,
            said.err
        );
    }
}

#[test]
fn a_part_of_the_arguments_narrows_the_cases() {
    let asked = Asked::new();
    let both = asked.answer(&["dup3"]);
    assert!(
        both.contains("  if flags > 2 and oldfd <= 2  kill   line 15: a rule\n"),
        "{both}"
    );
    assert!(
        both.contains("  otherwise                    allow  line 16: a rule\n"),
        "{both}"
    );
    let one = asked.answer(&["dup3", "flags=3"]);
    assert!(
        one.contains("  if oldfd <= 2  kill   line 15: a rule\n"),
        "{one}"
    );
    assert!(
        asked
            .answer(&["dup3", "flags=1"])
            .starts_with("dup3(flags=O_WRONLY) on x86_64: allow\n")
    );
    assert!(
        asked
            .answer(&["dup3", "0", "0", "3"])
            .contains("x86_64: kill\n  line 15: a rule")
    );
}

#[test]
fn the_kernels_cache_and_calls_that_no_filter_sees() {
    let asked = Asked::new();
    let kept = "the kernel keeps this verdict";
    let not = "the kernel does not keep this verdict";
    for (call, says) in [
        ("read", kept),
        ("openat", not),
        ("fsync", not),
        ("mount", kept),
    ] {
        assert!(asked.answer(&[call]).contains(says), "{call}");
    }
    for (call, says) in [
        ("clock_gettime", Some("the vdso")),
        ("getrandom", Some("since Linux 6.11")),
        ("uretprobe", Some("the kernel makes this call itself")),
        ("read", None),
    ] {
        let said = asked.answer(&[call]);
        assert_eq!(
            said.contains("the filter may not see this call"),
            says.is_some(),
            "{said}"
        );
        assert!(says.is_none_or(|says| said.contains(says)), "{said}");
    }
}

#[test]
fn other_architectures_have_their_own_verdicts() {
    let asked = Asked::new();
    let x86 = asked.answer(&["read", "--arch", "i386"]);
    assert!(
        x86.starts_with("read on x86: allow\n  line 3: `allow` names it\n"),
        "{x86}"
    );
    let x32 = asked.answer(&["read", "--arch", "x32"]);
    assert!(
        x32.starts_with("read on x32: kill\n  the policy does not list this"),
        "{x32}"
    );
    let says = "purplec: the plan has no filter for aarch64: it is for x86_64\n";
    assert_eq!(asked.refusal(&["read", "--arch", "aarch64"]), says);
    assert!(
        asked
            .refusal(&["read", "--arch", "x68"])
            .contains("no architecture is called `x68`")
    );
    let policy = POLICY.replace("  architectures: [x86]\n", "");
    let two = Asked::of(&policy, "x86_64,aarch64");
    assert!(two.answer(&["read"]).starts_with("read on x86_64: allow"));
    assert!(
        two.answer(&["read", "--arch", "arm64"])
            .starts_with("read on aarch64: allow")
    );
    let arm = Asked::of(&policy, "aarch64");
    assert!(
        arm.answer(&["openat", "flags=1"])
            .starts_with("openat(flags=O_WRONLY) on aarch64: errno")
    );
}

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
            "`O_WRONGLY` is no number and no constant of x86_64; did you mean `O_WRONLY`?",
        ),
        (
            &["openat", "flags="],
            "`` is no number and no constant of x86_64",
        ),
        (
            &["openat", "1", "dfd=2"],
            "`dfd=2` gives an argument that was given before",
        ),
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
        human.contains("\n5 of 385 calls: the kernel keeps the verdict"),
        "{human}"
    );
    assert!(
        human.contains("\nthe filter may not see: gettimeofday, time, "),
        "{human}"
    );
}
