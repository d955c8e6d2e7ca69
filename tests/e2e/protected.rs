//! What a program can neither change nor make in a directory that it may write to.

mod masks;

use super::inside::facts_under;
use masks::{
    masked_paths_cannot_be_read_or_made, masks_and_protected_paths_on_the_way_down,
    what_is_named_below_a_group_leaves_it_protected,
};
use purple_tests::policy::Policy;
use purple_tests::project::on_host;
use purple_tests::run::{Run, finish};
use purple_tests::test_dir::TestDir;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

scenarios! {
    missing_paths_cannot_be_made
    what_there_is_cannot_be_changed
    a_project_is_protected_without_saying_so
    definitions_of_services_are_kept_where_the_policy_says_so
    a_worktree_keeps_its_git_file
    git_goes_on_working
    a_planted_commondir_is_an_attack
    a_way_through_a_link_is_refused
    a_file_with_another_name_is_refused
    masked_paths_cannot_be_read_or_made
    masks_and_protected_paths_on_the_way_down
    what_is_named_below_a_group_leaves_it_protected
}

/// Every way to put something at a path, and to take away what is there. `own` and `dir` are the
/// program's, in the same directory.
const WAYS: &str = include_str!("../probes/change_a_path.py");

/// What is below a directory: the mode, and what is in it.
pub(crate) fn tree(dir: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            let status = path.symlink_metadata().expect("it is there");
            let content = match () {
                () if status.is_file() => fs::read(&path).expect("its content"),
                () if status.is_symlink() => fs::read_link(&path)
                    .expect("a link")
                    .into_os_string()
                    .into_encoded_bytes(),
                () => Vec::new(),
            };
            if status.is_dir() {
                left.push(path.clone());
            }
            found.insert(path, (status.mode(), content));
        }
    }
    found
}

/// Removes what [`WAYS`] have made for themselves.
pub(crate) fn clean(dir: &Path) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        match path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
        {
            Some(name) if name.starts_with("own-") => {
                fs::remove_file(&path).expect("the program's");
            }
            Some(name) if name.starts_with("dir-") => {
                fs::remove_dir_all(&path).expect("the program's");
            }
            _ => {}
        }
    }
}

/// A run that has started, and says when it may end.
pub(crate) fn waiting(
    place: &TestDir,
    plan: &Path,
    script: &str,
) -> (Child, BufReader<std::process::ChildStdout>) {
    let script = format!("{script}\necho ready; read line; {script}\necho end");
    let mut child = Run::new(place, plan, &["sh", "-c", &script]).start();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    let mut line = String::new();
    while line != "ready\n" {
        line.clear();
        assert_ne!(
            out.read_line(&mut line).expect("a line"),
            0,
            "it does not start"
        );
    }
    (child, out)
}

pub(crate) fn each_is_refused(found: &Value, name: &str) {
    for (way, result) in found[name].as_object().expect("an object") {
        let result = result.as_str().expect("a name");
        let known = [
            "EROFS",
            "EBUSY",
            "EEXIST",
            "EXDEV",
            "EACCES",
            "ENOTDIR",
            "EISDIR",
            "EPERM",
            "ENOTEMPTY",
            "ENOENT",
            "ENXIO",
            "EINVAL",
        ];
        // `above` is what a stub is already, or what may be there.
        assert!(
            known.contains(&result) || way == "above",
            "{name}: {way}: {result}"
        );
    }
}

const MISSING: [&str; 6] = [
    "Makefile",
    "ci/deep/run",
    "hooks/",
    ".git/hooks",
    ".git/config",
    ".vscode/tasks.json",
];

fn missing_paths_cannot_be_made(place: &TestDir) {
    place.dir("project");
    place.file("project/kept", "as it was");
    let text = format!(
        "{WAYS}\n{}",
        include_str!("../probes/make_missing_paths.py")
    );
    let before = tree(&place.at("project"));
    let kept = Policy::new(place).keeps(&place.text("project"), "/tree", &MISSING);
    let found = facts_under(place, &kept, &text);
    for path in [
        "Makefile",
        "ci/deep/run",
        "hooks",
        ".git/hooks",
        ".git/config",
        ".vscode/tasks.json",
    ] {
        each_is_refused(&found, path);
    }
    assert_eq!(
        found["planted"],
        json!([false, false, false, false, false, false])
    );
    assert_eq!(found["fine"], "ok");
    fs::remove_file(place.at("project/fine")).expect("the program's");
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);

    // Without the protection it can be done.
    let open = Policy::new(place).writes(&place.text("project"), "/tree");
    let found = facts_under(place, &open, &text);
    assert_eq!(found["Makefile"]["open"], "ok", "{found}");
    assert_eq!(found["ci/deep/run"]["open_again"], "ok", "{found}");
    assert_eq!(found[".git/hooks"]["above"], "ok", "{found}");
}

fn what_there_is_cannot_be_changed(place: &TestDir) {
    place.dir("project");
    for dir in ["project/.git", "project/.git/hooks", "project/.git/objects"] {
        place.dir(dir);
    }
    for file in [
        "project/.git/config",
        "project/.git/hooks/pre-commit",
        "project/Makefile",
    ] {
        place.file(file, "as it was");
    }
    let before = tree(&place.at("project"));
    let policy =
        Policy::new(place).keeps(&place.text("project"), "/tree", &["@project", "Makefile"]);
    let found = facts_under(
        place,
        &policy,
        &format!(
            "{WAYS}\n{}",
            include_str!("../probes/change_existing_paths.py")
        ),
    );
    for path in [
        ".git/config",
        ".git/hooks",
        ".git/hooks/pre-commit",
        ".git/commondir",
        "Makefile",
    ] {
        each_is_refused(&found, path);
    }
    assert_eq!(
        found["content"],
        json!(["as it was", "as it was", ".\n", "as it was"])
    );
    assert_eq!(found["objects"], "ok");
    assert_ne!(found["tree"], "ok");
    let after = tree(&place.at("project"));
    for path in [
        ".git/config",
        ".git/hooks",
        ".git/hooks/pre-commit",
        "Makefile",
    ] {
        let path = place.at("project").join(path);
        assert_eq!(after.get(&path), before.get(&path), "{}", path.display());
    }
    assert!(!place.at("project/.git/commondir").exists());
}

/// `.` is the project, and has `@project`; nothing of it stays.
fn a_project_is_protected_without_saying_so(place: &TestDir) {
    let text = format!(
        "{WAYS}show(hooks=ways('/tree', '.git/hooks/pre-commit'), list=sorted(os.listdir('/tree')))"
    );
    let found = facts_under(place, &Policy::new(place).writes(".", "/tree"), &text);
    each_is_refused(&found, "hooks");
    for name in [".git", ".vscode", ".idea"] {
        assert!(
            found["list"]
                .as_array()
                .expect("a list")
                .contains(&json!(name)),
            "{found}"
        );
        assert!(!place.at(name).exists(), "{name}");
    }
    clean(&place.at(""));
    let open = Policy::new(place).keeps(".", "/tree", &["!@project"]);
    let found = facts_under(place, &open, &text);
    assert_eq!(found["hooks"]["open_again"], "ok", "{found}");
}

/// In a worktree `.git` is a file that names the repository: another one must not take its place.
/// `@ci` in a run: what there is and what is missing, and that no output path has it by itself.
fn definitions_of_services_are_kept_where_the_policy_says_so(place: &TestDir) {
    for dir in ["project", "project/.github", "project/.github/workflows"] {
        place.dir(dir);
    }
    for file in ["project/.github/workflows/build.yml", "project/Jenkinsfile"] {
        place.file(file, "as it was");
    }
    let before = tree(&place.at("project"));
    let names = [
        ".github/workflows/build.yml",
        "Jenkinsfile",
        ".gitlab-ci.yml",
        ".circleci/config.yml",
    ];
    let text = format!("{WAYS}show(**{{name: ways('/tree', name) for name in {names:?}}})");
    let kept = Policy::new(place).keeps(&place.text("project"), "/tree", &["@ci"]);
    let found = facts_under(place, &kept, &text);
    for name in names {
        each_is_refused(&found, name);
    }
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);

    let open = Policy::new(place).writes(&place.text("project"), "/tree");
    let found = facts_under(place, &open, &text);
    for name in names {
        assert_eq!(found[name]["open_again"], "ok", "{name}: {found}");
    }
}

fn a_worktree_keeps_its_git_file(place: &TestDir) {
    place.dir("project");
    place.file("project/.git", "gitdir: /nowhere\n");
    let before = tree(&place.at("project"));
    let policy = Policy::new(place).keeps(&place.text("project"), "/tree", &["@project"]);
    let text = format!(
        "{WAYS}show(git=ways('/tree', '.git'), hooks=ways('/tree', '.git/hooks'), content=read('/tree/.git'))"
    );
    let found = facts_under(place, &policy, &text);
    each_is_refused(&found, "git");
    each_is_refused(&found, "hooks");
    assert_eq!(found["content"], "gitdir: /nowhere\n");
    clean(&place.at("project"));
    assert_eq!(tree(&place.at("project")), before);
}

/// git works inside and outside at the same time, with a repository and without one.
fn git_goes_on_working(place: &TestDir) {
    place.dir("project");
    let policy = Policy::new(place)
        .keeps(&place.text("project"), "/tree", &["@project"])
        .starts_in("/tree");
    let plan = policy.compile(place);
    let (mut child, out) = waiting(place, &plan, "ls -d .git");
    let said = on_host(place, "project", &["git", "status"]);
    assert!(
        said.contains("not a git repository"),
        "an empty `.git` is none: {said}"
    );
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    assert_eq!(finish(child, b"", Duration::from_secs(20)).code(), 0);
    assert!(tree(&place.at("project")).is_empty());

    assert_eq!(on_host(place, "project", &["git", "init", "-q"]), "");
    let before = tree(&place.at("project"));
    let commit =
        "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m x && git status --short";
    let (mut child, out) = waiting(place, &plan, commit);
    assert_eq!(
        on_host(place, "project", &["git", "log", "--format=%s"]),
        "x\n"
    );
    let found = on_host(place, "project", &["git", "rev-parse", "--git-common-dir"]);
    assert_eq!(found.trim(), place.text("project/.git"));
    drop(child.stdin.take());
    child.stdout = Some(out.into_inner());
    let done = finish(child, b"", Duration::from_secs(20));
    assert_eq!((done.code(), done.stderr.as_str()), (0, ""));
    assert_eq!(
        on_host(place, "project", &["git", "log", "--format=%s"]),
        "x\nx\n"
    );
    let after = tree(&place.at("project"));
    let stubs = |path: &PathBuf| {
        let path = path.to_string_lossy();
        path.contains("commondir") || path.ends_with("config.worktree") || path.contains(".vscode")
    };
    assert!(!after.keys().any(stubs), "{:?}", after.keys());
    let config = place.at("project/.git/config");
    assert_eq!(after.get(&config), before.get(&config));
}

/// Where `commondir` can be made, git outside runs what the program wants: so it is in the list.
fn a_planted_commondir_is_an_attack(place: &TestDir) {
    place.dir("project");
    assert_eq!(on_host(place, "project", &["git", "init", "-q"]), "");
    let mark = place.text("output/run-outside");
    let script = format!(
        "cp -r .git evil; printf '[core]\\n\\trepositoryformatversion = 0\\n\\tfsmonitor = touch {mark}; false\\n' > evil/config
echo ../evil > .git/commondir"
    );
    for (kept, attacked) in [
        (&["@project", "!.git/commondir"][..], true),
        (&["@project"], false),
    ] {
        let policy = Policy::new(place)
            .keeps(&place.text("project"), "/tree", kept)
            .starts_in("/tree");
        let done = Run::new(place, &policy.compile(place), &["sh", "-c", &script]).finish();
        assert_eq!(done.code() == 0, attacked, "{done}");
        let said = on_host(place, "project", &["git", "status"]);
        assert_eq!(
            place.at("output/run-outside").exists(),
            attacked,
            "{kept:?}: {said}"
        );
        if attacked {
            fs::remove_file(place.at("project/.git/commondir")).expect("it was planted");
            fs::remove_dir_all(place.at("project/evil")).expect("it was planted");
            fs::remove_file(&mark).expect("it was run");
        }
    }
}

fn a_way_through_a_link_is_refused(place: &TestDir) {
    place.dir("project");
    place.dir("project/elsewhere");
    symlink("elsewhere", place.at("project/.git")).expect("a link");
    let before = tree(&place.at("project"));
    let policy =
        Policy::new(place).keeps(&place.text("project"), "/tree", &["first", ".git/hooks"]);
    let line = policy.line_of("first");
    Run::new(place, &policy.compile(place), &["true"]).finish().refused(
        125,
        &format!("protected path: /tree/.git/hooks leads through a symbolic link: protect what that leads to: ELOOP (policy line {line})"),
    );
    assert_eq!(
        tree(&place.at("project")),
        before,
        "the stub of `first` is gone too"
    );
}

fn a_file_with_another_name_is_refused(place: &TestDir) {
    place.dir("project");
    let file = place.file("project/.bashrc", "as it was");
    let policy = Policy::new(place).keeps(&place.text("project"), "/tree", &[".bashrc"]);
    let (plan, line) = (policy.compile(place), policy.line_of(".bashrc"));
    assert_eq!(Run::new(place, &plan, &["true"]).finish().good(), "");
    fs::hard_link(&file, place.at("project/other")).expect("a link");
    let done = Run::new(place, &plan, &["true"]).finish();
    let message = "/tree/.bashrc has another name, by which it could be changed: EMLINK";
    done.refused(
        125,
        &format!("protected path: {message} (policy line {line})"),
    );
}
