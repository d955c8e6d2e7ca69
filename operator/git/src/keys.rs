//! The keys of git's configuration that name a command, or a place from which git takes commands
//! (git-config(1), and the pages of the commands that it names).

mod address;
mod alias;
mod context;
mod plain;

pub(crate) use context::Context;

/// Put before the name of a key that is out of action: git knows none that begins so.
pub(crate) const DISABLED: &[u8] = b"purple-disabled-";

/// The strategies of merging that are git's own (git-merge(1)). Another one is a program `git-merge-NAME`, and a name with a
/// slash is one in the working tree.
const STRATEGIES: [&[u8]; 6] = [
    b"octopus",
    b"ort",
    b"ours",
    b"recursive",
    b"resolve",
    b"subtree",
];

/// Options of git-merge(1) that name nothing.
const MERGE_OPTIONS: [&str; 14] = [
    "--autostash",
    "--commit",
    "--edit",
    "--ff",
    "--ff-only",
    "--log",
    "--no-commit",
    "--no-edit",
    "--no-ff",
    "--no-log",
    "--no-stat",
    "--signoff",
    "--squash",
    "--stat",
];

/// Whether a key with this value may run a command, write elsewhere or connect: it does, unless it is known to be harmless. Section and
/// key in lower case.
pub(crate) fn runs_commands(
    (section, sub, key): (&[u8], Option<&[u8]>, &[u8]),
    value: &[u8],
    context: Context<'_>,
) -> bool {
    let base = context.base;
    match (section, key) {
        // What is out of action stays so: nobody has such a name.
        _ if key.starts_with(DISABLED) => false,
        // A truth value is git's own daemon or pager.
        (b"core", b"fsmonitor") | (b"pager", _) => !is_truth(value),
        (b"alias", _) => !alias::is_harmless(value),
        (b"submodule", b"update") => value.trim_ascii_start().starts_with(b"!"),
        // A working tree that is not the repository's own: the next checkout writes there.
        (b"core", b"worktree") => !base.is_own_tree(value),
        // The name of a tool is a path to one.
        (b"diff" | b"merge", b"tool" | b"guitool") | (b"help", b"browser") => !is_plain_name(value),
        // A strategy that is not git's own is a program `git-merge-NAME`.
        (b"pull", b"octopus" | b"twohead") => !words(value).all(is_known_strategy),
        (b"branch", b"mergeoptions") if sub.is_some() => !is_plain_merge(value),
        // A line of it is a line of the list of a rebase.
        (b"rebase", b"instructionformat") => !is_of_one_line(value),
        // A date of several lines, in such a list.
        (b"log", b"date") => value.windows(2).any(|two| two == b"%n"),
        // A suffix with a slash leads out of the directory of the patches.
        (b"format", b"suffix") => value.contains(&b'/'),
        // What `git fetch`, `git pull` and `git push` talk to.
        (b"remote", b"url" | b"pushurl") | (b"submodule", b"url") if sub.is_some() => {
            !address::is_harmless(value, base)
        }
        (b"branch", b"remote" | b"pushremote") if sub.is_some() => {
            !address::is_remote(value, context)
        }
        (b"remote", b"pushdefault") => !address::is_remote(value, context),
        (b"remotes", _) => !words(value).all(|word| address::is_remote(word, context)),
        // Another value hides new files from `git status`.
        (b"status", b"showuntrackedfiles") => !matches!(value, b"normal" | b"all" | b"true"),
        // A mode would let other users write to the repository.
        (b"core", b"sharedrepository") => !is_truth(value) && !matches!(value, b"group" | b"umask"),
        _ => !plain::is_plain(section, sub, key),
    }
}

/// Whether a format prints one line for each commit. It must have placeholders, because a text without any is the name of another
/// format (`pretty.NAME`), and only placeholders whose text never has a line feed (git-log(1), PRETTY FORMATS).
fn is_of_one_line(format: &[u8]) -> bool {
    let mut parts = format.split(|&byte| byte == b'%');
    let is_plain = |byte: &u8| !byte.is_ascii_control();
    let before = parts.next().unwrap_or_default();
    let mut parts = parts.peekable();
    before.iter().all(is_plain)
        && !before.contains(&b':')
        && parts.peek().is_some()
        && parts.all(|part| {
            let known = [
                "an", "ae", "ar", "as", "cn", "ce", "cr", "cs", "h", "H", "s", "t", "T",
            ];
            known.iter().any(|name| part.starts_with(name.as_bytes())) && part.iter().all(is_plain)
        })
}

/// Whether the options of a merge name no strategy and no file.
fn is_plain_merge(value: &[u8]) -> bool {
    words(value).all(|word| MERGE_OPTIONS.iter().any(|known| known.as_bytes() == word))
}

/// Whether a strategy of merging is git's own.
pub(crate) fn is_known_strategy(name: &[u8]) -> bool {
    STRATEGIES.contains(&name.trim_ascii())
}

fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = text.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty())
}

/// Whether it is a name without a path.
fn is_plain_name(value: &[u8]) -> bool {
    value
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_truth(value: &[u8]) -> bool {
    let truths = ["true", "false", "yes", "no", "on", "off", "1", "0", ""];
    truths
        .iter()
        .any(|truth| value.eq_ignore_ascii_case(truth.as_bytes()))
}

#[cfg(test)]
mod tests;
