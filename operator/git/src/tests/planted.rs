//! What a program plants so that it is taken for something else, or not looked at.

use super::{Project, attack, hook, with_submodule};
use crate::Found;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn commit(project: &Project) {
    project.git("", &["commit", "-q", "--allow-empty", "-m", "two"]);
}

fn status(project: &Project) {
    project.git("", &["status"]);
}

/// The state of a rebase that goes on with a command.
pub(super) fn rebase(project: &Project, state: &Path) {
    fs::create_dir(state).unwrap();
    let head = project.git("", &["rev-parse", "HEAD"]);
    let todo = format!("exec touch {}\n", project.mark.display());
    for (name, text) in [
        ("git-rebase-todo", todo.as_str()),
        ("interactive", ""),
        ("onto", &head),
        ("orig-head", &head),
        ("head-name", "refs/heads/main\n"),
        ("msgnum", "1\n"),
        ("end", "1\n"),
        ("done", ""),
    ] {
        fs::write(state.join(name), text).unwrap();
    }
}

fn go_on(project: &Project) {
    project.git("", &["rebase", "--continue"]);
}

#[test]
fn a_state_that_is_a_link() {
    let found = attack(
        |_| {},
        |project| {
            rebase(project, &project.at("state"));
            symlink("../state", project.at(".git/rebase-merge")).unwrap();
        },
        go_on,
    );
    assert_eq!(found.len(), 1, "{found:?}");
    for name in ["rebase-apply", "sequencer"] {
        let project = Project::new();
        let watch = project.watch();
        symlink("../state", project.at(".git").join(name)).unwrap();
        let found = watch.end();
        assert!(matches!(found.as_slice(), [Found::Disarmed { .. }]));
    }
}

/// git takes no directory without `HEAD` for a repository, but for the common one of another, and for one that it makes complete.
#[test]
fn a_common_directory_that_is_no_repository() {
    for link in [false, true] {
        let plant = |project: &Project| {
            project.init("sub");
            project.git("", &["add", "sub"]);
            fs::create_dir_all(project.at("e/f/g")).unwrap();
            for name in ["config", "objects", "refs", "index"] {
                let to = if name == "index" { "e/f/g" } else { "e" };
                let from = project.at("sub/.git").join(name);
                fs::rename(from, project.at(to).join(name)).unwrap();
            }
            fs::copy(project.at("sub/.git/HEAD"), project.at("e/f/g/HEAD")).unwrap();
            fs::remove_dir_all(project.at("sub/.git")).unwrap();
            fs::write(project.at("sub/.git"), "gitdir: ../e/f/g\n").unwrap();
            fs::write(project.at("e/f/g/commondir"), "../..\n").unwrap();
            if link {
                for name in ["objects", "refs"] {
                    fs::rename(project.at("e").join(name), project.at(name)).unwrap();
                    symlink(format!("../{name}"), project.at("e").join(name)).unwrap();
                }
            }
            let value = project.command();
            project.git("", &["config", "-f", "e/config", "core.fsmonitor", &value]);
        };
        let found = attack(|_| {}, plant, status);
        // The links too, by which git would write elsewhere.
        assert_eq!(found.len(), if link { 3 } else { 1 }, "{found:?}");
    }
}

/// Sources have directories of these names too.
#[test]
fn a_directory_like_a_common_one_is_left_alone() {
    let project = Project::new();
    let watch = project.watch();
    for name in ["src/objects", "src/refs", "src/hooks"] {
        fs::create_dir_all(project.at(name)).unwrap();
    }
    hook(&project.at("src/hooks/use-state"), "x");
    fs::write(project.at("src/config"), "[server]\n").unwrap();
    symlink("elsewhere", project.at("src/link")).unwrap();
    assert_eq!(watch.end(), []);
}

#[test]
fn a_section_with_a_dot_and_quotes() {
    let found = attack(
        |_| {},
        |project| {
            project.init("sub");
            project.git("", &["add", "sub"]);
            let mut text = fs::read_to_string(project.at("sub/.git/config")).unwrap();
            text += "[filter.a \"b\"]\n\tclean = touch MARK; cat\n";
            let text = text.replace("MARK", &project.mark.to_string_lossy());
            fs::write(project.at("sub/.git/config"), text).unwrap();
            fs::write(project.at("sub/.git/info/attributes"), "* filter=a.b\n").unwrap();
            fs::write(project.at("sub/file"), "b\n").unwrap();
        },
        status,
    );
    assert_eq!(found.len(), 1, "{found:?}");
}

/// Every key that git reads is seen, however it is written.
#[test]
fn configurations_are_read_as_git_reads_them() {
    const HEADERS: &str = r#"[core]|[core ""]|[filter "x"]|[filter.a]|[filter.a "b"]|[FILTER.A "B c"]|[filter "a\"b"]|[filter.a.b "c.d"]|[filter.a	 "b"]|[.filter]|[filter.]|[filter..a]"#;
    const SPACES: &str = "|| |\t|\n|\r\n|# c\n|; c\\\n| ; ]\n|\\\n|\u{b}";
    const KEYS: &str = "clean|Clean|CLEAN|process|fsmonitor|filter.clean|x";
    const EQUALS: &str = "=| = | =\t|=\\\n|\n=|\r=";
    const VALUES: &str =
        "x|\"x y\"|x \\\n y|\"x # y\"|x\\ty|\"x\\\n y\"|x ; y|\\\"x|x[core]|\\x|\"";
    let project = Project::new();
    let base = crate::base::Base::new(Path::new("/nowhere"), Path::new("a"));
    let mut state = 1_u64;
    let mut one_of = |list: &str| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let all: Vec<&str> = list.split('|').collect();
        let at = usize::try_from(state >> 33).unwrap() % all.len();
        all.get(at).unwrap().replace("\\t", "\t")
    };
    let mut seen = 0;
    for _ in 0..300 {
        let mut text = String::new();
        for _ in 0..2 {
            for list in [HEADERS, SPACES, KEYS, EQUALS, VALUES, SPACES, "\n|\n|\r\n|"] {
                text.push_str(&one_of(list));
            }
        }
        fs::write(project.at("some"), &text).unwrap();
        let said = project.git("", &["config", "-z", "-f", "some", "--list"]);
        let Some(commands) = crate::config::commands(text.as_bytes(), &base) else {
            // Such a file is put aside as a whole.
            continue;
        };
        if said.contains("fatal: ") || said.contains("error: ") {
            continue;
        }
        for (key, _) in said.split('\0').filter_map(|one| one.split_once('\n')) {
            let is_filter = key.starts_with("filter.") && key.matches('.').count() > 1;
            let name = key.rsplit('.').next().unwrap();
            let runs = is_filter && ["clean", "process"].contains(&name);
            if runs || key == "core.fsmonitor" {
                let found = commands.iter().any(|one| one.key.eq_ignore_ascii_case(key));
                assert!(found, "{key} in {text:?}: {commands:?}");
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "{seen} keys");
}

/// One entry of a directory keeps no other from being looked at.
#[test]
fn an_entry_that_cannot_be_read() {
    for plant in [
        (|hooks: &Path| {
            fs::write(hooks.join("zz"), "").unwrap();
            mode(&hooks.join("zz"), 0);
        }) as fn(&Path),
        |hooks| symlink("/proc/self/mem", hooks.join("zz")).unwrap(),
        |hooks| symlink("/proc/kmsg", hooks.join("zz")).unwrap(),
        |hooks| symlink("/proc/self/environ", hooks.join("zz")).unwrap(),
        |hooks| symlink("zz", hooks.join("zz")).unwrap(),
    ] {
        let all = |hooks: &str| {
            attack(
                |project| {
                    fs::create_dir(project.at("gh")).unwrap();
                    hook(&project.at("gh/post-commit"), "#!/bin/sh\n");
                    if hooks == "gh" {
                        project.git("", &["config", "core.hooksPath", "gh"]);
                    }
                },
                |project| {
                    hook(&project.at(hooks).join("post-commit"), &project.script());
                    plant(&project.at(hooks));
                },
                commit,
            )
        };
        assert_eq!(all(".git/hooks").len(), 2);
        assert_eq!(all("gh").len(), 2);
    }
}

#[test]
fn names_that_are_taken() {
    attack(
        |_| {},
        |project| {
            hook(&project.at(".git/hooks/post-commit"), &project.script());
            for name in (0..100)
                .map(|number| format!(".{number}"))
                .chain([String::new()])
            {
                let name = format!(".git/hooks/post-commit.purple-disabled{name}");
                fs::write(project.at(&name), "").unwrap();
            }
        },
        commit,
    );
    attack(
        |_| {},
        |project| {
            let name = format!(".git/config.purple-{}", std::process::id());
            fs::write(project.at(&name), "").unwrap();
            project.git("", &["config", "core.fsmonitor", &project.command()]);
        },
        status,
    );
}

#[test]
fn modes_that_keep_the_owner_out() {
    attack(
        |_| {},
        |project| {
            hook(&project.at(".git/hooks/post-commit"), &project.script());
            mode(&project.at(".git/hooks"), 0o555);
        },
        |project| {
            assert_eq!(mode_of(&project.at(".git/hooks")), 0o555);
            commit(project);
        },
    );
    for closed in [0, 0o200, 0o400, 0o100, 0o444] {
        attack(
            |_| {},
            |project| {
                project.init("deep/sub");
                project.git(
                    "deep/sub",
                    &["config", "core.fsmonitor", &project.command()],
                );
                mode(&project.at("deep"), closed);
            },
            |project| {
                assert_eq!(mode_of(&project.at("deep")), closed);
                mode(&project.at("deep"), 0o755);
                project.git("deep/sub", &["status"]);
            },
        );
    }
}

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A file that is too long to be read is another after each change.
#[test]
fn a_change_behind_what_is_read() {
    let filler = "#\n".repeat(1 << 20);
    attack(
        |project| {
            let text = format!("#!/bin/sh\n{filler}");
            hook(&project.at(".git/hooks/post-commit"), &text);
        },
        |project| {
            let text = format!("#!/bin/sh\n{filler}touch {}\n", project.mark.display());
            hook(&project.at(".git/hooks/post-commit"), &text);
        },
        commit,
    );
    let project = Project::new();
    hook(
        &project.at(".git/hooks/post-commit"),
        &format!("{}{filler}", project.script()),
    );
    assert_eq!(project.watch().end(), []);
}

#[test]
fn a_working_tree_behind_a_link() {
    let project = Project::new();
    with_submodule(&project);
    let outside = project.top.with_file_name("outside");
    fs::create_dir(&outside).unwrap();
    let watch = project.watch();
    fs::rename(project.at("deep/sub"), project.at("old")).unwrap();
    symlink(&outside, project.at("deep/sub")).unwrap();
    project.git(
        "",
        &[
            "config",
            "-f",
            ".git/modules/deep/sub/config",
            "core.worktree",
            "../../../../deep/./sub",
        ],
    );
    let found = watch.end();
    let text = found.iter().map(ToString::to_string).collect::<String>();
    assert!(text.contains("core.worktree"), "{found:?}");
}

/// What was put out of action once is not found again.
#[test]
fn a_key_is_renamed_once() {
    let project = Project::new();
    let watch = project.watch();
    project.init("nested");
    for key in [
        "credential.helper",
        "gpg.program",
        "hook.x.command",
        "sendemail.toCmd",
        "uploadpack.packObjectsHook",
    ] {
        project.git("nested", &["config", key, "store"]);
    }
    let found = watch.end();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(project.at("nested/.git/config").exists());
    let said = project.git("nested", &["config", "credential.purple-disabled-helper"]);
    assert_eq!(said, "store\n");
}

#[test]
fn thousands_are_summed_up() {
    let one = |number: usize| Found::Disarmed {
        path: number.to_string().into(),
        what: String::new(),
    };
    let mut found: Vec<Found> = (0..3000).map(one).collect();
    let (path, why) = ("left".into(), String::new());
    found.push(Found::Left { path, why });
    let (said, more) = crate::said(found);
    assert_eq!((said.len(), more), (21, 2980));
    assert!(said.iter().any(|one| matches!(one, Found::Left { .. })));
}
