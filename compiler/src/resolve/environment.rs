//! The `environment` section, with the defaults that every program gets.

use super::Scope;
use crate::diagnostics::quote;
use purple_policy::Environment;
use std::collections::BTreeMap;

/// An environment variable of the confined program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its value; `None`: the caller's, where the caller has it.
    pub value: Option<String>,
}

/// Variables that every program gets, unless the policy says otherwise.
const SET: [(&str, &str); 6] = [
    ("HOME", "/tmp"),
    ("LOGNAME", "agent"),
    ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ("SHELL", "/bin/sh"),
    ("TMPDIR", "/tmp"),
    ("USER", "agent"),
];

/// Variables taken over from the caller, unless the policy says otherwise.
const PASS: [&str; 3] = ["LANG", "LC_ALL", "TERM"];

/// The variables, by name.
pub(super) fn resolve(section: Option<&Environment>, scope: &mut Scope<'_>) -> Vec<Variable> {
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    all.extend(PASS.map(|name| (name.to_owned(), None)));
    all.extend(SET.map(|(name, value)| (name.to_owned(), Some(value.to_owned()))));
    if let Some(section) = section {
        for (name, value) in &section.set {
            let pointer = format!("/environment/set/{}", escaped(name));
            if value.contains('\0') || !is_name(name) {
                refuse(name, &pointer, scope);
            } else {
                all.insert(name.clone(), Some(value.clone()));
            }
        }
        for (index, name) in section.pass.iter().enumerate() {
            let pointer = format!("/environment/pass/{index}");
            if section.set.contains_key(name) {
                scope.error(
                    "environment-set-and-passed",
                    &pointer,
                    format!("{} is under `set` as well", quote(name)),
                    "keep one of the two: a fixed value, or the caller's",
                );
            } else if is_name(name) {
                all.insert(name.clone(), None);
            } else {
                refuse(name, &pointer, scope);
            }
        }
    }
    all.into_iter().map(|(name, value)| Variable { name, value }).collect()
}

fn refuse(name: &str, pointer: &str, scope: &mut Scope<'_>) {
    scope.error(
        "invalid-environment-variable",
        pointer,
        format!("{} cannot be an environment variable", quote(name)),
        "a name has no `=` and is not empty, and neither name nor value has a NUL",
    );
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// A key as a part of a JSON pointer (RFC 6901, 3).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
