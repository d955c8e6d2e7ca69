//! Repositories outside of a working tree, and files `.git` that name the repository of another tree.

use super::Project;
use crate::shared_directory;
use std::fs;

#[test]
fn a_linked_worktree_and_a_submodule_name_theirs() {
    let project = Project::new();
    project.git("", &["worktree", "add", "-q", "../tree", "-b", "other"]);
    let tree = project.at("../tree").canonicalize().unwrap();
    let git = project.at(".git").canonicalize().unwrap();
    assert_eq!(shared_directory(&tree), Some(git.clone()));
    assert_eq!(shared_directory(&project.at("")), None, "its own");
    assert_eq!(shared_directory(&project.at("../nothing")), None);

    project.init("../library");
    project.git("", &["submodule", "add", "-q", "../library", "deep/sub"]);
    let module = git.join("modules/deep/sub");
    assert_eq!(shared_directory(&project.at("deep/sub")), Some(module));

    // A worktree of a repository that has no working tree itself.
    project.git("..", &["clone", "-q", "--bare", "project", "bare-one"]);
    project.git(
        "../bare-one",
        &["worktree", "add", "-q", "../second", "main"],
    );
    let bare = project.at("../bare-one").canonicalize().unwrap();
    assert_eq!(shared_directory(&project.at("../second")), Some(bare));
}

/// What the program writes in its own tree cannot choose the repository that it is shown in the next run.
#[test]
fn a_file_that_names_the_repository_of_another_tree() {
    let project = Project::new();
    project.git("", &["worktree", "add", "-q", "../tree", "-b", "other"]);
    let tree = project.at("../tree").canonicalize().unwrap();
    let planted = project.at("../planted");
    fs::create_dir(&planted).unwrap();
    fs::copy(tree.join(".git"), planted.join(".git")).unwrap();
    assert_eq!(shared_directory(&planted), None);

    let git = project.at(".git").canonicalize().unwrap();
    fs::write(planted.join(".git"), format!("gitdir: {}\n", git.display())).unwrap();
    assert_eq!(shared_directory(&planted), None);

    // A directory of its own that names the tree, and another common one.
    let own = planted.join("own");
    fs::create_dir(&own).unwrap();
    fs::write(planted.join(".git"), "gitdir: own\n").unwrap();
    fs::write(own.join("HEAD"), "ref: refs/heads/main\n").unwrap();
    fs::write(own.join("commondir"), format!("{}\n", git.display())).unwrap();
    fs::write(
        own.join("gitdir"),
        format!("{}\n", planted.join(".git").display()),
    )
    .unwrap();
    assert_eq!(shared_directory(&planted), None);

    // What lies above a directory of its own is no common one.
    fs::write(own.join("commondir"), "../..\n").unwrap();
    assert_eq!(shared_directory(&planted), None);
}
