//! Programs that agents run every day work.

use super::inside::PYTHON;
use purple_tests::identity::skip;
use purple_tests::policy::Policy;
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

scenarios! { python network_interfaces calls_that_are_not_there gcc pipeline git }

fn python(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = "total = sum(n * n for n in range(1000)); \
                  open('/output/result.txt', 'w').write(f'{total}\\n'); print('done')";
    let done = Run::new(place, &plan, &[PYTHON, "-c", script]).finish();
    assert_eq!(done.good(), "done\n");
    assert_eq!(place.read("output/result.txt"), "332833500\n");
    let status = place
        .at("output/result.txt")
        .metadata()
        .expect("the result");
    assert_eq!((status.uid(), status.gid()), (place.who.uid, place.who.gid));
    assert_eq!(status.mode() & 0o7777, 0o644);
}

/// They are listed over a netlink socket, which changes nothing without a capability.
fn network_interfaces(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let script = include_str!("../probes/network_interfaces.py");
    let done = Run::new(place, &plan, &[PYTHON, "-ISc", script]).finish();
    assert_eq!(done.good(), "[(1, 'lo')]\nEPERM\n");
}

/// Threads start and files are looked at where the calls that libraries try first are denied.
fn calls_that_are_not_there(place: &TestDir) {
    let calls = "deny: [clone3, statx, openat2, faccessat2, close_range, renameat2, rseq]";
    let plan = Policy::new(place)
        .syscalls(&["default_deny: false", calls])
        .compile(place);
    let threads =
        "import threading; t = threading.Thread(target=print, args=('run',)); t.start(); t.join()";
    let done = Run::new(place, &plan, &[PYTHON, "-ISc", threads]).finish();
    assert_eq!(done.good(), "run\n");
    let commands = "echo a >a && mv a b && ls b && stat -c %s b && test -r b";
    let done = Run::new(place, &plan, &["/bin/sh", "-c", commands]).finish();
    assert_eq!(done.good(), "b\n2\n");
}

fn gcc(place: &TestDir) {
    if !Path::new("/usr/bin/gcc").exists() {
        return skip("programs-gcc", "gcc is not installed");
    }
    let plan = Policy::new(place).compile(place);
    place.file(
        "output/main.c",
        "#include <stdio.h>\n#include <math.h>\nint main(int n, char **v) {\n  \
         printf(\"%s has %d arguments, the root of 2 is %.3f\\n\", v[1], n, sqrt(n));\n}\n",
    );
    let commands = "gcc -O2 -Wall -o program main.c -lm && ./program it";
    let done = Run::new(place, &plan, &["/bin/sh", "-c", commands]).finish();
    assert_eq!(done.good(), "it has 2 arguments, the root of 2 is 1.414\n");
    assert!(place.at("output/program").is_file());
}

fn pipeline(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let commands = "printf 'b\\na\\nb\\nc\\nb\\n' | sort | uniq -c | sort -rn | \
                    sed 's/^ *//' | tee /tmp/copy | head -n 1 > /output/most; cat /tmp/copy | wc -l";
    let done = Run::new(place, &plan, &["sh", "-c", commands]).finish();
    assert_eq!(done.good().trim(), "3");
    assert_eq!(place.read("output/most"), "3 b\n");
    assert!(
        !Path::new("/tmp/copy").exists(),
        "/tmp inside is not the host's"
    );
}

fn git(place: &TestDir) {
    if !Path::new("/usr/bin/git").exists() {
        return skip("programs-git", "git is not installed");
    }
    let plan = Policy::new(place).starts_in("/output").compile(place);
    let commands = "set -e; git init -q -b main .; git config user.name agent; \
                    git config user.email agent@example.com; echo text > file; git add file; \
                    git commit -q -m 'Add a file'; git log --format='%an %s'; git status --short";
    let shell = ["sh", "-c", commands];
    assert_eq!(
        Run::new(place, &plan, &shell).finish().good(),
        "agent Add a file\n"
    );
    assert_eq!(place.read("output/.git/HEAD"), "ref: refs/heads/main\n");
    let owner = place
        .at("output/.git/index")
        .metadata()
        .expect("the index")
        .uid();
    assert_eq!(owner, place.who.uid);
}
