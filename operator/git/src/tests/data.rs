//! Files of a repository that are neither configuration nor hooks, and lead git to files outside of it.

use super::Project;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

/// An index of a version that names these files, all with the content of one object.
pub(super) fn index(version: u32, paths: &[&str], object: &[u8; 20]) -> Vec<u8> {
    let count = u32::try_from(paths.len()).unwrap();
    let mut bytes = b"DIRC".to_vec();
    bytes.extend(version.to_be_bytes());
    bytes.extend(count.to_be_bytes());
    let mut before = "";
    for path in paths {
        let start = bytes.len();
        bytes.extend([0; 24]);
        bytes.extend(0o100_755_u32.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend(object);
        bytes.extend(u16::try_from(path.len()).unwrap().to_be_bytes());
        if version == 4 {
            bytes.push(u8::try_from(before.len()).unwrap());
            bytes.extend(path.bytes());
            bytes.push(0);
            before = path;
        } else {
            bytes.extend(path.bytes());
            let length = bytes.len() - start;
            bytes.resize(start + ((length + 8) & !7), 0);
        }
    }
    bytes
}

/// The whole file: git checks its digest.
pub(super) fn sealed(mut bytes: Vec<u8>, project: &Project) -> Vec<u8> {
    let plain = project.at("../plain");
    fs::write(&plain, &bytes).unwrap();
    let done = std::process::Command::new("sha1sum")
        .arg(&plain)
        .output()
        .unwrap();
    let text = String::from_utf8(done.stdout).unwrap();
    bytes.extend(object(text.split(' ').next().unwrap()));
    bytes
}

pub(super) fn object(hex: &str) -> [u8; 20] {
    let digits = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    std::array::from_fn(digits)
}

/// What an extension adds.
pub(super) fn extension(name: &[u8], content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len()).unwrap();
    [name, &size.to_be_bytes(), content].concat()
}

/// git writes what the index names, also where it is a hook, and runs that at once.
#[test]
fn an_index_that_names_files_elsewhere() {
    for version in [2, 3, 4] {
        for path in [
            ".git/hooks/post-checkout",
            "../planted",
            "a/../../planted",
            ".GIT/hooks/post-checkout",
            "/planted",
        ] {
            for mended in [false, true] {
                let project = Project::new();
                let watch = project.watch();
                fs::write(project.at("script"), project.script()).unwrap();
                let hex = project.git("", &["hash-object", "-w", "script"]);
                let entries = index(version, &["file", path], &object(hex.trim()));
                fs::write(project.at(".git/index"), sealed(entries, &project)).unwrap();
                let found = if mended { watch.end() } else { Vec::new() };
                if mended {
                    assert_eq!(found.len(), 1, "{path}: {found:?}");
                    assert!(!project.at(".git/index").exists(), "{path}");
                }
                project.git("", &["checkout", "--", "."]);
                project.git("", &["checkout", "--", "."]);
                let planted = project.at("../planted").exists() || project.ran();
                // git itself refuses what no file system could have.
                let works = !mended && path != ".GIT/hooks/post-checkout" && path != "/planted";
                assert_eq!(
                    planted, works,
                    "version {version}, {path}, mended: {mended}"
                );
                assert!(!project.git("", &["fsck"]).contains("error"));
            }
        }
    }
}

/// What git reads otherwise than it looks: lengths, flags and blocks that lead past what is looked at.
#[test]
fn entries_that_hide_others() {
    let object = [1; 20];
    let is_plain = |bytes: &[u8], size| {
        crate::index::is_plain(&[bytes, &[0; 20]].concat(), size, &mut |_, _| true)
    };
    let plain = index(2, &["f", "g"], &object);
    assert!(is_plain(&plain, 20));
    // A longer length has git take the second entry for a part of the first path.
    let mut longer = plain.clone();
    longer[12 + 61] = 73;
    assert!(!is_plain(&longer, 20));
    // Flags that only later versions have.
    let mut extended = plain.clone();
    extended[12 + 60] |= 0x40;
    assert!(!is_plain(&extended, 20));
    // Bytes between the entries.
    let mut filled = plain.clone();
    filled[12 + 63] = b'x';
    assert!(!is_plain(&filled, 20));
    for path in [
        "a/..",
        "a/git~1/hooks",
        ".git ",
        ".git.",
        ".git::$DATA",
        ".g\u{200c}it/x",
        "a//b",
        ".GIT",
    ] {
        assert!(!is_plain(&index(2, &[path], &object), 20), "{path}");
    }
    for path in ["a/..b", ".gitignore", "git~10", "a.git", "\u{e4}", "a b"] {
        assert!(is_plain(&index(2, &[path], &object), 20), "{path}");
    }
    // The first path of a block takes nothing from the one before.
    let joined = |strip: u8| {
        let mut bytes = index(4, &["a", "b"], &object);
        let at = bytes.len() - 3;
        bytes[at] = strip;
        bytes[at - 1] = 2 - strip;
        let table = [
            &1_u32.to_be_bytes()[..],
            &12_u32.to_be_bytes(),
            &1_u32.to_be_bytes(),
            &77_u32.to_be_bytes(),
            &1_u32.to_be_bytes(),
        ];
        bytes.extend(extension(b"IEOT", &table.concat()));
        bytes
    };
    assert!(is_plain(&joined(1), 20));
    assert!(!is_plain(&joined(0), 20));
}

/// The size of object names is that of the repository, and not what some text of the configuration says.
#[test]
fn an_index_of_another_object_format() {
    let project = Project::new();
    project.git("", &["config", "x.note", "sha256"]);
    let watch = project.watch();
    let entries = index(2, &["../planted"], &[1; 20]);
    fs::write(project.at(".git/index"), sealed(entries, &project)).unwrap();
    assert_eq!(watch.end().len(), 1);

    project.git("", &["init", "-q", "--object-format=sha256", "../other"]);
    fs::write(project.at("../other/file"), "a").unwrap();
    for arguments in [
        &["add", "."][..],
        &["commit", "-qm", "one"],
        &["worktree", "add", "-q", "tree"],
    ] {
        project.git("../other", arguments);
    }
    let watch = crate::Watch::start([project.at("../other").as_path()]).unwrap();
    fs::write(project.at("../other/tree/new"), "a").unwrap();
    project.git("../other/tree", &["add", "."]);
    assert_eq!(watch.end(), []);
}

/// What git itself writes stays.
#[test]
fn indexes_that_git_writes() {
    for arguments in [
        &["update-index", "--index-version", "2"][..],
        &["update-index", "--index-version", "4"],
        &["update-index", "--split-index"],
        &["update-index", "--untracked-cache"],
        &["add", "--intent-to-add", "new"],
        &["sparse-checkout", "set", "--sparse-index", "deep"],
        &["rm", "--cached", "-r", "."],
    ] {
        for threads in ["1", "true"] {
            let project = Project::new();
            for at in ["deep/a", "deep/b", "other/c"] {
                fs::create_dir_all(project.at(at)).unwrap();
                for number in 0..20 {
                    fs::write(project.at(at).join(number.to_string()), at).unwrap();
                }
            }
            project.git("", &["config", "index.threads", threads]);
            project.git("", &["add", "."]);
            project.git("", &["commit", "-qm", "two"]);
            fs::write(project.at("new"), "").unwrap();
            let watch = project.watch();
            project.git("", arguments);
            fs::write(project.at("file"), "changed").unwrap();
            project.git("", &["add", "file"]);
            assert_eq!(watch.end(), [], "{arguments:?}");
        }
    }
    let project = Project::new();
    fs::create_dir(project.at("sub")).unwrap();
    project.git("sub", &["init", "-q", "--object-format=sha256"]);
    let watch = project.watch();
    fs::write(project.at("sub/a"), "a").unwrap();
    project.git("sub", &["add", "a"]);
    assert_eq!(watch.end(), []);
}

/// A table of blocks, by which git reads an index in several threads, cannot name other entries.
#[test]
fn blocks_that_hide_entries() {
    let object = [1; 20];
    let plain = index(2, &["a", "b"], &object);
    let hidden = index(2, &["../x"], &object);
    let end = u32::try_from(plain.len()).unwrap();
    let table = |blocks: &[(u32, u32)]| {
        let mut content = 1_u32.to_be_bytes().to_vec();
        for (offset, count) in blocks {
            content.extend(offset.to_be_bytes());
            content.extend(count.to_be_bytes());
        }
        extension(b"IEOT", &content)
    };
    let is_plain = |parts: &[Vec<u8>]| {
        let bytes = [&plain[..], &parts.concat(), &[0; 20]].concat();
        crate::index::is_plain(&bytes, 20, &mut |_, _| true)
    };
    let eoie = |offset: u32| extension(b"EOIE", &[&offset.to_be_bytes()[..], &[0; 20]].concat());
    assert!(is_plain(&[]));
    assert!(is_plain(&[table(&[(12, 2)]), eoie(end)]));
    assert!(is_plain(&[table(&[(12, 1), (76, 1)])]));
    for parts in [
        vec![
            table(&[(12, 1), (end + 20, 1)]),
            extension(b"XXXX", &hidden),
        ],
        vec![table(&[(12, 1)])],
        vec![table(&[(12, 3)])],
        vec![table(&[(76, 1), (12, 1)])],
        vec![eoie(end + 8)],
        vec![vec![b'X'; 7]],
        vec![extension(b"XXXX", &[0; 4]), vec![0; 4]],
    ] {
        assert!(!is_plain(&parts), "{parts:?}");
    }
}

/// Each of these makes git write to a file of the user's, or read one into the repository.
#[test]
fn links_among_the_files_of_git() {
    for (at, prepare, uses) in [
        (
            "COMMIT_EDITMSG",
            &[][..],
            &["commit", "--amend", "--no-edit"][..],
        ),
        ("logs/refs/stash", &[], &["stash"]),
        (
            "logs/HEAD",
            &["branch", "other"],
            &["checkout", "-q", "other"],
        ),
        ("packed-refs", &["branch", "other"], &["pack-refs", "--all"]),
        ("FETCH_HEAD", &[], &["fetch", "."]),
    ] {
        for mended in [false, true] {
            let project = Project::new();
            let victim = project.at("../victim");
            fs::write(&victim, "mine\n").unwrap();
            if !prepare.is_empty() {
                project.git("", prepare);
            }
            let watch = project.watch();
            fs::write(project.at("file"), "changed").unwrap();
            let at = project.at(".git").join(at);
            fs::create_dir_all(at.parent().unwrap()).unwrap();
            let _missing = fs::remove_file(&at).is_err();
            symlink(&victim, &at).unwrap();
            let found = if mended { watch.end() } else { Vec::new() };
            assert_eq!(found.len(), usize::from(mended), "{found:?}");
            project.git("", uses);
            let changed = fs::read_to_string(&victim).ok() != Some("mine\n".to_owned());
            // git replaces the packed references, which the link then is no part of.
            let expected = !mended && !at.ends_with("packed-refs");
            assert_eq!(changed, expected, "{}", at.display());
        }
    }
    // Directories too, and what was there stays.
    let project = Project::new();
    let outside = project.at("../outside");
    fs::create_dir(&outside).unwrap();
    fs::rename(project.at(".git/logs"), outside.join("logs")).unwrap();
    symlink(outside.join("logs"), project.at(".git/logs")).unwrap();
    let watch = project.watch();
    fs::create_dir_all(project.at(".git/rr-cache/1")).unwrap();
    symlink(&outside, project.at(".git/rr-cache/1/thisimage")).unwrap();
    symlink(&outside, project.at(".git/refs/tags/x")).unwrap();
    symlink(&outside, project.at("link")).unwrap();
    assert_eq!(watch.end().len(), 2);
    assert!(project.at(".git/logs").is_symlink() && project.at("link").is_symlink());
}

#[test]
fn conflicts_of_another_run_are_not_recorded() {
    let id = "1".repeat(40);
    for mended in [false, true] {
        let project = Project::new();
        let secret = project.at("../secret");
        fs::write(&secret, "secret\n").unwrap();
        let watch = project.watch();
        let cache = project.at(".git/rr-cache").join(&id);
        fs::create_dir_all(&cache).unwrap();
        fs::write(cache.join("preimage"), "x\n").unwrap();
        let mut conflicts = String::new();
        write!(conflicts, "{id}\t{}\0", secret.display()).unwrap();
        fs::write(project.at(".git/MERGE_RR"), conflicts).unwrap();
        fs::write(project.at("file"), "changed").unwrap();
        let found = if mended { watch.end() } else { Vec::new() };
        assert_eq!(found.len(), usize::from(mended), "{found:?}");
        project.git("", &["commit", "-qam", "work"]);
        assert_eq!(cache.join("postimage").exists(), !mended);
    }
}

/// The options with which `git am` and `git cherry-pick` go on.
#[test]
fn options_of_states() {
    for (state, file, said, stays) in [
        (
            "rebase-apply",
            "apply-opt",
            "'--build-fake-ancestor=/x'",
            false,
        ),
        (
            "rebase-apply",
            "apply-opt",
            " '-C1' '--whitespace=fix'",
            true,
        ),
        ("rebase-apply", "apply-opt", "", true),
        ("rebase-apply", "apply-opt", "'--directory=../x'", false),
        ("sequencer", "opts", "[options] strategy = x/y\n", false),
        (
            "sequencer",
            "opts",
            "[options]\n\tstrategy = ort\n\tedit = true\n",
            true,
        ),
        (
            "sequencer",
            "opts",
            "[options \"a\"]\n\tedit = true\n",
            false,
        ),
        (
            "sequencer",
            "opts",
            "[options]\n\tadded-by-a-later-git = true\n",
            false,
        ),
    ] {
        let project = Project::new();
        let watch = project.watch();
        let at = project.at(".git").join(state);
        fs::create_dir(&at).unwrap();
        fs::write(at.join(file), said).unwrap();
        let found = watch.end();
        assert_eq!(found.is_empty(), stays, "{said:?}: {found:?}");
    }
}

/// `git worktree repair` writes where the file says, and `git worktree remove` removes it.
#[test]
fn worktrees_elsewhere() {
    for (said, stays) in [
        ("/somewhere/else/.git\n", false),
        ("TOP/tree/.git\n", true),
        ("../../../../out/.git\n", false),
    ] {
        let project = Project::new();
        fs::create_dir(project.at("tree")).unwrap();
        let watch = project.watch();
        let at = project.at(".git/worktrees/w");
        fs::create_dir_all(&at).unwrap();
        let top = project.at("").canonicalize().unwrap();
        fs::write(
            at.join("gitdir"),
            said.replace("TOP", &top.display().to_string()),
        )
        .unwrap();
        let found = watch.end();
        assert_eq!(found.is_empty(), stays, "{said:?}: {found:?}");
        assert_eq!(at.join("gitdir").exists(), stays);
    }
    let project = Project::new();
    let watch = project.watch();
    project.git("", &["worktree", "add", "-q", "tree", "-b", "other"]);
    assert_eq!(watch.end(), []);
    assert!(Path::new(&project.at("tree/file")).exists());
}
