//! Variables that carry secrets, or that let the caller choose what code runs.

mod loads;

pub use loads::loads_code;

use super::scope::Scope;
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

/// Runs the lints.
pub(super) fn lint(scope: &mut Scope<'_>) {
    let written = scope.resolved.environment.iter();
    for variable in written.filter(|variable| variable.is_written) {
        let (name, place) = (&variable.name, variable.key);
        match &variable.value {
            Some(value) if holds_secret(name, value) => {
                let message = format!(
                    "{} looks like a secret, and stands in the policy and the plan in clear",
                    quote(name)
                );
                scope.report(Diagnostic::warning("secret-in-plan", place, message).with_help(
                    "name it under `pass` instead: then it comes from the caller, and is in no file",
                ));
            }
            None if loads_code(name) => {
                let message = format!(
                    "{} lets the caller's environment choose what code programs inside load or run",
                    quote(name)
                );
                scope.report(
                    Diagnostic::warning("loader-variable-passed", place, message).with_help(
                        "give it a fixed value under `set`, or leave it out, so that only reviewed code runs",
                    ),
                );
            }
            _ => {}
        }
    }
    for file in &scope.resolved.filesystem.files {
        if contains_secret(&file.content) {
            let message = format!(
                "the content of {} looks like a secret, and stands in the policy and the plan in clear",
                quote(&file.inside)
            );
            scope.report(Diagnostic::warning("secret-in-plan", file.span, message).with_help(
                "show a file of the host with `immutable_paths` instead: then its content is in no policy",
            ));
        }
    }
}

/// Whether a line of a file looks like a secret: by itself, or as a setting.
pub fn contains_secret(content: &str) -> bool {
    let is_setting = |line: &str| {
        let mut settings = settings(line);
        settings.any(|(name, value)| is_secret(&name) && looks_real(value) && is_written(value))
    };
    is_credential(content) || content.lines().any(is_setting)
}

/// The settings of a line, such as `key = value` or `"key": "value"`: each name in the form of a variable's, and its value.
fn settings(line: &str) -> impl Iterator<Item = (String, &str)> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    line.match_indices(['=', ':']).filter_map(move |(at, _)| {
        let before = line.get(..at)?.trim_end().trim_end_matches(['"', '\'']);
        let word = before.rsplit(|letter: char| !is_name(letter)).next()?;
        let (mut name, mut was_small) = (String::new(), false);
        for letter in word.chars() {
            // authToken is AUTH_TOKEN.
            if was_small && letter.is_ascii_uppercase() {
                name.push('_');
            }
            was_small = letter.is_ascii_lowercase();
            name.push(if "-.".contains(letter) { '_' } else { letter });
        }
        let after = line.get(at.saturating_add(1)..)?.trim_start();
        let quoted = after.trim_start_matches(['"', '\'']);
        let ends = |letter: char| letter.is_whitespace() || "\"',;}".contains(letter);
        let (value, rest) = quoted.split_at(quoted.find(ends).unwrap_or(quoted.len()));
        // What goes on without quotes is a sentence.
        let is_sentence = quoted == after && rest.trim_start().starts_with(char::is_alphabetic);
        (!is_sentence).then_some((name, value))
    })
}

/// Whether a variable with a fixed value looks like a secret.
pub fn holds_secret(name: &str, value: &str) -> bool {
    is_secret(name) && looks_real(value) || is_credential(value)
}

/// What the tokens of well-known services begin with, and how long they are at least (their
/// documentation).
const TOKENS: [(&str, usize); 16] = [
    ("AKIA", 20),
    ("ASIA", 20),
    ("AIza", 35),
    ("ghp_", 36),
    ("gho_", 36),
    ("ghs_", 36),
    ("ghu_", 36),
    ("github_pat_", 40),
    ("glpat-", 20),
    ("hf_", 30),
    ("npm_", 36),
    ("pypi-", 40),
    ("sk-", 32),
    ("sk_live_", 24),
    ("xoxb-", 24),
    ("xoxp-", 24),
];

/// Whether a value is a secret by its looks, whatever its name: a token of a well-known service, a
/// private key, a URL with a password, or `password=` and the like in a list of settings.
fn is_credential(value: &str) -> bool {
    let is_token = |word: &str| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
        TOKENS.iter().any(|(start, least)| {
            word.starts_with(start) && word.len() >= *least && word.chars().all(plain)
        })
    };
    let mut words =
        value.split(|letter: char| !letter.is_ascii_graphic() || "=,;:\"'".contains(letter));
    words.any(is_token)
        || value.contains("-----BEGIN") && value.contains("PRIVATE KEY")
        || has_password(value)
        || has_setting(value)
}

/// Whether a URL names a user with a password: `scheme://user:password@host` (RFC 3986, 3.2.1).
fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let password = user
            .and_then(|user| user.split_once(':'))
            .map(|(_, password)| password);
        password.is_some_and(is_written)
    })
}

/// Whether a setting such as `password=...` or `token: ...` stands in the value.
fn has_setting(value: &str) -> bool {
    const KEYS: [&str; 6] = ["password", "passwd", "pwd", "secret", "token", "api_key"];
    value
        .split([' ', ';', ',', '&', '?', '\n', '\t', '{', '}'])
        .any(|part| {
            part.split_once(['=', ':']).is_some_and(|(key, value)| {
                let key = key.trim_matches(['"', '\'', '-']).to_ascii_lowercase();
                let known = |word: &&str| key == **word || key.ends_with(&format!("_{word}"));
                KEYS.iter().any(known) && looks_real(value) && is_written(value)
            })
        })
}

/// Whether a password stands there itself, and not a mark for one: `$PASSWORD`, `{password}`, `***`.
fn is_written(password: &str) -> bool {
    !password.is_empty()
        && !password.starts_with(['$', '{', '<', '%'])
        && password
            .chars()
            .any(|letter| letter != '*' && letter != 'x')
}

/// Whether a variable's name says that it holds a secret: one of the words, as whole words.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = format!("_{name}_");
    SECRET
        .iter()
        .any(|secret| words.contains(&format!("_{secret}_")))
        || name.ends_with("_KEY") && !words.ends_with("_PUBLIC_KEY_")
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
    use super::{contains_secret, is_credential, is_secret, looks_real};

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in [
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "SERVICE_API_KEY",
            "db_password",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "KEYBOARD",
            "MAX_TOKENS",
            "TOKENIZERS_PARALLELISM",
            "MONKEY",
            "SSH_PUBLIC_KEY",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        for value in [
            "postgres://app:hunter2@db/app",
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "host=db user=app password=hunter2",
            "--token=hunter2",
        ] {
            assert!(is_credential(value), "{value}");
        }
        for value in [
            "https://example.org:8080/a@b",
            "postgres://app:$PASSWORD@db/app",
            "https://app@example.org/",
            "/run/secret",
            "sk-learn",
            "ghp_short",
            "password=",
            "token=/run/token",
            "AKIA",
            "-Dmax_tokens=4096",
        ] {
            assert!(!is_credential(value), "{value}");
        }
        assert!(looks_real("hunter2") && !looks_real("/run/secret") && !looks_real("4096"));
    }
    #[test]
    fn secrets_in_files_are_known_by_their_lines() {
        for content in [
            "//registry.example.org/:_authToken=hunter2hunter2\n",
            "{\"api_key\": \"hunter2\", \"other\": 1}",
            "[login]\n  db-password = 'hunter2' # of the test\n",
            "service.secret: hunter2\n",
            "machine example.org\nurl = https://me:hunter2@example.org/\n",
            "export SERVICE_TOKEN=hunter2\n",
        ] {
            assert!(contains_secret(content), "{content}");
        }
        for content in [
            "max_tokens = 4096\n",
            "token = 3600\nkey_file = \"/run/key\"\n",
            "# token: see the page about tokens\n",
            "password = \"${PASSWORD}\"\n",
            "api_key:\n",
            "secret: /run/secrets/one\n",
            "publicKey: abc\n",
        ] {
            assert!(!contains_secret(content), "{content}");
        }
    }
}
