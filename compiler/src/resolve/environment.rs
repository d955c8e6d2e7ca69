//! The `environment` section, with the defaults that every program gets.

use super::scope::Scope;
use crate::diagnostics::{Diagnostic, quote};
use crate::source::Span;
use purple_policy::{Environment, Process};
use std::collections::BTreeMap;

/// An environment variable of the confined program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None`: the caller's, where the caller has it.
    pub value: Option<String>,
    /// Whether the policy names it, and it is not one that every program gets.
    pub is_written: bool,
    /// The name in the policy; the section, or what there is of it, where it is not written.
    pub key: Span,
    /// The value in the policy, or what stands for it in the same way.
    pub span: Span,
}

/// Variables that every program gets, unless the policy says otherwise.
pub(crate) const SET: [(&str, &str); 6] = [
    ("HOME", "/tmp"),
    ("LOGNAME", "agent"),
    (
        "PATH",
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    ),
    ("SHELL", "/bin/sh"),
    ("TMPDIR", "/tmp"),
    ("USER", "agent"),
];

/// Variables taken over from the caller, unless the policy says otherwise.
pub(crate) const PASS: [&str; 4] = ["LANG", "LC_ALL", "TERM", "TZ"];

/// The variables, by name.
pub(super) fn resolve(
    section: Option<&Environment>,
    process: Option<&Process>,
    scope: &mut Scope<'_>,
) -> Vec<Variable> {
    let mut all: BTreeMap<String, Variable> = BTreeMap::new();
    for (name, value) in SET
        .map(|(name, value)| (name, Some(value)))
        .into_iter()
        .chain(PASS.map(|name| (name, None)))
    {
        let pointer = format!("/environment/set/{name}");
        let variable = Variable {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            is_written: false,
            key: scope.document.key_span(&pointer),
            span: scope.span(&pointer),
        };
        all.insert(variable.name.clone(), variable);
    }
    if let Some(process) = process {
        for (names, key, value) in [
            (&["LOGNAME", "USER"][..], "user", &process.user),
            (&["TZ"], "timezone", &process.timezone),
        ] {
            let said = names.iter().filter(|_| value.is_some());
            for name in said {
                let pointer = format!("/process/{key}");
                if let Some(variable) = all.get_mut(*name) {
                    variable.value.clone_from(value);
                    variable.key = scope.document.key_span(&pointer);
                    variable.span = scope.span(&pointer);
                }
            }
        }
    }
    if let Some(section) = section {
        for (name, value) in &section.set {
            let pointer = format!("/environment/set/{}", escaped(name));
            if value.contains('\0') || !is_name(name) {
                refuse(name, scope.document.key_span(&pointer), scope);
            } else {
                let variable = Variable {
                    name: name.clone(),
                    value: Some(value.clone()),
                    is_written: true,
                    key: scope.document.key_span(&pointer),
                    span: scope.span(&pointer),
                };
                all.insert(name.clone(), variable);
            }
        }
        for (index, name) in section.pass.iter().enumerate() {
            let pointer = format!("/environment/pass/{index}");
            if !is_name(name) {
                refuse(name, scope.span(&pointer), scope);
            } else if section.set.contains_key(name) {
                let set = format!("/environment/set/{}", escaped(name));
                scope.report(
                    Diagnostic::error(
                        "environment-set-and-passed",
                        scope.span(&pointer),
                        format!("{} is under `set` as well", quote(name)),
                    )
                    .with_related(scope.document.key_span(&set), "set here")
                    .with_help("keep one of the two: a fixed value, or the caller's"),
                );
            } else {
                let span = scope.span(&pointer);
                let variable = Variable {
                    name: name.clone(),
                    value: None,
                    is_written: true,
                    key: span,
                    span,
                };
                all.insert(name.clone(), variable);
            }
        }
    }
    all.into_values().collect()
}

fn refuse(name: &str, span: Span, scope: &mut Scope<'_>) {
    let help = match name.split_once('=') {
        Some(_) => "a name has no `=`: write `NAME: value` under `set` for a fixed value",
        None => "a name has at least one character, and neither name nor value has a NUL",
    };
    let message = format!(
        "{} cannot be the name of an environment variable",
        quote(name)
    );
    scope.report(Diagnostic::error("invalid-environment-variable", span, message).with_help(help));
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// A key as a part of a JSON pointer (RFC 6901, 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
