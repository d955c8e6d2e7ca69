//! Entries `.git` that name other repositories, paths that lead each process elsewhere, and directories that `git init` adopts.

use super::{Project, attack, hook};
use std::fs;
use std::os::unix::fs::symlink;

/// A repository of the user's beside the project, with a file that nobody else is to read.
fn private(project: &Project) {
    project.init("../private");
    fs::write(project.at("../private/secret"), "secret\n").unwrap();
    project.git("../private", &["add", "secret"]);
    project.git("../private", &["commit", "-qm", "two"]);
}

/// What the user types in a directory of the project would write out another repository's files.
#[test]
fn a_repository_that_lies_outside() {
    let place = |project: &Project| {
        let path = project.at("../private/.git").canonicalize().unwrap();
        path.to_string_lossy().into_owned()
    };
    for said in [
        "gitdir: OUT\n",
        "gitdir: OUT\r\n\n",
        "gitdir: ../../private/.git\n",
        "gitdir: /proc/self/cwd/../../private/.git\n",
        "gitdir: ../way/.git\n",
        "link",
        "link to a way",
    ] {
        for mended in [false, true] {
            let project = Project::new();
            private(&project);
            let watch = project.watch();
            fs::create_dir(project.at("sub")).unwrap();
            symlink("../private", project.at("way")).unwrap();
            match said {
                "link" => symlink(place(&project), project.at("sub/.git")).unwrap(),
                "link to a way" => symlink("../way/.git", project.at("sub/.git")).unwrap(),
                _ => {
                    let said = said.replace("OUT", &place(&project));
                    fs::write(project.at("sub/.git"), said).unwrap();
                }
            }
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(found.len(), usize::from(mended), "{said}: {found:?}");
            project.git("sub", &["checkout", "-q", "-f"]);
            assert_eq!(project.at("sub/secret").exists(), !mended, "{said}");
            assert!(project.watch().end().is_empty());
        }
    }
}

/// An entry that is the user's stays, as long as it leads where it led.
#[test]
fn the_users_own_entry_stays() {
    for changed in [false, true] {
        let project = Project::new();
        private(&project);
        project.git("../private", &["worktree", "add", "-q", "../project/tree"]);
        fs::create_dir(project.at("places")).unwrap();
        symlink("../../private/.git", project.at("places/git")).unwrap();
        fs::create_dir(project.at("sub")).unwrap();
        fs::write(project.at("sub/.git"), "gitdir: ../places/git\n").unwrap();
        project.init("../other");
        let watch = project.watch();
        // A working tree that has been moved leads to the same repository.
        fs::rename(project.at("tree"), project.at("moved")).unwrap();
        if changed {
            fs::remove_file(project.at("places/git")).unwrap();
            symlink("../../other/.git", project.at("places/git")).unwrap();
        }
        let found = watch.end();
        assert_eq!(found.len(), usize::from(changed), "{found:?}");
        assert_eq!(project.at("sub/.git").exists(), !changed);
        assert!(project.at("moved/.git").exists());
    }
}

/// A linked worktree of the project: its repository is another directory that the program can write to.
#[test]
fn worktrees_of_a_repository_beside_the_output_path() {
    let project = Project::new();
    project.git("", &["worktree", "add", "-q", "../tree"]);
    let (tree, common) = (project.at("../tree"), project.at(".git"));
    let watch = crate::Watch::start([tree.as_path(), common.as_path()]).unwrap();
    project.git("../tree", &["worktree", "add", "-q", "inner"]);
    fs::write(tree.join("inner/new"), "").unwrap();
    project.git("../tree/inner", &["add", "new"]);
    project.git("../tree/inner", &["commit", "-qm", "new"]);
    assert_eq!(watch.end(), []);
    assert!(project.git("../tree/inner", &["status"]).contains("clean"));
    // The repository cannot be written to.
    let watch = crate::Watch::start([tree.as_path()]).unwrap();
    fs::write(tree.join("new"), "").unwrap();
    assert_eq!(watch.end(), []);
    assert!(project.git("../tree", &["status"]).contains("new"));
}

/// `/proc/self/cwd` is another directory for git than for who looks.
#[test]
fn a_working_tree_through_procfs() {
    for mended in [false, true] {
        let project = Project::new();
        let watch = project.watch();
        let top = project.top.canonicalize().unwrap();
        project.init("q");
        fs::write(project.at("q/planted"), "").unwrap();
        project.git("q", &["add", "planted"]);
        project.git("q", &["commit", "-qm", "two"]);
        fs::remove_file(project.at("q/planted")).unwrap();
        symlink(&top, project.at("q/L")).unwrap();
        fs::create_dir_all(project.at("d/b/c")).unwrap();
        symlink("d/b/c", project.at("L")).unwrap();
        let named = format!("gitdir: {}\n", top.join("q/.git").display());
        fs::write(project.at("d/.git"), named).unwrap();
        let mut text = fs::read_to_string(project.at("q/.git/config")).unwrap();
        text += "[core]\n\tworktree = /proc/self/cwd/L/../..\n";
        fs::write(project.at("q/.git/config"), text).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        project.git("q", &["checkout", "-f"]);
        let outside = top.parent().unwrap().parent().unwrap().join("planted");
        let inside = project.at("../planted");
        let planted = inside.exists() || outside.exists();
        for path in [inside, outside] {
            let _missing = fs::remove_file(path).is_err();
        }
        assert_eq!(planted, !mended, "{found:?}");
    }
}

/// Its hooks are files of the working tree, which such an entry makes out of any directory.
#[test]
fn hooks_of_the_tree_through_procfs() {
    attack(
        |project| {
            fs::create_dir(project.at("gh")).unwrap();
            hook(&project.at("gh/pre-commit"), "#!/bin/sh\n");
            project.git("", &["config", "core.hooksPath", "gh"]);
        },
        |project| {
            fs::create_dir_all(project.at("sub/gh")).unwrap();
            hook(&project.at("sub/gh/post-index-change"), &project.script());
            fs::write(project.at("sub/.git"), "gitdir: /proc/self/cwd/../.git\n").unwrap();
        },
        |project| {
            project.git("sub", &["status"]);
            project.git("sub", &["reset", "-q"]);
        },
    );
}

/// `git init` completes what is there, and takes its configuration and hooks.
#[test]
fn directories_that_become_repositories() {
    for (place, parts) in [
        ("sub/.git", &[][..]),
        ("sub/.GIT", &["objects", "refs"]),
        ("sub/.git", &["objects", "refs"]),
        ("bare", &["objects", "refs"]),
        ("bare", &["HEAD", "refs"]),
        ("bare", &["HEAD", "objects"]),
    ] {
        for key in [false, true] {
            attack(
                |_| {},
                |project| {
                    let place = project.at(place);
                    fs::create_dir_all(place.join("hooks")).unwrap();
                    for part in parts {
                        match *part {
                            "HEAD" => {
                                fs::write(place.join(part), "ref: refs/heads/main\n").unwrap();
                            }
                            _ => fs::create_dir(place.join(part)).unwrap(),
                        }
                    }
                    if key {
                        let text = format!("[core]\n\tfsmonitor = \"{}\"\n", project.command());
                        fs::write(place.join("config"), text).unwrap();
                    } else {
                        hook(&place.join("hooks/pre-commit"), &project.script());
                    }
                },
                |project| {
                    if place == "sub/.GIT" {
                        // As a file system without case takes it.
                        fs::rename(project.at(place), project.at("sub/.git")).unwrap();
                    }
                    if place == "bare" {
                        project.git("", &["init", "-q", "--bare", "bare"]);
                        fs::create_dir(project.at("tree")).unwrap();
                        let tree = ["--git-dir=../bare", "--work-tree=."];
                        for rest in [
                            &["add", "-A"][..],
                            &["commit", "-q", "--allow-empty", "-mx"],
                        ] {
                            project.git("tree", &[&tree[..], rest].concat());
                        }
                    } else {
                        project.git("sub", &["init", "-q"]);
                        project.git("sub", &["commit", "-q", "--allow-empty", "-mx"]);
                        project.git("sub", &["status"]);
                    }
                },
            );
        }
    }
}

/// A remote that the configuration does not have is a path: a link of the working tree to another repository.
#[test]
fn a_remote_that_is_a_link_of_the_tree() {
    for keys in [
        &[
            ("branch.main.remote", "private"),
            ("branch.main.merge", "refs/heads/main"),
        ][..],
        &[
            ("branch.main.remote", "private"),
            ("branch.main.merge", "refs/heads/main"),
            ("remote.private.url", "ext::false"),
        ],
    ] {
        for mended in [false, true] {
            let project = Project::new();
            private(&project);
            let watch = project.watch();
            symlink("../private", project.at("private")).unwrap();
            for (key, value) in keys {
                project.git("", &["config", key, value]);
            }
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(found.len(), usize::from(mended), "{found:?}");
            assert!(project.at(".git/config").exists());
            project.git("", &["fetch"]);
            let fetched = project.git("", &["log", "--oneline", "FETCH_HEAD"]);
            let works = !mended && keys.len() == 2;
            assert_eq!(fetched.contains(" two"), works, "{fetched}");
        }
    }
}

/// Objects of another repository, which the user would push with those of this one.
#[test]
fn objects_that_lie_outside() {
    for quoted in [false, true] {
        for mended in [false, true] {
            let project = Project::new();
            private(&project);
            let id = project.git("../private", &["rev-parse", "HEAD"]);
            let watch = project.watch();
            let objects = project
                .at("../private/.git/objects")
                .canonicalize()
                .unwrap();
            let mut list = format!("{}\n", objects.display());
            if quoted {
                list = format!("\"{}\"\n", objects.display());
            }
            fs::write(project.at(".git/objects/info/alternates"), list).unwrap();
            fs::write(project.at(".git/refs/heads/other"), &id).unwrap();
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(found.len(), usize::from(mended), "{found:?}");
            let shown = project.git("", &["show", "other:secret"]);
            assert_eq!(shown == "secret\n", !mended, "{shown}");
        }
    }
    // By way of a directory that names them, or of one whose name has the quotes.
    for chained in [false, true] {
        let project = Project::new();
        private(&project);
        let watch = project.watch();
        let objects = project
            .at("../private/.git/objects")
            .canonicalize()
            .unwrap();
        let objects = objects.display().to_string();
        let list = if chained {
            fs::create_dir_all(project.at("more/info")).unwrap();
            fs::write(project.at("more/info/alternates"), &objects).unwrap();
            project.at("more").display().to_string()
        } else {
            let name = format!("\"{objects}\"");
            fs::create_dir_all(project.at(".git/objects").join(&name)).unwrap();
            name
        };
        fs::write(project.at(".git/objects/info/alternates"), list).unwrap();
        assert_eq!(watch.end().len(), 1, "{chained}");
    }
    // Those of a repository that the program has.
    let project = Project::new();
    let watch = project.watch();
    project.git("", &["clone", "-q", "--shared", ".", "copy"]);
    assert_eq!(watch.end(), []);
    assert!(project.git("copy", &["status"]).contains("clean"));
}

/// `git worktree repair` creates a file `.git` in what a linked worktree names as its own. git takes the whole path for the working tree
/// where it does not end in `/.git`.
#[test]
fn a_linked_worktree_that_names_a_directory() {
    for mended in [false, true] {
        let project = Project::new();
        fs::create_dir(project.at("../outside")).unwrap();
        let watch = project.watch();
        project.git("", &["worktree", "add", "-q", "tree"]);
        symlink(project.at("../outside"), project.at("link")).unwrap();
        let named = project.at("link").display().to_string();
        fs::write(project.at(".git/worktrees/tree/gitdir"), named).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        project.git("", &["worktree", "repair"]);
        let is_there = project.at("../outside/.git").exists();
        assert_eq!(is_there, !mended, "{found:?}");
    }
}
