//! Small things on which sandboxes have stumbled: what bubblewrap's own tests look at, as far as it has a
//! meaning here and no other module has it.

use super::inside::{PYTHON, facts_under, script};
use purple_tests::policy::{Policy, compile};
use purple_tests::run::Run;
use purple_tests::test_dir::TestDir;
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

scenarios! {
    a_program_may_be_called_like_an_option
    directories_that_lead_to_a_path_can_be_passed_by_all
    a_file_is_shown_in_place_of_a_file
    what_the_user_cannot_read_cannot_be_read_inside
    a_size_is_the_file_systems
    children_that_the_caller_ignores_are_waited_for
    code_in_memory_is_the_programs_own
}

fn a_program_may_be_called_like_an_option(place: &TestDir) {
    let name = "--report";
    drop(place.dir("bin"));
    drop(place.script(&format!("bin/{name}"), "#!/bin/sh\necho \"$@\"\n"));
    let policy = Policy::new(place)
        .shows(&place.text("bin"), "/bin-of-its-own")
        .environment(&[("PATH", "/bin-of-its-own:/usr/bin")], &[]);
    let plan = policy.compile(place);
    let run = |words: &[&str]| Run::new(place, &plan, words).finish();
    assert_eq!(
        run(&[name, "--", "--cgroup", "/x"]).good(),
        "-- --cgroup /x\n"
    );
    let missing = run(&["--cgroup", "/x", "true"]);
    assert_eq!(missing.code(), 127, "it is the command: {missing}");
}

/// No umask of the caller's makes a directory on the way that others cannot pass.
fn directories_that_lead_to_a_path_can_be_passed_by_all(place: &TestDir) {
    drop(place.dir("shown"));
    let policy = Policy::new(place)
        .shows(&place.text("shown"), "/a/b/c/shown")
        .filesystem("scratch_paths: [/d/e/scratch]");
    let text = "show(modes=[oct(os.stat(p).st_mode & 0o7777) for p in ('/a', '/a/b', '/a/b/c', '/d', '/d/e', '/d/e/scratch', '/')])";
    let plan = policy.compile(place);
    let run = Run::new(place, &plan, &[PYTHON, "-ISc", &script(text)]);
    let run = run.wrapped(&["sh", "-c", "umask 0777; exec \"$@\"", "sh"]);
    let modes = [
        "0o755", "0o755", "0o755", "0o755", "0o755", "0o1777", "0o755",
    ];
    assert_eq!(run.finish().facts(), json!({ "modes": modes }));
}

fn a_file_is_shown_in_place_of_a_file(place: &TestDir) {
    drop(place.file("one", "one\n"));
    let dir = place.dir("dir");
    drop(place.file("dir/file", "another\n"));
    symlink("file", dir.join("link")).expect("a link");
    let policy = Policy::new(place)
        .shows(&place.text("dir"), "/dir")
        .shows(&place.text("one"), "/dir/file");
    let text =
        "show(file=read('/dir/file'), link=read('/dir/link'), written=attempt(write, '/dir/file'))";
    let found = facts_under(place, &policy, text);
    let expected = json!({"file": "one\n", "link": "one\n", "written": "EROFS"});
    assert_eq!(found, expected);
    assert_eq!(place.read("dir/file"), "another\n");
}

/// A path that the policy shows gives nobody more than the user had.
fn what_the_user_cannot_read_cannot_be_read_inside(place: &TestDir) {
    let dir = place.dir("closed");
    drop(place.file("closed/file", "secret\n"));
    fs::set_permissions(dir.join("file"), fs::Permissions::from_mode(0o000)).expect("its own");
    let policy = Policy::new(place)
        .shows(&place.text("closed"), "/closed")
        .shows("/etc/shadow", "/shadow");
    let text = "show(file=attempt(read, '/closed/file'), shadow=attempt(read, '/shadow'))";
    let found = facts_under(place, &policy, text);
    assert_eq!(found, json!({"file": "EACCES", "shadow": "EACCES"}));
}

/// A size that the kernel rounds to no limit is refused; each other one is what there is.
fn a_size_is_the_file_systems(place: &TestDir) {
    let text = "s = os.statvfs('/tmp'); show(bytes=s.f_blocks * s.f_frsize)";
    let sized = |size: &str| Policy::new(place).filesystem(&format!("scratch_size_bytes: {size}"));
    for (written, bytes) in [
        ("1", 4096_u64),
        ("4097", 8192),
        ("123M", 123 << 20),
        ("8388607T", 8_388_607 << 40),
    ] {
        let found = facts_under(place, &sized(written), text);
        assert_eq!(found, json!({ "bytes": bytes }), "{written}");
    }
    for written in [
        "9223372036854775809",
        "18446744073709551615",
        "16777216T",
        "\"0\"",
    ] {
        let file = place.file("policy.yaml", sized(written).text());
        let done = compile(&file, &place.at("plan.bin"));
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        let refused = said.contains("error[invalid-quantity]");
        assert!(!done.status.success() && refused, "{written}: {said}");
    }
}

/// A caller that ignores SIGCHLD hands that on; the exit status comes back all the same.
fn children_that_the_caller_ignores_are_waited_for(place: &TestDir) {
    let plan = Policy::new(place).compile(place);
    let run = Run::new(place, &plan, &["sh", "-c", "sh -c 'exit 3'; exit $?"]);
    let ignoring = ["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh"];
    let done = run.wrapped(&ignoring).finish();
    assert_eq!(done.code(), 3, "{done}");
}

/// What `docs/threat-model.md` says of memory: no layer looks at it, and it gives nothing that the program
/// had not.
fn code_in_memory_is_the_programs_own(place: &TestDir) {
    let text = include_str!("../probes/start_from_memory.py");
    let found = facts_under(place, &Policy::new(place), text);
    assert_eq!(found, json!({"started": "ok", "mapped": "ok"}));
}
