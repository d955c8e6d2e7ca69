//! Paths of the host that undo what is said about one another.

use super::host::{below, plain, within};
use super::host_paths::{Share, shares};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::ir::{Action, Step};

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let shares = shares(scope.ir);
    for share in &shares {
        if share.writable {
            holds_project(share, &shares, scope);
            inside_read_only(share, &shares, scope);
        } else {
            writable_elsewhere(share, &shares, scope);
        }
    }
}

/// A project's directory has files that the host's tools run: hooks of git above all.
fn holds_project(share: &Share, shares: &[Share], scope: &mut Scope<'_>) {
    let Some(span) = share.span else { return };
    let hooks = share.host.split('/').any(|part| part == ".git");
    if !share.is_project() && !hooks {
        return;
    }
    let wanted = plain(&format!("{}/.git", share.inside));
    let covered = |other: &Share| {
        !other.writable && within(&wanted, &other.inside) && within(&other.inside, &share.inside)
    };
    let protected = |name: &str| {
        let path = format!("{wanted}/{name}");
        let is_protected = |step: &&Step| matches!(step.action, Action::Protect { .. });
        scope
            .ir
            .steps
            .iter()
            .filter(is_protected)
            .any(|step| within(&path, &step.target))
    };
    let kept = ["commondir", "config", "hooks"].into_iter().all(protected);
    if !hooks && (kept || shares.iter().any(covered)) {
        return;
    }
    let message = format!(
        "{} is writable: the next `git` outside runs what the program puts into `.git/hooks`",
        quote(&share.host)
    );
    let help = if hooks {
        "leave it out, or show it read-only under `immutable_paths`: the host's `git` runs what lies in it".to_owned()
    } else {
        let below = plain(&format!("{}/.git", share.host));
        format!(
            "write to a directory of its own, such as `./output`, leave `@project` protected, or show `{below}` read-only at `{wanted}`"
        )
    };
    scope.report(Diagnostic::warning("project-writable", span, message).with_help(help));
}

/// A writable path in a read-only tree.
fn inside_read_only(share: &Share, shares: &[Share], scope: &mut Scope<'_>) {
    let upper = shares
        .iter()
        .filter(|other| other.inside != share.inside && within(&share.inside, &other.inside))
        .max_by_key(|other| other.inside.len());
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
        found = found.with_related(span, "read-only from here on");
    }
    scope.report(found);
}

/// A read-only path that the program can change by another name.
fn writable_elsewhere(share: &Share, shares: &[Share], scope: &mut Scope<'_>) {
    let Some(span) = share.span else { return };
    for other in shares.iter().filter(|other| other.writable) {
        let Some(rest) = below(&share.host, &other.host) else {
            continue;
        };
        let name = plain(&format!("{}/{rest}", other.inside));
        // Whatever lies over that name is what a program finds there.
        let protected = shares.iter().any(|one| {
            !one.writable
                && within(&name, &one.inside)
                && within(&one.inside, &other.inside)
                && one.inside != other.inside
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
            found = found.with_related(span, "writable from here on");
        }
        scope.report(found);
        return;
    }
}
