//! Files that git reads otherwise than they look, states without a command in their lists, and working trees of other places.

use super::{Found, Project};
use std::fs;
use std::os::unix::fs::symlink;

/// What is found where the project is prepared, and then changed while it is watched.
fn found(prepare: impl FnOnce(&Project), change: impl FnOnce(&Project)) -> (Project, Vec<Found>) {
    let project = Project::new();
    prepare(&project);
    let watch = project.watch();
    change(&project);
    let found = watch.end();
    (project, found)
}

/// A working tree of a repository outside, of which the user's own keys name files of the tree.
#[test]
fn a_file_that_leads_to_a_repository_of_the_users() {
    for (link, said) in [
        (None, "gitdir: OTHER\0"),
        (None, "gitdir: OTHER\0/nowhere\n"),
        (None, "gitdir: OTHER\r\n\n"),
        (Some("l "), "gitdir: l \n"),
    ] {
        let prepare = |project: &Project| {
            project.init("../other");
            project.git("../other", &["config", "core.fsmonitor", "./fsm"]);
        };
        let (_, found) = found(prepare, |project| {
            let other = project.at("../other/.git").canonicalize().unwrap();
            fs::create_dir(project.at("sub")).unwrap();
            super::hook(&project.at("sub/fsm"), &project.script());
            if let Some(link) = link {
                symlink(&other, project.at("sub").join(link)).unwrap();
            }
            let said = said.replace("OTHER", &other.display().to_string());
            fs::write(project.at("sub/.git"), said).unwrap();
        });
        assert!(!found.is_empty(), "{said:?}");
    }
}

/// A strategy with a slash is a program of the working tree.
#[test]
fn states_that_name_a_strategy() {
    for (state, file, said, runs) in [
        ("rebase-merge", "strategy", "x/y\n", true),
        ("rebase-merge", "strategy", "ort\n", false),
        ("sequencer", "opts", "[options]\n\tstrategy = x/y\n", true),
        ("sequencer", "opts", "[options]\n\tSTRATEGY=\"x/y\"\n", true),
        (
            "sequencer",
            "opts",
            "[options]\n\tstrategy = recursive\n",
            false,
        ),
        (
            "sequencer",
            "opts",
            "[options]\n\tstrategy-option = ours\n",
            false,
        ),
    ] {
        let (project, found) = found(
            |_| {},
            |project| {
                fs::create_dir(project.at(".git").join(state)).unwrap();
                fs::write(project.at(".git").join(state).join(file), said).unwrap();
            },
        );
        assert_eq!(!found.is_empty(), runs, "{said:?}: {found:?}");
        let left = project.at(".git").join(state).join(file);
        assert_eq!(left.exists(), !runs, "{said:?}");
    }
}

/// The next checkout writes to the working tree: only one that leads back is the repository's own.
#[test]
fn a_working_tree_of_another_place() {
    for tree in [
        "../../.git",
        "../..",
        "../../other",
        "/nowhere",
        "../../sub\\0/../x",
    ] {
        let (project, found) = found(
            |project| fs::create_dir(project.at("other")).unwrap(),
            |project| {
                project.init("nested");
                let text = format!("[core]\n\tbare = false\n\tworktree = \"{tree}\"\n");
                fs::write(project.at("nested/.git/config"), text.replace("\\0", "\0")).unwrap();
            },
        );
        assert_eq!(found.len(), 1, "{tree}: {found:?}");
        let said = project.git("nested", &["config", "core.worktree"]);
        assert_eq!(said, "", "{tree}");
    }
}

/// What git itself writes of a new submodule stays.
#[test]
fn a_new_submodule_keeps_its_working_tree() {
    let (project, found) = found(
        |project| project.init("library"),
        |project| {
            project.git("", &["submodule", "add", "-q", "./library", "deep/sub"]);
        },
    );
    assert_eq!(found, []);
    assert_eq!(project.git("deep/sub", &["status", "--short"]), "");
}
