//! Paths of the host that give a program more than files.

use super::host_paths::{Share, shares};
use super::kind::{Held, Kind, TOKENS, is_obeyed, kind};
use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::resolve::filesystem::OUTSIDE_HELP;
use crate::resolve::host::leads_out;
use crate::source::Span;

/// Runs the lints: the worst that is to be said of each path, and whether it can be changed.
pub(super) fn lint(scope: &mut Scope<'_>) {
    for share in shares(scope.ir) {
        let Some(span) = share.span else { continue };
        let host = quote(&share.host);
        let kind = kind(&share.host);
        let obeyed = is_obeyed(&share.host)
            || matches!(
                kind,
                Kind::Root
                    | Kind::Secrets(_)
                    | Kind::Settings
                    | Kind::Home
                    | Kind::Homes
                    | Kind::System
            );
        if let Some(first) = unexpanded(&share.host) {
            not_expanded(&share, first, span, scope);
            continue;
        }
        if leads_out(&share.host) && !is_normalized(span, scope) {
            upward(&host, span, scope);
        }
        if share.writable && obeyed {
            let message = format!("{host} is writable, and the host runs or obeys files in it");
            scope.report(
                Diagnostic::warning("host-system-writable", span, message).with_help(
                    "write to a directory of its own, such as `./output`, and copy from there",
                ),
            );
        }
        if let Some(found) = worst(kind, &host, span) {
            scope.report(found);
        }
    }
}

/// The worst that is to be said of a path, by what it is.
fn worst(kind: Kind, host: &str, span: Span) -> Option<Diagnostic> {
    let found = match kind {
            Kind::Root => Diagnostic::warning(
                "host-root-shown",
                span,
                "the whole file system of the host is shown, with every secret and every socket in it",
            )
            .with_help("show `/usr` for programs and libraries, and the directories that the program works on"),
            Kind::Kernel => Diagnostic::warning(
                "kernel-tree-shown",
                span,
                format!("{host} is the host's: through it the program can see and change what the sandbox separates"),
            )
            .with_help("leave it out: every sandbox has a `/proc`, `/sys` and `/dev` of its own"),
            Kind::Socket(held) => Diagnostic::warning(
                "control-socket-shown",
                span,
                format!("{}: through it a program can act outside of the sandbox", holds(host, held)),
            )
            .with_help("leave it out; showing it read-only does not help, because connecting needs no write access"),
            Kind::Secrets(held) => Diagnostic::warning(
                "credentials-shown",
                span,
                format!("{}, which the program can read", holds(host, held)),
            )
            .with_help(match held.part {
                None if held.what == TOKENS => "leave it out; give the program a token of its own, by a variable under `environment.pass`",
                _ => "show the single files and directories that the program needs, such as `/etc/ssl/certs`",
            }),
            Kind::Settings => Diagnostic::warning(
                "credentials-shown",
                span,
                format!("{host} holds the settings of many tools, and among them tokens and passwords"),
            )
            .with_help("show the single directory that the program needs, and look into it first"),
            Kind::Home => Diagnostic::warning(
                "home-shown",
                span,
                format!("{host} is a home directory: keys, tokens and the history of its user are in it"),
            )
            .with_help("show the project's directory, such as `.`, and single directories that a tool needs"),
            Kind::Homes => Diagnostic::warning(
                "home-shown",
                span,
                format!("{host} holds home directories: keys, tokens and the history of each user are in it"),
            )
            .with_help("show the project's directory, such as `.`, and single directories that a tool needs"),
            Kind::System | Kind::Plain => return None,
    };
    Some(found)
}

/// What a path gives, by itself or by a part of it.
fn holds(host: &str, held: Held) -> String {
    match held.part {
        None => format!("{host} holds {}", held.what),
        Some(part) => format!("{host} holds {}, in {}", held.what, quote(part)),
    }
}

/// The part of a path that a shell would have replaced: `~`, `~user` or `$HOME`.
fn unexpanded(host: &str) -> Option<&str> {
    let mut parts = host.split('/');
    let first = parts.next().filter(|first| first.starts_with('~'));
    first.or_else(|| host.split('/').find(|part| part.starts_with('$')))
}

fn not_expanded(share: &Share, part: &str, span: Span, scope: &mut Scope<'_>) {
    let message = format!(
        "{} is not expanded: {} refers to a directory with the literal name {}",
        quote(part),
        quote(&share.host),
        quote(part)
    );
    scope.report(Diagnostic::warning("host-path-not-expanded", span, message).with_help(
        "write `${home}` or `~/` for the home directory of the user, or the path in full; names of environment variables are not expanded",
    ));
}

/// Whether a step up was taken out of the path at this place: the note about that says where it leads, too.
fn is_normalized(span: Span, scope: &Scope<'_>) -> bool {
    let wanted = &scope.resolved.filesystem;
    let mut shared = wanted.immutable.iter().chain(&wanted.output);
    shared.any(|one| one.normalized && one.host_span == Some(span))
}

fn upward(host: &str, span: Span, scope: &mut Scope<'_>) {
    let message = format!(
        "{host} is outside of the directory in which the sandbox is started: its meaning depends on that directory"
    );
    scope.report(Diagnostic::note("host-path-upward", span, message).with_help(OUTSIDE_HELP));
}
