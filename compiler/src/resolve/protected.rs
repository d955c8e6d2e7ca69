//! What the program may not change or make in a directory that it may write to: the policy's own
//! list, and the paths by which what is planted there would run outside, later.

use super::paths::{LONGEST, LONGEST_NAME, invalid};
use super::scope::Scope;
use super::syscalls::offered;
use crate::diagnostics::{Diagnostic, nearest, quote, respelt};
use crate::ir::Stub;
use crate::source::Span;
use std::path::{Component, Path};

/// A path that is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Inside: absolute and straight down.
    pub inside: String,
    /// What stands there while the sandbox runs, should the host not have it.
    pub stub: Stub,
    /// Where the policy names it, or the group that it is from; `None` where it says nothing.
    pub span: Option<Span>,
    /// Whether the policy names the path itself, and not a group or nothing.
    pub named: bool,
}

/// A group: its name, and its paths. A slash at the end says that it is a directory; what follows
/// `=` is what the stub of a file holds.
type Group = (&'static str, &'static [&'static str]);

/// What git and editors run when somebody works in a project, and no reviewer sees: it is not in
/// version control, or runs as soon as the project is opened.
///
/// git takes `commondir` for the path of the repository whose configuration and hooks count
/// (gitrepository-layout(5)), and refuses to work where it is empty: `.` means this one.
const PROJECT: Group = (
    "@project",
    &[
        ".cursor/",
        ".git/commondir=.\n",
        ".git/config",
        ".git/config.worktree",
        ".git/hooks/",
        ".idea/",
        ".mcp.json",
        ".vscode/",
    ],
);

/// What shells, desktops, editors and tools run when their user logs in or calls them.
///
/// A login shell reads the first that there is of `.bash_profile`, `.bash_login` and `.profile`
/// (bash(1)): a stub leads on to the next.
const HOME: Group = (
    "@home",
    &[
        ".bash_aliases",
        ".bash_login=if [ -f ~/.profile ]; then . ~/.profile; fi\n",
        ".bash_logout",
        ".bash_profile=. ~/.bash_login\n",
        ".bashrc",
        ".cargo/config.toml",
        ".config/autostart/",
        ".config/environment.d/",
        ".config/fish/",
        ".config/git/",
        ".config/nvim/",
        ".config/systemd/",
        ".emacs",
        ".emacs.d/",
        ".gitconfig",
        ".local/bin/",
        ".local/share/applications/",
        ".npmrc",
        ".pam_environment",
        ".profile",
        ".ssh/",
        ".vim/",
        ".vimrc",
        ".xinitrc",
        ".xprofile",
        ".xsession",
        ".xsessionrc",
        ".zlogin",
        ".zlogout",
        ".zprofile",
        ".zshenv",
        ".zshrc",
        "bin/",
    ],
);

const GROUPS: [Group; 2] = [PROJECT, HOME];

/// What is protected in an output path that appears at `top`, by path.
pub(super) fn resolve(
    (host, top): (&str, &str),
    list: &[String],
    at: &str,
    scope: &mut Scope<'_>,
) -> Vec<Protected> {
    let mut found: Vec<(String, Protected)> = Vec::new();
    let groups = usual(host).iter().map(|group| (*group, None));
    let groups: Vec<(Group, Option<Span>)> = groups.chain(asked(list, at, scope)).collect();
    for ((_, paths), span) in groups {
        for text in paths {
            let (path, content) = text.split_once('=').unwrap_or((text, ""));
            let (path, stub) = stub(path, content);
            if !found.iter().any(|(known, _)| known == path) {
                let inside = format!("{top}/{path}");
                let one = Protected {
                    inside,
                    stub,
                    span,
                    named: false,
                };
                found.push((path.to_owned(), one));
            }
        }
    }
    exclude(&mut found, list, at, scope);
    for (index, text) in list.iter().enumerate() {
        if text.starts_with(['@', '!']) {
            continue;
        }
        let pointer = format!("{at}/{index}");
        let (path, stub) = stub(text, "");
        if !straight(path, top) {
            let help = "a path in an output path goes straight down from it, such as `.git/hooks`";
            invalid(text, &pointer, help, scope);
            continue;
        }
        let span = Some(scope.span(&pointer));
        // A group knows better what the stub has to be.
        let known = found
            .iter()
            .position(|(known, one)| known == path && !one.named);
        let stub = known.map_or(stub, |known| found.remove(known).1.stub);
        let inside = format!("{top}/{path}");
        found.push((
            path.to_owned(),
            Protected {
                inside,
                stub,
                span,
                named: true,
            },
        ));
    }
    found.into_iter().map(|(_, one)| one).collect()
}

/// The names of the groups that a directory of the host has without saying so.
pub(crate) fn default_groups(host: &str) -> impl Iterator<Item = &'static str> {
    usual(host).iter().map(|(name, _)| *name)
}

/// The groups that a directory has without saying so.
fn usual(host: &str) -> &'static [Group] {
    let parts: Vec<Component<'_>> = Path::new(host)
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    let name = |at: usize| match parts.get(at) {
        Some(Component::Normal(name)) => name.to_str(),
        _ => None,
    };
    let holder = match (name(1), name(2)) {
        (Some("root"), _) => 2,
        (Some("home" | "Users"), Some(_)) => 3,
        _ => 0,
    };
    if parts.iter().all(|part| *part == Component::ParentDir) {
        &[PROJECT]
    } else if holder == 0 || parts.first() != Some(&Component::RootDir) {
        &[]
    } else if parts.len() == holder {
        &GROUPS
    } else {
        &[PROJECT]
    }
}

/// The groups that a list names.
fn asked(list: &[String], at: &str, scope: &mut Scope<'_>) -> Vec<(Group, Option<Span>)> {
    let mut groups = Vec::new();
    for (index, text) in list
        .iter()
        .enumerate()
        .filter(|(_, text)| text.starts_with('@'))
    {
        let pointer = format!("{at}/{index}");
        match GROUPS.iter().find(|(name, _)| name == text) {
            Some(group) => groups.push((*group, Some(scope.span(&pointer)))),
            None => unknown_group(text, &pointer, scope),
        }
    }
    groups
}

/// A name that no group of paths has, or the exclusion of one.
fn unknown_group(text: &str, pointer: &str, scope: &mut Scope<'_>) {
    let (sign, name) = if text.starts_with('!') {
        text.split_at(1)
    } else {
        ("", text)
    };
    let message = format!("no group of paths is called {}", quote(name));
    let found = Diagnostic::error("invalid-path", scope.span(pointer), message);
    let near = nearest(name, GROUPS.map(|(known, _)| known));
    scope.report(match near {
        Some(near) => offered(found, sign, name, near, respelt(name, near)),
        None => found.with_help("the groups of paths are `@project` and `@home`"),
    });
}

/// Takes out of the groups what the list excludes.
fn exclude(found: &mut Vec<(String, Protected)>, list: &[String], at: &str, scope: &mut Scope<'_>) {
    for (index, text) in list.iter().enumerate() {
        let Some(excluded) = text.strip_prefix('!') else {
            continue;
        };
        let pointer = format!("{at}/{index}");
        let group = GROUPS.iter().find(|(name, _)| *name == excluded);
        if excluded.starts_with('@') && group.is_none() {
            unknown_group(text, &pointer, scope);
            continue;
        }
        let excluded = excluded.trim_end_matches('/');
        let before = found.len();
        found.retain(|(path, _)| match group {
            Some((_, paths)) => !paths.iter().any(|text| same(text, path)),
            None => path != excluded,
        });
        if found.len() == before {
            let message = format!(
                "no group here has {}: this takes nothing out",
                quote(excluded)
            );
            scope.sink.push(
                Diagnostic::warning("exclusion-unused", scope.document.span(&pointer), message)
                    .with_help("leave it out"),
            );
        }
    }
}

/// Whether a group's text stands for a path.
fn same(text: &str, path: &str) -> bool {
    let (text, _) = text.split_once('=').unwrap_or((text, ""));
    text.trim_end_matches('/') == path
}

/// A path, and what stands for it where it is missing.
pub(super) fn stub<'p>(text: &'p str, content: &str) -> (&'p str, Stub) {
    match text.strip_suffix('/') {
        Some(path) => (path.trim_end_matches('/'), Stub::Directory),
        None => (text, Stub::File(content.to_owned())),
    }
}

/// Whether a path goes straight down, and is not too long below `top`.
fn straight(path: &str, top: &str) -> bool {
    let name = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_NAME;
    path.split('/').all(name) && !path.contains('\0') && top.len() + path.len() < LONGEST
}

#[cfg(test)]
mod tests {
    use super::{GROUPS, same, usual};

    #[test]
    fn projects_and_homes_are_recognised_by_their_paths() {
        let names = |host| {
            usual(host)
                .iter()
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
        };
        for project in [
            ".",
            "./",
            "..",
            "../..",
            "/home/bob/work",
            "/root/x",
            "/Users/bob/a/b",
        ] {
            assert_eq!(names(project), ["@project"], "{project}");
        }
        for home in ["/home/bob", "/home//bob/", "/root", "/Users/bob"] {
            assert_eq!(names(home), ["@project", "@home"], "{home}");
        }
        for other in [
            "./output",
            "build",
            "../out",
            "/srv/data",
            "/tmp/root",
            "/home",
            "home/bob",
        ] {
            assert!(names(other).is_empty(), "{other}");
        }
    }

    #[test]
    fn no_group_has_a_path_twice_or_one_in_another() {
        let all: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, paths)| *paths)
            .copied()
            .collect();
        for text in &all {
            let path = text.split_once('=').map_or(*text, |(path, _)| path);
            let path = path.trim_end_matches('/');
            assert_eq!(
                all.iter().filter(|text| same(text, path)).count(),
                1,
                "{path}"
            );
            let below = format!("{path}/");
            let nested = |text: &&&str| text.starts_with(&below) && !same(text, path);
            assert_eq!(all.iter().filter(nested).count(), 0, "{path}");
        }
    }
}
