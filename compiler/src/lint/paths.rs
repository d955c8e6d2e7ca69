//! Paths of the host that undo what is said about one another.

use super::host_paths::{Share, shares};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::{Action, Step};
use crate::resolve::host::{below, plain, upwards, within};
use crate::resolve::{GROUPS, Group, default_groups};
use crate::short_forms::is_cache;
use crate::source::Span;
use std::collections::BTreeMap;

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let shares = shares(scope.ir);
    let places = Places::of(&shares);
    for share in &shares {
        if share.writable {
            holds_project(share, &shares, scope);
            inside_read_only(share, &places, scope);
        } else {
            writable_elsewhere(share, &places, scope);
        }
    }
}

/// What is shown, by the paths inside, and what of it is writable, by the paths on the host.
struct Places<'s> {
    inside: BTreeMap<&'s str, &'s Share>,
    writable: BTreeMap<&'s str, Vec<&'s Share>>,
}

impl<'s> Places<'s> {
    fn of(shares: &'s [Share]) -> Self {
        let inside = shares.iter().map(|share| (share.inside.as_str(), share));
        let mut writable = BTreeMap::<&str, Vec<&Share>>::new();
        for share in shares.iter().filter(|share| share.writable) {
            writable.entry(&share.host).or_default().push(share);
        }
        Self {
            inside: inside.collect(),
            writable,
        }
    }

    /// What is shown at a path inside and above it, the nearest first.
    fn showing<'p>(&'p self, inside: &'p str) -> impl Iterator<Item = &'s Share> + 'p {
        upwards(inside).filter_map(|path| self.inside.get(path).copied())
    }
}

/// A project's directory has files that the host's tools run: hooks of git above all.
fn holds_project(share: &Share, shares: &[Share], scope: &mut Scope<'_>) {
    let Some(span) = share.span else { return };
    if is_cache(&share.host, &scope.resolved.facts) {
        return;
    }
    let in_git = share.host.split('/').any(|part| part == ".git");
    let of_projects = || GROUPS.iter().filter(|group| !group.is_of_home);
    let holding = of_projects().find_map(|group| group.holding(&share.host));
    if in_git && is_repository_kept(share, shares, scope) {
        return;
    }
    if in_git || holding.is_some() {
        let name = holding.filter(|_| !in_git).unwrap_or(".git/hooks");
        let help = if in_git {
            "leave it out, or show it read-only under `immutable_paths`: the host's `git` runs what lies in it"
        } else {
            "leave it out, or show it read-only under `immutable_paths`: tools of the host run what lies in it"
        };
        report(share, name, help.to_owned(), span, scope);
        return;
    }
    if share.is_project() && share.host.split('/').any(|part| part == "..") {
        let message = format!(
            "{} is writable, and the directory that the sandbox is started from lies in it: tools that open that directory outside run \
             what the program writes to `.git/hooks` or `.vscode` there",
            quote(&share.host)
        );
        let help = "show `.` instead, or start the sandbox from the directory above";
        scope.report(Diagnostic::warning("project-writable", span, message).with_help(help));
        return;
    }
    let open = of_projects()
        .filter(|group| default_groups(&share.host).any(|name| name == group.name))
        .flat_map(Group::names)
        .find(|name| !is_kept(name, share, shares, scope));
    if let Some(name) = open {
        let wanted = plain(&format!("{}/{name}", share.inside));
        let below = plain(&format!("{}/{name}", share.host));
        let help = format!(
            "write to a directory of its own, such as `./output`, leave `@project` protected, or show `{below}` read-only at `{wanted}`"
        );
        report(share, name, help, span, scope);
    }
}

/// Whether a share is the directory `.git`, and what `@project` has of it stays as it is.
fn is_repository_kept(share: &Share, shares: &[Share], scope: &Scope<'_>) -> bool {
    const GIT: &str = ".git";
    let is_repository = share.host.rsplit('/').next() == Some(GIT);
    let of_git = |name: &'static str| name.strip_prefix(GIT)?.strip_prefix('/');
    let mut names = GROUPS.iter().flat_map(Group::names).filter_map(of_git);
    is_repository && names.all(|name| is_kept(name, share, shares, scope))
}

/// Whether a path of a project stays as it is, or something else lies over it.
fn is_kept(name: &str, share: &Share, shares: &[Share], scope: &Scope<'_>) -> bool {
    let path = plain(&format!("{}/{name}", share.inside));
    let covers = |other: &Share| {
        !other.writable && within(&path, &other.inside) && within(&other.inside, &share.inside)
    };
    let protects =
        |step: &Step| matches!(step.action, Action::Protect { .. }) && within(&path, &step.target);
    shares.iter().any(covers) || scope.ir.steps.iter().any(protects)
}

/// Says what of a project is run outside after the program has written it.
fn report(share: &Share, name: &str, help: String, span: Span, scope: &mut Scope<'_>) {
    let host = quote(&share.host);
    let who = match GROUPS.iter().find(|group| group.name == "@ci") {
        _ if name.starts_with(".git/") => "the next `git` outside",
        Some(ci) if ci.names().any(|one| one == name) => {
            "the service that the project is pushed to"
        }
        _ => "who opens the project outside",
    };
    let message = format!("{host} is writable: {who} runs what the program puts into `{name}`");
    scope.report(Diagnostic::warning("project-writable", span, message).with_help(help));
}

/// A writable path in a read-only tree.
fn inside_read_only(share: &Share, places: &Places<'_>, scope: &mut Scope<'_>) {
    let mut above = places.showing(&share.inside);
    let upper = above.find(|other| other.inside != share.inside);
    let (Some(upper), Some(span)) = (upper.filter(|upper| !upper.writable), share.span) else {
        return;
    };
    let message = format!(
        "{} is writable inside the read-only {}",
        quote(&share.inside),
        quote(&upper.inside)
    );
    let mut found = Diagnostic::note("output-inside-immutable", span, message).with_help(
        "a reader of the policy may take the whole tree for read-only: give it a path outside, such as `/output`",
    );
    if let Some(span) = upper.span {
        found = found.with_related(span, "made read-only by this entry");
    }
    scope.report(found);
}

/// A read-only path that the program can change by another name.
fn writable_elsewhere(share: &Share, places: &Places<'_>, scope: &mut Scope<'_>) {
    let Some(span) = share.span else { return };
    let trees = upwards(&share.host).filter_map(|host| places.writable.get(host));
    for other in trees.flatten() {
        let Some(rest) = below(&share.host, &other.host) else {
            continue;
        };
        let name = plain(&format!("{}/{rest}", other.inside));
        // Whatever lies over that name is what a program finds there.
        let mut over = places.showing(&name);
        let protected = over.any(|one| {
            !one.writable && within(&one.inside, &other.inside) && one.inside != other.inside
        });
        if protected {
            continue;
        }
        let message = format!(
            "{} is read-only as {} and writable as {}",
            quote(&share.host),
            quote(&share.inside),
            quote(&name)
        );
        let mut found = Diagnostic::warning("read-only-also-writable", span, message).with_help(
            format!("show it read-only at `{name}` too, or write to another directory"),
        );
        if let Some(span) = other.span {
            found = found.with_related(span, "made writable by this entry");
        }
        scope.report(found);
        return;
    }
}
