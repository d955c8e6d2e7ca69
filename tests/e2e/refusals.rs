//! What is refused before the command starts, and how it is said.

use purple_tests::identity::can_mount;
use purple_tests::policy::Policy;
use purple_tests::run::{Run, executor};
use purple_tests::test_dir::TestDir;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

scenarios! {
    command_lines
    plans_that_are_no_files
    damaged_plans
    commands_that_are_not_there
    commands_that_cannot_be_executed
    programs_of_32_bits
    programs_on_a_file_system_without_execution
    programs_without_their_interpreter
    host_paths_that_are_missing
    relative_paths_through_links
    working_directory_that_is_missing
    targets_in_host_trees_are_never_made
    a_stack_that_is_too_small
}

fn a_stack_that_is_too_small(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let limited = |kibibytes: &str| {
        let script = format!("ulimit -s {kibibytes} && exec \"$@\"");
        let run = Run::new(place, &plan, &["true"]);
        run.wrapped(&["sh", "-c", &script, "sh"]).finish()
    };
    limited("64").refused(
        125,
        "start: 65536 bytes of stack are too few: the limit must be 131072 or more (ulimit -s 128)",
    );
    assert_eq!(limited("128").good(), "");
}

const USAGE: &str = "purple-exec: arguments: purple-exec --help prints the usage\n";

fn command_lines(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let plan = plan.to_str().expect("UTF-8");
    let cases: [(&[&str], &str); 10] = [
        (&[], "no PLAN given"),
        (&["--frob", plan, "--", "true"], "unknown option --frob"),
        (
            &["--unenforced", "seccomp", plan, "--", "true"],
            "no layer is called seccomp; the layers that need not be enforced are cgroup, audit, monitor and landlock",
        ),
        (&["--unenforced"], "--unenforced takes a value"),
        (&["--report"], "--report takes a value"),
        (&["--cgroup"], "--cgroup takes a value"),
        (&[plan], "expected -- and a command after the plan"),
        (&[plan, "true"], "expected -- and a command after the plan"),
        (&[plan, "--"], "no command after --"),
        (
            &["--bad\x1b[31m\noption"],
            "unknown option --bad\\u{1b}[31m\\u{a}option",
        ),
    ];
    for (arguments, message) in cases {
        let done = executor(place, arguments);
        assert_eq!(
            done.stderr,
            format!("purple-exec: arguments: {message}\n{USAGE}")
        );
        assert_eq!((done.code(), done.out().as_str()), (125, ""));
    }
    assert!(
        executor(place, &["--help"])
            .good()
            .starts_with("Usage: purple-exec ")
    );
    assert_eq!(
        executor(place, &["--version"]).good(),
        "purple-exec 0.1.0\n"
    );
}

fn plans_that_are_no_files(place: &TestDir) {
    place.dir("directory");
    let fifo = place.text("fifo");
    assert!(
        Command::new("mkfifo")
            .args(["-m", "666", &fifo])
            .status()
            .is_ok_and(|s| s.success())
    );
    place.file("closed", "x");
    std::fs::set_permissions(place.at("closed"), std::fs::Permissions::from_mode(0o000))
        .expect("mine");
    for (name, why) in [
        ("missing", ": ENOENT"),
        ("directory", " is not a regular file"),
        ("fifo", " is not a regular file"),
        ("plan.bin/x", ": ENOENT"),
    ] {
        let path = place.text(name);
        executor(place, &[&path, "--", "true"]).refused(125, &format!("plan: {path}{why}"));
    }
    for path in ["/dev/zero", "/dev/full", "/dev/tty"] {
        let done = executor(place, &[path, "--", "true"]);
        let device = format!("purple-exec: plan: {path} is not a regular file\n");
        let terminal = format!("purple-exec: plan: {path}: ENXIO\n");
        assert!(
            done.stderr == device || (path == "/dev/tty" && done.stderr == terminal),
            "{done}"
        );
        assert_eq!(done.code(), 125);
    }
    if !place.who.is_root() {
        let path = place.text("closed");
        executor(place, &[&path, "--", "true"]).refused(125, &format!("plan: {path}: EACCES"));
    }
}

fn damaged_plans(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let whole = std::fs::read(&plan).expect("the plan");
    let middle = whole.len() / 2;
    let mut flipped = whole.clone();
    flipped[middle] ^= 1;
    let mut extended = whole.clone();
    extended.push(0);
    let mut large = whole.clone();
    large.resize(8 << 20, 0);
    for (bytes, why) in [
        (Vec::new(), "not a plan"),
        (
            whole[..middle].to_vec(),
            "the plan is cut short, extended or too large",
        ),
        (extended, "the plan is cut short, extended or too large"),
        (large, "the plan is cut short, extended or too large"),
        (
            flipped,
            "the seal does not match: the plan was changed after it was compiled",
        ),
    ] {
        let path = place.file("damaged.bin", bytes);
        let path = path.to_str().expect("UTF-8");
        let done = executor(place, &[path, "--", "true"]);
        assert!(
            done.stderr
                .starts_with(&format!("purple-exec: plan: {path}: ")),
            "{done}"
        );
        assert!(
            done.stderr.contains(why) && done.stderr.lines().count() == 1,
            "{why}: {done}"
        );
        assert_eq!((done.code(), done.out().as_str()), (125, ""));
    }
}

fn commands_that_are_not_there(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let search = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    let run = |command: &str| Run::new(place, &plan, &[command]).report().finish();
    let missing = run("no-such-command");
    missing.refused(
        127,
        &format!("exec: no-such-command: not found inside the sandbox in {search}"),
    );
    let report = missing.report.expect("a report");
    assert_eq!(
        (&report["outcome"], &report["exit_code"]),
        (&"refused".into(), &127.into())
    );
    assert_eq!(report["status"], "refused");
    assert!(report["receipt"].is_null());
    for path in ["/usr/bin/no-such", "./no-such", "/root/x", "/usr/bin/env/x"] {
        run(path).refused(
            127,
            &format!("exec: {path}: no such file inside the sandbox"),
        );
    }
    run("").refused(127, "exec: the command is empty");
    run("no\x1bsuch").refused(
        127,
        &format!("exec: no\\u{{1b}}such: not found inside the sandbox in {search}"),
    );
}

fn commands_that_cannot_be_executed(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    place.file("output/plain", "#!/bin/sh\necho run\n");
    place.script("output/garbage", "\u{1}garbage");
    let run = |command: &str| Run::new(place, &plan, &[command]).finish();
    run("/output/plain").refused(
        126,
        "exec: /output/plain: permission denied: not executable",
    );
    run("/output").refused(126, "exec: /output: is a directory");
    run("/dev/null").refused(126, "exec: /dev/null: is not a regular file");
    run("./garbage").refused(
        126,
        "exec: ./garbage: it is neither an ELF program for this machine nor a script that begins with `#!`; start a script with its interpreter, as `sh FILE`: ENOEXEC",
    );
    let long = "x/".repeat(3000);
    let done = run(&long);
    assert!(
        done.stderr.contains("path is too long")
            || done.stderr.starts_with("purple-exec: exec: x/x/"),
        "{done}"
    );
    assert_eq!(done.code(), 126);
}

fn programs_on_a_file_system_without_execution(place: &TestDir) {
    if !can_mount("e2e-refusals-programs_on_a_file_system_without_execution") {
        return;
    }
    let script = format!(
        "mount -t tmpfs -o noexec tools {0} && cd {0} && printf '#!/bin/sh\\n' >tool && chmod a+x tool && touch plain && \
         cd / && exec \"$@\"",
        place.dir("output/tools").display()
    );
    let plan = Policy::new(place)
        .shows(&place.text("output/tools"), "/tools")
        .compile(place);
    for (program, why) in [
        ("tool", "it is on a file system that is mounted noexec"),
        ("plain", "not executable"),
    ] {
        let path = format!("/tools/{program}");
        let run = Run::new(place, &plan, &[&path]);
        let wrapper = ["unshare", "--mount", "sh", "-c", &script, "sh"];
        run.wrapped_by_root(&wrapper)
            .finish()
            .refused(126, &format!("exec: {path}: permission denied: {why}"));
    }
}

fn programs_without_their_interpreter(place: &TestDir) {
    let elf = Policy::bare(place)
        .shows("/usr/bin", "/programs")
        .compile(place);
    let why = "is not in the sandbox: no path of the policy provides it";
    Run::new(place, &elf, &["/programs/env"]).finish().refused(
        126,
        &format!("exec: /programs/env: its ELF interpreter /lib64/ld-linux-x86-64.so.2 {why}"),
    );
    place.script("output/tool", "#! /opt/language/bin/run -x\n");
    Run::new(place, &elf, &["./tool"]).finish().refused(
        126,
        &format!("exec: ./tool: its script interpreter /opt/language/bin/run {why}"),
    );
    // The interpreter of a script is a script, whose own is missing.
    place.script("output/second", "#!/output/tool\n");
    Run::new(place, &elf, &["./second"]).finish().refused(
        126,
        "exec: ./second: its interpreter is not in the sandbox: ENOENT",
    );
    place.script("output/windows", "#!/bin/sh\r\necho run\r\n");
    Run::new(place, &elf, &["./windows"]).finish().refused(
        126,
        "exec: ./windows: its script interpreter /bin/sh\\u{d} does not exist: the first line ends in CR LF, and the CR is a \
         part of the name; remove it with `dos2unix`",
    );
}

/// A static program of 32 bits that exits with 7: an ELF header, a program header and three instructions.
const PROGRAM_32: &[u8] = b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0\x54\x80\x04\x08\x34\0\0\0\0\0\0\0\0\0\0\0\x34\0\x20\0\x01\0\0\0\0\0\0\0\
    \x01\0\0\0\0\0\0\0\0\x80\x04\x08\0\x80\x04\x08\x60\0\0\0\x60\0\0\0\x05\0\0\0\0\x10\0\0\
    \xb8\x01\0\0\0\xbb\x07\0\0\0\xcd\x80";

fn programs_of_32_bits(place: &TestDir) {
    let old = place.script("output/old", "");
    fs::write(old, PROGRAM_32).expect("a file of its own");
    let run = |plan: &Path, command: &[&str]| Run::new(place, plan, command).finish();
    let plan = Policy::new(place).compile(place);
    run(&plan, &["./old"]).refused(
        126,
        "exec: ./old: a 32-bit program, whose system calls the policy does not list: add `architectures: [x86]` under \
         `syscalls`",
    );
    // Started from inside, it is killed at its first call.
    let done = run(
        &plan,
        &["python3", "-c", "import os; os.execv('./old', ['old'])"],
    );
    assert_eq!(done.code(), 128 + 31, "{done}");
    let why = "purple-exec: seccomp: the command was killed by SIGSYS: the policy answers a system call with `kill` or `trap`, \
               or the program is a 32-bit one, which needs `architectures: [x86]` under `syscalls`\n";
    assert_eq!(done.stderr, why);
    let plan = Policy::new(place)
        .syscalls(&["default_deny: false", "architectures: [x86]"])
        .compile(place);
    assert_eq!(run(&plan, &["./old"]).code(), 7);
}

fn host_paths_that_are_missing(place: &TestDir) {
    for (path, words) in [("nowhere", "nowhere"), ("plan.bin/below", "below")] {
        let host = place.text(path);
        let policy = Policy::new(place).shows(&host, "/shown");
        let plan = policy.compile(place);
        let done = Run::new(place, &plan, &["true"]).report().finish();
        let line = policy.line_of(words);
        let message = if path == "nowhere" {
            format!("mount: the host path {host} does not exist: ENOENT (policy line {line})")
        } else {
            format!("mount: the host path {host}: ENOTDIR (policy line {line})")
        };
        done.refused(125, &message);
    }
    // For a user, whether it is there behind a directory that is closed cannot be known.
    let closed = place.dir("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).expect("a mode");
    for missing in ["nowhere", "closed/below"] {
        let optional = Policy::new(place).shows_if_there(&place.text(missing), "/shown");
        let plan = optional.compile(place);
        let done = Run::new(place, &plan, &["ls", "-d", "/shown"]).finish();
        assert_eq!(done.code(), 2, "{missing}: {done}");
    }
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).expect("a mode");
    assert!(!place.at("nowhere").exists());
}

/// A project may come from anywhere: a link in it must not choose what of the host is shared.
fn relative_paths_through_links(place: &TestDir) {
    place.dir("project");
    place.dir("project/real");
    place.dir("elsewhere");
    symlink("../elsewhere", place.at("project/link")).expect("a link");
    for (host, shown) in [("./real", true), ("./link", false), ("link/../real", true)] {
        let policy = Policy::new(place).writes(host, "/shared");
        let line = policy.line_of("/shared");
        let plan = policy.compile(place);
        let mut command = Run::new(place, &plan, &["touch", "/shared/mark"]).command();
        let output = command
            .current_dir(place.at("project"))
            .output()
            .expect("it starts");
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        if shown {
            assert_eq!((output.status.code(), message.as_str()), (Some(0), ""));
        } else {
            assert_eq!(output.status.code(), Some(125), "{message}");
            assert_eq!(
                message,
                format!(
                    "purple-exec: mount: the host path {host} leads through a symbolic link, which a relative path must not: ELOOP (policy line {line})\n"
                )
            );
        }
    }
    assert!(place.at("project/real/mark").exists());
    assert_eq!(
        fs::read_dir(place.at("elsewhere"))
            .expect("a directory")
            .count(),
        0
    );
}

fn working_directory_that_is_missing(place: &TestDir) {
    let policy = Policy::new(place).starts_in("/output/none");
    let line = policy.line_of("working_dir");
    let done = Run::new(place, &policy.compile(place), &["true"]).finish();
    done.refused(
        125,
        &format!("working directory: /output/none: ENOENT (policy line {line})"),
    );
    let file = Policy::new(place).starts_in("/usr/bin/env");
    let line = file.line_of("working_dir");
    let done = Run::new(place, &file.compile(place), &["true"]).finish();
    done.refused(
        125,
        &format!("working directory: /usr/bin/env: ENOTDIR (policy line {line})"),
    );
}

fn targets_in_host_trees_are_never_made(place: &TestDir) {
    place.dir("tree");
    for (tree, writable) in [("/tree", false), ("/output", true)] {
        let policy = Policy::new(place).shows(&place.text("tree"), "/tree");
        for missing in ["none", "some/thing"] {
            let target = format!("{tree}/{missing}");
            let policy = policy.clone().shows(&place.text("host"), &target);
            let line = policy.line_of(&target);
            let done = Run::new(place, &policy.compile(place), &["true"]).finish();
            done.refused(125, &format!(
                "mount: {target} must exist already: it lies in a tree of the host: ENOENT (policy line {line})"
            ));
        }
        let scratch = policy.filesystem(&format!("scratch_paths: [{tree}/scratch]"));
        let line = scratch.line_of("scratch_paths");
        let done = Run::new(place, &scratch.compile(place), &["true"]).finish();
        done.refused(125, &format!(
            "mount: {tree}/scratch must exist already: it lies in a tree of the host: ENOENT (policy line {line})"
        ));
        let host = place.at(if writable { "output" } else { "tree" });
        assert_eq!(
            host.read_dir().expect("the tree").count(),
            0,
            "nothing was made in {}",
            host.display()
        );
    }
}
