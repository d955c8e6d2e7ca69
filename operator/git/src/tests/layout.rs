//! Files of a git directory that git obeys, and links in any of its directories.

use super::data::sealed;
use super::{Project, attack};
use crate::Found;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// What is found of files of a repository.
fn planted(files: &[(&str, &str)]) -> (Project, Vec<Found>) {
    let project = Project::new();
    let watch = project.watch();
    for (at, said) in files {
        write(&project.at(".git").join(at), said);
    }
    let found = watch.end();
    assert!(project.watch().end().is_empty());
    (project, found)
}

fn write(path: &Path, said: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, said).unwrap();
}

/// Old places of the addresses of remotes, which `git fetch` reads first.
#[test]
fn addresses_of_remotes_beside_the_configuration() {
    const REMOTE: &str = "origin.purple-disabled";
    for (at, said) in [
        (
            "remotes/origin",
            "URL: OUT\nPull: +refs/heads/*:refs/stolen/*\n",
        ),
        ("branches/origin", "OUT#main\n"),
    ] {
        for mended in [false, true] {
            let project = Project::new();
            project.init("../private");
            fs::write(project.at("../private/secret"), "").unwrap();
            project.git("../private", &["add", "secret"]);
            project.git("../private", &["commit", "-qm", "secret"]);
            let watch = project.watch();
            let out = project.at("../private").canonicalize().unwrap();
            let said = said.replace("OUT", &out.to_string_lossy());
            write(&project.at(".git").join(at), &said);
            // Whatever name the file gets.
            project.git("", &["config", "branch.main.remote", REMOTE]);
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(!found.is_empty(), mended, "{found:?}");
            project.git("", &["fetch", if mended { REMOTE } else { "origin" }]);
            let all = project.git("", &["log", "--all", "--oneline"]);
            let fetched = project.git("", &["log", "--oneline", "FETCH_HEAD"]);
            let stolen = all.contains("secret") || fetched.contains(" secret");
            assert_eq!(stolen, !mended, "{at}: {all} {fetched}");
        }
    }
}

/// The prompt that git comes with puts these numbers into `PS1`, which the shell evaluates.
#[test]
fn numbers_that_the_prompt_evaluates() {
    let prompt = Path::new("/usr/lib/git-core/git-sh-prompt");
    if !prompt.exists() {
        println!("SKIP git-prompt: there is no {}", prompt.display());
        return;
    }
    for (state, first, second) in [
        ("rebase-merge", "msgnum", "end"),
        ("rebase-merge", "end", "msgnum"),
        ("rebase-apply", "next", "last"),
        ("rebase-apply", "last", "next"),
    ] {
        attack(
            |_| {},
            |project| {
                let at = project.at(".git").join(state);
                write(&at.join("head-name"), "refs/heads/main\n");
                let said = format!("$(touch {})\n", project.mark.display());
                write(&at.join(first), &said);
                write(&at.join(second), "1\n");
            },
            |project| {
                let script = format!(". {}; __git_ps1 a b; echo \"${{PS1@P}}\"", prompt.display());
                let done = Command::new("bash")
                    .args(["-c", &script])
                    .current_dir(project.at(""))
                    .output();
                assert!(done.unwrap().status.success());
            },
        );
    }
}

/// Removing packs that have no objects removes what the index of packs names.
#[test]
fn packs_of_another_repository() {
    for mended in [false, true] {
        let project = Project::new();
        project.init("../other");
        project.git("../other", &["repack", "-adq"]);
        let pack = |place: &str| {
            let list = fs::read_dir(project.at(place).join(".git/objects/pack")).unwrap();
            let mut names = list.map(|entry| entry.unwrap().path());
            names
                .find(|path| path.extension().is_some_and(|end| end == "pack"))
                .unwrap()
        };
        let victim = pack("../other");
        let watch = project.watch();
        project.init("n");
        project.git("n", &["repack", "-adq"]);
        let own = pack("n");
        let stem = victim.file_stem().unwrap().to_str().unwrap();
        let named = format!("../../../../../other/.git/objects/pack/{stem}");
        let filler = "A".repeat(named.len());
        let dir = own.parent().unwrap();
        for end in ["idx", "pack"] {
            let copy = dir.join(format!("{filler}.{end}"));
            fs::copy(own.with_extension(end), &copy).unwrap();
            let done = Command::new("touch")
                .args(["-d", "2001-01-01"])
                .arg(&copy)
                .status();
            assert!(done.unwrap().success());
        }
        project.git("n", &["multi-pack-index", "write"]);
        let index = dir.join("multi-pack-index");
        let mut bytes = fs::read(&index).unwrap();
        let at = bytes
            .windows(filler.len())
            .position(|part| part == filler.as_bytes())
            .unwrap();
        bytes[at..at + named.len()].copy_from_slice(named.as_bytes());
        bytes.truncate(bytes.len() - 20);
        fs::remove_file(&index).unwrap();
        fs::write(&index, sealed(bytes, &project)).unwrap();
        for end in ["idx", "pack"] {
            fs::remove_file(dir.join(format!("{filler}.{end}"))).unwrap();
        }
        let found = if mended { watch.end() } else { Vec::new() };
        assert_eq!(found.len(), usize::from(mended), "{found:?}");
        let said = project.git("n", &["multi-pack-index", "expire"]);
        assert_eq!(victim.exists(), mended, "{said}");
        assert!(!project.git("n", &["fsck"]).contains("error"));
    }
}

/// Of each file: what git does not write, and what it does.
#[test]
fn what_files_of_git_may_say() {
    let id = "1".repeat(40);
    for (at, said) in [
        ("objects/info/packs", "P ../../../x.pack\n"),
        ("objects/info/packs", "P pack-1/../x.pack\n"),
        ("objects/info/commit-graphs/commit-graph-chain", "../x\n"),
        (
            "objects/pack/multi-pack-index.d/multi-pack-index-chain",
            "../x\n",
        ),
        (
            "objects/pack/multi-pack-index.d/multi-pack-index-1.midx",
            "x",
        ),
        ("objects/pack/multi-pack-index", "x"),
        ("reftable/tables.list", "../x\n"),
        ("rebase-merge/head-name", "refs/heads/$(id)\n"),
        ("rebase-merge/head-name", "refs/heads/../x\n"),
        ("rebase-apply/head-name", "refs/heads/`id`\n"),
        ("BISECT_START", "--force\n"),
        ("BISECT_START", "$(id)\n"),
        ("BISECT_NAMES", " 'a' $(id)"),
        ("BISECT_NAMES", " 'a"),
        ("BISECT_NAMES", " 'a'\\x"),
        ("BISECT_TERMS", "bad\n$(id)\n"),
        ("info/grafts", "1 2\n"),
        ("gitweb/httpd.conf", "x\n"),
        ("lazygit.yml", "customCommands: []\n"),
        ("glab-cli/config.yml", "editor: id\n"),
        ("svn/.metadata", "[svn-remote]\n"),
        ("branches/x", "\n"),
    ] {
        let (project, found) = planted(&[(at, said)]);
        assert_eq!(found.len(), 1, "{at} {said}: {found:?}");
        assert!(!project.at(".git").join(at).exists());
    }
    for (at, said) in [
        ("objects/info/packs", format!("P pack-{id}.pack\n\n")),
        (
            "objects/info/commit-graphs/commit-graph-chain",
            format!("{id}\n"),
        ),
        (
            "reftable/tables.list",
            "0x000000000001-0x000000000002-a1b2c3d4.ref\n".to_owned(),
        ),
        (
            "rebase-merge/head-name",
            "refs/heads/a.b/c-d#1\n".to_owned(),
        ),
        ("rebase-merge/head-name", "detached HEAD\n".to_owned()),
        ("BISECT_START", "main\n".to_owned()),
        ("BISECT_START", format!("{id}\n")),
        ("BISECT_NAMES", " 'a b' 'it'\\''s'\n".to_owned()),
        ("BISECT_NAMES", "\n".to_owned()),
        ("BISECT_TERMS", "bad\ngood\n".to_owned()),
        ("info/grafts", String::new()),
        ("COMMIT_EDITMSG~", "x\n".to_owned()),
        ("gk/config", "x\n".to_owned()),
        ("sourcetreeconfig", "x\n".to_owned()),
    ] {
        let (_project, found) = planted(&[(at, &said)]);
        assert_eq!(found, [], "{at}");
    }
}

/// git replaces the parents of commits by others, which a review does not see.
#[test]
fn grafts() {
    for mended in [false, true] {
        let project = Project::new();
        project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
        let watch = project.watch();
        let head = project.git("", &["rev-parse", "HEAD"]);
        write(&project.at(".git/info/grafts"), &head);
        let found = if mended { watch.end() } else { Vec::new() };
        assert_eq!(found.len(), usize::from(mended));
        let count = project.git("", &["rev-list", "--count", "HEAD"]);
        assert_eq!(count.lines().last() == Some("2"), mended, "{count}");
    }
}

/// A directory of a repository that gets the entries by which git knows another one is still its own. `git worktree prune` removes all
/// that such a link leads to.
#[test]
fn links_beside_signs_of_another_repository() {
    for mended in [false, true] {
        let project = Project::new();
        write(&project.at("../outside/file"), "");
        let watch = project.watch();
        for sign in ["objects", "refs"] {
            fs::create_dir_all(project.at(".git/worktrees").join(sign)).unwrap();
        }
        symlink(project.at("../outside"), project.at(".git/worktrees/x")).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        project.git("", &["worktree", "prune", "--expire=now"]);
        let is_there = project.at("../outside/file").exists();
        assert_eq!(is_there, mended, "{found:?}");
    }
    // What only may be a repository, such as a common directory without HEAD.
    for at in ["gc.pid", "remotes", "modules/x", "worktrees/x", "logs/x"] {
        let project = Project::new();
        let watch = project.watch();
        for sign in ["objects", "refs"] {
            fs::create_dir_all(project.at("like").join(sign)).unwrap();
        }
        let link = project.at("like").join(at);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(project.at("../outside"), &link).unwrap();
        assert_eq!(watch.end().len(), 1, "{at}");
        assert!(!link.is_symlink(), "{at}");
    }
    // Packages of a project that has directories of these names.
    let project = Project::new();
    for sign in ["objects", "refs"] {
        fs::create_dir(project.at(sign)).unwrap();
    }
    let watch = project.watch();
    let link = project.at("node_modules/.bin/tool");
    fs::create_dir_all(link.parent().unwrap()).unwrap();
    symlink("../tool/cli.js", &link).unwrap();
    assert_eq!(watch.end(), []);
    assert!(link.is_symlink());
}

/// A repository in a directory that is put aside as a whole is looked at under its new name.
#[test]
fn repositories_in_a_directory_that_is_put_aside() {
    let project = Project::new();
    let watch = project.watch();
    for sign in ["objects", "refs", "hooks"] {
        fs::create_dir_all(project.at(".git/svn/x/.git").join(sign)).unwrap();
    }
    write(
        &project.at(".git/svn/x/.git/HEAD"),
        "ref: refs/heads/main\n",
    );
    super::hook(&project.at(".git/svn/x/.git/hooks/post-checkout"), "x");
    let found = watch.end();
    assert_eq!(found.len(), 2, "{found:?}");
    let hooks = project.at(".git/svn.purple-disabled/x/.git/hooks");
    assert!(hooks.is_dir() && !hooks.join("post-checkout").exists());
}

/// git writes new keys to what the link leads to.
#[test]
fn a_configuration_that_is_a_link() {
    let project = Project::new();
    project.init("nested");
    fs::write(project.at("../config"), "[user]\n\tname = me\n").unwrap();
    let watch = project.watch();
    fs::remove_file(project.at("nested/.git/config")).unwrap();
    symlink("../../../config", project.at("nested/.git/config")).unwrap();
    assert_eq!(watch.end().len(), 1);
    assert!(!project.at("nested/.git/config").exists());
}

/// git writes to what a link leads to, and reads it into the repository.
#[test]
fn links_in_any_directory_of_a_repository() {
    for at in [
        "modules/x",
        "lfs/tmp",
        "svn/refs",
        "NOTES_MERGE_WORKTREE/1",
        "gitweb",
        "branches",
        "gk/x/y",
        "unknown",
        "objects/pack/pack-1.pack",
        "refs/heads/x",
        "worktrees",
        "rebase-merge",
        // Names of the top, and one that was put aside, elsewhere.
        "worktrees/config",
        "worktrees/config.worktree",
        "worktrees/hooks",
        "worktrees/commondir",
        "worktrees/x.purple-disabled",
    ] {
        let project = Project::new();
        fs::create_dir_all(project.at("../outside")).unwrap();
        let watch = project.watch();
        let link = project.at(".git").join(at);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _missing = fs::remove_dir_all(&link).is_err();
        symlink(project.at("../outside"), &link).unwrap();
        let found = watch.end();
        // The directory may be put aside first.
        let is_disarmed = |one: &Found| matches!(one, Found::Disarmed { .. });
        assert!(
            !found.is_empty() && found.iter().all(is_disarmed),
            "{at}: {found:?}"
        );
        assert!(!link.is_symlink(), "{at}");
        assert!(project.watch().end().is_empty());
    }
    // A note that is merged.
    for mended in [false, true] {
        let project = Project::new();
        fs::write(project.at("../secret"), "private text\n").unwrap();
        let watch = project.watch();
        for arguments in [
            &["notes", "add", "-m", "one"][..],
            &["update-ref", "refs/notes/other", "refs/notes/commits"],
            &["notes", "--ref", "other", "append", "-m", "two"],
            &["notes", "append", "-m", "three"],
            &["notes", "merge", "-s", "manual", "other"],
        ] {
            project.git("", arguments);
        }
        let head = project.git("", &["rev-parse", "HEAD"]);
        let note = project.at(".git/NOTES_MERGE_WORKTREE").join(head.trim());
        fs::remove_file(&note).unwrap();
        symlink(project.at("../secret"), &note).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        project.git("", &["notes", "merge", "--commit"]);
        let said = project.git("", &["notes", "show"]);
        assert_eq!(said.contains("private text"), !mended, "{said} {found:?}");
    }
    // The repository of a submodule that is cloned.
    for mended in [false, true] {
        let project = Project::new();
        project.init("../library");
        fs::create_dir(project.at("../outside")).unwrap();
        let watch = project.watch();
        fs::create_dir(project.at(".git/modules")).unwrap();
        symlink("../../../outside", project.at(".git/modules/dep")).unwrap();
        let head = project.git("../library", &["rev-parse", "HEAD"]);
        let entry = format!("160000,{},dep", head.trim());
        project.git("", &["update-index", "--add", "--cacheinfo", &entry]);
        let library = project.at("../library").canonicalize().unwrap();
        // Whatever name the link gets.
        let name = if mended { "dep.purple-disabled" } else { "dep" };
        let text = format!(
            "[submodule \"{name}/git\"]\n\tpath = dep\n\turl = {}\n",
            library.display()
        );
        fs::write(project.at(".gitmodules"), text).unwrap();
        fs::create_dir(project.at("dep")).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        project.git("", &["submodule", "update", "--init"]);
        assert_eq!(project.at("../outside/git").exists(), !mended, "{found:?}");
    }
}
