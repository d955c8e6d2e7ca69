//! Ordinary work with git, of which nothing is put aside.

use super::{Project, with_submodule};
use std::fs;

/// What git says of commands in a project, one after the other. `+NAME` writes a file, and `@DIR` goes there.
fn work(project: &Project, lines: &str) {
    let mut place = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('+') {
            fs::write(project.at(&place).join(name), line.repeat(3)).unwrap();
        } else if let Some(to) = line.strip_prefix('@') {
            to.clone_into(&mut place);
        } else {
            let words: Vec<&str> = line.split(' ').collect();
            project.git(&place, &words);
        }
    }
}

/// Two branches that change the same file.
const BRANCHES: &str = "
    branch other
    +file
    commit -qam mine
    checkout -q other
    +file2
    add file2
    rm -q file
    commit -qam other
    commit -q --allow-empty -m more
";

#[test]
fn what_git_writes_is_left_alone() {
    for (prepare, lines) in [
        (
            "",
            "+a\n add a\n commit -qm a\n tag -a -m x v1\n notes add -m note\n branch b\n config branch.b.description x",
        ),
        (BRANCHES, "rebase main"),
        (BRANCHES, "rebase -i --apply main"),
        (BRANCHES, "rebase --apply main"),
        (BRANCHES, "merge main"),
        (BRANCHES, "cherry-pick main~0 main"),
        (BRANCHES, "revert --no-edit HEAD~1"),
        (
            BRANCHES,
            "config rerere.enabled true\n merge main\n add -A\n commit -qm merged",
        ),
        (BRANCHES, "bisect start\n bisect bad\n bisect good main~1"),
        (
            BRANCHES,
            "bisect start --term-new fixed --term-old broken -- file\n bisect fixed",
        ),
        (
            BRANCHES,
            "format-patch -o p main~1..main\n checkout -q main\n am p/0001-mine.patch",
        ),
        (
            BRANCHES,
            "format-patch -q -o p main~1..main\n am p/0001-mine.patch",
        ),
        (
            BRANCHES,
            "notes add -m a\n notes --ref other add -m b\n notes merge -s manual other",
        ),
        ("", "+file\n stash\n +file\n +new\n stash -u"),
        (
            "",
            "worktree add -q tree -b tree\n @tree\n +new\n add new\n commit -qm new\n rebase --exec true main",
        ),
        (
            "",
            "worktree add -q tree -b tree\n worktree move tree other\n worktree lock other",
        ),
        ("", "checkout -q --orphan new\n +x\n add x\n commit -qm x"),
        (
            BRANCHES,
            "gc -q\n pack-refs --all\n reflog expire --expire=now --all\n prune",
        ),
        (
            BRANCHES,
            "commit-graph write --reachable --split\n +z\n add z\n commit -qm z\n commit-graph write --reachable --split=no-merge",
        ),
        (
            BRANCHES,
            "repack -dq\n +z\n add z\n commit -qm z\n repack -dq\n multi-pack-index write --bitmap\n multi-pack-index expire",
        ),
        (
            BRANCHES,
            "repack -adq --write-midx\n update-server-info\n +z\n add z\n commit -qm z\n repack -dq\n update-server-info",
        ),
        (
            BRANCHES,
            "maintenance run --task=incremental-repack --task=commit-graph --task=loose-objects --task=pack-refs",
        ),
        (
            "",
            "config core.untrackedCache true\n update-index --untracked-cache\n +new\n status\n status\n add new\n status",
        ),
        (
            "",
            "sparse-checkout set deep\n +file\n sparse-checkout disable",
        ),
        ("", "sparse-checkout set --cone --sparse-index deep"),
        (
            "",
            "remote add origin https://example.org/a.git\n config branch.main.remote origin\n config branch.main.merge refs/heads/main\n remote add fork git@example.org:a/b.git\n remote set-url --push origin ssh://example.org/x",
        ),
        (
            "",
            "init -q --ref-format=reftable r\n @r\n +x\n add x\n commit -qm x\n branch b\n pack-refs",
        ),
        (
            "",
            "clone -q . copy\n @copy\n +x\n add x\n commit -qm x\n push -q origin HEAD:copied\n fetch -q",
        ),
        (
            "",
            "clone -q --bare . bare.git\n clone -q --mirror . mirror.git",
        ),
        (
            "",
            "fetch -q . main:fetched\n replace HEAD HEAD\n symbolic-ref refs/heads/alias refs/heads/main",
        ),
        ("", "checkout -q --detach\n bisect start\n bisect reset"),
    ] {
        let project = Project::new();
        fs::create_dir(project.at("deep")).unwrap();
        fs::write(project.at("deep/a"), "").unwrap();
        work(&project, "add .\n commit -qm deep");
        work(&project, prepare);
        let watch = project.watch();
        work(&project, lines);
        assert_eq!(watch.end(), [], "{lines}");
    }
}

#[test]
fn work_with_submodules_is_left_alone() {
    let project = Project::new();
    project.init("library");
    project.init("other");
    with_submodule(&project);
    let watch = project.watch();
    work(
        &project,
        "submodule add -q ./library new/sub
         commit -qm sub
         submodule update --init
         @deep/sub
         +x
         add x
         commit -qm x
         worktree add -q ../tree
         @
         submodule add -q ./other other2
         submodule absorbgitdirs
         submodule deinit -f new/sub
         mv deep/sub moved",
    );
    let found = watch.end();
    assert_eq!(found, []);
    assert!(project.git("moved", &["status", "--short"]).is_empty());
}

/// A rebase that stopped goes on after a run.
#[test]
fn a_rebase_that_stopped_goes_on() {
    for by in ["--merge", "--apply"] {
        let project = Project::new();
        work(&project, BRANCHES);
        let watch = project.watch();
        project.git("", &["rebase", by, "main"]);
        assert_eq!(watch.end(), []);
        let state =
            project.at(".git/rebase-merge").exists() || project.at(".git/rebase-apply").exists();
        assert!(state, "it did not stop");
        project.git("", &["rm", "-q", "file"]);
        project.git("", &["-c", "core.editor=true", "rebase", "--continue"]);
        let log = project.git("", &["log", "--format=%s"]);
        assert!(log.contains("other\nmine\n"), "{by}: {log}");
    }
}
