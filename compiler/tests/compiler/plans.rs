//! `purplec show` and `purplec verify`, on plans and on files that are none.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what it relies on"
)]

use serde_json::Value;
use std::fs;
use tempfile::TempDir;

use crate::run::{purplec, text};

const POLICY: &str = "\
name: shown
filesystem:
  immutable_paths:
    - {host_path: /usr, sandbox_path: /usr}
  working_dir: /tmp
syscalls:
  default_deny: true
  allow: [read, write, execve, socket]
resources:
  pids_limit: 7
  session_timeout_seconds: 60
capabilities:
  add: [CAP_NET_BIND_SERVICE]
environment:
  set: {COLOUR: red}
  pass: [TOKEN]
audit:
  enabled: true
  detail_level: [syscall]
";

/// A directory with a policy and its plan.
fn compiled() -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("policy.yaml"), POLICY).expect("write");
    let output = purplec(&["compile", "policy.yaml", "-o", "plan"], dir.path());
    // Nothing could start under it, as warnings say; it has a bit of everything that a plan holds.
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    dir
}

#[test]
fn a_plan_in_words() {
    let dir = compiled();
    let output = purplec(&["show", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    let words = text(&output.stdout);
    for line in [
        "capabilities  CAP_NET_BIND_SERVICE",
        "network       loopback only",
        "starts in     /tmp",
        "timeout       60 s",
        "limit         pids.max = 7",
        "audit         runs, syscall, in the operator's log; without it a run ends",
        "files         /usr, read-only (line 4)",
        "environment   COLOUR=red",
        "environment   TOKEN from the caller",
        "allowed       execve read write",
        "denied        all other calls",
        "by arguments  socket: errno EPERM if family == AF_NETLINK and protocol != NETLINK_ROUTE, allow if family in {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK}, otherwise errno EPERM",
    ] {
        assert!(
            words.lines().any(|found| found == line),
            "no line `{line}` in\n{words}"
        );
    }
    let emitted = purplec(&["compile", "policy.yaml", "--emit", "plan"], dir.path());
    assert_eq!(text(&emitted.stdout), words);
}

#[test]
fn devices_files_limits_and_names_in_words_and_as_json() {
    let policy = "name: shown\nfilesystem:\n  immutable_paths:\n    - {host_path: /usr, sandbox_path: /usr, noexec: true}\n  \
                  output_paths:\n    - {host_path: ./out, sandbox_path: /out, optional: true, noexec: true}\n  \
                  scratch_paths:\n    - {sandbox_path: /s, size_bytes: 64K, noexec: true}\n  files:\n    \
                  - {sandbox_path: /etc/a, content: abc}\n    - {sandbox_path: /opt/run, content: abcd, executable: true}\n  \
                  devices:\n    - gpu-nvidia\nresources:\n  rlimits:\n    nofile: 100\n\
                  process: {umask: \"077\", hostname: build, timezone: UTC}\n";
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("policy.yaml"), policy).expect("write");
    let output = purplec(&["compile", "policy.yaml", "-o", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let words = text(&purplec(&["show", "plan"], dir.path()).stdout);
    for line in [
        "limit         nofile = 100, for each process (line 16)",
        "host name     build",
        "umask         0077",
        "files         /usr, read-only, no programs (line 4)",
        "files         /out is ./out, writable, no programs, if there (line 6)",
        "files         /s, private, 64 KiB, no programs (line 8)",
        "files         /etc/a, from the policy, 3 bytes (line 10)",
        "files         /opt/run, from the policy, 4 bytes, a program (line 11)",
        "files         /etc/localtime, a link to ../usr/share/zoneinfo/UTC (line 17)",
        "files         /etc/hostname, generated",
        "device        /dev/nvidiactl (line 13)",
        "device        /dev/nvidia0, if there (line 13)",
    ] {
        assert!(
            words.lines().any(|found| found == line),
            "no line `{line}` in\n{words}"
        );
    }
    // What every sandbox has is no line of the policy.
    assert!(
        !words.contains("/dev/null") && !words.contains("nproc"),
        "{words}"
    );
    let json = purplec(&["show", "--json", "plan"], dir.path()).stdout;
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let limits = json["rlimits"].as_array().expect("a list");
    let of = |name: &str| limits.iter().find(|one| one["name"] == name);
    let nofile = of("nofile").expect("the limit");
    assert_eq!(
        (&nofile["hard"], &nofile["line"]),
        (&100.into(), &16.into())
    );
    assert_eq!(of("core").expect("a limit")["line"], 0);
}

/// What `show` says of a policy, without what changes with every policy: digests, the numbers of lines and
/// of instructions.
fn shown(policy: &str) -> (String, Value) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    fs::write(dir.path().join("policy.yaml"), policy).expect("write");
    let output = purplec(&["compile", "policy.yaml", "-o", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let words = text(&purplec(&["show", "plan"], dir.path()).stdout);
    let words = words.lines().filter(|line| !line.starts_with("plan "));
    let without_counts = |line: &str| match line.split_once(" instructions") {
        Some(_) => line.split(',').next().unwrap_or_default().to_owned(),
        None => line.split(" (line ").next().unwrap_or_default().to_owned(),
    };
    let words: Vec<String> = words.map(without_counts).collect();
    let json = purplec(&["show", "--json", "plan"], dir.path()).stdout;
    let mut json = serde_json::from_slice(&json).expect("JSON");
    strip(&mut json);
    (words.join("\n"), json)
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for key in ["digest", "source_digest", "instructions", "line", "line_of"] {
                drop(members.remove(key));
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn whatever_a_policy_grants_more_is_shown() {
    const BASE: &str =
        "name: b\nfilesystem:\n  immutable_paths: [{host_path: /usr, sandbox_path: /usr}]\n";
    let before = shown(BASE);
    for more in [
        "  output_paths: [{host_path: ./out, sandbox_path: /out}]",
        "  scratch_paths: [/scratch]",
        "  scratch_paths: [{sandbox_path: /tmp, size_bytes: 1K}]",
        "  scratch_paths: [{sandbox_path: /tmp, noexec: true}]",
        "  files: [{sandbox_path: /etc/a, content: a}]",
        "  devices: [kvm]",
        "process: {umask: \"077\"}",
        "process: {hostname: build}",
        "process: {timezone: UTC}",
        "process: {user: dev}",
        "resources: {rlimits: {nofile: 100}}",
        "  working_dir: /usr",
        "syscalls: {allow: [userfaultfd]}",
        "syscalls: {default_deny: true, allow: [read, write, execve]}",
        "syscalls: {architectures: [x86]}",
        "syscalls: {architectures: [x32]}",
        "network: {isolated: false}",
        "network: {isolated: false, allowed_outgoing_ports: [443]}",
        "network: {isolated: false, allowed_incoming_ports: [80]}",
        "capabilities: {add: [CAP_NET_BIND_SERVICE]}",
        "environment: {set: {A: b}}",
        "environment: {pass: [A]}",
        "resources: {pids_limit: 7}",
        "resources: {session_timeout_seconds: 9}",
        "audit: {enabled: true}",
    ] {
        let (words, json) = shown(&format!("{BASE}{more}\n"));
        assert_ne!(words, before.0, "in words: {more}");
        assert_ne!(json, before.1, "as JSON: {more}");
    }
    let ports = |ports: &str| shown(&format!("{BASE}network: {{isolated: false, {ports}}}\n"));
    let (one, other) = (
        ports("allowed_outgoing_ports: [443]"),
        ports("allowed_outgoing_ports: [80]"),
    );
    assert_ne!(one.0, other.0);
    assert_ne!(one.1, other.1);
}

#[test]
fn a_plan_as_json() {
    let dir = compiled();
    let output = purplec(&["show", "--json", "plan"], dir.path());
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(shown["policy"], "shown");
    assert_eq!(
        shown["process"]["inner_namespaces"],
        serde_json::json!(["user", "network"])
    );
    assert_eq!(
        shown["filters"][0]["allowed"],
        serde_json::json!(["execve", "read", "write"])
    );
    assert_eq!(
        shown["filters"][0]["by_arguments"],
        serde_json::json!(["socket"])
    );
    assert_eq!(shown["filters"][0]["rules"][0]["cases"][1]["line"], 8);
    let same = purplec(&["show", "--format", "json", "plan"], dir.path());
    assert_eq!(same.stdout, output.stdout);
    let audit = serde_json::json!({
        "detail_level": ["syscall"], "on_failure": "end", "log_path": ""
    });
    assert_eq!(shown["audit"], audit);
    let usr = shown["mounts"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["target"] == "/usr"));
    assert_eq!(
        usr.expect("the mount")["attributes"],
        serde_json::json!(["ro", "nosuid", "nodev"])
    );
}

#[test]
fn the_program_is_what_the_plan_holds() {
    let dir = compiled();
    let output = purplec(&["show", "plan", "--bpf", "program"], dir.path());
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(0), "")
    );
    let program = fs::read(dir.path().join("program")).expect("a file");
    let plan = fs::read(dir.path().join("plan")).expect("a plan");
    assert!(program.len().is_multiple_of(8) && program.len() > 8);
    assert!(plan.windows(program.len()).any(|part| part == program));
    // It starts by loading the architecture: BPF_LD|BPF_W|BPF_ABS, offset 4.
    assert_eq!(program[..8], [0x20, 0, 0, 0, 4, 0, 0, 0]);
}

/// What is shown as a policy, saved and compiled, gives the filters that it was shown for.
#[test]
fn a_plans_filters_as_a_policy_compile_to_the_same() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let parent =
        "name: parent\nsyscalls:\n  default_deny: true\n  allow: [\"@libc-start\", openat]\n";
    let policy = "name: child\nextends: ./parent.yaml\nsyscalls:\n  on_deny: {errno: EACCES}\n  \
                  architectures: [x86]\n  allow:\n    - ioctl\n  advanced_rules:\n    \
                  - {syscall: openat, action: allow, conditions: \"flags & O_ACCMODE == O_RDONLY\"}\n    \
                  - {syscall: socket, action: kill, conditions: [{arg: 0, op: eq, value: 40}]}\n    \
                  - {syscall: dup3, action: log, conditions: \"flags == O_CLOEXEC || oldfd <= 2\"}\n";
    fs::write(dir.path().join("parent.yaml"), parent).expect("write");
    fs::write(dir.path().join("policy.yaml"), policy).expect("write");
    let compile = |policy, plan, archs| {
        let made = purplec(
            &["compile", policy, "-o", plan, "--arch", archs],
            dir.path(),
        );
        assert_eq!(made.status.code(), Some(0), "{}", text(&made.stderr));
    };
    compile("policy.yaml", "plan", "x86_64");
    let shown = purplec(&["show", "plan", "--format", "policy"], dir.path());
    let shown = text(&shown.stdout);
    for line in [
        "  default_deny: true  # ./parent.yaml line 3",
        "  on_deny: {errno: EACCES}",
        "  architectures: [x86]",
        "    - {syscall: dup3, action: log, conditions: \"flags == O_RDONLY|O_CLOEXEC or oldfd <= 2\"}  # line 11",
        "    - {syscall: openat, action: allow, conditions: \"flags & O_ACCMODE == O_RDONLY\"}  # line 9",
        "    - {syscall: socket, action: kill, conditions: \"family == AF_VSOCK\"}  # line 10",
    ] {
        assert!(
            shown.lines().any(|found| found == line),
            "no line `{line}` in\n{shown}"
        );
    }
    assert!(shown.contains("    [\"@libc-start\""), "{shown}");
    fs::write(dir.path().join("shown.yaml"), &shown).expect("write");
    compile("shown.yaml", "again", "x86_64");
    for plan in ["plan", "again"] {
        let to = format!("{plan}.bpf");
        let written = purplec(&["show", plan, "--bpf", &to], dir.path());
        assert_eq!(written.status.code(), Some(0));
    }
    let [one, other] =
        ["plan.bpf", "again.bpf"].map(|file| fs::read(dir.path().join(file)).expect("a program"));
    assert!(one == other && one.len() > 400);

    // One policy gives the filters of several architectures where all have the calls that it names.
    let alike = "name: alike\nsyscalls:\n  default_deny: true\n  allow: [read, write, openat]\n";
    fs::write(dir.path().join("alike.yaml"), alike).expect("write");
    compile("alike.yaml", "both", "x86_64,aarch64");
    let both = purplec(&["show", "both", "--format", "policy"], dir.path());
    assert_eq!(both.status.code(), Some(0), "{}", text(&both.stderr));
    let heading = text(&both.stdout)
        .lines()
        .nth(1)
        .expect("a line")
        .to_owned();
    assert!(
        heading.contains("x86_64 (") && heading.contains("aarch64 ("),
        "{heading}"
    );

    // Where `open` and its like go through, what keeps files from becoming set-user-id is other calls on each
    // architecture, and one can be chosen.
    let profile = concat!(env!("CARGO_MANIFEST_DIR"), "/../policies/ai-dev-safe.yaml");
    for (policy, plan) in [("policy.yaml", "two"), (profile, "apart")] {
        compile(policy, plan, "x86_64,aarch64");
        let neither = purplec(&["show", plan, "--format", "policy"], dir.path());
        let says = "purplec: no single policy compiles to the filters for x86_64, aarch64: choose one with `--arch`\n";
        assert_eq!(
            (neither.status.code(), text(&neither.stderr).as_str()),
            (Some(1), says)
        );
    }
    for (arch, heading) in [("x86_64", "# for x86_64 ("), ("arm64", "# for aarch64 (")] {
        let one = purplec(
            &["show", "two", "--format", "policy", "--arch", arch],
            dir.path(),
        );
        assert_eq!(one.status.code(), Some(0), "{}", text(&one.stderr));
        assert!(text(&one.stdout).contains(heading), "{}", text(&one.stdout));
    }
    let none = purplec(
        &["show", "two", "--format", "policy", "--arch", "arm"],
        dir.path(),
    );
    let says = "purplec: the plan has no filter for arm: it is for x86_64, aarch64\n";
    assert_eq!(
        (none.status.code(), text(&none.stderr).as_str()),
        (Some(2), says)
    );
    let loose = purplec(&["show", "two", "--arch", "x86_64"], dir.path());
    assert_eq!(loose.status.code(), Some(2));
}

#[test]
fn a_plans_filter_as_assembly_says_what_it_tests_and_which_line_decides() {
    let dir = compiled();
    let output = purplec(&["show", "plan", "--format", "assembly"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    let listing = text(&output.stdout);
    let mut lines = listing.lines();
    let first = lines.next().expect("a line");
    let count: usize = first
        .strip_prefix("filter for x86_64, ")
        .and_then(|rest| rest.strip_suffix(" instructions")?.parse().ok())
        .expect("a count");
    let rows: Vec<&str> = lines.collect();
    assert_eq!(rows.len(), count);
    // Every target is the number of a line below.
    for (at, row) in rows.iter().enumerate() {
        assert!(row.starts_with(&format!("{at:4}  ")), "{row}");
        let code = row.split(';').next().unwrap_or_default();
        for word in ["goto ", "else "] {
            if let Some((_, rest)) = code.split_once(word) {
                let to: usize = rest
                    .split(' ')
                    .next()
                    .and_then(|to| to.parse().ok())
                    .expect("to");
                assert!(to > at && to < count, "{row}");
            }
        }
    }
    for words in [
        "; x86_64",
        "; socket: family\n",
        "; socket: family == AF_INET6",
        "; allow: line 8",
        "; notify: line 7, line 8",
        "; kill: a call through an interface that the policy does not list",
        "; errno ENOSYS: newer than every call that the compiler knew",
    ] {
        assert!(listing.contains(words), "no `{words}` in\n{listing}");
    }
}

#[test]
fn what_is_no_plan() {
    let dir = compiled();
    let good = fs::read(dir.path().join("plan")).expect("a plan");
    let mut flipped = good.clone();
    flipped[100] ^= 1;
    fs::write(dir.path().join("flipped"), &flipped).expect("write");
    fs::write(dir.path().join("cut"), &good[..good.len() - 1]).expect("write");
    fs::write(dir.path().join("text"), POLICY).expect("write");
    for command in ["verify", "show"] {
        for (file, code, says) in [
            (
                "flipped",
                1,
                "flipped: error: the seal does not match: the plan was changed after it was compiled\n",
            ),
            (
                "cut",
                1,
                "cut: error: the plan is cut short, extended or too large\n",
            ),
            ("text", 1, "text: error: not a plan\n"),
            ("nowhere", 2, "nowhere: error: there is no such file\n"),
            (".", 2, ".: error: this is a directory, not a file\n"),
        ] {
            let output = purplec(&[command, file], dir.path());
            let found = (output.status.code(), text(&output.stderr));
            assert_eq!(found, (Some(code), says.to_owned()), "{command} {file}");
            assert!(output.stdout.is_empty());
        }
    }
    let output = purplec(&["verify", "plan"], dir.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("plan: sealed, sha256:"));
}
