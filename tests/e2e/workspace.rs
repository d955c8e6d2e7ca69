//! The workspace of a run, at its own path: what is worked in it, and what stays out of reach.

use purple_tests::operator::finished;
use purple_tests::project::{self, on_host, project};
use purple_tests::run::Finished;
use purple_tests::test_dir::TestDir;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

scenarios! {
    a_project_is_worked_in_at_its_own_path
    a_run_starts_where_it_was_started
    a_linked_worktree_and_a_submodule_are_worked_in
    a_workspace_that_is_only_read
    caches_stay_and_toolchains_are_shown
    what_is_no_workspace_is_refused
}

/// The facts are those of the user who starts the run.
const POLICY: &str = "name: mine
extends: base
filesystem:
  workspace: {access: read-write}
  toolchains: ['@rust']
  caches:
    - {name: registry, sandbox_path: ~/.cargo/registry}
  scratch_paths: ['${home}']
environment:
  set: {HOME: '${home}', WHO: '${user}', AT: '${workspace}'}
";

fn sh(place: &TestDir, dir: &str, script: &str) -> String {
    on_host(place, dir, &["sh", "-c", script])
}

fn prepare(place: &TestDir) {
    project(place, &[("f", "1\n")]);
    place.dir("project/part");
    place.script("home/.cargo/bin/tool", "#!/bin/sh\necho a tool\n");
    place.file("policy.yaml", POLICY);
}

fn run_in(place: &TestDir, directory: &str, script: &str) -> Finished {
    let policy = place.text("policy.yaml");
    let words = ["--policy", &policy, "--", "sh", "-c", script];
    project::run_in(place, directory, &words)
}

fn quiet(done: &Finished) -> String {
    let said = "purple-exec: cgroup: not enforced, as --unenforced asked (base line ";
    assert!(
        done.code() == 0 && done.stderr.lines().all(|line| line.starts_with(said)),
        "{done}"
    );
    done.out()
}

fn a_project_is_worked_in_at_its_own_path(place: &TestDir) {
    prepare(place);
    let script = "pwd; echo $AT; echo 2 > f && git commit -qam two && git log --format='%an %ae' -1; id -u; id -g
git status --short; for f in ~/.ssh/id ~/.cargo/credentials.toml ~/.gitconfig ../secret; do cat $f 2>/dev/null && echo read $f; done
echo x 2>/dev/null > .git/hooks/pre-commit; git config core.pager x 2>/dev/null; git config core.pager; ls -A ~; echo end";
    place.file("secret", "secret");
    let done = run_in(place, "project", script);
    let at = place.text("project");
    let (uid, gid) = if place.who.is_root() {
        (1000, 1000)
    } else {
        (place.who.uid, place.who.gid)
    };
    assert_eq!(
        quiet(&done),
        format!("{at}\n{at}\nMe me@example.org\n{uid}\n{gid}\n.cargo\nend\n"),
        "{done}"
    );

    // Nothing of it shows outside, and the files are the user's.
    assert_eq!(
        sh(
            place,
            "project",
            "git status --short; git log --format='%an' -1; cat f"
        ),
        "Me\n2\n"
    );
    let owner = |path: &str| fs::metadata(place.at(path)).expect("it is there").uid();
    assert_eq!(owner("project/f"), owner("project"));
}

fn a_run_starts_where_it_was_started(place: &TestDir) {
    prepare(place);
    let done = run_in(place, "project/part", "pwd; cat ../f; echo new > new");
    assert_eq!(quiet(&done), format!("{}\n1\n", place.text("project/part")));
    assert_eq!(place.read("project/part/new"), "new\n");
    // Outside of a repository it is the directory itself.
    place.dir("plain");
    let done = run_in(place, "plain", "pwd; ls ../project 2>/dev/null; echo $?");
    assert_eq!(quiet(&done), format!("{}\n2\n", place.text("plain")));
}

fn a_linked_worktree_and_a_submodule_are_worked_in(place: &TestDir) {
    prepare(place);
    place.dir("lib");
    let script = "cd ../lib && git init -q -b main && git -c user.name=a -c user.email=b commit -q --allow-empty -m lib &&
        cd ../project && git -c protocol.file.allow=always submodule --quiet add ../lib sub 2>/dev/null &&
        git -c user.name=a -c user.email=b commit -qm sub && git worktree add -q ../tree -b other";
    assert_eq!(sh(place, "project", script), "");
    for (directory, reads) in [
        ("tree", "other"),
        ("project", "main"),
        ("project/sub", "main"),
    ] {
        let script = "echo 3 > g && git add g && git commit -qm three && git symbolic-ref --short HEAD && git status --short";
        let done = run_in(place, directory, script);
        assert_eq!(quiet(&done), format!("{reads}\n"), "{directory}");
        assert_eq!(sh(place, directory, "git log --format=%s -1"), "three\n");
    }
    // What runs commands stays as it is, in the repository outside too.
    let hook = place.text("project/.git/hooks/post-commit");
    let done = run_in(
        place,
        "tree",
        &format!("echo x 2>/dev/null > {hook}; git config core.fsmonitor x 2>/dev/null; echo $?"),
    );
    assert_ne!(quiet(&done), "0\n");
    assert!(!place.at("project/.git/hooks/post-commit").exists());

    // A file `.git` that names the repository of another tree shows nothing.
    place.dir("planted");
    fs::copy(place.at("tree/.git"), place.at("planted/.git")).expect("a copy");
    let done = run_in(
        place,
        "planted",
        "ls ../project 2>/dev/null || echo nothing",
    );
    assert_eq!(quiet(&done), "nothing\n");
}

fn a_workspace_that_is_only_read(place: &TestDir) {
    prepare(place);
    place.file("policy.yaml", POLICY.replace("read-write", "read-only"));
    let done = run_in(
        place,
        "project",
        "cat f; echo 2 2>/dev/null > f; echo new 2>/dev/null > new; ls",
    );
    assert_eq!(quiet(&done), "1\nf\npart\n");
}

fn caches_stay_and_toolchains_are_shown(place: &TestDir) {
    prepare(place);
    let script = "~/.cargo/bin/tool; cat ~/.cargo/registry/x 2>/dev/null; echo kept > ~/.cargo/registry/x; \
        echo x 2>/dev/null > ~/.cargo/bin/tool; echo $?";
    let done = run_in(place, "project", script);
    assert_ne!(quiet(&done).lines().last(), Some("0"), "{done}");
    let done = run_in(place, "project", script);
    assert!(quiet(&done).starts_with("a tool\nkept\n"), "{done}");
    let cache = place.at("home/.cache/purple-caches/registry");
    assert_eq!(
        fs::read_to_string(cache.join("x")).expect("it is kept"),
        "kept\n"
    );
    assert_eq!(
        fs::metadata(cache).expect("a directory").mode() & 0o777,
        0o700
    );
}

fn what_is_no_workspace_is_refused(place: &TestDir) {
    prepare(place);
    let home = run_in(place, "home", "true");
    assert_eq!(home.code(), 125, "{home}");
    assert!(
        home.stderr.contains("`${workspace}` has no value")
            && home.stderr.contains("home directory"),
        "{home}"
    );
    // Parts of it that are obeyed or are secrets, and what is below them.
    for part in ["home/.local", "home/.local/bin", "home/.local/bin/deep"] {
        place.dir(part);
    }
    for part in ["home/.ssh", "home/.local/bin", "home/.local/bin/deep"] {
        let done = run_in(place, part, "true");
        let said = "whose files programs of yours obey or which are secrets";
        assert!(done.code() == 125 && done.stderr.contains(said), "{done}");
    }
    if place.who.is_root() {
        let policy = place.text("policy.yaml");
        let mut command = project::run(place, "", &["--policy", &policy, "--", "true"]);
        command.current_dir("/etc");
        let done = finished(command);
        assert!(
            done.code() == 125 && done.stderr.contains("a system directory"),
            "{done}"
        );
    }
}
