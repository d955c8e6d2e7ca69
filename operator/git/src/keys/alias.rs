//! Which aliases run nothing but a command of git that changes no file but the working tree's and the repository's.

/// Commands with which the words below do no more than they say.
const COMMANDS: [&str; 21] = [
    "add",
    "blame",
    "branch",
    "checkout",
    "cherry-pick",
    "commit",
    "describe",
    "diff",
    "fetch",
    "log",
    "merge",
    "pull",
    "push",
    "rebase",
    "reset",
    "restore",
    "shortlog",
    "show",
    "stash",
    "status",
    "switch",
];

/// Options that name no command and no file.
const OPTIONS: [&str; 49] = [
    "--abbrev-commit",
    "--abort",
    "--all",
    "--amend",
    "--autosquash",
    "--autostash",
    "--branch",
    "--cached",
    "--color",
    "--color-words",
    "--continue",
    "--date=iso",
    "--date=relative",
    "--date=short",
    "--decorate",
    "--ff-only",
    "--first-parent",
    "--force-with-lease",
    "--graph",
    "--hard",
    "--include-untracked",
    "--interactive",
    "--keep-index",
    "--mixed",
    "--name-only",
    "--name-status",
    "--no-commit",
    "--no-edit",
    "--no-ff",
    "--no-merges",
    "--numstat",
    "--oneline",
    "--onto",
    "--patch",
    "--pretty=oneline",
    "--prune",
    "--rebase",
    "--reverse",
    "--short",
    "--show-current",
    "--skip",
    "--soft",
    "--staged",
    "--stat",
    "--tags",
    "--untracked-files=no",
    "--verbose",
    "--word-diff",
    "-n",
];

/// Letters of short options, and numbers for them, that take no command and no file with any of the commands.
const LETTERS: &[u8] = b"abdfimpqsuvz0123456789";

/// Whether an alias is one of the commands, with words of which each is known to be harmless. Whatever else it says, also
/// another alias, counts as a command.
pub(super) fn is_harmless(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else {
        return false;
    };
    let mut words = text.split_ascii_whitespace();
    words.next().is_some_and(|first| COMMANDS.contains(&first)) && words.all(is_harmless_word)
}

fn is_harmless_word(word: &str) -> bool {
    let head = word.strip_prefix("HEAD");
    let short = word.strip_prefix('-').filter(|rest| !rest.is_empty());
    OPTIONS.contains(&word)
        || word.bytes().all(|byte| byte.is_ascii_digit())
        || head.is_some_and(|rest| {
            rest.bytes()
                .all(|byte| byte.is_ascii_digit() || b"~^".contains(&byte))
        })
        || short.is_some_and(|rest| rest.bytes().all(|byte| LETTERS.contains(&byte)))
}
