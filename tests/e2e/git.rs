//! What git does inside, outside, and outside afterwards, in what a program could write to: the real git.

mod beside;
mod planted;

use super::audit::{records, run};
use super::protected::{tree, waiting};
use beside::{
    what_a_killed_run_leaves_is_taken_out_by_the_next,
    what_one_run_takes_out_another_does_not_bring_back,
};
use planted::{
    one_entry_hides_no_other, what_is_written_in_another_way_is_taken_out,
    what_the_users_keys_lead_to_runs_nothing_new,
    what_the_users_own_file_leads_to_runs_nothing_new,
};
use purple_tests::operator::install;
use purple_tests::policy::Policy;
use purple_tests::project::on_host;
use purple_tests::run::{Finished, Run, finish};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

scenarios! {
    stubs_never_show
    a_branch_with_a_protected_path_is_not_switched_to
    a_linked_worktree_beside_its_repository
    commands_in_submodules_and_worktrees_are_taken_out
    a_repository_that_the_program_makes_runs_nothing
    what_is_taken_out_is_in_report_and_record
    a_second_view_keeps_what_the_first_keeps
    what_is_written_in_another_way_is_taken_out
    what_the_users_keys_lead_to_runs_nothing_new
    what_the_users_own_file_leads_to_runs_nothing_new
    one_entry_hides_no_other
    what_one_run_takes_out_another_does_not_bring_back
    what_a_killed_run_leaves_is_taken_out_by_the_next
}

/// Variables by which git knows an author, inside and outside.
const AUTHOR: &str =
    "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b";

fn sh(place: &TestDir, dir: &str, script: &str) -> String {
    on_host(place, dir, &["sh", "-c", &format!("{AUTHOR}; {script}")])
}

/// A project with a commit, and one with editors' settings on another branch.
fn project(place: &TestDir) {
    place.dir("project");
    let script = "git init -q -b main && echo 1 > f && git add f && git commit -qm one &&
        git checkout -qb editors && mkdir .vscode && echo {} > .vscode/settings.json && echo {} > .mcp.json &&
        git add -A && git commit -qm editors && git checkout -q main &&
        git checkout -qb topic && echo 2 > g && git add g && git commit -qm topic && git checkout -q main";
    assert_eq!(sh(place, "project", script), "");
}

/// What people and agents do with git, with what it says and its status.
const WORK: &str = "
git status --short; echo status $?
git clean -fdn; git clean -fdx; echo clean $?
echo x > new; git stash -q -u; echo stash $?; git stash pop -q; echo pop $?
git checkout -q topic; echo checkout $?; git checkout -q main; git merge -q topic; echo merge $?
git add -A; git commit -qm work; echo commit $?; git show --stat --format=%s HEAD
git status --short; git ls-tree --name-only HEAD
git reset -q --hard HEAD~2; git clean -fdq; echo end $?";

fn stubs_never_show(place: &TestDir) {
    project(place);
    let before = tree(&place.at("project"));
    let kept = ["@project", "Makefile", "deep/er/path", "directory/"];
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &kept)
        .filesystem("masked_paths: [/tree/.env, /tree/secrets/]")
        .starts_in("/tree")
        .compile(place);
    let script = format!(
        "{AUTHOR}; git checkout -q -B topic editors~1 && echo 2 > g && git add g && git commit -qm topic && git checkout -q main; {WORK}"
    );
    // The same commits have the same names.
    let script = format!(
        "export GIT_AUTHOR_DATE='100000000 +0000' GIT_COMMITTER_DATE='100000000 +0000'; {script}"
    );
    let done = Run::new(place, &plan, &["sh", "-c", &script]).finish();
    let inside = done.out();
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""), "{done}");
    let outside = sh(place, "project", &script);
    assert_eq!(inside, outside);
    assert!(inside.contains("clean 0\nstash 0\n"), "{inside}");

    // Outside too, while the program runs.
    let (mut child, out) = waiting(place, &plan, ":");
    assert!(place.at("project/.vscode").exists());
    assert_eq!(sh(place, "project", &script), outside);
    assert!(
        place.at("project/.vscode").exists(),
        "git has not removed what keeps the place"
    );
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
    let names = |tree: std::collections::BTreeMap<std::path::PathBuf, (u32, Vec<u8>)>| {
        let own = tree
            .into_keys()
            .filter(|path| !path.starts_with(place.at("project/.git")));
        own.collect::<Vec<_>>()
    };
    assert_eq!(names(tree(&place.at("project"))), names(before));
}

/// A branch that has the path in it cannot be checked out: git says so, and nothing has changed.
fn a_branch_with_a_protected_path_is_not_switched_to(place: &TestDir) {
    project(place);
    let plan = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project"])
        .starts_in("/tree")
        .compile(place);
    let script = "git checkout editors; echo $?; git status --short; git symbolic-ref HEAD";
    let done = Run::new(place, &plan, &["sh", "-c", script]).finish();
    assert_eq!(done.out(), "1\nrefs/heads/main\n", "{done}");
    assert!(
        done.stderr.contains("would be overwritten by checkout"),
        "{done}"
    );
    assert_eq!(sh(place, "project", "git checkout -q editors"), "");
}

/// Where the output path is `.git` itself, git reads its missing files too, and a stub may not fail that.
fn a_linked_worktree_beside_its_repository(place: &TestDir) {
    project(place);
    assert_eq!(
        sh(place, "project", "git worktree add -q ../linked topic"),
        ""
    );
    let (repository, linked) = (place.text("project/.git"), place.text("linked"));
    let plan = Policy::new(place)
        .keeps(&linked, &linked, &["@project"])
        .keeps(&repository, &repository, &["@project", "named"])
        .starts_in(&linked)
        .compile(place);
    let script =
        "echo 3 > h && git add h && git commit -qm three && git branch --list | tr -d '\n' &&
        git worktree list | wc -l && git log --format=%s -1 && stat -c %F ../project/.git/named";
    let done = Run::new(place, &plan, &["sh", "-c", &format!("{AUTHOR}; {script}")]).finish();
    let said = "  editors+ main* topic2\nthree\nregular empty file\n";
    assert_eq!(
        (done.out().as_str(), done.stderr.as_str()),
        (said, ""),
        "{done}"
    );
    assert_eq!(
        sh(
            place,
            "linked",
            "git log --format=%s -1; git status --short"
        ),
        "three\n"
    );
}

/// A run by the operator's tool, in the directory `project`.
fn purple(place: &TestDir, script: &str) -> Finished {
    if !place.at("home").exists() {
        install(place);
    }
    place.file(
        "policy.yaml",
        Policy::new(place)
            .writes("./project", "/tree")
            .starts_in("/tree")
            .text(),
    );
    run(place, &[], &["sh", "-c", &format!("{AUTHOR}; {script}")])
}

fn mark(place: &TestDir) -> String {
    place.text("output/ran-outside")
}

/// Whether something ran outside; it is forgotten then.
fn ran(place: &TestDir) -> bool {
    let ran = Path::new(&mark(place)).exists();
    if ran {
        fs::remove_file(mark(place)).expect("it is there");
    }
    ran
}

fn commands_in_submodules_and_worktrees_are_taken_out(place: &TestDir) {
    project(place);
    place.dir("lib");
    let script = "cd ../lib && git init -q && git commit -q --allow-empty -m lib && cd ../project &&
        git -c protocol.file.allow=always submodule --quiet add ../lib lib 2>/dev/null && git commit -qm lib &&
        git worktree add -q ../linked -b linked";
    assert_eq!(sh(place, "project", script), "");
    let mark = mark(place);
    let plant = format!(
        "git -C lib config core.fsmonitor 'touch {mark}; :'
printf '#!/bin/sh\\ntouch {mark}\\n' > .git/modules/lib/hooks/post-commit; chmod +x .git/modules/lib/hooks/post-commit
mkdir seed; cp -r .git/objects .git/refs .git/HEAD seed/
printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = \"touch {mark}; :\"\\n' > seed/config
echo ../../../seed > .git/worktrees/linked/commondir"
    );
    // What is there is kept, and the rest is taken out afterwards.
    let made = "echo ../seed > .git/modules/lib/commondir";
    let done = purple(place, &format!("{plant}\n{made}"));
    assert_eq!(done.code(), 0, "{done}");
    for name in [
        "could not write config file",
        "hooks/post-commit: Read-only file system",
        ".git/worktrees/linked/commondir: Read-only file system",
        "project/.git/modules/lib/commondir: ",
        "project/seed/config: ",
    ] {
        assert!(done.stderr.contains(name), "{name}: {done}");
    }
    let use_it = "git status; git -C lib commit -q --allow-empty -m x; git -C ../linked status";
    let said = sh(place, "project", use_it);
    assert!(!ran(place), "{said}");
    assert!(said.contains("On branch linked"), "{said}");

    // Without the look afterwards it is an attack.
    let plan = Policy::new(place)
        .writes(&place.text("project"), "/tree")
        .starts_in("/tree")
        .compile(place);
    let plant = plant.replace("mkdir seed; ", "");
    let done = Run::new(place, &plan, &["sh", "-c", &plant]).finish();
    assert_eq!(done.code(), 0, "{done}");
    let said = sh(place, "project", use_it);
    assert!(ran(place), "{said}");
}

fn a_repository_that_the_program_makes_runs_nothing(place: &TestDir) {
    project(place);
    let mark = mark(place);
    let plant = format!(
        "git init -q nested && cd nested && git commit -q --allow-empty -m x && git config core.fsmonitor 'touch {mark}; :' && cd .. && git add nested 2>/dev/null"
    );
    let done = purple(place, &plant);
    assert!(done.stderr.contains("core.fsmonitor"), "{done}");
    sh(place, "project", "git status");
    assert!(!ran(place));
    let found = sh(
        place,
        "project/nested",
        "git config core.purple-disabled-fsmonitor",
    );
    assert!(found.starts_with("touch "), "{found}");
    // A later run leaves it as it is.
    let done = purple(place, "git -C nested commit -q --allow-empty -m y");
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""), "{done}");
}

fn what_is_taken_out_is_in_report_and_record(place: &TestDir) {
    install(place);
    place.dir("logs");
    project(place);
    let log = place.text("logs/audit.log");
    let policy = Policy::new(place)
        .writes("./project", "/tree")
        .starts_in("/tree")
        .section(&format!("audit: {{enabled: true, log_path: {log:?}}}"));
    place.file("policy.yaml", policy.text());
    let recorded = |name: &str, script: &str| {
        let report = place.text(name);
        let done = run(place, &["--report", &report], &["sh", "-c", script]);
        assert_eq!(done.code(), 0, "{done}");
        let report: Value = serde_json::from_str(&place.read(name)).expect("JSON");
        let records = records(place);
        let record = records.last().expect("a record");
        assert_eq!(report["repositories"], record["repositories"]);
        report["repositories"].clone()
    };
    assert_eq!(recorded("first", ":"), json!([]));
    let plant = "git init -q nested; git -C nested config core.fsmonitor :";
    let found = recorded("second", plant);
    assert_eq!(found.as_array().map(Vec::len), Some(1), "{found}");
    let one = &found[0];
    assert_eq!(one["type"], "disarmed");
    let path = one["path"].as_str().expect("a path");
    assert!(path.ends_with("project/nested/.git/config"), "{path}");
    let detail = one["detail"].as_str().expect("what it is");
    assert!(detail.contains("core.fsmonitor"), "{detail}");
}

fn a_second_view_keeps_what_the_first_keeps(place: &TestDir) {
    place.dir("project");
    place.file("project/ci", "as it was");
    place.file("project/.env", "secret");
    place.dir("project/sub");
    let top = place.text("project");
    let policy = Policy::new(place)
        .keeps(&top, "/a", &["ci", "sub/new"])
        .writes(&top, "/b")
        .writes(&format!("{top}/x/../sub"), "/c")
        .shows(&top, "/d")
        .filesystem("masked_paths: [/a/.env]");
    let script = "for f in /a/ci /b/ci; do echo x 2>/dev/null > $f && echo changed $f; done
for f in /a/sub/new /b/sub/new /c/new; do mkdir $f 2>/dev/null && echo made $f; done
for f in /a /b /d; do cat $f/.env 2>/dev/null && echo read $f; done; echo fine > /b/fine; echo end";
    let done = Run::new(place, &policy.compile(place), &["sh", "-c", script]).finish();
    assert_eq!(done.out(), "end\n", "{done}");
    assert_eq!(place.read("project/ci"), "as it was");
    // With one view without the list, what that shows can be changed.
    let open = Policy::new(place)
        .writes(&top, "/b")
        .writes(&format!("{top}/sub"), "/c")
        .shows(&top, "/d");
    let script = script
        .replace("/a/ci ", "")
        .replace("/a/sub/new ", "")
        .replace("in /a ", "in ");
    let done = Run::new(place, &open.compile(place), &["sh", "-c", &script]).finish();
    let said = done.out();
    for attack in ["changed /b/ci", "made /b/sub/new", "read /d"] {
        assert!(said.contains(attack), "{done}");
    }
}
