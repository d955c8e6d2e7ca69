//! What the user's own keys lead to, and the ways on which it is changed.

use super::{Project, attack, hook, with_submodule};
use crate::{Found, Watch};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn commit(project: &Project) {
    project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
}

fn hooks_path(project: &Project, place: &str, value: &str) {
    project.git(place, &["config", "core.hooksPath", value]);
}

/// A hook of the user's.
fn with_hook(project: &Project, path: &str) {
    fs::create_dir_all(project.at(path).parent().unwrap()).unwrap();
    hook(&project.at(path), "#!/bin/sh\n");
}

fn planted(project: &Project, path: &str) {
    fs::create_dir_all(project.at(path).parent().unwrap()).unwrap();
    hook(&project.at(path), &project.script());
}

#[test]
fn by_any_name_of_the_place() {
    for name in ["gh", "./gh/../gh", "ABSOLUTE", "~/gh", "link/gh"] {
        let found = attack(
            |project| {
                with_hook(project, "gh/post-commit");
                symlink(".", project.at("link")).unwrap();
                let whole = project.at("gh").to_string_lossy().into_owned();
                let value = if name == "ABSOLUTE" { &whole } else { name };
                if name == "~/gh" {
                    // As the user's home.
                    let home = std::env::var_os("HOME").unwrap();
                    let up = "../".repeat(Path::new(&home).components().count());
                    let value = format!("~/{up}{}", whole.trim_start_matches('/'));
                    hooks_path(project, "", &value);
                } else {
                    hooks_path(project, "", value);
                }
            },
            |project| planted(project, "gh/post-commit"),
            |project| {
                if name == "~/gh" {
                    // git has another home here.
                    hooks_path(project, "", "gh");
                }
                commit(project);
            },
        );
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}

#[test]
fn in_the_working_tree_of_a_submodule_and_of_a_linked_one() {
    attack(
        |project| {
            with_submodule(project);
            with_hook(project, "deep/sub/gh/post-commit");
            hooks_path(project, "deep/sub", "gh");
        },
        |project| planted(project, "deep/sub/gh/post-commit"),
        |project| {
            project.git("deep/sub", &["commit", "-q", "--allow-empty", "-m", "two"]);
        },
    );
    attack(
        |project| {
            project.git("", &["worktree", "add", "-q", "wt", "-b", "wt"]);
            with_hook(project, "wt/gh/post-commit");
            hooks_path(project, "", "gh");
        },
        |project| planted(project, "wt/gh/post-commit"),
        |project| {
            project.git("wt", &["commit", "-q", "--allow-empty", "-m", "two"]);
        },
    );
}

/// The keys of a repository count in each working tree that says it belongs to it.
#[test]
fn in_a_working_tree_that_is_new() {
    for link in [false, true] {
        let found = attack(
            |project| {
                with_hook(project, "gh/post-commit");
                hooks_path(project, "", "gh");
                project.git("", &["add", "gh"]);
                commit(project);
            },
            |project| {
                project.git("", &["worktree", "add", "-q", "wt", "-b", "wt"]);
                if link {
                    fs::rename(project.at("wt/gh"), project.at("wt/other")).unwrap();
                    symlink("other", project.at("wt/gh")).unwrap();
                    planted(project, "wt/other/post-commit");
                } else {
                    planted(project, "wt/gh/post-commit");
                }
            },
            |project| {
                project.git("wt", &["commit", "-q", "--allow-empty", "-m", "two"]);
            },
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }
    let project = Project::new();
    with_hook(&project, "gh/post-commit");
    hooks_path(&project, "", "gh");
    project.git("", &["add", "gh"]);
    commit(&project);
    let watch = project.watch();
    project.git("", &["worktree", "add", "-q", "wt", "-b", "wt"]);
    assert_eq!(watch.end(), []);
}

#[test]
fn hooks_that_were_a_link() {
    attack(
        |project| {
            with_submodule(project);
            with_hook(project, "gh/post-commit");
            let hooks = project.at(".git/modules/deep/sub/hooks");
            fs::remove_dir_all(&hooks).unwrap();
            symlink(project.at("gh"), hooks).unwrap();
        },
        |project| planted(project, "gh/post-commit"),
        |project| {
            project.git("deep/sub", &["commit", "-q", "--allow-empty", "-m", "two"]);
        },
    );
}

/// The program can write to a part of what belongs to a repository outside.
#[test]
fn from_a_repository_outside() {
    for part in ["wt", "src"] {
        for mended in [false, true] {
            let project = Project::new();
            let (tree, value) = match part {
                "wt" => {
                    project.git("", &["worktree", "add", "-q", "wt", "-b", "wt"]);
                    ("wt", "gh")
                }
                _ => ("", "src/gh"),
            };
            let name = format!("{part}/gh/post-commit");
            with_hook(&project, &name);
            hooks_path(&project, "", value);
            let top = project.at(part);
            let watch = Watch::start([top.as_path()]).unwrap();
            assert_eq!(watch.kept().count(), 1);
            planted(&project, &name);
            let found = if mended { watch.end() } else { Vec::new() };
            project.git(tree, &["commit", "-q", "--allow-empty", "-m", "two"]);
            assert_eq!(project.ran(), !mended, "{part}: {found:?}");
        }
    }
}

#[test]
fn behind_a_directory_that_becomes_a_link() {
    let evil = |project: &Project| planted(project, "e/hooks/post-commit");
    for path in ["tools/hooks", "tools", "link/hooks"] {
        let found = attack(
            |project| {
                with_hook(project, "tools/hooks/post-commit");
                with_hook(project, "tools/post-commit");
                symlink("tools", project.at("link")).unwrap();
                hooks_path(project, "", path);
            },
            |project| {
                evil(project);
                planted(project, "e/post-commit");
                if path == "link/hooks" {
                    fs::remove_file(project.at("link")).unwrap();
                    symlink("e", project.at("link")).unwrap();
                } else {
                    fs::rename(project.at("tools"), project.at("t2")).unwrap();
                    symlink("e", project.at("tools")).unwrap();
                }
            },
            commit,
        );
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
}

#[test]
fn an_include_that_becomes_a_link() {
    attack(
        |project| {
            fs::create_dir(project.at("conf")).unwrap();
            fs::write(project.at("conf/git"), "[user]\n\tname = x\n").unwrap();
            project.git("", &["config", "include.path", "../conf/git"]);
        },
        |project| {
            fs::rename(project.at("conf"), project.at("old")).unwrap();
            fs::create_dir(project.at("e")).unwrap();
            let text = format!("[core]\n\tfsmonitor = \"{}\"\n", project.command());
            fs::write(project.at("e/git"), text).unwrap();
            symlink("e", project.at("conf")).unwrap();
        },
        |project| {
            project.git("", &["status"]);
        },
    );
}

/// A command's file is source, and is named.
#[test]
fn files_of_commands_are_named() {
    for command in [
        "sh nb",
        "'t/nb'",
        "sh -c 'sh \"t/nb\"'",
        "sh ./nb",
        "x --with=t/nb",
        "sh LINK/nb",
    ] {
        let project = Project::new();
        fs::create_dir(project.at("t")).unwrap();
        hook(&project.at("nb"), "#!/bin/sh\n");
        hook(&project.at("t/nb"), "#!/bin/sh\n");
        project.git(
            "",
            &["config", "filter.x.clean", &command.replace("LINK", "t")],
        );
        let watch = project.watch();
        assert_eq!(watch.kept().count(), 1, "{command}");
        hook(&project.at("nb"), &project.script());
        hook(&project.at("t/nb"), &project.script());
        let found = watch.end();
        assert!(
            matches!(found.as_slice(), [Found::Left { .. }]),
            "{command}: {found:?}"
        );
    }
    // Words that are no files, and directories, are nothing.
    let project = Project::new();
    fs::create_dir(project.at("build")).unwrap();
    project.git("", &["config", "alias.b", "!make build test ./build/"]);
    let watch = project.watch();
    assert_eq!(watch.kept().count(), 0);
    fs::write(project.at("test"), "").unwrap();
    fs::write(project.at("build/x"), "").unwrap();
    assert_eq!(watch.end(), []);
}
