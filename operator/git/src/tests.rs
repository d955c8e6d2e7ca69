//! Real repositories, changed as a program could change them, and what git does in them afterwards.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod bounds;
mod data;
mod hidden;
mod layout;
mod led;
mod ordinary;
mod planted;
mod pointers;
mod shared;
mod ways;

use super::{Found, Watch};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

struct Project {
    _dir: TempDir,
    top: PathBuf,
    mark: PathBuf,
}

impl Project {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        let top = dir.path().join("project");
        fs::create_dir(&top).unwrap();
        let mark = dir.path().join("ran");
        let project = Self {
            _dir: dir,
            top,
            mark,
        };
        project.init("");
        project
    }

    fn at(&self, path: &str) -> PathBuf {
        self.top.join(path)
    }

    /// A repository with a commit.
    fn init(&self, path: &str) {
        fs::create_dir_all(self.at(path)).unwrap();
        self.git(path, &["init", "-q", "-b", "main"]);
        fs::write(self.at(path).join("file"), "a\n").unwrap();
        self.git(path, &["add", "file"]);
        self.git(path, &["commit", "-qm", "one"]);
    }

    /// What git says, in a directory of the project.
    fn git(&self, path: &str, arguments: &[&str]) -> String {
        let done = Command::new("git")
            .args(["-c", "protocol.file.allow=always"])
            .args(arguments)
            .current_dir(self.at(path))
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", self.at(""))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].iter().flat_map(|who| {
                [
                    (format!("GIT_{who}_NAME"), "a"),
                    (format!("GIT_{who}_EMAIL"), "a@b"),
                ]
            }))
            .output()
            .expect("git runs");
        String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr)
    }

    fn command(&self) -> String {
        format!("touch {}; false", self.mark.display())
    }

    fn script(&self) -> String {
        format!("#!/bin/sh\ntouch {}\n", self.mark.display())
    }

    fn watch(&self) -> Watch {
        Watch::start([self.top.as_path()]).expect("it can be read")
    }

    /// Whether the command ran, which is forgotten.
    fn ran(&self) -> bool {
        let ran = self.mark.exists();
        if ran {
            fs::remove_file(&self.mark).unwrap();
        }
        ran
    }
}

fn hook(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Each attack works without the mend, and not with it.
fn attack(
    prepare: impl Fn(&Project),
    plant: impl Fn(&Project),
    use_it: impl Fn(&Project),
) -> Vec<Found> {
    for mended in [false, true] {
        let project = Project::new();
        prepare(&project);
        let watch = project.watch();
        plant(&project);
        let found = if mended { watch.end() } else { Vec::new() };
        use_it(&project);
        assert_eq!(project.ran(), !mended, "{found:?}");
        if mended {
            assert!(project.watch().end().is_empty());
            return found;
        }
    }
    Vec::new()
}

fn with_submodule(project: &Project) {
    let lib = project.top.with_file_name("lib");
    fs::create_dir(&lib).unwrap();
    let place = Project {
        _dir: TempDir::new().unwrap(),
        top: lib.clone(),
        mark: project.mark.clone(),
    };
    place.init("");
    let url = lib.to_string_lossy().into_owned();
    project.git("", &["submodule", "--quiet", "add", &url, "deep/sub"]);
    project.git("", &["commit", "-qm", "sub"]);
}

#[test]
fn the_configuration_of_a_submodule() {
    let found = attack(
        with_submodule,
        |project| {
            let value = project.command();
            project.git("deep/sub", &["config", "core.fsmonitor", &value]);
            project.git("deep/sub", &["config", "user.name", "kept"]);
        },
        |project| {
            project.git("", &["status"]);
            if !project.mark.exists() {
                assert_eq!(project.git("deep/sub", &["config", "user.name"]), "kept\n");
            }
        },
    );
    assert_eq!(found.len(), 1, "{found:?}");
    let text = found.first().expect("one").to_string();
    assert!(
        text.contains(".git/modules/deep/sub/config: ") && text.contains("core.fsmonitor"),
        "{text}"
    );
}

#[test]
fn a_hook_of_a_submodule() {
    attack(
        with_submodule,
        |project| {
            hook(
                &project.at(".git/modules/deep/sub/hooks/post-commit"),
                &project.script(),
            );
        },
        |project| {
            project.git("deep/sub", &["commit", "-q", "--allow-empty", "-m", "two"]);
        },
    );
}

#[test]
fn hooks_that_are_a_link() {
    attack(
        with_submodule,
        |project| {
            fs::create_dir(project.at("hooks")).unwrap();
            hook(&project.at("hooks/post-commit"), &project.script());
            let hooks = project.at(".git/modules/deep/sub/hooks");
            fs::remove_dir_all(&hooks).unwrap();
            std::os::unix::fs::symlink(project.at("hooks"), hooks).unwrap();
        },
        |project| {
            project.git("deep/sub", &["commit", "-q", "--allow-empty", "-m", "two"]);
        },
    );
}

#[test]
fn the_way_from_a_linked_worktree() {
    let prepare = |project: &Project| {
        project.git("", &["worktree", "add", "-q", "../linked", "-b", "linked"]);
    };
    let found = attack(
        prepare,
        |project| {
            fs::create_dir(project.at("evil")).unwrap();
            for name in ["objects", "refs", "HEAD"] {
                let from = project.at(".git").join(name);
                let done = Command::new("cp")
                    .arg("-r")
                    .arg(from)
                    .arg(project.at("evil"))
                    .status();
                assert!(done.unwrap().success());
            }
            let text = format!(
                "[core]\n\trepositoryformatversion = 0\n\tfsmonitor = {}\n",
                project
                    .command()
                    .replace(';', "\\;")
                    .replace("\\;", ";")
                    .replace("; false", "")
            );
            fs::write(project.at("evil/config"), text).unwrap();
            fs::write(
                project.at(".git/worktrees/linked/commondir"),
                "../../../evil\n",
            )
            .unwrap();
        },
        |project| {
            project.git("../linked", &["status"]);
        },
    );
    assert_eq!(found.len(), 2, "the way and the configuration: {found:?}");
}

#[test]
fn a_new_repository_in_the_index() {
    attack(
        |_| {},
        |project| {
            project.init("nested");
            project.git("nested", &["config", "core.fsmonitor", &project.command()]);
            project.git("", &["add", "nested"]);
        },
        |project| {
            project.git("", &["status"]);
        },
    );
}

#[test]
fn a_rebase_with_commands() {
    attack(
        |_| {},
        |project| {
            planted::rebase(project, &project.at(".git/rebase-merge"));
        },
        |project| {
            project.git("", &["rebase", "--continue"]);
        },
    );
}

#[test]
fn what_was_there_before_stays() {
    let project = Project::new();
    with_submodule(&project);
    let command = project.command();
    project.git("", &["config", "core.fsmonitor", &command]);
    project.git("deep/sub", &["config", "filter.x.clean", "cat"]);
    hook(&project.at(".git/hooks/pre-commit"), &project.script());
    let config = fs::read(project.at(".git/config")).unwrap();
    let watch = project.watch();
    project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
    project.git("deep/sub", &["config", "user.name", "x"]);
    project.git("", &["worktree", "add", "-q", "../other", "-b", "other"]);
    assert_eq!(watch.end(), []);
    assert_eq!(fs::read(project.at(".git/config")).unwrap(), config);
    assert_eq!(
        project.git("deep/sub", &["config", "filter.x.clean"]),
        "cat\n"
    );
    assert!(project.ran());
}

/// The stub of another run, which stands for `commondir`, comes and goes.
#[test]
fn a_commondir_that_names_its_own_directory() {
    let project = Project::new();
    let common = project.at(".git/commondir");
    let watch = project.watch();
    fs::write(&common, ".\n").unwrap();
    assert_eq!(watch.end(), []);
    assert_eq!(fs::read(&common).unwrap(), b".\n");
    let watch = project.watch();
    fs::remove_file(&common).unwrap();
    assert_eq!(watch.end(), []);
    assert!(!common.exists());
    // It leads elsewhere afterwards.
    fs::write(&common, ".\n").unwrap();
    let watch = project.watch();
    fs::write(&common, "../evil\n").unwrap();
    assert_eq!(watch.end().len(), 1);
    assert!(!common.exists());
}

/// The same files are kept where the output path is the repository itself, and a part of it.
#[test]
fn what_is_kept_where_the_top_is_a_repository() {
    let project = Project::new();
    with_submodule(&project);
    project.git("", &["worktree", "add", "-q", "../linked", "-b", "linked"]);
    let kept = |top: &str| {
        let watch = Watch::start([project.at(top).as_path()]).unwrap();
        let files = watch
            .kept()
            .map(|descriptor| fs::read_link(format!("/proc/self/fd/{descriptor}")).unwrap());
        files.collect::<std::collections::BTreeSet<_>>()
    };
    let by_project = kept("");
    assert!(by_project.len() >= 3, "{by_project:?}");
    let by_repository = kept(".git");
    let missing: Vec<_> = by_project.difference(&by_repository).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let modules = kept(".git/modules");
    assert!(
        !modules.is_empty() && modules.is_subset(&by_project),
        "{modules:?}"
    );
}

#[test]
fn what_the_users_own_keys_lead_to() {
    let prepare = |project: &Project| {
        fs::create_dir(project.at(".githooks")).unwrap();
        hook(&project.at(".githooks/pre-push"), "#!/bin/sh\n");
        fs::write(project.at("gitconfig"), "[user]\n\tname = x\n").unwrap();
        project.git("", &["config", "core.hooksPath", ".githooks"]);
        project.git("", &["config", "include.path", "../gitconfig"]);
    };
    let status = |project: &Project| {
        project.git("", &["status"]);
        project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
    };
    let new_hook =
        |project: &Project| hook(&project.at(".githooks/post-commit"), &project.script());
    let found = attack(prepare, new_hook, status);
    assert_eq!(found.len(), 1, "{found:?}");
    let new_key = |project: &Project| {
        let text = format!("[core]\n\tfsmonitor = \"{}\"\n", project.command());
        fs::write(project.at("gitconfig"), text).unwrap();
    };
    let found = attack(prepare, new_key, status);
    assert_eq!(found.len(), 1, "{found:?}");
}

/// A hook that is a link, or another name of a file, in the project: what it runs has changed.
#[test]
fn hooks_that_are_files_of_the_project() {
    for hard in [false, true] {
        let prepare = |project: &Project| {
            hook(&project.at("script"), "#!/bin/sh\n");
            let place = project.at(".git/hooks/post-commit");
            if hard {
                fs::hard_link(project.at("script"), place).unwrap();
            } else {
                std::os::unix::fs::symlink("../../script", place).unwrap();
            }
        };
        let found = attack(
            prepare,
            |project| fs::write(project.at("script"), project.script()).unwrap(),
            |project| {
                project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
            },
        );
        assert_eq!(found.len(), 1, "{found:?}");
    }
}

#[test]
fn a_command_of_the_users_that_has_changed_is_named() {
    let project = Project::new();
    hook(&project.at("clean"), "#!/bin/sh\ncat\n");
    project.git("", &["config", "filter.x.clean", "sh ./clean %f"]);
    let watch = project.watch();
    fs::write(project.at("clean"), project.script()).unwrap();
    let found = watch.end();
    let text = found.first().expect("one").to_string();
    assert!(
        text.ends_with("it has changed, and `filter.x.clean` runs it"),
        "{text}"
    );
}

/// What is put aside is the name in the directory: nothing is written through a link or another name.
#[test]
fn links_lead_nowhere() {
    let project = Project::new();
    let outside = project.top.with_file_name("outside");
    fs::write(&outside, "[core]\n\teditor = mine\n").unwrap();
    let other = project.top.with_file_name("other");
    fs::write(&other, "[core]\n\teditor = mine\n").unwrap();
    let watch = project.watch();
    project.init("one");
    project.init("two");
    fs::remove_file(project.at("one/.git/config")).unwrap();
    std::os::unix::fs::symlink(&outside, project.at("one/.git/config")).unwrap();
    fs::remove_file(project.at("two/.git/config")).unwrap();
    fs::hard_link(&other, project.at("two/.git/config")).unwrap();
    let found = watch.end();
    assert_eq!(found.len(), 2, "{found:?}");
    for file in [&outside, &other] {
        assert_eq!(
            fs::read_to_string(file).unwrap(),
            "[core]\n\teditor = mine\n"
        );
    }
    assert!(project.at("one/.git/config.purple-disabled").is_file());
    assert!(!project.at("one/.git/config.purple-disabled").is_symlink());
    let text = fs::read_to_string(project.at("two/.git/config")).unwrap();
    assert_eq!(text, "[core]\n\tpurple-disabled-editor = mine\n");
}

#[test]
fn odd_configurations() {
    let base = crate::base::Base::new(Path::new("/nowhere"), Path::new("a"));
    for text in [
        "[core]fsmonitor=x\n",
        "[CORE]\n\tFsMonitor = x # y\n",
        "[core] fsmonitor = \"x\" \\\n y\n",
        "[alias \"a\"]\n[alias]\n\tst = \"!id\"\n",
        "[diff \"a\\\"b\"] textconv=x",
        "[filter.a \"b\"]\n\tclean = x\n",
        "[filter.a.b]\n\tclean = x\n",
        "[diff.Old]\n\ttextconv = x\n",
        "\u{feff}[core]\n\tpager = x\n",
    ] {
        let found = crate::config::commands(text.as_bytes(), &base);
        assert_eq!(found.map(|found| found.len()), Some(1), "{text}");
        let written =
            crate::config::without(text.as_bytes(), &base, &[].into()).expect("it is rewritten");
        let written = String::from_utf8(written).unwrap();
        assert!(
            written.to_lowercase().contains("purple-disabled-"),
            "{written}"
        );
        assert_eq!(
            crate::config::commands(written.as_bytes(), &base),
            Some([].into()),
            "{written}"
        );
    }
    assert_eq!(crate::config::commands(b"[core\n", &base), None);
}
