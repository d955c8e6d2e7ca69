//! The keys of git's configuration that name a command, or a place from which git takes commands
//! (git-config(1), and the pages of the commands that it names).

/// Whose value is a command, or a directory or file that has such. An `*` stands for any subsection.
const COMMANDS: [(&str, &str, &str); 56] = [
    ("browser", "*", "cmd"),
    ("browser", "*", "path"),
    ("core", "", "alternaterefscommand"),
    ("core", "", "askpass"),
    ("core", "", "editor"),
    ("core", "", "gitproxy"),
    ("core", "", "hookspath"),
    ("core", "", "pager"),
    ("core", "", "sshcommand"),
    ("credential", "", "helper"),
    ("credential", "*", "helper"),
    ("diff", "", "external"),
    ("diff", "*", "command"),
    ("diff", "*", "textconv"),
    ("difftool", "*", "cmd"),
    ("difftool", "*", "path"),
    ("filter", "*", "clean"),
    ("filter", "*", "process"),
    ("filter", "*", "smudge"),
    ("gc", "", "recentobjectshook"),
    ("gpg", "", "program"),
    ("gpg", "*", "defaultkeycommand"),
    ("gpg", "*", "program"),
    ("guitool", "*", "cmd"),
    ("hook", "*", "command"),
    ("imap", "", "tunnel"),
    ("include", "", "path"),
    ("includeif", "*", "path"),
    ("init", "", "templatedir"),
    ("instaweb", "", "browser"),
    ("instaweb", "", "httpd"),
    ("interactive", "", "difffilter"),
    ("lfs", "*", "clean"),
    ("lfs", "*", "path"),
    ("lfs", "*", "smudge"),
    ("man", "*", "cmd"),
    ("man", "*", "path"),
    ("merge", "*", "driver"),
    ("mergetool", "*", "cmd"),
    ("mergetool", "*", "path"),
    ("protocol", "", "allow"),
    ("protocol", "*", "allow"),
    ("remote", "*", "receivepack"),
    ("remote", "*", "uploadpack"),
    ("remote", "*", "vcs"),
    ("sendemail", "*", "cccmd"),
    ("sendemail", "*", "headercmd"),
    ("sendemail", "*", "sendmailcmd"),
    ("sendemail", "*", "smtpserver"),
    ("sendemail", "*", "tocmd"),
    ("sequence", "", "editor"),
    ("tar", "*", "command"),
    ("trailer", "*", "cmd"),
    ("trailer", "*", "command"),
    ("uploadpack", "", "packobjectshook"),
    ("web", "", "browser"),
];

/// Put before the name of a key that is out of action: git knows none that begins so.
pub(crate) const DISABLED: &[u8] = b"purple-disabled-";

/// The ends of names of keys that are commands in every section.
const ENDINGS: [&[u8]; 6] = [b"cmd", b"command", b"helper", b"hook", b"program", b"prog"];

/// Whether a key with this value runs a command. Section and key in lower case; `depth` is how many directories lie
/// above the file in what the program can write to.
pub(crate) fn runs_commands(
    (section, sub, key): (&[u8], Option<&[u8]>, &[u8]),
    value: &[u8],
    depth: usize,
) -> bool {
    match (section, key) {
        // Each has commands' names for keys: what is out of action is one that nobody types.
        (b"pager" | b"alias", _) if key.starts_with(DISABLED) => false,
        // A truth value is git's own daemon or pager.
        (b"core", b"fsmonitor") | (b"pager", _) => !is_truth(value),
        (b"alias", _) => is_command_alias(value),
        (b"submodule", b"update") => value.trim_ascii_start().starts_with(b"!"),
        // A working tree elsewhere: the next checkout writes there.
        (b"core", b"worktree") => leads_out(value, depth),
        (b"sendemail", _) if sub.is_none() => listed(section, Some(b""), key),
        // Tools beside git name theirs so.
        _ if ENDINGS.iter().any(|ending| key.ends_with(ending)) => !is_truth(value),
        _ => listed(section, sub, key),
    }
}

fn listed(section: &[u8], sub: Option<&[u8]>, key: &[u8]) -> bool {
    COMMANDS.iter().any(|(known, of, name)| {
        known.as_bytes() == section
            && name.as_bytes() == key
            && match *of {
                "*" => sub.is_some(),
                _ => sub.is_none(),
            }
    })
}

fn is_truth(value: &[u8]) -> bool {
    let truths = ["true", "false", "yes", "no", "on", "off", "1", "0", ""];
    truths
        .iter()
        .any(|truth| value.eq_ignore_ascii_case(truth.as_bytes()))
}

/// Whether a path leads out of what lies `depth` directories above.
fn leads_out(path: &[u8], depth: usize) -> bool {
    let mut left = Some(depth);
    for part in path.split(|&byte| byte == b'/') {
        left = match part {
            b"" | b"." => left,
            b".." => left.and_then(|left| left.checked_sub(1)),
            _ => left.and_then(|left| left.checked_add(1)),
        };
    }
    path.starts_with(b"/") || path.starts_with(b"~") || left.is_none()
}

/// An alias for the shell, or with an option that takes a command.
fn is_command_alias(value: &[u8]) -> bool {
    const OPTIONS: [&[u8]; 9] = [
        b"-x",
        b"--exec",
        b"--extcmd",
        b"-O",
        b"--open-files-in-pager",
        b"--upload-pack",
        b"--receive-pack",
        b"--tool",
        b"-c",
    ];
    let option = |word: &[u8]| OPTIONS.iter().any(|option| word.starts_with(option));
    value.trim_ascii_start().starts_with(b"!") || value.split(u8::is_ascii_whitespace).any(option)
}

#[cfg(test)]
#[expect(clippy::expect_used, reason = "a test fails by panicking")]
mod tests {
    use super::runs_commands;

    #[test]
    fn keys_are_known_by_section_and_value() {
        let runs = |key: &str, value: &str| {
            let (section, rest) = key.split_once('.').expect("a section");
            let (sub, name) = match rest.rsplit_once('.') {
                Some((sub, name)) => (Some(sub.as_bytes()), name),
                None => (None, rest),
            };
            let key = (section.as_bytes(), sub, name.as_bytes());
            runs_commands(key, value.as_bytes(), 3)
        };
        for (key, value) in [
            ("core.fsmonitor", "/tmp/x"),
            ("core.hookspath", ".husky/_"),
            ("filter.x.clean", "y"),
            ("alias.st", "!id"),
            ("alias.st", "rebase --exec id"),
            ("includeif.gitdir:~/x.path", "y"),
            ("pager.log", "sh"),
            ("credential.https://x.y.helper", "z"),
            ("submodule.x.update", "!id"),
            ("gpg.ssh.program", "x"),
            ("sendemail.smtpserver", "/bin/x"),
            ("annex.http-headers-command", "x"),
            ("core.worktree", "/home/me"),
            ("core.worktree", "../../../../me"),
        ] {
            assert!(runs(key, value), "{key}={value}");
        }
        for (key, value) in [
            ("core.fsmonitor", "true"),
            ("core.bare", "false"),
            ("alias.st", "status"),
            ("pager.log", "false"),
            ("remote.origin.url", "https://x"),
            ("submodule.x.update", "rebase"),
            ("user.name", "!x"),
            ("core.worktree", "../../../sub"),
            ("filter.clean", "x"),
        ] {
            assert!(!runs(key, value), "{key}={value}");
        }
    }
}
