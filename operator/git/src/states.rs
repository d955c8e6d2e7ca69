//! What the files of a rebase, of a sequence of commits and of a bisection may say, with which git goes on (git-rebase(1), `sequencer.c` and
//! `builtin/am.c` of git), and which the prompt of a shell shows (`git-sh-prompt` of git).

use crate::config;
use crate::keys::is_known_strategy;

/// Whether a list of a rebase has no line that runs a command: `exec` or `x` (git-rebase(1)).
pub(crate) fn has_no_commands(list: &[u8]) -> bool {
    let runs = |line: &[u8]| {
        let first = line
            .trim_ascii_start()
            .split(u8::is_ascii_whitespace)
            .next();
        matches!(first, Some(b"exec" | b"x"))
    };
    !list.split(|&byte| byte == b'\n').any(runs)
}

/// Whether it is a strategy of merging that is git's own.
pub(crate) fn is_strategy(said: &[u8]) -> bool {
    is_known_strategy(said)
}

/// Whether it is a number. The prompt evaluates what stands there.
pub(crate) fn is_number(said: &[u8]) -> bool {
    said.trim_ascii_end().iter().all(u8::is_ascii_digit)
}

/// Whether it is the branch that a rebase moves.
pub(crate) fn is_head_name(said: &[u8]) -> bool {
    let said = said.trim_ascii_end();
    said == b"detached HEAD" || (said.starts_with(b"refs/") && is_reference(said))
}

/// Whether it is the name of a reference or of an object, and nothing of it is an option or means something to a shell.
pub(crate) fn is_reference(said: &[u8]) -> bool {
    let said = said.trim_ascii_end();
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii() || b"/._-+@#=,".contains(byte);
    said.iter().all(is_plain)
        && said
            .split(|&byte| byte == b'/')
            .all(|part| !part.is_empty() && !part.starts_with(b".") && !part.starts_with(b"-"))
}

/// Whether it is words in single quotes, as git writes the paths of a bisection (`sq_quote_argv` of git's quote.c): older versions of git
/// evaluate them in a shell (`git-bisect.sh`).
pub(crate) fn are_quoted_words(said: &[u8]) -> bool {
    let mut rest = said;
    loop {
        rest = match rest {
            [] => return true,
            [b' ' | b'\n', after @ ..] | [b'\\', b'\'' | b'!', after @ ..] => after,
            [b'\'', quoted @ ..] => match quoted.iter().position(|&byte| byte == b'\'') {
                Some(end) => quoted.get(end.saturating_add(1)..).unwrap_or_default(),
                None => return false,
            },
            _ => return false,
        };
    }
}

/// Whether it is lines that are names: the two terms of a bisection (git-bisect(1), Alternate terms).
pub(crate) fn are_names(said: &[u8]) -> bool {
    let mut lines = said.trim_ascii_end().split(|&byte| byte == b'\n');
    lines.all(|line| is_reference(line) && line.is_ascii())
}

/// Whether the options of a sequence are git's own and name no program. They are written as configuration (`save_opts` of git's
/// sequencer.c).
pub(crate) fn is_plain_sequence(options: &[u8]) -> bool {
    const PLAIN: [&str; 12] = [
        "allow-empty",
        "allow-empty-message",
        "allow-ff",
        "allow-rerere-auto",
        "default-msg-cleanup",
        "drop-redundant-commits",
        "edit",
        "keep-redundant-commits",
        "mainline",
        "no-commit",
        "record-origin",
        "signoff",
    ];
    let Some(entries) = config::entries(options) else {
        return false;
    };
    entries
        .iter()
        .all(|entry| match entry.key.strip_prefix("options.") {
            Some("strategy") => is_known_strategy(&entry.value),
            Some("strategy-option") => true,
            Some(key) => PLAIN.contains(&key),
            None => false,
        })
}

/// Whether the options with which `git am` goes on applying name no file: they are words in single quotes.
pub(crate) fn are_plain_options(options: &[u8]) -> bool {
    const PLAIN: [&[u8]; 7] = [
        b"--ignore-space-change",
        b"--ignore-whitespace",
        b"--whitespace=error",
        b"--whitespace=error-all",
        b"--whitespace=fix",
        b"--whitespace=nowarn",
        b"--whitespace=warn",
    ];
    let words = options
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    words
        .map(|word| {
            word.strip_prefix(b"'")
                .and_then(|word| word.strip_suffix(b"'"))
        })
        .all(|word| {
            word.is_some_and(|word| {
                let numbered = word.strip_prefix(b"-C").or(word.strip_prefix(b"-p"));
                PLAIN.contains(&word)
                    || numbered
                        .is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit))
            })
        })
}
