//! What the program may not change or make in a directory that it may write to: the policy's own
//! list, and the paths by which what is planted there would run outside, later.

mod ci;
mod group;
mod groups;
mod home;
mod project;

pub(crate) use group::below_home;
pub use group::{Group, Program};
pub use groups::GROUPS;

use super::host::plain;
use super::paths::{LONGEST, LONGEST_NAME, invalid, pattern_fault};
use super::scope::Scope;
use super::syscalls::offered;
use crate::diagnostics::{Diagnostic, nearest, quote, respelt};
use crate::ir::Stub;
use crate::source::Span;
use groups::usual;

/// Where the caches lie, from the directory of the user's caches.
pub const CACHES: &str = "purple-caches";

/// A path that is kept as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Inside: absolute and straight down.
    pub inside: String,
    /// What stands there while the sandbox runs, should the host not have it.
    pub stub: Stub,
    /// Where the policy names it, or the group that it is from; `None` where it says nothing.
    pub span: Option<Span>,
    /// What asks for it.
    pub origin: Origin,
    /// The group that keeps it in this directory as well, where the policy names it.
    pub also_of: Option<&'static str>,
}

/// What asks for a path to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A group, which the policy names or the directory has without saying so.
    Group,
    /// The policy, by the path's own name.
    Named,
    /// The same of another view of the same directory.
    OtherView {
        /// Whether the policy names the path there.
        named: bool,
    },
}

/// What is protected in an output path that appears at `top`, by path.
pub(super) fn resolve(
    (host, top): (&str, &str),
    list: &[String],
    at: &str,
    scope: &mut Scope<'_>,
) -> Vec<Protected> {
    // The output path of a linked worktree's repository is a `.git` itself.
    let in_git = is_of_git(&plain(host));
    let in_cache = host.split('/').any(|part| part == CACHES);
    let groups = usual(host).into_iter().map(|group| (group, None));
    let groups = groups.chain(asked(list, at, scope)).collect();
    let groups = without_excluded(groups, list);
    superfluous(host, &groups.kept, scope);
    let mut found: Vec<(String, Protected)> = Vec::new();
    for (group, span) in &groups.kept {
        for one in group.paths_in(host) {
            if found.iter().any(|(known, _)| known == one.path) {
                continue;
            }
            let stub = match one.directory {
                // In a home, other programs read what is there meanwhile.
                _ if !group.is_of_home && !is_of_git(one.path) && !in_git => Stub::Socket,
                true => Stub::Directory,
                false => Stub::File(one.content.to_owned()),
            };
            let protected = Protected {
                inside: format!("{top}/{}", one.path),
                stub,
                span: *span,
                origin: Origin::Group,
                also_of: Some(group.name),
            };
            found.push((one.path.to_owned(), protected));
        }
    }
    exclude(&mut found, (&groups.excluded, list), at, scope);
    for (index, text) in list.iter().enumerate() {
        if text.starts_with(['@', '!']) {
            continue;
        }
        let pointer = format!("{at}/{index}");
        let (path, mut stub) = stub(text, in_git);
        if in_cache {
            stub = stub_in_cache(text);
        }
        if !straight(path, top) {
            let help =
                "write the path relative to the output path, without `..`, such as `.git/hooks`";
            invalid(text, &pointer, help, scope);
            continue;
        }
        if let Some(fault) = pattern_fault(path) {
            invalid(text, &pointer, fault, scope);
            continue;
        }
        let span = Some(scope.span(&pointer));
        // A group knows better what the stub has to be.
        let known = found
            .iter()
            .position(|(known, one)| known == path && one.origin == Origin::Group);
        let known = known.map(|known| found.remove(known).1);
        let also_of = known.as_ref().and_then(|known| known.also_of);
        let stub = known.map_or(stub, |known| known.stub);
        let inside = format!("{top}/{path}");
        found.push((
            path.to_owned(),
            Protected {
                inside,
                stub,
                span,
                origin: Origin::Named,
                also_of,
            },
        ));
    }
    found.into_iter().map(|(_, one)| one).collect()
}

/// The names of the groups that a directory of the host has without saying so.
pub(crate) fn default_groups(host: &str) -> impl Iterator<Item = &'static str> {
    usual(host).into_iter().map(|group| group.name)
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
        match GROUPS.iter().find(|group| group.name == text) {
            Some(group) => groups.push((*group, Some(scope.span(&pointer)))),
            None => unknown_group(text, &pointer, scope),
        }
    }
    groups
}

/// Notes the policy's own groups that keep nothing which is not kept without them.
fn superfluous(host: &str, groups: &[(Group, Option<Span>)], scope: &mut Scope<'_>) {
    for (at, (group, span)) in groups.iter().enumerate() {
        let Some(span) = span.filter(|span| span.file == 0) else {
            continue;
        };
        let paths = group.paths_in(host);
        let others = groups.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<_> = others
            .filter(|(other, (one, _))| *other < at || one.name != group.name)
            .flat_map(|(_, (one, _))| one.paths_in(host))
            .collect();
        let is_kept = |path: &str| others.iter().any(|one| one.path == path);
        if paths.iter().all(|one| is_kept(one.path)) {
            let message = format!(
                "{} has no effect: {} has this group without the entry",
                quote(group.name),
                quote(host)
            );
            scope.report(
                Diagnostic::note("entry-without-effect", span, message)
                    .with_help("remove it: a reader takes it for a decision"),
            );
        }
    }
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
    let near = nearest(name, GROUPS.map(|known| known.name));
    scope.report(match near {
        Some(near) => offered(found, sign, name, near, respelt(name, near)),
        None => found.with_help("the groups of paths are `@project`, `@home` and `@ci`"),
    });
}

/// The groups of an output path, and the names of those that its list takes out.
struct Groups<'l> {
    kept: Vec<(Group, Option<Span>)>,
    excluded: Vec<&'l str>,
}

/// Takes out whole groups: what another group has too stays.
fn without_excluded(groups: Vec<(Group, Option<Span>)>, list: &[String]) -> Groups<'_> {
    let names = list.iter().filter_map(|text| text.strip_prefix('!'));
    let excluded = names
        .filter(|name| groups.iter().any(|(group, _)| group.name == *name))
        .collect::<Vec<_>>();
    let mut kept = groups;
    kept.retain(|(group, _)| !excluded.contains(&group.name));
    Groups { kept, excluded }
}

/// Takes out of the groups what the list excludes.
fn exclude(
    found: &mut Vec<(String, Protected)>,
    (groups, list): (&[&str], &[String]),
    at: &str,
    scope: &mut Scope<'_>,
) {
    for (index, text) in list.iter().enumerate() {
        let Some(excluded) = text.strip_prefix('!') else {
            continue;
        };
        let pointer = format!("{at}/{index}");
        let group = GROUPS.iter().find(|group| group.name == excluded);
        if excluded.starts_with('@') && group.is_none() {
            unknown_group(text, &pointer, scope);
            continue;
        }
        let excluded = excluded.trim_end_matches('/');
        let before = found.len();
        found.retain(|(path, _)| path != excluded);
        let is_used = found.len() < before || groups.contains(&excluded);
        if !is_used {
            let message = format!(
                "no group here has {}: this excludes nothing",
                quote(excluded)
            );
            scope.sink.push(
                Diagnostic::warning("exclusion-unused", scope.document.span(&pointer), message)
                    .with_help("leave it out"),
            );
        }
    }
}

/// A path, and what stands for it where it is missing: what git and its like do not see, but for what is git's
/// own.
pub(super) fn stub(text: &str, in_git: bool) -> (&str, Stub) {
    let path = text.trim_end_matches('/');
    let stub = match text.ends_with('/') {
        _ if !is_of_git(path) && !in_git => Stub::Socket,
        true => Stub::Directory,
        false => Stub::File(String::new()),
    };
    (path, stub)
}

/// The same in a cache, of which the program inside is the only reader: many refuse to start where their settings are no file, or no
/// JSON.
fn stub_in_cache(text: &str) -> Stub {
    if text.ends_with('/') {
        Stub::Directory
    } else if text.rsplit_once('.').is_some_and(|(_, end)| end == "json") {
        Stub::File("{}\n".to_owned())
    } else {
        Stub::File(String::new())
    }
}

/// Whether a path lies in a repository of git, which looks for directories and files there.
fn is_of_git(path: &str) -> bool {
    path.split('/').any(|part| part == ".git")
}

/// Whether a path goes straight down, and is not too long below `top`.
fn straight(path: &str, top: &str) -> bool {
    let name = |part: &str| !matches!(part, "" | "." | "..") && part.len() <= LONGEST_NAME;
    path.split('/').all(name) && !path.contains('\0') && top.len() + path.len() < LONGEST
}
