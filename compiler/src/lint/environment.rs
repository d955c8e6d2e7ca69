//! Variables that carry secrets, or that let the caller choose what code runs.

use super::Scope;
use crate::diagnostics::{Diagnostic, quote};

/// Words in the name of a variable that holds a secret.
const SECRET: [&str; 9] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
];

/// Variables that make programs load code or run commands (ld.so(8), bash(1), and the manuals of
/// the interpreters), besides all that begin with `LD_`.
const LOADS: [&str; 15] = [
    "BASH_ENV",
    "ENV",
    "GCONV_PATH",
    "GIT_SSH_COMMAND",
    "GLIBC_TUNABLES",
    "JAVA_TOOL_OPTIONS",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5LIB",
    "PERL5OPT",
    "PYTHONHOME",
    "PYTHONPATH",
    "PYTHONSTARTUP",
    "RUBYLIB",
    "RUBYOPT",
];

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let policy = scope.policy;
    let Some(section) = policy.environment.as_ref() else { return };
    for (name, value) in &section.set {
        if holds_secret(name, value) {
            let place = scope
                .key(&format!("/environment/set/{}", name.replace('~', "~0").replace('/', "~1")));
            let message = format!(
                "{} looks like a secret, and stands in the policy and the plan in clear",
                quote(name)
            );
            scope.report(Diagnostic::warning("secret-in-plan", place, message).with_help(
                "name it under `pass` instead: then it comes from the caller, and is in no file",
            ));
        }
    }
    for (at, name) in section.pass.iter().enumerate() {
        if loads_code(name) {
            let message = format!(
                "{} lets the caller's environment choose what code every program inside loads",
                quote(name)
            );
            let place = scope.span(&format!("/environment/pass/{at}"));
            scope.report(
                Diagnostic::warning("loader-variable-passed", place, message).with_help(
                    "give it a fixed value under `set`, or leave it out: what was reviewed is to be what runs",
                ),
            );
        }
    }
}

/// Whether a variable makes programs load code or run commands.
pub fn loads_code(name: &str) -> bool {
    name.starts_with("LD_") || LOADS.contains(&name)
}

/// Whether a variable with a fixed value looks like a secret.
pub fn holds_secret(name: &str, value: &str) -> bool {
    is_secret(name) && looks_real(value)
}

/// Whether a variable's name says that it holds a secret: one of the words, as whole words.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = format!("_{name}_");
    SECRET.iter().any(|secret| words.contains(&format!("_{secret}_")))
        || name.ends_with("_KEY") && !name.ends_with("_PUBLIC_KEY")
}

/// Whether a value may be a secret: not empty, no number, no truth value and no path, which says
/// where one is.
fn looks_real(value: &str) -> bool {
    !value.is_empty()
        && value.parse::<f64>().is_err()
        && !matches!(value, "true" | "false" | "none")
        && !value.starts_with('/')
}

#[cfg(test)]
mod tests {
    use super::{is_secret, looks_real};

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "SERVICE_API_KEY", "db_password"] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["KEYBOARD", "MAX_TOKENS", "TOKENIZERS_PARALLELISM", "MONKEY", "SSH_PUBLIC_KEY"]
        {
            assert!(!is_secret(name), "{name}");
        }
        assert!(looks_real("hunter2") && !looks_real("/run/secret") && !looks_real("4096"));
    }
}
