//! What a program can leave any number of: the search after its run and the one before the next run have bounds.

use super::{Found, Project, Watch, hook};
use crate::SearchError;
use std::fs;
use std::os::unix::fs::symlink;

/// A megabyte of configuration that says nothing.
fn padded(said: &str) -> String {
    let line = format!("# {}\n", "x".repeat(1000));
    let mut text = said.to_owned();
    while text.len() + line.len() < 1 << 20 {
        text.push_str(&line);
    }
    text
}

/// More names of a file of 1 MiB than the tests may read.
const MANY: usize = 20;

/// One file by the names of many repositories.
#[test]
fn many_names_of_a_large_file() {
    for said in ["", "[core]\n\tfsmonitor = touch ran\n"] {
        let project = Project::new();
        fs::write(project.at("large"), padded(said)).unwrap();
        let watch = project.watch();
        let repository = |at: usize| project.at(&format!("many/{at}"));
        for at in 0..MANY {
            let git = repository(at).join(".git");
            fs::create_dir_all(git.join("refs")).unwrap();
            fs::create_dir(git.join("objects")).unwrap();
            fs::write(git.join("HEAD"), "ref: refs/heads/main\n").unwrap();
            fs::hard_link(project.at("large"), git.join("config")).unwrap();
        }
        // The user's own is looked at first.
        hook(&project.at(".git/hooks/pre-commit"), &project.script());
        let before_search = project.at(".git/config");
        let config = fs::read_to_string(&before_search).unwrap();
        let found = watch.end();
        assert!(!found.is_empty());
        assert!(!project.at(".git/hooks/pre-commit").exists());
        assert_eq!(fs::read_to_string(&before_search).unwrap(), config);
        for at in 0..MANY {
            let now = fs::read(repository(at).join(".git/config"));
            let is_harmless =
                now.is_ok_and(|now| !now.windows(12).any(|part| part == b"\n\tfsmonitor "));
            let is_gone = !repository(at).join(".git/config").exists();
            assert!(is_harmless || is_gone, "{at}");
        }
        // The next run could not note all of them.
        if said.is_empty() {
            for at in 0..MANY {
                let git = repository(at).join(".git");
                if !git.join("config").exists() {
                    fs::hard_link(project.at("large"), git.join("config")).unwrap();
                }
            }
            let refused = Watch::start([project.top.as_path()]).unwrap_err();
            assert!(matches!(refused, SearchError::TooLarge(_)), "{refused}");
            assert!(
                refused.to_string().contains("which cannot all be read"),
                "{refused}"
            );
        }
    }
}

/// Each entry `.git` of a megabyte, which git refuses.
#[test]
fn many_names_of_a_large_pointer() {
    let project = Project::new();
    let text = format!(
        "gitdir: {}{}",
        project.at(".git").display(),
        "\n".repeat(1 << 20)
    );
    fs::write(project.at("large"), text).unwrap();
    let watch = project.watch();
    for at in 0..MANY {
        let tree = project.at(&format!("many/{at}"));
        fs::create_dir_all(&tree).unwrap();
        fs::hard_link(project.at("large"), tree.join(".git")).unwrap();
    }
    assert_eq!(watch.end().len(), MANY);
    assert!(!project.at("many/7/.git").exists());
}

/// Links at the end of a path of 60 kilobytes: with their paths, 4,000 are 200 megabytes.
#[test]
fn many_links_at_the_end_of_a_long_path() {
    let project = Project::new();
    let watch = project.watch();
    // The path is longer than the kernel takes at once.
    let script = "
import os
for at in range(200):
    os.mkdir('d' * 250)
    os.chdir('d' * 250)
for name in ['.git', '.git/logs', '.git/refs', '.git/objects']:
    os.mkdir(name)
open('.git/HEAD', 'w').write('ref: refs/heads/main')
for at in range(4000):
    os.symlink('/etc/passwd', f'.git/logs/{at}')";
    let mut command = std::process::Command::new("/usr/bin/python3");
    let done = command
        .args(["-c", script])
        .current_dir(project.at(""))
        .status();
    assert!(done.unwrap().success());
    let found = watch.end();
    assert!(found.len() <= 10_001, "{}", found.len());
    let first = found.first().map(ToString::to_string);
    let last = |text: String| text.rsplit("/d").next().unwrap_or_default().to_owned();
    let first = first.map(last);
    assert!(
        first
            .as_ref()
            .is_some_and(|first| first.ends_with("more findings are not listed")),
        "{first:?} of {}",
        found.len()
    );
    // They are all files now.
    assert_eq!(project.watch().end(), []);
}

/// A configuration in which each name of 100,000 is looked for among 20,000.
#[test]
fn many_names_of_many_remotes() {
    let base = crate::base::Base::new(std::path::Path::new("/nowhere"), std::path::Path::new("a"));
    let remotes = (0..20_000).map(|at| format!("[remote \"r{at}\"]\nurl=https://a\n"));
    let mut text: String = remotes.collect();
    text.push_str("[remotes]\nall =");
    text.push_str(&" r19999".repeat(100_000));
    text.push('\n');
    let found = crate::config::commands(text.as_bytes(), &base);
    assert_eq!(found, Some(std::collections::BTreeSet::new()));
}

/// Where a file without the keys cannot be written, it gets another name.
#[test]
fn a_full_disk_keeps_no_keys() {
    let project = Project::new();
    let disk = project.at("disk");
    fs::create_dir(&disk).unwrap();
    let mount = |arguments: &[&str]| {
        let mut command = std::process::Command::new("mount");
        command.args(arguments).arg(&disk).status()
    };
    if !mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).is_ok_and(|done| done.success()) {
        println!("SKIP git-full-disk: no file system can be mounted");
        return;
    }
    let watch = Watch::start([disk.as_path()]).unwrap();
    project.init("disk/nested");
    project.git(
        "disk/nested",
        &["config", "core.fsmonitor", &project.command()],
    );
    let filled = fs::write(disk.join("fill"), vec![0; 2 << 20]);
    let found = watch.end();
    let is_left = disk.join("nested/.git/config").exists();
    drop(std::process::Command::new("umount").arg(&disk).status());
    assert!(filled.is_err());
    assert!(!is_left, "{found:?}");
    assert!(
        matches!(found.as_slice(), [Found::Disarmed { .. }]),
        "{found:?}"
    );
}

/// Links that were there before are as they were, and a new one beside them is not.
#[test]
fn links_among_many() {
    let project = Project::new();
    for at in 0..100 {
        symlink("HEAD", project.at(&format!(".git/mine{at}"))).unwrap();
    }
    let watch = project.watch();
    symlink("/etc/passwd", project.at(".git/new")).unwrap();
    let found = watch.end();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(project.at(".git/mine7").is_symlink() && !project.at(".git/new").is_symlink());
}
