//! The groups of protected paths, and which of them a directory of the host has.

use super::ci::CI;
use super::group::{Group, below_home};
use super::home::HOME;
use super::project::PROJECT;
use crate::resolve::host::plain;

/// Every group.
pub const GROUPS: [Group; 3] = [PROJECT, HOME, CI];

/// The groups that a directory has without saying so.
pub(super) fn usual(host: &str) -> Vec<Group> {
    let host = plain(host);
    if host.split('/').all(|part| matches!(part, "." | "..")) {
        return vec![PROJECT];
    }
    let rest = below_home(&host);
    let is_home = rest == Some("");
    let mut groups = Vec::new();
    if rest.is_some() || !PROJECT.rest_in(&host).is_empty() {
        groups.push(PROJECT);
    }
    if is_home || !HOME.rest_in(&host).is_empty() {
        groups.push(HOME);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::super::group::Group;
    use super::{CI, GROUPS, HOME, PROJECT, usual};

    fn names(host: &str) -> Vec<&'static str> {
        usual(host).iter().map(|group| group.name).collect()
    }

    #[test]
    fn projects_and_homes_are_recognised_by_their_paths() {
        for project in [
            ".",
            "./",
            "..",
            "../..",
            "out/..",
            "a/b/../..",
            "/home/bob/work",
            "/home/bob/x/../work",
            "/var/home/bob/work",
            "/var/roothome/work",
            "/root/x",
            "/Users/bob/a/b",
        ] {
            assert_eq!(names(project), ["@project"], "{project}");
        }
        for home in [
            "/home/bob",
            "/home//bob/",
            "/home/x/../bob",
            "/home/bob/x/..",
            "/srv/../home/bob",
            "/var/home/bob",
            "/root",
            "/var/roothome",
            "/Users/bob",
        ] {
            assert_eq!(names(home), ["@project", "@home"], "{home}");
        }
        for other in [
            "./output",
            "build",
            "../out",
            "/srv/data",
            "/tmp/root",
            "/home",
            "/var/home",
            "/var/root",
            "home/bob",
        ] {
            assert!(names(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_part_of_what_a_group_is_about_keeps_the_rest() {
        let paths = |host: &str, group: &Group| {
            let found = group.paths_in(host);
            found.iter().map(|one| one.path).collect::<Vec<_>>()
        };
        assert_eq!(names("/srv/checkout/.git"), ["@project"]);
        assert_eq!(
            paths("./.git", &PROJECT),
            ["commondir", "config", "config.worktree", "hooks"]
        );
        assert_eq!(names("/home/bob/.local"), ["@project", "@home"]);
        let local = paths("/home/bob/.local", &HOME);
        for path in ["bin", "lib", "state/purple", "share/systemd"] {
            assert!(local.contains(&path), "{path}");
        }
        assert!(paths("/var/home/bob/.local/state", &HOME).contains(&"purple"));
        assert!(paths("/root/.config", &HOME).contains(&"purple"));
        assert!(paths("/root/.cache", &HOME).contains(&"purple"));
        // What is no part of it has all of it.
        assert!(paths("/srv/home", &HOME).contains(&".bashrc"));
        assert_eq!(CI.holding("./.github/workflows"), Some(".github/workflows"));
        assert_eq!(PROJECT.holding("/srv/x/.vscode/y"), Some(".vscode"));
        assert_eq!(PROJECT.holding("/srv/x.vscode"), None);
        assert_eq!(HOME.holding("/home/bob/bin/x"), Some("bin"));
        assert_eq!(HOME.holding("/srv/bin"), None);
    }

    #[test]
    fn no_group_has_a_path_twice_and_none_lies_in_another() {
        for group in GROUPS {
            let mut own: Vec<&str> = group.names().collect();
            own.sort_unstable();
            let count = own.len();
            own.dedup();
            assert_eq!(own.len(), count, "{}", group.name);
        }
        let all: Vec<&str> = GROUPS.iter().flat_map(Group::names).collect();
        for path in &all {
            let below = format!("{path}/");
            assert!(!all.iter().any(|other| other.starts_with(&below)), "{path}");
        }
    }
}
