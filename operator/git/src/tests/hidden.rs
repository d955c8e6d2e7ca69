//! What an index hides from a review, the names in its untracked cache, and the work of looking at one.

use super::Project;
use super::data::{extension, index, object, sealed};
use crate::index::is_plain;
use std::fs;

fn is_plain_with(bytes: &[u8], extensions: &[Vec<u8>]) -> bool {
    let bytes = [bytes, &extensions.concat(), &[0; 20]].concat();
    is_plain(&bytes, 20, &mut |_, _| true)
}

/// A change that `git status` and `git diff` do not show.
#[test]
fn files_that_an_index_hides() {
    for (option, back) in [
        ("--assume-unchanged", "--no-assume-unchanged"),
        ("--skip-worktree", "--no-skip-worktree"),
    ] {
        for mended in [false, true] {
            let project = Project::new();
            fs::write(project.at("mine"), "").unwrap();
            project.git("", &["add", "mine"]);
            project.git("", &["commit", "-qm", "two"]);
            let watch = project.watch();
            fs::write(project.at("file"), "planted").unwrap();
            project.git("", &["update-index", option, "file"]);
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(found.len(), usize::from(mended), "{found:?}");
            if mended {
                project.git("", &["reset", "-q"]);
            }
            let status = project.git("", &["status", "--short", "-uno"]);
            assert_eq!(status.contains("file"), mended, "{status}");
            // One of the user's own stays.
            project.git("", &["update-index", back, "file"]);
            project.git("", &["update-index", option, "mine"]);
            let watch = project.watch();
            for arguments in [&["add", "file"][..], &["commit", "-qm", "three"]] {
                project.git("", arguments);
            }
            assert_eq!(watch.end(), []);
        }
    }
}

/// git opens the directories that the cache names, and lists what is there.
#[test]
fn an_untracked_cache_that_names_directories_elsewhere() {
    for mended in [false, true] {
        let project = Project::new();
        fs::create_dir(project.at("../private")).unwrap();
        fs::write(project.at("../private/passwords"), "").unwrap();
        project.git("", &["config", "status.showUntrackedFiles", "all"]);
        project.git("", &["config", "core.untrackedCache", "true"]);
        let watch = project.watch();
        fs::create_dir(project.at("zz_private")).unwrap();
        fs::write(project.at("zz_private/f"), "").unwrap();
        for time in ["2001-01-01", "2001-01-02"] {
            // git keeps only directories that have not just changed.
            for path in ["zz_private", "."] {
                let mut touch = std::process::Command::new("touch");
                let done = touch
                    .args(["-d", time, path])
                    .current_dir(project.at(""))
                    .status();
                assert!(done.unwrap().success());
            }
            project.git("", &["update-index", "--untracked-cache"]);
            project.git("", &["status"]);
        }
        let mut bytes = fs::read(project.at(".git/index")).unwrap();
        let find = |bytes: &[u8]| bytes.windows(10).position(|part| part == b"zz_private");
        while let Some(at) = find(&bytes) {
            bytes[at..at + 10].copy_from_slice(b"../private");
        }
        bytes.truncate(bytes.len() - 20);
        fs::write(project.at(".git/index"), sealed(bytes, &project)).unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        assert_eq!(found.len(), usize::from(mended), "{found:?}");
        let status = project.git("", &["status"]);
        assert_eq!(status.contains("passwords"), !mended, "{status}");
    }
}

#[test]
fn names_in_an_untracked_cache() {
    let plain = index(2, &["f"], &[1; 20]);
    let cache = |ignored: &str, blocks: &[&[u8]]| {
        let mut bytes = vec![2, b'x', 0];
        bytes.extend([0; 36 + 36 + 4 + 20 + 20]);
        bytes.extend(ignored.bytes());
        bytes.push(0);
        bytes.push(u8::try_from(blocks.len()).unwrap());
        bytes.extend(blocks.concat());
        bytes.push(0);
        extension(b"UNTR", &bytes)
    };
    let fits = |ignored: &str, blocks: &[&[u8]]| is_plain_with(&plain, &[cache(ignored, blocks)]);
    assert!(fits(".gitignore", &[]));
    assert!(fits(
        ".gitignore",
        &[b"\x01\x01\0file\0", b"\x02\0dir\0a\0b/\0"]
    ));
    for (ignored, blocks) in [
        ("../ignore", &[][..]),
        (".gitignore", &[&b"\x01\0\0../x\0"[..]]),
        (".gitignore", &[b"\x01\0\0a/b\0"]),
        (".gitignore", &[b"\x01\0\0.git/\0"]),
        (".gitignore", &[b"\0\0../x\0"]),
        (".gitignore", &[b"\0\x01\0", b"\0\0..\0"]),
        (".gitignore", &[b"\0\x01\0", b"\0\0a/b\0"]),
        (".gitignore", &[b"\0\x01\0", b"\0\0\0"]),
        // More directories than git is told.
        (".gitignore", &[b"\0\x02\0", b"\0\0a\0"]),
        // Less than there are.
        (".gitignore", &[b"\x09\0\0a\0"]),
    ] {
        assert!(!fits(ignored, blocks), "{ignored} {blocks:?}");
    }
    assert!(!is_plain_with(&plain, &[extension(b"UNTR", b"\xff")]));
}

/// A path of a megabyte that each entry changes a little, and a path as long as Linux has it. Each entry with all of its path would take
/// hours, and some minutes.
#[test]
fn entries_of_long_paths() {
    let entries = |path: &str, count: u32| {
        let mut bytes = b"DIRC".to_vec();
        bytes.extend(4_u32.to_be_bytes());
        bytes.extend(count.to_be_bytes());
        let entry = |strip: u8, name: &str| {
            let mut bytes = vec![0; 24];
            bytes.extend(0o100_644_u32.to_be_bytes());
            bytes.extend([0; 12 + 20]);
            let length = u16::try_from(path.len().min(0xfff)).unwrap();
            bytes.extend(length.to_be_bytes());
            bytes.push(strip);
            bytes.extend(name.bytes());
            bytes.push(0);
            bytes
        };
        bytes.extend(entry(0, path));
        let next = entry(1, "c");
        for _ in 1..count {
            bytes.extend(&next);
        }
        bytes
    };
    let longest = format!("{}b", ".a/".repeat(1300));
    assert!(is_plain_with(&entries(&longest, 500_000), &[]));
    assert!(!is_plain_with(
        &entries(&format!("{}b", "a/".repeat(500_000)), 60_000),
        &[]
    ));
    assert!(!is_plain_with(
        &entries(&format!("{}b", "a/".repeat(2048)), 2),
        &[]
    ));
    assert!(!is_plain_with(&entries(&"a".repeat(256), 2), &[]));
}

/// A megabyte of keys in a section with a long name: each with its section they would be 28 gigabytes.
#[test]
fn keys_of_a_section_with_a_long_name() {
    let base = crate::base::Base::new(std::path::Path::new("/nowhere"), std::path::Path::new("a"));
    let text = format!(
        "[core \"{}\"]\n{}",
        "A".repeat(400_000),
        "a=\n".repeat(200_000)
    );
    assert_eq!(crate::config::commands(text.as_bytes(), &base), None);
    let project = Project::new();
    let watch = project.watch();
    project.init("n");
    fs::write(project.at("n/.git/config"), text).unwrap();
    assert_eq!(watch.end().len(), 1);
    assert!(!project.at("n/.git/config").exists());
}

/// What the documents say of a review: an index can have the next commit contain what nobody added, and `git read-tree HEAD` undoes that.
#[test]
fn a_review_begins_with_another_index() {
    for reviewed in [false, true] {
        let project = Project::new();
        fs::create_dir(project.at("lib")).unwrap();
        fs::write(project.at("lib/x"), "good\n").unwrap();
        project.git("", &["add", "."]);
        project.git("", &["commit", "-qm", "two"]);
        fs::write(project.at("evil"), "evil\n").unwrap();
        let blob = project.git("", &["hash-object", "-w", "evil"]);
        project.git("", &["read-tree", "--empty"]);
        project.git(
            "",
            &[
                "update-index",
                "--add",
                "--cacheinfo",
                &format!("100644,{},x", blob.trim()),
            ],
        );
        let evil = object(project.git("", &["write-tree"]).trim());
        project.git("", &["read-tree", "HEAD"]);
        project.git("", &["write-tree"]);
        let good = object(project.git("", &["rev-parse", "HEAD:lib"]).trim());
        let mut bytes = fs::read(project.at(".git/index")).unwrap();
        let at = bytes.windows(20).position(|part| part == good).unwrap();
        bytes[at..at + 20].copy_from_slice(&evil);
        bytes.truncate(bytes.len() - 20);
        fs::write(project.at(".git/index"), sealed(bytes, &project)).unwrap();
        if reviewed {
            project.git("", &["read-tree", "HEAD"]);
        }
        fs::write(project.at("file"), "mine\n").unwrap();
        project.git("", &["add", "file"]);
        project.git("", &["commit", "-qm", "three"]);
        let said = project.git("", &["show", "HEAD:lib/x"]);
        assert_eq!(said, if reviewed { "good\n" } else { "evil\n" });
    }
}
